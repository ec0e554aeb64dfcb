//! The errors that the kernel itself rejects promises with.

use core::fmt;

use crate::capdata::CapData;

/// Why the kernel itself rejects a promise. Code never matches on the texts; they are for people, and name krefs at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The target is revoked.
    ObjectRevoked,
    /// The target has no owner any more.
    ObjectDeleted,
    /// The target was a promise, and became data.
    BadPromiseResolution,
    /// The target's vat is gone.
    EndpointUnreachable,
    /// The decider was terminated.
    VatTerminated,
    /// The decider began a new incarnation.
    VatRestarted,
    /// Its vat's heap was lost twice at the same delivery.
    DeliveryFailed,
    /// A queue is full.
    QueueFull,
    /// A named limit is passed.
    LimitExceeded,
    /// The vat broke the rules of syscalls, and is terminated.
    IllegalSyscall,
    /// The vat failed, and is terminated.
    InternalError,
}

impl Reason {
    /// What stands after `KERNEL:`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ObjectRevoked => "OBJECT_REVOKED",
            Self::ObjectDeleted => "OBJECT_DELETED",
            Self::BadPromiseResolution => "BAD_PROMISE_RESOLUTION",
            Self::EndpointUnreachable => "ENDPOINT_UNREACHABLE",
            Self::VatTerminated => "VAT_TERMINATED",
            Self::VatRestarted => "VAT_RESTARTED",
            Self::DeliveryFailed => "DELIVERY_FAILED",
            Self::QueueFull => "QUEUE_FULL",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::IllegalSyscall => "VAT_FATAL:ILLEGAL_SYSCALL",
            Self::InternalError => "VAT_FATAL:INTERNAL_ERROR",
        }
    }

    /// `#{"#error":"[KERNEL:OBJECT_REVOKED] ko12","name":"Error"}` without slots. `detail`: short and the same on every run.
    pub fn value<R>(self, detail: impl fmt::Display) -> CapData<R> {
        let text = format!("[KERNEL:{}] {detail}", self.code());
        let text = serde_json::Value::from(text.trim_end());
        CapData {
            body: format!("#{{\"#error\":{text},\"name\":\"Error\"}}"),
            slots: Vec::new(),
        }
    }
}
