//! K09-K16: who settles a promise, and who is told of it, from the contract alone.

mod support;

use kernel::capdata::CapData;
use kernel::entry::{Decider, State};
use kernel::input::{Command, Resolution, Syscall};
use kernel::refs::{VatId, Vref};
use support::{World, ask, call, data, naming, reference, settle, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);
const CAROL: VatId = VatId(3);

/// The other vat gets a promise of Alice's that it is named by in the answer.
fn hand(world: &mut World, to: VatId, promise: &str) -> Vref {
    let peer = world.peer(ALICE, to);
    world.act(ALICE, vec![tell(peer, "take", &[vref(promise)])]);
    let name = world.expect(to, "take").message().1.slots[0];
    world.answer(Vec::new());
    world.rest();
    name
}

#[test]
fn k09_only_the_decider_settles() {
    let mut world = World::of(&["alice", "bob"]);
    let promise = hand(&mut world, BOB, "p+5");
    let kref = world.kref(ALICE, "p+5");
    let id = world.act(BOB, vec![settle(promise, false, data("#\"mine\""))]);
    world.drain();
    assert!(world.stopped(BOB) && !world.lives(BOB));
    assert!(
        world
            .rejection(id)
            .contains("[KERNEL:VAT_FATAL:ILLEGAL_SYSCALL]")
    );
    let State::Unresolved { decider, .. } = world.promise(kref).expect("its row").state else {
        panic!("somebody else has settled it");
    };
    assert_eq!(decider, Decider::Vat(ALICE));
    let id = world.act(ALICE, vec![settle(vref("p+5"), false, data("#1"))]);
    world.drain();
    assert_eq!(world.value(id), "#\"#undefined\"");
    assert!(world.lives(ALICE));
}

#[test]
fn k10_settling_twice_is_fatal_to_that_vat_alone() {
    let twice = |promise: Vref| {
        let one = |body: &str| settle(promise, false, data(body));
        [
            vec![one("#1"), one("#2")],
            vec![Syscall::Resolve(vec![
                Resolution(promise, false, data("#1")),
                Resolution(promise, true, data("#2")),
            ])],
        ]
    };
    for syscalls in twice(vref("p+5")) {
        let mut world = World::of(&["alice", "bob"]);
        hand(&mut world, BOB, "p+5");
        world.act(ALICE, syscalls);
        world.drain();
        assert!(world.stopped(ALICE) && !world.stopped(BOB));
        let id = world.send(world.root(BOB), "still");
        world.expect(BOB, "still");
        world.answer(Vec::new());
        world.rest();
        assert_eq!(world.value(id), "#\"#undefined\"");
    }
}

#[test]
fn k10_settling_a_result_twice_in_two_cranks_is_fatal() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let asked = vec![
        ask(bob, "first", &[], "p+1"),
        Syscall::Subscribe(vref("p+1")),
    ];
    world.act(ALICE, asked);
    let result = world.expect(BOB, "first").result();
    world.reply(vec![settle(result, false, data("#1"))]);
    let told = world.next().expect("a notify");
    assert_eq!(told.notify(), [(vref("p+1"), false, data("#1"))]);
    world.reply(Vec::new());
    world.act(BOB, vec![settle(result, false, data("#2"))]);
    world.drain();
    assert!(world.stopped(BOB) && !world.stopped(ALICE));
}

#[test]
fn k11_the_receiver_decides_a_result_and_the_sender_no_longer() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![ask(bob, "first", &[], "p+1")]);
    let result = world.expect(BOB, "first").result();
    // Bob answers later.
    world.reply(Vec::new());
    world.rest();
    let kref = world.kref(ALICE, "p+1");
    let State::Unresolved { decider, .. } = world.promise(kref).expect("its row").state else {
        panic!("nobody has settled it");
    };
    assert_eq!(decider, Decider::Vat(BOB));
    world.act(ALICE, vec![settle(vref("p+1"), false, data("#1"))]);
    world.drain();
    assert!(world.stopped(ALICE));
    world.act(BOB, vec![settle(result, false, data("#2"))]);
    world.drain();
    assert!(world.lives(BOB));
}

#[test]
fn k11_the_sender_does_not_decide_while_the_message_is_under_way_either() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let early = settle(vref("p+1"), false, data("#1"));
    world.act(ALICE, vec![ask(bob, "first", &[], "p+1"), early]);
    world.rest();
    assert!(world.stopped(ALICE));
}

#[test]
fn k12_an_imported_or_used_promise_and_an_object_are_no_results() {
    for result in ["import", "o+3", "p+1"] {
        let mut world = World::of(&["alice", "bob"]);
        let import = hand(&mut world, BOB, "p+5").to_string();
        let alice = world.peer(BOB, ALICE);
        let result = if result == "import" { &import } else { result };
        let id = world.act(
            BOB,
            vec![ask(alice, "a", &[], "p+1"), ask(alice, "b", &[], result)],
        );
        world.drain();
        assert!(world.stopped(BOB), "{result}");
        assert!(world.rejection(id).contains("ILLEGAL_SYSCALL"));
    }
}

#[test]
fn k13_a_cycle_is_told_in_one_notify_and_both_entries_go() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let (one, two) = (vref("p+1"), vref("p+2"));
    world.act(ALICE, vec![tell(bob, "take", &[one, two])]);
    let names = world.expect(BOB, "take").message().1.slots.clone();
    let subscribe = |&name: &Vref| Syscall::Subscribe(name);
    world.answer(names.iter().map(subscribe).collect());
    world.rest();
    let krefs = [world.kref(ALICE, "p+1"), world.kref(ALICE, "p+2")];
    world.act(
        ALICE,
        vec![Syscall::Resolve(vec![
            Resolution(one, false, naming(&[two])),
            Resolution(two, false, naming(&[one])),
        ])],
    );
    let told = world.next().expect("one notify");
    let mut settled = told.notify().to_vec();
    settled.sort_by_key(|one| one.0);
    assert_eq!(
        settled,
        [
            (names[0], false, naming(&[names[1]])),
            (names[1], false, naming(&[names[0]])),
        ]
    );
    world.reply(Vec::new());
    world.rest();
    for (kref, vat) in krefs
        .into_iter()
        .flat_map(|kref| [(kref, ALICE), (kref, BOB)])
    {
        assert_eq!(world.find_vref(vat, kref), None);
    }
}

#[test]
fn k13_a_notify_tells_depth_first_in_the_order_of_the_slots() {
    let told = |values: fn(&[Vref]) -> [CapData<Vref>; 4]| {
        let mut world = World::of(&["alice", "bob"]);
        let bob = world.peer(ALICE, BOB);
        let own = ["p+1", "p+2", "p+3", "p+4"].map(vref);
        world.act(ALICE, vec![tell(bob, "take", &own)]);
        let names = world.expect(BOB, "take").message().1.slots.clone();
        world.answer(vec![Syscall::Subscribe(names[0])]);
        world.rest();
        let settled = own.into_iter().zip(values(&own));
        let settled = settled.map(|(one, value)| Resolution(one, false, value));
        world.act(ALICE, vec![Syscall::Resolve(settled.collect())]);
        let notify = world.next().expect("one notify").notify().to_vec();
        let place = |told: Vref| names.iter().position(|name| *name == told);
        notify
            .into_iter()
            .map(|one| place(one.0).expect("a name it has") + 1)
            .collect::<Vec<_>>()
    };
    // The first place of a slot counts, not its last.
    let twice = |own: &[Vref]| {
        [
            naming(&[own[1], own[2], own[1]]),
            data("#2"),
            data("#3"),
            data("#4"),
        ]
    };
    assert_eq!(told(twice), [1, 2, 3]);
    // What the first slot names comes before the slots behind it.
    let deep = |own: &[Vref]| [naming(&own[1..]), naming(&own[3..]), data("#3"), data("#4")];
    assert_eq!(told(deep), [1, 2, 4, 3]);
}

#[test]
fn k14_resolutions_that_cross_in_two_cranks_both_arrive() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    // Alice decides P, Bob decides Q; each knows the other's, Carol awaits both.
    let at_bob = hand(&mut world, BOB, "p+1");
    let (alice, carol) = (world.peer(BOB, ALICE), world.peer(BOB, CAROL));
    let q = vref("p+1");
    world.act(
        BOB,
        vec![
            tell(alice, "know", &[q]),
            tell(carol, "await", &[at_bob, q]),
        ],
    );
    let at_alice = world.expect(ALICE, "know").message().1.slots[0];
    world.answer(Vec::new());
    let names = world.expect(CAROL, "await").message().1.slots.clone();
    world.answer(names.iter().map(|&name| Syscall::Subscribe(name)).collect());
    world.act(ALICE, vec![settle(vref("p+1"), false, naming(&[at_alice]))]);
    let told = world.next().expect("a notify of P");
    assert_eq!(told.vat, CAROL);
    assert_eq!(told.notify(), [(names[0], false, naming(&[names[1]]))]);
    world.reply(Vec::new());
    world.act(BOB, vec![settle(q, false, naming(&[at_bob]))]);
    let told = world.next().expect("a notify of Q");
    let (name, rejected, value) = &told.notify()[0];
    assert_eq!((*name, *rejected), (names[1], false));
    // P's entry has gone with its notify: it comes again under a new name, and told with it.
    let again = value.slots[0];
    assert_ne!(again, names[0]);
    assert_eq!(told.notify()[1..], [(again, false, naming(&[names[1]]))]);
    world.reply(Vec::new());
    world.rest();
}

#[test]
fn k15_after_a_notify_the_name_is_gone_and_a_promise_sent_again_gets_a_new_one() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let held = hand(&mut world, CAROL, "p+5");
    let told = hand(&mut world, BOB, "p+5");
    let kref = world.kref(ALICE, "p+5");
    world.act(BOB, vec![Syscall::Subscribe(told)]);
    world.act(ALICE, vec![settle(vref("p+5"), false, data("#1"))]);
    world.next().expect("a notify");
    world.reply(Vec::new());
    world.rest();
    assert_eq!(world.find_vref(BOB, kref), None);
    assert_eq!(
        world.find_vref(ALICE, kref),
        None,
        "the resolver's goes at once"
    );
    assert_eq!(world.find_vref(CAROL, kref), Some(held));
    let bob = world.peer(CAROL, BOB);
    world.act(CAROL, vec![tell(bob, "take", &[held])]);
    let again = world.expect(BOB, "take").message().1.slots[0];
    assert_ne!(again, told);
    world.answer(vec![Syscall::Subscribe(again)]);
    let turn = world.next().expect("a notify");
    assert_eq!(turn.notify(), [(again, false, data("#1"))]);
    world.reply(Vec::new());
    world.rest();
    // The old name stands for nothing any more.
    world.act(BOB, vec![tell(told, "gone", &[])]);
    world.drain();
    assert!(world.stopped(BOB));
}

#[test]
fn k16_messages_follow_a_promise_that_becomes_a_promise() {
    let mut world = World::of(&["alice", "bob"]);
    let (p, q) = (vref("p+1"), vref("p+2"));
    let name = hand(&mut world, BOB, "p+1");
    world.act(BOB, vec![tell(name, "one", &[]), tell(name, "two", &[])]);
    world.rest();
    world.act(
        ALICE,
        vec![
            tell(vref("o+0"), "keep", &[q]),
            settle(p, false, reference(q)),
        ],
    );
    world.expect(ALICE, "keep");
    world.answer(Vec::new());
    world.rest();
    world.act(BOB, vec![tell(name, "three", &[])]);
    world.rest();
    world.act(ALICE, vec![settle(q, false, reference(vref("o+6")))]);
    for method in ["one", "two", "three"] {
        assert_eq!(world.expect(ALICE, method).message().0, vref("o+6"));
        world.answer(Vec::new());
    }
    world.rest();
}

#[test]
fn k16_a_message_from_outside_follows_a_promise() {
    let mut world = World::of(&["alice"]);
    let id = world.send(world.root(ALICE), "make");
    let result = world.expect(ALICE, "make").result();
    // Outside knows the promise inside the value.
    world.reply(vec![settle(result, false, naming(&[vref("p+9")]))]);
    world.rest();
    let promise = world.kref(ALICE, "p+9");
    assert!(world.replies.contains_key(&id));
    let id = world.command(Command::Send {
        target: promise,
        methargs: data("#[\"late\",[]]"),
    });
    world.rest();
    assert_eq!(world.replies.get(&id), None);
    world.act(
        ALICE,
        vec![settle(vref("p+9"), false, reference(vref("o+1")))],
    );
    let turn = world.expect(ALICE, "late");
    assert_eq!(turn.message().0, vref("o+1"));
    assert_eq!(turn.message().1, &call("late", &[]));
    world.reply(vec![settle(turn.result(), false, data("#7"))]);
    world.rest();
    assert_eq!(world.value(id), "#7");
}

#[test]
fn k10_settling_an_own_promise_again_in_a_later_crank_is_fatal() {
    let mut world = World::of(&["alice", "bob"]);
    hand(&mut world, BOB, "p+5");
    world.act(ALICE, vec![settle(vref("p+5"), false, data("#1"))]);
    world.drain();
    assert!(world.lives(ALICE));
    world.act(ALICE, vec![settle(vref("p+5"), false, data("#2"))]);
    world.drain();
    assert!(world.stopped(ALICE) && !world.stopped(BOB));
}
