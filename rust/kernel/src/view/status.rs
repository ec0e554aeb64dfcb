//! `getStatus`: subclusters and vats as they were configured, and how far the kernel is. Its shape is `KernelStatus` of
//! worker-ts/src/kernel/kernel.ts; what only the host knows, the host adds.

use serde::Serialize;
use serde_json::Value;

use crate::entry::{Fixed, Vat, VatState};
use crate::input::Heap;
use crate::refs::{SubclusterId, VatId};
use crate::state::KernelMachine;
use crate::text::to_hex;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    subclusters: Vec<SubclusterStatus>,
    vats: Vec<VatStatus>,
    remote_comms: RemoteComms,
    kernel: KernelCounters,
}

#[derive(Serialize)]
struct SubclusterStatus {
    id: SubclusterId,
    config: Value,
    vats: Vec<VatId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VatStatus {
    id: VatId,
    config: Value,
    subcluster_id: SubclusterId,
    incarnation: u64,
    transcript: Transcript,
    clist: usize,
}

#[derive(Serialize)]
struct Transcript {
    deliveries: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct RemoteComms {
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KernelCounters {
    crank: u64,
    activity_hash: String,
    queue: usize,
}

/// A configuration as it was given: JSON again if it was JSON.
fn embedded(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

impl KernelMachine {
    /// `getStatus`, as JSON text.
    pub fn status(&self) -> String {
        let subclusters = self.tables.subclusters.iter();
        let living = self
            .tables
            .vats
            .iter()
            .filter(|row| row.1.state != VatState::Dying);
        let status = Status {
            subclusters: subclusters
                .map(|(id, row)| SubclusterStatus {
                    id: *id,
                    config: embedded(&row.config),
                    vats: row.vats.iter().map(|(_, vat)| *vat).collect(),
                })
                .collect(),
            vats: living
                .filter_map(|(id, vat)| Some(self.vat_status(*id, vat, self.tables.fixed.get(id)?)))
                .collect(),
            remote_comms: RemoteComms {
                state: "disconnected",
            },
            kernel: KernelCounters {
                crank: self.tables.counters.crank - 1,
                activity_hash: to_hex(&self.tables.counters.hash),
                queue: self.tables.queue.len(),
            },
        };
        serde_json::to_string(&status).unwrap_or_default()
    }

    fn vat_status(&self, id: VatId, vat: &Vat, fixed: &Fixed) -> VatStatus {
        VatStatus {
            id,
            config: embedded(&fixed.config),
            subcluster_id: fixed.subcluster,
            incarnation: vat.incarnation,
            transcript: Transcript {
                deliveries: if fixed.heap == Heap::Replay {
                    vat.seq
                } else {
                    0
                },
                bytes: vat.transcript,
            },
            clist: self.tables.clist_len(id),
        }
    }
}
