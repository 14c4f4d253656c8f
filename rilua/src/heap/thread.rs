//! A thread of Lua (a coroutine, or the main one): its stack, call records and
//! open upvalues. Mirrors `lstate.h` and the size rules of `ldo.c`.
//!
//! Two sizes exist for the stack and the records: the real ones, and those that
//! 5.1.1 would have allocated, which are charged and decide when "stack overflow"
//! comes. The real stack always has [`WINDOW`] slots above the highest frame, so
//! that a register number never needs a check.

use super::value::{ClosureRef, TableRef, ThreadRef, UpvalueRef, Value};

/// Slots a frame can address: one for each eight-bit register.
pub(crate) const WINDOW: usize = 256;
/// Slots beyond the limit that error handling may use (`EXTRA_STACK`).
pub(crate) const EXTRA_STACK: usize = 5;
/// Slots of a new stack, without the extra ones.
pub(crate) const BASIC_STACK: usize = 40;
/// Call records of a new thread.
pub(crate) const BASIC_CALLS: usize = 8;
/// Bytes 5.1.1 charges for a thread, without stack and records.
pub(crate) const THREAD_BYTES: usize = 184;
pub(crate) const CALL_BYTES: usize = 40;
pub(crate) const STACK_SLOT_BYTES: usize = 16;

/// What the owner of a call record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(crate) enum CallKind {
    /// The lowest record of a thread.
    Base,
    Lua,
    Native,
    /// A native that protects the call above it (`pcall`, `xpcall`) and is
    /// finished by the interpreter's loop.
    Protected,
    /// A native that resumed a coroutine and waits for it.
    Resuming,
}

/// Who goes on when a call ends, and with what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(crate) enum Ending {
    /// The driver looks at the record below.
    Driver,
    /// The Rust code that runs this call waits for its end.
    Rust,
    /// The Lua function below, in the same loop.
    Caller,
    // What an instruction of the Lua function below called through C in 5.1.1:
    /// The iterator of TFORLOOP.
    Iterator,
    /// A handler whose result goes to the instruction's register.
    Result,
    /// A handler without a result.
    Effect,
    /// A handler that says whether a comparison holds.
    Holds,
    /// A handler that says that a comparison doesn't hold.
    HoldsNot,
}

impl Ending {
    /// Is something left to do for the instruction that made the call?
    #[inline(always)]
    pub(crate) fn serves_instruction(self) -> bool {
        self as u16 >= Ending::Iterator as u16
    }

    /// Was a handler called, which leaves the caller's top as it was?
    #[inline(always)]
    pub(crate) fn is_of_handler(self) -> bool {
        self as u16 > Ending::Iterator as u16
    }
}

/// One active call.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct CallInfo {
    /// Index of a Lua function's closure, the same as in the slot of the function.
    pub(crate) closure: ClosureRef,
    /// Slot of the function value; results are moved here.
    pub(crate) func: u32,
    /// First register (a vararg function's is above its extra arguments).
    pub(crate) base: u32,
    /// End of the frame.
    pub(crate) top: u32,
    /// Index of the next instruction, of a Lua function that is not running.
    pub(crate) pc: u32,
    /// Results wanted, -1 for all.
    pub(crate) expected: i32,
    /// Tail calls lost under this record.
    pub(crate) tail_calls: u32,
    pub(crate) kind: CallKind,
    pub(crate) ending: Ending,
}

/// `lua_State::status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ThreadStatus {
    /// Not started, running, normal, or finished.
    Ok,
    Yielded,
    /// Stopped by an error.
    Failed,
}

/// Which events a hook is called for.
pub(crate) mod hook_mask {
    pub(crate) const CALL: u8 = 1;
    pub(crate) const RETURN: u8 = 2;
    pub(crate) const LINE: u8 = 4;
    pub(crate) const COUNT: u8 = 8;
    /// The hook is that of an interrupt, not the script's.
    pub(crate) const INTERRUPT: u8 = 16;
}

pub(crate) struct Thread {
    pub(crate) stack: Vec<Value>,
    /// First free slot.
    pub(crate) top: usize,
    /// The call records, lowest first; never empty.
    pub(crate) calls: Vec<CallInfo>,
    /// Open upvalues by increasing slot.
    pub(crate) open: Vec<UpvalueRef>,
    /// One above the slot of the highest open upvalue, 0 if none is open.
    pub(crate) open_top: u32,
    /// Slots below this one may be used by frames (`stack_last`).
    pub(crate) stack_last: usize,
    /// Records 5.1.1 would have allocated.
    pub(crate) call_capacity: usize,
    /// Nested native calls (`nCcalls`).
    pub(crate) native_depth: u32,
    /// Slot of the error handler of the innermost `xpcall`, 0 for none.
    pub(crate) error_handler: u32,
    pub(crate) status: ThreadStatus,
    pub(crate) hook_mask: u8,
    pub(crate) allow_hook: bool,
    pub(crate) hook_base_count: i32,
    pub(crate) hook_count: i32,
    /// Who waits for this coroutine while it runs.
    pub(crate) resumer: Option<ThreadRef>,
    /// Table of globals of functions that are loaded by this thread.
    pub(crate) globals: TableRef,
}

/// Real slots of a new stack.
const NEW_STACK: usize = BASIC_STACK + EXTRA_STACK + WINDOW + 1;

impl Thread {
    pub(crate) fn new(globals: TableRef) -> Thread {
        let mut thread = Thread::absent();
        thread.begin(globals);
        thread
    }

    /// Makes a finished thread, whose stack and records may be kept, a new one.
    pub(crate) fn begin(&mut self, globals: TableRef) {
        // A stack of this size has never grown: only the slots that 5.1.1 would have were used.
        if self.stack.len() == NEW_STACK {
            self.stack[..BASIC_STACK + EXTRA_STACK + 1].fill(Value::NIL);
        } else {
            self.stack = vec![Value::NIL; NEW_STACK];
        }
        self.calls.clear();
        self.calls.reserve_exact(BASIC_CALLS);
        self.calls.push(CallInfo {
            closure: ClosureRef(u32::MAX),
            func: 0,
            base: 1,
            top: 1 + crate::limits::MIN_STACK as u32,
            pc: 0,
            expected: 0,
            tail_calls: 0,
            kind: CallKind::Base,
            ending: Ending::Driver,
        });
        *self = Thread {
            stack: core::mem::take(&mut self.stack),
            top: 1,
            calls: core::mem::take(&mut self.calls),
            open: Vec::new(),
            stack_last: BASIC_STACK - 1,
            call_capacity: BASIC_CALLS,
            globals,
            ..Thread::absent()
        };
    }

    /// Ends a thread; what another one can use of it stays if `keep` is set.
    pub(crate) fn end(&mut self, keep: bool) {
        let keep =
            keep && self.stack.len() == NEW_STACK && self.calls.capacity() <= 4 * BASIC_CALLS;
        let (mut stack, mut calls) = (Vec::new(), Vec::new());
        if keep {
            core::mem::swap(&mut stack, &mut self.stack);
            core::mem::swap(&mut calls, &mut self.calls);
        }
        *self = Thread::absent();
        self.stack = stack;
        self.calls = calls;
        self.calls.clear();
    }

    /// A placeholder for the thread that is running and so not in the arena, or that
    /// has ended.
    pub(crate) fn absent() -> Thread {
        Thread {
            stack: Vec::new(),
            top: 0,
            calls: Vec::new(),
            open: Vec::new(),
            open_top: 0,
            stack_last: 0,
            call_capacity: 0,
            native_depth: 0,
            error_handler: 0,
            status: ThreadStatus::Ok,
            hook_mask: 0,
            allow_hook: true,
            hook_base_count: 0,
            hook_count: 0,
            resumer: None,
            globals: TableRef::NONE,
        }
    }

    /// The status as a number: 1 for a coroutine that yielded, 2 for one that failed.
    pub(crate) fn status_number(&self) -> u8 {
        self.status as u8
    }

    /// Slots charged for the stack.
    pub(crate) fn stack_size(&self) -> usize {
        self.stack_last + 1 + EXTRA_STACK
    }

    /// Bytes charged, which is also the work of traversing it.
    pub(crate) fn bytes(&self) -> usize {
        THREAD_BYTES + STACK_SLOT_BYTES * self.stack_size() + CALL_BYTES * self.call_capacity
    }

    /// Sets the size that 5.1.1 would have given the stack: `limit` usable slots.
    /// Returns the change of the charge in bytes.
    pub(crate) fn set_stack_limit(&mut self, limit: usize) -> isize {
        let before = self.stack_size();
        self.stack_last = limit;
        let real = limit + 1 + EXTRA_STACK + WINDOW;
        if self.stack.len() < real {
            self.stack.resize(real, Value::NIL);
        } else if self.stack.len() > 4 * real {
            self.stack.truncate(real);
            self.stack.shrink_to_fit();
        }
        (self.stack_size() as isize - before as isize) * STACK_SLOT_BYTES as isize
    }

    /// Sets the number of call records charged; the change in bytes.
    pub(crate) fn set_call_capacity(&mut self, capacity: usize) -> isize {
        let before = self.call_capacity;
        self.call_capacity = capacity;
        (capacity as isize - before as isize) * CALL_BYTES as isize
    }

    /// Forgets open upvalues from `self.open.len()` on and remembers the highest left.
    pub(crate) fn refresh_open_top(&mut self, slot_of: impl Fn(UpvalueRef) -> u32) {
        self.open_top = self.open.last().map_or(0, |&u| slot_of(u) + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // DIFFERENCES.md 2.7: a coroutine is charged 1224 bytes.
    #[test]
    fn a_new_thread_is_charged_as_in_5_1_1() {
        assert_eq!(Thread::new(TableRef::NONE).bytes(), 1224);
        assert_eq!(size_of::<CallInfo>(), 32);
    }
}
