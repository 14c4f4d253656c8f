//! From program text or a precompiled chunk to a function, and back to bytes.
//! Mirrors `f_parser`, `lua_load` and `lua_dump`.

use super::State;
use super::budget::BYTES_PER_UNIT;
use super::error::{Error, Result, Status, Stop};
use super::names::HeapFunction;
use super::prepare::{Place, ReadyCode, abandon, prepare};
use crate::bytecode::Chunk;
use crate::bytecode::dump::dump;
use crate::bytecode::flow::{self, Refusal};
use crate::bytecode::undump::IN_CHUNK;
use crate::compiler::{CompileError, CompileOptions, Failed, load};
use crate::heap::value::{StringRef, Value};
use crate::limits::SYNTAX_ID_SIZE;
use crate::syntax::chunk_id;
use crate::syntax::source::{COMPILED_SLOTS, Source, Watch};
use std::cell::Cell;
use std::rc::Rc;

/// A text in memory is given to the compiler in pieces of so many bytes, so that it
/// doesn't hold another copy of the whole.
const PIECE_BYTES: usize = 1 << 16;
/// The first byte of a precompiled chunk.
const SIGNATURE_BYTE: u8 = 0x1b;
/// Bytes that the compiler holds for each byte of a text, at most.
const BYTES_PER_CHARACTER: usize = 64;

/// Bytes that it has made before it reads the first one, at most.
const COMPILER_BYTES: usize = 1 << 10;

/// Errors found in strings.
const IN_STRING: [&[u8]; 2] = [b"unfinished string", b"escape sequence too large"];

/// What stands between the text of a syntax error and the token it was found at.
const NEAR: &[u8] = b" near '";

/// Which precompiled chunks a state loads. Whatever it loads has passed the checks that keep
/// the interpreter sound: those of 5.1.1 (`luaG_checkcode`), and bounds that 5.1.1 lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BytecodePolicy {
    /// All that pass, as in 5.1.1. Code that no compiler writes can see what a function that it
    /// called has left in the registers above its own: values that it was never given.
    #[default]
    Allowed,
    /// Those whose functions use their registers as compilers do, on every path: nothing is
    /// read that a call has left behind, open lists of values come from the instruction before,
    /// and no call shares registers with open upvalues. Such a chunk can do and see
    /// nothing that program text couldn't. All that `string.dump` and `luac` write pass.
    /// The check costs about as much as compiling.
    Verified,
    /// None.
    Refused,
}

impl State {
    /// Compiles or undumps a chunk; the function is pushed. On failure the message
    /// is pushed instead, and the status returned. Errors of the source are caught
    /// as well.
    pub(crate) fn load_bytes(
        &mut self,
        text: &[u8],
        name: &[u8],
    ) -> core::result::Result<(), Status> {
        let mut rest = text;
        self.load_pieces(name, |_| {
            let (piece, after) = rest.split_at(rest.len().min(PIECE_BYTES));
            rest = after;
            Ok(Some(piece.to_vec()))
        })
    }

    /// Pushes the function of a chunk that was read before, as if it were read now.
    pub(crate) fn load_again(&mut self, chunk: &Chunk, ready: &ReadyCode) -> Result<()> {
        self.check_gc()?;
        self.push_chunk(chunk.clone(), self.heap.thread.top, ready)
    }

    /// Does that with the text of a string, which something has to keep alive.
    pub(crate) fn load_string(
        &mut self,
        text: StringRef,
        name: &[u8],
    ) -> core::result::Result<(), Status> {
        let mut at = 0;
        self.load_pieces(name, |state| {
            let rest = state.heap.bytes(text).get(at..).unwrap_or(&[]);
            let piece = rest.get(..PIECE_BYTES).unwrap_or(rest).to_vec();
            at += piece.len();
            Ok(Some(piece))
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
            let stopped = state.global.interrupts.are_possible().then(Rc::default);
            let mut pieces = Pieces {
                state,
                piece,
                first: None,
                depth: c_depth,
                levels: c_depth,
                held: 0,
                stop: None,
                base: None,
                stayed: 0,
                stopped,
            };
            // The first piece is read before the collector gets its chance.
            let first = (pieces.piece)(pieces.state)?;
            let first = pieces.first.insert(first).as_ref();
            let first = first.and_then(|piece| piece.first());
            let policy = match first {
                Some(&SIGNATURE_BYTE) => pieces.state.global.bytecode,
                _ => BytecodePolicy::Allowed,
            };
            if policy == BytecodePolicy::Refused {
                return Err(pieces
                    .state
                    .refuse_bytecode(name, ": precompiled chunks can't be loaded"));
            }
            pieces.state.check_gc()?;
            let options = CompileOptions {
                chunk_name: name,
                c_depth,
            };
            let loaded = load(&mut pieces, &options);
            let (held, stop) = (pieces.held, pieces.stop);
            let base = pieces.base.unwrap_or(top);
            let stayed = pieces.stayed;
            let state = pieces.state;
            let verified = match &loaded {
                Ok(chunk) if policy == BytecodePolicy::Verified => state.verify(chunk, name),
                _ => Ok(()),
            };
            state.heap.memory.remove_part(held);
            verified?;
            match loaded {
                Ok(chunk) => state.push_chunk(chunk, base, &ReadyCode::default()),
                Err(failed) => {
                    let error =
                        state.compile_error(name, failed, Place { base, result: top }, stayed);
                    Err(match stop {
                        Some(stop) => state.stopped_error(stop),
                        None => error,
                    })
                }
            }
        })
    }

    #[cold]
    fn refuse_bytecode(&mut self, chunk_name: &[u8], why: &str) -> Error {
        let chunk = chunk_id(chunk_name, SYNTAX_ID_SIZE);
        let text = [chunk.as_slice(), why.as_bytes()].concat();
        let message = self.string(&text);
        Error::new(Status::Syntax, message)
    }

    /// Makes sure that a chunk uses registers as compilers do.
    fn verify(&mut self, chunk: &Chunk, name: &[u8]) -> Result<()> {
        match flow::check(chunk.view(), &mut |steps| self.charge(steps)) {
            Ok(()) => Ok(()),
            Err(Refusal::Unpaid(error)) => Err(error),
            Err(Refusal::Undisciplined) => {
                Err(self.refuse_bytecode(name, ": unverified code in precompiled chunk"))
            }
        }
    }

    fn compile_error(
        &mut self,
        chunk_name: &[u8],
        failed: Failed<Error>,
        place: Place,
        stayed: usize,
    ) -> Error {
        if let Some(remains) = failed.remains {
            // What is inside what isn't known of a precompiled chunk that is refused.
            let is_unclear = remains.last_read.is_none() && remains.functions.len() > 1;
            self.note_out_of_step(is_unclear);
            // What failed in the reader is still above.
            let is_own = !matches!(failed.error, CompileError::Source(_));
            if remains.last_read.is_some() && is_own {
                // The parser has been further than the error, out of functions as well.
                let slots = COMPILED_SLOTS * remains.functions.len() + stayed;
                self.heap.thread.top = place.base;
                self.ensure_stack(slots);
                self.heap.thread.top += slots;
            }
            abandon(&mut self.heap, *remains, place);
        }
        match failed.error {
            // No handler sees a syntax error, as none sees that of a failed handler.
            CompileError::Syntax(message) => {
                let v = self.string(&message);
                match self.push_syntax_message(chunk_name, &message) {
                    Ok(()) => Error::new(Status::Syntax, v),
                    Err(error) => error,
                }
            }
            CompileError::Overflow(message) => self.runtime_error_format(&[&message]),
            CompileError::Source(error) => error,
            CompileError::Memory => self.memory_error(),
            CompileError::Stopped => self.stopped_error(Stop::Interrupt),
        }
    }

    /// Makes the strings from which C puts together `chunk:line: text near 'token'`, or
    /// `name: text in precompiled chunk`.
    fn push_syntax_message(&mut self, chunk_name: &[u8], message: &[u8]) -> Result<()> {
        const COLON: &[u8] = b": ";
        let chunk = chunk_id(chunk_name, SYNTAX_ID_SIZE);
        let rest = message.strip_prefix(chunk.as_slice());
        let rest = rest.and_then(|rest| rest.strip_prefix(b":")).unwrap_or(&[]);
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (line, rest) = rest.split_at(digits);
        if line.is_empty() {
            let rest = message.strip_suffix(IN_CHUNK).unwrap_or(message);
            let colon = rest.windows(COLON.len()).rposition(|part| part == COLON);
            let (name, text) = rest.split_at(colon.unwrap_or(0));
            let text = text.strip_prefix(COLON).unwrap_or(text);
            return self.push_format_unchecked(&[b"", name, COLON, text, IN_CHUNK]);
        }
        let text = rest.strip_prefix(b": ").unwrap_or(rest);
        let near = text.windows(NEAR.len()).rposition(|part| part == NEAR);
        let (text, token) = text.split_at(near.unwrap_or(text.len()));
        self.push_syntax_text(text)?;
        self.push_format_unchecked(&[b"", &chunk, b":", line, b": ", text, b""])?;
        if near.is_none() {
            return Ok(());
        }
        let token = token.strip_prefix(NEAR).unwrap_or(token);
        let token = token.strip_suffix(b"'").unwrap_or(token);
        // Of what was being read as a string, the text is there.
        if !IN_STRING.contains(&text) {
            self.push_token(token)?;
        }
        let before = message.len() - NEAR.len() - token.len() - 1;
        let before = message.get(..before).unwrap_or(message);
        self.push_format_unchecked(&[b"", before, NEAR, token, b"'"])
    }

    /// Makes the strings of the text between the position and the token. Only texts
    /// with a part that varies are put together.
    fn push_syntax_text(&mut self, text: &[u8]) -> Result<()> {
        const PAIR: &[u8] = b"' expected (to close '";
        const LINE: &[u8] = b"' at line ";
        const LIMIT: &[u8] = b" has more than ";
        const FUNCTION: &[u8] = b"function at line ";
        let split = |text: &[u8], at: &[u8]| {
            let place = text.windows(at.len()).position(|part| part == at)?;
            let (before, rest) = text.split_at(place);
            Some((before.to_vec(), rest.get(at.len()..)?.to_vec()))
        };
        if let Some(rest) = text.strip_prefix(b"'") {
            // `'=' or 'in' expected` stands there as a whole.
            if let Some(token) = rest.strip_suffix(b"' expected")
                && !token.starts_with(b"=' or")
            {
                self.push_token(token)?;
                return self.push_format_unchecked(&[b"'", token, b"' expected"]);
            }
            if let Some((what, rest)) = split(rest, PAIR)
                && let Some((who, line)) = split(&rest, LINE)
            {
                self.push_token(&what)?;
                self.push_token(&who)?;
                let line = line.strip_suffix(b")").unwrap_or(&line);
                return self.push_format_unchecked(&[b"'", &what, PAIR, &who, LINE, line, b")"]);
            }
        }
        if let Some((function, rest)) = split(text, LIMIT)
            && let Some((limit, what)) = split(&rest, b" ")
        {
            return match function.strip_prefix(FUNCTION) {
                Some(line) => {
                    self.push_format_unchecked(&[FUNCTION, line, LIMIT, &limit, b" ", &what, b""])
                }
                None => {
                    let before = [function.as_slice(), LIMIT].concat();
                    self.push_format_unchecked(&[&before, &limit, b" ", &what, b""])
                }
            };
        }
        Ok(())
    }

    /// Makes the strings of a token that is a character; of a name or number the text is
    /// there.
    fn push_token(&mut self, token: &[u8]) -> Result<()> {
        let number = token.strip_prefix(b"char(");
        match number.and_then(|rest| rest.strip_suffix(b")")) {
            Some(number) => self.push_format_unchecked(&[b"char(", number, b")"]),
            None => match token {
                [byte] if !byte.is_ascii_alphanumeric() && *byte != b'_' => {
                    self.push_format_unchecked(&[b"", token, b""])
                }
                _ => Ok(()),
            },
        }
    }

    fn push_chunk(&mut self, chunk: Chunk, base: usize, ready: &ReadyCode) -> Result<()> {
        let result = self.heap.thread.top;
        let watch = self.global.interrupts.watch();
        let place = Place { base, result };
        let Some(proto) = prepare(&mut self.heap, chunk, place, ready, &watch) else {
            return Err(self.stopped_error(Stop::Interrupt));
        };
        let env = self.globals();
        let c = self.heap.new_loaded_closure(proto, env);
        self.push(Value::closure(c));
        Ok(())
    }

    /// Charges for writing a Lua function's binary form.
    pub(crate) fn charge_proto(&mut self, f: Value) -> Result<()> {
        let c = f.as_closure().map(|c| self.heap.closure(c));
        let bytes = c.map_or(0, |c| c.proto.dump_bytes());
        self.ask_for_room(2 * bytes)?;
        self.charge(bytes / BYTES_PER_UNIT)
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
    /// What was read at the start, until it is taken; nothing in it if that was the end.
    first: Option<Option<Vec<u8>>>,
    /// Nested native calls around the parser, and syntax levels inside it with them.
    depth: u32,
    levels: u32,
    /// Bytes counted for what the compiler makes of the text meanwhile.
    held: usize,
    /// What has ended the reading, a limit or an interrupt. An error of the text before that
    /// point comes first for the compiler; it doesn't make the run go on.
    stop: Option<Stop>,
    /// The first slot that is held.
    base: Option<usize>,
    /// What the reader has pushed above it, and not taken away: the nil at its end.
    stayed: usize,
    /// Something has, and no code is needed for what was read. Nothing if nobody can ask for
    /// an interrupt, which is why this takes no time then.
    stopped: Option<Rc<Cell<bool>>>,
}

impl<F: FnMut(&mut State) -> Result<Option<Vec<u8>>>> Pieces<'_, F> {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool> {
        let piece = match self.first.take() {
            Some(first) => first,
            None => {
                // The parser's levels take native stack as calls do.
                let levels = self.levels.saturating_sub(self.depth);
                self.state.heap.thread.native_depth += levels;
                self.state.rust_depth += levels;
                let due = self.state.heap.collector.due;
                let top = self.state.heap.thread.top;
                self.state.global.observed.reading += 1;
                let piece = (self.piece)(self.state);
                self.state.global.observed.reading -= 1;
                if self.base.is_some() && piece.is_ok() {
                    self.stayed += self.state.heap.thread.top.saturating_sub(top);
                }
                // Or it would have worked, with what the compiler may have made on top.
                let heap = &self.state.heap;
                let total = heap.memory.total.saturating_add(self.held + COMPILER_BYTES);
                let collected = due != heap.collector.due || total >= heap.collector.due;
                // What gives a text without calling anything gives the collector no chance.
                let observed = &mut self.state.global.observed;
                let called = std::mem::take(&mut observed.reader_called);
                self.state.note_out_of_step(collected && called);
                self.state.rust_depth -= levels;
                let piece = piece?;
                self.state.heap.thread.native_depth -= levels;
                piece
            }
        };
        match piece {
            Some(piece) if !piece.is_empty() => {
                self.state.charge(piece.len())?;
                let bytes = piece.len().saturating_mul(BYTES_PER_CHARACTER);
                self.state.ask_for_room(bytes)?;
                self.state.heap.memory.add_part(bytes);
                self.held += bytes;
                buffer.extend_from_slice(&piece);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

impl<F: FnMut(&mut State) -> Result<Option<Vec<u8>>>> Source for &mut Pieces<'_, F> {
    type Error = Error;

    fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool> {
        let read = self.read(buffer);
        if let Err(error) = &read
            && let Status::Stopped(stop) = error.status()
        {
            self.stop = Some(stop);
            if let Some(stopped) = &self.stopped {
                stopped.set(true);
            }
        }
        read
    }

    fn set_levels(&mut self, levels: u32) {
        self.levels = levels;
    }

    fn hold(&mut self, slots: usize) {
        self.base.get_or_insert(self.state.heap.thread.top);
        for _ in 0..slots {
            self.state.ensure_stack(1);
            self.state.push(Value::NIL);
        }
    }

    fn give_back(&mut self, slots: usize) {
        self.state.heap.thread.top -= slots;
    }

    fn watch(&self) -> Option<Watch> {
        let stopped = Rc::clone(self.stopped.as_ref()?);
        let asked = self.state.global.interrupts.watch();
        Some(Box::new(move || stopped.get() || asked()))
    }
}
