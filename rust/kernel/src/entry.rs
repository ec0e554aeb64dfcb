//! What the tables hold, entry by entry, as plain data. How an entry becomes a row is in `snapshot.rs`; what may be done with it, in
//! `crank/`.

use std::collections::BTreeSet;

use crate::capdata::CapData;
use crate::input::{Heap, WhenFull};
use crate::refs::{Kref, SubclusterId, VatId, Vref};

/// Row `k`: every counter holds the next number to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// `ko`.
    pub object: u64,
    /// `kp`.
    pub promise: u64,
    /// `v`.
    pub vat: u64,
    /// `s`.
    pub subcluster: u64,
    /// Cranks; micro-cranks of commands count.
    pub crank: u64,
    /// Service calls.
    pub call: u64,
    /// Messages: what the trace names one by.
    pub message: u64,
    /// Number of the run queue's first item.
    pub queue_head: u64,
    /// Number after the run queue's last item.
    pub queue_tail: u64,
    /// Places in the ring of krefs held for the outside.
    pub external: u64,
    /// Idempotency keys.
    pub key: u64,
    /// Vats that are to be told `bringOutYourDead`, in order.
    pub reap: Vec<VatId>,
    /// Activity hash after the last crank.
    pub hash: [u8; 32],
}

/// Who answers messages to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The vat that exported it.
    Vat(VatId),
    /// The host, by a service's name.
    Service(String),
    /// Nobody any more.
    Nobody,
}

/// Row `o/<n>`. The counts count holders: import entries of c-lists (reachable only while their bit is set), slots of queued and
/// waiting messages, slots of promise values, pins, ocap URLs, service calls, the outside's hold, and one for a living vat's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Who answers.
    pub owner: Owner,
    /// Holders that can send to it.
    pub reachable: u64,
    /// Holders that can compare it.
    pub recognizable: u64,
    /// Taken back for ever.
    pub revoked: bool,
    /// Of the holders, how many are pins.
    pub pins: u64,
    /// Its place in the ring of krefs held for the outside; 0: not there.
    pub external: u64,
}

/// Who may settle a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A vat.
    Vat(VatId),
    /// The kernel, once a service has answered.
    Kernel,
    /// Nobody yet: it is the result of a message that is under way.
    Nobody,
}

/// Who is told when a promise settles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subscriber {
    /// A vat, by a notify.
    Vat(VatId),
    /// The launch of a subcluster, of whose `bootstrap` it is the result.
    Launch(SubclusterId),
    /// Whoever repeats the command of this idempotency key (SHA-256, 64 digits of hex).
    Key(String),
}

/// Where a promise stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not settled.
    Unresolved {
        /// Who may settle it.
        decider: Decider,
        /// Who is told.
        subscribers: BTreeSet<Subscriber>,
    },
    /// Settled with a value.
    Fulfilled(CapData<Kref>),
    /// Settled with a reason.
    Rejected(CapData<Kref>),
}

/// Row `p/<n>`. `count` counts holders: entries of c-lists, slots and results of queued and waiting messages, their target, slots of
/// promise values, notifies under way, calls, the outside's hold, a command that waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Where it stands.
    pub state: State,
    /// Holders.
    pub count: u64,
    /// Its place in the ring of krefs held for the outside; 0: not there.
    pub external: u64,
}

/// Row `c/<vat>/<kref>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CListEntry {
    /// The vat's name for it.
    pub vref: Vref,
    /// Import: the vat can send to it. Export: the vat was not told `dropExports` since it last named it. Promise: always.
    pub reachable: bool,
}

/// Row `q/<n>` (run queue), and of the first kind `w/<promise>/<n>` (waiting on a promise).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message.
    Send {
        /// Its number for the trace, kept while it moves from queue to queue.
        message: u64,
        /// Object or promise.
        target: Kref,
        /// `[method, args]`.
        methargs: CapData<Kref>,
        /// The promise for its answer.
        result: Option<Kref>,
    },
    /// A vat is told of a settled promise.
    Notify {
        /// Who.
        vat: VatId,
        /// Of which.
        promise: Kref,
    },
    /// The first start of a launched vat.
    Start {
        /// Which.
        vat: VatId,
    },
    /// A new incarnation that a command asked for.
    Restart {
        /// Which.
        vat: VatId,
        /// The idempotency key of the command.
        key: Option<String>,
    },
    /// A new incarnation of other code.
    Upgrade {
        /// Which.
        vat: VatId,
        /// As in `VatSpec`.
        bundle: String,
        /// As in `VatSpec`.
        parameters: CapData<Kref>,
        /// As in `VatSpec`.
        config: String,
        /// The idempotency key of the command.
        key: Option<String>,
    },
}

/// How a vat lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VatState {
    /// Launched, its first start is in the run queue.
    Starting,
    /// It takes deliveries.
    Running,
    /// It is restarted before anything else is delivered to it.
    Due,
    /// Terminated; its c-list is being let go in steps.
    Dying,
}

/// Row `v/<n>`: what changes with every delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vat {
    /// How it lives.
    pub state: VatState,
    /// Heaps so far; 0 before the first start.
    pub incarnation: u64,
    /// Deliveries of this incarnation.
    pub seq: u64,
    /// Next `o-`.
    pub object: u64,
    /// Next `p-`.
    pub promise: u64,
    /// Bytes of its store.
    pub stored: u64,
    /// Bytes of its transcript; 0 when none is kept.
    pub transcript: u64,
}

/// Row `f/<n>`: what a vat is made of; changes with an upgrade only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Where it belongs.
    pub subcluster: SubclusterId,
    /// Its name there.
    pub name: String,
    /// As in `VatSpec`.
    pub bundle: String,
    /// As in `VatSpec`.
    pub parameters: CapData<Kref>,
    /// As in `VatSpec`.
    pub config: String,
    /// As in `VatSpec`.
    pub heap: Heap,
    /// As in `VatSpec`.
    pub when_full: WhenFull,
}

/// Row `g/<n>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subcluster {
    /// As in `Launch`.
    pub config: String,
    /// Its bootstrap vat.
    pub bootstrap: VatId,
    /// Name and vat, in config order; terminated vats leave.
    pub vats: Vec<(String, VatId)>,
    /// `Some`: the launch is not answered; the result of `bootstrap`.
    pub launching: Option<Kref>,
    /// The idempotency key of the launch, while it is not answered.
    pub key: Option<String>,
}

/// Kinds of garbage collection, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// To the owner: nobody reaches it.
    DropExports,
    /// To the owner: nobody recognises it.
    RetireExports,
    /// To whoever recognises it: the owner let it go.
    RetireImports,
}

/// Row `e/<n>`: a service call not yet answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service's name.
    pub service: String,
    /// `[method, args]`.
    pub methargs: CapData<Kref>,
    /// The promise for its answer.
    pub result: Option<Kref>,
}

/// Row `x/<sha-256 of the key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// Its place in the order of keys.
    pub number: u64,
    /// The first 16 digits of hex of the SHA-256 of the command, encoded.
    pub digest: String,
    /// The answer, encoded; `None`: not answered yet. An answered one is not kept in RAM.
    pub answer: Option<String>,
}
