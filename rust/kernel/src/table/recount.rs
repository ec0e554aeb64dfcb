//! Counts from their holders, by one pass over everything. What they are compared with is in `law.rs`.

use std::collections::BTreeMap;

use super::count::each_held;
use super::tables::{Tables, Wait};
use crate::entry::{State, Subscriber, VatState};
use crate::refs::{Kref, Side, VatId, Vref};

/// Holders of each object and each promise.
#[derive(Debug, Default)]
pub struct Counts {
    /// Who can send, who can compare.
    pub objects: BTreeMap<u64, (u64, u64)>,
    pub promises: BTreeMap<u64, u64>,
}

impl Counts {
    fn hold(&mut self, kref: Kref) {
        self.add(kref, 1, 1);
    }

    fn add(&mut self, kref: Kref, reachable: u64, recognizable: u64) {
        if kref.is_promise() {
            *self.promises.entry(kref.number).or_default() += recognizable;
        } else {
            let counts = self.objects.entry(kref.number).or_default();
            counts.0 += reachable;
            counts.1 += recognizable;
        }
    }
}

impl Tables {
    /// Counts everything anew.
    pub fn recount(&self) -> Counts {
        let mut counts = Counts::default();
        for ((vat, kref), entry) in self.clists.iter() {
            let root = entry.vref == Vref::ROOT && self.lives(*vat);
            if kref.is_promise() || root {
                counts.hold(*kref);
            } else if entry.vref.side == Side::Kernel {
                counts.add(*kref, u64::from(entry.reachable), 1);
            }
        }
        for item in self
            .queue
            .iter()
            .map(|row| row.1)
            .chain(self.waiting.iter().map(|row| row.1))
        {
            each_held(item, |kref| counts.hold(kref));
        }
        for (_, call) in self.calls.iter() {
            call.methargs
                .slots
                .iter()
                .chain(&call.result)
                .for_each(|kref| counts.hold(*kref));
        }
        for (_, kref) in self.urls.iter() {
            counts.hold(*kref);
        }
        for (number, object) in self.objects.iter() {
            let held = object.pins + u64::from(object.external != 0);
            counts.add(Kref::object(*number), held, held);
        }
        self.recount_promises(&mut counts);
        counts
    }

    fn recount_promises(&self, counts: &mut Counts) {
        for (number, promise) in self.promises.iter() {
            let waits = self.commands.has(&Wait::Promise(*number));
            let mut held = u64::from(promise.external != 0) + u64::from(waits);
            match &promise.state {
                State::Unresolved { subscribers, .. } => {
                    let outside = |who: &&Subscriber| !matches!(who, Subscriber::Vat(_));
                    held += subscribers.iter().filter(outside).count() as u64;
                }
                State::Fulfilled(value) | State::Rejected(value) => {
                    value.slots.iter().for_each(|kref| counts.hold(*kref));
                }
            }
            counts.add(Kref::promise(*number), held, held);
        }
    }

    /// Whether a vat is there and not terminated.
    pub fn lives(&self, vat: VatId) -> bool {
        self.vats
            .get(&vat)
            .is_some_and(|row| row.state != VatState::Dying)
    }
}
