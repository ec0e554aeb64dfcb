//! What a vat must not do, one thing at a time.

use kernel::capdata::CapData;
use kernel::input::{Outcome, Resolution, Syscall};
use kernel::limit;
use kernel::refs::{Kind, Side, Vref};

use super::heap::{Heap, Turn, vref};

fn data(body: &str) -> CapData<Vref> {
    CapData {
        body: body.to_string(),
        slots: Vec::new(),
    }
}

/// Breaks a rule: adds an illegal syscall, or answers a whole outcome.
pub(super) fn act(heap: &mut Heap, turn: &mut Turn) -> Option<Outcome> {
    let unknown = vref(Kind::Object, Side::Kernel, 900 + turn.rng.below(50) as u64);
    let stranger = vref(Kind::Promise, Side::Kernel, 900);
    let import = heap
        .imports
        .iter()
        .find(|(_, on)| **on)
        .map(|(name, _)| *name);
    let export = heap
        .exports
        .iter()
        .find(|(name, dropped)| !**dropped && **name != Vref::ROOT)
        .map(|(name, _)| *name);
    let awaited = heap.awaited.first().copied();
    let syscall = match turn.rng.below(16) {
        0 => {
            return Some(Outcome::VatFault {
                why: String::from("threw at its host"),
            });
        }
        1 => Syscall::Send {
            target: unknown,
            methargs: data("#[\"m\",[]]"),
            result: None,
        },
        2 => Syscall::Send {
            target: Vref::ROOT,
            methargs: CapData {
                body: String::from("#[\"m\",[\"$0\"]]"),
                slots: vec![unknown],
            },
            result: None,
        },
        3 => Syscall::Resolve(vec![Resolution(stranger, false, data("#1"))]),
        4 => Syscall::Resolve(vec![Resolution(awaited?, false, data("#1"))]),
        5 => Syscall::Send {
            target: Vref::ROOT,
            methargs: data("#[\"m\",[]]"),
            result: Some(awaited?),
        },
        6 => Syscall::Send {
            target: Vref::ROOT,
            methargs: data("#[\"m\",[]]"),
            result: Some(stranger),
        },
        7 => Syscall::Subscribe(stranger),
        8 => Syscall::Subscribe(Vref::ROOT),
        9 => Syscall::RetireImports(vec![import?]),
        10 => Syscall::DropImports(vec![import?, import?]),
        11 => Syscall::RetireExports(vec![export?]),
        12 => Syscall::DropImports(vec![export?]),
        13 => {
            let promise = *heap.deciding.first()?;
            Syscall::Resolve(vec![
                Resolution(promise, false, data("#1")),
                Resolution(promise, true, data("#2")),
            ])
        }
        14 => {
            let flood = Syscall::Send {
                target: Vref::ROOT,
                methargs: data("#[\"m\",[]]"),
                result: None,
            };
            turn.syscalls.extend(vec![flood; limit::SYSCALLS_MAX + 1]);
            return None;
        }
        _ => Syscall::Exit {
            failure: true,
            info: data("#\"enough\""),
        },
    };
    let place = turn.rng.below(turn.syscalls.len() + 1);
    turn.syscalls.insert(place, syscall);
    None
}
