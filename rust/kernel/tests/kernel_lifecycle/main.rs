//! K41-K49: how vats begin, begin again and end, and what stops a run; from the contract alone.

mod end;
mod launch;
mod restart;
#[path = "../support/mod.rs"]
mod support;

use kernel::Error;
use kernel::entry::Owner;
use kernel::input::{Command, CommandId, Heap, Outcome, Syscall};
use kernel::limit;
use kernel::output::{Answer, Delivery, Output};
use kernel::refs::{Kref, VatId};
use kernel::snapshot::{base_key, store_key};
use support::{World, ask, call, data, done, launch, set, settle, spec, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);

/// Whether a row of the vat's own is left.
fn leaves(world: &World, vat: VatId) -> bool {
    let number = format!("{:016}", vat.0);
    let mut keys = world.rows.keys();
    keys.any(|key| key.get(2..18) == Some(&number) && "cvfsbta".contains(&key[..1]))
}

fn started(world: &mut World, vat: VatId, incarnation: u64) -> Vec<kernel::refs::Vref> {
    let turn = world.next().expect("a start");
    let Delivery::StartVat(_, imports) = turn.delivery else {
        panic!("a start was due, not {:?}", turn.delivery);
    };
    assert_eq!((turn.vat, turn.seq), (vat, 1));
    let last = world.said.iter().rev();
    let start = last.clone().find_map(|said| match said {
        Output::Start {
            vat: of,
            incarnation,
            ..
        } if *of == vat => Some(*incarnation),
        _ => None,
    });
    assert_eq!(start, Some(incarnation));
    imports
}

fn upgrade(vat: VatId) -> Command {
    Command::UpgradeVat {
        vat,
        bundle: String::from("static:newer"),
        parameters: data("#{}"),
        config: String::from("{}"),
    }
}
