//! What the trees of the accepted frames share: header fields, well-known values, text that does not compress.

use serde_json::{Value, json};

pub const ID_A: &str = "0199a0b0c0d07e0f8011223344556677";
pub const EPOCH: &str = "f3a1b2c4d5e60718";
pub const NOW: u64 = 1_795_176_000_000;
pub const LARGEST: u64 = (1 << 53) - 1;

/// A tree with the header fields that most frames share; `change` replaces them.
pub fn frame(kind: &str, change: Value, body: Value) -> Value {
    let mut tree = json!({
        "kind": kind, "flags": 0, "seq": 0, "ts": 0, "id": null, "sender": 0, "ext": [], "body": body,
    });
    for (key, value) in change.as_object().expect("an object") {
        tree[key] = value.clone();
    }
    tree
}

/// Text that does not compress.
pub fn noise(bytes: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + (state >> 24) as u8 % 75)
    };
    (0..bytes).map(|_| next()).collect()
}

/// A tree of a frame in the log.
pub fn entry(kind: &str, seq: u64, body: Value) -> Value {
    frame(
        kind,
        json!({ "seq": seq, "ts": NOW, "id": ID_A, "sender": 7 }),
        body,
    )
}
