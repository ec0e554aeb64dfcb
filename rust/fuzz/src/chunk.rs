//! Laws of long streams (chunk's FORMAT.md, section 7). Fuzzers do not guess checksums, so the bytes are tried as they are and with
//! right ones, which wire's checksum makes: a second implementation.

use chunk::limit::{SEGMENT_BYTES_MAX, SEGMENT_CHUNKS_MAX, STREAM_CHUNKS_MAX};
use chunk::{
    Entry, Error, Pushed, Record, RecordReader, RecordWriter, Segment, SegmentBuilder, StreamIndex,
};

use crate::seal::{compose_segment, seal_index, seal_records, seal_segment};

/// What a stream gave: its first index, its chunks, its end.
type Told = (Option<u64>, Vec<Vec<u8>>, Result<(), Error>);

fn read(bytes: &[u8], split: usize) -> Told {
    let mut reader = RecordReader::new();
    let (mut first, mut chunks, mut ended) = (None, Vec::new(), None);
    for piece in bytes.chunks(split.max(1)) {
        reader.handle_bytes(piece);
        while let Ok(Some(record)) = reader.poll_record() {
            match record {
                Record::Start { first: index } => assert_eq!(first.replace(index), None),
                Record::Data { index, chunk } => {
                    assert_eq!(first.map(|first| first + chunks.len() as u64), Some(index));
                    chunks.push(chunk.to_vec());
                }
                Record::End { next } => assert_eq!(ended.replace(next), None),
            }
        }
    }
    let end = reader.finish();
    if let Ok(next) = end {
        assert_eq!(ended, Some(next));
        assert_eq!(first.map(|first| first + chunks.len() as u64), Some(next));
    }
    (first, chunks, end.map(drop))
}

/// Where a law cuts or flips: two bytes of place and one of bit.
fn place(at: [u8; 2], len: usize) -> usize {
    usize::from(u16::from_le_bytes(at)) % len
}

/// A stream says the same however it is cut; what is accepted would be written so; a cut one gives a prefix, a flipped bit is
/// refused. The first three bytes choose where.
pub fn chunk_record(data: &[u8]) {
    let Some((&[low, high, bit], bytes)) = data.split_first_chunk() else {
        return;
    };
    let mut sealed = bytes.to_vec();
    seal_records(&mut sealed);
    for bytes in [bytes, &sealed] {
        let whole = read(bytes, bytes.len());
        assert!(
            whole == read(bytes, 1 + usize::from(bit)),
            "pieces say something else"
        );
        let (Some(first), chunks, Ok(())) = whole else {
            continue;
        };
        let mut writer = RecordWriter::new(first).expect("an accepted index");
        for chunk in &chunks {
            writer.handle_chunk(chunk).expect("an accepted chunk");
        }
        writer.handle_end().expect("an end");
        let mut written = Vec::new();
        while let Some(batch) = writer.poll_batch(1 << 20).expect("a budget") {
            written.extend_from_slice(batch);
        }
        assert!(written == bytes, "other bytes");

        let at = place([low, high], bytes.len());
        let (_, cut, end) = read(&bytes[..at], bytes.len());
        assert_eq!(end, Err(Error::Truncated));
        assert!(chunks.starts_with(&cut), "a prefix gives other chunks");
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << (bit % 8);
        let (_, before, end) = read(&flipped, bytes.len());
        assert!(end.is_err(), "bit {bit} of byte {at} does not matter");
        assert!(
            chunks.starts_with(&before),
            "a flipped bit gives other chunks"
        );
    }
}

/// A segment gives its chunks one by one as in a row; built anew it says the same; a cut one is truncated, a flipped bit refused.
pub fn chunk_segment(data: &[u8]) {
    let Some((&[low, high, bit], bytes)) = data.split_first_chunk() else {
        return;
    };
    let mut sealed = bytes.to_vec();
    seal_segment(&mut sealed);
    for bytes in [bytes, &sealed, &compose_segment(bytes)] {
        let Ok(segment) = Segment::decode(bytes) else {
            continue;
        };
        look_at_everything(&segment);
        rebuild(&segment);

        let at = place([low, high], bytes.len());
        let cut = Segment::decode(&bytes[..at]);
        assert_eq!(cut.err(), Some(Error::Truncated));
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << (bit % 8);
        assert!(
            Segment::decode(flipped).is_err(),
            "bit {bit} of byte {at} does not matter"
        );
    }
}

fn look_at_everything(segment: &Segment<&[u8]>) {
    let (first, count) = (segment.first(), segment.count());
    let end = first + u64::from(count);
    assert!((1..=SEGMENT_CHUNKS_MAX).contains(&count) && end <= STREAM_CHUNKS_MAX);
    let mut raw_bytes = 0;
    let chunks = segment.range(first..end).expect("all of it");
    for (index, chunk) in (first..end).zip(chunks) {
        assert!(segment.get(index) == chunk);
        match chunk {
            Ok(chunk) => raw_bytes += chunk.len() as u64,
            Err(error) => {
                assert_eq!(error, Error::BadLz4);
                return;
            }
        }
    }
    assert_eq!(raw_bytes, segment.raw_bytes());
    assert!(36 + 20 * u64::from(count) + raw_bytes <= SEGMENT_BYTES_MAX as u64);
    for outside in [first.wrapping_sub(1), end, u64::MAX] {
        assert_eq!(segment.get(outside), Err(Error::OutOfRange));
    }
    let mut index = StreamIndex::new();
    let entry = Entry {
        first: 0,
        ..segment.entry()
    };
    assert_eq!(index.push(entry, raw_bytes), Ok(()));
}

/// Builds a segment of the chunks, if all its blocks are sound.
fn rebuild(segment: &Segment<&[u8]>) {
    let all = segment.first()..segment.first() + u64::from(segment.count());
    let chunks: Result<Vec<_>, _> = segment.range(all.clone()).expect("all of it").collect();
    let Ok(chunks) = chunks else { return };
    let build = || {
        let mut builder = SegmentBuilder::new(segment.first()).expect("an accepted index");
        for chunk in &chunks {
            assert_eq!(builder.push(chunk), Ok(Pushed::Taken));
        }
        builder.finish().expect("chunks")
    };
    let sealed = build();
    assert!(build() == sealed, "built twice");
    assert_eq!(sealed.raw_bytes, segment.raw_bytes());
    assert_eq!(sealed.entry.crc, crc::crc32(&sealed.bytes));
    let again = Segment::decode(&sealed.bytes).expect("what is built is accepted");
    assert_eq!(again.entry(), sealed.entry);
    let same = again.range(all).expect("all of it").zip(&chunks);
    assert!(
        same.into_iter()
            .all(|(again, chunk)| again.as_ref() == Ok(chunk))
    );
}

/// What is accepted would be written so; finding is a linear scan; a cut one is truncated, a flipped bit refused.
pub fn chunk_index(data: &[u8]) {
    let Some((&[low, high, bit], bytes)) = data.split_first_chunk() else {
        return;
    };
    let mut sealed = bytes.to_vec();
    seal_index(&mut sealed);
    for bytes in [bytes, &sealed] {
        let Ok(index) = StreamIndex::decode(bytes) else {
            continue;
        };
        assert!(index.encode() == bytes, "other bytes");
        let entries = index.entries();
        let borders = entries
            .iter()
            .flat_map(|entry| [entry.first, entry.first + u64::from(entry.count)]);
        for asked in borders.take(64).chain([u64::from(low), u64::MAX]) {
            let holds = |entry: &&Entry| {
                (entry.first..entry.first + u64::from(entry.count)).contains(&asked)
            };
            assert_eq!(index.find(asked), entries.iter().find(holds).copied());
        }
        let at = place([low, high], bytes.len());
        assert_eq!(StreamIndex::decode(&bytes[..at]), Err(Error::Truncated));
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << (bit % 8);
        assert!(
            StreamIndex::decode(&flipped).is_err(),
            "bit {bit} of byte {at} does not matter"
        );
    }
}

/// Batches under changing budgets join to the stream, each within its budget unless it is one record. The first byte is the first
/// index; then each chunk is a byte of length, a byte that says whether to poll and under which budget, and its bytes.
pub fn chunk_join(data: &[u8]) {
    let Some((&first, mut rest)) = data.split_first() else {
        return;
    };
    let first = u64::from(first);
    let mut writer = RecordWriter::new(first).expect("a small index");
    let (mut chunks, mut joined) = (Vec::new(), Vec::new());
    while let Some((&[len, poll], behind)) = rest.split_first_chunk() {
        let (text, behind) = behind.split_at(usize::from(len).min(behind.len()));
        rest = behind;
        // A few large ones among many small.
        let chunk = text.repeat(if poll & 0x40 == 0 {
            1
        } else {
            1 + usize::from(len) / 4
        });
        assert_eq!(writer.handle_chunk(&chunk), Ok(first + chunks.len() as u64));
        chunks.push(chunk);
        if poll & 0x80 != 0 {
            poll_all(
                &mut writer,
                1_024 + 128 * usize::from(poll & 0x3f),
                &mut joined,
            );
        }
    }
    assert_eq!(writer.handle_end(), Ok(first + chunks.len() as u64));
    poll_all(&mut writer, 1_024, &mut joined);
    assert_eq!(writer.waiting_bytes(), 0);
    let told = (Some(first), chunks, Ok(()));
    assert!(
        read(&joined, joined.len()) == told,
        "the batches say something else"
    );
}

fn poll_all(writer: &mut RecordWriter, budget: usize, joined: &mut Vec<u8>) {
    while let Some(batch) = writer.poll_batch(budget).expect("a budget") {
        let stored = batch[4..]
            .first_chunk()
            .map(|field| u32::from_le_bytes(*field));
        let alone = stored.is_some_and(|stored| batch.len() == 16 + stored as usize);
        assert!(alone || batch.len() <= budget, "{} bytes", batch.len());
        joined.extend_from_slice(batch);
    }
}
