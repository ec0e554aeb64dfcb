//! Counts of holders: up and down as things happen; whoever fell is noted and looked at once, at the crank's end (`crank/gc.rs`).

use super::tables::Tables;
use crate::capdata::CapData;
use crate::entry::{Decider, Item, Object, Owner, Promise, State, Subscriber};
use crate::limit::EXTERNAL_MAX;
use crate::refs::Kref;
use std::collections::BTreeSet;

impl Tables {
    /// A new object that nobody holds yet.
    pub fn add_object(&mut self, owner: Owner) -> Kref {
        let number = self.counters.object;
        self.counters.object += 1;
        self.objects.set(
            number,
            Object {
                owner,
                reachable: 0,
                recognizable: 0,
                revoked: false,
                pins: 0,
                external: 0,
            },
        );
        let kref = Kref::object(number);
        self.fallen.insert(kref);
        kref
    }

    /// A new promise with `count` holders.
    pub fn add_promise(&mut self, decider: Decider, count: u64) -> Kref {
        let number = self.counters.promise;
        self.counters.promise += 1;
        self.promises.set(
            number,
            Promise {
                state: State::Unresolved {
                    decider,
                    subscribers: BTreeSet::new(),
                },
                count,
                external: 0,
            },
        );
        Kref::promise(number)
    }

    /// One more holder that can send to it.
    pub fn hold(&mut self, kref: Kref) {
        if kref.is_promise() {
            self.promises
                .update(&kref.number, |promise| promise.count += 1);
        } else {
            self.objects.update(&kref.number, |object| {
                object.reachable += 1;
                object.recognizable += 1;
            });
        }
    }

    /// One holder fewer.
    pub fn free(&mut self, kref: Kref) {
        if kref.is_promise() {
            self.promises
                .update(&kref.number, |promise| promise.count -= 1);
        } else {
            self.objects.update(&kref.number, |object| {
                object.reachable -= 1;
                object.recognizable -= 1;
            });
        }
        self.fallen.insert(kref);
    }

    /// Every slot is held.
    pub fn hold_all(&mut self, data: &CapData<Kref>) {
        for kref in &data.slots {
            self.hold(*kref);
        }
    }

    /// Every slot is let go.
    pub fn free_all(&mut self, data: &CapData<Kref>) {
        for kref in &data.slots {
            self.free(*kref);
        }
    }

    /// What an item of a queue holds: a message its target, its slots and its result; a notify its promise.
    pub fn hold_item(&mut self, item: &Item) {
        each_held(item, |kref| self.hold(kref));
    }

    /// The item left the queue.
    pub fn free_item(&mut self, item: &Item) {
        each_held(item, |kref| self.free(kref));
    }

    /// An answer brings the kref outside: the newest place of the ring is its, and the oldest of too many falls out.
    pub fn hold_outside(&mut self, kref: Kref) {
        let place = self.counters.external;
        self.counters.external += 1;
        if self.swap_place(kref, place) == Some(0) {
            self.hold(kref);
        }
        let (objects, promises) = (&self.objects.index().ring, &self.promises.index().ring);
        if objects.len() + promises.len() > EXTERNAL_MAX {
            let object = objects
                .first_key_value()
                .map(|(place, number)| (*place, Kref::object(*number)));
            let promise = promises
                .first_key_value()
                .map(|(place, number)| (*place, Kref::promise(*number)));
            if let Some((_, oldest)) = object.into_iter().chain(promise).min() {
                self.free_outside(oldest);
            }
        }
    }

    /// The outside lets go; nothing happens when it did not hold.
    pub fn free_outside(&mut self, kref: Kref) {
        if self.swap_place(kref, 0).is_some_and(|place| place != 0) {
            self.free(kref);
        }
    }

    fn swap_place(&mut self, kref: Kref, place: u64) -> Option<u64> {
        if kref.is_promise() {
            self.promises.update(&kref.number, |promise| {
                core::mem::replace(&mut promise.external, place)
            })
        } else {
            self.objects.update(&kref.number, |object| {
                core::mem::replace(&mut object.external, place)
            })
        }
    }

    /// Adds a subscriber of an unresolved promise; `false`: it is settled.
    pub fn subscribe(&mut self, promise: Kref, subscriber: Subscriber) -> bool {
        let known = self.promises.get(&promise.number);
        if let Some(State::Unresolved { subscribers, .. }) = known.map(|promise| &promise.state) {
            if !subscribers.contains(&subscriber) {
                self.promises.update(&promise.number, |promise| {
                    if let State::Unresolved { subscribers, .. } = &mut promise.state {
                        subscribers.insert(subscriber);
                    }
                });
            }
            return true;
        }
        false
    }

    /// Removes a subscriber, if it is one.
    pub fn unsubscribe(&mut self, promise: Kref, subscriber: &Subscriber) {
        let known = self.promises.get(&promise.number);
        if let Some(State::Unresolved { subscribers, .. }) = known.map(|promise| &promise.state)
            && subscribers.contains(subscriber)
        {
            self.promises.update(&promise.number, |promise| {
                if let State::Unresolved { subscribers, .. } = &mut promise.state {
                    subscribers.remove(subscriber);
                }
            });
        }
    }

    /// Who decides it; `None`: it is settled or unknown.
    pub fn decider(&self, promise: Kref) -> Option<Decider> {
        match self.promises.get(&promise.number)?.state {
            State::Unresolved { decider, .. } => Some(decider),
            _ => None,
        }
    }

    /// Moves the right to settle a promise.
    pub fn decide(&mut self, promise: Kref, by: Decider) {
        self.promises.update(&promise.number, |promise| {
            if let State::Unresolved { decider, .. } = &mut promise.state {
                *decider = by;
            }
        });
    }

    /// Whether there is such an object or promise.
    pub fn knows(&self, kref: Kref) -> bool {
        if kref.is_promise() {
            self.promises.has(&kref.number)
        } else {
            self.objects.has(&kref.number)
        }
    }
}

/// What an item holds, each time it holds it.
pub fn each_held(item: &Item, mut held: impl FnMut(Kref)) {
    match item {
        Item::Send {
            target,
            methargs,
            result,
            ..
        } => {
            held(*target);
            methargs.slots.iter().chain(result).copied().for_each(held);
        }
        Item::Notify { promise, .. } => held(*promise),
        Item::Start { .. } | Item::Restart { .. } | Item::Upgrade { .. } => (),
    }
}
