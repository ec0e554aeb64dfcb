//! Why a frame is refused: the twenty reasons of PROTOCOL.md, section 4, and the ERROR to answer each with (section 12).
//! No texts for people, no places in the input: a reason is a number that crosses every border unchanged.

use core::fmt;

/// Why bytes are not a frame, or a frame may not be written. The number is the reason of section 4 and the order of checks.
///
/// Writers use the same reasons: `TooLarge` for a frame that is over the limit of its direction or does not fit the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Error {
    /// Fewer than `FRAME_BYTES_MIN` bytes.
    TooShort = 1,
    /// More bytes than the direction allows.
    TooLarge = 2,
    /// Byte 0 is not 0x57.
    BadMagic = 3,
    /// Byte 1 is not 0x01.
    BadVersion = 4,
    /// The checksum differs.
    BadCrc = 5,
    /// A flag bit outside LZ4 and EXT is set.
    ReservedFlag = 6,
    /// A kind that is not assigned and may not be skipped.
    UnknownKind = 7,
    /// The kind may not travel this way.
    WrongDirection = 8,
    /// A varint is over-long, too large or runs off its space.
    BadVarint = 9,
    /// The id has a wrong length, runs off the frame, or is there or missing against the kind.
    BadId = 10,
    /// `seq` or `sender` stands against the kind or the direction.
    BadStamp = 11,
    /// The ext section is malformed, or a known entry in it.
    BadExt = 12,
    /// An unknown ext entry that must be understood.
    UnknownExt = 13,
    /// The lengths of the body section contradict the frame or each other.
    BadLength = 14,
    /// The body is over the limit of its direction.
    BodyTooLarge = 15,
    /// The LZ4 block is malformed or does not give exactly the claimed bytes.
    BadLz4 = 16,
    /// The body breaks the layout of its kind.
    BadBody = 17,
    /// More than a named limit inside the body.
    OverLimit = 18,
    /// A string is not valid UTF-8.
    BadUtf8 = 19,
    /// A frame inside a BATCH or HISTORY_PAGE is refused.
    BadInner = 20,
}

/// The ERROR frame a server answers a refused frame with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Code of section 12; the close code is 4000 more.
    pub code: u16,
    /// Whether the connection is closed after it.
    pub fatal: bool,
}

const BAD_FRAME: u16 = 1;
const BAD_CRC: u16 = 2;
const UNSUPPORTED: u16 = 3;
const TOO_LARGE: u16 = 4;

impl Error {
    /// Every reason, in the order of checks: `ALL[n - 1]` has the number n.
    pub const ALL: [Self; 20] = [
        Self::TooShort,
        Self::TooLarge,
        Self::BadMagic,
        Self::BadVersion,
        Self::BadCrc,
        Self::ReservedFlag,
        Self::UnknownKind,
        Self::WrongDirection,
        Self::BadVarint,
        Self::BadId,
        Self::BadStamp,
        Self::BadExt,
        Self::UnknownExt,
        Self::BadLength,
        Self::BodyTooLarge,
        Self::BadLz4,
        Self::BadBody,
        Self::OverLimit,
        Self::BadUtf8,
        Self::BadInner,
    ];

    /// Number of the reason, 1 to 20.
    #[must_use]
    pub const fn reason(self) -> u8 {
        self as u8
    }

    /// Name of the reason as in section 4 and in the vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLarge => "too_large",
            Self::BadMagic => "bad_magic",
            Self::BadVersion => "bad_version",
            Self::BadCrc => "bad_crc",
            Self::ReservedFlag => "reserved_flag",
            Self::UnknownKind => "unknown_kind",
            Self::WrongDirection => "wrong_direction",
            Self::BadVarint => "bad_varint",
            Self::BadId => "bad_id",
            Self::BadStamp => "bad_stamp",
            Self::BadExt => "bad_ext",
            Self::UnknownExt => "unknown_ext",
            Self::BadLength => "bad_length",
            Self::BodyTooLarge => "body_too_large",
            Self::BadLz4 => "bad_lz4",
            Self::BadBody => "bad_body",
            Self::OverLimit => "over_limit",
            Self::BadUtf8 => "bad_utf8",
            Self::BadInner => "bad_inner",
        }
    }

    /// What a server answers: the code column of section 4 with the fatal column of section 12.
    #[must_use]
    pub const fn answer(self) -> Answer {
        let (code, fatal) = match self {
            Self::BadCrc => (BAD_CRC, true),
            Self::BadVersion | Self::ReservedFlag => (UNSUPPORTED, true),
            Self::UnknownKind | Self::UnknownExt => (UNSUPPORTED, false),
            Self::TooLarge | Self::BodyTooLarge => (TOO_LARGE, true),
            Self::OverLimit => (TOO_LARGE, false),
            _ => (BAD_FRAME, true),
        };
        Answer { code, fatal }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn reasons_count_from_one_in_the_order_of_checks() {
        for (index, error) in Error::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(error.reason()), index + 1);
            assert_eq!(error.to_string(), error.name());
        }
    }

    /// The code column of section 4 and the fatal column of section 12, by reason.
    #[test]
    fn answers_as_the_page_says() {
        let codes = [1, 4, 1, 3, 2, 3, 3, 1, 1, 1, 1, 1, 3, 1, 4, 1, 1, 4, 1, 1];
        let harmless = [Error::UnknownKind, Error::UnknownExt, Error::OverLimit];
        for (error, code) in Error::ALL.into_iter().zip(codes) {
            let fatal = !harmless.contains(&error);
            assert_eq!(error.answer(), Answer { code, fatal }, "{error}");
        }
    }
}
