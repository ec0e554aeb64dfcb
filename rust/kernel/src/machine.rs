//! The machine: four verbs around the tables, and its theory of operation. What a crank does stands in `crank/`, what is stored in
//! `table/`, what is shown in `view/`.
//!
//! One crank is one step that happens as a whole or not at all: a command, a clean-up step, or a delivery with the whole of what it
//! caused. It works on the tables in RAM and their journals; its rows go down with others in one batch, and what it tells the outside
//! (replies, calls of services) leaves when that batch is durable. A failed commit has no input: the host drops the machine and loads.
//!
//! ```text
//! state            input                      next state, and what happens
//! Idle             poll_output                the first of these that there is:
//!                                             0 a vat that is due: cut, then Delivering(startVat)
//!                                             1 a command, at most 64 before a delivery must come: Idle
//!                                             2 garbage collection of (vat, kind): Delivering, or Idle when nothing is left of it
//!                                             3 reap: Delivering(bringOutYourDead)
//!                                             4 one clean-up step of a dead vat: Idle
//!                                             5 the run queue's head: Delivering, or Idle when it waits, is refused or calls a service
//! Delivering(n)    handle_outcome(n, done)    its syscalls apply, all of them: Idle
//! Delivering(n)    handle_outcome(n, done)    one of them is illegal, or exits with failure: undone, used up, the vat ends: Idle
//! Delivering(n)    handle_outcome(n, fault)   the same
//! Delivering(n)    handle_outcome(n, lost)    first time: Delivering(n) again; a vat that forgets: undone, due: Idle
//! Delivering(n)    handle_outcome(n, lost)    second time: as a fault
//! any              handle_command             refused, or into the acceptance queue
//! any              close_batch                the net rows of the cranks that are over; Delivering adds nothing
//! any              handle_committed(oldest)   its replies and calls may leave
//! ```
//!
//! 0 and 2 to 5 are cranks that the allowance counts; commands are taken whatever it is.

use crate::error::Error;
use crate::input::{Command, CommandId, Outcome};
use crate::output::{Batch, BatchId, CrankId, Output};
use crate::refs::Kref;
use crate::state::KernelMachine;
use crate::table::tables::Tables;

impl KernelMachine {
    /// A kernel as its rows tell it; none = a new kernel. `services`: the names of what the host offers.
    ///
    /// # Errors
    /// `BadRow`: the store is damaged.
    pub fn load(
        rows: impl IntoIterator<Item = (String, String)>,
        services: &[String],
    ) -> Result<Self, Error> {
        let mut machine = Self {
            tables: Tables::load(rows)?,
            services: services.iter().cloned().collect(),
            ..Self::default()
        };
        machine.recover();
        Ok(machine)
    }

    /// Takes a command into the acceptance queue. `key`: the SHA-256 of its idempotency key, 64 digits of hex.
    ///
    /// # Errors
    /// Refused: nothing happened. `KeyAnswered`: the answer stands in row `x/<key>`.
    pub fn handle_command(
        &mut self,
        id: CommandId,
        key: Option<&str>,
        command: Command,
    ) -> Result<(), Error> {
        self.accept(id, key, command)
    }

    /// The whole result of the delivery under way.
    ///
    /// # Errors
    /// `WrongCrank`: it is not under way.
    pub fn handle_outcome(&mut self, crank: CrankId, outcome: Outcome) -> Result<(), Error> {
        match self.under_way.take() {
            Some(under_way) if under_way.crank == crank => {
                self.take_outcome(under_way, outcome);
                Ok(())
            }
            other => {
                self.under_way = other;
                Err(Error::WrongCrank)
            }
        }
    }

    /// The oldest closed batch is durable: what waited for it may leave.
    ///
    /// # Errors
    /// `WrongBatch`.
    pub fn handle_committed(&mut self, batch: BatchId) -> Result<(), Error> {
        match self.closed.pop_front() {
            Some((id, outputs)) if id == batch => {
                self.ready.extend(outputs);
                Ok(())
            }
            other => {
                if let Some(other) = other {
                    self.closed.push_front(other);
                }
                Err(Error::WrongBatch)
            }
        }
    }

    /// The net rows of all cranks that ended since the last batch; `None` when nothing changed. A delivery under way is not in it.
    pub fn close_batch(&mut self) -> Option<Batch> {
        let (mut sets, mut deletes) = (Vec::new(), Vec::new());
        self.tables.write(&mut sets, &mut deletes);
        self.tables.lighten_keys(&sets);
        let wipes = self.pending.write(&mut sets, &mut deletes);
        if sets.is_empty() && deletes.is_empty() && wipes.is_empty() && self.held.is_empty() {
            return None;
        }
        self.batches += 1;
        let id = BatchId(self.batches);
        self.closed.push_back((id, core::mem::take(&mut self.held)));
        Some(Batch {
            id,
            wipes,
            deletes,
            sets,
        })
    }

    /// The next thing that may leave; works until there is one. `None`: nothing can be done without new input.
    pub fn poll_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.ready.pop_front() {
                return Some(output);
            }
            if !self.step() {
                return None;
            }
        }
    }

    /// How many more cranks `poll_output` may begin; no end of them until this is called. 0 stops the run with the queue intact;
    /// commands are accepted all the same.
    pub fn allow(&mut self, cranks: u64) {
        self.allowance = cranks;
    }

    /// Whether work is left that the allowance alone holds up.
    pub fn is_runnable(&self) -> bool {
        self.allowance == 0 && self.under_way.is_none() && self.has_work()
    }

    /// Bytes of what `close_batch` would write, roughly.
    pub fn pending_bytes(&self) -> usize {
        self.pending.bytes
    }

    /// Whether an object is revoked.
    ///
    /// # Errors
    /// `UnknownKref`: also of one that is gone. `NotAnObject`: a promise.
    pub fn is_revoked(&self, kref: Kref) -> Result<bool, Error> {
        if kref.is_promise() {
            return Err(Error::NotAnObject);
        }
        let object = self.tables.objects.get(&kref.number);
        object
            .map(|object| object.revoked)
            .ok_or(Error::UnknownKref)
    }
}
