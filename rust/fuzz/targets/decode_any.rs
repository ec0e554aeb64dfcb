//! Entry for libFuzzer; the law is `fuzz::decode_any`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::decode_any(data));
