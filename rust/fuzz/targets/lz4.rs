//! Entry for libFuzzer; the law is `fuzz::lz4`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::lz4(data));
