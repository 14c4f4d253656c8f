//! The embedding API: what a program in Rust has of an interpreter.
//!
//! It is close to that of the crate `mlua`. A [`Lua`] is a state, [`Table`], [`Function`],
//! [`Thread`], [`LuaString`] and [`AnyUserData`] are handles of objects in it: they can
//! be cloned, have no lifetime, and keep their object alive. A [`Value`] is any of them.
//!
//! | file | holds |
//! |---|---|
//! | `link.rs` | where a state lives, who works on it, what a handle is |
//! | `lua.rs`, `builder.rs`, `std_lib.rs` | states |
//! | `convert.rs`, `multi.rs`, `collections.rs` | conversions of values, lists, containers |
//! | `value.rs`, `string.rs`, `table.rs`, `function.rs`, `thread.rs`, `userdata/` | values |
//! | `chunk.rs` | loading |
//! | `call.rs`, `callback.rs` | from Rust to Lua, and from Lua to Rust |
//! | `hook.rs`, `scope.rs`, `services.rs` | hooks, borrowed data, what is kept with a state |
//! | `serde/` | conversions by `serde` |
//! | `error.rs`, `failure.rs` | errors, and their way through Lua |

mod builder;
mod call;
mod callback;
mod chunk;
mod collections;
mod convert;
mod error;
mod failure;
mod function;
mod hook;
mod link;
mod lua;
mod multi;
mod object;
pub mod prelude;
mod scope;
#[cfg(feature = "serde")]
mod serde;
mod services;
mod std_lib;
mod string;
mod table;
mod thread;
mod userdata;
mod value;

mod limits;
pub use limits::Limits;

pub use crate::heap::sharing::{MaybeSend, MaybeSync};
pub use builder::LuaBuilder;
pub use chunk::{AsChunk, Chunk, ChunkMode};
pub use convert::{BString, FromLua, IntoLua};
pub use error::{
    DynError, Error, ErrorContext, ErrorKind, ExternalError, ExternalResult, Frame, Result,
};
pub use function::{Function, FunctionInfo, LuaNativeFn, LuaNativeFnMut};
pub use hook::{Debug, DebugEvent, DebugNames, DebugSource, HookTriggers, VmState};
pub use link::Lua;
pub use multi::{FromLuaMulti, IntoLuaMulti};
pub use object::ObjectLike;
pub use scope::Scope;
#[cfg(feature = "serde")]
pub use serde::{LuaSerdeExt, Options as SerializeOptions};
pub use services::{AppDataRef, AppDataRefMut, RegistryKey};
pub use std_lib::StdLib;
pub use string::{BorrowedBytes, BorrowedStr, LuaString};
pub use table::{Table, TablePairs, TableSequence};
pub use thread::{Thread, ThreadStatus};
pub use userdata::{
    AnyUserData, MetaMethod, UserData, UserDataFields, UserDataMetatable, UserDataMethods,
    UserDataRef, UserDataRefMut, UserDataRegistry,
};
pub use value::{LightUserData, MultiValue, Nil, Value, Variadic};
