//! Interrupts: how something outside the interpreter, a signal or another thread,
//! stops a running program.
//!
//! The loop looks at one flag of the process on every way back (loops, jumps
//! backwards, tail calls), before calls and after natives: a load from a fixed
//! address, which costs nothing that can be measured. A state that doesn't take
//! interrupts ignores the flag.

use super::State;
use super::error::Result;
use crate::heap::thread::hook_mask;
use core::sync::atomic::{AtomicBool, Ordering};

static PENDING: AtomicBool = AtomicBool::new(false);

/// The flag that asks the interpreter that takes interrupts to stop as soon as it
/// can. May be set by any thread, and where a signal is delivered.
#[cfg_attr(
    not(feature = "signals"),
    expect(dead_code, reason = "only signals ask")
)]
pub(crate) fn flag() -> &'static AtomicBool {
    &PENDING
}

/// Has an interrupt been asked for?
#[inline(always)]
pub(crate) fn is_pending() -> bool {
    PENDING.load(Ordering::Relaxed)
}

impl State {
    /// Turns a request into a hook of the main thread that raises `interrupted!` at the
    /// next event, as the stand-alone interpreter of 5.1.1 does: the script's own hook
    /// is lost, and a coroutine runs on until it yields or ends. The main thread itself
    /// is stopped here.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_interrupt(&mut self) -> Result<()> {
        if !self.takes_interrupts || !PENDING.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let events = hook_mask::CALL | hook_mask::RETURN | hook_mask::COUNT;
        self.set_hook(self.heap.main_thread, events | hook_mask::INTERRUPT, 1);
        if self.heap.running == self.heap.main_thread {
            self.call_hook(hook_mask::COUNT, None)?;
        }
        Ok(())
    }

    /// What that hook does. The error has the position of the caller of the running
    /// function.
    #[cold]
    pub(crate) fn raise_interrupt(&mut self) -> Result<()> {
        self.set_hook(self.heap.running, 0, 0);
        Err(self.position_error("interrupted!"))
    }
}
