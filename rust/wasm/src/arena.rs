//! The static memory that both sides of the border know: bytes and slots, and their addresses. No frame is read here.

use core::cell::RefCell;
use std::thread::LocalKey;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wire::limit::{BODY_DOWN_BYTES_MAX, BODY_UP_BYTES_MAX, FRAME_DOWN_BYTES_MAX};
use wire::{Error, lz4};

/// Room behind the largest frame, so that one that is too large by a little can be told from one that is not.
const SPARE_BYTES: usize = 4096;
const IN_BYTES: usize = FRAME_DOWN_BYTES_MAX + SPARE_BYTES;
/// As much as compressing the largest body may take, so that every body can be tried.
const OUT_BYTES: usize = lz4::bound(BODY_DOWN_BYTES_MAX) + SPARE_BYTES;

/// Numbers of one frame or entry; the slots are told in `wire.rs`.
pub type Slots = [f64; 32];

// One thread, so these are plain statics; all bytes are zero, so they take no room in the module.
thread_local! {
    pub static IN: RefCell<[u8; IN_BYTES]> = const { RefCell::new([0; IN_BYTES]) };
    pub static OUT: RefCell<[u8; OUT_BYTES]> = const { RefCell::new([0; OUT_BYTES]) };
    pub static RAW: RefCell<[u8; IN_BYTES]> = const { RefCell::new([0; IN_BYTES]) };
    pub static INNER: RefCell<[u8; BODY_UP_BYTES_MAX]> = const { RefCell::new([0; BODY_UP_BYTES_MAX]) };
    pub static INDEX: RefCell<Slots> = const { RefCell::new([0.0; 32]) };
    pub static ENTRY: RefCell<Slots> = const { RefCell::new([0.0; 32]) };
}

fn address<T, const N: usize>(arena: &'static LocalKey<RefCell<[T; N]>>) -> usize {
    arena.with_borrow(|items| items.as_ptr() as usize)
}

/// The memory itself, for views of the arenas; another one after `__wbg_reset_state`.
#[wasm_bindgen(js_name = arenaMemory, unchecked_return_type = "WebAssembly.Memory")]
pub fn arena_memory() -> JsValue {
    wasm_bindgen::memory()
}

/// Address of IN: what JavaScript hands over.
#[wasm_bindgen(js_name = inAt)]
pub fn in_at() -> usize {
    address(&IN)
}

/// Address of OUT: what is handed back.
#[wasm_bindgen(js_name = outAt)]
pub fn out_at() -> usize {
    address(&OUT)
}

/// Address of RAW: the decompressed body of the frame in INDEX.
#[wasm_bindgen(js_name = rawAt)]
pub fn raw_at() -> usize {
    address(&RAW)
}

/// Address of INNER: the decompressed body of the inner frame in ENTRY.
#[wasm_bindgen(js_name = innerAt)]
pub fn inner_at() -> usize {
    address(&INNER)
}

/// Address of INDEX: 32 f64 about the frame decoded last.
#[wasm_bindgen(js_name = indexAt)]
pub fn index_at() -> usize {
    address(&INDEX)
}

/// Address of ENTRY: 32 f64 about the list entry read last.
#[wasm_bindgen(js_name = entryAt)]
pub fn entry_at() -> usize {
    address(&ENTRY)
}

/// Reads IN[0..n].
///
/// # Errors
/// `TooLarge` when IN is shorter, or what `read` gives.
pub fn with_in<T>(n: usize, read: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
    IN.with_borrow(|arena| read(arena.get(..n).ok_or(Error::TooLarge)?))
}

/// A byte count or the reason, as it crosses.
pub fn crossing(result: Result<usize, Error>) -> i32 {
    match result {
        // No arena is longer than a few MiB.
        Ok(count) => count as i32,
        Err(error) => -i32::from(error.reason()),
    }
}

/// A number of JavaScript as an integer.
///
/// # Errors
/// `BadVarint` when it is not one from 0 to 2^53-1.
pub fn integer(number: f64) -> Result<u64, Error> {
    let value = number as u64;
    if value as f64 == number && value <= wire::limit::VARINT_MAX {
        Ok(value)
    } else {
        Err(Error::BadVarint)
    }
}
