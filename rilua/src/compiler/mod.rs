//! From syntax tree to function prototypes. Usable without a virtual machine.

mod constants;
mod descriptor;
mod expressions;
mod failure;
mod function;
mod generator;
mod operators;
mod scope;
mod statements;
mod values;

use crate::bytecode::proto::Chunk;
use crate::bytecode::undump::{UndumpError, undump};
use crate::syntax::ast::Moment;
use crate::syntax::parser::{Parser, SyntaxError};
use crate::syntax::source::Source;
use failure::Failure;
use function::FunctionState;
use generator::Generator;

/// What the compiler has to know about its caller.
#[derive(Debug, Clone, Copy)]
pub struct CompileOptions<'a> {
    /// Name of the chunk: `@file`, `=name`, or the text itself.
    pub chunk_name: &'a [u8],
    /// Syntax levels already used: nested C calls of the running thread.
    pub c_depth: u32,
}

/// Why a chunk doesn't compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompileError<E> {
    /// The whole message, with position and `near` text.
    Syntax(Vec<u8>),
    /// An internal table is full (`constant table overflow`, `too many local
    /// variables`). 5.1.1 raises these like run-time errors: without position,
    /// and a handler set by `xpcall` sees them.
    Overflow(Vec<u8>),
    /// The reader failed.
    Source(E),
}

impl<E> From<UndumpError<E>> for CompileError<E> {
    fn from(error: UndumpError<E>) -> Self {
        match error {
            UndumpError::Syntax(message) => Self::Syntax(message),
            UndumpError::Source(error) => Self::Source(error),
        }
    }
}

/// Compiles a chunk of program text.
///
/// # Errors
///
/// The first error in the order of the text, be it of syntax or of a limit.
pub fn compile<S: Source>(
    source: S,
    options: &CompileOptions<'_>,
) -> Result<Chunk, CompileError<S::Error>> {
    let mut parser = Parser::new(source, options.chunk_name, options.c_depth);
    let (_, strings) = parser.parts();
    let mut main = FunctionState::main(strings.intern(options.chunk_name));
    let mut waiting = Vec::new();
    loop {
        let statement = parser.next_statement();
        let end = match statement {
            Some(_) => Moment(0),
            None => parser.finish(),
        };
        let stop = parser.error_moment();
        let (ast, strings) = parser.parts();
        let mut generator = Generator::new(ast, strings, &mut main, &mut waiting, stop);
        let done = match &statement {
            Some(statement) => generator.statement(statement),
            None => generator.finish_main(end),
        };
        generator.read_texts(Moment(u32::MAX));
        let now = generator.now();
        if let Err(failure @ (Failure::Function(..) | Failure::Registers | Failure::JumpDistance)) =
            done
        {
            let (text, near) = failure.text();
            return Err(CompileError::Syntax(parser.message_at(
                now,
                text.as_bytes(),
                near,
            )));
        }
        if let Err(Failure::Overflow(text)) = done {
            return Err(CompileError::Overflow(text.as_bytes().to_vec()));
        }
        match parser.take_error() {
            Some(SyntaxError::Message(message)) => return Err(CompileError::Syntax(message)),
            Some(SyntaxError::Source(error)) => return Err(CompileError::Source(error)),
            None => {}
        }
        if statement.is_none() {
            break;
        }
    }
    Ok(Chunk {
        strings: parser.into_strings(),
        main: main.proto,
    })
}

/// Loads a chunk, text or precompiled: the first byte tells.
///
/// # Errors
///
/// See [`compile`] and [`undump`].
pub fn load<S: Source>(
    source: S,
    options: &CompileOptions<'_>,
) -> Result<Chunk, CompileError<S::Error>> {
    let mut source = Peeked {
        first: Vec::new(),
        source,
    };
    source
        .source
        .refill(&mut source.first)
        .map_err(CompileError::Source)?;
    if source.first.first() == Some(&0x1b) {
        Ok(undump(source, options.chunk_name, options.c_depth)?)
    } else {
        compile(source, options)
    }
}

/// A source of which the first piece has been taken already.
struct Peeked<S> {
    first: Vec<u8>,
    source: S,
}

impl<S: Source> Source for Peeked<S> {
    type Error = S::Error;

    fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, S::Error> {
        if self.first.is_empty() {
            return self.source.refill(buffer);
        }
        let first = std::mem::take(&mut self.first);
        if buffer.is_empty() {
            *buffer = first;
        } else {
            buffer.extend_from_slice(&first);
        }
        Ok(true)
    }
}
