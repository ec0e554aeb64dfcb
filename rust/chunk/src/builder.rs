//! Building a segment (FORMAT.md, section 4): the same chunks give the same bytes. Reading one is in `segment`.

use crate::error::Error;
use crate::field::{VERSION, crc_of};
use crate::head::{self, HEAD_BYTES, Kind};
use crate::index::Entry;
use crate::limit::{CHUNK_BYTES_MAX, SEGMENT_BYTES_MAX, SEGMENT_CHUNKS_MAX, STREAM_CHUNKS_MAX};
use crate::lz4;
use crate::segment::{CRC_AT, HEADER_BYTES, MAGIC, SOME_LZ4, segment_bytes};

/// What became of a chunk that was to be pushed to a [`SegmentBuilder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is in.
    Taken,
    /// It does not fit behind what is in: finish this segment, then push it to a new one. An empty builder is never full.
    Full,
}

/// A finished segment, and what a [`StreamIndex`](crate::StreamIndex) must know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The segment itself.
    pub bytes: Vec<u8>,
    /// Its place in the stream, its length and its checksum.
    pub entry: Entry,
    /// Raw bytes of all its chunks.
    pub raw_bytes: u64,
}

/// Builds one segment: `new`, `push` for each chunk in order, `finish`.
#[derive(Clone, Debug)]
pub struct SegmentBuilder {
    first: u64,
    /// Room for the header, then the records.
    bytes: Vec<u8>,
    /// Where each record starts in the record area.
    offsets: Vec<u32>,
    raw_bytes: usize,
    some_lz4: bool,
}

impl SegmentBuilder {
    /// A segment whose first chunk has the index `first`.
    ///
    /// # Errors
    /// `TooMany` above `STREAM_CHUNKS_MAX`.
    pub fn new(first: u64) -> Result<Self, Error> {
        if first > STREAM_CHUNKS_MAX {
            return Err(Error::TooMany);
        }
        Ok(Self {
            first,
            bytes: vec![0; HEADER_BYTES],
            offsets: Vec::new(),
            raw_bytes: 0,
            some_lz4: false,
        })
    }

    /// Chunks in it.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.offsets.len() as u32
    }

    /// Adds the next chunk, of 0 to `CHUNK_BYTES_MAX` bytes, compressed where that pays.
    ///
    /// # Errors
    /// `TooLarge` for the chunk, `TooMany` for a chunk above `STREAM_CHUNKS_MAX`.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Pushed, Error> {
        if chunk.len() > CHUNK_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        let count = self.offsets.len() + 1;
        if count as u64 > STREAM_CHUNKS_MAX - self.first {
            return Err(Error::TooMany);
        }
        let plain = HEAD_BYTES * count + self.raw_bytes + chunk.len();
        if self.count() == SEGMENT_CHUNKS_MAX || segment_bytes(plain, count) > SEGMENT_BYTES_MAX {
            return Ok(Pushed::Full);
        }
        let start = self.bytes.len();
        let body = start + HEAD_BYTES;
        self.bytes.resize(body, 0);
        let kind = if lz4::append(chunk, &mut self.bytes) {
            self.some_lz4 = true;
            Kind::Lz4
        } else {
            self.bytes.extend_from_slice(chunk);
            Kind::Data
        };
        let head = head::encode(kind, &self.bytes[body..], chunk.len());
        self.bytes[start..body].copy_from_slice(&head);
        self.offsets.push((start - HEADER_BYTES) as u32);
        self.raw_bytes += chunk.len();
        Ok(Pushed::Taken)
    }

    /// The segment; `None` without a chunk, since no segment is empty.
    #[must_use]
    pub fn finish(self) -> Option<Sealed> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let mut bytes = self.bytes;
        let records = (bytes.len() - HEADER_BYTES) as u32;
        let offsets = bytes.len();
        bytes.extend(self.offsets.iter().flat_map(|offset| offset.to_le_bytes()));
        let crc = crc_of(&bytes[offsets..], &[]);
        bytes.extend(crc.to_le_bytes());

        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6..8].copy_from_slice(&(u16::from(self.some_lz4) * SOME_LZ4).to_le_bytes());
        bytes[8..16].copy_from_slice(&self.first.to_le_bytes());
        bytes[16..20].copy_from_slice(&count.to_le_bytes());
        bytes[20..24].copy_from_slice(&records.to_le_bytes());
        let crc = crc_of(&bytes[..CRC_AT], &[]);
        bytes[CRC_AT..HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());

        let entry = Entry {
            first: self.first,
            count,
            bytes: bytes.len() as u32,
            crc: crc_of(&bytes, &[]),
        };
        Some(Sealed {
            bytes,
            entry,
            raw_bytes: self.raw_bytes as u64,
        })
    }
}
