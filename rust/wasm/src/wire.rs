//! The reading half of the wire border: converts and forwards to the crate `wire`, decides nothing. Integers and f64 cross,
//! nothing else; no strings are made here. Writing is in `write.rs`, checksums and blocks are in `parts.rs`.
//!
//! # The border, for the TypeScript face
//! Side: 0 up, 1 down. An i32 below 0 is -(reason) of PROTOCOL.md section 4. All sizes are bytes, all offsets count from the
//! start of an arena: 0 IN, 1 RAW, 2 INNER (OUT is never named by a slot). Addresses (`inAt` ...) and `arenaMemory()` are read once per instance;
//! IN holds 1 MiB + 4 KiB; an input that does not fit need not be copied: its length alone is answered with -2.
//!
//! ## Slots of INDEX (filled by `decode`) and ENTRY, 32 f64 each
//! | slot | holds |
//! |---|---|
//! | 0 | kind number; of a skipped frame 64..127, and then only slot 2 counts |
//! | 1 2 3 4 | flags, seq, ts, sender |
//! | 5 | idAt, -1 = none (16 bytes) |
//! | 6 7 | extAt (-1 = none), extLen: the whole ext block; see `nextExt` |
//! | 8 9 10 | arena of the body, bodyAt, bodyLen (raw bytes, after LZ4) |
//! | 11 | sectionAt: where the body section starts, its length varints included; in INDEX it ends 4 bytes before the frame's end |
//! | 12..23 | the body's integers in layout order: u8, u16, varint. Not bytes8, not counts. WELCOME: outcome, headSeq, ..., slowModeMs |
//! | 24 25, 26 27 | first and second string: at, len |
//! | 28 29 | count of the list, and where its first entry starts |
//! | 30 | bytesAt: the body's fixed bytes (`epoch`, 8), -1 = none |
//! | 31 | spare, 0 |
//!
//! Slots that a kind has no use for hold 0 (5, 6, 30: -1). Body offsets (9, 24, 26, 29, 30) are in the arena of slot 8, header
//! offsets (5, 6, 11) of INDEX in IN.
//!
//! ## Lists
//! `nextEntry()` walks the list of the frame in INDEX, in order. 0 = the end. Else ENTRY is filled, and it gives
//! - the **kind** of an inner frame of BATCH or HISTORY_PAGE (4..127; 64 and above: an inner skip, only slots 0 and 2 count).
//!   Slots as in INDEX; 5, 6 and 11 are offsets in the arena of the *outer* body (slot 8 of INDEX), body offsets in the arena of
//!   ENTRY's own slot 8 (2 = INNER if the inner frame is compressed: true until the next `nextEntry`);
//! - **1** for a plain row, offsets in the outer body's arena:
//!   PEOPLE `12 ref, 13 flags, 24 userId, 26 name` · PEOPLE_REQ `12 ref` · PRESENCE `12 conn, 13 ref, 14 state` · RECEIPT `12 ref, 13 upTo`.
//!
//! `nextRow()` walks the rows **of the inner frame** that `nextEntry` gave last (PEOPLE, TALLY, PRESENCE, RECEIPT inside BATCH or
//! page), and the rows of a FILES value after `readExt`. It overwrites slots 12..30 of ENTRY (read the inner frame's own facts
//! before); offsets are in the inner body's arena (slot 8 stays). 0 = the end, 1 = a row as above, and
//! - TALLY: 1 = an emoji row `12 total, 24 emoji, 28 refCount, 29 where its refs start`; its refs follow, each as **2** with `12 ref`.
//! - FILES: 1 = a file `12 size, 13 width, 14 height, 24 name, 26 mime, 30 fileId (16 bytes)`.
//!
//! ## Extensions
//! `nextExt()` walks the ext block of the frame in INDEX, or, after `nextEntry`, of that inner frame: gives the type, or -1 at the
//! end; ENTRY slot 30 = where its value starts, 31 = its length, in IN (INDEX) or the outer body's arena (inner frame).
//! `readExt(type, n)` reads the value in IN[0..n] of a known type (2, 4, 6): 0, or -(reason), -13 when the type is not known.
//! ENTRY: EDITED `12 editSeq, 13 editTs`, ERASED `12 deleteSeq, 13 deleteTs, 14 by`, FILES `28 count` and then `nextRow`.
//!
//! ## Relay
//! `stamp(seq, ts, sender)` relays the up frame of a logged kind read last: byte count in OUT, else -(reason): -8 when there is no
//! such frame, -11 seq or sender 0, -9 a number that is no varint. `sectionSum()` is the CRC-32 of its body section as it came.
//! Offsets in INDEX and `stamp` are good until IN is filled again, whatever for; `readExt`, every call of `parts.rs` that takes
//! bytes and every call of `write.rs` but `end` also end them (`stamp` then gives -8, `sectionSum` 0).
//!
//! ## Writing (`write.rs`)
//! `begin(kind, seq, ts, sender, hasId)`, id in IN[0..16]; then `putExt(type, n)` for each extension (types ascending, value in
//! IN[0..n]); then the body in layout order, lists with their count first: `putU8(v) putU16(v) putVarint(v) putBytes(n) putStr(n)
//! putFrame(n)`. The puts give nothing: the first fault is kept and told by `end()`, which checks the whole frame as a reader would
//! and gives the byte count in OUT or -(reason). `putStr` writes the length varint itself; `putFrame` takes a full frame, checks its
//! CRC and writes length and bare frame. The direction follows from the frame: seq 0 and sender 0 of a kind that may go up is read
//! as up, and only where that fails (PRESENCE, RECEIPT, AUTH_REFRESH) as down. TALLY is written too, for `putFrame` into a page.
//! `encodeText(kind, number, n)`: MSG, EDIT, REACT, UNREACT up in one call; IN[0..16] the id, IN[16..16+n] the text or emoji.
//! `beginExt(type)`, puts, `end()`: the value of a known extension, checked, in OUT (FILES: `putVarint(count)`, then per file
//! `putBytes(16) putStr putStr putVarint putVarint putVarint`).
//! `beginBatch(ts, maxBytes)`; `addFrame(n)` per full frame: 1 taken · 0 ends the batch before it (then `end`, `beginBatch`, again) ·
//! 2 this frame must travel alone, the batch is empty · -(reason) not a frame; `end()`: the BATCH in OUT. A batch of one frame is to be sent as
//! that frame itself.
//!
//! ## Parts (`parts.rs`)
//! `crc32(sum, n)`: `sum` went before IN[0..n], 0 for nothing. `lz4Compress(n)` IN -> OUT and `lz4Decompress(n, rawLen)` IN -> RAW: byte count or -(reason).
//! `new Crc32()`, `update(n)` from IN, `digest()`, `free()`. `liveHandles()` (`live.rs`) counts the handles not freed. `version()`.
//!
//! ## After a trap
//! Nothing here panics on input. Should an instance trap all the same, `__wbg_reset_state()` of the generated glue makes a fresh
//! one of the same module: read the addresses and the memory again after it; handles of the old one are dead.

use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;
use wire::{Error, Side};

use crate::arena::{ENTRY, INDEX, OUT, crossing, integer, with_in};
use crate::reading::Reading;

thread_local! {
    static READING: RefCell<Option<Reading>> = const { RefCell::new(None) };
}

/// IN is about to hold something else than the frame.
pub fn forget() {
    READING.with_borrow_mut(|reading| *reading = None);
}

/// Reads the frame in IN[0..n] into INDEX: its kind, 0 for one to be skipped, or -(reason).
#[wasm_bindgen]
pub fn decode(side: u32, n: usize) -> i32 {
    let side = if side == 0 { Side::Up } else { Side::Down };
    READING.with_borrow_mut(|reading| {
        let reading = reading.get_or_insert_default();
        crossing(INDEX.with_borrow_mut(|slots| reading.read_frame(side, n, slots)))
    })
}

/// Relays the up frame decoded last: its byte count in OUT, or -(reason).
#[wasm_bindgen]
pub fn stamp(seq: f64, ts: f64, sender: f64) -> i32 {
    crossing(READING.with_borrow(|reading| {
        let (index, n) = reading
            .as_ref()
            .and_then(Reading::frame)
            .ok_or(Error::WrongDirection)?;
        let (seq, ts, sender) = (integer(seq)?, integer(ts)?, integer(sender)?);
        with_in(n, |frame| {
            OUT.with_borrow_mut(|out| wire::stamp(index, frame, seq, ts, sender, out))
        })
    }))
}

/// CRC-32 of the body section of the frame decoded last, 0 without one.
#[wasm_bindgen(js_name = sectionSum)]
pub fn section_sum() -> u32 {
    READING.with_borrow(|reading| {
        let frame = reading.as_ref().and_then(Reading::frame);
        let sum = frame.map(|(index, n)| with_in(n, |bytes| Ok(index.section_sum(bytes))));
        // A frame that was read is within IN.
        sum.and_then(Result::ok).unwrap_or_default()
    })
}

/// Reads the next entry of the list in INDEX into ENTRY: 1 for a row, the kind for a frame, 0 at the end.
#[wasm_bindgen(js_name = nextEntry)]
pub fn next_entry() -> i32 {
    walk(Reading::next_entry)
}

/// Reads the next row of the inner frame in ENTRY: 1 for a row, 2 for a ref of it, 0 at the end.
#[wasm_bindgen(js_name = nextRow)]
pub fn next_row() -> i32 {
    walk(Reading::next_row)
}

fn walk(step: impl FnOnce(&mut Reading, &mut [f64; 32]) -> i32) -> i32 {
    READING.with_borrow_mut(|reading| match reading {
        Some(reading) => ENTRY.with_borrow_mut(|slots| step(reading, slots)),
        None => 0,
    })
}

/// Finds the next extension of the frame read last: its type, or -1 at the end.
#[wasm_bindgen(js_name = nextExt)]
pub fn next_ext() -> f64 {
    READING.with_borrow_mut(|reading| {
        let kind = reading
            .as_mut()
            .and_then(|reading| ENTRY.with_borrow_mut(|slots| reading.next_ext(slots)));
        kind.map_or(-1.0, |kind| kind as f64)
    })
}

/// Reads the extension value in IN[0..n] into ENTRY: 0, or -(reason).
#[wasm_bindgen(js_name = readExt)]
pub fn read_ext(kind: f64, n: usize) -> i32 {
    forget();
    crossing(ENTRY.with_borrow_mut(|slots| {
        let value = Reading::of_extension(integer(kind)?, n, slots)?;
        READING.set(Some(value));
        Ok(0)
    }))
}
