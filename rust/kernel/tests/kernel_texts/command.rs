//! What the outside says and is told: commands at the door, deliveries, answers.

use super::*;

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
