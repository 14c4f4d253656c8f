//! Entering and leaving calls: frames of Lua functions and natives, protected
//! calls. Mirrors `ldo.c`.
//!
//! A call record stays on its thread until whoever catches an error cuts it off.
//! Three natives are not run to their end by Rust: a protected call, a resume and
//! a yield return a special outcome, and the interpreter's driver
//! (`driver.rs`) does the rest in its own loop. So neither `pcall` nor a
//! coroutine takes native stack, and a suspended coroutine holds no Rust frame.

use super::error::{Error, Result, Status};
use super::frame::clear;
use super::{NativeEntry, NativeFn, State, interrupt};
use crate::bytecode::VarargFlags;
use crate::heap::Event;
use crate::heap::thread::{CallInfo, CallKind, Ending, Thread, hook_mask};
use crate::heap::value::{ClosureRef, NativeRef, ThreadRef, Value};
use crate::limits::{MAX_C_CALLS, MAX_CALLS, MIN_STACK};

/// A native returns this when it has left a [`Request`] instead of results.
pub(crate) const SPECIAL: usize = usize::MAX;

/// What a native asks the driver to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Request {
    None,
    /// Call the function at this slot, with all that is above it as arguments,
    /// catching errors.
    Protect {
        func: u32,
        handler: u32,
    },
    /// Resume a coroutine whose arguments are on its stack already.
    Resume {
        thread: ThreadRef,
        arguments: u32,
        wrapped: bool,
    },
    /// Suspend the running coroutine with this number of values on top.
    Yield {
        values: u32,
    },
}

/// What entering a call led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entered {
    /// A Lua function's frame is set up and has to be run.
    Lua,
    /// A native ran to its end; its results are in place.
    Finished,
    /// A native left a [`Request`]; its record is still there.
    Special,
}

/// Copies values within the stack. Most often they are few: a loop would be unrolled for
/// many.
#[inline(always)]
pub(super) fn move_values(stack: &mut [Value], from: usize, count: usize, to: usize) {
    const FEW: usize = 4;
    if count <= FEW
        && let Some(&values) = stack.get(from..).and_then(|s| s.first_chunk::<FEW>())
        && let Some(slots) = stack.get_mut(to..).and_then(|s| s.first_chunk_mut::<FEW>())
    {
        for i in 0..FEW {
            if i < count {
                slots[i] = values[i];
            }
        }
    } else {
        stack.copy_within(from..from + count, to);
    }
}

impl Thread {
    /// Moves the values from `first` to before `end` to where a call that has ended wants
    /// its results, and sets the top behind them.
    #[inline(always)]
    pub(super) fn place_results(&mut self, call: &CallInfo, first: usize, end: usize) {
        let to = call.func as usize;
        let count = end - first;
        if call.expected < 0 {
            move_values(&mut self.stack, first, count, to);
            self.top = to + count;
            return;
        }
        let wanted = call.expected as usize;
        let moved = count.min(wanted);
        move_values(&mut self.stack, first, moved, to);
        for missing in &mut self.stack[to + moved..to + wanted] {
            *missing = Value::NIL;
        }
        self.top = to + wanted;
    }
}

/// Tail calls lost under a record that takes the place of one with so many.
#[inline(always)]
pub(super) fn one_more_tail_call(before: u32) -> u32 {
    before + u32::from(!fault!(TailCallNotCounted))
}

/// The slot of the function that a record of [`CallKind::Protected`] protects: its
/// results begin there, and an error is left there.
fn protected_slot(call: &CallInfo) -> usize {
    (call.base + (call.tail_calls >> 1 & 1)) as usize
}

/// All results are wanted.
pub(crate) const ALL: i32 = -1;

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Finish {
    /// Rust code waits for it.
    Fresh,
    /// The caller goes on and finds as many results as there were, or, of a handler, its
    /// top as it left it.
    All,
    /// The caller goes on and finds the results it wanted.
    Fixed,
}

impl State {
    /// The record of the running function.
    #[inline(always)]
    pub(crate) fn current_call(&self) -> &CallInfo {
        let calls = &self.heap.thread.calls;
        &calls[calls.len() - 1]
    }

    #[inline(always)]
    pub(crate) fn current_call_mut(&mut self) -> &mut CallInfo {
        let calls = &mut self.heap.thread.calls;
        let last = calls.len() - 1;
        &mut calls[last]
    }

    /// Makes sure that `n` slots above the top may be used (`luaD_checkstack`).
    #[inline(always)]
    pub(crate) fn ensure_stack(&mut self, n: usize) {
        let t = &self.heap.thread;
        if t.stack_last <= t.top + n {
            self.grow_stack(self.heap.running, n);
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn grow_stack(&mut self, thread: ThreadRef, n: usize) {
        let t = self.heap.thread_mut(thread);
        let size = t.stack_size();
        let limit = if n <= size { 2 * size } else { size + n };
        let change = t.set_stack_limit(limit);
        self.heap.memory.total = self.heap.memory.total.wrapping_add_signed(change);
    }

    /// The same for a Lua function, which can be refused what it asks for.
    #[inline(always)]
    pub(crate) fn ensure_stack_for_call(&mut self, n: usize) -> Result<()> {
        let t = &self.heap.thread;
        if t.stack_last <= t.top + n {
            self.grow_stack_for_call(n)?;
        }
        Ok(())
    }

    /// Grows the stack for a Lua function.
    #[cold]
    #[inline(never)]
    fn grow_stack_for_call(&mut self, n: usize) -> Result<()> {
        let before = self.heap.thread.stack.len();
        self.ask_for_room((2 * before + n) * size_of::<Value>())?;
        self.grow_stack(self.heap.running, n);
        let growth = self.heap.thread.stack.len().saturating_sub(before);
        self.heap.memory.add_slots(growth * size_of::<Value>());
        Ok(())
    }

    /// Room for one more call record, or "stack overflow".
    #[inline(always)]
    fn ensure_call(&mut self) -> Result<()> {
        let t = &self.heap.thread;
        if t.calls.len() >= t.call_capacity {
            return self.grow_calls();
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn grow_calls(&mut self) -> Result<()> {
        let t = &mut self.heap.thread;
        if t.call_capacity > MAX_CALLS {
            return Err(self.handler_error());
        }
        let change = t.set_call_capacity(2 * t.call_capacity);
        let overflow = t.call_capacity > MAX_CALLS;
        self.heap.memory.total = self.heap.memory.total.wrapping_add_signed(change);
        if overflow {
            Err(self.runtime_error("stack overflow"))
        } else {
            Ok(())
        }
    }

    /// The error of a handler that failed; its text is filled in where it is caught.
    pub(crate) fn handler_error(&mut self) -> Error {
        let text = self.string(b"error in error handling");
        Error::new(Status::Handler, text)
    }

    /// Enters a call of the value at `func`; its arguments reach to the top.
    pub(crate) fn precall(&mut self, func: usize, expected: i32) -> Result<Entered> {
        let f = self.heap.thread.stack[func];
        if let Some(c) = f.as_closure() {
            let has_hooks = self.heap.thread.hook_mask != 0;
            if has_hooks || !self.enter_lua_at_once(c, func, expected, Ending::Driver) {
                self.enter_lua(c, func, expected)?;
            }
            if interrupt::is_pending() {
                self.take_interrupt_at_entry()?;
            }
            Ok(Entered::Lua)
        } else if let Some(n) = f.as_native() {
            self.enter_native(n, func, expected)
        } else {
            self.insert_call_handler(func)?;
            match self.heap.thread.stack[func].as_closure() {
                Some(c) => {
                    self.enter_lua(c, func, expected)?;
                    Ok(Entered::Lua)
                }
                None => match self.heap.thread.stack[func].as_native() {
                    Some(n) => self.enter_native(n, func, expected),
                    None => Ok(Entered::Finished),
                },
            }
        }
    }

    /// Puts the `__call` handler of a value below it, as the function to call.
    #[cold]
    #[inline(never)]
    fn insert_call_handler(&mut self, func: usize) -> Result<()> {
        let f = self.heap.thread.stack[func];
        let handler = self.heap.handler(f, Event::Call);
        if !handler.is_function() {
            return Err(self.type_error(f, Some(func), "call"));
        }
        let t = &mut self.heap.thread;
        let top = t.top;
        if fault!(CalledValueLost) {
            t.stack[func] = handler;
            return Ok(());
        }
        t.stack.copy_within(func..top, func + 1);
        t.stack[func] = handler;
        self.ensure_stack(1);
        self.heap.thread.top += 1;
        Ok(())
    }

    /// Sets up the frame of a Lua function.
    pub(crate) fn enter_lua(&mut self, c: ClosureRef, func: usize, expected: i32) -> Result<()> {
        let proto = &self.heap.closure(c).proto;
        let max_stack = proto.max_stack as usize;
        let (parameters, vararg) = (proto.parameters as usize, proto.vararg);
        self.ensure_stack_for_call(max_stack)?;
        let base = if vararg.0 == 0 {
            let t = &mut self.heap.thread;
            t.top = t.top.min(func + 1 + parameters);
            func + 1
        } else {
            self.adjust_varargs(vararg, parameters, max_stack, func)?
        };
        self.ensure_call()?;
        let t = &mut self.heap.thread;
        let top = base + max_stack;
        if t.top < top {
            t.stack[t.top..top].fill(Value::NIL);
        }
        t.top = top;
        t.calls.push(CallInfo {
            closure: c,
            func: func as u32,
            base: base as u32,
            top: top as u32,
            pc: 0,
            expected,
            tail_calls: 0,
            kind: CallKind::Lua,
            ending: Ending::Driver,
        });
        if t.hook_mask & hook_mask::CALL != 0 {
            self.call_hook_at_entry()?;
        }
        Ok(())
    }

    /// Enters a Lua function with fixed parameters whose arguments end at the top, without
    /// hooks and if nothing has to grow; false, and nothing done, in other cases.
    #[inline(always)]
    pub(super) fn enter_lua_at_once(
        &mut self,
        c: ClosureRef,
        func: usize,
        expected: i32,
        ending: Ending,
    ) -> bool {
        let p = &self.heap.closures[c.index()].proto;
        let (max, parameters) = (p.max_stack as usize, p.parameters as usize);
        let t = &mut self.heap.thread;
        if p.vararg.0 != 0 || t.top + max >= t.stack_last || t.calls.len() >= t.call_capacity {
            return false;
        }
        let base = func + 1;
        let given = (t.top - base).min(parameters);
        let Some(registers) = t.stack.get_mut(base + given..base + max) else {
            return false;
        };
        clear(registers);
        t.top = base + max;
        t.calls.push(CallInfo {
            closure: c,
            func: func as u32,
            base: base as u32,
            top: (base + max) as u32,
            pc: 0,
            expected,
            tail_calls: 0,
            kind: CallKind::Lua,
            ending,
        });
        true
    }

    /// A function without a loop that a native calls again and again looks nowhere else.
    #[cold]
    #[inline(never)]
    fn take_interrupt_at_entry(&mut self) -> Result<()> {
        // As for hooks.
        self.current_call_mut().pc = 1;
        self.take_interrupt()?;
        self.current_call_mut().pc = 0;
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn call_hook_at_entry(&mut self) -> Result<()> {
        // Hooks take the `pc` to be past the current instruction.
        self.current_call_mut().pc = 1;
        self.call_hook(hook_mask::CALL, None)?;
        self.current_call_mut().pc = 0;
        Ok(())
    }

    /// Moves fixed parameters above the extra arguments, and makes the table `arg`
    /// if the function wants it; the new base.
    fn adjust_varargs(
        &mut self,
        vararg: VarargFlags,
        fixed: usize,
        max_stack: usize,
        func: usize,
    ) -> Result<usize> {
        let mut actual = self.heap.thread.top - func - 1;
        // D62: there is room for the frame itself. What the parameters need beside it may lie
        // behind the last slot that 5.1.1 counts; here there are others.
        while actual < fixed {
            self.push(Value::NIL);
            actual += 1;
        }
        let mut table = Value::NIL;
        if vararg.has(VarargFlags::NEEDS_ARG) {
            let extra = actual - fixed;
            self.check_gc()?;
            self.ensure_stack(max_stack);
            let t = self.heap.new_table(extra, 1);
            let first = self.heap.thread.top - extra;
            for i in 0..extra {
                let v = self.heap.thread.stack[first + i];
                self.set_integer_raw(t, (i + 1) as i32, v)?;
            }
            let count = extra + usize::from(fault!(ArgCount));
            self.heap.raw_set_str(t, "n", Value::number(count as f64));
            table = Value::table(t);
        }
        let t = &mut self.heap.thread;
        let first = t.top - actual;
        let base = t.top;
        for i in 0..fixed {
            t.stack[base + i] = t.stack[first + i];
            t.stack[first + i] = Value::NIL;
        }
        t.top += fixed;
        if !table.is_nil() {
            self.push(table);
        }
        Ok(base)
    }

    /// Runs a native function.
    #[inline]
    pub(crate) fn enter_native(
        &mut self,
        n: NativeRef,
        func: usize,
        expected: i32,
    ) -> Result<Entered> {
        self.ensure_stack(MIN_STACK);
        self.ensure_call()?;
        let t = &mut self.heap.thread;
        t.calls.push(CallInfo {
            closure: ClosureRef(u32::MAX),
            func: func as u32,
            base: func as u32 + 1,
            top: (t.top + MIN_STACK) as u32,
            pc: 0,
            expected,
            tail_calls: 0,
            kind: CallKind::Native,
            ending: Ending::Driver,
        });
        if t.hook_mask & hook_mask::CALL != 0 {
            self.call_hook(hook_mask::CALL, None)?;
        }
        let function = self.native_function(n);
        let results = function(self)?;
        if results == SPECIAL {
            return Ok(Entered::Special);
        }
        if interrupt::is_pending() {
            self.take_interrupt()?;
        }
        self.finish_call(self.heap.thread.top.saturating_sub(results))?;
        Ok(Entered::Finished)
    }

    /// Can a native whose arguments end at `top` be called without growing anything?
    #[inline(always)]
    pub(crate) fn has_room_for_native(&self, top: usize) -> bool {
        let t = &self.heap.thread;
        top + MIN_STACK < t.stack_last && t.calls.len() < t.call_capacity
    }

    /// Ends a native that the loop entered: its topmost `results` values go to where
    /// the function was, and the top to the end of the caller's frame.
    #[inline(always)]
    pub(crate) fn take_native_results(&mut self, results: usize, func: usize, expected: i32) {
        let t = &mut self.heap.thread;
        t.calls.pop();
        let frame_top = t.calls.last().map_or(0, |call| call.top as usize);
        let from = t.top.saturating_sub(results);
        if expected == 1 {
            t.stack[func] = if results == 0 {
                Value::NIL
            } else {
                t.stack[from]
            };
            t.top = frame_top;
        } else if expected == 0 {
            t.top = frame_top;
        } else if expected < 0 {
            move_values(&mut t.stack, from, results, func);
            t.top = func + results;
        } else {
            let wanted = expected as usize;
            let moved = results.min(wanted);
            move_values(&mut t.stack, from, moved, func);
            t.stack[func + moved..func + wanted].fill(Value::NIL);
            t.top = frame_top;
        }
    }

    #[inline(always)]
    pub(crate) fn native_function(&self, n: NativeRef) -> NativeFn {
        self.native_entry(n).function
    }

    #[inline(always)]
    pub(crate) fn native_entry(&self, n: NativeRef) -> &NativeEntry {
        &self.natives[self.heap.native(n).function.0 as usize]
    }

    /// Ends the running call, whose results reach from `first` to the top: moves
    /// them to where the function was (`luaD_poscall`).
    #[inline]
    pub(crate) fn finish_call(&mut self, mut first: usize) -> Result<Finish> {
        if self.heap.thread.hook_mask & hook_mask::RETURN != 0 {
            first = self.return_hooks(first)?;
        }
        let t = &mut self.heap.thread;
        let Some(call) = t.calls.pop() else {
            return Ok(Finish::Fresh);
        };
        t.place_results(&call, first, t.top);
        if call.ending.serves_instruction() {
            self.finish_for_instruction(call.ending)?;
        }
        Ok(if call.ending == Ending::Rust {
            Finish::Fresh
        } else if call.expected < 0 || call.ending.is_of_handler() {
            Finish::All
        } else {
            Finish::Fixed
        })
    }

    /// Calls the value at `func` from Rust, with all that is above it as
    /// arguments; the results replace it (`luaD_call`).
    pub(crate) fn call_at(&mut self, func: usize, expected: i32) -> Result<()> {
        self.enter_native_level()?;
        // Before there is a record that waits for this call: an error here belongs to
        // the caller.
        if self.rust_depth >= self.global.max_rust_depth {
            return Err(self.runtime_error("C stack overflow"));
        }
        self.rust_depth += 1;
        let result = self.run_call(func, expected);
        self.rust_depth -= 1;
        result?;
        self.heap.thread.native_depth -= 1;
        self.check_gc()
    }

    #[inline]
    fn run_call(&mut self, func: usize, expected: i32) -> Result<()> {
        let t = &self.heap.thread;
        if let Some(c) = t.stack[func].as_closure()
            && t.hook_mask == 0
            && !interrupt::is_pending()
            && self.enter_lua_at_once(c, func, expected, Ending::Rust)
        {
            return self.drive(Entered::Lua);
        }
        match self.precall(func, expected)? {
            Entered::Finished => Ok(()),
            entered => {
                self.current_call_mut().ending = Ending::Rust;
                self.drive(entered)
            }
        }
    }

    /// Calls with `arguments` values on top of the stack, the function below them.
    pub(crate) fn call(&mut self, arguments: usize, expected: i32) -> Result<()> {
        let func = self.heap.thread.top - arguments - 1;
        self.call_at(func, expected)?;
        // `lua_call` with all results makes sure that the frame covers them.
        let top = self.heap.thread.top as u32;
        let call = self.current_call_mut();
        if expected == ALL && top >= call.top {
            call.top = top;
        }
        Ok(())
    }

    /// Counts one more nested native call.
    #[inline]
    pub(crate) fn enter_native_level(&mut self) -> Result<()> {
        self.heap.thread.native_depth += 1;
        if self.heap.thread.native_depth >= MAX_C_CALLS {
            return self.native_overflow();
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn native_overflow(&mut self) -> Result<()> {
        let depth = self.heap.thread.native_depth;
        if depth == MAX_C_CALLS {
            Err(self.runtime_error("C stack overflow"))
        } else if depth >= MAX_C_CALLS + (MAX_C_CALLS >> 3) {
            Err(self.handler_error())
        } else {
            Ok(())
        }
    }

    /// Runs Rust code and catches its errors as `lua_pcall` does: the stack is cut
    /// to `old_top` plus the error value. `handler` is the slot of a message
    /// handler, 0 for none.
    pub(crate) fn protect<T>(
        &mut self,
        old_top: usize,
        handler: u32,
        body: impl FnOnce(&mut State) -> Result<T>,
    ) -> core::result::Result<T, Status> {
        let calls = self.heap.thread.calls.len();
        let depth = self.heap.thread.native_depth;
        let allow_hook = self.heap.thread.allow_hook;
        let old_handler = core::mem::replace(&mut self.heap.thread.error_handler, handler);
        let runs = self.global.interrupts.begin();
        let result = match body(self) {
            Ok(v) => Ok(v),
            Err(error) => {
                let error = self.run_handler(error);
                let status = error.status();
                self.unwind(calls, old_top, error);
                self.heap.thread.native_depth = depth;
                self.heap.thread.allow_hook = allow_hook;
                Err(status)
            }
        };
        self.heap.thread.error_handler = old_handler;
        self.global.interrupts.end(runs);
        result
    }

    /// Cuts the call records to `calls`, closes upvalues from `old_top` on, and
    /// leaves the error's value there as the topmost one.
    pub(crate) fn unwind(&mut self, calls: usize, old_top: usize, error: Error) {
        self.heap.close_upvalues(old_top as u32);
        let t = &mut self.heap.thread;
        t.stack[old_top] = error.value();
        t.top = old_top + 1;
        t.calls.truncate(calls);
        if t.call_capacity > MAX_CALLS && t.calls.len() < MAX_CALLS {
            let change = t.set_call_capacity(MAX_CALLS);
            self.heap.memory.total = self.heap.memory.total.wrapping_add_signed(change);
        }
    }

    /// Gives an error to the message handler, if one is set, with the stack still
    /// as it was when the error was raised.
    pub(crate) fn run_handler(&mut self, mut error: Error) -> Error {
        while self.heap.thread.error_handler != 0 && error.status() == Status::Runtime {
            let handler = self.heap.thread.stack[self.heap.thread.error_handler as usize];
            if !handler.is_function() {
                return self.handler_error();
            }
            // The handler takes the place of the message, where that is on the stack. A NaN is
            // one as well.
            let t = &mut self.heap.thread;
            if t.stack[t.top - 1] == error.value() {
                t.top -= 1;
            }
            // A handler that fails is called again for its own error, one native
            // level deeper each time, until the levels are used up.
            self.ensure_stack(2);
            self.push(handler);
            self.push(error.value());
            let func = self.heap.thread.top - 2;
            match self.call_at(func, 1) {
                Ok(()) => {
                    let value = self.pop();
                    return Error::new(Status::Runtime, value);
                }
                Err(next) => error = next,
            }
        }
        error
    }

    /// Enters the call that `pcall` and `xpcall` protect. What has to come back
    /// after an error is kept in the record of `pcall` itself.
    pub(crate) fn enter_protected(&mut self, func: u32, handler: u32) -> Result<Entered> {
        let t = &mut self.heap.thread;
        let saved_handler = core::mem::replace(&mut t.error_handler, handler);
        let saved = t.native_depth << 2 | u32::from(t.allow_hook);
        let call = self.current_call_mut();
        call.kind = CallKind::Protected;
        call.pc = saved_handler;
        // The function is at the record's base, or above a handler.
        call.tail_calls = saved | u32::from(func != call.base) << 1;
        self.enter_native_level()?;
        self.precall(func as usize, ALL)
    }

    /// Ends a protected call: the record on top is the one of `pcall`. Its results
    /// become its status and what is above the protected function's slot.
    pub(crate) fn finish_protected(&mut self, succeeded: bool) -> Result<Finish> {
        if succeeded {
            self.heap.thread.native_depth -= 1;
            // What a finalizer raises here is caught by this very call.
            self.check_gc()?;
            let top = self.heap.thread.top as u32;
            let call = self.current_call_mut();
            call.top = call.top.max(top);
        }
        let call = self.current_call_mut();
        let (handler, saved) = (call.pc, call.tail_calls);
        let first = protected_slot(call);
        call.kind = CallKind::Native;
        call.tail_calls = 0;
        let t = &mut self.heap.thread;
        t.error_handler = handler;
        if succeeded || !fault!(DepthNotRestored) {
            t.native_depth = saved >> 2;
        }
        t.allow_hook = saved & 1 != 0;
        // The function's slot is free below the results unless they begin at the base.
        let base = self.current_call().base as usize;
        self.ensure_stack(2);
        if first == base {
            let t = &mut self.heap.thread;
            let top = t.top;
            t.stack.copy_within(base..top, base + 1);
            t.top += 1;
        }
        // 5.1.1 pushes the status and moves it down, which leaves it above the top as
        // well: what a function called here had there is then out of the collector's sight.
        let t = &mut self.heap.thread;
        t.stack[base] = Value::boolean(succeeded);
        t.stack[t.top] = Value::boolean(succeeded);
        self.finish_call(base)
    }

    /// Catches an error in the record at `index`, one of `pcall`. The handler may have met
    /// a limit, which goes on.
    pub(crate) fn catch(&mut self, index: usize, error: Error) -> Result<Finish> {
        let error = self.run_handler(error);
        if self.escapes(error.status()) {
            return Err(error);
        }
        let func = protected_slot(&self.heap.thread.calls[index]);
        self.unwind(index + 1, func, error);
        self.finish_protected(false)
    }
}

impl State {
    /// After a tail call was entered: its frame takes the place of its caller's.
    pub(crate) fn replace_caller(&mut self) {
        let Some(mut call) = self.heap.thread.calls.pop() else {
            return;
        };
        let Some(caller) = self.heap.thread.calls.last() else {
            return;
        };
        let (func, base) = (caller.func as usize, caller.base);
        if self.heap.thread.open_top > base {
            self.heap.close_upvalues(base);
        }
        let t = &mut self.heap.thread;
        let from = call.func as usize;
        let length = t.top - from;
        t.stack.copy_within(from..t.top, func);
        let down = (from - func) as u32;
        call.func -= down;
        call.base -= down;
        t.top = func + length;
        call.top = t.top as u32;
        if let Some(caller) = t.calls.last_mut() {
            call.expected = caller.expected;
            call.tail_calls = one_more_tail_call(caller.tail_calls);
            call.ending = caller.ending;
            *caller = call;
        }
    }
}
