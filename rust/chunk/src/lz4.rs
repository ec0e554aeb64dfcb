//! LZ4 blocks by lz4_flex, whose block interface works in memory that it is lent; and whether compressing pays (FORMAT.md, section
//! 4). No frame format, no dictionary.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use crate::error::Error;
use crate::limit::{LZ4_RATIO_MAX, LZ4_RAW_BYTES_MIN};

/// Whether a block of `stored` bytes may stand for `raw` bytes: enough of them, at least an eighth saved, and not more than any
/// block can give. `raw` is within CHUNK_BYTES_MAX.
pub fn pays(raw: usize, stored: usize) -> bool {
    raw >= LZ4_RAW_BYTES_MIN
        && stored <= raw - raw.div_ceil(8)
        && raw <= stored.saturating_mul(LZ4_RATIO_MAX)
}

/// Appends `raw` as a block where that pays, and says whether; else `out` stays as it was. The same input gives the same block.
pub fn append(raw: &[u8], out: &mut Vec<u8>) -> bool {
    if raw.len() < LZ4_RAW_BYTES_MIN {
        return false;
    }
    let start = out.len();
    out.resize(start + get_maximum_output_size(raw.len()), 0);
    let stored = compress_into(raw, &mut out[start..]);
    let taken = stored.ok().filter(|&stored| pays(raw.len(), stored));
    out.truncate(start + taken.unwrap_or(0));
    taken.is_some()
}

/// Decompresses one block, which must give exactly `raw` bytes. The caller has checked `raw` against the limits.
///
/// # Errors
/// `BadLz4`.
pub fn decompress(block: &[u8], raw: usize) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; raw];
    match decompress_into(block, &mut out) {
        Ok(written) if written == raw => Ok(out),
        _ => Err(Error::BadLz4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pays_from_an_eighth_on() {
        assert!(pays(256, 224) && !pays(256, 225));
        assert!(pays(263, 230) && !pays(263, 231));
        assert!(!pays(255, 1) && !pays(256, 1) && pays(256, 2));
        assert!(!pays(0, 0) && !pays(256, 0));
    }
}
