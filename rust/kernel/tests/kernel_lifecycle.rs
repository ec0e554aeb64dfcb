//! K41-K49: how vats begin, begin again and end, and what stops a run; from the contract alone.

mod support;

use kernel::Error;
use kernel::entry::Owner;
use kernel::input::{Command, CommandId, Heap, Outcome, Syscall};
use kernel::limits;
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

#[test]
fn k41_what_a_terminated_vat_decided_is_rejected_and_the_kernel_goes_on() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let outside = world.send(world.root(BOB), "hang");
    world.expect(BOB, "hang");
    world.reply(Vec::new());
    world.act(
        ALICE,
        vec![
            ask(bob, "hang", &[], "p+1"),
            Syscall::Subscribe(vref("p+1")),
        ],
    );
    world.expect(BOB, "hang");
    world.reply(Vec::new());
    let ended = world.command(Command::TerminateVat { vat: BOB });
    let turn = world.next().expect("a notify");
    let (promise, rejected, value) = &turn.notify()[0];
    assert_eq!((turn.vat, *promise, *rejected), (ALICE, vref("p+1"), true));
    assert!(value.body.contains("[KERNEL:VAT_TERMINATED]"));
    world.reply(Vec::new());
    world.rest();
    assert!(world.rejection(outside).contains("[KERNEL:VAT_TERMINATED]"));
    assert_eq!(world.replies[&ended], Answer::Done);
    assert!(world.stopped(BOB) && !leaves(&world, BOB));
    let id = world.send(world.root(ALICE), "still");
    world.expect(ALICE, "still");
    world.answer(Vec::new());
    world.rest();
    world.value(id);
}

#[test]
fn k42_messages_queued_to_a_dead_vat_are_rejected() {
    let mut world = World::of(&["alice", "bob"]);
    let root = world.root(BOB);
    let id = world.send(root, "never");
    world.command(Command::TerminateVat { vat: BOB });
    world.rest();
    let body = world.rejection(id);
    assert!(
        body.contains("[KERNEL:OBJECT_DELETED]") || body.contains("[KERNEL:ENDPOINT_UNREACHABLE]"),
        "{body}"
    );
}

#[test]
fn k43_a_big_vat_is_let_go_in_steps() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let count = 1_300;
    for first in (1..=count).step_by(100) {
        let names: Vec<_> = (first..first + 100)
            .map(|number| vref(&format!("o+{number}")))
            .collect();
        world.act(ALICE, vec![tell(bob, "take", &names)]);
        world.expect(BOB, "take");
        world.answer(Vec::new());
    }
    world.rest();
    world.command(Command::TerminateVat { vat: ALICE });
    let mut left = Vec::new();
    loop {
        world.machine.allow(1);
        while world.machine.poll_output().is_some() {}
        world.commit();
        let rows = world
            .rows
            .keys()
            .filter(|key| key.starts_with("c/0000000000000001/"));
        left.push(rows.count());
        if !leaves(&world, ALICE) {
            break;
        }
        assert!(left.len() < 10, "{left:?}");
    }
    let steps: Vec<_> = left.windows(2).map(|pair| pair[0] - pair[1]).collect();
    assert!(
        steps.iter().all(|step| *step <= limits::CLEANUP_ROWS),
        "{left:?}"
    );
    assert!(steps.len() >= 2, "{left:?}");
    let orphan = world
        .object(world.kref(BOB, "o-2"))
        .expect("bob reaches it");
    assert_eq!(orphan.owner, Owner::Nobody);
    world.sound();
}

#[test]
fn k43_what_a_dead_vat_held_is_let_go() {
    let mut world = World::of(&["alice", "bob"]);
    let alice = world.peer(BOB, ALICE);
    world.act(BOB, vec![tell(alice, "take", &[vref("o+1")])]);
    world.expect(ALICE, "take");
    world.answer(Vec::new());
    world.command(Command::TerminateVat { vat: ALICE });
    for delivery in [
        Delivery::DropExports(vec![vref("o+1")]),
        Delivery::RetireExports(vec![vref("o+1")]),
    ] {
        assert_eq!(world.next().expect("a delivery").delivery, delivery);
        world.reply(Vec::new());
    }
    world.rest();
}

#[test]
fn k44_a_restart_keeps_store_root_and_imports_and_cuts_the_rest() {
    let mut world = World::of(&["alice", "bob"]);
    let (alice, bob) = (world.peer(BOB, ALICE), world.peer(ALICE, BOB));
    let id = world.send(world.root(ALICE), "hang");
    world.expect(ALICE, "hang");
    world.finish(done(
        vec![tell(bob, "take", &[vref("o+1"), vref("p+1")])],
        vec![set("count", "#1")],
    ));
    let taken = world.expect(BOB, "take").message().1.slots.clone();
    world.answer(Vec::new());
    world.rest();
    assert_eq!(world.rows[&base_key(ALICE, "count")], "-");
    let restarted = world.command(Command::RestartVat { vat: ALICE });
    assert_eq!(started(&mut world, ALICE, 2), [bob]);
    world.reply(vec![
        Syscall::DropImports(vec![bob]),
        Syscall::RetireImports(vec![bob]),
    ]);
    world.rest();
    assert_eq!(world.replies[&restarted], Answer::Done);
    assert!(world.rejection(id).contains("[KERNEL:VAT_RESTARTED]"));
    assert_eq!(world.rows[&store_key(ALICE, "count")], "#1");
    assert!(!world.rows.contains_key(&base_key(ALICE, "count")));
    let pieces = world
        .rows
        .keys()
        .filter(|key| key.starts_with("t/0000000000000001/"));
    assert_eq!(pieces.count(), 1, "of the new incarnation alone");
    assert_eq!(world.find_vref(ALICE, world.root(BOB)), None);
    // The root is the same; the old object rejects.
    world.act(
        BOB,
        vec![
            tell(alice, "again", &[]),
            ask(taken[0], "old", &[], "p+1"),
            Syscall::Subscribe(vref("p+1")),
        ],
    );
    assert_eq!(world.expect(ALICE, "again").message().0, vref("o+0"));
    world.answer(Vec::new());
    let turn = world.next().expect("a notify");
    assert!(turn.notify()[0].2.body.contains("[KERNEL:OBJECT_DELETED]"));
    world.reply(Vec::new());
    world.rest();
}

#[test]
fn k44_a_restart_that_fails_ends_the_vat() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.command(Command::RestartVat { vat: BOB });
    started(&mut world, BOB, 2);
    world.finish(Outcome::VatFault {
        why: String::from("no"),
    });
    world.rest();
    assert!(matches!(world.replies[&id], Answer::Failed { .. }));
    assert!(!leaves(&world, BOB) && world.lives(ALICE));
}

#[test]
fn k44_a_vat_that_forgets_is_restarted_after_a_load_and_keeps_no_transcript() {
    let mut world = World::new(&[]);
    let mut alice = spec("alice");
    alice.heap = Heap::Forget;
    world.command(Command::Launch {
        config: String::from("{}"),
        bootstrap: String::from("alice"),
        services: Vec::new(),
        vats: vec![alice],
    });
    while world.next().is_some() {
        world.answer(Vec::new());
    }
    assert!(!world.rows.keys().any(|key| key.starts_with("t/")));
    world.reload();
    world.send(world.root(ALICE), "hello");
    assert!(started(&mut world, ALICE, 2).is_empty());
    world.reply(Vec::new());
    world.expect(ALICE, "hello");
    world.answer(Vec::new());
    world.rest();
}

#[test]
fn k44_a_vat_that_forgets_and_loses_one_delivery_twice_ends() {
    let mut world = World::new(&[]);
    let mut alice = spec("alice");
    alice.heap = Heap::Forget;
    world.command(Command::Launch {
        config: String::from("{}"),
        bootstrap: String::from("alice"),
        services: Vec::new(),
        vats: vec![alice],
    });
    while world.next().is_some() {
        world.answer(Vec::new());
    }
    let id = world.send(world.root(ALICE), "hang");
    for incarnation in [2, 3] {
        world.expect(ALICE, "hang");
        world.finish(Outcome::HeapLost {
            why: String::from("gone"),
            restart: false,
        });
        if incarnation == 2 {
            started(&mut world, ALICE, 2);
            world.reply(Vec::new());
        }
    }
    world.rest();
    assert!(world.rejection(id).contains("[KERNEL:DELIVERY_FAILED]"));
    assert!(!leaves(&world, ALICE));
}

#[test]
fn k45_a_full_queue_is_delivered_once_and_in_order_after_a_load() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let names: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    world.act(
        ALICE,
        names.iter().map(|name| tell(bob, name, &[])).collect(),
    );
    world.commit();
    world.reload();
    for name in &names {
        assert_eq!(world.expect(BOB, name).message().1, &call(name, &[]));
        world.answer(Vec::new());
        world.commit();
        if name.ends_with('7') {
            world.reload();
        }
    }
    world.rest();
}

#[test]
fn k46_bootstrap_is_called_once_with_roots_and_services() {
    let mut world = World::new(&["clock"]);
    let id = world.command(launch(&["alice", "bob"], &["clock"]));
    for vat in [ALICE, BOB] {
        assert!(started(&mut world, vat, 1).is_empty());
        world.reply(Vec::new());
    }
    let turn = world.expect(ALICE, "bootstrap");
    let (target, methargs, _) = turn.message();
    assert_eq!(target, vref("o+0"));
    assert_eq!(
        methargs.body,
        "#[\"bootstrap\",[{\"alice\":\"$0.Alleged: vatRoot\",\"bob\":\"$1.Alleged: vatRoot\"},{\"clock\":\"$2.Alleged: service\"}]]"
    );
    assert_eq!(methargs.slots[0], vref("o+0"));
    world.answer(Vec::new());
    world.rest();
    let Answer::Launched { root, .. } = &world.replies[&id] else {
        panic!("launched: {:?}", world.replies[&id]);
    };
    assert_eq!(*root, world.root(ALICE));
}

#[test]
fn k46_a_start_or_bootstrap_that_fails_leaves_nothing() {
    for fails in ["start", "second", "bootstrap"] {
        let mut world = World::new(&[]);
        let id = world.command(launch(&["alice", "bob"], &[]));
        let no = || Outcome::VatFault {
            why: String::from("no"),
        };
        while let Some(turn) = world.next() {
            match (&turn.delivery, fails, turn.vat) {
                (Delivery::StartVat(..), "start", ALICE)
                | (Delivery::StartVat(..), "second", BOB) => world.finish(no()),
                (
                    Delivery::Message {
                        result: Some(result),
                        ..
                    },
                    "bootstrap",
                    _,
                ) => {
                    world.reply(vec![settle(*result, true, data("#\"no\""))]);
                }
                _ => world.answer(Vec::new()),
            }
        }
        assert!(
            matches!(world.replies[&id], Answer::Failed { .. }),
            "{fails}"
        );
        let left: Vec<_> = world.rows.keys().filter(|key| *key != "k").collect();
        assert!(left.is_empty(), "{fails}: {left:?}");
    }
}

#[test]
fn k46_a_launch_cut_by_a_crash_is_terminated_at_load() {
    let mut world = World::new(&[]);
    world.command(launch(&["alice", "bob"], &[]));
    started(&mut world, ALICE, 1);
    world.reply(Vec::new());
    world.commit();
    world.reload();
    world.rest();
    let left: Vec<_> = world.rows.keys().filter(|key| *key != "k").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn k47_a_launch_that_cannot_be_is_refused_before_anything_starts() {
    let mut world = World::new(&["clock"]);
    let mut twice = launch(&["alice", "alice"], &[]);
    let nobody = match launch(&["alice"], &[]) {
        Command::Launch {
            config,
            services,
            vats,
            ..
        } => Command::Launch {
            config,
            bootstrap: String::from("nobody"),
            services,
            vats,
        },
        other => other,
    };
    let mut named = launch(&["alice"], &[]);
    if let Command::Launch {
        vats, bootstrap, ..
    } = &mut named
    {
        vats[0].name = String::from("a b");
        bootstrap.clone_from(&vats[0].name);
    }
    if let Command::Launch { bootstrap, .. } = &mut twice {
        *bootstrap = String::from("alice");
    }
    let many: Vec<String> = (0..=limits::SUBCLUSTER_VATS_MAX)
        .map(|number| format!("v{number}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let cases = [
        (launch(&["alice"], &["network"]), Error::UnknownService),
        (twice, Error::BadConfig),
        (nobody, Error::BadConfig),
        (named, Error::BadConfig),
        (launch(&many, &[]), Error::LimitExceeded),
    ];
    for (command, error) in cases {
        let refused = world
            .machine
            .handle_command(CommandId(1), None, command.clone());
        assert_eq!(refused, Err(error), "{command:?}");
    }
    world.rest();
    assert!(world.rows.is_empty());
}

#[test]
fn k48_an_upgrade_keeps_the_store_and_takes_other_code() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.command(upgrade(BOB));
    started(&mut world, BOB, 2);
    world.reply(vec![Syscall::DropImports(vec![world.peer(BOB, ALICE)])]);
    world.rest();
    assert_eq!(world.replies[&id], Answer::Done);
    assert!(world.rows["f/0000000000000002"].contains("static:newer"));
}

#[test]
fn k48_a_failed_upgrade_leaves_the_old_incarnation() {
    let mut world = World::of(&["alice", "bob"]);
    let before = world.rows.clone();
    let id = world.command(upgrade(BOB));
    started(&mut world, BOB, 2);
    world.finish(Outcome::VatFault {
        why: String::from("no"),
    });
    world.rest();
    assert!(matches!(world.replies[&id], Answer::Failed { .. }));
    assert!(world.stopped(BOB) && world.lives(BOB));
    let changed: Vec<_> = before
        .iter()
        .filter(|(key, value)| world.rows.get(*key) != Some(value))
        .collect();
    assert!(changed.iter().all(|(key, _)| *key == "k"), "{changed:?}");
    let seq = world
        .told
        .iter()
        .rfind(|turn| turn.vat == BOB && turn.seq > 1)
        .map_or(1, |turn| turn.seq);
    world.send(world.root(BOB), "still");
    assert_eq!(
        world.expect(BOB, "still").seq,
        seq + 1,
        "the old transcript goes on"
    );
    world.answer(Vec::new());
    world.rest();
}

#[test]
fn k49_over_a_limit_is_undone_and_ends_the_vat() {
    let flood = |count: usize| vec![tell(vref("o+0"), "m", &[]); count];
    let store = |change: kernel::input::Change| done(Vec::new(), vec![change]);
    let mut over = done(Vec::new(), Vec::new());
    if let Outcome::Done { stored, .. } = &mut over {
        *stored = limits::VATSTORE_BYTES_MAX + 1;
    }
    let cases = [
        done(flood(limits::SYSCALLS_MAX + 1), Vec::new()),
        store(set(&"k".repeat(limits::VATSTORE_KEY_BYTES_MAX + 1), "#1")),
        store(set(
            "key",
            &"v".repeat(limits::VATSTORE_VALUE_BYTES_MAX + 1),
        )),
        over,
        done(
            vec![tell(vref("o+0"), &"m".repeat(limits::BODY_BYTES_MAX), &[])],
            Vec::new(),
        ),
        done(
            vec![tell(
                vref("o+0"),
                "m",
                &vec![vref("o+0"); limits::SLOTS_MAX + 1],
            )],
            Vec::new(),
        ),
    ];
    for (at, outcome) in cases.into_iter().enumerate() {
        let mut world = World::of(&["alice", "bob"]);
        let id = world.send(world.root(ALICE), "over");
        world.expect(ALICE, "over");
        world.finish(outcome);
        world.rest();
        assert!(
            world.rejection(id).contains("[KERNEL:LIMIT_EXCEEDED]"),
            "case {at}: {}",
            world.rejection(id)
        );
        assert!(!leaves(&world, ALICE) && world.lives(BOB), "case {at}");
    }
    let mut world = World::of(&["alice"]);
    world.act(ALICE, flood(limits::SYSCALLS_MAX - 1));
    world.drain();
    assert!(world.lives(ALICE), "at the limit is within it");
}

#[test]
fn k49_a_stop_keeps_the_queue() {
    let mut world = World::of(&["alice"]);
    let root = world.root(ALICE);
    let ids: Vec<u64> = (0..3).map(|_| world.send(root, "hello")).collect();
    world.machine.allow(0);
    assert_eq!(world.machine.poll_output(), None);
    assert!(world.machine.is_runnable());
    world.commit();
    let queued = world
        .rows
        .keys()
        .filter(|key| key.starts_with("q/"))
        .count();
    assert_eq!(queued, 3, "commands are taken all the same");
    world.machine.allow(1);
    assert!(matches!(
        world.machine.poll_output(),
        Some(Output::Deliver { .. })
    ));
    let crank = kernel::output::CrankId(
        serde_json::from_str::<serde_json::Value>(&world.rows["k"]).expect("counters")[5]
            .as_u64()
            .expect("a number"),
    );
    world
        .machine
        .handle_outcome(crank, done(Vec::new(), Vec::new()))
        .expect("the crank under way");
    assert_eq!(world.machine.poll_output(), None);
    assert!(world.machine.is_runnable());
    world.drain();
    assert_eq!(
        ids.iter()
            .filter(|id| world.replies.contains_key(id))
            .count(),
        2
    );
}

#[test]
fn k49_a_revoked_object_stays_revoked_and_one_that_is_gone_is_unknown() {
    let mut world = World::of(&["alice", "bob"]);
    let root = world.root(BOB);
    world.command(Command::Revoke { kref: root });
    let id = world.send(root, "no");
    world.rest();
    assert!(world.rejection(id).contains("[KERNEL:OBJECT_REVOKED]"));
    world.reload();
    assert_eq!(world.machine.is_revoked(root), Ok(true));
    assert_eq!(
        world.machine.is_revoked(Kref::object(999)),
        Err(Error::UnknownKref)
    );
    assert_eq!(
        world.machine.is_revoked(Kref::promise(1)),
        Err(Error::NotAnObject)
    );
}
