//! Seeded simulator of the kernel: vats that follow no script, a store that crashes and keeps silent, a second writer, and a naive
//! kernel beside the real one. `npm run sim -- --help` says how to run it.

pub mod ending;
pub mod kernel_model;
pub mod model;
pub mod rng;
pub mod script;
pub mod store;
pub mod transcript;
pub mod vat;
pub mod whim;
pub mod world;

use script::Script;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deliveries.
    pub cranks: u64,
    /// Batches.
    pub batches: u64,
    /// Ends of the process, those of the sweep not counted.
    pub crashes: u64,
    /// Replies and calls that the outside heard.
    pub heard: u64,
    /// Places at which the sweep ended the process.
    pub swept: u64,
}

/// Every seed divisible by this is swept: the process ends at each of its batches, before and after.
pub const SWEEP_EVERY: u64 = 10;

/// Runs one seed to its end. `talks`: tells every step on the way.
///
/// # Errors
/// The sentence says what was broken, and how to run the seed again.
pub fn run_seed(seed: u64, cranks: u64, talks: bool) -> Result<Tally, String> {
    let sweep = seed.is_multiple_of(SWEEP_EVERY);
    let run = || {
        let mut script = Script::new(seed)?;
        script.world.talks = talks;
        let outcome = script.run(cranks, sweep).and_then(|()| script.end());
        outcome.map_err(|why| format!("at delivery {}: {why}", script.world.cranks))?;
        Ok(Tally {
            cranks: script.world.cranks,
            batches: script.world.batches,
            crashes: script.world.crashes,
            heard: script.world.heard.len() as u64,
            swept: script.swept,
        })
    };
    run().map_err(|why: String| format!("{why}\nnpm run sim -- --seed {seed} --cranks {cranks}"))
}
