//! See `conformance::fuzz::bytecode`. Inputs are programs; they are changed as trees.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| conformance::fuzz::bytecode(input).or_stop());

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    conformance::fuzz::change(data, size, max_size, seed)
});
