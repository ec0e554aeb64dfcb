//! Segments, both ways.

use chunk::{Pushed, Sealed, Segment as Bytes, SegmentBuilder as Builder};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::crossing::{Crossing, Joined, apart, code, integer, numbers};
use crate::live::Live;

/// Builds one segment.
#[wasm_bindgen]
pub struct SegmentBuilder {
    builder: Option<Builder>,
    sealed: Option<Sealed>,
    _live: Live,
}

#[wasm_bindgen]
impl SegmentBuilder {
    /// A segment from this index on.
    ///
    /// # Errors
    /// The number of the refusal; so for all that follow.
    #[wasm_bindgen(constructor)]
    pub fn new(first: f64) -> Result<SegmentBuilder, u8> {
        let builder = Builder::new(integer(first)?).map_err(code)?;
        Ok(Self {
            builder: Some(builder),
            sealed: None,
            _live: Live::new(),
        })
    }

    /// Chunks in it; 0 when it is finished.
    pub fn count(&self) -> u32 {
        self.builder.as_ref().map_or(0, Builder::count)
    }

    /// Adds chunks until one does not fit, and says how many are in now.
    ///
    /// # Errors
    /// See `new`.
    pub fn push(&mut self, bytes: &[u8], lengths: &[u32]) -> Crossing<u32> {
        if let Some(builder) = &mut self.builder {
            for chunk in apart(bytes, lengths)? {
                if builder.push(chunk).map_err(code)? == Pushed::Full {
                    break;
                }
            }
        }
        Ok(self.count())
    }

    /// Its entry and, behind that, its raw bytes; nothing without a chunk.
    pub fn finish(&mut self) -> Option<Vec<f64>> {
        self.sealed = self.builder.take().and_then(Builder::finish);
        let sealed = self.sealed.as_ref()?;
        let mut told = numbers(sealed.entry);
        told.push(sealed.raw_bytes as f64);
        Some(told)
    }

    /// The finished segment. Once: it is moved out.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        self.sealed
            .take()
            .map_or_else(Vec::new, |sealed| sealed.bytes)
    }
}

/// A segment that passed every check.
#[wasm_bindgen]
pub struct Segment {
    segment: Bytes<Vec<u8>>,
    range: Joined,
    _live: Live,
}

#[wasm_bindgen]
impl Segment {
    /// Reads and checks it.
    ///
    /// # Errors
    /// The number of the refusal; so for all that follow.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: Vec<u8>) -> Result<Segment, u8> {
        let segment = Bytes::decode(bytes).map_err(code)?;
        Ok(Self {
            segment,
            range: Joined::default(),
            _live: Live::new(),
        })
    }

    /// Its entry and, behind that, its raw bytes. Sums all bytes.
    pub fn entry(&self) -> Vec<f64> {
        let mut told = numbers(self.segment.entry());
        told.push(self.segment.raw_bytes() as f64);
        told
    }

    /// The lengths of the chunks from `from` on, before `to`.
    ///
    /// # Errors
    /// See `new`.
    pub fn range(&mut self, from: f64, to: f64) -> Crossing<Vec<u32>> {
        let mut range = Joined::default();
        let (from, to) = (integer(from)?, integer(to)?);
        for chunk in self.segment.range(from..to).map_err(code)? {
            range.push(&chunk.map_err(code)?);
        }
        let lengths = core::mem::take(&mut range.lengths);
        self.range = range;
        Ok(lengths)
    }

    /// The bytes of the chunks that `range` gave. Once: they are moved out.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.range.bytes)
    }

    /// One chunk.
    ///
    /// # Errors
    /// See `new`.
    pub fn get(&self, index: f64) -> Crossing<Vec<u8>> {
        let chunk = self.segment.get(integer(index)?).map_err(code)?;
        Ok(chunk.into_owned())
    }
}
