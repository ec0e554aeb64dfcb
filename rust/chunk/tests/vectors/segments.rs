//! Vectors of segments: the chunks, which of them are compressed, the bytes, and what an index knows of them.

use chunk::{Pushed, Segment, SegmentBuilder};
use serde_json::{Value, json};

use crate::plain::{self, crc32, hex};

/// What the crate reads, held to what went in.
fn row(name: &str, first: u64, chunks: &[Vec<u8>], bytes: &[u8], built: bool) -> Value {
    let segment = Segment::decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(segment.first(), first);
    let end = first + chunks.len() as u64;
    for (chunk, read) in chunks.iter().zip(segment.range(first..end).expect("all")) {
        assert!(read.expect("a chunk") == *chunk, "{name}");
    }
    let entry = segment.entry();
    assert_eq!(
        (entry.bytes as usize, entry.crc),
        (bytes.len(), crc32(bytes))
    );
    assert_eq!((entry.first, entry.count as usize), (first, chunks.len()));
    let raw_bytes: usize = chunks.iter().map(Vec::len).sum();
    assert_eq!(segment.raw_bytes(), raw_bytes as u64);

    let area = 32 + u32::from_le_bytes(*bytes[20..].first_chunk().expect("a header")) as usize;
    let kinds = bytes[area..bytes.len() - 4].chunks(4).map(|offset| {
        let offset = u32::from_le_bytes(*offset.first_chunk().expect("an offset"));
        bytes[32 + offset as usize]
    });
    let lz4: Vec<_> = kinds.map(|kind| kind == 2).collect();
    assert_eq!(bytes[6] == 1, lz4.contains(&true), "{name}");
    let chunks: Vec<_> = chunks.iter().map(|chunk| hex(chunk)).collect();
    json!({
        "name": name, "first": first, "chunks": chunks, "lz4": lz4, "hex": hex(bytes), "built": built,
        "entry": { "first": entry.first, "count": entry.count, "bytes": entry.bytes, "crc": entry.crc }, "rawBytes": raw_bytes,
    })
}

fn built(name: &str, first: u64, chunks: &[Vec<u8>]) -> Value {
    let mut builder = SegmentBuilder::new(first).expect("a first index");
    for chunk in chunks {
        assert_eq!(builder.push(chunk), Ok(Pushed::Taken));
    }
    let sealed = builder.finish().expect("chunks");
    let row = row(name, first, chunks, &sealed.bytes, true);
    let entry = Segment::decode(&sealed.bytes[..])
        .expect("a segment")
        .entry();
    assert_eq!(sealed.entry, entry);
    row
}

/// What the builder would not write so, but every reader takes: blocks of another encoder, and compressible chunks as they are.
fn foreign(name: &str, first: u64, chunks: &[Vec<u8>], compress: bool) -> Value {
    let one = |chunk: &Vec<u8>| match compress {
        true => plain::record(2, &plain::other_block(chunk), chunk.len()),
        false => plain::data(chunk),
    };
    let records: Vec<_> = chunks.iter().map(one).collect();
    let bytes = plain::segment(first, u16::from(compress), &records);
    row(name, first, chunks, &bytes, false)
}

/// The low four bits of a block's last token, which mean nothing: `a`, 250 more of it, and five literals behind tokens 0x50 to 0x5f.
fn last_token_bits() -> Value {
    let block = |low: u8| [b"\x1fa\x01\x00\xe7", &[0x50 | low][..], b"aaaaa"].concat();
    let records = [0, 1, 14, 15].map(|low| plain::record(2, &block(low), 256));
    let bytes = plain::segment(0, 1, &records);
    row(
        "last-token-bits",
        0,
        &vec![vec![0x61; 256]; 4],
        &bytes,
        false,
    )
}

/// Bytes in which nothing repeats: a multiplicative generator.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// `repeated` bytes that repeat before `len - repeated` that do not.
fn mixed(repeated: usize, len: usize) -> Vec<u8> {
    [vec![0x61; repeated], noise(len - repeated)].concat()
}

pub fn rows() -> Vec<Value> {
    let text = b"a segment holds chunks; a chunk is a segment's; ".repeat(12);
    let many: Vec<_> = (0..40_u8).map(|at| vec![at; usize::from(at) % 5]).collect();
    let threshold = |repeated: usize| mixed(repeated, 1_000);
    // The least run that makes the block an eighth shorter than the chunk, and one byte less.
    let pays = (0..1_000)
        .find(|&run| lz4_of(&threshold(run)))
        .expect("a run that pays");
    vec![
        built("one-empty-chunk", 0, &[vec![]]),
        built("empty-chunks", 3, &[vec![], vec![], vec![]]),
        built("words", 0, &["one", "", "three"].map(|word| word.into())),
        built("text-compressed", 256, std::slice::from_ref(&text)),
        built("255-too-few-to-compress", 0, &[vec![0x61; 255]]),
        built("256-enough-to-compress", 0, &[vec![0x61; 256]]),
        built("noise-declined", 0, &[noise(300)]),
        built("just-pays", 0, &[threshold(pays)]),
        built("just-does-not-pay", 0, &[threshold(pays - 1)]),
        built(
            "taken-and-declined",
            9,
            &[
                noise(256),
                text.clone(),
                vec![],
                vec![7; 2_000],
                b"end".to_vec(),
            ],
        ),
        built("many", 1_000, &many),
        built(
            "places-behind-64-kib",
            0,
            &[vec![0x61; 70_000], b"x".to_vec(), vec![0x62; 65_535]],
        ),
        built("largest-index", (1 << 53) - 2, &[b"last".to_vec()]),
        foreign(
            "blocks-of-another-encoder",
            5,
            &[text.clone(), vec![0; 256], mixed(900, 1_200)],
            true,
        ),
        foreign("compressible-as-it-is", 0, &[text], false),
        last_token_bits(),
    ]
}

fn lz4_of(chunk: &[u8]) -> bool {
    let mut builder = SegmentBuilder::new(0).expect("0");
    builder.push(chunk).expect("a chunk");
    builder.finish().expect("a segment").bytes[6] == 1
}
