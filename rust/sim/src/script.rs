//! What a seed makes of a world: who is launched, what is sent and when, what crashes. Also the books of the clients outside: what
//! they were told, and what must have happened exactly once.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Error;
use kernel::entry::Owner;
use kernel::input::{Command, Heap};
use kernel::output::{Answer, Output};
use kernel::snapshot::store_key;

use crate::ending;
use crate::rng::Rng;
use crate::whim::{Known, Whim, data, launch, lost, sha, spec};
use crate::world::{Broken, Fate, World};

/// A command that a client waits for.
#[derive(Clone, Debug)]
struct Asked {
    key: Option<String>,
    command: Command,
    token: Option<u64>,
}

/// One run of a seed.
pub struct Script {
    rng: Rng,
    /// The kernel and all around it.
    pub world: World,
    ids: u64,
    asked: BTreeMap<u64, Asked>,
    answers: BTreeMap<String, Answer>,
    known: Known,
    tokens: u64,
    acknowledged: BTreeSet<u64>,
    heard: usize,
    crashes: u64,
    lost: Option<u64>,
    quiet: bool,
    /// Crashes that the sweep tried.
    pub swept: u64,
}

impl Script {
    /// A new kernel with a seed's story before it.
    pub fn new(seed: u64) -> Result<Self, Broken> {
        let services = [String::from("clock")];
        Ok(Self::over(World::new(seed, &services)?, seed))
    }

    fn over(world: World, seed: u64) -> Self {
        let crashes = world.crashes;
        Self {
            rng: Rng::new(seed),
            world,
            ids: 0,
            asked: BTreeMap::new(),
            answers: BTreeMap::new(),
            known: Known::default(),
            tokens: 0,
            acknowledged: BTreeSet::new(),
            heard: 0,
            crashes,
            lost: None,
            quiet: false,
            swept: 0,
        }
    }

    /// The same story after a crash at this place, with other dice; `landed`: the oldest batch was written.
    pub fn fork(&self, landed: bool, seed: u64) -> Result<Self, Broken> {
        let mut other = Self::over(self.world.fork(landed)?, seed);
        other.ids = self.ids;
        other.asked.clone_from(&self.asked);
        other.answers.clone_from(&self.answers);
        other.known.clone_from(&self.known);
        other.tokens = self.tokens;
        other.acknowledged.clone_from(&self.acknowledged);
        other.recover()?;
        Ok(other)
    }

    /// Runs so many deliveries. `sweep`: at each batch, also what follows from a crash there.
    pub fn run(&mut self, cranks: u64, sweep: bool) -> Result<(), Broken> {
        let end = self.world.cranks + cranks;
        let mut steps = 0;
        while self.world.cranks < end && steps < cranks * 10 {
            steps += 1;
            self.step(sweep)?;
        }
        Ok(())
    }

    fn step(&mut self, sweep: bool) -> Result<(), Broken> {
        for _ in 0..self.rng.below(3) {
            self.ask_something()?;
        }
        if self.world.under_way.is_none() {
            let cranks = if self.rng.chance(100) {
                self.rng.below(3) as u64
            } else {
                1000
            };
            self.world.allow(cranks);
            self.world.poll()?;
            self.listen()?;
        }
        if self.world.under_way.is_some() {
            if self.rng.chance(200) {
                self.ask_something()?;
            }
            if self.rng.chance(100) {
                self.commit()?;
            }
            self.answer_delivery()?;
        }
        if self.rng.chance(300) && self.world.under_way.is_none() && self.world.in_flight() < 2 {
            self.world.close()?;
            if sweep && self.world.in_flight() > 0 {
                self.sweep()?;
            }
        }
        if self.rng.chance(300) {
            self.commit()?;
        }
        if self.rng.chance(4) {
            self.world.crash()?;
        }
        if self.rng.chance(30) && self.world.under_way.is_none() {
            self.world.swap()?;
        }
        self.listen()
    }

    fn answer_delivery(&mut self) -> Result<(), Broken> {
        let Some(under_way) = &self.world.under_way else {
            return Ok(());
        };
        let vat = under_way.heap.vat;
        let spared =
            self.known.ledger.is_none_or(|(ledger, _)| ledger == vat) && self.lost == Some(vat.0);
        let lost =
            (self.rng.chance(15) && !spared && !self.quiet).then(|| lost(self.rng.chance(200)));
        self.lost = lost.is_some().then_some(vat.0);
        self.world.outcome(lost)
    }

    fn commit(&mut self) -> Result<(), Broken> {
        let fate = match self.rng.below(100) {
            _ if self.quiet => Fate::Answered,
            0 | 1 => Fate::CrashBefore,
            2 | 3 => Fate::CrashLanded,
            4 => Fate::CrashAnswered,
            5 => Fate::Fenced,
            _ => Fate::Answered,
        };
        self.world.commit(fate)?;
        self.listen()
    }

    /// What follows from a crash before and after the oldest batch.
    fn sweep(&mut self) -> Result<(), Broken> {
        for landed in [false, true] {
            self.swept += 1;
            let seed = self.rng.next();
            let mut other = self
                .fork(landed, seed)
                .map_err(|why| format!("crash, landed {landed}: {why}"))?;
            other.quiet = true;
            other
                .run(4, false)
                .and_then(|()| other.settle())
                .map_err(|why| format!("after a crash, landed {landed}: {why}"))?;
        }
        Ok(())
    }

    /// Reads what was told outside; after a crash, asks again what has a key.
    fn listen(&mut self) -> Result<(), Broken> {
        while let Some(output) = self.world.heard.get(self.heard).cloned() {
            self.heard += 1;
            match output {
                Output::Reply { command, answer } => self.told(command.0, answer)?,
                Output::Call { call, .. } => self.known.calls.push(call),
                _ => return Err(format!("not for the outside: {output:?}")),
            }
        }
        if self.crashes != self.world.crashes {
            self.recover()
        } else {
            Ok(())
        }
    }

    fn recover(&mut self) -> Result<(), Broken> {
        self.crashes = self.world.crashes;
        self.known.calls.clear();
        self.lost = None;
        self.known
            .krefs
            .retain(|kref| self.world.model.state.knows(*kref));
        for asked in std::mem::take(&mut self.asked).into_values() {
            if asked.key.is_some() {
                self.ask(asked)?;
            }
        }
        Ok(())
    }

    fn told(&mut self, id: u64, answer: Answer) -> Result<(), Broken> {
        let asked = self
            .asked
            .remove(&id)
            .ok_or_else(|| format!("an answer to no question: {id} {answer:?}"))?;
        if let Some(key) = &asked.key {
            if self.world.kept(key).as_ref() != Some(&answer) {
                return Err(format!("told under key {key}, but not kept: {answer:?}"));
            }
            if self
                .answers
                .insert(key.clone(), answer.clone())
                .is_some_and(|before| before != answer)
            {
                return Err(format!("two answers under key {key}"));
            }
        }
        if let (Some(token), Answer::Value { .. }) = (asked.token, &answer) {
            self.acknowledged.insert(token);
        }
        if let (Command::Launch { bootstrap, .. }, Answer::Launched { root, .. }) =
            (&asked.command, &answer)
            && bootstrap == "ledger"
        {
            let owner = self
                .world
                .model
                .state
                .objects
                .get(root)
                .map(|object| object.owner.clone());
            if let Some(Owner::Vat(vat)) = owner {
                self.known.ledger = Some((vat, *root));
            }
            return Ok(());
        }
        let slots = match answer {
            Answer::Value { value }
            | Answer::Rejected { value }
            | Answer::Failed {
                value: Some(value), ..
            } => value.slots,
            Answer::Launched { root, result, .. } => [vec![root], result.slots].concat(),
            Answer::Kref { kref } => vec![kref],
            Answer::Failed { value: None, .. } | Answer::Done => Vec::new(),
        };
        self.known.krefs.extend(slots);
        Ok(())
    }

    fn whim(&mut self) -> Whim<'_> {
        Whim {
            rng: &mut self.rng,
            known: &mut self.known,
            state: &self.world.model.state,
        }
    }

    fn ask(&mut self, asked: Asked) -> Result<(), Broken> {
        self.ids += 1;
        match self
            .world
            .command(self.ids, asked.key.as_deref(), &asked.command)?
        {
            Ok(()) => {
                self.asked.insert(self.ids, asked);
            }
            Err(Error::KeyAnswered) => {
                if self.world.under_way.is_some() {
                    self.answer_delivery()?;
                }
                let crashes = self.world.crashes;
                self.world.flush()?;
                if self.world.crashes != crashes {
                    // The answer may be lost with what was not written; it is asked for again.
                    self.asked.insert(self.ids, asked);
                    return Ok(());
                }
                let key = asked.key.clone().unwrap_or_default();
                let answer = self
                    .world
                    .kept(&key)
                    .ok_or_else(|| format!("key {key} is answered, and no answer is kept"))?;
                self.asked.insert(self.ids, asked);
                let id = self.ids;
                self.told(id, answer)?;
            }
            Err(_) => {}
        }
        Ok(())
    }

    fn ask_something(&mut self) -> Result<(), Broken> {
        if self.quiet {
            return Ok(());
        }
        let keyed = self
            .rng
            .chance(500)
            .then(|| sha(&format!("key {} {}", self.ids, self.rng.next())));
        let launches = |asked: &Asked| matches!(&asked.command, Command::Launch { bootstrap, .. } if bootstrap == "ledger");
        if self.known.ledger.is_none() && !self.asked.values().any(launches) {
            let command = launch(
                "ledger",
                Vec::new(),
                vec![spec("ledger", "ledger", Heap::Replay)],
            );
            return self.ask(Asked {
                key: Some(sha(&format!("ledger {}", self.ids))),
                command,
                token: None,
            });
        }
        if let Some((_, root)) = self.known.ledger.filter(|_| self.rng.chance(200)) {
            self.tokens += 1;
            let methargs = data(format!("#[\"add\",[\"{}\"]]", self.tokens), Vec::new());
            let command = Command::Send {
                target: root,
                methargs,
            };
            return self.ask(Asked {
                key: keyed,
                command,
                token: Some(self.tokens),
            });
        }
        let Some(command) = self.whim().invent() else {
            return Ok(());
        };
        self.ask(Asked {
            key: keyed,
            command,
            token: None,
        })
    }

    /// Runs until nothing is left to do, without trouble; then everything asked under a key must be answered or wait for a vat.
    pub fn settle(&mut self) -> Result<(), Broken> {
        self.quiet = true;
        for _ in 0..3000 {
            self.world.allow(1000);
            self.world.poll()?;
            self.listen()?;
            if self.world.under_way.is_some() {
                self.answer_delivery()?;
                continue;
            }
            if self.world.in_flight() == 0 {
                self.world.close()?;
            }
            if self.world.in_flight() == 0 {
                return self.check_tokens();
            }
            self.commit()?;
        }
        // Vats that never stop sending to each other are no error.
        self.world.flush()
    }

    fn check_tokens(&self) -> Result<(), Broken> {
        let Some((ledger, _)) = self.known.ledger else {
            return Ok(());
        };
        if !self.world.model.state.is_alive(ledger) {
            return Ok(());
        }
        for token in 1..=self.tokens {
            let count = self
                .world
                .store
                .rows
                .get(&store_key(ledger, &format!("token/{token}")))
                .map_or("0", String::as_str);
            let told = self.acknowledged.contains(&token);
            if count != "1" && (told || count != "0") {
                return Err(format!(
                    "token {token}: done {count} times, acknowledged: {told}"
                ));
            }
        }
        Ok(())
    }

    /// Ends everything: only counters, and what outside holds keep, may be left; after `Clear`, counters alone.
    pub fn end(&mut self) -> Result<(), Broken> {
        self.settle()?;
        // vats may never have come to rest: what was accepted meanwhile is carried out before anybody counts what is held
        self.command(Command::TerminateAll)?;
        self.settle()?;
        for command in ending::commands(&self.world.model.state) {
            self.command(command)?;
        }
        self.settle()?;
        ending::check_left(&self.world.store.rows)?;
        self.command(Command::Clear)?;
        self.settle()?;
        let left: Vec<&String> = self
            .world
            .store
            .rows
            .keys()
            .filter(|key| *key != "k")
            .collect();
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("after Clear: {left:?}"))
        }
    }

    fn command(&mut self, command: Command) -> Result<(), Broken> {
        self.ask(Asked {
            key: None,
            command,
            token: None,
        })
    }
}
