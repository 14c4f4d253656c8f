//! The stand-alone interpreter: runs scripts, command lines and interactive
//! sessions. Mirrors `lua.c`, options, messages, exit status and the call records
//! that a traceback shows included.
//!
//! | file | holds |
//! |---|---|
//! | `options.rs` | the command line |
//! | `frame.rs` | the call record of the program itself |
//! | `interactive.rs` | interactive mode |
//! | `editor.rs` | editing of lines at a terminal (feature `line-editor`) |
//! | `room.rs` | how much memory there may be (feature `memory-room`) |
//! | `signals.rs` | what SIGINT does (feature `signals`) |

#[cfg_attr(not(feature = "line-editor"), path = "no_editor.rs")]
mod editor;
pub(crate) mod frame;
mod interactive;
mod options;
#[cfg_attr(not(feature = "memory-room"), path = "no_room.rs")]
mod room;
#[cfg_attr(not(feature = "signals"), path = "no_signals.rs")]
mod signals;

use crate::heap::value::Value;
use crate::limits::MAX_MEMORY;
use crate::stdlib::host::RealHost;
use crate::stdlib::{self, standard};
use crate::vm::State;
use crate::vm::call::ALL;
use crate::vm::error::{Result, Status};
use options::{Options, Script, Step};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::exit;

/// What `-v` shows.
const VERSION: &str = "Lua 5.1.1  Copyright (C) 1994-2006 Lua.org, PUC-Rio";
/// Name used when the program was started without one.
const PROGRAM: &[u8] = b"lua";
/// Where the program's options may also come from.
const INIT: &str = "LUA_INIT";

/// Bytes of stack for the interpreter. The system gives them page by page, as they
/// are used.
const STACK_BYTES: usize = 256 << 20;
/// Calls of the interpreter's loop inside each other that fit there: some hundred
/// coroutines inside each other, each as deep as 5.1.1 allows.
const RUST_DEPTH: u32 = 20_000;
/// How often stack and depth are halved before the program gives up.
const MAX_HALVINGS: u32 = 6;

/// The exit status of a program that failed.
const FAILURE: i32 = 1;

/// Runs the stand-alone interpreter with the arguments of a process, the program's
/// name first, and ends the process with its exit status.
///
/// It uses the process's standard streams and environment, and a thread of its own
/// for the stack it needs.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ! {
    let arguments: Vec<_> = arguments.into_iter().map(OsString::into_vec).collect();
    signals::leave_to_others();
    // Where memory is short, less stack and less depth will do.
    if let Some(stack) = room::first_stack() {
        let depth = RUST_DEPTH as usize * (stack.min(STACK_BYTES) >> 10) / (STACK_BYTES >> 10);
        exit(run(arguments, depth as u32, 0))
    }
    let interpreter = (0..MAX_HALVINGS).find_map(|halvings| {
        let arguments = arguments.clone();
        // The process ends from there: this saves taking the heap and the stack apart,
        // and waking up the first thread.
        std::thread::Builder::new()
            .stack_size(STACK_BYTES >> halvings)
            .spawn(move || {
                let (depth, stack) = (RUST_DEPTH >> halvings, STACK_BYTES >> halvings);
                exit(run(arguments, depth, stack))
            })
            .ok()
    });
    let Some(interpreter) = interpreter else {
        eprintln!("lua: cannot create state: not enough memory");
        exit(FAILURE)
    };
    match interpreter.join() {
        Ok(never) => never,
        Err(_) => exit(FAILURE),
    }
}

/// Runs the program on this thread, which has room for so many calls of the loop inside each other;
/// `stack` bytes are its own.
fn run(arguments: Vec<Vec<u8>>, depth: u32, stack: usize) -> i32 {
    let mut state = State::new();
    state.global.max_rust_depth = depth;
    state.global.takes_signals = true;
    if let Some(bytes) = room::for_script(stack) {
        state.set_memory_of_process(bytes);
    }
    let mut actions = signals::Actions::start();
    let host = RealHost::for_program().when_waiting(move |waits| actions.heed(!waits));
    standard::install(&mut state, Box::new(host));
    let name = arguments.first().filter(|name| !name.is_empty());
    let mut session = Session {
        name: Some(name.map_or(PROGRAM, |name| name).to_vec()),
        arguments: &arguments,
    };
    let mut succeeded = true;
    let top = state.heap.thread.top;
    let result = state.protect(top, 0, |state| {
        frame::call_with_record(state, |state| {
            succeeded = session.main(state)?;
            Ok(0)
        })
    });
    let ended = session.report(&mut state, result).unwrap_or(false);
    state.finalize_all();
    standard::system(&mut state).flush_all();
    // The process ends: what the heap holds need not be taken apart.
    core::mem::forget(state);
    if ended && succeeded { 0 } else { FAILURE }
}

/// One run of the program.
struct Session<'a> {
    /// What messages begin with; nothing in an interactive session.
    name: Option<Vec<u8>>,
    arguments: &'a [Vec<u8>],
}

impl Session<'_> {
    /// All that the program does, inside its own call record: false if something
    /// failed, which has been reported.
    fn main(&mut self, state: &mut State) -> Result<bool> {
        state.heap.set_due(MAX_MEMORY);
        stdlib::open_all(state)?;
        state.heap.set_due(state.heap.memory.total);
        if !self.run_init(state)? {
            return Ok(false);
        }
        let Some(options) = Options::parse(self.arguments) else {
            self.usage(state);
            return Ok(false);
        };
        if options.version {
            self.version(state);
        }
        for step in &options.steps {
            let done = match *step {
                Step::Execute(text) => self.run_text(state, text, b"=(command line)")?,
                Step::Require(name) => self.require(state, name)?,
            };
            if !done {
                return Ok(false);
            }
        }
        if let Some(script) = options.script
            && !self.run_script(state, script)?
        {
            return Ok(false);
        }
        if options.interactive {
            self.interact(state)?;
        } else if options.script.is_none() && !options.execute && !options.version {
            if standard::stdin_is_terminal(state) {
                self.version(state);
                self.interact(state)?;
            } else {
                // Whether this succeeds makes no difference to the exit status.
                let _reported = self.run_file(state, None)?;
            }
        }
        Ok(true)
    }

    fn usage(&self, state: &mut State) {
        let name = self.name.as_deref().unwrap_or(PROGRAM);
        standard::write_stderr(
            state,
            &[b"usage: ", name, options::USAGE.as_bytes()].concat(),
        );
    }

    fn version(&self, state: &mut State) {
        standard::write_stderr(state, format!("{VERSION}\n").as_bytes());
    }

    /// Shows a message on standard error, after the program's name.
    fn message(&self, state: &mut State, text: &[u8]) {
        let mut line = Vec::new();
        if let Some(name) = &self.name {
            line.extend_from_slice(name);
            line.extend_from_slice(b": ");
        }
        line.extend_from_slice(text);
        line.push(b'\n');
        standard::write_stderr(state, &line);
    }

    /// Shows the error on top of the stack if there was one; true if not.
    fn report(&self, state: &mut State, result: core::result::Result<(), Status>) -> Result<bool> {
        if result.is_ok() {
            return Ok(true);
        }
        let top = state.heap.thread.top - 1;
        let error = state.heap.thread.stack[top];
        if !error.is_nil() {
            match stdlib::text_in_place(state, top)? {
                Some(text) => self.message(state, &text),
                None => self.message(state, b"(error object is not a string)"),
            }
            state.pop();
        }
        Ok(false)
    }

    /// Calls the function below the topmost `arguments` values; an error's message
    /// gets a traceback. SIGINT interrupts it.
    fn call(
        &self,
        state: &mut State,
        arguments: usize,
        expected: i32,
    ) -> Result<core::result::Result<(), Status>> {
        let position = state.argument_count() - arguments;
        let handler = state.find_native("(traceback)", traceback);
        state.push_native(handler, &[])?;
        state.insert(position);
        let slot = state.base() + position - 1;
        signals::script_starts();
        let result = state.protect(slot + 1, slot as u32, |state| {
            state.call(arguments, expected)
        });
        signals::script_ended();
        let stack = &mut state.heap.thread;
        stack.stack.copy_within(slot + 1..stack.top, slot);
        stack.top -= 1;
        if result.is_err() {
            state.collect_full()?;
        }
        Ok(result)
    }

    fn run_loaded(
        &self,
        state: &mut State,
        loaded: core::result::Result<(), Status>,
    ) -> Result<bool> {
        let result = match loaded {
            Ok(()) => self.call(state, 0, 0)?,
            Err(status) => Err(status),
        };
        self.report(state, result)
    }

    fn run_file(&self, state: &mut State, name: Option<&[u8]>) -> Result<bool> {
        let loaded = stdlib::load_file(state, name)?;
        self.run_loaded(state, loaded)
    }

    fn run_text(&self, state: &mut State, text: &[u8], name: &[u8]) -> Result<bool> {
        let loaded = state.load_bytes(text, name);
        self.run_loaded(state, loaded)
    }

    /// Runs what the environment asks for before anything else.
    fn run_init(&self, state: &mut State) -> Result<bool> {
        match standard::environment(state, INIT) {
            None => Ok(true),
            Some(init) => match init.strip_prefix(b"@") {
                Some(name) => self.run_file(state, Some(name)),
                None => self.run_text(state, &init, format!("={INIT}").as_bytes()),
            },
        }
    }

    /// Option `-l`. D59: without traceback.
    fn require(&self, state: &mut State, name: &[u8]) -> Result<bool> {
        let globals = state.globals();
        state.push_field(Value::table(globals), "require")?;
        state.push_bytes(name)?;
        let func = state.heap.thread.top - 2;
        let result = state.protect(func, 0, |state| state.call(1, 0));
        self.report(state, result)
    }

    /// Makes the table `arg` and runs the script with its arguments.
    fn run_script(&self, state: &mut State, script: Script) -> Result<bool> {
        let given = self.arguments.get(script.position + 1..).unwrap_or(&[]);
        state.need_native_stack(given.len() + 3, "too many arguments to script")?;
        for argument in given {
            state.push_bytes(argument)?;
        }
        let table = state.push_table(given.len(), script.position + 1)?;
        for (n, argument) in (-(script.position as i32)..).zip(self.arguments) {
            state.push_bytes(argument)?;
            let v = state.pop();
            state.set_integer_raw(table, n, v)?;
        }
        let key = state.string(b"arg");
        let globals = Value::table(state.globals());
        state.set_index(globals, key, Value::table(table), None)?;
        state.pop();
        let name = self.arguments.get(script.position);
        let name = name.filter(|_| !script.is_stdin).map(Vec::as_slice);
        let loaded = stdlib::load_file(state, name)?;
        // The function goes below its arguments; so does a message, which they leave.
        let position = state.argument_count() - given.len();
        state.insert(position);
        let result = match loaded {
            Ok(()) => self.call(state, given.len(), ALL)?,
            Err(status) => {
                state.heap.thread.top -= given.len();
                Err(status)
            }
        };
        self.report(state, result)
    }
}

/// The message handler: asks `debug.traceback`, whatever that is now (D58).
fn traceback(state: &mut State) -> Result<usize> {
    let globals = state.globals();
    state.push_field(Value::table(globals), "debug")?;
    let top = state.heap.thread.top - 1;
    let library = state.heap.thread.stack[top];
    if !library.is_table() {
        state.pop();
        return Ok(1);
    }
    state.push_field(library, "traceback")?;
    let function = state.heap.thread.stack[top + 1];
    if !function.is_function() {
        state.pop();
        state.pop();
        return Ok(1);
    }
    let message = state.argument(1);
    state.push(message);
    // Leaves out this function and the one that raised the error.
    state.push(Value::number(2.0));
    state.call(2, 1)?;
    Ok(1)
}
