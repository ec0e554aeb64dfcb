//! The text of an outcome. It comes from a vat's isolate as the vat's runtime wrote it, so nothing in it is believed: every member is
//! known, every name well formed, every limit kept, or the whole is refused. What the syscalls may do is decided in `crank/`.

use core::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::capdata::CapData;
use crate::error::Error;
use crate::input::{Change, Outcome, Resolution, Syscall};
use crate::limit::{
    OUTCOME_BYTES_MAX, SYSCALLS_MAX, VATSTORE_KEY_BYTES_MAX, VATSTORE_VALUE_BYTES_MAX,
};
use crate::refs::{NUMBER_MAX, Vref};

use super::from_hex;

impl Outcome {
    /// Reads `{"hash", "syscalls", "sets", "deletes", "stored", "restart"?}`, `{"fault"}` or `{"lost", "restart"?}`.
    ///
    /// # Errors
    /// `LimitExceeded`; `BadOutcome`: it is none.
    pub fn decode(text: &str) -> Result<Self, Error> {
        if text.len() > OUTCOME_BYTES_MAX {
            return Err(Error::LimitExceeded);
        }
        // The derived reader would also take an array.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Error::BadOutcome);
        }
        let members: Members = serde_json::from_str(text).map_err(|_| Error::BadOutcome)?;
        members.outcome()
    }

    /// As `decode`; what cannot be read is a fault of the vat that wrote it.
    pub fn read(text: &str) -> Self {
        Self::decode(text).unwrap_or_else(|error| Self::VatFault {
            why: error.to_string(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    hash: Option<String>,
    syscalls: Option<Vec<Syscall>>,
    sets: Option<Vec<Set>>,
    deletes: Option<Vec<Delete>>,
    stored: Option<u64>,
    restart: Option<bool>,
    fault: Option<String>,
    lost: Option<String>,
}

impl Members {
    fn outcome(self) -> Result<Outcome, Error> {
        match self {
            Self {
                hash: Some(hash),
                syscalls: Some(syscalls),
                sets: Some(sets),
                deletes: Some(deletes),
                stored: Some(stored),
                restart,
                fault: None,
                lost: None,
            } => {
                let hash = from_hex(&hash).ok_or(Error::BadOutcome)?;
                if stored > NUMBER_MAX {
                    return Err(Error::BadOutcome);
                }
                within(syscalls.len(), SYSCALLS_MAX)?;
                syscalls.iter().try_for_each(Syscall::check)?;
                let sets = sets.into_iter().map(|set| set.0);
                let changes: Vec<_> = sets.chain(deletes.into_iter().map(|gone| gone.0)).collect();
                changes.iter().try_for_each(Change::check)?;
                Ok(Outcome::Done {
                    syscalls,
                    changes,
                    stored,
                    hash,
                    restart: restart.unwrap_or_default(),
                })
            }
            Self {
                hash: None,
                syscalls: None,
                sets: None,
                deletes: None,
                stored: None,
                restart,
                fault,
                lost,
            } => match (fault, lost) {
                (Some(why), None) if restart.is_none() => Ok(Outcome::VatFault { why }),
                (None, Some(why)) => Ok(Outcome::HeapLost {
                    why,
                    restart: restart.unwrap_or_default(),
                }),
                _ => Err(Error::BadOutcome),
            },
            _ => Err(Error::BadOutcome),
        }
    }
}

const fn within(count: usize, max: usize) -> Result<(), Error> {
    if count > max {
        return Err(Error::LimitExceeded);
    }
    Ok(())
}

impl Syscall {
    /// Whether what it carries is within its limits.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Send { methargs, .. } => methargs.check_methargs(),
            Self::Resolve(settled) => settled.iter().try_for_each(|one| one.2.check()),
            Self::Exit { info, .. } => info.check(),
            _ => Ok(()),
        }
    }
}

impl Change {
    /// Whether key and texts are within their limits.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check(&self) -> Result<(), Error> {
        let bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        within(self.key.len(), VATSTORE_KEY_BYTES_MAX)?;
        within(bytes(&self.value), VATSTORE_VALUE_BYTES_MAX)?;
        within(
            self.base.as_ref().map_or(0, bytes),
            VATSTORE_VALUE_BYTES_MAX,
        )
    }
}

/// `[key, value]` or `[key, value, base]`.
struct Set(Change);

/// `[key]` or `[key, base]`.
struct Delete(Change);

impl<'de> Deserialize<'de> for Set {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_seq(Changes { sets: true })
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Delete {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_seq(Changes { sets: false })
            .map(Self)
    }
}

struct Changes {
    sets: bool,
}

impl<'de> Visitor<'de> for Changes {
    type Value = Change;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a change")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Change, A::Error> {
        let key = next(&mut list)?;
        let value = if self.sets {
            Some(next(&mut list)?)
        } else {
            None
        };
        let base = list.next_element()?;
        end(&mut list)?;
        Ok(Change { key, value, base })
    }
}

impl<'de> Deserialize<'de> for Syscall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Call)
    }
}

struct Call;

impl<'de> Visitor<'de> for Call {
    type Value = Syscall;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a syscall")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Syscall, A::Error> {
        let syscall = match next(&mut list)? {
            Name::Send => {
                let target = next(&mut list)?;
                let Message { methargs, result } = next(&mut list)?;
                Syscall::Send {
                    target,
                    methargs,
                    result,
                }
            }
            Name::Subscribe => Syscall::Subscribe(next(&mut list)?),
            Name::Resolve => Syscall::Resolve(next::<Vec<Resolution>, A>(&mut list)?),
            Name::Exit => Syscall::Exit {
                failure: next(&mut list)?,
                info: next(&mut list)?,
            },
            Name::DropImports => Syscall::DropImports(next(&mut list)?),
            Name::RetireImports => Syscall::RetireImports(next(&mut list)?),
            Name::RetireExports => Syscall::RetireExports(next(&mut list)?),
            Name::AbandonExports => Syscall::AbandonExports(next(&mut list)?),
        };
        end(&mut list)?;
        Ok(syscall)
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(list: &mut A) -> Result<T, A::Error> {
    let element = list.next_element()?;
    element.ok_or_else(|| A::Error::custom("an element is missing"))
}

fn end<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<(), A::Error> {
    match list.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom("an element too many")),
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Name {
    Send,
    Subscribe,
    Resolve,
    Exit,
    DropImports,
    RetireImports,
    RetireExports,
    AbandonExports,
}

/// `{"methargs": capdata, "result": vref | null}`; both must stand.
struct Message {
    methargs: CapData<Vref>,
    result: Option<Vref>,
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Message;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        let (mut methargs, mut result) = (None, None);
        while let Some(part) = map.next_key::<Part>()? {
            match part {
                Part::Methargs if methargs.is_none() => methargs = Some(map.next_value()?),
                Part::Result if result.is_none() => result = Some(map.next_value()?),
                _ => return Err(A::Error::custom("a member twice")),
            }
        }
        match (methargs, result) {
            (Some(methargs), Some(result)) => Ok(Message { methargs, result }),
            _ => Err(A::Error::custom("a member is missing")),
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Part {
    Methargs,
    Result,
}
