//! The index of a stream, both ways.

use chunk::{Entry, StreamIndex as Index};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::crossing::{Crossing, code, integer, numbers};
use crate::live::Live;

/// Which segment holds which chunks.
#[wasm_bindgen]
pub struct StreamIndex {
    index: Index,
    _live: Live,
}

#[wasm_bindgen]
impl StreamIndex {
    /// Of no segments, open.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        let (index, _live) = (Index::new(), Live::new());
        Self { index, _live }
    }

    /// Reads and checks one.
    ///
    /// # Errors
    /// The number of the refusal; so for all that follow.
    pub fn decode(bytes: &[u8]) -> Result<StreamIndex, u8> {
        let (index, _live) = (Index::decode(bytes).map_err(code)?, Live::new());
        Ok(Self { index, _live })
    }

    /// Adds the next segment.
    ///
    /// # Errors
    /// See `decode`.
    pub fn push(
        &mut self,
        first: f64,
        count: u32,
        bytes: u32,
        crc: u32,
        raw_bytes: f64,
    ) -> Crossing<()> {
        let entry = Entry {
            first: integer(first)?,
            count,
            bytes,
            crc,
        };
        self.index.push(entry, integer(raw_bytes)?).map_err(code)
    }

    /// No segment comes any more.
    pub fn close(&mut self) {
        self.index.close();
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.index.encode()
    }

    /// Chunks of all segments.
    pub fn chunks(&self) -> f64 {
        self.index.chunks() as f64
    }

    /// Raw bytes of all chunks.
    #[wasm_bindgen(js_name = rawBytes)]
    pub fn raw_bytes(&self) -> f64 {
        self.index.raw_bytes() as f64
    }

    /// Whether no segment comes any more.
    #[wasm_bindgen(js_name = isClosed)]
    pub fn is_closed(&self) -> bool {
        self.index.is_closed()
    }

    /// All entries, one behind the other.
    pub fn entries(&self) -> Vec<f64> {
        self.index
            .entries()
            .iter()
            .copied()
            .flat_map(numbers)
            .collect()
    }

    /// The entry of the segment that holds a chunk.
    ///
    /// # Errors
    /// See `decode`.
    pub fn find(&self, index: f64) -> Crossing<Option<Vec<f64>>> {
        Ok(self.index.find(integer(index)?).map(numbers))
    }
}
