//! Lua 5.1.1 in safe Rust, to be embedded.
//!
//! ```
//! use rilua::{Lua, Result};
//!
//! fn main() -> Result<()> {
//!     let lua = Lua::new();
//!     let double = lua.create_function(|_, n: i64| Ok(n * 2))?;
//!     lua.globals().set("double", double)?;
//!     let answer: i64 = lua.load("double(20) + 2").eval()?;
//!     assert_eq!(answer, 42);
//!     Ok(())
//! }
//! ```
//!
//! [`Lua`] is a state; [`Table`], [`Function`], [`Thread`], [`LuaString`] and
//! [`AnyUserData`] are handles of what is in it, [`Value`] is any of them. [`FromLua`] says
//! how values are converted, [`UserData`] how types of Rust are seen by scripts,
//! [`LuaBuilder`] how a state is set up, [`Error`] what can go wrong.
//!
//! The modules below are the parts of the interpreter that are of use without a state: the
//! compiler and its input and output, numbers, and the [`host`] that a state's
//! libraries see as their world. Features: `serde` and `send`, and those of the programs
//! (`line-editor`, `signals`, `timezone`).
#![deny(missing_docs)]
#![forbid(unsafe_code)]

#[doc(hidden)]
#[macro_use]
pub mod faults;

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
pub use vm::interrupt::Interrupt;
pub use vm::load::BytecodePolicy;
