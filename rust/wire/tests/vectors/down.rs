//! Accepted frames from server to client, as trees; those that hold other frames are in `list`.

use serde_json::{Value, json};

use super::plant::{EPOCH, ID_A, LARGEST, NOW, entry, frame, noise};
use super::tree::{bytes_of, hex};

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

pub fn logged() -> Vec<(&'static str, Value)> {
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

pub fn told() -> Vec<(&'static str, Value)> {
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
