//! K46, K47: how vats begin, and launches that come to nothing.

use super::*;

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
    let many: Vec<String> = (0..=limit::SUBCLUSTER_VATS_MAX)
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
