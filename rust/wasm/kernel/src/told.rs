//! An output, taken apart into what the getters give.

use kernel::output::Output;

/// What `pollOutput` gave last.
#[derive(Default)]
pub(crate) struct Told {
    pub vat: u64,
    pub id: u64,
    pub seq: u64,
    pub name: String,
    pub text: String,
}

/// Its kind and its parts.
pub(crate) fn told(output: Output) -> (u32, Told) {
    let mut told = Told::default();
    let kind = match output {
        Output::Start {
            vat,
            incarnation,
            bundle,
        } => {
            (told.vat, told.id, told.text) = (vat.0, incarnation, bundle);
            1
        }
        Output::Deliver {
            crank,
            vat,
            seq,
            delivery,
        } => {
            (told.vat, told.id, told.seq) = (vat.0, crank.0, seq);
            told.text = delivery.encode();
            2
        }
        Output::Stop { vat } => {
            told.vat = vat.0;
            3
        }
        Output::Call {
            call,
            service,
            methargs,
        } => {
            (told.id, told.name, told.text) = (call, service, methargs.encode());
            4
        }
        Output::Reply { command, answer } => {
            (told.id, told.text) = (command.0, answer.encode());
            5
        }
    };
    (kind, told)
}
