//! K19-K27: cranks that stay and cranks that are undone, from the contract alone.

mod support;

use std::collections::BTreeMap;

use kernel::Error;
use kernel::input::{Command, CommandId, Outcome, Syscall};
use kernel::output::{Answer, BatchId, Output};
use kernel::refs::VatId;
use kernel::snapshot::store_key;
use support::{World, ask, data, done, set, settle, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);

const ILLEGAL: &str = "#{\"#error\":\"[KERNEL:VAT_FATAL:ILLEGAL_SYSCALL]";

/// A syscall that no vat may make.
fn illegal() -> Syscall {
    tell(vref("o-99"), "nobody", &[])
}

/// Everything that may differ between two kernels, but what goes with every crank.
fn state(world: &World) -> BTreeMap<String, String> {
    let rows = world.rows.iter();
    let kept = rows.filter(|(key, _)| key.as_str() != "k" && !key.starts_with("t/"));
    kept.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Whether a row of the vat's own is left: `c/ v/ f/ s/ b/ t/`.
fn leaves(world: &World, vat: VatId) -> bool {
    let number = format!("{:016}", vat.0);
    world
        .rows
        .keys()
        .any(|key| key.get(2..18) == Some(&number) && "cvfsbta".contains(&key[..1]))
}

#[test]
fn k19_a_thrown_method_rejects_and_what_the_crank_did_stays() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let id = world.send(world.root(ALICE), "throw");
    let result = world.expect(ALICE, "throw").result();
    let thrown = "#{\"#error\":\"no\",\"name\":\"Error\"}";
    world.finish(done(
        vec![tell(bob, "still", &[]), settle(result, true, data(thrown))],
        vec![set("count", "#1")],
    ));
    world.expect(BOB, "still");
    world.answer(Vec::new());
    world.rest();
    assert_eq!(world.rejection(id), thrown);
    assert_eq!(world.rows[&store_key(ALICE, "count")], "#1");
    assert!(world.lives(ALICE));
}

#[test]
fn k20_an_illegal_syscall_undoes_the_crank_and_ends_its_vat() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let id = world.send(world.root(ALICE), "break");
    let result = world.expect(ALICE, "break").result();
    world.finish(done(
        vec![
            ask(bob, "unseen", &[vref("o+4"), vref("p+4")], "p+1"),
            settle(result, false, data("#\"fine\"")),
            illegal(),
        ],
        vec![set("count", "#1")],
    ));
    world.rest();
    assert!(
        world.rejection(id).starts_with(ILLEGAL),
        "{}",
        world.rejection(id)
    );
    assert!(world.stopped(ALICE) && !world.stopped(BOB));
    assert!(!leaves(&world, ALICE), "{:#?}", world.rows);
    assert!(leaves(&world, BOB));
    let seen = world.told.iter().filter(|turn| turn.vat == BOB);
    assert_eq!(seen.count(), 2, "its start and the meeting");
    world.reload();
}

#[test]
fn k20_what_waited_for_the_ended_vat_is_rejected_and_the_rest_goes_on() {
    let mut world = World::of(&["alice", "bob"]);
    let alice = world.peer(BOB, ALICE);
    world.act(
        BOB,
        vec![
            ask(alice, "break", &[], "p+1"),
            ask(alice, "after", &[], "p+2"),
            Syscall::Subscribe(vref("p+1")),
            Syscall::Subscribe(vref("p+2")),
        ],
    );
    world.expect(ALICE, "break");
    world.reply(vec![illegal()]);
    let mut reasons = BTreeMap::new();
    while let Some(turn) = world.next() {
        assert_eq!(turn.vat, BOB);
        for (promise, rejected, reason) in turn.notify() {
            assert!(rejected);
            reasons.insert(*promise, reason.body.clone());
        }
        world.reply(Vec::new());
    }
    assert!(reasons[&vref("p+1")].starts_with(ILLEGAL));
    assert!(reasons[&vref("p+2")].starts_with("#{\"#error\":\"[KERNEL:"));
    assert_eq!(reasons.len(), 2);
    assert!(world.lives(BOB));
}

#[test]
fn k21_legal_syscalls_after_an_illegal_one_change_nothing() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let id = world.send(world.root(ALICE), "break");
    let result = world.expect(ALICE, "break").result();
    let exit = Syscall::Exit {
        failure: false,
        info: data("#\"bye\""),
    };
    world.reply(vec![
        illegal(),
        tell(bob, "unseen", &[]),
        settle(result, false, data("#\"fine\"")),
        exit,
    ]);
    world.rest();
    assert!(world.rejection(id).starts_with(ILLEGAL));
    assert!(world.stopped(ALICE) && !leaves(&world, ALICE));
}

#[test]
fn k22_a_failing_exit_undoes_the_crank_whatever_follows_it() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let id = world.send(world.root(ALICE), "fail");
    let result = world.expect(ALICE, "fail").result();
    let exit = Syscall::Exit {
        failure: true,
        info: data("#\"broken\""),
    };
    world.finish(done(
        vec![
            tell(bob, "unseen", &[]),
            exit,
            settle(result, false, data("#\"fine\"")),
            tell(bob, "unseen", &[]),
        ],
        vec![set("count", "#1")],
    ));
    world.rest();
    assert!(!world.rejection(id).is_empty());
    assert!(world.stopped(ALICE) && !leaves(&world, ALICE));
    assert!(
        !world
            .told
            .iter()
            .any(|turn| { turn.vat == BOB && format!("{:?}", turn.delivery).contains("unseen") })
    );
}

#[test]
fn k22_a_fault_that_only_the_host_can_see_is_the_same() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.send(world.root(ALICE), "fault");
    world.expect(ALICE, "fault");
    let why = String::from("it would not say");
    world.finish(Outcome::VatFault { why });
    world.rest();
    assert!(world.rejection(id).contains("[KERNEL:VAT_FATAL:"));
    assert!(world.stopped(ALICE) && !leaves(&world, ALICE) && world.lives(BOB));
}

#[test]
fn k22_a_heap_that_is_lost_is_tried_once_more() {
    let mut world = World::of(&["alice"]);
    let id = world.send(world.root(ALICE), "hang");
    let first = world.expect(ALICE, "hang");
    let lost = || Outcome::HeapLost {
        why: String::from("no answer"),
        restart: false,
    };
    world.finish(lost());
    let second = world.expect(ALICE, "hang");
    assert_eq!((first.seq, &first.delivery), (second.seq, &second.delivery));
    world.answer(Vec::new());
    world.rest();
    assert_eq!(world.value(id), "#\"#undefined\"");
    let id = world.send(world.root(ALICE), "hang");
    for _ in 0..2 {
        world.expect(ALICE, "hang");
        world.finish(lost());
    }
    world.rest();
    assert!(world.rejection(id).contains("[KERNEL:DELIVERY_FAILED]"));
    assert!(!leaves(&world, ALICE));
}

#[test]
fn k23_a_succeeding_exit_stays_and_ends_the_vat() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let id = world.send(world.root(ALICE), "leave");
    let result = world.expect(ALICE, "leave").result();
    let exit = Syscall::Exit {
        failure: false,
        info: data("#\"bye\""),
    };
    world.reply(vec![
        tell(bob, "farewell", &[]),
        settle(result, false, data("#\"left\"")),
        exit,
    ]);
    world.expect(BOB, "farewell");
    world.answer(Vec::new());
    world.rest();
    assert_eq!(world.value(id), "#\"left\"");
    assert!(world.stopped(ALICE) && !leaves(&world, ALICE));
}

#[test]
fn k24_a_command_during_a_crank_that_is_undone_is_done_exactly_once() {
    let mut world = World::of(&["alice", "bob"]);
    let (alice, bob) = (world.root(ALICE), world.root(BOB));
    let first = world.send(alice, "break");
    world.expect(ALICE, "break");
    let during = world.send(bob, "other");
    assert!(world.machine.poll_output().is_none(), "not inside a crank");
    world.reply(vec![illegal()]);
    world.expect(BOB, "other");
    world.answer(Vec::new());
    world.rest();
    assert!(world.rejection(first).starts_with(ILLEGAL));
    assert_eq!(world.value(during), "#\"#undefined\"");
    let told = format!("{:?}", world.told);
    assert_eq!(told.matches("other").count(), 1);
}

#[test]
fn k25_a_revocation_during_a_crank_that_is_undone_holds() {
    let mut world = World::of(&["alice", "bob"]);
    let (alice, bob) = (world.root(ALICE), world.root(BOB));
    let peer = world.peer(ALICE, BOB);
    world.send(alice, "break");
    world.expect(ALICE, "break");
    let revoke = world.command(Command::Revoke { kref: bob });
    world.reply(vec![tell(peer, "unseen", &[]), illegal()]);
    world.rest();
    assert_eq!(world.replies[&revoke], Answer::Done);
    for _ in 0..2 {
        assert_eq!(world.machine.is_revoked(bob), Ok(true));
        let id = world.send(bob, "late");
        world.rest();
        assert!(world.rejection(id).contains("[KERNEL:OBJECT_REVOKED]"));
        world.reload();
    }
}

#[test]
fn k25_a_message_that_was_queued_before_the_revocation_is_refused_as_well() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.send(world.root(ALICE), "act");
    let result = world.expect(ALICE, "act").result();
    let revoke = world.command(Command::Revoke {
        kref: world.root(BOB),
    });
    world.reply(vec![
        ask(bob, "late", &[], "p+1"),
        Syscall::Subscribe(vref("p+1")),
        settle(result, false, data("#1")),
    ]);
    let told = world.next().expect("a notify");
    assert_eq!((told.vat, told.notify()[0].1), (ALICE, true));
    assert!(told.notify()[0].2.body.contains("[KERNEL:OBJECT_REVOKED]"));
    world.reply(Vec::new());
    world.rest();
    assert_eq!(world.replies[&revoke], Answer::Done);
}

#[test]
fn k26_what_an_undone_crank_sent_made_and_dropped_is_never_seen() {
    let mut one = World::of(&["alice", "bob", "carol"]);
    let mut other = World::of(&["alice", "bob", "carol"]);
    let bob = one.peer(ALICE, BOB);
    let held = one.peer(ALICE, VatId(3));
    let syscalls = vec![
        ask(bob, "unseen", &[vref("o+3"), vref("p+3")], "p+1"),
        Syscall::Subscribe(vref("p+1")),
        Syscall::DropImports(vec![held]),
        Syscall::RetireImports(vec![held]),
        illegal(),
    ];
    for (world, syscalls) in [(&mut one, syscalls), (&mut other, vec![illegal()])] {
        let id = world.send(world.root(ALICE), "break");
        world.expect(ALICE, "break");
        world.finish(done(syscalls, vec![set("count", "#1")]));
        world.rest();
        assert!(world.rejection(id).starts_with(ILLEGAL));
    }
    assert_eq!(state(&one), state(&other));
    assert_eq!(one.told, other.told);
}

#[test]
fn k27_names_given_after_an_undone_crank_collide_with_none() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let carol = world.peer(BOB, VatId(3));
    let bob = world.peer(ALICE, BOB);
    let id = world.send(world.root(ALICE), "break");
    world.expect(ALICE, "break");
    world.reply(vec![tell(bob, "unseen", &[vref("o+3")]), illegal()]);
    world.rest();
    assert!(world.rejection(id).starts_with(ILLEGAL));
    let before = world.rows.clone();
    world.act(BOB, vec![tell(carol, "take", &[vref("o+5"), vref("p+5")])]);
    let taken = world.expect(VatId(3), "take").message().1.slots.clone();
    world.answer(Vec::new());
    world.rest();
    for name in ["o+5", "p+5"] {
        let kref = world.kref(BOB, name);
        let row = format!(
            "{}/{:016}",
            if kref.is_promise() { 'p' } else { 'o' },
            kref.number
        );
        assert!(!before.contains_key(&row), "{kref} is new");
    }
    assert_eq!(
        world.kref(BOB, "o+5"),
        world.kref(VatId(3), &taken[0].to_string())
    );
}

/// A script with every kind of crank in it.
fn script(reloads: bool) -> World {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let (bob, carol) = (world.peer(ALICE, BOB), world.peer(ALICE, VatId(3)));
    let steps = [
        vec![
            tell(bob, "one", &[vref("o+1")]),
            tell(carol, "two", &[vref("p+1")]),
        ],
        vec![
            ask(bob, "three", &[vref("p+1")], "p+2"),
            Syscall::Subscribe(vref("p+2")),
        ],
        vec![settle(vref("p+1"), false, data("#1"))],
        vec![
            tell(carol, "four", &[vref("o+1")]),
            Syscall::DropImports(vec![bob]),
        ],
    ];
    for (at, step) in steps.into_iter().enumerate() {
        world.act(ALICE, step);
        world.drain();
        if reloads {
            world.reload();
        }
        if at == 1 {
            world.command(Command::Revoke {
                kref: world.root(VatId(3)),
            });
        }
    }
    world.send(world.root(BOB), "break");
    world.expect(BOB, "break");
    world.reply(vec![illegal()]);
    world.drain();
    if reloads {
        world.reload();
    }
    world.command(Command::CollectGarbage);
    world.drain();
    world
}

#[test]
fn k27_the_same_inputs_give_the_same_outputs_rows_and_hash_with_and_without_reloads() {
    let (one, other, reloaded) = (script(false), script(false), script(true));
    assert_eq!(one.told, other.told);
    assert_eq!((&one.said, &one.replies), (&other.said, &other.replies));
    assert_eq!(one.rows, other.rows);
    assert_eq!(one.machine.status(), other.machine.status());
    // The pieces of a transcript end with each batch, which loading does not move.
    assert_eq!(one.told, reloaded.told);
    assert_eq!(one.rows, reloaded.rows);
    assert_eq!(one.machine.status(), reloaded.machine.status());
}

#[test]
fn k24_no_reply_leaves_before_its_batch() {
    let mut world = World::of(&["alice"]);
    let revoke = Command::Revoke {
        kref: world.root(ALICE),
    };
    world.machine.allow(10);
    let taken = world.machine.handle_command(CommandId(90), None, revoke);
    assert_eq!(taken, Ok(()));
    assert_eq!(world.machine.poll_output(), None);
    let first = world.machine.close_batch().expect("a batch");
    assert_eq!(world.machine.poll_output(), None, "closed is not durable");
    let other = BatchId(first.id.0 + 1);
    assert_eq!(
        world.machine.handle_committed(other),
        Err(Error::WrongBatch)
    );
    assert_eq!(world.machine.poll_output(), None);
    assert_eq!(world.machine.handle_committed(first.id), Ok(()));
    let reply = Output::Reply {
        command: CommandId(90),
        answer: Answer::Done,
    };
    assert_eq!(world.machine.poll_output(), Some(reply));
    assert_eq!(world.machine.poll_output(), None);
}

#[test]
fn k20_the_transcript_and_the_store_outlive_an_upgrade_that_is_undone() {
    let mut world = World::of(&["alice"]);
    world.send(world.root(ALICE), "keep");
    world.expect(ALICE, "keep");
    world.finish(done(Vec::new(), vec![set("count", "#1")]));
    world.rest();
    let opaque = |world: &World| -> Vec<_> {
        let rows = world.rows.iter();
        let kept = rows.filter(|(key, _)| ["s/", "b/", "t/"].iter().any(|of| key.starts_with(of)));
        kept.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let before = opaque(&world);
    assert!(
        ["s/", "b/", "t/"]
            .iter()
            .all(|of| before.iter().any(|row| row.0.starts_with(of)))
    );
    world.command(Command::UpgradeVat {
        vat: ALICE,
        bundle: String::from("static:other"),
        parameters: data("#{}"),
        config: String::from("{}"),
    });
    world.next().expect("the start");
    world.finish(done(vec![illegal()], vec![set("count", "#2")]));
    world.rest();
    assert_eq!(opaque(&world), before);
    assert!(world.lives(ALICE));
}
