//! Counters for a coverage-guided fuzzer (feature `coverage`): every place of the C code that is
//! passed, and what the harness counts besides. libFuzzer finds them by their section.
//!
//! The counters belong to the whole process and are bytes; threads that count at the same time may
//! lose a count, never more.

unsafe extern "C" {
    fn oracle_count(feature: u32);
    fn oracle_places() -> usize;
    fn oracle_reset();
}

/// Counts one occurrence of something that isn't a place of the C code, by any number: of these,
/// the low 15 bits tell counters apart.
pub fn count(feature: u32) {
    // SAFETY: adds to a static byte within its bounds.
    unsafe { oracle_count(feature) }
}

/// How many places of the C code were passed since [`reset`].
pub fn places() -> usize {
    // SAFETY: reads static bytes.
    unsafe { oracle_places() }
}

/// Forgets all counts, as a fuzzer does before each input.
pub fn reset() {
    // SAFETY: writes static bytes.
    unsafe { oracle_reset() }
}

#[cfg(test)]
mod tests {
    use crate::{Limits, Source, State};

    fn places(text: &[u8]) -> usize {
        let mut state = State::new(Limits::default()).unwrap();
        state.open_libraries().unwrap();
        super::reset();
        let name = b"=test";
        state.run(Source::Bytes { text, name }, &[]).unwrap();
        super::places()
    }

    #[test]
    fn a_program_that_does_more_passes_more_places_of_the_c_code() {
        let little = places(b"local a = 1");
        let more = places(b"local a = ('x'):rep(9):gsub('x+', string.upper)");
        assert!(little > 0 && more > little + 50, "{little}, {more}");
        super::reset();
        assert_eq!(super::places(), 0);
    }
}
