//! The input and output library (manual §5.7). Mirrors `liolib.c`, over the streams
//! of [`stdio`](super::stdio) that [`standard`](super::standard) keeps.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | opening the library, functions that open files, default files |
//! | `handle.rs` | file handles: checking, closing, results of operations |
//! | `transfer.rs` | reading and writing |
//!
//! The functions of the library share one environment table (D43), where C code
//! finds the default input at 1, the default output at 2, and under `__close`
//! the function that closes files. A file gets the environment of the function that
//! opened it; only `popen` has another one. The debug library can put anything there:
//! where C would then follow a wild pointer, a default file counts as closed here.

mod handle;
mod transfer;

use super::host::PipeMode;
use super::standard::{FileId, system};
use super::stdio::{Buffering, Stream, Whence};
use super::{Entry, add_functions, c_text, leave_behind, library, register, set_field, set_native};
use crate::heap::value::{TableRef, Value};
use crate::vm::error::Result;
use crate::vm::{NativeFn, State};
use handle::{Failure, TYPE, check_file, close_by_environment, file_of, new_handle, push_result};

const FUNCTIONS: [Entry; 11] = [
    ("close", close),
    ("flush", flush_default),
    ("input", input),
    ("lines", lines_of),
    ("open", open_file),
    ("output", output),
    ("popen", popen),
    ("read", transfer::read_default),
    ("tmpfile", tmpfile),
    ("type", type_),
    ("write", transfer::write_default),
];

const METHODS: [Entry; 9] = [
    ("close", close),
    ("flush", flush),
    ("lines", lines),
    ("read", transfer::read),
    ("seek", seek),
    ("setvbuf", setvbuf),
    ("write", transfer::write),
    ("__gc", handle::collect),
    ("__tostring", handle::tostring),
];

/// A default file: its place in the environment of the library.
#[derive(Clone, Copy)]
enum Default {
    Input = 1,
    Output = 2,
}

impl Default {
    fn name(self) -> &'static str {
        match self {
            Default::Input => "input",
            Default::Output => "output",
        }
    }

    /// The file, which may be anything in truth.
    fn get(self, state: &State) -> Value {
        let environment = state.current_environment();
        state.heap.table(environment).get_integer(self as i32)
    }
}

pub(crate) fn open(state: &mut State) -> Result<usize> {
    let step = state.register_native("(lines iterator)", transfer::next_line);
    library(&mut state.global.library).line_step = Some(step);
    // The methods are made before the environment is, and keep the globals as theirs.
    let metatable = state.push_table(0, 0)?;
    let registry = state.registry();
    set_field(state, registry, TYPE, Value::table(metatable))?;
    set_field(state, metatable, "__index", Value::table(metatable))?;
    add_functions(state, metatable, &METHODS)?;
    let environment = state.push_table(2, 1)?;
    state.pop();
    let opener = state.current_call().func as usize;
    state.set_environment(state.heap.thread.stack[opener], environment);
    let library = register(state, "io", &FUNCTIONS)?;
    for (name, file, default) in [
        ("stdin", FileId::INPUT, Some(Default::Input)),
        ("stdout", FileId::OUTPUT, Some(Default::Output)),
        ("stderr", FileId::ERROR, None),
    ] {
        let handle = new_handle(state)?;
        handle::attach(state, handle, file);
        if let Some(default) = default {
            state.set_integer_raw(environment, default as i32, Value::userdata(handle))?;
        }
        set_field(state, library, name, Value::userdata(handle))?;
        state.pop();
    }
    state.push_field(Value::table(library), "popen")?;
    let pipes = state.push_table(0, 1)?;
    set_closer(state, pipes, handle::close_pipe)?;
    state.pop();
    let popen = state.pop();
    state.set_environment(popen, pipes);
    set_closer(state, environment, handle::close_file)?;
    Ok(1)
}

fn set_closer(state: &mut State, environment: TableRef, closer: NativeFn) -> Result<()> {
    let id = state.register_native("__close", closer);
    set_native(state, environment, "__close", id, &[])
}

/// A default file of the running function's environment, open.
fn default_file(state: &mut State, default: Default) -> Result<FileId> {
    let v = default.get(state);
    state.push(v);
    match file_of(state, v) {
        Some(file) => Ok(file),
        None => {
            let name = default.name().as_bytes();
            Err(state.position_error_format(&[b"standard ", name, b" file is closed"]))
        }
    }
}

fn close(state: &mut State) -> Result<usize> {
    if !state.has_argument(1) {
        let v = Default::Output.get(state);
        state.push(v);
    }
    check_file(state)?;
    close_by_environment(state)
}

fn type_(state: &mut State) -> Result<usize> {
    let v = state.check_any(1)?;
    let registry = state.registry();
    let expected = state.heap.raw_get_str(registry, TYPE);
    state.push(expected);
    let metatable = v.as_userdata().map(|u| state.heap.userdata(u).metatable);
    let metatable = metatable.and_then(TableRef::some);
    if let Some(metatable) = metatable {
        state.push(Value::table(metatable));
    }
    if metatable.is_none() || metatable != expected.as_table() {
        return state.return_value(Value::NIL);
    }
    let is_open = file_of(state, v).is_some();
    state.return_bytes(if is_open { b"file" } else { b"closed file" })
}

fn open_file(state: &mut State) -> Result<usize> {
    let name = state.check_bytes(1)?;
    let mode = optional_mode(state)?;
    let handle = new_handle(state)?;
    match system(state).open(&name, &mode) {
        Ok(file) => {
            handle::attach(state, handle, file);
            Ok(1)
        }
        Err(error) => push_result(state, Err(Failure::at(error, &name))),
    }
}

fn optional_mode(state: &mut State) -> Result<Vec<u8>> {
    let mode = state.optional_string(2)?;
    Ok(mode.map_or(b"r".to_vec(), |mode| state.heap.bytes(mode).to_vec()))
}

/// Starts a command. D42: what is in the buffers of streams stays there.
fn popen(state: &mut State) -> Result<usize> {
    let command = state.check_bytes(1)?;
    let mode = optional_mode(state)?;
    let handle = new_handle(state)?;
    let opened = PipeMode::parse(&mode).and_then(|mode| {
        let system = system(state);
        let pipe = Stream::pipe(&mut *system.host, &command, mode)?;
        Ok(system.add(pipe))
    });
    match opened {
        Ok(file) => {
            handle::attach(state, handle, file);
            Ok(1)
        }
        Err(error) => push_result(state, Err(Failure::at(error, &command))),
    }
}

fn tmpfile(state: &mut State) -> Result<usize> {
    let handle = new_handle(state)?;
    let system = system(state);
    match system.host.temporary_file() {
        Ok(file) => {
            let file = system.add(Stream::new(file, true, true));
            handle::attach(state, handle, file);
            Ok(1)
        }
        Err(error) => push_result(state, Err(error.into())),
    }
}

fn input(state: &mut State) -> Result<usize> {
    change_default(state, Default::Input, b"r")
}

fn output(state: &mut State) -> Result<usize> {
    change_default(state, Default::Output, b"w")
}

/// Makes the file given by handle or name a default file; returns the one that is.
fn change_default(state: &mut State, default: Default, mode: &[u8]) -> Result<usize> {
    let environment = state.current_environment();
    if !state.argument(1).is_nil() {
        let slot = state.base();
        let file = if state.string_in_place(slot) {
            state.check_gc()?;
            open_or_fail(state, mode)?
        } else {
            check_file(state)?;
            state.argument(1)
        };
        state.set_integer_raw(environment, default as i32, file)?;
    }
    let file = default.get(state);
    state.return_value(file)
}

/// Opens the file that the first argument, a string, names; leaves its handle on the
/// stack.
fn open_or_fail(state: &mut State, mode: &[u8]) -> Result<Value> {
    let name = state.check_bytes(1)?;
    let handle = new_handle(state)?;
    match system(state).open(&name, mode) {
        Ok(file) => {
            handle::attach(state, handle, file);
            Ok(Value::userdata(handle))
        }
        Err(error) => {
            let name = c_text(&name);
            system(state).errno = error;
            let message = error.message();
            Err(state.argument_error_format(1, &[b"", name, b": ", message.as_bytes(), b""]))
        }
    }
}

/// Pushes the function that returns the next line of a file each time.
fn push_lines(state: &mut State, file: Value, closes: bool) -> Result<usize> {
    match library(&mut state.global.library).line_step {
        Some(step) => {
            let closes = if closes { Value::TRUE } else { Value::FALSE };
            state.push_native(step, &[file, closes])?;
            leave_behind(state, closes);
            Ok(1)
        }
        // It is there as soon as the library is open.
        None => Ok(0),
    }
}

fn lines(state: &mut State) -> Result<usize> {
    check_file(state)?;
    let file = state.argument(1);
    push_lines(state, file, false)
}

fn lines_of(state: &mut State) -> Result<usize> {
    if state.argument(1).is_nil() {
        // The first argument, unless that was a nil.
        let v = Default::Input.get(state);
        state.push(v);
        return lines(state);
    }
    state.check_string(1)?;
    let file = open_or_fail(state, b"r")?;
    push_lines(state, file, true)
}

/// The stream of a file that is known to be open.
fn stream(state: &mut State, file: FileId) -> core::result::Result<&mut Stream, Failure<'static>> {
    system(state).get(file).ok_or(Failure::closed())
}

fn flush_default(state: &mut State) -> Result<usize> {
    let file = default_file(state, Default::Output)?;
    let result = stream(state, file).and_then(|stream| Ok(stream.flush()?));
    push_result(state, result)
}

fn flush(state: &mut State) -> Result<usize> {
    let file = check_file(state)?;
    let result = stream(state, file).and_then(|stream| Ok(stream.flush()?));
    push_result(state, result)
}

fn seek(state: &mut State) -> Result<usize> {
    let file = check_file(state)?;
    let origins = [Whence::Start, Whence::Current, Whence::End];
    let origin = state.check_option(2, Some("cur"), &["set", "cur", "end"])?;
    let offset = state.optional_integer(3, 0)?;
    let whence = origins.get(origin).copied().unwrap_or(Whence::Current);
    let result = stream(state, file).and_then(|stream| {
        stream.seek(offset, whence)?;
        // What `ftell` can't tell is -1.
        Ok(stream.tell().map_or(-1.0, |place| place as f64))
    });
    match result {
        Ok(place) => state.return_number(place),
        Err(failure) => push_result(state, Err(failure)),
    }
}

fn setvbuf(state: &mut State) -> Result<usize> {
    let file = check_file(state)?;
    let modes = [Buffering::None, Buffering::Full, Buffering::Line];
    let mode = state.check_option(2, None, &["no", "full", "line"])?;
    // The C library takes no notice of the size.
    state.optional_integer(3, 0)?;
    let mode = modes.get(mode).copied().unwrap_or(Buffering::Full);
    let result = stream(state, file).and_then(|stream| Ok(stream.set_buffering(mode)?));
    push_result(state, result)
}
