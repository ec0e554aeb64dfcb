//! What the naive kernel would have in a store: every row but the transcripts' pieces, which follow the batches.

use std::collections::BTreeMap;

use kernel::snapshot::{Entry, Key};

use super::state::State;

/// Rows by key.
pub type Rows = BTreeMap<String, String>;

/// Rows that differ, by key; `None`: gone.
pub type Changed = BTreeMap<String, Option<String>>;

/// Entries of one table that differ. Only these are encoded, which is most of the work of a run.
fn table<K: Ord, V: Entry + PartialEq>(
    changed: &mut Changed,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
    name: impl Fn(&K) -> Key,
) {
    for (key, value) in new {
        if old.get(key) != Some(value) {
            changed.insert(name(key).to_string(), Some(value.encode()));
        }
    }
    for key in old.keys().filter(|key| !new.contains_key(key)) {
        changed.insert(name(key).to_string(), None);
    }
}

impl State {
    /// Core rows but `k` that are not as they were.
    pub fn changed_since(&self, old: &Self) -> Changed {
        let mut changed = Changed::new();
        let all = &mut changed;
        table(all, &old.objects, &self.objects, |kref| {
            Key::Object(kref.number)
        });
        table(all, &old.promises, &self.promises, |kref| {
            Key::Promise(kref.number)
        });
        table(all, &old.clist, &self.clist, |(vat, kref)| {
            Key::CList(*vat, *kref)
        });
        table(all, &old.queue, &self.queue, |number| Key::Queue(*number));
        table(all, &old.waiting, &self.waiting, |(promise, number)| {
            Key::Waiting(*promise, *number)
        });
        table(all, &old.vats, &self.vats, |vat| Key::Vat(*vat));
        table(all, &old.fixed, &self.fixed, |vat| Key::Fixed(*vat));
        table(all, &old.groups, &self.groups, |group| {
            Key::Subcluster(*group)
        });
        table(all, &old.urls, &self.urls, |token| Key::Url(token.clone()));
        table(all, &old.calls, &self.calls, |number| Key::Call(*number));
        table(all, &old.keys, &self.keys, |key| Key::Keyed(key.clone()));
        for (vat, action, kref) in self.actions.symmetric_difference(&old.actions) {
            let stands = self.actions.contains(&(*vat, *action, *kref));
            all.insert(
                Key::Action(*vat, *action, *kref).to_string(),
                stands.then(|| ().encode()),
            );
        }
        changed
    }

    /// Core rows but `k`.
    pub fn core_rows(&self) -> Rows {
        let changed = self.changed_since(&Self::default());
        changed
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }

    /// All rows.
    pub fn rows(&self) -> Rows {
        let mut rows = self.core_rows();
        rows.insert(Key::Counters.to_string(), self.counters.encode());
        rows.extend(self.opaque.clone());
        rows
    }
}
