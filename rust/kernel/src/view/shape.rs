//! The shapes of `getGraph`, member by member as worker-ts/src/kernel/kernel.ts has them.

use serde::Serialize;

use crate::refs::{Kref, SubclusterId, VatId, Vref};

#[derive(Serialize)]
pub struct Graph<'a> {
    pub crank: u64,
    pub vats: Vec<VatNode<'a>>,
    pub objects: Vec<HeldObject>,
    pub promises: Vec<HeldPromise>,
    pub queue: Vec<QueueItem>,
    pub truncated: bool,
}

#[derive(Serialize)]
pub struct VatNode<'a> {
    pub id: VatId,
    pub name: &'a str,
    pub subcluster: SubclusterId,
    pub state: &'static str,
    pub incarnation: u64,
    pub seq: u64,
    pub exports: usize,
    pub imports: usize,
}

#[derive(Serialize)]
pub struct HeldObject {
    pub kref: Kref,
    pub owner: Option<String>,
    pub root: bool,
    pub revoked: bool,
    pub reachable: u64,
    pub recognizable: u64,
    pub pins: u64,
    pub external: bool,
    pub holders: Vec<Holder>,
    pub held: Held,
}

#[derive(Serialize)]
pub struct Holder {
    pub vat: VatId,
    pub vref: Vref,
    pub reachable: bool,
}

/// Holders that are no vats, by kind.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Held {
    pub messages: u64,
    pub promises: u64,
    pub urls: u64,
    pub calls: u64,
}

#[derive(Serialize)]
pub struct HeldPromise {
    pub kref: Kref,
    pub state: &'static str,
    pub decider: Option<String>,
    pub count: u64,
    pub subscribers: Vec<String>,
    pub holders: Vec<PromiseHolder>,
    pub waiting: usize,
}

#[derive(Serialize)]
pub struct PromiseHolder {
    pub vat: VatId,
    pub vref: Vref,
}

#[derive(Serialize)]
pub struct QueueItem {
    pub kind: &'static str,
    pub message: Option<u64>,
    pub target: String,
    pub method: Option<String>,
    pub result: Option<Kref>,
}
