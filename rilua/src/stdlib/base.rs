//! The basic functions (manual §5.1). Mirrors `lbaselib.c`.

use super::standard::{write_stdout, write_string};
use super::{
    Entry, address, c_text, call_metafield, coroutine, direct, load_file, metafield, register,
    set_field, set_native,
};
use crate::heap::value::{Type, Value};
use crate::limits::MAX_MEMORY;
use crate::number::str_to_integer;
use crate::vm::State;
use crate::vm::budget::ITEMS_PER_UNIT;
use crate::vm::call::{ALL, Request, SPECIAL};
use crate::vm::debug::{Level, find_level};
use crate::vm::error::{Error, Result, Status};
use crate::vm::shortcut::Shortcut;

const FUNCTIONS: [Entry; 24] = [
    ("assert", assert),
    ("collectgarbage", collectgarbage),
    ("dofile", dofile),
    ("error", error),
    ("gcinfo", gcinfo),
    ("getfenv", getfenv),
    ("getmetatable", getmetatable),
    ("loadfile", loadfile),
    ("load", load),
    ("loadstring", loadstring),
    ("next", next),
    ("pcall", pcall),
    ("print", print),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawset", rawset),
    ("select", select),
    ("setfenv", setfenv),
    ("setmetatable", setmetatable),
    ("tonumber", tonumber),
    ("tostring", tostring),
    ("type", type_),
    ("unpack", unpack),
    ("xpcall", xpcall),
];

pub(crate) fn open(state: &mut State) -> Result<usize> {
    let globals = state.globals();
    set_field(state, globals, "_G", Value::table(globals))?;
    let before = state.natives.len();
    register(state, "_G", &FUNCTIONS)?;
    state.set_shortcuts(before, &direct::BASE);
    state.push_bytes(b"Lua 5.1")?;
    let version = state.pop();
    set_field(state, globals, "_VERSION", version)?;
    if let Some(next) = state.heap.raw_get_str(globals, "next").as_native() {
        let id = state.heap.native(next).function;
        state.natives[id.0 as usize].shortcut = Some(Shortcut::Next);
    }
    for (name, function, helper_name, helper, shortcut) in [
        (
            "ipairs",
            ipairs as crate::vm::NativeFn,
            "(ipairs iterator)",
            ipairs_step as crate::vm::NativeFn,
            Shortcut::Ipairs,
        ),
        ("pairs", pairs, "next", next, Shortcut::Next),
    ] {
        let helper = state.register_native(helper_name, helper);
        state.natives[helper.0 as usize].shortcut = Some(shortcut);
        state.push_native(helper, &[])?;
        let upvalue = state.argument(state.argument_count());
        let id = state.register_native(name, function);
        set_native(state, globals, name, id, &[upvalue])?;
        state.pop();
    }
    // newproxy's table of metatables is weak by being its own metatable.
    let proxies = state.push_table(0, 1)?;
    state.heap.table_mut(proxies).metatable = proxies;
    state.push_bytes(b"kv")?;
    let mode = state.pop();
    set_field(state, proxies, "__mode", mode)?;
    let before = state.natives.len();
    let id = state.register_native("newproxy", newproxy);
    state.set_shortcuts(before, &direct::BASE);
    set_native(state, globals, "newproxy", id, &[Value::table(proxies)])?;
    state.pop();
    let before = state.natives.len();
    register(state, "coroutine", &coroutine::FUNCTIONS)?;
    state.set_shortcuts(before, &coroutine::SHORTCUTS);
    Ok(2)
}

fn print(state: &mut State) -> Result<usize> {
    let count = state.argument_count();
    let globals = state.globals();
    state.push_field(Value::table(globals), "tostring")?;
    let base = state.base();
    for n in 1..=count {
        let to_string = state.heap.thread.stack[base + count];
        let v = state.argument(n);
        state.push(to_string);
        state.push(v);
        state.call(1, 1)?;
        let slot = state.heap.thread.top - 1;
        if state.text_in_slot(slot)?.is_none() {
            let message = "'tostring' must return a string to 'print'";
            return Err(state.position_error(message));
        }
        if n > 1 {
            write_stdout(state, b"\t");
        }
        if let Some(s) = state.pop().as_string() {
            write_string(state, s);
        }
    }
    write_stdout(state, b"\n");
    Ok(0)
}

fn tonumber(state: &mut State) -> Result<usize> {
    let base = state.optional_int(2, 10)?;
    if base == 10 {
        let v = state.check_any(1)?;
        state.charge_text(v)?;
        if let Some(n) = state.to_number(v) {
            return state.return_number(n);
        }
    } else {
        let s = state.check_string(1)?;
        if !(2..=36 - i32::from(fault!(BaseLimit))).contains(&base) {
            return Err(state.argument_error(2, "base out of range"));
        }
        state.charge_bytes(state.heap.bytes(s).len())?;
        if let Some(n) = str_to_integer(state.heap.bytes(s), base as u32) {
            return state.return_number(n);
        }
    }
    state.return_value(Value::NIL)
}

fn error(state: &mut State) -> Result<usize> {
    let level = state.optional_int(2, 1)?;
    state.set_argument_count(1);
    let v = state.argument(1);
    if (v.is_string() || v.is_number()) && level > 0 {
        let level = level - i32::from(fault!(ErrorLevel) && level > 1);
        return Err(state.error_after_position(level, v));
    }
    Err(state.error_value(v))
}

fn getmetatable(state: &mut State) -> Result<usize> {
    let v = state.check_any(1)?;
    let Some(t) = state.heap.metatable(v).some() else {
        return state.return_value(Value::NIL);
    };
    state.push(Value::table(t));
    match metafield(state, v, "__metatable")? {
        Some(hidden) => state.return_value(hidden),
        None => Ok(1),
    }
}

fn setmetatable(state: &mut State) -> Result<usize> {
    let given = state.argument(2);
    let t = state.check_table(1)?;
    if !(given.is_table() || given.is_nil() && state.has_argument(2)) {
        return Err(state.argument_error(2, "nil or table expected"));
    }
    if let Some(protection) = metafield(state, Value::table(t), "__metatable")?
        && !fault!(ProtectedMetatable)
    {
        state.push(protection);
        return Err(state.position_error("cannot change a protected metatable"));
    }
    state.set_metatable(Value::table(t), given.as_table());
    state.set_argument_count(1);
    Ok(1)
}

/// The function given as first argument, or the one active at that level.
fn function_argument(state: &mut State) -> Result<Value> {
    let v = state.argument(1);
    if v.is_function() {
        return Ok(v);
    }
    let level = state.optional_int(1, 1)?;
    if level < 0 {
        return Err(state.argument_error(1, "level must be non-negative"));
    }
    match find_level(
        &state.heap.thread,
        level + i32::from(fault!(EnvironmentLevel)),
    ) {
        None => Err(state.argument_error(1, "invalid level")),
        Some(Level::Call(index)) => Ok(state.call_function(index)),
        Some(Level::TailCall) => {
            state.push(Value::NIL);
            let level = level.to_string();
            Err(state.position_error_format(&[
                b"no function environment for tail call at level ",
                level.as_bytes(),
                b"",
            ]))
        }
    }
}

fn getfenv(state: &mut State) -> Result<usize> {
    let f = function_argument(state)?;
    let env = match f.as_closure() {
        Some(c) => state.heap.closure(c).env,
        None => state.globals(),
    };
    state.push(f);
    state.return_value(Value::table(env))
}

fn setfenv(state: &mut State) -> Result<usize> {
    let env = state.check_table(2)?;
    let f = function_argument(state)?;
    let level = state.argument(1);
    state.push(f);
    if !level.is_function() && state.to_number(level) == Some(0.0) {
        state.push(Value::thread(state.heap.running));
        state.push(Value::table(env));
        state.heap.thread.globals = env;
        return Ok(0);
    }
    if !f.is_closure() {
        state.push(Value::table(env));
        return Err(state.position_error("'setfenv' cannot change environment of given object"));
    }
    state.set_environment(f, env);
    // The table is popped, and the function is on top.
    state.push(Value::table(env));
    state.pop();
    Ok(1)
}

fn rawequal(state: &mut State) -> Result<usize> {
    let x = state.check_any(1)?;
    let y = state.check_any(2)?;
    let same = if fault!(RawEqualCalls) {
        state.equals(x, y)?
    } else {
        x.raw_equals(y)
    };
    state.return_value(Value::boolean(same))
}

fn rawget(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let key = state.check_any(2)?;
    let v = state.heap.raw_get(t, key);
    // The value takes the key's slot.
    state.set_argument_count(1);
    state.return_value(v)
}

fn rawset(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let key = state.check_any(2)?;
    let v = state.check_any(3)?;
    // Where the message of a key that can't be lies.
    state.set_argument_count(3);
    state.set_raw(t, key, v)?;
    // Key and value are popped, and the table is on top.
    state.set_argument_count(1);
    Ok(1)
}

fn gcinfo(state: &mut State) -> Result<usize> {
    let kilobytes = state.heap.memory.total >> 10;
    state.return_number(kilobytes as f64)
}

fn collectgarbage(state: &mut State) -> Result<usize> {
    const OPTIONS: [&str; 7] = [
        "stop",
        "restart",
        "collect",
        "count",
        "step",
        "setpause",
        "setstepmul",
    ];
    let option = state.check_option(1, Some("collect"), &OPTIONS)?;
    let argument = state.optional_int(2, 0)?;
    let result = match OPTIONS[option] {
        "stop" => {
            state.heap.set_due(MAX_MEMORY);
            0
        }
        "restart" => {
            state.heap.set_due(state.heap.memory.total);
            0
        }
        "collect" => {
            state.collect_full()?;
            0
        }
        "count" => {
            let bytes = state.heap.memory.total;
            let kilobytes = ((bytes >> 10) as i32) as f64 + (bytes & 0x3ff) as f64 / 1024.0;
            return state.return_number(kilobytes);
        }
        "step" => {
            let ended = state.collect_by_request(argument)?;
            return state.return_value(Value::boolean(ended));
        }
        "setpause" => core::mem::replace(&mut state.heap.collector.pause, argument),
        _ => core::mem::replace(&mut state.heap.collector.step_multiplier, argument),
    };
    state.return_number(f64::from(result))
}

fn type_(state: &mut State) -> Result<usize> {
    let v = state.check_any(1)?;
    state.return_bytes(v.kind().name().as_bytes())
}

fn next(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    // The results take the place of the key, as `lua_next` leaves them: what stays
    // behind on the stack is visible to the collector.
    state.set_argument_count(2);
    let key = state.argument(2);
    let table = state.heap.table(t);
    let Some(position) = table.position_after(key, &state.heap.strings) else {
        return Err(state.runtime_error("invalid key to 'next'"));
    };
    let entry = table.entry_from(position);
    let end = entry.map_or(table.array.len() + table.nodes.len(), |(_, _, end)| end);
    state.charge_skipped(position, end)?;
    match entry {
        Some((key, value, _)) => {
            state.set_argument(2, key);
            state.push(value);
            Ok(2)
        }
        None => {
            state.set_argument(2, Value::NIL);
            Ok(1)
        }
    }
}

fn pairs(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let step = state.native_upvalue(1);
    state.push(step);
    state.push(Value::table(t));
    state.push(Value::NIL);
    Ok(3)
}

fn ipairs(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let step = state.native_upvalue(1);
    state.push(step);
    state.push(Value::table(t));
    state.push(Value::number(0.0));
    Ok(3)
}

fn ipairs_step(state: &mut State) -> Result<usize> {
    let i = state.check_int(2)?.wrapping_add(1);
    let t = state.check_table(1)?;
    let v = state.heap.table(t).get_integer(i);
    state.push(Value::number(f64::from(i)));
    state.push(v);
    Ok(if v.is_nil() { 0 } else { 2 })
}

/// What loading functions return: the function, or nil and a message.
fn loaded(state: &mut State, result: core::result::Result<(), Status>) -> Result<usize> {
    match result {
        Ok(()) => Ok(1),
        Err(status) => {
            if state.escapes(status) {
                let message = state.pop();
                return Err(Error::new(status, message));
            }
            state.push(Value::NIL);
            state.insert_at(state.heap.thread.top - 2);
            Ok(2)
        }
    }
}

fn loadstring(state: &mut State) -> Result<usize> {
    let text = state.check_string(1)?;
    let name = state.optional_string(2)?.unwrap_or(text);
    let name = c_text(state.heap.bytes(name)).to_vec();
    let result = state.load_string(text, &name);
    loaded(state, result)
}

fn load(state: &mut State) -> Result<usize> {
    let name = match state.optional_string(2)? {
        Some(name) => state.heap.bytes(name).to_vec(),
        None => b"=(load)".to_vec(),
    };
    state.check_type(1, Type::Function)?;
    state.set_argument_count(3);
    let base = state.base();
    let result = state.load_pieces(c_text(&name), |state| {
        state.need_native_stack(2, "too many nested functions")?;
        let reader = state.heap.thread.stack[base];
        state.push(reader);
        state.call(0, 1)?;
        state.global.observed.reader_called = true;
        let piece = state.pop();
        if !piece.is_string() && !piece.is_number() {
            // It stays, the end of the text as well.
            state.push(piece);
            return match piece.is_nil() {
                true => Ok(None),
                false => Err(state.position_error("reader function must return a string")),
            };
        }
        // The piece stays in its reserved slot while it is read.
        state.heap.thread.stack[base + 2] = piece;
        if piece.is_number() {
            state.string_in_place(base + 2);
            state.check_gc()?;
        }
        let piece = state.heap.thread.stack[base + 2].as_string();
        Ok(piece.map(|piece| state.heap.bytes(piece).to_vec()))
    });
    loaded(state, result)
}

fn loadfile(state: &mut State) -> Result<usize> {
    let name = state
        .optional_string(1)?
        .map(|s| state.heap.bytes(s).to_vec());
    let result = load_file(state, name.as_deref().map(c_text))?;
    loaded(state, result)
}

fn dofile(state: &mut State) -> Result<usize> {
    let name = state
        .optional_string(1)?
        .map(|s| state.heap.bytes(s).to_vec());
    let count = state.argument_count();
    if let Err(status) = load_file(state, name.as_deref().map(c_text))? {
        let message = state.pop();
        if state.escapes(status) {
            return Err(Error::new(status, message));
        }
        return Err(state.error_value(message));
    }
    state.call(0, ALL)?;
    Ok(state.argument_count() - count)
}

fn assert(state: &mut State) -> Result<usize> {
    if !state.check_any(1)?.is_false() {
        return Ok(state.argument_count());
    }
    let message = match state.optional_string(2)? {
        Some(s) => c_text(state.heap.bytes(s)).to_vec(),
        None => b"assertion failed!".to_vec(),
    };
    Err(state.position_error_format(&[b"", &message, b""]))
}

fn unpack(state: &mut State) -> Result<usize> {
    let t = state.check_table(1)?;
    let first = state.optional_int(2, 1)?;
    let last = if state.argument(3).is_nil() {
        state.heap.table(t).length() as i32 - i32::from(fault!(UnpackRange))
    } else {
        state.check_int(3)?
    };
    // D30: the count wraps around as a C int does.
    let count = last.wrapping_sub(first).wrapping_add(1);
    if count <= 0 {
        return Ok(0);
    }
    let count = count as usize;
    state.need_native_stack(count, "table too big to unpack")?;
    state.charge(count / ITEMS_PER_UNIT)?;
    if first > last {
        // D65: nothing is pushed, and the topmost values are returned all the same.
        return Ok(if count <= state.argument_count() + 1 {
            count
        } else {
            0
        });
    }
    let table = &state.heap.tables[t.index()];
    let thread = &mut state.heap.thread;
    for (n, slot) in thread.stack[thread.top..thread.top + count]
        .iter_mut()
        .enumerate()
    {
        *slot = table.get_integer(first.wrapping_add(n as i32));
    }
    thread.top += count;
    Ok(count)
}

fn select(state: &mut State) -> Result<usize> {
    let count = state.argument_count() as i32;
    if let Some(s) = state.argument(1).as_string()
        && state.heap.bytes(s).first() == Some(&b'#')
    {
        return state.return_number(f64::from(count - 1));
    }
    let mut i = state.check_int(1)?;
    if i < 0 {
        i = i.wrapping_add(count - i32::from(fault!(SelectNegative)));
    } else if i > count {
        i = count;
    }
    if i < 1 {
        return Err(state.argument_error(1, "index out of range"));
    }
    Ok((count - i) as usize)
}

fn pcall(state: &mut State) -> Result<usize> {
    state.check_any(1)?;
    state.request = Request::Protect {
        func: state.base() as u32,
        handler: 0,
    };
    Ok(SPECIAL)
}

fn xpcall(state: &mut State) -> Result<usize> {
    state.check_any(2)?;
    state.set_argument_count(2);
    // The handler goes below the function.
    state.insert(1);
    let base = state.base() as u32;
    state.request = Request::Protect {
        func: base + 1,
        handler: base,
    };
    Ok(SPECIAL)
}

pub(crate) fn tostring(state: &mut State) -> Result<usize> {
    let v = state.check_any(1)?;
    if let Some(result) = call_metafield(state, v, "__tostring")? {
        return state.return_value(result);
    }
    if v.is_number() {
        // The string that the argument becomes is made once more.
        let s = state.check_string(1)?;
        state.check_gc()?;
        return state.return_value(Value::string(s));
    }
    match v.kind() {
        Type::String => state.return_value(v),
        Type::Nil => state.return_bytes(b"nil"),
        Type::Boolean => state.return_bytes(if v.is_false() { b"false" } else { b"true" }),
        kind => {
            let address = address(v);
            let kind = kind.name().as_bytes();
            state.push_format(&[b"", kind, b": ", address.as_bytes(), b""])?;
            Ok(1)
        }
    }
}

fn newproxy(state: &mut State) -> Result<usize> {
    state.set_argument_count(1);
    state.check_gc()?;
    let env = state.current_environment();
    let valid = state.native_upvalue(1);
    let given = state.argument(1);
    let proxy = Value::userdata(state.heap.new_userdata(0, env, None));
    state.push(proxy);
    if given.is_false() {
        return Ok(1);
    }
    let metatable = if given == Value::TRUE {
        let m = state.push_table(0, 0)?;
        state.push(Value::table(m));
        state.push(Value::TRUE);
        if let Some(valid) = valid.as_table() {
            state.set_raw(valid, Value::table(m), Value::TRUE)?;
        }
        Some(m)
    } else {
        let m = state.heap.metatable(given).some();
        let known = match (m, valid.as_table()) {
            (Some(m), Some(valid)) => !state.heap.raw_get(valid, Value::table(m)).is_false(),
            _ => false,
        };
        if !known {
            return Err(state.argument_error(1, "boolean or proxy expected"));
        }
        state.push(m.map_or(Value::NIL, Value::table));
        m
    };
    state.set_metatable(proxy, metatable);
    state.set_argument_count(2);
    Ok(1)
}
