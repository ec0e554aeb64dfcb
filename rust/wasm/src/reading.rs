//! What is being read: a frame or an extension value, and how far its lists are walked. What the bytes mean is the crate
//! `wire`'s; what crosses is in `wire.rs`.

use wire::body::Span;
use wire::ext::{self, Extensions};
use wire::list::{Entries, Item};
use wire::{Error, Index, Scratch, Side};

use crate::arena::{INNER, RAW, Slots, with_in};
use crate::place::{Arena, Place};
use crate::slots::{fill, fill_facts};

/// A frame or extension value under the eye.
#[derive(Default)]
pub struct Reading {
    /// Whether `index` is that of a frame that passed.
    decoded: bool,
    index: Index,
    /// The frame that `extensions` walks; an inner one once there was one.
    place: Place,
    extensions: Extensions,
    /// The list of the frame, and the body it stands in.
    entries: Entries,
    body: Place,
    /// The list of the inner frame, or of the extension value; the refs of its last row; the bytes both stand in.
    rows: Entries,
    refs: Entries,
    inner: Place,
    frame_bytes: usize,
}

impl Reading {
    /// Decodes IN[0..n] and fills INDEX; gives the kind's number, 0 for a frame to be skipped. In place, for the numbers of a
    /// frame are many and a reading is made for each.
    pub fn read_frame(&mut self, side: Side, n: usize, slots: &mut Slots) -> Result<usize, Error> {
        self.decoded = false;
        (self.entries, self.rows, self.refs) = Default::default();
        self.extensions = Extensions::default();
        let index = &mut self.index;
        with_in(n, |bytes| {
            RAW.with_borrow_mut(|raw| {
                INNER.with_borrow_mut(|inner| {
                    wire::decode_into(side, bytes, &mut Scratch { raw, inner }, index)
                })
            })
        })?;
        self.place = Place {
            arena: Arena::In,
            span: Span { at: 0, len: n },
        };
        self.body = self.place.body(index, Arena::Raw);
        let Place { arena, span } = self.body;
        fill(slots, index, self.place.span.at, arena as u8, span);
        self.extensions = Extensions::of(index.ext);
        self.decoded = true;
        self.frame_bytes = n;
        let Some(kind) = index.kind else {
            return Ok(0);
        };
        if index.facts.count != 0 {
            let entries = |bytes: &[u8]| Entries::of(kind, side, &index.facts, bytes);
            self.entries = self.body.read(entries);
        }
        Ok(usize::from(kind.number()))
    }

    /// Reads the extension value IN[0..n] and fills ENTRY; `next_row` walks its list.
    pub fn of_extension(kind: u64, n: usize, slots: &mut Slots) -> Result<Self, Error> {
        let facts = with_in(n, |value| {
            ext::read(kind, value).ok_or(Error::UnknownExt)?
        })?;
        fill_facts(slots, &facts, 0);
        Ok(Self {
            rows: Entries::of_extension(kind, &facts),
            inner: Place {
                arena: Arena::In,
                span: Span { at: 0, len: n },
            },
            ..Self::default()
        })
    }

    /// The frame and its bytes in IN, if it is one.
    pub fn frame(&self) -> Option<(&Index, usize)> {
        self.decoded.then_some((&self.index, self.frame_bytes))
    }

    /// Steps to the next entry of the frame's list and fills ENTRY.
    pub fn next_entry(&mut self, slots: &mut Slots) -> i32 {
        let entries = &mut self.entries;
        let step = INNER.with_borrow_mut(|inner| self.body.read(|body| entries.next(body, inner)));
        // The body was checked whole when it was decoded: no step can fail.
        let Ok(Some(item)) = step else { return 0 };
        match item {
            Item::Row(row) => {
                slots[..12].fill(0.0);
                fill_facts(slots, &row, self.body.span.at);
                1
            }
            Item::Ref(user) => {
                slots[12] = user as f64;
                1
            }
            Item::Frame(bare, index) => {
                self.place = self.body.part(bare);
                self.extensions = Extensions::of(index.ext);
                self.inner = self.place.body(&index, Arena::Inner);
                let rows = |bytes: &[u8]| {
                    index
                        .kind
                        .map(|kind| Entries::of(kind, Side::Down, &index.facts, bytes))
                };
                self.rows = self.inner.read(rows).unwrap_or_default();
                self.refs = Entries::default();
                let Place { arena, span } = self.inner;
                fill(slots, &index, self.place.span.at, arena as u8, span);
                i32::from(index.number)
            }
        }
    }

    /// Steps to the next row of the inner frame or extension value and fills ENTRY from slot 12 on.
    pub fn next_row(&mut self, slots: &mut Slots) -> i32 {
        let (rows, refs) = (&mut self.rows, &mut self.refs);
        let step = self.inner.read(|body| match refs.next(body, &mut []) {
            Ok(None) => rows.next(body, &mut []),
            step => step,
        });
        match step {
            Ok(Some(Item::Row(row))) => {
                self.refs = Entries::of_refs(&row);
                fill_facts(slots, &row, self.inner.span.at);
                1
            }
            Ok(Some(Item::Ref(user))) => {
                slots[12] = user as f64;
                2
            }
            _ => 0,
        }
    }

    /// Steps to the next extension of the frame: its type, its place in slots 30 and 31 of ENTRY.
    pub fn next_ext(&mut self, slots: &mut Slots) -> Option<u64> {
        let extensions = &mut self.extensions;
        let extension = self.place.read(|frame| extensions.next(frame)).ok()??;
        let Span { at, len } = self.place.part(extension.value).span;
        (slots[30], slots[31]) = (at as f64, len as f64);
        Some(extension.kind)
    }
}
