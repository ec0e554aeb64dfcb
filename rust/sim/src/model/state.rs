//! What the naive kernel knows: plain maps, and counts that are found by going through everything that holds something. No journal,
//! no bookkeeping of changes; a crank that is undone is a copy put back.

use std::collections::{BTreeMap, BTreeSet};

use kernel::capdata::CapData;
use kernel::entry::{
    Action, CListEntry, Call, Counters, Decider, Fixed, Item, Keyed, Object, Owner, Promise,
    State as Stand, Subcluster, Subscriber, Vat, VatState,
};
use kernel::input::CommandId;
use kernel::output::Answer;
use kernel::refs::{Kref, Side, SubclusterId, VatId, Vref};

/// Everything that has a row, and what waits in memory only.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "most are the tables of their names")]
pub struct State {
    pub counters: Counters,
    pub objects: BTreeMap<Kref, Object>,
    pub promises: BTreeMap<Kref, Promise>,
    pub clist: BTreeMap<(VatId, Kref), CListEntry>,
    pub queue: BTreeMap<u64, Item>,
    pub waiting: BTreeMap<(u64, u64), Item>,
    pub vats: BTreeMap<VatId, Vat>,
    pub fixed: BTreeMap<VatId, Fixed>,
    pub groups: BTreeMap<SubclusterId, Subcluster>,
    pub actions: BTreeSet<(VatId, Action, Kref)>,
    pub urls: BTreeMap<String, Kref>,
    pub calls: BTreeMap<u64, Call>,
    pub keys: BTreeMap<String, Keyed>,
    /// Rows of vats' stores, `s/` and `b/`.
    pub opaque: BTreeMap<String, String>,
    /// In memory: un-keyed sends by the promise they wait for.
    pub waiters: BTreeMap<Kref, Vec<CommandId>>,
    /// In memory: un-keyed launches.
    pub launchers: BTreeMap<SubclusterId, CommandId>,
    /// In memory: un-keyed restarts and upgrades by their queue number.
    pub restarters: BTreeMap<u64, CommandId>,
    /// In memory: vats whose heap is to be thrown away, told at the end of the crank.
    pub stops: Vec<VatId>,
    /// In memory: what the crank tells the outside.
    pub told: Vec<Told>,
    /// In memory: subclusters whose launch failed in this crank; they end with it.
    pub doomed: Vec<SubclusterId>,
    /// In memory: rows of vats' stores that the crank wrote, in order.
    pub touched: Vec<(String, Option<String>)>,
}

/// Something for the outside, told when its crank ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// To whoever gave this command.
    Command(CommandId, Answer),
    /// To whoever gave this key.
    Key(String, Answer),
    /// A service call.
    Call(u64),
}

impl Default for State {
    fn default() -> Self {
        Self {
            counters: Counters {
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
            },
            objects: BTreeMap::new(),
            promises: BTreeMap::new(),
            clist: BTreeMap::new(),
            queue: BTreeMap::new(),
            waiting: BTreeMap::new(),
            vats: BTreeMap::new(),
            fixed: BTreeMap::new(),
            groups: BTreeMap::new(),
            actions: BTreeSet::new(),
            urls: BTreeMap::new(),
            calls: BTreeMap::new(),
            keys: BTreeMap::new(),
            opaque: BTreeMap::new(),
            waiters: BTreeMap::new(),
            launchers: BTreeMap::new(),
            restarters: BTreeMap::new(),
            stops: Vec::new(),
            told: Vec::new(),
            doomed: Vec::new(),
            touched: Vec::new(),
        }
    }
}

impl State {
    /// Counts every holder of every object and promise anew.
    pub fn recount(&mut self) {
        let mut reachable: BTreeMap<Kref, u64> = BTreeMap::new();
        let mut recognizable: BTreeMap<Kref, u64> = BTreeMap::new();
        for (kref, strong) in self.holds(true) {
            *recognizable.entry(kref).or_default() += 1;
            if strong {
                *reachable.entry(kref).or_default() += 1;
            }
        }
        for (kref, object) in &mut self.objects {
            object.reachable = reachable.get(kref).copied().unwrap_or(0);
            object.recognizable = recognizable.get(kref).copied().unwrap_or(0);
        }
        for (kref, promise) in &mut self.promises {
            promise.count = recognizable.get(kref).copied().unwrap_or(0);
        }
    }

    /// Every hold there is: who is held, and whether it can be sent to. `by_values`: also by values of promises.
    fn holds(&self, by_values: bool) -> Vec<(Kref, bool)> {
        let mut holds = Vec::new();
        for ((_, kref), entry) in &self.clist {
            if kref.is_promise() || entry.vref.side == Side::Kernel {
                holds.push((*kref, entry.reachable));
            }
        }
        for item in self.queue.values().chain(self.waiting.values()) {
            match item {
                Item::Send {
                    target,
                    methargs,
                    result,
                    ..
                } => {
                    holds.push((*target, true));
                    holds.extend(
                        methargs
                            .slots
                            .iter()
                            .chain(result)
                            .map(|kref| (*kref, true)),
                    );
                }
                Item::Notify { promise, .. } => holds.push((*promise, true)),
                Item::Start { .. } | Item::Restart { .. } | Item::Upgrade { .. } => {}
            }
        }
        for (kref, promise) in &self.promises {
            match &promise.state {
                Stand::Unresolved { subscribers, .. } => {
                    let durable = subscribers
                        .iter()
                        .filter(|who| !matches!(who, Subscriber::Vat(_)));
                    holds.extend(durable.map(|_| (*kref, true)));
                }
                Stand::Fulfilled(_) | Stand::Rejected(_) if !by_values => {}
                Stand::Fulfilled(value) | Stand::Rejected(value) => {
                    holds.extend(value.slots.iter().map(|slot| (*slot, true)))
                }
            }
            if promise.external != 0 {
                holds.push((*kref, true));
            }
        }
        for (kref, object) in &self.objects {
            let outside = object.pins + u64::from(object.external != 0);
            holds.extend((0..outside).map(|_| (*kref, true)));
        }
        for call in self.calls.values() {
            holds.extend(
                call.methargs
                    .slots
                    .iter()
                    .chain(&call.result)
                    .map(|kref| (*kref, true)),
            );
        }
        holds.extend(self.urls.values().map(|kref| (*kref, true)));
        holds.extend(
            self.waiters
                .iter()
                .flat_map(|(kref, commands)| commands.iter().map(|_| (*kref, true))),
        );
        let living = self
            .vats
            .iter()
            .filter(|(_, vat)| vat.state != VatState::Dying);
        holds.extend(
            living
                .filter_map(|(vat, _)| self.kref(*vat, Vref::ROOT))
                .map(|kref| (kref, true)),
        );
        holds
    }

    /// Removes promises that nothing but promises holds, finds what is to be told of objects, and leaves exact counts.
    pub fn collect(&mut self) {
        let live = self.live_promises();
        self.promises.retain(|kref, _| live.contains(kref));
        self.recount();
        let krefs: Vec<Kref> = self.objects.keys().copied().collect();
        for kref in krefs {
            let object = &self.objects[&kref];
            match &object.owner {
                Owner::Vat(vat) => {
                    let vat = *vat;
                    let Some(entry) = self.clist.get(&(vat, kref)).filter(|_| self.is_alive(vat))
                    else {
                        continue;
                    };
                    let (drop, retire) = (
                        object.reachable == 0 && entry.reachable,
                        object.recognizable == 0,
                    );
                    if drop {
                        self.actions.insert((vat, Action::DropExports, kref));
                    }
                    if retire {
                        self.actions.insert((vat, Action::RetireExports, kref));
                    }
                }
                Owner::Nobody | Owner::Service(_) if object.recognizable == 0 => {
                    self.objects.remove(&kref);
                }
                Owner::Nobody if object.reachable == 0 => {
                    let holders: Vec<VatId> = self
                        .clist
                        .keys()
                        .filter(|(_, held)| *held == kref)
                        .map(|(vat, _)| *vat)
                        .collect();
                    for vat in holders
                        .into_iter()
                        .filter(|vat| self.is_alive(*vat))
                        .collect::<Vec<_>>()
                    {
                        self.actions.insert((vat, Action::RetireImports, kref));
                    }
                }
                Owner::Nobody | Owner::Service(_) => {}
            }
        }
    }

    /// Promises that are held by something else than a promise's value, and what their values hold.
    fn live_promises(&self) -> BTreeSet<Kref> {
        let mut next: Vec<Kref> = self
            .holds(false)
            .into_iter()
            .map(|(kref, _)| kref)
            .filter(|kref| kref.is_promise())
            .collect();
        let mut live = BTreeSet::new();
        while let Some(kref) = next.pop() {
            if live.insert(kref)
                && let Some(Stand::Fulfilled(value) | Stand::Rejected(value)) =
                    self.promises.get(&kref).map(|promise| &promise.state)
            {
                next.extend(value.slots.iter().filter(|slot| slot.is_promise()));
            }
        }
        live
    }

    /// A vat's name for a kref, backwards.
    pub fn kref(&self, vat: VatId, vref: Vref) -> Option<Kref> {
        self.clist
            .iter()
            .find(|((owner, _), entry)| *owner == vat && entry.vref == vref)
            .map(|((_, kref), _)| *kref)
    }

    /// Whether a vat can be told something.
    pub fn is_alive(&self, vat: VatId) -> bool {
        self.vats
            .get(&vat)
            .is_some_and(|vat| vat.state != VatState::Dying)
    }

    /// To the tail of the run queue.
    pub fn enqueue(&mut self, item: Item) -> u64 {
        let number = self.counters.queue_tail;
        self.counters.queue_tail += 1;
        self.queue.insert(number, item);
        number
    }

    /// A new object.
    pub fn add_object(&mut self, owner: Owner) -> Kref {
        let kref = Kref::object(self.counters.object);
        self.counters.object += 1;
        let object = Object {
            owner,
            reachable: 0,
            recognizable: 0,
            revoked: false,
            pins: 0,
            external: 0,
        };
        self.objects.insert(kref, object);
        kref
    }

    /// A new promise.
    pub fn add_promise(&mut self, decider: Decider) -> Kref {
        let kref = Kref::promise(self.counters.promise);
        self.counters.promise += 1;
        let state = Stand::Unresolved {
            decider,
            subscribers: BTreeSet::new(),
        };
        self.promises.insert(
            kref,
            Promise {
                state,
                count: 0,
                external: 0,
            },
        );
        kref
    }

    /// The next number of a counter.
    pub fn message(&mut self) -> u64 {
        let number = self.counters.message;
        self.counters.message += 1;
        number
    }

    /// Whether there is such an object or promise.
    pub fn knows(&self, kref: Kref) -> bool {
        self.objects.contains_key(&kref) || self.promises.contains_key(&kref)
    }

    /// Promises a vat may settle, ascending.
    pub fn decided(&self, vat: VatId) -> Vec<Kref> {
        let decides = |promise: &Promise| matches!(promise.state, Stand::Unresolved { decider: Decider::Vat(by), .. } if by == vat);
        self.promises
            .iter()
            .filter(|(_, promise)| decides(promise))
            .map(|(kref, _)| *kref)
            .collect()
    }

    /// Puts krefs into the ring of what the outside holds.
    pub fn hold_outside(&mut self, slots: &[Kref]) {
        for kref in slots {
            let place = self.counters.external;
            self.counters.external += 1;
            if let Some(promise) = self.promises.get_mut(kref) {
                promise.external = place;
            }
            if let Some(object) = self.objects.get_mut(kref) {
                object.external = place;
            }
        }
    }

    /// Whether what a message waits on is to be settled, directly or over others that wait, by its own result.
    pub fn would_wait_for_itself(&self, on: Kref, result: Kref) -> bool {
        let mut at = on;
        while at != result {
            let waits = self.waiting.iter().find_map(|((on, _), item)| match item {
                Item::Send {
                    result: Some(result),
                    ..
                } if *result == at => Some(Kref::promise(*on)),
                _ => None,
            });
            match waits {
                Some(next) => at = next,
                None => return false,
            }
        }
        true
    }

    /// Keys of commands that waited in memory alone.
    pub fn orphan_keys(&self) -> BTreeSet<String> {
        let mut waiting: BTreeSet<String> = self
            .keys
            .iter()
            .filter(|(_, keyed)| keyed.answer.is_none())
            .map(|(key, _)| key.clone())
            .collect();
        for promise in self.promises.values() {
            if let Stand::Unresolved { subscribers, .. } = &promise.state {
                waiting.retain(|key| !subscribers.contains(&Subscriber::Key(key.clone())));
            }
        }
        for item in self.queue.values() {
            if let Item::Restart { key: Some(key), .. } | Item::Upgrade { key: Some(key), .. } =
                item
            {
                waiting.remove(key);
            }
        }
        for group in self.groups.values() {
            waiting.retain(|key| group.key.as_ref() != Some(key));
        }
        waiting
    }
}

/// What a vat's own name for something is made of when the kernel chooses it.
pub fn given(number: u64, promise: bool) -> Vref {
    let kind = if promise {
        kernel::refs::Kind::Promise
    } else {
        kernel::refs::Kind::Object
    };
    Vref {
        kind,
        side: Side::Kernel,
        number,
    }
}

/// Smallcaps error of the kernel.
pub fn error_value(code: &str, detail: &str) -> CapData<Kref> {
    let text = if detail.is_empty() {
        format!("[KERNEL:{code}]")
    } else {
        format!("[KERNEL:{code}] {detail}")
    };
    CapData {
        body: format!("#{{\"#error\":\"{text}\",\"name\":\"Error\"}}"),
        slots: Vec::new(),
    }
}
