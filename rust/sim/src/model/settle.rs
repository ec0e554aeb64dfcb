//! Promises that settle, answers to the outside, vats that end.

use kernel::Error;
use kernel::capdata::CapData;
use kernel::entry::{Decider, Item, Owner, State as Stand, Subscriber, VatState};
use kernel::input::CommandId;
use kernel::limit::CLEANUP_ROWS;
use kernel::output::Answer;
use kernel::refs::{Kref, Side, SubclusterId, VatId, Vref};

use super::state::{State, Told, error_value};

impl State {
    /// Settles a promise that is not settled: tells its subscribers, then lets the waiting messages go on.
    pub fn settle(&mut self, kref: Kref, rejected: bool, value: CapData<Kref>) {
        let Some(promise) = self.promises.get_mut(&kref) else {
            return;
        };
        let Stand::Unresolved { subscribers, .. } = promise.state.clone() else {
            return;
        };
        promise.state = if rejected {
            Stand::Rejected(value.clone())
        } else {
            Stand::Fulfilled(value.clone())
        };
        let answer = if rejected {
            Answer::Rejected {
                value: value.clone(),
            }
        } else {
            Answer::Value {
                value: value.clone(),
            }
        };
        for subscriber in subscribers {
            match subscriber {
                Subscriber::Vat(vat) if !self.is_alive(vat) => {}
                Subscriber::Vat(vat) => {
                    self.enqueue(Item::Notify { vat, promise: kref });
                }
                Subscriber::Key(key) => self.answer(None, Some(key), answer.clone()),
                Subscriber::Launch(group) => self.launched(group, rejected, &value),
            }
        }
        for command in self.waiters.remove(&kref).unwrap_or_default() {
            self.answer(Some(command), None, answer.clone());
        }
        let waiting: Vec<(u64, u64)> = self
            .waiting
            .keys()
            .filter(|(on, _)| *on == kref.number)
            .copied()
            .collect();
        for place in waiting {
            if let Some(item) = self.waiting.remove(&place) {
                self.enqueue(item);
            }
        }
    }

    /// Rejects the promise for a message's answer, if it has one.
    pub fn refuse_message(&mut self, result: Option<Kref>, code: &str, detail: &str) {
        if let Some(result) = result {
            self.settle(result, true, error_value(code, detail));
        }
    }

    /// Answers a command, and whoever repeats its key.
    pub fn answer(&mut self, command: Option<CommandId>, key: Option<String>, answer: Answer) {
        if command.is_none() && key.is_none() {
            return;
        }
        match &answer {
            Answer::Value { value }
            | Answer::Rejected { value }
            | Answer::Failed {
                value: Some(value), ..
            } => {
                self.hold_outside(&value.slots);
            }
            Answer::Launched { root, result, .. } => {
                self.hold_outside(&[*root]);
                self.hold_outside(&result.slots);
            }
            Answer::Kref { kref } => self.hold_outside(&[*kref]),
            Answer::Failed { value: None, .. } | Answer::Done => {}
        }
        if let Some(key) = key {
            if let Some(keyed) = self.keys.get_mut(&key) {
                keyed.answer = serde_json::to_string(&answer).ok();
            }
            self.told.push(Told::Key(key, answer));
        } else if let Some(command) = command {
            self.told.push(Told::Command(command, answer));
        }
    }

    /// `bootstrap` of a launch has answered.
    fn launched(&mut self, group: SubclusterId, rejected: bool, value: &CapData<Kref>) {
        if rejected {
            self.fail_launch(group, value.clone());
            return;
        }
        let Some(row) = self.groups.get_mut(&group) else {
            return;
        };
        row.launching = None;
        let key = row.key.take();
        let root = self.kref(self.groups[&group].bootstrap, Vref::ROOT);
        let command = self.launchers.remove(&group);
        if let Some(root) = root {
            self.answer(
                command,
                key,
                Answer::Launched {
                    subcluster: group,
                    root,
                    result: value.clone(),
                },
            );
        }
    }

    /// A launch did not come to its end: it is answered, and nothing of it stays when the crank ends.
    pub fn fail_launch(&mut self, group: SubclusterId, value: CapData<Kref>) {
        let Some(row) = self.groups.get_mut(&group) else {
            return;
        };
        let Some(promise) = row.launching.take() else {
            return;
        };
        let key = row.key.take();
        if let Some(Stand::Unresolved { subscribers, .. }) = self
            .promises
            .get_mut(&promise)
            .map(|promise| &mut promise.state)
        {
            subscribers.remove(&Subscriber::Launch(group));
        }
        let command = self.launchers.remove(&group);
        self.answer(
            command,
            key,
            Answer::Failed {
                code: Error::BadConfig as u8,
                value: Some(value),
            },
        );
        self.doomed.push(group);
    }

    /// Every vat of a subcluster ends.
    pub fn end_group(&mut self, group: SubclusterId) {
        let Some(row) = self.groups.get(&group) else {
            return;
        };
        for (_, vat) in row.vats.clone() {
            self.terminate(vat, None, None);
        }
    }

    /// Ends a vat: whoever waits for it is told, the rest is let go in steps. `why`: what a launch that fails by it answers.
    pub fn terminate(
        &mut self,
        vat: VatId,
        told: Option<CapData<Kref>>,
        why: Option<CapData<Kref>>,
    ) {
        if !self.is_alive(vat) {
            return;
        }
        let told = told.unwrap_or_else(|| error_value("VAT_TERMINATED", &vat.to_string()));
        if let Some(row) = self.vats.get_mut(&vat) {
            row.state = VatState::Dying;
        }
        self.counters.reap.retain(|other| *other != vat);
        self.actions.retain(|(other, _, _)| *other != vat);
        self.stops.push(vat);
        let group = self.fixed[&vat].subcluster;
        if let Some(row) = self.groups.get_mut(&group) {
            row.vats.retain(|(_, other)| *other != vat);
            let empty = row.vats.is_empty();
            self.fail_launch(group, why.unwrap_or_else(|| told.clone()));
            if empty {
                self.groups.remove(&group);
            }
        }
        for promise in self.decided(vat) {
            self.settle(promise, true, told.clone());
        }
    }

    /// One step of letting a terminated vat go.
    pub fn clean_up(&mut self, vat: VatId) {
        let krefs: Vec<Kref> = self
            .clist
            .keys()
            .filter(|(owner, _)| *owner == vat)
            .map(|(_, kref)| *kref)
            .collect();
        let last = krefs.len() <= CLEANUP_ROWS;
        for kref in krefs.into_iter().take(CLEANUP_ROWS) {
            self.let_go(vat, kref);
        }
        if last {
            self.vats.remove(&vat);
            self.fixed.remove(&vat);
            self.wipe(&format!("s/{:016}/", vat.0));
            self.wipe(&format!("b/{:016}/", vat.0));
        }
    }

    /// One entry of a c-list goes, whatever it is; an export has no owner then.
    pub fn let_go(&mut self, vat: VatId, kref: Kref) {
        let Some(entry) = self.clist.remove(&(vat, kref)) else {
            return;
        };
        if let Some(Stand::Unresolved { subscribers, .. }) = self
            .promises
            .get_mut(&kref)
            .map(|promise| &mut promise.state)
        {
            subscribers.remove(&Subscriber::Vat(vat));
        }
        if !kref.is_promise()
            && entry.vref.side == Side::Vat
            && let Some(object) = self.objects.get_mut(&kref)
        {
            object.owner = Owner::Nobody;
        }
    }

    /// Rows of a vat's store under a prefix go.
    pub fn wipe(&mut self, prefix: &str) {
        self.opaque.retain(|key, _| !key.starts_with(prefix));
    }

    /// What a new incarnation does not keep: promises, exports but the root, imports that can only be compared.
    pub fn cut(&mut self, vat: VatId) {
        for promise in self.decided(vat) {
            self.settle(
                promise,
                true,
                error_value("VAT_RESTARTED", &vat.to_string()),
            );
        }
        let entries: Vec<(Kref, Vref, bool)> = self
            .clist
            .iter()
            .filter(|((owner, _), _)| *owner == vat)
            .map(|((_, kref), entry)| (*kref, entry.vref, entry.reachable))
            .collect();
        for (kref, vref, reachable) in entries {
            let kept = !kref.is_promise()
                && (vref == Vref::ROOT || (vref.side == Side::Kernel && reachable));
            if !kept {
                self.let_go(vat, kref);
            }
        }
        self.actions.retain(|(other, _, _)| *other != vat);
        self.wipe(&format!("b/{:016}/", vat.0));
        if let Some(row) = self.vats.get_mut(&vat) {
            row.incarnation += 1;
            row.seq = 0;
            row.transcript = 0;
        }
    }

    /// Who may settle an unresolved promise.
    pub fn decider(&self, kref: Kref) -> Option<Decider> {
        match self.promises.get(&kref)?.state {
            Stand::Unresolved { decider, .. } => Some(decider),
            Stand::Fulfilled(_) | Stand::Rejected(_) => None,
        }
    }
}
