//! Laws of the LZ4 part: section 2 read word by word, lz4_flex and the C library are the oracles.

use super::*;
use proptest::prelude::*;
use std::{vec, vec::Vec};

/// Section 2 word by word, a byte at a time: the oracle. Grows its output, so it needs no claimed length.
fn plain(block: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = block.iter().copied();
    let mut out = Vec::new();
    let length = |bytes: &mut dyn Iterator<Item = u8>, nibble: u8| {
        let mut total = usize::from(nibble);
        let mut more = if nibble == 15 { 255 } else { 0 };
        while more == 255 {
            more = bytes.next()?;
            total += usize::from(more);
        }
        Some(total)
    };
    loop {
        let token = bytes.next()?;
        let literals = length(&mut bytes, token >> 4)?;
        let only = out.is_empty();
        for _ in 0..literals {
            out.push(bytes.next()?);
        }
        let Some(low) = bytes.next() else {
            return (token & 15 == 0 && (literals >= 5 || only)).then_some(out);
        };
        let offset = usize::from(u16::from_le_bytes([low, bytes.next()?]));
        for _ in 0..length(&mut bytes, token & 15)? + 4 {
            let from = out.len().checked_sub(offset).filter(|_| offset != 0)?;
            out.push(out[from]);
        }
    }
}

/// Decompresses to exactly `raw_bytes` between two guards that must stay as they are.
fn guarded(block: &[u8], raw_bytes: usize) -> Result<Vec<u8>, Error> {
    let mut memory = vec![0xa5; raw_bytes + 160];
    let result = decompress(block, &mut memory[80..80 + raw_bytes]);
    assert!(
        memory[..80]
            .iter()
            .chain(&memory[80 + raw_bytes..])
            .all(|&byte| byte == 0xa5)
    );
    result.map(|()| memory[80..80 + raw_bytes].to_vec())
}

fn compressed(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0; bound(raw.len())];
    let bytes = compress(raw, &mut out, &mut Table::new()).unwrap();
    out.truncate(bytes);
    out
}

/// One sequence: literals, then a match of `count` bytes from `offset` back; offset and count may be impossible.
fn push_sequence(block: &mut Vec<u8>, literals: &[u8], offset: usize, count: usize) {
    let nibble = |length: usize| length.min(EXTENDED) as u8;
    let rest = |block: &mut Vec<u8>, length: usize| {
        if let Some(rest) = length.checked_sub(EXTENDED) {
            block.extend(vec![255; rest / 255]);
            block.push((rest % 255) as u8);
        }
    };
    block.push(nibble(literals.len()) << 4 | nibble(count - 4));
    rest(block, literals.len());
    block.extend(literals);
    block.extend((offset as u16).to_le_bytes());
    rest(block, count - 4);
}

/// Text that compresses: words out of a small set, and some noise.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![4 => "[a-d]{1,9} ", 1 => "[ -~]{1,60}", 1 => "(ab){9,80}"];
    prop::collection::vec(word, 0..80).prop_map(|words| words.concat().into_bytes())
}

/// A block of the grammar, often sound, with long and short, far and near, overlapping matches; and how many bytes it stands for.
fn sequences() -> impl Strategy<Value = (Vec<u8>, usize)> {
    let literals = prop_oneof![Just(0), 0_usize..16, 14_usize..300];
    let near = prop_oneof![1_usize..70, 1_usize..2_000, Just(0)];
    let count = prop_oneof![4_usize..40, 4_usize..20, 18_usize..600];
    let one = (literals, near, count);
    let last = prop_oneof![4 => 5_usize..60, 1 => 0_usize..5];
    let last_count = prop_oneof![6 => Just(4_usize), 1 => 5_usize..9];
    (
        prop::collection::vec(one, 0..40),
        any::<bool>(),
        (last, last_count),
    )
        .prop_map(|(list, sound, (last, last_count))| {
            let mut block = Vec::new();
            let mut written = 0;
            for (index, (literals, offset, count)) in list.into_iter().enumerate() {
                let literals: Vec<u8> = (0..literals.max(usize::from(index == 0)))
                    .map(|at| (at * 7 + index) as u8)
                    .collect();
                written += literals.len();
                let offset = if sound {
                    offset.clamp(1, written)
                } else {
                    offset
                };
                push_sequence(&mut block, &literals, offset, count);
                written += count;
            }
            // The last sequence has no offset; the low bits of its token should be 0, as for a match of four.
            push_sequence(&mut block, &vec![0x5a; last], 0, last_count);
            block.truncate(block.len() - 2);
            (block, written + last)
        })
}

#[test]
fn accepts_what_the_grammar_allows() {
    let whole = b"just literals, more than fifteen of them";
    for length in 0..=whole.len() {
        assert_eq!(
            guarded(&compressed(&whole[..length]), length).as_deref(),
            Ok(&whole[..length])
        );
    }
    // The last match may start nearer to the end than an encoder may put it.
    assert_eq!(
        guarded(b"\x10a\x01\x00\x50bcdef", 10).as_deref(),
        Ok(&b"aaaaabcdef"[..])
    );
    // The example E9 of the page: 323 bytes out of 23.
    let block = b"\xbf\x00\xc0\x02ferrule \x08\x00\xff \x60rrule ";
    assert_eq!(guarded(block, 323).map(|raw| raw.len()), Ok(323));
}

#[test]
fn refuses_broken_blocks_and_ends() {
    let refused: [(&str, &[u8], usize); 12] = [
        ("empty", b"", 0),
        ("offset 0", b"\x10a\x00\x00\x50bcdef", 10),
        ("offset before the start", b"\x10a\x02\x00\x50bcdef", 10),
        ("cut literals", b"\x50bcd", 5),
        ("cut length", b"\xf0\xff\xff", 600),
        ("cut offset", b"\x10a\x01", 5),
        ("cut match length", b"\x1fa\x01\x00\xff", 600),
        ("ends in a match", b"\x10a\x01\x00", 5),
        ("last low nibble", b"\x10a\x01\x00\x51bcdef", 10),
        ("four last literals", b"\x10a\x01\x00\x40bcde", 9),
        ("no last literals", b"\x10a\x01\x00\x00", 5),
        ("low nibble of the only one", b"\x51bcdef", 5),
    ];
    for (name, block, raw_bytes) in refused {
        assert_eq!(guarded(block, raw_bytes), Err(Error::BadLz4), "{name}");
    }
    let block = b"\x10a\x01\x00\x50bcdef";
    assert_eq!(guarded(block, 9), Err(Error::BadLz4));
    assert_eq!(guarded(block, 11), Err(Error::BadLz4));
}

#[test]
fn a_table_leaves_no_trace() {
    let mut table = Table::new();
    let long: Vec<u8> = (0..200_000_u32)
        .map(|at| (at.wrapping_mul(at) >> 9) as u8)
        .collect();
    let mut out = vec![0; bound(long.len())];
    for raw in [
        &long[..70_000],
        &long[..300],
        &long[..],
        &long[..65_534],
        &long[..65_535],
    ] {
        let bytes = compress(raw, &mut out, &mut table).unwrap();
        assert!(out[..bytes] == compressed(raw));
        assert!(guarded(&out[..bytes], raw.len()).as_deref() == Ok(raw));
    }
    assert_eq!(compress(&long, &mut [0; 100], &mut table), None);
}

proptest! {
    #[test]
    fn others_read_our_blocks(raw in text()) {
        let block = compressed(&raw);
        prop_assert!(guarded(&block, raw.len()).as_ref() == Ok(&raw));
        let mut out = vec![0; raw.len()];
        prop_assert_eq!(lz4_flex::block::decompress_into(&block, &mut out).ok(), Some(raw.len()));
        prop_assert!(out == raw);
        out.fill(0);
        prop_assert_eq!(lzzzz::lz4::decompress(&block, &mut out).ok(), Some(raw.len()));
        prop_assert!(out == raw);
    }

    #[test]
    fn we_read_the_blocks_of_others(raw in text(), level in 1_i32..12) {
        // Of nothing, the oracle's wrapper makes nothing instead of a block.
        prop_assume!(!raw.is_empty());
        let (mut fast, mut high) = (Vec::new(), Vec::new());
        lzzzz::lz4::compress_to_vec(&raw, &mut fast, level).unwrap();
        lzzzz::lz4_hc::compress_to_vec(&raw, &mut high, level).unwrap();
        for block in [fast, high] {
            prop_assert!(guarded(&block, raw.len()).as_ref() == Ok(&raw));
        }
    }

    #[test]
    fn agrees_with_the_page_on_blocks_of_the_grammar((block, raw_bytes) in sequences(), other in 0_usize..40_000) {
        prop_assert!(guarded(&block, raw_bytes).ok() == plain(&block));
        if other != raw_bytes {
            prop_assert_eq!(guarded(&block, other), Err(Error::BadLz4));
        }
    }

    #[test]
    fn agrees_with_the_page_on_damaged_blocks(raw in text(), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut block = compressed(&raw);
        let at = at.index(block.len());
        if cut { block.truncate(at) } else { block[at] = byte }
        let plain = plain(&block).filter(|out| out.len() == raw.len());
        prop_assert!(guarded(&block, raw.len()).ok() == plain);
    }

    #[test]
    fn agrees_with_the_page_on_noise(block: Vec<u8>, raw_bytes in 0_usize..300) {
        let plain = plain(&block).filter(|out| out.len() == raw_bytes);
        prop_assert!(guarded(&block, raw_bytes).ok() == plain);
    }
}
