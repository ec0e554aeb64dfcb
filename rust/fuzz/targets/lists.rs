//! Entry for libFuzzer; the law is `fuzz::lists`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::lists(data));
