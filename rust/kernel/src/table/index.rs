//! The indexes of the tables: what would otherwise be found by a scan that grows.

use std::collections::{BTreeMap, BTreeSet};

use super::Index;
use crate::entry::{
    CListEntry, Decider, Item, Keyed, Object, Owner, Promise, State, Vat, VatState,
};
use crate::refs::{Kref, VatId, Vref};

/// Objects: the ring of what is held for the outside, and services by name.
#[derive(Debug, Default, PartialEq)]
pub struct Objects {
    /// Place in the ring, object.
    pub ring: BTreeMap<u64, u64>,
    /// Name, object.
    pub services: BTreeMap<String, u64>,
}

impl Index<u64, Object> for Objects {
    fn add(&mut self, key: &u64, value: &Object) {
        if value.external != 0 {
            self.ring.insert(value.external, *key);
        }
        if let Owner::Service(name) = &value.owner {
            self.services.insert(name.clone(), *key);
        }
    }

    fn remove(&mut self, _: &u64, value: &Object) {
        if value.external != 0 {
            self.ring.remove(&value.external);
        }
        if let Owner::Service(name) = &value.owner {
            self.services.remove(name);
        }
    }
}

/// Promises: the ring, and who decides which.
#[derive(Debug, Default, PartialEq)]
pub struct Promises {
    /// Place in the ring, promise.
    pub ring: BTreeMap<u64, u64>,
    /// Decider, promise.
    pub decided: BTreeSet<(VatId, u64)>,
}

impl Index<u64, Promise> for Promises {
    fn add(&mut self, key: &u64, value: &Promise) {
        if value.external != 0 {
            self.ring.insert(value.external, *key);
        }
        if let State::Unresolved { decider, .. } = value.state
            && let Decider::Vat(vat) = decider
        {
            self.decided.insert((vat, *key));
        }
    }

    fn remove(&mut self, key: &u64, value: &Promise) {
        if value.external != 0 {
            self.ring.remove(&value.external);
        }
        if let State::Unresolved { decider, .. } = value.state
            && let Decider::Vat(vat) = decider
        {
            self.decided.remove(&(vat, *key));
        }
    }
}

/// C-lists: from the vat's name to the kernel's, from a kref to the vats that know it, and sizes.
#[derive(Debug, Default, PartialEq)]
pub struct CLists {
    /// The way back.
    pub krefs: BTreeMap<(VatId, Vref), Kref>,
    /// Who has an entry, the owner too.
    pub vats: BTreeSet<(Kref, VatId)>,
    /// Entries by vat.
    pub sizes: BTreeMap<VatId, usize>,
}

impl Index<(VatId, Kref), CListEntry> for CLists {
    fn add(&mut self, &(vat, kref): &(VatId, Kref), value: &CListEntry) {
        self.krefs.insert((vat, value.vref), kref);
        self.vats.insert((kref, vat));
        *self.sizes.entry(vat).or_default() += 1;
    }

    fn remove(&mut self, &(vat, kref): &(VatId, Kref), value: &CListEntry) {
        self.krefs.remove(&(vat, value.vref));
        self.vats.remove(&(kref, vat));
        if let Some(size) = self.sizes.get_mut(&vat) {
            *size -= 1;
            if *size == 0 {
                self.sizes.remove(&vat);
            }
        }
    }
}

/// Vats that are to be restarted, and those that are being cleaned up.
#[derive(Debug, Default, PartialEq)]
pub struct Vats {
    /// To be restarted before anything else.
    pub due: BTreeSet<VatId>,
    /// Terminated, with entries left.
    pub dying: BTreeSet<VatId>,
}

impl Index<VatId, Vat> for Vats {
    fn add(&mut self, key: &VatId, value: &Vat) {
        match value.state {
            VatState::Due => self.due.insert(*key),
            VatState::Dying => self.dying.insert(*key),
            VatState::Starting | VatState::Running => false,
        };
    }

    fn remove(&mut self, key: &VatId, value: &Vat) {
        match value.state {
            VatState::Due => self.due.remove(key),
            VatState::Dying => self.dying.remove(key),
            VatState::Starting | VatState::Running => false,
        };
    }
}

/// Idempotency keys by the order in which they came; the answered ones alone, for only they fall out.
#[derive(Debug, Default, PartialEq)]
pub struct Keys {
    /// Number, key.
    pub answered: BTreeMap<u64, String>,
}

impl Index<String, Keyed> for Keys {
    fn add(&mut self, key: &String, value: &Keyed) {
        if value.answer.is_some() {
            self.answered.insert(value.number, key.clone());
        }
    }

    fn remove(&mut self, _: &String, value: &Keyed) {
        self.answered.remove(&value.number);
    }
}

/// Messages that wait: which promise the one with a given result waits on. A promise is the result of one message at a time.
#[derive(Debug, Default, PartialEq)]
pub struct Waiting {
    /// Result, promise.
    pub results: BTreeMap<u64, u64>,
}

impl Index<(u64, u64), Item> for Waiting {
    fn add(&mut self, key: &(u64, u64), value: &Item) {
        if let Item::Send {
            result: Some(result),
            ..
        } = value
        {
            self.results.insert(result.number, key.0);
        }
    }

    fn remove(&mut self, _: &(u64, u64), value: &Item) {
        if let Item::Send {
            result: Some(result),
            ..
        } = value
        {
            self.results.remove(&result.number);
        }
    }
}
