//! What the machine is made of, as plain data: the tables, what is under way, what waits to leave. What it does is in `machine.rs` and
//! `crank/`, what is shown of it in `view/`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::input::{Command, CommandId};
use crate::output::{BatchId, CrankId, Delivery, Output};
use crate::refs::{SubclusterId, VatId};
use crate::step::{Step, Trace};
use crate::table::pending::Pending;
use crate::table::tables::Tables;

/// Why a vat has something delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It was due to be restarted.
    Due,
    /// The item of the run queue with this number.
    Item(u64),
    /// Garbage collection.
    Gc,
    /// `bringOutYourDead`.
    Reap,
}

/// The delivery that waits for its outcome.
#[derive(Debug)]
pub struct UnderWay {
    pub crank: CrankId,
    pub vat: VatId,
    pub seq: u64,
    pub delivery: Delivery,
    /// The heap that it needs made first: incarnation and bundle.
    pub start: Option<(u64, String)>,
    pub work: Work,
    /// Its heap was lost once already.
    pub lost: bool,
}

/// What the crank under way leaves when it stays, besides rows.
#[derive(Debug, Default)]
pub struct Now {
    pub outputs: Vec<Output>,
    /// Subclusters whose launch failed: they end with the crank.
    pub doomed: Vec<SubclusterId>,
    /// Idempotency keys whose callers are answered.
    pub answered: Vec<String>,
    /// Every row but the counters goes.
    pub cleared: bool,
    pub step: Option<Step>,
}

/// A command that waits for its crank.
#[derive(Debug)]
pub struct Accepted {
    /// Whoever gave it, and whoever repeated it meanwhile.
    pub ids: Vec<CommandId>,
    /// Hash of its idempotency key, and the command's digest.
    pub key: Option<(String, String)>,
    pub command: Command,
}

/// An object-capability kernel.
///
/// Poll until `None`; if a `Deliver` came, its outcome is the next thing that moves the machine. Commands may come at any time.
#[derive(Debug)]
pub struct KernelMachine {
    pub(crate) tables: Tables,
    pub(crate) pending: Pending,
    pub(crate) now: Now,
    pub(crate) under_way: Option<UnderWay>,
    /// A vat that forgets lost its heap at this delivery: the second time is a fault.
    pub(crate) lost: Option<(VatId, Work)>,
    /// The start under way answers a command, with or without an idempotency key.
    pub(crate) starting: Option<Option<String>>,
    pub(crate) accepted: VecDeque<Accepted>,
    /// Commands accepted since the last delivery.
    pub(crate) taken: usize,
    /// Who waits for the command of an idempotency key.
    pub(crate) keyed: BTreeMap<String, Vec<CommandId>>,
    /// Whether somebody waits until nothing is left to do.
    pub(crate) garbage: bool,
    /// The same by idempotency key.
    pub(crate) garbage_keys: Vec<String>,
    pub(crate) services: BTreeSet<String>,
    pub(crate) allowance: u64,
    pub(crate) ready: VecDeque<Output>,
    /// Waits for the next batch.
    pub(crate) held: Vec<Output>,
    pub(crate) closed: VecDeque<(BatchId, Vec<Output>)>,
    pub(crate) batches: u64,
    pub(crate) trace: Trace,
}

impl Default for KernelMachine {
    fn default() -> Self {
        Self {
            tables: Tables::default(),
            pending: Pending::default(),
            now: Now::default(),
            under_way: None,
            lost: None,
            starting: None,
            accepted: VecDeque::new(),
            taken: 0,
            keyed: BTreeMap::new(),
            garbage: false,
            garbage_keys: Vec::new(),
            services: BTreeSet::new(),
            allowance: u64::MAX,
            ready: VecDeque::new(),
            held: Vec::new(),
            closed: VecDeque::new(),
            batches: 0,
            trace: Trace::default(),
        }
    }
}
