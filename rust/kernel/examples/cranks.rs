//! How many cranks a second the machine does without a store: outside callers send, one vat passes each message on to another, the
//! answers come back by notify. Outcomes are decoded from text and the activity hash is made, as in a kernel that runs.
//! Prints `{"cranks":…,"ms":…}`; `npm run bench` reads it. Argument: messages, 20,000 if there is none.

use std::io::Write;
use std::time::Instant;

use kernel::KernelMachine;
use kernel::capdata::CapData;
use kernel::input::{Command, CommandId, Heap, Outcome, VatSpec, WhenFull};
use kernel::output::{Answer, Delivery, Output};
use kernel::refs::{Kref, VatId};

const ALICE: VatId = VatId(1);
/// Callers that wait at the same time.
const AT_ONCE: u64 = 32;

fn spec(name: &str) -> VatSpec {
    VatSpec {
        name: name.to_owned(),
        bundle: format!("static:{name}"),
        parameters: CapData {
            body: String::from("#{}"),
            slots: Vec::new(),
        },
        config: String::from("{}"),
        heap: Heap::Replay,
        when_full: WhenFull::Refuse,
    }
}

/// Messages of one machine: below the soft bound of a transcript, after which a vat is restarted.
const MACHINE_MESSAGES: u64 = 2_000;

/// Two vats as text: Alice passes each message on to Bob and answers with what he answered; Bob counts in his store.
#[derive(Default)]
struct Vats {
    promises: u64,
    owed: Vec<(String, String)>,
    count: u64,
}

impl Vats {
    fn outcome(&mut self, vat: VatId, delivery: &Delivery) -> String {
        let (mut syscalls, mut sets) = (String::new(), String::new());
        match delivery {
            Delivery::Message {
                result: Some(result),
                ..
            } if vat == ALICE => {
                self.promises += 1;
                let own = format!("p+{}", self.promises);
                let methargs = r##"{"body":"#[\"increment\",[\"+1\"]]","slots":[]}"##;
                syscalls = format!(
                    r#"["send","o-1",{{"methargs":{methargs},"result":"{own}"}}],["subscribe","{own}"]"#
                );
                self.owed.push((own, result.to_string()));
            }
            Delivery::Message {
                result: Some(result),
                ..
            } => {
                self.count += 1;
                let value = format!(r##"{{"body":"#\"+{}\"","slots":[]}}"##, self.count);
                syscalls = format!(r#"["resolve",[["{result}",false,{value}]]]"#);
                let base = if self.count == 1 { ",null" } else { "" };
                sets = format!(r##"["count","#\"+{}\""{base}]"##, self.count);
            }
            Delivery::Notify(settled) => {
                for (vref, _, value) in settled {
                    let name = vref.to_string();
                    if let Some(at) = self.owed.iter().position(|owed| owed.0 == name) {
                        let (_, result) = self.owed.remove(at);
                        let body = serde_json::Value::from(value.body.as_str());
                        syscalls = format!(
                            r#"["resolve",[["{result}",false,{{"body":{body},"slots":[]}}]]]"#
                        );
                    }
                }
            }
            _ => (),
        }
        format!(
            r#"{{"hash":"0011223344556677","syscalls":[{syscalls}],"sets":[{sets}],"deletes":[],"stored":16}}"#
        )
    }
}

/// Runs until nothing is left; answers the deliveries and the kref of a launch.
fn run(machine: &mut KernelMachine, vats: &mut Vats, replies: &mut u64) -> (u64, Option<Kref>) {
    let (mut deliveries, mut root) = (0, None);
    loop {
        match machine.poll_output() {
            Some(Output::Deliver {
                crank,
                vat,
                delivery,
                ..
            }) => {
                deliveries += 1;
                std::hint::black_box(delivery.encode());
                let text = vats.outcome(vat, &delivery);
                let outcome = Outcome::decode(&text).expect("an outcome");
                machine
                    .handle_outcome(crank, outcome)
                    .expect("the crank under way");
            }
            Some(Output::Reply { answer, .. }) => {
                *replies += 1;
                if let Answer::Launched { root: kref, .. } = answer {
                    root = Some(kref);
                }
            }
            Some(_) => (),
            None => match machine.close_batch() {
                Some(batch) => machine.handle_committed(batch.id).expect("the batch"),
                None => return (deliveries, root),
            },
        }
    }
}

/// Alice gets Bob's root: `bootstrap` is answered by hand.
fn launch(machine: &mut KernelMachine) -> Kref {
    let command = Command::Launch {
        config: String::from("{}"),
        bootstrap: String::from("alice"),
        services: Vec::new(),
        vats: vec![spec("alice"), spec("bob")],
    };
    machine
        .handle_command(CommandId(0), None, command)
        .expect("accepted");
    let mut root = None;
    loop {
        match machine.poll_output() {
            Some(Output::Deliver {
                crank, delivery, ..
            }) => {
                let syscalls = match delivery {
                    Delivery::Message {
                        result: Some(result),
                        ..
                    } => {
                        format!(
                            r##"["resolve",[["{result}",false,{{"body":"#null","slots":[]}}]]]"##
                        )
                    }
                    _ => String::new(),
                };
                let text = format!(
                    r#"{{"hash":"0011223344556677","syscalls":[{syscalls}],"sets":[],"deletes":[],"stored":0}}"#
                );
                machine
                    .handle_outcome(crank, Outcome::decode(&text).expect("an outcome"))
                    .expect("the crank");
            }
            Some(Output::Reply {
                answer: Answer::Launched { root: kref, .. },
                ..
            }) => root = Some(kref),
            Some(_) => (),
            None => match machine.close_batch() {
                Some(batch) => machine.handle_committed(batch.id).expect("the batch"),
                None => return root.expect("a launch"),
            },
        }
    }
}

fn main() -> std::io::Result<()> {
    let messages: u64 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_000);
    let (mut cranks, mut ms) = (0, 0.0);
    for first in (0..messages).step_by(usize::try_from(MACHINE_MESSAGES).unwrap_or(1)) {
        let mut machine = KernelMachine::load([], &[]).expect("a new kernel");
        let root = launch(&mut machine);
        let began = Instant::now();
        cranks += serve(&mut machine, root, MACHINE_MESSAGES.min(messages - first));
        ms += began.elapsed().as_secs_f64() * 1e3;
        assert_eq!(machine.audit(), Vec::<String>::new());
    }
    writeln!(std::io::stdout(), "{{\"cranks\":{cranks},\"ms\":{ms:.1}}}")
}

/// Sends so many messages and runs them; the cranks that this took.
fn serve(machine: &mut KernelMachine, root: Kref, messages: u64) -> u64 {
    let (mut vats, mut replies, mut cranks) = (Vats::default(), 0, 0);
    for first in (0..messages).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
        for id in first..messages.min(first + AT_ONCE) {
            let methargs = CapData {
                body: String::from("#[\"count\",[]]"),
                slots: Vec::new(),
            };
            let target = root;
            let command = Command::Send { target, methargs };
            machine
                .handle_command(CommandId(id + 1), None, command)
                .expect("accepted");
            cranks += 1;
        }
        cranks += run(machine, &mut vats, &mut replies).0;
    }
    assert_eq!(replies, messages);
    cranks
}
