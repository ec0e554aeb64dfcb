//! Frames as the JSON trees of the vectors, both ways, by the crate's own table of layouts: no kind is named here but by its rows.

use serde_json::{Map, Value, json};
use wire::body::{self, Entry, Facts, Field, Fields, Span};
use wire::ext::Extensions;
use wire::limit::{BODY_DOWN_BYTES_MAX, BODY_UP_BYTES_MAX, FRAME_DOWN_BYTES_MAX};
use wire::list::{Entries, Item};
use wire::lz4::{self, Table};
use wire::{Error, Index, Kind, LZ4, Scratch, Side, Writer};

/// Memory for one reader and one writer.
pub struct Codec {
    pub raw: Vec<u8>,
    pub inner: Vec<u8>,
    pub out: Vec<u8>,
    pub table: Table,
}

impl Codec {
    pub fn new() -> Self {
        Self {
            raw: vec![0; BODY_DOWN_BYTES_MAX + 4096],
            inner: vec![0; BODY_UP_BYTES_MAX],
            out: vec![0; lz4::bound(FRAME_DOWN_BYTES_MAX) + 4096],
            table: Table::new(),
        }
    }

    pub fn decode(&mut self, side: Side, bytes: &[u8]) -> Result<Index, Error> {
        let (raw, inner) = (&mut self.raw, &mut self.inner);
        wire::decode(side, bytes, &mut Scratch { raw, inner })
    }

    /// The `decoded` tree of a frame, or null for one to be skipped.
    pub fn describe(&mut self, side: Side, bytes: &[u8]) -> Result<Value, Error> {
        let index = self.decode(side, bytes)?;
        Ok(describe(&index, bytes, &self.raw, &mut self.inner))
    }

    /// The bytes of a tree.
    pub fn encode(&mut self, side: Side, tree: &Value) -> Result<Vec<u8>, Error> {
        let kind = kind_of(tree);
        let id = tree["id"]
            .as_str()
            .map(|id| bytes_of(id).try_into().expect("16 bytes"));
        let mut writer = Writer::begin(
            kind,
            number(&tree["seq"]),
            number(&tree["ts"]),
            number(&tree["sender"]),
            id,
        );
        let inner: Vec<Vec<u8>> = match (kind, tree["body"]["list"].as_array()) {
            (Kind::Batch | Kind::HistoryPage, Some(list)) => list
                .iter()
                .map(|tree| self.encode(Side::Down, tree))
                .collect::<Result<_, _>>()?,
            _ => Vec::new(),
        };
        for ext in tree["ext"].as_array().into_iter().flatten() {
            writer.put_ext(
                number(&ext["type"]),
                &bytes_of(text(&ext["bytes"])),
                &mut self.raw,
            );
        }
        let body = &tree["body"];
        let op = body.get("op").map(|op| number(op) as u8);
        put_row(
            body::layout(kind, side, op)?,
            body,
            &inner,
            &mut writer,
            &mut self.raw,
        );
        let len = writer.end(&self.raw, &mut self.inner, &mut self.out, &mut self.table)?;
        Ok(self.out[..len].to_vec())
    }
}

fn describe(index: &Index, frame: &[u8], raw: &[u8], inner: &mut [u8]) -> Value {
    let Some(kind) = index.kind else {
        return json!({ "skip": true });
    };
    let body = index.body(frame, raw);
    let layout = body::layout(kind, index.side, body.first().copied()).expect("decoded");
    let list = Entries::of(kind, index.side, &index.facts, body);
    let mut extensions = Extensions::of(index.ext);
    let mut ext = Vec::new();
    while let Some(found) = extensions.next(frame).expect("decoded") {
        ext.push(json!({ "type": found.kind, "bytes": hex(found.value.of(frame)) }));
    }
    json!({
        "kind": kind.rules().name,
        "flags": index.flags,
        "seq": index.seq,
        "ts": index.ts,
        "id": index.id.map(|id| hex(id.of(frame))),
        "sender": index.sender,
        "ext": ext,
        "body": row(layout, &index.facts, list, body, inner),
    })
}

fn row(fields: Fields, facts: &Facts, mut list: Entries, body: &[u8], inner: &mut [u8]) -> Value {
    let (mut integers, mut strings) = (facts.integers.iter(), facts.strings.iter());
    let mut tree = Map::new();
    for (name, field) in fields {
        let value = match field {
            Field::Fixed(_) => json!(hex(facts.fixed.expect("fixed bytes").of(body))),
            Field::Str { .. } | Field::Emoji => {
                let span: &Span = strings.next().expect("a string");
                json!(std::str::from_utf8(span.of(body)).expect("UTF-8"))
            }
            Field::List(rule) => {
                let mut entries = Vec::new();
                while let Some(item) = list.next(body, inner).expect("decoded") {
                    entries.push(match (item, rule.entry) {
                        (Item::Row(facts), Entry::Row(fields)) => {
                            row(fields, &facts, Entries::of_refs(&facts), body, inner)
                        }
                        (Item::Frame(bare, index), _) => {
                            let unpacked = if index.flags & LZ4 == 0 {
                                Vec::new()
                            } else {
                                inner.to_vec()
                            };
                            describe(&index, bare.of(body), &unpacked, inner)
                        }
                        (Item::Ref(user), _) => json!(user),
                        (Item::Row(_), _) => unreachable!("a row in a list of none"),
                    });
                }
                json!(entries)
            }
            _ => json!(integers.next().expect("an integer")),
        };
        tree.insert((*name).to_owned(), value);
    }
    Value::Object(tree)
}

fn put_row(fields: Fields, tree: &Value, inner: &[Vec<u8>], writer: &mut Writer, raw: &mut [u8]) {
    for (name, field) in fields {
        let value = &tree[*name];
        match field {
            Field::U8 { .. } => writer.put_u8(number(value) as u8, raw),
            Field::U16 => writer.put_u16(number(value) as u16, raw),
            Field::Varint { .. } | Field::Zero | Field::Cursor => {
                writer.put_varint(number(value), raw)
            }
            Field::Fixed(_) => writer.put_bytes(&bytes_of(text(value)), raw),
            Field::Str { .. } | Field::Emoji => writer.put_str(text(value).as_bytes(), raw),
            Field::List(list) => {
                let entries = value.as_array().expect("a list");
                writer.put_varint(entries.len() as u64, raw);
                match list.entry {
                    Entry::Row(fields) => entries
                        .iter()
                        .for_each(|tree| put_row(fields, tree, inner, writer, raw)),
                    Entry::Ref => entries
                        .iter()
                        .for_each(|user| writer.put_varint(number(user), raw)),
                    Entry::Frame => inner.iter().for_each(|frame| writer.put_frame(frame, raw)),
                }
            }
        }
    }
}

fn kind_of(tree: &Value) -> Kind {
    let name = text(&tree["kind"]);
    Kind::all()
        .find(|kind| kind.rules().name == name)
        .expect("a kind")
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("an integer")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of hex digits; blanks and bars between them are for the eye.
pub fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| {
        u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("two digits")
    };
    digits.chunks(2).map(byte).collect()
}
