//! CapData: a body that the kernel does not read, and the references that it names by position.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::Error;
use crate::limit::{BODY_BYTES_MAX, BODY_WRITTEN_MAX, METHOD_BYTES_MAX, SLOTS_MAX};

/// `body` is smallcaps text (`#...`); `$n` in it stands for `slots[n]`. `R` is `Kref` inside the kernel, `Vref` at a vat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapData<R> {
    /// Opaque but for the kernel's own error values.
    pub body: String,
    /// The references, by position.
    pub slots: Vec<R>,
}

impl<R> CapData<R> {
    /// Whether it is within its limits.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check(&self) -> Result<(), Error> {
        if self.body.len() > BODY_BYTES_MAX || self.slots.len() > SLOTS_MAX {
            return Err(Error::LimitExceeded);
        }
        // No character grows by more than seven, so nobody counts those of an ordinary body.
        if self.body.len() > BODY_WRITTEN_MAX / 7 && written(&self.body).1 > BODY_WRITTEN_MAX {
            return Err(Error::LimitExceeded);
        }
        Ok(())
    }

    /// As `check`, and a method that it names at its beginning has a name of permitted length.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub fn check_methargs(&self) -> Result<(), Error> {
        self.check()?;
        if method(&self.body).is_some_and(|name| name.len() > METHOD_BYTES_MAX) {
            return Err(Error::LimitExceeded);
        }
        Ok(())
    }
}

/// Bytes of a text as a JSON string, and as a JSON string within another one; without the quotes around it.
pub(crate) fn written(text: &str) -> (usize, usize) {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' => (2, 4),
            b'\n' | b'\r' | b'\t' | 8 | 12 => (2, 3),
            0..=31 => (6, 7),
            _ => (1, 1),
        })
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// The method's name in a body `#["name",[...]]`, as it stands there: escapes are not undone. For limits and for showing only.
pub fn method(body: &str) -> Option<&str> {
    let name = body.strip_prefix("#[\"")?;
    let mut escaped = false;
    let end = name.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    name.get(..end)
}

/// By hand, because the derived form would also take an array.
impl<'de, R: Deserialize<'de>> Deserialize<'de> for CapData<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<R>(PhantomData<R>);

impl<'de, R: Deserialize<'de>> Visitor<'de> for Members<R> {
    type Value = CapData<R>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("capdata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CapData<R>, A::Error> {
        let (mut body, mut slots) = (None, None);
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::Body if body.is_none() => body = Some(map.next_value()?),
                Name::Slots if slots.is_none() => slots = Some(map.next_value()?),
                _ => return Err(A::Error::custom("a member twice")),
            }
        }
        match (body, slots) {
            (Some(body), Some(slots)) => Ok(CapData { body, slots }),
            _ => Err(A::Error::custom("a member is missing")),
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Name {
    Body,
    Slots,
}
