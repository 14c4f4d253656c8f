//! SIGINT: what Ctrl-C does at each moment. Mirrors `laction` of `lua.c`, and the calls
//! of `signal` around the protected call of `docall`.
//!
//! A handler may do next to nothing, and safe Rust can't write one. So `signal-hook`'s
//! handler only wakes the thread that waits in [`Watch::serve`]; that is the process's
//! first thread, which has nothing else to do while the interpreter runs on its own.
//! The flag that the interpreter polls stays a static that way, and a child process
//! starts with SIGINT's default, as a handler ends with `exec`.

use crate::vm::interrupt;
use core::sync::atomic::{AtomicBool, Ordering};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

/// Does the next SIGINT interrupt the script? Otherwise it ends the process: when no
/// script runs, and when one has been interrupted before.
static INTERRUPTS: AtomicBool = AtomicBool::new(false);

/// The interest of this process in SIGINT.
pub(super) struct Watch {
    /// Nothing if the system refuses; then SIGINT always ends the process.
    signals: Option<Signals>,
}

/// Ends [`Watch::serve`] when it is dropped.
pub(super) struct Closer(Option<Handle>);

impl Watch {
    pub(super) fn start() -> Watch {
        Watch {
            signals: Signals::new([SIGINT]).ok(),
        }
    }

    pub(super) fn closer(&self) -> Closer {
        Closer(self.signals.as_ref().map(Signals::handle))
    }

    /// Acts on signals until the closer is gone.
    pub(super) fn serve(self) {
        let Some(mut signals) = self.signals else {
            return;
        };
        for _ in &mut signals {
            if interrupt::is_unheard() {
                continue;
            }
            if INTERRUPTS.swap(false, Ordering::Relaxed) {
                interrupt::request();
            } else {
                end_process();
            }
        }
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.close();
        }
    }
}

/// A script starts: the first SIGINT interrupts it.
pub(super) fn script_starts() {
    interrupt::forget();
    INTERRUPTS.store(true, Ordering::Relaxed);
}

/// No script runs any longer: SIGINT ends the process.
pub(super) fn script_ended() {
    INTERRUPTS.store(false, Ordering::Relaxed);
    interrupt::forget();
}

/// Ends the process as SIGINT does, with nothing written that waits in a buffer.
pub(super) fn end_process() {
    // It fails for unknown signals only.
    let _known = emulate_default_handler(SIGINT);
}
