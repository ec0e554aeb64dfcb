//! Numbers, refusals and lists, as they cross.

use kernel::Error;
use kernel::refs::NUMBER_MAX;

pub(crate) fn number(value: f64) -> Result<u64, Error> {
    // False for NaN as well.
    if value >= 0.0 && value <= NUMBER_MAX as f64 && value.fract() == 0.0 {
        Ok(value as u64)
    } else {
        Err(Error::BadCommand)
    }
}

pub(crate) fn crossing(result: Result<(), Error>) -> u32 {
    result.map_or_else(|error| error as u32, |()| 0)
}

pub(crate) fn json<T: serde::Serialize>(value: &[T]) -> String {
    // Lists of strings: there is nothing that JSON could not hold.
    serde_json::to_string(value).unwrap_or_default()
}
