//! A vat's heap in the simulator: what it knows by name and what it has stored, a function of its seed and of the deliveries it saw, so
//! that it can be rebuilt from its transcript. What it does with that is in the files beside this one.

use std::collections::{BTreeMap, BTreeSet};

use kernel::capdata::CapData;
use kernel::input::{Change, Resolution, Syscall};
use kernel::refs::{Kind, Side, VatId, Vref};

use crate::rng::Rng;

/// What kind of vat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temper {
    /// Counts tokens, nothing else.
    Ledger,
    /// Does anything that is allowed.
    Scripted,
    /// Breaks a rule now and then.
    Hostile,
}

/// `o+3` and the like.
pub const fn vref(kind: Kind, side: Side, number: u64) -> Vref {
    Vref { kind, side, number }
}

/// A vat's memory.
#[derive(Clone, Debug)]
pub struct Heap {
    /// Whose.
    pub vat: VatId,
    /// Which one since the vat's launch.
    pub incarnation: u64,
    /// Deliveries so far.
    pub seq: u64,
    pub(super) seed: u64,
    pub(super) temper: Temper,
    /// Own objects; `true`: the kernel said that nobody reaches it.
    pub exports: BTreeMap<Vref, bool>,
    /// Others' objects; `false`: dropped, not retired.
    pub imports: BTreeMap<Vref, bool>,
    /// Promises it may settle.
    pub deciding: BTreeSet<Vref>,
    /// Promises of others that it can name.
    pub awaited: BTreeSet<Vref>,
    pub(super) next_export: u64,
    pub(super) next_promise: u64,
    pub(super) store: BTreeMap<String, String>,
    told: BTreeSet<String>,
}

/// What one delivery made of a heap, in the making.
pub struct Turn {
    pub(super) rng: Rng,
    pub(super) syscalls: Vec<Syscall>,
    pub(super) changes: BTreeMap<String, Change>,
}

impl Heap {
    /// A heap that has seen nothing. `store`: the vat's store as the incarnation begins.
    pub fn new(
        vat: VatId,
        incarnation: u64,
        seed: u64,
        bundle: &str,
        store: BTreeMap<String, String>,
    ) -> Self {
        let temper = match bundle {
            "ledger" => Temper::Ledger,
            "hostile" => Temper::Hostile,
            _ => Temper::Scripted,
        };
        Self {
            vat,
            incarnation,
            seq: 0,
            seed,
            temper,
            exports: BTreeMap::from([(Vref::ROOT, false)]),
            imports: BTreeMap::new(),
            deciding: BTreeSet::new(),
            awaited: BTreeSet::new(),
            next_export: 1,
            next_promise: 1,
            store,
            told: BTreeSet::new(),
        }
    }

    /// The vat's store as it stands.
    pub const fn store(&self) -> &BTreeMap<String, String> {
        &self.store
    }

    /// Changes the store; the first change of a key in an incarnation tells what it held.
    pub(super) fn write(&mut self, turn: &mut Turn, key: String, value: Option<String>) {
        let before = match &value {
            Some(value) => self.store.insert(key.clone(), value.clone()),
            None => self.store.remove(&key),
        };
        let first = self.told.insert(key.clone());
        let known = turn.changes.remove(&key).and_then(|change| change.base);
        let base = if first { Some(before) } else { known };
        turn.changes
            .insert(key.clone(), Change { key, value, base });
    }

    /// Names that came with a delivery.
    pub(super) fn learn(&mut self, slots: &[Vref]) {
        for slot in slots {
            if slot.is_promise() {
                if !self.deciding.contains(slot) {
                    self.awaited.insert(*slot);
                }
            } else if slot.side == Side::Kernel {
                self.imports.insert(*slot, true);
            } else {
                self.exports.insert(*slot, false);
            }
        }
    }

    /// Settles a promise that it decides.
    pub(super) fn settle(
        &mut self,
        turn: &mut Turn,
        promise: Vref,
        rejected: bool,
        value: CapData<Vref>,
    ) {
        self.deciding.remove(&promise);
        turn.syscalls
            .push(Syscall::Resolve(vec![Resolution(promise, rejected, value)]));
    }
}
