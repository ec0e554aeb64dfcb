//! The machine that turns the byte stream back into chunks, however the bytes were cut (FORMAT.md, section 5). It takes no memory
//! for a length that only stands in a head.

use crate::buffer::Buffer;
use crate::error::Error;
use crate::field::u64_at;
use crate::head::{HEAD_BYTES, Head, Kind};
use crate::limit::STREAM_CHUNKS_MAX;

/// What a stream says, in its order: one start, the chunks, one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// The index of the first chunk.
    Start {
        /// At most `STREAM_CHUNKS_MAX`.
        first: u64,
    },
    /// A chunk.
    Data {
        /// One more than that of the chunk before.
        index: u64,
        /// Its bytes, possibly none.
        chunk: &'a [u8],
    },
    /// No chunk comes any more.
    End {
        /// The index behind the last chunk.
        next: u64,
    },
}

/// Reads a stream of records: `handle_bytes` for each piece of any length, after each `poll_record` until it gives `None`, and
/// `finish` when no bytes come any more.
///
/// It holds the pieces that were not polled yet. Behind the first error it stays at that error and keeps no bytes.
#[derive(Clone, Debug, Default)]
pub struct RecordReader {
    bytes: Buffer,
    state: State,
    next: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// The start record comes.
    #[default]
    Before,
    /// Data records and the end record come.
    Inside,
    /// Nothing may come.
    Ended,
    /// An error was given.
    Failed(Error),
}

impl RecordReader {
    /// A reader before the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The index of the chunk that comes next; 0 before the start record was polled. Where a stream was cut, ask again from here.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Takes the next bytes of the stream.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Failed(_)) {
            self.bytes.push(bytes);
        }
    }

    /// The next record, or `None` until more bytes come.
    ///
    /// # Errors
    /// `BadKind`, `ReservedNotZero`, `TooLarge`, `LengthMismatch`, `BadCrc`, `TooMany`, `AfterEnd`; the same one from then on.
    pub fn poll_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        let head = match self.peek() {
            Ok(Some(head)) => head,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.state = State::Failed(error);
                self.bytes.clear();
                return Err(error);
            }
        };
        let body = &self.bytes.take(head.record_bytes())[HEAD_BYTES..];
        Ok(Some(match head.kind {
            Kind::Start => {
                self.state = State::Inside;
                self.next = u64_at(body, 0)?;
                Record::Start { first: self.next }
            }
            Kind::End => {
                self.state = State::Ended;
                Record::End { next: self.next }
            }
            Kind::Data | Kind::Lz4 => {
                self.next += 1;
                let index = self.next - 1;
                Record::Data { index, chunk: body }
            }
        }))
    }

    /// Says that no bytes come any more, and gives the index behind the last chunk. Records that were not polled are checked and
    /// dropped.
    ///
    /// # Errors
    /// `Truncated` when the end record did not come, else as `poll_record`.
    pub fn finish(mut self) -> Result<u64, Error> {
        while self.poll_record()?.is_some() {}
        match self.state {
            State::Ended => Ok(self.next),
            _ => Err(Error::Truncated),
        }
    }

    /// The head of the next record if all of it is there and passed every check.
    fn peek(&self) -> Result<Option<Head>, Error> {
        let bytes = self.bytes.waiting();
        let allowed: &[Kind] = match self.state {
            State::Before => &[Kind::Start],
            State::Inside => &[Kind::Data, Kind::End],
            State::Ended if bytes.is_empty() => return Ok(None),
            State::Ended => return Err(Error::AfterEnd),
            State::Failed(error) => return Err(error),
        };
        if bytes.len() < HEAD_BYTES {
            return Ok(None);
        }
        let head = Head::decode(bytes, allowed)?;
        if head.kind == Kind::Data && self.next == STREAM_CHUNKS_MAX {
            return Err(Error::TooMany);
        }
        if bytes.len() < head.record_bytes() {
            return Ok(None);
        }
        let body = head.body(bytes)?;
        if head.kind == Kind::Start && u64_at(body, 0)? > STREAM_CHUNKS_MAX {
            return Err(Error::TooMany);
        }
        Ok(Some(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::encode;
    use crate::limit::CHUNK_BYTES_MAX;

    #[test]
    fn memory_is_that_of_the_bytes_that_came_and_not_of_what_they_claim() {
        let mut reader = RecordReader::new();
        reader.handle_bytes(&encode(Kind::Start, &[0; 8], 8));
        reader.handle_bytes(&[0; 8]);
        let mut head = encode(Kind::Data, &[], 0);
        let most = (CHUNK_BYTES_MAX as u32).to_le_bytes();
        head[4..8].copy_from_slice(&most);
        head[8..12].copy_from_slice(&most);
        reader.handle_bytes(&head);
        assert_eq!(reader.poll_record(), Ok(Some(Record::Start { first: 0 })));
        for _ in 0..1_000 {
            reader.handle_bytes(&[7; 100]);
            assert_eq!(reader.poll_record(), Ok(None));
        }
        assert!(reader.bytes.held_bytes() < 300_000);
        // Behind an error nothing is kept.
        reader.bytes.clear();
        reader.handle_bytes(&[9; 16]);
        assert_eq!(reader.poll_record(), Err(Error::BadKind));
        reader.handle_bytes(&[0; 100_000]);
        assert_eq!(reader.bytes.waiting(), b"");
    }
}
