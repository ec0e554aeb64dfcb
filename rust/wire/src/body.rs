//! The layouts of bodies and extension values (PROTOCOL.md, section 7) as one table, and the reader that holds bytes to it.
//! Readers and writers use the same table and the same check; headers, compression and inner frames are not known here.

use crate::error::Error;
use crate::kind::{Kind, Side};
use crate::limit;
use crate::varint;

/// A row of fields, each under its name in the protocol.
pub type Fields = &'static [(&'static str, Field)];

/// One field of a body, an entry or an extension value.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// One byte in `least..=most`, else `BadBody`.
    U8 {
        /// The lowest value.
        least: u8,
        /// The highest value.
        most: u8,
    },
    /// Two bytes, little endian, any value.
    U16,
    /// A varint; below `least` is `BadBody`, above `most` is `OverLimit`.
    Varint {
        /// The lowest value.
        least: u64,
        /// The highest value.
        most: u64,
    },
    /// A varint that must be 0, else `BadBody`.
    Zero,
    /// A varint that must be 0 when the fixed bytes before it are all 0, else `BadBody`.
    Cursor,
    /// So many raw bytes.
    Fixed(usize),
    /// A str; shorter than `least` is `BadBody`, longer than `most` is `OverLimit`.
    Str {
        /// The fewest bytes.
        least: usize,
        /// The most bytes.
        most: usize,
    },
    /// A str of 1 to `EMOJI_BYTES_MAX` bytes without blanks and control characters.
    Emoji,
    /// A varint count and so many entries.
    List(List),
}

/// A counted list.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// What each entry is.
    pub entry: Entry,
    /// The lowest count; below it is `BadBody`.
    pub least: usize,
    /// The highest count. For refs it holds for all lists of the body together.
    pub most: usize,
    /// What a count above `most` is.
    pub over: Error,
}

/// One entry of a list.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A row of fields.
    Row(Fields),
    /// One ref, a varint.
    Ref,
    /// A varint length and a bare frame.
    Frame,
}

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

const ANY: Field = varint_within(0, limit::VARINT_MAX);
const BYTE: Field = byte_within(0, u8::MAX);
const ROLE: Field = byte_within(1, 3);
const EPOCH: Field = Field::Fixed(8);
const TEXT_UP: Field = str_within(1, limit::TEXT_BYTES_MAX);
const TEXT_DOWN: Field = str_within(0, limit::TEXT_BYTES_MAX);
const TITLE: Field = str_within(0, limit::TITLE_BYTES_MAX);

const HELLO: Fields = &[
    ("epoch", EPOCH),
    ("lastSeq", Field::Cursor),
    ("features", ANY),
    ("maxFrame", varint_within(65_536, limit::VARINT_MAX)),
    ("client", str_within(0, limit::CLIENT_BYTES_MAX)),
];
const WELCOME: Fields = &[
    ("outcome", byte_within(0, 2)),
    ("epoch", EPOCH),
    ("headSeq", ANY),
    ("oldestSeq", ANY),
    ("startSeq", ANY),
    ("selfRef", ANY),
    ("conn", ANY),
    ("role", ROLE),
    ("expiresAt", ANY),
    ("features", ANY),
    ("windowSoft", ANY),
    ("windowHard", ANY),
    ("slowModeMs", ANY),
    ("roomId", str_within(0, limit::ROOM_ID_BYTES_MAX)),
    ("title", TITLE),
];
const RESET: Fields = &[
    ("reason", byte_within(1, 4)),
    ("epoch", EPOCH),
    ("oldestSeq", ANY),
    ("headSeq", ANY),
    ("startSeq", ANY),
];
const MSG_UP: Fields = &[("replyTo", ANY), ("text", TEXT_UP)];
const MSG_DOWN: Fields = &[("replyTo", ANY), ("text", TEXT_DOWN)];
const EDIT_UP: Fields = &[("target", ANY), ("text", TEXT_UP)];
const EDIT_DOWN: Fields = &[("target", ANY), ("text", TEXT_DOWN)];
const DELETE: Fields = &[("target", ANY)];
const REACT: Fields = &[("target", ANY), ("emoji", Field::Emoji)];
const TYPING: Fields = &[("state", byte_within(0, 1))];
const PRESENCE_SNAPSHOT: Fields = &[
    ("op", BYTE),
    ("connections", ANY),
    ("people", ANY),
    (
        "list",
        rows(&[("conn", ANY), ("ref", ANY), ("state", byte_within(1, 2))]),
    ),
];
const PRESENCE_DELTA: Fields = &[
    ("op", BYTE),
    ("connections", ANY),
    ("people", ANY),
    (
        "list",
        rows(&[("conn", ANY), ("ref", ANY), ("state", byte_within(0, 2))]),
    ),
];
const PRESENCE_OWN: Fields = &[("op", BYTE), ("state", byte_within(1, 2))];
const PRESENCE_TOTALS: Fields = &[("op", BYTE), ("connections", ANY), ("people", ANY)];
const RECEIPT_UP: Fields = &[(
    "list",
    Field::List(List {
        entry: Entry::Row(&[("ref", Field::Zero), ("upTo", ANY)]),
        least: 1,
        most: 1,
        over: Error::BadBody,
    }),
)];
const RECEIPT_DOWN: Fields = &[("list", rows(&[("ref", ANY), ("upTo", ANY)]))];
const ACK: Fields = &[("status", byte_within(0, 2)), ("seq", ANY), ("ts", ANY)];
const ERROR: Fields = &[
    ("code", Field::U16),
    ("retryAfterMs", ANY),
    ("text", str_within(0, limit::ERROR_TEXT_BYTES_MAX)),
];
const HISTORY_REQ: Fields = &[
    ("direction", byte_within(0, 1)),
    ("from", ANY),
    ("limit", varint_within(1, limit::PAGE_ENTRIES_MAX as u64)),
];
const HISTORY_PAGE: Fields = &[
    ("flags", BYTE),
    ("asOf", ANY),
    ("firstSeq", ANY),
    ("lastSeq", ANY),
    ("list", list(Entry::Frame, 0, limit::LIST_ENTRIES_MAX)),
];
const CREDIT: Fields = &[("consumed", ANY)];
const AUTH_REFRESH_UP: Fields = &[("ticket", str_within(0, limit::TICKET_BYTES_MAX))];
const AUTH_REFRESH_DOWN: Fields = &[("expiresAt", ANY), ("role", ROLE)];
const SYSTEM: Fields = &[("event", ANY), ("subject", ANY), ("text", TITLE)];
const PEOPLE: Fields = &[(
    "list",
    rows(&[
        ("ref", ANY),
        ("flags", BYTE),
        ("userId", str_within(0, limit::USER_ID_BYTES_MAX)),
        ("name", str_within(0, limit::NAME_BYTES_MAX)),
    ]),
)];
const PEOPLE_REQ: Fields = &[("refs", list(Entry::Ref, 1, limit::PEOPLE_REQ_MAX))];
const BATCH: Fields = &[("list", list(Entry::Frame, 1, limit::LIST_ENTRIES_MAX))];
const TALLY: Fields = &[
    ("target", ANY),
    ("asOf", ANY),
    (
        "list",
        rows(&[
            ("emoji", Field::Emoji),
            ("total", ANY),
            ("refs", list(Entry::Ref, 0, limit::TALLY_REFS_MAX)),
        ]),
    ),
];

const EDITED: Fields = &[("editSeq", ANY), ("editTs", ANY)];
const ERASED: Fields = &[("deleteSeq", ANY), ("deleteTs", ANY), ("by", ANY)];
const FILES: Fields = &[(
    "list",
    rows(&[
        ("fileId", Field::Fixed(limit::ID_BYTES)),
        ("name", str_within(0, limit::FILE_NAME_BYTES_MAX)),
        ("mime", str_within(0, limit::FILE_MIME_BYTES_MAX)),
        ("size", ANY),
        ("width", ANY),
        ("height", ANY),
    ]),
)];

const fn varint_within(least: u64, most: u64) -> Field {
    Field::Varint { least, most }
}

const fn byte_within(least: u8, most: u8) -> Field {
    Field::U8 { least, most }
}

const fn str_within(least: usize, most: usize) -> Field {
    Field::Str { least, most }
}

const fn list(entry: Entry, least: usize, most: usize) -> Field {
    Field::List(List {
        entry,
        least,
        most,
        over: Error::OverLimit,
    })
}

const fn rows(fields: Fields) -> Field {
    list(Entry::Row(fields), 0, limit::LIST_ENTRIES_MAX)
}

/// The layout of a body; `first` is its first byte, which tells PRESENCE bodies apart.
///
/// # Errors
/// `WrongDirection` when the kind may not travel this way, `BadBody` for an op of PRESENCE that may not.
pub fn layout(kind: Kind, side: Side, first: Option<u8>) -> Result<Fields, Error> {
    if kind.rules().id(side).is_none() {
        return Err(Error::WrongDirection);
    }
    Ok(match (kind, side) {
        (Kind::Hello, _) => HELLO,
        (Kind::Welcome, _) => WELCOME,
        (Kind::Reset, _) => RESET,
        (Kind::Msg, Side::Up) => MSG_UP,
        (Kind::Msg, Side::Down) => MSG_DOWN,
        (Kind::Edit, Side::Up) => EDIT_UP,
        (Kind::Edit, Side::Down) => EDIT_DOWN,
        (Kind::Delete, _) => DELETE,
        (Kind::React | Kind::Unreact, _) => REACT,
        (Kind::Typing, _) => TYPING,
        (Kind::Presence, side) => match (side, first) {
            (Side::Down, Some(0)) => PRESENCE_SNAPSHOT,
            (Side::Down, Some(1)) => PRESENCE_DELTA,
            (Side::Up, Some(2)) => PRESENCE_OWN,
            (Side::Down, Some(3)) => PRESENCE_TOTALS,
            _ => return Err(Error::BadBody),
        },
        (Kind::Receipt, Side::Up) => RECEIPT_UP,
        (Kind::Receipt, Side::Down) => RECEIPT_DOWN,
        (Kind::Ack, _) => ACK,
        (Kind::Error, _) => ERROR,
        (Kind::HistoryReq, _) => HISTORY_REQ,
        (Kind::HistoryPage, _) => HISTORY_PAGE,
        (Kind::Credit, _) => CREDIT,
        (Kind::AuthRefresh, Side::Up) => AUTH_REFRESH_UP,
        (Kind::AuthRefresh, Side::Down) => AUTH_REFRESH_DOWN,
        (Kind::System, _) => SYSTEM,
        (Kind::People, _) => PEOPLE,
        (Kind::PeopleReq, _) => PEOPLE_REQ,
        (Kind::Batch, _) => BATCH,
        (Kind::Tally, _) => TALLY,
    })
}

/// The layout of an extension value known in this protocol; they are defined on MSG going down.
#[must_use]
pub const fn extension(kind: u64) -> Option<Fields> {
    match kind {
        2 => Some(EDITED),
        4 => Some(ERASED),
        6 => Some(FILES),
        _ => None,
    }
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
        match core::str::from_utf8(bytes) {
            Ok(_) => Ok(span),
            Err(_) => Err(Error::BadUtf8),
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

/// Fills the next slot. A layout never has more fields than there are slots: the test below counts them.
fn put<'a, T: 'a>(slots: &mut impl Iterator<Item = &'a mut T>, value: T) {
    if let Some(slot) = slots.next() {
        *slot = value;
    }
}
