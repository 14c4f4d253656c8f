//! See `conformance::fuzz::undump`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| conformance::fuzz::undump(input).or_stop());
