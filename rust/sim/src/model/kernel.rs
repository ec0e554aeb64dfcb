//! The naive kernel as plain data, and how each of its cranks begins and ends. Its verbs are in `kernel_model.rs`, what an outcome does
//! in `outcome.rs`.

use std::collections::{BTreeMap, VecDeque};

use kernel::entry::Item;
use kernel::input::{Command, CommandId};
use kernel::output::{Answer, CrankId, Delivery, Output};
use kernel::refs::VatId;

use super::hash;
use super::state::{State, Told};

/// What the delivery under way is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Queued(u64, Item),
    Due,
    Collecting,
    Reaping,
}

/// A delivery that waits for its outcome.
#[derive(Clone, Debug)]
pub(crate) struct UnderWay {
    pub(crate) crank: u64,
    pub(crate) vat: VatId,
    pub(crate) kind: Kind,
    pub(crate) saved: Box<State>,
    /// As they came: the start of the heap, if there is one, and the delivery.
    pub(crate) outputs: Vec<Output>,
    /// Its heap was lost once already.
    pub(crate) lost: bool,
    /// Bytes of the delivery's text.
    pub(crate) bytes: u64,
}

/// The naive kernel.
#[derive(Clone, Debug, Default)]
pub struct KernelModel {
    /// All it knows.
    pub state: State,
    pub(crate) services: Vec<String>,
    pub(crate) inbox: VecDeque<(CommandId, Option<String>, Command)>,
    /// Commands by key that wait for its answer.
    pub(crate) attached: BTreeMap<String, Vec<CommandId>>,
    /// Waits for the end of all collecting.
    pub(crate) collecting: Vec<(CommandId, Option<String>)>,
    pub(crate) outputs: VecDeque<Output>,
    /// What the outside is told, and the crank that told it.
    pub told: VecDeque<(u64, Output)>,
    pub(crate) under_way: Option<UnderWay>,
    /// A vat that forgets lost its heap at this item: the second time is a fault.
    pub(crate) lost_at: Option<(VatId, Kind)>,
    pub(crate) allowance: u64,
    pub(crate) streak: usize,
}

impl KernelModel {
    /// Everything as the last crank that ended has left it.
    pub fn settled(&self) -> &State {
        self.under_way
            .as_ref()
            .map_or(&self.state, |under_way| &under_way.saved)
    }

    /// A delivery leaves; the crank goes on with its outcome.
    pub(crate) fn begin(
        &mut self,
        crank: u64,
        vat: VatId,
        delivery: Delivery,
        kind: Kind,
        saved: Box<State>,
    ) {
        let mut outputs = Vec::new();
        if matches!(delivery, Delivery::StartVat(..)) {
            let bundle = self.state.fixed[&vat].bundle.clone();
            let incarnation = self.state.vats[&vat].incarnation;
            outputs.push(Output::Start {
                vat,
                incarnation,
                bundle,
            });
        }
        let seq = self.state.vats[&vat].seq + 1;
        if let Some(row) = self.state.vats.get_mut(&vat) {
            row.seq = seq;
        }
        let bytes = hash::delivery_bytes(&delivery);
        outputs.push(Output::Deliver {
            crank: CrankId(crank),
            vat,
            seq,
            delivery,
        });
        self.outputs.extend(outputs.clone());
        self.under_way = Some(UnderWay {
            crank,
            vat,
            kind,
            saved,
            outputs,
            lost: false,
            bytes,
        });
    }

    /// End of a crank: launches that failed, garbage, hash, what is told.
    pub(crate) fn finish(&mut self, before: &State, input: &str) {
        while !self.state.doomed.is_empty() {
            let group = self.state.doomed.remove(0);
            self.state.end_group(group);
        }
        self.state.collect();
        self.end_collecting();
        self.state.counters.hash = hash::activity(before, &self.state, input);
        self.state.touched.clear();
        for vat in std::mem::take(&mut self.state.stops) {
            self.outputs.push_back(Output::Stop { vat });
        }
        self.tell();
    }

    /// A service call as it leaves.
    pub(crate) fn call(&self, call: u64) -> Option<Output> {
        let row = self.state.calls.get(&call)?;
        Some(Output::Call {
            call,
            service: row.service.clone(),
            methargs: row.methargs.clone(),
        })
    }

    fn tell(&mut self) {
        let crank = self.state.counters.crank - 1;
        for told in std::mem::take(&mut self.state.told) {
            match told {
                Told::Command(command, answer) => self
                    .told
                    .push_back((crank, Output::Reply { command, answer })),
                Told::Key(key, answer) => {
                    for command in self.attached.remove(&key).unwrap_or_default() {
                        self.told.push_back((
                            crank,
                            Output::Reply {
                                command,
                                answer: answer.clone(),
                            },
                        ));
                    }
                }
                Told::Call(call) => self
                    .told
                    .extend(self.call(call).map(|output| (crank, output))),
            }
        }
    }

    fn end_collecting(&mut self) {
        let idle = self.state.queue.is_empty()
            && self.state.actions.is_empty()
            && self.state.counters.reap.is_empty();
        let waiting = if idle {
            std::mem::take(&mut self.collecting)
        } else {
            Vec::new()
        };
        let (keyed, plain): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, key)| key.is_some());
        for (id, key) in plain.into_iter().chain(keyed) {
            self.state.answer(Some(id), key, Answer::Done);
        }
    }
}
