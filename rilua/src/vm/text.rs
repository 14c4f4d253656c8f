//! Texts that are put together before they become strings. Long ones are copied in
//! stretches, between which the run can be interrupted, and become strings without
//! being copied once more.

use super::State;
use super::error::Result;
use crate::heap::value::{StringRef, Value};
use core::ops::Range;

/// Bytes that are copied in well under a millisecond, into memory that was never touched.
pub(crate) const STRETCH: usize = 1 << 18;
/// The most room that a buffer keeps for the next text.
const KEEP: usize = 1 << 16;

impl State {
    /// Appends a part of a string.
    #[inline]
    pub(crate) fn append(
        &mut self,
        text: &mut Vec<u8>,
        s: StringRef,
        range: Range<usize>,
    ) -> Result<()> {
        if range.len() > STRETCH {
            return self.append_long(text, s, range);
        }
        text.extend_from_slice(self.heap.bytes(s).get(range).unwrap_or_default());
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn append_long(&mut self, text: &mut Vec<u8>, s: StringRef, range: Range<usize>) -> Result<()> {
        text.reserve(range.len());
        let mut at = range.start;
        while at < range.end {
            self.charge(0)?;
            let end = range.end.min(at + STRETCH);
            text.extend_from_slice(self.heap.bytes(s).get(at..end).unwrap_or_default());
            at = end;
        }
        Ok(())
    }

    /// The string of a text that was built in the buffer of the state.
    #[inline]
    pub(crate) fn built_string(&mut self, text: Vec<u8>) -> Value {
        if text.len() > KEEP {
            return Value::string(self.heap.long_string(text));
        }
        let s = self.string(&text);
        self.keep_scratch(text);
        s
    }

    /// Gives a building buffer back, unless it has grown large.
    pub(crate) fn keep_scratch(&mut self, text: Vec<u8>) {
        if text.capacity() <= KEEP {
            self.global.scratch = text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::error::{Status, Stop};

    #[test]
    fn a_long_copy_looks_for_requests() {
        let mut state = State::new();
        let interrupt = state.interrupt();
        let begun = state.global.interrupts.begin();
        let long = state.heap.long_string(vec![b'x'; 3 * STRETCH]);
        let mut text = b"before".to_vec();
        state.append(&mut text, long, 1..3 * STRETCH).unwrap();
        assert_eq!(text.len(), 6 + 3 * STRETCH - 1);
        interrupt.request();
        let mut text = Vec::new();
        // A short one is done at once.
        state.append(&mut text, long, 0..STRETCH).unwrap();
        let error = state.append(&mut text, long, 0..3 * STRETCH).unwrap_err();
        assert_eq!(error.status(), Status::Stopped(Stop::Interrupt));
        assert_eq!(text.len(), STRETCH);
        state.append(&mut text, long, 0..3 * STRETCH).unwrap();
        state.global.interrupts.end(begun);
        assert_eq!(
            state
                .built_string(text)
                .as_string()
                .map(|s| state.heap.bytes(s).len()),
            Some(4 * STRETCH)
        );
    }
}
