//! The trace: what each crank did, in krefs, kept in RAM while somebody watches.

use crate::capdata::{CapData, method};
use crate::input::Command;
use crate::output::CrankId;
use crate::refs::{Kref, VatId, Vref};
use crate::state::KernelMachine;
use crate::step::{Sent, Settled, Step};

/// Characters of a text that are kept.
const TEXT_MAX: usize = 200;

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// Slots that a body of `TEXT_MAX` letters can name: each takes a quote, a sign, a digit, a quote and a comma.
const SLOTS_MAX: usize = TEXT_MAX / 5;

/// The value's body and slots, as much as is kept of them.
fn told(value: &CapData<Kref>) -> (String, Vec<Kref>) {
    let slots = value.slots.iter().take(SLOTS_MAX).copied().collect();
    (cut(&value.body), slots)
}

fn joined(refs: impl Iterator<Item = Kref>) -> String {
    let texts: Vec<_> = refs.map(|kref| kref.to_string()).collect();
    cut(&texts.join(" "))
}

impl KernelMachine {
    /// Turns the trace of cranks on or off.
    pub fn watch(&mut self, on: bool) {
        self.trace.on = on;
        if !on {
            self.trace.steps.clear();
        }
    }

    /// The cranks above `after` that the trace keeps, as JSON text.
    pub fn trace(&self, after: u64) -> String {
        let steps: Vec<_> = self
            .trace
            .steps
            .iter()
            .filter(|step| step.crank > after)
            .collect();
        serde_json::to_string(&steps).unwrap_or_default()
    }

    /// Begins the step of a crank, if somebody watches.
    fn trace_step(
        &mut self,
        crank: CrankId,
        kind: &'static str,
        vat: Option<VatId>,
        target: impl FnOnce(&Self) -> String,
    ) {
        if !self.trace.on {
            return;
        }
        self.now.step = Some(Step {
            crank: crank.0,
            kind,
            message: None,
            vat,
            target: target(self),
            method: None,
            body: None,
            slots: Vec::new(),
            result: None,
            outcome: "done",
            why: None,
            sends: Vec::new(),
            resolves: Vec::new(),
            drops: Vec::new(),
        });
    }

    pub(crate) fn trace_message(
        &mut self,
        crank: CrankId,
        message: u64,
        target: Kref,
        methargs: &CapData<Kref>,
        result: Option<Kref>,
    ) {
        self.trace_step(crank, "message", None, |_| target.to_string());
        if let Some(step) = &mut self.now.step {
            step.message = Some(message);
            step.method = method(&methargs.body).map(cut);
            let (body, slots) = told(methargs);
            (step.body, step.slots) = (Some(body), slots);
            step.result = result;
        }
    }

    pub(crate) fn trace_notify(
        &mut self,
        crank: CrankId,
        vat: VatId,
        settled: &[(Kref, bool, CapData<Kref>)],
    ) {
        self.trace_step(crank, "notify", Some(vat), |_| {
            joined(settled.iter().map(|one| one.0))
        });
        if let (Some(step), Some((_, _, value))) = (&mut self.now.step, settled.first()) {
            let (body, slots) = told(value);
            (step.body, step.slots) = (Some(body), slots);
        }
    }

    pub(crate) fn trace_gc(
        &mut self,
        crank: CrankId,
        vat: VatId,
        action: &'static str,
        krefs: &[Kref],
    ) {
        self.trace_step(crank, "gc", Some(vat), |_| joined(krefs.iter().copied()));
        if let Some(step) = &mut self.now.step {
            step.method = Some(action.to_owned());
        }
    }

    pub(crate) fn trace_reap(&mut self, crank: CrankId, vat: VatId) {
        self.trace_step(crank, "reap", Some(vat), |_| String::new());
    }

    pub(crate) fn trace_start(&mut self, crank: CrankId, vat: VatId) {
        self.trace_step(crank, "start", Some(vat), |machine| {
            let root = machine.tables.known(vat, Vref::ROOT);
            root.map(|root| root.to_string()).unwrap_or_default()
        });
    }

    pub(crate) fn trace_cleanup(&mut self, crank: CrankId, vat: VatId) {
        self.trace_step(crank, "cleanup", Some(vat), |_| String::new());
    }

    pub(crate) fn trace_command(&mut self, crank: CrankId, command: &Command) {
        self.trace_step(crank, "command", None, |_| name(command).to_owned());
    }

    /// The vat that the delivery under way is for.
    pub(crate) fn trace_vat(&mut self, vat: VatId) {
        if let Some(step) = &mut self.now.step {
            step.vat = Some(vat);
        }
    }

    pub(crate) fn trace_send(
        &mut self,
        message: u64,
        target: Kref,
        methargs: &CapData<Kref>,
        result: Option<Kref>,
    ) {
        if let Some(step) = &mut self.now.step {
            step.sends.push(Sent {
                message,
                target,
                method: method(&methargs.body).map(cut).unwrap_or_default(),
                result,
            });
        }
    }

    pub(crate) fn trace_settled(&mut self, promise: Kref, rejected: bool, value: &CapData<Kref>) {
        if let Some(step) = &mut self.now.step {
            let (body, slots) = told(value);
            step.resolves.push(Settled {
                promise,
                rejected,
                body,
                slots,
            });
        }
    }

    pub(crate) fn trace_drop(&mut self, kref: Kref) {
        if let Some(step) = &mut self.now.step {
            step.drops.push(kref);
        }
    }

    /// Why a message was refused, or its vat ended.
    pub(crate) fn trace_why(&mut self, why: &str) {
        if let Some(step) = &mut self.now.step {
            step.why.get_or_insert_with(|| cut(why));
        }
    }

    /// The crank is undone: what it did was not done.
    pub(crate) fn trace_undone(&mut self, outcome: &'static str, why: &str) {
        self.trace_why(why);
        if let Some(step) = &mut self.now.step {
            step.outcome = outcome;
            step.sends.clear();
            step.resolves.clear();
            step.drops.clear();
        }
    }
}

/// The type of a command, as its text has it.
const fn name(command: &Command) -> &'static str {
    match command {
        Command::Launch { .. } => "launch",
        Command::TerminateSubcluster { .. } => "terminateSubcluster",
        Command::TerminateVat { .. } => "terminateVat",
        Command::TerminateAll => "terminateAll",
        Command::RestartVat { .. } => "restartVat",
        Command::UpgradeVat { .. } => "upgradeVat",
        Command::Send { .. } => "send",
        Command::Revoke { .. } => "revoke",
        Command::Pin { .. } => "pin",
        Command::Unpin { .. } => "unpin",
        Command::ReleaseExternal { .. } => "releaseExternal",
        Command::IssueUrl { .. } => "issueUrl",
        Command::RedeemUrl { .. } => "redeemUrl",
        Command::ServiceResult { .. } => "serviceResult",
        Command::CollectGarbage => "collectGarbage",
        Command::Clear => "clear",
    }
}
