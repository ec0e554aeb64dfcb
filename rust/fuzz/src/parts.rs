//! Laws of the parts: LZ4 blocks, varints, checksums. Whole frames are in `frames`.

use crc::{Crc32, crc32};
use wire::{Error, lz4 as block, varint};

use crate::memory;

/// How far a claimed length may go here; the codec's own limit is tested with frames.
const RAW_BYTES_MAX: usize = 65_536;

/// Laws 6 and 7. The bytes as a block behind a claimed length of two bytes: what we accept, lz4_flex reads alike, and a wrong
/// length is refused. The bytes as input: both decoders give it back.
pub fn lz4(data: &[u8]) {
    memory::with(|ours, theirs| {
        if let Some((claim, bytes)) = data.split_first_chunk() {
            let claim = usize::from(u16::from_le_bytes(*claim));
            let raw = &mut ours.raw[..claim + 64];
            raw.fill(0xa5);
            let result = block::decompress(bytes, &mut raw[..claim]);
            assert!(
                raw[claim..].iter().all(|&byte| byte == 0xa5),
                "wrote past the claim"
            );
            let other = lz4_flex::block::decompress_into(bytes, &mut theirs.raw[..claim]);
            match result {
                Ok(()) => {
                    assert_eq!(other.ok(), Some(claim), "the other one refuses the block");
                    assert!(
                        ours.raw[..claim] == theirs.raw[..claim],
                        "the other one reads something else"
                    );
                    let longer = &mut ours.raw[..claim + 1];
                    assert_eq!(block::decompress(bytes, longer), Err(Error::BadLz4));
                }
                Err(error) => assert_eq!(error, Error::BadLz4),
            }
        }

        let data = &data[..data.len().min(RAW_BYTES_MAX)];
        let bytes =
            block::compress(data, &mut ours.out, &mut ours.table).expect("room for the worst case");
        let made = &ours.out[..bytes];
        assert_eq!(block::decompress(made, &mut ours.raw[..data.len()]), Ok(()));
        assert!(
            &ours.raw[..data.len()] == data,
            "a block of ours reads as something else"
        );
        let other = lz4_flex::block::decompress_into(made, &mut theirs.raw[..data.len()]);
        assert_eq!(
            other.ok(),
            Some(data.len()),
            "the other one refuses our block"
        );
        assert!(
            &theirs.raw[..data.len()] == data,
            "the other one reads our block otherwise"
        );
    });
}

/// Laws 1 and 3 of varints: an accepted one writes back to the same bytes. Law 4 of sums: pieces give the sum of the whole, the
/// definition and crc32fast give the same, and a flipped bit changes it.
pub fn varint_crc(data: &[u8]) {
    for at in 0..data.len().min(64) {
        match varint::read(data, at) {
            Ok((value, next)) => {
                let mut out = [0; 8];
                let end = varint::write(value, &mut out, 0).expect("an accepted value fits");
                assert_eq!(&out[..end], &data[at..next]);
                assert_eq!(end, varint::len(value));
            }
            Err(error) => assert_eq!(error, Error::BadVarint),
        }
    }

    let sum = crc32(data);
    assert_eq!(sum, bitwise(data));
    assert_eq!(sum, crc32fast::hash(data));
    let cut = data
        .first()
        .map_or(0, |&byte| data.len() * usize::from(byte) / 256);
    let mut pieces = Crc32::new();
    pieces.update(&data[..cut]);
    pieces.update(&data[cut..]);
    assert_eq!(pieces.finish(), sum);
    if !data.is_empty() {
        let mut flipped = data.to_vec();
        flipped[cut] ^= 1 << (sum % 8);
        assert_ne!(crc32(&flipped), sum);
    }
}

/// The definition of the checksum, bit by bit.
fn bitwise(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |register, &byte| {
        (0..8).fold(register ^ u32::from(byte), |r, _| {
            (r >> 1) ^ (0xedb8_8320 * (r & 1))
        })
    })
}
