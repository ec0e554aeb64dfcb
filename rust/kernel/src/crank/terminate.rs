//! The end of a vat: at once for everybody else, in steps for its c-list.

use crate::capdata::CapData;
use crate::entry::VatState;
use crate::limit::CLEANUP_ROWS;
use crate::output::Output;
use crate::refs::{Kref, SubclusterId, VatId, Vref};
use crate::snapshot::{base_prefix, store_prefix, transcript_prefix};
use crate::state::KernelMachine;
use crate::table::pending::Change;

use super::command::terminated;

impl KernelMachine {
    /// Ends a vat: what it decides is rejected with `told`, its root is no longer held, its subcluster's launch fails if it is under way
    /// (with `why`, or what is told). Its c-list goes in steps; until then messages to its exports are `ENDPOINT_UNREACHABLE`.
    pub(crate) fn terminate(
        &mut self,
        vat: VatId,
        told: &CapData<Kref>,
        why: Option<CapData<Kref>>,
    ) {
        if !self.is_alive(vat) {
            return;
        }
        self.tables
            .vats
            .update(&vat, |row| row.state = VatState::Dying);
        self.now.outputs.push(Output::Stop { vat });
        self.drop_actions(vat);
        self.tables.counters.reap.retain(|other| *other != vat);
        if let Some(root) = self.tables.known(vat, Vref::ROOT) {
            self.tables.free(root);
        }
        if let Some(subcluster) = self.tables.fixed.get(&vat).map(|fixed| fixed.subcluster) {
            self.leave(subcluster, vat, why.unwrap_or_else(|| told.clone()));
        }
        self.reject_decided(vat, told);
    }

    /// The vat leaves its subcluster; the last one takes it along.
    fn leave(&mut self, subcluster: SubclusterId, vat: VatId, why: CapData<Kref>) {
        let left = self.tables.subclusters.update(&subcluster, |row| {
            row.vats.retain(|(_, other)| *other != vat);
            (row.vats.len(), row.launching.is_some())
        });
        let Some((left, launching)) = left else {
            return;
        };
        if launching {
            self.launch_failed(subcluster, why);
        }
        if left == 0 {
            self.tables.subclusters.take(&subcluster);
        }
    }

    /// Ends every vat of a subcluster, in config order.
    pub(crate) fn terminate_subcluster(
        &mut self,
        subcluster: SubclusterId,
        why: Option<&CapData<Kref>>,
    ) {
        let Some(row) = self.tables.subclusters.get(&subcluster) else {
            return;
        };
        for (_, vat) in row.vats.clone() {
            self.terminate(vat, &terminated(vat), why.cloned());
        }
    }

    /// Ends every vat.
    pub(crate) fn terminate_all(&mut self) {
        let subclusters: Vec<_> = self.tables.subclusters.iter().map(|(id, _)| *id).collect();
        for subcluster in subclusters {
            self.terminate_subcluster(subcluster, None);
        }
    }

    /// The subclusters whose launch failed in this crank.
    pub(crate) fn end_doomed(&mut self) {
        while !self.now.doomed.is_empty() {
            let subcluster = self.now.doomed.remove(0);
            self.terminate_subcluster(subcluster, None);
        }
    }

    /// Lets go of some of a dead vat's c-list; at its end the vat's rows go.
    pub(crate) fn run_cleanup(&mut self, vat: VatId) {
        let crank = self.begin();
        let entries: Vec<_> = self
            .tables
            .clist(vat)
            .take(CLEANUP_ROWS)
            .map(|(kref, _)| kref)
            .collect();
        for kref in entries {
            self.tables.forget(vat, kref);
        }
        self.trace_cleanup(crank, vat);
        if self.tables.clist_len(vat) == 0 {
            self.tables.vats.take(&vat);
            self.tables.fixed.take(&vat);
            for prefix in [store_prefix(vat), base_prefix(vat), transcript_prefix(vat)] {
                self.pending.stage(Change::Wipe(prefix));
            }
        }
        self.end("");
    }
}
