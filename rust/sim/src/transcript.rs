//! Reads deliveries back from the text of a transcript's piece, as a host does that rebuilds a heap.

use kernel::capdata::CapData;
use kernel::output::Delivery;
use kernel::refs::Vref;
use serde_json::Value;

fn vrefs(value: &Value) -> Option<Vec<Vref>> {
    value
        .as_array()?
        .iter()
        .map(|one| one.as_str()?.parse().ok())
        .collect()
}

fn capdata(value: &Value) -> Option<CapData<Vref>> {
    Some(CapData {
        body: value.get("body")?.as_str()?.to_string(),
        slots: vrefs(value.get("slots")?)?,
    })
}

fn delivery(value: &Value) -> Option<Delivery> {
    Some(match value.get(0)?.as_str()? {
        "startVat" => Delivery::StartVat(capdata(value.get(1)?)?, vrefs(value.get(2)?)?),
        "message" => {
            let rest = value.get(2)?;
            let result = match rest.get("result")? {
                Value::Null => None,
                name => Some(name.as_str()?.parse().ok()?),
            };
            Delivery::Message {
                target: value.get(1)?.as_str()?.parse().ok()?,
                methargs: capdata(rest.get("methargs")?)?,
                result,
            }
        }
        "notify" => {
            let one = |told: &Value| {
                Some((
                    told.get(0)?.as_str()?.parse().ok()?,
                    told.get(1)?.as_bool()?,
                    capdata(told.get(2)?)?,
                ))
            };
            Delivery::Notify(
                value
                    .get(1)?
                    .as_array()?
                    .iter()
                    .map(one)
                    .collect::<Option<_>>()?,
            )
        }
        "dropExports" => Delivery::DropExports(vrefs(value.get(1)?)?),
        "retireExports" => Delivery::RetireExports(vrefs(value.get(1)?)?),
        "retireImports" => Delivery::RetireImports(vrefs(value.get(1)?)?),
        "bringOutYourDead" => Delivery::BringOutYourDead,
        _ => return None,
    })
}

/// Deliveries and hashes of one piece. `None`: it is not a piece.
pub fn read(text: &str) -> Option<Vec<(Delivery, String)>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let pair = |one: &Value| Some((delivery(one.get(0)?)?, one.get(1)?.as_str()?.to_string()));
    value.as_array()?.iter().map(pair).collect()
}
