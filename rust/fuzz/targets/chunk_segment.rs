//! Entry for libFuzzer; the law is `fuzz::chunk_segment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::chunk_segment(data));
