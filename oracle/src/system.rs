//! The few calls of the system, and of its allocator, that Rust's library doesn't offer.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use libc::{c_int, pid_t};

/// Makes the system's allocator keep what is freed, up to 64 MiB for each thread, instead of giving
/// it back at once. It is for those who run thousands of small programs, each of which frees all that
/// it has taken. Does nothing where the C library isn't GNU's.
pub fn keep_freed_memory() {
    #[cfg(target_env = "gnu")]
    {
        const KEPT: c_int = 64 << 20;
        /// Larger pieces are taken from the system and given back one by one.
        const LARGE: c_int = 4 << 20;
        // SAFETY: both set a parameter of the allocator, under its lock.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        }
    }
}

/// The two sides of a fork.
pub(crate) enum Fork {
    Child,
    Parent(Process),
}

/// A child process that was not waited for yet.
#[derive(Debug)]
pub(crate) struct Process(pid_t);

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Signalled(i32),
}

/// Splits the process in two.
///
/// # Safety
/// The process has a single thread: of others, the child would have the locks but not the
/// threads.
pub(crate) unsafe fn fork() -> io::Result<Fork> {
    // SAFETY: single-threaded, says the caller.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(Process(pid))),
    }
}

impl Process {
    /// Kills the process, and what it started unless that left the group.
    pub(crate) fn kill(&self) {
        // SAFETY: plain system calls. The child was not waited for, so nothing else has its
        // number. It may not yet have made itself a group, hence the second call.
        unsafe {
            libc::kill(-self.0, libc::SIGKILL);
            libc::kill(self.0, libc::SIGKILL);
        }
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(self) -> io::Result<End> {
        let mut status = 0;
        loop {
            // SAFETY: `status` is valid for the call.
            let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
            if waited == self.0 {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(if libc::WIFSIGNALED(status) {
            End::Signalled(libc::WTERMSIG(status))
        } else {
            End::Exited(libc::WEXITSTATUS(status))
        })
    }
}

/// Makes a forked child a process like one started by a shell: its own group (so that what it
/// starts can be killed with it), the given standard files, no trace of what Rust's start-up
/// did to signals (it ignores SIGPIPE, and turns a C stack overflow into an abort with a
/// message). It ends with its parent.
pub(crate) fn become_program(standard: [BorrowedFd<'_>; 3]) -> io::Result<()> {
    let check = |result: c_int| {
        if result == -1 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    };
    // SAFETY: plain system calls, with arguments of the kinds they ask for.
    unsafe {
        check(libc::setpgid(0, 0))?;
        check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
        for signal in [libc::SIGPIPE, libc::SIGSEGV, libc::SIGBUS] {
            if libc::signal(signal, libc::SIG_DFL) == libc::SIG_ERR {
                return Err(io::Error::last_os_error());
            }
        }
        for (target, file) in (0..).zip(standard) {
            check(libc::dup2(file.as_raw_fd(), target))?;
        }
    }
    Ok(())
}

/// Ends the process as C's `exit` does: open streams of C are flushed.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: the process has one thread, so no other is using what exit handlers tear down.
    unsafe { libc::exit(status) }
}

/// What to wait for at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    Write,
}

/// Waits until one of the files is ready (or ended, or broken) or the moment has come, and
/// says which are ready: none if the moment came first. An absent file is never ready.
pub(crate) fn wait_ready<const N: usize>(
    files: [Option<(BorrowedFd<'_>, Interest)>; N],
    until: Option<Instant>,
) -> io::Result<[bool; N]> {
    let mut polled = files.map(|file| libc::pollfd {
        fd: file.map_or(-1, |(file, _)| file.as_raw_fd()), // poll skips negative ones
        events: match file {
            Some((_, Interest::Write)) => libc::POLLOUT,
            _ => libc::POLLIN,
        },
        revents: 0,
    });
    let count = libc::nfds_t::try_from(N).map_err(io::Error::other)?;
    loop {
        // SAFETY: `polled` has `count` elements and lasts for the call.
        let ready = unsafe { libc::poll(polled.as_mut_ptr(), count, milliseconds_until(until)) };
        let over = until.is_some_and(|until| Instant::now() >= until);
        match ready {
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            0 if !over => {}
            _ => return Ok(polled.map(|file| file.revents != 0)),
        }
    }
}

/// The time left, rounded up so that poll does not end before the moment; -1 for ever.
fn milliseconds_until(until: Option<Instant>) -> c_int {
    until.map_or(-1, |until| {
        let left = until.saturating_duration_since(Instant::now()) + Duration::from_micros(999);
        c_int::try_from(left.as_millis()).unwrap_or(c_int::MAX)
    })
}
