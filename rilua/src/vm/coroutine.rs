//! Coroutine switches: resuming, yielding, and how a coroutine ends. Mirrors
//! `lua_resume` and `lua_yield` of `ldo.c` and the moves of values around them in
//! `lbaselib.c`.
//!
//! A switch exchanges the running thread for another one; it takes no native stack,
//! and a suspended coroutine holds no Rust frame.

use super::State;
use super::call::{ALL, Finish, Request, move_values};
use super::driver::Next;
use super::error::{Error, Result, Status};
use super::shortcut::NativeCall;
use crate::heap::thread::{CallInfo, CallKind, Ending, Thread, ThreadStatus};
use crate::heap::value::{ClosureRef, NativeRef, ThreadRef, Value};
use crate::limits::{MAX_C_STACK, MAX_RESUMES, MIN_STACK};
use core::ops::Range;

/// Copies values to the begin of another stack's slots. Most often it is one.
#[inline(always)]
fn copy_values(values: &[Value], to: &mut [Value]) {
    if let ([v], [to, ..]) = (values, &mut *to) {
        *to = *v;
        return;
    }
    for (to, v) in to.iter_mut().zip(values) {
        *to = *v;
    }
}

impl Thread {
    /// Adds the record of a native's call; the caller's keeps its `pc`.
    #[inline(always)]
    pub(super) fn push_native(&mut self, call: NativeCall, kind: CallKind, tail_calls: u32) {
        if let Some(caller) = self.calls.last_mut() {
            caller.pc = call.pc as u32;
        }
        self.calls.push(CallInfo {
            closure: ClosureRef(u32::MAX),
            func: call.func as u32,
            base: call.func as u32 + 1,
            top: (call.top + MIN_STACK) as u32,
            pc: 0,
            expected: call.expected,
            tail_calls,
            kind,
            ending: call.ending,
        });
    }
}

impl State {
    /// Switches to a coroutine and enters or continues its function.
    pub(crate) fn enter_resume(
        &mut self,
        thread: ThreadRef,
        arguments: u32,
        wrapped: bool,
    ) -> Result<Next> {
        let call = self.current_call_mut();
        call.kind = CallKind::Resuming;
        call.tail_calls = u32::from(wrapped);
        let resumer = self.heap.running;
        self.heap.switch_to(thread);
        self.heap.thread.resumer = Some(resumer);
        self.resumes += 1;
        self.attention |= self.heap.thread.hook_mask != 0;
        let first = self.heap.thread.top - arguments as usize;
        if self.heap.thread.status == ThreadStatus::Yielded {
            self.heap.thread.status = ThreadStatus::Ok;
            // The yield returns what was passed to resume.
            return self.finish_call(first).map(Next::Ended);
        }
        self.precall(first - 1, ALL).map(Next::from)
    }

    /// Does the most common switches in one go: a Lua function that resumes a suspended
    /// coroutine, and a coroutine that yields to a Lua function, without hooks. False
    /// if it is another case, and nothing was done.
    #[inline(never)]
    pub(crate) fn switch_at_once(&mut self) -> Result<bool> {
        match self.request {
            Request::Resume {
                thread,
                arguments,
                wrapped,
            } => {
                let target = &self.heap.threads.items[thread.index()].thread;
                if target.status != ThreadStatus::Yielded || target.hook_mask != 0 {
                    return Ok(false);
                }
                self.request = Request::None;
                let call = self.current_call_mut();
                call.kind = CallKind::Resuming;
                call.tail_calls = u32::from(wrapped);
                self.switch_to_yielded(thread, arguments as usize);
                Ok(true)
            }
            Request::Yield { values } => {
                let Some(resumer) = self.heap.thread.resumer else {
                    return Ok(false);
                };
                let count = values as usize;
                let Some(caller_top) = self.waiting_frame(resumer, count) else {
                    return Ok(false);
                };
                self.request = Request::None;
                let first = self.heap.thread.top - count;
                self.switch_to_resumer(resumer, caller_top, first..first + count, None)
            }
            _ => Ok(false),
        }
    }

    /// The end of the frame that waits for the running thread in another one, if it is a
    /// Lua function's, and `count` values have room there.
    #[inline(always)]
    fn waiting_frame(&self, resumer: ThreadRef, count: usize) -> Option<usize> {
        let target = &self.heap.threads.items[resumer.index()].thread;
        let [.., caller, call] = target.calls.as_slice() else {
            return None;
        };
        let used = target.top - call.base as usize;
        if caller.kind != CallKind::Lua
            || call.ending == Ending::Rust
            || target.hook_mask != 0
            || used + count > MAX_C_STACK
            || target.stack_last <= target.top + count + 1
        {
            return None;
        }
        Some(caller.top as usize)
    }

    /// Continues a coroutine whose `yield` returns the topmost `count` values of its stack.
    /// The record of the running native says already that it waits.
    #[inline(always)]
    fn switch_to_yielded(&mut self, thread: ThreadRef, count: usize) {
        let resumer = self.heap.running;
        self.resumes += 1;
        self.heap.switch_to(thread);
        let t = &mut self.heap.thread;
        t.resumer = Some(resumer);
        t.status = ThreadStatus::Ok;
        let first = t.top - count;
        let Some(call) = t.calls.pop() else {
            return;
        };
        let to = call.func as usize;
        if call.expected < 0 {
            move_values(&mut t.stack, first, count, to);
            t.top = to + count;
        } else {
            let wanted = call.expected as usize;
            let moved = count.min(wanted);
            move_values(&mut t.stack, first, moved, to);
            t.stack[to + moved..to + wanted].fill(Value::NIL);
            t.top = t.calls.last().map_or(0, |c| c.top as usize);
        }
    }

    /// Suspends the running coroutine: `values` of its stack are the results of its
    /// resumer's call. `yielding` is the call of `yield` if it has no record yet. False, and
    /// nothing done, if there is no such thread.
    #[inline(always)]
    fn switch_to_resumer(
        &mut self,
        resumer: ThreadRef,
        caller_top: usize,
        values: Range<usize>,
        yielding: Option<NativeCall>,
    ) -> Result<bool> {
        // What is written in the threads is written after the exchange: it reads their data in
        // larger pieces, and would wait for what was written just before.
        let Some((source, t)) = self.heap.exchange(resumer) else {
            return Ok(false);
        };
        self.resumes -= 1;
        if let Some(call) = yielding {
            source.push_native(call, CallKind::Native, 0);
        }
        source.status = ThreadStatus::Yielded;
        source.resumer = None;
        source.top = values.start;
        t.top = caller_top;
        let Some(call) = t.calls.pop() else {
            return Ok(true);
        };
        let func = call.func as usize;
        let wrapped = call.tail_calls != 0;
        // Most often one value for one.
        if wrapped && call.expected == 1 && call.ending == Ending::Driver && values.len() == 1 {
            t.stack[func] = source.stack[values.start];
            return Ok(true);
        }
        let values = &source.stack[values];
        // A negative number, for all results, becomes a large one. The status is the first.
        let wanted = call.expected as usize;
        let status = usize::from(!wrapped);
        if status > 0 && wanted > 0 {
            t.stack[func] = Value::TRUE;
        }
        let moved = values.len().min(wanted.saturating_sub(status));
        copy_values(&values[..moved], &mut t.stack[func + status..]);
        if call.expected < 0 {
            t.top = func + status + moved;
            return Ok(true);
        }
        for missing in status + moved..wanted {
            t.stack[func + missing] = Value::NIL;
        }
        if call.ending == Ending::Iterator {
            t.top = func + wanted;
            self.finish_for_instruction(Ending::Iterator)?;
            self.heap.thread.top = caller_top;
        }
        Ok(true)
    }

    /// A call of `resume`, whose arguments for the coroutine begin at `first`, as a switch
    /// and nothing else. False, and nothing done, if it is not that simple.
    #[inline(always)]
    pub(super) fn resume_at_once(
        &mut self,
        call: NativeCall,
        thread: ThreadRef,
        first: usize,
        wrapped: bool,
    ) -> bool {
        let target = &self.heap.threads.items[thread.index()].thread;
        let Some(yielded) = target.calls.last() else {
            return false;
        };
        let count = call.top.saturating_sub(first);
        let end = target.top + count;
        if target.status != ThreadStatus::Yielded
            || target.hook_mask != 0
            || end - yielded.base as usize > MAX_C_STACK
            || target.stack_last <= end
            || self.attention
            || self.resumes >= MAX_RESUMES
            || self.resumes as usize >= self.global.budget.call_depth
        {
            return false;
        }
        let resumer = self.heap.running;
        // First the exchange, as in `switch_to_resumer`.
        let Some((source, t)) = self.heap.exchange(thread) else {
            return false;
        };
        self.resumes += 1;
        source.top = first;
        source.push_native(call, CallKind::Resuming, u32::from(wrapped));
        source.native_depth += u32::from(call.ending == Ending::Iterator);
        t.resumer = Some(resumer);
        t.status = ThreadStatus::Ok;
        let Some(yielding) = t.calls.pop() else {
            return true;
        };
        let to = yielding.func as usize;
        let wanted = yielding.expected;
        if count > 0 {
            let arguments = &source.stack[first..first + count];
            // Where `resume` pushes them in 5.1.1, and where `yield` returns them.
            copy_values(arguments, &mut t.stack[t.top..]);
            let moved = count.min(wanted as usize);
            copy_values(&arguments[..moved], &mut t.stack[to..]);
        }
        if wanted < 0 {
            t.top = to + count;
        } else {
            for missing in count..wanted as usize {
                t.stack[to + missing] = Value::NIL;
            }
            t.top = t.calls.last().map_or(0, |c| c.top as usize);
        }
        true
    }

    /// The same for a call of a function that `wrap` has made.
    #[inline(always)]
    pub(super) fn resume_wrapped_at_once(&mut self, n: NativeRef, call: NativeCall) -> bool {
        let coroutine = self.heap.native(n).upvalues.first();
        match coroutine.and_then(|v| v.as_thread()) {
            Some(thread) => self.resume_at_once(call, thread, call.func + 1, true),
            None => false,
        }
    }

    /// A call of `yield` as a switch and nothing else. False, and nothing done, if it is
    /// not that simple.
    #[inline(always)]
    pub(super) fn yield_at_once(&mut self, call: NativeCall) -> Result<bool> {
        let t = &mut self.heap.thread;
        let Some(resumer) = t.resumer else {
            return Ok(false);
        };
        if t.native_depth > 0 || self.attention {
            return Ok(false);
        }
        let count = call.top - call.func - 1;
        let Some(caller_top) = self.waiting_frame(resumer, count) else {
            return Ok(false);
        };
        self.switch_to_resumer(resumer, caller_top, call.func + 1..call.top, Some(call))
    }

    /// Suspends the running coroutine: its top `values` go to the resumer.
    pub(crate) fn leave_by_yield(&mut self, values: usize) -> Result<Finish> {
        self.heap.thread.status = ThreadStatus::Yielded;
        let first = self.heap.thread.top - values;
        self.return_to_resumer(first)
    }

    /// The running coroutine's function has returned; its results are on its stack.
    pub(crate) fn leave_by_return(&mut self) -> Result<Finish> {
        let first = self.current_call().base as usize;
        self.return_to_resumer(first)
    }

    /// Switches back and hands over the values from `first` to the top as results
    /// of `resume` (after true) or of the wrap function.
    fn return_to_resumer(&mut self, first: usize) -> Result<Finish> {
        let from = self.heap.running;
        let Some(resumer) = self.heap.thread.resumer.take() else {
            return Ok(Finish::Fresh);
        };
        self.resumes -= 1;
        self.heap.switch_to(resumer);
        self.attention |= self.heap.thread.hook_mask != 0;
        let count = self.heap.thread_ref(from).top - first;
        let wrapped = self.current_call().tail_calls != 0;
        let call = self.current_call_mut();
        call.kind = CallKind::Native;
        call.tail_calls = 0;
        if !self.check_native_stack(count) {
            // The values stay where they are: the coroutine was resumed all the same.
            return Err(self.position_error("too many results to resume"));
        }
        let begin = self.heap.thread.top;
        if !wrapped {
            self.push(Value::TRUE);
        }
        self.ensure_stack(count + 1);
        let source = &mut self.heap.threads.items[from.index()].thread;
        let t = &mut self.heap.thread;
        t.stack[t.top..t.top + count].copy_from_slice(&source.stack[first..first + count]);
        t.top += count;
        source.top = first;
        if !wrapped {
            // What `lua_insert` leaves above the top.
            self.push(Value::TRUE);
            self.pop();
        }
        self.finish_call(begin)
    }

    /// An error has reached the bottom of the running coroutine: it is dead, and
    /// its resumer gets the error's value.
    pub(crate) fn leave_by_error(&mut self, error: Error) -> Result<Finish> {
        let error = self.run_handler(error);
        let t = &mut self.heap.thread;
        t.status = ThreadStatus::Failed;
        let top = t.top;
        t.stack[top] = error.value();
        t.top += 1;
        let top = t.top as u32;
        self.current_call_mut().top = top;
        let Some(resumer) = self.heap.thread.resumer.take() else {
            return Err(error);
        };
        self.heap.thread.top -= 1;
        self.resumes -= 1;
        self.heap.switch_to(resumer);
        self.attention |= self.heap.thread.hook_mask != 0;
        if self.escapes(error.status()) {
            let call = self.current_call_mut();
            call.kind = CallKind::Native;
            call.tail_calls = 0;
            return Err(error);
        }
        self.finish_failed_resume(error.value())
    }

    /// Ends a `resume` that failed with false and the message, a wrap function
    /// with an error.
    pub(crate) fn finish_failed_resume(&mut self, value: Value) -> Result<Finish> {
        let wrapped = self.current_call().tail_calls != 0;
        let call = self.current_call_mut();
        call.kind = CallKind::Native;
        call.tail_calls = 0;
        if wrapped {
            return Err(self.propagate_from_wrap(value));
        }
        let begin = self.heap.thread.top;
        for v in [Value::FALSE, value, Value::FALSE] {
            self.push(v);
        }
        // What `lua_insert` leaves above the top.
        self.pop();
        self.finish_call(begin)
    }

    /// The error of a wrap function: a string gets the position of its caller.
    pub(crate) fn propagate_from_wrap(&mut self, value: Value) -> Error {
        self.ensure_stack(1);
        self.push(value);
        if (value.is_string() || value.is_number()) && !fault!(WrapErrorPosition) {
            return self.error_with_position(1);
        }
        Error::new(Status::Runtime, value)
    }
}
