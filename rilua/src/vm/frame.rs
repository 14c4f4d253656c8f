//! What the loop keeps of the function it runs, taken from its call record; and
//! small decoders that the loop uses.

use super::State;
use super::error::Error;
use crate::heap::object::FunctionProto;
use crate::heap::sharing::Shared as Rc;
use crate::heap::thread::WINDOW;
use crate::heap::value::{ClosureRef, Value};
use crate::limits::MAX_ARRAY_BITS;

/// The slots that a frame's registers can name.
#[inline(always)]
pub(super) fn window(stack: &mut [Value], base: usize) -> Option<&mut [Value; WINDOW]> {
    stack.get_mut(base..base + WINDOW)?.first_chunk_mut()
}

/// Makes slots nil. Mostly they are few: a loop alone would be unrolled for many.
#[inline(always)]
pub(super) fn clear(slots: &mut [Value]) {
    if let Some((first, slots)) = slots.split_first_mut() {
        *first = Value::NIL;
        if let Some((second, slots)) = slots.split_first_mut() {
            *second = Value::NIL;
            if let Some((third, slots)) = slots.split_first_mut() {
                *third = Value::NIL;
                if let Some((fourth, slots)) = slots.split_first_mut() {
                    *fourth = Value::NIL;
                    for slot in slots {
                        *slot = Value::NIL;
                    }
                }
            }
        }
    }
}

/// The array and hash sizes that NEWTABLE encodes as "floating bytes"; an `int` of C,
/// which only damaged code makes overflow.
#[inline(always)]
pub(super) fn floating_byte(x: u32) -> i32 {
    let exponent = (x >> 3) & 31;
    let x = x.cast_signed();
    if exponent == 0 {
        x
    } else {
        ((x & 7) + 8) << (exponent - 1)
    }
}

/// Tables up to these sizes are made at once, others after a look at the memory.
pub(super) const MODEST_TABLE: u32 = 1 << 16;
/// Largest array part that code can ask for; 5.1.1 asks for 16 bytes per item.
pub(super) const MAX_ARRAY: usize = 1 << MAX_ARRAY_BITS;

/// A frame that can't be run; only a damaged state could have one.
#[cold]
#[inline(never)]
pub(super) fn broken_frame(state: &mut State) -> Error {
    state.runtime_error("stack overflow")
}

/// What the loop keeps of the running function.
pub(super) struct Frame {
    pub(super) proto: Rc<FunctionProto>,
    pub(super) closure: ClosureRef,
    pub(super) base: usize,
    pub(super) pc: usize,
}

impl Frame {
    /// The Lua function whose record is on top.
    #[inline(always)]
    pub(super) fn load(state: &mut State) -> Option<Frame> {
        let call = state.heap.thread.calls.last()?;
        let closure = call.closure;
        let c = state.heap.closures.get(closure.index())?;
        Some(Frame {
            proto: Rc::clone(&c.proto),
            closure,
            base: call.base as usize,
            pc: call.pc as usize,
        })
    }
}

impl State {
    /// Remembers where the running Lua function is (invariant 2 of `execute.rs`).
    #[inline(always)]
    pub(super) fn save_pc(&mut self, pc: usize) {
        if let Some(call) = self.heap.thread.calls.last_mut() {
            call.pc = pc as u32;
        }
    }

    /// Something wants the loop's attention: must it leave to the driver? Not if it has
    /// seen to hooks and they are still set; the record then keeps the `pc` of the last
    /// instruction, by which the next line event is decided.
    #[cold]
    #[inline(never)]
    pub(super) fn must_leave(&mut self, hooks: bool) -> bool {
        self.attention = !hooks || self.heap.thread.hook_mask == 0;
        self.attention
    }

    /// The end of a call's arguments: `b` slots from the function on, or for 0 what
    /// the instruction before left (in damaged code that may be below the function).
    #[inline(always)]
    pub(super) fn set_call_top(&mut self, func: usize, b: u8) {
        let t = &mut self.heap.thread;
        t.top = if b != 0 {
            func + b as usize
        } else {
            t.top.max(func + 1)
        };
    }
}
