//! Limits that a run of many deliveries crosses, each by one; those of texts are crossed in `kernel_texts`, of one outcome in
//! `kernel_lifecycle`, of rows and keys in `kernel_rows.rs` and `kernel_keys.rs`.

mod support;

use kernel::Error;
use kernel::input::{Command, CommandId, Syscall};
use kernel::limit::*;
use kernel::output::{Answer, Delivery, Output};
use kernel::refs::{Kref, VatId, Vref};
use support::{World, ask, data, launch, settle, tell, vref};

const ALICE: VatId = VatId(1);
const BOB: VatId = VatId(2);

fn give(world: &mut World, command: Command) -> Result<(), Error> {
    world
        .machine
        .handle_command(CommandId(999_999), None, command)
}

fn hello(world: &World) -> Command {
    Command::Send {
        target: world.root(ALICE),
        methargs: data("#[\"hello\",[]]"),
    }
}

/// A kernel of one vat whose run queue is full but for `room` places.
fn full_queue(room: usize) -> (World, usize) {
    let mut world = World::of(&["alice"]);
    let mut items = 0;
    world.send(world.root(ALICE), "fill");
    while items < RUN_QUEUE_MAX - room {
        world.next().expect("a message");
        // The message under way has left the queue.
        items = items.saturating_sub(1);
        let some = (RUN_QUEUE_MAX - room - items).min(SYSCALLS_MAX);
        items += some;
        world.reply(vec![tell(vref("o+0"), "m", &[]); some]);
    }
    (world, items)
}

#[test]
fn k49_a_full_run_queue_refuses_callers_and_ends_the_vat_that_overfills_it() {
    let (mut world, _) = full_queue(1);
    let send = hello(&world);
    assert_eq!(give(&mut world, send.clone()), Ok(()));
    world.machine.allow(0);
    assert_eq!(world.machine.poll_output(), None);
    for refused in [
        send,
        launch(&["bob"], &[]),
        Command::RestartVat { vat: ALICE },
    ] {
        assert_eq!(give(&mut world, refused), Err(Error::QueueFull));
    }
    world.next().expect("a message");
    world.reply(vec![tell(vref("o+0"), "m", &[])]);
    assert!(world.lives(ALICE), "at the limit is within it");
    world.next().expect("a message");
    world.reply(vec![tell(vref("o+0"), "m", &[]); 2]);
    world.rest();
    assert!(!world.lives(ALICE));
}

#[test]
fn k49_notifies_that_a_vat_asks_for_fill_the_run_queue_as_messages_do() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let names: Vec<Vref> = (1..=12)
        .map(|number| vref(&format!("p+{number}")))
        .collect();
    world.act(ALICE, vec![tell(bob, "take", &names)]);
    let named = world.expect(BOB, "take").message().1.slots.clone();
    world.answer(Vec::new());
    for name in names {
        world.act(ALICE, vec![settle(name, false, data("#1"))]);
    }
    // Each of them but the last is told, and told of, once; meanwhile the last one is asked for again and again.
    let last = named[11];
    let asked = named.into_iter().map(Syscall::Subscribe).collect();
    world.act(BOB, asked);
    for _ in 0..11 {
        if world.next().is_none() {
            break;
        }
        world.reply(vec![Syscall::Subscribe(last); SYSCALLS_MAX]);
    }
    world.machine.allow(0);
    while world.machine.poll_output().is_some() {}
    world.commit();
    let queued = world.rows.keys().filter(|key| key.starts_with("q/"));
    assert!(queued.count() <= RUN_QUEUE_MAX);
    assert!(!world.lives(BOB) && world.lives(ALICE));
}

#[test]
fn k49_a_promise_takes_so_many_waiting_messages() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    world.act(ALICE, vec![tell(bob, "take", &[vref("p+1")])]);
    let promise = world.expect(BOB, "take").message().1.slots[0];
    world.answer(Vec::new());
    world.act(BOB, vec![tell(promise, "m", &[]); SYSCALLS_MAX - 1]);
    world.rest();
    world.act(
        BOB,
        vec![tell(promise, "m", &[]); WAITING_MAX + 1 - SYSCALLS_MAX],
    );
    world.rest();
    world.act(
        BOB,
        vec![
            ask(promise, "over", &[], "p+1"),
            Syscall::Subscribe(vref("p+1")),
        ],
    );
    let turn = world.next().expect("a notify");
    assert!(turn.notify()[0].2.body.contains("[KERNEL:LIMIT_EXCEEDED]"));
    world.reply(Vec::new());
    world.rest();
    let waiting = world.rows.keys().filter(|key| key.starts_with("w/"));
    assert_eq!(waiting.count(), WAITING_MAX);
}

#[test]
fn k49_the_acceptance_queue_takes_so_many_and_a_delivery_comes_between() {
    let mut world = World::of(&["alice"]);
    let send = hello(&world);
    for _ in 0..COMMANDS_MAX {
        assert_eq!(give(&mut world, send.clone()), Ok(()));
    }
    assert_eq!(give(&mut world, send), Err(Error::QueueFull));
    world.machine.allow(1);
    let first = world.machine.poll_output();
    assert!(matches!(first, Some(Output::Deliver { .. })));
    world.commit();
    let queued = world.rows.keys().filter(|key| key.starts_with("q/"));
    // The one under way is in the rows until its outcome.
    assert_eq!(queued.count(), COMMANDS_PER_DELIVERY);
}

#[test]
fn k49_a_c_list_that_is_full_refuses_messages_and_ends_the_vat_that_overfills_it() {
    for over in [false, true] {
        let mut world = World::of(&["alice", "bob"]);
        let bob = world.peer(ALICE, BOB);
        let mut next = 1;
        let mut names = |count: usize| -> Vec<Vref> {
            next += count;
            (next - count..next)
                .map(|number| vref(&format!("o+{number}")))
                .collect()
        };
        // Two entries stay free: she has her root, bob's, and what she makes.
        let mut left = CLIST_MAX - 4;
        while left > 0 {
            let some = left.min(SLOTS_MAX);
            left -= some;
            world.act(ALICE, vec![tell(bob, "take", &names(some))]);
            world.expect(BOB, "take");
            world.answer(Vec::new());
        }
        if over {
            // One is the result's, and she makes two.
            world.act(ALICE, vec![tell(bob, "take", &names(2))]);
            world.rest();
            assert!(!world.lives(ALICE) && world.lives(BOB));
            continue;
        }
        let alice = world.peer(BOB, ALICE);
        world.act(BOB, vec![tell(alice, "make", &[])]);
        world.expect(ALICE, "make");
        world.reply(vec![tell(bob, "take", &names(2))]);
        world.expect(BOB, "take");
        world.answer(Vec::new());
        let id = world.send(world.root(ALICE), "full");
        world.rest();
        assert!(world.rejection(id).contains("[KERNEL:LIMIT_EXCEEDED]"));
        assert!(world.lives(ALICE));
    }
}

#[test]
fn k49_a_kernel_has_so_many_vats() {
    let mut world = World::new(&[]);
    let names: Vec<String> = (0..SUBCLUSTER_VATS_MAX)
        .map(|at| format!("v{at}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..VATS_MAX / SUBCLUSTER_VATS_MAX {
        world.command(launch(&names, &[]));
        world.drain();
    }
    assert_eq!(
        give(&mut world, launch(&["one"], &[])),
        Err(Error::LimitExceeded)
    );
    world.command(Command::TerminateVat { vat: BOB });
    world.drain();
    assert_eq!(give(&mut world, launch(&["one"], &[])), Ok(()));
}

#[test]
fn k49_of_too_many_krefs_outside_the_oldest_falls_out() {
    let mut world = World::of(&["alice"]);
    let mut first = None;
    let mut next = 1;
    let mut held = 1;
    while held <= EXTERNAL_MAX + 1 {
        let names: Vec<_> = (next..next + 250)
            .map(|number| vref(&format!("o+{number}")))
            .collect();
        next += 250;
        held += 250;
        let id = world.send(world.root(ALICE), "give");
        let result = world.expect(ALICE, "give").result();
        world.reply(vec![settle(result, false, support::naming(&names))]);
        while world.next().is_some() {
            world.reply(Vec::new());
        }
        let Answer::Value { value } = &world.replies[&id] else {
            panic!("a value");
        };
        first.get_or_insert(value.slots[0]);
    }
    let gone: Kref = first.expect("an answer");
    assert_eq!(world.object(gone), None, "told to its owner and gone");
    let rows = world.rows.iter().filter(|row| row.0.starts_with("o/"));
    let held = rows.filter(|row| !row.1.ends_with(",0]"));
    assert_eq!(held.count(), EXTERNAL_MAX);
}

#[test]
fn k32_garbage_is_told_in_deliveries_of_so_many() {
    let mut world = World::of(&["alice", "bob"]);
    let bob = world.peer(ALICE, BOB);
    let mut names = Vec::new();
    for first in [1, 251, 501] {
        let some: Vec<_> = (first..first + 250)
            .map(|number| vref(&format!("o+{number}")))
            .collect();
        world.act(ALICE, vec![tell(bob, "take", &some)]);
        names.extend(world.expect(BOB, "take").message().1.slots.clone());
        world.answer(Vec::new());
    }
    world.act(BOB, vec![Syscall::DropImports(names)]);
    let mut told = Vec::new();
    while let Some(turn) = world.next() {
        let Delivery::DropExports(vrefs) = turn.delivery else {
            panic!("dropExports, not {:?}", turn.delivery);
        };
        told.push(vrefs.len());
        world.reply(Vec::new());
    }
    assert_eq!(told, [GC_REFS_MAX, 750 - GC_REFS_MAX]);
}

#[test]
fn k49_so_many_calls_of_services_are_under_way() {
    let mut world = World::new(&["clock"]);
    world.command(launch(&["alice"], &["clock"]));
    world.next().expect("a start");
    world.reply(Vec::new());
    let clock = *world
        .expect(ALICE, "bootstrap")
        .message()
        .1
        .slots
        .last()
        .expect("clock");
    world.answer(Vec::new());
    world.rest();
    world.act(ALICE, vec![tell(clock, "now", &[]); CALLS_MAX - 1]);
    world.act(ALICE, vec![tell(clock, "now", &[])]);
    world.rest();
    let id = world.send(world.kref(ALICE, &clock.to_string()), "now");
    world.rest();
    assert!(world.rejection(id).contains("[KERNEL:LIMIT_EXCEEDED]"));
    let calls = |world: &World| {
        world
            .rows
            .keys()
            .filter(|key| key.starts_with("e/"))
            .count()
    };
    assert_eq!(calls(&world), CALLS_MAX);
    let result = |call| Command::ServiceResult {
        call,
        rejected: false,
        value: data("#1"),
    };
    world.command(result(1));
    world.rest();
    assert_eq!(give(&mut world, result(1)), Err(Error::UnknownCall));
    assert_eq!(calls(&world), CALLS_MAX - 1);
    let said = world.said.len();
    world.reload();
    world.rest();
    assert_eq!(
        world.said.len() - said,
        CALLS_MAX - 1,
        "called again after a load"
    );
}

#[test]
fn k49_the_trace_keeps_so_many_steps_and_none_when_nobody_watches() {
    let mut world = World::of(&["alice"]);
    world.machine.watch(true);
    let kref = world.root(ALICE);
    for _ in 0..TRACE_STEPS_MAX + 10 {
        world.command(Command::Pin { kref });
        world.rest();
    }
    let steps = |world: &World| {
        let steps: Vec<serde_json::Value> =
            serde_json::from_str(&world.machine.trace(0)).expect("steps");
        steps.len()
    };
    assert_eq!(steps(&world), TRACE_STEPS_MAX);
    world.send(kref, "hello");
    world.expect(ALICE, "hello");
    world.machine.watch(false);
    world.answer(Vec::new());
    world.rest();
    assert_eq!(steps(&world), 0);
}
