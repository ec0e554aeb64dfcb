//! Random frames as trees, grown from the crate's table of layouts, so that no kind or field can be forgotten here.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wire::body::{self, Entry, Field, Fields, List};
use wire::kind::{Id, Place, Sender};
use wire::limit::VARINT_MAX;
use wire::{EXT, Kind, Side};

use super::tree::hex;

pub const LARGEST: u64 = VARINT_MAX;
/// Enough entries to show every rule; the limits themselves are in the vectors.
const ENTRIES: usize = 6;

/// Any frame that may travel by itself.
pub fn frames() -> BoxedStrategy<(Side, Value)> {
    let alone = |side: Side| {
        move |kind: &Kind| kind.rules().id(side).is_some() && kind.rules().place != Place::Page
    };
    let of = |side: Side| {
        Kind::all()
            .filter(alone(side))
            .map(move |kind| (side, kind))
    };
    let all: Vec<_> = of(Side::Up).chain(of(Side::Down)).collect();
    prop::sample::select(all)
        .prop_flat_map(|(side, kind)| frame(kind, side).prop_map(move |tree| (side, tree)))
        .boxed()
}

/// An up frame of a kind that is logged.
pub fn relayed() -> BoxedStrategy<Value> {
    let kinds: Vec<_> = Kind::all()
        .filter(|kind| kind.rules().logged && kind.rules().up.is_some())
        .collect();
    prop::sample::select(kinds)
        .prop_flat_map(|kind| frame(kind, Side::Up))
        .boxed()
}

/// A down frame that may stand in a BATCH.
pub fn loose() -> BoxedStrategy<Value> {
    let loose = |kind: &Kind| kind.rules().down.is_some() && kind.rules().place == Place::Anywhere;
    let kinds: Vec<_> = Kind::all().filter(loose).collect();
    prop::sample::select(kinds)
        .prop_flat_map(|kind| frame(kind, Side::Down))
        .boxed()
}

fn frame(kind: Kind, side: Side) -> BoxedStrategy<Value> {
    let rules = kind.rules();
    let id = any::<[u8; 16]>().prop_map(|id| json!(hex(&id)));
    let id = match rules.id(side).expect("a direction of the kind") {
        Id::Required => id.boxed(),
        Id::Absent => Just(Value::Null).boxed(),
        Id::Optional => prop_oneof![id, Just(Value::Null)].boxed(),
    };
    let seq = if side == Side::Down && rules.logged {
        1..=LARGEST
    } else {
        0..=0
    };
    let sender = match (side, rules.sender) {
        (Side::Down, Sender::User) => 1..=LARGEST,
        (Side::Down, Sender::Any) => 0..=LARGEST,
        _ => 0..=0,
    };
    let parts = (
        seq,
        0..=LARGEST,
        id,
        sender,
        extensions(kind, side),
        body(kind, side),
    );
    parts
        .prop_map(move |(seq, ts, id, sender, ext, body)| {
            let flags = if ext.is_empty() { 0 } else { EXT };
            json!({
                "kind": rules.name, "flags": flags, "seq": seq, "ts": ts, "id": id, "sender": sender, "ext": ext, "body": body,
            })
        })
        .boxed()
}

fn extensions(kind: Kind, side: Side) -> BoxedStrategy<Vec<Value>> {
    let unknown = btree_set(32..LARGEST / 2, 0..3).prop_flat_map(|types| {
        let values = vec(vec(any::<u8>(), 0..20), types.len());
        values.prop_map(move |values| {
            let entry =
                |(kind, value): (&u64, &Vec<u8>)| json!({ "type": kind * 2, "bytes": hex(value) });
            types.iter().zip(&values).map(entry).collect::<Vec<_>>()
        })
    });
    let known = if (kind, side) == (Kind::Msg, Side::Down) {
        let edited = json!({ "type": 2, "bytes": "2c88fbcfc69f34" });
        let files = json!({ "type": 6, "bytes": format!("01{}0161016200ff0105", "ab".repeat(16)) });
        vec![vec![], vec![edited.clone()], vec![edited, files]]
    } else {
        vec![vec![]]
    };
    (prop::sample::select(known), unknown)
        .prop_map(|(known, unknown)| [known, unknown].concat())
        .boxed()
}

fn body(kind: Kind, side: Side) -> BoxedStrategy<Value> {
    match kind {
        Kind::Presence => {
            let ops = if side == Side::Up {
                vec![2]
            } else {
                vec![0, 1, 3]
            };
            let of = move |op: u8| {
                let fields = body::layout(kind, side, Some(op)).expect("an op of the direction");
                row(fields).prop_map(move |mut tree| {
                    tree["op"] = json!(op);
                    tree
                })
            };
            prop::sample::select(ops).prop_flat_map(of).boxed()
        }
        Kind::Batch => vec(loose(), 1..ENTRIES)
            .prop_map(|list| json!({ "list": list }))
            .boxed(),
        Kind::HistoryPage => page(),
        _ => row(body::layout(kind, side, None).expect("a direction of the kind")),
    }
}

/// PEOPLE, then messages by rising seq, some with a TALLY, and system entries between them; or nothing.
fn page() -> BoxedStrategy<Value> {
    let message = (
        frame(Kind::Msg, Side::Down),
        proptest::option::of(frame(Kind::Tally, Side::Down)),
    );
    let entry = prop_oneof![
        message.prop_map(|(message, tally)| (message, tally)),
        frame(Kind::System, Side::Down).prop_map(|system| (system, None)),
    ];
    let parts = (
        frame(Kind::People, Side::Down),
        vec((1..1_000_u64, entry), 0..ENTRIES),
        any::<u8>(),
        0..=LARGEST,
    );
    parts
        .prop_map(|(people, entries, flags, as_of)| {
            let mut list = vec![people];
            let (mut first, mut last) = (0, 0);
            for (step, (mut entry, tally)) in entries {
                last += step;
                first = if first == 0 { last } else { first };
                entry["seq"] = json!(last);
                list.push(entry);
                if let Some(mut tally) = tally {
                    tally["body"]["target"] = json!(last);
                    list.push(tally);
                }
            }
            if last == 0 {
                list.clear();
            }
            json!({ "flags": flags, "asOf": as_of, "firstSeq": first, "lastSeq": last, "list": list })
        })
        .boxed()
}

fn row(fields: Fields) -> BoxedStrategy<Value> {
    let named = |(name, value): &(&'static str, Field)| {
        let name = *name;
        field(value).prop_map(move |value| (name.to_owned(), value))
    };
    let values: Vec<_> = fields.iter().map(named).collect();
    values
        .prop_map(|values| Value::Object(values.into_iter().collect::<Map<_, _>>()))
        .boxed()
}

fn field(field: &Field) -> BoxedStrategy<Value> {
    match *field {
        Field::U8 { least, most } => (least..=most).prop_map(Value::from).boxed(),
        Field::U16 => any::<u16>().prop_map(Value::from).boxed(),
        Field::Varint { least, most } => {
            let near = least..=most.min(least + 300);
            prop_oneof![near, least..=most, Just(most)]
                .prop_map(Value::from)
                .boxed()
        }
        Field::Zero => Just(json!(0)).boxed(),
        // The fixed bytes below are never all zero.
        Field::Cursor => (0..=LARGEST).prop_map(Value::from).boxed(),
        Field::Fixed(len) => vec(1..=u8::MAX, len)
            .prop_map(|bytes| json!(hex(&bytes)))
            .boxed(),
        Field::Str { least, most } => text(least, most),
        Field::Emoji => prop::sample::select(vec!["👍🏽", ":name:", "x", "👨‍👩‍👧‍👦"])
            .prop_map(Value::from)
            .boxed(),
        Field::List(List {
            entry, least, most, ..
        }) => {
            let count = least..=most.min(ENTRIES);
            match entry {
                Entry::Row(fields) => vec(row(fields), count).prop_map(Value::from).boxed(),
                Entry::Ref => vec(0..=LARGEST, count).prop_map(Value::from).boxed(),
                Entry::Frame => unreachable!("lists of frames are grown above"),
            }
        }
    }
}

/// A string of `least` to `most` bytes, mostly short, some long enough to be compressed.
fn text(least: usize, most: usize) -> BoxedStrategy<Value> {
    let long =
        (any::<char>(), 0..600_usize).prop_map(|(letter, times)| letter.to_string().repeat(times));
    prop_oneof![3 => ".{0,40}", 1 => long]
        .prop_map(move |text: String| {
            let fits = |&(at, letter): &(usize, char)| at + letter.len_utf8() <= most;
            let cut: String = text
                .char_indices()
                .take_while(fits)
                .map(|(_, letter)| letter)
                .collect();
            json!(if cut.len() < least {
                "x".repeat(least)
            } else {
                cut
            })
        })
        .boxed()
}
