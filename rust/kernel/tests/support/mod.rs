//! A world around the machine for tests: a store in memory, vats that answer what the test writes down, replies gathered. After every
//! outcome the machine is audited. No test stands here.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;

use kernel::KernelMachine;
use kernel::capdata::CapData;
use kernel::entry::{Object, Promise, VatState};
use kernel::input::{
    Change, Command, CommandId, Heap, Outcome, Resolution, Syscall, VatSpec, WhenFull,
};
use kernel::output::{Answer, CrankId, Delivery, Output};
use kernel::refs::{Kind, Kref, VatId, Vref};
use kernel::snapshot::{Key, Row};

/// A vref by its text.
pub fn vref(text: &str) -> Vref {
    text.parse().expect("a vref")
}

/// CapData without slots.
pub fn data<R>(body: &str) -> CapData<R> {
    CapData {
        body: body.to_owned(),
        slots: Vec::new(),
    }
}

/// CapData of one reference: `#"$0.Alleged: x"` or `#"&0"`.
pub fn reference(to: Vref) -> CapData<Vref> {
    let body = if to.is_promise() {
        "#\"&0\""
    } else {
        "#\"$0.Alleged: x\""
    };
    CapData {
        body: body.to_owned(),
        slots: vec![to],
    }
}

/// CapData of a list that names `slots`.
pub fn naming(slots: &[Vref]) -> CapData<Vref> {
    let names: Vec<_> = slots
        .iter()
        .enumerate()
        .map(|(at, slot)| format!("\"{}{at}\"", if slot.is_promise() { '&' } else { '$' }))
        .collect();
    CapData {
        body: format!("#[{}]", names.join(",")),
        slots: slots.to_vec(),
    }
}

/// `["method", [slots]]`
pub fn call(method: &str, slots: &[Vref]) -> CapData<Vref> {
    let arguments = naming(slots);
    CapData {
        body: format!("#[\"{method}\",{}]", &arguments.body[1..]),
        slots: arguments.slots,
    }
}

/// A send without an answer.
pub fn tell(target: Vref, method: &str, slots: &[Vref]) -> Syscall {
    Syscall::Send {
        target,
        methargs: call(method, slots),
        result: None,
    }
}

/// A send whose answer is `result`.
pub fn ask(target: Vref, method: &str, slots: &[Vref], result: &str) -> Syscall {
    Syscall::Send {
        target,
        methargs: call(method, slots),
        result: Some(vref(result)),
    }
}

/// Settles one promise.
pub fn settle(promise: Vref, rejected: bool, value: CapData<Vref>) -> Syscall {
    Syscall::Resolve(vec![Resolution(promise, rejected, value)])
}

/// A key of the vat's store set, for the first time in the incarnation.
pub fn set(key: &str, value: &str) -> Change {
    Change {
        key: key.to_owned(),
        value: Some(value.to_owned()),
        base: Some(None),
    }
}

/// An outcome of syscalls and changes.
pub fn done(syscalls: Vec<Syscall>, changes: Vec<Change>) -> Outcome {
    let bytes = |change: &Change| change.key.len() + change.value.as_ref().map_or(0, String::len);
    Outcome::Done {
        stored: changes.iter().map(bytes).sum::<usize>() as u64,
        syscalls,
        changes,
        hash: [7; 8],
        restart: false,
    }
}

/// How `launch` makes a vat.
pub fn spec(name: &str) -> VatSpec {
    VatSpec {
        name: name.to_owned(),
        bundle: format!("static:{name}"),
        parameters: data("#{}"),
        config: String::from("{}"),
        heap: Heap::Replay,
        when_full: WhenFull::Restart,
    }
}

/// A launch of vats; the first is bootstrapped.
pub fn launch(names: &[&str], services: &[&str]) -> Command {
    Command::Launch {
        config: String::from("{}"),
        bootstrap: names[0].to_owned(),
        services: services.iter().map(|&name| name.to_owned()).collect(),
        vats: names.iter().map(|name| spec(name)).collect(),
    }
}

/// A delivery that waits for its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub crank: CrankId,
    pub vat: VatId,
    pub seq: u64,
    pub delivery: Delivery,
}

impl Turn {
    /// Target, method-and-arguments and result of a message.
    pub fn message(&self) -> (Vref, &CapData<Vref>, Option<Vref>) {
        match &self.delivery {
            Delivery::Message {
                target,
                methargs,
                result,
            } => (*target, methargs, *result),
            other => panic!("a message was due, not {other:?}"),
        }
    }

    /// The method's name of a message.
    pub fn method(&self) -> &str {
        kernel::capdata::method(&self.message().1.body).expect("a method")
    }

    /// The promise that a message's receiver decides.
    pub fn result(&self) -> Vref {
        self.message().2.expect("a result")
    }

    /// What a notify tells.
    pub fn notify(&self) -> &[(Vref, bool, CapData<Vref>)] {
        match &self.delivery {
            Delivery::Notify(settled) => settled,
            other => panic!("a notify was due, not {other:?}"),
        }
    }
}

/// The machine, its store and what it said.
pub struct World {
    pub machine: KernelMachine,
    pub rows: BTreeMap<String, String>,
    pub replies: BTreeMap<u64, Answer>,
    /// `Start`, `Stop` and `Call`, as they came.
    pub said: Vec<Output>,
    /// Every delivery, as it came.
    pub told: Vec<Turn>,
    pub under_way: Option<Turn>,
    services: Vec<String>,
    commands: u64,
}

impl World {
    /// A new kernel.
    pub fn new(services: &[&str]) -> Self {
        let services: Vec<_> = services.iter().map(|&name| name.to_owned()).collect();
        Self {
            machine: KernelMachine::load([], &services).expect("a new kernel"),
            rows: BTreeMap::new(),
            replies: BTreeMap::new(),
            said: Vec::new(),
            told: Vec::new(),
            under_way: None,
            services,
            commands: 0,
        }
    }

    /// A kernel with one subcluster of vats `v1`, `v2`, ..., each holding every root.
    pub fn of(names: &[&str]) -> Self {
        let mut world = Self::new(&[]);
        world.launched(names);
        world
    }

    /// Launches, with vats that answer nothing but `undefined`.
    pub fn launched(&mut self, names: &[&str]) {
        let id = self.command(launch(names, &[]));
        while self.next().is_some() {
            self.answer(Vec::new());
        }
        assert!(
            matches!(self.replies.get(&id), Some(Answer::Launched { .. })),
            "launched: {:?}",
            self.replies.get(&id)
        );
        // Everybody is to hold everybody, by messages of the bootstrap vat.
        let first = self.vat_named(names[0]);
        let roots: Vec<_> = (0..names.len() as u64)
            .map(|at| self.vref(first, self.root(VatId(first.0 + at))))
            .collect();
        for &root in roots.iter().skip(1) {
            self.act(first, vec![tell(root, "meet", &roots)]);
            self.next().expect("the meeting");
            self.answer(Vec::new());
        }
        self.rest();
    }

    /// The vat of a name, by its row `f/`.
    fn vat_named(&self, name: &str) -> VatId {
        let found = self.decoded().filter_map(|row| match row {
            Row::Fixed(vat, fixed) if fixed.name == name => Some(vat),
            _ => None,
        });
        found.last().expect("a vat of this name")
    }

    /// Gives a command; its number.
    pub fn command(&mut self, command: Command) -> u64 {
        self.commands += 1;
        let id = self.commands;
        self.machine
            .handle_command(CommandId(id), None, command)
            .expect("an accepted command");
        id
    }

    /// A message from outside without slots; its number.
    pub fn send(&mut self, target: Kref, method: &str) -> u64 {
        self.command(Command::Send {
            target,
            methargs: data(&format!("#[\"{method}\",[]]")),
        })
    }

    /// Goes on to the next delivery; everything in between is committed. `None`: nothing is left to do.
    pub fn next(&mut self) -> Option<Turn> {
        assert_eq!(self.under_way, None, "the last delivery has no outcome yet");
        loop {
            self.machine.allow(10_000);
            match self.machine.poll_output() {
                None if self.commit() => {}
                None => return None,
                Some(Output::Deliver {
                    crank,
                    vat,
                    seq,
                    delivery,
                }) => {
                    let turn = Turn {
                        crank,
                        vat,
                        seq,
                        delivery,
                    };
                    self.told.push(turn.clone());
                    self.under_way = Some(turn.clone());
                    return Some(turn);
                }
                Some(Output::Reply { command, answer }) => {
                    let before = self.replies.insert(command.0, answer);
                    assert_eq!(before, None, "a command is answered once");
                }
                Some(other) => self.said.push(other),
            }
        }
    }

    /// The next delivery, which must be a message of this method to this vat.
    pub fn expect(&mut self, vat: VatId, method: &str) -> Turn {
        let turn = self.next().unwrap_or_else(|| panic!("{method} to {vat}"));
        assert_eq!((turn.vat, turn.method()), (vat, method));
        turn
    }

    /// Writes what has changed; whether anything had.
    pub fn commit(&mut self) -> bool {
        let Some(batch) = self.machine.close_batch() else {
            return false;
        };
        self.rows
            .retain(|key, _| !batch.wipes.iter().any(|prefix| key.starts_with(prefix)));
        for key in &batch.deletes {
            self.rows.remove(key);
        }
        self.rows.extend(batch.sets);
        self.machine
            .handle_committed(batch.id)
            .expect("the oldest batch");
        true
    }

    /// The outcome of the delivery under way.
    pub fn finish(&mut self, outcome: Outcome) {
        let turn = self.under_way.take().expect("a delivery under way");
        self.machine
            .handle_outcome(turn.crank, outcome)
            .expect("a taken outcome");
        self.sound();
    }

    /// Ends the delivery under way with these syscalls alone.
    pub fn reply(&mut self, syscalls: Vec<Syscall>) {
        self.finish(done(syscalls, Vec::new()));
    }

    /// Ends the delivery under way with these syscalls, and answers its message with `undefined`.
    pub fn answer(&mut self, mut syscalls: Vec<Syscall>) {
        let turn = self.under_way.as_ref().expect("a delivery under way");
        if let Delivery::Message {
            result: Some(result),
            ..
        } = turn.delivery
        {
            syscalls.push(settle(result, false, data("#\"#undefined\"")));
        }
        self.reply(syscalls);
    }

    /// A message from outside makes the vat do this; its number.
    pub fn act(&mut self, vat: VatId, syscalls: Vec<Syscall>) -> u64 {
        let id = self.send(self.root(vat), "act");
        self.expect(vat, "act");
        self.answer(syscalls);
        id
    }

    /// Nothing is left to do, and all is written.
    pub fn rest(&mut self) {
        assert_eq!(self.next(), None, "nothing more is due");
        self.sound();
    }

    /// Ends every delivery that comes with no syscalls but an answer, until nothing is left.
    pub fn drain(&mut self) {
        while self.next().is_some() {
            self.answer(Vec::new());
        }
        self.sound();
    }

    /// The machine's own recount finds nothing.
    pub fn sound(&self) {
        let found = self.machine.audit();
        assert!(found.is_empty(), "audit: {found:#?}");
    }

    /// Drops the machine and loads another from the rows.
    pub fn reload(&mut self) {
        assert_eq!(self.under_way, None);
        self.machine = KernelMachine::load(self.core_rows(), &self.services).expect("rows load");
        self.sound();
    }

    /// The rows that the machine keeps in RAM.
    pub fn core_rows(&self) -> Vec<(String, String)> {
        let opaque = |key: &str| ["b/", "s/", "t/"].iter().any(|no| key.starts_with(no));
        self.rows
            .iter()
            .filter(|(key, _)| !opaque(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    fn decoded(&self) -> impl Iterator<Item = Row> {
        let rows = self.core_rows().into_iter();
        rows.map(|(key, value)| Row::decode(&key, &value).expect("a row of the core"))
    }

    fn row(&self, key: &Key) -> Option<Row> {
        let key = key.to_string();
        let value = self.rows.get(&key)?;
        Some(Row::decode(&key, value).expect("a row"))
    }

    /// The kref behind a vat's name, as stored.
    pub fn find_kref(&self, vat: VatId, name: Vref) -> Option<Kref> {
        self.decoded().find_map(|row| match row {
            Row::CList(of, kref, entry) if of == vat && entry.vref == name => Some(kref),
            _ => None,
        })
    }

    /// The kref behind a vat's name; it must be there.
    pub fn kref(&self, vat: VatId, name: &str) -> Kref {
        self.find_kref(vat, vref(name))
            .unwrap_or_else(|| panic!("{vat} has {name}"))
    }

    /// A vat's root.
    pub fn root(&self, vat: VatId) -> Kref {
        self.kref(vat, "o+0")
    }

    /// A vat's name for a kref, as stored.
    pub fn find_vref(&self, vat: VatId, kref: Kref) -> Option<Vref> {
        match self.row(&Key::CList(vat, kref))? {
            Row::CList(_, _, entry) => Some(entry.vref),
            _ => None,
        }
    }

    /// A vat's name for a kref; it must be there.
    pub fn vref(&self, vat: VatId, kref: Kref) -> Vref {
        self.find_vref(vat, kref)
            .unwrap_or_else(|| panic!("{vat} has {kref}"))
    }

    /// What `vat` calls the root of `other`.
    pub fn peer(&self, vat: VatId, other: VatId) -> Vref {
        self.vref(vat, self.root(other))
    }

    /// An object's row.
    pub fn object(&self, kref: Kref) -> Option<Object> {
        assert_eq!(kref.kind, Kind::Object);
        match self.row(&Key::Object(kref.number))? {
            Row::Object(_, object) => Some(object),
            _ => None,
        }
    }

    /// A promise's row.
    pub fn promise(&self, kref: Kref) -> Option<Promise> {
        assert_eq!(kref.kind, Kind::Promise);
        match self.row(&Key::Promise(kref.number))? {
            Row::Promise(_, promise) => Some(promise),
            _ => None,
        }
    }

    /// Whether a vat takes deliveries.
    pub fn lives(&self, vat: VatId) -> bool {
        match self.row(&Key::Vat(vat)) {
            Some(Row::Vat(_, row)) => row.state != VatState::Dying,
            _ => false,
        }
    }

    /// Whether the host was told to stop a vat.
    pub fn stopped(&self, vat: VatId) -> bool {
        self.said.contains(&Output::Stop { vat })
    }

    /// The body of a rejection that answered a command.
    pub fn rejection(&self, id: u64) -> &str {
        match self.replies.get(&id) {
            Some(Answer::Rejected { value }) => &value.body,
            other => panic!("a rejection was due, not {other:?}"),
        }
    }

    /// The body of a value that answered a command.
    pub fn value(&self, id: u64) -> &str {
        match self.replies.get(&id) {
            Some(Answer::Value { value }) => &value.body,
            other => panic!("a value was due, not {other:?}"),
        }
    }
}
