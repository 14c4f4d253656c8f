//! From program text or a precompiled chunk to a function, and back to bytes.
//! Mirrors `f_parser`, `lua_load` and `lua_dump`.

use super::State;
use super::error::{Error, Result, Status};
use super::names::HeapFunction;
use super::prepare::prepare;
use crate::bytecode::dump::dump;
use crate::compiler::{CompileError, CompileOptions, load};
use crate::heap::value::Value;
use crate::limits::SYNTAX_ID_SIZE;
use crate::syntax::chunk_id;
use crate::syntax::source::{SliceSource, Source};

/// What stands between the text of a syntax error and the token it was found at.
const NEAR: &[u8] = b" near '";

impl State {
    /// Compiles or undumps a chunk; the function is pushed. On failure the message
    /// is pushed instead, and the status returned. Errors of the source are caught
    /// as well.
    pub(crate) fn load_bytes(
        &mut self,
        text: &[u8],
        name: &[u8],
    ) -> core::result::Result<(), Status> {
        let top = self.heap.thread.top;
        let handler = self.heap.thread.error_handler;
        self.protect(top, handler, |state| {
            state.check_gc()?;
            let options = CompileOptions {
                chunk_name: name,
                c_depth: state.heap.thread.native_depth,
            };
            let chunk = match load(SliceSource::new(text), &options) {
                Ok(chunk) => chunk,
                Err(error) => {
                    return Err(state.compile_error(name, error, |_, never| match never {}));
                }
            };
            state.push_chunk(&chunk)
        })
    }

    /// Loads from a function that is called for each piece of the text.
    pub(crate) fn load_pieces(
        &mut self,
        name: &[u8],
        piece: impl FnMut(&mut State) -> Result<Option<Vec<u8>>>,
    ) -> core::result::Result<(), Status> {
        let top = self.heap.thread.top;
        let handler = self.heap.thread.error_handler;
        self.protect(top, handler, |state| {
            let c_depth = state.heap.thread.native_depth;
            let mut pieces = Pieces {
                state,
                piece,
                first: None,
            };
            // The first piece is read before the collector gets its chance.
            pieces.first = (pieces.piece)(pieces.state)?;
            pieces.state.check_gc()?;
            let options = CompileOptions {
                chunk_name: name,
                c_depth,
            };
            let loaded = load(&mut pieces, &options);
            let state = pieces.state;
            match loaded {
                Ok(chunk) => state.push_chunk(&chunk),
                Err(error) => Err(state.compile_error(name, error, |_, error| error)),
            }
        })
    }

    fn compile_error<E>(
        &mut self,
        chunk_name: &[u8],
        error: CompileError<E>,
        convert: impl FnOnce(&mut State, E) -> Error,
    ) -> Error {
        match error {
            // No handler sees a syntax error, as none sees that of a failed handler.
            CompileError::Syntax(message) => {
                let v = self.string(&message);
                match self.push_syntax_message(chunk_name, &message) {
                    Ok(()) => Error::new(Status::Syntax, v),
                    Err(error) => error,
                }
            }
            CompileError::Overflow(message) => self.runtime_error_format(&[&message]),
            CompileError::Source(e) => convert(self, e),
            CompileError::Memory => self.memory_error(),
        }
    }

    /// Makes the strings from which C puts together `chunk:line: text near 'token'`.
    fn push_syntax_message(&mut self, chunk_name: &[u8], message: &[u8]) -> Result<()> {
        let chunk = chunk_id(chunk_name, SYNTAX_ID_SIZE);
        let rest = message.strip_prefix(chunk.as_slice());
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix(b":")) else {
            // Of a precompiled chunk.
            return Ok(());
        };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (line, rest) = rest.split_at(digits);
        let text = rest.strip_prefix(b": ").unwrap_or(rest);
        let near = text.windows(NEAR.len()).rposition(|part| part == NEAR);
        let Some(near) = near else {
            return self.push_format_unchecked(&[b"", &chunk, b":", line, b": ", text, b""]);
        };
        let (text, token) = text.split_at(near);
        self.push_format_unchecked(&[b"", &chunk, b":", line, b": ", text, b""])?;
        let token = token.strip_prefix(NEAR).unwrap_or(token);
        let token = token.strip_suffix(b"'").unwrap_or(token);
        let before = message.len() - NEAR.len() - token.len() - 1;
        let before = message.get(..before).unwrap_or(message);
        self.push_format_unchecked(&[b"", before, NEAR, token, b"'"])
    }

    fn push_chunk(&mut self, chunk: &crate::bytecode::Chunk) -> Result<()> {
        let proto = prepare(&mut self.heap, chunk);
        let env = self.globals();
        let upvalues: Vec<_> = (0..proto.upvalue_count)
            .map(|_| self.heap.new_upvalue())
            .collect();
        let c = self.heap.new_closure(proto, env, &upvalues);
        self.push(Value::closure(c));
        Ok(())
    }

    /// The binary form of a Lua function, with its debug information unless `strip`.
    pub(crate) fn dump_function(&self, f: Value, strip: bool) -> Option<Vec<u8>> {
        let c = f.as_closure()?;
        let proto = &self.heap.closure(c).proto;
        Some(dump(
            HeapFunction {
                heap: &self.heap,
                proto,
            },
            strip,
        ))
    }
}

/// A source that asks Lua code for its text, piece by piece.
struct Pieces<'a, F> {
    state: &'a mut State,
    piece: F,
    first: Option<Vec<u8>>,
}

impl<F: FnMut(&mut State) -> Result<Option<Vec<u8>>>> Source for &mut Pieces<'_, F> {
    type Error = Error;

    fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool> {
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => (self.piece)(self.state)?,
        };
        match piece {
            Some(piece) if !piece.is_empty() => {
                buffer.extend_from_slice(&piece);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
