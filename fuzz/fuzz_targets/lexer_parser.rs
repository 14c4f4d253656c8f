//! See `conformance::fuzz::lexer_parser`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| conformance::fuzz::lexer_parser(input).or_stop());
