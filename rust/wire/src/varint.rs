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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// Section 3 word by word, without care for speed: the oracle.
    fn plain(bytes: &[u8]) -> Option<(u64, usize)> {
        let end = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let value = bytes[..end]
            .iter()
            .rev()
            .fold(0_u128, |value, byte| value << 7 | u128::from(byte & 0x7f));
        let shortest = end == 1 || bytes[end - 1] != 0;
        (shortest && end <= 8 && value < 1 << 53).then_some((value as u64, end))
    }

    #[test]
    fn reads_the_examples_of_the_page() {
        let examples: [(u64, &[u8]); 6] = [
            (0, &[0x00]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (300, &[0xac, 0x02]),
            (16_384, &[0x80, 0x80, 0x01]),
            (
                VARINT_MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
            ),
        ];
        for (value, bytes) in examples {
            assert_eq!(read(bytes, 0), Ok((value, bytes.len())));
            let mut out = [0; VARINT_BYTES_MAX];
            assert_eq!(write(value, &mut out, 0), Some(bytes.len()));
            assert_eq!(&out[..bytes.len()], bytes);
            assert_eq!(len(value), bytes.len());
        }
    }

    #[test]
    fn refuses_long_forms_large_values_and_cuts() {
        let refused: [&[u8]; 8] = [
            &[],
            &[0x80],
            &[0x80, 0x00],
            &[0xff, 0x80, 0x00],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ];
        for bytes in refused {
            assert_eq!(read(bytes, 0), Err(Error::BadVarint), "{bytes:02x?}");
        }
        assert_eq!(read(&[0], 1), Err(Error::BadVarint));
        assert_eq!(read(&[0], usize::MAX), Err(Error::BadVarint));
    }

    #[test]
    fn writes_nothing_that_does_not_fit() {
        let mut out = [0xee; 2];
        assert_eq!(write(16_384, &mut out, 0), None);
        assert_eq!(write(300, &mut out, 1), None);
        assert_eq!(write(0, &mut out, 2), None);
        assert_eq!(write(0, &mut out, usize::MAX), None);
        assert_eq!(write(VARINT_MAX + 1, &mut [0; 16], 0), None);
        assert_eq!(out, [0xee; 2]);
    }

    proptest! {
        #[test]
        fn agrees_with_the_page(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x80), Just(0xff), Just(0)], 0..12)) {
            prop_assert_eq!(read(&bytes, 0).ok(), plain(&bytes));
        }

        #[test]
        fn reads_what_it_wrote(bits in 0_u32..54, low in any::<u64>(), before in 0_usize..4, behind: Vec<u8>) {
            let value = low & ((1_u64 << bits) - 1);
            let mut out = [0; 12];
            let next = write(value, &mut out, before).unwrap();
            prop_assert_eq!(next, before + len(value));
            let mut bytes = out[..next].to_vec();
            bytes.extend(behind);
            prop_assert_eq!(read(&bytes, before), Ok((value, next)));
        }
    }
}
