//! The index of a stream: which segment holds which chunks (FORMAT.md, section 6). Segments are known by their lengths and checksums
//! alone.

use crate::error::Error;
use crate::field::{VERSION, check_start, crc_of, slice, u16_at, u32_at, u64_at};
use crate::limit::{INDEX_SEGMENTS_MAX, SEGMENT_BYTES_MAX, SEGMENT_CHUNKS_MAX};

const MAGIC: [u8; 4] = *b"FIX1";
const HEADER_BYTES: usize = 40;
const CRC_AT: usize = 36;
const ENTRY_BYTES: usize = 24;
/// Flag: no segment comes any more.
const CLOSED: u16 = 1;

/// Header and offset checksum of a segment; each chunk has a head and an offset more.
const SEGMENT_FIXED_BYTES: u64 = 36;
const SEGMENT_CHUNK_BYTES: u64 = 20;

/// One segment as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Index of its first chunk.
    pub first: u64,
    /// Chunks in it, 1 to `SEGMENT_CHUNKS_MAX`.
    pub count: u32,
    /// Bytes of the segment, at most `SEGMENT_BYTES_MAX`.
    pub bytes: u32,
    /// CRC-32 of the whole segment.
    pub crc: u32,
}

impl Entry {
    /// Bytes of the segment without the bodies of its records.
    fn frame_bytes(&self) -> u64 {
        SEGMENT_FIXED_BYTES + SEGMENT_CHUNK_BYTES * u64::from(self.count)
    }

    /// What can be seen on the entry alone.
    fn check(&self) -> Result<(), Error> {
        if self.count > SEGMENT_CHUNKS_MAX {
            return Err(Error::TooMany);
        }
        if self.bytes as usize > SEGMENT_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        if self.count == 0 || u64::from(self.bytes) < self.frame_bytes() {
            return Err(Error::LengthMismatch);
        }
        Ok(())
    }
}

/// The segments of one stream, from chunk 0 on without a gap.
///
/// To build one: `new`, `push` for each segment in order, `close` when the stream is over, `encode`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamIndex {
    entries: Vec<Entry>,
    raw_bytes: u64,
    closed: bool,
}

impl StreamIndex {
    /// The index of a stream without segments, still open.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The segments in their order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Chunks in all segments: the index behind the last one.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.entries
            .last()
            .map_or(0, |last| last.first + u64::from(last.count))
    }

    /// Raw bytes of all chunks.
    #[must_use]
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    /// Whether no segment comes any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Adds the next segment, whose chunks have `raw_bytes` together.
    ///
    /// # Errors
    /// `AfterEnd` when it is closed, `TooMany` above `INDEX_SEGMENTS_MAX` or for the entry's count, `NotContiguous`; `TooLarge` and
    /// `LengthMismatch` for the lengths.
    pub fn push(&mut self, entry: Entry, raw_bytes: u64) -> Result<(), Error> {
        if self.closed {
            return Err(Error::AfterEnd);
        }
        if self.entries.len() >= INDEX_SEGMENTS_MAX as usize {
            return Err(Error::TooMany);
        }
        if entry.first != self.chunks() {
            return Err(Error::NotContiguous);
        }
        entry.check()?;
        check_raw(&[entry], raw_bytes)?;
        self.entries.push(entry);
        self.raw_bytes += raw_bytes;
        Ok(())
    }

    /// Says that no segment comes any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The segment that holds the chunk `index`.
    #[must_use]
    pub fn find(&self, index: u64) -> Option<Entry> {
        let behind = self.entries.partition_point(|entry| entry.first <= index);
        let entry = *self.entries.get(behind.checked_sub(1)?)?;
        (index - entry.first < u64::from(entry.count)).then_some(entry)
    }

    /// The index as bytes: 40 and 24 for each segment. The same index gives the same bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + ENTRY_BYTES * self.entries.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((u16::from(self.closed) * CLOSED).to_le_bytes());
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        bytes.extend(self.chunks().to_le_bytes());
        bytes.extend(self.raw_bytes.to_le_bytes());
        bytes.extend([0; 12]);
        for entry in &self.entries {
            bytes.extend(entry.first.to_le_bytes());
            bytes.extend(entry.count.to_le_bytes());
            bytes.extend(entry.bytes.to_le_bytes());
            bytes.extend(entry.crc.to_le_bytes());
            bytes.extend([0; 4]);
        }
        let crc = crc_of(&bytes[..CRC_AT], &bytes[HEADER_BYTES..]);
        bytes[CRC_AT..HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads and checks an index, which must fill `bytes` exactly.
    ///
    /// # Errors
    /// The first check of FORMAT.md, section 6, that fails.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let header = slice(bytes, 0, HEADER_BYTES)?;
        check_start(header, MAGIC)?;
        let count = u32_at(header, 8)?;
        if count > INDEX_SEGMENTS_MAX {
            return Err(Error::TooMany);
        }
        let whole = HEADER_BYTES + ENTRY_BYTES * count as usize;
        let rows = slice(bytes, HEADER_BYTES, whole)?;
        if bytes.len() > whole {
            return Err(Error::LengthMismatch);
        }
        if u32_at(header, CRC_AT)? != crc_of(&header[..CRC_AT], rows) {
            return Err(Error::BadCrc);
        }
        let flags = u16_at(header, 6)?;
        if flags & !CLOSED != 0 || u64_at(header, 28)? != 0 {
            return Err(Error::ReservedNotZero);
        }
        let mut index = Self {
            entries: Vec::with_capacity(count as usize),
            raw_bytes: u64_at(header, 20)?,
            closed: flags & CLOSED != 0,
        };
        for row in rows.chunks_exact(ENTRY_BYTES) {
            let entry = decode_entry(row, index.chunks())?;
            index.entries.push(entry);
        }
        if u64_at(header, 12)? != index.chunks() {
            return Err(Error::LengthMismatch);
        }
        check_raw(&index.entries, index.raw_bytes)?;
        Ok(index)
    }
}

fn decode_entry(row: &[u8], first: u64) -> Result<Entry, Error> {
    if u32_at(row, 20)? != 0 {
        return Err(Error::ReservedNotZero);
    }
    let entry = Entry {
        first: u64_at(row, 0)?,
        count: u32_at(row, 8)?,
        bytes: u32_at(row, 12)?,
        crc: u32_at(row, 16)?,
    };
    if entry.first != first {
        return Err(Error::NotContiguous);
    }
    entry.check()?;
    Ok(entry)
}

/// Whether checked segments can hold `raw_bytes`: no segment is larger than its chunks uncompressed, nor those above the limit.
fn check_raw(entries: &[Entry], raw_bytes: u64) -> Result<(), Error> {
    let frames: u64 = entries.iter().map(Entry::frame_bytes).sum();
    let stored: u64 = entries.iter().map(|entry| u64::from(entry.bytes)).sum();
    let plain = raw_bytes.saturating_add(frames);
    if plain > entries.len() as u64 * SEGMENT_BYTES_MAX as u64 {
        return Err(Error::TooLarge);
    }
    if stored > plain {
        return Err(Error::LengthMismatch);
    }
    Ok(())
}
