//! Writing frames: a body is put together field by field in raw memory, checked by the very reader of `body`, compressed when it
//! pays, and framed. No layout is known here, and nothing leaves that `decode` would refuse.

use crate::body::{self, Facts};
use crate::error::Error;
use crate::ext;
use crate::frame::{EXT, Head, LZ4, check_crc, may_extend, write_bytes, write_crc, write_varint};
use crate::kind::{Kind, Sender, Side};
use crate::limit::{self, ID_BYTES, LZ4_GAIN_BYTES_MIN, LZ4_RAW_BYTES_MIN, VARINT_BYTES_MAX};
use crate::list;
use crate::lz4::{self, Table};
use crate::varint;

/// Writes one frame or one extension value: `begin`, then `put_ext` for each extension by rising type, then the body's fields in
/// layout order with `put_*` (a list begins with its count), then `end`. The raw bytes grow in memory that comes with every call,
/// so a writer can rest between calls; it must be the same memory. The first fault is kept and told by `end`.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    target: Target,
    /// Bytes of the extension block at the start of the raw memory; the body follows.
    ext: usize,
    /// Bytes in the raw memory.
    at: usize,
    fault: Option<Error>,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Frame(Head),
    Extension(u64),
}

impl Writer {
    /// Begins a frame. It counts as an up frame when seq and sender are 0 and its kind and body may go up, else as a down frame.
    #[must_use]
    pub const fn begin(
        kind: Kind,
        seq: u64,
        ts: u64,
        sender: u64,
        id: Option<[u8; ID_BYTES]>,
    ) -> Self {
        Self::new(Target::Frame(Head {
            kind,
            flags: 0,
            seq,
            ts,
            id,
            sender,
        }))
    }

    /// Begins the value of an extension of this type.
    #[must_use]
    pub const fn begin_extension(kind: u64) -> Self {
        Self::new(Target::Extension(kind))
    }

    /// A writer that can only tell this fault.
    #[must_use]
    pub const fn failed(fault: Error) -> Self {
        Self {
            fault: Some(fault),
            ..Self::begin_extension(0)
        }
    }

    const fn new(target: Target) -> Self {
        Self {
            target,
            ext: 0,
            at: 0,
            fault: None,
        }
    }

    /// Puts one extension: its type and its value. Only before the first field of the body.
    pub fn put_ext(&mut self, kind: u64, value: &[u8], raw: &mut [u8]) {
        if self.at != self.ext {
            return self.fail(Error::BadExt);
        }
        self.put_varint(kind, raw);
        self.put_sized(value, raw);
        self.ext = self.at;
    }

    /// Puts one byte.
    pub fn put_u8(&mut self, value: u8, raw: &mut [u8]) {
        self.put_bytes(&[value], raw);
    }

    /// Puts two bytes, little endian.
    pub fn put_u16(&mut self, value: u16, raw: &mut [u8]) {
        self.put_bytes(&value.to_le_bytes(), raw);
    }

    /// Puts a varint.
    pub fn put_varint(&mut self, value: u64, raw: &mut [u8]) {
        self.advance(|at| write_varint(value, raw, at));
    }

    /// Puts bytes as they are.
    pub fn put_bytes(&mut self, bytes: &[u8], raw: &mut [u8]) {
        self.advance(|at| write_bytes(bytes, raw, at));
    }

    /// Puts a str: its length and its bytes.
    pub fn put_str(&mut self, text: &[u8], raw: &mut [u8]) {
        self.put_sized(text, raw);
    }

    /// Puts a full frame as an inner frame: its checksum is checked and left out.
    pub fn put_frame(&mut self, frame: &[u8], raw: &mut [u8]) {
        match check_crc(frame) {
            Ok(bare) => self.put_sized(bare, raw),
            Err(error) => self.fail(error),
        }
    }

    /// Checks what was put and writes the frame (or the extension value) to `out`; gives its length. `inner` is scratch for
    /// inner frames. A body is compressed only where `out` has room for the worst case, [`lz4::bound`] more than the header.
    ///
    /// # Errors
    /// The first fault of a put; else the first check of section 4 that a reader would fail the frame with; `TooLarge` when
    /// `out` is too short.
    pub fn end(
        &self,
        raw: &[u8],
        inner: &mut [u8],
        out: &mut [u8],
        table: &mut Table,
    ) -> Result<usize, Error> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let block = raw.get(..self.ext).ok_or(Error::TooLarge)?;
        let body = raw.get(self.ext..self.at).ok_or(Error::TooLarge)?;
        match self.target {
            Target::Extension(kind) => {
                ext::read(kind, body).ok_or(Error::UnknownExt)??;
                write_bytes(body, out, 0)
            }
            Target::Frame(head) => {
                let side = check(&head, block, body, inner)?;
                let len = finish(head, block, body, out, table)?;
                let most = match side {
                    Side::Up => limit::FRAME_UP_BYTES_MAX,
                    Side::Down => limit::FRAME_DOWN_BYTES_MAX,
                };
                if len > most {
                    Err(Error::TooLarge)
                } else {
                    Ok(len)
                }
            }
        }
    }

    fn put_sized(&mut self, bytes: &[u8], raw: &mut [u8]) {
        self.put_varint(bytes.len() as u64, raw);
        self.put_bytes(bytes, raw);
    }

    fn advance(&mut self, write: impl FnOnce(usize) -> Result<usize, Error>) {
        if self.fault.is_none() {
            match write(self.at) {
                Ok(at) => self.at = at,
                // The raw memory is what is too short, not the frame.
                Err(Error::TooLarge) => self.fault = Some(Error::BodyTooLarge),
                Err(error) => self.fault = Some(error),
            }
        }
    }

    fn fail(&mut self, fault: Error) {
        self.fault = self.fault.or(Some(fault));
    }
}

/// Checks 8 to 20 on a frame to be written, and which way it goes.
fn check(head: &Head, block: &[u8], body: &[u8], inner: &mut [u8]) -> Result<Side, Error> {
    let rules = head.kind.rules();
    if head.seq != 0 || head.sender != 0 || rules.up.is_none() {
        return check_as(Side::Down, head, block, body, inner);
    }
    let up = check_as(Side::Up, head, block, body, inner);
    match up {
        // Kinds whose header does not tell the direction: only the body can.
        Err(up) if rules.down.is_some() && rules.sender == Sender::Room => {
            let down = check_as(Side::Down, head, block, body, inner);
            // The later check is the one of the direction that was meant.
            down.map_err(|down| {
                if up.reason() > down.reason() {
                    up
                } else {
                    down
                }
            })
        }
        _ => up,
    }
}

fn check_as(
    side: Side,
    head: &Head,
    block: &[u8],
    body: &[u8],
    inner: &mut [u8],
) -> Result<Side, Error> {
    let rules = head.kind.rules();
    if rules.id(side).is_none() {
        return Err(Error::WrongDirection);
    }
    rules.check_seq(side, head.seq)?;
    rules.check_id(side, head.id.is_some())?;
    rules.check_sender(side, head.sender)?;
    if block.len() > limit::EXT_BYTES_MAX {
        return Err(Error::BadExt);
    }
    ext::check(block, may_extend(head.kind, side))?;
    let most = match side {
        Side::Up => limit::BODY_UP_BYTES_MAX,
        Side::Down => limit::BODY_DOWN_BYTES_MAX,
    };
    if body.len() > most {
        return Err(Error::BodyTooLarge);
    }
    let mut facts = Facts::default();
    body::read(head.kind, side, body, &mut facts)?;
    list::check(head.kind, &facts, body, inner)?;
    Ok(side)
}

/// Frames a checked body: header, extension block, body section (compressed when it pays), checksum. Gives the length in `out`.
pub(crate) fn finish(
    mut head: Head,
    block: &[u8],
    body: &[u8],
    out: &mut [u8],
    table: &mut Table,
) -> Result<usize, Error> {
    if !block.is_empty() {
        head.flags |= EXT;
    }
    let mut at = head.write(out)?;
    if !block.is_empty() {
        at = write_varint(block.len() as u64, out, at)?;
        at = write_bytes(block, out, at)?;
    }
    let end = match compress(body, out, at, table) {
        Some(end) => {
            head.flags |= LZ4;
            head.write(out)?;
            end
        }
        None => {
            let at = write_varint(body.len() as u64, out, at)?;
            write_bytes(body, out, at)?
        }
    };
    write_crc(out, end)
}

/// Writes the compressed body section at `at` and gives its end, or `None` where that does not pay or has no room.
fn compress(body: &[u8], out: &mut [u8], at: usize, table: &mut Table) -> Option<usize> {
    if body.len() < LZ4_RAW_BYTES_MIN {
        return None;
    }
    // The block's length is not known before the block: it is written behind room for both lengths and moved down.
    let room = at + 2 * VARINT_BYTES_MAX;
    let len = lz4::compress(body, out.get_mut(room..)?, table)?;
    if len + LZ4_GAIN_BYTES_MIN >= body.len() {
        return None;
    }
    let at = varint::write(body.len() as u64, out, at)?;
    let at = varint::write(len as u64, out, at)?;
    out.copy_within(room..room + len, at);
    Some(at + len)
}
