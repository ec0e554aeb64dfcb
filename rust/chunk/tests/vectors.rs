//! The vectors that Rust and TypeScript share (FORMAT.md, section 7): made here, held to the stored files, tried on the crate.
//! `FERRULE_WRITE_VECTORS=1 cargo test -p chunk --test vectors` writes the files anew.

mod plain;
mod vectors {
    pub mod file;
    pub mod index;
    pub mod records;
    pub mod refused_index;
    pub mod refused_records;
    pub mod refused_segments;
    pub mod rejects;
    pub mod segments;
}

use std::collections::HashSet;

use chunk::Error;
use serde_json::{Value, json};
use vectors::file::agree;
use vectors::rejects::{Reject, Subject, rejects};

fn names(rows: &[Value]) -> HashSet<String> {
    rows.iter().map(|row| row["name"].to_string()).collect()
}

#[test]
fn streams_of_records() {
    let rows = vectors::records::rows();
    assert_eq!(names(&rows).len(), rows.len());
    agree("chunk-records.json", &rows);
}

#[test]
fn segments() {
    let rows = vectors::segments::rows();
    assert_eq!(names(&rows).len(), rows.len());
    agree("chunk-segments.json", &rows);
}

#[test]
fn indexes() {
    let rows = vectors::index::rows();
    assert_eq!(names(&rows).len(), rows.len());
    agree("chunk-index.json", &rows);
}

#[test]
fn refusals() {
    let rejects = rejects();
    let mut rows = Vec::new();
    for reject in &rejects {
        let Reject { name, error, .. } = reject;
        assert_eq!(reject.subject.refusal(), Err(*error), "{name}");
        let mut row = json!({ "name": name });
        row.as_object_mut()
            .expect("a row")
            .extend(reject.subject.fields());
        row["error"] = json!(error.name());
        row["code"] = json!(error.code());
        rows.push(row);
    }
    assert_eq!(names(&rows).len(), rows.len());
    let seen: HashSet<_> = rejects.iter().map(|reject| reject.error).collect();
    assert_eq!(seen.len(), Error::ALL.len(), "each error");
    agree("chunk-rejects.json", &rows);
}

/// The readers of the page refuse the same bytes for the same reason.
#[test]
fn refusals_as_the_page_has_them() {
    for Reject {
        name,
        subject,
        error,
    } in rejects()
    {
        let told = match subject {
            Subject::Records(bytes) => plain::read::stream(&bytes).2,
            Subject::Segment(bytes) => plain::read::segment(&bytes).map(drop),
            Subject::Index(bytes) => plain::read::index(&bytes).map(drop),
            Subject::Get(bytes, index) if error == Error::BadLz4 => {
                let (first, chunks) = plain::read::segment(&bytes).expect("a segment");
                chunks[(index - first) as usize]
                    .as_ref()
                    .map(drop)
                    .ok_or(error)
            }
            Subject::Get(..) | Subject::Range(..) | Subject::Budget(_) => continue,
        };
        assert_eq!(told, Err(error), "{name}");
    }
}

/// The bytes that the page shows.
#[test]
fn examples_of_the_page() {
    let page = include_str!("../FORMAT.md");
    let shown = |bytes: &[u8]| {
        let words =
            [0..1, 1..4, 4..8, 8..12, 12..16, 16..bytes.len()].map(|part| plain::hex(&bytes[part]));
        assert!(
            page.contains(&format!("`{}`", words.join(" ").trim_end())),
            "{words:?}"
        );
    };
    shown(&plain::data(b"one"));
    shown(&plain::start(0));
    shown(&plain::end());
    for (place, error) in Error::ALL.into_iter().enumerate() {
        assert!(
            page.contains(&format!("\n| {} | {} | ", place + 1, error.name())),
            "{error}"
        );
    }
}
