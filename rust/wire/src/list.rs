//! Lists in bodies: walking their entries, and what may stand in a BATCH or HISTORY_PAGE (PROTOCOL.md, section 7). Single fields
//! are read by `body`, inner frames by `frame`; `batch` packs what is walked here.

use crate::body::{self, Entry, Facts, Field, Reader, Span};
use crate::error::Error;
use crate::frame::{Index, decode_bare};
use crate::kind::{Kind, Place, Side};

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

/// Whether a frame, of a known kind or to be skipped, may stand in a BATCH.
pub(crate) fn may_batch(index: &Index) -> bool {
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
