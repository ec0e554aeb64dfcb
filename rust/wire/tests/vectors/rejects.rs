//! The frames that must be refused, each with the reason (PROTOCOL.md, section 17), written out by hand: hex, not our encoder.

use wire::Error::{self, *};
use wire::Side::{self, Down, Up};

use super::tree::bytes_of;

pub struct Reject {
    pub name: &'static str,
    pub side: Side,
    pub bytes: Vec<u8>,
    pub error: Error,
}

/// `hex` with the word ID for id A, and the right checksum behind it.
fn sealed(hex: &str) -> Vec<u8> {
    let mut bytes = bytes_of(&hex.replace("ID", "0199a0b0c0d07e0f8011223344556677"));
    let sum = crc::crc32(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// An up MSG whose body section is `section`.
fn msg(flags: &str, section: &str) -> Vec<u8> {
    sealed(&format!("570104{flags} 00 00 10 ID 00 {section}"))
}

/// A MSG with an ext block, length included.
fn msg_ext(block: &str) -> Vec<u8> {
    msg("10", &format!("{block} 07 00 05 68656c6c6f"))
}

/// A MSG with this LZ4 block that claims `raw_len` bytes.
fn msg_block(raw_len: u8, block: &str) -> Vec<u8> {
    let block = bytes_of(block);
    let hex: String = block.iter().map(|byte| format!("{byte:02x}")).collect();
    msg("01", &format!("{raw_len:02x} {:02x} {hex}", block.len()))
}

const E3: &str =
    "57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 00 05 68656c6c6f 01965487";

fn changed(at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes_of(E3);
    bytes[at] = byte;
    bytes
}

/// E3 with another kind byte and a right checksum.
fn kind(number: u8) -> Vec<u8> {
    sealed(&format!(
        "5701{number:02x}00 00 00 10 ID 00 07 00 05 68656c6c6f"
    ))
}

#[rustfmt::skip]
pub fn rejects() -> Vec<Reject> {
    let row = |name, side, bytes, error| Reject { name, side, bytes, error };
    let text_16385 = format!("00 81 80 01 {}", "61".repeat(16_385));
    vec![
        row("empty", Up, vec![], TooShort),
        row("12-bytes", Up, sealed("57011000 00 00 00 00"), TooShort),
        row("nine-byte-1-GiB-claim", Up, bytes_of("57010401 80 80 80 80 04"), TooShort),
        row("up-65537", Up, vec![0; 65_537], TooLarge),
        row("down-1048577", Down, vec![0; 1_048_577], TooLarge),
        row("magic-56", Up, sealed("56010400 00 00 10 ID 00 07 00 05 68656c6c6f"), BadMagic),
        row("version-0", Up, sealed("57000400 00 00 10 ID 00 07 00 05 68656c6c6f"), BadVersion),
        row("version-2", Up, sealed("57020400 00 00 10 ID 00 07 00 05 68656c6c6f"), BadVersion),
        row("crc-zero", Up, bytes_of(&E3.replace("01965487", "00000000")), BadCrc),
        row("crc-big-endian", Up, bytes_of(&E3.replace("01965487", "87549601")), BadCrc),
        row("body-bit-flipped", Up, changed(29, 0x6d), BadCrc),
        row("id-bit-flipped", Up, changed(7, 0x00), BadCrc),
        row("flag-dict", Up, msg("02", "07 00 05 68656c6c6f"), ReservedFlag),
        row("flag-04", Up, msg("04", "07 00 05 68656c6c6f"), ReservedFlag),
        row("flag-80", Up, msg("80", "07 00 05 68656c6c6f"), ReservedFlag),
        row("kind-0", Up, kind(0), UnknownKind),
        row("kind-23", Up, kind(23), UnknownKind),
        row("kind-63", Up, kind(63), UnknownKind),
        row("kind-128", Up, kind(128), UnknownKind),
        row("kind-255", Up, kind(255), UnknownKind),
        row("welcome-up", Up, sealed("57010200 00 00 00 00 18 00 f3a1b2c4d5e60718 01 01 01 07 03 01 0a 00 8008 8010 00 01 61 01 62"), WrongDirection),
        row("hello-down", Down, sealed("57010100 00 00 00 00 14 0000000000000000 00 0e 808040 06 64656d6f2f31"), WrongDirection),
        row("seq-overlong", Up, sealed("57010400 8000 00 10 ID 00 07 00 05 68656c6c6f"), BadVarint),
        row("seq-9-bytes", Up, sealed("57010400 808080808080808001 00 10 ID 00 07 00 05 68656c6c6f"), BadVarint),
        row("seq-2^53", Up, sealed("57010400 8080808080808010 00 10 ID 00 07 00 05 68656c6c6f"), BadVarint),
        row("varint-runs-off", Up, sealed("57011000 00 00 00 00 01 80"), BadVarint),
        row("idlen-1", Up, sealed("57011000 00 00 01 00 00 01 00"), BadId),
        row("idlen-17", Up, sealed("57010400 00 00 11 ID 00 00 07 00 05 68656c6c6f"), BadId),
        row("msg-without-id", Up, sealed("57010400 00 00 00 00 07 00 05 68656c6c6f"), BadId),
        row("typing-with-id", Up, sealed("57010900 00 00 10 ID 00 01 01"), BadId),
        row("up-seq-1", Up, sealed("57010400 01 00 10 ID 00 07 00 05 68656c6c6f"), BadStamp),
        row("up-sender-7", Up, sealed("57010400 00 00 10 ID 07 07 00 05 68656c6c6f"), BadStamp),
        row("msg-down-seq-0", Down, sealed("57010400 00 00 10 ID 07 07 00 05 68656c6c6f"), BadStamp),
        row("ack-seq-1", Down, sealed("57010c00 01 00 10 ID 00 03 00 2a 00"), BadStamp),
        row("ext-empty", Up, msg_ext("00"), BadExt),
        row("ext-1025", Up, msg_ext(&format!("8108 40 fe07 {}", "00".repeat(1_022))), BadExt),
        row("ext-cut", Up, msg_ext("03 40 05 00"), BadExt),
        row("ext-descending", Up, msg_ext("04 42 00 40 00"), BadExt),
        row("ext-repeated", Up, msg_ext("04 40 00 40 00"), BadExt),
        row("ext-odd-unknown", Up, msg_ext("02 41 00"), UnknownExt),
        row("body-short", Up, msg("00", "08 00 05 68656c6c6f"), BadLength),
        row("body-trailing", Up, msg("00", "07 00 05 68656c6c6f 00"), BadLength),
        row("raw-1-GiB-of-1-byte", Up, msg("01", "8080808004 01 00"), BadLength),
        row("raw-over-255x", Up, msg("01", "8004 02 1061"), BadLength),
        row("comp-not-smaller", Up, msg("01", "02 02 1061"), BadLength),
        row("comp-zero", Up, msg("01", "07 00"), BadLength),
        row("raw-over-limit", Up, msg("01", &format!("818002 c801 {}", "00".repeat(200))), BodyTooLarge),
        // Each is the block of `msg-up-lz4-by-hand` (three literals, a match of 19, five literals: 27 bytes) with one fault.
        row("lz4-offset-0", Up, msg_block(27, "3f 001961 0000 00 50 6161616161"), BadLz4),
        row("lz4-offset-before-start", Up, msg_block(27, "3f 001961 0400 00 50 6161616161"), BadLz4),
        row("lz4-cut", Up, msg_block(27, "3f 001961 0100 00 50 61616161"), BadLz4),
        row("lz4-output-short", Up, msg_block(28, "3f 001961 0100 00 50 6161616161"), BadLz4),
        row("lz4-output-long", Up, msg_block(26, "3f 001961 0100 00 50 6161616161"), BadLz4),
        row("lz4-end-in-match", Up, msg_block(22, "3f 001961 0100 00"), BadLz4),
        row("lz4-last-token-low-nibble", Up, msg_block(27, "3f 001961 0100 00 51 6161616161"), BadLz4),
        row("msg-text-empty-up", Up, msg("00", "02 00 00"), BadBody),
        row("msg-text-16385", Up, msg("00", &format!("858001 {text_16385}")), OverLimit),
        row("msg-bad-utf8", Up, msg("00", "04 00 02 c328"), BadUtf8),
        row("msg-surrogate", Up, msg("00", "05 00 03 eda080"), BadUtf8),
        row("react-65-bytes", Up, sealed(&format!("57010700 00 00 10 ID 00 43 2a 41 {}", "61".repeat(65))), OverLimit),
        row("react-space", Up, sealed("57010700 00 00 10 ID 00 05 2a 03 612061"), BadBody),
        row("presence-op-9", Up, sealed("57010a00 00 00 00 00 02 09 01"), BadBody),
        row("list-1025", Down, sealed(&format!("57010b00 00 00 00 00 8410 8108 {}", "0100".repeat(1_025))), OverLimit),
        row("list-count-over-rest", Down, sealed("57010b00 00 00 00 00 03 03 07 2a"), BadBody),
        row("hello-zero-epoch-with-seq", Up, sealed("57010100 00 00 00 00 14 0000000000000000 01 0e 808040 06 64656d6f2f31"), BadBody),
        row("hello-maxframe-small", Up, sealed("57010100 00 00 00 00 14 0000000000000000 00 0e ffff03 06 64656d6f2f31"), BadBody),
        row("batch-in-batch", Down, sealed("57011500 00 00 00 00 17 01 15 57011500 00 00 00 00 0c 01 0a 57010900 00 00 00 07 01 01"), BadInner),
        row("page-in-batch", Down, sealed("57011500 00 00 00 00 20 01 1e 57010f00 00 00 10 ID 00 05 00 00 00 00 00"), BadInner),
        row("batch-inner-bad-kind", Down, sealed("57011500 00 00 00 00 0c 01 0a 57011700 00 00 00 07 01 01"), BadInner),
        row("batch-empty", Down, sealed("57011500 00 00 00 00 01 00"), BadBody),
        row("R1", Up, bytes_of("57010401 00 00 10 0199a0b0c0d07e0f8011223344556677 00 8080808004 01 00 da5164b6"), BadLength),
        row("R2", Up, bytes_of("57010400 00 00 10 0199a0b0c0d07e0f8011223344556677 00 07 00 05 68656d6c6f 01965487"), BadCrc),
        row("R3", Up, bytes_of("57011000 8000 00 00 00 01 00 b78b0de8"), BadVarint),
    ]
}
