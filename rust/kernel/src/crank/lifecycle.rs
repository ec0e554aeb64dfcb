//! Incarnations of a vat: first start, restart, upgrade.

use std::collections::BTreeSet;

use crate::capdata::CapData;
use crate::entry::{Action, Fixed, Item, State, Subscriber, VatState};
use crate::error::Error;
use crate::input::Heap;
use crate::output::{Answer, CrankId, Delivery, Output};
use crate::reason::Reason;
use crate::refs::{Kref, Side, VatId, Vref};
use crate::snapshot::{base_prefix, transcript_prefix};
use crate::state::{KernelMachine, Work};
use crate::table::pending::Change;
use crate::table::tables::Wait;

impl KernelMachine {
    /// The first start of a launched vat.
    pub(crate) fn run_start(&mut self, crank: CrankId, number: u64, vat: VatId) {
        if self.is_alive(vat) {
            self.start(crank, vat, Work::Item(number), Vec::new());
        } else {
            self.end("");
        }
    }

    /// A restart that a command asked for.
    pub(crate) fn run_restart(
        &mut self,
        crank: CrankId,
        number: u64,
        vat: VatId,
        key: Option<String>,
    ) {
        if self.is_alive(vat) {
            let imports = self.cut(vat);
            self.starting = Some(key);
            return self.start(crank, vat, Work::Item(number), imports);
        }
        let answer = Answer::failed(Error::UnknownVat);
        self.answer(Some(Wait::Item(number)), key.as_deref(), &answer);
        self.end("");
    }

    /// A restart with other code.
    pub(crate) fn run_upgrade(&mut self, crank: CrankId, number: u64, vat: VatId, item: Item) {
        let Item::Upgrade {
            bundle,
            parameters,
            config,
            key,
            ..
        } = item
        else {
            return;
        };
        if self.is_alive(vat) {
            self.tables.fixed.update(&vat, |fixed| {
                (fixed.bundle, fixed.parameters, fixed.config) = (bundle, parameters, config);
            });
            let imports = self.cut(vat);
            self.starting = Some(key);
            return self.start(crank, vat, Work::Item(number), imports);
        }
        let answer = Answer::failed(Error::UnknownVat);
        self.answer(Some(Wait::Item(number)), key.as_deref(), &answer);
        self.end("");
    }

    /// A vat that is due.
    pub(crate) fn restart_due(&mut self, vat: VatId) {
        let crank = self.begin();
        let imports = self.cut(vat);
        self.start(crank, vat, Work::Due, imports);
    }

    /// Ends an incarnation and keeps the vat: its store, its root and what it imports stay; what only the heap knew goes. Answers the
    /// imports that are left: the new heap tells which of them its baggage does not hold.
    fn cut(&mut self, vat: VatId) -> Vec<Vref> {
        self.pending.stage(Change::Wipe(base_prefix(vat)));
        self.pending.stage(Change::Wipe(transcript_prefix(vat)));
        self.tables.vats.update(&vat, |row| {
            (row.seq, row.transcript) = (0, 0);
        });
        self.reject_decided(vat, &Reason::VatRestarted.value(vat));
        self.drop_actions(vat);
        let entries: Vec<_> = self
            .tables
            .clist(vat)
            .map(|(kref, entry)| (kref, entry.clone()))
            .collect();
        let mut imports = Vec::new();
        for (kref, entry) in entries {
            let import = entry.vref.side == Side::Kernel && !kref.is_promise();
            if import && entry.reachable {
                imports.push(entry.vref);
            } else if entry.vref != Vref::ROOT {
                self.tables.forget(vat, kref);
            }
        }
        imports.sort_unstable();
        imports
    }

    /// Everything that the vat decides is rejected.
    pub(crate) fn reject_decided(&mut self, vat: VatId, value: &CapData<Kref>) {
        let decided = &self.tables.promises.index().decided;
        let decided: Vec<u64> = decided
            .range((vat, 0)..=(vat, u64::MAX))
            .map(|(_, number)| *number)
            .collect();
        for number in decided {
            self.reject(Some(Kref::promise(number)), value.clone());
        }
    }

    /// The vat is told of no garbage any more.
    pub(crate) fn drop_actions(&mut self, vat: VatId) {
        let all = (vat, Action::DropExports, Kref::object(0))
            ..=(vat, Action::RetireImports, Kref::promise(u64::MAX));
        let gone: Vec<_> = self
            .tables
            .actions
            .range(all)
            .map(|(place, ())| *place)
            .collect();
        for place in gone {
            self.tables.actions.take(&place);
        }
    }

    /// A fresh heap and its first delivery.
    fn start(&mut self, crank: CrankId, vat: VatId, work: Work, imports: Vec<Vref>) {
        let incarnation = self.tables.vats.update(&vat, |row| {
            row.incarnation += 1;
            row.incarnation
        });
        let Some(Fixed {
            bundle, parameters, ..
        }) = self.tables.fixed.get(&vat).cloned()
        else {
            return self.end("");
        };
        self.trace_start(crank, vat);
        let parameters = CapData {
            body: parameters.body,
            slots: Vec::new(),
        };
        let start = incarnation.map(|incarnation| (incarnation, bundle));
        self.deliver(
            crank,
            vat,
            Delivery::StartVat(parameters, imports),
            start,
            work,
        );
    }

    /// What a crash left half done ends here, as one crank: launches that were not answered, heaps that cannot be rebuilt, commands that
    /// waited in RAM, keys that nobody will answer. Calls of services leave again, with their numbers.
    pub(crate) fn recover(&mut self) {
        let launching: Vec<_> = self
            .tables
            .subclusters
            .iter()
            .filter(|row| row.1.launching.is_some())
            .map(|row| *row.0)
            .collect();
        let forgetful: Vec<_> = self.forgetful().collect();
        let abandoned = self.tables.abandoned_waits();
        let orphans = self.orphan_keys();
        for (call, row) in self.tables.calls.iter() {
            self.ready.push_back(Output::Call {
                call: *call,
                service: row.service.clone(),
                methargs: row.methargs.clone(),
            });
        }
        if launching.is_empty()
            && forgetful.is_empty()
            && abandoned.is_empty()
            && orphans.is_empty()
        {
            return;
        }
        self.begin();
        for promise in abandoned {
            self.tables.free(promise);
        }
        for key in orphans {
            self.tables.keys.take(&key);
        }
        for vat in forgetful {
            self.tables
                .vats
                .update(&vat, |row| row.state = VatState::Due);
        }
        for subcluster in launching {
            self.launch_failed(subcluster, Reason::VatTerminated.value(subcluster));
        }
        self.end("");
    }

    fn forgetful(&self) -> impl Iterator<Item = VatId> {
        let running = self
            .tables
            .vats
            .iter()
            .filter(|(_, row)| row.state == VatState::Running);
        running.map(|(vat, _)| *vat).filter(|vat| {
            let fixed = self.tables.fixed.get(vat);
            fixed.is_some_and(|fixed| fixed.heap == Heap::Forget)
        })
    }

    /// Keys of commands that waited in RAM alone: a repeat of one is a new command.
    fn orphan_keys(&self) -> Vec<String> {
        let waiting = self
            .tables
            .keys
            .iter()
            .filter(|(_, keyed)| keyed.answer.is_none());
        let mut orphans: BTreeSet<String> = waiting.map(|(key, _)| key.clone()).collect();
        if orphans.is_empty() {
            return Vec::new();
        }
        for (_, promise) in self.tables.promises.iter() {
            if let State::Unresolved { subscribers, .. } = &promise.state {
                for subscriber in subscribers {
                    if let Subscriber::Key(key) = subscriber {
                        orphans.remove(key);
                    }
                }
            }
        }
        for (_, item) in self.tables.queue.iter() {
            if let Item::Restart { key: Some(key), .. } | Item::Upgrade { key: Some(key), .. } =
                item
            {
                orphans.remove(key);
            }
        }
        for (_, subcluster) in self.tables.subclusters.iter() {
            if let Some(key) = &subcluster.key {
                orphans.remove(key);
            }
        }
        orphans.into_iter().collect()
    }
}
