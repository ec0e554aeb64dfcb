//! A whole row: its key says which entry its value is.

use crate::entry::Action;
use crate::entry::{
    CListEntry, Call, Counters, Fixed, Item, Keyed, Object, Promise, Subcluster, Vat,
};
use crate::error::Error;
use crate::refs::{Kref, SubclusterId, VatId};

use super::{Entry, Key};

/// What one row of the core holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each is the entry of its name, after what its key says"
)]
pub enum Row {
    Action(VatId, Action, Kref),
    CList(VatId, Kref, CListEntry),
    Call(u64, Call),
    Fixed(VatId, Fixed),
    Subcluster(SubclusterId, Subcluster),
    Counters(Counters),
    Object(u64, Object),
    Promise(u64, Promise),
    Queue(u64, Item),
    Url(String, Kref),
    Vat(VatId, Vat),
    Waiting(u64, u64, Item),
    Keyed(String, Keyed),
}

impl Row {
    /// Reads a row that the core keeps in RAM.
    ///
    /// # Errors
    /// `BadRow`: no key of the core, or not what its value should be. Opaque rows (`s/ b/ t/`) and the host's are not read here.
    pub fn decode(key: &str, value: &str) -> Result<Self, Error> {
        Ok(match key.parse()? {
            Key::Action(vat, action, kref) => {
                <()>::decode(value)?;
                Self::Action(vat, action, kref)
            }
            Key::CList(vat, kref) => {
                let entry = CListEntry::decode(value)?;
                if entry.vref.kind != kref.kind {
                    return Err(Error::BadRow);
                }
                Self::CList(vat, kref, entry)
            }
            Key::Call(number) => Self::Call(number, Entry::decode(value)?),
            Key::Fixed(vat) => Self::Fixed(vat, Entry::decode(value)?),
            Key::Subcluster(number) => Self::Subcluster(number, Entry::decode(value)?),
            Key::Counters => Self::Counters(Entry::decode(value)?),
            Key::Object(number) => Self::Object(number, Entry::decode(value)?),
            Key::Promise(number) => Self::Promise(number, Entry::decode(value)?),
            Key::Queue(number) => Self::Queue(number, Entry::decode(value)?),
            Key::Url(hash) => Self::Url(hash, Entry::decode(value)?),
            Key::Vat(vat) => Self::Vat(vat, Entry::decode(value)?),
            Key::Waiting(promise, number) => Self::Waiting(promise, number, Entry::decode(value)?),
            Key::Keyed(hash) => Self::Keyed(hash, Entry::decode(value)?),
        })
    }
}
