//! Reading bodies and extension values field by field, held to the table of `layout`. Readers and writers use the same check;
//! headers, compression and inner frames are not known here.

use crate::error::Error;
use crate::kind::{Kind, Side};
use crate::limit;
use crate::varint;

pub use crate::layout::{Entry, Field, Fields, List, extension, layout};

/// A place in a body: offset of the first byte and length, both in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub at: usize,
    /// Length.
    pub len: usize,
}

impl Span {
    /// The bytes of this place in `bytes`; nothing where it is not inside.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        let rest = bytes.get(self.at..).unwrap_or_default();
        rest.get(..self.len).unwrap_or_default()
    }
}

/// Most integers of one body (WELCOME).
pub const INTEGERS_MAX: usize = 12;
/// Most strings of one body or entry.
pub const STRINGS_MAX: usize = 2;

/// What a body or an entry says, as numbers and places in the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The integers in layout order, without counts; 0 behind the last.
    pub integers: [u64; INTEGERS_MAX],
    /// The strings in layout order; empty behind the last.
    pub strings: [Span; STRINGS_MAX],
    /// The fixed bytes (epoch or file id).
    pub fixed: Option<Span>,
    /// Number of entries of the list, 0 without one.
    pub count: usize,
    /// Where the list's first entry starts.
    pub list_at: usize,
}

/// Reads a whole body into `facts`: every field in order, then nothing left over. Inner frames are only measured.
///
/// # Errors
/// Checks 9 and 17 to 19, field by field.
pub fn read(kind: Kind, side: Side, body: &[u8], facts: &mut Facts) -> Result<(), Error> {
    read_whole(layout(kind, side, body.first().copied())?, body, facts)
}

/// Reads bytes that must be exactly these fields. In place: handing so many numbers up through results costs half of a decode.
///
/// # Errors
/// As [`read`].
pub fn read_whole(fields: Fields, bytes: &[u8], facts: &mut Facts) -> Result<(), Error> {
    let mut reader = Reader::new(bytes, 0);
    reader.row(fields, facts)?;
    if reader.at == bytes.len() {
        Ok(())
    } else {
        Err(Error::BadBody)
    }
}

/// A place in bytes that are read field by field.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// Offset of the next field.
    pub(crate) at: usize,
    /// Refs counted so far, over all lists of the body.
    refs: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, refs: 0 }
    }

    /// Reads one row of fields into `facts`, whatever they held before.
    pub(crate) fn row(&mut self, fields: Fields, facts: &mut Facts) -> Result<(), Error> {
        *facts = Facts::default();
        let (mut integers, mut strings) = (facts.integers.iter_mut(), facts.strings.iter_mut());
        for (_, field) in fields {
            let integer = match field {
                Field::U8 { least, most } => self.byte(*least, *most)?,
                Field::U16 => self.half()?,
                Field::Varint { least, most } => self.number(*least, *most)?,
                Field::Zero => self.must(|value| value == 0)?,
                Field::Cursor => {
                    let fresh = facts
                        .fixed
                        .is_some_and(|span| span.of(self.bytes).iter().all(|byte| *byte == 0));
                    self.must(|value| value == 0 || !fresh)?
                }
                Field::Fixed(len) => {
                    facts.fixed = Some(self.take(*len)?);
                    continue;
                }
                Field::Str { least, most } => {
                    put(&mut strings, self.string(*least, *most, false)?);
                    continue;
                }
                Field::Emoji => {
                    put(&mut strings, self.string(1, limit::EMOJI_BYTES_MAX, true)?);
                    continue;
                }
                Field::List(list) => {
                    (facts.count, facts.list_at) = self.count(list)?;
                    self.entries(list, facts.count)?;
                    continue;
                }
            };
            put(&mut integers, integer);
        }
        Ok(())
    }

    /// Reads the count of a list; gives it with the place of the first entry.
    fn count(&mut self, list: &List) -> Result<(usize, usize), Error> {
        let count = self.varint()?;
        // Every entry takes a byte at least, so no list is longer than what is left.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > self.left() || count < list.least {
            return Err(Error::BadBody);
        }
        let before = if let Entry::Ref = list.entry {
            self.refs
        } else {
            0
        };
        if count > list.most - before {
            return Err(list.over);
        }
        if let Entry::Ref = list.entry {
            self.refs += count;
        }
        Ok((count, self.at))
    }

    fn entries(&mut self, list: &List, count: usize) -> Result<(), Error> {
        let mut facts = Facts::default();
        for _ in 0..count {
            match list.entry {
                Entry::Row(fields) => self.row(fields, &mut facts)?,
                Entry::Ref => drop(self.varint()?),
                Entry::Frame => drop(self.frame()?),
            }
        }
        Ok(())
    }

    /// Reads the length of an inner frame and steps over its bytes.
    pub(crate) fn frame(&mut self) -> Result<Span, Error> {
        let len = self.varint()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, Error> {
        let (value, next) = varint::read(self.bytes, self.at)?;
        self.at = next;
        Ok(value)
    }

    fn number(&mut self, least: u64, most: u64) -> Result<u64, Error> {
        let value = self.must(|value| value >= least)?;
        if value > most {
            Err(Error::OverLimit)
        } else {
            Ok(value)
        }
    }

    fn must(&mut self, holds: impl FnOnce(u64) -> bool) -> Result<u64, Error> {
        let value = self.varint()?;
        if holds(value) {
            Ok(value)
        } else {
            Err(Error::BadBody)
        }
    }

    fn byte(&mut self, least: u8, most: u8) -> Result<u64, Error> {
        let span = self.take(1)?;
        match span.of(self.bytes) {
            [value] if (least..=most).contains(value) => Ok(u64::from(*value)),
            _ => Err(Error::BadBody),
        }
    }

    fn half(&mut self) -> Result<u64, Error> {
        let span = self.take(2)?;
        match span.of(self.bytes) {
            [low, high] => Ok(u64::from(u16::from_le_bytes([*low, *high]))),
            _ => Err(Error::BadBody),
        }
    }

    fn string(&mut self, least: usize, most: usize, emoji: bool) -> Result<Span, Error> {
        let len = self.varint()?;
        let span = self.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        let bytes = span.of(self.bytes);
        let forbidden = |byte: &u8| *byte <= 0x20 || *byte == 0x7f;
        if span.len < least || emoji && bytes.iter().any(forbidden) {
            return Err(Error::BadBody);
        }
        if span.len > most {
            return Err(Error::OverLimit);
        }
        if is_ascii(bytes) || core::str::from_utf8(bytes).is_ok() {
            Ok(span)
        } else {
            Err(Error::BadUtf8)
        }
    }

    fn take(&mut self, len: usize) -> Result<Span, Error> {
        if len > self.left() {
            return Err(Error::BadBody);
        }
        let span = Span { at: self.at, len };
        self.at += len;
        Ok(span)
    }

    const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}

/// Whether no byte is above 0x7F. Every byte is looked at, without a branch: that is what the compiler can do 16 at a time, sooner
/// than the library's `from_utf8` in WASM, and most text needs no more.
fn is_ascii(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) < 0x80
}

/// Fills the next slot. A layout never has more fields than there are slots: the test below counts them.
fn put<'a, T: 'a>(slots: &mut impl Iterator<Item = &'a mut T>, value: T) {
    if let Some(slot) = slots.next() {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_above_ascii_is_seen_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..40 {
                let mut bytes = [0; 40];
                bytes[at] = byte;
                assert_eq!(
                    is_ascii(&bytes[..=at]),
                    byte.is_ascii(),
                    "{byte:02x} at {at}"
                );
                assert_eq!(is_ascii(&bytes), byte.is_ascii(), "{byte:02x} at {at}");
            }
        }
    }
}
