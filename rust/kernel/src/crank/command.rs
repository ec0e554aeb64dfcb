//! Commands, each as a crank of its own: never inside a vat's, so that nobody's abort undoes one (KD2, KD3).

use crate::capdata::CapData;
use crate::entry::{Decider, Item, Owner, Subscriber, VatState};
use crate::error::Error;
use crate::input::{Command, CommandId};
use crate::output::Answer;
use crate::refs::{Kref, VatId};
use crate::snapshot::PREFIXES;
use crate::state::KernelMachine;
use crate::table::pending::Change;
use crate::table::tables::Wait;

/// Where the answer of a command goes.
struct Caller {
    ids: Vec<CommandId>,
    key: Option<String>,
}

impl KernelMachine {
    /// The oldest command of the acceptance queue.
    pub(crate) fn run_command(&mut self) {
        let Some(accepted) = self.accepted.pop_front() else {
            return;
        };
        let crank = self.begin();
        let input = accepted.command.encode();
        self.trace_command(crank, &accepted.command);
        let caller = Caller {
            ids: accepted.ids,
            key: accepted.key.as_ref().map(|key| key.0.clone()),
        };
        if let Some((key, digest)) = accepted.key {
            self.add_key(&key, digest);
        }
        match self.permit(&accepted.command) {
            Ok(()) => self.obey(caller, accepted.command),
            Err(error) => self.finish(caller, &Answer::failed(error)),
        }
        self.end(&input);
    }

    /// The command is answered in its own crank.
    fn finish(&mut self, caller: Caller, answer: &Answer) {
        match caller.key.clone() {
            Some(key) => {
                self.park(caller, Wait::Garbage);
                self.answer(None, Some(&key), answer);
            }
            None => self.answer_all(caller.ids, answer),
        }
    }

    /// The command waits: a keyed one under its key, with whoever repeats it.
    fn park(&mut self, caller: Caller, wait: Wait) {
        if let Some(key) = caller.key {
            self.keyed.entry(key).or_default().extend(caller.ids);
        } else {
            let mut all = self.tables.commands.take(&wait).unwrap_or_default();
            all.extend(caller.ids);
            self.tables.commands.set(wait, all);
        }
    }

    fn obey(&mut self, caller: Caller, command: Command) {
        match command {
            Command::Launch {
                config,
                bootstrap,
                services,
                vats,
            } => {
                let key = caller.key.clone();
                let subcluster = self.launch(config, &bootstrap, services, vats, key);
                self.park(caller, Wait::Launch(subcluster));
            }
            Command::Send { target, methargs } => self.send_from_outside(caller, target, methargs),
            Command::RestartVat { vat } => {
                let key = caller.key.clone();
                let item = self.tables.enqueue(Item::Restart { vat, key });
                self.park(caller, Wait::Item(item));
            }
            Command::UpgradeVat {
                vat,
                bundle,
                parameters,
                config,
            } => {
                let key = caller.key.clone();
                let item = Item::Upgrade {
                    vat,
                    bundle,
                    parameters,
                    config,
                    key,
                };
                let item = self.tables.enqueue(item);
                self.park(caller, Wait::Item(item));
            }
            Command::CollectGarbage => {
                let alive = self
                    .tables
                    .vats
                    .iter()
                    .filter(|(_, vat)| vat.state == VatState::Running);
                let alive: Vec<VatId> = alive.map(|(id, _)| *id).collect();
                for vat in alive {
                    if !self.tables.counters.reap.contains(&vat) {
                        self.tables.counters.reap.push(vat);
                    }
                }
                self.garbage = true;
                self.garbage_keys.extend(caller.key.clone());
                self.park(caller, Wait::Garbage);
            }
            other => {
                let answer = self.obey_at_once(other, caller.key.as_deref());
                self.finish(caller, &answer);
            }
        }
    }

    /// What is done when its crank is.
    fn obey_at_once(&mut self, command: Command, key: Option<&str>) -> Answer {
        match command {
            Command::TerminateSubcluster { subcluster } => {
                self.terminate_subcluster(subcluster, None)
            }
            Command::TerminateVat { vat } => self.terminate(vat, &terminated(vat), None),
            Command::TerminateAll => self.terminate_all(),
            Command::Revoke { kref } => {
                self.tables
                    .objects
                    .update(&kref.number, |object| object.revoked = true);
            }
            Command::Pin { kref } => {
                self.tables.hold(kref);
                self.tables
                    .objects
                    .update(&kref.number, |object| object.pins += 1);
            }
            Command::Unpin { kref } => {
                self.tables
                    .objects
                    .update(&kref.number, |object| object.pins -= 1);
                self.tables.free(kref);
            }
            Command::ReleaseExternal { kref } => self.tables.free_outside(kref),
            Command::IssueUrl { kref, token } => {
                self.tables.hold(kref);
                if let Some(before) = self.tables.urls.get(&token).copied() {
                    self.tables.free(before);
                }
                self.tables.urls.set(token, kref);
            }
            Command::RedeemUrl { token } => {
                return match self.tables.urls.get(&token).copied() {
                    Some(kref) => Answer::Kref { kref },
                    None => Answer::failed(Error::UnknownUrl),
                };
            }
            Command::ServiceResult {
                call,
                rejected,
                value,
            } => self.service_result(call, rejected, value),
            Command::Clear => self.clear(key),
            Command::Launch { .. }
            | Command::Send { .. }
            | Command::RestartVat { .. }
            | Command::UpgradeVat { .. }
            | Command::CollectGarbage => (),
        }
        Answer::Done
    }

    /// A message of an outside caller: its result is subscribed by the key, or by the command that waits.
    fn send_from_outside(&mut self, caller: Caller, target: Kref, methargs: CapData<Kref>) {
        let result = self.tables.add_promise(Decider::Nobody, 1);
        if let Some(key) = &caller.key {
            self.tables.subscribe(result, Subscriber::Key(key.clone()));
        }
        self.park(caller, Wait::Promise(result.number));
        self.send_message(target, methargs, Some(result));
    }

    /// A message of the kernel's own.
    pub(crate) fn send_message(
        &mut self,
        target: Kref,
        methargs: CapData<Kref>,
        result: Option<Kref>,
    ) {
        let message = self.tables.counters.message;
        self.tables.counters.message += 1;
        self.trace_send(message, target, &methargs, result);
        self.tables.enqueue(Item::Send {
            message,
            target,
            methargs,
            result,
        });
    }

    fn service_result(&mut self, call: u64, rejected: bool, value: CapData<Kref>) {
        let Some(call) = self.tables.calls.take(&call) else {
            return;
        };
        if let Some(result) = call.result {
            if self.tables.decider(result) == Some(Decider::Kernel) {
                self.settle(result, rejected, value);
            }
            self.tables.free(result);
        }
        self.tables.free_all(&call.methargs);
    }

    /// Every vat ends, whoever waits is answered, and then every row but the counters goes, and the command's own key if it has one.
    fn clear(&mut self, key: Option<&str>) {
        self.terminate_all();
        let waiting: Vec<u64> = self
            .tables
            .promises
            .iter()
            .map(|(number, _)| *number)
            .collect();
        for number in waiting {
            self.reject(
                Some(Kref::promise(number)),
                crate::reason::Reason::VatTerminated.value(""),
            );
        }
        let items: Vec<(u64, Item)> = self
            .tables
            .queue
            .iter()
            .map(|(number, item)| (*number, item.clone()))
            .collect();
        for (number, item) in items {
            if let Item::Restart { key, .. } | Item::Upgrade { key, .. } = item {
                let answer = Answer::failed(Error::UnknownVat);
                self.answer(Some(Wait::Item(number)), key.as_deref(), &answer);
            }
        }
        self.end_garbage();
        let key = key.and_then(|key| {
            Some((
                key.to_owned(),
                self.tables.keys.get(&key.to_owned())?.clone(),
            ))
        });
        self.tables.clear();
        if let Some((key, keyed)) = key {
            // A repeat of this very command must find it done, and not clear what came after it.
            self.tables.keys.set(key, keyed);
        }
        self.now.doomed.clear();
        self.now.cleared = true;
        for prefix in PREFIXES {
            self.pending.stage(Change::Wipe(prefix.to_owned()));
        }
    }

    /// The object of a service, made at first need.
    pub(crate) fn provide_service(&mut self, name: &str) -> Kref {
        match self.tables.objects.index().services.get(name) {
            Some(number) => Kref::object(*number),
            None => self.tables.add_object(Owner::Service(name.to_owned())),
        }
    }
}

/// Why whoever waits for a vat that was ended waits in vain.
pub fn terminated(vat: VatId) -> CapData<Kref> {
    crate::reason::Reason::VatTerminated.value(vat)
}
