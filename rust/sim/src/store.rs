//! A store with a fence: a batch is written whole or not at all, and only by the writer who opened it last.

use kernel::output::Batch;

use crate::model::rows::Rows;

/// What is durable.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The rows.
    pub rows: Rows,
    epoch: u64,
}

impl Store {
    /// Takes over: whoever wrote before is fenced off.
    pub const fn open(&mut self) -> u64 {
        self.epoch += 1;
        self.epoch
    }

    /// Writes a batch. `false`: the writer is fenced off, nothing is written.
    pub fn commit(&mut self, epoch: u64, batch: &Batch) -> bool {
        if epoch == self.epoch {
            apply(&mut self.rows, batch);
        }
        epoch == self.epoch
    }
}

/// Wipes, then deletes, then sets.
pub fn apply(rows: &mut Rows, batch: &Batch) {
    for prefix in &batch.wipes {
        rows.retain(|key, _| !key.starts_with(prefix.as_str()));
    }
    for key in &batch.deletes {
        rows.remove(key);
    }
    rows.extend(batch.sets.iter().cloned());
}
