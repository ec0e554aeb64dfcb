//! What an outcome asks for, syscall by syscall. The first one that is not allowed undoes the crank and ends the vat; nothing after it
//! is looked at (KD4).

use std::collections::BTreeSet;

use crate::capdata::CapData;
use crate::entry::{Decider, Item, Subscriber};
use crate::input::{Resolution, Syscall};
use crate::limit::{RUN_QUEUE_MAX, SYSCALLS_MAX};
use crate::refs::{Kref, Side, VatId, Vref};
use crate::state::KernelMachine;
use crate::table::translate::Fault;

/// How a vat wishes to end.
#[derive(Debug)]
pub enum Exit {
    /// Its crank stays; the value is told to whoever waits.
    Success(CapData<Kref>),
    /// Its crank is undone; the value as the vat gave it.
    Failure(CapData<Vref>),
}

impl KernelMachine {
    /// Applies a list of syscalls.
    pub(crate) fn apply(
        &mut self,
        vat: VatId,
        syscalls: Vec<Syscall>,
    ) -> Result<Option<Exit>, Fault> {
        if syscalls.len() > SYSCALLS_MAX {
            return Err(Fault::Limit("syscalls"));
        }
        let mut exit = None;
        for syscall in syscalls {
            syscall.check().map_err(|_| Fault::Limit("syscall"))?;
            match syscall {
                Syscall::Send {
                    target,
                    methargs,
                    result,
                } => self.send(vat, target, methargs, result)?,
                Syscall::Subscribe(vref) => self.subscribe(vat, vref)?,
                Syscall::Resolve(resolutions) => self.resolve(vat, resolutions)?,
                Syscall::Exit {
                    failure: true,
                    info,
                } => return Ok(Some(Exit::Failure(info))),
                Syscall::Exit {
                    failure: false,
                    info,
                } => {
                    exit = Some(Exit::Success(self.tables.read_data(vat, info)?));
                }
                Syscall::DropImports(vrefs) => self.drop_imports(vat, &vrefs)?,
                Syscall::RetireImports(vrefs) => self.retire_imports(vat, &vrefs)?,
                Syscall::RetireExports(vrefs) => self.retire_exports(vat, &vrefs)?,
                Syscall::AbandonExports(vrefs) => self.abandon_exports(vat, &vrefs)?,
            }
        }
        Ok(exit)
    }

    fn send(
        &mut self,
        vat: VatId,
        target: Vref,
        methargs: CapData<Vref>,
        result: Option<Vref>,
    ) -> Result<(), Fault> {
        self.queue_for_one()?;
        let target = self.tables.read(vat, target)?;
        let methargs = self.tables.read_data(vat, methargs)?;
        let result = result.map(|vref| self.result(vat, vref)).transpose()?;
        let message = self.tables.counters.message;
        self.tables.counters.message += 1;
        self.trace_send(message, target, &methargs, result);
        self.tables.enqueue(Item::Send {
            message,
            target,
            methargs,
            result,
        });
        Ok(())
    }

    /// Whatever a vat puts into the run queue by a syscall of its own.
    fn queue_for_one(&self) -> Result<(), Fault> {
        if self.tables.queue.len() >= RUN_QUEUE_MAX {
            return Err(Fault::Limit("run queue"));
        }
        Ok(())
    }

    /// A promise for an answer: one that the vat makes, or made and still decides. From now on nobody decides it until the message is
    /// delivered, so that the same promise can be a result but once.
    fn result(&mut self, vat: VatId, vref: Vref) -> Result<Kref, Fault> {
        if !vref.is_promise() || vref.side == Side::Kernel {
            return Err(Fault::Illegal("a result that is not a promise of its own"));
        }
        let kref = self.tables.read(vat, vref)?;
        if self.tables.decider(kref) != Some(Decider::Vat(vat)) {
            return Err(Fault::Illegal("a result that it does not decide"));
        }
        self.tables.decide(kref, Decider::Nobody);
        Ok(kref)
    }

    fn subscribe(&mut self, vat: VatId, vref: Vref) -> Result<(), Fault> {
        let promise = match self.tables.known(vat, vref) {
            Some(kref) if kref.is_promise() => kref,
            _ => return Err(Fault::Illegal("a subscription to what is not its promise")),
        };
        if !self.tables.subscribe(promise, Subscriber::Vat(vat)) {
            self.queue_for_one()?;
            self.tables.enqueue(Item::Notify { vat, promise });
        }
        Ok(())
    }

    /// All of a list are understood first and settled then, so that values may name promises of the same list. A name that nobody was
    /// told of is refused: settled once, it is gone from the c-list, and would pass for a new promise (K10).
    fn resolve(&mut self, vat: VatId, resolutions: Vec<Resolution>) -> Result<(), Fault> {
        let values = resolutions.iter().flat_map(|one| &one.2.slots);
        let named: BTreeSet<Vref> = values.copied().collect();
        let told = |vref| self.tables.known(vat, vref).is_some() || named.contains(&vref);
        if !resolutions
            .iter()
            .all(|one| one.0.is_promise() && told(one.0))
        {
            return Err(Fault::Illegal("a resolution of what is not its promise"));
        }
        let mut settled = Vec::with_capacity(resolutions.len());
        for Resolution(vref, rejected, value) in resolutions {
            let promise = self.tables.read(vat, vref)?;
            settled.push((promise, rejected, self.tables.read_data(vat, value)?));
        }
        let promises: Vec<_> = settled.iter().map(|(promise, ..)| *promise).collect();
        for (promise, rejected, value) in settled {
            if self.tables.decider(promise) != Some(Decider::Vat(vat)) {
                return Err(Fault::Illegal("a resolution of what it does not decide"));
            }
            self.settle(promise, rejected, value);
        }
        for promise in promises {
            self.tables.forget(vat, promise);
        }
        Ok(())
    }

    /// The kref of an object that the vat imports or exports, and whether its bit is set.
    fn object(&self, vat: VatId, vref: Vref, side: Side) -> Result<(Kref, bool), Fault> {
        let kref = self.tables.known(vat, vref);
        match kref {
            Some(kref) if vref.side == side && !vref.is_promise() => {
                let entry = self.tables.clists.get(&(vat, kref));
                Ok((kref, entry.is_some_and(|entry| entry.reachable)))
            }
            _ => Err(Fault::Illegal("an object that is not in its c-list")),
        }
    }

    fn drop_imports(&mut self, vat: VatId, vrefs: &[Vref]) -> Result<(), Fault> {
        for vref in vrefs {
            let (kref, reachable) = self.object(vat, *vref, Side::Kernel)?;
            if !reachable {
                return Err(Fault::Illegal("an import dropped twice"));
            }
            self.trace_drop(kref);
            self.tables.unreach(vat, kref);
        }
        Ok(())
    }

    fn retire_imports(&mut self, vat: VatId, vrefs: &[Vref]) -> Result<(), Fault> {
        for vref in vrefs {
            let (kref, reachable) = self.object(vat, *vref, Side::Kernel)?;
            if reachable {
                return Err(Fault::Illegal("an import retired before it was dropped"));
            }
            self.tables.forget(vat, kref);
        }
        Ok(())
    }

    fn retire_exports(&mut self, vat: VatId, vrefs: &[Vref]) -> Result<(), Fault> {
        for vref in vrefs {
            let (kref, reachable) = self.object(vat, *vref, Side::Vat)?;
            let held = self
                .tables
                .objects
                .get(&kref.number)
                .is_some_and(|object| object.reachable > 0);
            if reachable || held {
                return Err(Fault::Illegal("an export retired while it is reachable"));
            }
            self.tables.forget(vat, kref);
        }
        Ok(())
    }

    fn abandon_exports(&mut self, vat: VatId, vrefs: &[Vref]) -> Result<(), Fault> {
        for vref in vrefs {
            let (kref, _) = self.object(vat, *vref, Side::Vat)?;
            if *vref == Vref::ROOT {
                return Err(Fault::Illegal("its root abandoned"));
            }
            self.tables.forget(vat, kref);
        }
        Ok(())
    }
}
