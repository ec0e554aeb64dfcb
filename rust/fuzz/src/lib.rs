//! The laws of PROTOCOL.md, section 17, of chunk's FORMAT.md, section 7, and of the kernel's borders, each a plain function of any
//! bytes that panics when the law is broken. This file only hands names on. libFuzzer calls them from `targets/`, stable `cargo test`
//! replays `corpus/` through them.

mod chunk;
mod frames;
mod kernel;
mod memory;
mod parts;
mod rewrite;
mod seal;
mod world;

pub use chunk::{chunk_index, chunk_join, chunk_record, chunk_segment};
pub use frames::{damage, decode_any, lists, relay, round_trip};
pub use kernel::{kernel_command, kernel_outcome, kernel_refs, kernel_rows};
pub use parts::{lz4, varint_crc};

/// A law: it takes any bytes and panics when it does not hold.
pub type Law = fn(&[u8]);

/// Every law by its name, which is also the name of its target and of its folder in `corpus/`.
pub const LAWS: [(&str, Law); 15] = [
    ("chunk_index", chunk_index),
    ("chunk_join", chunk_join),
    ("chunk_record", chunk_record),
    ("chunk_segment", chunk_segment),
    ("damage", damage),
    ("decode_any", decode_any),
    ("kernel_command", kernel_command),
    ("kernel_outcome", kernel_outcome),
    ("kernel_refs", kernel_refs),
    ("kernel_rows", kernel_rows),
    ("lists", lists),
    ("lz4", lz4),
    ("relay", relay),
    ("round_trip", round_trip),
    ("varint_crc", varint_crc),
];
