//! Indexes that are refused.

use chunk::Error;

use super::rejects::{Reject, Subject, reject};
use crate::plain::{index, seal_index, with};

pub fn rows() -> Vec<Reject> {
    let mut all = of_index();
    all.extend(of_entries());
    all
}

fn of_index() -> Vec<Reject> {
    let good = index(1, &[(0, 3, 104, 1), (3, 1, 76, 2)], 28);
    let sealed = |at: usize, by: &[u8]| {
        let mut bytes = with(&good, at, by);
        seal_index(&mut bytes);
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, Error)> = vec![
        ("index-nothing", vec![], Error::Truncated),
        ("index-cut-header", good[..39].to_vec(), Error::Truncated),
        ("index-header-alone", good[..40].to_vec(), Error::Truncated),
        ("index-one-byte-less", good[..87].to_vec(), Error::Truncated),
        (
            "index-magic-of-segment",
            sealed(0, b"FSG1"),
            Error::BadMagic,
        ),
        ("index-version-0", sealed(4, &[0]), Error::BadVersion),
        ("index-version-2", sealed(4, &[2]), Error::BadVersion),
        (
            "index-65537-segments",
            sealed(8, &65_537_u32.to_le_bytes()),
            Error::TooMany,
        ),
        ("index-4-gi-segments", sealed(8, &[0xff; 4]), Error::TooMany),
        (
            "index-one-byte-more",
            [&good[..], &[0]].concat(),
            Error::LengthMismatch,
        ),
        (
            "index-an-entry-less-told",
            sealed(8, &[1]),
            Error::LengthMismatch,
        ),
        ("index-crc-of-header", with(&good, 20, &[29]), Error::BadCrc),
        (
            "index-crc-of-entry",
            with(&good, 40 + 16, &[9]),
            Error::BadCrc,
        ),
        ("index-crc", with(&good, 36, &[!good[36]]), Error::BadCrc),
        ("index-flag-1", sealed(6, &[3]), Error::ReservedNotZero),
        ("index-flag-8", sealed(7, &[1]), Error::ReservedNotZero),
        ("index-reserved", sealed(35, &[1]), Error::ReservedNotZero),
        ("index-chunks-more", sealed(12, &[5]), Error::LengthMismatch),
        ("index-chunks-less", sealed(12, &[3]), Error::LengthMismatch),
    ];
    let row = |(name, bytes, error)| reject(name, Subject::Index(bytes), error);
    cases.into_iter().map(row).collect()
}

fn of_entries() -> Vec<Reject> {
    let reserved = {
        let mut bytes = with(&index(0, &[(0, 1, 56, 0)], 0), 40 + 23, &[1]);
        seal_index(&mut bytes);
        bytes
    };
    let row = |name, entries: &[_], raw, error| {
        reject(name, Subject::Index(index(0, entries, raw)), error)
    };
    vec![
        reject(
            "entry-reserved",
            Subject::Index(reserved),
            Error::ReservedNotZero,
        ),
        row(
            "entry-not-from-0",
            &[(1, 1, 60, 0)],
            4,
            Error::NotContiguous,
        ),
        row(
            "entry-gap",
            &[(0, 1, 60, 0), (2, 1, 60, 0)],
            8,
            Error::NotContiguous,
        ),
        row(
            "entry-overlap",
            &[(0, 2, 80, 0), (1, 1, 60, 0)],
            8,
            Error::NotContiguous,
        ),
        row(
            "entry-4097-chunks",
            &[(0, 4_097, 90_000, 0)],
            90_000,
            Error::TooMany,
        ),
        row(
            "entry-16-mib-and-one",
            &[(0, 1, (16 << 20) + 1, 0)],
            16 << 20,
            Error::TooLarge,
        ),
        // With few raw bytes check 11 would say length_mismatch.
        row(
            "entry-16-mib-and-one-of-nothing",
            &[(0, 1, (16 << 20) + 1, 0)],
            0,
            Error::TooLarge,
        ),
        row(
            "entry-without-chunks",
            &[(0, 0, 60, 0)],
            24,
            Error::LengthMismatch,
        ),
        row(
            "entry-too-short",
            &[(0, 2, 75, 0)],
            4,
            Error::LengthMismatch,
        ),
        row(
            "raw-less-than-stored",
            &[(0, 1, 60, 0)],
            3,
            Error::LengthMismatch,
        ),
        row(
            "raw-above-the-limit",
            &[(0, 1, 60, 0)],
            (16 << 20) - 55,
            Error::TooLarge,
        ),
        row("raw-of-nothing", &[], 1, Error::TooLarge),
        row("raw-2-64", &[(0, 1, 60, 0)], u64::MAX, Error::TooLarge),
    ]
}
