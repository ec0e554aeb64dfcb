//! The border of long streams: converts and forwards to the crate `chunk`, decides nothing. Bytes and numbers cross, no objects.
//!
//! # The border, for the TypeScript face
//! Many chunks cross in one call: their bytes joined, and the length of each. A call that is refused throws the number of the
//! `chunk::Error`. Indices are f64; what is no integer from 0 to 2^53 - 1 is refused as `OutOfRange`, lengths that do not add up to
//! the bytes as `LengthMismatch`.
//!
//! A call that takes chunks stops at the one that is refused; those before it are in, which the counters tell. A call that gives
//! chunks gives their lengths, and `takeBytes` their bytes, once. Entries of segments cross as four f64: first, count, bytes, CRC.

mod crossing;
mod index;
#[path = "../../src/live.rs"]
mod live;
mod records;
mod segment;
