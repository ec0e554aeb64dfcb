//! Rows: how each entry of the tables is written as a key and a value, and read back (KERNEL.md, "Rows"). Which rows belong together
//! is the tables' business.

mod entry;
mod item;
mod key;
mod row;
mod vat;
mod who;

pub use entry::Entry;
pub use key::{
    Key, base_key, base_prefix, store_key, store_prefix, transcript_key, transcript_prefix,
};
pub use row::Row;

/// The format that row `k` names.
pub const FORMAT: u64 = 1;

/// The prefixes of every core row but the counters, which stay for ever.
pub const PREFIXES: [&str; 15] = [
    "a/", "b/", "c/", "e/", "f/", "g/", "o/", "p/", "q/", "s/", "t/", "u/", "v/", "w/", "x/",
];
