//! Values of rows of vats and subclusters.

use crate::entry::{Fixed, Subcluster, Vat, VatState};
use crate::error::Error;
use crate::input::{Heap, WhenFull};
use crate::refs::{Kref, SubclusterId, VatId};

use super::Entry;
use super::entry::{Slots, capdata, exact, hashed, promise, read, write};

impl VatState {
    /// As it stands in a row and in what is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Due => "due",
            Self::Dying => "dying",
        }
    }

    fn read(name: &str) -> Result<Self, Error> {
        match name {
            "starting" => Ok(Self::Starting),
            "running" => Ok(Self::Running),
            "due" => Ok(Self::Due),
            "dying" => Ok(Self::Dying),
            _ => Err(Error::BadRow),
        }
    }
}

impl Entry for Vat {
    fn encode(&self) -> String {
        let (object, promise) = (self.object, self.promise);
        let bytes = (self.stored, self.transcript);
        write(&(
            self.state.name(),
            self.incarnation,
            self.seq,
            object,
            promise,
            bytes.0,
            bytes.1,
        ))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        let (state, incarnation, seq, object, promise, stored, transcript) =
            read::<(String, u64, u64, u64, u64, u64, u64)>(value)?;
        exact([incarnation, seq, object, promise, stored, transcript])?;
        Ok(Self {
            state: VatState::read(&state)?,
            incarnation,
            seq,
            object,
            promise,
            stored,
            transcript,
        })
    }
}

impl Entry for Fixed {
    fn encode(&self) -> String {
        let data = &self.parameters;
        write(&(
            self.subcluster,
            &self.name,
            &self.bundle,
            &data.body,
            &data.slots,
            &self.config,
            self.heap,
            self.when_full,
        ))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        type Fields = (
            SubclusterId,
            String,
            String,
            String,
            Slots,
            String,
            Heap,
            WhenFull,
        );
        let (subcluster, name, bundle, body, slots, config, heap, when_full) =
            read::<Fields>(value)?;
        Ok(Self {
            subcluster,
            name,
            bundle,
            parameters: capdata(body, slots)?,
            config,
            heap,
            when_full,
        })
    }
}

impl Entry for Subcluster {
    fn encode(&self) -> String {
        write(&(
            &self.config,
            self.bootstrap,
            &self.vats,
            self.launching,
            &self.key,
        ))
    }

    fn decode(value: &str) -> Result<Self, Error> {
        type Fields = (
            String,
            VatId,
            Vec<(String, VatId)>,
            Option<Kref>,
            Option<String>,
        );
        let (config, bootstrap, vats, launching, key) = read::<Fields>(value)?;
        Ok(Self {
            config,
            bootstrap,
            vats,
            launching: promise(launching)?,
            key: hashed(key)?,
        })
    }
}
