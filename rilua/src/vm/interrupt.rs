//! Interrupts: how something outside the interpreter, a signal or another thread,
//! stops a running program.
//!
//! The loop looks at one flag of the process on every way back (loops, jumps
//! backwards, tail calls): a load from a fixed address, which costs nothing that
//! can be measured. A state that doesn't take interrupts ignores the flag.

use super::State;
use super::error::Result;
use core::sync::atomic::{AtomicBool, Ordering};

static PENDING: AtomicBool = AtomicBool::new(false);

/// Asks the interpreter that takes interrupts to stop as soon as it can. May be
/// called from any thread, and where a signal is delivered.
pub(crate) fn request() {
    PENDING.store(true, Ordering::Relaxed);
}

/// Has an interrupt been asked for?
#[inline(always)]
pub(crate) fn is_pending() -> bool {
    PENDING.load(Ordering::Relaxed)
}

/// Forgets an interrupt that came when nothing ran.
pub(crate) fn forget() {
    PENDING.store(false, Ordering::Relaxed);
}

impl State {
    /// Raises `interrupted!`, as the stand-alone interpreter of 5.1.1 does from a hook:
    /// with the position of the caller of the running function.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_interrupt(&mut self) -> Result<()> {
        if !self.takes_interrupts || !PENDING.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        Err(self.position_error("interrupted!"))
    }
}
