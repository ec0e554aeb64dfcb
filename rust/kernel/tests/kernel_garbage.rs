//! K31-K38, K40: what nobody holds goes, and whoever must know is told; from the contract alone.

mod support;

use kernel::entry::Owner;
use kernel::input::{Command, Syscall};
use kernel::output::Delivery;
use kernel::refs::{Kref, VatId, Vref};
use support::{World, ask, call, reference, settle, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);
const CAROL: VatId = VatId(3);

/// The next delivery, and the vat it goes to.
fn told(world: &mut World) -> (VatId, Delivery) {
    let turn = world.next().expect("a delivery");
    (turn.vat, turn.delivery)
}

/// Alice passes her `o+1` to each of these; its kref, and its name there.
fn passed(world: &mut World, to: &[VatId]) -> (Kref, Vec<Vref>) {
    let sends = to
        .iter()
        .map(|vat| tell(world.peer(ALICE, *vat), "take", &[vref("o+1")]));
    let sends: Vec<_> = sends.collect();
    world.act(ALICE, sends);
    let mut names = Vec::new();
    for vat in to {
        names.push(world.expect(*vat, "take").message().1.slots[0]);
        world.answer(Vec::new());
    }
    world.rest();
    (world.kref(ALICE, "o+1"), names)
}

/// The owner is told that nobody reaches its `o+1` any more, then that nobody knows it; after that there is no such object.
fn let_go(world: &mut World, owner: VatId, kref: Kref) {
    for delivery in [
        Delivery::DropExports(vec![vref("o+1")]),
        Delivery::RetireExports(vec![vref("o+1")]),
    ] {
        assert_eq!(told(world), (owner, delivery));
        world.reply(Vec::new());
    }
    world.rest();
    assert_eq!(world.object(kref), None);
}

fn dropped(vref: Vref) -> Syscall {
    Syscall::DropImports(vec![vref])
}

fn retired(vref: Vref) -> Syscall {
    Syscall::RetireImports(vec![vref])
}

fn killed(world: &mut World, vat: VatId, syscalls: Vec<Syscall>) {
    let id = world.send(world.root(vat), "break");
    world.expect(vat, "break");
    world.reply(syscalls);
    world.drain();
    assert!(world.rejection(id).contains("ILLEGAL_SYSCALL"));
    assert!(!world.lives(vat));
}

#[test]
fn k31_the_last_import_dropped_tells_the_owner_and_retired_ends_the_object() {
    let mut world = World::of(&["alice", "bob"]);
    let (kref, names) = passed(&mut world, &[BOB]);
    world.act(BOB, vec![dropped(names[0])]);
    assert_eq!(
        told(&mut world),
        (ALICE, Delivery::DropExports(vec![vref("o+1")]))
    );
    world.reply(Vec::new());
    world.rest();
    let object = world.object(kref).expect("still recognised");
    assert_eq!((object.reachable, object.recognizable), (0, 1));
    world.act(BOB, vec![retired(names[0])]);
    assert_eq!(
        told(&mut world),
        (ALICE, Delivery::RetireExports(vec![vref("o+1")]))
    );
    world.reply(Vec::new());
    world.rest();
    assert_eq!(world.object(kref), None);
    assert_eq!(
        (world.find_vref(ALICE, kref), world.find_vref(BOB, kref)),
        (None, None)
    );
}

#[test]
fn k31_dropped_and_retired_at_once_is_told_in_that_order() {
    let mut world = World::of(&["alice", "bob"]);
    let (kref, names) = passed(&mut world, &[BOB]);
    world.act(BOB, vec![dropped(names[0]), retired(names[0])]);
    let_go(&mut world, ALICE, kref);
}

#[test]
fn k32_of_two_importers_the_second_counts() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let (kref, names) = passed(&mut world, &[BOB, CAROL]);
    world.act(BOB, vec![dropped(names[0]), retired(names[0])]);
    world.rest();
    let object = world.object(kref).expect("carol holds it");
    assert_eq!((object.reachable, object.recognizable), (1, 1));
    world.act(CAROL, vec![dropped(names[1])]);
    assert_eq!(
        told(&mut world),
        (ALICE, Delivery::DropExports(vec![vref("o+1")]))
    );
    world.reply(Vec::new());
    world.act(CAROL, vec![retired(names[1])]);
    assert_eq!(
        told(&mut world),
        (ALICE, Delivery::RetireExports(vec![vref("o+1")]))
    );
    world.reply(Vec::new());
    world.rest();
}

#[test]
fn k32_the_kinds_come_in_their_order_each_vat_by_itself() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let exports: Vec<_> = (1..=3).map(|number| vref(&format!("o+{number}"))).collect();
    world.act(ALICE, vec![tell(bob, "take", &exports)]);
    let names = world.expect(BOB, "take").message().1.slots.clone();
    world.answer(Vec::new());
    let alice = world.peer(BOB, ALICE);
    world.act(BOB, vec![tell(alice, "take", &[vref("o+1")])]);
    let import = world.expect(ALICE, "take").message().1.slots[0];
    world.answer(Vec::new());
    world.act(ALICE, vec![dropped(import)]);
    assert_eq!(told(&mut world).1, Delivery::DropExports(vec![vref("o+1")]));
    world.reply(Vec::new());
    // In one crank bob lets three of alice's go, two of them for good, and abandons what she only recognises.
    world.act(
        BOB,
        vec![
            Syscall::DropImports(names.clone()),
            Syscall::RetireImports(names[..2].to_vec()),
            Syscall::AbandonExports(vec![vref("o+1")]),
        ],
    );
    let order = [
        Delivery::DropExports(exports.clone()),
        Delivery::RetireExports(exports[..2].to_vec()),
        Delivery::RetireImports(vec![import]),
    ];
    for delivery in order {
        assert_eq!(told(&mut world), (ALICE, delivery));
        world.reply(Vec::new());
    }
    world.rest();
}

#[test]
fn k33_what_is_exported_again_before_the_delivery_is_not_retired() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let exports = [vref("o+1"), vref("o+2")];
    world.act(ALICE, vec![tell(bob, "take", &exports)]);
    let names = world.expect(BOB, "take").message().1.slots.clone();
    world.answer(vec![dropped(names[1])]);
    assert_eq!(told(&mut world).1, Delivery::DropExports(vec![exports[1]]));
    world.reply(Vec::new());
    // Two actions for alice; while she is told the first she exports what the second is about.
    world.act(BOB, vec![dropped(names[0]), retired(names[1])]);
    assert_eq!(told(&mut world).1, Delivery::DropExports(vec![exports[0]]));
    world.reply(vec![tell(bob, "take", &exports[1..])]);
    let again = world.expect(BOB, "take").message().1.slots[0];
    assert_ne!(again, names[1], "it was retired there");
    world.answer(Vec::new());
    world.rest();
    let object = world.object(world.kref(ALICE, "o+2")).expect("held again");
    assert_eq!((object.reachable, object.recognizable), (1, 1));
    let retires = |turn: &support::Turn| matches!(turn.delivery, Delivery::RetireExports(_));
    assert!(!world.told.iter().any(retires));
}

#[test]
fn k33_an_export_named_again_after_its_drop_stands_and_is_told_of_anew() {
    let mut world = World::of(&["alice", "bob"]);
    let (kref, names) = passed(&mut world, &[BOB]);
    world.act(BOB, vec![dropped(names[0])]);
    assert_eq!(told(&mut world).1, Delivery::DropExports(vec![vref("o+1")]));
    let bob = world.peer(ALICE, BOB);
    world.reply(vec![tell(bob, "take", &[vref("o+1")])]);
    assert_eq!(world.expect(BOB, "take").message().1.slots, names);
    world.answer(vec![dropped(names[0]), retired(names[0])]);
    let_go(&mut world, ALICE, kref);
}

#[test]
fn k34_nothing_is_retired_while_it_is_reachable() {
    let mut world = World::of(&["alice", "bob"]);
    let (_, names) = passed(&mut world, &[BOB]);
    killed(&mut world, BOB, vec![retired(names[0])]);
    let mut world = World::of(&["alice", "bob"]);
    passed(&mut world, &[BOB]);
    killed(
        &mut world,
        ALICE,
        vec![Syscall::RetireExports(vec![vref("o+1")])],
    );
}

#[test]
fn k34_nothing_is_dropped_twice_nor_used_after_its_drop() {
    let mut world = World::of(&["alice", "bob"]);
    let (_, names) = passed(&mut world, &[BOB]);
    killed(&mut world, BOB, vec![dropped(names[0]), dropped(names[0])]);
    let mut world = World::of(&["alice", "bob"]);
    let (_, names) = passed(&mut world, &[BOB]);
    killed(
        &mut world,
        BOB,
        vec![dropped(names[0]), tell(names[0], "hello", &[])],
    );
    let mut world = World::of(&["alice"]);
    killed(&mut world, ALICE, vec![dropped(vref("o+0"))]);
    let mut world = World::of(&["alice"]);
    killed(
        &mut world,
        ALICE,
        vec![Syscall::AbandonExports(vec![vref("o+0")])],
    );
}

#[test]
fn k35_each_recogniser_is_told_when_the_owner_retires() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let (kref, names) = passed(&mut world, &[BOB, CAROL]);
    world.act(BOB, vec![dropped(names[0])]);
    world.act(CAROL, vec![dropped(names[1])]);
    assert_eq!(told(&mut world).1, Delivery::DropExports(vec![vref("o+1")]));
    world.reply(Vec::new());
    world.act(ALICE, vec![Syscall::RetireExports(vec![vref("o+1")])]);
    for (vat, name) in [(BOB, names[0]), (CAROL, names[1])] {
        assert_eq!(told(&mut world), (vat, Delivery::RetireImports(vec![name])));
        world.reply(Vec::new());
    }
    world.rest();
    assert_eq!(world.object(kref), None);
    assert_eq!(
        (world.find_vref(BOB, kref), world.find_vref(CAROL, kref)),
        (None, None)
    );
}

#[test]
fn k36_messages_to_an_abandoned_export_are_rejected() {
    let mut world = World::of(&["alice", "bob"]);
    let (kref, names) = passed(&mut world, &[BOB]);
    world.act(ALICE, vec![Syscall::AbandonExports(vec![vref("o+1")])]);
    world.rest();
    assert_eq!(
        world.object(kref).expect("bob reaches it").owner,
        Owner::Nobody
    );
    world.act(
        BOB,
        vec![
            ask(names[0], "hello", &[], "p+1"),
            Syscall::Subscribe(vref("p+1")),
        ],
    );
    let turn = world.next().expect("a notify");
    let (promise, rejected, value) = &turn.notify()[0];
    assert_eq!((*promise, *rejected), (vref("p+1"), true));
    assert!(
        value.body.contains("[KERNEL:OBJECT_DELETED]"),
        "{}",
        value.body
    );
    world.reply(vec![dropped(names[0])]);
    assert_eq!(
        told(&mut world),
        (BOB, Delivery::RetireImports(vec![names[0]]))
    );
    world.reply(Vec::new());
    world.rest();
    assert_eq!(world.object(kref), None);
}

#[test]
fn k37_the_value_of_a_promise_holds_what_it_names() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("p+1")])]);
    let promise = world.expect(BOB, "take").message().1.slots[0];
    world.answer(Vec::new());
    world.act(
        ALICE,
        vec![settle(vref("p+1"), false, reference(vref("o+1")))],
    );
    world.rest();
    let kref = world.kref(ALICE, "o+1");
    let object = world.object(kref).expect("held by the value");
    assert_eq!((object.reachable, object.recognizable), (1, 1));
    world.act(BOB, vec![Syscall::Subscribe(promise)]);
    let turn = world.next().expect("a notify");
    let name = turn.notify()[0].2.slots[0];
    // The promise went with the notify; the import is the holder now.
    world.reply(vec![dropped(name), retired(name)]);
    let_go(&mut world, ALICE, kref);
}

#[test]
fn k37_a_waiting_message_holds_target_and_arguments() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("p+1")])]);
    let promise = world.expect(BOB, "take").message().1.slots[0];
    world.answer(vec![tell(promise, "later", &[vref("o+1")])]);
    world.rest();
    let kref = world.kref(BOB, "o+1");
    let object = world.object(kref).expect("held by the message");
    assert_eq!((object.reachable, object.recognizable), (1, 1));
    world.act(ALICE, vec![settle(vref("p+1"), false, support::data("#1"))]);
    let_go(&mut world, BOB, kref);
}

#[test]
fn k37_a_message_under_way_holds_its_target() {
    let mut world = World::of(&["alice", "bob"]);
    let (_, names) = passed(&mut world, &[BOB]);
    world.act(
        BOB,
        vec![
            tell(names[0], "last", &[]),
            dropped(names[0]),
            retired(names[0]),
        ],
    );
    let turn = world.expect(ALICE, "last");
    assert_eq!(
        (turn.message().0, turn.message().1),
        (vref("o+1"), &call("last", &[]))
    );
    world.answer(Vec::new());
    assert_eq!(told(&mut world).1, Delivery::DropExports(vec![vref("o+1")]));
    world.reply(Vec::new());
    world.drain();
}

#[test]
fn k38_a_pinned_object_stays_until_it_is_unpinned_as_often() {
    let mut world = World::of(&["alice", "bob"]);
    let (kref, names) = passed(&mut world, &[BOB]);
    world.command(Command::Pin { kref });
    world.command(Command::Pin { kref });
    world.act(BOB, vec![dropped(names[0]), retired(names[0])]);
    world.rest();
    assert_eq!(world.object(kref).expect("pinned").pins, 2);
    world.command(Command::Unpin { kref });
    world.rest();
    world.command(Command::Unpin { kref });
    let_go(&mut world, ALICE, kref);
}

#[test]
fn k38_an_ocap_url_holds_its_object() {
    let mut world = World::of(&["alice", "bob"]);
    let (kref, names) = passed(&mut world, &[BOB]);
    let token = "ab".repeat(32);
    world.command(Command::IssueUrl {
        kref,
        token: token.clone(),
    });
    world.act(BOB, vec![dropped(names[0]), retired(names[0])]);
    world.rest();
    world.reload();
    let id = world.command(Command::RedeemUrl { token });
    world.rest();
    assert_eq!(world.replies[&id], kernel::output::Answer::Kref { kref });
}

#[test]
fn k40_every_vat_is_told_once_in_order_and_the_answer_comes_last() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let (_, names) = passed(&mut world, &[BOB]);
    let first = world.command(Command::CollectGarbage);
    let second = world.command(Command::CollectGarbage);
    assert_eq!(told(&mut world), (ALICE, Delivery::BringOutYourDead));
    world.reply(Vec::new());
    assert_eq!(told(&mut world), (BOB, Delivery::BringOutYourDead));
    world.reply(vec![dropped(names[0])]);
    assert_eq!(
        told(&mut world),
        (ALICE, Delivery::DropExports(vec![vref("o+1")]))
    );
    assert_eq!(world.replies.get(&first), None);
    world.reply(Vec::new());
    assert_eq!(told(&mut world), (CAROL, Delivery::BringOutYourDead));
    world.reply(Vec::new());
    world.rest();
    for id in [first, second] {
        assert_eq!(world.replies[&id], kernel::output::Answer::Done);
    }
}

#[test]
fn k40_whoever_waits_for_a_collection_is_answered_by_clear_too() {
    let mut world = World::of(&["alice"]);
    let first = world.command(Command::CollectGarbage);
    let second = world.command(Command::Clear);
    world.drain();
    for id in [first, second] {
        assert_eq!(world.replies.get(&id), Some(&kernel::output::Answer::Done));
    }
}
