//! File handles: userdata of 8 bytes whose metatable is the registry's `FILE*`. The
//! data is the number of the stream, and nothing once the file is closed. Mirrors
//! `tofile`, `newfile`, `pushresult` and the closing functions of `liolib.c`.

use crate::heap::value::{UserDataRef, Value};
use crate::limits::MAX_C_CALLS;
use crate::stdlib::host::Errno;
use crate::stdlib::standard::{FileId, system};
use crate::stdlib::{address, c_text};
use crate::vm::State;
use crate::vm::call::{Request, SPECIAL};
use crate::vm::error::Result;

/// The name of the metatable of handles in the registry.
pub(super) const TYPE: &str = "FILE*";
/// What 5.1.1 charges for a handle: a pointer to a `FILE`.
const BYTES: usize = 8;

/// Why an operation failed: `errno`, and the file's name if the message has it.
pub(super) struct Failure<'a> {
    error: Errno,
    name: Option<&'a [u8]>,
}

impl Failure<'static> {
    /// C would use a pointer to a stream that is no more.
    pub(super) fn closed() -> Self {
        Errno::BAD_FILE.into()
    }
}

impl<'a> Failure<'a> {
    pub(super) fn at(error: Errno, name: &'a [u8]) -> Self {
        let name = Some(c_text(name));
        Failure { error, name }
    }
}

impl From<Errno> for Failure<'_> {
    fn from(error: Errno) -> Self {
        Failure { error, name: None }
    }
}

/// Pushes true; or nil, a message and the error's number.
pub(super) fn push_result(
    state: &mut State,
    result: core::result::Result<(), Failure<'_>>,
) -> Result<usize> {
    let Err(failure) = result else {
        return state.return_value(Value::TRUE);
    };
    system(state).errno = failure.error;
    state.push(Value::NIL);
    let message = failure.error.message();
    match failure.name {
        Some(name) => state.push_format(&[b"", name, b": ", message.as_bytes(), b""])?,
        None => state.push_format(&[b"", message.as_bytes(), b""])?,
    }
    state.push(Value::number(failure.error.0.into()));
    Ok(3)
}

/// Pushes a new handle, closed so far, with the running function's environment.
pub(super) fn new_handle(state: &mut State) -> Result<UserDataRef> {
    state.check_gc()?;
    let environment = state.current_environment();
    let handle = state.heap.new_userdata(BYTES, environment, None);
    state.push(Value::userdata(handle));
    let registry = state.registry();
    state.push_field(Value::table(registry), TYPE)?;
    let metatable = state.pop().as_table();
    state.set_metatable(Value::userdata(handle), metatable);
    Ok(handle)
}

/// Makes a handle refer to an open stream.
pub(super) fn attach(state: &mut State, handle: UserDataRef, file: FileId) {
    state.heap.userdata_mut(handle).data = Some(Box::new(file));
}

/// The open stream that a value refers to if it is a handle.
#[inline]
pub(super) fn file_of(state: &State, v: Value) -> Option<FileId> {
    let handle = v.as_userdata()?;
    let data = state.heap.userdata(handle).data.as_deref()?;
    data.downcast_ref::<FileId>().copied()
}

/// The first argument's stream.
pub(super) fn check_file(state: &mut State) -> Result<FileId> {
    let handle = state.check_userdata(1, TYPE)?;
    match file_of(state, Value::userdata(handle)) {
        Some(file) => Ok(file),
        None => Err(state.position_error_format(&[b"attempt to use a closed file"])),
    }
}

/// Closes the first argument, a handle, by the function in its environment. That one
/// runs in the frame of the caller, as in C, and may be any native; what is no native
/// C would call as if it were one.
pub(super) fn close_by_environment(state: &mut State) -> Result<usize> {
    let Some(handle) = state.argument(1).as_userdata() else {
        return Ok(0);
    };
    let environment = Value::table(state.heap.userdata(handle).env);
    state.push(environment);
    state.push_field(environment, "__close")?;
    let top = state.heap.thread.top - 1;
    let Some(closer) = state.heap.thread.stack[top].as_native() else {
        return Err(state.position_error_format(&[b"file has no function that closes it"]));
    };
    // It may come back here; C then runs out of stack.
    let depth = &mut system(state).closing;
    if *depth >= MAX_C_CALLS {
        return Err(state.position_error_format(&[b"C stack overflow"]));
    }
    *depth += 1;
    let result = state.native_function(closer)(state);
    system(state).closing -= 1;
    result
}

/// The same where nobody wants the results, nor what the function may have asked for.
pub(super) fn close_silently(state: &mut State) -> Result<()> {
    if close_by_environment(state)? == SPECIAL {
        state.request = Request::None;
    }
    Ok(())
}

/// Closes the first argument's stream: 0, or the wait status of a process.
fn close_stream(state: &mut State) -> Result<core::result::Result<i32, Errno>> {
    let handle = state.check_userdata(1, TYPE)?;
    let file = file_of(state, Value::userdata(handle));
    state.heap.userdata_mut(handle).data = None;
    let stream = file.and_then(|file| system(state).take(file));
    Ok(stream.map_or(Err(Errno::BAD_FILE), |stream| stream.close()))
}

/// `__close` of everything but pipes.
pub(super) fn close_file(state: &mut State) -> Result<usize> {
    let result = match close_stream(state)? {
        Ok(0) => Ok(()),
        // A process that failed is no error to C, which reports whatever came before.
        Ok(_) => Err(system(state).errno.into()),
        Err(error) => Err(error.into()),
    };
    push_result(state, result)
}

/// `__close` of pipes: the status of the process does not count.
pub(super) fn close_pipe(state: &mut State) -> Result<usize> {
    let result = close_stream(state)?;
    push_result(state, result.map(drop).map_err(Into::into))
}

/// `__gc`: closes a file that is open, but none of the standard ones.
pub(super) fn collect(state: &mut State) -> Result<usize> {
    let handle = state.check_userdata(1, TYPE)?;
    let file = file_of(state, Value::userdata(handle));
    if file.is_some_and(|file| !file.is_standard()) {
        close_silently(state)?;
    }
    Ok(0)
}

pub(super) fn tostring(state: &mut State) -> Result<usize> {
    let handle = Value::userdata(state.check_userdata(1, TYPE)?);
    if file_of(state, handle).is_none() {
        return state.return_bytes(b"file (closed)");
    }
    state.push_format(&[b"file (", address(handle).as_bytes(), b")"])?;
    Ok(1)
}
