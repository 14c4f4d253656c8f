//! The debug library (manual §5.9). Mirrors `ldblib.c`.
//!
//! Several functions take a coroutine before their other arguments and look at its
//! stack instead of that of the running thread. What C leaves there on its way, in
//! errors too, is left there here.

mod hook;
mod info;
mod traceback;

use super::standard::{read_stdin_line, write_stderr};
use super::{Entry, c_text, register, text_in_place};
use crate::heap::value::{ThreadRef, Type, UpvalueRef, Value};
use crate::vm::State;
use crate::vm::debug::{Level, find_level};
use crate::vm::error::{Error, Result};

const FUNCTIONS: [Entry; 14] = [
    ("debug", debug),
    ("getfenv", getfenv),
    ("gethook", hook::gethook),
    ("getinfo", info::getinfo),
    ("getlocal", getlocal),
    ("getregistry", getregistry),
    ("getmetatable", getmetatable),
    ("getupvalue", getupvalue),
    ("setfenv", setfenv),
    ("sethook", hook::sethook),
    ("setlocal", setlocal),
    ("setmetatable", setmetatable),
    ("setupvalue", setupvalue),
    ("traceback", traceback::traceback),
];

/// Bytes of a line that `debug.debug` reads, its terminating zero included.
const MAX_COMMAND: usize = 250;

pub(crate) fn open(state: &mut State) -> Result<usize> {
    register(state, "debug", &FUNCTIONS)?;
    Ok(1)
}

/// The thread to look at, and how many arguments come before the others.
fn target(state: &State) -> (ThreadRef, usize) {
    match state.argument(1).as_thread() {
        Some(t) => (t, 1),
        None => (state.heap.running, 0),
    }
}

fn getregistry(state: &mut State) -> Result<usize> {
    let registry = state.registry();
    state.return_value(Value::table(registry))
}

fn getmetatable(state: &mut State) -> Result<usize> {
    let v = state.check_any(1)?;
    let metatable = state.heap.metatable(v).some();
    state.return_value(metatable.map_or(Value::NIL, Value::table))
}

fn setmetatable(state: &mut State) -> Result<usize> {
    let given = state.argument(2);
    if !(given.is_table() || given.is_nil() && state.has_argument(2)) {
        return Err(state.argument_error(2, "nil or table expected"));
    }
    state.set_argument_count(2);
    let v = state.argument(1);
    state.set_metatable(v, given.as_table());
    // The metatable is popped: the result takes its slot.
    state.set_argument_count(1);
    state.return_value(Value::TRUE)
}

fn getfenv(state: &mut State) -> Result<usize> {
    // D47: the argument may be missing.
    let v = state.argument(1);
    let env = if let Some(c) = v.as_closure() {
        Value::table(state.heap.closure(c).env)
    } else if let Some(n) = v.as_native() {
        Value::table(state.heap.native(n).env)
    } else if let Some(u) = v.as_userdata() {
        Value::table(state.heap.userdata(u).env)
    } else if let Some(t) = v.as_thread() {
        Value::table(state.heap.thread_ref(t).globals)
    } else {
        Value::NIL
    };
    state.return_value(env)
}

fn setfenv(state: &mut State) -> Result<usize> {
    let env = state.check_table(2)?;
    state.set_argument_count(2);
    let v = state.argument(1);
    if !state.set_environment(v, env) {
        // D21
        state.set_argument_count(1);
        return Err(state.position_error("'setfenv' cannot change environment of given object"));
    }
    // The table is popped, and the object is on top.
    state.set_argument_count(1);
    Ok(1)
}

/// The call record at the level that an argument gives. One lost in a tail call has
/// the lowest record of its thread, which is no function's.
fn check_level(state: &mut State, t: ThreadRef, n: usize) -> Result<usize> {
    let level = state.check_int(n)?;
    match find_level(state.heap.thread_ref(t), level) {
        Some(Level::Call(index)) => Ok(index),
        Some(Level::TailCall) => Ok(0),
        None => Err(state.argument_error(n, "level out of range")),
    }
}

fn getlocal(state: &mut State) -> Result<usize> {
    let (t, arg) = target(state);
    let index = check_level(state, t, arg + 1)?;
    let n = state.check_int(arg + 2)?;
    let found = state.with_thread(t, |state| {
        let (name, slot) = state.find_local(index, n)?;
        Some((name, state.heap.thread.stack.get(slot).copied()?))
    });
    let Some((name, v)) = found else {
        return state.return_value(Value::NIL);
    };
    state.push(v);
    state.push_bytes(&name)?;
    state.push(v);
    Ok(2)
}

fn setlocal(state: &mut State) -> Result<usize> {
    let (t, arg) = target(state);
    let index = check_level(state, t, arg + 1)?;
    let v = state.check_any(arg + 3)?;
    state.set_argument_count(arg + 3);
    // The value goes to the other thread's stack before the number is looked at.
    state.pop();
    state.with_thread(t, |state| {
        state.ensure_stack(1);
        state.push(v);
    });
    let n = state.check_int(arg + 2)?;
    let name = state.with_thread(t, |state| {
        let found = state.find_local(index, n);
        state.pop();
        found.map(|(name, slot)| {
            state.heap.thread.stack[slot] = v;
            name
        })
    });
    match name {
        Some(name) => state.return_bytes(&name),
        None => state.return_value(Value::NIL),
    }
}

/// The name and identity of an upvalue of the Lua function that is the first
/// argument; those of natives can't be seen.
fn find_upvalue(state: &mut State) -> Result<Option<(Value, Vec<u8>, UpvalueRef)>> {
    let n = state.check_int(2)?;
    let f = state.check_type(1, Type::Function)?;
    let Some(c) = f.as_closure() else {
        return Ok(None);
    };
    let Some(n) = usize::try_from(n).ok().and_then(|n| n.checked_sub(1)) else {
        return Ok(None);
    };
    let name = state.heap.closure(c).proto.upvalue_names.get(n).copied();
    let (Some(name), Some(u)) = (name, state.heap.closure_upvalue(c, n)) else {
        return Ok(None);
    };
    let name = name.map_or(&b""[..], |name| c_text(state.heap.bytes(name)));
    Ok(Some((f, name.to_vec(), u)))
}

fn getupvalue(state: &mut State) -> Result<usize> {
    let Some((_, name, u)) = find_upvalue(state)? else {
        return Ok(0);
    };
    let v = state.heap.upvalue_get(u);
    state.push(v);
    state.push_bytes(&name)?;
    state.insert_at(state.heap.thread.top - 2);
    Ok(2)
}

fn setupvalue(state: &mut State) -> Result<usize> {
    state.check_any(3)?;
    let Some((f, name, u)) = find_upvalue(state)? else {
        return Ok(0);
    };
    // The last argument, however many there are.
    let v = state.pop();
    state.heap.upvalue_set(u, v);
    // 5.1.1 has the barrier of the function here, even for a variable that is still in the stack.
    state.heap.barrier_object(f, v);
    state.push_bytes(&name)?;
    // What 5.1.1's `lua_insert` leaves above the top.
    let name = state.pop();
    state.push(name);
    state.push(name);
    state.pop();
    Ok(1)
}

/// Runs the lines of standard input as chunks, until one says `cont`.
fn debug(state: &mut State) -> Result<usize> {
    loop {
        write_stderr(state, b"lua_debug> ");
        let Some(line) = read_stdin_line(state, MAX_COMMAND) else {
            return Ok(0);
        };
        if line == b"cont\n" {
            return Ok(0);
        }
        let mut result = state.load_bytes(c_text(&line), b"=(debug command)");
        if result.is_ok() {
            let func = state.heap.thread.top - 1;
            result = state.protect(func, 0, |state| state.call(0, 0));
        }
        if let Err(status) = result {
            if state.escapes(status) {
                return Err(Error::new(status, state.pop()));
            }
            let top = state.heap.thread.top - 1;
            // C writes through a null pointer if the error is no string.
            let mut text = text_in_place(state, top)?
                .unwrap_or_else(|| b"(error object is not a string)".to_vec());
            text.push(b'\n');
            write_stderr(state, &text);
        }
        state.set_argument_count(0);
    }
}
