//! Lists in bodies: walking their entries, what may stand in a BATCH or HISTORY_PAGE (PROTOCOL.md, section 7), and packing
//! frames into as few BATCH frames as they fit. Single fields are read by `body`, inner frames by `frame`.

use crate::body::{self, Entry, Facts, Field, Reader, Span};
use crate::error::Error;
use crate::frame::{CRC_BYTES, Head, Index, check_crc, decode_bare, write_bytes, write_varint};
use crate::kind::{Kind, Place, Side};
use crate::limit;
use crate::lz4::Table;
use crate::varint;
use crate::write::finish;

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A row of fields; its places count from the start of the body.
    Row(Facts),
    /// A user ref.
    Ref(u64),
    /// An inner frame: where it stands in the body, and what it says. The places count from its own start.
    Frame(Span, Index),
}

/// Walks the list of a checked body. The body comes with every call, so the walk can rest between calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries {
    entry: Option<Entry>,
    at: usize,
    left: usize,
}

impl Entries {
    /// The walk over the list of a body of this kind; a kind without list has no entries.
    #[must_use]
    pub fn of(kind: Kind, side: Side, facts: &Facts, body: &[u8]) -> Self {
        let layout = body::layout(kind, side, body.first().copied());
        Self::over(layout.unwrap_or_default(), facts)
    }

    /// The walk over the list of an extension value of this type (FILES).
    #[must_use]
    pub fn of_extension(kind: u64, facts: &Facts) -> Self {
        Self::over(body::extension(kind).unwrap_or_default(), facts)
    }

    /// The walk over the refs of a TALLY row.
    #[must_use]
    pub const fn of_refs(row: &Facts) -> Self {
        Self {
            entry: Some(Entry::Ref),
            at: row.list_at,
            left: row.count,
        }
    }

    fn over(fields: body::Fields, facts: &Facts) -> Self {
        let entry = match fields.last() {
            Some((_, Field::List(list))) => Some(list.entry),
            _ => None,
        };
        Self {
            entry,
            at: facts.list_at,
            left: facts.count,
        }
    }

    /// The next entry of the list in `body`, `None` at the end. `inner` takes the body of an inner frame that is compressed.
    ///
    /// # Errors
    /// None on a body that was checked; on other bytes the check that fails.
    pub fn next(&mut self, body: &[u8], inner: &mut [u8]) -> Result<Option<Item>, Error> {
        let (Some(entry), Some(left)) = (self.entry, self.left.checked_sub(1)) else {
            return Ok(None);
        };
        let mut reader = Reader::new(body, self.at);
        let item = match entry {
            Entry::Row(fields) => {
                let mut facts = Facts::default();
                reader.row(fields, &mut facts)?;
                Item::Row(facts)
            }
            Entry::Ref => Item::Ref(reader.varint()?),
            Entry::Frame => {
                let bare = reader.frame()?;
                Item::Frame(bare, decode_bare(bare.of(body), inner)?)
            }
        };
        (self.at, self.left) = (reader.at, left);
        Ok(Some(item))
    }
}

/// Check 20: the inner frames of a body whose own fields are all right. Other kinds have none.
pub(crate) fn check(kind: Kind, facts: &Facts, body: &[u8], inner: &mut [u8]) -> Result<(), Error> {
    match kind {
        Kind::Batch => check_batch(facts, body, inner),
        Kind::HistoryPage => check_page(facts, body, inner),
        _ => return Ok(()),
    }
    .map_err(|_| Error::BadInner)
}

fn check_batch(facts: &Facts, body: &[u8], inner: &mut [u8]) -> Result<(), Error> {
    let mut walk = Entries::of(Kind::Batch, Side::Down, facts, body);
    while let Some(item) = walk.next(body, inner)? {
        if !matches!(item, Item::Frame(_, index) if may_batch(&index)) {
            return Err(Error::BadInner);
        }
    }
    Ok(())
}

fn may_batch(index: &Index) -> bool {
    index
        .kind
        .is_none_or(|kind| kind.rules().place == Place::Anywhere)
}

/// One PEOPLE, then MSG and SYSTEM by rising seq, each MSG followed by its TALLY if it has one; or nothing at all. A skipped
/// frame is counted and otherwise as if absent.
fn check_page(facts: &Facts, body: &[u8], inner: &mut [u8]) -> Result<(), Error> {
    let [_flags, _as_of, first_seq, last_seq, ..] = facts.integers;
    let mut people = false;
    let mut seqs = None;
    let mut untallied = None;
    let mut walk = Entries::of(Kind::HistoryPage, Side::Down, facts, body);
    while let Some(item) = walk.next(body, inner)? {
        let Item::Frame(_, index) = item else {
            return Err(Error::BadInner);
        };
        match index.kind {
            None => {}
            Some(Kind::People) if !people => people = true,
            Some(kind @ (Kind::Msg | Kind::System)) if people => {
                seqs = match seqs {
                    None => Some((index.seq, index.seq)),
                    Some((first, last)) if index.seq > last => Some((first, index.seq)),
                    Some(_) => return Err(Error::BadInner),
                };
                untallied = (kind == Kind::Msg).then_some(index.seq);
            }
            Some(Kind::Tally) if untallied == Some(index.facts.integers[0]) => untallied = None,
            Some(_) => return Err(Error::BadInner),
        }
    }
    let told = match seqs {
        None if facts.count == 0 => (0, 0),
        None => return Err(Error::BadInner),
        Some(seqs) => seqs,
    };
    if told == (first_seq, last_seq) {
        Ok(())
    } else {
        Err(Error::BadInner)
    }
}

/// What became of a frame that was to be added to a [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in.
    Taken,
    /// It does not fit behind what is in: end this batch, then add it to a new one.
    Full,
    /// It can be in no batch of this size and travels alone. The batch is empty.
    Alone,
}

/// Packs full frames into one BATCH of at most `bytes_max` bytes. A batch of one frame says nothing that the frame does not say
/// alone, and is longer.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    ts: u64,
    bytes_max: usize,
    count: usize,
    /// Where the next entry goes; the first starts behind room for the count.
    at: usize,
}

/// Room for a count up to `LIST_ENTRIES_MAX`.
const COUNT_BYTES_MAX: usize = 2;

impl Batch {
    /// An empty batch, sent at `ts`, of at most `bytes_max` bytes.
    #[must_use]
    pub fn new(ts: u64, bytes_max: usize) -> Self {
        Self {
            ts,
            bytes_max: bytes_max.min(limit::FRAME_DOWN_BYTES_MAX),
            count: 0,
            at: COUNT_BYTES_MAX,
        }
    }

    /// Frames in it.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Adds a full frame going down. The body grows in `raw`, which must be the same memory in each call; `inner` is scratch.
    ///
    /// # Errors
    /// The check that the frame fails.
    pub fn add(&mut self, frame: &[u8], raw: &mut [u8], inner: &mut [u8]) -> Result<Added, Error> {
        if frame.len() < limit::FRAME_BYTES_MIN {
            return Err(Error::TooShort);
        }
        let bare = check_crc(frame)?;
        let fits = match decode_bare(bare, inner) {
            Ok(index) => may_batch(&index),
            // A long list is a frame of its own; inside another one its body would be over the limit.
            Err(Error::BodyTooLarge) => false,
            Err(error) => return Err(error),
        };
        let end = self.at + varint::len(bare.len() as u64) + bare.len();
        if !fits
            || self.count == limit::LIST_ENTRIES_MAX
            || self.frame_bytes(end) > self.bytes_max
            || end > raw.len()
        {
            return Ok(if self.count == 0 {
                Added::Alone
            } else {
                Added::Full
            });
        }
        let at = write_varint(bare.len() as u64, raw, self.at)?;
        self.at = write_bytes(bare, raw, at)?;
        self.count += 1;
        Ok(Added::Taken)
    }

    /// Bytes of the uncompressed frame with one entry more, the last one ending at `end`.
    fn frame_bytes(&self, end: usize) -> usize {
        let body = varint::len(self.count as u64 + 1) + end - COUNT_BYTES_MAX;
        // Magic to flags, seq, ts, idLen, sender, bodyLen, body, CRC.
        4 + 1 + varint::len(self.ts) + 1 + 1 + varint::len(body as u64) + body + CRC_BYTES
    }

    /// Writes the BATCH frame to `out` and gives its length.
    ///
    /// # Errors
    /// `BadBody` when it is empty, `BadVarint` for a `ts` above `VARINT_MAX`, `TooLarge` when `out` is too short.
    pub fn end(&self, raw: &mut [u8], out: &mut [u8], table: &mut Table) -> Result<usize, Error> {
        if self.count == 0 {
            return Err(Error::BadBody);
        }
        let start = COUNT_BYTES_MAX - varint::len(self.count as u64);
        write_varint(self.count as u64, raw, start)?;
        let body = raw.get(start..self.at).ok_or(Error::TooLarge)?;
        let head = Head {
            kind: Kind::Batch,
            flags: 0,
            seq: 0,
            ts: self.ts,
            id: None,
            sender: 0,
        };
        finish(head, &[], body, out, table)
    }
}
