//! What becomes of the delivery under way: it stays, is tried again, or is undone and used up.

use kernel::Error;
use kernel::capdata::CapData;
use kernel::entry::{Item, VatState};
use kernel::input::{Heap, Outcome};
use kernel::output::Answer;
use kernel::refs::Kref;
use kernel::text::to_hex;

use super::kernel::{KernelModel, Kind, UnderWay};
use super::state::error_value;
use super::syscall::{Exit, Illegal};

impl KernelModel {
    /// The outcome of the delivery under way.
    pub fn handle_outcome(&mut self, outcome: &Outcome) {
        let Some(under_way) = self.under_way.take() else {
            return;
        };
        match outcome {
            Outcome::Done {
                syscalls,
                changes,
                stored,
                hash: told,
                restart,
            } => {
                let vat = under_way.vat;
                let told = to_hex(told);
                let fits = self.state.store_fits(changes, *stored);
                match fits.and_then(|()| self.state.apply(vat, syscalls)) {
                    Ok(Some(Exit::Failure(info))) => {
                        self.abort(under_way, ("VAT_FATAL:INTERNAL_ERROR", "exit"), &told, info)
                    }
                    Err(Illegal(code, why)) => self.abort(under_way, (code, why), &told, None),
                    Ok(exit) => {
                        self.state.store(vat, changes, *stored);
                        self.stay(&under_way, *restart, exit, &told);
                    }
                }
            }
            Outcome::VatFault { why } => {
                let why: String = why.chars().take(200).collect();
                self.abort(under_way, ("VAT_FATAL:INTERNAL_ERROR", &why), "fault", None);
            }
            Outcome::HeapLost { restart, .. } => self.lose(under_way, *restart),
        }
    }

    fn stay(&mut self, under_way: &UnderWay, restart: bool, exit: Option<Exit>, told: &str) {
        let UnderWay {
            crank,
            vat,
            kind,
            saved,
            bytes,
            ..
        } = under_way;
        if *kind != Kind::Due && self.lost_at.as_ref().is_some_and(|(lost, _)| lost == vat) {
            self.lost_at = None;
        }
        let keeps = self.state.fixed[vat].heap == Heap::Replay;
        if let Some(row) = self.state.vats.get_mut(vat) {
            row.transcript += if keeps { *bytes } else { 0 };
            row.state = if restart && exit.is_none() {
                VatState::Due
            } else {
                VatState::Running
            };
        }
        if let Kind::Queued(number, Item::Restart { key, .. } | Item::Upgrade { key, .. }) = kind {
            let command = self.state.restarters.remove(number);
            self.state.answer(command, key.clone(), Answer::Done);
        }
        if let Some(Exit::Success(info)) = exit {
            self.state.terminate(*vat, Some(info), None);
        }
        self.finish(saved, &format!("{crank}:{vat}:{told}"));
    }

    /// There was no heap: once more, then it is a fault. A vat that forgets, or would not come back the same, is restarted first.
    fn lose(&mut self, under_way: UnderWay, diverged: bool) {
        let vat = under_way.vat;
        let again = (vat, under_way.kind.clone());
        let forgets = self.state.fixed[&vat].heap == Heap::Forget;
        let starts = under_way.outputs.len() > 1;
        let diverged = diverged && !starts;
        if !diverged && (under_way.lost || self.lost_at.as_ref() == Some(&again)) {
            self.abort(under_way, ("DELIVERY_FAILED", ""), "lost", None);
        } else if starts || !(forgets || diverged) {
            self.outputs.extend(under_way.outputs.clone());
            self.under_way = Some(UnderWay {
                lost: true,
                ..under_way
            });
        } else {
            let UnderWay { crank, saved, .. } = under_way;
            self.state = (*saved).clone();
            self.state.counters.crank += 1;
            if !diverged {
                self.lost_at = Some(again);
            }
            if let Some(row) = self.state.vats.get_mut(&vat) {
                row.state = VatState::Due;
            }
            self.finish(&saved, &format!("{crank}:{vat}:lost"));
        }
    }

    /// Undoes the crank; what it was about is used up all the same, and the vat ends.
    fn abort(
        &mut self,
        under_way: UnderWay,
        (code, why): (&str, &str),
        input: &str,
        told: Option<CapData<Kref>>,
    ) {
        let UnderWay {
            crank,
            vat,
            kind,
            saved,
            ..
        } = under_way;
        self.state = (*saved).clone();
        self.state.counters.crank += 1;
        if kind != Kind::Due && self.lost_at.as_ref().is_some_and(|(lost, _)| *lost == vat) {
            self.lost_at = None;
        }
        let value = error_value(code, why);
        let mut reason = Some(value.clone());
        let mut ends = true;
        if let Kind::Queued(number, item) = &kind {
            self.state.pop();
            match item {
                Item::Send { result, .. } => self.state.refuse_message(*result, code, why),
                Item::Restart { key, .. } | Item::Upgrade { key, .. } => {
                    reason = None;
                    ends = matches!(item, Item::Restart { .. });
                    let command = self.state.restarters.remove(number);
                    let failed = Answer::Failed {
                        code: Error::BadConfig as u8,
                        value: Some(value),
                    };
                    self.state.answer(command, key.clone(), failed);
                }
                Item::Start { .. } | Item::Notify { .. } => {}
            }
        }
        if ends {
            self.state.terminate(vat, told, reason);
        } else {
            self.state.stops.push(vat);
            let forgets = self.state.fixed[&vat].heap == Heap::Forget;
            if let Some(row) = self.state.vats.get_mut(&vat).filter(|_| forgets) {
                row.state = VatState::Due;
            }
        }
        self.finish(&saved, &format!("{crank}:{vat}:{input}"));
    }
}
