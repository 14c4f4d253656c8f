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
    /// It was stopped because it had executed as many instructions as it may.
    OutOfFuel,
    /// It asked for more memory than it may have.
    OutOfMemory,
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
            Self::OutOfFuel => write!(f, "out of fuel: executed as many instructions as it may"),
            Self::OutOfMemory => write!(f, "out of memory: asked for more than it may have"),
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
    /// What only an engine in this process can see; absent for programs of their own.
    pub inside: Option<Box<Inside>>,
}

impl Observation {
    /// A run that ended so and showed nothing.
    pub fn new(end: Termination) -> Self {
        Self {
            end,
            stdout: Vec::new(),
            stderr: Vec::new(),
            bytecode: None,
            inside: None,
        }
    }
}

/// What is seen of a program from inside the process that runs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inside {
    /// How the chunk ended.
    pub outcome: Outcome,
    /// The collector's books when it had ended, a line for each figure; empty where they
    /// can't be compared (see `rilua::inspect::Session::accounts`).
    pub accounts: String,
    /// The heap when it had ended, as a text; absent when it wasn't asked for.
    pub graph: Option<String>,
}

/// How a chunk ended. Values are texts: their type, and for what is not an object, what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It returned these values.
    Returned(Vec<Vec<u8>>),
    /// It failed.
    Failed {
        /// What kind of error: `syntax`, `runtime`, `memory`, `handler`.
        kind: &'static str,
        /// The error value.
        value: Vec<u8>,
        /// What `debug.traceback` made of it; absent where that was not called.
        traceback: Option<Vec<u8>>,
    },
    /// It ended itself, with `os.exit`.
    Exited,
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Returned(Vec::new())
    }
}

/// A number as a text that tells any two apart but NaNs of one sign.
pub fn number_text(number: f64) -> Vec<u8> {
    match (number.is_nan(), number.is_sign_negative()) {
        (true, false) => b"number nan".to_vec(),
        (true, true) => b"number -nan".to_vec(),
        _ => format!("number {number}").into_bytes(),
    }
}

/// A string as a text.
pub fn string_text(bytes: &[u8]) -> Vec<u8> {
    [b"string ", bytes].concat()
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
