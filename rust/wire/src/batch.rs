//! Packing frames into as few BATCH frames as they fit: the other direction of `list`. What may stand in a BATCH is told there.

use crate::error::Error;
use crate::frame::{CRC_BYTES, Head, check_crc, decode_bare, write_bytes, write_varint};
use crate::kind::Kind;
use crate::limit;
use crate::list::may_batch;
use crate::lz4::Table;
use crate::varint;
use crate::write::finish;

/// What became of a frame that was to be added to a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in.
    Taken,
    /// It does not fit behind what is in: end this batch, then add it to a new one.
    Full,
    /// It can be in no batch of this size and travels alone. The batch is empty.
    Alone,
}

/// Packs full frames into one BATCH of at most `bytes_max` bytes. A batch of one frame says nothing that the frame does not say
/// alone, and is longer.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    ts: u64,
    bytes_max: usize,
    count: usize,
    /// Where the next entry goes; the first starts behind room for the count.
    at: usize,
}

/// Room for a count up to `LIST_ENTRIES_MAX`.
const COUNT_BYTES_MAX: usize = 2;

impl Batch {
    /// An empty batch, sent at `ts`, of at most `bytes_max` bytes.
    #[must_use]
    pub fn new(ts: u64, bytes_max: usize) -> Self {
        Self {
            ts,
            bytes_max: bytes_max.min(limit::FRAME_DOWN_BYTES_MAX),
            count: 0,
            at: COUNT_BYTES_MAX,
        }
    }

    /// Frames in it.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Adds a full frame going down. The body grows in `raw`, which must be the same memory in each call; `inner` is scratch.
    ///
    /// # Errors
    /// The check that the frame fails.
    pub fn add(&mut self, frame: &[u8], raw: &mut [u8], inner: &mut [u8]) -> Result<Added, Error> {
        if frame.len() < limit::FRAME_BYTES_MIN {
            return Err(Error::TooShort);
        }
        let bare = check_crc(frame)?;
        let fits = match decode_bare(bare, inner) {
            Ok(index) => may_batch(&index),
            // A long list is a frame of its own; inside another one its body would be over the limit.
            Err(Error::BodyTooLarge) => false,
            Err(error) => return Err(error),
        };
        let end = self.at + varint::len(bare.len() as u64) + bare.len();
        if !fits
            || self.count == limit::LIST_ENTRIES_MAX
            || self.frame_bytes(end) > self.bytes_max
            || end > raw.len()
        {
            return Ok(if self.count == 0 {
                Added::Alone
            } else {
                Added::Full
            });
        }
        let at = write_varint(bare.len() as u64, raw, self.at)?;
        self.at = write_bytes(bare, raw, at)?;
        self.count += 1;
        Ok(Added::Taken)
    }

    /// Bytes of the uncompressed frame with one entry more, the last one ending at `end`.
    fn frame_bytes(&self, end: usize) -> usize {
        let body = varint::len(self.count as u64 + 1) + end - COUNT_BYTES_MAX;
        // Magic to flags, seq, ts, idLen, sender, bodyLen, body, CRC.
        4 + 1 + varint::len(self.ts) + 1 + 1 + varint::len(body as u64) + body + CRC_BYTES
    }

    /// Writes the BATCH frame to `out` and gives its length.
    ///
    /// # Errors
    /// `BadBody` when it is empty, `BadVarint` for a `ts` above `VARINT_MAX`, `TooLarge` when `out` is too short.
    pub fn end(&self, raw: &mut [u8], out: &mut [u8], table: &mut Table) -> Result<usize, Error> {
        if self.count == 0 {
            return Err(Error::BadBody);
        }
        let start = COUNT_BYTES_MAX - varint::len(self.count as u64);
        write_varint(self.count as u64, raw, start)?;
        let body = raw.get(start..self.at).ok_or(Error::TooLarge)?;
        let head = Head {
            kind: Kind::Batch,
            flags: 0,
            seq: 0,
            ts: self.ts,
            id: None,
            sender: 0,
        };
        finish(head, &[], body, out, table)
    }
}
