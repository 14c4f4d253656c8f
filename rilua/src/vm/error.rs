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
