//! The text of a delivery, which its vat's runtime reads and the transcript keeps.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::capdata::CapData;
use crate::output::{Answer, Delivery};
use crate::refs::{Kref, Vref};

impl Delivery {
    /// As documented on each variant.
    pub fn encode(&self) -> String {
        // Strings, flags and lists alone: there is nothing that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Answer {
    /// The answer as JSON, `{"type": ..., ...}`.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl CapData<Kref> {
    /// `{"body": ..., "slots": [...]}`
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

struct Message<'a> {
    methargs: &'a CapData<Vref>,
    result: Option<Vref>,
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Message", 2)?;
        members.serialize_field("methargs", self.methargs)?;
        members.serialize_field("result", &self.result)?;
        members.end()
    }
}

impl Serialize for Delivery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::StartVat(parameters, imports) => {
                ("startVat", parameters, imports).serialize(serializer)
            }
            Self::Message {
                target,
                methargs,
                result,
            } => {
                let result = *result;
                ("message", target, Message { methargs, result }).serialize(serializer)
            }
            Self::Notify(settled) => ("notify", settled).serialize(serializer),
            Self::DropExports(vrefs) => ("dropExports", vrefs).serialize(serializer),
            Self::RetireExports(vrefs) => ("retireExports", vrefs).serialize(serializer),
            Self::RetireImports(vrefs) => ("retireImports", vrefs).serialize(serializer),
            Self::BringOutYourDead => ("bringOutYourDead",).serialize(serializer),
        }
    }
}
