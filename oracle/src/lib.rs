//! PUC-Rio Lua 5.1.1, built from its C sources: what rilua is compared with.
//!
//! Four ways to use it, from close to far:
//!
//! * [`State`]: a Lua state in this process, for what is known not to crash: compiling,
//!   stepping with hooks, small programs.
//! * [`Sealed`]: a Lua state in this process that sees nothing of it, for running many small
//!   programs that are not known.
//! * [`worker::Worker`]: runs each program in a process of its own, with its output captured; a
//!   crash is a result like any other.
//! * The programs `oracle-lua` and `oracle-luac`: PUC-Rio's stand-alone ones, complete.
//!
//! It is the one crate of the workspace that may use `unsafe`: it calls C. The manual is
//! <https://www.lua.org/manual/5.1/>.
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

#[cfg(feature = "coverage")]
pub mod coverage;
mod ffi;
mod hook;
pub mod protocol;
mod sealed;
mod serve;
mod state;
mod system;
mod value;
pub mod worker;

pub use ffi::Accounts;
pub use hook::{Event, EventKind, HookAction, HookMask};
pub use sealed::{Ended, Sealed};
pub use state::{Chunk, Failure, FailureKind, Limits, Source, State};
pub use system::keep_freed_memory;
pub use value::{ObjectType, Value};

/// What the C side was built from: the official 5.1.1 sources, or those of 5.1.5 with the
/// behaviour of 5.1.1 restored.
pub const PROVENANCE: &str = env!("ORACLE_PROVENANCE");

/// A program that runs one Lua program in a sealed state of an oracle that was built without
/// optimisation and with checks of undefined behaviour (see `sealed_main.c`). `None` where the C
/// compiler has no such checks.
pub const CHECKED_PROGRAM: Option<&str> = option_env!("ORACLE_UBSAN");
