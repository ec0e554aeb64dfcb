//! Long input is folded before it goes through the tables: WASM has no carry-less multiply, but some multiples of the CRC's
//! polynomial P are so sparse that XORs of whole blocks, without a shift, leave only a short rest.
//!
//! Let y = x^128, so that a block of 16 bytes is a digit of the input in base y. For a tap set with the largest tap D let
//! w[i] = in[i] xor all w[i-d], d in the set. Where y^D + sum of all y^(D-d) is 0 modulo P, all blocks but the last D can be left
//! out once the w of the last ones left out is XORed onto those, as the same sum says. That each set is 0 modulo P is a test.

use crate::table::table;

/// Bytes of one block: a SIMD register.
const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// Tap sets in blocks, ascending. The largest tap is what a set leaves; the smallest is how many blocks are independent of each
/// other. Few taps are fast per byte, a short rest is fast for short input; a third set (53, 57, 67, 108, 129, 137) never wins.
const FAR_TAPS: [usize; 4] = [145, 183, 211, 300];
const NEAR_TAPS: [usize; 8] = [9, 29, 34, 47, 48, 63, 64, 66];

/// From how many bytes a set wins, measured in V8: 14 KiB and 2.5 KiB.
pub const FAR_BYTES_MIN: usize = 14_336;
pub const NEAR_BYTES_MIN: usize = 2_560;

/// Blocks of working memory on the stack (18.5 KiB and 5 KiB): what a set looks back at, what is behind the end, and a few runs
/// between; 16 KiB of input need no second turn.
const FAR_ROOM: usize = 1_184;
const NEAR_ROOM: usize = 304;

/// The sum of what `sum` stands for, followed by at least `NEAR_BYTES_MIN` bytes.
pub fn near(sum: u32, bytes: &[u8]) -> u32 {
    fold::<8, 66, NEAR_ROOM>(NEAR_TAPS, sum, bytes, table)
}

/// The same for at least `FAR_BYTES_MIN` bytes; what this leaves is folded again.
pub fn far(sum: u32, bytes: &[u8]) -> u32 {
    fold::<4, 300, FAR_ROOM>(FAR_TAPS, sum, bytes, near)
}

/// Byte by byte on purpose: the compiler makes one 128-bit XOR of it, but of a `u128` two 64-bit ones.
#[inline(always)]
fn xor(a: Block, b: Block) -> Block {
    core::array::from_fn(|at| a[at] ^ b[at])
}

/// Folds all blocks but the last `LEFT` into those, then sums them by `rest_of`, and the tail. `bytes` holds more than `LEFT` blocks,
/// `LEFT` is the largest tap, and `ROOM` is at least twice `LEFT`.
fn fold<const TAPS: usize, const LEFT: usize, const ROOM: usize>(
    taps: [usize; TAPS],
    sum: u32,
    bytes: &[u8],
    rest_of: impl Fn(u32, &[u8]) -> u32,
) -> u32 {
    let (blocks, tail) = bytes.as_chunks::<BLOCK>();
    let (front, last) = blocks.split_at(blocks.len() - LEFT);

    // The folded blocks w; the zeros before them stand for "no block there".
    let mut folded = [[0; BLOCK]; ROOM];
    let mut end = LEFT;
    for (index, run) in front.chunks(taps[0]).enumerate() {
        if end + run.len() > ROOM {
            folded.copy_within(end - LEFT..end, 0);
            end = LEFT;
        }
        let (past, free) = folded.split_at_mut(end);
        let sources = taps.map(|tap| &past[end - tap..end - tap + run.len()]);
        let target = &mut free[..run.len()];
        for at in 0..run.len() {
            let mut block = run[at];
            for source in sources {
                block = xor(block, source[at]);
            }
            target[at] = block;
        }
        if index == 0 {
            // A sum so far is a start value in the first four bytes. No other block of this run looks at the first one.
            for (byte, start) in target[0].iter_mut().zip((!sum).to_le_bytes()) {
                *byte ^= start;
            }
        }
        end += run.len();
    }

    // On the last blocks only what is folded acts, not they on each other: zeros stand for those.
    let zeros = LEFT - taps[0];
    if end + zeros > ROOM {
        folded.copy_within(end - LEFT..end, 0);
        end = LEFT;
    }
    folded[end..end + zeros].fill([0; BLOCK]);
    let sources = taps.map(|tap| &folded[end - tap..end - tap + LEFT]);
    let mut rest = [[0; BLOCK]; LEFT];
    for at in 0..LEFT {
        let mut block = last[at];
        for source in sources {
            block = xor(block, source[at]);
        }
        rest[at] = block;
    }
    // The register over the rest starts at 0, which is the sum u32::MAX.
    table(rest_of(u32::MAX, rest.as_flattened()), tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x^bits modulo the polynomial of the CRC (not reflected).
    fn power_of_x(bits: usize) -> u32 {
        (0..bits).fold(1, |power: u32, _| {
            power << 1 ^ (0x04c1_1db7 * (power >> 31))
        })
    }

    /// y^D + the sum of all y^(D-d), y = x^128, modulo the polynomial.
    fn remainder(taps: &[usize]) -> u32 {
        let largest = *taps.last().expect("a set has taps");
        taps.iter().fold(power_of_x(128 * largest), |sum, tap| {
            sum ^ power_of_x(128 * (largest - tap))
        })
    }

    #[test]
    fn every_tap_set_is_zero_modulo_the_polynomial() {
        let sets: [&[usize]; 3] = [&FAR_TAPS, &[53, 57, 67, 108, 129, 137], &NEAR_TAPS];
        for taps in sets {
            assert_eq!(remainder(taps), 0, "{taps:?}");
        }
    }

    /// The proof above tells a wrong set from a right one: every tap moved by one block is refused.
    #[test]
    fn a_set_with_one_tap_moved_is_not() {
        for at in 0..FAR_TAPS.len() {
            let mut taps = FAR_TAPS;
            taps[at] += 1;
            assert_ne!(remainder(&taps), 0, "{taps:?}");
        }
        for at in 0..NEAR_TAPS.len() {
            let mut taps = NEAR_TAPS;
            taps[at] += 1;
            assert_ne!(remainder(&taps), 0, "{taps:?}");
        }
    }

    #[test]
    fn working_memory_is_large_enough() {
        assert!(FAR_TAPS.is_sorted() && NEAR_TAPS.is_sorted());
        assert!(FAR_ROOM >= 2 * FAR_TAPS[3] && FAR_BYTES_MIN > FAR_TAPS[3] * BLOCK);
        assert!(NEAR_ROOM >= 2 * NEAR_TAPS[7] && NEAR_BYTES_MIN > NEAR_TAPS[7] * BLOCK);
        // What the far set leaves is folded by the near one.
        assert!(FAR_TAPS[3] * BLOCK >= NEAR_BYTES_MIN);
    }
}
