//! Values of rows: JSON arrays, the entry's fields in order. Here: what all share, and counters, objects, promises, c-lists. Reading refuses whatever writing would not have written, but for white
//! space and the spelling of numbers and escapes.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::capdata::CapData;
use crate::entry::{CListEntry, Counters, Decider, Object, Owner, Promise, State, Subscriber};
use crate::error::Error;
use crate::limit::ROW_BYTES_MAX;
use crate::refs::{Kref, NUMBER_MAX, VatId, Vref};
use crate::text::{from_hex, to_hex};

use super::FORMAT;

/// An entry of a table as the value of its row.
pub trait Entry: Sized {
    /// The row's value.
    fn encode(&self) -> String;

    /// The entry of a row's value.
    ///
    /// # Errors
    /// `BadRow`: `encode` does not write such.
    fn decode(value: &str) -> Result<Self, Error>;
}

pub(super) type Slots = Vec<Kref>;

pub(super) fn write(value: &impl Serialize) -> String {
    // Strings and numbers alone: there is nothing that JSON could not hold.
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn read<T: DeserializeOwned>(value: &str) -> Result<T, Error> {
    if value.len() > ROW_BYTES_MAX {
        return Err(Error::BadRow);
    }
    serde_json::from_str(value).map_err(|_| Error::BadRow)
}

pub(super) fn exact<const N: usize>(numbers: [u64; N]) -> Result<(), Error> {
    if numbers.iter().any(|&number| number > NUMBER_MAX) {
        return Err(Error::BadRow);
    }
    Ok(())
}

pub(super) fn capdata(body: String, slots: Slots) -> Result<CapData<Kref>, Error> {
    let data = CapData { body, slots };
    data.check().map_err(|_| Error::BadRow)?;
    Ok(data)
}

pub(super) fn promise(kref: Option<Kref>) -> Result<Option<Kref>, Error> {
    if kref.is_some_and(|kref| !kref.is_promise()) {
        return Err(Error::BadRow);
    }
    Ok(kref)
}

pub(super) fn hashed(key: Option<String>) -> Result<Option<String>, Error> {
    if let Some(text) = &key {
        from_hex::<32>(text).ok_or(Error::BadRow)?;
    }
    Ok(key)
}

impl Entry for Counters {
    fn encode(&self) -> String {
        let numbers = (self.object, self.promise, self.vat, self.subcluster);
        write(&(
            FORMAT,
            numbers.0,
            numbers.1,
            numbers.2,
            numbers.3,
            self.crank,
            self.call,
            self.message,
            self.queue_head,
            self.queue_tail,
            self.external,
            self.key,
            &self.reap,
            to_hex(&self.hash),
        ))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        type Fields = (
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            u64,
            Vec<VatId>,
            String,
        );
        let fields: Fields = read(value)?;
        let (format, object, promise, vat, subcluster, crank, call, message, ..) = fields;
        let (_, _, _, _, _, _, _, _, queue_head, queue_tail, external, key, reap, hash) = fields;
        exact([object, promise, vat, subcluster, crank, call, message])?;
        exact([queue_head, queue_tail, external, key])?;
        // All begin at 1: place 0 of a ring means that there is none, and the crank before the first is shown as 0.
        let given = [object, promise, vat, subcluster, crank, call, message];
        let zero = given.contains(&0) || [queue_head, external, key].contains(&0);
        if format != FORMAT || zero || queue_head > queue_tail {
            return Err(Error::BadRow);
        }
        Ok(Self {
            object,
            promise,
            vat,
            subcluster,
            crank,
            call,
            message,
            queue_head,
            queue_tail,
            external,
            key,
            reap,
            hash: from_hex(&hash).ok_or(Error::BadRow)?,
        })
    }
}

impl Entry for Object {
    fn encode(&self) -> String {
        let (reachable, recognizable) = (self.reachable, self.recognizable);
        let revoked = u8::from(self.revoked);
        write(&(
            self.owner.text(),
            reachable,
            recognizable,
            revoked,
            self.pins,
            self.external,
        ))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        let (owner, reachable, recognizable, revoked, pins, external) =
            read::<(String, u64, u64, u8, u64, u64)>(value)?;
        exact([reachable, recognizable, pins, external])?;
        if revoked > 1 || pins > reachable || reachable > recognizable {
            return Err(Error::BadRow);
        }
        Ok(Self {
            owner: Owner::read(&owner)?,
            reachable,
            recognizable,
            revoked: revoked == 1,
            pins,
            external,
        })
    }
}

impl Entry for Promise {
    fn encode(&self) -> String {
        let (count, external) = (self.count, self.external);
        match &self.state {
            State::Unresolved {
                decider,
                subscribers,
            } => {
                let told: Vec<String> = subscribers.iter().map(Subscriber::text).collect();
                write(&("unresolved", count, external, decider.text(), told))
            }
            State::Fulfilled(data) => {
                write(&("fulfilled", count, external, &data.body, &data.slots))
            }
            State::Rejected(data) => write(&("rejected", count, external, &data.body, &data.slots)),
        }
    }

    fn decode(value: &str) -> Result<Self, Error> {
        // The second text is a decider or a body, the list subscribers or slots: both are texts.
        let (state, count, external, second, list) =
            read::<(String, u64, u64, String, Vec<String>)>(value)?;
        exact([count, external])?;
        let state = if state == "unresolved" {
            let subscribers: BTreeSet<_> = list
                .iter()
                .map(|text| Subscriber::read(text))
                .collect::<Result<_, _>>()?;
            if subscribers.len() != list.len() {
                return Err(Error::BadRow);
            }
            State::Unresolved {
                decider: Decider::read(&second)?,
                subscribers,
            }
        } else {
            let slots: Result<Slots, _> = list.iter().map(|text| text.parse()).collect();
            let data = capdata(second, slots.map_err(|_| Error::BadRow)?)?;
            match state.as_str() {
                "fulfilled" => State::Fulfilled(data),
                "rejected" => State::Rejected(data),
                _ => return Err(Error::BadRow),
            }
        };
        Ok(Self {
            state,
            count,
            external,
        })
    }
}

impl Entry for CListEntry {
    fn encode(&self) -> String {
        format!("[\"{}\",{}]", self.vref, u8::from(self.reachable))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        let (vref, reachable) = read::<(Vref, u8)>(value)?;
        if reachable > 1 {
            return Err(Error::BadRow);
        }
        Ok(Self {
            vref,
            reachable: reachable == 1,
        })
    }
}
