//! Values of rows of what is under way: queue items, service calls, keyed commands; and the two rows that hold next to nothing.

use crate::entry::{Call, Item, Keyed};
use crate::error::Error;
use crate::refs::{Kref, NUMBER_MAX, VatId};
use crate::text::from_hex;

use super::Entry;
use super::entry::{Slots, capdata, exact, hashed, promise, read, write};

impl Entry for Item {
    fn encode(&self) -> String {
        match self {
            Self::Send {
                message,
                target,
                methargs: data,
                result,
            } => write(&("send", message, target, &data.body, &data.slots, result)),
            Self::Notify { vat, promise } => write(&("notify", vat, promise)),
            Self::Start { vat } => write(&("start", vat)),
            Self::Restart { vat, key } => write(&("restart", vat, key)),
            Self::Upgrade {
                vat,
                bundle,
                parameters: data,
                config,
                key,
            } => write(&("upgrade", vat, bundle, &data.body, &data.slots, config, key)),
        }
    }

    fn decode(value: &str) -> Result<Self, Error> {
        let kind = value
            .strip_prefix("[\"")
            .and_then(|rest| rest.split('"').next());
        Ok(match kind {
            Some("send") => {
                let (_, message, target, body, slots, result) =
                    read::<(String, u64, Kref, String, Slots, Option<Kref>)>(value)?;
                exact([message])?;
                Self::Send {
                    message,
                    target,
                    methargs: capdata(body, slots)?,
                    result: promise(result)?,
                }
            }
            Some("notify") => {
                let (_, vat, of) = read::<(String, VatId, Kref)>(value)?;
                Self::Notify {
                    vat,
                    promise: promise(Some(of))?.ok_or(Error::BadRow)?,
                }
            }
            Some("start") => Self::Start {
                vat: read::<(String, VatId)>(value)?.1,
            },
            Some("restart") => {
                let (_, vat, key) = read::<(String, VatId, Option<String>)>(value)?;
                Self::Restart {
                    vat,
                    key: hashed(key)?,
                }
            }
            Some("upgrade") => {
                type Fields = (String, VatId, String, String, Slots, String, Option<String>);
                let (_, vat, bundle, body, slots, config, key) = read::<Fields>(value)?;
                Self::Upgrade {
                    vat,
                    bundle,
                    parameters: capdata(body, slots)?,
                    config,
                    key: hashed(key)?,
                }
            }
            _ => return Err(Error::BadRow),
        })
    }
}

impl Entry for Call {
    fn encode(&self) -> String {
        let data = &self.methargs;
        write(&(&self.service, &data.body, &data.slots, self.result))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        let (service, body, slots, result) = read::<(String, String, Slots, Option<Kref>)>(value)?;
        Ok(Self {
            service,
            methargs: capdata(body, slots)?,
            result: promise(result)?,
        })
    }
}

impl Entry for Keyed {
    fn encode(&self) -> String {
        write(&(self.number, &self.digest, &self.answer))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        let (number, digest, answer) = read::<(u64, String, Option<String>)>(value)?;
        if number > NUMBER_MAX || from_hex::<8>(&digest).is_none() {
            return Err(Error::BadRow);
        }
        Ok(Self {
            number,
            digest,
            answer,
        })
    }
}

/// An ocap URL's row is the kref alone.
impl Entry for Kref {
    fn encode(&self) -> String {
        self.to_string()
    }

    fn decode(value: &str) -> Result<Self, Error> {
        value.parse().map_err(|_| Error::BadRow)
    }
}

/// A GC action's row says nothing but that it stands.
impl Entry for () {
    fn encode(&self) -> String {
        String::from("1")
    }

    fn decode(value: &str) -> Result<Self, Error> {
        if value == "1" {
            Ok(())
        } else {
            Err(Error::BadRow)
        }
    }
}
