//! Hooks: events of a running program, told to a Rust closure (manual 3.8).
//!
//! The closure runs below frames of C. It gets no access to the state, so it can't enter
//! it a second time, and a panic in it is carried past the C frames and continued by the
//! call that ran the program.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ffi::{RawEvent, event};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A function was entered.
    Call,
    /// A function is about to return.
    Return,
    /// A call replaced by a tail call returns too: 5.1 tells it once for each.
    TailReturn,
    /// A new line is about to be executed.
    Line,
    /// As many instructions as asked for were executed.
    Count,
}

/// Which events a hook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HookMask {
    /// [`EventKind::Call`].
    pub calls: bool,
    /// [`EventKind::Return`] and [`EventKind::TailReturn`].
    pub returns: bool,
    /// [`EventKind::Line`].
    pub lines: bool,
    /// [`EventKind::Count`], each time that many instructions were executed.
    pub count: Option<NonZeroU32>,
}

/// Whether a program goes on after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookAction {
    /// It goes on.
    Continue,
    /// It ends, with [`FailureKind::Stopped`](crate::FailureKind::Stopped).
    Stop,
}

/// One event, with what the debug interface knows about it.
///
/// The strings are lossy copies for people. For [`EventKind::Count`] they are absent, so that
/// a hook for each instruction stays affordable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// The current line, from 1.
    pub line: Option<u32>,
    /// Index of the instruction about to be executed, for line and count events.
    pub pc: Option<u32>,
    /// That instruction, as 5.1's bytecode has it.
    pub instruction: Option<u32>,
    /// The function's name, if its caller's code tells one.
    pub name: Option<&'a [u8]>,
    /// What kind of name that is: `global`, `local`, `method`, `field`, `upvalue`, or nothing.
    pub name_what: &'a [u8],
    /// `Lua`, `C`, `main` or `tail`.
    pub what: &'a [u8],
    /// The chunk, as messages name it.
    pub short_source: &'a [u8],
}

type Closure = Box<dyn FnMut(&Event<'_>) -> HookAction>;

/// A closure and what it leaves behind.
pub(crate) struct Hook {
    closure: Closure,
    pub(crate) panic: Option<Box<dyn Any + Send>>,
}

impl Hook {
    pub(crate) fn new(closure: impl FnMut(&Event<'_>) -> HookAction + 'static) -> Self {
        Hook {
            closure: Box::new(closure),
            panic: None,
        }
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").finish_non_exhaustive()
    }
}

impl HookMask {
    /// The mask and the count as the C side wants them.
    pub(crate) fn to_raw(self) -> (c_int, c_int) {
        let bit = |wanted: bool, event: c_int| if wanted { 1 << event } else { 0 };
        let mask = bit(self.calls, event::CALL)
            | bit(self.returns, event::RETURN)
            | bit(self.lines, event::LINE)
            | bit(self.count.is_some(), event::COUNT);
        let count = self.count.map_or(0, NonZeroU32::get);
        (mask, c_int::try_from(count).unwrap_or(c_int::MAX))
    }
}

/// What C calls for each event. `data` is a [`Hook`].
pub(crate) extern "C" fn trampoline(data: *mut c_void, event: *const RawEvent) -> c_int {
    // SAFETY: the state installed this function together with a pointer to the `Hook` it owns, and
    // removes both before it frees it. Nothing else uses the hook while a program runs.
    let hook = unsafe { &mut *data.cast::<Hook>() };
    // SAFETY: the shim passes a filled event that lasts for this call.
    let event = unsafe { convert(&*event) };
    let closure = &mut hook.closure;
    match catch_unwind(AssertUnwindSafe(|| closure(&event))) {
        Ok(HookAction::Continue) => 0,
        Ok(HookAction::Stop) => 1,
        Err(panic) => {
            hook.panic = Some(panic);
            1
        }
    }
}

/// # Safety
/// The strings of `raw` are null or terminated, and outlive `'a`.
unsafe fn convert<'a>(raw: &RawEvent) -> Event<'a> {
    // SAFETY: passed on to the caller.
    let text = |pointer: *const c_char| unsafe { string(pointer) };
    let known = |number: c_int| u32::try_from(number).ok();
    Event {
        kind: match raw.kind {
            event::CALL => EventKind::Call,
            event::RETURN => EventKind::Return,
            event::TAIL_RETURN => EventKind::TailReturn,
            event::LINE => EventKind::Line,
            _ => EventKind::Count,
        },
        line: known(raw.line),
        pc: known(raw.pc),
        instruction: known(raw.pc).map(|_| raw.instruction),
        name: text(raw.name),
        name_what: text(raw.name_what).unwrap_or_default(),
        what: text(raw.what).unwrap_or_default(),
        short_source: text(raw.short_source).unwrap_or_default(),
    }
}

/// # Safety
/// `pointer` is null or a terminated string that outlives `'a`.
unsafe fn string<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}
