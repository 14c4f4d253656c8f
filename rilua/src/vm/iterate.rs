//! TFORLOOP, the generic `for`: calls of iterators without a Rust call for each. Mirrors
//! `OP_TFORLOOP` of `lvm.c` and what `luaD_call` does around it.
//!
//! 5.1.1 calls an iterator through C: one native level more while it runs, and the
//! collector gets its chance afterwards. Here the iterator's call record carries a
//! flag instead, and whoever ends the call does the rest ([`State::finish_for_instruction`]). `next`
//! and the iterator of `ipairs` are run on the spot; they leave in the registers, also
//! in those above their results, what a call would, because the collector sees them.

use super::State;
use super::budget::FREE_BYTES;
use super::call::SPECIAL;
use super::driver::Next;
use super::error::Result;
use super::interrupt;
use super::shortcut::{NativeCall, Shortcut};
use crate::heap::thread::Ending;
use crate::heap::value::{NativeRef, Value};
use crate::limits::MAX_C_CALLS;
use crate::number::to_int_arg;

/// What came of a TFORLOOP.
pub(super) enum Iteration {
    /// The iterator has run; does the loop go on?
    Ran(bool),
    /// What has to be done next. [`Next::Run`] continues the record on top: an iterator's, a
    /// coroutine's, or the loop's own with its new `pc`.
    Entered(Next),
}

impl State {
    /// Runs or enters the iterator whose copy is at `func`, with its two arguments; the
    /// top is above them. `pc` is that of the next instruction. What isn't `plain` (hooks
    /// are set) is an ordinary call.
    #[inline(never)]
    pub(super) fn iterate(
        &mut self,
        pc: usize,
        func: usize,
        expected: u8,
        plain: bool,
    ) -> Result<Iteration> {
        let t = &mut self.heap.thread;
        let f = t.stack[func];
        if !plain || t.native_depth + 1 >= MAX_C_CALLS {
            return self.iterate_by_call(pc, func, expected);
        }
        if let Some(n) = f.as_native() {
            if let Some(goes_on) = self.iterate_in_place(n, func, expected) {
                if self.heap.memory.total >= self.heap.collector.threshold {
                    self.heap.thread.top = func + expected as usize;
                    self.current_call_mut().pc = pc as u32;
                    self.collect_step()?;
                }
                if goes_on {
                    let stack = &mut self.heap.thread.stack;
                    stack[func - 1] = stack[func];
                }
                return Ok(Iteration::Ran(goes_on));
            }
            let call = NativeCall {
                pc,
                func,
                expected: i32::from(expected),
                top: self.heap.thread.top,
                iterator: true,
            };
            if let Some(Shortcut::Wrapped) = self.native_entry(n).shortcut
                && self.resume_wrapped_at_once(n, call)
            {
                return Ok(Iteration::Entered(Next::Run));
            }
            if !self.push_native_record(pc, func, i32::from(expected)) {
                return self.iterate_by_call(pc, func, expected);
            }
            self.heap.thread.native_depth += 1;
            self.current_call_mut().ending = Ending::Iterator;
            let function = self.native_function(n);
            let results = function(self)?;
            if results == SPECIAL && !self.attention && self.switch_at_once()? {
                return Ok(Iteration::Entered(Next::Run));
            }
            if results == SPECIAL || self.attention || interrupt::is_pending() {
                return self.after_native(results).map(Iteration::Entered);
            }
            self.finish_call(self.heap.thread.top.saturating_sub(results))?;
            self.heap.thread.top = self.current_call().top as usize;
            Ok(Iteration::Entered(Next::Run))
        } else if let Some(c) = f.as_closure() {
            self.current_call_mut().pc = pc as u32;
            self.heap.thread.native_depth += 1;
            let expected = i32::from(expected);
            if !self.enter_lua_at_once(c, func, expected, Ending::Iterator) {
                self.enter_lua(c, func, expected)?;
                self.current_call_mut().ending = Ending::Iterator;
            }
            Ok(Iteration::Entered(Next::Run))
        } else {
            self.iterate_by_call(pc, func, expected)
        }
    }

    /// Calls the iterator from Rust, which works in every case.
    fn iterate_by_call(&mut self, pc: usize, func: usize, expected: u8) -> Result<Iteration> {
        self.current_call_mut().pc = pc as u32;
        self.call_at(func, i32::from(expected))?;
        let stack = &mut self.heap.thread.stack;
        let goes_on = !stack[func].is_nil();
        if goes_on {
            stack[func - 1] = stack[func];
        }
        Ok(Iteration::Ran(goes_on))
    }

    /// Runs `next` or the iterator of `ipairs` at `func`; `None` if it is another native,
    /// or a case for the function itself.
    #[inline(always)]
    fn iterate_in_place(&mut self, n: NativeRef, func: usize, expected: u8) -> Option<bool> {
        let id = self.heap.native(n).function;
        let shortcut = self.natives.get(id.0 as usize)?.shortcut?;
        if expected == 0 || expected > 2 || !self.has_room_for_native(self.heap.thread.top) {
            return None;
        }
        let slots = self.heap.thread.stack.get(func..func + 5)?;
        let (object, control) = (slots[1].as_table()?, slots[2]);
        let table = self.heap.table(object);
        let (key, value, left_behind) = match shortcut {
            Shortcut::Next => {
                let position = table.position_after(control, &self.heap.strings)?;
                match table.entry_from(position) {
                    // The results take the place of the key.
                    Some((key, value, end)) if end - position < FREE_BYTES => (key, value, 2),
                    // The function itself charges for the way.
                    Some(_) => return None,
                    None if table.array.len() + table.nodes.len() >= position + FREE_BYTES => {
                        return None;
                    }
                    None => {
                        self.heap.thread.stack[func + 2] = Value::NIL;
                        (Value::NIL, Value::NIL, 0)
                    }
                }
            }
            Shortcut::Ipairs => {
                let i = to_int_arg(control.as_number()?).wrapping_add(1);
                let value = table.get_integer(i);
                if value.is_nil() {
                    (Value::NIL, Value::NIL, 0)
                } else {
                    (Value::number(f64::from(i)), value, 3)
                }
            }
            _ => return None,
        };
        let slots = self.heap.thread.stack.get_mut(func..func + 5)?;
        if left_behind != 0 {
            slots[left_behind] = key;
            slots[left_behind + 1] = value;
        }
        slots[0] = key;
        if expected == 2 {
            slots[1] = value;
        }
        Some(!key.is_nil())
    }
}
