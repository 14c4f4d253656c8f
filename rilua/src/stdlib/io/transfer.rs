//! Reading and writing. Mirrors `g_read`, `g_write` and `io_readline` of `liolib.c`.
//!
//! Results are pushed in C's order and no others are, because a number that can't be
//! read uncovers what lies below (D41). A collection may run whenever something is
//! pushed, and a finalizer may close the file: so the stream is looked up anew each
//! time, and a file closed meanwhile has nothing more to read.

use super::handle::{Failure, check_file, close_silently, file_of, push_result};
use super::{Default, default_file};
use crate::heap::value::Value;
use crate::limits::MIN_STACK;
use crate::number::{NumberScanner, to_i64, write_number};
use crate::stdlib::buffer::Buffer;
use crate::stdlib::host::Errno;
use crate::stdlib::library;
use crate::stdlib::standard::{FileId, system};
use crate::stdlib::stdio::{FREAD_SIZE, LinePiece, Stream};
use crate::vm::State;
use crate::vm::budget::BYTES_PER_UNIT;
use crate::vm::error::Result;

pub(super) fn write_default(state: &mut State) -> Result<usize> {
    let file = default_file(state, Default::Output)?;
    write_values(state, file, 1)
}

pub(super) fn write(state: &mut State) -> Result<usize> {
    let file = check_file(state)?;
    write_values(state, file, 2)
}

/// Writes the arguments from `first` on; the handle is in the frame, too.
fn write_values(state: &mut State, file: FileId, first: usize) -> Result<usize> {
    let count = state.argument_count() - 1;
    let mut result = Ok(());
    for n in first..first + count {
        let v = state.argument(n);
        if let Some(number) = v.as_number() {
            if result.is_ok() {
                result = write_as_text(state, file, number);
            }
            continue;
        }
        let text = state.check_string(n)?;
        if result.is_ok() {
            let stream = library(&mut state.global.library).system.get(file);
            result = match stream {
                Some(stream) => stream.write(state.heap.bytes(text)),
                None => Err(Errno::BAD_FILE),
            };
        }
    }
    push_result(state, result.map_err(Failure::from))
}

fn write_as_text(state: &mut State, file: FileId, number: f64) -> core::result::Result<(), Errno> {
    let mut text = core::mem::take(&mut state.global.scratch);
    text.clear();
    write_number(number, &mut text);
    let result = match system(state).get(file) {
        Some(stream) => stream.write_number_text(&text),
        None => Err(Errno::BAD_FILE),
    };
    state.global.scratch = text;
    result
}

pub(super) fn read_default(state: &mut State) -> Result<usize> {
    let file = default_file(state, Default::Input)?;
    read_formats(state, file, 1)
}

pub(super) fn read(state: &mut State) -> Result<usize> {
    let file = check_file(state)?;
    read_formats(state, file, 2)
}

/// Reads by the formats from argument `first` on; the handle is in the frame, too.
fn read_formats(state: &mut State, file: FileId, first: usize) -> Result<usize> {
    let formats = state.argument_count() - 1;
    if let Some(stream) = system(state).get(file) {
        stream.clear_error();
    }
    let mut next = first;
    let mut succeeded = true;
    if formats == 0 {
        succeeded = read_line(state, file)?;
        next += 1;
    } else {
        state.need_native_stack(formats + MIN_STACK, "too many arguments")?;
        while next < first + formats && succeeded {
            succeeded = read_format(state, file, next)?;
            next += 1;
        }
    }
    if let Some(error) = failure_of(state, file) {
        return push_result(state, Err(error.into()));
    }
    if !succeeded {
        state.pop();
        state.push(Value::NIL);
    }
    Ok(next - first)
}

/// A stream of which more is wanted than its buffer may hold.
fn reading(state: &mut State, file: FileId) -> Option<&mut Stream> {
    let files = system(state);
    files.before_reading(file);
    files.get(file)
}

/// The error indicator.
fn failure_of(state: &mut State, file: FileId) -> Option<Errno> {
    system(state).get(file)?.error()
}

/// Reads what argument `n` asks for; false if it isn't there.
fn read_format(state: &mut State, file: FileId, n: usize) -> Result<bool> {
    let format = state.argument(n);
    if let Some(count) = format.as_number() {
        return match to_i64(count).cast_unsigned() {
            0 => test_eof(state, file),
            // Counts and addresses have 64 bits.
            count => read_chars(state, file, usize::try_from(count).unwrap_or(usize::MAX)),
        };
    }
    let format = format.as_string().map_or(&b""[..], |s| state.heap.bytes(s));
    match format {
        [b'*', b'n', ..] => read_number(state, file),
        [b'*', b'l', ..] => read_line(state, file),
        [b'*', b'a', ..] => {
            read_chars(state, file, usize::MAX)?;
            Ok(true)
        }
        [b'*', ..] => Err(state.argument_error(n, "invalid format")),
        _ => Err(state.argument_error(n, "invalid option")),
    }
}

/// D41: pushes nothing if there is no number.
fn read_number(state: &mut State, file: FileId) -> Result<bool> {
    /// Few numbers are longer; white space before one may be without end.
    const AT_ONCE: usize = 1 << 14;
    let mut scanner = NumberScanner::new();
    while let Some(stream) = reading(state, file)
        && !stream.scan_number(&mut scanner, AT_ONCE)
    {
        state.charge(AT_ONCE / BYTES_PER_UNIT)?;
    }
    let number = scanner.finish();
    if let Some(number) = number {
        state.push(Value::number(number));
    }
    Ok(number.is_some())
}

fn test_eof(state: &mut State, file: FileId) -> Result<bool> {
    let more = reading(state, file).is_some_and(|stream| stream.has_more());
    state.push_bytes(b"")?;
    Ok(more)
}

/// Pushes the next line, or the empty string.
fn read_line(state: &mut State, file: FileId) -> Result<bool> {
    if push_buffered_line(state, file) {
        return Ok(true);
    }
    let mut buffer = Buffer::new(state);
    let complete = loop {
        buffer.prepare(state)?;
        let stream = reading(state, file);
        let piece = stream.map_or(LinePiece::None, |stream| {
            stream.read_line_piece(buffer.text())
        });
        match piece {
            // A line may be without end, of zero bytes even, which are not kept.
            LinePiece::NotLast if buffer.text().is_empty() => {
                state.charge(FREAD_SIZE / BYTES_PER_UNIT)?;
            }
            LinePiece::NotLast => state.charge(0)?,
            LinePiece::Last => break true,
            LinePiece::None => break false,
        }
    };
    buffer.push_result(state)?;
    Ok(complete || top_is_not_empty(state))
}

/// Pushes the next line if it can be had without reading or collecting.
#[inline]
fn push_buffered_line(state: &mut State, file: FileId) -> bool {
    if state.heap.memory.total >= state.heap.collector.threshold {
        return false;
    }
    let stream = library(&mut state.global.library).system.get(file);
    let Some(line) = stream.and_then(|stream| stream.buffered_line()) else {
        return false;
    };
    let line = Value::string(state.heap.string(line));
    state.push(line);
    true
}

/// Pushes up to `wanted` bytes; false if there are none.
fn read_chars(state: &mut State, file: FileId, wanted: usize) -> Result<bool> {
    if push_buffered_bytes(state, file, wanted) {
        return Ok(true);
    }
    let mut buffer = Buffer::new(state);
    let mut missing = wanted;
    loop {
        buffer.prepare(state)?;
        let ask = missing.min(FREAD_SIZE);
        let stream = reading(state, file);
        let read = stream.map_or(0, |stream| stream.get_block(ask, buffer.text()));
        missing = missing.saturating_sub(read);
        state.charge(0)?;
        if missing == 0 || read < ask {
            break;
        }
    }
    buffer.push_result(state)?;
    Ok(missing == 0 || top_is_not_empty(state))
}

/// Pushes bytes if they can be had without reading or collecting.
#[inline]
fn push_buffered_bytes(state: &mut State, file: FileId, wanted: usize) -> bool {
    if state.heap.memory.total >= state.heap.collector.threshold || wanted > FREAD_SIZE {
        return false;
    }
    let stream = library(&mut state.global.library).system.get(file);
    let Some(bytes) = stream.and_then(|stream| stream.buffered_bytes(wanted)) else {
        return false;
    };
    let text = Value::string(state.heap.string(bytes));
    state.push(text);
    true
}

fn top_is_not_empty(state: &State) -> bool {
    let top = state.heap.thread.top - 1;
    let text = state.heap.thread.stack[top].as_string();
    text.is_some_and(|text| !state.heap.bytes(text).is_empty())
}

/// The function that `lines` returns: the next line of its first upvalue. At the end,
/// the file is closed if the second one says so.
pub(super) fn next_line(state: &mut State) -> Result<usize> {
    let handle = state.native_upvalue(1);
    let Some(file) = file_of(state, handle) else {
        return Err(state.position_error_format(&[b"file is already closed"]));
    };
    let earlier = system(state)
        .get(file)
        .and_then(|stream| stream.take_error());
    if earlier.is_none() && push_buffered_line(state, file) {
        return Ok(1);
    }
    let succeeded = read_line(state, file)?;
    if let Some(error) = line_failure(state, file, earlier) {
        return Err(state.position_error_format(&[b"", error.message().as_bytes(), b""]));
    }
    if succeeded {
        return Ok(1);
    }
    if state.native_upvalue(2) == Value::TRUE {
        state.set_argument_count(0);
        state.push(handle);
        close_silently(state)?;
    }
    Ok(0)
}

/// The error that ends an iteration. One of an operation before this one counts, too,
/// but C then shows the number of the last failure, whatever it was.
fn line_failure(state: &mut State, file: FileId, earlier: Option<Errno>) -> Option<Errno> {
    let files = system(state);
    let stream = files.get(file)?;
    match stream.error() {
        Some(error) => files.errno = error,
        None => stream.set_error(earlier?),
    }
    Some(files.errno)
}
