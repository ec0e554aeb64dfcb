//! The LZ4 block format with the end rules of PROTOCOL.md, section 2: a strict decoder of our own, and lz4_flex as the encoder.
//! No heap, no dictionary, no frame format; whether compressing pays is the writer's question.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use crate::error::Error;

/// Shortest match; a token gives how much longer one is.
const MATCH_BYTES_MIN: usize = 4;
/// Fewest literals of the last sequence, unless it is the only one.
const LAST_LITERALS_MIN: usize = 5;
/// A length whose four bits are all set goes on in the bytes that follow.
const EXTENDED: usize = 15;
/// Bytes copied at once for short literals: a SIMD register.
const CHUNK: usize = 16;
/// Bytes copied at once for short matches.
const SHORT_MATCH: usize = 32;
/// From here on one call that copies them all is worth its price.
const LONG_MATCH: usize = 128;

/// The encoder's memory (16 KiB); const, so it can live in a static. Its content never shows in the output.
pub struct Table(CompressTable);

impl Table {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self(CompressTable::small())
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

/// Bytes [`compress`] wants to have for `raw_bytes` of input, whatever the input is.
#[must_use]
pub const fn bound(raw_bytes: usize) -> usize {
    get_maximum_output_size(raw_bytes)
}

/// Compresses `raw` into one block at the start of `out` and gives its length; `None` when `out` is shorter than
/// [`bound`]`(raw.len())`. The same input gives the same block, whatever the table was used for before.
pub fn compress(raw: &[u8], out: &mut [u8], table: &mut Table) -> Option<usize> {
    // 16-bit places reach to 65534. The library would move a table up but never down again, and the two choose different matches.
    let small = raw.len() < usize::from(u16::MAX);
    if small != matches!(table.0, CompressTable::Small(_)) {
        table.0 = if small {
            CompressTable::small()
        } else {
            CompressTable::large()
        };
    }
    compress_into_with_table(raw, out, &mut table.0).ok()
}

/// Decompresses one block, which must fill `out` exactly. Never reads or writes outside the two.
///
/// Where there is room, whole chunks are copied; what is too much is written over by what follows.
///
/// # Errors
/// `BadLz4` when the block is malformed, ends against section 2, or gives fewer or more bytes; `out` may be written in part then.
pub fn decompress(block: &[u8], out: &mut [u8]) -> Result<(), Error> {
    let mut at = 0;
    let mut to = 0;
    loop {
        let token = usize::from(*block.get(at).ok_or(Error::BadLz4)?);
        at += 1;
        let literals = token >> 4;
        let offset;
        // So many bytes left in the block also mean that this sequence is not the last one.
        if literals < EXTENDED
            && let Some(ahead) = chunk::<{ CHUNK + 2 }>(block, at)
            && let Some(room) = out
                .get_mut(to..)
                .and_then(|rest| rest.first_chunk_mut::<CHUNK>())
        {
            room.copy_from_slice(&ahead[..CHUNK]);
            at += literals + 2;
            to += literals;
            offset = u16::from_le_bytes([ahead[literals], ahead[literals + 1]]);
        } else {
            let literals = length(block, &mut at, literals)?;
            let source = block
                .get(at..)
                .and_then(|rest| rest.get(..literals))
                .ok_or(Error::BadLz4)?;
            let room = out
                .get_mut(to..)
                .and_then(|rest| rest.get_mut(..literals))
                .ok_or(Error::BadLz4)?;
            room.copy_from_slice(source);
            at += literals;
            to += literals;
            if at == block.len() {
                // All of the output are literals only when there was no match before them.
                let enough = literals >= LAST_LITERALS_MIN || literals == to;
                let ended = enough && token & EXTENDED == 0 && to == out.len();
                return if ended { Ok(()) } else { Err(Error::BadLz4) };
            }
            offset = u16::from_le_bytes(*chunk(block, at).ok_or(Error::BadLz4)?);
            at += 2;
        }

        let offset = usize::from(offset);
        let count = length(block, &mut at, token & EXTENDED)?.saturating_add(MATCH_BYTES_MIN);
        if count <= SHORT_MATCH && offset >= count && out.len() - to >= SHORT_MATCH {
            let from = to.checked_sub(offset).ok_or(Error::BadLz4)?;
            out.copy_within(from..from + SHORT_MATCH, to);
        } else {
            repeat(out, to, offset, count)?;
        }
        to += count;
    }
}

/// The `N` bytes at `at`, if there are so many.
#[inline(always)]
fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..)?.first_chunk()
}

/// Reads the rest of a length whose four bits are `nibble`.
#[inline(always)]
fn length(block: &[u8], at: &mut usize, nibble: usize) -> Result<usize, Error> {
    let mut total = nibble;
    if nibble == EXTENDED {
        loop {
            let more = *block.get(*at).ok_or(Error::BadLz4)?;
            *at += 1;
            total = total.saturating_add(usize::from(more));
            if more != u8::MAX {
                break;
            }
        }
    }
    Ok(total)
}

/// Copies `count` bytes of `out` from `offset` before `to` to `to`, first to last, so that a match may feed on itself.
// Out of line: the loop in `decompress` is twice as slow with these loops in it.
#[inline(never)]
fn repeat(out: &mut [u8], to: usize, offset: usize, count: usize) -> Result<(), Error> {
    if offset == 0 || offset > to || count > out.len() - to {
        return Err(Error::BadLz4);
    }
    if offset >= count && count > LONG_MATCH {
        out.copy_within(to - offset..to - offset + count, to);
        return Ok(());
    }
    // The match repeats a period. Once a chunk of it stands, the same bytes are also found some whole periods back, at least a
    // chunk away, so that chunks can be copied.
    let end = to + count;
    let (mut to, mut back) = (to, offset);
    if offset < CHUNK {
        let first = end.min(to + CHUNK);
        while to < first {
            out[to] = out[to - offset];
            to += 1;
        }
        back = offset * CHUNK.div_ceil(offset);
    }
    while to < end && to + CHUNK <= out.len() {
        out.copy_within(to - back..to - back + CHUNK, to);
        to += CHUNK;
    }
    while to < end {
        out[to] = out[to - back];
        to += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
