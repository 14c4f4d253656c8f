//! `debug.traceback`: the text is put together on the stack, level by level, as in
//! C, where a collection may run at each.

use super::info::describe;
use super::target;
use crate::heap::thread::{CallKind, Thread};
use crate::heap::value::ThreadRef;
use crate::number::to_int_arg;
use crate::vm::State;
use crate::vm::debug::{Level, find_level};
use crate::vm::error::Result;

/// Levels shown before the ones that are left out.
const FIRST_LEVELS: i32 = 12;
/// Levels shown after them.
const LAST_LEVELS: i32 = 10;

pub(super) fn traceback(state: &mut State) -> Result<usize> {
    let (t, arg) = target(state);
    let given = state.argument(arg + 2);
    let mut level = match state.to_number(given) {
        Some(level) => {
            state.pop();
            to_int_arg(level)
        }
        None => i32::from(t == state.heap.running),
    };
    if state.argument_count() == arg {
        state.push_bytes(b"")?;
    } else {
        let message = state.argument(arg + 1);
        if !message.is_string() && !message.is_number() {
            return Ok(1);
        }
        state.push_bytes(b"\n")?;
    }
    state.push_bytes(b"stack traceback:")?;
    let depth = depth(state.heap.thread_ref(t));
    let mut is_first_part = true;
    while let Some(found) = find_level(state.heap.thread_ref(t), level) {
        level = level.wrapping_add(1);
        if level > FIRST_LEVELS && is_first_part {
            is_first_part = false;
            if level + LAST_LEVELS + i32::from(fault!(TracebackGap)) < depth {
                state.push_bytes(b"\n\t...")?;
                level = depth - LAST_LEVELS;
            } else {
                level -= 1;
            }
            continue;
        }
        push_level(state, t, found)?;
        let pieces = state.argument_count() - arg;
        state.concat_top(pieces)?;
    }
    let pieces = state.argument_count() - arg;
    state.concat_top(pieces)?;
    Ok(1)
}

/// The first level that a thread does not have.
fn depth(thread: &Thread) -> i32 {
    let levels: u64 = thread
        .calls
        .iter()
        .skip(1)
        .map(|call| {
            let is_lua = call.kind == CallKind::Lua;
            1 + if is_lua {
                u64::from(call.tail_calls)
            } else {
                0
            }
        })
        .sum();
    i32::try_from(levels).unwrap_or(i32::MAX)
}

/// Pushes the pieces of one line.
fn push_level(state: &mut State, t: ThreadRef, level: Level) -> Result<()> {
    state.push_bytes(b"\n\t")?;
    let answers = describe(state, t, level);
    let function = &answers.function;
    state.push_format(&[b"", &function.short_source, b":"])?;
    if answers.line > 0 {
        state.push_format(&[b"", answers.line.to_string().as_bytes(), b":"])?;
    }
    match &answers.name {
        Some((kind, name)) if !kind.is_empty() => {
            state.push_format(&[b" in function '", name, b"'"])
        }
        _ if function.what == "main" => state.push_format(&[b" in main chunk"]),
        _ if function.what == "Lua" => state.push_format(&[
            b" in function <",
            &function.short_source,
            b":",
            function.line_defined.to_string().as_bytes(),
            b">",
        ]),
        // A native or a tail call.
        _ => state.push_bytes(b" ?"),
    }
}
