//! Every limit of FORMAT.md, section 2, met and crossed, on real memory; and what each machine says out of turn.

mod plain;

use chunk::limit::{
    BUDGET_BYTES_MAX, BUDGET_BYTES_MIN, CHUNK_BYTES_MAX, INDEX_SEGMENTS_MAX, LZ4_RATIO_MAX,
    LZ4_RAW_BYTES_MIN, SEGMENT_BYTES_MAX, SEGMENT_CHUNKS_MAX, STREAM_CHUNKS_MAX,
};
use chunk::{
    Entry, Error, Pushed, Record, RecordReader, RecordWriter, Sealed, Segment, SegmentBuilder,
    StreamIndex,
};

/// Bytes in which nothing repeats.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn build(chunks: &[&[u8]]) -> Sealed {
    let mut builder = SegmentBuilder::new(0).expect("0");
    for chunk in chunks {
        assert_eq!(builder.push(chunk), Ok(Pushed::Taken));
    }
    builder.finish().expect("chunks")
}

#[test]
fn a_chunk_of_8_mib_goes_everywhere_and_one_byte_more_nowhere() {
    let large = noise(CHUNK_BYTES_MAX + 1);
    let most = &large[1..];
    let mut writer = RecordWriter::new(0).expect("0");
    assert_eq!(writer.handle_chunk(&large), Err(Error::TooLarge));
    assert_eq!(writer.handle_chunk(most), Ok(0));
    writer.handle_end().expect("an end");
    let mut reader = RecordReader::new();
    while let Some(batch) = writer.poll_batch(BUDGET_BYTES_MAX).expect("a budget") {
        reader.handle_bytes(batch);
    }
    assert_eq!(reader.poll_record(), Ok(Some(Record::Start { first: 0 })));
    let data = reader.poll_record();
    assert!(
        data == Ok(Some(Record::Data {
            index: 0,
            chunk: most
        }))
    );
    assert_eq!(reader.finish(), Ok(1));

    let mut builder = SegmentBuilder::new(0).expect("0");
    assert_eq!(builder.push(&large), Err(Error::TooLarge));
    assert_eq!(builder.push(most), Ok(Pushed::Taken));
    // Two of them are 16 MiB without their frame.
    assert_eq!(builder.push(most), Ok(Pushed::Full));
    let sealed = builder.finish().expect("a chunk");
    let segment = Segment::decode(sealed.bytes).expect("a segment");
    assert!(segment.get(0).expect("the chunk") == most);
}

#[test]
fn a_claim_takes_no_memory() {
    let mut reader = RecordReader::new();
    reader.handle_bytes(&plain::start(0));
    reader.handle_bytes(&plain::claim(
        [1, 0, 0, 0],
        b"",
        CHUNK_BYTES_MAX,
        CHUNK_BYTES_MAX,
    ));
    assert!(matches!(
        reader.poll_record(),
        Ok(Some(Record::Start { .. }))
    ));
    assert_eq!(reader.poll_record(), Ok(None));
    assert_eq!(reader.finish(), Err(Error::Truncated));
}

#[test]
fn indexes_of_chunks_end_at_2_53() {
    let most = STREAM_CHUNKS_MAX;
    assert_eq!(RecordWriter::new(most + 1).err(), Some(Error::TooMany));
    assert_eq!(SegmentBuilder::new(most + 1).err(), Some(Error::TooMany));
    let mut writer = RecordWriter::new(most - 1).expect("below");
    assert_eq!(writer.handle_chunk(b"x"), Ok(most - 1));
    assert_eq!(writer.handle_chunk(b"x"), Err(Error::TooMany));
    assert_eq!(writer.handle_end(), Ok(most));
    let mut builder = SegmentBuilder::new(most - 1).expect("below");
    assert_eq!(builder.push(b"x"), Ok(Pushed::Taken));
    assert_eq!(builder.push(b"x"), Err(Error::TooMany));
    let sealed = builder.finish().expect("a chunk");
    assert_eq!(
        Segment::decode(&sealed.bytes).map(|segment| segment.first()),
        Ok(most - 1)
    );
    assert_eq!(
        SegmentBuilder::new(most).expect("met").push(b""),
        Err(Error::TooMany)
    );

    let mut reader = RecordReader::new();
    reader.handle_bytes(&[plain::start(most), plain::data(b"x")].concat());
    assert_eq!(
        reader.poll_record(),
        Ok(Some(Record::Start { first: most }))
    );
    assert_eq!(reader.poll_record(), Err(Error::TooMany));
    let mut reader = RecordReader::new();
    reader.handle_bytes(&plain::start(most + 1));
    assert_eq!(reader.poll_record(), Err(Error::TooMany));
    assert_eq!(reader.next(), 0);
}

#[test]
fn a_segment_holds_4096_chunks() {
    let mut builder = SegmentBuilder::new(7).expect("7");
    for _ in 0..SEGMENT_CHUNKS_MAX {
        assert_eq!(builder.push(b""), Ok(Pushed::Taken));
    }
    assert_eq!(builder.push(b""), Ok(Pushed::Full));
    assert_eq!(builder.count(), SEGMENT_CHUNKS_MAX);
    let sealed = builder.finish().expect("chunks");
    let segment = Segment::decode(&sealed.bytes).expect("a segment");
    assert_eq!(segment.count(), SEGMENT_CHUNKS_MAX);
    let records = vec![plain::data(b""); SEGMENT_CHUNKS_MAX as usize + 1];
    let more = plain::segment(7, 0, &records);
    assert_eq!(Segment::decode(&more).err(), Some(Error::TooMany));
}

#[test]
fn a_segment_has_16_mib_counted_without_lz4() {
    let half = noise(CHUNK_BYTES_MAX);
    // Header, two records, two offsets, their checksum.
    let rest = SEGMENT_BYTES_MAX - (32 + 2 * 16 + 2 * 4 + 4) - half.len();
    for chunk in [&half[..], &vec![0; CHUNK_BYTES_MAX]] {
        let mut builder = SegmentBuilder::new(0).expect("0");
        assert_eq!(builder.push(chunk), Ok(Pushed::Taken));
        assert_eq!(builder.push(&chunk[..rest + 1]), Ok(Pushed::Full));
        assert_eq!(builder.push(&chunk[..rest]), Ok(Pushed::Taken));
        assert_eq!(builder.push(b""), Ok(Pushed::Full));
        let sealed = builder.finish().expect("chunks");
        assert_eq!(sealed.raw_bytes, (half.len() + rest) as u64);
        let segment = Segment::decode(&sealed.bytes).expect("a segment");
        assert!(segment.get(0).expect("a chunk") == chunk);
        assert!(*segment.get(1).expect("a chunk") == chunk[..rest]);
        let mut index = StreamIndex::new();
        assert_eq!(index.push(sealed.entry, sealed.raw_bytes), Ok(()));
    }
    let over = |chunk: &[u8]| plain::data(&chunk[..rest + 1]);
    let bytes = plain::segment(0, 0, &[plain::data(&half), over(&half)]);
    assert_eq!(Segment::decode(&bytes).err(), Some(Error::TooLarge));
    // Few bytes that stand for too many.
    let block = plain::other_block(&vec![0; CHUNK_BYTES_MAX]);
    let records = vec![plain::record(2, &block, CHUNK_BYTES_MAX); 2];
    let bytes = plain::segment(0, 1, &records);
    assert_eq!(Segment::decode(&bytes).err(), Some(Error::TooLarge));
    assert!(Segment::decode(plain::segment(0, 1, &records[1..])).is_ok());
}

#[test]
fn an_index_holds_65536_segments() {
    let entry = |first| Entry {
        first,
        count: 1,
        bytes: 57,
        crc: 0,
    };
    let mut index = StreamIndex::new();
    for first in 0..u64::from(INDEX_SEGMENTS_MAX) {
        assert_eq!(index.push(entry(first), 1), Ok(()));
    }
    let chunks = index.chunks();
    assert_eq!(index.push(entry(chunks), 1), Err(Error::TooMany));
    let bytes = index.encode();
    assert!(StreamIndex::decode(&bytes) == Ok(index));
    let rows: Vec<_> = (0..=chunks).map(|first| (first, 1, 57, 0)).collect();
    let more = plain::index(0, &rows, chunks + 1);
    assert_eq!(StreamIndex::decode(&more), Err(Error::TooMany));
}

#[test]
fn an_index_takes_only_entries_it_would_read() {
    let entry = |first, count, bytes| Entry {
        first,
        count,
        bytes,
        crc: 0,
    };
    let limit = SEGMENT_BYTES_MAX as u32;
    let cases = [
        (entry(0, 2, 80), 4, Ok(())),
        (entry(1, 2, 80), 4, Err(Error::NotContiguous)),
        (entry(0, 0, 80), 44, Err(Error::LengthMismatch)),
        (entry(0, 4_097, limit), 1 << 23, Err(Error::TooMany)),
        (
            entry(0, 4_096, limit),
            u64::from(limit) - 36 - 20 * 4_096,
            Ok(()),
        ),
        (entry(0, 1, limit + 1), 1 << 24, Err(Error::TooLarge)),
        (entry(0, 2, 75), 0, Err(Error::LengthMismatch)),
        (entry(0, 2, 76), 0, Ok(())),
        (entry(0, 2, 77), 0, Err(Error::LengthMismatch)),
        (entry(0, 1, 56), u64::from(limit) - 56, Ok(())),
        (entry(0, 1, 56), u64::from(limit) - 55, Err(Error::TooLarge)),
        (entry(0, 1, 56), u64::MAX, Err(Error::TooLarge)),
    ];
    for (entry, raw_bytes, pushed) in cases {
        let mut index = StreamIndex::new();
        assert_eq!(
            index.push(entry, raw_bytes),
            pushed,
            "{entry:?}, {raw_bytes}"
        );
        assert_eq!(index.entries().len(), usize::from(pushed.is_ok()));
        let row = (entry.first, entry.count, entry.bytes, entry.crc);
        let decoded = StreamIndex::decode(&plain::index(0, &[row], raw_bytes));
        assert_eq!(decoded.map(drop), pushed, "{entry:?}, {raw_bytes}");
    }
    let mut index = StreamIndex::new();
    index.close();
    assert_eq!(index.push(entry(0, 2, 80), 4), Err(Error::AfterEnd));
}

#[test]
fn a_budget_is_1_kib_to_1_mib() {
    let mut writer = RecordWriter::new(0).expect("0");
    for _ in 0..100_000 {
        writer.handle_chunk(b"").expect("a chunk");
    }
    let before = writer.waiting_bytes();
    for budget in [0, BUDGET_BYTES_MIN - 1, BUDGET_BYTES_MAX + 1, usize::MAX] {
        assert_eq!(writer.poll_batch(budget), Err(Error::OutOfRange));
    }
    assert_eq!(writer.waiting_bytes(), before);
    // The start has 24 bytes; then 62 records fill the least batch to 1016, 65536 the largest.
    let len = |batch: Result<Option<&[u8]>, Error>| batch.map(|batch| batch.map(<[u8]>::len));
    assert_eq!(len(writer.poll_batch(BUDGET_BYTES_MIN)), Ok(Some(1_016)));
    assert_eq!(len(writer.poll_batch(BUDGET_BYTES_MAX)), Ok(Some(1 << 20)));
}

#[test]
fn lz4_from_256_bytes_when_an_eighth_is_saved() {
    assert_eq!(build(&[&vec![0; LZ4_RAW_BYTES_MIN - 1]]).bytes[6], 0);
    assert_eq!(build(&[&vec![0; LZ4_RAW_BYTES_MIN]]).bytes[6], 1);
    assert_eq!(build(&[&noise(10_000)]).bytes[6], 0);
    // The shortest blocks there are stay below the ratio.
    let sealed = build(&[&vec![0; CHUNK_BYTES_MAX]]);
    assert!(sealed.bytes.len() * LZ4_RATIO_MAX >= CHUNK_BYTES_MAX);
    assert_eq!(sealed.bytes[6], 1);
}

#[test]
fn machines_out_of_turn() {
    let mut writer = RecordWriter::new(5).expect("5");
    assert_eq!((writer.next(), writer.waiting_bytes()), (5, 24));
    assert_eq!(writer.handle_end(), Ok(5));
    assert_eq!(writer.handle_chunk(b"x"), Err(Error::AfterEnd));
    assert_eq!(writer.handle_end(), Err(Error::AfterEnd));
    let batch = writer
        .poll_batch(1_024)
        .expect("a budget")
        .map(<[u8]>::to_vec);
    assert_eq!(batch, Some(plain::stream(5, &[])));
    assert_eq!(writer.poll_batch(1_024), Ok(None));

    assert_eq!(SegmentBuilder::new(0).map(SegmentBuilder::finish), Ok(None));
    assert_eq!(RecordReader::new().finish(), Err(Error::Truncated));
}

#[test]
fn a_reader_stays_at_its_first_error_and_keeps_nothing() {
    let mut reader = RecordReader::new();
    reader.handle_bytes(&[plain::start(2), plain::data(b"x"), plain::start(0)].concat());
    assert_eq!(reader.poll_record(), Ok(Some(Record::Start { first: 2 })));
    assert_eq!(
        reader.poll_record(),
        Ok(Some(Record::Data {
            index: 2,
            chunk: b"x"
        }))
    );
    assert_eq!(reader.poll_record(), Err(Error::BadKind));
    reader.handle_bytes(&plain::end());
    assert_eq!(reader.poll_record(), Err(Error::BadKind));
    assert_eq!(reader.next(), 3);
    assert_eq!(reader.finish(), Err(Error::BadKind));

    let mut reader = RecordReader::new();
    reader.handle_bytes(&plain::stream(0, &[]));
    while reader.poll_record().expect("a stream").is_some() {}
    reader.handle_bytes(b"");
    assert_eq!(reader.poll_record(), Ok(None));
    reader.handle_bytes(b"x");
    assert_eq!(reader.poll_record(), Err(Error::AfterEnd));
}
