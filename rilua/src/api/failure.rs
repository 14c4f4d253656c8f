//! Errors at the border between the virtual machine and the embedder, in both directions.
//!
//! An [`Error`] of Rust is a userdata while it goes through Lua code. The other way, the
//! error is taken out of the userdata again, so that it arrives unchanged.

use super::convert::Access;
use super::error::{Error, ErrorKind, Frame};
use super::link::Lua;
use super::value::Value;
use crate::heap::value::{TableRef, ThreadRef, UserDataRef, Value as Raw};
use crate::vm::State;
use crate::vm::debug::{Level, find_level};
use crate::vm::error::{Error as Raised, Result as VmResult, Status};

/// Levels of the stack that an error keeps.
const MOST_FRAMES: usize = 100;
/// The registry's name for the metatable of errors.
const METATABLE: &str = "rilua.error";
/// What 5.1.1 would charge for such a userdata: a pointer.
const ERROR_BYTES: usize = 8;

/// An error of Rust inside a userdata.
struct Carried(Error);

/// The error that a userdata carries, if it is one of ours.
#[inline]
pub(crate) fn error_in(state: &State, u: UserDataRef) -> Option<Error> {
    let data = state.heap.userdata(u).data.as_ref()?;
    data.downcast_ref::<Carried>()
        .map(|carried| carried.0.clone())
}

/// Makes the userdata that carries an error; nothing keeps it yet. An error that was a
/// Lua value becomes that value again.
#[cold]
pub(crate) fn push_error(access: &mut Access<'_>, error: Error) -> Raw {
    if let Some(handle) = error.value().and_then(Value::handle)
        && let Ok(value) = handle.value_in(access.lua)
    {
        return value;
    }
    match error.value() {
        Some(Value::Nil) => return Raw::NIL,
        Some(Value::Boolean(b)) => return Raw::boolean(*b),
        Some(Value::Number(n)) => return Raw::number(*n),
        _ => {}
    }
    carrier(access.state, error)
}

/// Makes a userdata that carries an error.
fn carrier(state: &mut State, error: Error) -> Raw {
    let metatable = metatable(state);
    let env = state.globals();
    let carried = Box::new(Carried(error));
    let u = state.heap.new_userdata(ERROR_BYTES, env, Some(carried));
    state.heap.userdata_mut(u).metatable = metatable;
    Raw::userdata(u)
}

fn metatable(state: &mut State) -> TableRef {
    let registry = state.registry();
    if let Some(found) = state.heap.raw_get_str(registry, METATABLE).as_table() {
        return found;
    }
    let t = state.heap.new_table(0, 1);
    state.heap.raw_set_str(registry, METATABLE, Raw::table(t));
    let id = state.find_native("(tostring of an error)", error_text);
    let env = state.globals();
    let function = state.heap.new_native(id, env, Box::default());
    state
        .heap
        .raw_set_str(t, "__tostring", Raw::native(function));
    t
}

/// `__tostring` of errors.
fn error_text(state: &mut State) -> VmResult<usize> {
    let u = state.argument(1).as_userdata();
    match u.and_then(|u| error_in(state, u)) {
        Some(error) => state.return_bytes(error.to_string().as_bytes()),
        None => Err(state.argument_type_error(1, "error")),
    }
}

/// The error that an embedder sees for a Lua value that was raised.
pub(crate) fn error_of(access: &mut Access<'_>, value: Raw) -> Error {
    of_value(access, value, ErrorKind::Runtime)
}

fn of_value(access: &mut Access<'_>, value: Raw, kind: ErrorKind) -> Error {
    if let Some(u) = value.as_userdata()
        && let Some(error) = error_in(access.state, u)
    {
        return error;
    }
    let mut text = Vec::new();
    if value.is_string() || value.is_number() {
        access.state.append_text(value, &mut text);
    } else {
        let type_name = value.kind().name();
        text.extend_from_slice(format!("(error object is a {type_name} value)").as_bytes());
    }
    let message = String::from_utf8_lossy(&text).into_owned();
    let incomplete = kind == ErrorKind::Syntax && message.ends_with("near '<eof>'");
    let error = Error::new(kind, message).with_value(Value::of_raw(value, access.lua));
    if incomplete {
        error.with_incomplete()
    } else {
        error
    }
}

fn kind_of(status: Status) -> ErrorKind {
    match status {
        Status::Runtime => ErrorKind::Runtime,
        Status::Memory => ErrorKind::Memory,
        Status::Syntax => ErrorKind::Syntax,
        Status::Handler => ErrorKind::ErrorHandling,
        Status::Stopped(stop) => ErrorKind::of_stop(stop),
    }
}

/// An error that the virtual machine has raised; the stack is still as it was then.
#[cold]
#[inline(never)]
pub(crate) fn caught(state: &mut State, lua: &Lua, raised: &Raised) -> Error {
    let error = of_status(state, lua, raised.value(), raised.status());
    error.with_traceback(|| traceback(state))
}

/// The same for an error that was taken off the stack.
#[cold]
pub(crate) fn of_status(state: &mut State, lua: &Lua, value: Raw, status: Status) -> Error {
    of_value(&mut Access { state, lua }, value, kind_of(status))
}

/// Raises an error of the embedder's.
#[cold]
#[inline(never)]
pub(crate) fn raise(state: &mut State, lua: &Lua, error: Error) -> Raised {
    let status = match error.kind() {
        ErrorKind::Memory => Status::Memory,
        kind if let Some(stop) = kind.stop() => Status::Stopped(stop),
        _ => Status::Runtime,
    };
    let value = push_error(&mut Access { state, lua }, error);
    Raised::new(status, value)
}

/// Raises an error that no Lua value is behind.
#[cold]
pub(crate) fn raise_new(state: &mut State, error: Error) -> Raised {
    let value = carrier(state, error);
    Raised::new(Status::Runtime, value)
}

/// The levels of the running thread, the innermost first.
pub(crate) fn traceback(state: &State) -> Vec<Frame> {
    let mut frames = Vec::new();
    for level in 0.. {
        match find_level(&state.heap.thread, level) {
            Some(found) if frames.len() < MOST_FRAMES => frames.push(frame(state, found)),
            _ => break,
        }
    }
    frames
}

/// The levels of a coroutine.
pub(crate) fn traceback_of(state: &mut State, t: ThreadRef) -> Vec<Frame> {
    state.with_thread(t, |state| traceback(state))
}

fn frame(state: &State, level: Level) -> Frame {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match level {
        Level::Call(index) => {
            let info = state.function_info(state.call_function(index));
            let name = state.call_name(index);
            Frame {
                source: text(&info.short_source),
                line: u32::try_from(state.current_line(index)).ok(),
                name_kind: name.as_ref().map(|(kind, _)| (*kind).to_owned()),
                name: name.map(|(_, name)| text(&name)),
                what: info.what.to_owned(),
            }
        }
        Level::TailCall => Frame {
            source: "(tail call)".to_owned(),
            line: None,
            name: None,
            name_kind: None,
            what: "tail".to_owned(),
        },
    }
}
