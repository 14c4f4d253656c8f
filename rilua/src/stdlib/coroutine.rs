//! Coroutines (manual §5.2). Mirrors the second half of `lbaselib.c`; switching
//! itself is in `vm/call.rs`.

use super::{Entry, leave_behind};
use crate::heap::thread::ThreadStatus;
use crate::heap::value::{ThreadRef, Value};
use crate::limits::MAX_RESUMES;
use crate::vm::State;
use crate::vm::call::{Request, SPECIAL};
use crate::vm::error::{Result, Stop};
use crate::vm::shortcut::Shortcut;

pub(crate) const FUNCTIONS: [Entry; 6] = [
    ("create", create),
    ("resume", resume),
    ("running", running),
    ("status", status),
    ("wrap", wrap),
    ("yield", yield_),
];

/// What the loop does instead of calling them.
pub(crate) const SHORTCUTS: [(&str, Shortcut); 2] =
    [("resume", Shortcut::Resume), ("yield", Shortcut::Yield)];

fn check_coroutine(state: &mut State) -> Result<ThreadRef> {
    match state.argument(1).as_thread() {
        Some(t) => Ok(t),
        None => Err(state.argument_error(1, "coroutine expected")),
    }
}

fn create(state: &mut State) -> Result<usize> {
    state.check_gc()?;
    let t = state.heap.new_thread();
    state.forget_hook(t);
    state.push(Value::thread(t));
    let f = state.argument(1);
    if !f.is_closure() {
        return Err(state.argument_error(1, "Lua function expected"));
    }
    let thread = state.heap.thread_mut(t);
    let top = thread.top;
    thread.stack[top] = f;
    thread.top += 1;
    leave_behind(state, f);
    Ok(1)
}

fn wrap(state: &mut State) -> Result<usize> {
    create(state)?;
    let co = state.pop();
    state.push(co);
    state.check_gc()?;
    // What `create` has left above the coroutine, unless the collector has cleared it.
    let left = state.heap.thread.stack[state.heap.thread.top];
    let id = state.find_native("(wrapped coroutine)", wrapped);
    if let Some(native) = state.natives.get_mut(id.0 as usize) {
        native.shortcut = Some(Shortcut::Wrapped);
    }
    state.push_native_unchecked(id, &[co]);
    // The function takes the place of the coroutine.
    let wrapped = state.pop();
    state.pop();
    state.push(wrapped);
    leave_behind(state, left);
    Ok(1)
}

/// The function that `wrap` returns.
pub(crate) fn wrapped(state: &mut State) -> Result<usize> {
    match state.native_upvalue(1).as_thread() {
        Some(t) => start_resume(state, t, state.argument_count(), true),
        None => Err(state.argument_error(1, "coroutine expected")),
    }
}

pub(crate) fn resume(state: &mut State) -> Result<usize> {
    let t = check_coroutine(state)?;
    start_resume(state, t, state.argument_count() - 1, false)
}

/// Moves the topmost `count` values to a coroutine and asks for it to be resumed.
/// The order of the checks is that of 5.1.1 (D23 to D25, D28).
fn start_resume(state: &mut State, t: ThreadRef, count: usize, is_wrap: bool) -> Result<usize> {
    if state.resumes as usize >= state.global.budget.call_depth {
        return Err(state.stopped(Stop::CallDepth));
    }
    if !state.check_thread_stack(t, count) {
        return Err(state.position_error("too many arguments to resume"));
    }
    let thread = state.heap.thread_ref(t);
    let values = thread.top - thread.calls.last().map_or(0, |c| c.base as usize);
    if thread.status == ThreadStatus::Ok && values == 0 {
        state.check_gc()?;
        return refuse(state, "cannot resume dead coroutine", is_wrap);
    }
    if t != state.heap.running {
        let from = state.heap.thread.top - count;
        let thread = &mut state.heap.threads.items[t.index()].thread;
        let running = &mut state.heap.thread;
        // Mostly one value or none: no call of `memcpy`.
        let to = thread.stack[thread.top..].iter_mut();
        for (to, v) in to.zip(&running.stack[from..running.top]) {
            *to = *v;
        }
        thread.top += count;
        running.top = from;
    }
    let thread = state.heap.thread_mut(t);
    let reason = match thread.status {
        ThreadStatus::Failed => Some("cannot resume dead coroutine"),
        ThreadStatus::Ok if thread.calls.len() > 1 => Some("cannot resume non-suspended coroutine"),
        _ if state.resumes >= MAX_RESUMES => Some("C stack overflow"),
        _ => None,
    };
    if let Some(reason) = reason {
        // D25: the message overwrites the first slot of the coroutine's frame.
        let base = thread.calls.last().map_or(1, |c| c.base as usize);
        let message = state.string(reason.as_bytes());
        let thread = state.heap.thread_mut(t);
        thread.stack[base] = message;
        thread.top = base;
        return refuse(state, reason, is_wrap);
    }
    state.request = Request::Resume {
        thread: t,
        arguments: count as u32,
        wrapped: is_wrap,
    };
    Ok(SPECIAL)
}

/// `resume` returns false and the reason, a wrap function raises it.
fn refuse(state: &mut State, reason: &str, is_wrap: bool) -> Result<usize> {
    let message = state.string(reason.as_bytes());
    if is_wrap {
        return Err(state.propagate_from_wrap(message));
    }
    state.push(message);
    state.push(Value::FALSE);
    state.insert_at(state.heap.thread.top - 2);
    Ok(2)
}

fn yield_(state: &mut State) -> Result<usize> {
    if state.heap.thread.native_depth > 0 || state.heap.thread.resumer.is_none() {
        return Err(state.runtime_error("attempt to yield across metamethod/C-call boundary"));
    }
    state.request = Request::Yield {
        values: state.argument_count() as u32,
    };
    Ok(SPECIAL)
}

fn running(state: &mut State) -> Result<usize> {
    if state.heap.running == state.heap.main_thread {
        // D27: nothing at all.
        leave_behind(state, Value::thread(state.heap.running));
        return Ok(0);
    }
    state.return_value(Value::thread(state.heap.running))
}

fn status(state: &mut State) -> Result<usize> {
    let t = check_coroutine(state)?;
    let thread = state.heap.thread_ref(t);
    let text = if t == state.heap.running {
        "running"
    } else {
        match thread.status {
            ThreadStatus::Yielded => "suspended",
            ThreadStatus::Failed => "dead",
            ThreadStatus::Ok if thread.calls.len() > 1 && !fault!(StatusNormal) => "normal",
            ThreadStatus::Ok if thread.top == 1 => "dead",
            ThreadStatus::Ok => "suspended",
        }
    };
    state.return_bytes(text.as_bytes())
}
