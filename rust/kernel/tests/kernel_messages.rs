//! K01-K08, K17, K18: messages, references and queues, from the contract alone.

mod support;

use kernel::capdata::CapData;
use kernel::entry::{Owner, State};
use kernel::input::{Command, Syscall};
use kernel::output::Answer;
use kernel::refs::{Side, VatId};
use support::{World, ask, call, data, naming, reference, settle, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);
const CAROL: VatId = VatId(3);

#[test]
fn k01_a_message_to_an_export_is_one_delivery_and_its_result_settles_the_callers_promise() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let id = world.act(
        ALICE,
        vec![
            ask(bob, "greet", &[], "p+1"),
            Syscall::Subscribe(vref("p+1")),
        ],
    );
    let turn = world.expect(BOB, "greet");
    assert_eq!(turn.message().0, vref("o+0"));
    assert_eq!(turn.message().1, &call("greet", &[]));
    let result = turn.result();
    assert!(result.is_promise() && result.side == Side::Kernel);
    world.reply(vec![settle(result, false, data("#42"))]);
    let told = world.next().expect("a notify");
    assert_eq!(told.vat, ALICE);
    assert_eq!(told.notify(), [(vref("p+1"), false, data("#42"))]);
    world.reply(Vec::new());
    world.rest();
    assert_eq!(world.value(id), "#\"#undefined\"");
}

#[test]
fn k01_a_caller_outside_gets_the_value_and_its_references_as_krefs() {
    let mut world = World::of(&["alice"]);
    let id = world.send(world.root(ALICE), "make");
    let turn = world.expect(ALICE, "make");
    world.reply(vec![settle(turn.result(), false, reference(vref("o+1")))]);
    world.rest();
    let made = world.kref(ALICE, "o+1");
    let value = CapData {
        body: reference(vref("o+1")).body,
        slots: vec![made],
    };
    assert_eq!(world.replies[&id], Answer::Value { value });
    let object = world.object(made).expect("its row");
    assert_eq!((object.reachable, object.recognizable), (1, 1));
    assert_ne!(object.external, 0, "held for the outside");
    let id = world.send(made, "use");
    assert_eq!(world.expect(ALICE, "use").message().0, vref("o+1"));
    world.answer(Vec::new());
    world.rest();
    assert_eq!(world.value(id), "#\"#undefined\"");
    world.command(Command::ReleaseExternal { kref: made });
    world.drain();
    assert_eq!(world.object(made), None, "nobody holds it any more");
}

#[test]
fn k02_a_passed_object_is_an_import_there_and_itself_again_at_home() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("o+1")])]);
    let taken = world.expect(BOB, "take").message().1.slots[0];
    assert!(taken.side == Side::Kernel && !taken.is_promise());
    // To the object itself, with itself as argument.
    world.answer(vec![tell(taken, "back", &[taken, vref("o+0")])]);
    let back = world.expect(ALICE, "back");
    assert_eq!(back.message().0, vref("o+1"));
    assert_eq!(back.message().1.slots, [vref("o+1"), bob]);
    world.answer(Vec::new());
    world.rest();
}

#[test]
fn k03_an_object_passed_twice_has_one_name_and_exact_counts() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let own = vref("o+7");
    world.act(
        ALICE,
        vec![tell(bob, "take", &[own, own]), tell(bob, "again", &[own])],
    );
    let first = world.expect(BOB, "take").message().1.slots.clone();
    assert_eq!(first[0], first[1]);
    world.answer(Vec::new());
    assert_eq!(
        world.expect(BOB, "again").message().1.slots,
        [first[0]],
        "the same name in another message"
    );
    world.answer(Vec::new());
    world.rest();
    let kref = world.kref(ALICE, "o+7");
    assert_eq!(world.vref(BOB, kref), first[0]);
    let object = world.object(kref).expect("its row");
    assert_eq!(object.owner, Owner::Vat(ALICE));
    assert_eq!((object.reachable, object.recognizable), (1, 1));
    world.act(BOB, vec![Syscall::DropImports(vec![first[0]])]);
    world.drain();
    let object = world.object(kref).expect("its row");
    assert_eq!((object.reachable, object.recognizable), (0, 1));
}

#[test]
fn k03_slots_of_waiting_messages_count_each() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let (own, promise) = (vref("o+7"), vref("p+5"));
    world.act(
        ALICE,
        vec![
            tell(bob, "take", &[promise]),
            tell(promise, "later", &[own, own]),
        ],
    );
    world.expect(BOB, "take");
    world.answer(Vec::new());
    world.rest();
    let object = world.object(world.kref(ALICE, "o+7")).expect("its row");
    assert_eq!((object.reachable, object.recognizable), (2, 2));
}

#[test]
fn k04_messages_to_an_unresolved_promise_wait_and_arrive_in_order() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("p+5")])]);
    let promise = world.expect(BOB, "take").message().1.slots[0];
    world.answer(vec![
        tell(promise, "one", &[]),
        tell(promise, "two", &[]),
        tell(promise, "three", &[]),
    ]);
    world.rest();
    let waiting = world.rows.keys().filter(|key| key.starts_with("w/"));
    assert_eq!(waiting.count(), 3);
    world.reload();
    world.act(
        ALICE,
        vec![settle(vref("p+5"), false, reference(vref("o+2")))],
    );
    for method in ["one", "two", "three"] {
        assert_eq!(world.expect(ALICE, method).message().0, vref("o+2"));
        world.answer(Vec::new());
    }
    world.rest();
    assert!(!world.rows.keys().any(|key| key.starts_with("w/")));
}

#[test]
fn k05_a_pipelined_chain_arrives_in_order_before_any_answer() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let bob = world.peer(ALICE, BOB);
    world.act(
        ALICE,
        vec![
            ask(bob, "first", &[], "p+1"),
            ask(vref("p+1"), "second", &[], "p+2"),
            ask(vref("p+2"), "third", &[], "p+3"),
            Syscall::Subscribe(vref("p+3")),
        ],
    );
    let turn = world.expect(BOB, "first");
    let carol = world.peer(BOB, CAROL);
    world.reply(vec![settle(turn.result(), false, reference(carol))]);
    let turn = world.expect(CAROL, "second");
    assert_eq!(turn.message().0, vref("o+0"));
    world.reply(vec![settle(turn.result(), false, reference(vref("o+9")))]);
    let turn = world.expect(CAROL, "third");
    assert_eq!(turn.message().0, vref("o+9"));
    world.reply(vec![settle(turn.result(), false, data("#\"end\""))]);
    let told = world.next().expect("the notify of the end");
    assert_eq!(told.notify(), [(vref("p+3"), false, data("#\"end\""))]);
    world.reply(Vec::new());
    world.rest();
}

#[test]
fn k06_messages_waiting_on_a_promise_that_becomes_data_are_rejected() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    for (at, body) in [
        "#42",
        "#\"text\"",
        "#{\"a\":\"$0.Alleged: x\"}",
        "#\"#undefined\"",
    ]
    .into_iter()
    .enumerate()
    {
        let (asked, answer) = (format!("p+{}", 2 * at + 1), format!("p+{}", 2 * at + 2));
        world.act(
            ALICE,
            vec![
                ask(bob, "first", &[], &asked),
                ask(vref(&asked), "second", &[], &answer),
                Syscall::Subscribe(vref(&answer)),
            ],
        );
        let turn = world.expect(BOB, "first");
        let mut value = data(body);
        if body.contains('$') {
            value.slots.push(vref("o+1"));
        }
        world.reply(vec![settle(turn.result(), false, value)]);
        let told = world.next().expect("a notify");
        let (promise, rejected, reason) = &told.notify()[0];
        assert_eq!((*promise, *rejected), (vref(&answer), true));
        let text = "#{\"#error\":\"[KERNEL:BAD_PROMISE_RESOLUTION]";
        assert!(reason.body.starts_with(text), "{}", reason.body);
        assert!(reason.slots.is_empty());
        world.reply(Vec::new());
        world.rest();
    }
}

#[test]
fn k07_messages_waiting_on_a_promise_that_is_rejected_get_the_same_reason() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(
        ALICE,
        vec![
            ask(bob, "first", &[], "p+1"),
            ask(vref("p+1"), "second", &[], "p+2"),
            ask(vref("p+2"), "third", &[], "p+3"),
            Syscall::Subscribe(vref("p+3")),
        ],
    );
    let turn = world.expect(BOB, "first");
    world.reply(vec![settle(turn.result(), true, naming(&[vref("o+4")]))]);
    let told = world.next().expect("a notify");
    world.reply(Vec::new());
    world.rest();
    let reason = world.vref(ALICE, world.kref(BOB, "o+4"));
    assert_eq!(told.notify(), [(vref("p+3"), true, naming(&[reason]))]);
}

#[test]
fn k08_whoever_subscribes_to_a_settled_promise_is_told_at_once() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("p+5")])]);
    let promise = world.expect(BOB, "take").message().1.slots[0];
    world.answer(Vec::new());
    world.act(ALICE, vec![settle(vref("p+5"), false, data("#1"))]);
    world.rest();
    let kref = world.find_kref(BOB, promise).expect("bob holds it");
    let settled = world.promise(kref).expect("its row").state;
    assert!(matches!(settled, State::Fulfilled(_)));
    world.act(BOB, vec![Syscall::Subscribe(promise)]);
    let told = world.next().expect("a notify");
    assert_eq!(told.vat, BOB);
    assert_eq!(told.notify(), [(promise, false, data("#1"))]);
    world.reply(Vec::new());
    world.rest();
    assert_eq!(world.promise(kref), None, "nobody holds it any more");
}

#[test]
fn k17_a_message_to_oneself_keeps_its_place() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let root = vref("o+0");
    world.act(
        ALICE,
        vec![
            tell(root, "one", &[]),
            tell(bob, "other", &[]),
            tell(root, "two", &[]),
        ],
    );
    world.expect(ALICE, "one");
    // What is sent now comes after what was sent before.
    world.answer(vec![tell(root, "three", &[])]);
    for (vat, method) in [(BOB, "other"), (ALICE, "two"), (ALICE, "three")] {
        world.expect(vat, method);
        world.answer(Vec::new());
    }
    world.rest();
}

#[test]
fn k18_messages_from_one_sender_to_one_target_arrive_in_order() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let (bob, carol) = (world.peer(ALICE, BOB), world.peer(ALICE, CAROL));
    let fan = |at: usize| {
        tell(
            if at.is_multiple_of(2) { bob } else { carol },
            &format!("m{at}"),
            &[],
        )
    };
    world.act(ALICE, (0..20).map(fan).collect());
    let from_bob = world.peer(BOB, CAROL);
    let mut seen = Vec::new();
    while let Some(turn) = world.next() {
        let method = turn.method().to_owned();
        // Bob hands each on to Carol.
        let on = format!("on-{method}");
        let syscalls = match turn.vat {
            BOB => vec![tell(from_bob, &on, &[])],
            _ => Vec::new(),
        };
        seen.push((turn.vat, method));
        world.answer(syscalls);
    }
    let of = |vat: VatId, prefix: &str| -> Vec<&str> {
        let mine = seen
            .iter()
            .filter(|(to, method)| *to == vat && method.starts_with(prefix));
        mine.map(|(_, method)| method.as_str()).collect()
    };
    let names = |prefix: &str, parity: usize| -> Vec<String> {
        let own = (0..20).filter(|at| at % 2 == parity);
        own.map(|at| format!("{prefix}{at}")).collect()
    };
    assert_eq!(of(BOB, "m"), names("m", 0));
    assert_eq!(of(CAROL, "m"), names("m", 1));
    assert_eq!(of(CAROL, "on-"), names("on-m", 0));
}

#[test]
fn k01_the_trace_tells_what_the_references_of_a_body_stand_for() {
    let mut world = World::of(&["alice", "bob"]);
    world.machine.watch(true);
    let bob = world.peer(ALICE, BOB);
    let many: Vec<_> = (1..=60).map(|n| vref(&format!("o+{n}"))).collect();
    world.act(
        ALICE,
        vec![tell(bob, "one", &many[..1]), tell(bob, "all", &many)],
    );
    world.expect(BOB, "one");
    world.reply(Vec::new());
    world.expect(BOB, "all");
    world.reply(Vec::new());
    world.rest();
    let kref = |name: &str| world.kref(ALICE, name).to_string();
    let steps: serde_json::Value =
        serde_json::from_str(&world.machine.trace(0)).expect("the trace is JSON");
    let slots_of = |method: &str| {
        let steps = steps.as_array().expect("a list");
        let step = steps.iter().find(|step| step["method"] == method);
        step.expect("its step")["slots"].clone()
    };
    assert_eq!(slots_of("one"), serde_json::json!([kref("o+1")]));
    let named: Vec<_> = (1..=40).map(|n| kref(&format!("o+{n}"))).collect();
    assert_eq!(
        slots_of("all"),
        serde_json::json!(named),
        "as many as a cut body can name"
    );
}
