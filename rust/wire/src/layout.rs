//! The layouts of bodies and extension values (PROTOCOL.md, section 7) as one table of named fields. Nothing is read here.

use crate::error::Error;
use crate::kind::{Kind, Side};
use crate::limit;

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
