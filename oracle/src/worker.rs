//! The client's side of the worker: runs programs in processes of their own.
//!
//! What the program did, crashes and endless loops included, is a [`Reply`]; what went wrong with
//! the worker is a [`Fault`]. After a fault the next run starts another worker.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::protocol::{Message, Reply, Request, read_frame, write_frame};
use crate::system::{Interest, wait_ready};

pub use crate::serve::{MAX_OUTPUT, serve};

/// The name of the program, which cargo puts beside the others.
pub const PROGRAM: &str = "oracle-worker";

/// What a worker gets beyond the deadline of a run to answer.
const GRACE: Duration = Duration::from_secs(5);

/// Why there is no reply. None of these says anything about the Lua program.
#[derive(Debug)]
pub enum Fault {
    /// The worker can't be started.
    Missing {
        /// What was to be started.
        program: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
    /// The worker itself, not the run, was ended by this signal.
    Crashed(i32),
    /// The worker did not answer in the time of the run and some more; it was killed.
    TimedOut,
    /// The worker ended without an answer, or its answer makes no sense.
    Protocol(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Missing { program, source } => write!(
                f,
                "{} can't be started ({source}); `cargo build --package oracle` builds it",
                program.display()
            ),
            Fault::Crashed(signal) => write!(f, "the worker was ended by signal {signal}"),
            Fault::TimedOut => write!(f, "the worker did not answer in time"),
            Fault::Protocol(what) => write!(f, "the worker's answer makes no sense: {what}"),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Fault::Missing { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// A worker program, started when needed.
#[derive(Debug)]
pub struct Worker {
    program: PathBuf,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
}

impl Worker {
    /// A worker that is this program, which need not exist before the first run.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Worker {
            program: program.into(),
            process: None,
        }
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs one program and waits for its end.
    ///
    /// # Errors
    /// There is no reply: see [`Fault`].
    pub fn run(&mut self, request: &Request) -> Result<Reply, Fault> {
        let process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.program)?,
        };
        let (process, reply) = process.ask(request)?;
        self.process = Some(process);
        Ok(reply)
    }
}

impl Process {
    fn start(program: &Path) -> Result<Self, Fault> {
        let missing = |source: io::Error| Fault::Missing {
            program: program.to_owned(),
            source,
        };
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(missing)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(requests), Some(replies)) => Ok(Process {
                child,
                requests,
                replies,
            }),
            _ => Err(Fault::Protocol("it has no pipes".to_owned())),
        }
    }

    /// Sends a request and waits for the reply. A process that gave none is not given back.
    fn ask(mut self, request: &Request) -> Result<(Self, Reply), Fault> {
        let until = (request.deadline != 0)
            .then(|| Duration::from_millis(request.deadline).saturating_add(GRACE))
            .and_then(|time| Instant::now().checked_add(time));
        if let Err(error) = write_frame(&mut self.requests, &request.to_bytes()) {
            return Err(self.why_silent(&error));
        }
        let mut replies = Timed {
            pipe: &mut self.replies,
            until,
        };
        match read_frame(&mut replies) {
            Ok(Some(message)) => match Reply::from_bytes(&message) {
                Ok(reply) => Ok((self, reply)),
                Err(malformed) => Err(Fault::Protocol(malformed.to_string())),
            },
            Ok(None) => Err(self.why_silent(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.why_silent(&error)),
        }
    }

    /// Finds out what became of a worker whose pipe failed with `error`.
    fn why_silent(&mut self, error: &io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::TimedOut => Fault::TimedOut,
            // The pipe ends when the process does, so this waits for what has happened.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => match self.child.wait() {
                Ok(status) => match status.signal() {
                    Some(signal) => Fault::Crashed(signal),
                    None => Fault::Protocol(format!("it ended with {status}")),
                },
                Err(error) => Fault::Protocol(error.to_string()),
            },
            _ => Fault::Protocol(error.to_string()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be in the middle of a run; a run ends with its worker.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pipe that is read until a moment, after which reading fails with `TimedOut`.
struct Timed<'a> {
    pipe: &'a mut ChildStdout,
    until: Option<Instant>,
}

impl io::Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let [ready] = wait_ready([Some((self.pipe.as_fd(), Interest::Read))], self.until)?;
        if !ready {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.pipe.read(buffer)
    }
}
