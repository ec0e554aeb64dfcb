//! One table: rows in RAM, a journal of the crank under way, and what the next batch must write. No rule of the kernel is in here.
//!
//! `before` holds what each key held when the crank began (taken at the first touch), so an abort costs what the crank touched and not
//! what the table holds. `dirty` holds what each key held in the last closed batch; whoever is back there at the end costs no row.

pub mod count;
pub mod index;
pub mod law;
pub mod load;
pub mod pending;
pub mod queue;
pub mod recount;
pub mod tables;
pub mod translate;

use core::fmt::Debug;
use std::collections::BTreeMap;
use std::collections::btree_map::{Entry, Range};
use std::mem;
use std::ops::RangeBounds;

/// Something derived from rows so that no rule has to scan them. It follows every change, and an abort too: it is a function of the rows.
pub trait Index<K, V>: Default + PartialEq + Debug {
    /// A row stands.
    fn add(&mut self, key: &K, value: &V);
    /// A row that stood goes.
    fn remove(&mut self, key: &K, value: &V);
}

impl<K, V> Index<K, V> for () {
    fn add(&mut self, _: &K, _: &V) {}
    fn remove(&mut self, _: &K, _: &V) {}
}

/// Rows by key, with journal and index.
#[derive(Debug)]
pub struct Table<K, V, I = ()> {
    rows: BTreeMap<K, V>,
    index: I,
    before: BTreeMap<K, Option<V>>,
    dirty: BTreeMap<K, Option<V>>,
}

impl<K, V, I: Default> Default for Table<K, V, I> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            index: I::default(),
            before: BTreeMap::new(),
            dirty: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq, I: Index<K, V>> Table<K, V, I> {
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub fn has(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    pub fn first(&self) -> Option<(&K, &V)> {
        self.rows.first_key_value()
    }

    pub fn range(&self, range: impl RangeBounds<K>) -> Range<'_, K, V> {
        self.rows.range(range)
    }

    pub fn index(&self) -> &I {
        &self.index
    }

    /// Gets or overwrites.
    pub fn set(&mut self, key: K, value: V) {
        let old = match self.rows.entry(key.clone()) {
            Entry::Vacant(place) => {
                self.index.add(&key, &value);
                place.insert(value);
                None
            }
            Entry::Occupied(mut place) => {
                self.index.remove(&key, place.get());
                self.index.add(&key, &value);
                Some(place.insert(value))
            }
        };
        self.before.entry(key).or_insert(old);
    }

    /// Changes a row in place; `None`: there is none.
    pub fn update<R>(&mut self, key: &K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let value = self.rows.get_mut(key)?;
        if let Entry::Vacant(place) = self.before.entry(key.clone()) {
            place.insert(Some(value.clone()));
        }
        self.index.remove(key, value);
        let answer = change(value);
        self.index.add(key, value);
        Some(answer)
    }

    /// Takes a row out.
    pub fn take(&mut self, key: &K) -> Option<V> {
        let value = self.rows.remove(key)?;
        self.index.remove(key, &value);
        if let Entry::Vacant(place) = self.before.entry(key.clone()) {
            place.insert(Some(value.clone()));
        }
        Some(value)
    }

    /// Takes every row out, as a change of this crank.
    pub fn take_all(&mut self) {
        self.index = I::default();
        for (key, value) in mem::take(&mut self.rows) {
            self.before.entry(key).or_insert(Some(value));
        }
    }

    /// The next batch wipes all rows of the table first: whatever stands must be written, and nothing else.
    pub fn rewrite(&mut self) {
        self.dirty = self.rows.keys().map(|key| (key.clone(), None)).collect();
    }

    /// For a table without rows in the store: there is nothing to write.
    pub fn forget_dirty(&mut self) {
        self.dirty.clear();
    }

    /// A row as it was stored: no change.
    pub fn load(&mut self, key: K, value: V) {
        self.index.add(&key, &value);
        self.rows.insert(key, value);
    }

    /// Replaces what a row holds in RAM without that being a change: for what need not be kept once it is written.
    pub fn lighten(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(value) = self.rows.get_mut(key) {
            change(value);
        }
    }

    /// The crank stays. `changed` gets every row that differs from what stood before it, in key order.
    pub fn keep(&mut self, mut changed: impl FnMut(&K, Option<&V>)) {
        if self.before.is_empty() {
            return;
        }
        for (key, old) in mem::take(&mut self.before) {
            let now = self.rows.get(&key);
            if now != old.as_ref() {
                changed(&key, now);
                self.dirty.entry(key).or_insert(old);
            }
        }
    }

    /// The crank is undone.
    pub fn undo(&mut self) {
        for (key, old) in mem::take(&mut self.before) {
            if let Some(now) = self.rows.get(&key) {
                self.index.remove(&key, now);
            }
            match old {
                Some(old) => {
                    self.index.add(&key, &old);
                    self.rows.insert(key, old);
                }
                None => {
                    self.rows.remove(&key);
                }
            }
        }
    }

    /// Net changes since the last batch, in key order. Of a crank that is under way nothing is seen.
    pub fn write(&mut self, mut row: impl FnMut(&K, Option<&V>)) {
        for (key, written) in mem::take(&mut self.dirty) {
            let now = match self.before.get(&key) {
                Some(before) => before.as_ref(),
                None => self.rows.get(&key),
            };
            if now != written.as_ref() {
                row(&key, now);
            }
        }
    }

    /// Whether the index is what the rows say: a law of the table.
    pub fn is_indexed(&self) -> bool {
        let mut index = I::default();
        for (key, value) in &self.rows {
            index.add(key, value);
        }
        index == self.index
    }
}

#[cfg(test)]
mod tests;
