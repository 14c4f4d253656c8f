//! Errors as they travel through the interpreter: eight bytes that carry a Lua
//! value. Mirrors the status codes of `lua_pcall`.
//!
//! Call records, stack and open upvalues stay as they were where the error was
//! raised until something catches it, so that a message handler and a traceback
//! see everything. No collection runs on the way, so the value needs no anchor.

use crate::heap::value::Value;

/// Why an error stops a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// Raised by the program or a library; a message handler sees it.
    Runtime,
    /// Memory could not be had; no handler is called.
    Memory,
    /// A chunk does not compile; no handler is called.
    Syntax,
    /// A message handler failed.
    Handler,
    /// The embedder's bounds end the run; no handler is called.
    Stopped(Stop),
}

/// Which bound ends a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// The instructions are used up.
    Instructions,
    /// Too many calls inside each other.
    CallDepth,
    /// More memory would be held than is allowed.
    Memory,
    /// A string would be too long.
    StringLength,
    /// Someone has asked for it.
    Interrupt,
}

impl Stop {
    /// The error's value, as a text.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Stop::Instructions => "instruction limit exceeded",
            Stop::CallDepth => "call depth limit exceeded",
            Stop::Memory => "memory limit exceeded",
            Stop::StringLength => "string length limit exceeded",
            Stop::Interrupt => "interrupted",
        }
    }
}

/// What is behind an [`Error`].
#[derive(Debug)]
pub(crate) struct Raised {
    pub(crate) status: Status,
    pub(crate) value: Value,
}

/// A Lua error on its way to whoever catches it.
#[derive(Debug)]
pub struct Error(pub(crate) Box<Raised>);

/// Result of everything that can raise a Lua error.
pub(crate) type Result<T> = core::result::Result<T, Error>;

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(status: Status, value: Value) -> Error {
        Error(Box::new(Raised { status, value }))
    }

    pub(crate) fn value(&self) -> Value {
        self.0.value
    }

    pub(crate) fn status(&self) -> Status {
        self.0.status
    }
}
