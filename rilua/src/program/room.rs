//! How much memory the process may have (`ulimit -v`).
//!
//! Memory that the system refuses ends a program of Rust, wherever it asks; so a script is
//! stopped before, with the error that 5.1.1 raises.

use nix::sys::resource::{Resource, getrlimit};

/// Below this limit, a stack of its own for the interpreter would take too much, and so would what
/// the allocator reserves for a thread.
const SHORT: u64 = 1 << 30;
/// What the program, its libraries and its first stack take, in bytes.
const PROGRAM: u64 = 16 << 20;
/// What the allocator of the GNU C library reserves for another thread, in bytes.
const ARENA: u64 = 128 << 20;
/// What is taken for the first thread's stack if that has no limit, in bytes.
const USUAL_STACK: u64 = 8 << 20;

/// The stack of the process's first thread, in bytes, if there is so little memory that the
/// interpreter should run there.
pub(super) fn first_stack() -> Option<usize> {
    if limit(Resource::RLIMIT_AS)? >= SHORT {
        return None;
    }
    usize::try_from(limit(Resource::RLIMIT_STACK).unwrap_or(USUAL_STACK)).ok()
}

/// Bytes for what a script holds, beside a stack of the interpreter's own; `None` if there is no
/// limit. Of what is left, some part is for the allocator, which keeps small objects in pieces of at
/// least 32 bytes, and for what is there twice for a moment, because it grows.
pub(super) fn for_script(stack: usize) -> Option<usize> {
    let limit = limit(Resource::RLIMIT_AS)?;
    let room = if limit < SHORT {
        limit.saturating_sub(PROGRAM) / 3
    } else {
        limit.saturating_sub(PROGRAM + ARENA + stack as u64) / 3 * 2
    };
    usize::try_from(room).ok()
}

/// The soft limit of something.
fn limit(of: Resource) -> Option<u64> {
    let (limit, _) = getrlimit(of).ok()?;
    // No limit has a number of its own, which no machine has.
    (limit < i64::MAX as u64).then_some(limit)
}
