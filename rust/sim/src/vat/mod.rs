//! The vats of the simulator: well-behaved ones and those that break rules. They know nothing of the kernel but deliveries and outcomes.

mod deed;
mod deliver;
pub mod heap;
mod hostile;
