//! What becomes of the delivery under way: it stays, is undone and ends its vat, or is tried once more.

use super::syscall::Exit;
use crate::capdata::CapData;
use crate::entry::{Item, VatState};
use crate::error::Error;
use crate::input::{Change as Store, Heap, Outcome, Syscall, WhenFull};
use crate::limit::{
    TRANSCRIPT_HARD_BYTES, TRANSCRIPT_HARD_DELIVERIES, TRANSCRIPT_SOFT_BYTES,
    TRANSCRIPT_SOFT_DELIVERIES, VATSTORE_BYTES_MAX, WHY_CHARACTERS_MAX,
};
use crate::output::{Answer, Delivery, Output};
use crate::reason::Reason;
use crate::refs::{Kref, VatId};
use crate::snapshot::{base_key, store_key};
use crate::state::{KernelMachine, UnderWay, Work};
use crate::table::pending::Change;
use crate::table::tables::Wait;
use crate::table::translate::Fault;
use crate::text::to_hex;

/// Why a crank is undone and its vat ended.
struct End {
    /// What the result of the message is rejected with.
    reason: Reason,
    why: String,
    /// For the activity hash: the outcome's hash, `fault` or `lost`.
    input: String,
    /// What the vat itself tells whoever waits for it.
    told: Option<CapData<Kref>>,
}

impl KernelMachine {
    /// The outcome of the delivery under way.
    pub(crate) fn take_outcome(&mut self, under_way: UnderWay, outcome: Outcome) {
        let end = |reason, why: &str, input: &str| End {
            reason,
            why: why.to_owned(),
            input: input.to_owned(),
            told: None,
        };
        match outcome {
            Outcome::VatFault { why } => {
                // The vat's own code says it, so it is the same on every run; what only the host knows comes as a loss.
                let why: String = why.chars().take(WHY_CHARACTERS_MAX).collect();
                self.fault(&under_way, end(Reason::InternalError, &why, "fault"));
            }
            Outcome::HeapLost { why, restart } => self.lose(under_way, &why, restart),
            Outcome::Done {
                syscalls,
                changes,
                stored,
                hash,
                restart,
            } => {
                let hash = to_hex(&hash);
                match self.done(under_way.vat, syscalls, &changes, stored) {
                    Ok(exit) => self.stay(under_way, changes, restart, exit, &hash),
                    Err(Undo::Fault(Fault::Illegal(why))) => {
                        self.fault(&under_way, end(Reason::IllegalSyscall, why, &hash))
                    }
                    Err(Undo::Fault(Fault::Limit(why))) => {
                        self.fault(&under_way, end(Reason::LimitExceeded, why, &hash))
                    }
                    Err(Undo::Exit(told)) => {
                        let end = End {
                            told,
                            ..end(Reason::InternalError, "exit", &hash)
                        };
                        self.fault(&under_way, end);
                    }
                }
            }
        }
    }

    /// Everything that can stand against an outcome.
    fn done(
        &mut self,
        vat: VatId,
        syscalls: Vec<Syscall>,
        changes: &[Store],
        stored: u64,
    ) -> Result<Option<CapData<Kref>>, Undo> {
        if stored > VATSTORE_BYTES_MAX || changes.iter().any(|change| change.check().is_err()) {
            return Err(Undo::Fault(Fault::Limit("store")));
        }
        let exit = self.apply(vat, syscalls).map_err(Undo::Fault)?;
        self.tables.vats.update(&vat, |row| row.stored = stored);
        match exit {
            None => Ok(None),
            Some(Exit::Success(info)) => Ok(Some(info)),
            // References in it may be of the crank that is undone.
            Some(Exit::Failure(info)) if info.slots.is_empty() => Err(Undo::Exit(Some(CapData {
                body: info.body,
                slots: Vec::new(),
            }))),
            Some(Exit::Failure(_)) => Err(Undo::Exit(None)),
        }
    }

    /// The crank stays.
    fn stay(
        &mut self,
        under_way: UnderWay,
        changes: Vec<Store>,
        restart: bool,
        exit: Option<CapData<Kref>>,
        hash: &str,
    ) {
        let UnderWay {
            crank,
            vat,
            seq,
            delivery,
            work,
            ..
        } = under_way;
        self.forget_loss(vat, work);
        for change in changes {
            self.store(vat, change);
        }
        self.transcribe(vat, seq, &delivery, hash);
        if let Work::Item(number) = work
            && matches!(delivery, Delivery::StartVat(..))
        {
            self.started(number);
        }
        self.tables.vats.update(&vat, |row| {
            if row.state != VatState::Dying {
                row.state = VatState::Running;
            }
        });
        if let Some(info) = exit {
            self.terminate(vat, &info, None);
        } else if restart || self.must_restart(vat) {
            self.tables
                .vats
                .update(&vat, |row| row.state = VatState::Due);
        }
        self.end(&format!("{}:{vat}:{hash}", crank.0));
    }

    fn store(&mut self, vat: VatId, change: Store) {
        if let Some(base) = change.base {
            let text = base.map_or_else(|| String::from("-"), |base| format!("={base}"));
            self.pending
                .stage(Change::Set(base_key(vat, &change.key), text));
        }
        let key = store_key(vat, &change.key);
        self.pending.stage(match change.value {
            Some(value) => Change::Set(key, value),
            None => Change::Delete(key),
        });
    }

    /// Writes the delivery down for the day when the heap is lost. A vat that forgets is restarted then.
    fn transcribe(&mut self, vat: VatId, seq: u64, delivery: &Delivery, hash: &str) {
        if self.tables.fixed.get(&vat).map(|fixed| fixed.heap) != Some(Heap::Replay) {
            return;
        }
        let text = format!("[{},\"{hash}\"]", delivery.encode());
        self.tables
            .vats
            .update(&vat, |row| row.transcript += text.len() as u64);
        self.pending.stage(Change::Deliver(vat, seq, text));
    }

    /// A start that a command waits for succeeded.
    fn started(&mut self, number: u64) {
        if let Some(key) = self.starting.take() {
            self.answer(Some(Wait::Item(number)), key.as_deref(), &Answer::Done);
        }
    }

    /// Whether the vat's transcript is so long that it is cut now: at the hard bound, or above the soft one when nothing that only the
    /// heap knows is waited for.
    fn must_restart(&self, vat: VatId) -> bool {
        let (Some(row), Some(fixed)) = (self.tables.vats.get(&vat), self.tables.fixed.get(&vat))
        else {
            return false;
        };
        if fixed.heap != Heap::Replay || fixed.when_full != WhenFull::Restart {
            return false;
        }
        let past = |deliveries, bytes| row.seq >= deliveries || row.transcript >= bytes;
        if past(TRANSCRIPT_HARD_DELIVERIES, TRANSCRIPT_HARD_BYTES) {
            return true;
        }
        let decided = &self.tables.promises.index().decided;
        past(TRANSCRIPT_SOFT_DELIVERIES, TRANSCRIPT_SOFT_BYTES)
            && decided.range((vat, 0)..=(vat, u64::MAX)).next().is_none()
            && !self.tables.exports_held(vat)
    }

    /// Undoes the crank, uses up what it was about and ends the vat. An upgrade that does not start leaves the old incarnation.
    fn fault(&mut self, under_way: &UnderWay, end: End) {
        let vat = under_way.vat;
        self.trace_undone("aborted", &end.why);
        self.undo();
        self.forget_loss(vat, under_way.work);
        self.starting = None;
        let value = end.reason.value(&end.why);
        let told = end.told.unwrap_or_else(|| super::command::terminated(vat));
        let item = match under_way.work {
            Work::Item(_) => self.tables.dequeue(),
            Work::Due | Work::Gc | Work::Reap => None,
        };
        match item {
            Some(Item::Upgrade { key, .. }) => {
                self.fail_start(under_way, key, value);
                self.back_to_old(vat);
            }
            Some(Item::Restart { key, .. }) => {
                self.fail_start(under_way, key, value);
                self.terminate(vat, &told, None);
            }
            Some(Item::Start { .. }) => self.terminate(vat, &told, Some(value)),
            Some(Item::Send { result, .. }) => {
                self.reject(result, value.clone());
                self.terminate(vat, &told, Some(value));
            }
            Some(Item::Notify { .. }) | None => self.terminate(vat, &told, Some(value)),
        }
        self.end(&format!("{}:{vat}:{}", under_way.crank.0, end.input));
    }

    fn fail_start(&mut self, under_way: &UnderWay, key: Option<String>, value: CapData<Kref>) {
        if let Work::Item(number) = under_way.work {
            let answer = Answer::Failed {
                code: Error::BadConfig as u8,
                value: Some(value),
            };
            self.answer(Some(Wait::Item(number)), key.as_deref(), &answer);
        }
    }

    /// The heap of the old incarnation may have been replaced: it is rebuilt from its transcript, or begun anew.
    fn back_to_old(&mut self, vat: VatId) {
        self.now.outputs.push(Output::Stop { vat });
        if self.tables.fixed.get(&vat).map(|fixed| fixed.heap) == Some(Heap::Forget) {
            self.tables
                .vats
                .update(&vat, |row| row.state = VatState::Due);
        }
    }

    /// A delivery of this vat has an end. The restart between a loss and its second try is none.
    fn forget_loss(&mut self, vat: VatId, work: Work) {
        if work != Work::Due && self.lost.is_some_and(|(lost, _)| lost == vat) {
            self.lost = None;
        }
    }

    /// There was no heap to answer: once more on a rebuilt one, then it is a fault. A heap that cannot be rebuilt, or would not be the
    /// same (`restart`, which is no loss), is replaced by a new incarnation that gets the delivery then.
    fn lose(&mut self, mut under_way: UnderWay, why: &str, restart: bool) {
        let vat = under_way.vat;
        let again = (vat, under_way.work);
        let restart = restart && under_way.start.is_none();
        let forgets = self.tables.fixed.get(&vat).map(|fixed| fixed.heap) == Some(Heap::Forget);
        if !restart && (under_way.lost || self.lost == Some(again)) {
            self.trace_why(why);
            let (reason, input) = (Reason::DeliveryFailed, String::from("lost"));
            let end = End {
                reason,
                why: String::new(),
                input,
                told: None,
            };
            return self.fault(&under_way, end);
        }
        if !restart && (under_way.start.is_some() || !forgets) {
            under_way.lost = true;
            self.under_way = Some(under_way);
            return self.hand_out();
        }
        self.trace_undone("lost", why);
        self.undo();
        if !restart {
            self.lost = Some(again);
        }
        self.tables
            .vats
            .update(&vat, |row| row.state = VatState::Due);
        self.end(&format!("{}:{vat}:lost", under_way.crank.0));
    }
}

/// Why an outcome is undone.
enum Undo {
    Fault(Fault),
    Exit(Option<CapData<Kref>>),
}
