//! Commands under an idempotency key: done once, whoever repeats them, whatever crashes; from the contract alone.

mod support;

use kernel::Error;
use kernel::input::{Command, CommandId};
use kernel::limit::KEYS_MAX;
use kernel::output::Answer;
use kernel::refs::VatId;
use support::{World, data, launch};

const ALICE: VatId = VatId(1);

fn key(number: usize) -> String {
    format!("{number:064x}")
}

fn give(world: &mut World, id: u64, key: &str, command: Command) -> Result<(), Error> {
    world
        .machine
        .handle_command(CommandId(id), Some(key), command)
}

fn hello(world: &World) -> Command {
    Command::Send {
        target: world.root(ALICE),
        methargs: data("#[\"hello\",[]]"),
    }
}

#[test]
fn k45_a_command_under_a_key_is_done_once() {
    let mut world = World::of(&["alice"]);
    let (send, other) = (hello(&world), Command::TerminateAll);
    assert_eq!(give(&mut world, 91, &key(1), send.clone()), Ok(()));
    assert_eq!(
        give(&mut world, 92, &key(1), send.clone()),
        Ok(()),
        "queued"
    );
    assert_eq!(
        give(&mut world, 93, &key(1), other.clone()),
        Err(Error::KeyMismatch)
    );
    world.expect(ALICE, "hello");
    assert_eq!(
        give(&mut world, 94, &key(1), send.clone()),
        Ok(()),
        "under way"
    );
    world.answer(Vec::new());
    world.rest();
    for id in [91, 92, 94] {
        assert!(matches!(world.replies[&id], Answer::Value { .. }), "{id}");
    }
    for _ in 0..2 {
        assert_eq!(
            give(&mut world, 95, &key(1), send.clone()),
            Err(Error::KeyAnswered)
        );
        assert_eq!(
            give(&mut world, 95, &key(1), other.clone()),
            Err(Error::KeyMismatch)
        );
        world.reload();
    }
    assert_eq!(give(&mut world, 96, "AB", send), Err(Error::BadCommand));
}

#[test]
fn k45_a_key_whose_command_outlives_a_crash_is_answered_and_one_that_does_not_is_free() {
    let mut world = World::of(&["alice"]);
    let send = hello(&world);
    assert_eq!(give(&mut world, 91, &key(1), send.clone()), Ok(()));
    assert_eq!(
        give(&mut world, 92, &key(2), Command::CollectGarbage),
        Ok(())
    );
    world.machine.allow(0);
    assert_eq!(world.machine.poll_output(), None);
    world.commit();
    world.reload();
    assert_eq!(
        give(&mut world, 93, &key(1), send.clone()),
        Ok(()),
        "waits with it"
    );
    assert_eq!(
        give(&mut world, 94, &key(2), Command::CollectGarbage),
        Ok(()),
        "anew"
    );
    world.drain();
    assert!(matches!(world.replies[&93], Answer::Value { .. }));
    assert_eq!(world.replies[&94], Answer::Done);
    let hellos = world
        .told
        .iter()
        .filter(|turn| format!("{turn:?}").contains("hello"));
    assert_eq!(hellos.count(), 1);
}

#[test]
fn k45_a_clear_under_a_key_is_not_done_again() {
    let mut world = World::of(&["alice"]);
    assert_eq!(give(&mut world, 91, &key(1), Command::Clear), Ok(()));
    assert_eq!(give(&mut world, 92, &key(1), Command::Clear), Ok(()));
    world.drain();
    assert_eq!(
        (&world.replies[&91], &world.replies[&92]),
        (&Answer::Done, &Answer::Done)
    );
    let left: Vec<_> = world.rows.keys().map(String::as_str).collect();
    assert_eq!(left, ["k", &format!("x/{}", key(1))]);
    world.command(launch(&["alice"], &[]));
    world.drain();
    for _ in 0..2 {
        assert_eq!(
            give(&mut world, 93, &key(1), Command::Clear),
            Err(Error::KeyAnswered)
        );
        world.reload();
    }
    // A later one takes the first one's key along.
    assert_eq!(give(&mut world, 94, &key(2), Command::Clear), Ok(()));
    world.drain();
    assert!(world.rows.contains_key(&format!("x/{}", key(2))));
    assert_eq!(world.rows.len(), 2);
    world.reload();
}

#[test]
fn k45_of_too_many_keys_the_oldest_answered_one_goes() {
    let mut world = World::of(&["alice"]);
    let send = hello(&world);
    assert_eq!(give(&mut world, 1_000_000, &key(0), send.clone()), Ok(()));
    world.expect(ALICE, "hello");
    world.reply(Vec::new());
    let kref = world.root(ALICE);
    for number in 1..=KEYS_MAX {
        let pin = Command::Pin { kref };
        assert_eq!(
            give(&mut world, 1_000_000 + number as u64, &key(number), pin),
            Ok(())
        );
        if number % 500 == 0 {
            world.drain();
        }
    }
    world.drain();
    let keys = world.rows.keys().filter(|key| key.starts_with("x/"));
    assert_eq!(keys.count(), KEYS_MAX);
    let row = |number| format!("x/{}", key(number));
    assert!(world.rows.contains_key(&row(0)), "not answered yet");
    assert!(!world.rows.contains_key(&row(1)));
    assert!(world.rows.contains_key(&row(2)));
}
