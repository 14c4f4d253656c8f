//! The string library (manual §5.4) without patterns and formats. Mirrors the first
//! part of `lstrlib.c`.
//!
//! Arguments stay in their slots while a function runs, so that their strings live
//! as long. A position or range computed from a string is nevertheless never taken
//! for valid when it is used: the debug library can exchange arguments.

mod format;
mod search;

use super::buffer::{Buffer, ask_for_memory, push_part};
use super::{Entry, direct, register, set_field};
use crate::heap::value::{Type, Value};
use crate::limits::BUFFER_SIZE;
use crate::vm::State;
use crate::vm::budget::ITEMS_PER_UNIT;
use crate::vm::error::Result;

const FUNCTIONS: [Entry; 15] = [
    ("byte", byte),
    ("char", char),
    ("dump", dump),
    ("find", search::find),
    ("format", format::format),
    // Replaced by the value of `gmatch`.
    ("gfind", search::gmatch),
    ("gmatch", search::gmatch),
    ("gsub", search::gsub),
    ("len", len),
    ("lower", lower),
    ("match", search::match_),
    ("rep", rep),
    ("reverse", reverse),
    ("sub", sub),
    ("upper", upper),
];

pub(crate) fn open(state: &mut State) -> Result<usize> {
    let before = state.natives.len();
    let library = register(state, "string", &FUNCTIONS)?;
    state.set_shortcuts(before, &direct::STRING);
    search::open(state);
    state.push_field(Value::table(library), "gmatch")?;
    let gmatch = state.pop();
    set_field(state, library, "gfind", gmatch)?;
    let metatable = state.push_table(0, 1)?;
    state.push_bytes(b"")?;
    let any_string = state.pop();
    state.set_metatable(any_string, Some(metatable));
    set_field(state, metatable, "__index", Value::table(library))?;
    state.pop();
    Ok(1)
}

/// A position counted from 1, from the end if it was negative; it stays negative if
/// that is before the start (D32).
fn relative(position: i64, length: usize) -> i64 {
    if position < 0 {
        position.saturating_add_unsigned(length as u64 + u64::from(!fault!(NegativePosition)))
    } else {
        position
    }
}

fn len(state: &mut State) -> Result<usize> {
    let s = state.check_string(1)?;
    let length = state.heap.bytes(s).len();
    state.return_number(length as f64)
}

fn sub(state: &mut State) -> Result<usize> {
    let s = state.check_string(1)?;
    let length = state.heap.bytes(s).len();
    let start = relative(state.check_integer(2)?, length).max(1);
    let end = relative(state.optional_integer(3, -1)?, length).min(length as i64);
    if start > end {
        return state.return_bytes(b"");
    }
    push_part(state, s, start as usize - 1..end as usize)?;
    Ok(1)
}

/// Returns a string of the same length, made by `change` from a copy.
#[inline]
fn changed(state: &mut State, change: impl FnOnce(&mut [u8])) -> Result<usize> {
    const SHORT: usize = 64;
    let s = state.check_string(1)?;
    let text = state.heap.bytes(s);
    let mut short = [0; SHORT];
    if let Some(copy) = short.get_mut(..text.len())
        && (1..state.global.budget.free_length).contains(&copy.len())
    {
        copy.copy_from_slice(text);
        change(copy);
        return state.return_bytes(copy);
    }
    let length = text.len();
    state.charge_bytes(length)?;
    ask_for_memory(state, length)?;
    let mut buffer = Buffer::new(state);
    state.append(buffer.text(), s, 0..length)?;
    change(buffer.text());
    buffer.settle(state)?;
    buffer.push_result(state)?;
    Ok(1)
}

fn reverse(state: &mut State) -> Result<usize> {
    changed(state, <[u8]>::reverse)
}

fn lower(state: &mut State) -> Result<usize> {
    changed(state, <[u8]>::make_ascii_lowercase)
}

fn upper(state: &mut State) -> Result<usize> {
    changed(state, <[u8]>::make_ascii_uppercase)
}

fn rep(state: &mut State) -> Result<usize> {
    let s = state.check_string(1)?;
    let count = usize::try_from(state.check_int(2)?).unwrap_or(0);
    let length = state.heap.bytes(s).len();
    let count = count.saturating_sub(usize::from(fault!(RepOneShort)));
    let total = length.saturating_mul(count);
    ask_for_memory(state, total)?;
    let mut buffer = Buffer::new(state);
    if total > 0 {
        // Copies of the string, enough to cut any stretch of 8192 bytes from.
        let text = buffer.text();
        text.extend_from_slice(state.heap.bytes(s));
        let wanted = total.min(BUFFER_SIZE + length);
        while text.len() < wanted {
            let more = text.len().min(wanted - text.len());
            text.extend_from_within(..more);
        }
        if total > text.len() {
            let stretch = text.clone();
            let mut left = total - text.len();
            let mut phase = text.len() % length;
            while left > 0 {
                buffer.settle(state)?;
                let more = left.min(BUFFER_SIZE);
                let copy = stretch.get(phase..phase + more).unwrap_or_default();
                buffer.text().extend_from_slice(copy);
                phase = (phase + more) % length;
                left -= more;
            }
        }
        buffer.settle(state)?;
    }
    buffer.push_result(state)?;
    Ok(1)
}

fn byte(state: &mut State) -> Result<usize> {
    const TOO_LONG: &str = "string slice too long";
    let s = state.check_string(1)?;
    let length = state.heap.bytes(s).len();
    let start = relative(state.optional_integer(2, 1)?, length);
    let end = relative(state.optional_integer(3, start)?, length);
    let start = start.max(1);
    // D32: a negative end is beyond the end.
    let end = match usize::try_from(end) {
        Ok(end) => end.min(length),
        Err(_) => length,
    };
    let Some(start) = usize::try_from(start - 1).ok().filter(|&start| start < end) else {
        return Ok(0);
    };
    let count = end - start;
    if count > i32::MAX as usize {
        return Err(state.position_error(TOO_LONG));
    }
    state.need_native_stack(count, TOO_LONG)?;
    state.charge(count / ITEMS_PER_UNIT)?;
    let heap = &mut state.heap;
    let bytes = heap.strings.get(s).get(start..end).unwrap_or_default();
    let top = heap.thread.top;
    let results = heap.thread.stack.get_mut(top..top + bytes.len());
    for (result, &byte) in results.unwrap_or_default().iter_mut().zip(bytes) {
        *result = Value::number(f64::from(byte));
    }
    heap.thread.top = top + bytes.len();
    Ok(count)
}

fn char(state: &mut State) -> Result<usize> {
    let count = state.argument_count();
    let mut short = [0; 16];
    if let Some(bytes) = short.get_mut(..count)
        && count > 0
    {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = check_byte(state, i + 1)?;
        }
        return state.return_bytes(bytes);
    }
    let mut buffer = Buffer::new(state);
    for n in 1..=count {
        let byte = check_byte(state, n)?;
        buffer.text().push(byte);
    }
    buffer.settle(state)?;
    buffer.push_result(state)?;
    Ok(1)
}

fn check_byte(state: &mut State, n: usize) -> Result<u8> {
    let code = state.check_int(n)?;
    u8::try_from(code).map_err(|_| state.argument_error(n, "invalid value"))
}

fn dump(state: &mut State) -> Result<usize> {
    let f = state.check_type(1, Type::Function)?;
    state.set_argument_count(1);
    state.charge_proto(f)?;
    let Some(code) = state.dump_function(f, false) else {
        return Err(state.position_error("unable to dump given function"));
    };
    let mut buffer = Buffer::new(state);
    buffer.text().extend_from_slice(&code);
    buffer.settle(state)?;
    buffer.push_result(state)?;
    Ok(1)
}
