//! See `conformance::fuzz::patterns`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| conformance::fuzz::patterns(input).or_stop());
