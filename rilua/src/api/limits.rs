//! What scripts may use: bounds of a state, and of a single run.

use super::error::{Error, ErrorKind, Result};
use super::link::Lua;
use crate::vm::budget::{Bounds, Outer};
use crate::vm::error::Stop;
use crate::vm::interrupt::Interrupt;

/// Bounds on what scripts use, the same on every machine and in every build.
///
/// They hold for a whole state ([`LuaBuilder::limits`](super::LuaBuilder::limits),
/// [`Lua::set_limits`]) or for what happens inside a closure ([`Lua::with_limits`]). A run that
/// reaches a bound ends with an error of its own kind, such as
/// [`ErrorKind::InstructionLimit`]. Lua code can't catch it, unless
/// [`Limits::catchable`] allows it: `pcall`, `xpcall`, `coroutine.resume` and `load` pass it on. The
/// state can be used afterwards; what was refused has not happened.
///
/// Without a limit nothing is counted, and it costs nothing.
///
/// ```
/// use rilua::{ErrorKind, Limits, Lua};
///
/// let lua = Lua::new();
/// let limits = Limits::new().instructions(100_000).memory(1 << 20);
/// let error = lua
///     .with_limits(limits, |lua| lua.load("while true do end").exec())
///     .unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InstructionLimit);
/// assert_eq!(lua.load("1 + 1").eval::<i32>()?, 2);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[must_use = "limits do nothing until they are set"]
pub struct Limits {
    instructions: Option<u64>,
    memory: Option<usize>,
    call_depth: Option<usize>,
    string_length: Option<usize>,
    counted: bool,
    catchable: bool,
}

impl Limits {
    /// No limits.
    pub const fn new() -> Limits {
        Limits {
            instructions: None,
            memory: None,
            call_depth: None,
            string_length: None,
            counted: false,
            catchable: false,
        }
    }

    /// How many instructions may be executed: those of the virtual machine of 5.1.1, one
    /// unit each, a comparison together with its jump. Library functions charge for work
    /// that depends on the size of their arguments, about one unit for each step of a pattern,
    /// comparison of a sort or 16 bytes copied. So the count is a measure of time; it is exact, and
    /// the run ends at the same instruction every time.
    pub const fn instructions(mut self, units: u64) -> Limits {
        self.instructions = Some(units);
        self
    }

    /// How many bytes the state may hold from the allocator: its objects with all that
    /// belongs to them, and what library functions build. Looked at before anything
    /// large is allocated, and for small objects where the collector gets its chance; a full
    /// collection comes before the error. Less than the state holds already stops everything;
    /// see [`Lua::held_memory`]. What a host or a callback allocates doesn't count.
    pub const fn memory(mut self, bytes: usize) -> Limits {
        self.memory = Some(bytes);
        self
    }

    /// How many calls may be inside each other in one coroutine, tail calls not counted, and
    /// how many coroutines. (5.1.1 itself allows 20,000 calls, and 200 through
    /// functions of C.)
    pub const fn call_depth(mut self, calls: usize) -> Limits {
        self.call_depth = Some(calls);
        self
    }

    /// How long a string may become, in bytes.
    pub const fn string_length(mut self, bytes: usize) -> Limits {
        self.string_length = Some(bytes);
        self
    }

    /// Counts instructions though there is no limit, for [`Lua::used_instructions`].
    pub const fn counted(mut self) -> Limits {
        self.counted = true;
        self
    }

    /// Lets Lua code catch the errors, as strings. It is stopped again at once if it has
    /// no instructions left.
    pub const fn catchable(mut self, catchable: bool) -> Limits {
        self.catchable = catchable;
        self
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            units: self.instructions,
            memory: self.memory,
            call_depth: self.call_depth,
            string_length: self.string_length,
            counts: self.counted,
            catchable: self.catchable,
        }
    }
}

/// Goes back to the outer limits, whatever happens.
struct Within<'a> {
    lua: &'a Lua,
    outer: Option<Outer>,
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        if let Some(outer) = self.outer.take() {
            // If the state is gone, so are its limits.
            let _gone = self.lua.enter(|state| state.end_bounds(outer));
        }
    }
}

impl Lua {
    /// Runs a closure during which the state has to keep these limits, beside those it has
    /// already: the narrower ones count. What is used is used of the outer limits, too.
    ///
    /// # Errors
    /// What the closure returns, and if the state can't be worked on.
    pub fn with_limits<T>(&self, limits: Limits, run: impl FnOnce(&Lua) -> Result<T>) -> Result<T> {
        let outer = self.enter(|state| state.begin_bounds(&limits.bounds()))?;
        let _within = Within {
            lua: self,
            outer: Some(outer),
        };
        run(self)
    }

    /// Sets the limits of the state, in the place of those it has. Inside
    /// [`Lua::with_limits`], those of the closure.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn set_limits(&self, limits: Limits) -> Result<()> {
        self.enter(|state| state.set_bounds(&limits.bounds()))
    }

    /// Instructions used since the innermost limits were set; see [`Limits::instructions`].
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn used_instructions(&self) -> Result<u64> {
        self.enter(|state| state.global.budget.used())
    }

    /// Bytes that the state holds from the allocator; see [`Limits::memory`]. Not what
    /// `collectgarbage("count")` returns, which is what 5.1.1 would hold.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn held_memory(&self) -> Result<usize> {
        self.enter(|state| state.heap.real_bytes())
    }

    /// Gives memory that is kept for later use back to the allocator. A full collection
    /// should come before.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn release_memory(&self) -> Result<()> {
        self.enter(|state| state.heap.give_back())
    }

    /// A handle that stops what the state runs, from another thread or a callback.
    ///
    /// ```
    /// use rilua::{ErrorKind, Lua};
    /// use std::{thread, time::Duration};
    ///
    /// let lua = Lua::new();
    /// let interrupt = lua.interrupt()?;
    /// let watchdog = thread::spawn(move || {
    ///     thread::sleep(Duration::from_millis(20));
    ///     interrupt.request();
    /// });
    /// let error = lua.load("while true do end").exec().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Interrupted);
    /// # watchdog.join().unwrap();
    /// # Ok::<(), rilua::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn interrupt(&self) -> Result<Interrupt> {
        self.enter(|state| state.interrupt())
    }
}

impl ErrorKind {
    /// The kind of what stops a run.
    pub(crate) fn of_stop(stop: Stop) -> ErrorKind {
        match stop {
            Stop::Instructions => ErrorKind::InstructionLimit,
            Stop::Memory => ErrorKind::MemoryLimit,
            Stop::CallDepth => ErrorKind::CallDepthLimit,
            Stop::StringLength => ErrorKind::StringLimit,
            Stop::Interrupt => ErrorKind::Interrupted,
        }
    }

    /// The other way.
    pub(crate) fn stop(self) -> Option<Stop> {
        Some(match self {
            ErrorKind::InstructionLimit => Stop::Instructions,
            ErrorKind::MemoryLimit => Stop::Memory,
            ErrorKind::CallDepthLimit => Stop::CallDepth,
            ErrorKind::StringLimit => Stop::StringLength,
            ErrorKind::Interrupted => Stop::Interrupt,
            _ => return None,
        })
    }

    /// Has a limit or an interrupt ended the run?
    #[must_use]
    pub fn is_limit(self) -> bool {
        self.stop().is_some()
    }
}

impl Error {
    /// Has a limit or an interrupt ended the run? Such an error, returned by a callback,
    /// ends the run around it as well.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.kind().is_limit()
    }
}
