//! What the trace keeps of a crank. How it is gathered is in `view/trace.rs`.

use std::collections::VecDeque;

use serde::Serialize;

use crate::limit::TRACE_STEPS_MAX;
use crate::refs::{Kref, VatId};

/// One crank, as worker-ts/src/kernel/kernel.ts tells it.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub crank: u64,
    pub kind: &'static str,
    pub message: Option<u64>,
    pub vat: Option<VatId>,
    pub target: String,
    pub method: Option<String>,
    pub body: Option<String>,
    /// What `$0` and `&0` of the body stand for, as far as a body that is cut can name them.
    pub slots: Vec<Kref>,
    pub result: Option<Kref>,
    pub outcome: &'static str,
    pub why: Option<String>,
    pub sends: Vec<Sent>,
    pub resolves: Vec<Settled>,
    pub drops: Vec<Kref>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sent {
    pub message: u64,
    pub target: Kref,
    pub method: String,
    pub result: Option<Kref>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Settled {
    pub promise: Kref,
    pub rejected: bool,
    pub body: String,
    pub slots: Vec<Kref>,
}

/// The last steps, while somebody watches.
#[derive(Debug, Default)]
pub struct Trace {
    pub on: bool,
    pub steps: VecDeque<Step>,
}

impl Trace {
    pub fn add(&mut self, step: Step) {
        if self.steps.len() == TRACE_STEPS_MAX {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }
}
