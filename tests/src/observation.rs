//! What an engine was seen to do with a program, in a form that every channel can read.

use std::fmt;

/// How a process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// It ended by itself with this status, 0 to 255.
    Exit(i32),
    /// A signal of this number ended it: it crashed.
    Signal(i32),
    /// It did not end within its time and was killed with all it had started.
    TimedOut,
    /// It wrote more than it was allowed to and was killed.
    OutputLimit,
}

impl Termination {
    /// Whether the process ended by itself.
    pub fn is_normal(self) -> bool {
        matches!(self, Self::Exit(_))
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "crash: signal {signal} ({name})"),
                None => write!(f, "crash: signal {signal}"),
            },
            Self::TimedOut => write!(f, "time-out: did not end in its time"),
            Self::OutputLimit => write!(f, "output limit: wrote more than it may"),
        }
    }
}

/// The name of a signal a crash is likely to have, as on x86-64 Linux.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// What one run of a program showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// How the run ended.
    pub end: Termination,
    /// Standard output, as far as it was read.
    pub stdout: Vec<u8>,
    /// Standard error, as far as it was read.
    pub stderr: Vec<u8>,
    /// What the compiler made of the program; absent when it wasn't asked.
    pub bytecode: Option<Bytecode>,
}

/// What a stand-alone compiler made of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytecode {
    /// How the compiler ended: the first end that isn't normal of its two runs, else that of the listing.
    pub end: Termination,
    /// Output of `luac -l -l -p`, its standard output before its standard error.
    pub listing: Option<Vec<u8>>,
    /// SHA-256, in hexadecimal, of what `luac -s -o` wrote; `error` when that failed.
    pub binary: Option<String>,
}
