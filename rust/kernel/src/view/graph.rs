//! `getGraph`: who holds what, for people. Its shape is `KernelGraph` of worker-ts/src/kernel/kernel.ts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shape::{
    Graph, Held, HeldObject, HeldPromise, Holder, PromiseHolder, QueueItem, VatNode,
};
use crate::capdata::method;
use crate::entry::{Decider, Item, Object, Owner, Promise, State, Subscriber, VatState};
use crate::refs::{Kref, Side, VatId, Vref};
use crate::state::KernelMachine;
use crate::table::count::each_held;

/// Objects shown; promises as many.
const KREFS_MAX: usize = 500;
/// Items of the run queue shown.
const ITEMS_MAX: usize = 100;

impl KernelMachine {
    /// Vats, objects, promises and who holds them, as JSON text.
    pub fn graph(&self) -> String {
        let tables = &self.tables;
        let held = self.held();
        let objects = tables.objects.iter().take(KREFS_MAX);
        let promises = tables.promises.iter().take(KREFS_MAX);
        let graph = Graph {
            crank: tables.counters.crank - 1,
            vats: self.vat_nodes(),
            objects: objects
                .map(|(number, row)| self.object_node(*number, row, &held))
                .collect(),
            promises: promises
                .map(|(number, row)| self.promise_node(*number, row))
                .collect(),
            queue: tables
                .queue
                .iter()
                .take(ITEMS_MAX)
                .map(|(_, item)| item_node(item))
                .collect(),
            truncated: tables.objects.len() > KREFS_MAX
                || tables.promises.len() > KREFS_MAX
                || tables.queue.len() > ITEMS_MAX,
        };
        text(&graph)
    }

    fn vat_nodes(&self) -> Vec<VatNode<'_>> {
        let vats = self.tables.vats.iter();
        let node = |(id, row): (&VatId, &crate::entry::Vat)| {
            let fixed = self.tables.fixed.get(id)?;
            let objects = self
                .tables
                .clist(*id)
                .filter(|(kref, _)| !kref.is_promise());
            let (exports, imports): (Vec<_>, Vec<_>) =
                objects.partition(|(_, entry)| entry.vref.side == Side::Vat);
            Some(VatNode {
                id: *id,
                name: &fixed.name,
                subcluster: fixed.subcluster,
                state: match row.state {
                    VatState::Starting => "starting",
                    VatState::Running => "running",
                    VatState::Due => "due",
                    VatState::Dying => "dying",
                },
                incarnation: row.incarnation,
                seq: row.seq,
                exports: exports.len(),
                imports: imports.len(),
            })
        };
        vats.filter_map(node).collect()
    }

    fn object_node(&self, number: u64, row: &Object, held: &BTreeMap<Kref, Held>) -> HeldObject {
        let kref = Kref::object(number);
        let owner = match row.owner {
            Owner::Vat(vat) => Some(vat),
            _ => None,
        };
        HeldObject {
            kref,
            owner: (row.owner != Owner::Nobody).then(|| row.owner.text()),
            root: owner.is_some_and(|vat| self.tables.vref(vat, kref) == Some(Vref::ROOT)),
            revoked: row.revoked,
            reachable: row.reachable,
            recognizable: row.recognizable,
            pins: row.pins,
            external: row.external != 0,
            holders: self
                .entries(kref)
                .filter(|(vat, ..)| Some(*vat) != owner)
                .map(|(vat, vref, reachable)| Holder {
                    vat,
                    vref,
                    reachable,
                })
                .collect(),
            held: held.get(&kref).copied().unwrap_or_default(),
        }
    }

    fn promise_node(&self, number: u64, row: &Promise) -> HeldPromise {
        let kref = Kref::promise(number);
        let (state, decider, subscribers) = match &row.state {
            State::Unresolved {
                decider,
                subscribers,
            } => {
                let told = subscribers.iter().map(Subscriber::text).collect();
                let decider = (*decider != Decider::Nobody).then(|| decider.text());
                ("unresolved", decider, told)
            }
            State::Fulfilled(_) => ("fulfilled", None, Vec::new()),
            State::Rejected(_) => ("rejected", None, Vec::new()),
        };
        HeldPromise {
            kref,
            state,
            decider,
            count: row.count,
            subscribers,
            holders: self
                .entries(kref)
                .map(|(vat, vref, _)| PromiseHolder { vat, vref })
                .collect(),
            waiting: self.tables.waiting_len(kref),
        }
    }

    /// The vats that have an entry for a kref.
    fn entries(&self, kref: Kref) -> impl Iterator<Item = (VatId, Vref, bool)> {
        let vats = self
            .tables
            .clists
            .index()
            .vats
            .range((kref, VatId(0))..=(kref, VatId(u64::MAX)));
        vats.filter_map(move |(_, vat)| {
            let entry = self.tables.clists.get(&(*vat, kref))?;
            Some((*vat, entry.vref, entry.reachable))
        })
    }

    /// Holders that are no vats.
    fn held(&self) -> BTreeMap<Kref, Held> {
        let mut held = BTreeMap::<Kref, Held>::new();
        let tables = &self.tables;
        let items = tables.queue.iter().map(|row| row.1);
        for item in items.chain(tables.waiting.iter().map(|row| row.1)) {
            each_held(item, |kref| held.entry(kref).or_default().messages += 1);
        }
        for (_, promise) in tables.promises.iter() {
            if let State::Fulfilled(value) | State::Rejected(value) = &promise.state {
                for kref in &value.slots {
                    held.entry(*kref).or_default().promises += 1;
                }
            }
        }
        for (_, kref) in tables.urls.iter() {
            held.entry(*kref).or_default().urls += 1;
        }
        for kref in tables.calls.iter().flat_map(|row| &row.1.methargs.slots) {
            held.entry(*kref).or_default().calls += 1;
        }
        held
    }
}

fn item_node(item: &Item) -> QueueItem {
    let node = |kind, target: String| QueueItem {
        kind,
        message: None,
        target,
        method: None,
        result: None,
    };
    match item {
        Item::Send {
            message,
            target,
            methargs,
            result,
        } => QueueItem {
            message: Some(*message),
            method: method(&methargs.body).map(|name| name.chars().take(200).collect()),
            result: *result,
            ..node("send", target.to_string())
        },
        Item::Notify { vat, promise } => node("notify", format!("{vat} {promise}")),
        Item::Start { vat } => node("start", vat.to_string()),
        Item::Restart { vat, .. } => node("restart", vat.to_string()),
        Item::Upgrade { vat, .. } => node("upgrade", vat.to_string()),
    }
}

fn text(value: &impl Serialize) -> String {
    // Strings, numbers and lists alone: there is nothing that JSON could not hold.
    serde_json::to_string(value).unwrap_or_default()
}
