//! See `conformance::fuzz::format`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| conformance::fuzz::format(input).or_stop());
