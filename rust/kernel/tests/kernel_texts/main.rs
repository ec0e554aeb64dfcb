//! Texts and rows at their borders: what is refused, every limit crossed, and that what is written is read back the same.

mod command;
mod outcome;
mod row;

use kernel::Error::{BadCommand, BadConfig, BadOutcome, BadRef, BadRow, LimitExceeded};
use kernel::capdata::{CapData, method};
use kernel::entry::{Action, Item, Object, Owner, Promise, State};
use kernel::input::{Change, Command, Outcome, Syscall};
use kernel::limit::{
    BODY_BYTES_MAX, CONFIG_BYTES_MAX, METHOD_BYTES_MAX, NAME_BYTES_MAX, OUTCOME_BYTES_MAX,
    ROW_BYTES_MAX, SLOTS_MAX, SUBCLUSTER_VATS_MAX, SYSCALLS_MAX, VATSTORE_KEY_BYTES_MAX,
    VATSTORE_VALUE_BYTES_MAX,
};
use kernel::output::{Answer, Delivery};
use kernel::refs::{Kref, NUMBER_MAX, SubclusterId, VatId, Vref};
use kernel::snapshot::{Entry, Key, Row};
use kernel::{Error, Reason};
use proptest::prelude::*;
use serde_json::{Value, json};

fn kref(text: &str) -> Kref {
    text.parse().expect("a kref")
}

#[test]
fn names_are_read_as_they_are_written_and_in_no_other_way() {
    for text in ["ko1", "kp0", "ko9007199254740991"] {
        assert_eq!(kref(text).to_string(), text);
    }
    let wrong = [
        "",
        "k",
        "ko",
        "ko01",
        "ko-1",
        "ko+1",
        "o1",
        "kx1",
        "ko1 ",
        "ko9007199254740992",
        "ko１",
        "KO1",
    ];
    for text in wrong {
        assert_eq!(text.parse::<Kref>(), Err(BadRef), "{text:?}");
    }
    for text in ["o+0", "o-3", "p+1", "p-9007199254740991"] {
        assert_eq!(text.parse::<Vref>().expect("a vref").to_string(), text);
    }
    for text in [
        "o0", "o+", "o+00", "o--1", "q+1", "o+1/", "ko1", "", "o", "é+1",
    ] {
        assert_eq!(text.parse::<Vref>(), Err(BadRef), "{text:?}");
    }
    assert_eq!("v1".parse(), Ok(VatId(1)));
    assert_eq!("s01".parse::<SubclusterId>(), Err(BadRef));
}
