//! Setting and asking for hooks. The events themselves are in `vm/hooks.rs`.

use super::target;
use crate::heap::thread::hook_mask::{CALL, COUNT, LINE, RETURN};
use crate::heap::value::{TableRef, Type, Value};
use crate::vm::State;
use crate::vm::error::Result;

/// The letters of the events that a script can ask for, in the order in which they
/// are given back.
const LETTERS: [(u8, u8); 3] = [(b'c', CALL), (b'r', RETURN), (b'l', LINE)];

/// The registry's table of hook functions, pushed; made if there is none.
fn push_hook_table(state: &mut State) -> Result<TableRef> {
    let registry = state.registry();
    let key = State::hook_table_key();
    if let Some(t) = state.heap.raw_get(registry, key).as_table() {
        state.push(Value::table(t));
        return Ok(t);
    }
    let t = state.push_table(0, 1)?;
    state.set_raw(registry, key, Value::table(t))?;
    Ok(t)
}

pub(super) fn sethook(state: &mut State) -> Result<usize> {
    let (t, arg) = target(state);
    let (mask, count) = if state.argument(arg + 1).is_nil() {
        state.set_argument_count(arg + 1);
        (0, 0)
    } else {
        // D48: the order of these checks.
        let events = state.check_bytes(arg + 2)?;
        let events = super::c_text(&events);
        let count = state.optional_int(arg + 3, 0)?;
        state.check_type(arg + 1, Type::Function)?;
        let letters = LETTERS
            .iter()
            .filter(|(letter, _)| events.contains(letter))
            .fold(0, |mask, (_, event)| mask | event);
        (letters | if count > 0 { COUNT } else { 0 }, count)
    };
    let arguments = state.argument_count();
    let function = state.argument(arg + 1);
    let table = push_hook_table(state)?;
    // What is on the stack stays there for `debug.getlocal` to find.
    state.push(State::hook_key(t));
    state.push(function);
    state.set_raw(table, State::hook_key(t), function)?;
    state.set_argument_count(arguments);
    state.set_hook(t, mask, count);
    Ok(0)
}

pub(super) fn gethook(state: &mut State) -> Result<usize> {
    let (t, _) = target(state);
    let thread = state.heap.thread_ref(t);
    let (mask, count) = (thread.hook_mask, thread.hook_base_count);
    let table = push_hook_table(state)?;
    state.pop();
    let function = state.heap.raw_get(table, State::hook_key(t));
    state.push(function);
    let letters: Vec<u8> = LETTERS
        .iter()
        .filter(|(_, event)| mask & event != 0)
        .map(|(letter, _)| *letter)
        .collect();
    state.push_bytes(&letters)?;
    state.push(Value::number(f64::from(count)));
    Ok(3)
}
