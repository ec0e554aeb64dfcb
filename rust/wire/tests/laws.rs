//! The laws of PROTOCOL.md, section 17, on random frames: trees grown from the crate's own table of layouts, and bytes changed
//! behind a right checksum. What single frames must give stands in the vectors.

mod grow;
#[path = "vectors/tree.rs"]
mod tree;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tree::Codec;
use wire::batch::{Added, Batch};
use wire::limit::{
    BODY_UP_BYTES_MAX, FRAME_DOWN_BYTES_MAX, FRAME_UP_BYTES_MAX, LZ4_RAW_BYTES_MIN, TEXT_BYTES_MAX,
};
use wire::list::{Entries, Item};
use wire::{CRC_BYTES, Error, Index, Kind, LZ4, Scratch, Side};

/// The tree without what the encoder decides: whether bodies are compressed.
fn plain(tree: &Value) -> Value {
    let mut tree = tree.clone();
    if let Some(flags) = tree["flags"].as_u64() {
        tree["flags"] = (flags & !u64::from(LZ4)).into();
    }
    if let Some(list) = tree["body"].get_mut("list").and_then(Value::as_array_mut) {
        for inner in list.iter_mut().filter(|inner| inner.get("kind").is_some()) {
            *inner = plain(inner);
        }
    }
    tree
}

/// Puts the right checksum at the end.
fn reseal(bytes: &mut [u8]) {
    if let Some((bare, sum)) = bytes.split_last_chunk_mut::<CRC_BYTES>() {
        *sum = crc::crc32(bare).to_le_bytes();
    }
}

/// A frame of a random tree with some bytes changed behind a right checksum, and a side to read it from.
fn broken() -> impl Strategy<Value = (Side, Vec<u8>)> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let sides = prop::sample::select(vec![Side::Up, Side::Down]);
    (grow::frames(), vec(change, 0..4), sides, any::<bool>()).prop_map(
        |((side, tree), changes, other, stay)| {
            let mut bytes = Codec::new()
                .encode(side, &tree)
                .expect("a grown tree is written");
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            reseal(&mut bytes);
            (if stay { side } else { other }, bytes)
        },
    )
}

/// The relay takes sums apart and puts them together: short sections are summed, longer ones shifted, by one byte of length or two.
#[test]
fn law_5_holds_for_texts_of_every_length() {
    let mut codec = Codec::new();
    let mut out = vec![0; FRAME_UP_BYTES_MAX + 64];
    let noise: String = (0..TEXT_BYTES_MAX as u64)
        .map(|at| (b'!' + ((at * at * 2_654_435_761) >> 20) as u8 % 94) as char)
        .collect();
    for length in (1..=600).chain([4_096, TEXT_BYTES_MAX - 1, TEXT_BYTES_MAX]) {
        let tree = json!({
            "kind": "MSG", "seq": 0, "ts": 0, "id": "0199a0b0c0d07e0f8011223344556677", "sender": 0, "ext": [],
            "body": { "replyTo": length, "text": &noise[..length] },
        });
        let up = codec.encode(Side::Up, &tree).expect("a text is written");
        let index = codec
            .decode(Side::Up, &up)
            .expect("what is written is read");
        let sum = crc::crc32(index.section.of(&up));
        assert_eq!(index.section_sum(&up), sum, "{length}");
        let len = wire::stamp(&index, &up, 42, 1_795_176_000_250, 7, &mut out);
        let down = &out[..len.expect("a message is relayed")];
        let index = codec
            .decode(Side::Down, down)
            .expect("what is relayed is read");
        assert_eq!(index.section_sum(down), sum, "{length}");
    }
}

#[test]
fn the_body_sum_of_a_skipped_frame_is_that_of_nothing() {
    let mut bytes = vec![0x57, 1, 64, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0];
    reseal(&mut bytes);
    let index = Codec::new().decode(Side::Down, &bytes).expect("skipped");
    assert_eq!((index.kind, index.seq), (None, 9));
    assert_eq!(index.section_sum(&bytes), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn law_1_decode_of_any_bytes_never_panics(side in any::<bool>(), bytes in vec(any::<u8>(), 0..2_000)) {
        let side = if side { Side::Up } else { Side::Down };
        prop_assert!(Codec::new().decode(side, &bytes).is_err());
    }

    #[test]
    fn law_1_decode_of_changed_frames_never_panics((side, bytes) in broken()) {
        let mut codec = Codec::new();
        if codec.decode(side, &bytes).is_ok() {
            // What is accepted can be read whole.
            prop_assert!(codec.describe(side, &bytes).is_ok());
        }
    }

    #[test]
    fn law_2_what_is_encoded_is_decoded((side, tree) in grow::frames()) {
        let mut codec = Codec::new();
        let bytes = codec.encode(side, &tree).expect("a grown tree is written");
        let decoded = codec.describe(side, &bytes).expect("what is written is read");
        prop_assert_eq!(plain(&decoded), tree);
    }

    #[test]
    fn law_3_uncompressed_accepted_bytes_are_encoded_to_the_same((side, bytes) in broken()) {
        let mut codec = Codec::new();
        let Ok(index) = codec.decode(side, &bytes) else { return Ok(()) };
        let decoded = codec.describe(side, &bytes).expect("decoded once");
        // The encoder would compress a long body, and cannot write a frame it would skip.
        let again = index.body.len < LZ4_RAW_BYTES_MIN && decoded == plain(&decoded) && !decoded.to_string().contains("skip");
        if again {
            prop_assert_eq!(codec.encode(side, &decoded), Ok(bytes));
        }
    }

    #[test]
    fn law_4_a_flipped_bit_or_a_cut_tail_is_refused((side, tree) in grow::frames(), at in any::<prop::sample::Index>()) {
        let mut codec = Codec::new();
        let mut bytes = codec.encode(side, &tree).expect("a grown tree is written");
        prop_assert!(codec.decode(side, &bytes[..at.index(bytes.len())]).is_err());
        let bit = at.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(codec.decode(side, &bytes).is_err());
    }

    #[test]
    fn law_5_the_relay_keeps_kind_id_and_body(tree in grow::relayed(), seq in 1..=grow::LARGEST, ts in 0..=grow::LARGEST, sender in 1..=grow::LARGEST) {
        let mut codec = Codec::new();
        let up = codec.encode(Side::Up, &tree).expect("a grown tree is written");
        let index = codec.decode(Side::Up, &up).expect("what is written is read");
        let mut out = vec![0; FRAME_UP_BYTES_MAX + 64];
        let len = wire::stamp(&index, &up, seq, ts, sender, &mut out).expect("a logged frame is relayed");
        let down = codec.decode(Side::Down, &out[..len]).expect("what is relayed is read");
        prop_assert_eq!((down.seq, down.ts, down.sender, down.flags), (seq, ts, sender, index.flags & LZ4));
        prop_assert_eq!(down.section.of(&out), index.section.of(&up));
        prop_assert_eq!(index.section_sum(&up), crc::crc32(index.section.of(&up)));
        let relayed = codec.describe(Side::Down, &out[..len]).expect("what is relayed is read");
        for key in ["kind", "id", "body"] {
            prop_assert_eq!(&relayed[key], &tree[key]);
        }
    }

    #[test]
    fn law_6_no_output_passes_its_limit((_, bytes) in broken(), room in 0..=BODY_UP_BYTES_MAX) {
        const CANARY: u8 = 0xa5;
        let mut raw = vec![CANARY; 2 * BODY_UP_BYTES_MAX];
        let mut inner = [];
        // Up, nothing behind the limit is touched, whatever is claimed; with less room, nothing behind the room.
        for room in [2 * BODY_UP_BYTES_MAX, room] {
            let mut scratch = Scratch { raw: &mut raw[..room], inner: &mut inner };
            let _ = wire::decode(Side::Up, &bytes, &mut scratch);
            prop_assert!(raw[room.min(BODY_UP_BYTES_MAX)..].iter().all(|byte| *byte == CANARY));
            raw.fill(CANARY);
        }
    }

    #[test]
    fn law_8_a_list_of_frames_survives_batching(trees in vec(grow::loose(), 0..40), bytes_max in 64_usize..4_000) {
        let mut codec = Codec::new();
        let frames: Vec<_> = trees.iter().map(|tree| codec.encode(Side::Down, tree).expect("a grown tree is written")).collect();
        let sent = batches(&mut codec, &frames, bytes_max);
        let mut read = Vec::new();
        for frame in &sent {
            let index = codec.decode(Side::Down, frame).expect("what is built is read");
            if index.kind == Some(Kind::Batch) {
                prop_assert!(frame.len() <= bytes_max);
                prop_assert!(index.facts.count > 1);
                read.extend(split(&mut codec, &index, frame));
            } else {
                read.push(frame.clone());
            }
        }
        prop_assert_eq!(read, frames);
    }
}

/// Frames packed in order; a run of one goes as it is.
fn batches(codec: &mut Codec, frames: &[Vec<u8>], bytes_max: usize) -> Vec<Vec<u8>> {
    let mut sent = Vec::new();
    let mut batch = Batch::new(0, bytes_max);
    let mut last = None;
    for frame in frames {
        let mut added = batch
            .add(frame, &mut codec.raw, &mut codec.inner)
            .expect("a frame");
        if added == Added::Full {
            sent.push(ended(codec, &batch, last.take()));
            batch = Batch::new(0, bytes_max);
            added = batch
                .add(frame, &mut codec.raw, &mut codec.inner)
                .expect("a frame");
        }
        match added {
            Added::Taken => last = Some(frame),
            Added::Alone => sent.push(frame.clone()),
            Added::Full => unreachable!("an empty batch is not full"),
        }
    }
    if batch.count() > 0 {
        sent.push(ended(codec, &batch, last));
    }
    sent
}

fn ended(codec: &mut Codec, batch: &Batch, last: Option<&Vec<u8>>) -> Vec<u8> {
    match last {
        Some(frame) if batch.count() == 1 => frame.clone(),
        _ => {
            let len = batch
                .end(&mut codec.raw, &mut codec.out, &mut codec.table)
                .expect("a batch");
            codec.out[..len].to_vec()
        }
    }
}

/// The full frames of a BATCH.
fn split(codec: &mut Codec, index: &Index, frame: &[u8]) -> Vec<Vec<u8>> {
    let body = index.body(frame, &codec.raw);
    let mut entries = Entries::of(Kind::Batch, Side::Down, &index.facts, body);
    let mut frames = Vec::new();
    while let Some(item) = entries.next(body, &mut codec.inner).expect("decoded") {
        let Item::Frame(bare, _) = item else {
            panic!("a BATCH holds frames")
        };
        let mut frame = [bare.of(body), &[0; CRC_BYTES]].concat();
        reseal(&mut frame);
        frames.push(frame);
    }
    frames
}

#[test]
fn r02_nine_bytes_that_claim_a_gibibyte_are_refused_before_anything_is_written() {
    let mut raw = [0xa5; 64];
    let mut scratch = Scratch {
        raw: &mut raw,
        inner: &mut [],
    };
    let nine = tree::bytes_of("57010401 80 80 80 80 04");
    assert_eq!(
        wire::decode(Side::Up, &nine, &mut scratch).map(|index| index.kind),
        Err(Error::TooShort)
    );
    // The same claim in a frame that is long enough and has a right checksum: R1.
    let r1 = tree::bytes_of(
        "57010401 00 00 10 0199a0b0c0d07e0f8011223344556677 00 8080808004 01 00 da5164b6",
    );
    assert_eq!(
        wire::decode(Side::Up, &r1, &mut scratch).map(|index| index.kind),
        Err(Error::BadLength)
    );
    assert_eq!(raw, [0xa5; 64]);
}

#[test]
fn r04_an_lz4_bomb_of_263_kilobytes_is_refused_before_output() {
    // One literal, then a match whose length bytes are all 255: 263 KB of block would give 67 MB.
    let mut block = vec![0xff; 263_000];
    block[..4].copy_from_slice(&[0x1f, 0x00, 0x01, 0x00]);
    let claim = 255 * block.len() as u64;
    let bomb = |side: Side, raw_len: u64| {
        let mut frame = tree::bytes_of("57011501 00 00 00 00");
        for number in [raw_len, block.len() as u64] {
            let mut bytes = [0; 8];
            let end = wire::varint::write(number, &mut bytes, 0).expect("a varint");
            frame.extend(&bytes[..end]);
        }
        frame.extend(&block);
        frame.extend([0; CRC_BYTES]);
        reseal(&mut frame);
        let mut raw = vec![0xa5; FRAME_DOWN_BYTES_MAX];
        let mut scratch = Scratch {
            raw: &mut raw,
            inner: &mut [],
        };
        let refused = wire::decode(side, &frame, &mut scratch).map(|index| index.kind);
        (refused, raw.iter().all(|byte| *byte == 0xa5))
    };
    assert_eq!(bomb(Side::Up, claim), (Err(Error::TooLarge), true));
    assert_eq!(bomb(Side::Down, claim), (Err(Error::BodyTooLarge), true));
    assert_eq!(bomb(Side::Down, claim + 1), (Err(Error::BadLength), true));
    // With a claim inside the limit the block itself gives it away, and the output stops at the claim.
    assert_eq!(bomb(Side::Down, 1_000_000).0, Err(Error::BadLz4));
}
