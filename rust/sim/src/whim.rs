//! What comes into the clients' heads: any command, with what they know. When it is given is decided in `script.rs`.

use kernel::capdata::CapData;
use kernel::entry::VatState;
use kernel::input::{Command, Heap, Outcome, VatSpec, WhenFull};
use kernel::refs::{Kref, VatId};
use kernel::text::to_hex;
use sha2::{Digest, Sha256};

use crate::model::state::State;
use crate::rng::Rng;

/// What the clients outside know by name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Objects and promises they were told of.
    pub krefs: Vec<Kref>,
    /// The vat that counts tokens, and its root.
    pub ledger: Option<(VatId, Kref)>,
    /// Service calls they have not answered.
    pub calls: Vec<u64>,
    /// Tokens of URLs they asked for.
    pub urls: Vec<String>,
}

/// One idea: the dice, what is known, and the kernel as it stands.
pub struct Whim<'a> {
    /// The dice.
    pub rng: &'a mut Rng,
    /// What the command may name.
    pub known: &'a mut Known,
    /// Of the naive kernel.
    pub state: &'a State,
}

pub(crate) fn data(body: String, slots: Vec<Kref>) -> CapData<Kref> {
    CapData { body, slots }
}

pub(crate) fn sha(text: &str) -> String {
    to_hex(&Sha256::digest(text))
}

pub(crate) fn spec(name: &str, bundle: &str, heap: Heap) -> VatSpec {
    VatSpec {
        name: name.to_string(),
        bundle: bundle.to_string(),
        parameters: data(String::from("#{}"), Vec::new()),
        config: String::from("{}"),
        heap,
        when_full: WhenFull::Restart,
    }
}

impl Whim<'_> {
    fn some_kref(&mut self) -> Option<Kref> {
        if self.rng.chance(20) {
            Some(Kref::object(9999))
        } else {
            self.rng.pick(&self.known.krefs).copied()
        }
    }

    fn values(&mut self) -> CapData<Kref> {
        let slots: Vec<Kref> = (0..self.rng.below(3))
            .filter_map(|_| self.some_kref())
            .collect();
        let names: Vec<String> = (0..slots.len())
            .map(|at| format!("\"{}{at}\"", if slots[at].is_promise() { '&' } else { '$' }))
            .collect();
        data(
            format!("#[\"m{}\",[{}]]", self.rng.below(9), names.join(",")),
            slots,
        )
    }

    fn some_vat(&mut self) -> Option<VatId> {
        let ledger = self.known.ledger.map(|(vat, _)| vat);
        let vats = self.state.vats.iter();
        let list: Vec<VatId> = vats
            .filter(|(vat, row)| Some(**vat) != ledger && row.state != VatState::Dying)
            .map(|(vat, _)| *vat)
            .collect();
        self.rng
            .pick(&list)
            .copied()
            .filter(|vat| self.state.fixed[vat].name != "ledger")
    }

    /// Any command; `None`: nothing is known to give one with.
    pub fn invent(&mut self) -> Option<Command> {
        Some(match self.rng.below(100) {
            0..=7 if self.state.vats.len() < 9 => self.some_launch(),
            0..=64 => Command::Send {
                target: self.some_kref()?,
                methargs: self.values(),
            },
            65..=69 => Command::Pin {
                kref: self.some_kref()?,
            },
            70..=74 => Command::Unpin {
                kref: self.some_kref()?,
            },
            75 | 76 => Command::Revoke {
                kref: self.some_kref()?,
            },
            77 | 78 => {
                let token = sha(&format!("url {}", self.rng.next()));
                self.known.urls.push(token.clone());
                Command::IssueUrl {
                    kref: self.some_kref()?,
                    token,
                }
            }
            79 | 80 => Command::RedeemUrl {
                token: self
                    .rng
                    .pick(&self.known.urls)
                    .cloned()
                    .unwrap_or_else(|| sha("nowhere")),
            },
            81..=84 => {
                let at = self.rng.below(self.known.krefs.len());
                let kref = *self.known.krefs.get(at)?;
                self.known.krefs.retain(|other| *other != kref);
                Command::ReleaseExternal { kref }
            }
            85..=87 => Command::RestartVat {
                vat: self.some_vat()?,
            },
            88 | 89 => {
                let bundle = if self.rng.chance(500) {
                    "hostile"
                } else {
                    "scripted"
                };
                let parameters = data(String::from("#{}"), Vec::new());
                Command::UpgradeVat {
                    vat: self.some_vat()?,
                    bundle: bundle.to_string(),
                    parameters,
                    config: String::from("{}"),
                }
            }
            90 => Command::TerminateVat {
                vat: self.some_vat()?,
            },
            91 => {
                let vat = self.some_vat()?;
                Command::TerminateSubcluster {
                    subcluster: self.state.fixed.get(&vat)?.subcluster,
                }
            }
            92 | 93 => Command::CollectGarbage,
            94..=98 if !self.known.calls.is_empty() => {
                let call = self
                    .known
                    .calls
                    .swap_remove(self.rng.below(self.known.calls.len()));
                Command::ServiceResult {
                    call,
                    rejected: self.rng.chance(200),
                    value: self.values(),
                }
            }
            _ => Command::TerminateVat { vat: VatId(9999) },
        })
    }

    fn some_launch(&mut self) -> Command {
        let mut specs = Vec::new();
        for name in ["alice", "bob", "carol"].iter().take(1 + self.rng.below(3)) {
            let bundle = if self.rng.chance(350) {
                "hostile"
            } else {
                "scripted"
            };
            let heap = if self.rng.chance(200) {
                Heap::Forget
            } else {
                Heap::Replay
            };
            specs.push(spec(name, bundle, heap));
        }
        let services = match self.rng.below(20) {
            0 => vec![String::from("network")],
            1..=9 => vec![String::from("clock")],
            _ => Vec::new(),
        };
        let bootstrap = if self.rng.chance(30) {
            "nobody"
        } else {
            "alice"
        };
        launch(bootstrap, services, specs)
    }
}

pub(crate) fn launch(bootstrap: &str, services: Vec<String>, vats: Vec<VatSpec>) -> Command {
    Command::Launch {
        config: String::from("{}"),
        bootstrap: bootstrap.to_string(),
        services,
        vats,
    }
}

pub(crate) fn lost(restart: bool) -> Outcome {
    Outcome::HeapLost {
        why: String::from("evicted"),
        restart,
    }
}
