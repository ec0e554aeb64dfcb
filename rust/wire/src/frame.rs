//! A frame as bytes, by itself: header, extension block, body section and what they say (`Index`), each with its checks of
//! PROTOCOL.md, section 4, in their order. Layouts of bodies are in `body`; of frames in frames only `list` knows.

use crc::{SHIFTED_BYTES_MIN, crc32, shift};

use crate::body::{self, Facts, Span};
use crate::error::Error;
use crate::ext;
use crate::kind::{Kind, Place, Rules, SKIPPED, Side};
use crate::limit;
use crate::lz4;
use crate::varint;

/// Byte 0 of every frame.
pub const MAGIC: u8 = 0x57;
/// Byte 1: the version of the protocol.
pub const VERSION: u8 = 0x01;
/// Flag: the body is one LZ4 block.
pub const LZ4: u8 = 0x01;
/// Flag: an extension block stands before the body.
pub const EXT: u8 = 0x10;
/// Bytes of the checksum at the end.
pub const CRC_BYTES: usize = 4;
const BARE_BYTES_MIN: usize = limit::FRAME_BYTES_MIN - CRC_BYTES;
const FIXED_BYTES: usize = 4;
/// The most raw bytes one byte of an LZ4 block can stand for.
const LZ4_RATIO_MAX: u64 = 255;

/// A frame that passed every check: numbers, and places in its bytes. Of an inner frame the places count from its own start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Which way it travels.
    pub side: Side,
    /// The kind, or `None` for a frame to be skipped: then only `number` and `seq` say anything.
    pub kind: Option<Kind>,
    /// The kind's number on the wire.
    pub number: u8,
    /// The flags byte.
    pub flags: u8,
    /// Place in the room's log, 0 = not in it.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub ts: u64,
    /// User ref, 0 = the room (down) or myself (up).
    pub sender: u64,
    /// The 16 bytes of the id.
    pub id: Option<Span>,
    /// The extension block, without its length.
    pub ext: Option<Span>,
    /// The body section: length varints and body as they came.
    pub section: Span,
    /// The raw body: in the scratch memory when `flags` has `LZ4`, else in the frame.
    pub body: Span,
    /// What the body says; its places count from the start of the body.
    pub facts: Facts,
}

impl Default for Index {
    /// What `decode_into` fills.
    fn default() -> Self {
        Self {
            side: Side::Up,
            kind: None,
            number: 0,
            flags: 0,
            seq: 0,
            ts: 0,
            sender: 0,
            id: None,
            ext: None,
            section: Span::default(),
            body: Span::default(),
            facts: Facts::default(),
        }
    }
}

impl Index {
    /// The raw body, given the frame and the scratch memory it was decoded with.
    #[must_use]
    pub fn body<'a>(&self, frame: &'a [u8], raw: &'a [u8]) -> &'a [u8] {
        self.body
            .of(if self.flags & LZ4 == 0 { frame } else { raw })
    }

    /// CRC-32 of the body section, given the frame it was decoded from; 0 of one to be skipped.
    #[must_use]
    pub fn section_sum(&self, frame: &[u8]) -> u32 {
        match (self.parts(frame), u16::try_from(self.section.len)) {
            (Some((head, section, sum)), Ok(length)) if section.len() >= SHIFTED_BYTES_MIN => {
                sum ^ shift(crc32(head), length)
            }
            _ => crc32(self.section.of(frame)),
        }
    }

    /// The frame it was decoded from as what stands before the body section, that section, and the checksum; `None` for another.
    pub(crate) fn parts<'a>(&self, frame: &'a [u8]) -> Option<(&'a [u8], &'a [u8], u32)> {
        let (bare, sum) = frame.split_last_chunk::<CRC_BYTES>()?;
        let (head, section) = bare.split_at_checked(self.section.at)?;
        let whole = section.len() == self.section.len;
        whole.then_some((head, section, u32::from_le_bytes(*sum)))
    }
}

/// Reads and checks one bare frame from inside a BATCH or HISTORY_PAGE; whether it may stand there is the list's question.
pub(crate) fn decode_bare(bare: &[u8], inner: &mut [u8]) -> Result<Index, Error> {
    if bare.len() < BARE_BYTES_MIN {
        return Err(Error::TooShort);
    }
    check_start(bare)?;
    let mut index = Index::default();
    read(
        Side::Down,
        true,
        bare,
        limit::BODY_UP_BYTES_MAX,
        inner,
        &mut index,
    )?;
    Ok(index)
}

/// The frame without its checksum, which must be right.
///
/// # Errors
/// `TooShort` or `BadCrc`.
pub(crate) fn check_crc(bytes: &[u8]) -> Result<&[u8], Error> {
    let (bare, sum) = bytes
        .split_last_chunk::<CRC_BYTES>()
        .ok_or(Error::TooShort)?;
    if crc32(bare) == u32::from_le_bytes(*sum) {
        Ok(bare)
    } else {
        Err(Error::BadCrc)
    }
}

pub(crate) fn check_start(bytes: &[u8]) -> Result<(), Error> {
    match bytes {
        [MAGIC, VERSION, ..] => Ok(()),
        [MAGIC, ..] => Err(Error::BadVersion),
        _ => Err(Error::BadMagic),
    }
}

/// Checks 6 to 19 on a bare frame that starts right.
pub(crate) fn read(
    side: Side,
    inner: bool,
    bare: &[u8],
    body_max: usize,
    raw: &mut [u8],
    index: &mut Index,
) -> Result<(), Error> {
    let [_, _, number, flags, ..] = *bare else {
        return Err(Error::TooShort);
    };
    if flags & !(LZ4 | EXT) != 0 {
        return Err(Error::ReservedFlag);
    }
    (index.side, index.number, index.flags) = (side, number, flags);
    index.kind = Kind::of(number);
    let Some(kind) = index.kind else {
        if !SKIPPED.contains(&number) {
            return Err(Error::UnknownKind);
        }
        let (seq, _) = varint::read(bare, FIXED_BYTES)?;
        *index = Index {
            side,
            number,
            flags,
            seq,
            ..Index::default()
        };
        return Ok(());
    };
    let rules = kind.rules();
    if rules.id(side).is_none() || rules.place == Place::Page && !inner {
        return Err(Error::WrongDirection);
    }
    let at = read_head(rules, bare, index)?;
    let at = read_ext(kind, bare, at, index)?;
    index.section = Span {
        at,
        len: bare.len() - at,
    };
    index.body = read_section(bare, at, flags, body_max, raw)?;
    let body = index.body(bare, raw);
    body::read(kind, side, body, &mut index.facts)?;
    Ok(())
}

/// seq, ts, id and sender, each field with its checks 9 to 11; gives the place behind them.
fn read_head(rules: &Rules, bare: &[u8], index: &mut Index) -> Result<usize, Error> {
    let side = index.side;
    let (seq, at) = varint::read(bare, FIXED_BYTES)?;
    rules.check_seq(side, seq)?;
    let (ts, at) = varint::read(bare, at)?;
    let (id, at) = match bare.get(at) {
        Some(0) => (None, at + 1),
        Some(16) if bare.len() - at > limit::ID_BYTES => {
            let id = Span {
                at: at + 1,
                len: limit::ID_BYTES,
            };
            (Some(id), at + 1 + limit::ID_BYTES)
        }
        _ => return Err(Error::BadId),
    };
    rules.check_id(side, id.is_some())?;
    let (sender, at) = varint::read(bare, at)?;
    rules.check_sender(side, sender)?;
    (index.seq, index.ts, index.id, index.sender) = (seq, ts, id, sender);
    Ok(at)
}

/// The extension block where there is one, checks 9, 12 and 13; gives the place behind it.
fn read_ext(kind: Kind, bare: &[u8], at: usize, index: &mut Index) -> Result<usize, Error> {
    index.ext = None;
    if index.flags & EXT == 0 {
        return Ok(at);
    }
    let (len, at) = varint::read(bare, at)?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len == 0 || len > limit::EXT_BYTES_MAX || len > bare.len() - at {
        return Err(Error::BadExt);
    }
    let span = Span { at, len };
    ext::check(span.of(bare), may_extend(kind, index.side))?;
    index.ext = Some(span);
    Ok(at + len)
}

/// Whether the known extension types are defined on this frame.
pub(crate) fn may_extend(kind: Kind, side: Side) -> bool {
    (kind, side) == (Kind::Msg, Side::Down)
}

/// The lengths of the body section and the decompressed body, checks 9 and 14 to 16. Nothing is written before 14 and 15 hold.
fn read_section(
    bare: &[u8],
    at: usize,
    flags: u8,
    body_max: usize,
    raw: &mut [u8],
) -> Result<Span, Error> {
    let (raw_len, at) = varint::read(bare, at)?;
    if flags & LZ4 == 0 {
        if raw_len != (bare.len() - at) as u64 {
            return Err(Error::BadLength);
        }
        let len = bare.len() - at;
        return if len > body_max {
            Err(Error::BodyTooLarge)
        } else {
            Ok(Span { at, len })
        };
    }
    let (block_len, at) = varint::read(bare, at)?;
    let block = bare.get(at..).unwrap_or_default();
    // The first comparison bounds block_len, so the product below cannot overflow.
    if block_len != block.len() as u64
        || block_len == 0
        || block_len >= raw_len
        || raw_len > LZ4_RATIO_MAX * block_len
    {
        return Err(Error::BadLength);
    }
    let len = usize::try_from(raw_len).unwrap_or(usize::MAX);
    let out = if len > body_max {
        None
    } else {
        raw.get_mut(..len)
    };
    lz4::decompress(block, out.ok_or(Error::BodyTooLarge)?)?;
    Ok(Span { at: 0, len })
}

/// What stands before the extension block, to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) seq: u64,
    pub(crate) ts: u64,
    pub(crate) id: Option<[u8; limit::ID_BYTES]>,
    pub(crate) sender: u64,
}

impl Head {
    /// Writes it at the start of `out` and gives the place behind it.
    pub(crate) fn write(&self, out: &mut [u8]) -> Result<usize, Error> {
        let start = out
            .first_chunk_mut::<FIXED_BYTES>()
            .ok_or(Error::TooLarge)?;
        *start = [MAGIC, VERSION, self.kind.number(), self.flags];
        let at = write_varint(self.seq, out, FIXED_BYTES)?;
        let at = write_varint(self.ts, out, at)?;
        let id: &[u8] = self.id.as_ref().map_or(&[], |id| id.as_slice());
        let at = write_bytes(&[id.len() as u8], out, at)?;
        let at = write_bytes(id, out, at)?;
        write_varint(self.sender, out, at)
    }
}

pub(crate) fn write_varint(value: u64, out: &mut [u8], at: usize) -> Result<usize, Error> {
    if value > limit::VARINT_MAX {
        return Err(Error::BadVarint);
    }
    varint::write(value, out, at).ok_or(Error::TooLarge)
}

pub(crate) fn write_bytes(bytes: &[u8], out: &mut [u8], at: usize) -> Result<usize, Error> {
    let rest = out.get_mut(at..).ok_or(Error::TooLarge)?;
    rest.get_mut(..bytes.len())
        .ok_or(Error::TooLarge)?
        .copy_from_slice(bytes);
    Ok(at + bytes.len())
}

/// Ends the frame in `out[..at]` with its checksum and gives its length.
pub(crate) fn write_crc(out: &mut [u8], at: usize) -> Result<usize, Error> {
    let sum = crc32(out.get(..at).ok_or(Error::TooLarge)?);
    write_bytes(&sum.to_le_bytes(), out, at)
}
