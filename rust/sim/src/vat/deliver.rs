//! One delivery to a heap, and the outcome it has.

use std::collections::BTreeMap;

use kernel::capdata::CapData;
use kernel::input::{Change, Outcome, Syscall};
use kernel::output::Delivery;
use kernel::refs::Vref;

use super::heap::{Heap, Temper, Turn};
use super::hostile;
use crate::rng::{Rng, fnv};

impl Heap {
    /// One delivery and all it causes.
    pub fn deliver(&mut self, delivery: &Delivery) -> Outcome {
        self.seq += 1;
        let text = format!(
            "{}/{}/{}/{}/{}",
            self.seed,
            self.vat,
            self.incarnation,
            self.seq,
            delivery.encode()
        );
        let mut turn = Turn {
            rng: Rng::new(fnv(&text)),
            syscalls: Vec::new(),
            changes: BTreeMap::new(),
        };
        match delivery {
            Delivery::StartVat(_, imports) => self.start(imports, &mut turn),
            Delivery::Message {
                target: _,
                methargs,
                result,
            } => self.message(methargs, *result, &mut turn),
            Delivery::Notify(list) => self.notify(list),
            Delivery::DropExports(list) => list.iter().for_each(|gone| {
                self.exports.insert(*gone, true);
            }),
            Delivery::RetireExports(list) => list.iter().for_each(|gone| {
                self.exports.remove(gone);
            }),
            Delivery::RetireImports(list) => list.iter().for_each(|gone| {
                self.imports.remove(gone);
            }),
            Delivery::BringOutYourDead => (0..3).for_each(|_| self.let_go(&mut turn)),
        }
        let starting = matches!(delivery, Delivery::StartVat(..));
        let wild = match self.temper {
            Temper::Ledger => 0,
            Temper::Scripted | Temper::Hostile if starting => 0,
            Temper::Scripted | Temper::Hostile => turn.rng.below(4),
        };
        (0..wild).for_each(|_| self.act(&mut turn));
        let rate = if starting { 30 } else { 60 };
        if self.temper == Temper::Hostile
            && turn.rng.chance(rate)
            && let Some(outcome) = hostile::act(self, &mut turn)
        {
            return outcome;
        }
        self.finish(turn)
    }

    fn start(&mut self, imports: &[Vref], turn: &mut Turn) {
        let kept: Vec<Vref> = self
            .store
            .keys()
            .filter_map(|key| key.strip_prefix("keep/")?.parse().ok())
            .collect();
        let mut gone = Vec::new();
        for import in imports {
            if kept.contains(import) {
                self.imports.insert(*import, true);
            } else {
                gone.push(*import);
            }
        }
        if !gone.is_empty() {
            turn.syscalls.push(Syscall::DropImports(gone.clone()));
            turn.syscalls.push(Syscall::RetireImports(gone));
        }
        for import in kept {
            if !imports.contains(&import) {
                self.write(turn, format!("keep/{import}"), None);
            }
        }
    }

    fn message(&mut self, methargs: &CapData<Vref>, result: Option<Vref>, turn: &mut Turn) {
        self.learn(&methargs.slots);
        if let Some(result) = result {
            self.awaited.remove(&result);
            self.deciding.insert(result);
        }
        if let Some(token) = methargs
            .body
            .strip_prefix("#[\"add\",[\"")
            .and_then(|rest| rest.split('"').next())
        {
            let key = format!("token/{token}");
            let count = self
                .store
                .get(&key)
                .and_then(|text| text.parse::<u64>().ok())
                .unwrap_or(0)
                + 1;
            self.write(turn, key, Some(count.to_string()));
        }
        if let Some(result) = result {
            if self.temper == Temper::Ledger {
                let value = CapData {
                    body: format!("#{}", self.seq),
                    slots: Vec::new(),
                };
                self.settle(turn, result, false, value);
            } else if turn.rng.chance(700) {
                self.settle_somehow(turn, result);
            }
        }
    }

    fn notify(&mut self, list: &[(Vref, bool, CapData<Vref>)]) {
        for (_, _, value) in list {
            self.learn(&value.slots);
        }
        for (subject, _, _) in list {
            self.awaited.remove(subject);
            self.deciding.remove(subject);
        }
    }

    fn finish(&self, mut turn: Turn) -> Outcome {
        let changes: Vec<Change> = turn.changes.into_values().collect();
        let stored = self
            .store
            .iter()
            .map(|(key, value)| (key.len() + value.len()) as u64)
            .sum();
        let restart = self.temper != Temper::Ledger && turn.rng.chance(8);
        let hash = fnv(&format!("{:?}{changes:?}{stored}{restart}", turn.syscalls)).to_be_bytes();
        Outcome::Done {
            syscalls: turn.syscalls,
            changes,
            stored,
            hash,
            restart,
        }
    }
}
