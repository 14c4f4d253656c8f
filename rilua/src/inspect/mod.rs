//! What a harness sees of a program that no program sees itself.
//!
//! **Not part of the stable interface**: this module follows the inside of the virtual
//! machine and changes with it, in any release. It is here for the differential harness, which
//! compares that inside with 5.1.1's; embedders want the rest of the crate.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | a program from its beginning to its end, in memory |
//! | `graph.rs` | the heap as a text |
//!
//! A [`Session`] opens the libraries and runs one program exactly as the stand-alone interpreter
//! does, call records and collections included, so that even `collectgarbage "count"` is the
//! same.

mod graph;

pub use crate::vm::observed::{Moment, Observer, OutsideValue as Value};

use crate::bytecode;
use crate::compiler::{self, CompileError, CompileOptions};
use crate::heap::value::Value as HeapValue;
use crate::program::frame;
use crate::stdlib::host::Host;
use crate::stdlib::{self, standard};
use crate::syntax::source::SliceSource;
use crate::vm::State;
use crate::vm::budget::Bounds;
use crate::vm::call::ALL;
use crate::vm::error::{Result, Status, Stop};
use crate::vm::prepare::ReadyCode;
use std::fmt;

/// Why a program failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The chunk can't be compiled, or is malformed bytecode.
    Syntax,
    /// The program raised an error.
    Runtime,
    /// Memory ran out.
    Memory,
    /// The message handler failed.
    Handler,
    /// It has used up the instructions of [`Session::set_bounds`].
    Instructions,
    /// It would have held more memory than [`Session::set_bounds`] allows.
    MemoryBound,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It returned these values.
    Returned(Vec<Value>),
    /// It failed.
    Failed {
        /// Why.
        kind: FailureKind,
        /// The error value.
        value: Value,
        /// What `debug.traceback` made of it; absent where that was not called.
        report: Option<Value>,
    },
}

/// A chunk and the name under which it is loaded: `@file`, `=name`, or the text itself.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Program text, or a precompiled chunk.
    pub text: &'a [u8],
    /// The name.
    pub name: &'a [u8],
}

/// A chunk that is read once and run by many sessions.
#[derive(Clone, Debug)]
pub struct Loaded {
    chunk: bytecode::Chunk,
    code: ReadyCode,
}

impl Loaded {
    /// Reads a chunk.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn new(
        chunk: Chunk<'_>,
    ) -> core::result::Result<Loaded, CompileError<core::convert::Infallible>> {
        let options = CompileOptions {
            chunk_name: chunk.name,
            c_depth: 0,
        };
        compiler::load(SliceSource::new(chunk.text), &options)
            .map(|chunk| Loaded {
                code: ReadyCode::of(&chunk),
                chunk,
            })
            .map_err(|failed| failed.error)
    }
}

/// The collector's books at the end of a program, in bytes as 5.1.1 counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Memory in use.
    pub total: usize,
    /// The total at which the next step is due.
    pub threshold: usize,
    /// How far the collector is behind.
    pub debt: usize,
    /// The phase: 0 between cycles, then marking, sweeping strings, sweeping, finalizing.
    pub phase: u8,
    /// Strings that exist.
    pub strings: usize,
    /// Places in the table of strings.
    pub string_buckets: usize,
}

/// An interpreter for one program.
///
/// ```
/// use rilua::inspect::{Chunk, Outcome, Session, Value};
/// use rilua::stdlib::host::NullHost;
///
/// let mut session = Session::new(Box::new(NullHost));
/// let program = Chunk { text: b"return 1 + 1", name: b"=example" };
/// let outcome = session.run(None, program, &[]);
/// assert_eq!(outcome, Outcome::Returned(vec![Value::Number(2.0)]));
/// session.finish();
/// ```
pub struct Session {
    state: State,
    accounts: Option<Accounts>,
    wants_graph: bool,
    graph: Option<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// An interpreter that reaches the world through `host`.
    #[must_use]
    pub fn new(host: Box<dyn Host>) -> Session {
        let mut state = State::new();
        standard::install(&mut state, host);
        Session {
            state,
            accounts: None,
            wants_graph: false,
            graph: None,
        }
    }

    /// Asks for [`Session::graph`].
    pub const fn want_graph(&mut self) {
        self.wants_graph = true;
    }

    /// Sets who is told of every instruction of a Lua function before it is executed. If the
    /// answer is false, that instruction and every later one raise an error, and nobody is told
    /// any more. The program can't see that it is watched.
    pub fn observe(&mut self, observer: Observer) {
        self.state.global.observed.observer = Some(observer);
    }

    /// Runs the program in another way that the language allows as well; each number but 0 is a
    /// way. Objects that are keys lie elsewhere in tables, and where [`Session::accounts`] has
    /// nothing, the collector's next step is due at another time. What differs between two
    /// ways is not laid down by 5.1.1. To be called before [`Session::run`].
    pub const fn vary(&mut self, way: u32) {
        self.state.heap.strings.spread = way.wrapping_mul(0x9E37_79B9 << 1) | 1;
        self.state.global.observed.variation = way;
    }

    /// Sets how many calls of the interpreter's loop may be inside each other before "C stack
    /// overflow". Each takes up to 10 KiB of the thread's stack; the default, 205, fits 2 MiB.
    pub const fn set_depth(&mut self, depth: u32) {
        self.state.global.max_rust_depth = depth;
    }

    /// Sets what the run may use: instructions (and units of work of the libraries), and bytes
    /// of memory really held. `None` is no bound. What reaches a bound ends; nothing in the
    /// program can catch that.
    pub fn set_bounds(&mut self, instructions: Option<u64>, memory: Option<usize>) {
        self.state.set_bounds(&Bounds {
            units: instructions,
            memory,
            ..Bounds::default()
        });
    }

    /// Opens the libraries, runs `before` if there is one, and then the program. To be called
    /// once. An error in `before` counts as one of the program.
    pub fn run(
        &mut self,
        before: Option<&Loaded>,
        program: Chunk<'_>,
        arguments: &[Value],
    ) -> Outcome {
        let mut outcome = None;
        let state = &mut self.state;
        let (accounts, written) = (&mut self.accounts, &mut self.graph);
        let wants_graph = self.wants_graph;
        let top = state.heap.thread.top;
        let ended = state.protect(top, 0, |state| {
            frame::call_with_record(state, |state| {
                outcome = Some(execute(state, before, program, arguments)?);
                let is_comparable = !state.global.observed.out_of_step;
                *accounts = is_comparable.then(|| count(state));
                *written = (wants_graph && is_comparable).then(|| graph::write(state));
                Ok(0)
            })
        });
        // Finalizers that are left have no place in the run.
        state.global.observed.observer = None;
        state.global.observed.stopped = false;
        match (outcome, ended) {
            (Some(outcome), Ok(())) => outcome,
            (_, Err(status)) => failed(state, status),
            (None, Ok(())) => Outcome::Returned(Vec::new()),
        }
    }

    /// The collector's books as they were when the program had ended; nothing if the collector
    /// has worked while a text was being compiled whose reader (a function given to `load`)
    /// was called for more of it. 5.1.1 counts what its compiler has made until then; here
    /// that is made later, so that the books say something else from then on.
    #[must_use]
    pub const fn accounts(&self) -> Option<Accounts> {
        self.accounts
    }

    /// The heap when the program had ended, as a text: two heaps of one shape have one text.
    /// Nothing where [`Session::accounts`] has nothing.
    #[must_use]
    pub fn graph(&self) -> Option<&str> {
        self.graph.as_deref()
    }

    /// Runs the finalizers that are left, and writes what streams hold.
    pub fn finish(mut self) {
        self.state.finalize_all();
        standard::system(&mut self.state).flush_all();
    }
}

fn execute(
    state: &mut State,
    before: Option<&Loaded>,
    program: Chunk<'_>,
    arguments: &[Value],
) -> Result<Outcome> {
    state.heap.set_due(usize::MAX);
    stdlib::open_all(state)?;
    state.heap.set_due(state.heap.memory.total);
    if let Some(before) = before {
        state.load_again(&before.chunk, &before.code)?;
        state.call(0, 0)?;
    }
    if let Err(status) = state.load_bytes(program.text, program.name) {
        return Ok(failed(state, status));
    }
    let position = state.argument_count();
    let handler = state.find_native("(report)", report);
    state.push_native(handler, &[])?;
    state.insert(position);
    state.need_native_stack(arguments.len(), "too many arguments")?;
    for argument in arguments {
        argument.push(state)?;
    }
    let slot = state.base() + position - 1;
    let result = state.protect(slot + 1, slot as u32, |state| {
        state.call(arguments.len(), ALL)
    });
    if let Err(status) = result {
        return Ok(failed(state, status));
    }
    let results = state.heap.thread.stack.get(slot + 1..state.heap.thread.top);
    let results = results.unwrap_or_default().iter();
    Ok(Outcome::Returned(
        results.map(|v| Value::of(&state.heap, *v)).collect(),
    ))
}

/// The error on top of the stack, which stays there.
fn failed(state: &mut State, status: Status) -> Outcome {
    let error = state.heap.thread.stack[state.heap.thread.top - 1];
    Outcome::Failed {
        kind: match status {
            Status::Stopped(Stop::Memory) => FailureKind::MemoryBound,
            Status::Stopped(Stop::Instructions) => FailureKind::Instructions,
            // Nothing sets other bounds here.
            Status::Runtime | Status::Stopped(_) => FailureKind::Runtime,
            Status::Memory => FailureKind::Memory,
            Status::Syntax => FailureKind::Syntax,
            Status::Handler => FailureKind::Handler,
        },
        value: Value::of(&state.heap, error),
        report: state.global.observed.report.take(),
    }
}

/// The message handler: as that of the stand-alone interpreter, but the error value stays as
/// it is, and what `debug.traceback` makes of it is kept aside.
fn report(state: &mut State) -> Result<usize> {
    let message = state.argument(1);
    state.set_argument_count(1);
    let globals = HeapValue::table(state.globals());
    state.push_field(globals, "debug")?;
    let library = state.argument(2);
    if library.is_table() {
        state.push_field(library, "traceback")?;
        if state.argument(3).is_function() {
            state.push(message);
            // Leaves out this function.
            state.push(HeapValue::number(2.0));
            state.call(2, 1)?;
            let made = state.heap.thread.stack[state.heap.thread.top - 1];
            state.global.observed.report = Some(Value::of(&state.heap, made));
        }
    }
    state.set_argument_count(1);
    Ok(1)
}

fn count(state: &State) -> Accounts {
    let collector = &state.heap.collector;
    Accounts {
        total: state.heap.memory.total,
        threshold: collector.due,
        debt: collector.debt,
        phase: collector.phase as u8,
        strings: state.heap.strings.used(),
        string_buckets: state.heap.strings.bucket_count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::host::{MemoryHost, StandardStream};

    fn run(text: &str) -> (Outcome, Vec<u8>) {
        let host = MemoryHost::new();
        let output = host.stream(StandardStream::Output);
        let mut session = Session::new(Box::new(host));
        let program = Chunk {
            text: text.as_bytes(),
            name: b"=test",
        };
        let outcome = session.run(None, program, &[Value::Number(7.0)]);
        session.finish();
        let output = output.borrow().clone();
        (outcome, output)
    }

    #[test]
    fn results_and_output() {
        let (outcome, output) = run(
            "local u = newproxy(true) getmetatable(u).__gc = function() print('end') end
            print(...) return true, 'x', {}",
        );
        assert_eq!(
            outcome,
            Outcome::Returned(vec![
                Value::Boolean(true),
                Value::String(b"x".to_vec()),
                Value::Object("table")
            ])
        );
        assert_eq!(output, b"7\nend\n");
    }

    #[test]
    fn errors_keep_their_value_and_have_a_traceback() {
        let (outcome, _) = run("error({})");
        assert!(matches!(
            outcome,
            Outcome::Failed {
                kind: FailureKind::Runtime,
                value: Value::Object("table"),
                report: Some(_)
            }
        ));
        let (outcome, _) = run("x x");
        assert!(matches!(
            outcome,
            Outcome::Failed {
                kind: FailureKind::Syntax,
                report: None,
                ..
            }
        ));
    }
}
