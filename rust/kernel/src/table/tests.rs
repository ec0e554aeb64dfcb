//! Laws of a table: an abort leaves nothing, a batch holds net rows, the index follows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Index, Table};

/// Keys by value.
#[derive(Debug, Default, PartialEq)]
struct ByValue(BTreeSet<(u8, u8)>);

impl Index<u8, u8> for ByValue {
    fn add(&mut self, key: &u8, value: &u8) {
        self.0.insert((*value, *key));
    }
    fn remove(&mut self, key: &u8, value: &u8) {
        self.0.remove(&(*value, *key));
    }
}

#[derive(Clone, Debug)]
enum Act {
    Set(u8, u8),
    Update(u8, u8),
    Take(u8),
    TakeAll,
    Keep,
    Undo,
    Write,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..8_u8, 0..4_u8).prop_map(|(key, value)| Act::Set(key, value)),
        3 => (0..8_u8, 0..4_u8).prop_map(|(key, value)| Act::Update(key, value)),
        3 => (0..8_u8).prop_map(Act::Take),
        1 => Just(Act::TakeAll),
        2 => Just(Act::Keep),
        2 => Just(Act::Undo),
        2 => Just(Act::Write),
    ]
}

fn rows(table: &Table<u8, u8, ByValue>) -> BTreeMap<u8, u8> {
    table.iter().map(|(key, value)| (*key, *value)).collect()
}

proptest! {
    /// Undo brings back the last kept state; the batches laid over each other are the kept state; the index is a function of the rows.
    #[test]
    fn a_table_keeps_its_laws(acts in prop::collection::vec(act(), 0..60)) {
        let mut table = Table::<u8, u8, ByValue>::default();
        let (mut kept, mut stored) = (BTreeMap::new(), BTreeMap::new());
        let write = |table: &mut Table<u8, u8, ByValue>, stored: &mut BTreeMap<u8, u8>| {
            table.write(|key, value| {
                assert_ne!(stored.get(key), value, "a row that does not change");
                match value {
                    Some(value) => stored.insert(*key, *value),
                    None => stored.remove(key),
                };
            });
        };
        for act in acts {
            match act {
                Act::Set(key, value) => table.set(key, value),
                Act::Update(key, value) => { table.update(&key, |old| *old = value); }
                Act::Take(key) => { table.take(&key); }
                Act::TakeAll => table.take_all(),
                Act::Keep => { table.keep(|_, _| ()); kept = rows(&table); }
                Act::Undo => { table.undo(); prop_assert_eq!(&rows(&table), &kept); }
                Act::Write => { write(&mut table, &mut stored); prop_assert_eq!(&stored, &kept); }
            }
            prop_assert!(table.is_indexed());
        }
    }
}
