//! Hooks: closures that are called while Lua code runs (manual §5.9, `debug.sethook`).

use super::callback::Callback;
use super::error::Result;
use super::link::{Handle, Lua, lend};
use super::thread::Thread;
use crate::heap::sharing::{MaybeSend, MaybeSync, Shared};
use crate::heap::thread::hook_mask;
use crate::heap::value::Value as Raw;
use crate::vm::State;
use crate::vm::debug::{Level, find_level};
use core::ops::{BitOr, BitOrAssign};
use std::marker::PhantomData;

/// When a hook is called.
///
/// ```
/// use rilua::HookTriggers;
///
/// let triggers = HookTriggers::ON_CALLS | HookTriggers::new().every_nth_instruction(1000);
/// assert!(triggers.on_calls && triggers.every_nth_instruction == Some(1000));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HookTriggers {
    /// When a function is called.
    pub on_calls: bool,
    /// When a function returns.
    pub on_returns: bool,
    /// When a new line of Lua code begins, and when a loop goes back.
    pub every_line: bool,
    /// After each number of instructions.
    pub every_nth_instruction: Option<u32>,
}

impl HookTriggers {
    /// When a function is called.
    pub const ON_CALLS: HookTriggers = HookTriggers::new().on_calls();
    /// When a function returns.
    pub const ON_RETURNS: HookTriggers = HookTriggers::new().on_returns();
    /// When a new line begins.
    pub const EVERY_LINE: HookTriggers = HookTriggers::new().every_line();

    /// Never.
    pub const fn new() -> HookTriggers {
        HookTriggers {
            on_calls: false,
            on_returns: false,
            every_line: false,
            every_nth_instruction: None,
        }
    }

    /// Also when a function is called.
    #[must_use]
    pub const fn on_calls(mut self) -> HookTriggers {
        self.on_calls = true;
        self
    }

    /// Also when a function returns.
    #[must_use]
    pub const fn on_returns(mut self) -> HookTriggers {
        self.on_returns = true;
        self
    }

    /// Also when a new line begins.
    #[must_use]
    pub const fn every_line(mut self) -> HookTriggers {
        self.every_line = true;
        self
    }

    /// Also after each `n` instructions; 0 is taken as 1.
    #[must_use]
    pub const fn every_nth_instruction(mut self, n: u32) -> HookTriggers {
        self.every_nth_instruction = Some(n);
        self
    }

    fn mask(self) -> (u8, i32) {
        let count = self
            .every_nth_instruction
            .map_or(0, |n| i32::try_from(n.max(1)).unwrap_or(i32::MAX));
        let mut mask = 0;
        for (wanted, event) in [
            (self.on_calls, hook_mask::CALL),
            (self.on_returns, hook_mask::RETURN),
            (self.every_line, hook_mask::LINE),
            (count > 0, hook_mask::COUNT),
        ] {
            if wanted {
                mask |= event;
            }
        }
        (mask, count)
    }
}

impl BitOr for HookTriggers {
    type Output = HookTriggers;
    fn bitor(self, other: HookTriggers) -> HookTriggers {
        HookTriggers {
            on_calls: self.on_calls || other.on_calls,
            on_returns: self.on_returns || other.on_returns,
            every_line: self.every_line || other.every_line,
            every_nth_instruction: match (self.every_nth_instruction, other.every_nth_instruction) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
        }
    }
}

impl BitOrAssign for HookTriggers {
    fn bitor_assign(&mut self, other: HookTriggers) {
        *self = *self | other;
    }
}

/// What the interpreter does after a hook: goes on. To stop, the hook returns an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum VmState {
    /// Go on.
    Continue,
}

impl From<()> for VmState {
    fn from((): ()) -> VmState {
        VmState::Continue
    }
}

/// Why a hook is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DebugEvent {
    /// A function was called.
    Call,
    /// A function is about to return.
    Ret,
    /// A function returned whose caller was replaced by a tail call.
    TailRet,
    /// A new line begins.
    Line,
    /// The number of instructions has passed.
    Count,
}

/// What a hook can ask about the function that runs.
#[derive(Debug)]
pub struct Debug<'a> {
    lua: &'a Lua,
    event: DebugEvent,
    line: Option<usize>,
}

/// How a function was called, see [`Debug::names`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DebugNames {
    /// The name of the variable or field that the function was in.
    pub name: Option<String>,
    /// `global`, `local`, `method`, `field` or `upvalue`.
    pub name_what: Option<String>,
}

/// Where a function comes from, see [`Debug::source`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DebugSource {
    /// The name of the chunk, with the mark before it.
    pub source: Option<String>,
    /// The chunk as in messages.
    pub short_src: Option<String>,
    /// The line where the definition begins; `None` for a function of Rust.
    pub line_defined: Option<usize>,
    /// The line where the definition ends; `None` for a function of Rust.
    pub last_line_defined: Option<usize>,
    /// `Lua`, `main`, `C` for a function of Rust, or `tail`.
    pub what: &'static str,
}

impl Debug<'_> {
    /// Why the hook is called.
    pub fn event(&self) -> DebugEvent {
        self.event
    }

    /// The line that is about to run, if it is known.
    pub fn curr_line(&self) -> i32 {
        self.current_line()
            .and_then(|line| i32::try_from(line).ok())
            .unwrap_or(-1)
    }

    /// The line that is about to run; `None` in a function of Rust.
    pub fn current_line(&self) -> Option<usize> {
        if self.line.is_some() {
            return self.line;
        }
        self.with_call(|state, index| usize::try_from(state.current_line(index)).ok())
            .flatten()
    }

    /// How the function was called.
    pub fn names(&self) -> DebugNames {
        let name = self
            .with_call(|state, index| state.call_name(index))
            .flatten();
        DebugNames {
            name_what: name.as_ref().map(|(what, _)| (*what).to_owned()),
            name: name.map(|(_, name)| String::from_utf8_lossy(&name).into_owned()),
        }
    }

    /// Where the function comes from.
    pub fn source(&self) -> DebugSource {
        let found = self.with_call(|state, index| {
            let info = state.function_info(state.call_function(index));
            let text = |bytes: &[u8]| Some(String::from_utf8_lossy(bytes).into_owned());
            DebugSource {
                source: text(&info.source),
                short_src: text(&info.short_source),
                line_defined: usize::try_from(info.line_defined).ok(),
                last_line_defined: usize::try_from(info.last_line_defined).ok(),
                what: info.what,
            }
        });
        found.unwrap_or(DebugSource {
            source: None,
            short_src: None,
            line_defined: None,
            last_line_defined: None,
            what: "tail",
        })
    }

    /// The levels of the stack below the hook, the innermost first.
    pub fn traceback(&self) -> Vec<super::Frame> {
        let mut frames = self
            .lua
            .enter(|state| super::failure::traceback(state))
            .unwrap_or_default();
        if !frames.is_empty() {
            frames.remove(0);
        }
        frames
    }

    /// Asks about the call that is below the hook.
    fn with_call<T>(&self, ask: impl FnOnce(&mut State, usize) -> T) -> Option<T> {
        let answer = self
            .lua
            .enter(|state| match find_level(&state.heap.thread, 1) {
                Some(Level::Call(index)) => Some(ask(state, index)),
                _ => None,
            });
        answer.ok().flatten()
    }
}

struct HookCallback<F, R> {
    lua: Lua,
    function: F,
    types: PhantomData<fn() -> R>,
}

impl<F, R> Callback for HookCallback<F, R>
where
    F: Fn(&Lua, &Debug<'_>) -> Result<R> + MaybeSend + MaybeSync,
    R: Into<VmState>,
{
    fn run(&self, state: &mut State) -> Result<usize> {
        let event = state.argument(1).as_string();
        let event = match event.map(|s| state.heap.bytes(s)) {
            Some(b"call") => DebugEvent::Call,
            Some(b"return") => DebugEvent::Ret,
            Some(b"tail return") => DebugEvent::TailRet,
            Some(b"line") => DebugEvent::Line,
            _ => DebugEvent::Count,
        };
        let line = state.argument(2).as_number().map(|n| n as usize);
        let debug = Debug {
            lua: &self.lua,
            event,
            line,
        };
        let VmState::Continue =
            lend(state, &self.lua, || (self.function)(&self.lua, &debug))?.into();
        Ok(0)
    }

    fn lua(&self) -> &Lua {
        &self.lua
    }
}

/// Makes a function the hook of a coroutine, or takes its hook away.
fn install(lua: &Lua, thread: &Handle, function: Option<&Handle>, mask: (u8, i32)) -> Result<()> {
    let thread = thread.value_in(lua)?;
    lua.enter(|state| {
        let Some(t) = thread.as_thread() else {
            return;
        };
        let registry = state.registry();
        let key = State::hook_table_key();
        let hooks = match state.heap.raw_get(registry, key).as_table() {
            Some(hooks) => hooks,
            None => {
                let hooks = state.heap.new_table(0, 1);
                // A light userdata is always a key.
                let _stored = state.heap.raw_set(registry, key, Raw::table(hooks));
                hooks
            }
        };
        let function = function.map_or(Raw::NIL, Handle::value);
        let _stored = state.heap.raw_set(hooks, State::hook_key(t), function);
        state.set_hook(t, mask.0, mask.1);
    })
}

impl Lua {
    /// Has a closure called while Lua code runs, in the coroutine that is running now (or
    /// the main thread): see [`Thread::set_hook`] for others. It takes the place of a hook
    /// that a script has set, and a script can take it away by `debug.sethook`.
    ///
    /// An error that the closure returns is raised where the hook was called. Inside the
    /// closure, no hook is called.
    ///
    /// ```
    /// use rilua::{Error, HookTriggers, Lua};
    ///
    /// let lua = Lua::new();
    /// lua.set_hook(HookTriggers::new().every_nth_instruction(10_000), |_, _| {
    ///     Err::<(), _>(Error::runtime("that takes too long"))
    /// })?;
    /// let error = lua.load("while true do end").exec().unwrap_err();
    /// assert_eq!(error.to_string(), "that takes too long");
    /// lua.remove_hook();
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn set_hook<F, R>(&self, triggers: HookTriggers, hook: F) -> Result<()>
    where
        F: Fn(&Lua, &Debug<'_>) -> Result<R> + MaybeSend + MaybeSync + 'static,
        R: Into<VmState> + 'static,
    {
        self.current_thread().set_hook(triggers, hook)
    }

    /// Takes the hook of the running coroutine away.
    pub fn remove_hook(&self) {
        self.current_thread().remove_hook();
    }
}

impl Thread {
    /// Has a closure called while the coroutine runs; see [`Lua::set_hook`].
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn set_hook<F, R>(&self, triggers: HookTriggers, hook: F) -> Result<()>
    where
        F: Fn(&Lua, &Debug<'_>) -> Result<R> + MaybeSend + MaybeSync + 'static,
        R: Into<VmState> + 'static,
    {
        let lua = &self.0.lua;
        let function = lua.new_callback(Shared::new(HookCallback {
            lua: lua.unowned(),
            function: hook,
            types: PhantomData,
        }))?;
        install(lua, &self.0, Some(&function.0), triggers.mask())
    }

    /// Takes the hook of the coroutine away.
    pub fn remove_hook(&self) {
        // Where the state can't be worked on, no hook is called either.
        let _removed = install(&self.0.lua, &self.0, None, (0, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Error;
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn hooks_see_lines_calls_and_counts() {
        let lua = Lua::new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let triggers = HookTriggers::EVERY_LINE | HookTriggers::ON_CALLS;
        lua.set_hook(triggers, move |_, debug| {
            let name = debug.names().name.unwrap_or_default();
            let mut log = log.lock().unwrap();
            log.push(format!("{:?} {} {name}", debug.event(), debug.curr_line()));
            assert_eq!(debug.source().short_src.as_deref(), Some("hooked"));
            assert!(!debug.traceback().is_empty());
            Ok(())
        })
        .unwrap();
        let chunk = lua
            .load("local function f()\nreturn 1\nend\nlocal x = f()")
            .set_name("=hooked");
        chunk.exec().unwrap();
        lua.remove_hook();
        lua.load("local y = 1").exec().unwrap();
        let expected = ["Call 1 ", "Line 1 ", "Line 4 ", "Call 1 f", "Line 2 f"];
        let seen = seen.lock().unwrap().clone();
        let events: Vec<&str> = seen.iter().map(|s| s.split(' ').next().unwrap()).collect();
        assert_eq!(events, ["Call", "Line", "Line", "Call", "Line"], "{seen:?}");
        assert_eq!(seen.last().map(String::as_str), expected.last().copied());
    }

    #[test]
    fn an_error_of_a_hook_stops_the_code() {
        let lua = Lua::new();
        let triggers = HookTriggers::new().every_nth_instruction(100);
        lua.set_hook(triggers, |_, _| Err::<VmState, _>(Error::runtime("enough")))
            .unwrap();
        let error = lua.load("while true do end").exec().unwrap_err();
        assert_eq!(error.message(), "enough");
        lua.remove_hook();
        let co = lua
            .create_thread(lua.load("while true do end").into_function().unwrap())
            .unwrap();
        co.set_hook(triggers, |_, _| Err::<(), _>(Error::runtime("there too")))
            .unwrap();
        assert_eq!(co.resume::<()>(()).unwrap_err().message(), "there too");
    }
}
