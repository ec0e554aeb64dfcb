//! Entry for libFuzzer; the law is `fuzz::kernel_refs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::kernel_refs(data));
