//! Writes a decoded frame again, field by field through the writer. Only the table of layouts is taken from the reader's side,
//! so reader and writer check each other.

use crc::crc32;
use wire::body::{Entry, Field, Fields, extension, layout};
use wire::ext::{Extension, Extensions};
use wire::{Error, Index, Writer, varint};

use crate::memory::Memory;

/// Writes `frame`, decoded as `index` with this `body`, into `memory.out` and gives its length. `None` for a frame to be skipped.
pub fn rewrite(
    index: &Index,
    frame: &[u8],
    body: &[u8],
    memory: &mut Memory,
) -> Option<Result<usize, Error>> {
    let kind = index.kind?;
    let id = index
        .id
        .map(|id| id.of(frame).try_into().expect("an id has 16 bytes"));
    let mut writer = Writer::begin(kind, index.seq, index.ts, index.sender, id);
    let mut extensions = Extensions::of(index.ext);
    while let Some(Extension { kind, value }) = extensions.next(frame).expect("checked") {
        writer.put_ext(kind, value.of(frame), &mut memory.body);
    }
    let fields = layout(kind, index.side, body.first().copied()).expect("checked");
    let end = put(fields, body, 0, &mut writer, &mut memory.body);
    assert_eq!(end, body.len(), "the table leaves bytes over");
    let Memory {
        inner,
        body,
        out,
        table,
        ..
    } = memory;
    Some(writer.end(body, inner, out, table))
}

/// Writes the value of a known extension again and compares it.
pub fn rewrite_extension(kind: u64, value: &[u8], memory: &mut Memory) {
    let Some(fields) = extension(kind) else {
        return;
    };
    let mut writer = Writer::begin_extension(kind);
    let end = put(fields, value, 0, &mut writer, &mut memory.body);
    assert_eq!(end, value.len(), "the table leaves bytes over");
    let Memory {
        inner,
        body,
        out,
        table,
        ..
    } = memory;
    let len = writer
        .end(body, inner, out, table)
        .expect("it was accepted");
    assert_eq!(&out[..len], value);
}

/// Puts the fields that stand at `at` in `bytes` and gives the place behind them.
fn put(fields: Fields, bytes: &[u8], mut at: usize, writer: &mut Writer, raw: &mut [u8]) -> usize {
    let number = |at: &mut usize| {
        let (value, next) = varint::read(bytes, *at).expect("checked");
        *at = next;
        value
    };
    let sized = |at: &mut usize| {
        let len = number(at) as usize;
        *at += len;
        &bytes[*at - len..*at]
    };
    for (_, field) in fields {
        match field {
            Field::U8 { .. } => {
                writer.put_u8(bytes[at], raw);
                at += 1;
            }
            Field::U16 => {
                writer.put_u16(u16::from_le_bytes([bytes[at], bytes[at + 1]]), raw);
                at += 2;
            }
            Field::Varint { .. } | Field::Zero | Field::Cursor => {
                writer.put_varint(number(&mut at), raw)
            }
            Field::Fixed(len) => {
                writer.put_bytes(&bytes[at..at + len], raw);
                at += len;
            }
            Field::Str { .. } | Field::Emoji => writer.put_str(sized(&mut at), raw),
            Field::List(list) => {
                let count = number(&mut at);
                writer.put_varint(count, raw);
                for _ in 0..count {
                    match list.entry {
                        Entry::Row(fields) => at = put(fields, bytes, at, writer, raw),
                        Entry::Ref => writer.put_varint(number(&mut at), raw),
                        Entry::Frame => writer.put_frame(&sealed(sized(&mut at)), raw),
                    }
                }
            }
        }
    }
    at
}

/// A bare frame with its checksum.
pub fn sealed(bare: &[u8]) -> Vec<u8> {
    [bare, &crc32(bare).to_le_bytes()].concat()
}
