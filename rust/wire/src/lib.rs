//! Packet codec of Ferrule rooms, protocol `ferrule.v1` (PROTOCOL.md beside this crate). This file only hands names on.
//!
//! Bytes, numbers and the caller's buffers come in, numbers and byte ranges come out: no heap, no clock, no randomness, no I/O.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod batch;
pub mod body;
mod decode;
mod error;
pub mod ext;
mod frame;
pub mod kind;
mod layout;
pub mod limit;
pub mod list;
pub mod lz4;
pub mod varint;
mod write;

pub use decode::{Scratch, decode, decode_into, stamp};
pub use error::{Answer, Error};
pub use frame::{CRC_BYTES, EXT, Index, LZ4, MAGIC, VERSION};
pub use kind::{Kind, Side};
pub use write::Writer;
