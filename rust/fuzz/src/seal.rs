//! Right checksums for bytes that want to be records, a segment or an index, and segments put together of any records. The sums are
//! wire's; nothing of chunk is used.

use crc::Crc32;

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*field) as usize)
}

/// Puts the sum of these parts to a place.
fn put(bytes: &mut [u8], at: usize, parts: [std::ops::Range<usize>; 2]) {
    let mut sum = Crc32::new();
    for part in parts {
        sum.update(&bytes[part]);
    }
    bytes[at..at + 4].copy_from_slice(&sum.finish().to_le_bytes());
}

/// Records that follow each other, as far as they are whole.
pub fn seal_records(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(stored) = u32_at(bytes, at + 4) {
        let end = (at + 16).saturating_add(stored);
        if end > bytes.len() {
            return;
        }
        put(bytes, at + 12, [at..at + 12, at + 16..end]);
        at = end;
    }
}

/// A segment: header, and where its fields say they are, records and offsets.
pub fn seal_segment(bytes: &mut [u8]) {
    let (Some(count), Some(records)) = (u32_at(bytes, 16), u32_at(bytes, 20)) else {
        return;
    };
    if bytes.len() < 32 {
        return;
    }
    put(bytes, 28, [0..28, 0..0]);
    let offsets = records.saturating_add(32);
    let sum = count.saturating_mul(4).saturating_add(offsets);
    if sum.saturating_add(4) <= bytes.len() {
        seal_records(&mut bytes[32..offsets]);
        put(bytes, sum, [offsets..sum, 0..0]);
    }
}

/// An index.
pub fn seal_index(bytes: &mut [u8]) {
    let len = bytes.len();
    if len >= 40 {
        put(bytes, 36, [0..36, 40..len]);
    }
}

/// A segment whose frame is right, of records that need not be: the bytes are the flags, then for each record its kind, one byte of
/// stored length, two of raw length, and the body.
pub fn compose_segment(data: &[u8]) -> Vec<u8> {
    let (mut records, mut offsets) = (Vec::new(), Vec::new());
    let (&flags, mut rest) = data.split_first().unwrap_or((&0, &[]));
    while let Some((&[kind, len, low, high], behind)) = rest.split_first_chunk() {
        let (body, behind) = behind.split_at(usize::from(len).min(behind.len()));
        rest = behind;
        let raw = match kind {
            1 => body.len() as u32,
            _ => u32::from(u16::from_le_bytes([low, high])),
        };
        offsets.extend((records.len() as u32).to_le_bytes());
        records.extend([kind, 0, 0, 0]);
        records.extend((body.len() as u32).to_le_bytes());
        records.extend(raw.to_le_bytes());
        records.extend([0; 4]);
        records.extend(body);
    }
    let mut bytes = b"FSG1\x01\0".to_vec();
    bytes.extend([flags, 0]);
    bytes.extend(u64::from(flags).to_le_bytes());
    bytes.extend((offsets.len() as u32 / 4).to_le_bytes());
    bytes.extend((records.len() as u32).to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(records);
    bytes.extend(offsets);
    bytes.extend([0; 4]);
    seal_segment(&mut bytes);
    bytes
}
