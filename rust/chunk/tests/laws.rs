//! The laws of FORMAT.md, section 7, on random chunks and random bytes. What single cases must give stands in the vectors, what is
//! beyond a limit in `limits`.

mod plain;

use chunk::limit::{BUDGET_BYTES_MAX, BUDGET_BYTES_MIN, SEGMENT_BYTES_MAX};
use chunk::{
    Entry, Error, Pushed, Record, RecordReader, RecordWriter, Sealed, Segment, SegmentBuilder,
    StreamIndex,
};
use plain::read;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A chunk: nothing, noise, or text that compresses.
fn chunk() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![4 => "[a-d]{1,9} ", 1 => "[ -~]{1,60}", 1 => "(ab){9,200}"];
    let text = vec(word, 0..60).prop_map(|words| words.concat().into_bytes());
    prop_oneof![1 => Just(Vec::new()), 3 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 200..700), 4 => text]
}

fn first() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..10_000, Just((1 << 53) - 1_000)]
}

/// Writes a stream, polled after each chunk for which `polled` says so.
fn write(first: u64, chunks: &[Vec<u8>], budget: usize, polled: &[bool]) -> Vec<Vec<u8>> {
    let mut writer = RecordWriter::new(first).expect("a first index");
    let mut batches = Vec::new();
    let mut poll = |writer: &mut RecordWriter| {
        while let Some(batch) = writer.poll_batch(budget).expect("a budget") {
            batches.push(batch.to_vec());
        }
    };
    for (place, chunk) in chunks.iter().enumerate() {
        assert_eq!(writer.handle_chunk(chunk), Ok(first + place as u64));
        if polled.get(place) == Some(&true) {
            poll(&mut writer);
        }
    }
    writer.handle_end().expect("an end");
    poll(&mut writer);
    batches
}

/// What a reader gives for pieces: the first index, the chunks, and how it ends.
fn read_pieces<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Option<u64>, Vec<Vec<u8>>, Result<(), Error>) {
    let mut reader = RecordReader::new();
    let (mut first, mut chunks, mut end) = (None, Vec::new(), None);
    for piece in pieces {
        reader.handle_bytes(piece);
        while let Ok(Some(record)) = reader.poll_record() {
            match record {
                Record::Start { first: index } => assert_eq!(first.replace(index), None),
                Record::Data { index, chunk } => {
                    assert_eq!(first.map(|first| first + chunks.len() as u64), Some(index));
                    chunks.push(chunk.to_vec());
                }
                Record::End { next } => assert_eq!(end.replace(next), None),
            }
        }
    }
    let next = first.unwrap_or(0) + chunks.len() as u64;
    assert_eq!(reader.next(), next);
    let finished = reader.finish();
    assert!(finished.is_err() || finished.ok() == end && end == Some(next));
    (first, chunks, finished.map(drop))
}

/// The bytes cut at these places.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

fn build(first: u64, chunks: &[Vec<u8>]) -> Sealed {
    let mut builder = SegmentBuilder::new(first).expect("a first index");
    for chunk in chunks {
        assert_eq!(builder.push(chunk), Ok(Pushed::Taken));
    }
    builder.finish().expect("at least one chunk")
}

/// What the crate reads of a segment, in the words of the plain reader; `get` and `range` say the same.
fn decode(bytes: &[u8]) -> Result<read::Chunks, Error> {
    let segment = Segment::decode(bytes)?;
    let all = segment.first()..segment.first() + u64::from(segment.count());
    let mut chunks = Vec::new();
    for (index, chunk) in all.clone().zip(segment.range(all).expect("all of it")) {
        assert_eq!(segment.get(index), chunk);
        assert!(matches!(chunk, Ok(_) | Err(Error::BadLz4)));
        chunks.push(chunk.ok().map(|chunk| chunk.into_owned()));
    }
    Ok((segment.first(), chunks))
}

/// Some changes of bytes, at places that are often in a head.
fn changes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    let byte = prop_oneof![any::<u8>(), 0_u8..4];
    vec((any::<Index>(), byte), 0..4)
}

fn change(bytes: &mut [u8], changes: &[(Index, u8)], near: bool) {
    for (at, byte) in changes {
        let len = if near {
            bytes.len().min(64)
        } else {
            bytes.len()
        };
        if len > 0 {
            bytes[at.index(len)] = *byte;
        }
    }
}

/// Chunks as counts and raw bytes of segments that follow each other.
fn segments() -> impl Strategy<Value = Vec<(u32, u32)>> {
    vec((1_u32..60, 0_u32..5_000), 0..50)
}

/// An index of such segments, and its entries.
fn index_of(segments: &[(u32, u32)], closed: bool) -> (StreamIndex, Vec<plain::Row>, u64) {
    let (mut index, mut rows, mut first, mut raw) = (StreamIndex::new(), Vec::new(), 0, 0);
    for (place, &(count, bytes)) in segments.iter().enumerate() {
        let (len, crc) = (36 + 20 * count + bytes, place as u32 * 77);
        let entry = Entry {
            first,
            count,
            bytes: len,
            crc,
        };
        index
            .push(entry, u64::from(bytes))
            .expect("the next segment");
        rows.push((first, count, len, crc));
        first += u64::from(count);
        raw += u64::from(bytes);
    }
    if closed {
        index.close();
    }
    (index, rows, raw)
}

proptest! {
    #[test]
    fn batches_join_to_the_stream_under_the_budget(
        first in first(), chunks in vec(chunk(), 0..40), budget in BUDGET_BYTES_MIN..5_000, polled: [bool; 32],
    ) {
        let batches = write(first, &chunks, budget, &polled);
        prop_assert!(batches.concat() == plain::stream(first, &chunks));
        for batch in &batches {
            let stored = u32::from_le_bytes(*batch[4..].first_chunk().expect("a head")) as usize;
            prop_assert!(batch.len() <= budget || batch.len() == 16 + stored, "a record alone");
        }
        // Polled once at the end, no batch could have taken the record behind it as well.
        let batches = write(first, &chunks, budget, &[]);
        for pair in batches.windows(2) {
            let stored = u32::from_le_bytes(*pair[1][4..].first_chunk().expect("a head")) as usize;
            prop_assert!(pair[0].len() + 16 + stored > budget);
        }
    }

    #[test]
    fn a_stream_is_read_back_however_it_is_cut(
        first in first(), chunks in vec(chunk(), 0..20), cuts in vec(any::<Index>(), 0..30), by in 1_usize..40,
    ) {
        let bytes = write(first, &chunks, BUDGET_BYTES_MAX, &[]).concat();
        let whole = (Some(first), chunks, Ok(()));
        prop_assert!(read_pieces([&bytes[..]].into_iter()) == whole);
        prop_assert!(read_pieces(bytes.chunks(1)) == whole);
        prop_assert!(read_pieces(bytes.chunks(by)) == whole);
        prop_assert!(read_pieces(pieces(&bytes, &cuts).into_iter()) == whole);
    }

    #[test]
    fn a_prefix_gives_a_prefix_of_chunks_and_then_truncated(
        first in first(), chunks in vec(chunk(), 0..12), cut: Index, by in 1_usize..200,
    ) {
        let bytes = plain::stream(first, &chunks);
        let cut = &bytes[..cut.index(bytes.len())];
        let (start, read, end) = read_pieces(cut.chunks(by));
        prop_assert_eq!(end, Err(Error::Truncated));
        prop_assert!(chunks.starts_with(&read));
        prop_assert!(start.is_none_or(|start| start == first));
        // Nothing that is whole is missing.
        let lens = chunks.iter().scan(24, |at, chunk| { *at += 16 + chunk.len(); Some(*at) });
        prop_assert_eq!(read.len(), lens.filter(|&end| end <= cut.len()).count());
    }

    #[test]
    fn a_flipped_bit_of_a_stream_is_refused(first in first(), chunks in vec(chunk(), 0..6), at: Index, bit in 0..8) {
        let mut bytes = plain::stream(first, &chunks);
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        let (_, read, end) = read_pieces([&bytes[..]].into_iter());
        prop_assert!(end.is_err());
        prop_assert!(chunks.starts_with(&read));
    }

    #[test]
    fn streams_are_read_as_the_page_says(
        first in first(), chunks in vec(chunk(), 0..5), changes in changes(), near: bool, sealed: bool, by in 1_usize..300,
    ) {
        let mut bytes = plain::stream(first, &chunks);
        change(&mut bytes, &changes, near);
        if sealed {
            plain::seal_records(&mut bytes);
        }
        prop_assert!(read_pieces(bytes.chunks(by)) == read::stream(&bytes));
    }

    #[test]
    fn noise_is_read_as_the_page_says(bytes in vec(prop_oneof![Just(0_u8), 0_u8..4, any::<u8>()], 0..200), sealed: bool) {
        let mut bytes = bytes;
        if sealed {
            plain::seal_records(&mut bytes);
        }
        prop_assert!(read_pieces(bytes.chunks(9)) == read::stream(&bytes));
        prop_assert!(decode(&bytes) == read::segment(&bytes));
        prop_assert_eq!(StreamIndex::decode(&bytes).map(drop), read::index(&bytes).map(drop));
    }

    #[test]
    fn a_segment_gives_back_its_chunks_and_is_always_the_same(first in first(), chunks in vec(chunk(), 1..30)) {
        let sealed = build(first, &chunks);
        prop_assert!(build(first, &chunks) == sealed);
        let told = (first, chunks.iter().cloned().map(Some).collect());
        prop_assert!(decode(&sealed.bytes) == Ok(told));
        // The page's own reader has another LZ4 and another checksum.
        prop_assert!(decode(&sealed.bytes) == read::segment(&sealed.bytes));

        let segment = Segment::decode(&sealed.bytes).expect("a segment");
        prop_assert_eq!(segment.entry(), sealed.entry);
        prop_assert_eq!(segment.raw_bytes(), sealed.raw_bytes);
        prop_assert_eq!(sealed.raw_bytes as usize, chunks.iter().map(Vec::len).sum::<usize>());
        prop_assert_eq!(sealed.entry.crc, plain::crc32(&sealed.bytes));
        prop_assert_eq!(sealed.entry.bytes as usize, sealed.bytes.len());
        let plain_bytes = 36 + 20 * chunks.len() + sealed.raw_bytes as usize;
        prop_assert!(sealed.bytes.len() <= plain_bytes && plain_bytes <= SEGMENT_BYTES_MAX);
    }

    #[test]
    fn a_range_is_the_chunks_one_by_one(first in first(), chunks in vec(chunk(), 1..12), from: Index, to: Index) {
        let sealed = build(first, &chunks);
        let segment = Segment::decode(sealed.bytes).expect("a segment");
        let (from, to) = (from.index(chunks.len() + 1), to.index(chunks.len() + 1));
        match segment.range(first + from as u64..first + to as u64) {
            Ok(range) => {
                prop_assert_eq!(range.size_hint(), (to - from, Some(to - from)));
                let range: Result<Vec<_>, _> = range.collect();
                prop_assert!(range.expect("chunks") == chunks[from..to]);
            }
            Err(error) => prop_assert!(error == Error::OutOfRange && from > to),
        }
        prop_assert_eq!(segment.get(first + chunks.len() as u64), Err(Error::OutOfRange));
        prop_assert!(first == 0 || segment.get(first - 1) == Err(Error::OutOfRange));
        prop_assert!(segment.range(first..first + chunks.len() as u64 + 1).is_err());
    }

    #[test]
    fn blocks_are_those_of_any_lz4(chunk in chunk()) {
        let sealed = build(0, std::slice::from_ref(&chunk));
        if sealed.bytes[32] == 2 {
            let block = &sealed.bytes[32 + 16..sealed.bytes.len() - 8];
            prop_assert!(8 * block.len() <= 7 * chunk.len());
            let mut raw = vec![0; chunk.len()];
            prop_assert_eq!(lzzzz::lz4::decompress(block, &mut raw).ok(), Some(chunk.len()));
            prop_assert!(raw == chunk);
            raw.fill(0);
            prop_assert_eq!(lz4_flex::block::decompress_into(block, &mut raw).ok(), Some(chunk.len()));
            prop_assert!(raw == chunk);
        }
        let block = plain::other_block(&chunk);
        if chunk.len() >= 256 && 8 * block.len() <= 7 * chunk.len() {
            let bytes = plain::segment(0, 1, &[plain::record(2, &block, chunk.len())]);
            prop_assert!(decode(&bytes) == Ok((0, vec![Some(chunk)])));
        }
    }

    #[test]
    fn a_flipped_bit_or_a_cut_of_a_segment_is_refused(first in first(), chunks in vec(chunk(), 1..8), at: Index, bit in 0..8) {
        let mut bytes = build(first, &chunks).bytes;
        let at = at.index(bytes.len());
        prop_assert_eq!(Segment::decode(&bytes[..at]).err(), Some(Error::Truncated));
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(Segment::decode(&bytes).is_err());
    }

    #[test]
    fn segments_are_read_as_the_page_says(
        first in first(), chunks in vec(chunk(), 1..6), changes in changes(), near: bool, sealed: bool,
    ) {
        let mut bytes = build(first, &chunks).bytes;
        change(&mut bytes, &changes, near);
        if sealed {
            plain::seal_segment(&mut bytes);
        }
        prop_assert!(decode(&bytes) == read::segment(&bytes));
    }

    #[test]
    fn an_index_gives_back_its_entries(segments in segments(), closed: bool) {
        let (index, rows, raw) = index_of(&segments, closed);
        let bytes = index.encode();
        prop_assert!(bytes == plain::index(u16::from(closed), &rows, raw));
        prop_assert_eq!(StreamIndex::decode(&bytes), Ok(index));
        prop_assert_eq!(read::index(&bytes), Ok((closed, rows, raw)));
    }

    #[test]
    fn find_is_a_linear_scan(segments in segments(), asked in vec(0_u64..3_000, 0..20)) {
        let (index, ..) = index_of(&segments, true);
        let borders = index.entries().iter().map(|entry| entry.first);
        for asked in asked.into_iter().chain(borders).chain([index.chunks(), u64::MAX]) {
            let holds = |entry: &&Entry| (entry.first..entry.first + u64::from(entry.count)).contains(&asked);
            prop_assert_eq!(index.find(asked), index.entries().iter().find(holds).copied());
        }
    }

    #[test]
    fn a_flipped_bit_or_a_cut_of_an_index_is_refused(segments in segments(), at: Index, bit in 0..8) {
        let mut bytes = index_of(&segments, true).0.encode();
        let at = at.index(bytes.len());
        prop_assert_eq!(StreamIndex::decode(&bytes[..at]), Err(Error::Truncated));
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(StreamIndex::decode(&bytes).is_err());
    }

    #[test]
    fn indexes_are_read_as_the_page_says(segments in segments(), changes in changes(), near: bool, sealed: bool) {
        let mut bytes = index_of(&segments, true).0.encode();
        change(&mut bytes, &changes, near);
        if sealed {
            plain::seal_index(&mut bytes);
        }
        let rows = |entry: &Entry| (entry.first, entry.count, entry.bytes, entry.crc);
        let ours = StreamIndex::decode(&bytes)
            .map(|index| (index.is_closed(), index.entries().iter().map(rows).collect(), index.raw_bytes()));
        prop_assert_eq!(ours, read::index(&bytes));
    }
}

/// A stream cut into segments and found again over the index: what a store does with the crate.
#[test]
fn a_stream_goes_into_segments_and_comes_back() {
    let chunks: Vec<Vec<u8>> = (0..9_000_u32)
        .map(|at| at.to_le_bytes().repeat(at as usize % 90))
        .collect();
    let (mut index, mut objects) = (StreamIndex::new(), Vec::new());
    let mut builder = SegmentBuilder::new(0).expect("0");
    let mut seal = |builder: SegmentBuilder, index: &mut StreamIndex| {
        let sealed = builder.finish().expect("chunks");
        index
            .push(sealed.entry, sealed.raw_bytes)
            .expect("the next one");
        objects.push(sealed.bytes);
    };
    for chunk in &chunks {
        if builder.push(chunk) == Ok(Pushed::Full) {
            let next = builder_after(&builder, index.chunks());
            seal(std::mem::replace(&mut builder, next), &mut index);
            assert_eq!(builder.push(chunk), Ok(Pushed::Taken));
        }
    }
    seal(builder, &mut index);
    index.close();
    assert_eq!((objects.len(), index.chunks()), (3, 9_000));
    let index = StreamIndex::decode(&index.encode()).expect("an index");
    for asked in (0..9_000).step_by(7) {
        let entry = index.find(asked).expect("within");
        let place = index.entries().iter().position(|other| *other == entry);
        let segment = Segment::decode(&objects[place.expect("one of them")]).expect("a segment");
        assert_eq!(segment.entry(), entry);
        assert!(segment.get(asked).expect("a chunk") == chunks[asked as usize]);
    }
}

fn builder_after(builder: &SegmentBuilder, first: u64) -> SegmentBuilder {
    SegmentBuilder::new(first + u64::from(builder.count())).expect("a first index")
}
