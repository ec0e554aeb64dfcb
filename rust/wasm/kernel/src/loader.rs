//! From rows to a machine.

use kernel::{Error, KernelMachine as Machine};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::crossing::crossing;
use crate::live::Live;
use crate::machine::KernelMachine;

/// Gathers the rows of a stored kernel.
#[wasm_bindgen]
pub struct KernelLoader {
    rows: Vec<(String, String)>,
    machine: Option<Machine>,
    _live: Live,
}

#[wasm_bindgen]
impl KernelLoader {
    /// Of no rows yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            machine: None,
            _live: Live::new(),
        }
    }

    /// Adds a page of rows.
    pub fn add(&mut self, rows: &str) -> u32 {
        let page = serde_json::from_str::<Vec<(String, String)>>(rows);
        crossing(
            page.map_err(|_| Error::BadRow)
                .map(|mut page| self.rows.append(&mut page)),
        )
    }

    /// Makes the machine.
    pub fn load(&mut self, services: &str) -> u32 {
        let rows = core::mem::take(&mut self.rows);
        let services = serde_json::from_str::<Vec<String>>(services);
        let machine = services
            .map_err(|_| Error::BadCommand)
            .and_then(|services| Machine::load(rows, &services));
        crossing(machine.map(|machine| self.machine = Some(machine)))
    }

    /// The machine, once.
    pub fn take(&mut self) -> Option<KernelMachine> {
        let machine = self.machine.take()?;
        Some(KernelMachine::of(machine))
    }
}
