//! Readers that follow FORMAT.md check by check, without a thought for speed or memory.

use chunk::Error;
use chunk::limit::{
    CHUNK_BYTES_MAX, INDEX_SEGMENTS_MAX, SEGMENT_BYTES_MAX, SEGMENT_CHUNKS_MAX, STREAM_CHUNKS_MAX,
};

use super::{Row, crc32};

fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    (0..len).fold(0, |sum, place| {
        sum | u64::from(bytes[at + place]) << (8 * place)
    })
}

/// One record at the start of the bytes: its kind, its body, its raw length. Section 3.
fn record<'a>(bytes: &'a [u8], allowed: &[u8]) -> Result<(u8, &'a [u8], usize), Error> {
    if bytes.len() < 16 {
        return Err(Error::Truncated);
    }
    let (kind, stored, raw) = (
        bytes[0],
        number(bytes, 4, 4) as usize,
        number(bytes, 8, 4) as usize,
    );
    if !allowed.contains(&kind) {
        return Err(Error::BadKind);
    }
    if number(bytes, 1, 3) != 0 {
        return Err(Error::ReservedNotZero);
    }
    if stored > CHUNK_BYTES_MAX || raw > CHUNK_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let right = match kind {
        0 => (stored, raw) == (8, 8),
        1 => stored == raw,
        2 => raw >= 256 && 8 * stored <= 7 * raw && raw <= 255 * stored,
        _ => (stored, raw) == (0, 0),
    };
    if !right {
        return Err(Error::LengthMismatch);
    }
    Ok((kind, &bytes[16..bytes.len().min(16 + stored)], raw))
}

fn whole(bytes: &[u8]) -> Result<usize, Error> {
    let len = 16 + number(bytes, 4, 4) as usize;
    if bytes.len() < len {
        return Err(Error::Truncated);
    }
    if number(bytes, 12, 4) != u64::from(crc32(&[&bytes[..12], &bytes[16..len]].concat())) {
        return Err(Error::BadCrc);
    }
    Ok(len)
}

/// A stream: its first index, the chunks that are whole, and how it ends. Section 5.
pub fn stream(mut bytes: &[u8]) -> (Option<u64>, Vec<Vec<u8>>, Result<(), Error>) {
    let (mut first, mut chunks) = (None, Vec::new());
    let mut step = || {
        loop {
            let allowed: &[u8] = if first.is_none() { &[0] } else { &[1, 3] };
            let (kind, body, _) = record(bytes, allowed)?;
            if kind == 1
                && first.is_some_and(|first| first + chunks.len() as u64 == STREAM_CHUNKS_MAX)
            {
                return Err(Error::TooMany);
            }
            let len = whole(bytes)?;
            match kind {
                0 if number(body, 0, 8) > STREAM_CHUNKS_MAX => return Err(Error::TooMany),
                0 => first = Some(number(body, 0, 8)),
                1 => chunks.push(body.to_vec()),
                _ if bytes.len() > len => return Err(Error::AfterEnd),
                _ => return Ok(()),
            }
            bytes = &bytes[len..];
        }
    };
    let end = step();
    (first, chunks, end)
}

/// First index, and each chunk; `None` for one that cannot be decompressed.
pub type Chunks = (u64, Vec<Option<Vec<u8>>>);

/// A segment. Section 4.
pub fn segment(bytes: &[u8]) -> Result<Chunks, Error> {
    if bytes.len() < 32 {
        return Err(Error::Truncated);
    }
    if bytes[..4] != *b"FSG1" {
        return Err(Error::BadMagic);
    }
    if number(bytes, 4, 2) != 1 {
        return Err(Error::BadVersion);
    }
    if number(bytes, 28, 4) != u64::from(crc32(&bytes[..28])) {
        return Err(Error::BadCrc);
    }
    let flags = number(bytes, 6, 2);
    if flags > 1 || number(bytes, 24, 4) != 0 {
        return Err(Error::ReservedNotZero);
    }
    let (first, count, area) = (
        number(bytes, 8, 8),
        number(bytes, 16, 4),
        number(bytes, 20, 4),
    );
    if count > u64::from(SEGMENT_CHUNKS_MAX)
        || u128::from(first) + u128::from(count) > u128::from(STREAM_CHUNKS_MAX)
    {
        return Err(Error::TooMany);
    }
    let len = 32 + area + 4 * count + 4;
    if len > SEGMENT_BYTES_MAX as u64 {
        return Err(Error::TooLarge);
    }
    if count == 0 || area < 16 * count {
        return Err(Error::LengthMismatch);
    }
    if (bytes.len() as u64) < len {
        return Err(Error::Truncated);
    }
    if bytes.len() as u64 > len {
        return Err(Error::LengthMismatch);
    }
    let end = 32 + area as usize;
    let offsets = &bytes[end..bytes.len() - 4];
    if number(bytes, bytes.len() - 4, 4) != u64::from(crc32(offsets)) {
        return Err(Error::BadCrc);
    }
    let off = |error| {
        if error == Error::Truncated {
            Error::LengthMismatch
        } else {
            error
        }
    };
    let (mut at, mut plain, mut chunks, mut blocks) = (0, 32 + 20 * count + 4, Vec::new(), 0);
    for offset in offsets.chunks(4) {
        if number(offset, 0, 4) != at as u64 {
            return Err(Error::LengthMismatch);
        }
        let bytes = &bytes[32 + at..end];
        let allowed: &[u8] = if flags == 1 { &[1, 2] } else { &[1] };
        let (kind, body, raw) = record(bytes, allowed).map_err(off)?;
        at += whole(bytes).map_err(off)?;
        plain += raw as u64;
        if plain > SEGMENT_BYTES_MAX as u64 {
            return Err(Error::TooLarge);
        }
        blocks += u64::from(kind == 2);
        chunks.push(if kind == 2 {
            block(body, raw)
        } else {
            Some(body.to_vec())
        });
    }
    if at as u64 != area {
        return Err(Error::LengthMismatch);
    }
    if (flags == 1) != (blocks > 0) {
        return Err(Error::BadKind);
    }
    Ok((first, chunks))
}

/// A block of LZ4 that gives exactly `raw` bytes. Section 4.
pub fn block(block: &[u8], raw: usize) -> Option<Vec<u8>> {
    let mut bytes = block.iter().copied();
    let mut out = Vec::new();
    let long = |bytes: &mut dyn Iterator<Item = u8>, nibble: u8| {
        let mut sum = usize::from(nibble);
        let mut more = nibble == 15;
        while more {
            let byte = bytes.next()?;
            sum += usize::from(byte);
            more = byte == 255;
        }
        Some(sum)
    };
    while out.len() <= raw {
        let token = bytes.next()?;
        for _ in 0..long(&mut bytes, token >> 4)? {
            out.push(bytes.next()?);
        }
        let Some(low) = bytes.next() else {
            return (out.len() == raw).then_some(out);
        };
        let offset = usize::from(u16::from_le_bytes([low, bytes.next()?]));
        let matched = long(&mut bytes, token & 15)? + 4;
        for _ in 0..matched.min(raw + 1) {
            let from = out.len().checked_sub(offset).filter(|_| offset != 0)?;
            out.push(out[from]);
        }
    }
    None
}

/// An index: whether it is closed, its entries, its raw bytes. Section 6.
pub fn index(bytes: &[u8]) -> Result<(bool, Vec<Row>, u64), Error> {
    if bytes.len() < 40 {
        return Err(Error::Truncated);
    }
    if bytes[..4] != *b"FIX1" {
        return Err(Error::BadMagic);
    }
    if number(bytes, 4, 2) != 1 {
        return Err(Error::BadVersion);
    }
    let count = number(bytes, 8, 4);
    if count > u64::from(INDEX_SEGMENTS_MAX) {
        return Err(Error::TooMany);
    }
    let len = 40 + 24 * count as usize;
    if bytes.len() < len {
        return Err(Error::Truncated);
    }
    if bytes.len() > len {
        return Err(Error::LengthMismatch);
    }
    if number(bytes, 36, 4) != u64::from(crc32(&[&bytes[..36], &bytes[40..]].concat())) {
        return Err(Error::BadCrc);
    }
    let flags = number(bytes, 6, 2);
    if flags > 1 || number(bytes, 28, 8) != 0 {
        return Err(Error::ReservedNotZero);
    }
    let (mut rows, mut chunks, mut stored, mut frames) = (Vec::new(), 0, 0, 0);
    for row in bytes[40..].chunks(24) {
        if number(row, 20, 4) != 0 {
            return Err(Error::ReservedNotZero);
        }
        let (first, count, len) = (number(row, 0, 8), number(row, 8, 4), number(row, 12, 4));
        if first != chunks {
            return Err(Error::NotContiguous);
        }
        if count > u64::from(SEGMENT_CHUNKS_MAX) {
            return Err(Error::TooMany);
        }
        if len > SEGMENT_BYTES_MAX as u64 {
            return Err(Error::TooLarge);
        }
        if count == 0 || len < 36 + 20 * count {
            return Err(Error::LengthMismatch);
        }
        chunks += count;
        stored += len;
        frames += 36 + 20 * count;
        rows.push((first, count as u32, len as u32, number(row, 16, 4) as u32));
    }
    if number(bytes, 12, 8) != chunks {
        return Err(Error::LengthMismatch);
    }
    let raw_bytes = number(bytes, 20, 8);
    let plain = u128::from(raw_bytes) + u128::from(frames);
    if plain > u128::from(count) * SEGMENT_BYTES_MAX as u128 {
        return Err(Error::TooLarge);
    }
    if u128::from(stored) > plain {
        return Err(Error::LengthMismatch);
    }
    Ok((flags == 1, rows, raw_bytes))
}
