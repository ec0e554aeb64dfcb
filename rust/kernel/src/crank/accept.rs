//! The door: what a command is refused for before anything happened, and idempotency keys.

use sha2::{Digest, Sha256};

use crate::capdata::CapData;
use crate::entry::Keyed;
use crate::error::Error;
use crate::input::{Command, CommandId};
use crate::limit::{COMMANDS_MAX, KEYS_MAX, RUN_QUEUE_MAX, URLS_MAX, VATS_MAX};
use crate::output::Answer;
use crate::refs::{Kref, SubclusterId, VatId};
use crate::state::{Accepted, KernelMachine};
use crate::text::{from_hex, to_hex};

impl KernelMachine {
    /// Refuses a command or puts it into the acceptance queue.
    pub(crate) fn accept(
        &mut self,
        id: CommandId,
        key: Option<&str>,
        command: Command,
    ) -> Result<(), Error> {
        let key = match key {
            Some(key) => {
                from_hex::<32>(key).ok_or(Error::BadCommand)?;
                let digest = to_hex(&Sha256::digest(command.encode().as_bytes())[..8]);
                if self.repeat(id, key, &digest)? {
                    return Ok(());
                }
                Some((key.to_owned(), digest))
            }
            None => None,
        };
        if self.accepted.len() >= COMMANDS_MAX {
            return Err(Error::QueueFull);
        }
        command.check()?;
        self.permit(&command)?;
        self.accepted.push_back(Accepted {
            ids: vec![id],
            key,
            command,
        });
        Ok(())
    }

    /// Whether the command is one that waits or runs under the same key: then its answer goes to this caller too.
    fn repeat(&mut self, id: CommandId, key: &str, digest: &str) -> Result<bool, Error> {
        let same = |other: &str| {
            if other == digest {
                Ok(())
            } else {
                Err(Error::KeyMismatch)
            }
        };
        if let Some(keyed) = self.tables.keys.get(&key.to_owned()) {
            same(&keyed.digest)?;
            if keyed.answer.is_some() {
                return Err(Error::KeyAnswered);
            }
            self.keyed.entry(key.to_owned()).or_default().push(id);
            return Ok(true);
        }
        let waits = self
            .accepted
            .iter_mut()
            .find(|other| other.key.as_ref().is_some_and(|other| other.0 == key));
        if let Some(accepted) = waits {
            same(accepted.key.as_ref().map_or("", |other| &other.1))?;
            accepted.ids.push(id);
            return Ok(true);
        }
        Ok(false)
    }

    /// What the tables say against a command. Asked at the door and once more when its crank begins.
    pub(crate) fn permit(&self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Launch { services, vats, .. } => {
                if services.iter().any(|name| !self.services.contains(name)) {
                    return Err(Error::UnknownService);
                }
                if self.tables.vats.len() + vats.len() > VATS_MAX {
                    return Err(Error::LimitExceeded);
                }
                self.queue_room(vats.len() + 1)
            }
            Command::TerminateSubcluster { subcluster } => self.permit_subcluster(*subcluster),
            Command::TerminateVat { vat } => self.permit_vat(*vat),
            Command::RestartVat { vat } | Command::UpgradeVat { vat, .. } => {
                self.permit_vat(*vat)?;
                self.queue_room(1)
            }
            Command::Send { target, methargs } => {
                self.permit_kref(*target)?;
                self.permit_slots(methargs)?;
                self.queue_room(1)
            }
            Command::Revoke { kref } => self.permit_object(*kref),
            Command::Pin { kref } => {
                self.permit_object(*kref)?;
                self.permit_kref(*kref)
            }
            Command::Unpin { kref } => {
                self.permit_object(*kref)?;
                let pins = self
                    .tables
                    .objects
                    .get(&kref.number)
                    .map_or(0, |object| object.pins);
                if pins == 0 {
                    Err(Error::UnknownKref)
                } else {
                    Ok(())
                }
            }
            Command::IssueUrl { kref, token } => {
                self.permit_object(*kref)?;
                self.permit_kref(*kref)?;
                if self.tables.urls.len() >= URLS_MAX && !self.tables.urls.has(token) {
                    return Err(Error::LimitExceeded);
                }
                Ok(())
            }
            Command::ServiceResult { call, value, .. } => {
                if !self.tables.calls.has(call) {
                    return Err(Error::UnknownCall);
                }
                self.permit_slots(value)
            }
            Command::ReleaseExternal { .. }
            | Command::RedeemUrl { .. }
            | Command::TerminateAll
            | Command::CollectGarbage
            | Command::Clear => Ok(()),
        }
    }

    fn permit_vat(&self, vat: VatId) -> Result<(), Error> {
        if self.is_alive(vat) {
            Ok(())
        } else {
            Err(Error::UnknownVat)
        }
    }

    fn permit_subcluster(&self, subcluster: SubclusterId) -> Result<(), Error> {
        if self.tables.subclusters.has(&subcluster) {
            Ok(())
        } else {
            Err(Error::UnknownSubcluster)
        }
    }

    /// Promises are refused, and objects that are gone.
    fn permit_object(&self, kref: Kref) -> Result<(), Error> {
        if kref.is_promise() {
            return Err(Error::NotAnObject);
        }
        if self.tables.knows(kref) {
            Ok(())
        } else {
            Err(Error::UnknownKref)
        }
    }

    /// An object that nobody reaches is on its way out: its owner may have been told, so no name brings it back.
    fn permit_kref(&self, kref: Kref) -> Result<(), Error> {
        let there = match self.tables.objects.get(&kref.number) {
            _ if kref.is_promise() => self.tables.knows(kref),
            Some(object) => object.reachable > 0,
            None => false,
        };
        if there {
            Ok(())
        } else {
            Err(Error::UnknownKref)
        }
    }

    fn permit_slots(&self, data: &CapData<Kref>) -> Result<(), Error> {
        data.slots
            .iter()
            .try_for_each(|kref| self.permit_kref(*kref))
    }

    fn queue_room(&self, items: usize) -> Result<(), Error> {
        if self.tables.queue.len() + items > RUN_QUEUE_MAX {
            Err(Error::QueueFull)
        } else {
            Ok(())
        }
    }

    /// The command's key, from its crank on.
    pub(crate) fn add_key(&mut self, key: &str, digest: String) {
        let number = self.tables.counters.key;
        self.tables.counters.key += 1;
        self.tables.keys.set(
            key.to_owned(),
            Keyed {
                number,
                digest,
                answer: None,
            },
        );
        if self.tables.keys.len() > KEYS_MAX {
            let oldest = self.tables.keys.index().answered.first_key_value();
            if let Some(oldest) = oldest.map(|(_, key)| key.clone()) {
                self.tables.keys.take(&oldest);
            }
        }
    }

    /// The answer stands in the row of its key.
    pub(crate) fn keep_answer(&mut self, key: &str, answer: &Answer) {
        self.tables.keys.update(&key.to_owned(), |keyed| {
            keyed.answer = Some(answer.encode())
        });
    }
}
