//! The launch of a subcluster: its rows and starts in one crank, its bootstrap after them, its answer when that settles.

use core::fmt::Write;

use crate::capdata::CapData;
use crate::entry::{
    CListEntry, Decider, Fixed, Item, Owner, Subcluster, Subscriber, Vat, VatState,
};
use crate::error::Error;
use crate::input::VatSpec;
use crate::output::Answer;
use crate::refs::{Kref, SubclusterId, VatId, Vref};
use crate::state::KernelMachine;
use crate::table::tables::Wait;

impl KernelMachine {
    /// Makes a subcluster and its vats, and queues their starts and `bootstrap(roots, services)`.
    pub(crate) fn launch(
        &mut self,
        config: String,
        bootstrap: &str,
        services: Vec<String>,
        specs: Vec<VatSpec>,
        key: Option<String>,
    ) -> SubclusterId {
        let subcluster = SubclusterId(self.tables.counters.subcluster);
        self.tables.counters.subcluster += 1;
        let mut vats = Vec::with_capacity(specs.len());
        let mut slots = Vec::with_capacity(specs.len() + services.len());
        let mut target = (VatId(0), Kref::object(0));
        for spec in specs {
            let name = spec.name.clone();
            let (vat, root) = self.add_vat(subcluster, spec);
            if name == bootstrap {
                target = (vat, root);
            }
            vats.push((name, vat));
            slots.push(root);
        }
        for (_, vat) in &vats {
            self.tables.enqueue(Item::Start { vat: *vat });
        }
        for name in &services {
            slots.push(self.provide_service(name));
        }
        let methargs = CapData {
            body: bootstrap_body(&vats, &services),
            slots,
        };
        let result = self.tables.add_promise(Decider::Nobody, 1);
        self.tables
            .subscribe(result, Subscriber::Launch(subcluster));
        self.tables.subclusters.set(
            subcluster,
            Subcluster {
                config,
                bootstrap: target.0,
                vats,
                launching: Some(result),
                key,
            },
        );
        self.send_message(target.1, methargs, Some(result));
        subcluster
    }

    /// A vat that is not started yet. Its root exists and is held for as long as it lives.
    fn add_vat(&mut self, subcluster: SubclusterId, spec: VatSpec) -> (VatId, Kref) {
        let vat = VatId(self.tables.counters.vat);
        self.tables.counters.vat += 1;
        self.tables.vats.set(
            vat,
            Vat {
                state: VatState::Starting,
                incarnation: 0,
                seq: 0,
                object: 1,
                promise: 1,
                stored: 0,
                transcript: 0,
            },
        );
        let VatSpec {
            name,
            bundle,
            parameters,
            config,
            heap,
            when_full,
        } = spec;
        self.tables.fixed.set(
            vat,
            Fixed {
                subcluster,
                name,
                bundle,
                parameters,
                config,
                heap,
                when_full,
            },
        );
        let root = self.tables.add_object(Owner::Vat(vat));
        self.tables.hold(root);
        self.tables.clists.set(
            (vat, root),
            CListEntry {
                vref: Vref::ROOT,
                reachable: true,
            },
        );
        (vat, root)
    }

    /// The result of `bootstrap` settled.
    pub(crate) fn launched(
        &mut self,
        subcluster: SubclusterId,
        rejected: bool,
        result: CapData<Kref>,
    ) {
        if rejected {
            return self.launch_failed(subcluster, result);
        }
        let ended = self.tables.subclusters.update(&subcluster, |row| {
            row.launching = None;
            (row.bootstrap, row.key.take())
        });
        let Some((vat, key)) = ended else {
            return;
        };
        if let Some(root) = self.tables.known(vat, Vref::ROOT) {
            let answer = Answer::Launched {
                subcluster,
                root,
                result,
            };
            self.answer(Some(Wait::Launch(subcluster)), key.as_deref(), &answer);
        }
    }

    /// A launch that fails is answered, and its subcluster ends with the crank: what a vat still does in it must find its vat alive.
    pub(crate) fn launch_failed(&mut self, subcluster: SubclusterId, reason: CapData<Kref>) {
        let ended = self
            .tables
            .subclusters
            .update(&subcluster, |row| (row.launching.take(), row.key.take()));
        let Some((Some(result), key)) = ended else {
            return;
        };
        let subscriber = Subscriber::Launch(subcluster);
        if self.tables.decider(result).is_some() {
            self.tables.unsubscribe(result, &subscriber);
            self.tables.free(result);
        }
        let answer = Answer::Failed {
            code: Error::BadConfig as u8,
            value: Some(reason),
        };
        self.answer(Some(Wait::Launch(subcluster)), key.as_deref(), &answer);
        self.now.doomed.push(subcluster);
    }
}

/// `#["bootstrap",[{"alice":"$0.Alleged: vatRoot"},{"clock":"$1.Alleged: service"}]]`
fn bootstrap_body(vats: &[(String, VatId)], services: &[String]) -> String {
    let mut body = String::from("#[\"bootstrap\",[{");
    for (at, (name, _)) in vats.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(body, "{comma}\"{name}\":\"${at}.Alleged: vatRoot\"");
    }
    body.push_str("},{");
    for (at, name) in services.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(
            body,
            "{comma}\"{name}\":\"${}.Alleged: service\"",
            vats.len() + at
        );
    }
    body.push_str("}]]");
    body
}
