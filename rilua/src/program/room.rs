//! How much memory the process may have (`ulimit -v`).
//!
//! Memory that the system refuses ends a program of Rust, wherever it asks; so a script is
//! stopped before, with the error that 5.1.1 raises.

use nix::sys::resource::{Resource, getrlimit};
use std::fs;

/// Below this limit, a stack of its own for the interpreter would take too much, and so would what
/// the allocator of the GNU C library reserves for each thread (128 MiB).
const SHORT: u64 = 1 << 30;
/// Of what is left, one part in so many is the script's: the allocator keeps small objects in pieces
/// of at least 32 bytes, and what grows is for a moment there twice.
const PARTS: u64 = 3;
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

/// Bytes for what a script holds; `None` if there is no limit.
pub(super) fn for_script() -> Option<usize> {
    let left = limit(Resource::RLIMIT_AS)?.saturating_sub(used().unwrap_or(0));
    usize::try_from(left / PARTS).ok()
}

/// The soft limit of something.
fn limit(of: Resource) -> Option<u64> {
    let (limit, _) = getrlimit(of).ok()?;
    // No limit has a number of its own, which no machine has.
    (limit < i64::MAX as u64).then_some(limit)
}

/// Bytes of address space that the process has now.
fn used() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
