//! The frames that must be accepted: the worked examples as bytes, every kind in each direction it may travel as trees.

use serde_json::{Value, json};
use wire::Side::{self, Down, Up};

use super::tree::{Codec, bytes_of, hex};

pub struct Accept {
    pub name: String,
    pub side: Side,
    pub bytes: Vec<u8>,
    /// What it says, or `None` for a frame to be skipped.
    pub decoded: Option<Value>,
}

const ID_A: &str = "0199a0b0c0d07e0f8011223344556677";
const EPOCH: &str = "f3a1b2c4d5e60718";
const NOW: u64 = 1_795_176_000_000;
const LARGEST: u64 = (1 << 53) - 1;

/// Section 18, byte for byte: name, side, hex, and whether our encoder must write the same bytes.
pub const EXAMPLES: [(&str, Side, &str, bool); 12] = [
    ("E1", Up, "57 01 01 00 | 00 | 00 | 00 | 00 | 14 | 0000000000000000 00 0e 808040 06 64656d6f2f31 | 3874b6ac", true),
    ("E2", Down, "57010200 00 80d4cfc69f34 00 00 29 | 00 f3a1b2c4d5e60718 29 01 29 07 03 01 a0cb86c79f34 0e 808010 808040 00 05 6c6f626279 05 4c6f626279 | fe58c24c", true),
    ("E3", Up, "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 | 00 05 68656c6c6f | 01965487", true),
    ("E4", Down, "57010400 2a fad5cfc69f34 10 0199a0b0c0d07e0f8011223344556677 07 07 | 00 05 68656c6c6f | d43065cc", true),
    ("E5", Down, "57010c00 00 fad5cfc69f34 10 0199a0b0c0d07e0f8011223344556677 00 08 | 00 2a fad5cfc69f34 | 516a1b24", true),
    ("E6", Up, "57010700 00 00 10 0199a0b0c0d07e0f8011223344556678 00 0a | 2a 08 f09f918df09f8fbd | 4b3d2931", true),
    ("E7", Down, "57010d00 00 acd6cfc69f34 10 0199a0b0c0d07e0f8011223344556678 00 0e | 0700 dc0b 09 736c6f7720646f776e | d456bc1f", true),
    ("E8", Down, "57010a00 00 80d4cfc69f34 00 00 0a | 00 02 01 02 03 07 01 04 07 02 | 98c79d3d", true),
    // Another encoder may find another block.
    ("E9", Up, "57010401 00 00 10 0199a0b0c0d07e0f8011223344556678 00 c302 17 | bf00c00266657272756c65200800ff20607272756c6520 | a81333a2", false),
    ("E10", Down, "57011500 00 84d6cfc69f34 00 00 50 | 02 25 570104002afad5cfc69f34100199a0b0c0d07e0f80112233445566770707000568656c6c6f
        28 570107002b84d6cfc69f34100199a0b0c0d07e0f8011223344556678070a2a08f09f918df09f8fbd | c2fb01c2", true),
    ("E11", Down, "57010f00 00 f082d0c69f34 10 0199a0b0c0d07e0f80112233445566aa 00 71 | 00 2c 2a 2a 03
        1c 5701130000f082d0c69f3400000e01070106755f3766336103416461
        30 570104102afad5cfc69f34100199a0b0c0d07e0f8011223344556677070902072c88fbcfc69f3408000668656c6c6f21
        1d 5701160000f082d0c69f3400000f2a2c0108f09f918df09f8fbd010107 | 903f0171", true),
    ("E12", Up, "57011000 00 00 00 00 03 | c08004 | 384ee26a", true),
];

/// A tree with the header fields that most frames share; `change` replaces them.
fn frame(kind: &str, change: Value, body: Value) -> Value {
    let mut tree = json!({
        "kind": kind, "flags": 0, "seq": 0, "ts": 0, "id": null, "sender": 0, "ext": [], "body": body,
    });
    for (key, value) in change.as_object().expect("an object") {
        tree[key] = value.clone();
    }
    tree
}

/// Text that does not compress.
fn noise(bytes: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + (state >> 24) as u8 % 75)
    };
    (0..bytes).map(|_| next()).collect()
}

fn ups() -> Vec<(&'static str, Value)> {
    let id = || json!({ "id": ID_A });
    let ids = |change: Value| {
        let mut both = change;
        both["id"] = json!(ID_A);
        both
    };
    let hello = |epoch: &str, last_seq: u64, max_frame: u64, client: &str| json!({ "epoch": epoch, "lastSeq": last_seq, "features": 14, "maxFrame": max_frame, "client": client });
    vec![
        (
            "hello-up-resume",
            frame(
                "HELLO",
                json!({ "ts": NOW }),
                hello(EPOCH, 9001, 1_048_576, "demo/1"),
            ),
        ),
        (
            "hello-up-limits",
            frame(
                "HELLO",
                json!({}),
                hello(EPOCH, LARGEST, 65_536, &"c".repeat(64)),
            ),
        ),
        (
            "msg-up-hello",
            frame("MSG", id(), json!({ "replyTo": 0, "text": "hello" })),
        ),
        (
            "msg-up-reply",
            frame(
                "MSG",
                id(),
                json!({ "replyTo": 300, "text": "grüße 👋🏽\u{0}" }),
            ),
        ),
        (
            "msg-up-lz4",
            frame(
                "MSG",
                ids(json!({ "flags": 1 })),
                json!({ "replyTo": 0, "text": "ferrule ".repeat(40) }),
            ),
        ),
        (
            "msg-up-plain-256",
            frame("MSG", id(), json!({ "replyTo": 0, "text": noise(253) })),
        ),
        (
            "msg-up-text-16384",
            frame("MSG", id(), json!({ "replyTo": 0, "text": noise(16_384) })),
        ),
        (
            "msg-up-text-16384-lz4",
            frame(
                "MSG",
                ids(json!({ "flags": 1 })),
                json!({ "replyTo": 0, "text": "a".repeat(16_384) }),
            ),
        ),
        // A known type is not defined up: its value is not looked at.
        (
            "msg-up-ext-unparsed",
            frame(
                "MSG",
                ids(json!({ "flags": 16, "ext": [{ "type": 2, "bytes": "80" }] })),
                json!({ "replyTo": 0, "text": "x" }),
            ),
        ),
        (
            "edit-up",
            frame("EDIT", id(), json!({ "target": 42, "text": "hello!" })),
        ),
        ("delete-up", frame("DELETE", id(), json!({ "target": 42 }))),
        (
            "react-up-64-bytes",
            frame(
                "REACT",
                id(),
                json!({ "target": 42, "emoji": "e".repeat(64) }),
            ),
        ),
        (
            "unreact-up",
            frame(
                "UNREACT",
                id(),
                json!({ "target": 42, "emoji": ":ferrule:" }),
            ),
        ),
        (
            "typing-up",
            frame("TYPING", json!({}), json!({ "state": 1 })),
        ),
        (
            "presence-up-here",
            frame("PRESENCE", json!({}), json!({ "op": 2, "state": 1 })),
        ),
        (
            "presence-up-away",
            frame("PRESENCE", json!({}), json!({ "op": 2, "state": 2 })),
        ),
        (
            "receipt-up",
            frame(
                "RECEIPT",
                json!({}),
                json!({ "list": [{ "ref": 0, "upTo": 42 }] }),
            ),
        ),
        (
            "history-req-up",
            frame(
                "HISTORY_REQ",
                id(),
                json!({ "direction": 0, "from": 0, "limit": 50 }),
            ),
        ),
        (
            "history-req-up-limits",
            frame(
                "HISTORY_REQ",
                id(),
                json!({ "direction": 1, "from": LARGEST, "limit": 256 }),
            ),
        ),
        (
            "credit-up-largest",
            frame("CREDIT", json!({}), json!({ "consumed": LARGEST })),
        ),
        (
            "auth-refresh-up",
            frame("AUTH_REFRESH", id(), json!({ "ticket": "dGlja2V0.c2ln" })),
        ),
        (
            "auth-refresh-up-1024",
            frame("AUTH_REFRESH", id(), json!({ "ticket": noise(1_024) })),
        ),
        (
            "people-req-up",
            frame("PEOPLE_REQ", id(), json!({ "refs": [7, 9] })),
        ),
        (
            "people-req-up-64",
            frame(
                "PEOPLE_REQ",
                id(),
                json!({ "refs": (1..=64).collect::<Vec<_>>() }),
            ),
        ),
    ]
}

/// A tree of a frame in the log.
fn entry(kind: &str, seq: u64, body: Value) -> Value {
    frame(
        kind,
        json!({ "seq": seq, "ts": NOW, "id": ID_A, "sender": 7 }),
        body,
    )
}

/// A down MSG with these extensions.
fn extended(text: &str, ext: Value) -> Value {
    let change = json!({ "flags": 16, "seq": 42, "ts": NOW, "id": ID_A, "sender": 7, "ext": ext });
    frame("MSG", change, json!({ "replyTo": 0, "text": text }))
}

fn files(count: u8) -> String {
    let file = |n| {
        format!(
            "{}{n:02x} 05 612e706e67 09 696d6167652f706e67 8020 40 30",
            "00".repeat(15)
        )
    };
    hex(&bytes_of(&format!(
        "{count:02x} {}",
        (0..count).map(file).collect::<String>()
    )))
}

fn logged() -> Vec<(&'static str, Value)> {
    let zeros = |bytes: usize| "00".repeat(bytes);
    let sixteen: Vec<_> = (0..16)
        .map(|n| json!({ "type": n * 2 + 64, "bytes": "" }))
        .collect();
    vec![
        (
            "msg-down",
            entry("MSG", 42, json!({ "replyTo": 3, "text": "hello" })),
        ),
        (
            "msg-down-largest-stamp",
            frame(
                "MSG",
                json!({ "seq": LARGEST, "ts": LARGEST, "id": ID_A, "sender": LARGEST }),
                json!({ "replyTo": LARGEST, "text": "" }),
            ),
        ),
        (
            "msg-down-edited",
            extended("hello!", json!([{ "type": 2, "bytes": "2c88fbcfc69f34" }])),
        ),
        (
            "msg-down-erased",
            extended("", json!([{ "type": 4, "bytes": "2c88fbcfc69f3407" }])),
        ),
        (
            "msg-down-files",
            extended("a.png", json!([{ "type": 6, "bytes": files(1) }])),
        ),
        (
            "msg-down-files-and-more",
            extended(
                "a.png",
                json!([{ "type": 2, "bytes": "2c00" }, { "type": 6, "bytes": files(4) }, { "type": 64, "bytes": "ff" }]),
            ),
        ),
        (
            "msg-down-files-none",
            extended("x", json!([{ "type": 6, "bytes": "00" }])),
        ),
        ("msg-down-ext-16", extended("x", json!(sixteen))),
        (
            "msg-down-ext-1024",
            extended("x", json!([{ "type": 64, "bytes": zeros(1_021) }])),
        ),
        (
            "edit-down",
            entry("EDIT", 43, json!({ "target": 42, "text": "hello!" })),
        ),
        (
            "edit-down-erased",
            entry("EDIT", 43, json!({ "target": 42, "text": "" })),
        ),
        ("delete-down", entry("DELETE", 44, json!({ "target": 42 }))),
        (
            "react-down",
            entry("REACT", 45, json!({ "target": 42, "emoji": "👨‍👩‍👧‍👦" })),
        ),
        (
            "unreact-down",
            entry("UNREACT", 46, json!({ "target": 42, "emoji": "👍🏽" })),
        ),
        (
            "system-down-title",
            frame(
                "SYSTEM",
                json!({ "seq": 1, "ts": NOW }),
                json!({ "event": 1, "subject": 0, "text": "Lobby" }),
            ),
        ),
        (
            "system-down-unknown-event",
            frame(
                "SYSTEM",
                json!({ "seq": 2, "ts": NOW, "sender": 7 }),
                json!({ "event": 9_999, "subject": 8, "text": noise(256) }),
            ),
        ),
        (
            "system-down-lz4",
            frame(
                "SYSTEM",
                json!({ "flags": 1, "seq": 2, "ts": NOW }),
                json!({ "event": 9, "subject": 0, "text": "t".repeat(256) }),
            ),
        ),
    ]
}

fn told() -> Vec<(&'static str, Value)> {
    let at = || json!({ "ts": NOW });
    let reply = || json!({ "ts": NOW, "id": ID_A });
    let welcome = |outcome: u8, role: u8, room: &str, title: &str| {
        json!({
            "outcome": outcome, "epoch": EPOCH, "headSeq": 20_000, "oldestSeq": 9_001, "startSeq": 20_000, "selfRef": 7,
            "conn": 3, "role": role, "expiresAt": NOW + 900_000, "features": 0, "windowSoft": 262_144,
            "windowHard": 1_048_576, "slowModeMs": 1_500, "roomId": room, "title": title,
        })
    };
    let reset = |reason: u8| json!({ "reason": reason, "epoch": EPOCH, "oldestSeq": 9_001, "headSeq": 20_000, "startSeq": 20_000 });
    let presence =
        |op: u8, list: Value| json!({ "op": op, "connections": 2, "people": 1, "list": list });
    let ack = |status: u8, seq: u64, ts: u64| json!({ "status": status, "seq": seq, "ts": ts });
    let readers: Vec<_> = (1..=1_024)
        .map(|n| json!({ "ref": n, "upTo": n * n }))
        .collect();
    let person = |user: u64| json!({ "ref": user, "flags": 1, "userId": "u_7f3a", "name": "Ada" });
    let many: Vec<_> = (1..=1_024)
        .map(|n| json!({ "ref": n, "flags": n % 8, "userId": "", "name": "" }))
        .collect();
    vec![
        (
            "welcome-down-recovered",
            frame("WELCOME", at(), welcome(1, 2, "lobby", "")),
        ),
        (
            "welcome-down-limits",
            frame(
                "WELCOME",
                json!({ "ts": NOW, "flags": 1 }),
                welcome(2, 3, &"r".repeat(64), &"t".repeat(256)),
            ),
        ),
        ("reset-down-epoch-changed", frame("RESET", at(), reset(1))),
        ("reset-down-trimmed", frame("RESET", at(), reset(2))),
        ("reset-down-too-far", frame("RESET", at(), reset(3))),
        ("reset-down-ahead", frame("RESET", at(), reset(4))),
        (
            "typing-down",
            frame(
                "TYPING",
                json!({ "ts": NOW, "sender": 7 }),
                json!({ "state": 0 }),
            ),
        ),
        (
            "presence-down-snapshot-empty",
            frame("PRESENCE", at(), presence(0, json!([]))),
        ),
        (
            "presence-down-delta",
            frame(
                "PRESENCE",
                at(),
                presence(
                    1,
                    json!([{ "conn": 4, "ref": 7, "state": 0 }, { "conn": 5, "ref": 8, "state": 2 }]),
                ),
            ),
        ),
        (
            "presence-down-totals",
            frame(
                "PRESENCE",
                at(),
                json!({ "op": 3, "connections": 5_210, "people": 4_890 }),
            ),
        ),
        (
            "receipt-down",
            frame(
                "RECEIPT",
                at(),
                json!({ "list": [{ "ref": 7, "upTo": 42 }] }),
            ),
        ),
        (
            "receipt-down-empty",
            frame("RECEIPT", at(), json!({ "list": [] })),
        ),
        (
            "receipt-down-1024",
            frame("RECEIPT", json!({ "ts": NOW }), json!({ "list": readers })),
        ),
        ("ack-down-duplicate", frame("ACK", reply(), ack(1, 42, NOW))),
        ("ack-down-no-change", frame("ACK", reply(), ack(2, 0, 0))),
        (
            "error-down-without-id",
            frame(
                "ERROR",
                at(),
                json!({ "code": 14, "retryAfterMs": 0, "text": "HELLO first" }),
            ),
        ),
        (
            "error-down-unknown-code",
            frame(
                "ERROR",
                at(),
                json!({ "code": 65_535, "retryAfterMs": LARGEST, "text": noise(256) }),
            ),
        ),
        (
            "auth-refresh-down-answer",
            frame(
                "AUTH_REFRESH",
                reply(),
                json!({ "expiresAt": NOW + 900_000, "role": 1 }),
            ),
        ),
        (
            "auth-refresh-down-role",
            frame(
                "AUTH_REFRESH",
                at(),
                json!({ "expiresAt": NOW + 900_000, "role": 3 }),
            ),
        ),
        (
            "people-down",
            frame("PEOPLE", at(), json!({ "list": [person(7), person(8)] })),
        ),
        (
            "people-down-answer-empty",
            frame("PEOPLE", reply(), json!({ "list": [] })),
        ),
        (
            "people-down-limits",
            frame(
                "PEOPLE",
                at(),
                json!({ "list": [{ "ref": LARGEST, "flags": 255, "userId": noise(64), "name": noise(96) }] }),
            ),
        ),
        (
            "people-down-1024",
            frame(
                "PEOPLE",
                json!({ "ts": NOW, "flags": 1 }),
                json!({ "list": many }),
            ),
        ),
        (
            "ack-down-ext-unknown",
            frame(
                "ACK",
                json!({ "ts": NOW, "id": ID_A, "flags": 16, "ext": [{ "type": 6, "bytes": "ff" }] }),
                ack(0, 42, NOW),
            ),
        ),
    ]
}

fn lists() -> Vec<(&'static str, Value)> {
    let reply = |flags: u8| json!({ "ts": NOW, "id": ID_A, "flags": flags });
    let page = |flags: u8, first: u64, last: u64, list: Value| json!({ "flags": flags, "asOf": 60, "firstSeq": first, "lastSeq": last, "list": list });
    let people = || {
        frame(
            "PEOPLE",
            json!({ "ts": NOW }),
            json!({ "list": [{ "ref": 7, "flags": 0, "userId": "u", "name": "Ada" }] }),
        )
    };
    let msg = |seq, text: &str| entry("MSG", seq, json!({ "replyTo": 0, "text": text }));
    let packed = |seq| {
        frame(
            "MSG",
            json!({ "flags": 1, "seq": seq, "ts": NOW, "id": ID_A, "sender": 7 }),
            json!({ "replyTo": 0, "text": "ferrule ".repeat(40) }),
        )
    };
    let system = |seq| {
        frame(
            "SYSTEM",
            json!({ "seq": seq, "ts": NOW }),
            json!({ "event": 2, "subject": 7, "text": "" }),
        )
    };
    let tally = |target, list: Value| {
        frame(
            "TALLY",
            json!({ "ts": NOW }),
            json!({ "target": target, "asOf": 60, "list": list }),
        )
    };
    let refs = |from: u64, to: u64| json!((from..to).collect::<Vec<_>>());
    let full = json!([
        { "emoji": "👍🏽", "total": 900, "refs": refs(1, 61) }, { "emoji": "🎉", "total": 40, "refs": refs(200, 240) },
        { "emoji": ":none:", "total": 1, "refs": [] },
    ]);
    let typing = |user: u64| frame("TYPING", json!({ "sender": user }), json!({ "state": 1 }));
    let typings: Vec<_> = (1..=1_024).map(typing).collect();
    let batch = |flags: u8, list: Value| {
        frame(
            "BATCH",
            json!({ "ts": NOW, "flags": flags }),
            json!({ "list": list }),
        )
    };
    vec![
        (
            "page-down-empty",
            frame("HISTORY_PAGE", reply(0), page(2, 0, 0, json!([]))),
        ),
        (
            "page-down-mixed",
            frame(
                "HISTORY_PAGE",
                reply(1),
                page(
                    1,
                    42,
                    50,
                    json!([
                        people(),
                        msg(42, "a"),
                        tally(42, full),
                        system(43),
                        packed(44),
                        tally(44, json!([])),
                        msg(50, "")
                    ]),
                ),
            ),
        ),
        (
            "page-down-unknown-flags",
            frame(
                "HISTORY_PAGE",
                reply(0),
                page(252, 42, 42, json!([people(), system(42)])),
            ),
        ),
        ("batch-down-one", batch(0, json!([typing(7)]))),
        (
            "batch-down-mixed",
            batch(
                0,
                json!([msg(42, "a"), packed(43), typing(8), people(), system(44)]),
            ),
        ),
        ("batch-down-1024", batch(1, json!(typings))),
    ]
}

/// `hex` with the right checksum behind it.
fn sealed(hex: &str) -> Vec<u8> {
    let mut bytes = bytes_of(hex);
    let sum = wire::crc32(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// Frames our writer does not write: skipped kinds, and a block made by hand.
fn raw() -> Vec<(&'static str, Side, Vec<u8>)> {
    let by_hand = format!("57010401 00 00 10 {ID_A} 00 1b 0d 3f 001961 0100 00 50 6161616161");
    let skip_between = "57011500 00 00 00 00 22 03 0a 57010900 00 00 00 07 01 01 0a 57014000 2a 00 00 00 00 00 0a 57010900 00 00 00 07 01 00";
    let skip_in_page = format!(
        "57010f00 00 00 10 {ID_A} 00 30 00 2a 2a 2a 03 | 0a 57014000 00 00 00 00 00 00
         10 57011300 00 00 00 00 07 01 07 00 01 75 01 41 | 0e 57011200 2a 00 00 00 05 01 00 02 6162"
    );
    vec![
        ("msg-up-lz4-by-hand", Up, sealed(&by_hand)),
        ("skip-up-64", Up, sealed("57014000 00 00 00 00 00")),
        (
            "skip-up-rest-unread",
            Up,
            sealed("57014011 2a ffffffffffffffffffff"),
        ),
        ("skip-down-127", Down, sealed("57017f00 2a 00 00 00 00")),
        ("batch-down-skip-between", Down, sealed(skip_between)),
        ("page-down-skip-first", Down, sealed(&skip_in_page)),
    ]
}

/// Every vector, checked on the way: what is decoded is what was meant, and our writer writes the same bytes.
pub fn accepts() -> Vec<Accept> {
    let mut codec = Codec::new();
    let mut rows = Vec::new();
    for (name, side, hex, same) in EXAMPLES {
        let bytes = bytes_of(hex);
        let decoded = codec
            .describe(side, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let encoded = codec
            .encode(side, &decoded)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !same || encoded == bytes,
            "{name} is written as {}",
            super::tree::hex(&encoded)
        );
        rows.push(Accept {
            name: name.to_owned(),
            side,
            bytes,
            decoded: Some(decoded),
        });
    }
    let downs = [logged(), told(), lists()].concat();
    let trees = ups()
        .into_iter()
        .map(|row| (Up, row))
        .chain(downs.into_iter().map(|row| (Down, row)));
    for (side, (name, tree)) in trees {
        let bytes = codec
            .encode(side, &tree)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let decoded = codec
            .describe(side, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let start = |tree: &Value| tree.to_string().chars().take(300).collect::<String>();
        assert!(
            decoded == tree,
            "{name}\n meant {}\n reads {}",
            start(&tree),
            start(&decoded)
        );
        rows.push(Accept {
            name: name.to_owned(),
            side,
            bytes,
            decoded: Some(tree),
        });
    }
    for (name, side, bytes) in raw() {
        let decoded = codec
            .describe(side, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let decoded = (decoded["skip"] != true).then_some(decoded);
        rows.push(Accept {
            name: name.to_owned(),
            side,
            bytes,
            decoded,
        });
    }
    rows
}
