//! The verbs and looks of a machine, one for one.

use kernel::KernelMachine as Machine;
use kernel::input::{Command, CommandId, Outcome};
use kernel::output::{Batch, BatchId, CrankId};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::crossing::{crossing, json, number};
use crate::live::Live;
use crate::told::{Told, told};

/// A kernel. It lives in this memory until `free`.
#[wasm_bindgen]
pub struct KernelMachine {
    machine: Machine,
    batch: Option<Batch>,
    output: Told,
    _live: Live,
}

impl KernelMachine {
    /// Nothing told yet.
    pub(crate) fn of(machine: Machine) -> Self {
        Self {
            machine,
            batch: None,
            output: Told::default(),
            _live: Live::new(),
        }
    }
}

#[wasm_bindgen]
impl KernelMachine {
    /// Takes a command; `key` "" for none.
    #[wasm_bindgen(js_name = handleCommand)]
    pub fn handle_command(&mut self, id: f64, key: &str, command: &str) -> u32 {
        let key = (!key.is_empty()).then_some(key);
        let taken = number(id).and_then(|id| {
            let command = Command::decode(command)?;
            self.machine.handle_command(CommandId(id), key, command)
        });
        crossing(taken)
    }

    /// Takes the outcome of the delivery under way; text that is none is a fault of its vat.
    #[wasm_bindgen(js_name = handleOutcome)]
    pub fn handle_outcome(&mut self, crank: f64, outcome: &str) -> u32 {
        let crank = number(crank).map(CrankId);
        crossing(crank.and_then(|crank| self.machine.handle_outcome(crank, Outcome::read(outcome))))
    }

    /// The oldest closed batch is durable.
    #[wasm_bindgen(js_name = handleCommitted)]
    pub fn handle_committed(&mut self, batch: f64) -> u32 {
        let batch = number(batch).map(BatchId);
        crossing(batch.and_then(|batch| self.machine.handle_committed(batch)))
    }

    /// Closes a batch: its number, or 0.
    #[wasm_bindgen(js_name = closeBatch)]
    pub fn close_batch(&mut self) -> f64 {
        self.batch = self.machine.close_batch();
        self.batch.as_ref().map_or(0.0, |batch| batch.id.0 as f64)
    }

    /// The rows that stand, `[[key, value], ...]`.
    #[wasm_bindgen(js_name = batchSets)]
    pub fn batch_sets(&self) -> String {
        self.batch
            .as_ref()
            .map_or_else(String::new, |batch| json(&batch.sets))
    }

    /// The keys that go.
    #[wasm_bindgen(js_name = batchDeletes)]
    pub fn batch_deletes(&self) -> String {
        self.batch
            .as_ref()
            .map_or_else(String::new, |batch| json(&batch.deletes))
    }

    /// The prefixes that go.
    #[wasm_bindgen(js_name = batchWipes)]
    pub fn batch_wipes(&self) -> String {
        self.batch
            .as_ref()
            .map_or_else(String::new, |batch| json(&batch.wipes))
    }

    /// How many rows it sets and deletes.
    #[wasm_bindgen(js_name = batchRows)]
    pub fn batch_rows(&self) -> usize {
        self.batch
            .as_ref()
            .map_or(0, |batch| batch.sets.len() + batch.deletes.len())
    }

    /// The next output's kind, or 0.
    #[wasm_bindgen(js_name = pollOutput)]
    pub fn poll_output(&mut self) -> u32 {
        let (kind, output) = match self.machine.poll_output() {
            None => (0, Told::default()),
            Some(output) => told(output),
        };
        self.output = output;
        kind
    }

    /// See the table.
    #[wasm_bindgen(js_name = outputVat)]
    pub fn output_vat(&self) -> f64 {
        self.output.vat as f64
    }

    /// See the table.
    #[wasm_bindgen(js_name = outputId)]
    pub fn output_id(&self) -> f64 {
        self.output.id as f64
    }

    /// See the table.
    #[wasm_bindgen(js_name = outputSeq)]
    pub fn output_seq(&self) -> f64 {
        self.output.seq as f64
    }

    /// See the table. Once: it is moved out.
    #[wasm_bindgen(js_name = outputName)]
    pub fn output_name(&mut self) -> String {
        core::mem::take(&mut self.output.name)
    }

    /// See the table. Once: it is moved out.
    #[wasm_bindgen(js_name = outputText)]
    pub fn output_text(&mut self) -> String {
        core::mem::take(&mut self.output.text)
    }

    /// How many more cranks may begin.
    pub fn allow(&mut self, cranks: f64) {
        // Beyond 2^53 it is without end all the same.
        self.machine.allow(cranks as u64);
    }

    /// Whether the allowance alone holds up work.
    #[wasm_bindgen(js_name = isRunnable)]
    pub fn is_runnable(&self) -> bool {
        self.machine.is_runnable()
    }

    /// Bytes of what `closeBatch` would write, roughly.
    #[wasm_bindgen(js_name = pendingBytes)]
    pub fn pending_bytes(&self) -> usize {
        self.machine.pending_bytes()
    }

    /// 0 no, 1 yes, else -(number of the error).
    #[wasm_bindgen(js_name = isRevoked)]
    pub fn is_revoked(&self, kref: &str) -> i32 {
        let answer = kref.parse().and_then(|kref| self.machine.is_revoked(kref));
        answer.map_or_else(|error| -(error as i32), i32::from)
    }

    /// JSON.
    pub fn status(&self) -> String {
        self.machine.status()
    }

    /// JSON.
    pub fn graph(&self) -> String {
        self.machine.graph()
    }

    /// Turns the trace on or off.
    pub fn watch(&mut self, on: bool) {
        self.machine.watch(on);
    }

    /// JSON.
    pub fn trace(&self, after: f64) -> String {
        self.machine.trace(after as u64)
    }

    /// A JSON list of sentences.
    pub fn audit(&self) -> String {
        json(&self.machine.audit())
    }
}
