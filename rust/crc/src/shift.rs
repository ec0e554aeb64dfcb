//! Checksums of bytes that follow each other, out of the checksums of the parts, as zlib's `crc32_combine`: what it costs does not
//! depend on how many bytes there are. A CRC-32 is a remainder modulo a polynomial, so that zero bytes behind it multiply it by a
//! power of x, and the start and end values cancel out where two sums are put together. No frame is known here.

use crate::table::zeros;

/// From how many bytes on it is sooner to shift past them than to sum them, measured in V8 on body sections.
pub const SHIFTED_BYTES_MIN: usize = 64;

/// The part of the sum of `a` followed by `b` that comes from `a`: `sum` is that of `a`, `bytes` the length of `b`. So
/// `crc32(a b) = shift(crc32(a), len(b)) ^ crc32(b)`, and what is to be known is the third of the three.
///
/// Two bytes of length are enough for every frame that goes up.
#[inline]
#[must_use]
pub fn shift(sum: u32, bytes: u16) -> u32 {
    let [low, high] = bytes.to_le_bytes();
    let sum = multiply(sum, POWERS[0][usize::from(low)]);
    match high {
        0 => sum,
        high => multiply(sum, POWERS[1][usize::from(high)]),
    }
}

/// Multiplies modulo the polynomial of the CRC; the highest bit is x^0, as in the register.
const fn multiply(a: u32, b: u32) -> u32 {
    // The product's highest bit is x^0 once it is moved up by one; its lower half is a register that x^32 has still to be
    // multiplied to, as four bytes behind it do.
    let product = without_carry(a, b) << 1;
    (product >> 32) as u32 ^ zeros(product as u32)
}

/// Multiplies as polynomials over GF(2). Only every fourth bit of a factor is used at a time: at most eight bits meet in one place,
/// so their sum stays within its four bits, and the lowest of those is what is wanted (as BearSSL's `ghash_ctmul`).
const fn without_carry(a: u32, b: u32) -> u64 {
    const FOURTH: u64 = 0x1111_1111_1111_1111;
    let (a, b) = (a as u64, b as u64);
    let (a0, b0) = (a & FOURTH, b & FOURTH);
    let (a1, b1) = (a & FOURTH << 1, b & FOURTH << 1);
    let (a2, b2) = (a & FOURTH << 2, b & FOURTH << 2);
    let (a3, b3) = (a & FOURTH << 3, b & FOURTH << 3);
    let p0 = (a0 * b0) ^ (a1 * b3) ^ (a2 * b2) ^ (a3 * b1);
    let p1 = (a0 * b1) ^ (a1 * b0) ^ (a2 * b3) ^ (a3 * b2);
    let p2 = (a0 * b2) ^ (a1 * b1) ^ (a2 * b0) ^ (a3 * b3);
    let p3 = (a0 * b3) ^ (a1 * b2) ^ (a2 * b1) ^ (a3 * b0);
    p0 & FOURTH | p1 & FOURTH << 1 | p2 & FOURTH << 2 | p3 & FOURTH << 3
}

/// What 0, 1, ... 255 zero bytes multiply a register by, and 0, 256, ... 65,280; 2 KiB.
static POWERS: [[u32; 256]; 2] = powers();

const fn powers() -> [[u32; 256]; 2] {
    const ONE: u32 = 1 << 31;
    const ONE_BYTE: u32 = ONE >> 8;
    let mut all = [[ONE; 256]; 2];
    let mut count = 1;
    while count < 256 {
        all[0][count] = multiply(all[0][count - 1], ONE_BYTE);
        count += 1;
    }
    let page = multiply(all[0][255], ONE_BYTE);
    count = 1;
    while count < 256 {
        all[1][count] = multiply(all[1][count - 1], page);
        count += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sum::crc32;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    /// The definition: a product term by term, each brought below the polynomial at once.
    fn plain(a: u32, mut b: u32) -> u32 {
        (0..32).rev().fold(0, |sum, bit| {
            let term = b & 0_u32.wrapping_sub(a >> bit & 1);
            b = b >> 1 ^ (0xedb8_8320 * (b & 1));
            sum ^ term
        })
    }

    fn joined(front: &[u8], back: &[u8]) -> u32 {
        shift(crc32(front), back.len() as u16) ^ crc32(back)
    }

    #[test]
    fn parts_give_the_sum_of_the_whole_at_every_length() {
        let back: Vec<u8> = (0..4_096_u32).map(|at| ((at * at) >> 3) as u8).collect();
        for length in 0..=back.len() {
            let whole = [b"head", &back[..length]].concat();
            assert_eq!(joined(b"head", &back[..length]), crc32(&whole), "{length}");
        }
    }

    #[test]
    fn parts_give_the_sum_of_the_whole_up_to_the_longest() {
        for length in (0..=u16::MAX).step_by(251).chain([65_280, u16::MAX]) {
            let back = vec![0xa5; usize::from(length)];
            let whole = [b"head", &*back].concat();
            assert_eq!(joined(b"head", &back), crc32(&whole), "{length}");
        }
    }

    proptest! {
        #[test]
        fn parts_give_the_sum_of_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..65_536), cut in any::<prop::sample::Index>()) {
            let (front, back) = bytes.split_at(cut.index(bytes.len() + 1));
            prop_assert_eq!(joined(front, back), crc32(&bytes));
        }

        /// How the relay uses it: the front is exchanged, the back is not looked at.
        #[test]
        fn a_front_can_be_exchanged(old: Vec<u8>, new: Vec<u8>, back in prop::collection::vec(any::<u8>(), 0..5_000)) {
            let sum = crc32(&[&*old, &back].concat()) ^ shift(crc32(&old) ^ crc32(&new), back.len() as u16);
            prop_assert_eq!(sum, crc32(&[&*new, &back].concat()));
        }

        #[test]
        fn multiplies_by_the_definition(a: u32, b: u32) {
            prop_assert_eq!(multiply(a, b), plain(a, b));
        }
    }

    #[test]
    fn multiplies_the_fullest_factors() {
        for (a, b) in [
            (u32::MAX, u32::MAX),
            (u32::MAX, 1),
            (1, 1),
            (1 << 31, u32::MAX),
            (0, u32::MAX),
        ] {
            assert_eq!(multiply(a, b), plain(a, b), "{a:08x} {b:08x}");
        }
    }
}
