//! What must be the same in the machine and in the naive kernel after every step: the hash, the counts, the rows.

use super::{Broken, World};
use crate::model::rows::Rows;

impl World {
    /// Only when it talks, because it is slow: crank and hash after each step, so that the first step that differs is seen.
    fn check_hash(&self) -> Result<(), Broken> {
        let counters = &self.model.state.counters;
        let hash = kernel::text::to_hex(&counters.hash);
        let status = if self.talks {
            self.machine.status()
        } else {
            return Ok(());
        };
        if status == "{}" || status.contains(&hash) {
            Ok(())
        } else {
            Err(format!(
                "hash: model {} {hash}, machine {status}",
                counters.crank
            ))
        }
    }

    pub(super) fn check_counts(&self) -> Result<(), Broken> {
        self.check_hash()?;
        let differences = self.machine.audit();
        if differences.is_empty() {
            Ok(())
        } else {
            Err(format!("audit: {}", differences.join("; ")))
        }
    }

    pub(super) fn compare(&self) -> Result<(), Broken> {
        let mut model = self.model.settled().rows();
        if self.shadow.is_empty() {
            // Counters that never moved have no row.
            model.retain(|key, _| key != "k");
        }
        let machine: Rows = self
            .shadow
            .iter()
            .filter(|(key, _)| !key.starts_with("t/"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut lines = Vec::new();
        for key in model
            .keys()
            .chain(machine.keys().filter(|key| !model.contains_key(*key)))
        {
            if model.get(key) != machine.get(key) {
                lines.push(format!(
                    "{key}\n machine: {:?}\n model:   {:?}",
                    machine.get(key),
                    model.get(key)
                ));
            }
        }
        if lines.is_empty() {
            Ok(())
        } else {
            Err(format!("rows\n{}", lines.join("\n")))
        }
    }
}
