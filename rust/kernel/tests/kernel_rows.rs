//! What a store holds: no row is too long to be read again, and rows that contradict each other are refused.

mod support;

use kernel::capdata::CapData;
use kernel::input::{Command, CommandId, Syscall};
use kernel::limit::{BODY_BYTES_MAX, ROW_BYTES_MAX, URLS_MAX};
use kernel::output::Answer;
use kernel::refs::{VatId, Vref};
use kernel::{Error, KernelMachine};
use support::{World, data, naming, reference, settle, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);

/// The longest body of one character that is taken.
fn longest(letter: &str) -> String {
    let takes = |count: &usize| data::<Vref>(&letter.repeat(*count)).check().is_ok();
    let (mut least, mut most) = (0, BODY_BYTES_MAX + 1);
    while most - least > 1 {
        let middle = usize::midpoint(least, most);
        if takes(&middle) {
            least = middle;
        } else {
            most = middle;
        }
    }
    letter.repeat(least)
}

fn rows_are_short(world: &World) {
    for (key, value) in &world.rows {
        assert!(value.len() <= ROW_BYTES_MAX, "{key}: {}", value.len());
    }
}

#[test]
fn k28_the_longest_bodies_are_read_again_wherever_they_stand() {
    for letter in ["m", "\"", "\\", "\n", "\u{1}"] {
        let body = longest(letter);
        assert!(body.len() > 100_000);
        let mut world = World::of(&["alice", "bob"]);
        let slots = vec![world.root(BOB); kernel::limit::SLOTS_MAX];
        let methargs = CapData {
            body: body.clone(),
            slots,
        };
        let send = Command::Send {
            target: world.root(ALICE),
            methargs,
        };
        let key = "ab".repeat(32);
        world
            .machine
            .handle_command(CommandId(90), Some(&key), send)
            .expect("a body at its limit");
        // Queued, delivered, answered and kept: each a row.
        world.machine.allow(0);
        assert_eq!(world.machine.poll_output(), None);
        world.commit();
        world.reload();
        let result = world.next().expect("the message").result();
        world.reply(vec![
            settle(result, false, data(&body)),
            tell(vref("o+0"), "self", &[]),
            Syscall::Send {
                target: vref("o+0"),
                methargs: data(&body),
                result: None,
            },
        ]);
        world.drain();
        rows_are_short(&world);
        world.reload();
        assert!(world.rows.keys().any(|row| *row == format!("x/{key}")));
    }
}

#[test]
fn k28_configurations_that_would_not_be_read_again_are_refused() {
    let text = "\u{1}".repeat(BODY_BYTES_MAX / 2);
    let upgrade = Command::UpgradeVat {
        vat: ALICE,
        bundle: String::from("static:newer"),
        parameters: data(&text),
        config: String::from("{}"),
    };
    assert_eq!(upgrade.check(), Err(Error::LimitExceeded));
    let quotes = longest("\"");
    let upgrade = Command::UpgradeVat {
        vat: ALICE,
        bundle: String::from("static:newer"),
        parameters: data(&quotes),
        config: "\"".repeat(kernel::limit::CONFIG_BYTES_MAX),
    };
    let mut world = World::of(&["alice"]);
    world.command(upgrade);
    world.drain();
    rows_are_short(&world);
    world.reload();
}

#[test]
fn k13_a_notify_that_would_be_too_long_tells_the_rest_as_rejected() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let promises: Vec<_> = (1..=9).map(|number| vref(&format!("p+{number}"))).collect();
    // A list of eight others, and the last of them names the list again.
    world.act(ALICE, vec![tell(bob, "take", &promises)]);
    let named = world.expect(BOB, "take").message().1.slots.clone();
    world.answer(Vec::new());
    let long = |slots: &[Vref]| CapData {
        body: format!("#[\"{}\"]", "m".repeat(200 << 10)),
        slots: slots.to_vec(),
    };
    world.act(
        ALICE,
        vec![Syscall::Resolve(vec![
            kernel::input::Resolution(promises[0], false, naming(&promises[1..])),
            kernel::input::Resolution(promises[8], false, long(&promises[..1])),
        ])],
    );
    for promise in &promises[1..8] {
        world.act(ALICE, vec![settle(*promise, false, long(&[]))]);
    }
    world.act(BOB, vec![Syscall::Subscribe(named[0])]);
    let turn = world.next().expect("a notify");
    assert!(turn.delivery.encode().len() < ROW_BYTES_MAX);
    let told = turn.notify().to_vec();
    assert_eq!(told.len(), 9, "all of them, and all are gone from the list");
    let rejected: Vec<_> = told.iter().filter(|one| one.1).collect();
    assert_eq!(rejected.len(), 4);
    for (_, _, reason) in &rejected {
        assert!(reason.body.contains("[KERNEL:LIMIT_EXCEEDED]"));
    }
    world.reply(Vec::new());
    world.rest();
    for name in named {
        assert_eq!(world.find_kref(BOB, name), None);
    }
    rows_are_short(&world);
    world.reload();
}

#[test]
fn k37_promises_that_name_each_other_cost_one_look_and_go_together() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let promises: Vec<_> = (1..=400)
        .map(|number| vref(&format!("p+{number}")))
        .collect();
    for some in promises.chunks(100) {
        world.act(ALICE, vec![tell(bob, "take", some)]);
        world.next().expect("the message");
        world.answer(Vec::new());
    }
    // Each names two hundred after it: none is in a circle, and bob holds them all.
    let resolutions = promises.iter().enumerate().map(|(at, promise)| {
        let after = &promises[at + 1..promises.len().min(at + 201)];
        kernel::input::Resolution(*promise, false, naming(after))
    });
    world.act(ALICE, vec![Syscall::Resolve(resolutions.collect())]);
    world.rest();
    assert_eq!(
        world
            .rows
            .keys()
            .filter(|key| key.starts_with("p/"))
            .count(),
        400
    );
    world.command(Command::TerminateVat { vat: BOB });
    world.drain();
    let left = world.rows.keys().filter(|key| key.starts_with("p/"));
    assert_eq!(left.count(), 0);
}

#[test]
fn k37_a_circle_held_from_outside_stays_until_it_is_let_go() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let (p, q) = (vref("p+1"), vref("p+2"));
    let id = world.send(world.root(ALICE), "give");
    let result = world.expect(ALICE, "give").result();
    world.reply(vec![
        tell(bob, "take", &[p, q]),
        Syscall::Resolve(vec![
            kernel::input::Resolution(p, false, naming(&[q])),
            kernel::input::Resolution(q, false, naming(&[p])),
            kernel::input::Resolution(result, false, reference(p)),
        ]),
    ]);
    let named = world.expect(BOB, "take").message().1.slots.clone();
    world.answer(vec![Syscall::Subscribe(named[0])]);
    assert_eq!(world.next().expect("a notify").notify().len(), 2);
    world.reply(Vec::new());
    world.rest();
    let Some(Answer::Value { value }) = world.replies.get(&id) else {
        panic!("a value: {:?}", world.replies.get(&id));
    };
    let held = value.slots[0];
    assert!(world.promise(held).is_some(), "the answer holds it");
    world.command(Command::ReleaseExternal { kref: held });
    world.rest();
    assert_eq!(world.promise(held), None);
    assert!(!world.rows.keys().any(|key| key.starts_with("p/")));
}

/// A kernel at work: a message that waits twice, a reap list, a key.
fn busy() -> World {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("p+1")])]);
    let promise = world.expect(BOB, "take").message().1.slots[0];
    world.answer(vec![
        tell(promise, "one", &[]),
        support::ask(promise, "two", &[], "p+2"),
    ]);
    world.rest();
    let pin = Command::Pin {
        kref: world.root(ALICE),
    };
    let key = "cd".repeat(32);
    let taken = world.machine.handle_command(CommandId(80), Some(&key), pin);
    assert_eq!(taken, Ok(()));
    world.rest();
    world
}

/// Loads the rows with one of them changed.
fn loads(world: &World, key: &str, change: impl FnOnce(&str) -> Option<(String, String)>) -> bool {
    let mut rows = world.core_rows();
    let at = rows.iter().position(|row| row.0 == key).expect("the row");
    let (_, value) = rows.remove(at);
    rows.extend(change(&value));
    KernelMachine::load(rows, &[]).is_ok()
}

#[test]
fn k45_rows_that_contradict_each_other_are_refused() {
    let world = busy();
    let place = |number: u64| {
        let promise = world.kref(ALICE, "p+1").number;
        format!("w/{promise:016}/{number:016}")
    };
    let (k, key) = ("k", format!("x/{}", "cd".repeat(32)));
    let set = |key: &str, value: String| Some((key.to_owned(), value));
    let part = |value: &str, at: usize, new: &str| {
        let mut parts: Vec<serde_json::Value> = serde_json::from_str(value).expect("an array");
        parts[at] = serde_json::from_str(new).expect("a part");
        serde_json::to_string(&parts).expect("an array")
    };
    assert!(loads(&world, k, |value| set(k, value.to_owned())));
    assert!(
        !loads(&world, &place(2), |value| set(&place(3), value.to_owned())),
        "a gap among what waits"
    );
    assert!(
        !loads(&world, &place(1), |value| set(
            &place(1),
            part(value, 2, "\"ko1\"")
        )),
        "what waits elsewhere"
    );
    // A zero where numbers begin at one, a number given before its time, a vat that is not there or twice.
    for at in 1..12 {
        assert!(
            !loads(&world, k, |value| set(k, part(value, at, "0"))),
            "{at}"
        );
    }
    for at in [1, 2, 3, 4, 7, 11] {
        assert!(
            !loads(&world, k, |value| set(k, part(value, at, "1"))),
            "{at}"
        );
    }
    for reap in ["[\"v9\"]", "[\"v1\",\"v1\"]"] {
        assert!(!loads(&world, k, |value| set(k, part(value, 12, reap))));
    }
    assert!(loads(&world, k, |value| set(
        k,
        part(value, 12, "[\"v1\"]")
    )));
    assert!(!loads(&world, &key, |value| set(
        &key,
        part(value, 0, "99")
    )));
    let (g, f) = ("g/0000000000000001", "f/0000000000000002");
    for vats in [
        "[]",
        "[[\"alice\",\"v1\"]]",
        "[[\"alice\",\"v1\"],[\"bob\",\"v3\"]]",
    ] {
        assert!(
            !loads(&world, g, |value| set(g, part(value, 2, vats))),
            "{vats}"
        );
    }
    assert!(!loads(&world, g, |_| None), "vats of no subcluster");
    assert!(!loads(&world, f, |_| None), "a vat of nothing");
    assert!(!loads(&world, f, |value| set(f, part(value, 1, "\"rob\""))));
    let lone = "f/0000000000000009";
    assert!(!loads(&world, f, |value| set(lone, value.to_owned())));
}

#[test]
fn k38_ocap_urls_come_to_an_end() {
    let mut world = World::of(&["alice"]);
    let root = world.root(ALICE);
    let row = format!("o/{:016}", root.number);
    let many = URLS_MAX as u64;
    for number in 0..many {
        world
            .rows
            .insert(format!("u/{number:064x}"), root.to_string());
    }
    let object = world.object(root).expect("the root");
    let (reachable, recognizable) = (object.reachable + many, object.recognizable + many);
    let external = object.external;
    world.rows.insert(
        row,
        format!("[\"v1\",{reachable},{recognizable},0,0,{external}]"),
    );
    world.machine = KernelMachine::load(world.core_rows(), &[]).expect("rows load");
    let mut issue = |token: String| {
        let command = Command::IssueUrl { kref: root, token };
        world.machine.handle_command(CommandId(70), None, command)
    };
    assert_eq!(issue("ab".repeat(32)), Err(Error::LimitExceeded));
    assert_eq!(issue(format!("{:064x}", 7)), Ok(()), "no further one");
}
