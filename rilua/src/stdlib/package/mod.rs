//! The package library (manual §5.3). Mirrors `loadlib.c`, but for libraries in C:
//! those it finds it does not load.

mod library;
mod module;
mod search;

use super::{
    Entry, add_functions, c_text, find_table, leave_behind, load_file, register, set_field,
    standard, text_in_place,
};
use crate::heap::value::{TableRef, Value};
use crate::vm::State;
use crate::vm::error::{Error, Result};
use search::{find_file, replace};

const FUNCTIONS: [Entry; 2] = [("loadlib", library::loadlib), ("seeall", module::seeall)];
const GLOBALS: [Entry; 2] = [("module", module::module), ("require", require)];
const LOADERS: [Entry; 4] = [
    ("(preload loader)", load_preloaded),
    ("(Lua loader)", load_lua),
    ("(C loader)", load_library),
    ("(C root loader)", load_root_library),
];

/// Where modules are sought, unless `LUA_PATH` says otherwise.
const PATH: &str = "./?.lua;/usr/local/share/lua/5.1/?.lua;\
    /usr/local/share/lua/5.1/?/init.lua;/usr/local/lib/lua/5.1/?.lua;\
    /usr/local/lib/lua/5.1/?/init.lua";
/// Where libraries in C are sought, unless `LUA_CPATH` says otherwise.
const C_PATH: &str = "./?.so;/usr/local/lib/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so";
/// The characters with a meaning in paths: of directories, between templates, for
/// the name, for the program's directory, before a version.
const CONFIG: &[u8] = b"/\n;\n?\n!\n-";

/// What `package.loaded` has for a module that is being loaded. A payload that no
/// other light userdata of the libraries has.
const LOADING: u32 = u32::from_le_bytes(*b"load");

pub(crate) fn open(state: &mut State) -> Result<usize> {
    library::make_type(state)?;
    let package = register(state, "package", &FUNCTIONS)?;
    // The functions made from here on find the table as their environment.
    let opener = state.call_function(state.heap.thread.calls.len() - 1);
    state.set_environment(opener, package);
    // D51: in the hash part.
    let loaders = state.push_table(0, LOADERS.len())?;
    for (n, (name, loader)) in (1..).zip(LOADERS) {
        let id = state.register_native(name, loader);
        state.push_native(id, &[])?;
        let loader = state.pop();
        state.set_integer_raw(loaders, n, loader)?;
    }
    set_popped(state, package, "loaders")?;
    set_path(state, package, "path", "LUA_PATH", PATH)?;
    set_path(state, package, "cpath", "LUA_CPATH", C_PATH)?;
    state.push_bytes(CONFIG)?;
    set_popped(state, package, "config")?;
    let registry = state.registry();
    find_table(state, registry, "_LOADED", 2)?;
    set_popped(state, package, "loaded")?;
    state.push_table(0, 0)?;
    set_popped(state, package, "preload")?;
    let globals = state.globals();
    add_functions(state, globals, &GLOBALS)?;
    Ok(1)
}

/// Stores the topmost value under a name and takes it off.
fn set_popped(state: &mut State, t: TableRef, name: &str) -> Result<()> {
    let v = state.pop();
    set_field(state, t, name, v)
}

/// Stores a path: the default one, or the environment's with the default one for
/// each `;;`.
fn set_path(
    state: &mut State,
    package: TableRef,
    field: &str,
    variable: &str,
    default: &str,
) -> Result<()> {
    /// Marks the place of the default in a path.
    const MARK: &[u8] = b"\x01";
    match standard::environment(state, variable) {
        None => state.push_bytes(default.as_bytes())?,
        Some(path) => {
            let marked = replace(&path, b";;", &[b";", MARK, b";"].concat());
            state.push_bytes(&marked)?;
            state.push_bytes(&replace(&marked, MARK, default.as_bytes()))?;
            let path = state.pop();
            state.pop();
            state.push(path);
        }
    }
    set_popped(state, package, field)
}

/// A name as C sees it.
fn check_name(state: &mut State) -> Result<Vec<u8>> {
    let name = state.check_string(1)?;
    Ok(c_text(state.heap.bytes(name)).to_vec())
}

/// A field of the running function's environment, which is the package table
/// unless a program has changed that; pushed.
fn push_package_field(state: &mut State, name: &str) -> Result<Value> {
    let env = state.current_environment();
    state.push_field(Value::table(env), name)?;
    Ok(top(state))
}

/// The topmost value.
fn top(state: &State) -> Value {
    state.argument(state.argument_count())
}

/// `object[name]` for a name that isn't known in advance, pushed.
fn push_named(state: &mut State, object: Value, name: &[u8]) -> Result<Value> {
    let key = state.string(name);
    let v = state.get_index(object, key, None)?;
    state.push(v);
    Ok(v)
}

fn require(state: &mut State) -> Result<usize> {
    let name = check_name(state)?;
    state.set_argument_count(1);
    let registry = state.registry();
    state.push_field(Value::table(registry), "_LOADED")?;
    let loaded = state.argument(2);
    let known = push_named(state, loaded, &name)?;
    if !known.is_false() {
        if known == Value::light(LOADING) {
            let pieces: [&[u8]; 3] = [b"loop or previous error loading module '", &name, b"'"];
            return Err(state.position_error_format(&pieces));
        }
        return Ok(1);
    }
    push_loader(state, &name)?;
    set_named(state, loaded, &name, Value::light(LOADING))?;
    state.push_bytes(&name)?;
    state.call(1, 1)?;
    // A nil stays where it is.
    let result = top(state);
    if !result.is_nil() {
        state.pop();
        set_named(state, loaded, &name, result)?;
    }
    let result = push_named(state, loaded, &name)?;
    if result == Value::light(LOADING) {
        // The module left nothing behind.
        state.push(Value::TRUE);
        set_named(state, loaded, &name, Value::TRUE)?;
        leave_behind(state, Value::TRUE);
    }
    Ok(1)
}

fn set_named(state: &mut State, object: Value, name: &[u8], v: Value) -> Result<()> {
    let key = state.string(name);
    state.set_index(object, key, v, None)
}

/// Asks one loader after another for the function that loads a module, and pushes
/// it.
fn push_loader(state: &mut State, name: &[u8]) -> Result<()> {
    let loaders = push_package_field(state, "loaders")?;
    let Some(loaders) = loaders.as_table() else {
        return Err(state.position_error_format(&[b"'package.loaders' must be a table"]));
    };
    // The complaints of the loaders come together here.
    state.push_bytes(b"")?;
    let complaints = state.heap.thread.top - 1;
    for n in 1.. {
        let loader = state.heap.table(loaders).get_integer(n);
        state.push(loader);
        if loader.is_nil() {
            let text = text_in_place(state, complaints)?.unwrap_or_default();
            let pieces: [&[u8]; 5] = [b"module '", name, b"' not found:", &text, b""];
            return Err(state.position_error_format(&pieces));
        }
        state.push_bytes(name)?;
        state.call(1, 1)?;
        let answer = top(state);
        if answer.is_function() {
            break;
        }
        if answer.is_string() || answer.is_number() {
            state.concat_top(2)?;
        } else {
            state.pop();
        }
    }
    Ok(())
}

fn load_preloaded(state: &mut State) -> Result<usize> {
    let name = check_name(state)?;
    let preload = push_package_field(state, "preload")?;
    if !preload.is_table() {
        return Err(state.position_error_format(&[b"'package.preload' must be a table"]));
    }
    if push_named(state, preload, &name)?.is_nil() {
        state.push_format_unchecked(&[b"\n\tno field package.preload['", &name, b"']"])?;
    }
    Ok(1)
}

fn load_lua(state: &mut State) -> Result<usize> {
    let name = check_name(state)?;
    let Some(file) = find_file(state, &name, "path")? else {
        return Ok(1);
    };
    match load_file(state, Some(&file))? {
        Ok(()) => Ok(1),
        Err(status) if state.escapes(status) => Err(Error::new(status, state.pop())),
        Err(_) => Err(load_error(state, &file)),
    }
}

fn load_library(state: &mut State) -> Result<usize> {
    let name = check_name(state)?;
    let Some(file) = find_file(state, &name, "cpath")? else {
        return Ok(1);
    };
    push_function_name(state, &name)?;
    library::push_refusal(state, &file)?;
    Err(load_error(state, &file))
}

fn load_root_library(state: &mut State) -> Result<usize> {
    let name = check_name(state)?;
    let Some(dot) = name.iter().position(|&byte| byte == b'.') else {
        return Ok(0);
    };
    let root = name.get(..dot).unwrap_or(&[]);
    state.push_bytes(root)?;
    let Some(file) = find_file(state, root, "cpath")? else {
        return Ok(1);
    };
    push_function_name(state, &name)?;
    library::push_refusal(state, &file)?;
    Err(load_error(state, &file))
}

/// Pushes the name of the function that would open a module's library.
fn push_function_name(state: &mut State, name: &[u8]) -> Result<()> {
    // What is before a hyphen tells versions apart.
    let hyphen = name.iter().position(|&byte| byte == b'-');
    let name = hyphen.map_or(name, |at| name.get(at + 1..).unwrap_or(&[]));
    let name = replace(name, b".", b"_");
    state.push_bytes(&name)?;
    state.push_format(&[b"luaopen_", &name, b""])?;
    let name = state.pop();
    state.pop();
    state.push(name);
    Ok(())
}

/// The error of a module that was found but can't be loaded; the reason is on top.
#[cold]
fn load_error(state: &mut State, file: &[u8]) -> Error {
    let slot = state.heap.thread.top - 1;
    let base = state.base();
    let texts = text_in_place(state, slot).and_then(|reason| {
        let name = text_in_place(state, base)?;
        Ok((reason.unwrap_or_default(), name.unwrap_or_default()))
    });
    let (reason, name) = match texts {
        Ok(texts) => texts,
        Err(error) => return error,
    };
    state.position_error_format(&[
        b"error loading module '",
        &name,
        b"' from file '",
        file,
        b"':\n\t",
        &reason,
        b"",
    ])
}
