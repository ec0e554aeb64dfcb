//! What may not stand in a page or BATCH, what may not be relayed, and what a writer refuses; one line each.

#[path = "vectors/tree.rs"]
mod tree;

use serde_json::{Value, json};
use tree::{Codec, bytes_of, hex};
use wire::batch::{Added, Batch};
use wire::{Error, Kind, Side, Writer};

const ID: &str = "0199a0b0c0d07e0f8011223344556677";

fn frame(kind: &str, seq: u64, sender: u64, id: Value, body: Value) -> Value {
    json!({ "kind": kind, "seq": seq, "ts": 0, "id": id, "sender": sender, "ext": [], "body": body })
}

fn people() -> Value {
    frame("PEOPLE", 0, 0, Value::Null, json!({ "list": [] }))
}

fn msg(seq: u64) -> Value {
    frame(
        "MSG",
        seq,
        7,
        json!(ID),
        json!({ "replyTo": 0, "text": "x" }),
    )
}

fn tally(target: u64) -> Value {
    frame(
        "TALLY",
        0,
        0,
        Value::Null,
        json!({ "target": target, "asOf": 9, "list": [] }),
    )
}

fn page(first: u64, last: u64, list: &[Value]) -> Result<Vec<u8>, Error> {
    let body = json!({ "flags": 0, "asOf": 9, "firstSeq": first, "lastSeq": last, "list": list });
    Codec::new().encode(Side::Down, &frame("HISTORY_PAGE", 0, 0, json!(ID), body))
}

#[test]
fn pages_hold_people_then_rising_messages_with_their_tallies() {
    assert!(page(4, 6, &[people(), msg(4), tally(4), msg(6)]).is_ok());
    let refused = [
        ("without people", page(4, 4, &[msg(4)])),
        ("people twice", page(4, 4, &[people(), people(), msg(4)])),
        ("people alone", page(0, 0, &[people()])),
        ("seq falls", page(4, 3, &[people(), msg(4), msg(3)])),
        ("seq stands", page(4, 4, &[people(), msg(4), msg(4)])),
        ("another first", page(3, 4, &[people(), msg(4)])),
        ("another last", page(4, 5, &[people(), msg(4)])),
        ("numbers without entries", page(1, 1, &[])),
        (
            "tally of another",
            page(4, 4, &[people(), msg(4), tally(5)]),
        ),
        (
            "tally twice",
            page(4, 4, &[people(), msg(4), tally(4), tally(4)]),
        ),
        (
            "tally too late",
            page(4, 6, &[people(), msg(4), msg(6), tally(4)]),
        ),
    ];
    for (name, result) in refused {
        assert_eq!(result, Err(Error::BadInner), "{name}");
    }
}

#[test]
fn a_tally_stands_in_pages_alone() {
    let mut codec = Codec::new();
    let alone = codec
        .encode(Side::Down, &tally(4))
        .expect("written, to be put into a page");
    assert_eq!(
        codec.decode(Side::Down, &alone).map(|index| index.kind),
        Err(Error::WrongDirection)
    );
    let batch = frame("BATCH", 0, 0, Value::Null, json!({ "list": [tally(4)] }));
    assert_eq!(codec.encode(Side::Down, &batch), Err(Error::BadInner));
}

#[test]
fn a_body_over_32_kib_travels_alone_compressed_or_not() {
    let mut codec = Codec::new();
    for name in ["a".repeat(30), "\u{1f980}".repeat(8)] {
        let list: Vec<_> = (0..1_024_u64)
            .map(|user| json!({ "ref": user << 40, "flags": 0, "userId": "u", "name": name }))
            .collect();
        let large = frame("PEOPLE", 0, 0, Value::Null, json!({ "list": list }));
        let bytes = codec
            .encode(Side::Down, &large)
            .expect("alone it is a frame");
        let batch = frame("BATCH", 0, 0, Value::Null, json!({ "list": [large] }));
        assert_eq!(codec.encode(Side::Down, &batch), Err(Error::BadInner));
        // The same body without LZ4: header, plain section, checksum.
        let index = codec.decode(Side::Down, &bytes).expect("written");
        let body = index.body(&bytes, &codec.raw).to_vec();
        let mut len = [0; 8];
        let end = wire::varint::write(body.len() as u64, &mut len, 0).expect("a varint");
        let mut plain = [&bytes[..index.section.at], &len[..end], &body].concat();
        plain[3] = 0;
        plain.extend(crc::crc32(&plain).to_le_bytes());
        assert!(codec.decode(Side::Down, &plain).is_ok());
        for large in [&bytes, &plain] {
            let added = Batch::new(0, 1 << 20).add(large, &mut codec.raw, &mut codec.inner);
            assert_eq!(added, Ok(Added::Alone));
        }
    }
}

#[test]
fn frames_with_a_wrong_checksum_are_put_nowhere() {
    let mut codec = Codec::new();
    let mut bytes = codec.encode(Side::Down, &msg(4)).expect("a frame");
    bytes[20] ^= 1;
    let added = Batch::new(0, 4_000).add(&bytes, &mut codec.raw, &mut codec.inner);
    assert_eq!(added, Err(Error::BadCrc), "{}", hex(&bytes));
    let mut writer = Writer::begin(Kind::Batch, 0, 0, 0, None);
    writer.put_varint(1, &mut codec.raw);
    writer.put_frame(&bytes, &mut codec.raw);
    let ended = writer.end(
        &codec.raw,
        &mut codec.inner,
        &mut codec.out,
        &mut codec.table,
    );
    assert_eq!(ended, Err(Error::BadCrc));
}

#[test]
fn only_logged_up_frames_are_relayed_and_only_with_a_whole_stamp() {
    let mut codec = Codec::new();
    let up = bytes_of(
        "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 00 05 68656c6c6f 01965487",
    );
    let e4 = "570104002afad5cfc69f34100199a0b0c0d07e0f80112233445566770707000568656c6c6fd43065cc";
    let index = codec.decode(Side::Up, &up).expect("E3");
    let mut out = [0; 64];
    let mut stamp = |seq, ts, sender| wire::stamp(&index, &up, seq, ts, sender, &mut out);
    assert_eq!(stamp(0, 1, 7), Err(Error::BadStamp));
    assert_eq!(stamp(1, 1, 0), Err(Error::BadStamp));
    assert_eq!(stamp(1 << 53, 1, 7), Err(Error::BadVarint));
    assert_eq!(stamp(42, 1_795_176_000_250, 7), Ok(41));
    assert_eq!(hex(&out[..41]), e4);
    assert_eq!(
        wire::stamp(&index, &up, 42, 1_795_176_000_250, 7, &mut [0; 40]),
        Err(Error::TooLarge)
    );
    assert_eq!(
        wire::stamp(&index, &up[1..], 42, 1, 7, &mut [0; 64]),
        Err(Error::TooShort)
    );
    for (side, frame) in [
        (Side::Down, e4),
        (Side::Up, "57011000 00 00 00 00 03 c08004 384ee26a"),
    ] {
        let frame = bytes_of(frame);
        let index = codec.decode(side, &frame).expect("E4, E12");
        assert_eq!(
            wire::stamp(&index, &frame, 1, 1, 7, &mut [0; 64]),
            Err(Error::WrongDirection)
        );
    }
}

#[test]
fn no_bytes_are_a_frame_and_a_failed_writer_tells_its_first_fault() {
    let mut codec = Codec::new();
    assert_eq!(codec.describe(Side::Up, &[]), Err(Error::TooShort));
    let mut writer = Writer::begin(Kind::Credit, 0, 0, 0, None);
    writer.put_varint(u64::MAX, &mut codec.raw);
    writer.put_bytes(&[0; 9], &mut []);
    let ended = writer.end(
        &codec.raw,
        &mut codec.inner,
        &mut codec.out,
        &mut codec.table,
    );
    assert_eq!(ended, Err(Error::BadVarint));
}
