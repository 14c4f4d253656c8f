//! Stands for `signals.rs` where the feature `signals` is off: SIGINT ends the process.

use crate::vm::interrupt;

/// What a shell shows for a process that SIGINT has ended.
#[cfg(feature = "line-editor")]
const INTERRUPTED: i32 = 130;

pub(super) struct Watch;
pub(super) struct Closer;

impl Watch {
    pub(super) fn start() -> Watch {
        Watch
    }

    pub(super) fn closer(&self) -> Closer {
        Closer
    }

    pub(super) fn serve(self) {}
}

pub(super) fn script_starts() {}

pub(super) fn script_ended() {
    interrupt::forget();
}

#[cfg(feature = "line-editor")]
pub(super) fn end_process() {
    std::process::exit(INTERRUPTED);
}
