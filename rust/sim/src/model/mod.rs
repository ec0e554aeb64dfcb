//! The parts of the naive kernel.

pub mod accept;
pub mod deliver;
pub mod hash;
pub mod kernel;
pub mod outcome;
pub mod rows;
pub mod settle;
pub mod state;
pub mod syscall;
