//! All tables of a kernel with its counters, and what is done to every one of them: keep, undo, write. Rows of a kind stand here once.

use std::collections::{BTreeMap, BTreeSet};

use super::Table;
use super::index::{CLists, Keys, Objects, Promises, Vats, Waiting};
use crate::entry::{
    Action, CListEntry, Call, Counters, Fixed, Item, Keyed, Object, Promise, Subcluster, Vat,
};
use crate::input::CommandId;
use crate::refs::{Kref, SubclusterId, VatId};
use crate::snapshot::{Entry, Key};

/// What a command without an idempotency key waits for. In RAM alone: after a crash its caller asks again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// A promise; it counts as one of its holders.
    Promise(u64),
    /// The end of a launch.
    Launch(SubclusterId),
    /// The item of the run queue with this number.
    Item(u64),
    /// Nothing left to do.
    Garbage,
}

/// Everything that is in RAM and has rows, and the commands that wait.
#[derive(Debug)]
pub struct Tables {
    pub actions: Table<(VatId, Action, Kref), ()>,
    pub clists: Table<(VatId, Kref), CListEntry, CLists>,
    pub calls: Table<u64, Call>,
    pub fixed: Table<VatId, Fixed>,
    pub subclusters: Table<SubclusterId, Subcluster>,
    pub objects: Table<u64, Object, Objects>,
    pub promises: Table<u64, Promise, Promises>,
    pub queue: Table<u64, Item>,
    pub urls: Table<String, Kref>,
    pub vats: Table<VatId, Vat, Vats>,
    pub waiting: Table<(u64, u64), Item, Waiting>,
    pub keys: Table<String, Keyed, Keys>,
    /// Without rows.
    pub commands: Table<Wait, Vec<CommandId>>,
    pub counters: Counters,
    /// As the crank under way found them.
    began: Counters,
    /// As the last batch wrote them.
    written: Option<Counters>,
    /// Whose count fell in this crank: looked at once, at its end.
    pub fallen: BTreeSet<Kref>,
}

/// Calls `$each!(table, key constructor)` for every table with rows, in the order of their keys' letters.
macro_rules! each {
    ($self:ident, $each:ident) => {
        $each!($self.actions, |key: &(VatId, Action, Kref)| Key::Action(
            key.0, key.1, key.2
        ));
        $each!($self.clists, |key: &(VatId, Kref)| Key::CList(key.0, key.1));
        $each!($self.calls, |key: &u64| Key::Call(*key));
        $each!($self.fixed, |key: &VatId| Key::Fixed(*key));
        $each!($self.subclusters, |key: &SubclusterId| Key::Subcluster(
            *key
        ));
        $each!($self.objects, |key: &u64| Key::Object(*key));
        $each!($self.promises, |key: &u64| Key::Promise(*key));
        $each!($self.queue, |key: &u64| Key::Queue(*key));
        $each!($self.urls, |key: &String| Key::Url(key.clone()));
        $each!($self.vats, |key: &VatId| Key::Vat(*key));
        $each!($self.waiting, |key: &(u64, u64)| Key::Waiting(key.0, key.1));
        $each!($self.keys, |key: &String| Key::Keyed(key.clone()));
    };
}

/// Counters of a new kernel: places in rings and all names begin at 1.
const fn first() -> Counters {
    Counters {
        object: 1,
        promise: 1,
        vat: 1,
        subcluster: 1,
        crank: 1,
        call: 1,
        message: 1,
        queue_head: 1,
        queue_tail: 1,
        external: 1,
        key: 1,
        reap: Vec::new(),
        hash: [0; 32],
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            actions: Table::default(),
            clists: Table::default(),
            calls: Table::default(),
            fixed: Table::default(),
            subclusters: Table::default(),
            objects: Table::default(),
            promises: Table::default(),
            queue: Table::default(),
            urls: Table::default(),
            vats: Table::default(),
            waiting: Table::default(),
            keys: Table::default(),
            commands: Table::default(),
            counters: first(),
            began: first(),
            written: None,
            fallen: BTreeSet::new(),
        }
    }
}

impl Tables {
    /// The counters of row `k`, as loaded.
    pub fn load_counters(&mut self, counters: Counters) {
        self.began = counters.clone();
        self.written = Some(counters.clone());
        self.counters = counters;
    }

    /// A crank begins.
    pub fn begin(&mut self) {
        self.began = self.counters.clone();
    }

    /// The crank stays; `changed` gets every row that differs, but `k`, in key order.
    pub fn keep(&mut self, mut changed: impl FnMut(&Key, Option<&str>)) {
        macro_rules! keep {
            ($table:expr, $key:expr) => {
                $table.keep(|key, value| {
                    changed(&$key(key), value.map(Entry::encode).as_deref());
                });
            };
        }
        each!(self, keep);
        self.commands.keep(|_, _| ());
        self.commands.forget_dirty();
        self.fallen.clear();
    }

    /// The counters are settled for this crank, the hash last.
    pub fn keep_counters(&mut self) {
        self.began = self.counters.clone();
    }

    /// The crank is undone, its ids are given back.
    pub fn undo(&mut self) {
        macro_rules! undo {
            ($table:expr, $key:expr) => {
                $table.undo();
            };
        }
        each!(self, undo);
        self.commands.undo();
        self.fallen.clear();
        self.counters = self.began.clone();
    }

    /// Net rows since the last batch: sets and deletes.
    pub fn write(&mut self, sets: &mut Vec<(String, String)>, deletes: &mut Vec<String>) {
        macro_rules! write {
            ($table:expr, $key:expr) => {
                $table.write(|key, value| match value {
                    Some(value) => sets.push(($key(key).to_string(), value.encode())),
                    None => deletes.push($key(key).to_string()),
                });
            };
        }
        each!(self, write);
        if self.written.as_ref() != Some(&self.began) {
            if self.written.is_some() || self.began != first() {
                sets.push((Key::Counters.to_string(), self.began.encode()));
            }
            self.written = Some(self.began.clone());
        }
    }

    /// Answers that are written need not stay in RAM: an empty text stands for them.
    pub fn lighten_keys(&mut self, written: &[(String, String)]) {
        for (key, value) in written {
            // A crank under way may have answered a row that was written as it was before.
            if let Some(hash) = key.strip_prefix("x/")
                && !value.ends_with(",null]")
            {
                self.keys.lighten(&hash.to_owned(), |keyed| {
                    if let Some(answer) = &mut keyed.answer {
                        *answer = String::new();
                    }
                });
            }
        }
    }

    /// Every row goes but the counters: the batch wipes their prefixes.
    pub fn clear(&mut self) {
        macro_rules! clear {
            ($table:expr, $key:expr) => {
                $table.take_all();
            };
        }
        each!(self, clear);
        self.commands.take_all();
        self.counters.reap.clear();
        self.counters.queue_head = self.counters.queue_tail;
    }

    /// After `clear` was kept: the batch wipes everything, so no deletes need be written, and all that stands.
    pub fn rewrite(&mut self) {
        macro_rules! rewrite {
            ($table:expr, $key:expr) => {
                $table.rewrite();
            };
        }
        each!(self, rewrite);
    }

    /// Whether the indexes are what the rows say, by table.
    pub fn unindexed(&self) -> Vec<&'static str> {
        let all = BTreeMap::from([
            ("clists", self.clists.is_indexed()),
            ("keys", self.keys.is_indexed()),
            ("objects", self.objects.is_indexed()),
            ("promises", self.promises.is_indexed()),
            ("vats", self.vats.is_indexed()),
            ("waiting", self.waiting.is_indexed()),
        ]);
        all.into_iter()
            .filter_map(|(name, right)| (!right).then_some(name))
            .collect()
    }
}
