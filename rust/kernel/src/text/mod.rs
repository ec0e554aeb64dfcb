//! How things are written as text, but for rows: outcomes and commands in, deliveries and answers out. Nothing is done with them here.

mod command;
mod delivery;
mod hex;
mod outcome;

pub use hex::{from_hex, to_hex};
