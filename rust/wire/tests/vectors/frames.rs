//! The frames that must be accepted: the worked examples as bytes, every kind in each direction it may travel as trees.

use serde_json::Value;
use wire::Side::{self, Down, Up};

use super::plant::ID_A;
use super::tree::{Codec, bytes_of};
use super::{down, list, up};

pub struct Accept {
    pub name: String,
    pub side: Side,
    pub bytes: Vec<u8>,
    /// What it says, or `None` for a frame to be skipped.
    pub decoded: Option<Value>,
}

/// Section 18, byte for byte: name, side, hex, and whether our encoder must write the same bytes.
pub const EXAMPLES: [(&str, Side, &str, bool); 12] = [
    ("E1", Up, "57 01 01 00 | 00 | 00 | 00 | 00 | 14 | 0000000000000000 00 0e 808040 06 64656d6f2f31 | 3874b6ac", true),
    ("E2", Down, "57010200 00 80d4cfc69f34 00 00 29 | 00 f3a1b2c4d5e60718 29 01 29 07 03 01 a0cb86c79f34 0e 808010 808040 00 05 6c6f626279 05 4c6f626279 | fe58c24c", true),
    ("E3", Up, "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 | 00 05 68656c6c6f | 01965487", true),
    ("E4", Down, "57010400 2a fad5cfc69f34 10 0199a0b0c0d07e0f8011223344556677 07 07 | 00 05 68656c6c6f | d43065cc", true),
    ("E5", Down, "57010c00 00 fad5cfc69f34 10 0199a0b0c0d07e0f8011223344556677 00 08 | 00 2a fad5cfc69f34 | 516a1b24", true),
    ("E6", Up, "57010700 00 00 10 0199a0b0c0d07e0f8011223344556678 00 0a | 2a 08 f09f918df09f8fbd | 4b3d2931", true),
    ("E7", Down, "57010d00 00 acd6cfc69f34 10 0199a0b0c0d07e0f8011223344556678 00 0e | 0700 dc0b 09 736c6f7720646f776e | d456bc1f", true),
    ("E8", Down, "57010a00 00 80d4cfc69f34 00 00 0a | 00 02 01 02 03 07 01 04 07 02 | 98c79d3d", true),
    // Another encoder may find another block.
    ("E9", Up, "57010401 00 00 10 0199a0b0c0d07e0f8011223344556678 00 c302 17 | bf00c00266657272756c65200800ff20607272756c6520 | a81333a2", false),
    ("E10", Down, "57011500 00 84d6cfc69f34 00 00 50 | 02 25 570104002afad5cfc69f34100199a0b0c0d07e0f80112233445566770707000568656c6c6f
        28 570107002b84d6cfc69f34100199a0b0c0d07e0f8011223344556678070a2a08f09f918df09f8fbd | c2fb01c2", true),
    ("E11", Down, "57010f00 00 f082d0c69f34 10 0199a0b0c0d07e0f80112233445566aa 00 71 | 00 2c 2a 2a 03
        1c 5701130000f082d0c69f3400000e01070106755f3766336103416461
        30 570104102afad5cfc69f34100199a0b0c0d07e0f8011223344556677070902072c88fbcfc69f3408000668656c6c6f21
        1d 5701160000f082d0c69f3400000f2a2c0108f09f918df09f8fbd010107 | 903f0171", true),
    ("E12", Up, "57011000 00 00 00 00 03 | c08004 | 384ee26a", true),
];

/// `hex` with the right checksum behind it.
fn sealed(hex: &str) -> Vec<u8> {
    let mut bytes = bytes_of(hex);
    let sum = crc::crc32(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// Frames our writer does not write: skipped kinds, and a block made by hand.
fn raw() -> Vec<(&'static str, Side, Vec<u8>)> {
    let by_hand = format!("57010401 00 00 10 {ID_A} 00 1b 0d 3f 001961 0100 00 50 6161616161");
    let skip_between = "57011500 00 00 00 00 22 03 0a 57010900 00 00 00 07 01 01 0a 57014000 2a 00 00 00 00 00 0a 57010900 00 00 00 07 01 00";
    let skip_in_page = format!(
        "57010f00 00 00 10 {ID_A} 00 30 00 2a 2a 2a 03 | 0a 57014000 00 00 00 00 00 00
         10 57011300 00 00 00 00 07 01 07 00 01 75 01 41 | 0e 57011200 2a 00 00 00 05 01 00 02 6162"
    );
    vec![
        ("msg-up-lz4-by-hand", Up, sealed(&by_hand)),
        ("skip-up-64", Up, sealed("57014000 00 00 00 00 00")),
        (
            "skip-up-rest-unread",
            Up,
            sealed("57014011 2a ffffffffffffffffffff"),
        ),
        ("skip-down-127", Down, sealed("57017f00 2a 00 00 00 00")),
        ("batch-down-skip-between", Down, sealed(skip_between)),
        ("page-down-skip-first", Down, sealed(&skip_in_page)),
    ]
}

/// Every vector, checked on the way: what is decoded is what was meant, and our writer writes the same bytes.
pub fn accepts() -> Vec<Accept> {
    let mut codec = Codec::new();
    let mut rows = Vec::new();
    for (name, side, hex, same) in EXAMPLES {
        let bytes = bytes_of(hex);
        let decoded = codec
            .describe(side, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let encoded = codec
            .encode(side, &decoded)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !same || encoded == bytes,
            "{name} is written as {}",
            super::tree::hex(&encoded)
        );
        rows.push(Accept {
            name: name.to_owned(),
            side,
            bytes,
            decoded: Some(decoded),
        });
    }
    let downs = [down::logged(), down::told(), list::lists()].concat();
    let trees = up::ups()
        .into_iter()
        .map(|row| (Up, row))
        .chain(downs.into_iter().map(|row| (Down, row)));
    for (side, (name, tree)) in trees {
        let bytes = codec
            .encode(side, &tree)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let decoded = codec
            .describe(side, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let start = |tree: &Value| tree.to_string().chars().take(300).collect::<String>();
        assert!(
            decoded == tree,
            "{name}\n meant {}\n reads {}",
            start(&tree),
            start(&decoded)
        );
        rows.push(Accept {
            name: name.to_owned(),
            side,
            bytes,
            decoded: Some(tree),
        });
    }
    for (name, side, bytes) in raw() {
        let decoded = codec
            .describe(side, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let decoded = (decoded["skip"] != true).then_some(decoded);
        rows.push(Accept {
            name: name.to_owned(),
            side,
            bytes,
            decoded,
        });
    }
    rows
}
