//! Entry for libFuzzer; the law is `fuzz::varint_crc`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::varint_crc(data));
