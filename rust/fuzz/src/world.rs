//! Kernels for the laws: one at rest and one with a message at its queue's head, made once, and how one comes to rest. No law stands here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kernel::KernelMachine;
use kernel::capdata::CapData;
use kernel::input::{Command, CommandId, Heap, Outcome, Resolution, Syscall, VatSpec, WhenFull};
use kernel::output::{CrankId, Delivery, Output};
use kernel::refs::{VatId, Vref};
use kernel::snapshot::Row;

/// What a store holds.
pub type Rows = Vec<(String, String)>;

/// A kernel of stored rows.
pub fn load(rows: &Rows) -> KernelMachine {
    KernelMachine::load(rows.clone(), &[]).expect("rows of a kernel")
}

/// Goes on to the next delivery. `None`: nothing is left to do.
pub fn run(machine: &mut KernelMachine) -> Option<CrankId> {
    loop {
        match machine.poll_output() {
            Some(Output::Deliver { crank, .. }) => return Some(crank),
            Some(_) => {}
            None => {
                let batch = machine.close_batch()?;
                machine
                    .handle_committed(batch.id)
                    .expect("the oldest batch");
            }
        }
    }
}

fn answered(delivery: &Delivery, mut syscalls: Vec<Syscall>) -> Outcome {
    if let Delivery::Message {
        result: Some(result),
        ..
    } = delivery
    {
        let undefined = CapData {
            body: String::from("#\"#undefined\""),
            slots: Vec::new(),
        };
        syscalls.push(Syscall::Resolve(vec![Resolution(
            *result, false, undefined,
        )]));
    }
    Outcome::Done {
        syscalls,
        changes: Vec::new(),
        stored: 0,
        hash: [0; 8],
        restart: false,
    }
}

/// Lets a kernel come to rest among vats that do nothing, audited before each of their turns.
pub fn finish(mut machine: KernelMachine) {
    for _ in 0..100 {
        assert_eq!(machine.audit(), Vec::<String>::new());
        let Some(crank) = run(&mut machine) else {
            return;
        };
        let outcome = Outcome::Done {
            syscalls: Vec::new(),
            changes: Vec::new(),
            stored: 0,
            hash: [0; 8],
            restart: false,
        };
        machine
            .handle_outcome(crank, outcome)
            .expect("a taken outcome");
    }
}

/// Rows of a kernel at rest: two vats that hold each other, an object of each at the other, a promise.
pub static IDLE: LazyLock<Rows> = LazyLock::new(|| rows_of(false));

/// The same with a message to `v1` at the queue's head: `o-1` is the other's root, `o-2` and `p-1` its object and its promise.
pub static BUSY: LazyLock<Rows> = LazyLock::new(|| rows_of(true));

fn rows_of(busy: bool) -> Rows {
    let vref = |text: &str| text.parse::<Vref>().expect("a vref");
    let tell = |target: &str, slots: &[&str]| {
        let names: Vec<_> = (0..slots.len()).map(|at| format!("\"${at}\"")).collect();
        let body = format!("#[\"tell\",[{}]]", names.join(","));
        let slots = slots.iter().map(|slot| vref(slot)).collect();
        Syscall::Send {
            target: vref(target),
            methargs: CapData { body, slots },
            result: None,
        }
    };
    let spec = |name: &str| VatSpec {
        name: name.to_owned(),
        bundle: String::from("static:x"),
        parameters: CapData {
            body: String::from("#{}"),
            slots: Vec::new(),
        },
        config: String::from("{}"),
        heap: Heap::Replay,
        when_full: WhenFull::Restart,
    };
    let mut machine = KernelMachine::load([], &[]).expect("a new kernel");
    let launch = Command::Launch {
        config: String::from("{}"),
        bootstrap: String::from("one"),
        services: Vec::new(),
        vats: vec![spec("one"), spec("two")],
    };
    machine
        .handle_command(CommandId(1), None, launch)
        .expect("a taken command");
    let mut rows = Store::default();
    let script = [
        Vec::new(),
        Vec::new(),
        vec![tell("o-1", &["o+0", "o+1", "p+5"])],
        vec![tell("o-1", &["o+1", "p+5"])],
        Vec::new(),
    ];
    rows.run(&mut machine, &script);
    if busy {
        let root = rows.0.iter().find_map(|(key, value)| {
            let Ok(Row::CList(VatId(1), kref, entry)) = Row::decode(key, value) else {
                return None;
            };
            (entry.vref == Vref::ROOT).then_some(kref)
        });
        let methargs = CapData {
            body: String::from("#[\"go\",[]]"),
            slots: Vec::new(),
        };
        let send = Command::Send {
            target: root.expect("a root"),
            methargs,
        };
        machine.allow(0);
        machine
            .handle_command(CommandId(2), None, send)
            .expect("a taken command");
        rows.run(&mut machine, &[]);
    }
    rows.0
        .into_iter()
        .filter(|(key, _)| !key.starts_with("t/"))
        .collect()
}

#[derive(Default)]
struct Store(BTreeMap<String, String>);

impl Store {
    /// Runs until nothing is left to do, and keeps what is written.
    fn run(&mut self, machine: &mut KernelMachine, script: &[Vec<Syscall>]) {
        let mut script = script.iter();
        loop {
            match machine.poll_output() {
                Some(Output::Deliver {
                    crank, delivery, ..
                }) => {
                    let syscalls = script.next().expect("no more deliveries than written down");
                    let outcome = answered(&delivery, syscalls.clone());
                    machine
                        .handle_outcome(crank, outcome)
                        .expect("a taken outcome");
                }
                Some(_) => {}
                None => {
                    let Some(batch) = machine.close_batch() else {
                        return;
                    };
                    self.0.retain(|key, _| !batch.deletes.contains(key));
                    self.0.extend(batch.sets);
                    machine
                        .handle_committed(batch.id)
                        .expect("the oldest batch");
                }
            }
        }
    }
}
