//! The process around the interpreter, as the libraries that are not about input
//! and output use it: its standard streams and its environment.

use crate::vm::State;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The value of an environment variable.
pub(crate) fn environment(_state: &mut State, name: &str) -> Option<Vec<u8>> {
    std::env::var_os(name).map(OsStringExt::into_vec)
}

/// Writes to standard output through the buffer that `io` uses too. What can't be
/// written is lost, as with C's `fputs` when nobody looks at its result.
pub(crate) fn write_stdout(_state: &mut State, text: &[u8]) {
    let _lost = io::stdout().write_all(text);
}

pub(crate) fn flush_stdout(_state: &mut State) {
    let _lost = io::stdout().flush();
}

/// Writes to standard error, which is not buffered.
pub(crate) fn write_stderr(text: &[u8]) {
    let _lost = io::stderr().write_all(text);
}

pub(crate) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Reads a line with its end, of at most `size - 1` bytes (`fgets`); nothing at the
/// end of the input.
pub(crate) fn read_stdin_line(_state: &mut State, size: usize) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let limit = size.saturating_sub(1) as u64;
    let read = io::stdin().lock().take(limit).read_until(b'\n', &mut line);
    match read {
        Ok(n) if n > 0 => Some(line),
        _ => None,
    }
}

/// Reads what is there of standard input, at most a buffer's worth.
pub(crate) fn read_stdin(_state: &mut State, buffer: &mut [u8]) -> io::Result<usize> {
    io::stdin().read(buffer)
}

/// Can a file be opened for reading?
pub(crate) fn is_readable(_state: &mut State, name: &[u8]) -> bool {
    File::open(OsStr::from_bytes(name)).is_ok()
}

/// At most `size` bytes from the beginning of a file. The outer error is that of
/// opening it, the inner one that of reading.
pub(crate) fn read_start(
    _state: &mut State,
    name: &[u8],
    size: usize,
) -> io::Result<io::Result<Vec<u8>>> {
    let file = File::open(OsStr::from_bytes(name))?;
    let mut start = Vec::new();
    let read = file.take(size as u64).read_to_end(&mut start);
    Ok(read.map(|_| start))
}

/// What C says about an error: Rust adds the error's number.
pub(crate) fn error_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}
