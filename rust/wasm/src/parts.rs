//! Checksums and LZ4 blocks by themselves: converts and forwards to `crc` and `wire::lz4`, decides nothing.

use wasm_bindgen::prelude::wasm_bindgen;
use wire::limit::BODY_DOWN_BYTES_MAX;
use wire::{Error, lz4};

use crate::arena::{IN, OUT, RAW, crossing, with_in};
use crate::live::Live;
use crate::wire::forget;
use crate::write::TABLE;

/// CRC-32 of what `sum` stands for (0: nothing), followed by IN[0..n], or by all of IN where it is shorter.
#[wasm_bindgen]
pub fn crc32(sum: u32, n: usize) -> u32 {
    forget();
    IN.with_borrow(|bytes| crc::extend(sum, bytes.get(..n).unwrap_or(bytes)))
}

/// Compresses IN[0..n] into one block: byte count in OUT, or -(reason).
#[wasm_bindgen(js_name = lz4Compress)]
pub fn lz4_compress(n: usize) -> i32 {
    forget();
    crossing(with_in(n, |raw| {
        if raw.len() > BODY_DOWN_BYTES_MAX {
            return Err(Error::BodyTooLarge);
        }
        OUT.with_borrow_mut(|out| {
            TABLE.with_borrow_mut(|table| lz4::compress(raw, out, table).ok_or(Error::TooLarge))
        })
    }))
}

/// Decompresses the block IN[0..n] to exactly `raw_len` bytes: that count in RAW, or -(reason).
#[wasm_bindgen(js_name = lz4Decompress)]
pub fn lz4_decompress(n: usize, raw_len: usize) -> i32 {
    forget();
    crossing(with_in(n, |block| {
        if raw_len > BODY_DOWN_BYTES_MAX {
            return Err(Error::BodyTooLarge);
        }
        RAW.with_borrow_mut(|raw| lz4::decompress(block, &mut raw[..raw_len]))?;
        Ok(raw_len)
    }))
}

/// A CRC-32 over pieces. It lives in this memory until `free`.
#[wasm_bindgen]
pub struct Crc32 {
    sum: crc::Crc32,
    _live: Live,
}

#[wasm_bindgen]
impl Crc32 {
    /// The sum of nothing.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self {
            sum: crc::Crc32::new(),
            _live: Live::new(),
        }
    }

    /// Adds the piece IN[0..n].
    pub fn update(&mut self, n: usize) {
        forget();
        IN.with_borrow(|bytes| self.sum.update(bytes.get(..n).unwrap_or(bytes)));
    }

    /// The sum of all pieces so far.
    pub fn digest(&self) -> u32 {
        self.sum.finish()
    }
}

/// Version of the core.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
