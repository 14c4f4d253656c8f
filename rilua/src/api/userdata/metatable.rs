//! Metatables of types, and what `__index` and `__newindex` do in them.
//!
//! A type with methods alone has them in a table that is its `__index`. One with fields
//! has a native function there, which runs the field's closure in its own frame.

use super::methods::{UserDataRegistry, is_restricted};
use crate::api::callback::{Callback, new_function, run_stored};
use crate::api::error::{Error, ErrorKind, Result};
use crate::api::link::{Handle, Lua};
use crate::api::table::Table;
use crate::api::value::Value;
use crate::heap::sharing::{MaybeSend, MaybeSync, Shared};
use crate::heap::value::Value as Raw;
use crate::vm::State;
use crate::vm::error::Result as VmResult;
use core::any::type_name;

/// The name of the native that is the `__index` of types with fields.
const INDEX: &str = "(index of a userdata)";

/// Makes the metatable of a type.
pub(super) fn build<T: MaybeSend + MaybeSync + 'static>(
    lua: &Lua,
    registry: UserDataRegistry<T>,
) -> Result<Table> {
    let metatable = lua.create_table()?;
    for (name, make) in registry.meta_fields {
        check(&name)?;
        metatable.raw_set(name, make(lua)?)?;
    }
    for (name, method) in registry.meta_methods {
        check(&name)?;
        metatable.raw_set(name, function(lua, method)?)?;
    }
    let members = lua.create_table()?;
    for (name, make) in registry.fields {
        members.raw_set(name, make(lua)?)?;
    }
    for (name, method) in registry.methods {
        members.raw_set(name, function(lua, method)?)?;
    }
    let fallback: Value = metatable.raw_get("__index")?;
    if registry.getters.is_empty() && fallback.is_nil() {
        metatable.raw_set("__index", &members)?;
    } else {
        let getters = closures(lua, registry.getters)?;
        let upvalues = [Value::Table(getters), Value::Table(members), fallback];
        let index = native(lua, INDEX, index, &upvalues)?;
        lua.enter(|state| {
            let entry = state.natives.iter_mut().find(|entry| entry.name == INDEX);
            if let Some(entry) = entry {
                entry.finds_members = true;
            }
        })?;
        metatable.raw_set("__index", index)?;
    }
    let fallback: Value = metatable.raw_get("__newindex")?;
    if !registry.setters.is_empty() || fallback.is_nil() {
        let setters = closures(lua, registry.setters)?;
        let upvalues = [Value::Table(setters), fallback];
        let new_index = native(lua, "(newindex of a userdata)", new_index, &upvalues)?;
        metatable.raw_set("__newindex", new_index)?;
    }
    if metatable.raw_get::<Value>("__name")?.is_nil() {
        let name = type_name::<T>();
        metatable.raw_set("__name", name.rsplit("::").next().unwrap_or(name))?;
    }
    metatable.raw_set("__metatable", false)?;
    Ok(metatable)
}

fn check(name: &str) -> Result<()> {
    if is_restricted(name) {
        let message = format!("metamethod {name} of a userdata can't be set");
        return Err(Error::new(ErrorKind::MetaMethodRestricted, message));
    }
    Ok(())
}

fn function(lua: &Lua, callback: Shared<dyn Callback>) -> Result<Value> {
    lua.new_callback(callback).map(Value::Function)
}

/// A table of closures by name.
fn closures(lua: &Lua, named: Vec<(String, Shared<dyn Callback>)>) -> Result<Table> {
    let table = lua.create_table()?;
    for (name, callback) in named {
        lua.try_enter(|state| {
            let function = new_function(state, callback);
            let key = state.string(name.as_bytes());
            if let Some(t) = table.0.value().as_table() {
                // A string is always a key.
                let _stored = state.heap.raw_set(t, key, function);
            }
            Ok(())
        })?;
    }
    Ok(table)
}

fn native(
    lua: &Lua,
    name: &'static str,
    function: fn(&mut State) -> VmResult<usize>,
    upvalues: &[Value],
) -> Result<Value> {
    lua.enter(|state| {
        let id = state.find_native(name, function);
        let env = state.globals();
        let upvalues = upvalues
            .iter()
            .map(|v| v.handle().map_or(Raw::NIL, Handle::value))
            .collect();
        Value::of_raw(Raw::native(state.heap.new_native(id, env, upvalues)), lua)
    })
}

/// `__index` of a type with fields. Upvalues: how fields are read, the other members, and
/// what the type itself has as `__index`.
fn index(state: &mut State) -> VmResult<usize> {
    let key = state.argument(2);
    if let Some(getters) = state.native_upvalue(1).as_table() {
        let getter = state.heap.raw_get(getters, key);
        if !getter.is_nil() {
            // The closure sees the object alone.
            state.set_argument_count(1);
            return run_stored(state, getter);
        }
    }
    if let Some(members) = state.native_upvalue(2).as_table() {
        let member = state.heap.raw_get(members, key);
        if !member.is_nil() {
            return state.return_value(member);
        }
    }
    let fallback = state.native_upvalue(3);
    if fallback.is_function() {
        let object = state.argument(1);
        state.push(fallback);
        state.push(object);
        state.push(key);
        state.call(2, 1)?;
        return Ok(1);
    }
    if fallback.is_nil() {
        return state.return_value(Raw::NIL);
    }
    let value = state.get_index(fallback, key, None)?;
    state.return_value(value)
}

/// `__newindex` of a type. Upvalues: how fields are written, and what the type itself has.
fn new_index(state: &mut State) -> VmResult<usize> {
    let key = state.argument(2);
    if let Some(setters) = state.native_upvalue(1).as_table() {
        let setter = state.heap.raw_get(setters, key);
        if !setter.is_nil() {
            return run_stored(state, setter);
        }
    }
    let fallback = state.native_upvalue(2);
    let (object, value) = (state.argument(1), state.argument(3));
    if fallback.is_function() {
        state.push(fallback);
        for v in [object, key, value] {
            state.push(v);
        }
        state.call(3, 0)?;
        return Ok(0);
    }
    if !fallback.is_nil() {
        state.set_index(fallback, key, value, None)?;
        return Ok(0);
    }
    let mut name = Vec::new();
    state.append_text(key, &mut name);
    let pieces: [&[u8]; 3] = [b"attempt to set an unknown field '", &name, b"'"];
    Err(state.position_error_format(&pieces))
}
