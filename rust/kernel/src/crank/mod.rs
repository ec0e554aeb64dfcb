//! One crank from beginning to end: what is done next, the journal around it, the activity hash after it. What a crank does is in the
//! files beside this one.

mod accept;
mod command;
mod deliver;
mod gc;
mod launch;
mod lifecycle;
mod outcome;
mod settle;
mod syscall;
mod terminate;

use core::fmt::Write;

use sha2::{Digest, Sha256};

use crate::limit::COMMANDS_PER_DELIVERY;
use crate::output::{CrankId, Output};
use crate::state::KernelMachine;

impl KernelMachine {
    /// Does the next thing, if there is one. The order is the table at the head of `machine.rs`.
    pub(crate) fn step(&mut self) -> bool {
        if self.under_way.is_some() {
            return false;
        }
        let may = self.allowance > 0 && self.has_work();
        if may && let Some(vat) = self.tables.vats.index().due.first().copied() {
            self.turn();
            self.restart_due(vat);
            return true;
        }
        if !self.accepted.is_empty() && (self.taken < COMMANDS_PER_DELIVERY || !may) {
            self.taken += 1;
            self.run_command();
            return true;
        }
        if !may {
            return false;
        }
        self.turn();
        if let Some(((vat, action, _), ())) = self.tables.actions.first() {
            let (vat, action) = (*vat, *action);
            self.run_action(vat, action);
        } else if let Some(vat) = self.tables.counters.reap.first().copied() {
            self.run_reap(vat);
        } else if let Some(vat) = self.tables.vats.index().dying.first().copied() {
            self.run_cleanup(vat);
        } else {
            self.run_item();
        }
        true
    }

    /// Whether there is anything but commands to do.
    pub(crate) fn has_work(&self) -> bool {
        let (tables, vats) = (&self.tables, self.tables.vats.index());
        !tables.queue.is_empty()
            || !tables.actions.is_empty()
            || !tables.counters.reap.is_empty()
            || !vats.dying.is_empty()
            || !vats.due.is_empty()
    }

    const fn turn(&mut self) {
        self.taken = 0;
        self.allowance -= 1;
    }

    /// A crank begins: its number is used up whatever becomes of it.
    pub(crate) fn begin(&mut self) -> CrankId {
        self.tables.begin();
        let crank = self.tables.counters.crank;
        self.tables.counters.crank += 1;
        CrankId(crank)
    }

    /// All that the crank did is undone but that its number is used. The crank goes on with what follows from that.
    pub(crate) fn undo(&mut self) {
        self.tables.undo();
        self.pending.undo();
        self.now.outputs.clear();
        self.now.doomed.clear();
        self.now.answered.clear();
        self.tables.counters.crank += 1;
    }

    /// A crank ends and stays. `input`: what the activity hash takes in before the rows.
    pub(crate) fn end(&mut self, input: &str) {
        self.end_doomed();
        self.collect();
        self.answer_garbage();
        self.hash(input);
        self.pending.keep();
        if core::mem::take(&mut self.now.cleared) {
            self.tables.rewrite();
        }
        for key in self.now.answered.drain(..) {
            self.keyed.remove(&key);
        }
        for output in self.now.outputs.drain(..) {
            match output {
                Output::Call { .. } | Output::Reply { .. } => self.held.push(output),
                Output::Start { .. } | Output::Deliver { .. } | Output::Stop { .. } => {
                    self.ready.push_back(output);
                }
            }
        }
        // Whoever watched when the crank began may have gone since.
        if let Some(step) = self.now.step.take()
            && self.trace.on
        {
            self.trace.add(step);
        }
    }

    /// h' = SHA-256(h, input, rows): every changed row as `key NUL value NUL`, of one that is gone its key; core rows in key order, then
    /// opaque ones in order of change.
    fn hash(&mut self, input: &str) {
        let mut sha = Sha256::new();
        sha.update(self.tables.counters.hash);
        sha.update(input.as_bytes());
        let (mut text, mut bytes) = (String::new(), 0);
        self.tables.keep(|key, value| {
            text.clear();
            let _ = write!(text, "{key}");
            text.push('\0');
            if let Some(value) = value {
                text.push_str(value);
                text.push('\0');
            }
            bytes += text.len();
            sha.update(text.as_bytes());
        });
        for (key, value) in self.pending.staged() {
            sha.update(key.as_bytes());
            sha.update([0]);
            if let Some(value) = value {
                sha.update(value.as_bytes());
                sha.update([0]);
            }
        }
        self.pending.bytes += bytes;
        self.tables.counters.hash = sha.finalize().into();
        self.tables.keep_counters();
    }
}
