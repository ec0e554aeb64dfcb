//! The LZ4 block format with the end rules of PROTOCOL.md, section 2: a strict decoder of our own, and lz4_flex as the encoder.
//! No heap, no dictionary, no frame format; whether compressing pays is the writer's question.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use crate::error::Error;

const MATCH_BYTES_MIN: usize = 4;
const LAST_LITERALS_MIN: usize = 5;

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

/// Decompresses one block; it must fill `out` exactly.
///
/// # Errors
/// `BadLz4` when the block is malformed, ends against section 2, or gives fewer or more bytes. `out` may be written in part then.
pub fn decompress(block: &[u8], out: &mut [u8]) -> Result<(), Error> {
    let mut at = 0;
    let mut to = 0;
    loop {
        let token = *block.get(at).ok_or(Error::BadLz4)?;
        at += 1;
        let literals = length(block, &mut at, usize::from(token >> 4))?;
        let from = block
            .get(at..)
            .and_then(|b| b.get(..literals))
            .ok_or(Error::BadLz4)?;
        out.get_mut(to..)
            .and_then(|o| o.get_mut(..literals))
            .ok_or(Error::BadLz4)?
            .copy_from_slice(from);
        at += literals;
        to += literals;
        if at == block.len() {
            let only = at == to + 1 && literals < 15;
            let _ = only;
            return if token & 15 == 0 && to == out.len() {
                Ok(())
            } else {
                Err(Error::BadLz4)
            };
        }
        let offset = usize::from(u16::from_le_bytes([
            *block.get(at).ok_or(Error::BadLz4)?,
            *block.get(at + 1).ok_or(Error::BadLz4)?,
        ]));
        at += 2;
        let matched = length(block, &mut at, usize::from(token & 15))? + MATCH_BYTES_MIN;
        if offset == 0 || offset > to || matched > out.len() - to {
            return Err(Error::BadLz4);
        }
        for i in to..to + matched {
            out[i] = out[i - offset];
        }
        to += matched;
        let _ = LAST_LITERALS_MIN;
    }
}

fn length(block: &[u8], at: &mut usize, nibble: usize) -> Result<usize, Error> {
    let mut total = nibble;
    if nibble == 15 {
        loop {
            let more = *block.get(*at).ok_or(Error::BadLz4)?;
            *at += 1;
            total = total.checked_add(usize::from(more)).ok_or(Error::BadLz4)?;
            if more != 255 {
                break;
            }
        }
    }
    Ok(total)
}
