//! Commands: what is refused at the door, and what an accepted one does in its own small crank.

use std::collections::BTreeSet;

use kernel::Error;
use kernel::capdata::CapData;
use kernel::entry::{
    CListEntry, Decider, Fixed, Item, Owner, State as Stand, Subcluster, Subscriber, Vat, VatState,
};
use kernel::input::{Command, CommandId, VatSpec};
use kernel::limit;
use kernel::output::Answer;
use kernel::refs::{Kref, SubclusterId, VatId, Vref};

use super::state::State;

type Checked = Result<(), Error>;

impl State {
    fn object_known(&self, kref: Kref) -> Checked {
        if kref.is_promise() {
            return Err(Error::NotAnObject);
        }
        if self.objects.contains_key(&kref) {
            Ok(())
        } else {
            Err(Error::UnknownKref)
        }
    }

    /// An object that nobody reaches is on its way out and has no name any more.
    fn is_reached(&self, kref: Kref) -> bool {
        self.promises.contains_key(&kref)
            || self
                .objects
                .get(&kref)
                .is_some_and(|object| object.reachable > 0)
    }

    fn data_fits(&self, data: &CapData<Kref>) -> Checked {
        if data.body.len() > limit::BODY_BYTES_MAX || data.slots.len() > limit::SLOTS_MAX {
            return Err(Error::LimitExceeded);
        }
        if data.slots.iter().all(|kref| self.is_reached(*kref)) {
            Ok(())
        } else {
            Err(Error::UnknownKref)
        }
    }

    fn vat_known(&self, vat: VatId) -> Checked {
        if self.is_alive(vat) {
            Ok(())
        } else {
            Err(Error::UnknownVat)
        }
    }

    /// Whether a command may be accepted as things stand.
    pub fn check(&self, command: &Command, services: &[String]) -> Checked {
        match command {
            Command::Launch {
                config,
                bootstrap,
                services: wanted,
                vats,
            } => {
                check_config(config, bootstrap, vats)?;
                if wanted.iter().any(|name| !services.contains(name)) {
                    return Err(Error::UnknownService);
                }
                let fits = self.vats.len() + vats.len() <= limit::VATS_MAX;
                if fits {
                    Ok(())
                } else {
                    Err(Error::LimitExceeded)
                }
            }
            Command::TerminateSubcluster { subcluster } => {
                if self.groups.contains_key(subcluster) {
                    Ok(())
                } else {
                    Err(Error::UnknownSubcluster)
                }
            }
            Command::TerminateVat { vat }
            | Command::RestartVat { vat }
            | Command::UpgradeVat { vat, .. } => self.vat_known(*vat),
            Command::Send { target, methargs } => {
                if !self.is_reached(*target) {
                    return Err(Error::UnknownKref);
                }
                self.data_fits(methargs)?;
                if self.queue.len() < limit::RUN_QUEUE_MAX {
                    Ok(())
                } else {
                    Err(Error::QueueFull)
                }
            }
            Command::Revoke { kref } => self.object_known(*kref),
            Command::Pin { kref } | Command::IssueUrl { kref, .. } => {
                self.object_known(*kref)?;
                if self.is_reached(*kref) {
                    Ok(())
                } else {
                    Err(Error::UnknownKref)
                }
            }
            Command::Unpin { kref } => {
                self.object_known(*kref)?;
                if self.objects[kref].pins > 0 {
                    Ok(())
                } else {
                    Err(Error::UnknownKref)
                }
            }
            Command::ServiceResult { call, value, .. } => {
                if !self.calls.contains_key(call) {
                    return Err(Error::UnknownCall);
                }
                self.data_fits(value)
            }
            Command::ReleaseExternal { .. }
            | Command::TerminateAll
            | Command::CollectGarbage
            | Command::Clear
            | Command::RedeemUrl { .. } => Ok(()),
        }
    }

    /// Does an accepted command.
    pub fn run(&mut self, id: CommandId, key: Option<String>, command: Command) {
        let answer = match command {
            Command::Launch {
                config,
                bootstrap,
                services,
                vats,
            } => {
                self.launch(id, key, config, &bootstrap, &services, vats);
                return;
            }
            Command::Send { target, methargs } => {
                let result = self.add_promise(Decider::Nobody);
                self.await_promise(id, key, result);
                let message = self.message();
                self.enqueue(Item::Send {
                    message,
                    target,
                    methargs,
                    result: Some(result),
                });
                return;
            }
            Command::RestartVat { vat } => {
                self.enqueue_restart(id, key.clone(), Item::Restart { vat, key });
                return;
            }
            Command::UpgradeVat {
                vat,
                bundle,
                parameters,
                config,
            } => {
                self.enqueue_restart(
                    id,
                    key.clone(),
                    Item::Upgrade {
                        vat,
                        bundle,
                        parameters,
                        config,
                        key,
                    },
                );
                return;
            }
            Command::TerminateVat { vat } => {
                self.terminate(vat, None, None);
                Answer::Done
            }
            Command::TerminateSubcluster { subcluster } => {
                self.end_group(subcluster);
                Answer::Done
            }
            Command::TerminateAll => {
                self.end_all();
                Answer::Done
            }
            Command::RedeemUrl { token } => match self.urls.get(&token) {
                Some(kref) => Answer::Kref { kref: *kref },
                None => Answer::failed(Error::UnknownUrl),
            },
            Command::ServiceResult {
                call,
                rejected,
                value,
            } => {
                if let Some(row) = self.calls.remove(&call)
                    && let Some(result) = row.result
                {
                    self.settle(result, rejected, value);
                }
                Answer::Done
            }
            Command::Revoke { kref }
            | Command::Pin { kref }
            | Command::Unpin { kref }
            | Command::ReleaseExternal { kref } => {
                self.mark(&command, kref);
                Answer::Done
            }
            Command::IssueUrl { kref, token } => {
                self.urls.insert(token, kref);
                Answer::Done
            }
            Command::CollectGarbage | Command::Clear => Answer::Done,
        };
        self.answer(Some(id), key, answer);
    }

    fn mark(&mut self, command: &Command, kref: Kref) {
        if let (Command::ReleaseExternal { .. }, Some(promise)) =
            (command, self.promises.get_mut(&kref))
        {
            promise.external = 0;
        }
        let Some(object) = self.objects.get_mut(&kref) else {
            return;
        };
        match command {
            Command::Revoke { .. } => object.revoked = true,
            Command::Pin { .. } => object.pins += 1,
            Command::Unpin { .. } => object.pins = object.pins.saturating_sub(1),
            _ => object.external = 0,
        }
    }

    fn await_promise(&mut self, id: CommandId, key: Option<String>, promise: Kref) {
        match key {
            Some(key) => self.add_subscriber(promise, Subscriber::Key(key)),
            None => self.waiters.entry(promise).or_default().push(id),
        }
    }

    fn add_subscriber(&mut self, promise: Kref, subscriber: Subscriber) {
        if let Some(Stand::Unresolved { subscribers, .. }) = self
            .promises
            .get_mut(&promise)
            .map(|promise| &mut promise.state)
        {
            subscribers.insert(subscriber);
        }
    }

    fn enqueue_restart(&mut self, id: CommandId, key: Option<String>, item: Item) {
        let number = self.enqueue(item);
        if key.is_none() {
            self.restarters.insert(number, id);
        }
    }

    fn launch(
        &mut self,
        id: CommandId,
        key: Option<String>,
        config: String,
        bootstrap: &str,
        services: &[String],
        specs: Vec<VatSpec>,
    ) {
        let group = SubclusterId(self.counters.subcluster);
        self.counters.subcluster += 1;
        let mut vats = Vec::new();
        let mut slots = Vec::new();
        for spec in &specs {
            let vat = VatId(self.counters.vat);
            self.counters.vat += 1;
            let root = self.add_object(Owner::Vat(vat));
            self.clist.insert(
                (vat, root),
                CListEntry {
                    vref: Vref::ROOT,
                    reachable: true,
                },
            );
            let row = Vat {
                state: VatState::Starting,
                incarnation: 0,
                seq: 0,
                object: 1,
                promise: 1,
                stored: 0,
                transcript: 0,
            };
            self.vats.insert(vat, row);
            self.fixed.insert(vat, fixed(group, spec));
            vats.push((spec.name.clone(), vat));
            slots.push(root);
        }
        for service in services {
            slots.push(self.service(service));
        }
        let result = self.add_promise(Decider::Nobody);
        self.add_subscriber(result, Subscriber::Launch(group));
        for (_, vat) in &vats {
            self.enqueue(Item::Start { vat: *vat });
        }
        let first = specs
            .iter()
            .position(|spec| spec.name == bootstrap)
            .unwrap_or(0);
        let names = |list: Vec<&str>, from: usize, label: &str| {
            let pairs = list
                .iter()
                .enumerate()
                .map(|(at, name)| format!("\"{name}\":\"${}.Alleged: {label}\"", at + from));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        };
        let roots = names(
            specs.iter().map(|spec| spec.name.as_str()).collect(),
            0,
            "vatRoot",
        );
        let offered = names(
            services.iter().map(String::as_str).collect(),
            specs.len(),
            "service",
        );
        let methargs = CapData {
            body: format!("#[\"bootstrap\",[{roots},{offered}]]"),
            slots: slots.clone(),
        };
        let message = self.message();
        self.enqueue(Item::Send {
            message,
            target: slots[first],
            methargs,
            result: Some(result),
        });
        if key.is_none() {
            self.launchers.insert(group, id);
        }
        let bootstrap = vats[first].1;
        self.groups.insert(
            group,
            Subcluster {
                config,
                bootstrap,
                vats,
                launching: Some(result),
                key,
            },
        );
    }

    fn service(&mut self, name: &str) -> Kref {
        let owner = Owner::Service(name.to_string());
        let known = self
            .objects
            .iter()
            .find(|(_, object)| object.owner == owner)
            .map(|(kref, _)| *kref);
        known.unwrap_or_else(|| self.add_object(owner))
    }

    /// Every subcluster ends.
    pub fn end_all(&mut self) {
        let groups: Vec<SubclusterId> = self.groups.keys().copied().collect();
        groups.into_iter().for_each(|group| self.end_group(group));
    }
}

fn fixed(subcluster: SubclusterId, spec: &VatSpec) -> Fixed {
    Fixed {
        subcluster,
        name: spec.name.clone(),
        bundle: spec.bundle.clone(),
        parameters: spec.parameters.clone(),
        config: spec.config.clone(),
        heap: spec.heap,
        when_full: spec.when_full,
    }
}

fn check_config(config: &str, bootstrap: &str, vats: &[VatSpec]) -> Checked {
    let mut names = BTreeSet::new();
    let valid = |name: &str| {
        let mut letters = name.chars();
        letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && name.len() <= 64
            && letters
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
    };
    if !vats
        .iter()
        .all(|spec| valid(&spec.name) && names.insert(spec.name.as_str()))
        || !names.contains(bootstrap)
    {
        return Err(Error::BadConfig);
    }
    let fits = config.len() <= limit::CONFIG_BYTES_MAX && vats.len() <= limit::SUBCLUSTER_VATS_MAX;
    if fits {
        Ok(())
    } else {
        Err(Error::LimitExceeded)
    }
}
