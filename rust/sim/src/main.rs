//! `npm run sim`: runs seeds, tells how far it is, stops at the first that breaks something.

use std::env;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use sim::{Tally, run_seed};

const HELP: &str = "npm run sim -- [--seeds N] [--seed N] [--cranks N]

Runs the kernel against a naive one, with vats that do anything, a store that crashes and a second writer.

  --seeds N   seeds 1 to N (default 500)
  --seed N    this seed alone
  --cranks N  deliveries of each seed (default 200)
  --trace     tell every step
  --help      this text";

struct Wish {
    from: u64,
    to: u64,
    cranks: u64,
    talks: bool,
}

fn read() -> Result<Option<Wish>, String> {
    let mut wish = Wish {
        from: 1,
        to: 500,
        cranks: 200,
        talks: false,
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(value.to_string())),
            None => (word, None),
        };
        if name == "--help" {
            return Ok(None);
        }
        if name == "--trace" {
            wish.talks = true;
            continue;
        }
        if !["--seeds", "--seed", "--cranks"].contains(&name.as_str()) {
            return Err(format!(
                "Unknown option {name}; npm run sim -- --help lists them."
            ));
        }
        let number = value
            .or_else(|| words.next())
            .and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or_else(|| format!("{name} needs a number."))?;
        match name.as_str() {
            "--seeds" => wish.to = number,
            "--seed" => (wish.from, wish.to) = (number, number),
            _ => wish.cranks = number,
        }
    }
    Ok(Some(wish))
}

fn add(sum: &mut Tally, one: Tally) {
    sum.cranks += one.cranks;
    sum.batches += one.batches;
    sum.crashes += one.crashes;
    sum.heard += one.heard;
    sum.swept += one.swept;
}

fn run(wish: &Wish) -> Result<String, String> {
    let next = AtomicU64::new(wish.from);
    let stop = AtomicBool::new(false);
    let total = Mutex::new(Tally::default());
    let broken = Mutex::new(None);
    let seeds = (wish.to + 1).saturating_sub(wish.from);
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > wish.to {
                return;
            }
            match run_seed(seed, wish.cranks, wish.talks) {
                Ok(one) => {
                    if let Ok(mut sum) = total.lock() {
                        add(&mut sum, one);
                    }
                }
                Err(why) => {
                    stop.store(true, Ordering::Relaxed);
                    if let Ok(mut first) = broken.lock() {
                        first.get_or_insert(format!("seed {seed}: {why}"));
                    }
                }
            }
            let done = seed - wish.from + 1;
            if done.is_multiple_of((seeds / 20).max(1)) {
                eprintln!("{done} of {seeds} seeds");
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    if let Ok(Some(why)) = broken.into_inner() {
        return Err(why);
    }
    let Tally {
        cranks,
        batches,
        crashes,
        heard,
        swept,
    } = total.into_inner().unwrap_or_default();
    Ok(format!(
        "{seeds} seeds, {cranks} deliveries, {batches} batches, {crashes} crashes and {swept} swept, {heard} answers heard: nothing broken"
    ))
}

fn main() -> ExitCode {
    let wish = match read() {
        Ok(Some(wish)) => wish,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    match run(&wish) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
