//! Libraries in C: `package.loadlib` and what the loaders say about them. None is
//! loaded; for files that are no libraries the texts are those of glibc.

use super::set_popped;
use crate::heap::value::Value;
use crate::stdlib::host::Errno;
use crate::stdlib::{c_text, set_native, standard};
use crate::vm::State;
use crate::vm::error::Result;

/// Name of the type of handles in the registry.
const TYPE: &str = "_LOADLIB";
/// What libraries are known by in the registry.
const PREFIX: &[u8] = b"LOADLIB: ";
/// Bytes of a handle, a pointer of C.
const HANDLE_BYTES: usize = 8;
const DISABLED: &[u8] = b"dynamic libraries not enabled; check your Lua installation";

/// The first bytes of a library, and the least that one has.
const MAGIC: &[u8] = b"\x7fELF";
const HEADER_BYTES: usize = 64;
/// Where glibc looks for libraries whose name has no slash.
const FOLDERS: [&[u8]; 6] = [
    b"/lib/x86_64-linux-gnu/",
    b"/usr/lib/x86_64-linux-gnu/",
    b"/lib64/",
    b"/usr/lib64/",
    b"/lib/",
    b"/usr/lib/",
];

/// Makes the metatable of handles and leaves it on the stack.
pub(super) fn make_type(state: &mut State) -> Result<()> {
    let registry = state.registry();
    let metatable = state.push_table(0, 0)?;
    state.push(Value::table(metatable));
    set_popped(state, registry, TYPE)?;
    let id = state.register_native("(library finalizer)", finalize);
    set_native(state, metatable, "__gc", id, &[])
}

/// Handles hold nothing.
fn finalize(state: &mut State) -> Result<usize> {
    state.check_userdata(1, TYPE)?;
    Ok(0)
}

pub(super) fn loadlib(state: &mut State) -> Result<usize> {
    let path = state.check_bytes(1)?;
    state.check_string(2)?;
    let place = push_refusal(state, c_text(&path))?;
    let message = state.pop();
    state.push(Value::NIL);
    state.push(message);
    state.push_bytes(place)?;
    Ok(3)
}

/// Pushes the handle of a library, which stays in the registry, and why it can't be
/// loaded; at which stage that turned out.
pub(super) fn push_refusal(state: &mut State, path: &[u8]) -> Result<&'static [u8]> {
    let registry = Value::table(state.registry());
    state.push_format(&[b"", PREFIX, b"", path, b""])?;
    let key = state.pop();
    let handle = state.get_index(registry, key, None)?;
    if handle.is_nil() {
        state.check_gc()?;
        let env = state.current_environment();
        let handle = Value::userdata(state.heap.new_userdata(HANDLE_BYTES, env, None));
        state.push(handle);
        state.push_field(registry, TYPE)?;
        let metatable = state.pop().as_table();
        state.set_metatable(handle, metatable);
        state.push_format(&[b"", PREFIX, b"", path, b""])?;
        let key = state.pop();
        state.set_index(registry, key, handle, None)?;
    } else {
        state.push(handle);
    }
    match why_no_library(state, path) {
        Some(reason) => {
            state.push_bytes(&[path, b": ", &reason].concat())?;
            Ok(b"open")
        }
        None => {
            state.push_bytes(DISABLED)?;
            Ok(b"absent")
        }
    }
}

/// What glibc says if the path leads to no library; nothing if it may be one.
fn why_no_library(state: &mut State, path: &[u8]) -> Option<Vec<u8>> {
    if path.is_empty() {
        // The program itself.
        return None;
    }
    let opened = if path.contains(&b'/') {
        standard::read_start(state, path, HEADER_BYTES)
    } else {
        let found = FOLDERS
            .iter()
            .map(|folder| standard::read_start(state, &[folder, path].concat(), HEADER_BYTES))
            .find(|opened| opened.is_ok());
        found.unwrap_or(Err(Errno::NO_ENTRY))
    };
    match opened {
        Err(error) => Some(text_of("cannot open shared object file", error)),
        Ok(Err(error)) => Some(text_of("cannot read file data", error)),
        Ok(Ok(start)) if start.len() < HEADER_BYTES => Some(b"file too short".to_vec()),
        Ok(Ok(start)) if !start.starts_with(MAGIC) => Some(b"invalid ELF header".to_vec()),
        Ok(Ok(_)) => None,
    }
}

fn text_of(what: &str, error: Errno) -> Vec<u8> {
    format!("{what}: {}", error.message()).into_bytes()
}
