//! K41-K43, K49: how vats end, and what ends or stops them.

use super::*;

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
        steps.iter().all(|step| *step <= limit::CLEANUP_ROWS),
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
fn k49_over_a_limit_is_undone_and_ends_the_vat() {
    let flood = |count: usize| vec![tell(vref("o+0"), "m", &[]); count];
    let store = |change: kernel::input::Change| done(Vec::new(), vec![change]);
    let mut over = done(Vec::new(), Vec::new());
    if let Outcome::Done { stored, .. } = &mut over {
        *stored = limit::VATSTORE_BYTES_MAX + 1;
    }
    let cases = [
        done(flood(limit::SYSCALLS_MAX + 1), Vec::new()),
        store(set(&"k".repeat(limit::VATSTORE_KEY_BYTES_MAX + 1), "#1")),
        store(set("key", &"v".repeat(limit::VATSTORE_VALUE_BYTES_MAX + 1))),
        over,
        done(
            vec![tell(vref("o+0"), &"m".repeat(limit::BODY_BYTES_MAX), &[])],
            Vec::new(),
        ),
        done(
            vec![tell(
                vref("o+0"),
                "m",
                &vec![vref("o+0"); limit::SLOTS_MAX + 1],
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
    world.act(ALICE, flood(limit::SYSCALLS_MAX - 1));
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
