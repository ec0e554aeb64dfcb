//! What comes in: commands from outside, outcomes from vats.

use serde::{Deserialize, Serialize};

use crate::capdata::CapData;
use crate::refs::{Kref, SubclusterId, VatId, Vref};

/// The host's number for a command, given back with its answer. Not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// What becomes of a vat whose heap is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Heap {
    /// Rebuilt from the transcript.
    Replay,
    /// Restarted: no transcript is kept.
    Forget,
}

/// What becomes of a vat whose transcript is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WhenFull {
    /// Restarted, at its next quiet point or at the hard bound.
    Restart,
    /// New messages to it reject with `LIMIT_EXCEEDED`.
    Refuse,
}

/// How a vat is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VatSpec {
    /// Its name inside the subcluster.
    pub name: String,
    /// Where its code comes from, as the host understands it; opaque here.
    pub bundle: String,
    /// What its `buildRootObject` gets, without slots.
    pub parameters: CapData<Kref>,
    /// Its configuration as it was given, JSON text, shown by the status.
    pub config: String,
    /// Replay or forget.
    pub heap: Heap,
    /// Restart or refuse.
    pub when_full: WhenFull,
}

/// What the outside asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Command {
    /// Starts a subcluster of vats and calls `bootstrap(roots, services)` of one of them. Answer: `Launched`.
    Launch {
        /// The whole configuration as it was given, JSON text, shown by the status.
        config: String,
        /// The name of the vat whose root is called.
        bootstrap: String,
        /// Names of services handed to `bootstrap`.
        services: Vec<String>,
        /// In the order of start.
        vats: Vec<VatSpec>,
    },
    /// Ends every vat of a subcluster. Answer: `Done`.
    TerminateSubcluster {
        /// Which.
        subcluster: SubclusterId,
    },
    /// Ends one vat. Answer: `Done`.
    TerminateVat {
        /// Which.
        vat: VatId,
    },
    /// Ends every vat. Answer: `Done`.
    TerminateAll,
    /// A new incarnation of the same code. Answer: `Done`, or `Failed` when its start fails (the vat is then terminated).
    RestartVat {
        /// Which.
        vat: VatId,
    },
    /// A new incarnation of other code. Answer: `Done`, or `Failed` when its start fails: the old incarnation then goes on.
    UpgradeVat {
        /// Which.
        vat: VatId,
        /// As in `VatSpec`.
        bundle: String,
        /// As in `VatSpec`.
        parameters: CapData<Kref>,
        /// As in `VatSpec`.
        config: String,
    },
    /// A message to an object or to what a promise becomes. Answer: `Value` or `Rejected`, when its result settles.
    Send {
        /// Object or promise.
        target: Kref,
        /// `[method, args]`.
        methargs: CapData<Kref>,
    },
    /// Takes back an object for ever. Answer: `Done`.
    Revoke {
        /// An object.
        kref: Kref,
    },
    /// Holds an object until it is unpinned as often. Answer: `Done`.
    Pin {
        /// An object.
        kref: Kref,
    },
    /// Undoes one `Pin`. Answer: `Done`.
    Unpin {
        /// An object.
        kref: Kref,
    },
    /// Lets go of a kref that an answer brought outside. Answer: `Done`, also when it was not held.
    ReleaseExternal {
        /// Object or promise.
        kref: Kref,
    },
    /// Puts an object under the hash of a secret that the host made. Answer: `Done`.
    IssueUrl {
        /// An object.
        kref: Kref,
        /// SHA-256 of the token, 64 digits of hex.
        token: String,
    },
    /// The object under a hash. Answer: `Kref`, or `Failed(UnknownUrl)`.
    RedeemUrl {
        /// SHA-256 of the token, 64 digits of hex.
        token: String,
    },
    /// What a service answered to a `Call`. Answer: `Done`.
    ServiceResult {
        /// The call's number.
        call: u64,
        /// Whether `value` is the reason of a rejection.
        rejected: bool,
        /// The value.
        value: CapData<Kref>,
    },
    /// Sends `bringOutYourDead` to every vat and runs until nothing is left to do. Answer: `Done`, then.
    CollectGarbage,
    /// Ends everything and wipes every row but the counters. Answer: `Done`.
    Clear,
}

/// One change of a vat's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// At most `VATSTORE_KEY_BYTES_MAX`.
    pub key: String,
    /// `None` deletes.
    pub value: Option<String>,
    /// What the key held when the incarnation began; told with the first change of the key in an incarnation and only then.
    /// `Some(None)`: it did not exist.
    pub base: Option<Option<String>>,
}

/// One settled promise, as the vat tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution(
    /// The promise.
    pub Vref,
    /// Whether it is rejected.
    pub bool,
    /// Value or reason.
    pub CapData<Vref>,
);

/// What a vat asks of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Syscall {
    /// `["send", target, {"methargs": capdata, "result": vref | null}]`
    Send {
        /// Object or promise.
        target: Vref,
        /// `[method, args]`.
        methargs: CapData<Vref>,
        /// A promise the vat makes for the answer.
        result: Option<Vref>,
    },
    /// `["subscribe", vref]`
    Subscribe(Vref),
    /// `["resolve", [[vref, rejected, capdata], ...]]`
    Resolve(Vec<Resolution>),
    /// `["exit", failure, capdata]`
    Exit {
        /// Whether the crank is undone.
        failure: bool,
        /// Told to whoever waits.
        info: CapData<Vref>,
    },
    /// `["dropImports", [vref, ...]]`
    DropImports(Vec<Vref>),
    /// `["retireImports", [vref, ...]]`
    RetireImports(Vec<Vref>),
    /// `["retireExports", [vref, ...]]`
    RetireExports(Vec<Vref>),
    /// `["abandonExports", [vref, ...]]`
    AbandonExports(Vec<Vref>),
}

/// All that one delivery caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The vat ran to the end of the delivery.
    Done {
        /// In order.
        syscalls: Vec<Syscall>,
        /// Net changes of the vat's store.
        changes: Vec<Change>,
        /// Bytes of all keys and values of the vat's store after it.
        stored: u64,
        /// The runtime's hash of this outcome, compared on replay.
        hash: [u8; 8],
        /// The vat asks to be restarted after this crank (`restartAfterCrank()`).
        restart: bool,
    },
    /// The vat broke a rule that only its host can see.
    VatFault {
        /// For people.
        why: String,
    },
    /// There is no heap that could have answered.
    HeapLost {
        /// For people.
        why: String,
        /// A rebuilt heap would not be the same either: the vat is restarted before it is delivered to again, and this is no loss.
        restart: bool,
    },
}
