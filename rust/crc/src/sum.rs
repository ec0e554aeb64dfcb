//! The sum of bytes, whole or in pieces. Only which way is the quickest for so many bytes is decided here.

use crate::fold::{FAR_BYTES_MIN, NEAR_BYTES_MIN, far, near};
use crate::table::table;

/// CRC-32 of `bytes`; of `123456789` it is 0xCBF43926, of nothing 0.
#[must_use]
#[inline]
pub fn crc32(bytes: &[u8]) -> u32 {
    extend(0, bytes)
}

/// The sum of what `sum` stands for, followed by `bytes`: `extend(crc32(a), b) == crc32(a b)`.
#[must_use]
#[inline]
pub fn extend(sum: u32, bytes: &[u8]) -> u32 {
    if bytes.len() < NEAR_BYTES_MIN {
        table(sum, bytes)
    } else {
        extend_long(sum, bytes)
    }
}

#[inline(never)]
fn extend_long(sum: u32, bytes: &[u8]) -> u32 {
    if bytes.len() < FAR_BYTES_MIN {
        near(sum, bytes)
    } else {
        far(sum, bytes)
    }
}

/// CRC-32 of bytes that come in pieces: `update` for each piece in order, then `finish`.
#[derive(Clone, Debug, Default)]
pub struct Crc32 {
    sum: u32,
}

impl Crc32 {
    /// The sum of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0 }
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sum = extend(self.sum, bytes);
    }

    /// The sum of all pieces so far; more may follow.
    #[must_use]
    pub const fn finish(&self) -> u32 {
        self.sum
    }
}
