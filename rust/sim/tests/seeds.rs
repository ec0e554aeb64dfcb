//! 500 seeds of the simulator.

use std::thread;

use sim::run_seed;

const SEEDS: u64 = 500;
const CRANKS: u64 = 200;

#[test]
fn k28_k39_k45_k50_seeds() {
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let broken: Vec<String> = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                scope.spawn(move || {
                    let mut seeds = (1..=SEEDS).filter(|seed| seed % threads == part);
                    seeds.find_map(|seed| run_seed(seed, CRANKS, false).err())
                })
            })
            .collect();
        parts
            .into_iter()
            .filter_map(|part| part.join().expect("no panic"))
            .collect()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
