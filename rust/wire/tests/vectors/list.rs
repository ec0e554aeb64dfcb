//! Accepted frames that hold other frames, as trees.

use serde_json::{Value, json};

use super::plant::{ID_A, NOW, entry, frame};

pub fn lists() -> Vec<(&'static str, Value)> {
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
