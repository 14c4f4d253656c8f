//! The worker's side: one child process for each run.
//!
//! A Lua state of its own is not enough to make runs independent: the C library's streams (5.1.1
//! really closes `io.stdout`), locale and random numbers belong to the process, and a program
//! may end or crash it. So the worker itself never runs Lua. It forks for each request; the
//! child is a fresh process each time, a fraction of a millisecond away, with pipes as its
//! standard files, and tells its outcome over a fourth pipe whose end is also the news that it is
//! over. The worker feeds and drains the pipes, and kills the child when its time is up.

use std::env;
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::protocol::{
    Message, Outcome, Reply, Request, SealedRun, Status, Task, read_frame, write_frame,
};
use crate::sealed::Sealed;
use crate::state::{Failure, FailureKind, Limits, Source, State};
use crate::system::{self, End, Fork, Interest, wait_ready};
use crate::value::Value;

/// What a run may write to its standard output and error output together, in bytes.
pub const MAX_OUTPUT: usize = 64 << 20;

/// A pipe takes this many bytes at once when it is ready for any (`PIPE_BUF`).
const ATOMIC_WRITE: usize = 4096;

/// Answers requests on the standard input until it ends.
///
/// # Errors
/// The standard input is not a sequence of requests, a run can't be started, or the client is gone.
///
/// # Safety
/// The process has a single thread, and none of its C streams was used.
pub unsafe fn serve() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    while let Some(message) = read_frame(&mut input)? {
        let request = Request::from_bytes(&message).map_err(io::Error::other)?;
        // SAFETY: single-threaded, says the caller.
        let reply = unsafe { execute(&request) }?;
        write_frame(&mut output, &reply.to_bytes())?;
    }
    Ok(())
}

/// # Safety
/// As for [`serve`].
unsafe fn execute(request: &Request) -> io::Result<Reply> {
    let (input, feed) = pipe()?;
    let (stdout, child_stdout) = pipe()?;
    let (stderr, child_stderr) = pipe()?;
    let (outcome, child_outcome) = pipe()?;
    // SAFETY: single-threaded, says the caller.
    match unsafe { system::fork() }? {
        Fork::Child => {
            drop(feed);
            let standard = [input.as_fd(), child_stdout.as_fd(), child_stderr.as_fd()];
            let ready = system::become_program(standard).and_then(|()| {
                let directory = request.directory.as_ref();
                directory.map_or(Ok(()), env::set_current_dir)
            });
            // The program has the standard files only.
            drop((input, child_stdout, child_stderr, stdout, stderr, outcome));
            tell(
                child_outcome,
                &match ready {
                    Ok(()) => run(request),
                    Err(error) => Outcome::Failed {
                        kind: FailureKind::File,
                        value: Value::from(error.to_string().as_str()),
                        report: None,
                    },
                },
            )
        }
        Fork::Parent(process) => {
            // With these open here, the pipes would not end with the child.
            drop((input, child_stdout, child_stderr, child_outcome));
            let start = Instant::now();
            let until = NonZeroU64::new(request.deadline)
                .and_then(|time| start.checked_add(Duration::from_millis(time.get())));
            let mut run = Run {
                feed: Some(feed),
                to_feed: &request.input,
                stdout: Channel::new(stdout),
                stderr: Channel::new(stderr),
                outcome: Channel::new(outcome),
            };
            let stopped = run.attend(until);
            if !matches!(stopped, Ok(None)) {
                process.kill();
            }
            let end = process.wait()?;
            let stopped = stopped?;
            run.drain()?;
            let status = match (stopped, end) {
                (Some(status), _) => status,
                (None, End::Signalled(signal)) => Status::Crashed(signal),
                (None, End::Exited(code)) if run.outcome.bytes.is_empty() => Status::Exited(code),
                (None, End::Exited(_)) => {
                    let outcome = Outcome::from_bytes(&run.outcome.bytes);
                    Status::Finished(outcome.map_err(io::Error::other)?)
                }
            };
            Ok(Reply {
                status,
                stdout: run.stdout.bytes,
                stderr: run.stderr.bytes,
            })
        }
    }
}

/// The child's last act.
fn tell(mut pipe: PipeWriter, outcome: &Outcome) -> ! {
    // If this fails the worker is gone, and nobody is left to be told.
    let _ = pipe.write_all(&outcome.to_bytes());
    system::exit(0)
}

/// Runs the program, finalizers included.
fn run(request: &Request) -> Outcome {
    let limits = Limits {
        memory: NonZeroU64::new(request.memory)
            .map(|bytes| usize::try_from(bytes.get()).unwrap_or(usize::MAX)),
        fuel: NonZeroU64::new(request.fuel),
        deadline: None, // the worker's, which needs no hook that the program could see
        scatter: 0,
    };
    if let Task::Sealed { before, text, name } = &request.task {
        return sealed(
            limits,
            request,
            before.as_ref(),
            Source::Bytes { text, name },
        );
    }
    let Some(mut state) = State::new(limits) else {
        return no_memory();
    };
    let outcome = perform(&mut state, &request.task);
    drop(state);
    outcome.unwrap_or_else(|failure| Outcome::Failed {
        kind: failure.kind,
        value: failure.value,
        report: failure.report,
    })
}

fn sealed(
    limits: Limits,
    request: &Request,
    before: Option<&(Vec<u8>, Vec<u8>)>,
    program: Source<'_>,
) -> Outcome {
    let Some(mut state) = Sealed::new(limits, &request.input) else {
        return no_memory();
    };
    let before = before.map(|(text, name)| Source::Bytes { text, name });
    let result = state.execute(before, program, &[]);
    Outcome::Sealed(Box::new(SealedRun {
        result,
        refused: state.memory_refused(),
        accounts: state.accounts(),
        ended: state.finish(),
    }))
}

fn no_memory() -> Outcome {
    Outcome::Failed {
        kind: FailureKind::Memory,
        value: Value::from("not enough memory"),
        report: None,
    }
}

fn perform(state: &mut State, task: &Task) -> Result<Outcome, Failure> {
    match task {
        Task::Run {
            text,
            name,
            arguments,
        } => {
            state.open_libraries()?;
            let source = Source::Bytes { text, name };
            state.run(source, arguments).map(Outcome::Returned)
        }
        Task::RunFile { path, arguments } => {
            state.open_libraries()?;
            let source = Source::File(path);
            state.run(source, arguments).map(Outcome::Returned)
        }
        Task::Compile { text, name, strip } => {
            let source = Source::Bytes { text, name };
            state.dump(source, *strip).map(Outcome::Compiled)
        }
        // Has a state of its own kind: see `run`.
        Task::Sealed { .. } => Ok(Outcome::Returned(Vec::new())),
    }
}

/// The worker's ends of a child's pipes.
struct Run<'a> {
    feed: Option<PipeWriter>,
    to_feed: &'a [u8],
    stdout: Channel,
    stderr: Channel,
    outcome: Channel,
}

impl Run<'_> {
    /// Feeds and reads until the child is over: `None`, or until it must be stopped: why.
    fn attend(&mut self, until: Option<Instant>) -> io::Result<Option<Status>> {
        while self.outcome.pipe.is_some() {
            if self.to_feed.is_empty() {
                self.feed = None;
            }
            let feed = self.feed.as_ref();
            let [output, error, outcome, feed] = wait_ready(
                [
                    self.stdout.interest(),
                    self.stderr.interest(),
                    self.outcome.interest(),
                    feed.map(|pipe| (pipe.as_fd(), Interest::Write)),
                ],
                until,
            )?;
            if !outcome && until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Some(Status::Deadline));
            }
            if output {
                self.stdout.read()?;
            }
            if error {
                self.stderr.read()?;
            }
            if outcome {
                self.outcome.read()?;
            }
            if feed {
                self.feed_some()?;
            }
            if self.stdout.bytes.len() + self.stderr.bytes.len() > MAX_OUTPUT {
                return Ok(Some(Status::Output));
            }
        }
        Ok(None)
    }

    fn feed_some(&mut self) -> io::Result<()> {
        if let Some(mut pipe) = self.feed.as_ref() {
            let piece = self.to_feed.get(..ATOMIC_WRITE).unwrap_or(self.to_feed);
            match pipe.write(piece) {
                Ok(count) => self.to_feed = self.to_feed.get(count..).unwrap_or_default(),
                // A program need not read its input.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.to_feed = &[],
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what a child that is over left. It does not wait for the end of the pipes: a
    /// process that the program started may still have them.
    fn drain(&mut self) -> io::Result<()> {
        loop {
            let ready = wait_ready(
                [self.stdout.interest(), self.stderr.interest()],
                Some(Instant::now()),
            )?;
            let written = self.stdout.bytes.len() + self.stderr.bytes.len();
            match ready {
                _ if written > MAX_OUTPUT => return Ok(()),
                [false, false] => return Ok(()),
                [output, error] => {
                    if output {
                        self.stdout.read()?;
                    }
                    if error {
                        self.stderr.read()?;
                    }
                }
            }
        }
    }
}

/// A pipe from the child and what came out of it; the pipe is absent after its end.
struct Channel {
    pipe: Option<PipeReader>,
    bytes: Vec<u8>,
}

impl Channel {
    fn new(pipe: PipeReader) -> Self {
        Channel {
            pipe: Some(pipe),
            bytes: Vec::new(),
        }
    }

    fn interest(&self) -> Option<(BorrowedFd<'_>, Interest)> {
        let pipe = self.pipe.as_ref()?;
        Some((pipe.as_fd(), Interest::Read))
    }

    /// Reads once, which doesn't block when the pipe is ready.
    fn read(&mut self) -> io::Result<()> {
        let mut piece = [0; 1 << 16];
        if let Some(mut pipe) = self.pipe.as_ref() {
            match pipe.read(&mut piece) {
                Ok(0) => self.pipe = None,
                Ok(count) => self.bytes.extend(piece.iter().take(count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
