//! Texts and rows at their borders: what is refused, every limit crossed, and that what is written is read back the same.

use kernel::Error::{BadCommand, BadConfig, BadOutcome, BadRef, BadRow, LimitExceeded};
use kernel::capdata::{CapData, method};
use kernel::entry::{Action, Item, Object, Owner, Promise, State};
use kernel::input::{Change, Command, Outcome, Syscall};
use kernel::limits::{
    BODY_BYTES_MAX, CONFIG_BYTES_MAX, METHOD_BYTES_MAX, NAME_BYTES_MAX, OUTCOME_BYTES_MAX,
    ROW_BYTES_MAX, SLOTS_MAX, SUBCLUSTER_VATS_MAX, SYSCALLS_MAX, VATSTORE_KEY_BYTES_MAX,
    VATSTORE_VALUE_BYTES_MAX,
};
use kernel::output::{Answer, Delivery};
use kernel::refs::{Kref, NUMBER_MAX, SubclusterId, VatId, Vref};
use kernel::snapshot::{Entry, Key, Row};
use kernel::{Error, Reason};
use proptest::prelude::*;
use serde_json::{Value, json};

fn kref(text: &str) -> Kref {
    text.parse().expect("a kref")
}

/// An outcome with these members beside the usual ones.
fn outcome(change: impl FnOnce(&mut Value)) -> Result<Outcome, Error> {
    let mut members = json!({
        "hash": "00112233445566ff", "syscalls": [], "sets": [], "deletes": [], "stored": 0
    });
    change(&mut members);
    Outcome::decode(&members.to_string())
}

fn syscalls(list: Value) -> Result<Outcome, Error> {
    outcome(|members| members["syscalls"] = list)
}

#[test]
fn names_are_read_as_they_are_written_and_in_no_other_way() {
    for text in ["ko1", "kp0", "ko9007199254740991"] {
        assert_eq!(kref(text).to_string(), text);
    }
    let wrong = [
        "",
        "k",
        "ko",
        "ko01",
        "ko-1",
        "ko+1",
        "o1",
        "kx1",
        "ko1 ",
        "ko9007199254740992",
        "ko１",
        "KO1",
    ];
    for text in wrong {
        assert_eq!(text.parse::<Kref>(), Err(BadRef), "{text:?}");
    }
    for text in ["o+0", "o-3", "p+1", "p-9007199254740991"] {
        assert_eq!(text.parse::<Vref>().expect("a vref").to_string(), text);
    }
    for text in [
        "o0", "o+", "o+00", "o--1", "q+1", "o+1/", "ko1", "", "o", "é+1",
    ] {
        assert_eq!(text.parse::<Vref>(), Err(BadRef), "{text:?}");
    }
    assert_eq!("v1".parse(), Ok(VatId(1)));
    assert_eq!("s01".parse::<SubclusterId>(), Err(BadRef));
}

#[test]
fn every_syscall_is_read() {
    let list = json!([
        ["send", "o-1", {"methargs": {"body": "#[\"a\",[]]", "slots": ["o+1"]}, "result": "p+1"}],
        ["send", "p+1", {"methargs": {"slots": [], "body": "#[]"}, "result": null}],
        ["subscribe", "p+1"],
        ["resolve", [["p-1", true, {"body": "#1", "slots": []}]]],
        ["exit", false, {"body": "#2", "slots": []}],
        ["dropImports", ["o-1", "o-2"]],
        ["retireImports", []],
        ["retireExports", ["o+3"]],
        ["abandonExports", ["o+4"]]
    ]);
    let Ok(Outcome::Done { syscalls, .. }) = syscalls(list) else {
        panic!("an outcome");
    };
    let vrefs = |names: &[&str]| -> Vec<Vref> {
        names
            .iter()
            .map(|name| name.parse().expect("a vref"))
            .collect()
    };
    assert_eq!(syscalls.len(), 9);
    let Syscall::Send {
        target,
        methargs,
        result,
    } = &syscalls[0]
    else {
        panic!("a send");
    };
    assert_eq!(
        [
            vec![*target],
            methargs.slots.clone(),
            vec![result.expect("p+1")]
        ]
        .concat(),
        vrefs(&["o-1", "o+1", "p+1"])
    );
    assert_eq!(syscalls[5], Syscall::DropImports(vrefs(&["o-1", "o-2"])));
    assert_eq!(syscalls[8], Syscall::AbandonExports(vrefs(&["o+4"])));
}

#[test]
fn changes_of_the_store_are_read_with_what_they_began_from() {
    let seen = outcome(|members| {
        members["sets"] = json!([["a", "1"], ["b", "2", null], ["c", "3", "0"]]);
        members["deletes"] = json!([["d"], ["e", null], ["f", "6"]]);
        members["restart"] = json!(true);
    });
    let Ok(Outcome::Done {
        changes,
        restart: true,
        ..
    }) = seen
    else {
        panic!("an outcome");
    };
    let one = |key: &str, value: Option<&str>, base: Option<Option<&str>>| Change {
        key: key.to_owned(),
        value: value.map(str::to_owned),
        base: base.map(|base| base.map(str::to_owned)),
    };
    assert_eq!(
        changes,
        [
            one("a", Some("1"), None),
            one("b", Some("2"), Some(None)),
            one("c", Some("3"), Some(Some("0"))),
            one("d", None, None),
            one("e", None, Some(None)),
            one("f", None, Some(Some("6"))),
        ]
    );
}

#[test]
fn faults_and_losses_are_read() {
    let why = || String::from("why");
    assert_eq!(
        Outcome::decode("{\"fault\":\"why\"}"),
        Ok(Outcome::VatFault { why: why() })
    );
    for (text, restart) in [
        ("{\"lost\":\"why\"}", false),
        ("{\"lost\":\"why\",\"restart\":true}", true),
    ] {
        assert_eq!(
            Outcome::decode(text),
            Ok(Outcome::HeapLost {
                why: why(),
                restart
            })
        );
    }
}

#[test]
fn what_is_no_outcome_is_refused_and_a_fault_of_its_vat() {
    let texts = [
        "",
        "{}",
        "null",
        "[]",
        "{",
        "{\"fault\":1}",
        "{\"fault\":\"a\",\"lost\":\"b\"}",
        "{\"fault\":\"a\",\"restart\":true}",
        "{\"fault\":\"a\",\"fault\":\"b\"}",
        "{\"fault\":\"\\ud800\"}",
        "{\"fault\":\"a\"} {}",
        "{\"fault\":\"a\",\"more\":1}",
        "[\"00112233445566ff\",[],[],[],0]",
    ];
    for text in texts {
        assert_eq!(Outcome::decode(text), Err(BadOutcome), "{text}");
        let why = String::from("BadOutcome");
        assert_eq!(Outcome::read(text), Outcome::VatFault { why });
    }
    let members: [(&str, Value); 10] = [
        ("hash", json!("00112233445566FF")),
        ("hash", json!("00112233445566")),
        ("stored", json!(-1)),
        ("stored", json!(9_007_199_254_740_992_u64)),
        ("sets", json!([["a"]])),
        ("sets", json!([["a", "b", null, null]])),
        ("deletes", json!([[]])),
        ("deletes", json!([["a", null, null]])),
        ("more", json!(1)),
        ("lost", json!("too")),
    ];
    for (name, value) in members {
        let seen = outcome(|members| members[name] = value.clone());
        assert_eq!(seen, Err(BadOutcome), "{name}: {value}");
    }
    for name in ["hash", "syscalls", "sets", "deletes", "stored"] {
        let seen = outcome(|members| {
            members.as_object_mut().expect("members").remove(name);
        });
        assert_eq!(seen, Err(BadOutcome), "without {name}");
    }
}

#[test]
fn malformed_syscalls_are_refused() {
    let data = json!({"body": "#1", "slots": []});
    let lists = [
        json!(["subscribe"]),
        json!(["subscribe", "p+1", "p+2"]),
        json!(["subscribe", "kp1"]),
        json!(["explode"]),
        json!([0, "p+1"]),
        json!(["send", "o-1", {"methargs": data}]),
        json!(["send", "o-1", {"methargs": data, "result": null, "more": 1}]),
        json!(["send", "o-1", {"methargs": {"body": "#1"}, "result": null}]),
        json!(["send", "o-1", {"methargs": {"body": "#1", "slots": ["ko1"]}, "result": null}]),
        json!(["send", "o-1", {"methargs": {"body": "#1", "slots": [], "more": 1}, "result": null}]),
        json!(["send", "o-1", {"methargs": ["#1", []], "result": null}]),
        json!(["send", "o-1", [data, null]]),
        json!(["resolve", [["p-1", 0, data]]]),
        json!(["resolve", [["p-1", true]]]),
        json!(["exit", data]),
        json!(["dropImports", "o-1"]),
        json!({"subscribe": "p+1"}),
    ];
    for list in lists {
        assert_eq!(syscalls(json!([list])), Err(BadOutcome), "{list}");
    }
}

#[test]
fn limits_of_an_outcome() {
    let full = |count: usize| syscalls(json!(vec![json!(["subscribe", "p+1"]); count]));
    assert!(full(SYSCALLS_MAX).is_ok());
    assert_eq!(full(SYSCALLS_MAX + 1), Err(LimitExceeded));

    let send = |body: String, slots: usize| {
        let methargs = json!({"body": body, "slots": vec!["o+1"; slots]});
        syscalls(json!([["send", "o-1", {"methargs": methargs, "result": null}]]))
    };
    assert!(send("x".repeat(BODY_BYTES_MAX), SLOTS_MAX).is_ok());
    assert_eq!(send("x".repeat(BODY_BYTES_MAX + 1), 0), Err(LimitExceeded));
    assert_eq!(send(String::new(), SLOTS_MAX + 1), Err(LimitExceeded));
    let named = |bytes: usize| send(format!("#[\"{}\",[]]", "m".repeat(bytes)), 0);
    assert!(named(METHOD_BYTES_MAX).is_ok());
    assert_eq!(named(METHOD_BYTES_MAX + 1), Err(LimitExceeded));
    let large = json!({"body": "x".repeat(BODY_BYTES_MAX + 1), "slots": []});
    assert_eq!(
        syscalls(json!([["resolve", [["p-1", true, large]]]])),
        Err(LimitExceeded)
    );
    assert_eq!(syscalls(json!([["exit", true, large]])), Err(LimitExceeded));

    let set = |key: usize, value: usize, base: usize| {
        let set = json!(["k".repeat(key), "v".repeat(value), "b".repeat(base)]);
        outcome(|members| members["sets"] = json!([set]))
    };
    let (key, value) = (VATSTORE_KEY_BYTES_MAX, VATSTORE_VALUE_BYTES_MAX);
    assert!(set(key, value, value).is_ok());
    assert_eq!(set(key + 1, 0, 0), Err(LimitExceeded));
    assert_eq!(set(0, value + 1, 0), Err(LimitExceeded));
    assert_eq!(set(0, 0, value + 1), Err(LimitExceeded));

    let long = |bytes: usize| {
        let text = format!("{{\"fault\":\"{}\"}}", "x".repeat(bytes - 12));
        Outcome::decode(&text).map(drop)
    };
    assert_eq!(long(OUTCOME_BYTES_MAX), Ok(()));
    assert_eq!(long(OUTCOME_BYTES_MAX + 1), Err(LimitExceeded));
}

fn spec(name: &str) -> Value {
    json!({
        "name": name, "bundle": "static:x", "parameters": {"body": "#{}", "slots": []}, "config": "{}",
        "heap": "replay", "whenFull": "restart"
    })
}

fn launch(change: impl FnOnce(&mut Value)) -> Result<Command, Error> {
    let mut command = json!({
        "type": "launch", "config": "{}", "bootstrap": "a", "services": ["clock"], "vats": [spec("a"), spec("b")]
    });
    change(&mut command);
    Command::decode(&command.to_string())
}

#[test]
fn commands_are_written_as_they_are_read() {
    let command = launch(|_| {}).expect("a launch");
    assert_eq!(Command::decode(&command.encode()), Ok(command));
    let texts = [
        "{\"type\":\"terminateAll\"}",
        "{\"type\":\"send\",\"target\":\"kp2\",\"methargs\":{\"body\":\"#[]\",\"slots\":[\"ko1\"]}}",
        "{\"type\":\"serviceResult\",\"call\":1,\"rejected\":true,\"value\":{\"body\":\"#1\",\"slots\":[]}}",
        "{\"type\":\"restartVat\",\"vat\":\"v3\"}",
    ];
    for text in texts {
        assert_eq!(Command::decode(text).expect("a command").encode(), text);
    }
    for text in [
        "",
        "{}",
        "{\"type\":\"x\"}",
        "{\"type\":\"clear\",\"more\":1}",
        "{\"type\":\"revoke\",\"kref\":\"o+1\"}",
        "[\"clear\"]",
        "{\"type\":\"clear\",\"type\":\"clear\"}",
    ] {
        assert_eq!(Command::decode(text), Err(BadCommand), "{text}");
    }
}

#[test]
fn what_no_kernel_could_do_is_refused_at_the_door() {
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    let many: Vec<_> = (0..=SUBCLUSTER_VATS_MAX)
        .map(|at| spec(&format!("v{at}")))
        .collect();
    let refused = [
        ("bootstrap", json!("c"), BadConfig),
        ("services", json!(["clock", "clock"]), BadConfig),
        ("services", json!(["no name"]), BadConfig),
        ("vats", json!([spec("a"), spec("a")]), BadConfig),
        ("vats", json!([spec("a"), spec("9")]), BadConfig),
        ("vats", json!([spec("a"), spec("é")]), BadConfig),
        ("vats", json!([]), BadConfig),
        ("vats", json!(many), LimitExceeded),
        (
            "config",
            json!("x".repeat(CONFIG_BYTES_MAX + 1)),
            LimitExceeded,
        ),
    ];
    for (name, value, error) in refused {
        assert_eq!(
            launch(|command| command[name] = value.clone()),
            Err(error),
            "{name}"
        );
    }
    let of_a_vat = [
        ("bundle", json!(long), LimitExceeded),
        (
            "config",
            json!("x".repeat(CONFIG_BYTES_MAX + 1)),
            LimitExceeded,
        ),
        (
            "parameters",
            json!({"body": "#{}", "slots": ["ko1"]}),
            BadConfig,
        ),
        (
            "parameters",
            json!({"body": "x".repeat(BODY_BYTES_MAX + 1), "slots": []}),
            LimitExceeded,
        ),
    ];
    for (name, value, error) in of_a_vat {
        assert_eq!(
            launch(|command| command["vats"][0][name] = value.clone()),
            Err(error),
            "{name}"
        );
    }
    let token = |token: String| Command::RedeemUrl { token }.check();
    assert_eq!(token("ab".repeat(32)), Ok(()));
    assert_eq!(token("AB".repeat(32)), Err(BadCommand));
    let value = CapData {
        body: String::new(),
        slots: Vec::new(),
    };
    let call = NUMBER_MAX + 1;
    assert_eq!(
        Command::ServiceResult {
            call,
            rejected: false,
            value
        }
        .check(),
        Err(BadCommand)
    );
}

#[test]
fn deliveries_and_answers_as_documented() {
    let data = || CapData {
        body: String::from("#\"\u{1f600}\""),
        slots: vec!["o-1".parse().expect("a vref")],
    };
    let vrefs = || {
        vec![
            "o+1".parse().expect("a vref"),
            "o-2".parse().expect("a vref"),
        ]
    };
    let texts = [
        (
            Delivery::StartVat(data(), vrefs()),
            "[\"startVat\",{\"body\":\"#\\\"\u{1f600}\\\"\",\"slots\":[\"o-1\"]},[\"o+1\",\"o-2\"]]",
        ),
        (
            Delivery::Message {
                target: Vref::ROOT,
                methargs: data(),
                result: None,
            },
            "[\"message\",\"o+0\",{\"methargs\":{\"body\":\"#\\\"\u{1f600}\\\"\",\"slots\":[\"o-1\"]},\"result\":null}]",
        ),
        (
            Delivery::Notify(vec![("p-1".parse().expect("a vref"), true, data())]),
            "[\"notify\",[[\"p-1\",true,{\"body\":\"#\\\"\u{1f600}\\\"\",\"slots\":[\"o-1\"]}]]]",
        ),
        (
            Delivery::DropExports(vrefs()),
            "[\"dropExports\",[\"o+1\",\"o-2\"]]",
        ),
        (
            Delivery::RetireExports(Vec::new()),
            "[\"retireExports\",[]]",
        ),
        (
            Delivery::RetireImports(vrefs()),
            "[\"retireImports\",[\"o+1\",\"o-2\"]]",
        ),
        (Delivery::BringOutYourDead, "[\"bringOutYourDead\"]"),
    ];
    for (delivery, text) in texts {
        assert_eq!(delivery.encode(), text);
    }
    let answer = Answer::failed(Error::UnknownUrl);
    assert_eq!(
        answer.encode(),
        "{\"type\":\"failed\",\"code\":10,\"value\":null}"
    );
    assert_eq!(Answer::Done.encode(), "{\"type\":\"done\"}");
    let reason: CapData<Kref> = Reason::ObjectRevoked.value(kref("ko12"));
    assert_eq!(
        reason.body,
        "#{\"#error\":\"[KERNEL:OBJECT_REVOKED] ko12\",\"name\":\"Error\"}"
    );
    let reason: CapData<Kref> = Reason::LimitExceeded.value("a \"b\"\n");
    assert_eq!(
        reason.body,
        "#{\"#error\":\"[KERNEL:LIMIT_EXCEEDED] a \\\"b\\\"\",\"name\":\"Error\"}"
    );
    assert_eq!(method("#[\"a\\\"b\",[]]"), Some("a\\\"b"));
    assert_eq!(method("#[\"open"), None);
    assert_eq!(method("#1"), None);
}

#[test]
fn damaged_rows_are_refused() {
    let o = "o/0000000000000001";
    let rows = [
        ("o/1", "[\"v1\",1,1,0,0,0]"),
        (o, "[\"v1\",1,1,0,0]"),
        (o, "[\"v1\",1,1,0,0,0,0]"),
        (o, "[\"v1\",2,1,0,0,0]"),
        (o, "[\"v1\",1,1,2,0,0]"),
        (o, "[\"v1\",0,1,0,1,0]"),
        (o, "[\"w1\",1,1,0,0,0]"),
        (o, "[\"v1\",9007199254740992,9007199254740992,0,0,0]"),
        (
            "p/0000000000000001",
            "[\"unresolved\",1,0,\"v1\",[\"v1\",\"v1\"]]",
        ),
        ("p/0000000000000001", "[\"settled\",1,0,\"#1\",[]]"),
        ("p/0000000000000001", "[\"fulfilled\",1,0,\"#1\",[\"v1\"]]"),
        ("c/0000000000000001/o0000000000000001", "[\"p+1\",1]"),
        ("c/0000000000000001/o0000000000000001", "[\"o+1\",2]"),
        ("q/0000000000000001", "[\"notify\",\"v1\",\"ko1\"]"),
        (
            "q/0000000000000001",
            "[\"send\",1,\"ko1\",\"#\",[],\"ko2\"]",
        ),
        ("q/0000000000000001", "[\"restart\",\"v1\",\"00\"]"),
        ("x/0000", "[1,\"0011223344556677\",null]"),
        ("a/0000000000000001/dropExports/o0000000000000001", "2"),
        (
            "u/0000000000000000000000000000000000000000000000000000000000000000",
            "\"ko1\"",
        ),
        ("z/1", "1"),
        ("", ""),
    ];
    for (key, value) in rows {
        assert_eq!(Row::decode(key, value), Err(BadRow), "{key} {value}");
    }
    let long = format!("[\"v1\",1,1,0,0,{}0]", " ".repeat(ROW_BYTES_MAX));
    assert_eq!(Row::decode(o, &long), Err(BadRow));
}

fn any_kref() -> impl Strategy<Value = Kref> {
    (any::<bool>(), 0..=NUMBER_MAX).prop_map(|(promise, number)| {
        if promise {
            Kref::promise(number)
        } else {
            Kref::object(number)
        }
    })
}

proptest! {
    #[test]
    fn keys_stand_in_the_order_of_their_texts(
        numbers in prop::collection::vec(0..=NUMBER_MAX, 2), krefs in prop::collection::vec(any_kref(), 2)
    ) {
        let keys = |at: usize| {
            let (n, kref) = (numbers[at], krefs[at]);
            [
                Key::Action(VatId(n), Action::DropExports, kref),
                Key::Action(VatId(n), Action::RetireImports, kref),
                Key::CList(VatId(n), kref),
                Key::Call(n),
                Key::Fixed(VatId(n)),
                Key::Subcluster(SubclusterId(n)),
                Key::Counters,
                Key::Object(n),
                Key::Promise(n),
                Key::Queue(n),
                Key::Url("a1".repeat(32)),
                Key::Vat(VatId(n)),
                Key::Waiting(n, kref.number),
                Key::Keyed("b2".repeat(32)),
            ]
        };
        for one in keys(0) {
            prop_assert_eq!(one.to_string().parse::<Key>(), Ok(one.clone()));
            for other in keys(1) {
                prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
            }
        }
    }

    #[test]
    fn entries_are_read_as_they_were_written(
        body in ".{0,40}", slots in prop::collection::vec(any_kref(), 0..4), number in 0..=NUMBER_MAX, kref in any_kref(), flag: bool
    ) {
        let value = CapData { body, slots };
        let result = kref.is_promise().then_some(kref);
        let item = Item::Send { message: number, target: kref, methargs: value.clone(), result };
        prop_assert_eq!(Item::decode(&item.encode()), Ok(item));
        let state = if flag { State::Fulfilled(value) } else { State::Rejected(value) };
        let promise = Promise { state, count: number, external: 0 };
        prop_assert_eq!(Promise::decode(&promise.encode()), Ok(promise));
        let owner = if flag { Owner::Vat(VatId(number)) } else { Owner::Service(String::from("clock")) };
        let object = Object { owner, reachable: number, recognizable: number, revoked: flag, pins: 0, external: number };
        prop_assert_eq!(Object::decode(&object.encode()), Ok(object));
    }
}
