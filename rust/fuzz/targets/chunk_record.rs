//! Entry for libFuzzer; the law is `fuzz::chunk_record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::chunk_record(data));
