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
use crate::heap::table::array_index;
use crate::heap::thread::{CallKind, Ending, Thread};
use crate::heap::value::Value;
use crate::limits::MAX_C_CALLS;
use crate::number::to_int_arg;

/// Slots of a loop that a call of its iterator changes, if that is one of ours.
const SLOTS: usize = 8;

/// What came of a TFORLOOP.
pub(super) enum Iteration {
    /// The iterator has run; does the loop go on?
    Ran(bool),
    /// What has to be done next. [`Next::Run`] continues the record on top: an iterator's, a
    /// coroutine's, or the loop's own with its new `pc`.
    Entered(Next),
}

impl Thread {
    /// The iterator at `func` has returned: its first result is the control variable's new
    /// value. Does the loop go on?
    #[inline(always)]
    fn take_control(&mut self, func: usize) -> bool {
        let first = self.stack[func];
        if first.is_nil() {
            return false;
        }
        self.stack[func - 1] = first;
        true
    }
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
            let call = NativeCall {
                pc,
                func,
                expected: i32::from(expected),
                top: self.heap.thread.top,
                ending: Ending::Iterator,
            };
            if let Some(Shortcut::Wrapped) = self.native_entry(n).shortcut
                && self.resume_wrapped_at_once(n, call)
            {
                return Ok(Iteration::Entered(Next::Run));
            }
            if !self.has_room_for_native(call.top) {
                return self.iterate_by_call(pc, func, expected);
            }
            let t = &mut self.heap.thread;
            t.push_native(call, CallKind::Native, 0);
            t.native_depth += 1;
            let function = self.native_function(n);
            let results = function(self)?;
            if results == SPECIAL && !self.attention && self.switch_at_once()? {
                return Ok(Iteration::Entered(Next::Run));
            }
            if results == SPECIAL || self.attention || interrupt::is_pending() {
                return self.after_native(results).map(Iteration::Entered);
            }
            let t = &mut self.heap.thread;
            let first = t.top.saturating_sub(results);
            if let Some(call) = t.calls.pop() {
                t.place_results(&call, first, t.top);
            }
            t.native_depth -= 1;
            self.check_gc()?;
            Ok(Iteration::Ran(self.heap.thread.take_control(func)))
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
        Ok(Iteration::Ran(self.heap.thread.take_control(func)))
    }

    /// Does the whole of TFORLOOP for `next` and the iterator of `ipairs`: `slots` begins
    /// with the loop's function, state and control variable. Does the loop go on? `None`, and
    /// nothing done, if it is another function, or a case for the function itself.
    #[inline(always)]
    pub(super) fn iterate_at_once(&mut self, first: usize, expected: u8) -> Option<bool> {
        let t = &self.heap.thread;
        let slots: &[Value; SLOTS] = t.stack.get(first..)?.first_chunk()?;
        let (f, state, control) = (slots[0], slots[1], slots[2]);
        let shortcut = self.native_entry(f.as_native()?).shortcut?;
        let table = self.heap.table(state.as_table()?);
        if !matches!(expected, 1 | 2)
            || t.native_depth + 1 >= MAX_C_CALLS
            || !self.has_room_for_native(first + 6)
            // After a call the collector gets its chance.
            || self.heap.memory.total >= self.heap.collector.threshold
        {
            return None;
        }
        // What the native pushed, and the slot from which on.
        let (key, value, left_behind, place) = match shortcut {
            Shortcut::Next => {
                let position = match array_index(control) {
                    Some(i) if i > 0 && i as usize <= table.array.len() => i as usize,
                    _ => table.position_after(control, &self.heap.strings)?,
                };
                match table.entry_from(position) {
                    // The results take the place of the key.
                    Some((key, value, end)) if end - position < FREE_BYTES => {
                        (key, value, value, 5)
                    }
                    // The function itself charges for the way.
                    Some(_) => return None,
                    None if table.array.len() + table.nodes.len() >= position + FREE_BYTES => {
                        return None;
                    }
                    None => (Value::NIL, Value::NIL, slots[6], 5),
                }
            }
            Shortcut::Ipairs => {
                let i = to_int_arg(control.as_number()?).wrapping_add(1);
                let value = match table.array.get((i as usize).wrapping_sub(1)) {
                    Some(v) => *v,
                    None => table.get_integer(i),
                };
                let key = Value::number(f64::from(i));
                if value.is_nil() {
                    (Value::NIL, Value::NIL, key, 6)
                } else {
                    (key, value, key, 6)
                }
            }
            _ => return None,
        };
        let stack = &mut self.heap.thread.stack;
        let slots: &mut [Value; SLOTS] = stack.get_mut(first..)?.first_chunk_mut()?;
        // What a call leaves: copies of the three, and above them what the native pushed.
        slots[4] = state;
        slots[5] = control;
        slots[6] = left_behind;
        if place == 5 {
            slots[5] = key;
        } else {
            slots[7] = value;
        }
        slots[3] = key;
        if expected == 2 {
            slots[4] = value;
        }
        let goes_on = !key.is_nil();
        if goes_on {
            slots[2] = key;
        }
        Some(goes_on)
    }
}
