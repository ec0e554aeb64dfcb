//! Fixed little-endian fields at fixed places, and the checksum over what stands apart. No meaning: that is the formats' matter.

use crc::{crc32, extend};

use crate::error::Error;

/// Bytes of a checksum.
pub const CRC_BYTES: usize = 4;
/// The version of segments and indexes.
pub const VERSION: u16 = 1;

fn array<const BYTES: usize>(bytes: &[u8], at: usize) -> Result<[u8; BYTES], Error> {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.copied().ok_or(Error::Truncated)
}

/// The u16 at a place.
pub fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Error> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// The u32 at a place.
pub fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Error> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// The u64 at a place.
pub fn u64_at(bytes: &[u8], at: usize) -> Result<u64, Error> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// The bytes between two places.
pub fn slice(bytes: &[u8], from: usize, to: usize) -> Result<&[u8], Error> {
    bytes.get(from..to).ok_or(Error::Truncated)
}

/// CRC-32 (IEEE) over two parts, as if they stood together.
pub fn crc_of(first: &[u8], second: &[u8]) -> u32 {
    extend(crc32(first), second)
}

/// Magic and version, the first two checks of segments and indexes.
pub fn check_start(bytes: &[u8], magic: [u8; 4]) -> Result<(), Error> {
    if array(bytes, 0) != Ok(magic) {
        return Err(Error::BadMagic);
    }
    if u16_at(bytes, 4)? != VERSION {
        return Err(Error::BadVersion);
    }
    Ok(())
}
