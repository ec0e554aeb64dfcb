//! Vectors of the parts: varints, checksums, LZ4 blocks. The hex is written by hand or by rule, the values come from the crate and
//! are held to what the page says in `vectors.rs`.

use serde_json::{Map, Value, json};
use wire::limit::VARINT_MAX;
use wire::{Error, lz4, varint};

use super::tree::{bytes_of, hex};

/// A row: what it is called, which part it is for, its bytes, and what they give.
pub struct Part {
    pub name: String,
    pub part: &'static str,
    pub bytes: Vec<u8>,
    /// Only for a block: the claimed length.
    pub raw_len: Option<usize>,
    pub result: Result<Value, Error>,
    /// Whether the page allows the bytes, said by hand.
    pub sound: bool,
}

impl Part {
    /// The row as it stands in the file.
    pub fn row(&self) -> Value {
        let mut row = Map::new();
        row.insert("name".into(), json!(self.name));
        row.insert("part".into(), json!(self.part));
        row.insert("hex".into(), json!(hex(&self.bytes)));
        if let Some(raw_len) = self.raw_len {
            row.insert("rawLen".into(), json!(raw_len));
        }
        match &self.result {
            Ok(value) => row.insert("value".into(), value.clone()),
            Err(error) => row.insert("error".into(), json!(error.name())),
        };
        Value::Object(row)
    }
}

pub fn parts() -> Vec<Part> {
    let mut parts = varints();
    parts.extend(sums());
    parts.extend(blocks());
    parts
}

fn varints() -> Vec<Part> {
    let values = [
        0,
        1,
        127,
        128,
        300,
        16_383,
        16_384,
        2_097_151,
        2_097_152,
        1_795_176_000_000,
        (1 << 49) - 1,
        1 << 49,
        VARINT_MAX,
    ];
    let sound = values.map(|value| {
        let mut bytes = vec![0; varint::len(value)];
        varint::write(value, &mut bytes, 0).expect("room for it");
        (true, value.to_string(), bytes)
    });
    let broken = [
        ("nothing", ""),
        ("runs-off", "80"),
        ("runs-off-long", "ffffffffffffff"),
        ("overlong-zero", "80 00"),
        ("overlong-127", "ff 00"),
        ("overlong-at-eight-bytes", "80 80 80 80 80 80 80 00"),
        ("2^53", "80 80 80 80 80 80 80 10"),
        ("2^56-1", "ff ff ff ff ff ff ff 7f"),
        ("nine-bytes", "80 80 80 80 80 80 80 80 01"),
        ("ten-bytes", "ff ff ff ff ff ff ff ff ff 01"),
    ]
    .map(|(name, hex)| (false, name.to_owned(), bytes_of(hex)));
    let all = sound.into_iter().chain(broken);
    all.map(|(sound, name, bytes)| Part {
        name: format!("varint-{name}"),
        part: "varint",
        raw_len: None,
        result: varint::read(&bytes, 0).map(|(value, _)| json!(value)),
        bytes,
        sound,
    })
    .collect()
}

fn sums() -> Vec<Part> {
    let counted = |len: usize| {
        (0..len)
            .map(|at| (at * 7 + (at >> 8)) as u8)
            .collect::<Vec<u8>>()
    };
    [
        ("crc-empty", Vec::new()),
        ("crc-check", b"123456789".to_vec()),
        ("crc-zero-byte", vec![0]),
        ("crc-four-ff", vec![255; 4]),
        ("crc-32-zeros", vec![0; 32]),
        // Around the two lengths from which the sum is folded first.
        ("crc-2047", counted(2_047)),
        ("crc-2048", counted(2_048)),
        ("crc-2064", counted(2_064)),
        ("crc-14335", counted(14_335)),
        ("crc-14336", counted(14_336)),
        ("crc-16391", counted(16_391)),
    ]
    .map(|(name, bytes)| Part {
        name: name.into(),
        part: "crc",
        raw_len: None,
        result: Ok(json!(crc::crc32(&bytes))),
        bytes,
        sound: true,
    })
    .into()
}

fn blocks() -> Vec<Part> {
    let sound = [
        ("nothing", "00", 0),
        ("one-literal", "10 61", 1),
        ("literals-only", "50 6865 6c6c6f", 5),
        (
            "fifteen-literals",
            "f000 616263646566676869 6a6b6c6d6e6f",
            15,
        ),
        ("overlap-1", "10 61 0100 50 6263646566", 10),
        ("overlap-3", "3f 616263 0300 0a 50 7a7a7a7a7a", 37),
        (
            "overlap-17",
            "f9 02 6162636465666768696a6b6c6d6e6f7071 1100 50 7a7a7a7a7a",
            35,
        ),
        ("match-of-300", "1f 61 0100 ff1a 50 7a7a7a7a7a", 306),
        (
            "page-example",
            "bf 00c002 66657272756c6520 0800 ff20 60 7272756c6520",
            323,
        ),
    ];
    let broken = [
        ("empty", "", 0),
        ("offset-0", "10 61 0000 50 6263646566", 10),
        ("offset-before-start", "10 61 0200 50 6263646566", 10),
        ("cut-literals", "50 61626364", 5),
        ("cut-literal-length", "f0 ff", 300),
        ("cut-offset", "10 61 01", 5),
        ("cut-match-length", "1f 61 0100 ff", 300),
        ("end-in-match", "10 61 0100", 5),
        ("last-token-low-nibble", "10 61 0100 51 6263646566", 10),
        ("only-token-low-nibble", "51 6162636465", 5),
        ("four-last-literals", "10 61 0100 40 62636465", 9),
        ("no-last-literals", "10 61 0100 00", 5),
        ("output-short", "10 61 0100 50 6263646566", 11),
        ("output-long", "10 61 0100 50 6263646566", 9),
        ("match-over-the-end", "1f 61 0100 ff1a 50 7a7a7a7a7a", 100),
        (
            "bomb",
            "1f 61 0100 ffffffffffffffffffff00 50 7a7a7a7a7a",
            64,
        ),
    ];
    let all = sound
        .map(|row| (true, row))
        .into_iter()
        .chain(broken.map(|row| (false, row)));
    all.map(|(sound, (name, block, raw_len))| {
        let bytes = bytes_of(block);
        let mut raw = vec![0; raw_len];
        Part {
            name: format!("lz4-{name}"),
            part: "lz4",
            result: lz4::decompress(&bytes, &mut raw).map(|()| json!(hex(&raw))),
            bytes,
            raw_len: Some(raw_len),
            sound,
        }
    })
    .collect()
}
