//! The two verbs of a relay: `decode` runs all checks of PROTOCOL.md, section 4, in their order, `stamp` sends on what passed
//! (section 15). They put together what `frame`, `body` and `list` know; no strings are made.

use crc::{SHIFTED_BYTES_MIN, crc32, shift};

use crate::error::Error;
use crate::frame::{Head, Index, LZ4, check_crc, check_start, read, write_bytes, write_crc};
use crate::kind::Side;
use crate::limit;
use crate::list;

/// Memory for decompressed bodies. A buffer that is shorter than the protocol's limit is a lower limit.
pub struct Scratch<'a> {
    /// The body of the frame itself, up to `BODY_DOWN_BYTES_MAX`.
    pub raw: &'a mut [u8],
    /// The body of one inner frame, up to `BODY_UP_BYTES_MAX`.
    pub inner: &'a mut [u8],
}

/// Reads and checks one frame. Takes time linear in its bytes and in what it may decompress to; `scratch` keeps the raw body.
///
/// # Errors
/// The first check of section 4 that fails.
pub fn decode(side: Side, bytes: &[u8], scratch: &mut Scratch<'_>) -> Result<Index, Error> {
    let mut index = Index::default();
    decode_into(side, bytes, scratch, &mut index)?;
    Ok(index)
}

/// As [`decode`], into an index that is there already: it is large to hand up.
///
/// # Errors
/// The first check of section 4 that fails; then `index` says nothing.
pub fn decode_into(
    side: Side,
    bytes: &[u8],
    scratch: &mut Scratch<'_>,
    index: &mut Index,
) -> Result<(), Error> {
    let (bytes_max, body_max) = match side {
        Side::Up => (limit::FRAME_UP_BYTES_MAX, limit::BODY_UP_BYTES_MAX),
        Side::Down => (limit::FRAME_DOWN_BYTES_MAX, limit::BODY_DOWN_BYTES_MAX),
    };
    if bytes.len() < limit::FRAME_BYTES_MIN {
        return Err(Error::TooShort);
    }
    if bytes.len() > bytes_max {
        return Err(Error::TooLarge);
    }
    check_start(bytes)?;
    let bare = check_crc(bytes)?;
    read(side, false, bare, body_max, scratch.raw, index)?;
    if let Some(kind) = index.kind {
        list::check(
            kind,
            &index.facts,
            index.body(bytes, scratch.raw),
            scratch.inner,
        )?;
    }
    Ok(())
}

/// The relay: writes the up frame that `index` was decoded from to `out` as the room sends it down, and gives its length. Same
/// kind, id and body section; new seq, ts and sender; extensions dropped; new checksum.
///
/// # Errors
/// `WrongDirection` unless it is an up frame of a logged kind, `BadStamp` when `seq` or `sender` is 0, `BadVarint` when a number
/// is above `VARINT_MAX`, `TooLarge` when `out` is too short, `TooShort` when `frame` is another one than `index` tells of.
pub fn stamp(
    index: &Index,
    frame: &[u8],
    seq: u64,
    ts: u64,
    sender: u64,
    out: &mut [u8],
) -> Result<usize, Error> {
    let kind = match index.kind {
        Some(kind) if kind.rules().logged && index.side == Side::Up => kind,
        _ => return Err(Error::WrongDirection),
    };
    kind.rules().check_seq(Side::Down, seq)?;
    kind.rules().check_sender(Side::Down, sender)?;
    let id = index.id.and_then(|id| id.of(frame).first_chunk().copied());
    let head = Head {
        kind,
        flags: index.flags & LZ4,
        seq,
        ts,
        id,
        sender,
    };
    let (old_head, section, old_sum) = index.parts(frame).ok_or(Error::TooShort)?;
    let at = head.write(out)?;
    let end = write_bytes(section, out, at)?;
    if section.len() < SHIFTED_BYTES_MIN {
        return write_crc(out, end);
    }
    // The section was summed when it came, and only what stands before it is another.
    let length = u16::try_from(section.len()).map_err(|_| Error::TooLarge)?;
    let new_head = out.get(..at).ok_or(Error::TooLarge)?;
    let sum = old_sum ^ shift(crc32(old_head) ^ crc32(new_head), length);
    write_bytes(&sum.to_le_bytes(), out, end)
}
