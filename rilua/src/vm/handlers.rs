//! Calls of the handlers of events, and what an instruction still does when a call
//! that it made has ended. Mirrors `callTMres`, `callTM` and `call_orderTM` of `lvm.c`.
//!
//! Handlers are called above the top of the running frame, with the number of
//! native levels that 5.1.1 counts. There each is a call through C. Here the loop enters
//! a handler that is a Lua function as it enters any other: the record says what its
//! end does for the instruction, and no Rust frame is taken.

use super::call::{Entered, SPECIAL};
use super::error::Result;
use super::interrupt;
use super::shortcut::NativeCall;
use super::{NativeFn, State};
use crate::heap::thread::{CallKind, Ending};
use crate::heap::value::{NativeRef, Value};
use crate::heap::{Event, Heap};
use crate::limits::MAX_C_CALLS;

impl Heap {
    /// A handler that the loop has entered returns the values from `first` to before `end`: if the
    /// first of them is all that the instruction waits for, or it waits for none, ends the call and
    /// the instruction. False, and nothing done, in other cases, and if the collector is due.
    #[inline(always)]
    pub(super) fn answer_instruction(&mut self, first: usize, end: usize) -> bool {
        let t = &mut self.thread;
        let [.., caller, call] = t.calls.as_slice() else {
            return false;
        };
        let has_result = call.ending == Ending::Result && end > first;
        if !has_result && call.ending != Ending::Effect
            || self.memory.total >= self.collector.threshold
        {
            return false;
        }
        let code = &self.closures[caller.closure.index()].proto.code;
        let Some(i) = code.get((caller.pc as usize).wrapping_sub(1)) else {
            return false;
        };
        let (func, register) = (call.func as usize, caller.base as usize + i.a as usize);
        t.native_depth -= 1;
        t.top = func;
        if has_result {
            let v = t.stack[first];
            t.stack[func] = v;
            t.stack[register] = v;
        }
        t.calls.pop();
        true
    }
}

impl State {
    /// Calls a handler for its first result.
    pub(super) fn call_handler<const N: usize>(
        &mut self,
        handler: Value,
        arguments: [Value; N],
    ) -> Result<Value> {
        if let Some(n) = handler.as_native()
            && let Some(v) = self.call_native_handler(n, handler, arguments)?
        {
            return Ok(v);
        }
        self.ensure_stack(N + 1);
        let func = self.heap.thread.top;
        self.push(handler);
        for v in arguments {
            self.push(v);
        }
        self.call_at(func, 1)?;
        Ok(self.pop())
    }

    /// The same for a native, if nobody watches calls and nothing has to grow. `None`, and
    /// nothing done, in other cases.
    #[inline]
    fn call_native_handler<const N: usize>(
        &mut self,
        n: NativeRef,
        handler: Value,
        arguments: [Value; N],
    ) -> Result<Option<Value>> {
        let function = self.native_function(n);
        let t = &self.heap.thread;
        let (func, top) = (t.top, t.top + 1 + N);
        if t.hook_mask != 0
            || t.native_depth + 1 >= MAX_C_CALLS
            || self.rust_depth >= self.global.max_rust_depth
            || interrupt::is_pending()
            || !self.has_room_for_native(top)
        {
            return Ok(None);
        }
        let t = &mut self.heap.thread;
        let Some(slots) = t.stack.get_mut(func..top) else {
            return Ok(None);
        };
        slots[0] = handler;
        slots[1..].copy_from_slice(&arguments);
        t.top = top;
        t.native_depth += 1;
        let call = NativeCall {
            pc: t.calls.last().map_or(0, |caller| caller.pc as usize),
            func,
            top,
            expected: 1,
            ending: Ending::Driver,
        };
        t.push_native(call, CallKind::Native, 0);
        self.rust_depth += 1;
        let outcome = self.run_native_handler(function);
        self.rust_depth -= 1;
        outcome?;
        self.heap.thread.native_depth -= 1;
        self.check_gc()?;
        Ok(Some(self.pop()))
    }

    /// Runs a native whose record is on top to its end.
    #[inline(always)]
    fn run_native_handler(&mut self, function: NativeFn) -> Result<()> {
        let results = function(self)?;
        if results == SPECIAL {
            self.current_call_mut().ending = Ending::Rust;
            return self.drive(Entered::Special);
        }
        if interrupt::is_pending() {
            self.take_interrupt()?;
        }
        let first = self.heap.thread.top.saturating_sub(results);
        self.finish_call(first).map(drop)
    }

    pub(super) fn call_handler_for_effect(
        &mut self,
        handler: Value,
        arguments: [Value; 3],
    ) -> Result<()> {
        self.ensure_stack(4);
        let func = self.heap.thread.top;
        self.push(handler);
        for v in arguments {
            self.push(v);
        }
        self.call_at(func, 0)
    }

    /// The handler of a binary event, if it is a real function (D13).
    pub(super) fn binary_handler(&self, event: Event, x: Value, y: Value) -> Option<Value> {
        let (first, second) = if fault!(HandlerOfSecond) {
            (y, x)
        } else {
            (x, y)
        };
        let mut handler = self.heap.handler(first, event);
        if handler.is_nil() {
            handler = self.heap.handler(second, event);
        }
        handler.is_function().then_some(handler)
    }

    /// Makes a Lua function the running one, as the handler of the instruction whose
    /// successor the record on top has as its `pc`. False, and nothing done, if it is
    /// another function, or a case for a call from Rust.
    #[inline]
    pub(super) fn enter_handler<const N: usize>(
        &mut self,
        handler: Value,
        arguments: [Value; N],
        ending: Ending,
    ) -> Result<bool> {
        let Some(c) = handler.as_closure() else {
            return Ok(false);
        };
        let t = &mut self.heap.thread;
        let (func, top) = (t.top, t.top + 1 + N);
        if t.native_depth + 1 >= MAX_C_CALLS || top >= t.stack_last || interrupt::is_pending() {
            return Ok(false);
        }
        let Some(slots) = t.stack.get_mut(func..top) else {
            return Ok(false);
        };
        slots[0] = handler;
        slots[1..].copy_from_slice(&arguments);
        t.top = top;
        t.native_depth += 1;
        let expected = i32::from(ending != Ending::Effect);
        if !self.enter_lua_at_once(c, func, expected, ending) {
            self.enter_lua(c, func, expected)?;
            self.current_call_mut().ending = ending;
        }
        Ok(true)
    }

    /// A call that an instruction made through C in 5.1.1 has ended, and its results are
    /// in place: gives the collector its chance and does what is left of the instruction of
    /// the Lua function on top.
    #[inline(never)]
    pub(super) fn finish_for_instruction(&mut self, ending: Ending) -> Result<()> {
        self.heap.thread.native_depth -= 1;
        self.check_gc()?;
        let t = &mut self.heap.thread;
        let Some(call) = t.calls.last_mut() else {
            return Ok(());
        };
        let closure = self.heap.closures.get(call.closure.index());
        let Some(code) = closure.map(|c| &*c.proto.code) else {
            return Ok(());
        };
        let pc = call.pc as usize;
        let Some(i) = code.get(pc.wrapping_sub(1)) else {
            return Ok(());
        };
        let register = call.base as usize + i.a as usize;
        match ending {
            Ending::Iterator => {
                let func = register + 3;
                let first = t.stack[func];
                if first.is_nil() {
                    call.pc += 1;
                } else {
                    t.stack[func - 1] = first;
                    call.pc = i.d;
                }
            }
            Ending::Result => {
                t.top -= 1;
                t.stack[register] = t.stack[t.top];
            }
            Ending::Holds | Ending::HoldsNot => {
                t.top -= 1;
                let holds = t.stack[t.top].is_false() == (ending == Ending::HoldsNot);
                if holds != (i.a != 0) {
                    call.pc += 1;
                } else if i.d == call.pc {
                    // Backwards: the jump itself, which is no instruction of its own.
                    call.pc = code[pc].d;
                } else {
                    call.pc = i.d;
                }
            }
            Ending::Effect | Ending::Driver | Ending::Rust | Ending::Caller => {}
        }
        Ok(())
    }
}
