//! Names of things: krefs (the kernel's), vrefs (a vat's), vats and subclusters. Parsing and printing only; who may use a name is
//! decided elsewhere.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::Error;

/// Numbers of names end here, so that every one of them is exact in JavaScript.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An object: `o`.
    Object,
    /// A promise: `p`.
    Promise,
}

impl Kind {
    const fn letter(self) -> char {
        match self {
            Self::Object => 'o',
            Self::Promise => 'p',
        }
    }

    fn read(byte: u8) -> Result<Self, Error> {
        match byte {
            b'o' => Ok(Self::Object),
            b'p' => Ok(Self::Promise),
            _ => Err(Error::BadRef),
        }
    }
}

/// The kernel's name for an object or a promise: `ko12`, `kp3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kref {
    /// Object or promise.
    pub kind: Kind,
    /// From 1, never used twice.
    pub number: u64,
}

/// Who gave a vref its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The vat: `+`. Its own objects and the promises it made.
    Vat,
    /// The kernel: `-`. What the vat was given.
    Kernel,
}

/// A vat's name for an object or a promise: `o+0`, `o-3`, `p+1`, `p-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vref {
    /// Object or promise.
    pub kind: Kind,
    /// Who numbered it.
    pub side: Side,
    /// From 0 (`o+0` is the root object) or 1.
    pub number: u64,
}

/// A vat: `v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VatId(pub u64);

/// A subcluster: `s1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubclusterId(pub u64);

impl Kref {
    /// `ko<number>`.
    pub const fn object(number: u64) -> Self {
        Self {
            kind: Kind::Object,
            number,
        }
    }

    /// `kp<number>`.
    pub const fn promise(number: u64) -> Self {
        Self {
            kind: Kind::Promise,
            number,
        }
    }

    /// Whether it names a promise.
    pub const fn is_promise(self) -> bool {
        matches!(self.kind, Kind::Promise)
    }
}

impl Vref {
    /// Every vat's root object: `o+0`.
    pub const ROOT: Self = Self {
        kind: Kind::Object,
        side: Side::Vat,
        number: 0,
    };

    /// Whether it names a promise.
    pub const fn is_promise(self) -> bool {
        matches!(self.kind, Kind::Promise)
    }
}

/// Decimal digits without leading zeros, up to `NUMBER_MAX`.
fn number(digits: &str) -> Result<u64, Error> {
    let canonical = digits == "0" || !digits.starts_with('0');
    if !canonical
        || digits.is_empty()
        || digits.len() > 16
        || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(Error::BadRef);
    }
    let value = digits.parse().map_err(|_| Error::BadRef)?;
    if value > NUMBER_MAX {
        Err(Error::BadRef)
    } else {
        Ok(value)
    }
}

impl FromStr for Kref {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (b'k', rest) = text
            .as_bytes()
            .split_first()
            .map_or((0, &[][..]), |(&first, rest)| (first, rest))
        else {
            return Err(Error::BadRef);
        };
        let kind = Kind::read(*rest.first().ok_or(Error::BadRef)?)?;
        Ok(Self {
            kind,
            number: number(text.get(2..).ok_or(Error::BadRef)?)?,
        })
    }
}

impl FromStr for Vref {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = text.as_bytes();
        let kind = Kind::read(*bytes.first().ok_or(Error::BadRef)?)?;
        let side = match bytes.get(1) {
            Some(b'+') => Side::Vat,
            Some(b'-') => Side::Kernel,
            _ => return Err(Error::BadRef),
        };
        Ok(Self {
            kind,
            side,
            number: number(text.get(2..).ok_or(Error::BadRef)?)?,
        })
    }
}

impl FromStr for VatId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(Self(number(text.strip_prefix('v').ok_or(Error::BadRef)?)?))
    }
}

impl FromStr for SubclusterId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(Self(number(text.strip_prefix('s').ok_or(Error::BadRef)?)?))
    }
}

impl fmt::Display for Kref {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "k{}{}", self.kind.letter(), self.number)
    }
}

impl fmt::Display for Vref {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.side == Side::Vat { '+' } else { '-' };
        write!(out, "{}{sign}{}", self.kind.letter(), self.number)
    }
}

impl fmt::Display for VatId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "v{}", self.0)
    }
}

impl fmt::Display for SubclusterId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s{}", self.0)
    }
}

/// A name is text wherever it is written down.
macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                        out.write_str(stringify!($name))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    )+};
}

as_text!(Kref, Vref, VatId, SubclusterId);
