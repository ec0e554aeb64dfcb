//! CRC-32 by the crate crc32fast, compiled plainly to WebAssembly: what one has without the core's own folding.
//! Nothing else may enter: it is a peer to be measured against.
use wasm_bindgen::prelude::wasm_bindgen;

/// CRC-32 (IEEE) of `bytes`.
#[wasm_bindgen]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
