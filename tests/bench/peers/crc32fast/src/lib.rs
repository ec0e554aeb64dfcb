//! CRC-32 by the crate crc32fast, compiled plainly to WebAssembly: what one has without the core's own folding.
//! Nothing else may enter: it is a peer to be measured against.
use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

/// As much as the largest case wants at once.
const INPUT_BYTES: usize = 1_048_576;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; INPUT_BYTES]);
}

/// CRC-32 (IEEE) of `bytes`.
#[wasm_bindgen]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// Puts `bytes` where `crc32_inside` reads them.
#[wasm_bindgen(js_name = bringIn)]
pub fn bring_in(bytes: &[u8]) {
    INPUT.with_borrow_mut(|input| input[..bytes.len()].copy_from_slice(bytes));
}

/// CRC-32 (IEEE) of the first `n` bytes brought in: nothing is copied.
#[wasm_bindgen(js_name = crc32Inside)]
pub fn crc32_inside(n: usize) -> u32 {
    INPUT.with_borrow(|input| crc32fast::hash(&input[..n]))
}
