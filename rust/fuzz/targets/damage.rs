//! Entry for libFuzzer; the law is `fuzz::damage`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::damage(data));
