//! Closures of Rust as Lua functions.
//!
//! The native function is the same for all; the closure is in the data of the function object,
//! and lives as long. While it runs, the state is lent to it.

use super::convert::Access;
use super::error::{Error, ErrorKind, Result};
use super::failure;
use super::link::{Lua, lend};
use super::multi::{Arguments, FromLuaMulti, IntoLuaMulti, Results};
use crate::heap::sharing::{Lock, MaybeSend, MaybeSync, Shared};
use crate::heap::value::Value as Raw;
use crate::vm::State;
use crate::vm::error::Result as VmResult;
use std::marker::PhantomData;

/// A closure with its arguments' and results' types taken away.
pub(crate) trait Callback: MaybeSend + MaybeSync {
    /// Runs with the arguments that are in the running frame; pushes the results and says
    /// how many there are.
    fn run(&self, state: &mut State) -> Result<usize>;
    fn lua(&self) -> &Lua;
}

struct Stored(Shared<dyn Callback>);

/// The native function of all closures.
fn trampoline(state: &mut State) -> VmResult<usize> {
    let call = state.current_call().func as usize;
    let function = state.heap.thread.stack.get(call).copied();
    run_stored(state, function.unwrap_or_default())
}

/// Runs the closure of a function made by [`new_function`] in the running frame.
#[inline(always)]
pub(crate) fn run_stored(state: &mut State, function: Raw) -> VmResult<usize> {
    let native = function.as_native();
    let stored = native.and_then(|n| state.heap.native(n).data.as_ref());
    let Some(stored) = stored.and_then(|data| data.downcast_ref::<Stored>()) else {
        return Ok(0);
    };
    let callback = Shared::clone(&stored.0);
    match callback.run(state) {
        Ok(results) => {
            state.check_gc()?;
            Ok(results)
        }
        Err(error) => Err(failure::raise(state, callback.lua(), error)),
    }
}

/// Makes the Lua function of a closure; nothing keeps it yet.
pub(crate) fn new_function(state: &mut State, callback: Shared<dyn Callback>) -> Raw {
    let id = state.find_native("(function of Rust)", trampoline);
    let env = state.globals();
    let function = state.heap.new_native(id, env, Box::default());
    state.heap.natives.items[function.index()].data = Some(Box::new(Stored(callback)));
    Raw::native(function)
}

/// Takes the running frame's arguments.
#[inline]
pub(crate) fn arguments<A: FromLuaMulti>(state: &mut State, lua: &Lua, skip: usize) -> Result<A> {
    let first = state.base() + skip;
    let count = state.heap.thread.top.saturating_sub(first);
    if A::DIRECT {
        return A::__from_stack(&mut Access { state, lua }, first, count);
    }
    let values = Results::<A>::__from_stack(&mut Access { state, lua }, first, count)?;
    lend(state, lua, || values.finish(lua))
}

/// Pushes what a closure returned.
#[inline]
pub(crate) fn results<R: IntoLuaMulti>(state: &mut State, lua: &Lua, results: R) -> Result<usize> {
    let results = if R::DIRECT {
        Arguments::Direct(results)
    } else {
        lend(state, lua, || Arguments::new(results, lua))?
    };
    // A native finds free slots for tuples; lists see to themselves.
    results.push(&mut Access { state, lua })
}

pub(crate) struct Plain<F, A, R> {
    pub(crate) lua: Lua,
    pub(crate) function: F,
    pub(crate) types: PhantomData<fn(A) -> R>,
}

impl<F, A, R> Callback for Plain<F, A, R>
where
    F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    fn run(&self, state: &mut State) -> Result<usize> {
        let lua = &self.lua;
        let given = arguments::<A>(state, lua, 0)?;
        let returned = lend(state, lua, || (self.function)(lua, given))?;
        results(state, lua, returned)
    }

    fn lua(&self) -> &Lua {
        &self.lua
    }
}

/// A closure that changes itself; it can't be called while it runs.
pub(crate) struct Mutable<F>(Lock<F>);

impl<F> Mutable<F> {
    pub(crate) fn new(function: F) -> Mutable<F> {
        Mutable(Lock::new(function))
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut F) -> Result<T>) -> Result<T> {
        self.0.with(work).unwrap_or_else(|| Err(recursive()))
    }
}

#[cold]
fn recursive() -> Error {
    Error::new(
        ErrorKind::RecursiveCallback,
        "a mutable callback was called from within itself",
    )
}
