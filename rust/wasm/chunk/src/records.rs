//! The stream of records, both ways.

use chunk::{Record, RecordReader as Reader, RecordWriter as Writer};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::crossing::{Crossing, Joined, apart, code, integer};
use crate::live::Live;

/// Chunks to bytes.
#[wasm_bindgen]
pub struct RecordWriter {
    writer: Writer,
    _live: Live,
}

#[wasm_bindgen]
impl RecordWriter {
    /// A stream from this index on.
    ///
    /// # Errors
    /// The number of the refusal; so for all that follow.
    #[wasm_bindgen(constructor)]
    pub fn new(first: f64) -> Result<RecordWriter, u8> {
        let writer = Writer::new(integer(first)?).map_err(code)?;
        let _live = Live::new();
        Ok(Self { writer, _live })
    }

    /// The index of the chunk that is handled next.
    #[wasm_bindgen(js_name = nextIndex)]
    pub fn next_index(&self) -> f64 {
        self.writer.next() as f64
    }

    /// Bytes that wait.
    #[wasm_bindgen(js_name = waitingBytes)]
    pub fn waiting_bytes(&self) -> usize {
        self.writer.waiting_bytes()
    }

    /// Takes chunks.
    ///
    /// # Errors
    /// See `new`.
    #[wasm_bindgen(js_name = handleChunks)]
    pub fn handle_chunks(&mut self, bytes: &[u8], lengths: &[u32]) -> Crossing<()> {
        for chunk in apart(bytes, lengths)? {
            self.writer.handle_chunk(chunk).map_err(code)?;
        }
        Ok(())
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// See `new`.
    #[wasm_bindgen(js_name = handleEnd)]
    pub fn handle_end(&mut self) -> Crossing<f64> {
        self.writer
            .handle_end()
            .map(|next| next as f64)
            .map_err(code)
    }

    /// The next batch.
    ///
    /// # Errors
    /// See `new`.
    #[wasm_bindgen(js_name = pollBatch)]
    pub fn poll_batch(&mut self, budget: usize) -> Crossing<Option<Vec<u8>>> {
        let batch = self.writer.poll_batch(budget).map_err(code)?;
        Ok(batch.map(<[u8]>::to_vec))
    }
}

/// Bytes to chunks.
#[wasm_bindgen]
pub struct RecordReader {
    reader: Reader,
    batch: Joined,
    /// Where the batch begins.
    first: u64,
    started: bool,
    ended: bool,
    _live: Live,
}

#[wasm_bindgen]
impl RecordReader {
    /// Before the first byte.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self {
            reader: Reader::new(),
            batch: Joined::default(),
            first: 0,
            started: false,
            ended: false,
            _live: Live::new(),
        }
    }

    /// The index of the chunk that comes next.
    #[wasm_bindgen(js_name = nextIndex)]
    pub fn next_index(&self) -> f64 {
        self.reader.next() as f64
    }

    /// Takes the next bytes.
    #[wasm_bindgen(js_name = handleBytes)]
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        self.reader.handle_bytes(bytes);
    }

    /// The lengths of all chunks that are whole. What is refused behind them is thrown by the next call.
    ///
    /// # Errors
    /// See `RecordWriter`.
    #[wasm_bindgen(js_name = pollChunks)]
    pub fn poll_chunks(&mut self) -> Crossing<Vec<u32>> {
        self.batch = Joined::default();
        self.first = self.reader.next();
        loop {
            match self.reader.poll_record() {
                Ok(Some(Record::Start { first })) => (self.first, self.started) = (first, true),
                Ok(Some(Record::Data { chunk, .. })) => self.batch.push(chunk),
                Ok(Some(Record::End { .. })) => self.ended = true,
                Ok(None) => break,
                Err(_) if !self.batch.lengths.is_empty() => break,
                Err(error) => return Err(code(error)),
            }
        }
        Ok(core::mem::take(&mut self.batch.lengths))
    }

    /// The index of the first chunk that `pollChunks` gave.
    #[wasm_bindgen(js_name = firstIndex)]
    pub fn first_index(&self) -> f64 {
        self.first as f64
    }

    /// The bytes of the chunks that `pollChunks` gave. Once: they are moved out.
    #[wasm_bindgen(js_name = takeBytes)]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.batch.bytes)
    }

    /// Whether the start came.
    #[wasm_bindgen(js_name = isStarted)]
    pub fn is_started(&self) -> bool {
        self.started
    }

    /// Whether the end came.
    #[wasm_bindgen(js_name = isEnded)]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// No bytes come any more: the index behind the last chunk. Of no further use then.
    ///
    /// # Errors
    /// See `RecordWriter`.
    pub fn finish(&mut self) -> Crossing<f64> {
        let reader = core::mem::take(&mut self.reader);
        reader.finish().map(|next| next as f64).map_err(code)
    }
}
