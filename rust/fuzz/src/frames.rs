//! Laws of whole frames. Fuzzers do not guess checksums, so most laws take the bytes as a frame that still lacks its own.

use wire::batch::{Added, Batch};
use wire::ext::Extensions;
use wire::limit::{BODY_DOWN_BYTES_MAX, BODY_UP_BYTES_MAX, FRAME_BYTES_MIN, VARINT_MAX};
use wire::list::{Entries, Item};
use wire::{CRC_BYTES, Error, Index, Kind, LZ4, Side, Writer};

use crate::memory::{self, Memory};
use crate::rewrite::{rewrite, rewrite_extension, sealed};

const SIDES: [Side; 2] = [Side::Up, Side::Down];

/// Laws 1 and 6: any bytes give a frame or a reason. A frame's places lie inside it, its body is within the limit, and its lists
/// can be walked to their end without a fault.
pub fn decode_any(data: &[u8]) {
    for bytes in [data, &sealed(data)] {
        for side in SIDES {
            memory::with(|memory, _| match memory.decode(side, bytes) {
                Ok(index) => look_at_everything(&index, bytes, memory),
                Err(error) => assert!((1..=20).contains(&error.reason())),
            });
        }
    }
}

fn look_at_everything(index: &Index, frame: &[u8], memory: &mut Memory) {
    let Some(kind) = index.kind else {
        assert!((64..=127).contains(&index.number));
        return;
    };
    let body_max = match index.side {
        Side::Up => BODY_UP_BYTES_MAX,
        Side::Down => BODY_DOWN_BYTES_MAX,
    };
    assert!(index.body.len <= body_max);
    assert!(index.seq.max(index.ts).max(index.sender) <= VARINT_MAX);
    assert_eq!(
        index.section.at + index.section.len,
        frame.len() - CRC_BYTES
    );
    assert!(index.id.is_none_or(|id| id.of(frame).len() == 16));

    let mut extensions = Extensions::of(index.ext);
    while let Some(extension) = extensions.next(frame).expect("a checked block") {
        assert_eq!(extension.value.of(frame).len(), extension.value.len);
    }

    let body = index.body(frame, &memory.raw);
    assert_eq!(body.len(), index.body.len);
    let mut entries = Entries::of(kind, index.side, &index.facts, body);
    let mut count = 0;
    while let Some(item) = entries
        .next(body, &mut memory.inner)
        .expect("a checked list")
    {
        count += 1;
        if let (Kind::Tally, Item::Row(row)) = (kind, item) {
            let mut refs = Entries::of_refs(&row);
            while refs.next(body, &mut []).expect("checked refs").is_some() {}
        }
    }
    assert_eq!(count, index.facts.count);
}

/// Laws 2 and 3: an accepted frame, written again field by field, is the same bytes; where one of the two is compressed it says
/// the same.
pub fn round_trip(data: &[u8]) {
    let frame = sealed(data);
    for side in SIDES {
        memory::with(|memory, other| {
            let Ok(index) = memory.decode(side, &frame) else {
                return;
            };
            let body = index.body(&frame, &memory.raw);
            let Some(written) = rewrite(&index, &frame, body, other) else {
                return;
            };
            let len = written.expect("what is accepted can be written");
            let again = other.out[..len].to_vec();
            if index.flags & LZ4 == 0 && again[3] & LZ4 == 0 {
                assert!(again == frame, "other bytes");
            }
            let back = other
                .decode(side, &again)
                .expect("what is written is accepted");
            let facts =
                |index: &Index| (index.kind, index.seq, index.ts, index.sender, index.facts);
            assert_eq!(facts(&back), facts(&index));
            assert!(back.body(&again, &other.raw) == body, "another body");

            let msg_down = index.kind == Some(Kind::Msg) && side == Side::Down;
            let mut extensions = Extensions::of(index.ext.filter(|_| msg_down));
            while let Some(extension) = extensions.next(&frame).expect("a checked block") {
                rewrite_extension(extension.kind, extension.value.of(&frame), other);
            }
        });
    }
}

/// Law 4: of an accepted frame, a cut tail and a flipped bit are refused. The first three bytes choose where.
pub fn damage(data: &[u8]) {
    let Some((&[low, high, bit], bare)) = data.split_first_chunk() else {
        return;
    };
    let frame = sealed(bare);
    for side in SIDES {
        memory::with(|memory, _| {
            if memory.decode(side, &frame).is_err() {
                return;
            }
            let at = usize::from(u16::from_le_bytes([low, high])) % frame.len();
            let mut flipped = frame.clone();
            flipped[at] ^= 1 << (bit % 8);
            assert!(
                memory.decode(side, &flipped).is_err(),
                "bit {bit} of byte {at} does not matter"
            );
            match memory.decode(side, &frame[..at]) {
                Err(error) => assert!(at >= FRAME_BYTES_MIN || error == Error::TooShort),
                // Of a kind that is skipped only seq is read, so its bytes may begin with a whole frame and its checksum.
                Ok(cut) => assert_eq!(cut.kind, None, "{at} bytes are a frame, too"),
            }
        });
    }
}

/// Law 5: what is stamped keeps kind, id and body, takes the new numbers, and is accepted going down.
pub fn relay(data: &[u8]) {
    let frame = sealed(data);
    memory::with(|memory, other| {
        let Ok(index) = memory.decode(Side::Up, &frame) else {
            return;
        };
        let (seq, ts, sender) = (1 + u64::from(data[0]), VARINT_MAX, 1 + (index.ts & 0xffff));
        let stamped = match wire::stamp(&index, &frame, seq, ts, sender, &mut memory.out) {
            Ok(len) => memory.out[..len].to_vec(),
            Err(error) => {
                assert_eq!(error, Error::WrongDirection);
                assert!(index.kind.is_none_or(|kind| !kind.rules().logged));
                return;
            }
        };
        let down = other
            .decode(Side::Down, &stamped)
            .expect("a stamped frame goes down");
        assert_eq!(
            (down.kind, down.seq, down.ts, down.sender),
            (index.kind, seq, ts, sender)
        );
        assert_eq!((down.flags, down.ext), (index.flags & LZ4, None));
        let id = |index: &Index, bytes: &[u8]| index.id.map(|id| id.of(bytes).to_vec());
        assert_eq!(id(&down, &stamped), id(&index, &frame));
        assert!(
            down.section.of(&stamped) == index.section.of(&frame),
            "another body section"
        );
        assert!(
            down.body(&stamped, &other.raw) == index.body(&frame, &memory.raw),
            "another body"
        );
        let again = wire::stamp(&down, &stamped, seq, ts, sender, &mut memory.out);
        assert_eq!(again, Err(Error::WrongDirection));
    });
}

/// Law 8: frames packed into batches come out again, in order and byte for byte, and no batch is above its size. The first byte
/// gives the size, then each frame's length stands before its text.
pub fn lists(data: &[u8]) {
    let Some((&size, mut rest)) = data.split_first() else {
        return;
    };
    let bytes_max = 64 + 64 * usize::from(size);
    let mut frames = Vec::new();
    memory::with(|memory, other| {
        while let Some((&len, behind)) = rest.split_first() {
            let (text, behind) = behind.split_at(usize::from(len).min(behind.len()));
            rest = behind;
            frames.extend(message(frames.len() as u64 + 1, text, memory));
        }
        let mut sent = Vec::new();
        let mut batch = Batch::new(VARINT_MAX, bytes_max);
        for frame in &frames {
            loop {
                match batch
                    .add(frame, &mut memory.body, &mut memory.inner)
                    .expect("a good frame")
                {
                    Added::Taken => break,
                    Added::Full => flush(&mut batch, bytes_max, memory, &mut sent),
                    Added::Alone => {
                        assert_eq!(batch.count(), 0);
                        sent.push(frame.clone());
                        break;
                    }
                }
            }
        }
        if batch.count() > 0 {
            flush(&mut batch, bytes_max, memory, &mut sent);
        }
        let split: Vec<_> = sent.iter().flat_map(|frame| split(frame, other)).collect();
        assert!(split == frames, "other frames came out");
    });
}

/// A MSG or SYSTEM going down with this text as far as it is one.
fn message(seq: u64, text: &[u8], memory: &mut Memory) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let mut writer = if seq.is_multiple_of(3) {
        let mut writer = Writer::begin(Kind::System, seq, 0, 0, None);
        writer.put_varint(9, &mut memory.body);
        writer
    } else {
        Writer::begin(Kind::Msg, seq, seq << 20, seq, Some([seq as u8; 16]))
    };
    writer.put_varint(0, &mut memory.body);
    writer.put_str(text.as_bytes(), &mut memory.body);
    let Memory {
        inner,
        body,
        out,
        table,
        ..
    } = memory;
    match writer.end(body, inner, out, table) {
        Ok(len) => Some(out[..len].to_vec()),
        Err(error) => {
            assert_eq!(error, Error::OverLimit);
            None
        }
    }
}

fn flush(batch: &mut Batch, bytes_max: usize, memory: &mut Memory, sent: &mut Vec<Vec<u8>>) {
    let Memory {
        body, out, table, ..
    } = memory;
    let len = batch
        .end(body, out, table)
        .expect("a batch that took frames");
    assert!(len <= bytes_max, "{len} bytes");
    sent.push(out[..len].to_vec());
    *batch = Batch::new(VARINT_MAX, bytes_max);
}

/// The frames of a batch, each with its checksum again; a frame of its own as it is.
fn split(frame: &[u8], memory: &mut Memory) -> Vec<Vec<u8>> {
    let index = memory
        .decode(Side::Down, frame)
        .expect("what was packed is accepted");
    if index.kind != Some(Kind::Batch) {
        return vec![frame.to_vec()];
    }
    let body = index.body(frame, &memory.raw);
    let mut entries = Entries::of(Kind::Batch, Side::Down, &index.facts, body);
    let mut frames = Vec::new();
    while let Some(item) = entries.next(body, &mut memory.inner).expect("checked") {
        let Item::Frame(bare, _) = item else {
            panic!("a batch holds frames")
        };
        frames.push(sealed(bare.of(body)));
    }
    frames
}
