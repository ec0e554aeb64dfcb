//! What a vat is told next, in its own names, and where a message goes.

use std::collections::BTreeSet;

use kernel::capdata::CapData;
use kernel::entry::{Action, CListEntry, Call, Decider, Item, Owner, State as Stand, VatState};
use kernel::limit;
use kernel::output::Delivery;
use kernel::refs::{Kref, Side, VatId, Vref};

use super::state::{State, Told, given};

/// Where a message ends up.
enum Route {
    Vat(VatId, Kref),
    Service(String),
    Waits(Kref),
    Refused(&'static str, String),
    Rejected(CapData<Kref>),
}

impl State {
    /// The kernel's name for something as a vat's; what the vat does not know it is given.
    fn name_out(&mut self, vat: VatId, kref: Kref) -> Vref {
        if let Some(entry) = self.clist.get_mut(&(vat, kref)) {
            entry.reachable = true;
            return entry.vref;
        }
        let mut number = 0;
        if let Some(row) = self.vats.get_mut(&vat) {
            let counter = if kref.is_promise() {
                &mut row.promise
            } else {
                &mut row.object
            };
            number = *counter;
            *counter += 1;
        }
        let vref = given(number, kref.is_promise());
        self.clist.insert(
            (vat, kref),
            CListEntry {
                vref,
                reachable: true,
            },
        );
        vref
    }

    fn values_out(&mut self, vat: VatId, data: &CapData<Kref>) -> CapData<Vref> {
        CapData {
            body: data.body.clone(),
            slots: data
                .slots
                .iter()
                .map(|kref| self.name_out(vat, *kref))
                .collect(),
        }
    }

    fn route(&self, target: Kref) -> Route {
        let mut at = target;
        let mut seen = BTreeSet::new();
        while at.is_promise() {
            if !seen.insert(at) {
                return Route::Refused("BAD_PROMISE_RESOLUTION", at.to_string());
            }
            match self.promises.get(&at).map(|promise| &promise.state) {
                None => return Route::Refused("OBJECT_DELETED", at.to_string()),
                Some(Stand::Unresolved { .. }) => return Route::Waits(at),
                Some(Stand::Rejected(value)) => return Route::Rejected(value.clone()),
                Some(Stand::Fulfilled(value)) => match only_slot(value) {
                    Some(kref) => at = kref,
                    None => return Route::Refused("BAD_PROMISE_RESOLUTION", at.to_string()),
                },
            }
        }
        match self.objects.get(&at) {
            None => Route::Refused("OBJECT_DELETED", at.to_string()),
            Some(object) if object.revoked => Route::Refused("OBJECT_REVOKED", at.to_string()),
            Some(object) => match &object.owner {
                Owner::Nobody => Route::Refused("OBJECT_DELETED", at.to_string()),
                Owner::Service(name) => Route::Service(name.clone()),
                Owner::Vat(vat) if self.is_alive(*vat) => Route::Vat(*vat, at),
                Owner::Vat(_) => Route::Refused("ENDPOINT_UNREACHABLE", at.to_string()),
            },
        }
    }

    /// The message at the head of the queue, taken out: a delivery, or what became of it otherwise.
    pub fn deliver_message(
        &mut self,
        message: u64,
        target: Kref,
        methargs: CapData<Kref>,
        result: Option<Kref>,
    ) -> Option<(VatId, Delivery)> {
        match self.route(target) {
            Route::Vat(vat, object) => {
                let target = self.name_out(vat, object);
                let methargs = self.values_out(vat, &methargs);
                let named = result.map(|kref| self.name_out(vat, kref));
                self.decide(result, Decider::Vat(vat));
                return Some((
                    vat,
                    Delivery::Message {
                        target,
                        methargs,
                        result: named,
                    },
                ));
            }
            Route::Service(service) => {
                if self.calls.len() >= limit::CALLS_MAX {
                    self.refuse_message(result, "LIMIT_EXCEEDED", "");
                    return None;
                }
                let number = self.counters.call;
                self.counters.call += 1;
                self.decide(result, Decider::Kernel);
                self.calls.insert(
                    number,
                    Call {
                        service,
                        methargs,
                        result,
                    },
                );
                self.told.push(Told::Call(number));
            }
            Route::Waits(promise) => {
                if result.is_some_and(|result| self.would_wait_for_itself(promise, result)) {
                    self.refuse_message(result, "BAD_PROMISE_RESOLUTION", &promise.to_string());
                    return None;
                }
                let waiting = self
                    .waiting
                    .keys()
                    .filter(|(on, _)| *on == promise.number)
                    .count();
                if waiting >= limit::WAITING_MAX {
                    self.refuse_message(result, "LIMIT_EXCEEDED", &promise.to_string());
                    return None;
                }
                let item = Item::Send {
                    message,
                    target: promise,
                    methargs,
                    result,
                };
                let place = self
                    .waiting
                    .keys()
                    .filter(|(on, _)| *on == promise.number)
                    .map(|(_, place)| place + 1)
                    .max();
                self.waiting
                    .insert((promise.number, place.unwrap_or(1)), item);
            }
            Route::Refused(code, detail) => self.refuse_message(result, code, &detail),
            Route::Rejected(value) => {
                if let Some(result) = result {
                    self.settle(result, true, value);
                }
            }
        }
        None
    }

    /// Says who may settle a promise that is not settled.
    pub fn decide(&mut self, result: Option<Kref>, by: Decider) {
        let state = result
            .and_then(|kref| self.promises.get_mut(&kref))
            .map(|promise| &mut promise.state);
        if let Some(Stand::Unresolved { decider, .. }) = state {
            *decider = by;
        }
    }

    /// A vat is told of a settled promise and of every settled one that its value names.
    pub fn deliver_notify(&mut self, vat: VatId, promise: Kref) -> Option<(VatId, Delivery)> {
        if !self.is_alive(vat) || !self.clist.contains_key(&(vat, promise)) {
            return None;
        }
        let mut closure = Vec::new();
        self.gather(promise, &mut closure);
        let mut told = Vec::new();
        for (kref, rejected, value) in &closure {
            let vref = self.name_out(vat, *kref);
            told.push((vref, *rejected, self.values_out(vat, value)));
        }
        for (kref, _, _) in closure {
            self.clist.remove(&(vat, kref));
        }
        Some((vat, Delivery::Notify(told)))
    }

    fn gather(&self, kref: Kref, closure: &mut Vec<(Kref, bool, CapData<Kref>)>) {
        if !kref.is_promise() || closure.iter().any(|(known, _, _)| *known == kref) {
            return;
        }
        let (rejected, value) = match self.promises.get(&kref).map(|promise| &promise.state) {
            Some(Stand::Fulfilled(value)) => (false, value.clone()),
            Some(Stand::Rejected(value)) => (true, value.clone()),
            Some(Stand::Unresolved { .. }) | None => return,
        };
        closure.push((kref, rejected, value.clone()));
        for slot in value.slots {
            self.gather(slot, closure);
        }
    }

    /// The first garbage actions of one vat and kind that still hold, taken out.
    pub fn deliver_garbage(&mut self) -> Option<(VatId, Delivery)> {
        let (vat, kind, _) = *self.actions.first()?;
        let batch: Vec<Kref> = self
            .actions
            .iter()
            .filter(|(to, of, _)| *to == vat && *of == kind)
            .map(|(_, _, kref)| *kref)
            .take(limit::GC_REFS_MAX)
            .collect();
        let mut vrefs = Vec::new();
        for kref in batch {
            self.actions.remove(&(vat, kind, kref));
            let Some(entry) = self.clist.get(&(vat, kref)).cloned() else {
                continue;
            };
            if !self.holds_true(kind, kref, &entry) {
                continue;
            }
            vrefs.push(entry.vref);
            match kind {
                Action::DropExports => {
                    self.clist.insert(
                        (vat, kref),
                        CListEntry {
                            reachable: false,
                            ..entry
                        },
                    );
                }
                Action::RetireExports => {
                    self.clist.remove(&(vat, kref));
                    self.objects.remove(&kref);
                }
                Action::RetireImports => {
                    self.clist.remove(&(vat, kref));
                }
            }
        }
        let delivery = match kind {
            Action::DropExports => Delivery::DropExports(vrefs.clone()),
            Action::RetireExports => Delivery::RetireExports(vrefs.clone()),
            Action::RetireImports => Delivery::RetireImports(vrefs.clone()),
        };
        (!vrefs.is_empty()).then_some((vat, delivery))
    }

    fn holds_true(&self, kind: Action, kref: Kref, entry: &CListEntry) -> bool {
        let Some(object) = self.objects.get(&kref) else {
            return false;
        };
        match kind {
            Action::DropExports => entry.reachable && object.reachable == 0,
            Action::RetireExports => !entry.reachable && object.recognizable == 0,
            Action::RetireImports => !entry.reachable && object.owner == Owner::Nobody,
        }
    }

    /// The first start of a vat, or the start after a cut.
    pub fn deliver_start(&mut self, vat: VatId) -> (VatId, Delivery) {
        let parameters = self.fixed[&vat].parameters.clone();
        let parameters = self.values_out(vat, &parameters);
        let held = |((owner, kref), entry): (&(VatId, Kref), &CListEntry)| {
            (*owner == vat && !kref.is_promise() && entry.vref.side == Side::Kernel)
                .then_some(entry.vref)
        };
        let mut imports: Vec<Vref> = self.clist.iter().filter_map(held).collect();
        imports.sort();
        (vat, Delivery::StartVat(parameters, imports))
    }

    /// The vat with the lowest number that is restarted before anything else.
    pub fn due(&self) -> Option<VatId> {
        self.vats
            .iter()
            .find(|(_, vat)| vat.state == VatState::Due)
            .map(|(id, _)| *id)
    }

    /// The terminated vat with the lowest number that is not let go yet.
    pub fn dying(&self) -> Option<VatId> {
        self.vats
            .iter()
            .find(|(_, vat)| vat.state == VatState::Dying)
            .map(|(id, _)| *id)
    }

    /// Head of the run queue.
    pub fn head(&self) -> Option<(u64, Item)> {
        self.queue
            .first_key_value()
            .map(|(number, item)| (*number, item.clone()))
    }

    /// Takes the head out.
    pub fn pop(&mut self) {
        if let Some((number, _)) = self.queue.pop_first() {
            self.counters.queue_head = number + 1;
        }
    }
}

/// The one object or promise that a value is.
pub fn only_slot(value: &CapData<Kref>) -> Option<Kref> {
    let [slot] = value.slots.as_slice() else {
        return None;
    };
    let sign = if slot.is_promise() { "#\"&0" } else { "#\"$0" };
    let rest = value.body.strip_prefix(sign)?.strip_suffix('"')?;
    ((rest.is_empty() || rest.starts_with('.')) && !rest.contains('"')).then_some(*slot)
}
