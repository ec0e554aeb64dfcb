//! What INDEX and ENTRY say: the numbers of a frame or row in their slots, as the table in `wire.rs` tells. Nothing is read here.

use wire::Index;
use wire::body::{Facts, Span};

use crate::arena::Slots;

/// In a slot that tells a place: there is none.
const ABSENT: f64 = -1.0;

/// All slots of a frame that starts at `base` in its arena; the raw body stands in `arena` at `body`.
pub fn fill(slots: &mut Slots, index: &Index, base: usize, arena: u8, body: Span) {
    let at = |span: Span| (base + span.at) as f64;
    slots[0] = f64::from(index.number);
    slots[1] = f64::from(index.flags);
    slots[2] = float(index.seq);
    slots[3] = float(index.ts);
    slots[4] = float(index.sender);
    slots[5] = index.id.map_or(ABSENT, at);
    slots[6] = index.ext.map_or(ABSENT, at);
    slots[7] = index.ext.map_or(0.0, |span| span.len as f64);
    slots[8] = f64::from(arena);
    slots[9] = body.at as f64;
    slots[10] = body.len as f64;
    slots[11] = at(index.section);
    fill_facts(slots, &index.facts, body.at);
}

/// Slots 12 to 31; `base` is where the body starts in its arena.
pub fn fill_facts(slots: &mut Slots, facts: &Facts, base: usize) {
    for (slot, integer) in slots[12..24].iter_mut().zip(facts.integers) {
        *slot = float(integer);
    }
    let [first, second] = facts.strings;
    slots[24] = (base + first.at) as f64;
    slots[25] = first.len as f64;
    slots[26] = (base + second.at) as f64;
    slots[27] = second.len as f64;
    slots[28] = facts.count as f64;
    slots[29] = (base + facts.list_at) as f64;
    slots[30] = facts.fixed.map_or(ABSENT, |span| (base + span.at) as f64);
    slots[31] = 0.0;
}

/// A varint's value, at most 2^53-1, as a number. By way of a signed integer: of that the processor makes a float in one step.
const fn float(value: u64) -> f64 {
    value as i64 as f64
}
