//! CALL of natives: shortcuts, switches of coroutines, and the call itself.
//!
//! Each kind has a function of its own, which keeps its values in registers; what the kinds are
//! not for goes on to the next more general one.

use super::super::call::{ALL, SPECIAL};
use super::super::error::Result;
use super::super::interrupt;
use super::super::shortcut::{Arguments, Direct, NativeCall, Shortcut};
use super::super::{NativeFn, State};
use super::Flow;
use crate::heap::code::Instr;
use crate::heap::thread::{CallKind, WINDOW};
use crate::heap::value::{ThreadRef, Value};

impl State {
    /// CALL of what the loop doesn't enter itself. It only chooses, and so needs no frame.
    #[inline(always)]
    pub(super) fn finish_call_instruction<const HOOKS: bool>(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
    ) -> Result<Flow> {
        let f = self.heap.thread.stack.get(base + i.a as usize);
        let native = match f.and_then(|f| f.as_native()) {
            Some(n) if !HOOKS => self.heap.natives.items.get(n.index()),
            _ => None,
        };
        let Some(native) = native else {
            return self.finish_other_call::<HOOKS>(i, pc, base);
        };
        let Some(entry) = self.natives.get(native.function.0 as usize) else {
            return self.finish_other_call::<HOOKS>(i, pc, base);
        };
        match entry.shortcut {
            Some(Shortcut::Direct(direct)) => self.call_direct(i, pc, base, direct),
            Some(Shortcut::Yield) => self.call_yield(i, pc, base),
            Some(Shortcut::Wrapped) => match native.upvalues.first().and_then(|v| v.as_thread()) {
                Some(thread) => self.call_wrapped(i, pc, base, thread),
                None => self.call_native(i, pc, base, entry.function),
            },
            Some(Shortcut::Resume) => self.call_resume(i, pc, base),
            Some(Shortcut::Next | Shortcut::Ipairs) | None => {
                self.call_native(i, pc, base, entry.function)
            }
        }
    }

    /// A function that is done without a call.
    #[inline(never)]
    fn call_direct(&mut self, i: &Instr, pc: usize, base: usize, direct: Direct) -> Result<Flow> {
        let call = NativeCall::of(&self.heap.thread, i, pc, base);
        if self.has_room_for_native(call.top)
            && let Some(v) = direct(&mut self.heap, Arguments::of(call))
        {
            self.take_direct_result(call, v);
            return Ok(Flow::to(pc));
        }
        self.call_looked_up(i, pc, base)
    }

    #[inline(never)]
    fn call_yield(&mut self, i: &Instr, pc: usize, base: usize) -> Result<Flow> {
        let call = NativeCall::of(&self.heap.thread, i, pc, base);
        if self.has_room_for_native(call.top) && self.yield_at_once(call)? {
            return Ok(Flow::RELOAD);
        }
        self.call_looked_up(i, pc, base)
    }

    #[inline(never)]
    fn call_wrapped(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        thread: ThreadRef,
    ) -> Result<Flow> {
        let call = NativeCall::of(&self.heap.thread, i, pc, base);
        if self.has_room_for_native(call.top)
            && self.resume_at_once(call, thread, call.func + 1, true)
        {
            return Ok(Flow::RELOAD);
        }
        self.call_looked_up(i, pc, base)
    }

    #[inline(never)]
    fn call_resume(&mut self, i: &Instr, pc: usize, base: usize) -> Result<Flow> {
        let call = NativeCall::of(&self.heap.thread, i, pc, base);
        let first = call.func + 1;
        if self.has_room_for_native(call.top)
            && first < call.top
            && let Some(thread) = self.heap.thread.stack[first].as_thread()
            && self.resume_at_once(call, thread, first + 1, false)
        {
            return Ok(Flow::RELOAD);
        }
        self.call_looked_up(i, pc, base)
    }

    /// The native itself, after its shortcut has refused.
    #[cold]
    #[inline(never)]
    fn call_looked_up(&mut self, i: &Instr, pc: usize, base: usize) -> Result<Flow> {
        match self.heap.thread.stack[base + i.a as usize].as_native() {
            Some(n) => self.call_native(i, pc, base, self.native_entry(n).function),
            None => self.finish_other_call::<false>(i, pc, base),
        }
    }

    /// Calls a native from the loop.
    #[inline(never)]
    fn call_native(
        &mut self,
        i: &Instr,
        pc: usize,
        base: usize,
        function: NativeFn,
    ) -> Result<Flow> {
        let call = NativeCall::of(&self.heap.thread, i, pc, base);
        if !self.has_room_for_native(call.top) {
            return self.finish_other_call::<false>(i, pc, base);
        }
        let t = &mut self.heap.thread;
        t.top = call.top;
        t.push_native(call, CallKind::Native, 0);
        let results = function(self)?;
        if results == SPECIAL && !self.attention && self.switch_at_once()? {
            return Ok(Flow::RELOAD);
        }
        if self.attention || results >= WINDOW || interrupt::is_pending() {
            let next = self.after_native(results)?;
            return Ok(self.unless_plain(next));
        }
        self.take_native_results(results, call.func, call.expected);
        Ok(Flow::to(pc))
    }

    /// Puts the one result of a direct function to where the function was.
    #[inline(always)]
    fn take_direct_result(&mut self, call: NativeCall, v: Value) {
        let t = &mut self.heap.thread;
        t.top = if call.expected == ALL {
            call.func + 1
        } else {
            t.calls.last().map_or(0, |caller| caller.top as usize)
        };
        match call.expected {
            0 => {}
            ALL | 1 => t.stack[call.func] = v,
            wanted => {
                let results = &mut t.stack[call.func..call.func + wanted as usize];
                results.fill(Value::NIL);
                results[0] = v;
            }
        }
    }
}
