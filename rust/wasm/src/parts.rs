//! Checksums and LZ4 blocks by themselves: converts and forwards to `wire::crc` and `wire::lz4`, decides nothing.

use core::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;
use wire::limit::BODY_DOWN_BYTES_MAX;
use wire::{Error, lz4};

use crate::arena::{IN, OUT, RAW, crossing, with_in};
use crate::wire::forget;
use crate::write::TABLE;

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

/// CRC-32 of IN[0..n], or of all of IN where it is shorter.
#[wasm_bindgen]
pub fn crc32(n: usize) -> u32 {
    forget();
    IN.with_borrow(|bytes| wire::crc32(bytes.get(..n).unwrap_or(bytes)))
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
    sum: wire::Crc32,
}

#[wasm_bindgen]
impl Crc32 {
    /// The sum of nothing.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        LIVE.set(LIVE.get() + 1);
        Self {
            sum: wire::Crc32::new(),
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

impl Drop for Crc32 {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

/// Handles that are made and not freed.
#[wasm_bindgen(js_name = liveHandles)]
pub fn live_handles() -> u32 {
    LIVE.get()
}

/// Version of the core.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
