//! Reading a segment: many chunks in one object, each found by its index (FORMAT.md, section 4). Building one is in `builder`.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::Error;
use crate::field::{CRC_BYTES, check_start, crc_of, slice, u16_at, u32_at, u64_at};
use crate::head::{HEAD_BYTES, Head, Kind};
use crate::index::Entry;
use crate::limit::{SEGMENT_BYTES_MAX, SEGMENT_CHUNKS_MAX, STREAM_CHUNKS_MAX};
use crate::lz4;

pub(crate) const MAGIC: [u8; 4] = *b"FSG1";
pub(crate) const HEADER_BYTES: usize = 32;
/// Where the header's own checksum stands, and what it covers.
pub(crate) const CRC_AT: usize = 28;
/// Bytes of one offset.
pub(crate) const OFFSET_BYTES: usize = 4;
/// Flag: some record is compressed.
pub(crate) const SOME_LZ4: u16 = 1;

/// Bytes of a segment with so many bytes of records. Both numbers are within their limits, so it does not overflow 32 bits.
pub(crate) const fn segment_bytes(records: usize, count: usize) -> usize {
    HEADER_BYTES + records + OFFSET_BYTES * count + CRC_BYTES
}

/// A segment that passed every check but that its LZ4 blocks decompress, which is tried when their chunks are asked for.
///
/// It owns or borrows its bytes, whatever `B` is.
#[derive(Clone, Debug)]
pub struct Segment<B> {
    bytes: B,
    layout: Layout,
}

/// What the header says, and what the records have together.
#[derive(Clone, Copy, Debug)]
struct Layout {
    first: u64,
    count: u32,
    /// Bytes of the record area.
    records: usize,
    raw_bytes: u64,
}

impl<B: AsRef<[u8]>> Segment<B> {
    /// Reads and checks a segment, which must fill `bytes` exactly. Takes no memory.
    ///
    /// # Errors
    /// The first check of FORMAT.md, section 4, that fails.
    pub fn decode(bytes: B) -> Result<Self, Error> {
        let layout = Layout::decode(bytes.as_ref())?;
        Ok(Self { bytes, layout })
    }

    /// Index of its first chunk.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.layout.first
    }

    /// Chunks in it, 1 to `SEGMENT_CHUNKS_MAX`.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.layout.count
    }

    /// Raw bytes of all its chunks.
    #[must_use]
    pub fn raw_bytes(&self) -> u64 {
        self.layout.raw_bytes
    }

    /// The segment as an index knows it. Sums all bytes.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let bytes = self.bytes.as_ref();
        Entry {
            first: self.layout.first,
            count: self.layout.count,
            bytes: bytes.len() as u32,
            crc: crc_of(bytes, &[]),
        }
    }

    /// The chunk `index`, of at most `CHUNK_BYTES_MAX` bytes; borrowed unless it was compressed.
    ///
    /// # Errors
    /// `OutOfRange` when it is not in this segment, `BadLz4`.
    pub fn get(&self, index: u64) -> Result<Cow<'_, [u8]>, Error> {
        self.layout.chunk(self.bytes.as_ref(), index)
    }

    /// The chunks from `range.start` on, before `range.end`, in order.
    ///
    /// # Errors
    /// `OutOfRange` when one of them is not in this segment, or the end is before the start.
    pub fn range(&self, range: Range<u64>) -> Result<Chunks<'_>, Error> {
        let all = self.layout.first..=self.layout.first + u64::from(self.layout.count);
        if range.start > range.end || !all.contains(&range.start) || !all.contains(&range.end) {
            return Err(Error::OutOfRange);
        }
        Ok(Chunks {
            bytes: self.bytes.as_ref(),
            layout: self.layout,
            range,
        })
    }
}

/// Chunks of a segment in order; an item is as [`Segment::get`] gives it.
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    bytes: &'a [u8],
    layout: Layout,
    range: Range<u64>,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Cow<'a, [u8]>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.range.next()?;
        Some(self.layout.chunk(self.bytes, index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl Layout {
    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let header = slice(bytes, 0, HEADER_BYTES)?;
        check_start(header, MAGIC)?;
        if u32_at(header, CRC_AT)? != crc_of(&header[..CRC_AT], &[]) {
            return Err(Error::BadCrc);
        }
        let flags = u16_at(header, 6)?;
        if flags & !SOME_LZ4 != 0 || u32_at(header, 24)? != 0 {
            return Err(Error::ReservedNotZero);
        }
        let mut layout = Self {
            first: u64_at(header, 8)?,
            count: u32_at(header, 16)?,
            records: u32_at(header, 20)? as usize,
            raw_bytes: 0,
        };
        let count = layout.count as usize;
        let end = layout.first.checked_add(u64::from(layout.count));
        if layout.count > SEGMENT_CHUNKS_MAX || end.is_none_or(|end| end > STREAM_CHUNKS_MAX) {
            return Err(Error::TooMany);
        }
        // The area alone first: with the rest it could overflow where a usize has 32 bits.
        if layout.records > SEGMENT_BYTES_MAX
            || segment_bytes(layout.records, count) > SEGMENT_BYTES_MAX
        {
            return Err(Error::TooLarge);
        }
        if count == 0 || layout.records < HEAD_BYTES * count {
            return Err(Error::LengthMismatch);
        }
        let whole = segment_bytes(layout.records, count);
        let offsets = slice(bytes, HEADER_BYTES + layout.records, whole - CRC_BYTES)?;
        let crc = u32_at(bytes, whole - CRC_BYTES)?;
        if bytes.len() > whole {
            return Err(Error::LengthMismatch);
        }
        if crc != crc_of(offsets, &[]) {
            return Err(Error::BadCrc);
        }
        let records = slice(bytes, HEADER_BYTES, HEADER_BYTES + layout.records)?;
        layout.raw_bytes = check_records(records, offsets, flags & SOME_LZ4 != 0)?;
        Ok(layout)
    }

    /// The chunk `index` of the segment in `bytes`, whose layout this is.
    fn chunk<'a>(&self, bytes: &'a [u8], index: u64) -> Result<Cow<'a, [u8]>, Error> {
        let place = index.checked_sub(self.first).ok_or(Error::OutOfRange)?;
        if place >= u64::from(self.count) {
            return Err(Error::OutOfRange);
        }
        let end = HEADER_BYTES + self.records;
        let offset = u32_at(bytes, end + OFFSET_BYTES * place as usize)? as usize;
        let record = slice(bytes, HEADER_BYTES + offset, end)?;
        let head = Head::decode(record, &[Kind::Data, Kind::Lz4])?;
        let body = slice(record, HEAD_BYTES, head.record_bytes())?;
        if head.kind == Kind::Lz4 {
            lz4::decompress(body, head.raw).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(body))
        }
    }
}

/// Walks the records in order, one for each offset, and gives their raw bytes together.
fn check_records(records: &[u8], offsets: &[u8], some_lz4: bool) -> Result<u64, Error> {
    let (offsets, _) = offsets.as_chunks::<OFFSET_BYTES>();
    let allowed: &[Kind] = if some_lz4 {
        &[Kind::Data, Kind::Lz4]
    } else {
        &[Kind::Data]
    };
    let (mut rest, mut raw_bytes, mut blocks) = (records, 0, 0);
    for &offset in offsets {
        // All bytes are here, so a record that is not whole runs off its area.
        let cut = |error| match error {
            Error::Truncated => Error::LengthMismatch,
            error => error,
        };
        if u32::from_le_bytes(offset) as usize != records.len() - rest.len() {
            return Err(Error::LengthMismatch);
        }
        let head = Head::decode(rest, allowed).map_err(cut)?;
        head.body(rest).map_err(cut)?;
        raw_bytes += head.raw;
        blocks += usize::from(head.kind == Kind::Lz4);
        let plain = HEAD_BYTES * offsets.len() + raw_bytes;
        if segment_bytes(plain, offsets.len()) > SEGMENT_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        rest = &rest[head.record_bytes()..];
    }
    if !rest.is_empty() {
        return Err(Error::LengthMismatch);
    }
    if some_lz4 && blocks == 0 {
        return Err(Error::BadKind);
    }
    Ok(raw_bytes as u64)
}
