//! The nine libraries of Lua 5.1.1, one module each, over the interface of
//! `vm/native.rs`. What each function does to the stack follows the C library
//! where a program could see a difference: collections, limits, error texts.

pub(crate) mod base;
#[cfg(test)]
mod budget_tests;
pub(crate) mod buffer;
pub(crate) mod coroutine;
pub mod date;
pub(crate) mod debug;
mod direct;
pub mod host;
pub(crate) mod io;
mod load_file;
pub(crate) mod math;
pub(crate) mod os;
pub(crate) mod package;
pub mod pattern;
pub(crate) mod standard;
pub mod stdio;
pub(crate) mod string;
pub(crate) mod table;

use crate::heap::object::NativeId;
use crate::heap::sharing::AnyData;
use crate::heap::value::{TableRef, Value};
use crate::number::Random;
use crate::vm::error::Result;
use crate::vm::{NativeFn, State};
use pattern::PatternCache;
use standard::System;

pub(crate) use load_file::load_file;

/// A function of a library, by its name there.
pub(crate) type Entry = (&'static str, NativeFn);

/// What the libraries keep between calls.
pub(crate) struct Library {
    /// The generator of `math.random`.
    pub(crate) random: Random,
    /// Patterns in compiled form.
    pub(crate) patterns: PatternCache,
    /// The function behind the results of `string.gmatch`.
    pub(crate) gmatch_step: Option<NativeId>,
    /// The function behind the results of `io.lines`.
    pub(crate) line_step: Option<NativeId>,
    /// The world outside, and the open files.
    pub(crate) system: System,
}

impl Library {
    pub(crate) fn new(system: System) -> Library {
        Library {
            random: Random::default(),
            patterns: PatternCache::default(),
            gmatch_step: None,
            line_step: None,
            system,
        }
    }
}

impl Default for Library {
    fn default() -> Self {
        Library::new(System::default())
    }
}

/// The libraries' own state, made at the first need. It takes the field of the
/// state, so that the heap can be borrowed at the same time.
#[inline]
pub(crate) fn library(field: &mut Option<Box<AnyData>>) -> &mut Library {
    let any = field.get_or_insert_with(|| Box::<Library>::default());
    match any.downcast_mut() {
        Some(library) => library,
        None => replacement(),
    }
}

/// Nothing else is ever stored there.
#[cold]
fn replacement() -> &'static mut Library {
    Box::leak(Box::default())
}

/// Opens all libraries in the order of 5.1.1, each by a call as `luaL_openlibs` does.
pub(crate) fn open_all(state: &mut State) -> Result<()> {
    let openers: [(&str, NativeFn); 8] = [
        ("", base::open),
        ("package", package::open),
        ("table", table::open),
        ("io", io::open),
        ("os", os::open),
        ("string", string::open),
        ("math", math::open),
        ("debug", debug::open),
    ];
    const NATIVES: usize = 160;
    state.natives.reserve_exact(NATIVES);
    state.heap.make_room_for_libraries();
    for (name, opener) in openers {
        let id = state.register_native("(opener)", opener);
        state.push_native(id, &[])?;
        state.push_bytes(name.as_bytes())?;
        state.call(1, 0)?;
    }
    Ok(())
}

/// `luaL_register`: pushes the table of a library (found in `package.loaded` or in
/// the globals, or made with room for its functions) and stores the functions there.
pub(crate) fn register(state: &mut State, name: &str, entries: &[Entry]) -> Result<TableRef> {
    let size = entries.len();
    let registry = state.registry();
    let loaded = find_table(state, registry, "_LOADED", size)?;
    state.push_field(Value::table(loaded), name)?;
    let library = match state.pop().as_table() {
        Some(t) => {
            state.push(Value::table(t));
            t
        }
        None => {
            let globals = state.globals();
            let t = find_table(state, globals, name, size)?;
            let key = state.string(name.as_bytes());
            state.set_index(Value::table(loaded), key, Value::table(t), None)?;
            t
        }
    };
    // The library's table takes the place of `_LOADED` on the stack.
    state.pop();
    state.pop();
    state.push(Value::table(library));
    add_functions(state, library, entries)?;
    Ok(library)
}

/// Stores functions in a table, each made with the running native's environment.
pub(crate) fn add_functions(state: &mut State, t: TableRef, entries: &[Entry]) -> Result<()> {
    for &(name, function) in entries {
        let id = state.register_native(name, function);
        set_native(state, t, name, id, &[])?;
    }
    Ok(())
}

/// Makes a native closure and stores it under a name.
pub(crate) fn set_native(
    state: &mut State,
    t: TableRef,
    name: &str,
    id: NativeId,
    upvalues: &[Value],
) -> Result<()> {
    state.push_native(id, upvalues)?;
    let key = state.string(name.as_bytes());
    let f = state.pop();
    state.set_index(Value::table(t), key, f, None)
}

/// Stores a value under a name, with metamethods (`lua_setfield`).
pub(crate) fn set_field(state: &mut State, t: TableRef, name: &str, v: Value) -> Result<()> {
    let key = state.string(name.as_bytes());
    state.set_index(Value::table(t), key, v, None)
}

/// `luaL_findtable`: follows the dotted name from a table on, making tables where
/// there are none (the last with room for `size` keys); pushes the last one.
pub(crate) fn find_table(
    state: &mut State,
    from: TableRef,
    name: &str,
    size: usize,
) -> Result<TableRef> {
    match find_table_bytes(state, from, name.as_bytes(), size)? {
        Some(t) => Ok(t),
        None => {
            let pieces: [&[u8]; 3] = [b"name conflict for module '", name.as_bytes(), b"'"];
            Err(state.position_error_format(&pieces))
        }
    }
}

/// The same; `None` (and nothing pushed) if a part of the name is not a table.
pub(crate) fn find_table_bytes(
    state: &mut State,
    from: TableRef,
    name: &[u8],
    size: usize,
) -> Result<Option<TableRef>> {
    let mut current = from;
    state.push(Value::table(current));
    let mut parts = name.split(|&b| b == b'.').peekable();
    while let Some(part) = parts.next() {
        state.check_gc()?;
        let key = state.string(part);
        state.push(key);
        let found = state.heap.raw_get(current, key);
        state.pop();
        let next = if found.is_nil() {
            let hint = if parts.peek().is_some() { 1 } else { size };
            let t = state.push_table(0, hint)?;
            state.check_gc()?;
            let key = state.string(part);
            state.set_index(Value::table(current), key, Value::table(t), None)?;
            state.pop();
            t
        } else {
            match found.as_table() {
                Some(t) => t,
                None => {
                    state.pop();
                    return Ok(None);
                }
            }
        };
        state.pop();
        state.push(Value::table(next));
        current = next;
    }
    Ok(Some(current))
}

/// `luaL_getmetafield`: a field of a value's metatable, if both are there. Above the top stays
/// what 5.1.1 leaves in the stack; the field itself is to be pushed by the caller.
pub(crate) fn metafield(state: &mut State, v: Value, name: &str) -> Result<Option<Value>> {
    let Some(metatable) = state.heap.metatable(v).some() else {
        return Ok(None);
    };
    state.push(Value::table(metatable));
    state.check_gc()?;
    let field = state.heap.raw_get_str(metatable, name);
    state.push(field);
    state.pop();
    state.pop();
    if field.is_nil() {
        return Ok(None);
    }
    // The metatable is removed from below it.
    leave_behind(state, field);
    Ok(Some(field))
}

/// Writes a value above the top, where C has it left over: it is alive there while that is below
/// the top of the function that runs, and the debug library shows it.
#[inline]
pub(crate) fn leave_behind(state: &mut State, v: Value) {
    state.push(v);
    state.pop();
}

/// `luaL_callmeta`: the result of a handler for one argument, if there is one.
pub(crate) fn call_metafield(state: &mut State, v: Value, name: &str) -> Result<Option<Value>> {
    let Some(handler) = metafield(state, v, name)? else {
        return Ok(None);
    };
    state.push(handler);
    state.push(v);
    state.call(1, 1)?;
    Ok(Some(state.pop()))
}

/// The address that `%p` shows for an object: a number of its own for each.
pub(crate) fn address(v: Value) -> String {
    format!(
        "{:#x}",
        0x5555_5000_0000 + (v.kind() as u64) * 0x1_0000_0000 + u64::from(v.identity()) * 64
    )
}

/// The string in a stack slot, up to a zero byte; a number becomes one in its place.
pub(crate) fn text_in_place(state: &mut State, slot: usize) -> Result<Option<Vec<u8>>> {
    let text = state.text_in_slot(slot)?;
    Ok(text.map(|s| c_text(state.heap.bytes(s)).to_vec()))
}

/// The text up to a zero byte, where C takes a string for one.
pub(crate) fn c_text(text: &[u8]) -> &[u8] {
    text.split(|&b| b == 0).next().unwrap_or(&[])
}
