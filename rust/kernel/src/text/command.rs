//! The text of a command, and what can be refused about one without looking at the tables.

use serde_json::{Map, Value};

use crate::capdata::written;
use crate::error::Error;
use crate::input::{Command, VatSpec};
use crate::limit::{BODY_BYTES_MAX, CONFIG_BYTES_MAX, NAME_BYTES_MAX, SUBCLUSTER_VATS_MAX};
use crate::refs::NUMBER_MAX;

use super::from_hex;

impl Command {
    /// Reads the JSON text that serde writes.
    ///
    /// # Errors
    /// `BadCommand`: it is none. And whatever `check` refuses.
    pub fn decode(text: &str) -> Result<Self, Error> {
        let command: Self = serde_json::from_str(text).map_err(|_| Error::BadCommand)?;
        // The derived reader passes over further members where a command has none, and takes lists.
        let bare = matches!(
            command,
            Self::TerminateAll | Self::CollectGarbage | Self::Clear
        );
        if !text.trim_ascii_start().starts_with('{') || bare && !is_bare(text) {
            return Err(Error::BadCommand);
        }
        command.check()?;
        Ok(command)
    }

    /// The canonical text: what the digest of a keyed command and the activity hash are made of.
    pub fn encode(&self) -> String {
        // Strings, numbers and lists alone: there is nothing that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Refuses what no kernel could do, whatever its state.
    ///
    /// # Errors
    /// `LimitExceeded`, `BadConfig`, `BadCommand`.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Launch {
                config,
                bootstrap,
                services,
                vats,
            } => launch(config, bootstrap, services, vats),
            Self::UpgradeVat {
                bundle,
                parameters,
                config,
                ..
            } => {
                within(bundle, NAME_BYTES_MAX)?;
                json_within(config, CONFIG_BYTES_MAX)?;
                parameters.check()?;
                json_within(&parameters.body, BODY_BYTES_MAX)?;
                if !parameters.slots.is_empty() {
                    return Err(Error::BadConfig);
                }
                Ok(())
            }
            Self::Send { methargs, .. } => methargs.check_methargs(),
            Self::IssueUrl { token, .. } | Self::RedeemUrl { token } => {
                from_hex::<32>(token).ok_or(Error::BadCommand)?;
                Ok(())
            }
            Self::ServiceResult { call, value, .. } => {
                if *call > NUMBER_MAX {
                    return Err(Error::BadCommand);
                }
                value.check()
            }
            _ => Ok(()),
        }
    }
}

fn is_bare(text: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(text).is_ok_and(|members| members.len() == 1)
}

fn launch(
    config: &str,
    bootstrap: &str,
    services: &[String],
    vats: &[VatSpec],
) -> Result<(), Error> {
    json_within(config, CONFIG_BYTES_MAX)?;
    if vats.len() > SUBCLUSTER_VATS_MAX || services.len() > SUBCLUSTER_VATS_MAX {
        return Err(Error::LimitExceeded);
    }
    for (at, vat) in vats.iter().enumerate() {
        within(&vat.bundle, NAME_BYTES_MAX)?;
        json_within(&vat.config, CONFIG_BYTES_MAX)?;
        vat.parameters.check()?;
        json_within(&vat.parameters.body, BODY_BYTES_MAX)?;
        let twice = vats[..at].iter().any(|other| other.name == vat.name);
        if twice || !is_name(&vat.name) || !vat.parameters.slots.is_empty() {
            return Err(Error::BadConfig);
        }
    }
    let twice = |at: usize| services[..at].contains(&services[at]);
    let named = vats.iter().any(|vat| vat.name == bootstrap);
    if !named || (0..services.len()).any(|at| twice(at) || !is_name(&services[at])) {
        return Err(Error::BadConfig);
    }
    Ok(())
}

fn within(text: &str, bytes_max: usize) -> Result<(), Error> {
    if text.len() > bytes_max {
        return Err(Error::LimitExceeded);
    }
    Ok(())
}

/// As `within`, of a text that is JSON: as a string in a row it at most doubles, unless it holds characters that JSON does not. So the
/// rows that it stands in beside others (`f/`, a start's transcript with all imports) keep below their limit.
fn json_within(text: &str, bytes_max: usize) -> Result<(), Error> {
    within(text, bytes_max)?;
    if written(text).0 > 2 * bytes_max {
        return Err(Error::LimitExceeded);
    }
    Ok(())
}

/// `[A-Za-z][A-Za-z0-9_-]{0,63}`
fn is_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 64
        && name.bytes().all(rest)
}
