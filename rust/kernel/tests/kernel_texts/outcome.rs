//! What vats answer: every syscall, every change, every limit of an outcome.

use super::*;

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
