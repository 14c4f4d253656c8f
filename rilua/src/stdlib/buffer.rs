//! Builds the string that a library function returns, as `luaL_Buffer` of
//! `lauxlib.c` does it.
//!
//! A program can see how: a result longer than 8192 bytes goes to the stack in
//! pieces, which lie above the arguments and can be taken for missing ones (D66),
//! cost memory until they are collected, and give the collector its chance.
//!
//! Bytes are appended to [`Buffer::text`], and [`Buffer::settle`] is called before
//! anything else happens. While a buffer is in use, whatever its owner pushes above
//! the pieces must be gone again when bytes are settled or a value is added.

use core::ops::Range;

use crate::heap::value::{StringRef, Value};
use crate::limits::{BUFFER_SIZE, MIN_STACK};
use crate::vm::State;
use crate::vm::budget::BYTES_PER_UNIT;
use crate::vm::error::{Error, Result, Status};

/// With this many pieces the newest ones are joined whatever their lengths.
const MAX_PIECES: usize = MIN_STACK / 2;
/// Results up to this length are built without asking for the memory first.
const MODEST: usize = 1 << 24;
/// No string is made longer than this; 5.1.1, which needs several times as much
/// memory on the way, has no limit of its own.
const MAX_RESULT: usize = 1 << 31;

/// A string under construction, in the frame of the running native.
pub(crate) struct Buffer {
    text: Vec<u8>,
    /// Strings on top of the stack that come before `text`.
    pieces: usize,
}

impl Buffer {
    pub(crate) fn new(state: &mut State) -> Buffer {
        let mut text = core::mem::take(&mut state.global.scratch);
        text.clear();
        Buffer { text, pieces: 0 }
    }

    /// Where bytes are appended, to be settled afterwards.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Appends a part of a string.
    #[inline]
    pub(crate) fn add_part(
        &mut self,
        state: &mut State,
        s: StringRef,
        range: Range<usize>,
    ) -> Result<()> {
        state.append(&mut self.text, s, range)?;
        self.settle(state)
    }

    /// Appends a whole string.
    #[inline]
    pub(crate) fn add_string(&mut self, state: &mut State, s: StringRef) -> Result<()> {
        let length = state.heap.bytes(s).len();
        self.add_part(state, s, 0..length)
    }

    /// Appends a string that fits; false if it doesn't, or `v` is not a string.
    #[inline]
    pub(crate) fn add_short(&mut self, state: &State, v: Value) -> bool {
        let Some(s) = v.as_string() else { return false };
        let bytes = state.heap.bytes(s);
        let fits = bytes.len() + self.text.len() <= BUFFER_SIZE;
        if fits {
            self.text.extend_from_slice(bytes);
        }
        fits
    }

    /// Moves what is too much to the stack.
    #[inline(always)]
    pub(crate) fn settle(&mut self, state: &mut State) -> Result<()> {
        if self.text.len() > BUFFER_SIZE {
            return self.spill(state);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, state: &mut State) -> Result<()> {
        state.charge(self.text.len() / BYTES_PER_UNIT)?;
        state.ask_for_room(self.text.len())?;
        let mut text = core::mem::take(&mut self.text);
        let mut rest = text.as_slice();
        // A full buffer is moved when one more byte comes, not before.
        while rest.len() > BUFFER_SIZE
            && let Some((piece, after)) = rest.split_at_checked(BUFFER_SIZE)
        {
            state.charge(0)?;
            self.push_piece(state, piece)?;
            self.join(state)?;
            rest = after;
        }
        let settled = text.len() - rest.len();
        text.drain(..settled);
        self.text = text;
        Ok(())
    }

    /// Moves everything to the stack, as C does before it reads a block into the buffer.
    pub(crate) fn prepare(&mut self, state: &mut State) -> Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut text = core::mem::take(&mut self.text);
        self.push_piece(state, &text)?;
        text.clear();
        self.text = text;
        self.join(state)
    }

    fn push_piece(&mut self, state: &mut State, piece: &[u8]) -> Result<()> {
        state.push_bytes(piece)?;
        self.pieces += 1;
        Ok(())
    }

    /// Joins the topmost pieces: a piece absorbs the one below while it is longer.
    fn join(&mut self, state: &mut State) -> Result<()> {
        let mut joined = 1;
        let mut length = string_length(state, 1);
        while joined < self.pieces {
            let below = string_length(state, joined + 1);
            if self.pieces - joined + 1 < MAX_PIECES && length <= below {
                break;
            }
            length += below;
            joined += 1;
        }
        if joined > 1 {
            join_topmost(state, joined)?;
            self.pieces -= joined - 1;
        }
        Ok(())
    }

    /// Takes the string or number on top of the stack and appends it.
    pub(crate) fn add_value(&mut self, state: &mut State) -> Result<()> {
        let slot = state.heap.thread.top - 1;
        let v = state.heap.thread.stack[slot];
        if !v.is_string() {
            state.string_in_place(slot);
            state.check_gc()?;
        }
        let v = state.heap.thread.stack[slot];
        let bytes = v.as_string().map_or(&[][..], |s| state.heap.bytes(s));
        if bytes.len() <= BUFFER_SIZE - self.text.len().min(BUFFER_SIZE) {
            self.text.extend_from_slice(bytes);
            state.pop();
            return Ok(());
        }
        if !self.text.is_empty() {
            let text = core::mem::take(&mut self.text);
            self.push_piece(state, &text)?;
            self.text = text;
            self.text.clear();
            state.insert_at(state.heap.thread.top - 2);
        }
        self.pieces += 1;
        self.join(state)
    }

    /// Pushes the result (`luaL_pushresult`).
    pub(crate) fn push_result(mut self, state: &mut State) -> Result<()> {
        let text = core::mem::take(&mut self.text);
        if text.len() >= state.global.budget.free_length && self.pieces == 0 {
            state.admit_string(text.len())?;
        }
        if text.is_empty() {
            state.keep_scratch(text);
        } else {
            state.check_gc()?;
            let s = state.built_string(text);
            state.push(s);
            self.pieces += 1;
        }
        match self.pieces {
            0 => {
                let empty = state.string(b"");
                state.push(empty);
                Ok(())
            }
            1 => Ok(()),
            n => join_topmost(state, n),
        }
    }
}

/// Length of the string `n` places from the top, 1 being the topmost.
fn string_length(state: &State, n: usize) -> usize {
    let t = &state.heap.thread;
    t.stack[t.top - n]
        .as_string()
        .map_or(0, |s| state.heap.bytes(s).len())
}

/// `lua_concat` of two or more strings.
fn join_topmost(state: &mut State, n: usize) -> Result<()> {
    let length = (1..=n).map(|n| string_length(state, n)).sum();
    ask_for_memory(state, length)?;
    state.check_gc()?;
    let top = state.heap.thread.top;
    state.concat(top - n, top)?;
    state.heap.thread.top = top - n + 1;
    Ok(())
}

/// Makes sure, as far as that is possible beforehand, that a string of `bytes` bytes
/// can be built.
pub(crate) fn ask_for_memory(state: &mut State, bytes: usize) -> Result<()> {
    state.check_string_length(bytes)?;
    state.ask_for_room(bytes.saturating_mul(3))?;
    if bytes <= MODEST {
        return Ok(());
    }
    // What pieces are joined in, which grows by doubling, and the result.
    if bytes <= MAX_RESULT && Vec::<u8>::new().try_reserve_exact(3 * bytes).is_ok() {
        return Ok(());
    }
    Err(memory_error(state))
}

#[cold]
fn memory_error(state: &mut State) -> Error {
    let message = state.string(b"not enough memory");
    Error::new(Status::Memory, message)
}

/// Pushes a part of a string (`lua_pushlstring`).
#[inline]
pub(crate) fn push_part(state: &mut State, s: StringRef, range: Range<usize>) -> Result<()> {
    state.check_gc()?;
    state.charge_bytes(range.len())?;
    let bytes = state.heap.bytes(s);
    let v = if range.len() == bytes.len() {
        Value::string(s)
    } else {
        // Interning may move strings, so that the bytes are copied first.
        const SHORT: usize = 48;
        let part = bytes.get(range.clone()).unwrap_or_default();
        let mut short = [0; SHORT];
        if let Some(copy) = short.get_mut(..part.len()) {
            copy.copy_from_slice(part);
            state.string(copy)
        } else {
            let mut copy = Vec::with_capacity(range.len());
            state.append(&mut copy, s, range)?;
            Value::string(state.heap.long_string(copy))
        }
    };
    state.push(v);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_lengths_are_errors_of_memory() {
        let mut state = State::new();
        for bytes in [MAX_RESULT + 1, usize::MAX] {
            let error = ask_for_memory(&mut state, bytes).unwrap_err();
            assert_eq!(error.status(), Status::Memory);
        }
        assert!(ask_for_memory(&mut state, MODEST).is_ok());
    }

    /// The lengths of the pieces on the stack after values were added one by one.
    #[test]
    fn a_piece_absorbs_shorter_ones_below() {
        let mut state = State::new();
        state.push(Value::NIL);
        let mut buffer = Buffer::new(&mut state);
        for (length, pieces) in [(9000, 1), (8500, 2), (8600, 1), (8192, 1), (1, 3)] {
            let v = state.string(&vec![b'x'; length]);
            state.push(v);
            buffer.add_value(&mut state).unwrap();
            assert_eq!(buffer.pieces, pieces, "{length}");
        }
        buffer.push_result(&mut state).unwrap();
        assert_eq!(string_length(&state, 1), 9000 + 8500 + 8600 + 8192 + 1);
    }
}
