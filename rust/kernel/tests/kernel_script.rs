//! K50: one script of inputs, its outputs, rows and activity hash as a vector (`tests/vectors/kernel-script.json`), which the package's
//! tests run in WebAssembly too. `KERNEL_SCRIPT=write` writes what comes out.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use kernel::KernelMachine;
use kernel::input::{Command, CommandId, Outcome};
use kernel::output::{CrankId, Output};
use kernel::text::to_hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The outcome of a vat that does nothing.
const NOTHING: &str =
    r#"{"hash":"0000000000000000","syscalls":[],"sets":[],"deletes":[],"stored":0}"#;

/// What is given to the machine, one after the other.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Step {
    /// A command; its number is its place among all steps.
    Command(Value),
    /// The same with an idempotency key: `[hash, command]`.
    Keyed(String, Value),
    /// The outcome of the next delivery.
    Outcome(Value),
    /// The empty outcome for every delivery, until nothing is left to do.
    Rest,
}

/// What must come out of it.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Every output: `[kind, vat or number, text]`; of a refused command `["refused", number, number of the fault]`.
    outputs: Vec<Value>,
    /// The activity hash.
    hash: String,
    /// SHA-256 of all rows, `key NUL value NUL` in the order of keys.
    rows: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    services: Vec<String>,
    steps: Vec<Step>,
    expected: Expected,
}

struct Run {
    machine: KernelMachine,
    rows: BTreeMap<String, String>,
    outputs: Vec<Value>,
}

impl Run {
    fn command(&mut self, number: usize, key: Option<&str>, command: &Value) {
        let command = Command::decode(&command.to_string()).expect("a command");
        let id = CommandId(number as u64);
        if let Err(error) = self.machine.handle_command(id, key, command) {
            self.outputs
                .push(("refused", number, error as u8).into_value());
        }
    }

    /// Goes on to the next delivery, or until nothing is left to do.
    fn next(&mut self) -> Option<CrankId> {
        loop {
            let Some(output) = self.machine.poll_output() else {
                if self.commit() {
                    continue;
                }
                return None;
            };
            let (told, crank) = match output {
                Output::Start {
                    vat,
                    incarnation,
                    bundle,
                } => (
                    ("start", vat, format!("{incarnation} {bundle}")).into_value(),
                    None,
                ),
                Output::Deliver {
                    crank,
                    vat,
                    seq,
                    delivery,
                } => {
                    let text = format!("{} {seq} {}", crank.0, delivery.encode());
                    (("deliver", vat, text).into_value(), Some(crank))
                }
                Output::Stop { vat } => (("stop", vat, "").into_value(), None),
                Output::Call {
                    call,
                    service,
                    methargs,
                } => (
                    ("call", call, format!("{service} {}", methargs.encode())).into_value(),
                    None,
                ),
                Output::Reply { command, answer } => {
                    (("reply", command.0, answer.encode()).into_value(), None)
                }
            };
            self.outputs.push(told);
            if crank.is_some() {
                return crank;
            }
        }
    }

    fn commit(&mut self) -> bool {
        let Some(batch) = self.machine.close_batch() else {
            return false;
        };
        let wiped = |key: &String| batch.wipes.iter().any(|prefix| key.starts_with(prefix));
        self.rows
            .retain(|key, _| !wiped(key) && !batch.deletes.contains(key));
        self.rows.extend(batch.sets);
        self.machine
            .handle_committed(batch.id)
            .expect("the oldest batch");
        true
    }

    /// Every delivery that is left gets the empty outcome.
    fn rest(&mut self) {
        while let Some(crank) = self.next() {
            let taken = self.machine.handle_outcome(crank, Outcome::read(NOTHING));
            taken.expect("a taken outcome");
        }
    }

    fn outcome(&mut self, outcome: &Value) {
        let crank = self.next().expect("a delivery for this outcome");
        let taken = self
            .machine
            .handle_outcome(crank, Outcome::read(&outcome.to_string()));
        taken.expect("a taken outcome");
        assert_eq!(self.machine.audit(), Vec::<String>::new());
    }
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl<T: Serialize> IntoValue for T {
    fn into_value(self) -> Value {
        serde_json::to_value(self).expect("JSON")
    }
}

fn run(vector: &Vector) -> Expected {
    let mut run = Run {
        machine: KernelMachine::load([], &vector.services).expect("a new kernel"),
        rows: BTreeMap::new(),
        outputs: Vec::new(),
    };
    for (number, step) in vector.steps.iter().enumerate() {
        match step {
            Step::Command(command) => run.command(number, None, command),
            Step::Keyed(key, command) => run.command(number, Some(key), command),
            Step::Outcome(outcome) => run.outcome(outcome),
            Step::Rest => run.rest(),
        }
    }
    run.rest();
    let mut sum = Sha256::new();
    for (key, value) in &run.rows {
        sum.update(format!("{key}\0{value}\0"));
    }
    let counters: Value = serde_json::from_str(&run.rows["k"]).expect("row k");
    Expected {
        outputs: run.outputs,
        hash: counters[13].as_str().expect("a hash").to_owned(),
        rows: to_hex(&sum.finalize()),
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/kernel-script.json")
}

fn vector() -> Vector {
    let text = fs::read_to_string(path()).expect("the vector");
    serde_json::from_str(&text).expect("a script")
}

#[test]
fn k50_the_script_gives_the_outputs_the_rows_and_the_hash_of_the_vector() {
    let mut vector = vector();
    let seen = run(&vector);
    if std::env::var("KERNEL_SCRIPT").is_ok_and(|wish| wish == "write") {
        vector.expected = seen;
        let text = serde_json::to_string_pretty(&vector).expect("JSON");
        return fs::write(path(), text + "\n").expect("a written vector");
    }
    assert_eq!(seen, vector.expected);
}
