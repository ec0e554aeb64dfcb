//! Rows that the core does not keep in RAM, on their way into the next batch: vats' stores, what these held before, transcripts, and
//! whole prefixes to be wiped. Their texts are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use crate::limit::ROW_BYTES_MAX;
use crate::refs::VatId;
use crate::snapshot::{transcript_key, transcript_prefix};

/// One change, in the order in which the crank makes them.
#[derive(Debug)]
pub enum Change {
    Set(String, String),
    Delete(String),
    Wipe(String),
    /// A delivery of a vat and its outcome's hash: `[delivery,"hash"]`.
    Deliver(VatId, u64, String),
}

/// What is written with the next batch, and what the crank under way adds to it if it stays.
#[derive(Debug, Default)]
pub struct Pending {
    staged: Vec<Change>,
    rows: BTreeMap<String, Option<String>>,
    wipes: BTreeSet<String>,
    /// By vat: first delivery and text of each piece, without the closing bracket.
    pieces: BTreeMap<VatId, Vec<(u64, String)>>,
    /// Bytes of rows changed since the last batch, roughly.
    pub bytes: usize,
}

impl Pending {
    pub fn stage(&mut self, change: Change) {
        self.staged.push(change);
    }

    /// The crank is undone.
    pub fn undo(&mut self) {
        self.staged.clear();
    }

    /// The rows that the crank changes, in order, but for transcripts and wipes.
    pub fn staged(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.staged.iter().filter_map(|change| match change {
            Change::Set(key, value) => Some((key.as_str(), Some(value.as_str()))),
            Change::Delete(key) => Some((key.as_str(), None)),
            Change::Wipe(_) | Change::Deliver(..) => None,
        })
    }

    /// The crank stays.
    pub fn keep(&mut self) {
        for change in mem::take(&mut self.staged) {
            match change {
                Change::Set(key, value) => {
                    self.bytes += key.len() + value.len();
                    self.rows.insert(key, Some(value));
                }
                Change::Delete(key) => {
                    self.bytes += key.len();
                    self.rows.insert(key, None);
                }
                Change::Wipe(prefix) => self.wipe(prefix),
                Change::Deliver(vat, seq, text) => self.add(vat, seq, &text),
            }
        }
    }

    fn wipe(&mut self, prefix: String) {
        let gone: Vec<_> = self
            .rows
            .range(prefix.clone()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(&prefix))
            .cloned()
            .collect();
        for key in gone {
            self.rows.remove(&key);
        }
        self.pieces
            .retain(|vat, _| !transcript_prefix(*vat).starts_with(&prefix));
        self.wipes.insert(prefix);
    }

    fn add(&mut self, vat: VatId, seq: u64, text: &str) {
        self.bytes += text.len();
        let pieces = self.pieces.entry(vat).or_default();
        if let Some((_, piece)) = pieces.last_mut()
            && piece.len() + text.len() + 2 <= ROW_BYTES_MAX
        {
            piece.push(',');
            piece.push_str(text);
        } else {
            pieces.push((seq, format!("[{text}")));
        }
    }

    /// Hands everything over; answers the wipes.
    pub fn write(
        &mut self,
        sets: &mut Vec<(String, String)>,
        deletes: &mut Vec<String>,
    ) -> Vec<String> {
        for (key, value) in mem::take(&mut self.rows) {
            match value {
                Some(value) => sets.push((key, value)),
                None => deletes.push(key),
            }
        }
        for (vat, pieces) in mem::take(&mut self.pieces) {
            for (first, mut piece) in pieces {
                piece.push(']');
                sets.push((transcript_key(vat, first), piece));
            }
        }
        self.bytes = 0;
        mem::take(&mut self.wipes).into_iter().collect()
    }
}
