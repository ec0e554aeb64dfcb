//! The head of the run queue: routing of messages, notifies with all that belongs to them, and the delivery itself.

use std::collections::BTreeSet;

use crate::capdata::{CapData, written};
use crate::entry::{Call, Decider, Item, Owner, State, VatState};
use crate::input::WhenFull;
use crate::limit::{
    CALLS_MAX, CLIST_MAX, NOTIFY_BYTES_MAX, TRANSCRIPT_SOFT_BYTES, TRANSCRIPT_SOFT_DELIVERIES,
    WAITING_MAX,
};
use crate::output::{CrankId, Delivery, Output};
use crate::reason::Reason;
use crate::refs::{Kref, VatId};
use crate::state::{KernelMachine, UnderWay, Work};
use crate::table::translate::single_slot;

/// At most so long is a slot in a notify's text.
const SLOT_BYTES: usize = 24;
/// At most so long is a promise there that is told as rejected by a limit, or all of another one but its value.
const REJECTED_BYTES: usize = 192;

/// Where a message goes.
enum Route {
    Vat(VatId, Kref),
    Service(String),
    Wait(Kref),
    Reject(CapData<Kref>),
}

impl KernelMachine {
    /// Takes the head of the run queue.
    pub(crate) fn run_item(&mut self) {
        let crank = self.begin();
        let number = self.tables.counters.queue_head;
        let Some(item) = self.tables.dequeue() else {
            return self.end("");
        };
        match item {
            Item::Notify { vat, promise } => self.run_notify(crank, number, vat, promise),
            Item::Start { vat } => self.run_start(crank, number, vat),
            Item::Restart { vat, key } => self.run_restart(crank, number, vat, key),
            Item::Upgrade { vat, .. } => self.run_upgrade(crank, number, vat, item),
            Item::Send { .. } => self.run_send(crank, number, item),
        }
    }

    fn run_send(&mut self, crank: CrankId, number: u64, item: Item) {
        let Item::Send {
            message,
            target,
            methargs,
            result,
        } = item
        else {
            return;
        };
        self.trace_message(crank, message, target, &methargs, result);
        match self.route(target, &methargs, result) {
            Route::Vat(vat, target) => {
                let delivery = Delivery::Message {
                    target: self.tables.tell(vat, target),
                    methargs: self.tables.tell_data(vat, &methargs),
                    result: result.map(|kref| self.tables.tell(vat, kref)),
                };
                if let Some(result) = result {
                    self.tables.decide(result, Decider::Vat(vat));
                }
                self.deliver(crank, vat, delivery, None, Work::Item(number));
            }
            Route::Service(service) => {
                self.call(service, methargs, result);
                self.end("");
            }
            Route::Wait(promise) => {
                self.wait(Item::Send {
                    message,
                    target: promise,
                    methargs,
                    result,
                });
                self.end("");
            }
            Route::Reject(value) => {
                self.trace_why(&value.body);
                self.reject(result, value);
                self.end("");
            }
        }
    }

    /// Where the kernel's rules send a message. Nothing is dropped silently: whoever cannot be reached rejects the result.
    fn route(&self, target: Kref, methargs: &CapData<Kref>, result: Option<Kref>) -> Route {
        let mut target = target;
        let mut seen = BTreeSet::new();
        while target.is_promise() {
            let Some(promise) = self.tables.promises.get(&target.number) else {
                return Route::Reject(Reason::ObjectDeleted.value(target));
            };
            match &promise.state {
                State::Unresolved { .. } if self.tables.waiting_len(target) >= WAITING_MAX => {
                    return Route::Reject(Reason::LimitExceeded.value(target));
                }
                State::Unresolved { .. } if self.tables.waits_for_itself(target, result) => {
                    return Route::Reject(Reason::BadPromiseResolution.value(target));
                }
                State::Unresolved { .. } => return Route::Wait(target),
                State::Rejected(value) => return Route::Reject(value.clone()),
                State::Fulfilled(value) => match single_slot(value) {
                    // A promise that became itself, by whatever way, became nothing.
                    Some(next) if seen.insert(next) => target = next,
                    _ => return Route::Reject(Reason::BadPromiseResolution.value(target)),
                },
            }
        }
        self.route_object(target, methargs, result)
    }

    fn route_object(&self, target: Kref, methargs: &CapData<Kref>, result: Option<Kref>) -> Route {
        let refuse = |reason: Reason| Route::Reject(reason.value(target));
        let Some(object) = self.tables.objects.get(&target.number) else {
            return refuse(Reason::ObjectDeleted);
        };
        if object.revoked {
            return refuse(Reason::ObjectRevoked);
        }
        match &object.owner {
            Owner::Nobody => refuse(Reason::ObjectDeleted),
            Owner::Service(name) if !self.services.contains(name) => {
                refuse(Reason::EndpointUnreachable)
            }
            Owner::Service(_) if self.tables.calls.len() >= CALLS_MAX => {
                refuse(Reason::LimitExceeded)
            }
            Owner::Service(name) => Route::Service(name.clone()),
            Owner::Vat(vat) if !self.is_alive(*vat) => refuse(Reason::EndpointUnreachable),
            Owner::Vat(vat) => {
                let named = methargs.slots.iter().chain(&result).copied();
                if self.is_full(*vat) || !self.has_room(*vat, named) {
                    refuse(Reason::LimitExceeded)
                } else {
                    Route::Vat(*vat, target)
                }
            }
        }
    }

    /// Whether the vat takes deliveries, now or after its start.
    pub(crate) fn is_alive(&self, vat: VatId) -> bool {
        self.tables
            .vats
            .get(&vat)
            .is_some_and(|vat| vat.state != VatState::Dying)
    }

    /// Whether the vat would rather refuse than be restarted, and its transcript is full.
    fn is_full(&self, vat: VatId) -> bool {
        let refuses = |vat| self.tables.fixed.get(&vat).map(|fixed| fixed.when_full);
        self.tables.vats.get(&vat).is_some_and(|row| {
            let full =
                row.transcript >= TRANSCRIPT_SOFT_BYTES || row.seq >= TRANSCRIPT_SOFT_DELIVERIES;
            full && row.transcript > 0 && refuses(vat) == Some(WhenFull::Refuse)
        })
    }

    /// Whether the vat's c-list can take these names.
    pub(crate) fn has_room(&self, vat: VatId, krefs: impl Iterator<Item = Kref>) -> bool {
        let len = self.tables.clist_len(vat);
        let (most, _) = krefs.size_hint();
        if len + most.max(512) < CLIST_MAX {
            // Far from the limit nothing is looked up: a delivery names at most 257, but a notify may name more.
            let new = krefs.count();
            return len + new <= CLIST_MAX;
        }
        let new: BTreeSet<_> = krefs
            .filter(|kref| self.tables.vref(vat, *kref).is_none())
            .collect();
        len + new.len() <= CLIST_MAX
    }

    /// A message waits on an unresolved promise.
    fn wait(&mut self, item: Item) {
        let Item::Send { target, .. } = &item else {
            return;
        };
        let place = (target.number, self.tables.waiting_len(*target) as u64 + 1);
        self.tables.hold_item(&item);
        self.tables.waiting.set(place, item);
    }

    /// The call of a service: a row until it is answered, and an effect that leaves after its batch.
    fn call(&mut self, service: String, methargs: CapData<Kref>, result: Option<Kref>) {
        let call = self.tables.counters.call;
        self.tables.counters.call += 1;
        self.tables.hold_all(&methargs);
        if let Some(result) = result {
            self.tables.hold(result);
            self.tables.decide(result, Decider::Kernel);
        }
        self.now.outputs.push(Output::Call {
            call,
            service: service.clone(),
            methargs: methargs.clone(),
        });
        self.tables.calls.set(
            call,
            Call {
                service,
                methargs,
                result,
            },
        );
    }

    fn run_notify(&mut self, crank: CrankId, number: u64, vat: VatId, promise: Kref) {
        if !self.is_alive(vat) || self.tables.vref(vat, promise).is_none() {
            // The vat is gone, or was told with another promise already.
            return self.end("");
        }
        let settled = self.closure(promise);
        let named = settled
            .iter()
            .flat_map(|(kref, _, value)| value.slots.iter().chain([kref]));
        if !self.has_room(vat, named.copied()) {
            self.terminate(vat, &Reason::LimitExceeded.value("c-list"), None);
            return self.end("");
        }
        self.trace_notify(crank, vat, &settled);
        let mut told = Vec::with_capacity(settled.len());
        for (kref, rejected, value) in &settled {
            let vref = self.tables.tell(vat, *kref);
            told.push((vref, *rejected, self.tables.tell_data(vat, value)));
        }
        for (kref, ..) in settled {
            self.tables.forget(vat, kref);
        }
        self.deliver(crank, vat, Delivery::Notify(told), None, Work::Item(number));
    }

    /// The promise and every settled promise that its value names, and theirs: told at once, so that cycles end. For the same reason what
    /// would make the notify too long is not left for another one, but told as rejected. Each stands where the first way to it, slot by
    /// slot, leads, so it is passed over when it is met again and not when it is put by.
    fn closure(&self, promise: Kref) -> Vec<(Kref, bool, CapData<Kref>)> {
        let (mut found, mut seen, mut next) = (Vec::new(), BTreeSet::new(), vec![promise]);
        // Whoever is put by has room for being told as rejected.
        let mut roomed = BTreeSet::from([promise]);
        let mut bytes = REJECTED_BYTES;
        while let Some(kref) = next.pop() {
            let Some((rejected, value)) = self.settled(kref).filter(|_| seen.insert(kref)) else {
                continue;
            };
            let named: Vec<_> = value
                .slots
                .iter()
                .filter(|slot| !seen.contains(slot) && self.settled(**slot).is_some())
                .copied()
                .collect();
            let new = named.iter().filter(|slot| !roomed.contains(slot)).count();
            let more =
                written(&value.body).0 + value.slots.len() * SLOT_BYTES + new * REJECTED_BYTES;
            if bytes + more > NOTIFY_BYTES_MAX {
                found.push((kref, true, Reason::LimitExceeded.value(kref)));
                continue;
            }
            bytes += more;
            found.push((kref, rejected, value.clone()));
            roomed.extend(&named);
            next.extend(named.into_iter().rev());
        }
        found
    }

    /// Whether a promise is rejected, and with what; `None`: it is no settled promise.
    fn settled(&self, kref: Kref) -> Option<(bool, &CapData<Kref>)> {
        if !kref.is_promise() {
            return None;
        }
        match &self.tables.promises.get(&kref.number)?.state {
            State::Fulfilled(value) => Some((false, value)),
            State::Rejected(value) => Some((true, value)),
            State::Unresolved { .. } => None,
        }
    }

    /// Hands a delivery out; the crank goes on with its outcome.
    pub(crate) fn deliver(
        &mut self,
        crank: CrankId,
        vat: VatId,
        delivery: Delivery,
        start: Option<(u64, String)>,
        work: Work,
    ) {
        self.trace_vat(vat);
        let seq = self.tables.vats.update(&vat, |row| {
            row.seq += 1;
            row.seq
        });
        self.under_way = Some(UnderWay {
            crank,
            vat,
            seq: seq.unwrap_or(0),
            delivery,
            start,
            work,
            lost: false,
        });
        self.hand_out();
    }

    /// Puts out the delivery under way: at first, and again when its heap was lost.
    pub(crate) fn hand_out(&mut self) {
        let Some(under_way) = &self.under_way else {
            return;
        };
        let vat = under_way.vat;
        if let Some((incarnation, bundle)) = under_way.start.clone() {
            self.ready.push_back(Output::Start {
                vat,
                incarnation,
                bundle,
            });
        }
        self.ready.push_back(Output::Deliver {
            crank: under_way.crank,
            vat,
            seq: under_way.seq,
            delivery: under_way.delivery.clone(),
        });
    }
}
