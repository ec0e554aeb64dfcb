//! Segments that are refused, and good ones that are asked for what they do not have; also budgets.

use chunk::Error;

use super::rejects::{Reject, Subject, reject};
use super::segments::noise;
use crate::plain::{claim, data, end, other_block, record, seal_segment, segment, start, with};

pub fn rows() -> Vec<Reject> {
    let mut all = of_segments();
    all.extend(of_segment_records());
    all.extend(of_calls());
    all
}

fn of_segments() -> Vec<Reject> {
    let good = segment(4, 0, &[data(b"one"), data(b""), data(b"three")]);
    let len = good.len();
    let sealed = |at: usize, by: &[u8]| {
        let mut bytes = with(&good, at, by);
        seal_segment(&mut bytes);
        bytes
    };
    let le = |value: u32| value.to_le_bytes();
    let cases: Vec<(&str, Vec<u8>, Error)> = vec![
        ("segment-nothing", vec![], Error::Truncated),
        ("segment-cut-header", good[..31].to_vec(), Error::Truncated),
        (
            "segment-header-alone",
            good[..32].to_vec(),
            Error::Truncated,
        ),
        (
            "segment-without-offsets",
            good[..len - 16].to_vec(),
            Error::Truncated,
        ),
        (
            "segment-one-byte-less",
            good[..len - 1].to_vec(),
            Error::Truncated,
        ),
        (
            "segment-magic-of-index",
            sealed(0, b"FIX1"),
            Error::BadMagic,
        ),
        ("segment-version-2", sealed(4, &[2]), Error::BadVersion),
        ("segment-version-257", sealed(5, &[1]), Error::BadVersion),
        ("segment-crc-of-header", with(&good, 8, &[5]), Error::BadCrc),
        ("segment-flag-1", sealed(6, &[2]), Error::ReservedNotZero),
        (
            "segment-flag-15",
            sealed(7, &[0x80]),
            Error::ReservedNotZero,
        ),
        ("segment-reserved", sealed(27, &[1]), Error::ReservedNotZero),
        (
            "segment-4097-chunks",
            sealed(16, &le(4_097)),
            Error::TooMany,
        ),
        (
            "segment-index-2-53",
            sealed(8, &((1_u64 << 53) - 3).to_le_bytes()),
            Error::TooMany,
        ),
        (
            "segment-index-2-64",
            sealed(8, &u64::MAX.to_le_bytes()),
            Error::TooMany,
        ),
        (
            "segment-16-mib-of-records",
            sealed(20, &le(16 << 20)),
            Error::TooLarge,
        ),
        (
            "segment-16-mib-and-one",
            sealed(20, &le((16 << 20) - 47)),
            Error::TooLarge,
        ),
        ("segment-4-gib", sealed(20, &le(u32::MAX)), Error::TooLarge),
        (
            "segment-without-chunks",
            segment(0, 0, &[]),
            Error::LengthMismatch,
        ),
        (
            "segment-records-too-short",
            sealed(20, &le(47)),
            Error::LengthMismatch,
        ),
        // As long as it says, so that nothing behind this check would tell but the checksum of the offsets.
        (
            "segment-records-too-short-alone",
            records_too_short(),
            Error::LengthMismatch,
        ),
        (
            "segment-one-byte-more",
            [&good[..], &[0]].concat(),
            Error::LengthMismatch,
        ),
        (
            "segment-crc-of-offsets",
            with(&good, len - 1, &[!good[len - 1]]),
            Error::BadCrc,
        ),
        (
            "segment-offset-behind",
            sealed(len - 8, &le(36)),
            Error::LengthMismatch,
        ),
        (
            "segment-offset-of-first",
            sealed(len - 16, &le(1)),
            Error::LengthMismatch,
        ),
    ];
    let row = |(name, bytes, error)| reject(name, Subject::Segment(bytes), error);
    cases.into_iter().map(row).collect()
}

/// Three chunks in 47 bytes of records, whole and with a right header; the checksum of the offsets is wrong.
fn records_too_short() -> Vec<u8> {
    let mut bytes = segment(4, 0, &[data(b""), data(b""), data(b"")[..15].to_vec()]);
    let last = bytes.len() - 1;
    bytes[last] = !bytes[last];
    bytes
}

/// Faults of a record inside a segment.
fn of_segment_records() -> Vec<Reject> {
    const CLAIM: usize = (8 << 20) + 1;
    let block = other_block(&[0x61; 600]);
    let lz4 = record(2, &block, 600);
    let two = |flags: u16, record: Vec<u8>| segment(0, flags, &[data(b"good"), record]);
    let summed = |at: usize| with(&two(1, lz4.clone()), at, &[0xee]);
    let left_over = segment(0, 0, &[data(b"good"), [data(b"x"), data(b"y")].concat()]);
    let cases: Vec<(&str, Vec<u8>, Error)> = vec![
        ("segment-start-in-it", two(0, start(0)), Error::BadKind),
        ("segment-end-in-it", two(0, end()), Error::BadKind),
        ("segment-kind-4", two(1, record(4, b"", 0)), Error::BadKind),
        (
            "segment-lz4-without-flag",
            two(0, lz4.clone()),
            Error::BadKind,
        ),
        (
            "segment-flag-without-lz4",
            two(1, data(b"x")),
            Error::BadKind,
        ),
        (
            "segment-record-reserved",
            two(0, claim([1, 0, 0, 1], b"", 0, 0)),
            Error::ReservedNotZero,
        ),
        (
            "segment-record-stored-too-large",
            two(0, claim([1, 0, 0, 0], b"", CLAIM, CLAIM)),
            Error::TooLarge,
        ),
        (
            "segment-record-stored-alone-too-large",
            two(1, claim([2, 0, 0, 0], b"", CLAIM, 300)),
            Error::TooLarge,
        ),
        (
            "segment-record-raw-too-large",
            two(1, record(2, &noise(40_000), CLAIM)),
            Error::TooLarge,
        ),
        (
            "segment-record-raw",
            two(0, record(1, b"x", 2)),
            Error::LengthMismatch,
        ),
        (
            "segment-record-runs-off",
            two(0, claim([1, 0, 0, 0], b"x", 2, 2)),
            Error::LengthMismatch,
        ),
        // The same with a wrong checksum, which is looked at only where the body is all there.
        (
            "segment-record-runs-off-summed-wrong",
            with(
                &two(0, claim([1, 0, 0, 0], b"x", 2, 2)),
                32 + 20 + 12,
                &[0xee],
            ),
            Error::LengthMismatch,
        ),
        (
            "segment-head-runs-off",
            segment(0, 0, &[data(&[0; 20]), data(b"")[..8].to_vec()]),
            Error::LengthMismatch,
        ),
        ("segment-bytes-left-over", left_over, Error::LengthMismatch),
        (
            "segment-lz4-of-255",
            two(1, record(2, &other_block(&[0x61; 255]), 255)),
            Error::LengthMismatch,
        ),
        (
            "segment-lz4-saves-too-little",
            two(1, record(2, &noise(225), 256)),
            Error::LengthMismatch,
        ),
        (
            "segment-lz4-claims-too-much",
            two(1, record(2, &block, 255 * block.len() + 1)),
            Error::LengthMismatch,
        ),
        (
            "segment-lz4-empty",
            two(1, record(2, b"", 256)),
            Error::LengthMismatch,
        ),
        ("segment-record-crc", summed(32 + 20 + 12), Error::BadCrc),
        (
            "segment-record-crc-of-body",
            summed(32 + 20 + 16 + 2),
            Error::BadCrc,
        ),
    ];
    let row = |(name, bytes, error)| reject(name, Subject::Segment(bytes), error);
    cases.into_iter().map(row).collect()
}

/// Good bytes that are asked for what they do not have, and blocks that are tried only when they are asked for.
fn of_calls() -> Vec<Reject> {
    let good = || segment(4, 0, &[data(b"one"), data(b"two")]);
    let broken = |block: &[u8], raw| segment(4, 1, &[record(2, block, raw), data(b"good")]);
    let get = |name, bytes, index, error| reject(name, Subject::Get(bytes, index), error);
    let range = |name, from, to| reject(name, Subject::Range(good(), from, to), Error::OutOfRange);
    let block = other_block(&[0x61; 600]);
    let cut = &block[..block.len() - 1];
    vec![
        get("get-before", good(), 3, Error::OutOfRange),
        get("get-behind", good(), 6, Error::OutOfRange),
        get("get-far-behind", good(), (1 << 53) - 1, Error::OutOfRange),
        range("range-from-before", 3, 5),
        range("range-to-behind", 4, 7),
        range("range-backwards", 6, 4),
        get("lz4-one-byte-less", broken(&block, 599), 4, Error::BadLz4),
        get("lz4-one-byte-more", broken(&block, 601), 4, Error::BadLz4),
        get("lz4-cut", broken(cut, 600), 4, Error::BadLz4),
        get(
            "lz4-offset-0",
            broken(b"\x1fa\x00\x00\xff\xff\x50\x50bcdef", 600),
            4,
            Error::BadLz4,
        ),
        get(
            "lz4-offset-before-the-start",
            broken(b"\x1fa\x02\x00\xff\xff\x46\x50bcdef", 605),
            4,
            Error::BadLz4,
        ),
        get("lz4-noise", broken(&noise(200), 300), 4, Error::BadLz4),
        reject("budget-0", Subject::Budget(0), Error::OutOfRange),
        reject("budget-1023", Subject::Budget(1_023), Error::OutOfRange),
        reject(
            "budget-1-mib-and-one",
            Subject::Budget((1 << 20) + 1),
            Error::OutOfRange,
        ),
    ]
}
