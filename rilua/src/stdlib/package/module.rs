//! `module` and `package.seeall`.

use super::{check_name, push_named, set_named};
use crate::heap::value::{Type, Value};
use crate::stdlib::{find_table_bytes, leave_behind, set_field};
use crate::vm::State;
use crate::vm::debug::{Level, find_level};
use crate::vm::error::Result;

pub(super) fn module(state: &mut State) -> Result<usize> {
    let name = check_name(state)?;
    let options = state.argument_count();
    let registry = state.registry();
    state.push_field(Value::table(registry), "_LOADED")?;
    let loaded = state.argument(options + 1);
    let mut module = push_named(state, loaded, &name)?;
    if !module.is_table() {
        state.pop();
        let globals = state.globals();
        let Some(t) = find_table_bytes(state, globals, &name, 1)? else {
            let pieces: [&[u8]; 3] = [b"name conflict for module '", &name, b"'"];
            return Err(state.position_error_format(&pieces));
        };
        module = Value::table(t);
        set_named(state, loaded, &name, module)?;
    }
    state.push_field(module, "_NAME")?;
    if state.pop().is_nil() {
        initialize(state, module, &name)?;
    }
    state.push(module);
    set_caller_environment(state, module)?;
    for n in 2..=options {
        let option = state.argument(n);
        state.push(option);
        state.push(module);
        state.call(1, 0)?;
    }
    Ok(0)
}

/// Fills in what every module has.
fn initialize(state: &mut State, module: Value, name: &[u8]) -> Result<()> {
    let set = |state: &mut State, field: &str, v| {
        let key = state.string(field.as_bytes());
        state.set_index(module, key, v, None)
    };
    set(state, "_M", module)?;
    state.push_bytes(name)?;
    let v = state.pop();
    set(state, "_NAME", v)?;
    // The name without its last part.
    let end = name.iter().rposition(|&byte| byte == b'.');
    let package = name.get(..end.map_or(0, |at| at + 1)).unwrap_or(&[]);
    state.push_bytes(package)?;
    let v = state.pop();
    set(state, "_PACKAGE", v)
}

/// D52: whatever function called gets the module as its environment; none does in a
/// tail call.
fn set_caller_environment(state: &mut State, module: Value) -> Result<()> {
    match find_level(&state.heap.thread, 1) {
        Some(Level::Call(index)) => {
            let caller = state.call_function(index);
            state.push(caller);
            if let Some(env) = module.as_table() {
                state.set_environment(caller, env);
            }
            leave_behind(state, module);
            state.pop();
            Ok(())
        }
        Some(Level::TailCall) => Ok(()),
        None => Err(state.position_error_format(&[b"'module' not called from a Lua function"])),
    }
}

pub(super) fn seeall(state: &mut State) -> Result<usize> {
    let v = state.check_type(1, Type::Table)?;
    let metatable = match state.heap.metatable(v).some() {
        Some(metatable) => {
            state.push(Value::table(metatable));
            metatable
        }
        None => {
            let metatable = state.push_table(0, 1)?;
            state.set_metatable(v, Some(metatable));
            metatable
        }
    };
    let globals = state.globals();
    set_field(state, metatable, "__index", Value::table(globals))?;
    leave_behind(state, Value::table(globals));
    Ok(0)
}
