//! A Lua state of PUC-Rio's C, owned by safe Rust.
//!
//! Every operation is one call of the shim, which reports by status; no error of Lua ever crosses
//! a frame of this file (see `shim.c`). What a program can do to the process around it
//! is not limited here: `os.exit` ends it, malformed bytecode can crash it. Programs that
//! aren't known belong in the [worker](crate::worker).

use std::ffi::{CString, c_char, c_int};
use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::time::Duration;
use std::{num::NonZeroU64, os::unix::ffi::OsStrExt, slice};

use crate::ffi::{self, RawSource, RawValue, status};
use crate::hook::{Event, Hook, HookAction, HookMask, trampoline};
use crate::value::Value;

/// What a state and each run in it may use. The default sets no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Bytes allocated at any moment, as Lua counts them. What exceeds it is Lua's own error
    /// "not enough memory", which the program can catch.
    pub memory: Option<usize>,
    /// Virtual machine instructions of a run, counted in steps of up to 1,000 for each
    /// coroutine. Time inside one C function costs nothing.
    pub fuel: Option<NonZeroU64>,
    /// Time for a run, looked at every 1,000 instructions: one long call of a C
    /// function, or a finalizer, is not interrupted.
    ///
    /// This and `fuel` install a count hook, which the program can see and, with `debug.sethook`,
    /// remove.
    pub deadline: Option<Duration>,
    /// Unless it is 0, it decides how far from each other the objects of a state lie: what differs
    /// between two runs then depends on addresses.
    pub scatter: u64,
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The chunk can't be compiled, or is malformed bytecode.
    Syntax,
    /// The program raised an error.
    Runtime,
    /// Memory ran out.
    Memory,
    /// The error handler failed.
    Handler,
    /// The file can't be read.
    File,
    /// [`Limits::deadline`] passed.
    Deadline,
    /// [`Limits::fuel`] was spent.
    Fuel,
    /// A hook answered [`HookAction::Stop`].
    Stopped,
    /// The program called `os.exit` in a [sealed](crate::Sealed) state.
    Exit,
}

/// An operation that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Why.
    pub kind: FailureKind,
    /// The error value.
    pub value: Value,
    /// What the stand-alone interpreter would report: the value after `debug.traceback`.
    /// Absent if that was not called (no such function, syntax errors).
    pub report: Option<Value>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.value)
    }
}

impl std::error::Error for Failure {}

/// Where a chunk comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// Text or bytecode, under a chunk name as `lua_load` takes it (`@file`, `=name`, or
    /// the text itself), which ends at its first zero byte.
    Bytes {
        /// Text or bytecode.
        text: &'a [u8],
        /// The chunk name.
        name: &'a [u8],
    },
    /// A file, whose first line may start with `#`.
    File(&'a Path),
}

/// A chunk loaded into a state; [`State::unload`] gives it back before the state ends.
#[derive(Debug)]
pub struct Chunk(c_int);

/// A Lua state.
///
/// ```
/// use oracle::{Limits, Source, State, Value};
///
/// let mut state = State::new(Limits::default()).expect("enough memory");
/// state.open_libraries()?;
/// let source = Source::Bytes { text: b"return _VERSION, ...", name: b"=example" };
/// let results = state.run(source, &[Value::Number(1.0)])?;
/// assert_eq!(results, [Value::from("Lua 5.1"), Value::Number(1.0)]);
/// # Ok::<(), oracle::Failure>(())
/// ```
#[derive(Debug)]
pub struct State {
    pub(crate) raw: NonNull<ffi::Oracle>,
    limits: Limits,
    /// From `Box::into_raw`: the C side keeps a copy of the pointer.
    hook: Option<NonNull<Hook>>,
    /// The C side is bound to no thread, but a hook's closure may be.
    _not_send: PhantomData<*mut ()>,
}

impl State {
    /// Opens a state without libraries. `None`: the memory limit does not even allow that.
    pub fn new(limits: Limits) -> Option<State> {
        // A limit of zero bytes would mean none to the C side.
        let memory = limits.memory.map_or(0, |bytes| bytes.max(1));
        // SAFETY: has no preconditions.
        let raw = NonNull::new(unsafe { ffi::oracle_open(memory, limits.scatter) })?;
        Some(State {
            raw,
            limits,
            hook: None,
            _not_send: PhantomData,
        })
    }

    /// Opens all standard libraries, as the stand-alone interpreter does.
    ///
    /// # Errors
    /// The memory limit is too small.
    pub fn open_libraries(&mut self) -> Result<(), Failure> {
        // SAFETY: `raw` is an open state.
        let status = unsafe { ffi::oracle_libraries(self.raw.as_ptr()) };
        self.check(status)
    }

    /// Loads a chunk without running it.
    ///
    /// # Errors
    /// The chunk is not Lua, the file can't be read, memory runs out.
    pub fn load(&mut self, source: Source<'_>) -> Result<Chunk, Failure> {
        let source = CSource::new(source);
        let mut chunk = 0;
        // SAFETY: `raw` is an open state; the pointers last for the call.
        let status = unsafe { ffi::oracle_load(self.raw.as_ptr(), &source.raw, &raw mut chunk) };
        self.check(status).map(|()| Chunk(chunk))
    }

    /// Releases a loaded chunk.
    pub fn unload(&mut self, chunk: Chunk) {
        // SAFETY: `raw` is an open state. The number of another state's chunk releases a wrong
        // chunk of this one, which is a mistake but not an unsafe one.
        unsafe { ffi::oracle_unload(self.raw.as_ptr(), chunk.0) }
    }

    /// Loads a chunk and calls it with `arguments`, as the stand-alone interpreter does.
    ///
    /// # Errors
    /// As [`State::load`] and [`State::call`].
    pub fn run(&mut self, source: Source<'_>, arguments: &[Value]) -> Result<Vec<Value>, Failure> {
        let source = CSource::new(source);
        self.budgeted(arguments, |raw, values, count| {
            // SAFETY: `raw` is an open state; the pointers last for the call.
            unsafe { ffi::oracle_run(raw, &source.raw, values, count) }
        })
    }

    /// Calls a loaded chunk; fuel and deadline start anew.
    ///
    /// # Errors
    /// The program raises an error or exceeds a limit, or a hook stops it.
    ///
    /// # Panics
    /// Continues the panic of a hook's closure.
    pub fn call(&mut self, chunk: &Chunk, arguments: &[Value]) -> Result<Vec<Value>, Failure> {
        let chunk = chunk.0;
        self.budgeted(arguments, |raw, values, count| {
            // SAFETY: `raw` is an open state; the pointers last for the call. A number that is not
            // in the registry gives nil, and calling nil is an error of Lua.
            unsafe { ffi::oracle_call(raw, chunk, values, count) }
        })
    }

    /// Compiles a chunk to what `luac` writes for it; `strip` leaves out debug information.
    ///
    /// # Errors
    /// As [`State::load`].
    pub fn dump(&mut self, source: Source<'_>, strip: bool) -> Result<Vec<u8>, Failure> {
        let chunk = self.load(source)?;
        // SAFETY: `raw` is an open state, and `chunk` a Lua function of it: just loaded.
        let status = unsafe { ffi::oracle_dump(self.raw.as_ptr(), chunk.0, c_int::from(strip)) };
        let bytes = self.check(status).map(|()| self.results());
        self.unload(chunk);
        match bytes?.pop() {
            Some(Value::String(bytes)) => Ok(bytes),
            _ => Ok(Vec::new()),
        }
    }

    /// Sets a global variable, without metamethods. An object becomes nil.
    ///
    /// # Errors
    /// Memory runs out.
    pub fn set_global(&mut self, name: &[u8], value: &Value) -> Result<(), Failure> {
        let name = Value::from(name);
        // SAFETY: `raw` is an open state; the values last for the call.
        let status =
            unsafe { ffi::oracle_set_global(self.raw.as_ptr(), &name.as_raw(), &value.as_raw()) };
        self.check(status)
    }

    /// Reads a global variable, without metamethods.
    ///
    /// # Errors
    /// Memory runs out.
    pub fn global(&mut self, name: &[u8]) -> Result<Value, Failure> {
        let name = Value::from(name);
        // SAFETY: `raw` is an open state; the name lasts for the call.
        let status = unsafe { ffi::oracle_get_global(self.raw.as_ptr(), &name.as_raw()) };
        self.check(status)?;
        Ok(self.results().pop().unwrap_or(Value::Nil))
    }

    /// Sets the hook of the main coroutine, and of those created later, in place of any other.
    ///
    /// With a count event, fuel and deadline are looked at when it happens.
    pub fn set_hook(
        &mut self,
        mask: HookMask,
        closure: impl FnMut(&Event<'_>) -> HookAction + 'static,
    ) {
        self.remove_hook();
        let hook = NonNull::from(Box::leak(Box::new(Hook::new(closure))));
        let (mask, count) = mask.to_raw();
        // SAFETY: `raw` is an open state; `trampoline` gets the pointer it expects, which lives
        // until `remove_hook`.
        unsafe {
            ffi::oracle_set_hook(
                self.raw.as_ptr(),
                mask,
                count,
                Some(trampoline),
                hook.as_ptr().cast(),
            );
        }
        self.hook = Some(hook);
    }

    /// Removes the hook.
    pub fn remove_hook(&mut self) {
        if let Some(hook) = self.hook.take() {
            // SAFETY: `raw` is an open state; the pointer came from a box, and after
            // `oracle_set_hook` the C side has no copy of it.
            unsafe {
                ffi::oracle_set_hook(self.raw.as_ptr(), 0, 0, None, ptr::null_mut());
                drop(Box::from_raw(hook.as_ptr()));
            }
        }
    }

    /// Bytes in use, as Lua counts them.
    pub fn memory(&self) -> usize {
        // SAFETY: `raw` is an open state.
        unsafe { ffi::oracle_memory(self.raw.as_ptr()) }
    }

    /// Whether the memory limit refused something during the last operation, even if the
    /// program caught the error.
    pub fn memory_refused(&self) -> bool {
        // SAFETY: `raw` is an open state.
        unsafe { ffi::oracle_refused(self.raw.as_ptr()) != 0 }
    }

    /// Runs `operation` with the arguments as C wants them, under the limits of a run.
    pub(crate) fn budgeted(
        &mut self,
        arguments: &[Value],
        operation: impl FnOnce(*mut ffi::Oracle, *const RawValue, usize) -> c_int,
    ) -> Result<Vec<Value>, Failure> {
        let values: Vec<RawValue> = arguments.iter().map(Value::as_raw).collect();
        self.set_budget(self.limits.fuel, self.limits.deadline);
        let status = operation(self.raw.as_ptr(), values.as_ptr(), values.len());
        self.set_budget(None, None);
        if let Some(hook) = &mut self.hook
            // SAFETY: the hook lives until `remove_hook`, and no program is running.
            && let Some(panic) = unsafe { hook.as_mut() }.panic.take()
        {
            resume_unwind(panic);
        }
        self.check(status).map(|()| self.results())
    }

    fn set_budget(&mut self, fuel: Option<NonZeroU64>, deadline: Option<Duration>) {
        let fuel = fuel.map_or(0, NonZeroU64::get);
        let milliseconds = deadline.map_or(0, |deadline| {
            // Some eighty years are as good as none, and add to the clock without overflow.
            u64::try_from(deadline.as_millis())
                .unwrap_or(u64::MAX)
                .clamp(1, 1 << 41)
        });
        // SAFETY: `raw` is an open state.
        unsafe { ffi::oracle_set_budget(self.raw.as_ptr(), fuel, milliseconds) }
    }

    fn check(&self, status: c_int) -> Result<(), Failure> {
        let kind = match status {
            status::OK => return Ok(()),
            status::SYNTAX => FailureKind::Syntax,
            status::MEMORY => FailureKind::Memory,
            status::HANDLER => FailureKind::Handler,
            status::FILE => FailureKind::File,
            status::DEADLINE => FailureKind::Deadline,
            status::FUEL => FailureKind::Fuel,
            status::STOPPED => FailureKind::Stopped,
            status::EXIT => FailureKind::Exit,
            _ => FailureKind::Runtime,
        };
        // SAFETY: `raw` is an open state, and its values last until the next operation.
        let (value, report) = unsafe {
            (
                Value::from_raw(&*ffi::oracle_error(self.raw.as_ptr())),
                Value::from_raw(&*ffi::oracle_report(self.raw.as_ptr())),
            )
        };
        Err(Failure {
            kind,
            value,
            report: (report != Value::Nil).then_some(report),
        })
    }

    fn results(&self) -> Vec<Value> {
        let mut count = 0;
        // SAFETY: `raw` is an open state.
        let first = unsafe { ffi::oracle_results(self.raw.as_ptr(), &raw mut count) };
        if first.is_null() {
            return Vec::new();
        }
        // SAFETY: the shim keeps `count` values there until the next operation.
        let raw = unsafe { slice::from_raw_parts(first, count) };
        raw.iter()
            // SAFETY: each was filled by the shim.
            .map(|value| unsafe { Value::from_raw(value) })
            .collect()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.remove_hook();
        // SAFETY: `raw` is an open state, and nothing uses it afterwards.
        unsafe { ffi::oracle_close(self.raw.as_ptr()) }
    }
}

/// A [`Source`] as C wants it.
pub(crate) struct CSource<'a> {
    pub(crate) raw: RawSource,
    _name: CString,
    _text: PhantomData<&'a [u8]>,
}

impl<'a> CSource<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        let (text, name) = match source {
            Source::Bytes { text, name } => (Some(text), name),
            Source::File(path) => (None, path.as_os_str().as_bytes()),
        };
        let name: Vec<u8> = name.iter().copied().take_while(|&byte| byte != 0).collect();
        let name = CString::new(name).unwrap_or_default();
        CSource {
            raw: RawSource {
                // A slice's pointer is never null, which would mean a file.
                text: text.map_or(ptr::null(), |text| text.as_ptr().cast::<c_char>()),
                length: text.map_or(0, <[u8]>::len),
                name: name.as_ptr(),
            },
            _name: name,
            _text: PhantomData,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::num::NonZeroU32;
    use std::rc::Rc;

    use super::*;
    use crate::hook::EventKind;
    use crate::value::ObjectType;

    fn open(limits: Limits) -> State {
        let mut state = State::new(limits).unwrap();
        state.open_libraries().unwrap();
        state
    }

    fn bytes(text: &str) -> Source<'_> {
        Source::Bytes {
            text: text.as_bytes(),
            name: b"=test",
        }
    }

    fn fails(limits: Limits, text: &str) -> Failure {
        open(limits).run(bytes(text), &[]).unwrap_err()
    }

    #[test]
    fn values_go_in_and_come_out() {
        let mut state = open(Limits::default());
        let arguments = [
            Value::Nil,
            Value::Boolean(true),
            Value::Number(0.5),
            Value::from(&b"a\0b"[..]),
        ];
        assert_eq!(
            state.run(bytes("return ..."), &arguments).unwrap(),
            arguments
        );
        state.set_global(b"g", &Value::Number(7.0)).unwrap();
        let results = state.run(bytes("h = print return g, {}"), &[]).unwrap();
        assert_eq!(
            results,
            [Value::Number(7.0), Value::Object(ObjectType::Table)]
        );
        assert_eq!(
            state.global(b"h").unwrap(),
            Value::Object(ObjectType::Function)
        );
        assert_eq!(state.global(b"absent").unwrap(), Value::Nil);
    }

    #[test]
    fn a_chunk_is_called_more_than_once() {
        let mut state = open(Limits::default());
        let chunk = state.load(bytes("n = (n or 0) + 1 return n")).unwrap();
        assert_eq!(state.call(&chunk, &[]).unwrap(), [Value::Number(1.0)]);
        assert_eq!(state.call(&chunk, &[]).unwrap(), [Value::Number(2.0)]);
        state.unload(chunk);
    }

    #[test]
    fn errors_carry_their_value_and_the_report() {
        let failure = fails(Limits::default(), "error('no', 0)");
        assert_eq!(failure.kind, FailureKind::Runtime);
        assert_eq!(failure.value, Value::from("no"));
        let report = failure.report.unwrap().to_string();
        assert!(
            report.starts_with("no\nstack traceback:\n\t[C]: in function 'error'"),
            "{report}"
        );
        let failure = fails(Limits::default(), "error({})");
        assert_eq!(failure.value, Value::Object(ObjectType::Table));
        let failure = fails(Limits::default(), "x =");
        assert_eq!(failure.kind, FailureKind::Syntax);
        assert_eq!(
            failure.value,
            Value::from("test:1: unexpected symbol near '<eof>'")
        );
        let missing = Source::File(Path::new("/nonexistent"));
        let failure = open(Limits::default()).run(missing, &[]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::File);
    }

    #[test]
    fn the_memory_limit_is_lua_s_own_error() {
        let limits = Limits {
            memory: Some(1 << 20),
            ..Limits::default()
        };
        assert_eq!(
            fails(limits, "return ('x'):rep(2^20)").kind,
            FailureKind::Memory
        );
        let mut state = open(limits);
        let caught = "return pcall(string.rep, 'x', 2^20)";
        let results = state.run(bytes(caught), &[]).unwrap();
        assert_eq!(
            results,
            [Value::Boolean(false), Value::from("not enough memory")]
        );
        assert!(state.memory_refused());
        assert!(state.memory() < 1 << 20);
        state.run(bytes("return 1"), &[]).unwrap();
        assert!(!state.memory_refused());
        let tiny = Limits {
            memory: Some(0),
            ..limits
        };
        assert!(State::new(tiny).is_none());
    }

    #[test]
    fn fuel_and_deadline_can_not_be_caught() {
        let stubborn = "while true do pcall(function() while true do end end) end";
        let in_coroutines = "while true do
            coroutine.wrap(function() pcall(function() while true do end end) end)() end";
        for text in [stubborn, in_coroutines] {
            let limits = Limits {
                fuel: NonZeroU64::new(123_456),
                ..Limits::default()
            };
            assert_eq!(fails(limits, text).kind, FailureKind::Fuel);
            let limits = Limits {
                deadline: Some(Duration::from_millis(20)),
                ..Limits::default()
            };
            assert_eq!(fails(limits, text).kind, FailureKind::Deadline);
        }
    }

    #[test]
    fn a_budget_is_for_one_run() {
        let mut state = open(Limits {
            fuel: NonZeroU64::new(5_000),
            ..Limits::default()
        });
        for _ in 0..3 {
            state.run(bytes("for i = 1, 3000 do end"), &[]).unwrap();
            let failure = state.run(bytes("while true do end"), &[]).unwrap_err();
            assert_eq!(failure.kind, FailureKind::Fuel);
        }
    }

    #[test]
    fn without_a_budget_no_hook_is_seen() {
        let mut state = open(Limits::default());
        let results = state.run(bytes("return debug.gethook()"), &[]).unwrap();
        assert_eq!(results.first(), Some(&Value::Nil));
    }

    #[test]
    fn hooks_tell_events_and_can_stop() {
        let mut state = open(Limits::default());
        let events = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&events);
        let mask = HookMask {
            calls: true,
            returns: true,
            lines: true,
            count: None,
        };
        state.set_hook(mask, move |event| {
            let name = event
                .name
                .map(|name| String::from_utf8_lossy(name).into_owned());
            seen.borrow_mut().push((event.kind, event.line, name));
            HookAction::Continue
        });
        let text = "local function g()\n return 1\nend\n\
                    local function f()\n return g()\nend\n\
                    local x = f()\nreturn x";
        state.run(bytes(text), &[]).unwrap();
        state.remove_hook();
        let lines: Vec<_> = events
            .borrow()
            .iter()
            .filter(|(kind, ..)| *kind == EventKind::Line)
            .filter_map(|(_, line, _)| *line)
            .collect();
        assert_eq!(lines, [3, 6, 7, 5, 2, 8]);
        let kinds: Vec<_> = events.borrow().iter().map(|(kind, ..)| *kind).collect();
        assert!(kinds.contains(&EventKind::TailReturn));
        assert!(
            events
                .borrow()
                .iter()
                .any(|(.., name)| name.as_deref() == Some("f"))
        );

        let mut left = 10;
        let mask = HookMask {
            count: NonZeroU32::new(1),
            ..HookMask::default()
        };
        state.set_hook(mask, move |event| {
            assert!(event.pc.is_some() && event.instruction.is_some());
            left -= 1;
            if left == 0 {
                HookAction::Stop
            } else {
                HookAction::Continue
            }
        });
        let failure = state.run(bytes("while true do end"), &[]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Stopped);
    }

    #[test]
    #[should_panic(expected = "from the hook")]
    fn a_panic_in_a_hook_goes_on_behind_the_c_frames() {
        let mut state = open(Limits::default());
        let mask = HookMask {
            lines: true,
            ..HookMask::default()
        };
        state.set_hook(mask, |_| panic!("from the hook"));
        let _ = state.run(bytes("local x = 1"), &[]);
    }

    #[test]
    fn dump_strips_when_asked() {
        let mut state = open(Limits::default());
        let full = state.dump(bytes("local x = 1"), false).unwrap();
        let stripped = state.dump(bytes("local x = 1"), true).unwrap();
        assert!(full.starts_with(b"\x1bLua\x51") && stripped.starts_with(b"\x1bLua\x51"));
        assert!(stripped.len() < full.len());
        let source = Source::Bytes {
            text: &full,
            name: b"=x",
        };
        assert!(state.run(source, &[]).unwrap().is_empty());
        assert_eq!(
            state.dump(bytes("x ="), true).unwrap_err().kind,
            FailureKind::Syntax
        );
    }
}
