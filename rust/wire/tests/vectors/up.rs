//! Accepted frames from client to server, as trees.

use serde_json::{Value, json};

use super::plant::{EPOCH, ID_A, LARGEST, NOW, frame, noise};

pub fn ups() -> Vec<(&'static str, Value)> {
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
