//! K44, K45, K48: how vats begin again: restarts, loads, upgrades.

use super::*;

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
