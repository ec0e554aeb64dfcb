//! The vectors that Rust and TypeScript share (PROTOCOL.md, section 17): made here, held to the stored files, tried on the decoder.
//! `FERRULE_WRITE_VECTORS=1 cargo test -p wire --test vectors` writes the files anew.

mod vectors {
    pub mod down;
    pub mod file;
    pub mod frames;
    pub mod list;
    pub mod parts;
    pub mod plant;
    pub mod rejects;
    pub mod tree;
    pub mod up;
}

use std::collections::HashSet;

use serde_json::json;
use vectors::file::agree;
use vectors::frames::{Accept, accepts};
use vectors::parts::parts;
use vectors::rejects::rejects;
use vectors::tree::{Codec, hex};
use wire::{Kind, Side};

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Up => "up",
        Side::Down => "down",
    }
}

#[test]
fn r01_accepted_frames() {
    let rows: Vec<_> = accepts()
        .iter()
        .map(|Accept { name, side, bytes, decoded }| match decoded {
            Some(decoded) => json!({ "name": name, "side": side_name(*side), "hex": hex(bytes), "decoded": decoded }),
            None => json!({ "name": name, "side": side_name(*side), "hex": hex(bytes), "skip": true }),
        })
        .collect();
    agree("wire-frames.json", &rows);
}

#[test]
fn r01_every_kind_is_accepted_in_every_direction_it_may_travel() {
    let mut seen = HashSet::new();
    for Accept { side, decoded, .. } in accepts() {
        let Some(decoded) = decoded else { continue };
        let inner = decoded["body"]["list"].as_array().into_iter().flatten();
        seen.insert((side, decoded["kind"].to_string()));
        seen.extend(inner.map(|inner| (side, inner["kind"].to_string())));
    }
    for kind in Kind::all() {
        for side in [Side::Up, Side::Down] {
            let name = json!(kind.rules().name).to_string();
            assert_eq!(
                seen.contains(&(side, name)),
                kind.rules().id(side).is_some(),
                "{kind:?} {side:?}"
            );
        }
    }
}

#[test]
fn r01_refused_frames() {
    let mut codec = Codec::new();
    let rejects = rejects();
    let mut rows = Vec::new();
    for reject in &rejects {
        let refused = codec
            .decode(reject.side, &reject.bytes)
            .map(|index| index.kind);
        assert_eq!(refused, Err(reject.error), "{}", reject.name);
        rows.push(json!({
            "name": reject.name, "side": side_name(reject.side), "hex": hex(&reject.bytes), "error": reject.error.name(),
        }));
    }
    let names: HashSet<_> = rejects.iter().map(|reject| reject.name).collect();
    // The 69 of section 17 and R1 to R3 of section 18.
    assert_eq!((names.len(), rejects.len()), (72, 72));
    agree("wire-rejects.json", &rows);
}

#[test]
fn r01_accepted_frames_cut_anywhere_are_refused() {
    let mut codec = Codec::new();
    for Accept {
        name, side, bytes, ..
    } in accepts()
    {
        for end in 0..bytes.len() {
            assert!(
                codec.decode(side, &bytes[..end]).is_err(),
                "{name} cut at {end}"
            );
        }
    }
}

#[test]
fn r01_accepted_frames_with_any_bit_flipped_are_refused() {
    let mut codec = Codec::new();
    for Accept {
        name,
        side,
        mut bytes,
        ..
    } in accepts()
    {
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(codec.decode(side, &bytes).is_err(), "{name}, bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// What the page says about the parts, beside what the code makes of them.
#[test]
fn r01_parts_alone() {
    let parts = parts();
    let values = |name: &str| {
        let part = parts.iter().find(|part| part.name == name).expect("a row");
        (hex(&part.bytes), part.result.clone())
    };
    assert_eq!(values("varint-300"), ("ac02".into(), Ok(json!(300))));
    assert_eq!(values("varint-9007199254740991").0, "ffffffffffffff0f");
    assert_eq!(values("crc-check").1, Ok(json!(0xcbf4_3926_u32)));
    assert_eq!(values("lz4-overlap-1").1, Ok(json!(hex(b"aaaaabcdef"))));
    for part in &parts {
        assert_eq!(part.result.is_ok(), part.sound, "{}", part.name);
    }
    let rows: Vec<_> = parts.iter().map(|part| part.row()).collect();
    agree("wire-parts.json", &rows);
}
