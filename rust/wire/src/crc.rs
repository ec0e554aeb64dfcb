//! CRC-32 (IEEE), as in zlib and PNG (PROTOCOL.md, section 2). Only the checksum: what it covers is the frame's matter.
//!
//! Short input goes through tables, 16 bytes at a time. Long input is folded first (section 19): WASM has no carry-less multiply,
//! but some multiples of the CRC's polynomial are so sparse that XORs of whole blocks leave only a short rest for the tables.

/// Bytes of one block of the folding: a SIMD register.
const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// Tap sets of section 19, in blocks, ascending. The largest tap is what a set leaves; the smallest is how many blocks are
/// independent of each other. Few taps are fast per byte, a short rest is fast for short input; the third set never wins.
const FAR_TAPS: [usize; 4] = [145, 183, 211, 300];
const NEAR_TAPS: [usize; 8] = [9, 29, 34, 47, 48, 63, 64, 66];

/// From how many bytes a set wins, measured in V8: 14 KiB and 2.5 KiB.
const FAR_BYTES_MIN: usize = 14_336;
const NEAR_BYTES_MIN: usize = 2_560;

/// Blocks of working memory on the stack (16 KiB and 4 KiB): what a set looks back at, and a few runs more.
const FAR_ROOM: usize = 1_024;
const NEAR_ROOM: usize = 256;

/// CRC-32 of `bytes`; of `123456789` it is 0xCBF43926, of nothing 0.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    extend(0, bytes)
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

/// The sum of what `sum` stands for, followed by `bytes`.
#[inline]
fn extend(sum: u32, bytes: &[u8]) -> u32 {
    if bytes.len() < NEAR_BYTES_MIN {
        table(sum, bytes)
    } else {
        extend_long(sum, bytes)
    }
}

#[inline(never)]
fn extend_long(sum: u32, bytes: &[u8]) -> u32 {
    if bytes.len() < FAR_BYTES_MIN {
        fold::<8, 66, NEAR_ROOM>(NEAR_TAPS, sum, bytes)
    } else {
        fold::<4, 300, FAR_ROOM>(FAR_TAPS, sum, bytes)
    }
}

fn table(sum: u32, bytes: &[u8]) -> u32 {
    let mut register = !sum;
    let (slices, mut tail) = bytes.as_chunks::<SLICE>();
    for bytes in slices {
        register = slice(register, bytes);
    }
    if let Some((bytes, rest)) = tail.split_first_chunk::<8>() {
        (register, tail) = (slice(register, bytes), rest);
    }
    if let Some((bytes, rest)) = tail.split_first_chunk::<4>() {
        (register, tail) = (slice(register, bytes), rest);
    }
    for byte in tail {
        register = TABLES[0][usize::from(register as u8 ^ byte)] ^ register >> 8;
    }
    !register
}

/// The register after four zero bytes.
#[inline(always)]
pub(crate) const fn zeros(register: u32) -> u32 {
    look_up(register, 4)
}

/// Takes 4, 8 or 16 bytes at once. All words but the first are looked up without waiting for the register; whole words are read,
/// since a load for every byte is what this would wait for in WASM.
#[inline(always)]
fn slice<const BYTES: usize>(register: u32, bytes: &[u8; BYTES]) -> u32 {
    let (words, _) = bytes.as_chunks();
    let mut sum = 0;
    for index in (1..words.len()).rev() {
        sum ^= look_up(u32::from_le_bytes(words[index]), BYTES - 4 * index);
    }
    sum ^ look_up(u32::from_le_bytes(words[0]) ^ register, BYTES)
}

/// What a word leaves in the register when it is the first of the `left` bytes that are left.
#[inline(always)]
const fn look_up(word: u32, left: usize) -> u32 {
    let [first, second, third, fourth] = word.to_le_bytes();
    // In pairs: a shorter way from the register to the next one.
    (TABLES[left - 1][first as usize] ^ TABLES[left - 2][second as usize])
        ^ (TABLES[left - 3][third as usize] ^ TABLES[left - 4][fourth as usize])
}

/// Bytes taken at once.
const SLICE: usize = 16;

/// What a byte leaves in the register when 0, 1, ... 15 zero bytes follow it; 16 KiB.
static TABLES: [[u32; 256]; SLICE] = tables();

const fn tables() -> [[u32; 256]; SLICE] {
    let mut all = [[0; 256]; SLICE];
    let mut entry = 0;
    while entry < SLICE * 256 {
        let (behind, byte) = (entry / 256, entry % 256);
        let before = match behind {
            0 => byte as u32,
            _ => all[behind - 1][byte],
        };
        all[behind][byte] = one_byte(before);
        entry += 1;
    }
    all
}

/// The register after eight more bits, by the definition.
const fn one_byte(mut register: u32) -> u32 {
    let mut bit = 0;
    while bit < 8 {
        register = register >> 1 ^ (0xedb8_8320 * (register & 1));
        bit += 1;
    }
    register
}

/// Byte by byte on purpose: the compiler makes one 128-bit XOR of it, but of a `u128` two 64-bit ones.
#[inline(always)]
fn xor(a: Block, b: Block) -> Block {
    core::array::from_fn(|at| a[at] ^ b[at])
}

/// Folds all blocks but the last `LEFT` into those, then sums them and the tail. `bytes` holds more than `LEFT` blocks, `LEFT` is
/// the largest tap, and `ROOM` is at least `LEFT` and one smallest tap.
fn fold<const TAPS: usize, const LEFT: usize, const ROOM: usize>(
    taps: [usize; TAPS],
    sum: u32,
    bytes: &[u8],
) -> u32 {
    let (blocks, tail) = bytes.as_chunks::<BLOCK>();
    let (front, last) = blocks.split_at(blocks.len() - LEFT);

    // The folded blocks w of section 19; the zeros before them stand for "no block there".
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

    // On the last blocks only what is folded acts, not they on each other.
    let mut rest = [[0; BLOCK]; LEFT];
    rest.copy_from_slice(last);
    for tap in taps {
        for (block, source) in rest[..tap].iter_mut().zip(&folded[end - tap..end]) {
            *block = xor(*block, *source);
        }
    }
    // The register over the rest starts at 0, which is the sum u32::MAX.
    table(extend(u32::MAX, rest.as_flattened()), tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// The definition, bit by bit: the oracle.
    fn bitwise(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |register, &byte| {
            (0..8).fold(register ^ u32::from(byte), |r, _| {
                r >> 1 ^ (0xedb8_8320 * (r & 1))
            })
        })
    }

    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    /// x^bits modulo the polynomial of the CRC (not reflected).
    fn power_of_x(bits: usize) -> u32 {
        (0..bits).fold(1, |power: u32, _| {
            power << 1 ^ (0x04c1_1db7 * (power >> 31))
        })
    }

    /// y^D + Σ y^(D-d) with y = x^128 must be a multiple of the polynomial: that is why the folded blocks may be left out.
    #[test]
    fn every_tap_set_of_the_page_is_zero() {
        let sets: [&[usize]; 3] = [&FAR_TAPS, &[53, 57, 67, 108, 129, 137], &NEAR_TAPS];
        for taps in sets {
            let largest = *taps.last().unwrap();
            let remainder = taps.iter().fold(power_of_x(128 * largest), |sum, tap| {
                sum ^ power_of_x(128 * (largest - tap))
            });
            assert_eq!(remainder, 0, "{taps:?}");
        }
    }

    #[test]
    fn working_memory_is_large_enough() {
        assert!(FAR_TAPS.is_sorted() && NEAR_TAPS.is_sorted());
        assert!(FAR_ROOM >= FAR_TAPS[3] + FAR_TAPS[0] && FAR_BYTES_MIN > FAR_TAPS[3] * BLOCK);
        assert!(NEAR_ROOM >= NEAR_TAPS[7] + NEAR_TAPS[0] && NEAR_BYTES_MIN > NEAR_TAPS[7] * BLOCK);
    }

    #[test]
    fn known_values() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
        assert_eq!(Crc32::new().finish(), 0);
    }

    #[test]
    fn equals_the_bytewise_sum_at_every_length() {
        let bytes = noise(8_193);
        let mut register = u32::MAX;
        for length in 0..=8_192 {
            assert_eq!(crc32(&bytes[..length]), !register, "{length} bytes");
            register = !bitwise_step(!register, bytes[length]);
        }
    }

    /// One byte by the definition, so that the lengths above cost linear time.
    fn bitwise_step(sum: u32, byte: u8) -> u32 {
        !(0..8).fold(!sum ^ u32::from(byte), |r, _| {
            r >> 1 ^ (0xedb8_8320 * (r & 1))
        })
    }

    #[test]
    fn equals_the_bytewise_sum_around_both_thresholds_and_far_beyond() {
        let bytes = noise(1_048_576 + 7);
        let near = NEAR_BYTES_MIN - 40..NEAR_BYTES_MIN + 40;
        let far = FAR_BYTES_MIN - 40..FAR_BYTES_MIN + 40;
        for length in near.chain(far).chain([16_384, 16_385, 65_537, 1_048_576]) {
            assert_eq!(
                crc32(&bytes[3..3 + length]),
                bitwise(&bytes[3..3 + length]),
                "{length} bytes"
            );
        }
    }

    proptest! {
        #[test]
        fn pieces_give_the_sum_of_the_whole(length in 0_usize..60_000, cuts in prop::collection::vec(0_usize..60_000, 0..6)) {
            let bytes = noise(length);
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(length)).chain([0, length]).collect();
            cuts.sort_unstable();
            let mut sum = Crc32::new();
            for pair in cuts.windows(2) {
                sum.update(&bytes[pair[0]..pair[1]]);
            }
            prop_assert_eq!(sum.finish(), crc32fast::hash(&bytes));
            prop_assert_eq!(crc32(&bytes), crc32fast::hash(&bytes));
        }

        #[test]
        fn a_flipped_bit_changes_the_sum(length in 1_usize..40_000, bit in any::<prop::sample::Index>()) {
            let mut bytes = noise(length);
            let sum = crc32(&bytes);
            let bit = bit.index(length * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(crc32(&bytes), sum);
        }
    }
}
