//! What always holds (KERNEL.md, section 9), asked of rows as they are loaded and by the audit. Counting itself is in `recount.rs`.

use std::collections::BTreeSet;

use super::tables::Tables;
use crate::entry::{Item, Owner, State};
use crate::refs::{Kref, Side};

impl Tables {
    /// What of the tables contradicts itself, as sentences. `waiting`: how many holders a promise may have more than are found.
    pub fn contradictions(&self, waiting: u64) -> Vec<String> {
        let counts = self.recount();
        let mut wrong = Vec::new();
        for (number, object) in self.objects.iter() {
            let (reachable, recognizable) = counts.objects.get(number).copied().unwrap_or_default();
            if (object.reachable, object.recognizable) != (reachable, recognizable) {
                let (stored, seen) = (object.reachable, object.recognizable);
                wrong.push(format!(
                    "ko{number}: {stored}/{seen} stored, {reachable}/{recognizable} counted"
                ));
            }
            if let Owner::Vat(vat) = object.owner
                && self
                    .vref(vat, Kref::object(*number))
                    .is_none_or(|vref| vref.side != Side::Vat)
            {
                wrong.push(format!("ko{number}: its owner {vat} does not export it"));
            }
        }
        for (number, promise) in self.promises.iter() {
            let counted = counts.promises.get(number).copied().unwrap_or_default();
            if promise.count < counted || promise.count > counted + waiting {
                wrong.push(format!(
                    "kp{number}: {} stored, {counted} counted",
                    promise.count
                ));
            }
        }
        let unknown =
            |kind: char| move |number: &u64| format!("k{kind}{number}: held, but unknown");
        let objects = counts
            .objects
            .keys()
            .filter(|number| !self.objects.has(number));
        wrong.extend(objects.map(unknown('o')));
        let promises = counts
            .promises
            .keys()
            .filter(|number| !self.promises.has(number));
        wrong.extend(promises.map(unknown('p')));
        self.odd_queue(&mut wrong);
        self.odd_names(&mut wrong);
        self.odd_waits(&mut wrong);
        self.odd_rings(&mut wrong);
        self.odd_vats(&mut wrong);
        self.odd_numbers(&mut wrong);
        wrong
    }

    /// The run queue is dense from head to tail.
    fn odd_queue(&self, wrong: &mut Vec<String>) {
        let mut expected = self.counters.queue_head;
        for (number, _) in self.queue.iter() {
            if *number != expected {
                wrong.push(format!("the run queue has a gap at {expected}"));
            }
            expected = number + 1;
        }
        if expected != self.counters.queue_tail {
            wrong.push(format!(
                "the run queue ends at {expected}, not at {}",
                self.counters.queue_tail
            ));
        }
    }

    /// An export is an object of the vat's own, and nothing stands under a name that was not given yet.
    fn odd_names(&self, wrong: &mut Vec<String>) {
        for ((vat, kref), entry) in self.clists.iter() {
            let object = self
                .objects
                .get(&kref.number)
                .filter(|_| !kref.is_promise());
            let owned = object.is_some_and(|object| object.owner == Owner::Vat(*vat));
            let export = entry.vref.side == Side::Vat && !kref.is_promise();
            let given = self.vats.get(vat).map_or(0, |row| match kref.is_promise() {
                true => row.promise,
                false => row.object,
            });
            let given = entry.vref.side == Side::Vat || entry.vref.number < given;
            if owned != export || kref.kind != entry.vref.kind || !given || !self.vats.has(vat) {
                wrong.push(format!("{vat} has {kref} as {}", entry.vref));
            }
        }
        if self.clists.index().krefs.len() != self.clists.len() {
            wrong.push(String::from("a vat has two things under one name"));
        }
    }

    /// Messages wait on what is not settled, in places from 1 without a gap: a gap would be taken for the end of them.
    fn odd_waits(&self, wrong: &mut Vec<String>) {
        let mut last = (0, 0);
        for (&(promise, place), item) in self.waiting.iter() {
            let known = self.promises.get(&promise).map(|row| &row.state);
            let target = match item {
                Item::Send { target, .. } => Some(*target),
                _ => None,
            };
            let expected = if last.0 == promise { last.1 + 1 } else { 1 };
            if !matches!(known, Some(State::Unresolved { .. }))
                || target != Some(Kref::promise(promise))
                || place != expected
            {
                wrong.push(format!("what waits on kp{promise} in place {place}"));
            }
            last = (promise, place);
        }
        let results = self.waiting.iter().filter(|row| {
            matches!(
                row.1,
                Item::Send {
                    result: Some(_),
                    ..
                }
            )
        });
        if results.count() != self.waiting.index().results.len() {
            wrong.push(String::from("two messages wait with one result"));
        }
    }

    /// Every vat is made of something, and while it lives it stands in its subcluster under its name, and is told `bringOutYourDead`
    /// at most once.
    fn odd_vats(&self, wrong: &mut Vec<String>) {
        let mut members = 0;
        for (vat, _) in self.vats.iter() {
            let Some(fixed) = self.fixed.get(vat) else {
                wrong.push(format!("{vat} is made of nothing"));
                continue;
            };
            let group = self.subclusters.get(&fixed.subcluster);
            let stands = group.is_some_and(|group| {
                let mut found = group.vats.iter().filter(|member| member.1 == *vat);
                found.next().is_some_and(|member| member.0 == fixed.name) && found.next().is_none()
            });
            members += usize::from(self.lives(*vat));
            if self.lives(*vat) != stands {
                wrong.push(format!("{vat} and {} disagree", fixed.subcluster));
            }
        }
        if self.fixed.len() != self.vats.len() {
            wrong.push(String::from("what no vat is made of"));
        }
        let listed: usize = self.subclusters.iter().map(|row| row.1.vats.len()).sum();
        if listed != members || self.subclusters.iter().any(|row| row.1.vats.is_empty()) {
            wrong.push(String::from("a subcluster of vats that are not there"));
        }
        let reap: BTreeSet<_> = self.counters.reap.iter().collect();
        if reap.len() != self.counters.reap.len() || !reap.iter().all(|vat| self.lives(**vat)) {
            wrong.push(String::from("a vat to reap that is not there, or twice"));
        }
    }

    /// No row bears a number that is still to be given.
    fn odd_numbers(&self, wrong: &mut Vec<String>) {
        let next = &self.counters;
        let messages = self.queue.iter().map(|row| row.1);
        let messages = messages.chain(self.waiting.iter().map(|row| row.1));
        let messages = messages.filter_map(|item| match item {
            Item::Send { message, .. } => Some(*message),
            _ => None,
        });
        let keys: BTreeSet<_> = self.keys.iter().map(|row| row.1.number).collect();
        let used = [
            (
                "object",
                self.objects.iter().map(|row| *row.0).max(),
                next.object,
            ),
            (
                "promise",
                self.promises.iter().map(|row| *row.0).max(),
                next.promise,
            ),
            ("call", self.calls.iter().map(|row| *row.0).max(), next.call),
            ("vat", self.vats.iter().map(|row| row.0.0).max(), next.vat),
            (
                "subcluster",
                self.subclusters.iter().map(|row| row.0.0).max(),
                next.subcluster,
            ),
            ("message", messages.max(), next.message),
            ("key", keys.last().copied(), next.key),
        ];
        for (what, last, next) in used {
            if last.is_some_and(|last| last >= next) {
                wrong.push(format!("the number of a {what} is still to be given"));
            }
        }
        if keys.len() != self.keys.len() {
            wrong.push(String::from("two idempotency keys have one number"));
        }
    }

    /// Places in the ring are given once, and not before their time.
    fn odd_rings(&self, wrong: &mut Vec<String>) {
        let (objects, promises) = (self.objects.index(), self.promises.index());
        let held = self
            .objects
            .iter()
            .filter(|row| row.1.external != 0)
            .count()
            + self
                .promises
                .iter()
                .filter(|row| row.1.external != 0)
                .count();
        let places: BTreeSet<_> = objects.ring.keys().chain(promises.ring.keys()).collect();
        let last = places.last().map_or(0, |place| **place);
        if places.len() != held || last >= self.counters.external {
            wrong.push(String::from(
                "the ring of what is held outside has a place twice, or one too far",
            ));
        }
        let services = self
            .objects
            .iter()
            .filter(|row| matches!(row.1.owner, Owner::Service(_)));
        if services.count() != objects.services.len() {
            wrong.push(String::from("a service has two objects"));
        }
    }
}
