//! Collection steps as the interpreter takes them, and finalizers. Mirrors
//! `luaC_step`, `luaC_fullgc`, `GCTM` and `lua_gc`.
//!
//! A finalizer is Lua code: it may raise an error, which then leaves the step
//! half done and goes to whoever ran into it, as in 5.1.1.

use super::State;
use super::budget::BYTES_PER_UNIT;
use super::error::{Result, Stop};
use crate::heap::Event;
use crate::heap::collect::{Phase, Step};
use crate::heap::value::{UserDataRef, Value};

impl State {
    /// Takes a collection step if one is due.
    #[inline(always)]
    pub(crate) fn check_gc(&mut self) -> Result<()> {
        if self.heap.memory.total >= self.heap.collector.threshold {
            return self.collect_step();
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn collect_step(&mut self) -> Result<()> {
        if self.heap.memory.total >= self.heap.memory.look_at {
            self.look_at_memory()?;
        }
        if self.heap.memory.total < self.heap.collector.due {
            return Ok(());
        }
        let mut limit = self.heap.begin_step();
        loop {
            limit -= self.collect_one()? as isize;
            if self.heap.collector.phase == Phase::Pause || limit <= 0 {
                break;
            }
        }
        self.heap.end_step();
        Ok(())
    }

    fn collect_one(&mut self) -> Result<usize> {
        match self.heap.single_step() {
            Step::Work(work) => Ok(work),
            Step::Stopped => Err(self.stopped(Stop::Interrupt)),
            Step::Finalize(u) => {
                self.finalize(u)?;
                Ok(self.heap.finalizer_done())
            }
        }
    }

    /// Calls the finalizer of a userdata.
    fn finalize(&mut self, u: UserDataRef) -> Result<()> {
        let metatable = self.heap.userdata(u).metatable;
        let handler = self.heap.fast_handler(metatable, Event::Gc);
        if handler.is_nil() {
            return Ok(());
        }
        let allow_hook = core::mem::replace(&mut self.heap.thread.allow_hook, false);
        let due = self.heap.collector.due;
        // No collection inside a finalizer, unless it allocates a great deal.
        self.heap.set_due(2 * self.heap.memory.total);
        let func = self.heap.thread.top;
        self.push(handler);
        self.push(Value::userdata(u));
        self.call_at(func, 0)?;
        self.heap.thread.allow_hook = allow_hook;
        self.heap.set_due(due);
        Ok(())
    }

    /// More memory is held than at the last look: is it too much? A full collection comes
    /// before the answer yes. Where little is left after it the limit counts as reached,
    /// so that collections don't follow upon one another.
    #[cold]
    #[inline(never)]
    fn look_at_memory(&mut self) -> Result<()> {
        if self.heap.look_at_memory() {
            return Ok(());
        }
        if !core::mem::replace(&mut self.global.collects_for_room, true) {
            let collected = self.collect_full();
            self.global.collects_for_room = false;
            collected?;
            self.heap.give_back();
            if self.heap.look_at_memory() && self.heap.has_slack() {
                return Ok(());
            }
        }
        Err(self.stopped(Stop::Memory))
    }

    /// Asks whether so many bytes more may be held, before they are allocated.
    #[inline]
    pub(crate) fn ask_for_room(&mut self, bytes: usize) -> Result<()> {
        if self.heap.memory.allows(bytes) {
            return Ok(());
        }
        Err(self.stopped(Stop::Memory))
    }

    /// Runs a whole cycle.
    pub(crate) fn collect_full(&mut self) -> Result<()> {
        self.charge(self.heap.memory.total / BYTES_PER_UNIT)?;
        self.heap.begin_full();
        while self.heap.collector.phase != Phase::Finalize {
            self.charge(0)?;
            self.collect_one()?;
        }
        self.heap.restart_marking();
        while self.heap.collector.phase != Phase::Pause {
            self.charge(0)?;
            self.collect_one()?;
        }
        self.heap.end_full();
        Ok(())
    }

    /// `collectgarbage("step", kilobytes)`: true if a cycle ended in this call.
    pub(crate) fn collect_by_request(&mut self, kilobytes: i32) -> Result<bool> {
        let bytes = (kilobytes as i64 as usize) << 10;
        let total = self.heap.memory.total;
        self.heap.set_due(total.saturating_sub(bytes));
        // D22: 5.1.1 goes on until the threshold is above the use. Where the debt no
        // longer shrinks from cycle to cycle it never ends; here it does.
        let (mut cycles, mut debt) = (0, 0);
        while self.heap.collector.due <= self.heap.memory.total {
            self.charge(1)?;
            self.collect_step()?;
            let c = &self.heap.collector;
            if c.phase == Phase::Pause && c.due <= self.heap.memory.total {
                let rest = c.debt.wrapping_add(self.heap.memory.total - c.due);
                cycles += 1;
                if cycles > 2 && rest >= debt {
                    break;
                }
                debt = rest;
            }
        }
        Ok(self.heap.collector.phase == Phase::Pause)
    }

    /// Runs the finalizers of all userdata, as closing a state does. An error stops
    /// that finalizer only.
    pub(crate) fn finalize_all(&mut self) {
        self.heap.separate_userdata(true);
        self.heap.close_upvalues(0);
        loop {
            let thread = &mut self.heap.thread;
            thread.error_handler = 0;
            thread.calls.truncate(1);
            thread.top = 1;
            thread.native_depth = 0;
            let Some(u) = self.heap.next_to_finalize() else {
                break;
            };
            // Whatever a finalizer raises at the end is lost, as in 5.1.1; but what reaches a
            // bound ends them all.
            let result = self.protect(1, 0, |state| state.finalize(u));
            if result.is_err_and(|status| self.escapes(status)) {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::error::Status;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A collection of a large table and of many small ones can be left after any stretch,
    /// and the next one finds all that lives.
    #[test]
    fn marking_can_be_left() {
        const ITEMS: usize = 1 << 16;
        let mut state = State::new();
        let large = state.heap.new_table(ITEMS, 0);
        let globals = state.globals();
        state
            .heap
            .raw_set_str(globals, "large", Value::table(large));
        for i in 1..=ITEMS as i32 {
            let item = state.heap.new_table(0, 1);
            state
                .heap
                .raw_set_str(item, "name", Value::number(f64::from(i)));
            state
                .heap
                .raw_set_integer(large, i, Value::table(item))
                .unwrap();
        }
        let mut patience = 0;
        loop {
            let asked = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&asked);
            state.heap.memory.watch = Some(Box::new(move || {
                count.fetch_add(1, Ordering::Relaxed) >= patience
            }));
            let collected = state.collect_full();
            if let Err(error) = collected {
                assert_eq!(error.status(), Status::Stopped(Stop::Interrupt));
                assert_eq!(asked.load(Ordering::Relaxed), patience + 1);
                patience += 1;
            } else {
                break;
            }
        }
        assert!(patience >= 4, "{patience} questions");
        let name = state.string(b"name");
        for i in 1..=ITEMS as i32 {
            let item = state.heap.table(large).get_integer(i).as_table().unwrap();
            let found = state.heap.raw_get(item, name).as_number();
            assert_eq!(found, Some(f64::from(i)));
        }
    }
}
