//! Keys of rows. Numbers in them have 16 digits, so that the order of texts is the order of numbers; the variants below stand in the
//! order of their letters, so that the derived order is the order of texts as well.

use core::fmt::{self, Write};
use core::str::FromStr;

use crate::entry::Action;
use crate::error::Error;
use crate::refs::{Kind, Kref, NUMBER_MAX, SubclusterId, VatId};
use crate::text::from_hex;

/// The key of a row that the machine keeps in RAM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `a/<vat>/<kind>/<kref>`
    Action(VatId, Action, Kref),
    /// `c/<vat>/<kref>`
    CList(VatId, Kref),
    /// `e/<call>`
    Call(u64),
    /// `f/<vat>`
    Fixed(VatId),
    /// `g/<subcluster>`
    Subcluster(SubclusterId),
    /// `k`
    Counters,
    /// `o/<n>`
    Object(u64),
    /// `p/<n>`
    Promise(u64),
    /// `q/<n>`
    Queue(u64),
    /// `u/<sha-256>`
    Url(String),
    /// `v/<vat>`
    Vat(VatId),
    /// `w/<promise>/<n>`
    Waiting(u64, u64),
    /// `x/<sha-256>`
    Keyed(String),
}

impl Action {
    /// As it stands in a key and names a delivery.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DropExports => "dropExports",
            Self::RetireExports => "retireExports",
            Self::RetireImports => "retireImports",
        }
    }

    fn read(name: &str) -> Result<Self, Error> {
        match name {
            "dropExports" => Ok(Self::DropExports),
            "retireExports" => Ok(Self::RetireExports),
            "retireImports" => Ok(Self::RetireImports),
            _ => Err(Error::BadRow),
        }
    }
}

/// A kref inside a key: `o0000000000000012`.
struct Padded(Kref);

impl fmt::Display for Padded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = if self.0.is_promise() { 'p' } else { 'o' };
        write!(out, "{letter}{:016}", self.0.number)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(vat, action, kref) => {
                write!(out, "a/{:016}/{}/{}", vat.0, action.name(), Padded(*kref))
            }
            Self::CList(vat, kref) => write!(out, "c/{:016}/{}", vat.0, Padded(*kref)),
            Self::Call(number) => write!(out, "e/{number:016}"),
            Self::Fixed(vat) => write!(out, "f/{:016}", vat.0),
            Self::Subcluster(subcluster) => write!(out, "g/{:016}", subcluster.0),
            Self::Counters => out.write_char('k'),
            Self::Object(number) => write!(out, "o/{number:016}"),
            Self::Promise(number) => write!(out, "p/{number:016}"),
            Self::Queue(number) => write!(out, "q/{number:016}"),
            Self::Url(hash) => write!(out, "u/{hash}"),
            Self::Vat(vat) => write!(out, "v/{:016}", vat.0),
            Self::Waiting(promise, number) => write!(out, "w/{promise:016}/{number:016}"),
            Self::Keyed(hash) => write!(out, "x/{hash}"),
        }
    }
}

/// Exactly 16 digits, up to `NUMBER_MAX`.
fn number(digits: &str) -> Result<u64, Error> {
    if digits.len() != 16 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::BadRow);
    }
    let value = digits.parse().map_err(|_| Error::BadRow)?;
    if value > NUMBER_MAX {
        return Err(Error::BadRow);
    }
    Ok(value)
}

fn kref(text: &str) -> Result<Kref, Error> {
    let (kind, digits) = match (text.strip_prefix('o'), text.strip_prefix('p')) {
        (Some(digits), _) => (Kind::Object, digits),
        (_, Some(digits)) => (Kind::Promise, digits),
        _ => return Err(Error::BadRow),
    };
    Ok(Kref {
        kind,
        number: number(digits)?,
    })
}

fn hash(text: &str) -> Result<String, Error> {
    from_hex::<32>(text).ok_or(Error::BadRow)?;
    Ok(text.to_owned())
}

impl FromStr for Key {
    type Err = Error;

    /// Reads a key of the core. Opaque rows and those of the host are `BadRow`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split('/');
        let mut part = || parts.next().ok_or(Error::BadRow);
        let key = match part()? {
            "a" => Self::Action(
                VatId(number(part()?)?),
                Action::read(part()?)?,
                kref(part()?)?,
            ),
            "c" => Self::CList(VatId(number(part()?)?), kref(part()?)?),
            "e" => Self::Call(number(part()?)?),
            "f" => Self::Fixed(VatId(number(part()?)?)),
            "g" => Self::Subcluster(SubclusterId(number(part()?)?)),
            "k" => Self::Counters,
            "o" => Self::Object(number(part()?)?),
            "p" => Self::Promise(number(part()?)?),
            "q" => Self::Queue(number(part()?)?),
            "u" => Self::Url(hash(part()?)?),
            "v" => Self::Vat(VatId(number(part()?)?)),
            "w" => Self::Waiting(number(part()?)?, number(part()?)?),
            "x" => Self::Keyed(hash(part()?)?),
            _ => return Err(Error::BadRow),
        };
        if parts.next().is_some() {
            return Err(Error::BadRow);
        }
        Ok(key)
    }
}

/// `s/<vat>/`: a vat's store.
pub fn store_prefix(vat: VatId) -> String {
    format!("s/{:016}/", vat.0)
}

/// `s/<vat>/<key>`
pub fn store_key(vat: VatId, key: &str) -> String {
    format!("s/{:016}/{key}", vat.0)
}

/// `b/<vat>/`: what the store's keys held when the incarnation began.
pub fn base_prefix(vat: VatId) -> String {
    format!("b/{:016}/", vat.0)
}

/// `b/<vat>/<key>`; its value is `-` for absent, else `=` and the text.
pub fn base_key(vat: VatId, key: &str) -> String {
    format!("b/{:016}/{key}", vat.0)
}

/// `t/<vat>/`: a vat's transcript.
pub fn transcript_prefix(vat: VatId) -> String {
    format!("t/{:016}/", vat.0)
}

/// `t/<vat>/<seq of the piece's first delivery>`
pub fn transcript_key(vat: VatId, first: u64) -> String {
    format!("t/{:016}/{first:016}", vat.0)
}
