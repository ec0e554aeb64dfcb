//! The table of kinds (PROTOCOL.md, section 6): who may send what, with which header. No bytes are read here.

use crate::error::Error;

/// Which way a frame travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Client to server.
    Up,
    /// Server to client.
    Down,
}

/// A kind of frame; its number is the byte on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // The names are the protocol's own; each is told in the table below.
pub enum Kind {
    Hello = 1,
    Welcome = 2,
    Reset = 3,
    Msg = 4,
    Edit = 5,
    Delete = 6,
    React = 7,
    Unreact = 8,
    Typing = 9,
    Presence = 10,
    Receipt = 11,
    Ack = 12,
    Error = 13,
    HistoryReq = 14,
    HistoryPage = 15,
    Credit = 16,
    AuthRefresh = 17,
    System = 18,
    People = 19,
    PeopleReq = 20,
    Batch = 21,
    Tally = 22,
}

/// Whether a frame carries a client message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// It must.
    Required,
    /// It must not.
    Absent,
    /// It may.
    Optional,
}

/// What `sender` must be on a frame going down; going up it is always 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A user's ref.
    User,
    /// A user's ref, or 0 for the room.
    Any,
    /// 0, the room.
    Room,
}

/// Where a frame going down may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As a frame of its own, and in a BATCH.
    Anywhere,
    /// Only as a frame of its own.
    Alone,
    /// Only in a HISTORY_PAGE.
    Page,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The kind.
    pub kind: Kind,
    /// Its name in the protocol.
    pub name: &'static str,
    /// The id rule going up; `None` when it may not go up.
    pub up: Option<Id>,
    /// The id rule going down; `None` when it may not go down.
    pub down: Option<Id>,
    /// Whether it is stored in the room's log with a seq.
    pub logged: bool,
    /// Its sender going down.
    pub sender: Sender,
    /// Where it may stand going down.
    pub place: Place,
}

/// The lowest and the highest number of kinds that an older peer skips (section 14).
pub const SKIPPED: core::ops::RangeInclusive<u8> = 64..=127;

const R: Option<Id> = Some(Id::Required);
const N: Option<Id> = Some(Id::Absent);
const O: Option<Id> = Some(Id::Optional);
const LOG: bool = true;
const TELL: bool = false;

#[rustfmt::skip]
const TABLE: [Rules; 22] = [
    // kind, name, id up, id down, log, sender down, place down
    row(Kind::Hello,       "HELLO",        N,    None, TELL, Sender::Room, Place::Alone),
    row(Kind::Welcome,     "WELCOME",      None, N,    TELL, Sender::Room, Place::Alone),
    row(Kind::Reset,       "RESET",        None, N,    TELL, Sender::Room, Place::Alone),
    row(Kind::Msg,         "MSG",          R,    R,    LOG,  Sender::User, Place::Anywhere),
    row(Kind::Edit,        "EDIT",         R,    R,    LOG,  Sender::User, Place::Anywhere),
    row(Kind::Delete,      "DELETE",       R,    R,    LOG,  Sender::User, Place::Anywhere),
    row(Kind::React,       "REACT",        R,    R,    LOG,  Sender::User, Place::Anywhere),
    row(Kind::Unreact,     "UNREACT",      R,    R,    LOG,  Sender::User, Place::Anywhere),
    row(Kind::Typing,      "TYPING",       N,    N,    TELL, Sender::User, Place::Anywhere),
    row(Kind::Presence,    "PRESENCE",     N,    N,    TELL, Sender::Room, Place::Anywhere),
    row(Kind::Receipt,     "RECEIPT",      N,    N,    TELL, Sender::Room, Place::Anywhere),
    row(Kind::Ack,         "ACK",          None, R,    TELL, Sender::Room, Place::Anywhere),
    row(Kind::Error,       "ERROR",        None, O,    TELL, Sender::Room, Place::Anywhere),
    row(Kind::HistoryReq,  "HISTORY_REQ",  R,    None, TELL, Sender::Room, Place::Alone),
    row(Kind::HistoryPage, "HISTORY_PAGE", None, R,    TELL, Sender::Room, Place::Alone),
    row(Kind::Credit,      "CREDIT",       N,    None, TELL, Sender::Room, Place::Alone),
    row(Kind::AuthRefresh, "AUTH_REFRESH", R,    O,    TELL, Sender::Room, Place::Anywhere),
    row(Kind::System,      "SYSTEM",       None, N,    LOG,  Sender::Any,  Place::Anywhere),
    row(Kind::People,      "PEOPLE",       None, O,    TELL, Sender::Room, Place::Anywhere),
    row(Kind::PeopleReq,   "PEOPLE_REQ",   R,    None, TELL, Sender::Room, Place::Alone),
    row(Kind::Batch,       "BATCH",        None, N,    TELL, Sender::Room, Place::Alone),
    row(Kind::Tally,       "TALLY",        None, N,    TELL, Sender::Room, Place::Page),
];

const fn row(
    kind: Kind,
    name: &'static str,
    up: Option<Id>,
    down: Option<Id>,
    logged: bool,
    sender: Sender,
    place: Place,
) -> Rules {
    Rules {
        kind,
        name,
        up,
        down,
        logged,
        sender,
        place,
    }
}

impl Kind {
    /// The kind with this number, if one is assigned.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        let row = TABLE.get(usize::from(number).checked_sub(1)?)?;
        Some(row.kind)
    }

    /// Its row of the table.
    #[must_use]
    pub const fn rules(self) -> &'static Rules {
        &TABLE[self as usize - 1]
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Every kind by rising number.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.kind)
    }
}

impl Rules {
    /// The id rule in a direction; `None` when the kind may not travel this way.
    #[must_use]
    pub const fn id(&self, side: Side) -> Option<Id> {
        match side {
            Side::Up => self.up,
            Side::Down => self.down,
        }
    }

    /// Check 11 for seq.
    ///
    /// # Errors
    /// `BadStamp`.
    pub const fn check_seq(&self, side: Side, seq: u64) -> Result<(), Error> {
        let numbered = matches!(side, Side::Down) && self.logged;
        if (seq != 0) == numbered {
            Ok(())
        } else {
            Err(Error::BadStamp)
        }
    }

    /// Check 11 for sender.
    ///
    /// # Errors
    /// `BadStamp`.
    pub const fn check_sender(&self, side: Side, sender: u64) -> Result<(), Error> {
        let fits = match (side, self.sender) {
            (Side::Up, _) | (Side::Down, Sender::Room) => sender == 0,
            (Side::Down, Sender::User) => sender != 0,
            (Side::Down, Sender::Any) => true,
        };
        if fits { Ok(()) } else { Err(Error::BadStamp) }
    }

    /// Check 10 for the presence of the id.
    ///
    /// # Errors
    /// `WrongDirection`, or `BadId`.
    pub const fn check_id(&self, side: Side, present: bool) -> Result<(), Error> {
        match (self.id(side), present) {
            (None, _) => Err(Error::WrongDirection),
            (Some(Id::Required), false) | (Some(Id::Absent), true) => Err(Error::BadId),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_numbers() {
        for (index, kind) in Kind::all().enumerate() {
            assert_eq!(usize::from(kind.number()), index + 1);
            assert_eq!(Kind::of(kind.number()), Some(kind));
            assert_eq!(kind.rules().kind, kind);
        }
        assert_eq!(Kind::of(0), None);
        assert_eq!(Kind::of(23), None);
    }
}
