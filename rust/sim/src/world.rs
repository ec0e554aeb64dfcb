//! The machine and the naive kernel side by side, over a store that may crash: every input goes to both, every output and every row
//! is compared, and what the outside sees is checked against what is durable. What is done when is decided in `script.rs`.

mod check;

use std::collections::{BTreeMap, VecDeque};

use kernel::input::{Command, CommandId, Outcome};
use kernel::output::{Answer, Batch, Delivery, Output};
use kernel::refs::VatId;
use kernel::snapshot::{base_prefix, store_prefix, transcript_prefix};
use kernel::{Error, KernelMachine};

use crate::kernel_model::KernelModel;
use crate::model::rows::Rows;
use crate::store::{Store, apply};
use crate::transcript;
use crate::vat::heap::Heap;

/// What went wrong; ends the run.
pub type Broken = String;

/// A batch on its way to the store.
#[derive(Debug)]
struct Flight {
    batch: Batch,
    /// The naive kernel as it was when the batch was closed.
    model: KernelModel,
    told: Vec<(u64, Output)>,
}

/// How a commit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Written and answered.
    Answered,
    /// The process ends before anything is written.
    CrashBefore,
    /// Written; the process ends before it knows.
    CrashLanded,
    /// Written and answered; the process ends before anything that waited for it has left.
    CrashAnswered,
    /// Another process has taken the store over before.
    Fenced,
}

/// A delivery that is not answered yet.
#[derive(Clone, Debug)]
pub struct UnderWay {
    /// The heap after it.
    pub heap: Heap,
    crank: kernel::output::CrankId,
    outcome: Outcome,
}

/// One kernel and its world.
pub struct World {
    seed: u64,
    services: Vec<String>,
    /// What is durable.
    pub store: Store,
    /// What is durable, as the naive kernel sees it.
    durable: KernelModel,
    epoch: u64,
    machine: KernelMachine,
    /// The naive kernel.
    pub model: KernelModel,
    /// What the store will hold once all batches are written.
    shadow: Rows,
    flights: VecDeque<Flight>,
    expected: VecDeque<(u64, Output)>,
    heaps: BTreeMap<VatId, Heap>,
    bundles: BTreeMap<(VatId, u64), String>,
    /// A delivery that is not answered yet.
    pub under_way: Option<UnderWay>,
    /// Heaps were lost: everything must be durable before the next delivery.
    flush_due: bool,
    /// Replies and calls that have left.
    pub heard: Vec<Output>,
    /// Cranks begun with a delivery.
    pub cranks: u64,
    /// Batches closed.
    pub batches: u64,
    /// Ends of the process.
    pub crashes: u64,
    /// Whether every step is told on the way.
    pub talks: bool,
}

fn load(rows: &Rows, services: &[String]) -> Result<KernelMachine, Broken> {
    KernelMachine::load(rows.clone(), services)
        .map_err(|error| format!("load refuses its own rows: {error}"))
}

impl World {
    /// A new kernel over an empty store.
    pub fn new(seed: u64, services: &[String]) -> Result<Self, Broken> {
        let mut store = Store::default();
        let epoch = store.open();
        let model = KernelModel::new(services);
        Ok(Self {
            seed,
            services: services.to_vec(),
            store,
            durable: model.clone(),
            epoch,
            machine: load(&Rows::new(), services)?,
            model,
            shadow: Rows::new(),
            flights: VecDeque::new(),
            expected: VecDeque::new(),
            heaps: BTreeMap::new(),
            bundles: BTreeMap::new(),
            under_way: None,
            flush_due: false,
            heard: Vec::new(),
            cranks: 0,
            batches: 0,
            crashes: 0,
            talks: false,
        })
    }

    /// Another world that begins where this one's store stands, as after a crash. `before`: with nothing that is under way;
    /// otherwise with the oldest batch written.
    pub fn fork(&self, landed: bool) -> Result<Self, Broken> {
        let mut store = self.store.clone();
        let mut durable = self.durable.clone();
        if let (true, Some(flight)) = (landed, self.flights.front()) {
            apply(&mut store.rows, &flight.batch);
            durable = flight.model.clone();
        }
        let mut other = Self::new(self.seed, &self.services)?;
        other.store = store;
        other.durable = durable;
        other.bundles = self.bundles.clone();
        other.crash()?;
        Ok(other)
    }

    /// Commands go to both; both must say the same.
    pub fn command(
        &mut self,
        id: u64,
        key: Option<&str>,
        command: &Command,
    ) -> Result<Result<(), Error>, Broken> {
        let machine = self
            .machine
            .handle_command(CommandId(id), key, command.clone());
        let model = self
            .model
            .handle_command(CommandId(id), key, command.clone());
        self.say(|| format!("command {id} {command:?} -> {model:?}"));
        if machine != model {
            return Err(format!(
                "command {command:?}\n machine: {machine:?}\n model:   {model:?}"
            ));
        }
        Ok(machine)
    }

    /// How many cranks may begin.
    pub fn allow(&mut self, cranks: u64) {
        self.machine.allow(cranks);
        self.model.allow(cranks);
    }

    /// Polls until a delivery is under way or nothing can be done.
    pub fn poll(&mut self) -> Result<(), Broken> {
        if self.flush_due && self.under_way.is_none() {
            self.flush()?;
        }
        loop {
            let output = self.machine.poll_output();
            if let Some(Output::Reply { .. } | Output::Call { .. }) = output {
                self.hear(output)?;
                continue;
            }
            self.say(|| format!("{output:?}"));
            if self.under_way.is_some() {
                return if output.is_none() {
                    Ok(())
                } else {
                    Err(format!("during a delivery: {output:?}"))
                };
            }
            let model = self.model.poll_output();
            if output != model {
                return Err(format!("output\n machine: {output:?}\n model:   {model:?}"));
            }
            match output {
                Some(Output::Start {
                    vat,
                    incarnation,
                    bundle,
                }) => self.start(vat, incarnation, &bundle),
                Some(Output::Stop { vat }) => {
                    self.heaps.remove(&vat);
                    self.flush()?;
                }
                Some(Output::Deliver {
                    crank,
                    vat,
                    seq,
                    delivery,
                }) => {
                    self.cranks += 1;
                    return self.deliver(crank, vat, seq, &delivery);
                }
                None => {
                    self.check_counts()?;
                    return match self.expected.front() {
                        Some(held) => Err(format!("durable, and still held back: {held:?}")),
                        None => Ok(()),
                    };
                }
                Some(Output::Reply { .. } | Output::Call { .. }) => {}
            }
        }
    }

    /// The outside hears something: it must be the next thing that the naive kernel would tell, and durable.
    fn hear(&mut self, output: Option<Output>) -> Result<(), Broken> {
        let Some((crank, expected)) = self.expected.pop_front() else {
            return Err(format!(
                "told and not durable, or never to be told: {output:?}"
            ));
        };
        if output.as_ref() != Some(&expected) {
            return Err(format!(
                "told\n machine: {output:?}\n model:   {expected:?}"
            ));
        }
        if self.durable.state.counters.crank <= crank {
            return Err(format!(
                "told in crank {crank}, durable is only what came before: {expected:?}"
            ));
        }
        self.say(|| format!("heard {expected:?}"));
        self.heard.push(expected);
        Ok(())
    }

    fn start(&mut self, vat: VatId, incarnation: u64, bundle: &str) {
        let kept = self.heaps.get(&vat).map(|heap| heap.store().clone());
        let store = kept.unwrap_or_else(|| strip(&self.store.rows, &store_prefix(vat)));
        self.bundles.insert((vat, incarnation), bundle.to_string());
        self.heaps
            .insert(vat, Heap::new(vat, incarnation, self.seed, bundle, store));
    }

    fn deliver(
        &mut self,
        crank: kernel::output::CrankId,
        vat: VatId,
        seq: u64,
        delivery: &Delivery,
    ) -> Result<(), Broken> {
        if self.heaps.get(&vat).is_none_or(|heap| heap.seq + 1 != seq) {
            let heap = self.rebuild(vat, seq)?;
            self.heaps.insert(vat, heap);
        }
        let mut heap = self.heaps.remove(&vat).ok_or("no heap")?;
        let before = heap.clone();
        let outcome = heap.deliver(delivery);
        self.heaps.insert(vat, before);
        self.under_way = Some(UnderWay {
            heap,
            crank,
            outcome,
        });
        Ok(())
    }

    /// A lost heap comes back: the store as the incarnation began, then every delivery since, each with the same outcome.
    fn rebuild(&self, vat: VatId, seq: u64) -> Result<Heap, Broken> {
        let rows = &self.store.rows;
        let incarnation = self
            .model
            .state
            .vats
            .get(&vat)
            .ok_or("a delivery to a vat that is gone")?
            .incarnation;
        let bundle = self.bundles.get(&(vat, incarnation)).ok_or("no bundle")?;
        let mut store = strip(rows, &store_prefix(vat));
        for (key, value) in strip(rows, &base_prefix(vat)) {
            match value.strip_prefix('=') {
                Some(text) => store.insert(key, text.to_string()),
                None => store.remove(&key),
            };
        }
        let mut heap = Heap::new(vat, incarnation, self.seed, bundle, store);
        for (first, piece) in strip(rows, &transcript_prefix(vat)) {
            if first.parse::<u64>().ok() != Some(heap.seq + 1) {
                return Err(format!(
                    "{vat}: a piece of the transcript begins at {first} after {}",
                    heap.seq
                ));
            }
            for (delivery, hash) in transcript::read(&piece)
                .ok_or_else(|| format!("not a piece of a transcript: {piece}"))?
            {
                let Outcome::Done { hash: again, .. } = heap.deliver(&delivery) else {
                    return Err(format!("{vat}: the replay fails at {}", heap.seq));
                };
                if kernel::text::to_hex(&again) != hash {
                    return Err(format!("{vat}: the replay differs at {}", heap.seq));
                }
            }
        }
        if heap.seq + 1 != seq {
            return Err(format!(
                "{vat}: the transcript ends at {}, delivery {seq} is next",
                heap.seq
            ));
        }
        if heap.store() != &strip(rows, &store_prefix(vat)) {
            return Err(format!("{vat}: the replay ends with another store"));
        }
        Ok(heap)
    }

    /// The outcome of the delivery under way; `lost`: there is no heap that could have answered.
    pub fn outcome(&mut self, lost: Option<Outcome>) -> Result<(), Broken> {
        let Some(UnderWay {
            heap,
            crank,
            outcome,
        }) = self.under_way.take()
        else {
            return Ok(());
        };
        let was_lost = lost.is_some();
        let outcome = lost.unwrap_or(outcome);
        self.machine
            .handle_outcome(crank, outcome.clone())
            .map_err(|error| format!("outcome refused: {error}"))?;
        self.say(|| format!("{outcome:?}"));
        self.model.handle_outcome(&outcome);
        if was_lost {
            self.heaps.remove(&heap.vat);
            self.flush_due = true;
        } else {
            self.heaps.insert(heap.vat, heap);
        }
        self.check_counts()
    }

    fn say(&self, what: impl Fn() -> String) {
        if self.talks {
            eprintln!("{}", what());
        }
    }

    /// Closes a batch and compares the rows. Not while a delivery is under way.
    pub fn close(&mut self) -> Result<(), Broken> {
        let told = std::mem::take(&mut self.model.told).into();
        let Some(batch) = self.machine.close_batch() else {
            self.expected.extend::<Vec<_>>(told);
            return self.compare();
        };
        self.batches += 1;
        apply(&mut self.shadow, &batch);
        self.flights.push_back(Flight {
            batch,
            model: self.model.clone(),
            told,
        });
        self.compare()
    }

    /// Batches closed and not answered.
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// The oldest batch meets its fate.
    pub fn commit(&mut self, fate: Fate) -> Result<(), Broken> {
        if fate == Fate::Fenced {
            self.store.open();
        }
        let Some(Flight { batch, model, told }) = self.flights.pop_front() else {
            return Ok(());
        };
        if fate == Fate::CrashBefore {
            return self.crash();
        }
        let before = self.store.rows.clone();
        if !self.store.commit(self.epoch, &batch) {
            if self.store.rows != before {
                return Err(String::from("a writer that is fenced off has written"));
            }
            return self.crash();
        }
        self.durable = model;
        if fate == Fate::CrashLanded {
            return self.crash();
        }
        self.machine
            .handle_committed(batch.id)
            .map_err(|error| format!("commit refused: {error}"))?;
        if fate == Fate::CrashAnswered {
            return self.crash();
        }
        self.expected.extend(told);
        Ok(())
    }

    /// Closes and writes all there is.
    pub fn flush(&mut self) -> Result<(), Broken> {
        self.close()?;
        while !self.flights.is_empty() {
            self.commit(Fate::Answered)?;
        }
        self.flush_due = false;
        Ok(())
    }

    /// The process ends; another one begins with what is durable.
    pub fn crash(&mut self) -> Result<(), Broken> {
        self.say(|| String::from("crash"));
        self.epoch = self.store.open();
        self.crashes += 1;
        self.flights.clear();
        self.expected.clear();
        self.heaps.clear();
        self.under_way = None;
        self.flush_due = false;
        self.shadow = self.store.rows.clone();
        self.machine = load(&self.shadow, &self.services)?;
        self.model = self.durable.clone();
        // A service that was called before the crash is called again; nothing is told for the first time.
        for call in self.model.reload() {
            self.expected.push_back((0, call));
        }
        self.check_counts()
    }

    /// The machine alone is loaded anew from its rows, when nothing waits in memory: nobody may notice.
    pub fn swap(&mut self) -> Result<bool, Broken> {
        self.allow(0);
        self.poll()?;
        if self.under_way.is_some() || !self.model.is_all_in_rows() {
            return Ok(false);
        }
        let crashes = self.crashes;
        self.flush()?;
        if self.crashes != crashes {
            // Another writer had fenced this one off: both were loaded anew, and have work of their own to do first.
            return Ok(false);
        }
        self.poll()?;
        self.machine = load(&self.shadow, &self.services)?;
        Ok(true)
    }

    /// The answer that stands under a key in the store.
    pub fn kept(&self, key: &str) -> Option<Answer> {
        let row: serde_json::Value =
            serde_json::from_str(self.store.rows.get(&format!("x/{key}"))?).ok()?;
        serde_json::from_str(row.get(2)?.as_str()?).ok()
    }
}

fn strip(rows: &Rows, prefix: &str) -> BTreeMap<String, String> {
    let from = rows.range(prefix.to_string()..);
    let inside = from.take_while(|(key, _)| key.starts_with(prefix));
    inside
        .map(|(key, value)| (key[prefix.len()..].to_string(), value.clone()))
        .collect()
}
