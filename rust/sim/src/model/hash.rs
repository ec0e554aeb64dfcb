//! Digests as the contract describes them.

use kernel::input::Command;
use kernel::output::Delivery;
use kernel::text::to_hex;
use sha2::{Digest, Sha256};

use super::state::State;

/// First 16 digits of the SHA-256 of a command's text.
pub fn digest(command: &Command) -> String {
    to_hex(&Sha256::digest(command.encode()))[..16].to_string()
}

/// Bytes that a delivery adds to a transcript: `[delivery,"16 digits"]`.
pub fn delivery_bytes(delivery: &Delivery) -> u64 {
    delivery.encode().len() as u64 + 21
}

/// The next activity hash: the last one, the input, and the rows that the crank changed.
pub fn activity(before: &State, after: &State, input: &str) -> [u8; 32] {
    let mut sum = Sha256::new();
    sum.update(before.counters.hash);
    sum.update(input);
    for (key, value) in &after.changed_since(before) {
        add(&mut sum, key, value.as_ref());
    }
    for (key, value) in &after.touched {
        add(&mut sum, key, value.as_ref());
    }
    sum.finalize().into()
}

fn add(sum: &mut Sha256, key: &str, value: Option<&String>) {
    sum.update(format!("{key}\0"));
    if let Some(value) = value {
        sum.update(format!("{value}\0"));
    }
}
