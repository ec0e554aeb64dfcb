//! Laws of the kernel's borders: texts that come from vats, from outside and from the store. Nothing of them makes it panic; what it
//! takes is what it would write; and whatever it took, its own recount finds nothing.

use kernel::capdata::CapData;
use kernel::input::{Command, CommandId, Outcome, Syscall};
use kernel::limit::{BODY_BYTES_MAX, OUTCOME_BYTES_MAX, SLOTS_MAX, SYSCALLS_MAX};
use kernel::refs::{Kref, SubclusterId, VatId, Vref};
use kernel::snapshot::{Entry, Key, Row};
use kernel::{Error, KernelMachine};

use crate::world::{BUSY, IDLE, Rows, finish, load, run};

/// A name that parses is written as it was read.
pub fn kernel_refs(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let written = [
        text.parse::<Kref>().map(|name| name.to_string()),
        text.parse::<Vref>().map(|name| name.to_string()),
        text.parse::<VatId>().map(|name| name.to_string()),
        text.parse::<SubclusterId>().map(|name| name.to_string()),
    ];
    let names = written
        .iter()
        .flatten()
        .inspect(|name| assert_eq!(**name, text));
    assert!(names.count() <= 1, "one text, one kind of name");
    match text.parse::<Key>() {
        Ok(key) => assert_eq!(key.to_string(), text),
        Err(error) => assert_eq!(error, Error::BadRow),
    }
}

/// An outcome that is taken is within its limits, and leaves a kernel sound whatever it asks for.
pub fn kernel_outcome(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let outcome = match Outcome::decode(&text) {
        Ok(outcome) => outcome,
        Err(error) => {
            assert!(matches!(error, Error::BadOutcome | Error::LimitExceeded));
            return;
        }
    };
    if let Outcome::Done { syscalls, .. } = &outcome {
        assert!(text.len() <= OUTCOME_BYTES_MAX && syscalls.len() <= SYSCALLS_MAX);
        for syscall in syscalls {
            if let Syscall::Send { methargs, .. } = syscall {
                assert!(methargs.body.len() <= BODY_BYTES_MAX);
                assert!(methargs.slots.len() <= SLOTS_MAX);
            }
        }
    }
    let mut machine = load(&BUSY);
    let crank = run(&mut machine).expect("a delivery");
    machine
        .handle_outcome(crank, outcome)
        .expect("a taken outcome");
    finish(machine);
}

/// A command that is taken is written in one way only, and leaves a kernel sound, be it at rest or in a crank.
pub fn kernel_command(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(value) = serde_json::from_str::<CapData<Kref>>(&text) {
        assert_eq!(serde_json::from_str(&value.encode()).ok(), Some(value));
    }
    let Ok(command) = Command::decode(&text) else {
        return;
    };
    let canonical = command.encode();
    let again = Command::decode(&canonical).expect("what was written");
    assert_eq!((&again, again.encode()), (&command, canonical));
    for rows in [&*IDLE, &*BUSY] {
        let mut machine = load(rows);
        let crank = run(&mut machine);
        // What loading had to mend.
        let mended = machine.close_batch();
        let taken = machine.handle_command(CommandId(7), None, command.clone());
        if taken.is_err() {
            assert_eq!(machine.close_batch(), None, "a refusal changes nothing");
        }
        if let Some(batch) = mended {
            machine
                .handle_committed(batch.id)
                .expect("the oldest batch");
        }
        if let Some(crank) = crank {
            let why = String::from("fuzz");
            machine
                .handle_outcome(crank, Outcome::VatFault { why })
                .expect("a taken outcome");
        }
        finish(machine);
    }
}

/// A row that is read is read the same from what is written of it; rows that load and that the recount finds sound make a kernel that
/// goes on soundly. Input: keys and values in turn, NUL between.
pub fn kernel_rows(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let texts: Vec<&str> = text.split('\0').collect();
    let rows: Rows = texts
        .chunks_exact(2)
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    for (key, value) in &rows {
        match Row::decode(key, value) {
            Ok(row) => assert_eq!(Row::decode(key, &encode(&row)), Ok(row)),
            Err(error) => assert_eq!(error, Error::BadRow),
        }
    }
    match KernelMachine::load(rows, &[]) {
        Err(error) => assert_eq!(error, Error::BadRow),
        Ok(machine) => {
            let (_, _) = (machine.status(), machine.graph());
            if machine.audit().is_empty() {
                finish(machine);
            }
        }
    }
}

fn encode(row: &Row) -> String {
    match row {
        Row::Action(..) => ().encode(),
        Row::CList(_, _, entry) => entry.encode(),
        Row::Call(_, entry) => entry.encode(),
        Row::Fixed(_, entry) => entry.encode(),
        Row::Subcluster(_, entry) => entry.encode(),
        Row::Counters(entry) => entry.encode(),
        Row::Object(_, entry) => entry.encode(),
        Row::Promise(_, entry) => entry.encode(),
        Row::Queue(_, entry) | Row::Waiting(_, _, entry) => entry.encode(),
        Row::Url(_, entry) => entry.encode(),
        Row::Vat(_, entry) => entry.encode(),
        Row::Keyed(_, entry) => entry.encode(),
    }
}
