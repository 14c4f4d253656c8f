//! Shortcuts of natives: what CALL and TFORLOOP do instead of calling them, in the cases
//! in which nobody can tell the difference.
//!
//! A call of a native leaves traces that a program can see: what it pushed stays in the
//! stack above its arguments, where the collector finds it as long as it lies in the
//! caller's frame. A shortcut leaves the same.

use super::State;
use crate::heap::Heap;
use crate::heap::code::Instr;
use crate::heap::thread::{Ending, Thread};
use crate::heap::value::{NativeRef, Value};

/// What is done instead of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shortcut {
    /// `next`, by TFORLOOP.
    Next,
    /// The iterator of `ipairs`, by TFORLOOP.
    Ipairs,
    Resume,
    /// A function that `coroutine.wrap` has made.
    Wrapped,
    Yield,
    Direct(Direct),
}

/// A function that neither fails, calls, collects nor charges; `None`, and nothing done,
/// where the native itself would, or might, or is to see to it.
pub(crate) type Direct = fn(&mut Heap, Arguments) -> Option<Value>;

/// The arguments of a direct function: slots of the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    /// Slot of the first one.
    first: usize,
    pub(crate) count: usize,
    /// Results wanted, -1 for all.
    pub(crate) expected: i32,
}

/// A call of a native that is about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct NativeCall {
    /// Of the caller's next instruction.
    pub(super) pc: usize,
    /// Slot of the function; its arguments follow.
    pub(super) func: usize,
    /// End of the arguments.
    pub(super) top: usize,
    pub(super) expected: i32,
    /// What its end is for.
    pub(super) ending: Ending,
}

impl NativeCall {
    /// That of a CALL.
    #[inline(always)]
    pub(super) fn of(t: &Thread, i: &Instr, pc: usize, base: usize) -> NativeCall {
        let func = base + i.a as usize;
        NativeCall {
            pc,
            func,
            top: if i.b != 0 {
                func + i.b as usize
            } else {
                // In damaged code it may be below the function.
                t.top.max(func + 1)
            },
            expected: i32::from(i.c) - 1,
            ending: Ending::Driver,
        }
    }
}

impl Arguments {
    #[inline(always)]
    pub(super) fn of(call: NativeCall) -> Arguments {
        Arguments {
            first: call.func + 1,
            count: call.top - call.func - 1,
            expected: call.expected,
        }
    }

    /// The `n`-th argument, from 1; nil if it was not given.
    #[inline(always)]
    pub(crate) fn get(self, heap: &Heap, n: usize) -> Value {
        if n > self.count {
            return Value::NIL;
        }
        let slot = self.first + n - 1;
        heap.thread.stack.get(slot).copied().unwrap_or(Value::NIL)
    }

    /// The `n`-th argument, if it is a number.
    #[inline(always)]
    pub(crate) fn number(self, heap: &Heap, n: usize) -> Option<f64> {
        self.get(heap, n).as_number()
    }

    /// A result that the native would push above its arguments.
    #[inline(always)]
    pub(crate) fn push(self, heap: &mut Heap, v: Value) -> Option<Value> {
        *heap.thread.stack.get_mut(self.first + self.count)? = v;
        Some(v)
    }

    /// The native that is called.
    #[inline(always)]
    pub(crate) fn function(self, heap: &Heap) -> Option<NativeRef> {
        heap.thread.stack.get(self.first - 1)?.as_native()
    }

    /// What the native would leave above its arguments.
    #[inline(always)]
    pub(crate) fn leave(self, heap: &mut Heap, values: &[Value]) {
        let slots = heap.thread.stack.iter_mut().skip(self.first + self.count);
        for (slot, v) in slots.zip(values) {
            *slot = *v;
        }
    }

    /// A result that takes the place of the `n`-th argument.
    #[inline(always)]
    pub(crate) fn replace(self, heap: &mut Heap, n: usize, v: Value) -> Option<Value> {
        *heap.thread.stack.get_mut(self.first + n - 1)? = v;
        Some(v)
    }

    /// The same for a number.
    #[inline(always)]
    pub(crate) fn push_number(self, heap: &mut Heap, n: f64) -> Option<Value> {
        self.push(heap, Value::number(n))
    }

    /// The same for a new string, for which the collector would get its chance first.
    #[inline]
    pub(crate) fn push_text(self, heap: &mut Heap, text: &[u8]) -> Option<Value> {
        if heap.memory.total >= heap.collector.threshold {
            return None;
        }
        let v = Value::string(heap.string(text));
        self.push(heap, v)
    }
}

impl State {
    /// Gives natives that were registered since there were `before` of them shortcuts, by
    /// their names.
    pub(crate) fn set_shortcuts(&mut self, before: usize, shortcuts: &[(&str, Shortcut)]) {
        // The functions themselves have the faults.
        if cfg!(feature = "faults") {
            return;
        }
        for native in self.natives.iter_mut().skip(before) {
            let found = shortcuts.iter().find(|(name, _)| *name == native.name);
            if let Some((_, shortcut)) = found {
                native.shortcut = Some(*shortcut);
            }
        }
    }
}
