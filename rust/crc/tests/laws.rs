//! The sum against crc32fast and against its definition: every length up to 8,192, around the lengths where another way begins, far
//! beyond, from any start and in any pieces.

use crc::{Crc32, crc32, extend};
use proptest::prelude::*;

/// Where another way of summing begins (`NEAR_BYTES_MIN` and `FAR_BYTES_MIN` in `fold.rs`), so that both sides of it are looked at.
const CHANGES: [usize; 2] = [2_560, 14_336];

/// One byte more, by the definition, bit by bit.
fn bitwise_step(sum: u32, byte: u8) -> u32 {
    !(0..8).fold(!sum ^ u32::from(byte), |r, _| {
        r >> 1 ^ (0xedb8_8320 * (r & 1))
    })
}

fn bitwise(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, &byte| bitwise_step(sum, byte))
}

/// Bytes without any pattern, always the same for a seed (xorshift).
fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ seed << 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn known_values() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(crc32(b""), 0);
    assert_eq!(Crc32::new().finish(), 0);
    assert_eq!(extend(0xcbf4_3926, b""), 0xcbf4_3926);
}

#[test]
fn equals_crc32fast_and_the_definition_at_every_length_up_to_8192() {
    let bytes = noise(8_192, 0);
    let mut sum = 0;
    for length in 0..=8_192 {
        assert_eq!(crc32(&bytes[..length]), sum, "{length} bytes");
        assert_eq!(crc32fast::hash(&bytes[..length]), sum, "{length} bytes");
        // The end of the same bytes: another start in memory, other blocks.
        let end = &bytes[8_192 - length..];
        assert_eq!(crc32(end), crc32fast::hash(end), "{length} bytes");
        if length < 8_192 {
            sum = bitwise_step(sum, bytes[length]);
        }
    }
}

#[test]
fn equals_the_definition_around_every_change_and_far_beyond() {
    let bytes = noise(1_048_576 + 7, 1);
    let around = CHANGES.map(|change| change - 40..change + 40);
    let far = [16_384, 16_385, 65_537, 1_048_576];
    for length in around.into_iter().flatten().chain(far) {
        let piece = &bytes[3..3 + length];
        assert_eq!(crc32(piece), bitwise(piece), "{length} bytes");
    }
}

#[test]
fn every_cut_gives_the_sum_of_the_whole() {
    let bytes = noise(20_000, 2);
    let whole = crc32fast::hash(&bytes);
    for cut in 0..=bytes.len() {
        let (front, back) = bytes.split_at(cut);
        assert_eq!(extend(crc32(front), back), whole, "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn pieces_give_the_sum_of_the_whole(seed: u64, length in 0_usize..60_000, cuts in prop::collection::vec(0_usize..60_000, 0..6)) {
        let bytes = noise(length, seed);
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
    fn any_start_value_is_gone_on_from(seed: u64, sum: u32, length in 0_usize..40_000) {
        let bytes = noise(length, seed);
        let mut theirs = crc32fast::Hasher::new_with_initial(sum);
        theirs.update(&bytes);
        prop_assert_eq!(extend(sum, &bytes), theirs.finalize());
    }

    #[test]
    fn a_flipped_bit_changes_the_sum(seed: u64, length in 1_usize..40_000, bit in any::<prop::sample::Index>()) {
        let mut bytes = noise(length, seed);
        let sum = crc32(&bytes);
        let bit = bit.index(length * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(crc32(&bytes), sum);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn large_ones_in_any_two_pieces(seed: u64, length in 60_000_usize..4_000_000, at in any::<prop::sample::Index>()) {
        let bytes = noise(length, seed);
        let (front, back) = bytes.split_at(at.index(length + 1));
        prop_assert_eq!(extend(crc32(front), back), crc32fast::hash(&bytes));
        prop_assert_eq!(crc32(&bytes), crc32fast::hash(&bytes));
    }
}
