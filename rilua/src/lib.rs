//! Lua 5.1.1 in safe Rust.
#![forbid(unsafe_code)]

mod api;
pub mod bytecode;
pub mod compiler;
pub mod inspect;
pub mod limits;
pub mod number;
pub mod program;
pub mod stdlib;
pub mod syntax;

pub(crate) mod heap;
pub(crate) mod vm;

pub use api::*;
pub use bytecode::Proto;
pub use stdlib::host;
