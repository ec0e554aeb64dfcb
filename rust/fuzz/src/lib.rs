//! The laws of PROTOCOL.md, section 17, each a plain function of any bytes that panics when the law is broken. This file only
//! hands names on. libFuzzer calls them from `targets/`, stable `cargo test` replays `corpus/` through them.

mod frames;
mod memory;
mod parts;
mod rewrite;

pub use frames::{damage, decode_any, lists, relay, round_trip};
pub use parts::{lz4, varint_crc};

/// A law: it takes any bytes and panics when it does not hold.
pub type Law = fn(&[u8]);

/// Every law by its name, which is also the name of its target and of its folder in `corpus/`.
pub const LAWS: [(&str, Law); 7] = [
    ("damage", damage),
    ("decode_any", decode_any),
    ("lists", lists),
    ("lz4", lz4),
    ("relay", relay),
    ("round_trip", round_trip),
    ("varint_crc", varint_crc),
];
