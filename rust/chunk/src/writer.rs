//! The machine that turns chunks into the byte stream a reader takes, in batches under a byte budget (FORMAT.md, section 5). It
//! never compresses and keeps nothing that was polled.

use std::collections::VecDeque;

use crate::buffer::Buffer;
use crate::error::Error;
use crate::head::{self, HEAD_BYTES, Kind};
use crate::limit::{BUDGET_BYTES_MAX, BUDGET_BYTES_MIN, CHUNK_BYTES_MAX, STREAM_CHUNKS_MAX};

/// Writes a stream of records: `new`, then `handle_chunk` any number of times, then `handle_end` once; `poll_batch` at any time,
/// until it gives `None`.
///
/// All batches joined are the stream: one start record, the data records, one end record. Between polls it holds what was handled
/// and not polled yet, so who handles much polls often.
#[derive(Clone, Debug)]
pub struct RecordWriter {
    records: Buffer,
    /// Bytes of each record that waits.
    lengths: VecDeque<usize>,
    next: u64,
    ended: bool,
}

impl RecordWriter {
    /// A stream whose first chunk has the index `first`. The start record waits already.
    ///
    /// # Errors
    /// `TooMany` above `STREAM_CHUNKS_MAX`.
    pub fn new(first: u64) -> Result<Self, Error> {
        if first > STREAM_CHUNKS_MAX {
            return Err(Error::TooMany);
        }
        let mut writer = Self {
            records: Buffer::default(),
            lengths: VecDeque::new(),
            next: first,
            ended: false,
        };
        writer.write(Kind::Start, &first.to_le_bytes());
        Ok(writer)
    }

    /// The index of the chunk that is handled next.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Bytes that wait to be polled.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.records.waiting().len()
    }

    /// Takes the next chunk, of 0 to `CHUNK_BYTES_MAX` bytes, and gives its index.
    ///
    /// # Errors
    /// `AfterEnd` behind `handle_end`, `TooLarge` for the chunk, `TooMany` for a chunk above `STREAM_CHUNKS_MAX`.
    pub fn handle_chunk(&mut self, chunk: &[u8]) -> Result<u64, Error> {
        if self.ended {
            return Err(Error::AfterEnd);
        }
        if chunk.len() > CHUNK_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        if self.next == STREAM_CHUNKS_MAX {
            return Err(Error::TooMany);
        }
        self.write(Kind::Data, chunk);
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Ends the stream and gives the index behind its last chunk.
    ///
    /// # Errors
    /// `AfterEnd` the second time.
    pub fn handle_end(&mut self) -> Result<u64, Error> {
        if self.ended {
            return Err(Error::AfterEnd);
        }
        self.write(Kind::End, &[]);
        self.ended = true;
        Ok(self.next)
    }

    /// The next batch: as many whole records as fit into `budget` bytes, `BUDGET_BYTES_MIN` to `BUDGET_BYTES_MAX`; a record larger
    /// than the budget goes alone. `None` when nothing waits.
    ///
    /// # Errors
    /// `OutOfRange` for the budget; nothing is taken then.
    pub fn poll_batch(&mut self, budget: usize) -> Result<Option<&[u8]>, Error> {
        if !(BUDGET_BYTES_MIN..=BUDGET_BYTES_MAX).contains(&budget) {
            return Err(Error::OutOfRange);
        }
        let mut bytes = 0;
        while let Some(record) = self.lengths.front() {
            if bytes > 0 && bytes + record > budget {
                break;
            }
            bytes += record;
            self.lengths.pop_front();
        }
        Ok((bytes > 0).then(|| self.records.take(bytes)))
    }

    fn write(&mut self, kind: Kind, body: &[u8]) {
        self.records.push(&head::encode(kind, body, body.len()));
        self.records.push(body);
        self.lengths.push_back(HEAD_BYTES + body.len());
    }
}
