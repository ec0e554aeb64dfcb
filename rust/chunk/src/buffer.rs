//! Bytes that come in at one end and leave at the other, each copied once, joined while they wait. No records: just bytes.

/// What an emptied buffer keeps to be used again; a thousand idle readers must not keep the largest chunk each has seen.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// Bytes that wait.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// Before here everything was taken.
    start: usize,
}

impl Buffer {
    /// The bytes that wait, the oldest first.
    pub fn waiting(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Adds bytes behind those that wait.
    pub fn push(&mut self, bytes: &[u8]) {
        let waiting = self.bytes.len() - self.start;
        if waiting == 0 {
            self.clear();
        } else if self.start >= waiting {
            // Moves fewer bytes than were taken since the last time, so each byte is moved at most once.
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the oldest `len` bytes, or all of them when there are fewer.
    pub fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        self.start = self.bytes.len().min(from.saturating_add(len));
        &self.bytes[from..self.start]
    }

    /// Drops what waits.
    pub fn clear(&mut self) {
        self.start = 0;
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }
}

#[cfg(test)]
impl Buffer {
    /// Bytes of memory it holds.
    pub fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let (mut buffer, mut model) = (Buffer::default(), Vec::new());
        for step in 0..2_000_usize {
            let piece: Vec<u8> = (0..step * 7 % 40).map(|at| (at + step) as u8).collect();
            buffer.push(&piece);
            model.extend(piece);
            let count = step * 11 % 45;
            let expected: Vec<_> = model.drain(..count.min(model.len())).collect();
            assert_eq!(buffer.take(count), expected);
            assert_eq!(buffer.waiting(), model);
            assert!(buffer.bytes.len() <= 2 * model.len() + 90, "{step}");
        }
    }

    #[test]
    fn a_large_one_is_given_back() {
        let mut buffer = Buffer::default();
        buffer.push(&vec![0; 10 * KEPT_BYTES_MAX]);
        assert_eq!(buffer.take(usize::MAX).len(), 10 * KEPT_BYTES_MAX);
        buffer.push(b"x");
        assert!(buffer.held_bytes() <= KEPT_BYTES_MAX);
    }
}
