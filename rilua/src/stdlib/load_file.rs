//! Loads a chunk from a file or from standard input. Mirrors `luaL_loadfile`.

use super::host::Errno;
use super::standard;
use super::stdio::{FREAD_SIZE, Stream};
use crate::vm::State;
use crate::vm::error::{Result, Status};

/// The first byte of a precompiled chunk.
const ESCAPE: u8 = 0x1b;

/// Loads a file, or standard input without a name: the function is pushed, or a
/// message if it can't be opened, read or compiled.
pub(crate) fn load_file(
    state: &mut State,
    name: Option<&[u8]>,
) -> Result<core::result::Result<(), Status>> {
    let chunk_name = match name {
        Some(name) => [b"@", name].concat(),
        None => b"=stdin".to_vec(),
    };
    // The name stays on the stack until the chunk is loaded.
    match name {
        Some(name) => state.push_format(&[b"@", name, b""])?,
        None => state.push_bytes(&chunk_name)?,
    }
    let shown = name.unwrap_or(b"stdin");
    let file = match name.map(|name| standard::open_to_read(state, name)) {
        None => None,
        Some(Ok(file)) => Some(file),
        Some(Err(error)) => return fail(state, b"open", shown, error),
    };
    let mut input = Input {
        file,
        ended: false,
        error: None,
    };
    let mut first = Some(input.begin(state, name.is_some()));
    let loaded = state.load_pieces(&chunk_name, |state| match first.take() {
        // A piece without bytes would be the end of the text.
        Some(first) if !first.is_empty() => Ok(Some(first)),
        _ => Ok(input.read(state)),
    });
    let result = state.pop();
    if let Some(error) = input.error {
        return fail(state, b"read", shown, error);
    }
    state.pop();
    state.push(result);
    Ok(loaded)
}

/// Replaces the chunk's name on the stack by a message.
fn fail(
    state: &mut State,
    what: &[u8],
    name: &[u8],
    error: Errno,
) -> Result<core::result::Result<(), Status>> {
    let reason = error.message();
    state.push_format(&[b"cannot ", what, b" ", name, b": ", reason.as_bytes(), b""])?;
    let message = state.pop();
    state.pop();
    state.push(message);
    Ok(Err(Status::Runtime))
}

/// The text of a chunk, block by block.
struct Input {
    /// Standard input if there is none.
    file: Option<Stream>,
    ended: bool,
    error: Option<Errno>,
}

impl Input {
    /// The next block, nothing at the end or after an error.
    fn read(&mut self, state: &mut State) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        let mut block = Vec::new();
        let read = match &mut self.file {
            Some(file) => standard::read_block(file, FREAD_SIZE, &mut block),
            None => standard::read_stdin_block(state, FREAD_SIZE, &mut block),
        };
        match read {
            // A terminal is not asked again after the end of its input.
            Ok(read) => {
                self.ended = read < FREAD_SIZE;
                (read > 0).then_some(block)
            }
            Err(error) => {
                self.ended = true;
                self.error = Some(error);
                None
            }
        }
    }

    /// The first block, without a first line that begins with `#` but for its end. In
    /// a file, a precompiled chunk may follow such a line; it begins at the file's
    /// first escape character.
    fn begin(&mut self, state: &mut State, is_file: bool) -> Vec<u8> {
        let mut text = self.read(state).unwrap_or_default();
        if text.first() != Some(&b'#') {
            return text;
        }
        let Some(end) = self.read_to(state, &mut text, b'\n') else {
            return b"\n".to_vec();
        };
        if text.len() == end + 1 {
            text.extend(self.read(state).unwrap_or_default());
        }
        if is_file && text.get(end + 1) == Some(&ESCAPE) {
            let start = text.iter().position(|&byte| byte == ESCAPE);
            text.drain(..start.unwrap_or(end + 1));
        } else {
            text.drain(..end);
        }
        text
    }

    /// Reads until the text has a certain byte; its position.
    fn read_to(&mut self, state: &mut State, text: &mut Vec<u8>, byte: u8) -> Option<usize> {
        let mut from = 0;
        loop {
            if let Some(n) = text.get(from..)?.iter().position(|&b| b == byte) {
                return Some(from + n);
            }
            from = text.len();
            text.extend(self.read(state)?);
        }
    }
}
