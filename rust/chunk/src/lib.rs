//! Records, segments and the index of long streams (FORMAT.md beside this crate). This file only hands names on.
//!
//! Bytes and numbers come in, bytes and numbers come out: no clock, no randomness, no I/O. Memory is taken on the heap, and only
//! for lengths that were checked.
#![forbid(unsafe_code)]

mod buffer;
mod builder;
mod error;
mod field;
mod head;
mod index;
pub mod limit;
mod lz4;
mod reader;
mod segment;
mod writer;

pub use builder::{Pushed, Sealed, SegmentBuilder};
pub use error::Error;
pub use index::{Entry, StreamIndex};
pub use reader::{Record, RecordReader};
pub use segment::{Chunks, Segment};
pub use writer::RecordWriter;
