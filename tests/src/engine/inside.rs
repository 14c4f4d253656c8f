//! What both implementations need to run programs in this process.

use std::io;
use std::num::NonZeroU64;
use std::thread;

use rilua::inspect::{Chunk, Loaded};

use super::{Description, oracle_inside, rilua_inside};
use crate::program::Program;
use crate::shell;
use crate::verdict::{Fault, FaultCause};

/// Bytes of stack of a thread that runs programs. The system gives them page by page.
///
/// Both sides let a program nest calls of C functions 200 deep, in each of as many coroutines
/// inside each other: enough for some hundred of those.
pub const STACK_BYTES: usize = 256 << 20;

/// Calls of rilua's loop inside each other that fit there.
pub const RILUA_DEPTH: u32 = 20_000;

/// What a run in this process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Instructions of the virtual machine; `None` for no limit.
    pub fuel: Option<NonZeroU64>,
    /// Bytes as Lua counts them; `None` for no limit.
    pub memory: Option<usize>,
}

/// Whatever it takes.
pub const UNBOUNDED: Budget = Budget {
    fuel: None,
    memory: None,
};

/// What is asked for beside what costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wants {
    /// The heap as a text.
    pub graph: bool,
}

/// A chunk that is run before every program, compiled once for each side, without debug
/// information: names and lines would be read anew for every program.
#[derive(Debug, Clone)]
pub struct Prelude {
    /// As rilua compiles and reads it.
    pub rilua: Loaded,
    /// As the oracle compiles it.
    pub oracle: Vec<u8>,
}

/// The name under which a prelude is loaded.
pub const PRELUDE_NAME: &[u8] = b"=prelude";

impl Prelude {
    /// Compiles a prelude with both.
    ///
    /// # Errors
    ///
    /// The message of the compiler that refuses it.
    pub fn compile(source: &[u8]) -> Result<Self, Fault> {
        let refused = |message: &[u8]| {
            let message = String::from_utf8_lossy(message).into_owned();
            Fault::new(FaultCause::Harness, format!("the prelude: {message}"))
        };
        let rilua = crate::compile::rilua(source, PRELUDE_NAME, true)
            .map_err(|refusal| refused(&refusal.message))?;
        let rilua = Loaded::new(Chunk {
            text: &rilua,
            name: PRELUDE_NAME,
        })
        .map_err(|error| refused(format!("{error:?}").as_bytes()))?;
        let oracle = crate::compile::Compilers::new()
            .oracle(source, PRELUDE_NAME, true)
            .map_err(|what| Fault::new(FaultCause::Harness, what))?
            .map_err(|refusal| refused(&refusal.message))?;
        Ok(Self { rilua, oracle })
    }
}

/// Does some work on a thread with [`STACK_BYTES`] of stack.
///
/// # Errors
///
/// There is no such thread to be had, or the work panicked.
pub fn on_deep_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Fault> {
    let no_thread =
        |error: io::Error| Fault::new(FaultCause::Harness, format!("no thread to be had: {error}"));
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(no_thread)?;
        worker
            .join()
            .map_err(|_panic| Fault::new(FaultCause::Harness, "the interpreter's thread panicked"))
    })
}

/// How often each side runs again, to see whether what it does is laid down.
const RERUNS: u32 = 48;

/// Whether the oracle shows something (`oracle`), or rilua does (`rilua`), when it runs again in
/// another way that 5.1.1 allows as well. A table with objects for keys is traversed, and grows,
/// as their addresses will have it.
///
/// Both are asked: the oracle has objects that are made again and again mostly at the same
/// addresses, and rilua, when its collector is out of step, has one moment of the many at which
/// it may work.
pub fn otherwise(mut oracle: impl FnMut() -> bool, mut rilua: impl FnMut() -> bool) -> bool {
    (1..=RERUNS).any(|way| {
        oracle_inside::scattered(way, &mut oracle) || rilua_inside::varied(way, &mut rilua)
    })
}

/// An engine in this process, for reports.
pub(super) fn describe(name: &str) -> Description {
    Description {
        name: name.to_owned(),
        interpreter: std::env::current_exe().unwrap_or_default(),
        compiler: None,
    }
}

/// The line for a shell that repeats a run in this process.
pub(super) fn command_line(program: &Program) -> String {
    format!("cargo conformance diff {}", shell::quote(&program.id))
}

/// The collector's books as lines.
pub(super) fn accounts(figures: [usize; 6]) -> String {
    const NAMES: [&str; 6] = [
        "total",
        "threshold",
        "debt",
        "phase",
        "strings",
        "string buckets",
    ];
    let lines = NAMES.iter().zip(figures);
    lines.fold(String::new(), |text, (name, figure)| {
        format!("{text}{name} {figure}\n")
    })
}
