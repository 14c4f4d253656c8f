//! Budgets: what a run may use before it is stopped, and what it has used.
//!
//! Invariants, cited by number:
//!
//! 1. One unit is charged for each instruction that 5.1.1 would fetch, before it is
//!    executed; so a budget ends a program at the same instruction every time. A
//!    comparison and the jump behind it are one, as for count hooks.
//! 2. Library functions whose time depends on the size of their arguments charge for
//!    it, at the latest before the next stretch of work that takes about a
//!    millisecond; [`State::charge`] is also where such functions can be interrupted.
//! 3. What is charged depends on the program alone: not on the build, nor on whether
//!    there is a limit. (Instructions are counted only while `metered` is set.)
//! 4. Work that was refused was not begun, and counts as if the budget had been used
//!    up exactly.
//! 5. An error of this kind passes protected calls and coroutines by, unless
//!    `catchable` is set: a script can't go on after it.

use super::State;
use super::error::{Error, Result, Status, Stop};
use super::interrupt;

/// Bytes that are moved for one unit.
pub(crate) const BYTES_PER_UNIT: usize = 16;
/// Stack slots or items of arrays that are moved for one unit.
pub(crate) const ITEMS_PER_UNIT: usize = 8;
/// What moves fewer bytes than this is paid with the instruction that asks for it.
pub(crate) const FREE_BYTES: usize = 256;

/// What a refusal of memory costs, before which tables were counted.
const REFUSAL_UNITS: i64 = 4096;

/// What a run may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Units that may still be charged.
    pub(crate) left: i64,
    /// Units there were at the beginning; `left` of it have not been used.
    granted: i64,
    /// Instructions are counted, and calls.
    pub(crate) metered: bool,
    /// Protected calls catch what stops a run.
    pub(crate) catchable: bool,
    /// The bound of memory is that of the process, so that meeting it is 5.1.1's error.
    is_memory_of_process: bool,
    /// Call records that a coroutine may have, the lowest included, and coroutines that
    /// may wait for each other.
    pub(crate) call_depth: usize,
    /// Longest string, in bytes.
    string_length: usize,
    /// Strings shorter than this are neither charged nor refused.
    pub(crate) free_length: usize,
}

/// What is asked of a budget: narrower bounds than there are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) units: Option<u64>,
    pub(crate) memory: Option<usize>,
    pub(crate) call_depth: Option<usize>,
    pub(crate) string_length: Option<usize>,
    pub(crate) counts: bool,
    pub(crate) catchable: bool,
}

/// What comes back when bounds end.
#[derive(Debug)]
pub(crate) struct Outer {
    budget: Budget,
    memory: usize,
}

impl Budget {
    pub(crate) const fn unlimited() -> Budget {
        Budget {
            left: i64::MAX,
            granted: i64::MAX,
            metered: false,
            catchable: false,
            is_memory_of_process: false,
            call_depth: usize::MAX,
            string_length: usize::MAX,
            free_length: FREE_BYTES,
        }
    }

    /// The same within narrower bounds.
    fn within(&self, bounds: &Bounds) -> Budget {
        let left = bounds.units.map_or(self.left, |units| {
            i64::try_from(units).map_or(self.left, |units| units.min(self.left))
        });
        let length = bounds.string_length.unwrap_or(usize::MAX);
        let depth = bounds.call_depth.unwrap_or(usize::MAX);
        Budget {
            left,
            granted: left,
            metered: self.metered
                || bounds.counts
                || bounds.units.is_some()
                || bounds.call_depth.is_some(),
            catchable: bounds.catchable,
            is_memory_of_process: false,
            call_depth: self.call_depth.min(depth.saturating_add(1)),
            string_length: self.string_length.min(length),
            free_length: self.free_length.min(length.saturating_add(1)),
        }
    }

    /// Charges for an instruction: is it one too many, or in a call too deep?
    #[inline(always)]
    pub(crate) fn is_exceeded(&mut self, calls: usize) -> bool {
        self.left -= 1;
        self.left < 0 || calls > self.call_depth
    }

    /// Units charged since they were granted.
    pub(crate) fn used(&self) -> u64 {
        self.granted.abs_diff(self.left)
    }
}

impl State {
    /// Everything that follows has to keep narrower bounds, until [`State::end_bounds`].
    pub(crate) fn begin_bounds(&mut self, bounds: &Bounds) -> Outer {
        let outer = Outer {
            budget: self.global.budget,
            memory: self.heap.memory_limit(),
        };
        self.global.budget = self.global.budget.within(bounds);
        if let Some(bytes) = bounds.memory {
            self.heap.limit_memory(bytes.min(outer.memory));
        }
        self.attention = true;
        outer
    }

    /// The same for good, in the place of the bounds there are.
    pub(crate) fn set_bounds(&mut self, bounds: &Bounds) {
        self.global.budget = Budget::unlimited().within(bounds);
        self.heap.limit_memory(bounds.memory.unwrap_or(usize::MAX));
        self.attention = true;
    }

    /// Sets what the process may have; what a script wants beyond that, it can't have.
    pub(crate) fn set_memory_of_process(&mut self, bytes: usize) {
        self.global.budget.is_memory_of_process = true;
        self.heap.limit_memory(bytes);
    }

    /// Goes back to the bounds that were; what was used inside is used there, too.
    pub(crate) fn end_bounds(&mut self, outer: Outer) {
        let used = self.global.budget.granted - self.global.budget.left;
        self.global.budget = outer.budget;
        self.global.budget.left = (self.global.budget.left - used).max(0);
        self.heap.limit_memory(outer.memory);
        self.attention = true;
    }
}

impl State {
    /// Charges units for work of a library function that comes next, and looks for
    /// an interrupt (invariants 2 and 4).
    #[inline(always)]
    pub(crate) fn charge(&mut self, units: usize) -> Result<()> {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        self.global.budget.left = self.global.budget.left.saturating_sub(units);
        if self.global.budget.left < 0 || interrupt::is_pending() {
            return self.look_after_budget();
        }
        Ok(())
    }

    /// Charges for moving bytes, unless they are few.
    #[inline(always)]
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> Result<()> {
        if bytes >= FREE_BYTES {
            return self.charge(bytes / BYTES_PER_UNIT);
        }
        Ok(())
    }

    /// Asks whether a string of at least `free_length` bytes may be made, and charges for
    /// it.
    #[cold]
    #[inline(never)]
    pub(crate) fn admit_string(&mut self, bytes: usize) -> Result<()> {
        self.check_string_length(bytes)?;
        // The bytes are put together in one place, and then copied.
        self.ask_for_room(bytes.saturating_mul(2))?;
        self.charge(bytes / BYTES_PER_UNIT)
    }

    /// Asks whether a string may be made.
    pub(crate) fn check_string_length(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.global.budget.string_length {
            return Err(self.stopped(Stop::StringLength));
        }
        Ok(())
    }

    /// Charges for places of a table that were passed by, unless they are few.
    #[inline(always)]
    pub(crate) fn charge_skipped(&mut self, from: usize, to: usize) -> Result<()> {
        let skipped = to.saturating_sub(from);
        if skipped >= FREE_BYTES {
            return self.charge(skipped / ITEMS_PER_UNIT);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn look_after_budget(&mut self) -> Result<()> {
        if self.global.budget.left < 0 {
            return Err(self.out_of_budget());
        }
        self.stop_if_requested()
    }

    /// More was charged than there is.
    #[cold]
    #[inline(never)]
    pub(crate) fn out_of_budget(&mut self) -> Error {
        self.global.budget.left = 0;
        self.stopped(Stop::Instructions)
    }

    /// An instruction may not be executed: its unit is not there, or there are too many
    /// calls.
    #[cold]
    #[inline(never)]
    pub(crate) fn refuse_instruction(&mut self, pc: usize) -> Error {
        self.current_call_mut().pc = pc as u32;
        if self.global.budget.left < 0 {
            return self.out_of_budget();
        }
        self.global.budget.left += 1;
        self.stopped(Stop::CallDepth)
    }

    /// The error that ends a run.
    #[cold]
    #[inline(never)]
    pub(crate) fn stopped(&mut self, stop: Stop) -> Error {
        if stop == Stop::Memory && self.global.budget.is_memory_of_process {
            return self.memory_error();
        }
        if stop == Stop::Memory {
            // Asking again and again must not be for free.
            self.global.budget.left = self.global.budget.left.saturating_sub(REFUSAL_UNITS).max(0);
        }
        self.stopped_error(stop)
    }

    /// The error itself.
    #[cold]
    pub(super) fn stopped_error(&mut self, stop: Stop) -> Error {
        let text = self.string(stop.message().as_bytes());
        Error::new(Status::Stopped(stop), text)
    }

    /// Does an error pass those by that catch errors (invariant 5)?
    pub(crate) fn escapes(&self, status: Status) -> bool {
        matches!(status, Status::Stopped(_)) && !self.global.budget.catchable
    }
}
