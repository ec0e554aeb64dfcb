//! What goes out: deliveries to vats at once, calls and replies after their batch, and batches of rows.

use serde::{Deserialize, Serialize};

use crate::capdata::CapData;
use crate::error::Error;
use crate::input::CommandId;
use crate::refs::{Kref, SubclusterId, VatId, Vref};

/// The number of a crank, rising, never used twice for a committed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrankId(pub u64);

/// The number of a batch, from 1 since the machine was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// One thing a vat is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// `["startVat", capdata, [vref, ...]]`: always number 1 of an incarnation. The list: what the vat imports from earlier incarnations.
    StartVat(CapData<Vref>, Vec<Vref>),
    /// `["message", target, {"methargs": capdata, "result": vref | null}]`
    Message {
        /// An export of the vat.
        target: Vref,
        /// `[method, args]`.
        methargs: CapData<Vref>,
        /// The vat decides it from now on.
        result: Option<Vref>,
    },
    /// `["notify", [[vref, rejected, capdata], ...]]`
    Notify(Vec<(Vref, bool, CapData<Vref>)>),
    /// `["dropExports", [vref, ...]]`: nobody reaches them.
    DropExports(Vec<Vref>),
    /// `["retireExports", [vref, ...]]`: nobody recognises them.
    RetireExports(Vec<Vref>),
    /// `["retireImports", [vref, ...]]`: their owner let them go.
    RetireImports(Vec<Vref>),
    /// `["bringOutYourDead"]`
    BringOutYourDead,
}

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Answer {
    /// The result was fulfilled.
    Value {
        /// With krefs that are held outside from now on.
        value: CapData<Kref>,
    },
    /// The result was rejected.
    Rejected {
        /// With krefs that are held outside from now on.
        value: CapData<Kref>,
    },
    /// It is done.
    Done,
    /// An object.
    Kref {
        /// Held outside from now on.
        kref: Kref,
    },
    /// A subcluster runs.
    Launched {
        /// Its name.
        subcluster: SubclusterId,
        /// The root of its bootstrap vat.
        root: Kref,
        /// What `bootstrap` answered.
        result: CapData<Kref>,
    },
    /// It could not be done.
    Failed {
        /// The number of the `Error`.
        code: u8,
        /// The reason that stood in the way, if a vat gave one.
        value: Option<CapData<Kref>>,
    },
}

impl Answer {
    /// `Failed` without a reason of a vat's.
    pub const fn failed(error: Error) -> Self {
        Self::Failed {
            code: error as u8,
            value: None,
        }
    }
}

/// What leaves the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A fresh heap is to be made for the vat; the delivery `StartVat` follows. May leave before its batch.
    Start {
        /// Which.
        vat: VatId,
        /// From 1.
        incarnation: u64,
        /// As in `VatSpec`.
        bundle: String,
    },
    /// One delivery; its outcome must come before anything else is delivered. May leave before its batch.
    Deliver {
        /// To be named by the outcome.
        crank: CrankId,
        /// To whom.
        vat: VatId,
        /// Its number in the incarnation, from 1. A heap that has not seen exactly the ones before is to be rebuilt first.
        seq: u64,
        /// What.
        delivery: Delivery,
    },
    /// The vat's heap is of no use any more. May leave before its batch.
    Stop {
        /// Which.
        vat: VatId,
    },
    /// A call of a service; answered by `Command::ServiceResult`. Only after its batch; again after a crash.
    Call {
        /// The call's number: the key to drop doubles by.
        call: u64,
        /// The service's name.
        service: String,
        /// `[method, args]`.
        methargs: CapData<Kref>,
    },
    /// The answer to a command. Only after its batch.
    Reply {
        /// Whose.
        command: CommandId,
        /// What.
        answer: Answer,
    },
}

/// Rows to be written as one: first whole prefixes go, then keys, then the sets stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// To be given to `handle_committed`.
    pub id: BatchId,
    /// Every row whose key begins with one of these goes.
    pub wipes: Vec<String>,
    /// These rows go.
    pub deletes: Vec<String>,
    /// These rows stand.
    pub sets: Vec<(String, String)>,
}
