//! The driver: runs the loop of `execute.rs`, and does what leads from one call to
//! another outside it: protected calls, coroutine switches, catching errors.
//!
//! One driver may hold many Lua calls, protected calls and coroutines; Rust frames
//! grow only where a native calls back into Lua.

use super::State;
use super::call::{Entered, Finish, Request, SPECIAL};
use super::error::{Error, Result};
use super::execute::run;
use super::interrupt;
use crate::heap::thread::{CallKind, Ending};

/// What the driver has to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Run the Lua function whose record is on top.
    Run,
    /// A native left a request.
    Special,
    /// A call ended; look at who made it.
    Ended(Finish),
}

impl From<Entered> for Next {
    fn from(entered: Entered) -> Next {
        match entered {
            Entered::Lua => Next::Run,
            Entered::Special => Next::Special,
            Entered::Finished => Next::Ended(Finish::All),
        }
    }
}

impl State {
    /// Runs what was entered until the call that is marked fresh has ended.
    pub(crate) fn drive(&mut self, entered: Entered) -> Result<()> {
        let result = self.drive_loop(entered.into());
        // A loop further out has not seen that hooks were set in here.
        self.attention |= self.heap.thread.hook_mask != 0;
        result
    }

    fn drive_loop(&mut self, mut next: Next) -> Result<()> {
        loop {
            let result = match next {
                Next::Run => {
                    self.attention = false;
                    if self.heap.thread.hook_mask != 0 || self.global.observed.observer.is_some() {
                        run::<true, true>(self)
                    } else if self.global.budget.metered {
                        run::<false, true>(self)
                    } else {
                        run::<false, false>(self)
                    }
                }
                Next::Ended(Finish::Fresh) => return Ok(()),
                next => self.settle(next),
            };
            next = match result {
                Ok(next) => next,
                Err(error) => self.recover(error)?,
            };
        }
    }

    /// Serves requests and ends calls until a Lua function is to be run, or the
    /// fresh call has ended.
    pub(crate) fn settle(&mut self, mut next: Next) -> Result<Next> {
        loop {
            next = match next {
                Next::Run | Next::Ended(Finish::Fresh) => return Ok(next),
                Next::Special => self.serve_request()?,
                Next::Ended(finish) => self.after_call(finish)?,
            };
        }
    }

    /// A native that the loop called has left a request, or was interrupted, or the
    /// loop's attention is wanted: what has to be run next.
    #[inline(never)]
    pub(crate) fn after_native(&mut self, results: usize) -> Result<Next> {
        let next = if results == SPECIAL {
            Next::Special
        } else {
            if interrupt::is_pending() {
                self.take_interrupt()?;
            }
            let first = self.heap.thread.top.saturating_sub(results);
            Next::Ended(self.finish_call(first)?)
        };
        self.settle(next)
    }

    /// Does what a native asked for.
    fn serve_request(&mut self) -> Result<Next> {
        match core::mem::replace(&mut self.request, Request::None) {
            Request::None => Ok(Next::Ended(Finish::All)),
            Request::Protect { func, handler } => {
                self.enter_protected(func, handler).map(Next::from)
            }
            Request::Resume {
                thread,
                arguments,
                wrapped,
            } => self.enter_resume(thread, arguments, wrapped),
            Request::Yield { values } => self.leave_by_yield(values as usize).map(Next::Ended),
        }
    }

    /// A call has ended and its record is gone: continues whoever made it.
    fn after_call(&mut self, finish: Finish) -> Result<Next> {
        let call = self.current_call();
        match call.kind {
            CallKind::Lua => {
                if finish == Finish::Fixed {
                    self.heap.thread.top = call.top as usize;
                }
                Ok(Next::Run)
            }
            CallKind::Protected => self.finish_protected(true).map(Next::Ended),
            CallKind::Base => self.leave_by_return().map(Next::Ended),
            // A native that is waited for is marked fresh, so none of these comes here.
            CallKind::Native | CallKind::Resuming => Ok(Next::Ended(Finish::Fresh)),
        }
    }

    /// Finds who catches an error: a protected call of this driver, the resumer of a
    /// coroutine, or else the Rust code that called the driver.
    #[cold]
    #[inline(never)]
    fn recover(&mut self, mut error: Error) -> Result<Next> {
        loop {
            let escapes = self.escapes(error.status());
            let found = self.heap.thread.calls.iter().rposition(|call| {
                call.kind == CallKind::Protected && !escapes
                    || call.ending == Ending::Rust
                    || call.kind == CallKind::Base
            });
            let Some(index) = found else {
                return Err(error);
            };
            let call = &mut self.heap.thread.calls[index];
            let caught = if call.kind == CallKind::Protected && !escapes {
                self.catch(index, error)
            } else if call.ending == Ending::Rust || self.heap.thread.resumer.is_none() {
                call.ending = Ending::Driver;
                return Err(error);
            } else {
                self.leave_by_error(error)
            };
            match caught {
                Ok(finish) => return Ok(Next::Ended(finish)),
                Err(next) => error = next,
            }
        }
    }
}
