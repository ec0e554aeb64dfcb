//! Promises settle, commands are answered.

use crate::capdata::CapData;
use crate::entry::{Item, State, Subscriber};
use crate::input::CommandId;
use crate::output::{Answer, Output};
use crate::refs::Kref;
use crate::state::KernelMachine;
use crate::table::tables::Wait;

impl KernelMachine {
    /// Settles an unresolved promise: everybody who waits is told, every message that waits goes on. Who may do so was asked before.
    pub(crate) fn settle(&mut self, promise: Kref, rejected: bool, value: CapData<Kref>) {
        self.tables.hold_all(&value);
        let told = value.clone();
        let before = self.tables.promises.update(&promise.number, |row| {
            let state = if rejected {
                State::Rejected(value)
            } else {
                State::Fulfilled(value)
            };
            core::mem::replace(&mut row.state, state)
        });
        let Some(State::Unresolved { subscribers, .. }) = before else {
            return;
        };
        self.trace_settled(promise, rejected, &told);
        for subscriber in subscribers {
            match subscriber {
                Subscriber::Vat(vat) => {
                    if self.is_alive(vat) {
                        self.tables.enqueue(Item::Notify { vat, promise });
                    }
                }
                Subscriber::Launch(subcluster) => {
                    self.tables.free(promise);
                    self.launched(subcluster, rejected, told.clone());
                }
                Subscriber::Key(key) => {
                    self.tables.free(promise);
                    self.answer(None, Some(&key), &value_answer(rejected, told.clone()));
                }
            }
        }
        let wait = Wait::Promise(promise.number);
        if self.tables.commands.has(&wait) {
            self.tables.free(promise);
            self.answer(Some(wait), None, &value_answer(rejected, told));
        }
        self.tables.release_waiting(promise);
    }

    /// Rejects a result, if there is one that is not settled.
    pub(crate) fn reject(&mut self, result: Option<Kref>, value: CapData<Kref>) {
        if let Some(result) = result
            && self.tables.decider(result).is_some()
        {
            self.settle(result, true, value);
        }
    }

    /// Answers whoever waits: by idempotency key (the answer is kept, be anybody there to hear it or not), or by what the
    /// command waits for.
    pub(crate) fn answer(&mut self, wait: Option<Wait>, key: Option<&str>, answer: &Answer) {
        let commands = match (key, wait) {
            (Some(key), _) => {
                self.keep_answer(key, answer);
                self.now.answered.push(key.to_owned());
                self.keyed.get(key).cloned().unwrap_or_default()
            }
            (None, Some(wait)) => match self.tables.commands.take(&wait) {
                Some(commands) => commands,
                None => return,
            },
            (None, None) => return,
        };
        self.answer_all(commands, answer);
    }

    /// Replies leave with the batch of this crank; what the answer names is held outside from now on.
    pub(crate) fn answer_all(&mut self, commands: Vec<CommandId>, answer: &Answer) {
        for kref in named(answer) {
            self.tables.hold_outside(kref);
        }
        for command in commands {
            let answer = answer.clone();
            self.now.outputs.push(Output::Reply { command, answer });
        }
    }
}

fn value_answer(rejected: bool, value: CapData<Kref>) -> Answer {
    if rejected {
        Answer::Rejected { value }
    } else {
        Answer::Value { value }
    }
}

/// The krefs of an answer, in order.
fn named(answer: &Answer) -> Vec<Kref> {
    match answer {
        Answer::Value { value } | Answer::Rejected { value } => value.slots.clone(),
        Answer::Kref { kref } => vec![*kref],
        Answer::Launched { root, result, .. } => core::iter::once(root)
            .chain(&result.slots)
            .copied()
            .collect(),
        Answer::Failed { value, .. } => value
            .as_ref()
            .map(|value| value.slots.clone())
            .unwrap_or_default(),
        Answer::Done => Vec::new(),
    }
}
