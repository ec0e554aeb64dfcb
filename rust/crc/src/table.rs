//! The sum by tables, 16 bytes at a time: for what is too short to be folded, and for what folding leaves. No length is judged here.
//!
//! In place of the crate crc32fast, which does the same and tells its 16 slices apart byte by byte: see `slice`.

/// The sum of what `sum` stands for, followed by `bytes`.
pub fn table(sum: u32, bytes: &[u8]) -> u32 {
    let mut register = !sum;
    let (slices, mut tail) = bytes.as_chunks::<SLICE>();
    for bytes in slices {
        register = slice(register, bytes);
    }
    if let Some((bytes, rest)) = tail.split_first_chunk::<8>() {
        (register, tail) = (slice(register, bytes), rest);
    }
    if let Some((bytes, rest)) = tail.split_first_chunk::<4>() {
        (register, tail) = (slice(register, bytes), rest);
    }
    for byte in tail {
        register = TABLES[0][usize::from(register as u8 ^ byte)] ^ register >> 8;
    }
    !register
}

/// The register after four zero bytes.
#[inline(always)]
pub const fn zeros(register: u32) -> u32 {
    look_up(register, 4)
}

/// Takes 4, 8 or 16 bytes at once. All words but the first are looked up without waiting for the register; whole words are read,
/// since a load for every byte is what this would wait for in WASM.
#[inline(always)]
fn slice<const BYTES: usize>(register: u32, bytes: &[u8; BYTES]) -> u32 {
    let (words, _) = bytes.as_chunks();
    let mut sum = 0;
    for index in (1..words.len()).rev() {
        sum ^= look_up(u32::from_le_bytes(words[index]), BYTES - 4 * index);
    }
    sum ^ look_up(u32::from_le_bytes(words[0]) ^ register, BYTES)
}

/// What a word leaves in the register when it is the first of the `left` bytes that are left.
#[inline(always)]
const fn look_up(word: u32, left: usize) -> u32 {
    let [first, second, third, fourth] = word.to_le_bytes();
    // In pairs: a shorter way from the register to the next one.
    (TABLES[left - 1][first as usize] ^ TABLES[left - 2][second as usize])
        ^ (TABLES[left - 3][third as usize] ^ TABLES[left - 4][fourth as usize])
}

/// Bytes taken at once.
const SLICE: usize = 16;

/// What a byte leaves in the register when 0, 1, ... 15 zero bytes follow it; 16 KiB.
static TABLES: [[u32; 256]; SLICE] = tables();

const fn tables() -> [[u32; 256]; SLICE] {
    let mut all = [[0; 256]; SLICE];
    let mut entry = 0;
    while entry < SLICE * 256 {
        let (behind, byte) = (entry / 256, entry % 256);
        let before = match behind {
            0 => byte as u32,
            _ => all[behind - 1][byte],
        };
        all[behind][byte] = one_byte(before);
        entry += 1;
    }
    all
}

/// The register after eight more bits, by the definition.
const fn one_byte(mut register: u32) -> u32 {
    let mut bit = 0;
    while bit < 8 {
        register = register >> 1 ^ (0xedb8_8320 * (register & 1));
        bit += 1;
    }
    register
}
