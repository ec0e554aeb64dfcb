//! The writing half of the wire border: converts and forwards to `wire::Writer` and `wire::batch::Batch`, decides nothing. What
//! each call takes is told in `wire.rs`.

use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;
use wire::batch::{Added, Batch};
use wire::limit::ID_BYTES;
use wire::lz4::Table;
use wire::{Error, Kind, Writer};

use crate::arena::{IN, INNER, OUT, RAW, crossing, integer, with_in};
use crate::wire::forget;

#[derive(Clone, Copy)]
enum Draft {
    Writer(Writer),
    Batch(Batch),
}

/// What `end` and the puts say before any `begin`.
const NONE: Draft = Draft::Writer(Writer::failed(Error::UnknownKind));

thread_local! {
    static DRAFT: RefCell<Draft> = const { RefCell::new(NONE) };
    /// The encoder's memory, shared with `parts.rs`.
    pub static TABLE: RefCell<Table> = const { RefCell::new(Table::new()) };
}

/// Begins a frame; the id is IN[0..16].
#[wasm_bindgen]
pub fn begin(kind: u8, seq: f64, ts: f64, sender: f64, has_id: bool) {
    forget();
    let begun = || {
        let kind = Kind::of(kind).ok_or(Error::UnknownKind)?;
        let id = has_id.then(id);
        Ok(Writer::begin(
            kind,
            integer(seq)?,
            integer(ts)?,
            integer(sender)?,
            id,
        ))
    };
    DRAFT.set(Draft::Writer(begun().unwrap_or_else(Writer::failed)));
}

fn id() -> [u8; ID_BYTES] {
    IN.with_borrow(|bytes| core::array::from_fn(|at| bytes[at]))
}

/// Begins the value of an extension.
#[wasm_bindgen(js_name = beginExt)]
pub fn begin_ext(kind: f64) {
    forget();
    let begun = integer(kind).map(Writer::begin_extension);
    DRAFT.set(Draft::Writer(begun.unwrap_or_else(Writer::failed)));
}

/// Hands the writer, and the bytes IN[0..n], to `put`; an n that IN has not fails the writer.
fn put(n: usize, put: impl FnOnce(&mut Writer, &[u8], &mut [u8])) {
    forget();
    DRAFT.with_borrow_mut(|draft| {
        let Draft::Writer(writer) = draft else {
            return *draft = NONE;
        };
        let done = with_in(n, |bytes| {
            RAW.with_borrow_mut(|raw| put(writer, bytes, raw));
            Ok(())
        });
        if let Err(error) = done {
            *writer = Writer::failed(error);
        }
    });
}

/// Puts an extension with the value IN[0..n].
#[wasm_bindgen(js_name = putExt)]
pub fn put_ext(kind: f64, n: usize) {
    // A number that is no varint stays above the largest one.
    let kind = integer(kind).unwrap_or(u64::MAX);
    put(n, |writer, value, raw| writer.put_ext(kind, value, raw));
}

/// Puts one byte.
#[wasm_bindgen(js_name = putU8)]
pub fn put_u8(value: u8) {
    put(0, |writer, _, raw| writer.put_u8(value, raw));
}

/// Puts two bytes.
#[wasm_bindgen(js_name = putU16)]
pub fn put_u16(value: u16) {
    put(0, |writer, _, raw| writer.put_u16(value, raw));
}

/// Puts a varint.
#[wasm_bindgen(js_name = putVarint)]
pub fn put_varint(value: f64) {
    let value = integer(value).unwrap_or(u64::MAX);
    put(0, |writer, _, raw| writer.put_varint(value, raw));
}

/// Puts the bytes IN[0..n].
#[wasm_bindgen(js_name = putBytes)]
pub fn put_bytes(n: usize) {
    put(n, Writer::put_bytes);
}

/// Puts IN[0..n] as a str.
#[wasm_bindgen(js_name = putStr)]
pub fn put_str(n: usize) {
    put(n, Writer::put_str);
}

/// Puts the full frame IN[0..n] as an inner frame.
#[wasm_bindgen(js_name = putFrame)]
pub fn put_frame(n: usize) {
    put(n, Writer::put_frame);
}

/// Begins a BATCH of at most `bytes_max` bytes.
#[wasm_bindgen(js_name = beginBatch)]
pub fn begin_batch(ts: f64, bytes_max: usize) {
    forget();
    // A number that is no varint stays above the largest one: `end` refuses it.
    let ts = integer(ts).unwrap_or(u64::MAX);
    DRAFT.set(Draft::Batch(Batch::new(ts, bytes_max)));
}

/// Adds the full frame IN[0..n] to the BATCH: 1 taken, 0 full, 2 alone, or -(reason).
#[wasm_bindgen(js_name = addFrame)]
pub fn add_frame(n: usize) -> i32 {
    forget();
    let added = DRAFT.with_borrow_mut(|draft| {
        let Draft::Batch(batch) = draft else {
            return Err(Error::WrongDirection);
        };
        with_in(n, |frame| {
            RAW.with_borrow_mut(|raw| INNER.with_borrow_mut(|inner| batch.add(frame, raw, inner)))
        })
    });
    crossing(added.map(|added| match added {
        Added::Full => 0,
        Added::Taken => 1,
        Added::Alone => 2,
    }))
}

/// Ends what was begun: byte count in OUT, or -(reason).
#[wasm_bindgen]
pub fn end() -> i32 {
    let draft = DRAFT.replace(NONE);
    crossing(RAW.with_borrow_mut(|raw| match draft {
        Draft::Writer(writer) => finish(&writer, raw),
        Draft::Batch(batch) => {
            OUT.with_borrow_mut(|out| TABLE.with_borrow_mut(|table| batch.end(raw, out, table)))
        }
    }))
}

/// MSG, EDIT, REACT or UNREACT up: id IN[0..16], text or emoji IN[16..16+n]. Byte count in OUT, or -(reason).
#[wasm_bindgen(js_name = encodeText)]
pub fn encode_text(kind: u8, number: f64, n: usize) -> i32 {
    forget();
    let write = |bytes: &[u8]| {
        let kind = Kind::of(kind).ok_or(Error::UnknownKind)?;
        let (id, text) = bytes.split_first_chunk().ok_or(Error::BadId)?;
        let mut writer = Writer::begin(kind, 0, 0, 0, Some(*id));
        let number = integer(number)?;
        RAW.with_borrow_mut(|raw| {
            writer.put_varint(number, raw);
            writer.put_str(text, raw);
            finish(&writer, raw)
        })
    };
    crossing(with_in(ID_BYTES.saturating_add(n), write))
}

/// Ends a writer whose body stands in `raw`.
fn finish(writer: &Writer, raw: &[u8]) -> Result<usize, Error> {
    OUT.with_borrow_mut(|out| {
        TABLE.with_borrow_mut(|table| {
            INNER.with_borrow_mut(|inner| writer.end(raw, inner, out, table))
        })
    })
}
