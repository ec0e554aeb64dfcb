//! FORMAT.md once more, as plainly as it can be written: records, segments and indexes put together from their fields, checksums
//! bit by bit, and readers that follow the page check by check. Nothing of the crate but its errors and limits.

#![allow(dead_code)]

pub mod read;

/// The checksum by its definition, as zlib's.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |register, &byte| {
        (0..8).fold(register ^ u32::from(byte), |r, _| {
            (r >> 1) ^ (0xedb8_8320 * (r & 1))
        })
    })
}

/// Any record with a right checksum; `kind` and `raw` may be impossible.
pub fn record(kind: u8, body: &[u8], raw: usize) -> Vec<u8> {
    claim([kind, 0, 0, 0], body, body.len(), raw)
}

/// As `record`, with any first four bytes and a claim of stored bytes that may be another.
pub fn claim(first: [u8; 4], body: &[u8], stored: usize, raw: usize) -> Vec<u8> {
    let mut bytes = first.to_vec();
    bytes.extend((stored as u32).to_le_bytes());
    bytes.extend((raw as u32).to_le_bytes());
    let crc = crc32(&[&bytes, body].concat());
    bytes.extend(crc.to_le_bytes());
    bytes.extend(body);
    bytes
}

pub fn start(first: u64) -> Vec<u8> {
    record(0, &first.to_le_bytes(), 8)
}

pub fn data(chunk: &[u8]) -> Vec<u8> {
    record(1, chunk, chunk.len())
}

pub fn end() -> Vec<u8> {
    record(3, &[], 0)
}

/// A whole stream.
pub fn stream(first: u64, chunks: &[Vec<u8>]) -> Vec<u8> {
    let records: Vec<_> = chunks.iter().map(|chunk| data(chunk)).collect();
    [start(first), records.concat(), end()].concat()
}

/// A segment of these records, with the offsets where they stand.
pub fn segment(first: u64, flags: u16, records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"FSG1".to_vec();
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes.extend(first.to_le_bytes());
    bytes.extend((records.len() as u32).to_le_bytes());
    bytes.extend((records.concat().len() as u32).to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(records.concat());
    let mut offset = 0_u32;
    for record in records {
        bytes.extend(offset.to_le_bytes());
        offset += record.len() as u32;
    }
    bytes.extend([0; 4]);
    seal_segment(&mut bytes);
    bytes
}

/// A field of four bytes as it stands, where there is one.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*field))
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// Puts right checksums where the fields say that header, offsets and, from offset to offset, records stand.
pub fn seal_segment(bytes: &mut [u8]) {
    if bytes.len() < 32 {
        return;
    }
    let crc = crc32(&bytes[..28]);
    put(bytes, 28, crc);
    let count = u32_at(bytes, 16).expect("a header") as usize;
    let records = u32_at(bytes, 20).expect("a header") as usize;
    let sum = (32 + records).saturating_add(count.saturating_mul(4));
    if sum.saturating_add(4) > bytes.len() {
        return;
    }
    seal_records(&mut bytes[32..32 + records]);
    let crc = crc32(&bytes[32 + records..sum]);
    put(bytes, sum, crc);
}

/// Puts right checksums to records that follow each other.
pub fn seal_records(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(stored) = u32_at(bytes, at + 4) {
        let end = (at + 16).saturating_add(stored as usize);
        if end > bytes.len() {
            return;
        }
        let crc = crc32(&[&bytes[at..at + 12], &bytes[at + 16..end]].concat());
        put(bytes, at + 12, crc);
        at = end;
    }
}

/// An entry: first, count, bytes, crc.
pub type Row = (u64, u32, u32, u32);

/// An index of these entries with right totals but for the raw bytes, which are as told.
pub fn index(flags: u16, entries: &[Row], raw_bytes: u64) -> Vec<u8> {
    let mut bytes = b"FIX1".to_vec();
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(flags.to_le_bytes());
    bytes.extend((entries.len() as u32).to_le_bytes());
    let chunks: u64 = entries.iter().map(|entry| u64::from(entry.1)).sum();
    bytes.extend(chunks.to_le_bytes());
    bytes.extend(raw_bytes.to_le_bytes());
    bytes.extend([0; 12]);
    for (first, count, len, crc) in entries {
        bytes.extend(first.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.extend(crc.to_le_bytes());
        bytes.extend([0; 4]);
    }
    seal_index(&mut bytes);
    bytes
}

pub fn seal_index(bytes: &mut [u8]) {
    if bytes.len() >= 40 {
        let crc = crc32(&[&bytes[..36], &bytes[40..]].concat());
        put(bytes, 36, crc);
    }
}

/// The bytes with some of them replaced from a place on.
pub fn with(bytes: &[u8], at: usize, by: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at..at + by.len()].copy_from_slice(by);
    changed
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The LZ4 block of another encoder.
pub fn other_block(raw: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    lzzzz::lz4_hc::compress_to_vec(raw, &mut block, 9).expect("a block");
    block
}
