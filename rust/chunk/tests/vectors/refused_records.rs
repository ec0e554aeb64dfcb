//! Streams that are refused.

use chunk::Error;

use super::rejects::{Reject, Subject, reject};
use crate::plain::{claim, data, end, other_block, record, start, stream, with};

pub fn rows() -> Vec<Reject> {
    const CLAIM: usize = (8 << 20) + 1;
    let words = [b"one".to_vec(), vec![], b"three".to_vec()];
    let whole = stream(0, &words);
    let after = |records: &[Vec<u8>]| [start(0), records.concat()].concat();
    let cases: Vec<(&str, Vec<u8>, Error)> = vec![
        ("records-nothing", vec![], Error::Truncated),
        ("records-cut-head", whole[..15].to_vec(), Error::Truncated),
        (
            "records-cut-body",
            whole[..24 + 18].to_vec(),
            Error::Truncated,
        ),
        (
            "records-no-end",
            whole[..whole.len() - 16].to_vec(),
            Error::Truncated,
        ),
        ("records-without-start", data(b"x"), Error::BadKind),
        ("records-end-without-start", end(), Error::BadKind),
        ("records-start-twice", after(&[start(0)]), Error::BadKind),
        (
            "records-lz4",
            after(&[record(2, &other_block(&[0; 300]), 300)]),
            Error::BadKind,
        ),
        (
            "records-kind-4",
            after(&[record(4, b"x", 1)]),
            Error::BadKind,
        ),
        ("records-kind-255", record(255, b"", 0), Error::BadKind),
        (
            "records-reserved-1",
            after(&[claim([1, 1, 0, 0], b"x", 1, 1)]),
            Error::ReservedNotZero,
        ),
        (
            "records-reserved-2",
            after(&[claim([3, 0, 1, 0], b"", 0, 0)]),
            Error::ReservedNotZero,
        ),
        (
            "records-reserved-3",
            claim([0, 0, 0, 0x80], &[0; 8], 8, 8),
            Error::ReservedNotZero,
        ),
        (
            "records-8-mib-and-one",
            after(&[claim([1, 0, 0, 0], b"", CLAIM, CLAIM)]),
            Error::TooLarge,
        ),
        (
            "records-4-gib",
            after(&[claim([1, 0, 0, 0], b"", 0xffff_ffff, 0xffff_ffff)]),
            Error::TooLarge,
        ),
        (
            "records-raw-too-large",
            after(&[claim([1, 0, 0, 0], b"x", 1, CLAIM)]),
            Error::TooLarge,
        ),
        (
            "records-raw-longer",
            after(&[record(1, b"x", 2)]),
            Error::LengthMismatch,
        ),
        (
            "records-raw-shorter",
            after(&[record(1, b"x", 0)]),
            Error::LengthMismatch,
        ),
        (
            "records-start-of-7",
            record(0, &[0; 7], 7),
            Error::LengthMismatch,
        ),
        (
            "records-start-of-9",
            record(0, &[0; 9], 9),
            Error::LengthMismatch,
        ),
        (
            "records-start-raw",
            record(0, &[0; 8], 9),
            Error::LengthMismatch,
        ),
        (
            "records-start-stored",
            record(0, &[0; 9], 8),
            Error::LengthMismatch,
        ),
        (
            "records-end-stored",
            after(&[record(3, b"x", 0)]),
            Error::LengthMismatch,
        ),
        (
            "records-end-with-body",
            after(&[record(3, b"x", 1)]),
            Error::LengthMismatch,
        ),
        (
            "records-end-raw",
            after(&[record(3, b"", 1)]),
            Error::LengthMismatch,
        ),
        (
            "records-crc",
            with(&whole, 12, &[!whole[12]]),
            Error::BadCrc,
        ),
        (
            "records-crc-of-head",
            with(&whole, 24 + 4, &[2, 0, 0, 0, 2]),
            Error::BadCrc,
        ),
        (
            "records-crc-of-body",
            with(&whole, 24 + 16, b"x"),
            Error::BadCrc,
        ),
        ("records-start-2-53", start(1 << 53), Error::TooMany),
        ("records-start-2-64", start(u64::MAX), Error::TooMany),
        (
            "records-index-2-53",
            [start((1 << 53) - 1), data(b"x")].concat(),
            Error::TooMany,
        ),
        (
            "records-one-byte-behind",
            [&whole[..], &[0]].concat(),
            Error::AfterEnd,
        ),
        (
            "records-end-twice",
            [whole, end()].concat(),
            Error::AfterEnd,
        ),
    ];
    let row = |(name, bytes, error)| reject(name, Subject::Records(bytes), error);
    cases.into_iter().map(row).collect()
}
