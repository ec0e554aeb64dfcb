//! Object-capability kernel of Ferrule (KERNEL.md beside this crate). This file only hands names on.
//!
//! Rows, commands and outcomes come in; deliveries, replies, calls and batches of rows come out: no clock, no randomness, no I/O.
#![forbid(unsafe_code)]

pub mod capdata;
mod crank;
pub mod entry;
mod error;
pub mod input;
pub mod limit;
mod machine;
pub mod output;
mod reason;
pub mod refs;
pub mod snapshot;
mod state;
mod step;
mod table;
pub mod text;
mod view;

pub use error::Error;
pub use reason::Reason;
pub use state::KernelMachine;
