//! Numbers, chunks and entries, as they cross.

use chunk::limit::STREAM_CHUNKS_MAX;
use chunk::{Entry, Error};

/// A refusal as it crosses: the number of the error, thrown.
pub(crate) type Crossing<T> = Result<T, u8>;

/// The number of an error.
pub(crate) fn code(error: Error) -> u8 {
    error.code()
}

/// An index of a chunk, or a count of them.
pub(crate) fn integer(value: f64) -> Crossing<u64> {
    // False for NaN as well.
    if value >= 0.0 && value <= STREAM_CHUNKS_MAX as f64 && value.fract() == 0.0 {
        Ok(value as u64)
    } else {
        Err(code(Error::OutOfRange))
    }
}

/// The chunks that lie joined in `bytes`; all of them or none.
pub(crate) fn apart<'a>(
    bytes: &'a [u8],
    lengths: &'a [u32],
) -> Crossing<impl Iterator<Item = &'a [u8]>> {
    let whole: u64 = lengths.iter().copied().map(u64::from).sum();
    if whole != bytes.len() as u64 {
        return Err(code(Error::LengthMismatch));
    }
    let mut rest = bytes;
    Ok(lengths.iter().map(move |&length| {
        let (chunk, behind) = rest.split_at(length as usize);
        rest = behind;
        chunk
    }))
}

/// An entry as four numbers.
pub(crate) fn numbers(entry: Entry) -> Vec<f64> {
    let Entry {
        first,
        count,
        bytes,
        crc,
    } = entry;
    vec![
        first as f64,
        f64::from(count),
        f64::from(bytes),
        f64::from(crc),
    ]
}

/// Chunks on their way out.
#[derive(Default)]
pub(crate) struct Joined {
    pub lengths: Vec<u32>,
    pub bytes: Vec<u8>,
}

impl Joined {
    /// Adds one.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        // A chunk has at most 8 MiB.
        self.lengths.push(chunk.len() as u32);
        self.bytes.extend_from_slice(chunk);
    }
}
