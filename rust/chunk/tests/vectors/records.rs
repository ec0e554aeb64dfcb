//! Vectors of streams: what a reader gives for the bytes, cut into pieces, and how a writer batches the same records.

use chunk::{Error, Record, RecordReader, RecordWriter};
use serde_json::{Value, json};

use crate::plain::{self, hex};

/// Reads the bytes in pieces of `split` (0: all at once).
fn read(bytes: &[u8], split: usize) -> (Vec<Value>, Result<u64, Error>) {
    let mut reader = RecordReader::new();
    let mut records = Vec::new();
    for piece in bytes.chunks(if split == 0 {
        bytes.len().max(1)
    } else {
        split
    }) {
        reader.handle_bytes(piece);
        loop {
            match reader.poll_record() {
                Ok(None) => break,
                Ok(Some(Record::Start { first })) => {
                    records.push(json!({ "kind": "start", "first": first }));
                }
                Ok(Some(Record::Data { index, chunk })) => {
                    records.push(json!({ "kind": "data", "index": index, "hex": hex(chunk) }));
                }
                Ok(Some(Record::End { next })) => {
                    records.push(json!({ "kind": "end", "next": next }));
                }
                Err(error) => return (records, Err(error)),
            }
        }
    }
    (records, reader.finish())
}

fn row(name: &str, bytes: &[u8], split: usize) -> Value {
    let (records, end) = read(bytes, split);
    let mut row = json!({ "name": name, "hex": hex(bytes), "split": split, "records": records });
    match end {
        Ok(next) => row["next"] = json!(next),
        Err(error) => row["error"] = json!(error.name()),
    }
    row
}

/// A whole stream, and the lengths of the batches a writer makes of it.
fn written(name: &str, first: u64, chunks: &[Vec<u8>], split: usize, budget: usize) -> Value {
    let bytes = plain::stream(first, chunks);
    let mut writer = RecordWriter::new(first).expect("a first index");
    for chunk in chunks {
        writer.handle_chunk(chunk).expect("a chunk");
    }
    writer.handle_end().expect("an end");
    let (mut lengths, mut joined) = (Vec::new(), Vec::new());
    while let Some(batch) = writer.poll_batch(budget).expect("a budget") {
        lengths.push(batch.len());
        joined.extend_from_slice(batch);
    }
    assert!(joined == bytes, "{name}: not the bytes of the page");
    let mut row = row(name, &bytes, split);
    row["budget"] = json!(budget);
    row["batches"] = json!(lengths);
    row
}

pub fn rows() -> Vec<Value> {
    let words: Vec<Vec<u8>> = ["one", "", "three"].map(|word| word.into()).to_vec();
    let noise = |len: usize| -> Vec<u8> { (0..len).map(|at| ((at * at) >> 3) as u8).collect() };
    let sizes = [0, 1, 15, 16, 17, 255, 256, 991, 992, 1_008, 2_000].map(noise);
    let whole = plain::stream(7, &words);
    // Start 24 bytes, then 19, 16 and 21, the end 16.
    vec![
        written("nothing", 0, &[], 0, 1_024),
        written("nothing-by-bytes", 9, &[], 1, 1_024),
        written("one-empty-chunk", 0, &[vec![]], 0, 1_024),
        written(
            "empty-chunks-by-bytes",
            0,
            &[vec![], vec![], vec![]],
            1,
            1_024,
        ),
        written("words", 0, &words, 0, 1_024),
        written("words-by-bytes", 0, &words, 1, 1_024),
        written("words-by-sevens", 4_096, &words, 7, 1_024),
        written("every-byte", 0, &[(0..=255).collect()], 0, 1_024),
        written("not-compressed", 0, &[vec![0x61; 600]], 100, 1_024),
        written(
            "larger-than-the-budget",
            1,
            &[noise(10), noise(3_000), noise(10)],
            1_000,
            1_024,
        ),
        written("sizes-in-1024", 0, &sizes, 0, 1_024),
        written("sizes-in-2048", 0, &sizes, 13, 2_048),
        written("largest-first", (1 << 53) - 1, &[], 0, 1_024),
        written(
            "largest-index",
            (1 << 53) - 2,
            &[b"last".to_vec()],
            3,
            1_024,
        ),
        row("cut-before-the-start", &[], 0),
        row("cut-in-the-start", &whole[..23], 1),
        row("cut-behind-the-start", &whole[..24], 0),
        row("cut-in-a-head", &whole[..24 + 19 + 3], 0),
        row("cut-in-a-body", &whole[..24 + 19 + 16 + 20], 5),
        row("cut-before-the-end", &whole[..24 + 19 + 16 + 21], 1),
        row("cut-in-the-end", &whole[..whole.len() - 1], 0),
        row(
            "good-records-before-a-bad-one",
            &plain::with(&whole, 24 + 19 + 16 + 16, b"x"),
            1,
        ),
        row("byte-behind-the-end", &[&whole[..], &[0]].concat(), 0),
        row("byte-behind-the-end-later", &[&whole[..], &[0]].concat(), 1),
    ]
}
