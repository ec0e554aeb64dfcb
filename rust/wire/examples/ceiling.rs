//! What the codec costs natively, the ceiling beside the WASM figures of the bench suite `codec`: one JSON line a case on standard
//! output, `{"case":…,"nsPerOp":…}`. The inputs are like those of that suite, but all
//! of their letters are ASCII. No argument, no file.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crc::crc32;
use wire::limit::{BODY_DOWN_BYTES_MAX, BODY_UP_BYTES_MAX, FRAME_DOWN_BYTES_MAX};
use wire::lz4::{self, Table};
use wire::{Kind, Scratch, Side, Writer, decode, stamp};

const WORDS: &str = "the room is quiet and then somebody writes that the build went green after all so we can ship it before \
    lunch or talk about it once more when everyone is back from their walk";
/// Different messages in one case, so that none stays in the processor's branch memory for long.
const VARIETY: usize = 64;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(40);

/// A small seeded generator (mulberry32). Returns values below `end`.
struct Seeded(u32);

impl Seeded {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x6d2b_79f5);
        let mut x = (self.0 ^ (self.0 >> 15)).wrapping_mul(1 | self.0);
        x = x.wrapping_add((x ^ (x >> 7)).wrapping_mul(61 | x)) ^ x;
        ((u64::from(x ^ (x >> 14)) * end as u64) >> 32) as usize
    }

    /// Words of exactly `len` bytes.
    fn text(&mut self, len: usize) -> String {
        let words: Vec<_> = WORDS.split_whitespace().collect();
        let mut text = String::new();
        while text.len() < len {
            text += words[self.below(words.len())];
            text.push(' ');
        }
        text.truncate(len - 1);
        text + "."
    }
}

/// The buffers of one codec.
struct Codec {
    raw: Vec<u8>,
    inner: Vec<u8>,
    out: Vec<u8>,
    table: Table,
}

impl Codec {
    /// Writes a MSG going up (`seq` 0) or down and gives its length.
    fn write(&mut self, seq: u64, ts: u64, sender: u64, text: &str) -> usize {
        let mut writer = Writer::begin(Kind::Msg, seq, ts, sender, Some([7; 16]));
        writer.put_varint(0, &mut self.raw);
        writer.put_str(text.as_bytes(), &mut self.raw);
        let Self {
            raw,
            inner,
            out,
            table,
        } = self;
        writer.end(raw, inner, out, table).expect("a good message")
    }
}

/// Median nanoseconds of one `work`, over rounds that each last a while; `work` gets the number of the call.
fn report(case: &str, mut work: impl FnMut(usize) -> usize) {
    let mut round = |times: usize| {
        let start = Instant::now();
        (0..times).for_each(|at| {
            black_box(work(at));
        });
        start.elapsed()
    };
    let mut times = 1;
    while round(times) < ROUND {
        times *= 2;
    }
    let mut figures: Vec<_> = (0..ROUNDS)
        .map(|_| round(times).as_nanos() as f64 / times as f64)
        .collect();
    figures.sort_by(f64::total_cmp);
    println!(
        "{{\"case\":\"{case}\",\"nsPerOp\":{:.1}}}",
        figures[ROUNDS / 2]
    );
}

fn main() {
    let mut codec = Codec {
        raw: vec![0; BODY_DOWN_BYTES_MAX],
        inner: vec![0; BODY_UP_BYTES_MAX],
        out: vec![0; lz4::bound(FRAME_DOWN_BYTES_MAX)],
        table: Table::new(),
    };
    let texts = |len: usize| {
        let mut random = Seeded(len as u32);
        (0..VARIETY).map(|_| random.text(len)).collect::<Vec<_>>()
    };

    for len in [40, 200] {
        let write = |text: &String| {
            let bytes = codec.write(0, 0, 0, text);
            codec.out[..bytes].to_vec()
        };
        let frames: Vec<_> = texts(len).iter().map(write).collect();
        report(&format!("relay-{len}"), |at| {
            let frame = &frames[at % VARIETY];
            let mut scratch = Scratch {
                raw: &mut codec.raw,
                inner: &mut codec.inner,
            };
            let index = decode(Side::Up, frame, &mut scratch).expect("a good frame");
            stamp(
                &index,
                frame,
                1 + at as u64,
                1_790_000_000_000,
                7,
                &mut codec.out,
            )
            .expect("a logged frame")
        });
    }
    for len in [40, 200, 4_000] {
        let texts = texts(len);
        report(&format!("encode-{len}"), |at| {
            codec.write(0, 0, 0, &texts[at % VARIETY])
        });
    }
    for len in [40, 200, 1_000] {
        let write = |text: &String| {
            let bytes = codec.write(20_000, 1_790_000_000_000, 7, text);
            codec.out[..bytes].to_vec()
        };
        let frames: Vec<_> = texts(len).iter().map(write).collect();
        report(&format!("decode-{len}"), |at| {
            let mut scratch = Scratch {
                raw: &mut codec.raw,
                inner: &mut codec.inner,
            };
            let index =
                decode(Side::Down, &frames[at % VARIETY], &mut scratch).expect("a good frame");
            index.facts.strings[0].len
        });
    }

    let mut random = Seeded(16_384);
    let mut page = String::new();
    while page.len() < 16_384 {
        page += &format!(
            "{{\"sender\":{},\"text\":\"{}\"}},",
            random.below(40),
            random.text(60)
        );
    }
    let raw = &page.as_bytes()[..16_384];
    let bytes = lz4::compress(raw, &mut codec.out, &mut codec.table).expect("room for it");
    let block = codec.out[..bytes].to_vec();
    report("lz4-decompress-16k", |_| {
        lz4::decompress(&block, &mut codec.raw[..raw.len()]).expect("a good block");
        codec.raw.len()
    });

    let noise: Vec<_> = (0..1 << 20).map(|_| random.below(256) as u8).collect();
    report("crc32-16k", |_| crc32(&noise[..16_384]) as usize);
    report("crc32-1m", |_| crc32(&noise) as usize);
}
