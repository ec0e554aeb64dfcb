//! What one outcome does. Every refusal here undoes the whole crank.

use kernel::capdata::CapData;
use kernel::entry::{CListEntry, Decider, Item, Owner, State as Stand, Subscriber};
use kernel::input::{Change, Resolution, Syscall};
use kernel::limit;
use kernel::refs::{Kref, Side, VatId, Vref};

use super::state::State;

/// Why an outcome undoes its crank: the reason's code and its text.
pub struct Illegal(pub &'static str, pub &'static str);

type Done = Result<(), Illegal>;

/// What a vat that exits tells whoever waits.
pub enum Exit {
    /// The crank stays.
    Success(CapData<Kref>),
    /// The crank is undone; the value, if it names nothing.
    Failure(Option<CapData<Kref>>),
}

fn must(held: bool, why: &'static str) -> Done {
    if held {
        Ok(())
    } else {
        Err(Illegal("VAT_FATAL:ILLEGAL_SYSCALL", why))
    }
}

fn within(held: bool, why: &'static str) -> Done {
    if held {
        Ok(())
    } else {
        Err(Illegal("LIMIT_EXCEEDED", why))
    }
}

const NO_OBJECT: &str = "an object that is not in its c-list";

impl State {
    /// All syscalls in order; the vat's wish to end, if it has one.
    pub fn apply(&mut self, vat: VatId, syscalls: &[Syscall]) -> Result<Option<Exit>, Illegal> {
        within(syscalls.len() <= limit::SYSCALLS_MAX, "syscalls")?;
        let mut exit = None;
        for syscall in syscalls {
            match syscall {
                Syscall::Send {
                    target,
                    methargs,
                    result,
                } => self.send(vat, *target, methargs, *result)?,
                Syscall::Subscribe(vref) => self.subscribe(vat, *vref)?,
                Syscall::Resolve(list) => self.resolve(vat, list)?,
                Syscall::Exit {
                    failure: true,
                    info,
                } => {
                    let plain = CapData {
                        body: info.body.clone(),
                        slots: Vec::new(),
                    };
                    return Ok(Some(Exit::Failure(info.slots.is_empty().then_some(plain))));
                }
                Syscall::Exit {
                    failure: false,
                    info,
                } => exit = Some(Exit::Success(self.values_in(vat, info)?)),
                Syscall::DropImports(vrefs) => {
                    self.each(vrefs, |state, vref| state.drop_import(vat, vref))?
                }
                Syscall::RetireImports(vrefs) => {
                    self.each(vrefs, |state, vref| state.retire_import(vat, vref))?
                }
                Syscall::RetireExports(vrefs) => {
                    self.each(vrefs, |state, vref| state.retire_export(vat, vref))?
                }
                Syscall::AbandonExports(vrefs) => {
                    self.each(vrefs, |state, vref| state.abandon_export(vat, vref))?
                }
            }
        }
        Ok(exit)
    }

    fn each(&mut self, vrefs: &[Vref], one: impl Fn(&mut Self, Vref) -> Done) -> Done {
        vrefs.iter().try_for_each(|vref| one(self, *vref))
    }

    /// A name that a vat used, as the kernel's; what the vat makes up itself is new.
    fn name_in(&mut self, vat: VatId, vref: Vref) -> Result<Kref, Illegal> {
        if let Some(kref) = self.kref(vat, vref) {
            if let Some(entry) = self.clist.get_mut(&(vat, kref)) {
                must(
                    entry.reachable || vref.side == Side::Vat,
                    "an import that it dropped",
                )?;
                entry.reachable = true;
            }
            return Ok(kref);
        }
        must(vref.side == Side::Vat, "a name that it was not given")?;
        let entries = self.clist.keys().filter(|(owner, _)| *owner == vat).count();
        within(entries < limit::CLIST_MAX, "c-list")?;
        let kref = if vref.is_promise() {
            self.add_promise(Decider::Vat(vat))
        } else {
            self.add_object(Owner::Vat(vat))
        };
        self.clist.insert(
            (vat, kref),
            CListEntry {
                vref,
                reachable: true,
            },
        );
        Ok(kref)
    }

    fn values_in(&mut self, vat: VatId, data: &CapData<Vref>) -> Result<CapData<Kref>, Illegal> {
        let slots = data
            .slots
            .iter()
            .map(|vref| self.name_in(vat, *vref))
            .collect::<Result<_, _>>()?;
        Ok(CapData {
            body: data.body.clone(),
            slots,
        })
    }

    fn send(
        &mut self,
        vat: VatId,
        target: Vref,
        methargs: &CapData<Vref>,
        result: Option<Vref>,
    ) -> Done {
        within(self.queue.len() < limit::RUN_QUEUE_MAX, "run queue")?;
        let target = self.name_in(vat, target)?;
        let methargs = self.values_in(vat, methargs)?;
        let result = match result {
            Some(vref) => {
                must(
                    vref.is_promise() && vref.side == Side::Vat,
                    "a result that is not a promise of its own",
                )?;
                let kref = self.name_in(vat, vref)?;
                must(
                    self.decider(kref) == Some(Decider::Vat(vat)),
                    "a result that it does not decide",
                )?;
                self.decide(Some(kref), Decider::Nobody);
                Some(kref)
            }
            None => None,
        };
        let message = self.message();
        self.enqueue(Item::Send {
            message,
            target,
            methargs,
            result,
        });
        Ok(())
    }

    fn subscribe(&mut self, vat: VatId, vref: Vref) -> Done {
        let why = "a subscription to what is not its promise";
        let kref = self
            .kref(vat, vref)
            .filter(|kref| kref.is_promise())
            .ok_or(Illegal("VAT_FATAL:ILLEGAL_SYSCALL", why))?;
        match self
            .promises
            .get_mut(&kref)
            .map(|promise| &mut promise.state)
        {
            Some(Stand::Unresolved { subscribers, .. }) => {
                subscribers.insert(Subscriber::Vat(vat));
            }
            _ => {
                self.enqueue(Item::Notify { vat, promise: kref });
            }
        }
        Ok(())
    }

    fn resolve(&mut self, vat: VatId, list: &[Resolution]) -> Done {
        for Resolution(subject, ..) in list {
            let named = list
                .iter()
                .any(|Resolution(_, _, value)| value.slots.contains(subject));
            let told = subject.is_promise() && (named || self.kref(vat, *subject).is_some());
            must(told, "a resolution of what is not its promise")?;
        }
        let mut translated = Vec::new();
        for Resolution(subject, rejected, value) in list {
            let kref = self.name_in(vat, *subject)?;
            translated.push((kref, *rejected, self.values_in(vat, value)?));
        }
        let krefs: Vec<Kref> = translated.iter().map(|(kref, ..)| *kref).collect();
        for (kref, rejected, value) in translated {
            must(
                self.decider(kref) == Some(Decider::Vat(vat)),
                "a resolution of what it does not decide",
            )?;
            self.settle(kref, rejected, value);
        }
        for kref in krefs {
            self.let_go(vat, kref);
        }
        Ok(())
    }

    fn object(&self, vat: VatId, vref: Vref, side: Side) -> Result<(Kref, bool), Illegal> {
        must(!vref.is_promise() && vref.side == side, NO_OBJECT)?;
        let kref = self
            .kref(vat, vref)
            .ok_or(Illegal("VAT_FATAL:ILLEGAL_SYSCALL", NO_OBJECT))?;
        Ok((kref, self.clist[&(vat, kref)].reachable))
    }

    fn drop_import(&mut self, vat: VatId, vref: Vref) -> Done {
        let (kref, reachable) = self.object(vat, vref, Side::Kernel)?;
        must(reachable, "an import dropped twice")?;
        if let Some(entry) = self.clist.get_mut(&(vat, kref)) {
            entry.reachable = false;
        }
        Ok(())
    }

    fn retire_import(&mut self, vat: VatId, vref: Vref) -> Done {
        let (kref, reachable) = self.object(vat, vref, Side::Kernel)?;
        must(!reachable, "an import retired before it was dropped")?;
        self.let_go(vat, kref);
        Ok(())
    }

    fn retire_export(&mut self, vat: VatId, vref: Vref) -> Done {
        let (kref, reachable) = self.object(vat, vref, Side::Vat)?;
        self.recount();
        let held = self
            .objects
            .get(&kref)
            .is_some_and(|object| object.reachable > 0);
        must(
            !reachable && !held,
            "an export retired while it is reachable",
        )?;
        self.let_go(vat, kref);
        Ok(())
    }

    fn abandon_export(&mut self, vat: VatId, vref: Vref) -> Done {
        let (kref, _) = self.object(vat, vref, Side::Vat)?;
        must(vref != Vref::ROOT, "its root abandoned")?;
        self.let_go(vat, kref);
        Ok(())
    }

    /// Whether changes of a vat's store are within its limits.
    pub fn store_fits(&self, changes: &[Change], stored: u64) -> Done {
        let bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let fits = |change: &Change| {
            change.key.len() <= limit::VATSTORE_KEY_BYTES_MAX
                && bytes(&change.value) <= limit::VATSTORE_VALUE_BYTES_MAX
        };
        within(
            stored <= limit::VATSTORE_BYTES_MAX && changes.iter().all(fits),
            "store",
        )
    }

    /// Changes of a vat's store, with what the keys held when the incarnation began.
    pub fn store(&mut self, vat: VatId, changes: &[Change], stored: u64) {
        for Change { key, value, base } in changes {
            if let Some(base) = base {
                let kept = base
                    .as_ref()
                    .map_or_else(|| String::from("-"), |text| format!("={text}"));
                self.write(format!("b/{:016}/{key}", vat.0), Some(kept));
            }
            self.write(format!("s/{:016}/{key}", vat.0), value.clone());
        }
        if let Some(row) = self.vats.get_mut(&vat) {
            row.stored = stored;
        }
    }

    fn write(&mut self, key: String, value: Option<String>) {
        match &value {
            Some(value) => self.opaque.insert(key.clone(), value.clone()),
            None => self.opaque.remove(&key),
        };
        self.touched.push((key, value));
    }
}
