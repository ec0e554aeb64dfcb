//! The buffers a codec without heap is lent, made once per thread so that a run costs what the codec costs.

use std::cell::RefCell;

use wire::limit::{BODY_DOWN_BYTES_MAX, BODY_UP_BYTES_MAX, FRAME_DOWN_BYTES_MAX};
use wire::lz4::{self, Table};
use wire::{Error, Index, Scratch, Side};

/// What one side of a run needs; a law that decodes what it wrote takes two.
pub struct Memory {
    /// Decompressed body of the frame decoded last.
    pub raw: Vec<u8>,
    /// Decompressed body of an inner frame.
    pub inner: Vec<u8>,
    /// Where a writer puts a body together.
    pub body: Vec<u8>,
    /// Where frames are written, with room for any compressed body.
    pub out: Vec<u8>,
    /// The compressor's table.
    pub table: Table,
}

impl Memory {
    fn new() -> Self {
        Self {
            raw: vec![0; BODY_DOWN_BYTES_MAX],
            inner: vec![0; BODY_UP_BYTES_MAX],
            body: vec![0; FRAME_DOWN_BYTES_MAX],
            out: vec![0; lz4::bound(FRAME_DOWN_BYTES_MAX) + 4_096],
            table: Table::new(),
        }
    }

    /// Decodes into this memory.
    pub fn decode(&mut self, side: Side, bytes: &[u8]) -> Result<Index, Error> {
        let mut scratch = Scratch {
            raw: &mut self.raw,
            inner: &mut self.inner,
        };
        wire::decode(side, bytes, &mut scratch)
    }
}

thread_local! {
    static MEMORY: RefCell<[Memory; 2]> = RefCell::new([Memory::new(), Memory::new()]);
}

/// Lends the buffers of this thread.
pub fn with<T>(run: impl FnOnce(&mut Memory, &mut Memory) -> T) -> T {
    MEMORY.with_borrow_mut(|[one, other]| run(one, other))
}
