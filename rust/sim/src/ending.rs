//! How a seed's story ends: everything is taken back, and nothing may be left that nobody holds.

use std::collections::BTreeSet;

use kernel::input::Command;

use crate::model::rows::Rows;
use crate::model::state::State;
use crate::whim::data;

/// Commands after which nobody outside holds or owes anything, once all vats are gone.
pub fn commands(state: &State) -> Vec<Command> {
    let mut commands = Vec::new();
    let objects = state.objects.iter();
    let objects = objects.map(|(kref, object)| (kref, object.external, object.pins));
    let promises = state.promises.iter();
    let promises = promises.map(|(kref, promise)| (kref, promise.external, 0));
    for (kref, external, pins) in objects.chain(promises) {
        commands.extend((0..pins).map(|_| Command::Unpin { kref: *kref }));
        commands.extend((external != 0).then_some(Command::ReleaseExternal { kref: *kref }));
    }
    commands.extend(state.calls.keys().map(|call| Command::ServiceResult {
        call: *call,
        rejected: false,
        value: data(String::from("#null"), Vec::new()),
    }));
    commands
}

/// Only counters, answers to keys, and what URLs hold.
///
/// # Errors
/// Lists the rows that should be gone.
pub fn check_left(rows: &Rows) -> Result<(), String> {
    let urls = rows.iter().filter(|(key, _)| key.starts_with("u/"));
    let held: BTreeSet<&String> = urls.map(|(_, kref)| kref).collect();
    let mut left = Vec::new();
    for (key, value) in rows {
        let excused = match key.split_once('/') {
            None => key == "k",
            Some(("x" | "u", _)) => true,
            Some((kind @ ("o" | "p"), digits)) => {
                held.contains(&format!("k{kind}{}", digits.trim_start_matches('0')))
            }
            Some(_) => false,
        };
        if !excused {
            left.push(format!("{key} {value}"));
        }
    }
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("left after the end: {left:#?}"))
    }
}
