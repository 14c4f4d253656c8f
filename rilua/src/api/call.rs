//! Calls from Rust into Lua: errors are caught, and a panic of a callback leaves the
//! state as if the call had not been made.

use super::convert::Access;
use super::error::Result;
use super::failure;
use super::link::{Handle, Lua};
use super::multi::{Arguments, FromLuaMulti, IntoLuaMulti, Results, need_room};
use crate::heap::thread::ThreadStatus;
use crate::heap::value::{ThreadRef, Value as Raw};
use crate::stdlib::base;
use crate::vm::State;
use crate::vm::call::{ALL, Request};
use crate::vm::error::Result as VmResult;

/// What a call changes while it runs, and an error or a panic leaves changed.
struct Level {
    running: ThreadRef,
    calls: usize,
    top: usize,
    native_depth: u32,
    error_handler: u32,
    allow_hook: bool,
    rust_depth: u32,
    resumes: u32,
    runs: u32,
}

impl Level {
    fn of(state: &mut State) -> Level {
        let rust_depth = state.rust_depth;
        let resumes = state.resumes;
        let runs = state.global.interrupts.begin();
        let running = state.heap.running;
        let thread = &mut state.heap.thread;
        Level {
            running,
            calls: thread.calls.len(),
            top: thread.top,
            native_depth: thread.native_depth,
            error_handler: core::mem::take(&mut thread.error_handler),
            allow_hook: thread.allow_hook,
            rust_depth,
            resumes,
            runs,
        }
    }

    /// After an error: what was above is cut off.
    fn restore(&self, state: &mut State, raised: crate::vm::error::Error) {
        state.unwind(self.calls, self.top, raised);
        self.settle(state);
    }

    fn settle(&self, state: &mut State) {
        state.rust_depth = self.rust_depth;
        state.resumes = self.resumes;
        state.global.interrupts.end(self.runs);
        let thread = &mut state.heap.thread;
        thread.top = self.top;
        thread.native_depth = self.native_depth;
        thread.error_handler = self.error_handler;
        thread.allow_hook = self.allow_hook;
    }

    /// After a panic: coroutines that were running are dead.
    #[cold]
    fn abandon(&self, state: &mut State) {
        state.request = Request::None;
        while state.heap.running != self.running {
            let thread = &mut state.heap.thread;
            thread.status = ThreadStatus::Failed;
            match thread.resumer.take() {
                Some(resumer) => state.heap.switch_to(resumer),
                None => state.heap.switch_to(self.running),
            }
        }
        let nothing = crate::vm::error::Error::new(crate::vm::error::Status::Runtime, Raw::NIL);
        self.restore(state, nothing);
    }
}

/// Runs on a state; if it panics, the state is as before.
struct Guard<'a> {
    state: &'a mut State,
    level: Level,
    ended: bool,
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.ended {
            self.level.abandon(self.state);
        }
    }
}

/// Runs what can raise an error, and catches it.
#[inline]
pub(crate) fn protected<T>(
    state: &mut State,
    lua: &Lua,
    work: impl FnOnce(&mut State) -> VmResult<T>,
) -> Result<T> {
    let level = Level::of(state);
    let mut guard = Guard {
        state,
        level,
        ended: false,
    };
    let result = work(guard.state);
    guard.ended = true;
    match result {
        Ok(value) => {
            guard.state.global.interrupts.end(guard.level.runs);
            guard.state.heap.thread.error_handler = guard.level.error_handler;
            Ok(value)
        }
        Err(raised) => {
            let error = failure::caught(guard.state, lua, &raised);
            guard.level.restore(guard.state, raised);
            Err(error)
        }
    }
}

/// Calls a value of the heap.
#[inline]
pub(crate) fn call<R: FromLuaMulti, A: IntoLuaMulti>(function: &Handle, arguments: A) -> Result<R> {
    let lua = &function.lua;
    let arguments = Arguments::new(arguments, lua)?;
    let results: Results<R> = lua.try_enter(|state| {
        let func = state.heap.thread.top;
        // For the function and the arguments that tuples have; lists see to themselves.
        need_room(state, crate::limits::MIN_STACK)?;
        state.push(function.value());
        let pushed = arguments.push(&mut Access { state, lua });
        let called = pushed.and_then(|_| protected(state, lua, |state| state.call_at(func, ALL)));
        let results = called.and_then(|()| {
            let count = state.heap.thread.top - func;
            Results::__from_stack(&mut Access { state, lua }, func, count)
        });
        state.heap.thread.top = func;
        results
    })?;
    results.finish(lua)
}

/// The text that `tostring` makes of a value.
pub(crate) fn tostring(value: &Handle) -> Result<String> {
    let lua = &value.lua;
    lua.try_enter(|state| {
        let top = state.heap.thread.top;
        let result = protected(state, lua, |state| {
            let id = state.find_native("(tostring)", base::tostring);
            let env = state.globals();
            let function = state.heap.new_native(id, env, Box::default());
            state.ensure_stack(2);
            state.push(Raw::native(function));
            state.push(value.value());
            state.call_at(top, 1)?;
            let mut text = Vec::new();
            let result = state.pop();
            state.append_text(result, &mut text);
            Ok(String::from_utf8_lossy(&text).into_owned())
        });
        state.heap.thread.top = top;
        result
    })
}

/// Gives the collector its chance, if a step is due.
#[inline]
pub(crate) fn collect_if_due(state: &mut State, lua: &Lua) -> Result<()> {
    if state.heap.memory.total >= state.heap.collector.threshold {
        return collect(state, lua);
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn collect(state: &mut State, lua: &Lua) -> Result<()> {
    protected(state, lua, State::collect_step)
}
