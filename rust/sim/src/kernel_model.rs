//! A naive kernel, written from the contract and not from the machine: it copies its whole state before each crank, counts by going
//! through every holder, keeps no journal. Same inputs must give the same outputs and rows. Slow on purpose.

use kernel::Error;
use kernel::entry::{Counters, Item, VatState};
use kernel::input::{Command, CommandId, Heap};
use kernel::limit;
use kernel::output::{Answer, Delivery, Output};
use kernel::refs::{Kref, VatId};

use crate::model::hash;
pub use crate::model::kernel::KernelModel;
use crate::model::kernel::Kind;
use crate::model::state::{State, error_value};

impl KernelModel {
    /// A new kernel.
    pub fn new(services: &[String]) -> Self {
        Self {
            allowance: u64::MAX,
            services: services.to_vec(),
            ..Self::default()
        }
    }

    /// What a kernel is after its memory was lost and this state was found in the store.
    ///
    /// Answers the calls of services that leave again at once.
    pub fn reload(&mut self) -> Vec<Output> {
        if let Some(under_way) = self.under_way.take() {
            self.state = *under_way.saved;
        }
        self.inbox.clear();
        self.attached.clear();
        self.collecting.clear();
        self.outputs.clear();
        self.told.clear();
        self.lost_at = None;
        self.allowance = u64::MAX;
        self.streak = 0;
        let state = &mut self.state;
        let before = Box::new(state.clone());
        let mut changed = !state.waiters.is_empty();
        state.waiters.clear();
        state.launchers.clear();
        state.restarters.clear();
        let orphans = state.orphan_keys();
        changed |= !orphans.is_empty();
        state.keys.retain(|key, _| !orphans.contains(key));
        for (vat, row) in &mut state.vats {
            if row.state == VatState::Running && state.fixed[vat].heap == Heap::Forget {
                row.state = VatState::Due;
                changed = true;
            }
        }
        let cut_short: Vec<_> = state
            .groups
            .iter()
            .filter(|(_, row)| row.launching.is_some())
            .map(|(id, _)| *id)
            .collect();
        changed |= !cut_short.is_empty();
        let calls: Vec<u64> = state.calls.keys().copied().collect();
        for group in cut_short {
            state.fail_launch(group, error_value("VAT_TERMINATED", &group.to_string()));
        }
        if changed {
            state.counters.crank += 1;
            self.finish(&before, "");
        }
        calls
            .into_iter()
            .filter_map(|call| self.call(call))
            .collect()
    }

    /// A command.
    pub fn handle_command(
        &mut self,
        id: CommandId,
        key: Option<&str>,
        command: Command,
    ) -> Result<(), Error> {
        if let Some(key) = key {
            let digest = hash::digest(&command);
            if let Some(row) = self.state.keys.get(key) {
                if row.digest != digest {
                    return Err(Error::KeyMismatch);
                }
                if row.answer.is_some() {
                    return Err(Error::KeyAnswered);
                }
                self.attached.entry(key.to_string()).or_default().push(id);
                return Ok(());
            }
            if let Some((_, _, first)) = self
                .inbox
                .iter()
                .find(|(_, other, _)| other.as_deref() == Some(key))
            {
                if hash::digest(first) != digest {
                    return Err(Error::KeyMismatch);
                }
                self.attached.entry(key.to_string()).or_default().push(id);
                return Ok(());
            }
        }
        if self.inbox.len() >= limit::COMMANDS_MAX {
            return Err(Error::QueueFull);
        }
        self.state.recount();
        self.state.check(&command, &self.services)?;
        if let Some(key) = key {
            self.attached.entry(key.to_string()).or_default().push(id);
        }
        self.inbox.push_back((id, key.map(str::to_string), command));
        Ok(())
    }

    /// Whether the rows tell everything: no command waits in memory, and a load would change nothing.
    pub fn is_all_in_rows(&self) -> bool {
        let state = &self.state;
        let forgets = |vat: &VatId| {
            state.vats[vat].state == VatState::Running && state.fixed[vat].heap == Heap::Forget
        };
        let waits = self.inbox.is_empty() && self.attached.is_empty() && self.collecting.is_empty();
        let quiet =
            state.waiters.is_empty() && state.launchers.is_empty() && state.restarters.is_empty();
        let loads =
            state.calls.is_empty() && state.groups.values().all(|group| group.launching.is_none());
        waits && quiet && loads && self.lost_at.is_none() && !state.vats.keys().any(forgets)
    }

    /// How many cranks may begin.
    pub fn allow(&mut self, cranks: u64) {
        self.allowance = cranks;
    }

    /// Works until there is something that may leave at once.
    pub fn poll_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if self.under_way.is_some() || !self.step() {
                return None;
            }
        }
    }

    /// One step of the order of work. `false`: there is none.
    fn step(&mut self) -> bool {
        let due = self.state.due().filter(|_| self.allowance > 0);
        if due.is_none()
            && self.streak < limit::COMMANDS_PER_DELIVERY
            && let Some((id, key, command)) = self.inbox.pop_front()
        {
            self.streak += 1;
            self.command(id, key, command);
            return true;
        }
        if self.allowance > 0 && self.crank(due) {
            return true;
        }
        if due.is_none()
            && let Some((id, key, command)) = self.inbox.pop_front()
        {
            self.command(id, key, command);
            return true;
        }
        false
    }

    fn command(&mut self, id: CommandId, key: Option<String>, command: Command) {
        let before = Box::new(self.state.clone());
        self.state.counters.crank += 1;
        let input = command.encode();
        let digest = hash::digest(&command);
        if let Some(key) = &key {
            let number = self.state.counters.key;
            self.state.counters.key += 1;
            self.state.keys.insert(
                key.clone(),
                kernel::entry::Keyed {
                    number,
                    digest,
                    answer: None,
                },
            );
        }
        if let Err(error) = self.state.check(&command, &self.services) {
            self.state.answer(Some(id), key, Answer::failed(error));
        } else {
            match command {
                Command::CollectGarbage => {
                    let running = self
                        .state
                        .vats
                        .iter()
                        .filter(|(_, vat)| vat.state == VatState::Running);
                    let reap: Vec<VatId> = running
                        .map(|(vat, _)| *vat)
                        .filter(|vat| !self.state.counters.reap.contains(vat))
                        .collect();
                    self.state.counters.reap.extend(reap);
                    self.collecting.push((id, key));
                }
                Command::Clear => self.clear(id, key),
                other => self.state.run(id, key, other),
            }
        }
        self.finish(&before, &input);
    }

    fn clear(&mut self, id: CommandId, key: Option<String>) {
        self.state.end_all();
        let unsettled: Vec<Kref> = self.state.promises.keys().copied().collect();
        for kref in unsettled {
            self.state
                .settle(kref, true, error_value("VAT_TERMINATED", ""));
        }
        for (number, item) in self.state.queue.clone() {
            if let Item::Restart { key, .. } | Item::Upgrade { key, .. } = item {
                let command = self.state.restarters.remove(&number);
                self.state
                    .answer(command, key, Answer::failed(Error::UnknownVat));
            }
        }
        let counters = Counters {
            reap: Vec::new(),
            ..self.state.counters.clone()
        };
        let (stops, told) = (self.state.stops.clone(), self.state.told.clone());
        self.state = State {
            counters,
            stops,
            told,
            ..State::default()
        };
        self.state.counters.queue_head = self.state.counters.queue_tail;
        self.state.answer(Some(id), key, Answer::Done);
    }

    /// Begins a crank that is no command. `false`: nothing to do.
    fn crank(&mut self, due: Option<VatId>) -> bool {
        let saved = Box::new(self.state.clone());
        let state = &mut self.state;
        state.recount();
        let mut kind = Kind::Collecting;
        let delivery = if let Some(vat) = due {
            kind = Kind::Due;
            state.cut(vat);
            Some(state.deliver_start(vat))
        } else if !state.actions.is_empty() {
            state.deliver_garbage()
        } else if !state.counters.reap.is_empty() {
            kind = Kind::Reaping;
            let vat = state.counters.reap.remove(0);
            Some((vat, Delivery::BringOutYourDead))
        } else if let Some(vat) = state.dying() {
            state.clean_up(vat);
            None
        } else if let Some((number, item)) = state.head() {
            kind = Kind::Queued(number, item.clone());
            state.pop();
            self.deliver_item(number, item)
        } else {
            return false;
        };
        self.allowance -= 1;
        self.streak = 0;
        let crank = self.state.counters.crank;
        self.state.counters.crank += 1;
        match delivery {
            Some((vat, delivery)) => self.begin(crank, vat, delivery, kind, saved),
            None => self.finish(&saved, ""),
        }
        true
    }

    fn deliver_item(&mut self, number: u64, item: Item) -> Option<(VatId, Delivery)> {
        let state = &mut self.state;
        match item {
            Item::Send {
                message,
                target,
                methargs,
                result,
            } => state.deliver_message(message, target, methargs, result),
            Item::Notify { vat, promise } => state.deliver_notify(vat, promise),
            Item::Start { vat } => {
                if !state.is_alive(vat) {
                    return None;
                }
                if let Some(row) = state.vats.get_mut(&vat) {
                    row.state = VatState::Running;
                    row.incarnation = 1;
                }
                Some(state.deliver_start(vat))
            }
            Item::Restart { vat, key } | Item::Upgrade { vat, key, .. } if !state.is_alive(vat) => {
                let command = state.restarters.remove(&number);
                state.answer(command, key, Answer::failed(Error::UnknownVat));
                None
            }
            Item::Restart { vat, .. } => {
                state.cut(vat);
                Some(state.deliver_start(vat))
            }
            Item::Upgrade {
                vat,
                bundle,
                parameters,
                config,
                ..
            } => {
                state.cut(vat);
                if let Some(row) = state.fixed.get_mut(&vat) {
                    row.bundle = bundle;
                    row.parameters = parameters;
                    row.config = config;
                }
                Some(state.deliver_start(vat))
            }
        }
    }
}
