//! The head of one record (FORMAT.md, section 3): sixteen bytes, their checks in their order, and the checksum over head and body.
//! Which kinds may stand where is said by the caller; what a body means is not known here.

use crate::error::Error;
use crate::field::{crc_of, slice, u32_at};
use crate::limit::CHUNK_BYTES_MAX;
use crate::lz4;

/// Bytes of a head.
pub const HEAD_BYTES: usize = 16;
/// Bytes of the body of a start record.
pub const START_BYTES: usize = 8;
/// The bytes of the head that the checksum covers.
const SUMMED_BYTES: usize = 12;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The first index of the stream as a u64.
    Start = 0,
    /// A chunk as it is.
    Data = 1,
    /// A chunk as an LZ4 block.
    Lz4 = 2,
    /// No chunk comes any more.
    End = 3,
}

/// A head that passed its checks; the checksum is not one of them.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// What the record is.
    pub kind: Kind,
    /// Bytes of the body as they stand here, at most CHUNK_BYTES_MAX.
    pub stored: usize,
    /// Bytes of the body after decompression, at most CHUNK_BYTES_MAX.
    pub raw: usize,
}

impl Head {
    /// Reads and checks the head at the start of `bytes`; `allowed` are the kinds that may stand here.
    ///
    /// # Errors
    /// `Truncated`, `BadKind`, `ReservedNotZero`, `TooLarge`, `LengthMismatch`, in this order.
    pub fn decode(bytes: &[u8], allowed: &[Kind]) -> Result<Self, Error> {
        let head = slice(bytes, 0, HEAD_BYTES)?;
        let kind = allowed.iter().find(|&&kind| kind as u8 == head[0]);
        let &kind = kind.ok_or(Error::BadKind)?;
        if head[1..4] != [0; 3] {
            return Err(Error::ReservedNotZero);
        }
        let stored = u32_at(head, 4)? as usize;
        let raw = u32_at(head, 8)? as usize;
        if stored > CHUNK_BYTES_MAX || raw > CHUNK_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        let agree = match kind {
            Kind::Start => stored == START_BYTES && raw == START_BYTES,
            Kind::Data => stored == raw,
            Kind::Lz4 => lz4::pays(raw, stored),
            Kind::End => stored == 0 && raw == 0,
        };
        if agree {
            Ok(Self { kind, stored, raw })
        } else {
            Err(Error::LengthMismatch)
        }
    }

    /// Bytes of the whole record.
    pub fn record_bytes(self) -> usize {
        HEAD_BYTES + self.stored
    }

    /// The body of the record at the start of `bytes`, whose head this is.
    ///
    /// # Errors
    /// `Truncated`, `BadCrc`.
    pub fn body(self, bytes: &[u8]) -> Result<&[u8], Error> {
        let body = slice(bytes, HEAD_BYTES, self.record_bytes())?;
        if u32_at(bytes, SUMMED_BYTES)? == crc_of(slice(bytes, 0, SUMMED_BYTES)?, body) {
            Ok(body)
        } else {
            Err(Error::BadCrc)
        }
    }
}

/// The head of a record with this body, which stands for `raw` bytes. Both are within CHUNK_BYTES_MAX.
pub fn encode(kind: Kind, body: &[u8], raw: usize) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[0] = kind as u8;
    head[4..8].copy_from_slice(&(body.len() as u32).to_le_bytes());
    head[8..12].copy_from_slice(&(raw as u32).to_le_bytes());
    let crc = crc_of(&head[..SUMMED_BYTES], body);
    head[SUMMED_BYTES..].copy_from_slice(&crc.to_le_bytes());
    head
}
