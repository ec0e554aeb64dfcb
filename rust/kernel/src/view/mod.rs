//! What is shown of a kernel: status, graph, trace, audit. Nothing in here changes anything.

mod graph;
mod shape;
mod status;
pub mod trace;

use crate::state::KernelMachine;

impl KernelMachine {
    /// Recounts everything from its holders and asks whether what always holds does; the sentences say what differs. Nothing is asked
    /// while a delivery is under way. For tests.
    pub fn audit(&self) -> Vec<String> {
        if self.under_way.is_some() {
            return Vec::new();
        }
        let mut wrong = self.tables.contradictions(0);
        let unindexed = self.tables.unindexed();
        wrong.extend(
            unindexed
                .iter()
                .map(|name| format!("the index of {name} is not what its rows say")),
        );
        wrong
    }
}
