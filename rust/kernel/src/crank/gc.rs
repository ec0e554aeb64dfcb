//! What nobody holds goes: checks at the end of each crank, actions as rows, one delivery for each vat and kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::{Action, Object, Owner, State};
use crate::limit::GC_REFS_MAX;
use crate::output::{Answer, Delivery};
use crate::refs::{Kref, VatId, Vref};
use crate::state::{KernelMachine, Work};
use crate::table::tables::Wait;

impl KernelMachine {
    /// Looks once at everything whose count fell in this crank. What goes lets go of what it held, which is then looked at as well.
    pub(crate) fn collect(&mut self) {
        let mut circular = BTreeSet::new();
        loop {
            while let Some(kref) = self.tables.fallen.pop_first() {
                if kref.is_promise() {
                    if self.collect_promise(kref) {
                        circular.insert(kref);
                    }
                } else if let Some(object) = self.tables.objects.get(&kref.number) {
                    let object = object.clone();
                    self.collect_object(kref, &object);
                }
            }
            if circular.is_empty() {
                return;
            }
            self.collect_circles(core::mem::take(&mut circular));
        }
    }

    /// A promise that nobody holds goes. Whether it stays and names promises, which may be all that hold it.
    fn collect_promise(&mut self, kref: Kref) -> bool {
        let Some(promise) = self.tables.promises.get(&kref.number) else {
            return false;
        };
        if promise.count > 0 {
            return self.promise_slots(kref).next().is_some();
        }
        self.take_promise(kref);
        false
    }

    fn take_promise(&mut self, kref: Kref) {
        let gone = self.tables.promises.take(&kref.number);
        if let Some(State::Fulfilled(value) | State::Rejected(value)) = gone.map(|gone| gone.state)
        {
            self.tables.free_all(&value);
        }
    }

    /// Settled promises that name each other hold each other. Of all that these name, directly or through others, only what somebody
    /// else holds stays, and what that names: one pass for all of them, however they are linked.
    fn collect_circles(&mut self, from: BTreeSet<Kref>) {
        let all = self.named_promises(from);
        let mut inside = BTreeMap::<Kref, u64>::new();
        for slot in all.iter().flat_map(|member| self.promise_slots(*member)) {
            *inside.entry(slot).or_default() += 1;
        }
        let held = all.iter().filter(|member| {
            let promise = self.tables.promises.get(&member.number);
            let count = promise.map_or(0, |promise| promise.count);
            count > inside.get(member).copied().unwrap_or(0)
        });
        let kept = self.named_promises(held.copied().collect());
        for gone in all.difference(&kept) {
            self.take_promise(*gone);
        }
    }

    /// These promises and every promise that they name, directly or through others.
    fn named_promises(&self, from: BTreeSet<Kref>) -> BTreeSet<Kref> {
        let mut next: Vec<_> = from.iter().copied().collect();
        let mut seen = from;
        while let Some(kref) = next.pop() {
            next.extend(self.promise_slots(kref).filter(|slot| seen.insert(*slot)));
        }
        seen
    }

    /// The promises that a settled promise's value names.
    fn promise_slots(&self, kref: Kref) -> impl Iterator<Item = Kref> {
        let promise = self.tables.promises.get(&kref.number);
        let slots = match promise.map(|promise| &promise.state) {
            Some(State::Fulfilled(value) | State::Rejected(value)) => value.slots.as_slice(),
            _ => &[],
        };
        slots.iter().copied().filter(|slot| slot.is_promise())
    }

    fn collect_object(&mut self, kref: Kref, object: &Object) {
        match &object.owner {
            Owner::Vat(vat) => {
                let Some(entry) = self.tables.clists.get(&(*vat, kref)) else {
                    return;
                };
                let told = !entry.reachable;
                if !self.is_alive(*vat) {
                    return;
                }
                if object.reachable == 0 && !told {
                    self.act(*vat, Action::DropExports, kref);
                }
                if object.recognizable == 0 {
                    self.act(*vat, Action::RetireExports, kref);
                }
            }
            Owner::Service(_) | Owner::Nobody if object.recognizable == 0 => {
                self.tables.objects.take(&kref.number);
            }
            Owner::Nobody if object.reachable == 0 => {
                let vats = &self.tables.clists.index().vats;
                let vats = vats.range((kref, VatId(0))..=(kref, VatId(u64::MAX)));
                let vats: Vec<_> = vats
                    .map(|(_, vat)| *vat)
                    .filter(|vat| self.is_alive(*vat))
                    .collect();
                for vat in vats {
                    self.act(vat, Action::RetireImports, kref);
                }
            }
            Owner::Service(_) | Owner::Nobody => (),
        }
    }

    fn act(&mut self, vat: VatId, action: Action, kref: Kref) {
        let place = (vat, action, kref);
        if !self.tables.actions.has(&place) {
            self.tables.actions.set(place, ());
        }
    }

    /// The first actions of a kind for a vat, as one delivery. What is no longer so is left out: it was exported again, or retired by
    /// the vat itself.
    pub(crate) fn run_action(&mut self, vat: VatId, action: Action) {
        let crank = self.begin();
        let all = (vat, action, Kref::object(0))..=(vat, action, Kref::promise(u64::MAX));
        let picked: Vec<_> = self
            .tables
            .actions
            .range(all)
            .take(GC_REFS_MAX)
            .map(|(place, ())| *place)
            .collect();
        let (mut vrefs, mut krefs) = (Vec::new(), Vec::new());
        for place in picked {
            self.tables.actions.take(&place);
            if let Some(vref) = self.carry_out(vat, action, place.2) {
                vrefs.push(vref);
                krefs.push(place.2);
            }
        }
        if vrefs.is_empty() {
            return self.end("");
        }
        self.trace_gc(crank, vat, action.name(), &krefs);
        let delivery = match action {
            Action::DropExports => Delivery::DropExports(vrefs),
            Action::RetireExports => Delivery::RetireExports(vrefs),
            Action::RetireImports => Delivery::RetireImports(vrefs),
        };
        self.deliver(crank, vat, delivery, None, Work::Gc);
    }

    fn carry_out(&mut self, vat: VatId, action: Action, kref: Kref) -> Option<Vref> {
        let entry = self.tables.clists.get(&(vat, kref))?;
        let (vref, bit) = (entry.vref, entry.reachable);
        let object = self.tables.objects.get(&kref.number)?;
        match action {
            Action::DropExports if object.reachable == 0 && bit => {
                self.tables
                    .clists
                    .update(&(vat, kref), |entry| entry.reachable = false);
            }
            Action::RetireExports if object.recognizable == 0 && !bit => {
                self.tables.forget(vat, kref)
            }
            Action::RetireImports if object.owner == Owner::Nobody && !bit => {
                self.tables.forget(vat, kref)
            }
            _ => return None,
        }
        Some(vref)
    }

    /// The first vat of the list is told `bringOutYourDead`.
    pub(crate) fn run_reap(&mut self, vat: VatId) {
        let crank = self.begin();
        self.tables.counters.reap.remove(0);
        self.trace_reap(crank, vat);
        self.deliver(crank, vat, Delivery::BringOutYourDead, None, Work::Reap);
    }

    /// Whoever asked for a collection is answered when nothing is left to do.
    pub(crate) fn answer_garbage(&mut self) {
        let tables = &self.tables;
        let idle =
            tables.queue.is_empty() && tables.actions.is_empty() && tables.counters.reap.is_empty();
        if idle {
            self.end_garbage();
        }
    }

    /// Nothing is left to collect.
    pub(crate) fn end_garbage(&mut self) {
        if !core::mem::take(&mut self.garbage) {
            return;
        }
        self.answer(Some(Wait::Garbage), None, &Answer::Done);
        for key in core::mem::take(&mut self.garbage_keys) {
            self.answer(None, Some(&key), &Answer::Done);
        }
    }
}
