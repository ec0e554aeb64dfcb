//! CRC-32 (IEEE), as in zlib and PNG (PROTOCOL.md, section 2). Only the checksum: what it covers is the frame's matter.

/// CRC-32 of `bytes`; of `123456789` it is 0xCBF43926, of nothing 0.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
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
        let mut hasher = crc32fast::Hasher::new_with_initial(self.sum);
        hasher.update(bytes);
        self.sum = hasher.finalize();
    }

    /// The sum of all pieces so far.
    #[must_use]
    pub const fn finish(&self) -> u32 {
        self.sum
    }
}
