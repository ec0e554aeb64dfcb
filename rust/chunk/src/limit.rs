//! Every limit of the formats (FORMAT.md, section 2), by its name there. Numbers only: no checks, no types.
//!
//! Units stand in the names: bytes, or plain counts.

/// Most raw bytes of one chunk.
pub const CHUNK_BYTES_MAX: usize = 8 << 20;
/// Most chunks of one stream, and so the largest index behind the last chunk: what every JavaScript number holds exactly, 2^53-1.
pub const STREAM_CHUNKS_MAX: u64 = (1 << 53) - 1;
/// Most chunks of one segment.
pub const SEGMENT_CHUNKS_MAX: u32 = 4_096;
/// Most bytes of one segment, counted as if no chunk of it were compressed.
pub const SEGMENT_BYTES_MAX: usize = 16 << 20;
/// Most segments of one index.
pub const INDEX_SEGMENTS_MAX: u32 = 65_536;
/// Least budget of a batch of records, in bytes.
pub const BUDGET_BYTES_MIN: usize = 1 << 10;
/// Largest budget of a batch of records, in bytes.
pub const BUDGET_BYTES_MAX: usize = 1 << 20;
/// Fewest raw bytes that are compressed.
pub const LZ4_RAW_BYTES_MIN: usize = 256;
/// The most raw bytes that one byte of an LZ4 block can stand for.
pub const LZ4_RATIO_MAX: usize = 255;
