//! Who owns, decides or is told, as the texts that stand in rows and in what is shown.

use crate::entry::{Decider, Owner, Subscriber};
use crate::error::Error;
use crate::refs::VatId;
use crate::text::from_hex;

fn vat(text: &str) -> Result<VatId, Error> {
    text.parse().map_err(|_| Error::BadRow)
}

impl Owner {
    /// `v1`, `service:clock`, or nothing.
    pub fn text(&self) -> String {
        match self {
            Self::Vat(vat) => vat.to_string(),
            Self::Service(name) => format!("service:{name}"),
            Self::Nobody => String::new(),
        }
    }

    pub(super) fn read(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::Nobody);
        }
        match text.strip_prefix("service:") {
            Some(name) => Ok(Self::Service(name.to_owned())),
            None => Ok(Self::Vat(vat(text)?)),
        }
    }
}

impl Decider {
    /// `v1`, `kernel`, or nothing.
    pub fn text(self) -> String {
        match self {
            Self::Vat(vat) => vat.to_string(),
            Self::Kernel => String::from("kernel"),
            Self::Nobody => String::new(),
        }
    }

    pub(super) fn read(text: &str) -> Result<Self, Error> {
        match text {
            "" => Ok(Self::Nobody),
            "kernel" => Ok(Self::Kernel),
            _ => Ok(Self::Vat(vat(text)?)),
        }
    }
}

impl Subscriber {
    /// `v1`, `s1`, or `key:<hash>`.
    pub fn text(&self) -> String {
        match self {
            Self::Vat(vat) => vat.to_string(),
            Self::Launch(subcluster) => subcluster.to_string(),
            Self::Key(hash) => format!("key:{hash}"),
        }
    }

    pub(super) fn read(text: &str) -> Result<Self, Error> {
        if let Some(hash) = text.strip_prefix("key:") {
            from_hex::<32>(hash).ok_or(Error::BadRow)?;
            return Ok(Self::Key(hash.to_owned()));
        }
        match text.parse() {
            Ok(subcluster) => Ok(Self::Launch(subcluster)),
            Err(_) => Ok(Self::Vat(vat(text)?)),
        }
    }
}
