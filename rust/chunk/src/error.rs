//! Why bytes or a call are refused: the thirteen errors of FORMAT.md, section 1. No texts for people, no places in the input: an
//! error is a number that crosses every border unchanged.

use core::fmt;

/// Why bytes are not a stream, a segment or an index, or why a call is refused; nothing of a refused call happened. The numbers
/// are stable.
///
/// `OutOfRange` is always the caller's fault. `AfterEnd`, `TooLarge`, `TooMany` and `NotContiguous` are the caller's where a writer,
/// a builder or an index that grows gives them, and the bytes' where something is decoded. All others are the bytes'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Error {
    /// The bytes stop before they are whole.
    Truncated = 1,
    /// The first four bytes are another object's.
    BadMagic = 2,
    /// A version that is not 1.
    BadVersion = 3,
    /// A checksum differs.
    BadCrc = 4,
    /// A record kind that does not exist or may not stand here.
    BadKind = 5,
    /// A field or flag that must be zero is not.
    ReservedNotZero = 6,
    /// More bytes than a named limit.
    TooLarge = 7,
    /// Lengths contradict each other, the kind, or the bytes there are.
    LengthMismatch = 8,
    /// A segment does not start where the one before it ends.
    NotContiguous = 9,
    /// A chunk that is not in the segment, or a budget outside its limits.
    OutOfRange = 10,
    /// An LZ4 block is malformed or does not give exactly the claimed bytes.
    BadLz4 = 11,
    /// Something comes behind the end.
    AfterEnd = 12,
    /// More chunks or segments than a named limit.
    TooMany = 13,
}

impl Error {
    /// Every error by its number: `ALL[n - 1]` has the number n.
    pub const ALL: [Self; 13] = [
        Self::Truncated,
        Self::BadMagic,
        Self::BadVersion,
        Self::BadCrc,
        Self::BadKind,
        Self::ReservedNotZero,
        Self::TooLarge,
        Self::LengthMismatch,
        Self::NotContiguous,
        Self::OutOfRange,
        Self::BadLz4,
        Self::AfterEnd,
        Self::TooMany,
    ];

    /// The number, 1 to 13.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name as in FORMAT.md and in the vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::BadMagic => "bad_magic",
            Self::BadVersion => "bad_version",
            Self::BadCrc => "bad_crc",
            Self::BadKind => "bad_kind",
            Self::ReservedNotZero => "reserved_not_zero",
            Self::TooLarge => "too_large",
            Self::LengthMismatch => "length_mismatch",
            Self::NotContiguous => "not_contiguous",
            Self::OutOfRange => "out_of_range",
            Self::BadLz4 => "bad_lz4",
            Self::AfterEnd => "after_end",
            Self::TooMany => "too_many",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_count_from_one() {
        for (index, error) in Error::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(error.code()), index + 1);
            assert_eq!(error.to_string(), error.name());
        }
    }
}
