//! Unsigned LEB128 in its shortest form, at most 8 bytes and 2^53-1 (PROTOCOL.md, section 3). Nothing signed, nothing else.

use crate::error::Error;
use crate::limit::{VARINT_BYTES_MAX, VARINT_MAX};

/// Reads the varint at `at`; the end of `bytes` is the end of its space. Gives the value and the place behind it.
///
/// # Errors
/// `BadVarint` when it is not the shortest form, above `VARINT_MAX`, or runs off `bytes`.
pub fn read(bytes: &[u8], at: usize) -> Result<(u64, usize), Error> {
    let rest = bytes.get(at..).ok_or(Error::BadVarint)?;
    // Nine of ten varints of a frame are one byte.
    if let Some(&first) = rest.first()
        && first < 0x80
    {
        return Ok((u64::from(first), at + 1));
    }
    let mut value = 0;
    for (index, &byte) in rest.iter().take(VARINT_BYTES_MAX).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            // A last byte of 0 adds nothing, so a shorter form exists (the single byte 00 was taken above).
            let shortest = byte != 0;
            return if shortest && value <= VARINT_MAX {
                Ok((value, at + index + 1))
            } else {
                Err(Error::BadVarint)
            };
        }
    }
    Err(Error::BadVarint)
}

/// Writes `value` at `at` and gives the place behind it; `None` (nothing written) when `out` is too short or `value` is above
/// `VARINT_MAX`.
pub fn write(value: u64, out: &mut [u8], at: usize) -> Option<usize> {
    if value > VARINT_MAX {
        return None;
    }
    let end = at.checked_add(len(value))?;
    let (last, front) = out.get_mut(at..end)?.split_last_mut()?;
    let mut rest = value;
    for byte in front {
        *byte = (rest & 0x7f) as u8 | 0x80;
        rest >>= 7;
    }
    *last = rest as u8;
    Some(end)
}

/// Bytes `value` takes, 1 to 8 for values up to `VARINT_MAX`.
#[must_use]
pub const fn len(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    if bits == 0 {
        1
    } else {
        bits.div_ceil(7) as usize
    }
}
