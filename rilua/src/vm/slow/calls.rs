//! Calls, returns, varargs and TFORLOOP where the loop leaves them: vararg functions, values
//! with a handler, results for who is not the same loop.

use super::super::State;
use super::super::call::{Entered, Finish, move_values, one_more_tail_call};
use super::super::driver::Next;
use super::super::error::Result;
use super::super::frame::clear;
use super::super::interrupt;
use super::super::iterate::Iteration;
use super::super::shortcut::NativeCall;
use super::Flow;
use crate::bytecode::VarargFlags;
use crate::heap::Event;
use crate::heap::code::Instr;
use crate::heap::object::FunctionProto;
use crate::heap::thread::{CallInfo, CallKind, Ending, Thread};
use crate::heap::value::{ClosureRef, Value};
use core::ops::Range;

impl Thread {
    /// Moves a frame and what belongs to it, with the function in front, down to the running
    /// frame's function, which it replaces. Its registers begin at `base`, and from `empty` on
    /// they have no value yet. False, and nothing done, if there is no such room.
    #[inline(always)]
    fn move_frame(
        &mut self,
        c: ClosureRef,
        frame: Range<usize>,
        base: usize,
        empty: usize,
    ) -> bool {
        let Some(call) = self.calls.last_mut() else {
            return false;
        };
        let func = call.func as usize;
        let Some(slots) = self.stack.get_mut(func..frame.end) else {
            return false;
        };
        let up = frame.start - func;
        call.closure = c;
        call.base = (base - up) as u32;
        call.top = (frame.end - up) as u32;
        call.pc = 0;
        call.tail_calls = one_more_tail_call(call.tail_calls);
        self.top = frame.end - up;
        clear(&mut slots[empty.min(frame.end) - func..]);
        for n in 0..slots.len() - up {
            slots[n] = slots[n + up];
        }
        true
    }
}

impl State {
    /// RETURN in the cases that the loop leaves.
    #[inline(never)]
    pub(super) fn finish_return<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        let first = base + i.a as usize;
        if self.heap.thread.open_top as usize > base {
            self.heap.close_upvalues(base as u32);
        }
        let t = &mut self.heap.thread;
        let end = if i.b != 0 {
            first + i.b as usize - 1
        } else {
            t.top.max(first)
        };
        if !HOOKS && self.heap.answer_instruction(first, end) {
            return Ok(self.unless_plain(Next::Run));
        }
        let t = &mut self.heap.thread;
        if !HOOKS
            && let [.., call] = t.calls.as_slice()
            && call.ending == Ending::Rust
        {
            let call = *call;
            t.calls.pop();
            t.place_results(&call, first, end);
            return Ok(Flow::FRESH);
        }
        if !HOOKS
            && let [.., caller, call] = t.calls.as_slice()
            && (call.ending == Ending::Caller || call.ending.serves_instruction())
        {
            let (call, frame_top) = (*call, caller.top as usize);
            t.calls.pop();
            t.place_results(&call, first, end);
            if call.ending.serves_instruction() {
                self.finish_for_instruction(call.ending)?;
                if call.ending == Ending::Iterator {
                    self.heap.thread.top = frame_top;
                }
                // What was done for the instruction may have set hooks.
                return Ok(self.unless_plain(Next::Run));
            }
            if call.expected >= 0 {
                t.top = frame_top;
            }
            return Ok(Flow::RELOAD);
        }
        t.top = end;
        self.save_pc(pc);
        let finish = self.finish_call(first)?;
        if finish == Finish::Fresh {
            return Ok(Flow::FRESH);
        }
        let next = self.settle(Next::Ended(finish))?;
        Ok(if HOOKS {
            Flow::leave(next)
        } else {
            self.unless_plain(next)
        })
    }

    /// VARARG: copies extra arguments to registers; all of them set the top.
    #[inline(never)]
    pub(super) fn finish_vararg<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        debug_assert!(proto.vararg.has(VarargFlags::IS_VARARG));
        let to = base + i.a as usize;
        let lost = usize::from(fault!(VarargLost));
        let t = &mut self.heap.thread;
        let func = t.calls.last().map_or(0, |call| call.func as usize);
        let extra = (base - func - 1).saturating_sub(proto.parameters as usize + lost);
        if i.b != 0 {
            let wanted = i.b as usize - 1;
            let moved = extra.min(wanted);
            move_values(&mut t.stack, base - extra, moved, to);
            for missing in &mut t.stack[to + moved..to + wanted] {
                *missing = Value::NIL;
            }
            return self.go_on::<HOOKS>(pc);
        }
        if t.stack_last <= t.top + extra {
            self.save_pc(pc);
            self.ensure_stack_for_call(extra)?;
        }
        let t = &mut self.heap.thread;
        t.top = to + extra;
        move_values(&mut t.stack, base - extra, extra, to);
        self.go_on::<HOOKS>(pc)
    }

    /// CALL of what the loop doesn't enter itself and is no native: vararg functions, values
    /// with a handler, and what something has to grow for.
    #[inline(never)]
    pub(super) fn finish_other_call<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        let func = base + i.a as usize;
        let t = &self.heap.thread;
        let f = t.stack[func];
        let call = NativeCall::of(t, i, pc, base);
        if let Some(c) = f.as_closure()
            && !HOOKS
            && self.enter_vararg_at_once(c, call)
        {
            return Ok(Flow::RELOAD);
        }
        if !HOOKS && self.enter_call_handler_at_once(f, call)? {
            return Ok(Flow::RELOAD);
        }
        self.heap.thread.top = call.top;
        self.save_pc(pc);
        if let Some(c) = f.as_closure() {
            if interrupt::is_pending() {
                self.take_interrupt()?;
                self.save_pc(pc);
            }
            self.enter_lua(c, func, call.expected)?;
            self.current_call_mut().ending = Ending::Caller;
            return Ok(Flow::RELOAD);
        }
        Ok(Flow::leave(match self.precall(func, call.expected)? {
            Entered::Finished if call.expected >= 0 => Next::Ended(Finish::Fixed),
            entered => Next::from(entered),
        }))
    }

    /// TAILCALL.
    #[inline(never)]
    pub(super) fn finish_tail_call<const HOOKS: bool, const METERED: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        let from = base + i.a as usize;
        let t = &self.heap.thread;
        if !HOOKS
            && let Some(c) = t.stack[from].as_closure()
            && t.calls.len() < t.call_capacity
            && t.open_top as usize <= base
            && !interrupt::is_pending()
        {
            let top = if i.b != 0 {
                from + i.b as usize
            } else {
                // In damaged code it may be below the function.
                t.top.max(from + 1)
            };
            let done = if self.heap.closures[c.index()].proto.vararg.0 == 0 {
                self.replace_caller_at_once(c, from, top)
            } else {
                self.replace_caller_by_vararg(c, from, top)
            };
            if done {
                return Ok(Flow::RELOAD);
            }
        }
        self.finish_other::<HOOKS, METERED>(i, pc, base, proto)
    }

    /// Enters a Lua function with fixed parameters in the place of the running one, if nothing
    /// has to grow; false, and nothing done, in other cases. The frame is made above the running
    /// one and then moved, which shows in what stays there.
    #[inline(always)]
    fn replace_caller_at_once(&mut self, c: ClosureRef, from: usize, top: usize) -> bool {
        let t = &mut self.heap.thread;
        let p = &self.heap.closures[c.index()].proto;
        let max = p.max_stack as usize;
        let empty = top.min(from + 1 + p.parameters as usize);
        top + max < t.stack_last && t.move_frame(c, from..from + 1 + max, from + 1, empty)
    }

    /// The same for a vararg function that has no table `arg`.
    #[inline(never)]
    fn replace_caller_by_vararg(&mut self, c: ClosureRef, from: usize, top: usize) -> bool {
        let t = &mut self.heap.thread;
        let p = &self.heap.closures[c.index()].proto;
        let (max, fixed) = (p.max_stack as usize, p.parameters as usize);
        if p.vararg.has(VarargFlags::NEEDS_ARG) || top + max >= t.stack_last {
            return false;
        }
        let first = from + 1;
        let base = top.max(first + fixed);
        let Some(arguments) = t.stack.get_mut(first..base + fixed) else {
            return false;
        };
        let (arguments, parameters) = arguments.split_at_mut(base - first);
        for missing in &mut arguments[top - first..] {
            *missing = Value::NIL;
        }
        for (to, from) in parameters.iter_mut().zip(arguments) {
            *to = core::mem::take(from);
        }
        t.move_frame(c, from..base + max, base, base + fixed)
    }

    /// Enters a vararg function that has no table `arg`, if nothing has to grow; false, and
    /// nothing done, in other cases.
    #[inline(always)]
    fn enter_vararg_at_once(&mut self, c: ClosureRef, call: NativeCall) -> bool {
        let p = &self.heap.closures[c.index()].proto;
        let (max, fixed) = (p.max_stack as usize, p.parameters as usize);
        let t = &mut self.heap.thread;
        if p.vararg.0 == 0
            || p.vararg.has(VarargFlags::NEEDS_ARG)
            || call.top + max >= t.stack_last
            || t.calls.len() >= t.call_capacity
            || interrupt::is_pending()
        {
            return false;
        }
        let first = call.func + 1;
        let base = call.top.max(first + fixed);
        let Some(slots) = t.stack.get_mut(first..base + max) else {
            return false;
        };
        let (arguments, registers) = slots.split_at_mut(base - first);
        if call.top < first + fixed {
            arguments[call.top - first..].fill(Value::NIL);
        }
        let (parameters, rest) = registers.split_at_mut(fixed.min(max));
        if fixed > 0 {
            for (to, from) in parameters.iter_mut().zip(arguments) {
                *to = core::mem::take(from);
            }
        }
        clear(rest);
        if let Some(caller) = t.calls.last_mut() {
            caller.pc = call.pc as u32;
        }
        t.top = base + max;
        t.calls.push(CallInfo {
            closure: c,
            func: call.func as u32,
            base: base as u32,
            top: (base + max) as u32,
            pc: 0,
            expected: call.expected,
            tail_calls: 0,
            kind: CallKind::Lua,
            ending: Ending::Caller,
        });
        true
    }

    /// Enters the `__call` handler of a table or userdata, if it is a Lua function and there is a slot
    /// for it; false, and nothing done, in other cases.
    #[inline(always)]
    fn enter_call_handler_at_once(&mut self, f: Value, call: NativeCall) -> Result<bool> {
        if f.as_table().is_none() && f.as_userdata().is_none() || interrupt::is_pending() {
            return Ok(false);
        }
        self.enter_call_handler(f, call)
    }

    #[inline(never)]
    fn enter_call_handler(&mut self, f: Value, call: NativeCall) -> Result<bool> {
        // The general way has the faults.
        if cfg!(feature = "faults") {
            return Ok(false);
        }
        let Some(c) = self.heap.handler(f, Event::Call).as_closure() else {
            return Ok(false);
        };
        let t = &mut self.heap.thread;
        let top = call.top + 1;
        if top >= t.stack_last {
            return Ok(false);
        }
        let Some(slots) = t.stack.get_mut(call.func..top) else {
            return Ok(false);
        };
        for n in (1..slots.len()).rev() {
            slots[n] = slots[n - 1];
        }
        slots[0] = Value::closure(c);
        t.top = top;
        self.save_pc(call.pc);
        if !self.enter_lua_at_once(c, call.func, call.expected, Ending::Caller) {
            self.enter_lua(c, call.func, call.expected)?;
            self.current_call_mut().ending = Ending::Caller;
        }
        Ok(true)
    }

    /// The loop goes on only with a Lua function, and if nothing wants its attention.
    #[inline(always)]
    pub(super) fn unless_plain(&self, next: Next) -> Flow {
        if next != Next::Run || self.attention {
            Flow::leave(next)
        } else {
            Flow::RELOAD
        }
    }

    /// TFORLOOP.
    #[inline(never)]
    pub(super) fn generic_for<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        proto: &FunctionProto,
    ) -> Result<Flow> {
        let func = base + i.a as usize + 3;
        let plain = !HOOKS && !interrupt::is_pending();
        // In damaged code registers wrap around.
        if plain
            && i.a < u8::MAX - 2
            && let Some(goes_on) = self.iterate_at_once(func - 3, i.c)
        {
            return Ok(Flow::to(if goes_on { i.d as usize } else { pc + 1 }));
        }
        let t = &mut self.heap.thread;
        // In damaged code registers wrap around.
        for offset in 0..3u8 {
            t.stack[base + i.a.wrapping_add(offset + 3) as usize] =
                t.stack[base + i.a.wrapping_add(offset) as usize];
        }
        t.top = func + 3;
        let goes_on = match self.iterate(pc, func, i.c, plain)? {
            Iteration::Ran(goes_on) => goes_on,
            Iteration::Entered(next) => return Ok(self.unless_plain(next)),
        };
        self.heap.thread.top = base + proto.max_stack as usize;
        let pc = if goes_on { i.d as usize } else { pc + 1 };
        if self.attention && self.must_leave(HOOKS) {
            self.save_pc(pc);
            return Ok(Flow::RUN);
        }
        if interrupt::is_pending() && self.stop_on_the_way::<HOOKS>(pc)? {
            return Ok(Flow::RUN);
        }
        Ok(Flow::to(pc))
    }
}
