//! Texts put together on the stack. Mirrors `luaO_pushfstring` and what stands on
//! it: each piece of such a text becomes a string of its own, which counts for the
//! collector.

use crate::vm::State;
use crate::vm::error::{Error, Result, Status};

/// Pushes a text without giving the collector a chance (`luaO_pushfstring`).
/// `pieces` are what stands before, between and after the values of the format,
/// and the values, in turn: an odd number.
pub(crate) fn push_format_unchecked(state: &mut State, pieces: &[&[u8]]) -> Result<()> {
    let first = state.heap.thread.top;
    state.ensure_stack(pieces.len() + 1);
    let empty = state.string(b"");
    state.push(empty);
    for piece in pieces {
        let piece = state.string(piece);
        state.push(piece);
    }
    let end = state.heap.thread.top;
    state.concat(first, end)?;
    state.heap.thread.top = first + 1;
    Ok(())
}

/// The same after giving the collector its chance (`lua_pushfstring`).
pub(crate) fn push_format(state: &mut State, pieces: &[&[u8]]) -> Result<()> {
    state.check_gc()?;
    push_format_unchecked(state, pieces)
}

/// Joins the topmost `count` values into one (`lua_concat`).
pub(crate) fn concat_top(state: &mut State, count: usize) -> Result<()> {
    match count {
        0 => state.push_bytes(b""),
        1 => Ok(()),
        _ => {
            state.check_gc()?;
            let end = state.heap.thread.top;
            state.concat(end - count, end)?;
            state.heap.thread.top = end - count + 1;
            Ok(())
        }
    }
}

/// The error with a text after the position of the calling function (`luaL_error`).
#[cold]
pub(crate) fn format_error(state: &mut State, pieces: &[&[u8]]) -> Error {
    let built = push_position(state)
        .and_then(|()| push_format(state, pieces))
        .and_then(|()| concat_top(state, 2));
    match built {
        Ok(()) => {
            let message = state.pop();
            Error::new(Status::Runtime, message)
        }
        Err(error) => error,
    }
}

/// Pushes the position of the calling function (`luaL_where`).
fn push_position(state: &mut State) -> Result<()> {
    let position = state.position(1);
    // `file:line: `, or nothing.
    let file_and_line = position
        .strip_suffix(b": ")
        .and_then(|p| p.iter().rposition(|&b| b == b':').map(|at| p.split_at(at)));
    match file_and_line {
        Some((file, line)) => {
            let line = line.strip_prefix(b":").unwrap_or(line).to_vec();
            push_format(state, &[b"", file, b":", &line, b": "])
        }
        None => state.push_bytes(b""),
    }
}
