//! The extension block of a frame: entries of type, length and value (PROTOCOL.md, sections 2, 4 and 7). What the values say
//! stands in the table of `body`; which frames may carry them is decided in `frame`.

use crate::body::{self, Facts, Span};
use crate::error::Error;
use crate::limit::EXT_ENTRIES_MAX;
use crate::varint;

/// One entry: its type and where its value stands in the bytes that were walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The type; an odd one must be understood.
    pub kind: u64,
    /// The value.
    pub value: Span,
}

/// Walks a block of entries; bytes come with every call, so the walk can rest between calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extensions {
    at: usize,
    end: usize,
}

impl Extensions {
    /// The walk over the block at `block`; none gives no entries.
    #[must_use]
    pub fn of(block: Option<Span>) -> Self {
        let Span { at, len } = block.unwrap_or_default();
        Self { at, end: at + len }
    }

    /// The next entry in `bytes`, `None` at the end.
    ///
    /// # Errors
    /// `BadVarint` or `BadExt` when the entry is malformed or runs off the block.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Option<Extension>, Error> {
        if self.at >= self.end {
            return Ok(None);
        }
        let block = bytes.get(..self.end).ok_or(Error::BadExt)?;
        let (kind, at) = varint::read(block, self.at)?;
        let (len, at) = varint::read(block, at)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > self.end - at {
            return Err(Error::BadExt);
        }
        self.at = at + len;
        let value = Span { at, len };
        Ok(Some(Extension { kind, value }))
    }
}

/// Reads the value of a known type; `None` when the type is not known here.
///
/// # Errors
/// `BadVarint`, or `BadExt` for every other fault.
pub fn read(kind: u64, value: &[u8]) -> Option<Result<Facts, Error>> {
    let fields = body::extension(kind)?;
    let mut facts = Facts::default();
    Some(match body::read_whole(fields, value, &mut facts) {
        Ok(()) => Ok(facts),
        Err(Error::BadVarint) => Err(Error::BadVarint),
        Err(_) => Err(Error::BadExt),
    })
}

/// Checks a whole block, entry by entry. `known` tells whether the frame is one that known types are defined on.
pub(crate) fn check(block: &[u8], known: bool) -> Result<(), Error> {
    let mut walk = Extensions {
        at: 0,
        end: block.len(),
    };
    let mut last = None;
    let mut entries = 0;
    while let Some(Extension { kind, value }) = walk.next(block)? {
        let read = if known {
            read(kind, value.of(block))
        } else {
            None
        };
        if let Some(facts) = read {
            facts?;
        }
        entries += 1;
        if last.is_some_and(|last| kind <= last) || entries > EXT_ENTRIES_MAX {
            return Err(Error::BadExt);
        }
        // Known types are all even, so on a frame they are not defined on they pass as unknown ones do.
        if kind % 2 == 1 {
            return Err(Error::UnknownExt);
        }
        last = Some(kind);
    }
    Ok(())
}
