//! Stands for `signals.rs` where the feature `signals` is off: SIGINT ends the process.

/// What a shell shows for a process that SIGINT has ended.
#[cfg(feature = "line-editor")]
const INTERRUPTED: i32 = 130;

pub(super) struct Actions;

pub(super) fn leave_to_others() {}

impl Actions {
    pub(super) fn start() -> Actions {
        Actions
    }

    pub(super) fn heed(&mut self, _heeds: bool) {}
}

pub(super) fn script_starts() {}

pub(super) fn script_ended() {}

#[cfg(feature = "line-editor")]
pub(super) fn end_process() {
    std::process::exit(INTERRUPTED);
}
