//! Vectors of indexes: entries, totals, bytes, and where chunks are found.

use chunk::{Entry, StreamIndex};
use serde_json::{Value, json};

use crate::plain::{self, Row, hex};

fn row(name: &str, closed: bool, rows: &[Row], raw_bytes: u64) -> Value {
    let bytes = plain::index(u16::from(closed), rows, raw_bytes);
    let index = StreamIndex::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(index.encode() == bytes, "{name}");
    assert_eq!((index.is_closed(), index.raw_bytes()), (closed, raw_bytes));
    let entry = |entry: &Entry| json!({ "first": entry.first, "count": entry.count, "bytes": entry.bytes, "crc": entry.crc });

    // Around each border, and far behind the last chunk.
    let borders = rows
        .iter()
        .flat_map(|row| [row.0, row.0 + u64::from(row.1) - 1]);
    let mut asked: Vec<u64> = borders.chain([index.chunks(), 1 << 52]).collect();
    asked.dedup();
    let find = asked.iter().map(|&chunk| {
        let place = index
            .find(chunk)
            .map(|found| rows.iter().position(|row| row.0 == found.first));
        json!({ "index": chunk, "entry": place })
    });
    json!({
        "name": name, "closed": closed, "chunks": index.chunks(), "rawBytes": raw_bytes,
        "entries": index.entries().iter().map(entry).collect::<Vec<_>>(), "find": find.collect::<Vec<_>>(), "hex": hex(&bytes),
    })
}

pub fn rows() -> Vec<Value> {
    let mut first = 0;
    let many: Vec<Row> = (0..40_u32)
        .map(|at| {
            let (count, from) = (1 + at * 7 % 300, first);
            first += u64::from(count);
            (
                from,
                count,
                36 + 20 * count + at * 100,
                at.wrapping_mul(0x9e37_79b9),
            )
        })
        .collect();
    let many_raw = (0..40).map(|at| at * 100).sum::<u64>() + 5_000;
    vec![
        row("nothing-open", false, &[], 0),
        row("nothing-closed", true, &[], 0),
        row("one-empty-chunk", true, &[(0, 1, 56, 0x0123_4567)], 0),
        row("two", false, &[(0, 3, 104, 1), (3, 1, 76, 0xffff_ffff)], 28),
        row(
            "compressed",
            true,
            &[(0, 256, 36 + 20 * 256 + 9_000, 7)],
            70_000,
        ),
        row(
            "largest-segment",
            true,
            &[(0, 4_096, 16 << 20, 7)],
            (16 << 20) - 36 - 20 * 4_096,
        ),
        row("many", true, &many, many_raw),
    ]
}
