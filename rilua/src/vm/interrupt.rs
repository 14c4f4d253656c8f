//! Interrupts: how something outside the interpreter, a signal or another thread,
//! stops a running program.
//!
//! The loop looks at one flag of the process on every way back (loops, jumps
//! backwards, tail calls), before calls and after natives: a load from a fixed
//! address, which costs nothing that can be measured. Library functions look at it
//! where they charge for their work. The flag only says that someone should look
//! further: there is a request for a state that runs, or a signal came. A state that
//! is not concerned goes on.
//!
//! Invariants, cited by number:
//!
//! 1. `PENDING` is set while a request waits for a state that runs. So the bit of a
//!    request and the bit that says that the state runs are changed together, and
//!    whoever makes both set counts the state in, whoever ends that counts it out.
//! 2. A signal sets `SIGNALLED` before `PENDING`. Whoever clears `PENDING` looks at
//!    `SIGNALLED` afterwards.

use super::State;
use super::error::{Result, Stop};
use crate::heap::thread::hook_mask;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static PENDING: AtomicBool = AtomicBool::new(false);
static SIGNALLED: AtomicBool = AtomicBool::new(false);
/// States that run and have been asked to stop.
static REQUESTS: Mutex<usize> = Mutex::new(0);

/// What asks the stand-alone interpreter to stop as soon as it can: both are set where a
/// signal is delivered, in this order.
#[cfg_attr(
    not(feature = "signals"),
    expect(dead_code, reason = "only signals ask")
)]
pub(crate) fn flags() -> [&'static AtomicBool; 2] {
    [&SIGNALLED, &PENDING]
}

/// Has an interrupt been asked for?
#[inline(always)]
pub(crate) fn is_pending() -> bool {
    PENDING.load(Ordering::Relaxed)
}

/// Changes the number of states that are asked to stop.
#[cold]
fn count_requests(change: impl FnOnce(usize) -> usize) {
    let mut requests = REQUESTS.lock().unwrap_or_else(PoisonError::into_inner);
    *requests = change(*requests);
    PENDING.store(*requests > 0, Ordering::SeqCst);
    // Invariant 2.
    if SIGNALLED.load(Ordering::SeqCst) {
        PENDING.store(true, Ordering::SeqCst);
    }
}

/// The state runs.
const RUNS: u8 = 1;
/// It is asked to stop.
const REQUESTED: u8 = 2;

/// Stops a state from another thread, or from a callback: a cheap handle that can be
/// cloned and sent anywhere, and outlives the state without harm.
///
/// A request is kept until the state takes it: the running script ends within some
/// milliseconds with an error that it can't catch, wherever it is, unless it waits inside
/// a function of the embedder or of the operating system. If no script runs, the next
/// one ends at once; see [`Interrupt::cancel`].
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Asks the state to stop what it runs.
    pub fn request(&self) {
        if self.0.fetch_or(REQUESTED, Ordering::SeqCst) == RUNS {
            count_requests(|n| n + 1);
        }
    }

    /// Takes a request back that has not been served. True if there was one.
    pub fn cancel(&self) -> bool {
        let before = self.0.fetch_and(!REQUESTED, Ordering::SeqCst);
        if before == RUNS | REQUESTED {
            count_requests(|n| n.saturating_sub(1));
        }
        before & REQUESTED != 0
    }

    /// Is there a request that has not been served?
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst) & REQUESTED != 0
    }

    fn begin(&self) {
        if self.0.fetch_or(RUNS, Ordering::SeqCst) == REQUESTED {
            count_requests(|n| n + 1);
        }
    }

    fn end(&self) {
        if self.0.fetch_and(!RUNS, Ordering::SeqCst) == RUNS | REQUESTED {
            count_requests(|n| n.saturating_sub(1));
        }
    }
}

/// What a state knows of those who may interrupt it.
#[derive(Debug, Default)]
pub(crate) struct Interrupts {
    /// Made when someone asks for it.
    handle: Option<Interrupt>,
    /// Runs from Rust inside each other.
    runs: u32,
}

impl Interrupts {
    /// A handle that asks the state to stop.
    pub(crate) fn handle(&mut self) -> Interrupt {
        let runs = self.runs > 0;
        let handle = self.handle.get_or_insert_with(|| {
            let handle = Interrupt::default();
            if runs {
                handle.begin();
            }
            handle
        });
        handle.clone()
    }

    /// Rust code begins to run something in the state: how many did so before.
    #[inline]
    pub(crate) fn begin(&mut self) -> u32 {
        let before = self.runs;
        self.runs += 1;
        if before == 0
            && let Some(handle) = &self.handle
        {
            handle.begin();
        }
        before
    }

    /// It has ended, and all that began after it.
    #[inline]
    pub(crate) fn end(&mut self, before: u32) {
        self.runs = before;
        if before == 0
            && let Some(handle) = &self.handle
        {
            handle.end();
        }
    }

    /// Is there anybody who can ask?
    pub(crate) const fn are_possible(&self) -> bool {
        self.handle.is_some()
    }

    /// Has somebody asked this very state to stop? The request is taken.
    pub(crate) fn take(&self) -> bool {
        is_pending() && self.handle.as_ref().is_some_and(Interrupt::cancel)
    }

    /// The same, for what can't see the state while it works. A request is taken.
    pub(crate) fn watch(&self) -> impl Fn() -> bool + use<> {
        let handle = self.handle.clone();
        move || is_pending() && handle.as_ref().is_some_and(Interrupt::cancel)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        if self.runs > 0
            && let Some(handle) = &self.handle
        {
            handle.end();
        }
    }
}

impl State {
    /// A handle that asks the state to stop.
    pub(crate) fn interrupt(&mut self) -> Interrupt {
        let handle = self.global.interrupts.handle();
        self.heap.memory.watch = Some(Box::new(self.global.interrupts.watch()));
        handle
    }

    /// Stops the run if someone asked for it with a handle of this state.
    #[cold]
    #[inline(never)]
    pub(crate) fn stop_if_requested(&mut self) -> Result<()> {
        if self.global.interrupts.take() {
            return Err(self.stopped(Stop::Interrupt));
        }
        Ok(())
    }

    /// Stops the run, or turns a signal into a hook of the main thread that raises
    /// `interrupted!` at the next event, as the stand-alone interpreter of 5.1.1 does: the
    /// script's own hook is lost, and a coroutine runs on until it yields or ends. The main
    /// thread itself is stopped here.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_interrupt(&mut self) -> Result<()> {
        self.stop_if_requested()?;
        if !self.global.takes_signals || !SIGNALLED.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        count_requests(|n| n);
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
