//! Names across the border of a vat: krefs to its vrefs and back, through its c-list and nothing else. What is not in the c-list does not
//! exist for the vat, so a forged name is an illegal syscall.

use super::tables::Tables;
use crate::capdata::CapData;
use crate::entry::{CListEntry, Decider, Owner, Subscriber};
use crate::limit::CLIST_MAX;
use crate::refs::{Kref, Side, VatId, Vref};

/// Why a vat is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It asked for what it may not.
    Illegal(&'static str),
    /// It passed a limit.
    Limit(&'static str),
}

impl Tables {
    /// The vat's entry for a kref, if it has one.
    pub fn vref(&self, vat: VatId, kref: Kref) -> Option<Vref> {
        self.clists.get(&(vat, kref)).map(|entry| entry.vref)
    }

    /// The kref of a vref that the vat has.
    pub fn known(&self, vat: VatId, vref: Vref) -> Option<Kref> {
        self.clists.index().krefs.get(&(vat, vref)).copied()
    }

    /// Entries of a vat's c-list.
    pub fn clist_len(&self, vat: VatId) -> usize {
        self.clists.index().sizes.get(&vat).copied().unwrap_or(0)
    }

    /// The vat's c-list, in the order of krefs.
    pub fn clist(&self, vat: VatId) -> impl Iterator<Item = (Kref, &CListEntry)> {
        self.clists
            .range((vat, Kref::object(0))..=(vat, Kref::promise(u64::MAX)))
            .map(|((_, kref), entry)| (*kref, entry))
    }

    /// Whether any export of the vat but its root is held by somebody.
    pub fn exports_held(&self, vat: VatId) -> bool {
        self.clist(vat).any(|(kref, entry)| {
            entry.vref.side == Side::Vat
                && !kref.is_promise()
                && entry.vref != Vref::ROOT
                && self
                    .objects
                    .get(&kref.number)
                    .is_some_and(|object| object.reachable > 0)
        })
    }

    /// The kernel tells the vat of a kref: its vref, made if need be. Whatever it could only compare it can send to again.
    pub fn tell(&mut self, vat: VatId, kref: Kref) -> Vref {
        if let Some(entry) = self.clists.get(&(vat, kref)) {
            let vref = entry.vref;
            if !entry.reachable {
                self.reach(vat, kref, vref);
            }
            return vref;
        }
        let number = self.vats.update(&vat, |vat| {
            let next = if kref.is_promise() {
                &mut vat.promise
            } else {
                &mut vat.object
            };
            *next += 1;
            *next - 1
        });
        let vref = Vref {
            kind: kref.kind,
            side: Side::Kernel,
            number: number.unwrap_or(0),
        };
        self.clists.set(
            (vat, kref),
            CListEntry {
                vref,
                reachable: true,
            },
        );
        self.hold(kref);
        vref
    }

    /// The same for a value.
    pub fn tell_data(&mut self, vat: VatId, data: &CapData<Kref>) -> CapData<Vref> {
        CapData {
            body: data.body.clone(),
            slots: data
                .slots
                .iter()
                .map(|kref| self.tell(vat, *kref))
                .collect(),
        }
    }

    fn reach(&mut self, vat: VatId, kref: Kref, vref: Vref) {
        self.clists
            .update(&(vat, kref), |entry| entry.reachable = true);
        if vref.side == Side::Kernel {
            self.objects
                .update(&kref.number, |object| object.reachable += 1);
        }
    }

    /// The vat names something: what it means, made if the vat may make it.
    pub fn read(&mut self, vat: VatId, vref: Vref) -> Result<Kref, Fault> {
        if let Some(kref) = self.known(vat, vref) {
            let reachable = self
                .clists
                .get(&(vat, kref))
                .is_some_and(|entry| entry.reachable);
            if !reachable && vref.side == Side::Kernel {
                return Err(Fault::Illegal("an import that it dropped"));
            }
            if !reachable {
                // Named again before the kernel let go: the export stands (K33).
                self.reach(vat, kref, vref);
                self.fallen.insert(kref);
            }
            return Ok(kref);
        }
        if vref.side == Side::Kernel {
            return Err(Fault::Illegal("a name that it was not given"));
        }
        if self.clist_len(vat) >= CLIST_MAX {
            return Err(Fault::Limit("c-list"));
        }
        let kref = if vref.is_promise() {
            self.add_promise(Decider::Vat(vat), 1)
        } else {
            self.add_object(Owner::Vat(vat))
        };
        self.clists.set(
            (vat, kref),
            CListEntry {
                vref,
                reachable: true,
            },
        );
        Ok(kref)
    }

    /// The same for a value.
    pub fn read_data(&mut self, vat: VatId, data: CapData<Vref>) -> Result<CapData<Kref>, Fault> {
        let slots = data.slots.into_iter().map(|vref| self.read(vat, vref));
        Ok(CapData {
            slots: slots.collect::<Result<_, _>>()?,
            body: data.body,
        })
    }

    /// Takes an entry out of a vat's c-list, whatever it is, and what it counted.
    pub fn forget(&mut self, vat: VatId, kref: Kref) {
        let Some(entry) = self.clists.take(&(vat, kref)) else {
            return;
        };
        if kref.is_promise() {
            self.unsubscribe(kref, &Subscriber::Vat(vat));
            self.free(kref);
        } else if entry.vref.side == Side::Kernel {
            self.objects.update(&kref.number, |object| {
                object.recognizable -= 1;
                object.reachable -= u64::from(entry.reachable);
            });
            self.fallen.insert(kref);
        } else {
            self.objects
                .update(&kref.number, |object| object.owner = Owner::Nobody);
            self.fallen.insert(kref);
        }
    }

    /// The vat can no longer send to an import; it may still compare it.
    pub fn unreach(&mut self, vat: VatId, kref: Kref) {
        self.clists
            .update(&(vat, kref), |entry| entry.reachable = false);
        self.objects
            .update(&kref.number, |object| object.reachable -= 1);
        self.fallen.insert(kref);
    }
}

/// The reference that a value is, if it is nothing else: `#"$0"`, `#"$0.Alleged: name"`, or of a promise `#"&0"`.
pub fn single_slot(value: &CapData<Kref>) -> Option<Kref> {
    let [slot] = value.slots[..] else {
        return None;
    };
    let text = value.body.strip_prefix("#\"")?.strip_suffix('"')?;
    let name = text
        .strip_prefix(if slot.is_promise() { "&0" } else { "$0" })
        .or_else(|| text.strip_prefix("$0"))?;
    (name.is_empty() || name.starts_with('.') && !name.contains('"')).then_some(slot)
}
