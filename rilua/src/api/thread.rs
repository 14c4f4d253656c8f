//! Handles of coroutines.

use super::convert::Access;
use super::error::{Error, ErrorKind, Result};
use super::failure;
use super::function::Function;
use super::link::Handle;
use super::multi::{Arguments, FromLuaMulti, IntoLuaMulti, Results, need_room};
use super::value::Value;
use crate::heap::thread::ThreadStatus as HeapStatus;
use crate::heap::value::{ThreadRef, Value as Raw};
use crate::limits::MIN_STACK;
use crate::stdlib::coroutine;
use crate::vm::State;
use crate::vm::call::ALL;
use crate::vm::error::Status;
use std::fmt;

/// A handle of a coroutine (manual §2.11).
///
/// ```
/// use rilua::{Lua, Thread, ThreadStatus};
///
/// let lua = Lua::new();
/// let co: Thread = lua
///     .load("coroutine.create(function(a) local b = coroutine.yield(a + 1); return b * 2 end)")
///     .eval()?;
/// assert_eq!(co.resume::<i32>(1)?, 2);
/// assert_eq!(co.status(), ThreadStatus::Resumable);
/// assert_eq!(co.resume::<i32>(21)?, 42);
/// assert_eq!(co.status(), ThreadStatus::Finished);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Thread(pub(crate) Handle);

/// What a coroutine is doing (manual §5.2, `coroutine.status`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ThreadStatus {
    /// It was not started yet, or has yielded: it can be resumed.
    Resumable,
    /// It is running.
    Running,
    /// It has resumed another coroutine and waits for it.
    Normal,
    /// It has returned.
    Finished,
    /// An error has stopped it.
    Error,
}

impl Thread {
    fn raw(&self) -> Option<ThreadRef> {
        self.0.value().as_thread()
    }

    /// Starts the coroutine with these arguments, or continues it so that its `yield`
    /// returns them. The results are what it passes to `yield`, or returns.
    ///
    /// # Errors
    /// What the coroutine raises; of kind
    /// [`CoroutineUnresumable`](ErrorKind::CoroutineUnresumable) if it can't be resumed.
    pub fn resume<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        let lua = &self.0.lua;
        let arguments = Arguments::new(arguments, lua)?;
        let results: Results<R> = lua.try_enter(|state| {
            let Some(t) = self.raw() else {
                return Err(unresumable());
            };
            if !matches!(status(state, t), ThreadStatus::Resumable) {
                return Err(unresumable());
            }
            let func = state.heap.thread.top;
            need_room(state, MIN_STACK)?;
            let id = state.find_native("(resume)", coroutine::resume);
            let env = state.globals();
            let resume = state.heap.new_native(id, env, Box::default());
            state.push(Raw::native(resume));
            state.push(Raw::thread(t));
            let pushed = arguments.push(&mut Access { state, lua });
            let results = pushed.and_then(|_| {
                super::call::protected(state, lua, |state| state.call_at(func, ALL))?;
                let count = state.heap.thread.top - func;
                if state.heap.thread.stack[func] == Raw::TRUE {
                    return Results::__from_stack(&mut Access { state, lua }, func + 1, count - 1);
                }
                let value = state.heap.thread.stack[func + 1];
                let error = failure::of_status(state, lua, value, Status::Runtime);
                Err(error.with_traceback(|| failure::traceback_of(state, t)))
            });
            state.heap.thread.top = func;
            results
        })?;
        results.finish(lua)
    }

    /// What the coroutine is doing.
    pub fn status(&self) -> ThreadStatus {
        let found = self
            .0
            .lua
            .enter(|state| self.raw().map(|t| status(state, t)));
        found.ok().flatten().unwrap_or(ThreadStatus::Finished)
    }

    /// Can it be resumed?
    pub fn is_resumable(&self) -> bool {
        self.status() == ThreadStatus::Resumable
    }

    /// Is it running?
    pub fn is_running(&self) -> bool {
        self.status() == ThreadStatus::Running
    }

    /// Has it returned?
    pub fn is_finished(&self) -> bool {
        self.status() == ThreadStatus::Finished
    }

    /// Has an error stopped it?
    pub fn is_error(&self) -> bool {
        self.status() == ThreadStatus::Error
    }

    /// A number that is the same for the same coroutine, see [`Value::to_pointer`].
    pub fn to_pointer(&self) -> usize {
        Value::Thread(self.clone()).to_pointer()
    }

    /// A function that resumes the coroutine with its arguments and raises its errors
    /// (manual §5.2, `coroutine.wrap`).
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn into_function(self) -> Result<Function> {
        let lua = &self.0.lua;
        lua.enter(|state| {
            let id = state.find_native("(wrapped coroutine)", coroutine::wrapped);
            let env = state.globals();
            let upvalues = Box::new([self.0.value()]);
            let function = state.heap.new_native(id, env, upvalues);
            Function(Handle::new(Raw::native(function), lua))
        })
    }

    /// Makes the coroutine one that has not been started, with another function.
    ///
    /// # Errors
    /// Of kind [`CoroutineUnresumable`](ErrorKind::CoroutineUnresumable) while it is
    /// running or waits for another one.
    pub fn reset(&self, function: Function) -> Result<()> {
        let lua = &self.0.lua;
        let function = function.0.value_in(lua)?;
        lua.try_enter(|state| {
            let Some(t) = self.raw() else {
                return Err(unresumable());
            };
            if matches!(
                status(state, t),
                ThreadStatus::Running | ThreadStatus::Normal
            ) {
                return Err(unresumable());
            }
            state.with_thread(t, |state| {
                state.heap.close_upvalues(0);
                let thread = &mut state.heap.thread;
                thread.calls.truncate(1);
                thread.top = 1;
                thread.status = HeapStatus::Ok;
                thread.native_depth = 0;
                thread.error_handler = 0;
                thread.allow_hook = true;
                state.push(function);
            });
            Ok(())
        })
    }

    /// The levels of the coroutine's stack, the innermost first.
    pub fn traceback(&self) -> Vec<super::Frame> {
        let frames = self.0.lua.enter(|state| {
            self.raw()
                .map(|t| failure::traceback_of(state, t))
                .unwrap_or_default()
        });
        frames.unwrap_or_default()
    }
}

#[cold]
fn unresumable() -> Error {
    Error::new(
        ErrorKind::CoroutineUnresumable,
        "cannot resume a coroutine that is running or has ended",
    )
}

fn status(state: &State, t: ThreadRef) -> ThreadStatus {
    let thread = state.heap.thread_ref(t);
    if t == state.heap.running {
        return ThreadStatus::Running;
    }
    match thread.status {
        HeapStatus::Yielded => ThreadStatus::Resumable,
        HeapStatus::Failed => ThreadStatus::Error,
        HeapStatus::Ok if thread.calls.len() > 1 => ThreadStatus::Normal,
        HeapStatus::Ok if t == state.heap.main_thread => ThreadStatus::Normal,
        HeapStatus::Ok if thread.top == 1 => ThreadStatus::Finished,
        HeapStatus::Ok => ThreadStatus::Resumable,
    }
}

/// Makes a coroutine that will run a function; nothing keeps it yet.
pub(crate) fn new_thread(state: &mut State, function: Raw) -> Raw {
    let t = state.heap.new_thread();
    state.forget_hook(t);
    state.with_thread(t, |state| state.push(function));
    Raw::thread(t)
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thread({:#x})", self.to_pointer())
    }
}
