//! What the machine refuses, as numbers that cross every border unchanged.

use core::fmt;

/// Why an input is refused; nothing of it happened. The numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Error {
    /// A kref, vref, vat or subcluster name is malformed.
    BadRef = 1,
    /// A command is not one of the commands, or a field of it is malformed.
    BadCommand = 2,
    /// An outcome is not an outcome.
    BadOutcome = 3,
    /// A stored row is malformed or contradicts another: the store is damaged.
    BadRow = 4,
    /// CapData is malformed.
    BadCapData = 5,
    /// No such object or promise.
    UnknownKref = 6,
    /// No such vat, or it is terminated.
    UnknownVat = 7,
    /// No such subcluster.
    UnknownSubcluster = 8,
    /// A service that the kernel does not have.
    UnknownService = 9,
    /// An ocap URL that was not issued here.
    UnknownUrl = 10,
    /// The acceptance queue or the run queue is full.
    QueueFull = 11,
    /// A named limit (`limit.rs`) is passed.
    LimitExceeded = 12,
    /// Promises are not revoked, pinned or put into URLs.
    NotAnObject = 13,
    /// An outcome for a crank that is not under way.
    WrongCrank = 14,
    /// A batch that is not the oldest one under way.
    WrongBatch = 15,
    /// The idempotency key was used with another command.
    KeyMismatch = 16,
    /// The idempotency key's command was answered; the answer stands in its row.
    KeyAnswered = 17,
    /// A configuration contradicts itself: no bootstrap vat of that name, a vat twice.
    BadConfig = 18,
    /// A call of a service that is not under way.
    UnknownCall = 19,
    /// The object is revoked.
    Revoked = 20,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

impl core::error::Error for Error {}
