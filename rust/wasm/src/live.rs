//! Counts handles, so that tests can tell whether one was forgotten. Nothing else.

use core::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

/// One handle, from its making to its drop.
pub struct Live;

impl Live {
    /// Counted from now on.
    pub fn new() -> Self {
        LIVE.set(LIVE.get() + 1);
        Self
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

/// Handles that are made and not freed.
#[wasm_bindgen(js_name = liveHandles)]
pub fn live_handles() -> u32 {
    LIVE.get()
}
