//! SIGINT: what Ctrl-C does at each moment. Mirrors `laction` of `lua.c`, and the calls
//! of `signal` around the protected call of `docall`.
//!
//! Safe Rust can't write a handler, but it can have `signal-hook`'s set flags and, under
//! a flag, do what the signal does by default. The signals of the terminal
//! are delivered to the interpreter's thread alone, so that a handler has run before
//! the system call that it came in returns; this is what `nix` is needed for. Children start
//! with SIGINT's default, as a handler ends with `exec`.

use crate::vm::interrupt;
use core::sync::atomic::{AtomicBool, Ordering};
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::SIGINT;
use signal_hook::low_level;
use signal_hook::{SigId, flag};

/// Does SIGINT end the process? Not when a script runs, but again after one has been
/// interrupted.
static ENDS: AtomicBool = AtomicBool::new(true);

/// What a handler does on SIGINT; nothing is what it ignores.
pub(super) struct Actions(Vec<SigId>);

/// Leaves the signals of the terminal to the other threads of the process, which are
/// yet to be made.
pub(super) fn leave_to_others() {
    // If the system refuses, signals come late at worst.
    let _blocked = terminal().thread_block();
}

fn terminal() -> SigSet {
    [Signal::SIGINT, Signal::SIGWINCH].into_iter().collect()
}

impl Actions {
    /// Has this thread act on the signals of the terminal.
    pub(super) fn start() -> Actions {
        let mut actions = Actions(Vec::new());
        actions.heed(true);
        let _unblocked = terminal().thread_unblock();
        actions
    }

    /// Acts on SIGINT or ignores it, as C's `system` does while a command runs.
    pub(super) fn heed(&mut self, heeds: bool) {
        for action in self.0.drain(..) {
            low_level::unregister(action);
        }
        if heeds {
            // The first SIGINT interrupts, the next one ends the process.
            let [signalled, pending] = interrupt::flags();
            let actions = [
                flag::register_conditional_default(SIGINT, &ENDS),
                flag::register(SIGINT, &ENDS),
                flag::register(SIGINT, signalled),
                flag::register(SIGINT, pending),
            ];
            self.0.extend(actions.into_iter().flatten());
        }
    }
}

/// A script starts: the first SIGINT interrupts it.
pub(super) fn script_starts() {
    for flag in interrupt::flags() {
        flag.store(false, Ordering::SeqCst);
    }
    ENDS.store(false, Ordering::SeqCst);
}

/// No script runs any longer: SIGINT ends the process.
pub(super) fn script_ended() {
    ENDS.store(true, Ordering::SeqCst);
}

/// Ends the process as SIGINT does, with nothing written that waits in a buffer.
#[cfg(feature = "line-editor")]
pub(super) fn end_process() {
    // It fails for unknown signals only.
    let _known = low_level::emulate_default_handler(SIGINT);
}
