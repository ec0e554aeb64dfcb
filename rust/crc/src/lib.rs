//! CRC-32 (IEEE), as in zlib and PNG: of frames (PROTOCOL.md, section 2), of streams' records and segments (FORMAT.md), of files and
//! backups. This file only hands names on.
//!
//! Below line 0's machines, which may all use it: bytes come in, a number comes out. What a sum covers is their matter.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod fold;
mod shift;
mod sum;
mod table;

pub use shift::{SHIFTED_BYTES_MIN, shift};
pub use sum::{Crc32, crc32, extend};
