//! What a vat does of itself: anything that is allowed, by its dice.

use std::collections::BTreeMap;

use kernel::capdata::CapData;
use kernel::input::Syscall;
use kernel::refs::{Kind, Side, Vref};

use super::heap::{Heap, Turn, vref};

impl Heap {
    /// One thing that every vat may do.
    pub(super) fn act(&mut self, turn: &mut Turn) {
        match turn.rng.below(20) {
            0..=7 => self.send(turn),
            8..=10 => {
                let list: Vec<Vref> = self.deciding.iter().copied().collect();
                if let Some(promise) = turn.rng.pick(&list).copied() {
                    self.settle_somehow(turn, promise);
                }
            }
            11 | 12 => {
                let list: Vec<Vref> = self.awaited.iter().copied().collect();
                turn.syscalls
                    .extend(turn.rng.pick(&list).map(|name| Syscall::Subscribe(*name)));
            }
            13 | 14 => {
                let key = format!("note/{}", turn.rng.below(5));
                let value = turn
                    .rng
                    .chance(700)
                    .then(|| turn.rng.below(1000).to_string());
                if value.is_some() || self.store.contains_key(&key) {
                    self.write(turn, key, value);
                }
            }
            15 | 16 => self.let_go(turn),
            17 => {
                let list: Vec<Vref> = self
                    .imports
                    .iter()
                    .filter(|(_, on)| **on)
                    .map(|(name, _)| *name)
                    .collect();
                if let Some(import) = turn.rng.pick(&list).copied() {
                    self.write(turn, format!("keep/{import}"), Some(String::from("1")));
                }
            }
            18 => {
                let list: Vec<Vref> = self
                    .exports
                    .iter()
                    .filter(|(_, dropped)| **dropped)
                    .map(|(name, _)| *name)
                    .collect();
                if let Some(export) = turn.rng.pick(&list).copied() {
                    self.exports.remove(&export);
                    turn.syscalls.push(Syscall::RetireExports(vec![export]));
                }
            }
            _ => {
                let list: Vec<Vref> = self
                    .exports
                    .keys()
                    .filter(|name| **name != Vref::ROOT)
                    .copied()
                    .collect();
                if let Some(export) = turn
                    .rng
                    .pick(&list)
                    .copied()
                    .filter(|_| turn.rng.chance(300))
                {
                    self.exports.remove(&export);
                    turn.syscalls.push(Syscall::AbandonExports(vec![export]));
                }
            }
        }
        if turn.rng.chance(3) {
            let info = CapData {
                body: String::from("#\"done\""),
                slots: Vec::new(),
            };
            turn.syscalls.push(Syscall::Exit {
                failure: turn.rng.chance(400),
                info,
            });
        }
    }

    fn send(&mut self, turn: &mut Turn) {
        let Some(target) = self.any(turn, &[]) else {
            return;
        };
        let methargs = self.arguments(turn, &[]);
        let result = turn.rng.chance(700).then(|| {
            let fresh = vref(Kind::Promise, Side::Vat, self.next_promise);
            self.next_promise += 1;
            self.awaited.insert(fresh);
            fresh
        });
        turn.syscalls.push(Syscall::Send {
            target,
            methargs,
            result,
        });
        if let Some(result) = result.filter(|_| turn.rng.chance(600)) {
            turn.syscalls.push(Syscall::Subscribe(result));
        }
    }

    /// Settles a promise with a value, a reference or a reason.
    pub(super) fn settle_somehow(&mut self, turn: &mut Turn, promise: Vref) {
        let rejected = turn.rng.chance(120);
        let value = match turn.rng.below(5) {
            0 | 1 => CapData {
                body: format!("#{}", turn.rng.below(100)),
                slots: Vec::new(),
            },
            2 | 3 => match self.any(turn, &[]) {
                Some(one) if one == promise && turn.rng.chance(900) => CapData {
                    body: String::from("#null"),
                    slots: Vec::new(),
                },
                Some(one) => {
                    let sign = if one.is_promise() {
                        "&0"
                    } else {
                        "$0.Alleged: thing"
                    };
                    CapData {
                        body: format!("#\"{sign}\""),
                        slots: vec![one],
                    }
                }
                None => CapData {
                    body: String::from("#null"),
                    slots: Vec::new(),
                },
            },
            _ => self.arguments(turn, &[]),
        };
        self.settle(turn, promise, rejected, value);
    }

    /// Anything the vat can name, or something new.
    fn any(&mut self, turn: &mut Turn, not: &[Vref]) -> Option<Vref> {
        let live = |map: &BTreeMap<Vref, bool>, on: bool| -> Vec<Vref> {
            map.iter()
                .filter(|(name, state)| **state == on && !not.contains(name))
                .map(|(name, _)| *name)
                .collect()
        };
        match turn.rng.below(10) {
            0 | 1 => {
                let fresh = vref(Kind::Object, Side::Vat, self.next_export);
                self.next_export += 1;
                self.exports.insert(fresh, false);
                Some(fresh)
            }
            2 => {
                let fresh = vref(Kind::Promise, Side::Vat, self.next_promise);
                self.next_promise += 1;
                self.deciding.insert(fresh);
                Some(fresh)
            }
            3 | 4 => {
                let list: Vec<Vref> = self
                    .exports
                    .keys()
                    .filter(|name| !not.contains(name))
                    .copied()
                    .collect();
                let chosen = turn.rng.pick(&list).copied();
                if let Some(chosen) = chosen {
                    self.exports.insert(chosen, false);
                }
                chosen
            }
            5 | 6 => {
                let list: Vec<Vref> = self
                    .deciding
                    .union(&self.awaited)
                    .filter(|name| !not.contains(name))
                    .copied()
                    .collect();
                turn.rng.pick(&list).copied()
            }
            _ => turn.rng.pick(&live(&self.imports, true)).copied(),
        }
    }

    fn arguments(&mut self, turn: &mut Turn, not: &[Vref]) -> CapData<Vref> {
        let count = turn.rng.below(4);
        let mut slots = Vec::new();
        for _ in 0..count {
            slots.extend(self.any(turn, not));
        }
        let named: Vec<String> = slots
            .iter()
            .enumerate()
            .map(|(at, slot)| format!("\"{}{at}\"", if slot.is_promise() { '&' } else { '$' }))
            .collect();
        CapData {
            body: format!("#[\"m{}\",[{}]]", turn.rng.below(9), named.join(",")),
            slots,
        }
    }

    /// Drops an import, or retires it as well.
    pub(super) fn let_go(&mut self, turn: &mut Turn) {
        let held: Vec<(Vref, bool)> = self.imports.iter().map(|(name, on)| (*name, *on)).collect();
        let Some((import, reachable)) = turn.rng.pick(&held).copied() else {
            return;
        };
        if reachable {
            self.imports.insert(import, false);
            turn.syscalls.push(Syscall::DropImports(vec![import]));
        }
        if self.store.contains_key(&format!("keep/{import}")) {
            self.write(turn, format!("keep/{import}"), None);
        }
        if turn.rng.chance(500) {
            self.imports.remove(&import);
            turn.syscalls.push(Syscall::RetireImports(vec![import]));
        }
    }
}
