//! Collection steps as the interpreter takes them, and finalizers. Mirrors
//! `luaC_step`, `luaC_fullgc`, `GCTM` and `lua_gc`.
//!
//! A finalizer is Lua code: it may raise an error, which then leaves the step
//! half done and goes to whoever ran into it, as in 5.1.1.

use super::State;
use super::error::Result;
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
        let threshold = self.heap.collector.threshold;
        // No collection inside a finalizer, unless it allocates a great deal.
        self.heap.collector.threshold = 2 * self.heap.memory.total;
        let func = self.heap.thread.top;
        self.push(handler);
        self.push(Value::userdata(u));
        self.call_at(func, 0)?;
        self.heap.thread.allow_hook = allow_hook;
        self.heap.collector.threshold = threshold;
        Ok(())
    }

    /// Runs a whole cycle.
    pub(crate) fn collect_full(&mut self) -> Result<()> {
        self.heap.begin_full();
        while self.heap.collector.phase != Phase::Finalize {
            self.collect_one()?;
        }
        self.heap.restart_marking();
        while self.heap.collector.phase != Phase::Pause {
            self.collect_one()?;
        }
        self.heap.end_full();
        Ok(())
    }

    /// `collectgarbage("step", kilobytes)`: true if a cycle ended in this call.
    pub(crate) fn collect_by_request(&mut self, kilobytes: i32) -> Result<bool> {
        let bytes = (kilobytes as i64 as usize) << 10;
        let total = self.heap.memory.total;
        self.heap.collector.threshold = total.saturating_sub(bytes);
        // D22: 5.1.1 goes on until the threshold is above the use. Where the debt no
        // longer shrinks from cycle to cycle it never ends; here it does.
        let (mut cycles, mut debt) = (0, 0);
        while self.heap.collector.threshold <= self.heap.memory.total {
            self.collect_step()?;
            let c = &self.heap.collector;
            if c.phase == Phase::Pause && c.threshold <= self.heap.memory.total {
                let rest = c.debt.wrapping_add(self.heap.memory.total - c.threshold);
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
            // Whatever a finalizer raises at the end is lost, as in 5.1.1.
            let _lost = self.protect(1, 0, |state| state.finalize(u));
        }
    }
}
