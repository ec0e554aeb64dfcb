//! Vectors of refusals: bytes or calls, and the error of each. Right checksums wherever another fault is meant.

use chunk::{Error, RecordReader, RecordWriter, Segment, StreamIndex};
use serde_json::{Map, Value, json};

use super::{refused_index, refused_records, refused_segments};
use crate::plain::hex;

/// What is refused.
pub enum Subject {
    /// A stream, with no bytes behind it.
    Records(Vec<u8>),
    /// A segment that is decoded.
    Segment(Vec<u8>),
    /// A good segment of which a chunk is asked for.
    Get(Vec<u8>, u64),
    /// A good segment of which chunks are asked for, from and to.
    Range(Vec<u8>, u64, u64),
    /// An index that is decoded.
    Index(Vec<u8>),
    /// A budget of a batch.
    Budget(usize),
}

impl Subject {
    /// What the crate says.
    pub fn refusal(&self) -> Result<(), Error> {
        match self {
            Self::Records(bytes) => {
                let mut reader = RecordReader::new();
                reader.handle_bytes(bytes);
                reader.finish().map(drop)
            }
            Self::Segment(bytes) => Segment::decode(bytes).map(drop),
            Self::Get(bytes, index) => {
                let segment = Segment::decode(bytes).expect("a segment");
                segment.get(*index).map(drop)
            }
            Self::Range(bytes, from, to) => {
                let segment = Segment::decode(bytes).expect("a segment");
                segment.range(*from..*to).map(drop)
            }
            Self::Index(bytes) => StreamIndex::decode(bytes).map(drop),
            Self::Budget(budget) => {
                let mut writer = RecordWriter::new(0).expect("0");
                writer.poll_batch(*budget).map(drop)
            }
        }
    }

    /// The fields of the row.
    pub fn fields(&self) -> Map<String, Value> {
        let row = match self {
            Self::Records(bytes) => json!({ "of": "records", "hex": hex(bytes) }),
            Self::Segment(bytes) => json!({ "of": "segment", "hex": hex(bytes) }),
            Self::Get(bytes, index) => json!({ "of": "get", "hex": hex(bytes), "index": index }),
            Self::Range(bytes, from, to) => {
                json!({ "of": "range", "hex": hex(bytes), "from": from, "to": to })
            }
            Self::Index(bytes) => json!({ "of": "index", "hex": hex(bytes) }),
            Self::Budget(budget) => json!({ "of": "budget", "budget": budget }),
        };
        row.as_object().expect("an object").clone()
    }
}

/// A row.
pub struct Reject {
    pub name: &'static str,
    pub subject: Subject,
    pub error: Error,
}

pub fn reject(name: &'static str, subject: Subject, error: Error) -> Reject {
    Reject {
        name,
        subject,
        error,
    }
}

pub fn rejects() -> Vec<Reject> {
    let mut all = refused_records::rows();
    all.extend(refused_segments::rows());
    all.extend(refused_index::rows());
    all
}
