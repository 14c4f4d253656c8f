//! One run of a program in a process of its own, watched until it and all it started are gone.
//!
//! 1. Both outputs are read while the input is written, by one thread that waits for whatever
//!    is ready: no order of reads and writes in the child can block it.
//! 2. The child leads a process group. At the end of a run, whatever the reason, the whole group
//!    is killed before the leader is waited for; until then the group's number can't be anybody
//!    else's.
//! 3. A run ends when the leader has ended and nobody holds its outputs open any more, so that
//!    what a child of the program writes belongs to it, as on a terminal.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::{Limits, launch};
use crate::observation::Termination;

/// The whole environment of every engine.
pub const ENVIRONMENT: [(&str, &str); 4] = [
    ("PATH", "/usr/bin:/bin"),
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
    ("HOME", "/"),
];

/// A pipe that is ready takes as much without blocking (PIPE_BUF).
const WRITE_SIZE: usize = 4096;
const READ_SIZE: usize = 64 * 1024;

/// What is to be run.
#[derive(Debug)]
pub struct Job<'a> {
    /// The program that contains [`launch`].
    pub launcher: &'a Path,
    /// The program to run, absolute.
    pub executable: &'a Path,
    /// What it finds as `argv[0]`.
    pub name: &'a str,
    /// What it finds behind that.
    pub arguments: &'a [OsString],
    /// Its current folder.
    pub folder: &'a Path,
    /// Its standard input.
    pub stdin: &'a [u8],
}

/// What came out.
#[derive(Debug)]
pub struct Finished {
    /// How the process ended.
    pub end: Termination,
    /// Standard output as far as it was read.
    pub stdout: Vec<u8>,
    /// Standard error as far as it was read.
    pub stderr: Vec<u8>,
}

/// Runs a program to its end, or to the end of its limits.
///
/// # Errors
///
/// When there is no process or no pipe to be had, or the launcher can't start the program.
pub fn run(job: &Job<'_>, limits: &Limits) -> io::Result<Finished> {
    let mut child = command(job, limits).spawn()?;
    let group = Pid::from_child(&child);
    let watched = Watch::new(&mut child, group, job.stdin, limits).and_then(Watch::finish);
    // An empty group is no error.
    let _ = kill_process_group(group, Signal::KILL);
    let status = child.wait()?;
    let (forced, stdout, stderr) = watched?;
    let end = match (forced, status.code(), status.signal()) {
        (Some(end), _, _) => end,
        (None, Some(code), _) => Termination::Exit(code),
        (None, None, signal) => Termination::Signal(signal.unwrap_or_default()),
    };
    if end == Termination::Exit(launch::FAILURE_STATUS.into())
        && let Some(message) = stderr.strip_prefix(launch::FAILURE)
    {
        return Err(io::Error::other(
            String::from_utf8_lossy(message).trim().to_owned(),
        ));
    }
    Ok(Finished {
        end,
        stdout,
        stderr,
    })
}

fn command(job: &Job<'_>, limits: &Limits) -> Command {
    let mut command = Command::new(job.launcher);
    command.arg(launch::VERB);
    if let Some(memory) = limits.memory_mib {
        command.arg("--memory").arg(memory.to_string());
    }
    command
        .args([OsStr::new("--name"), OsStr::new(job.name), OsStr::new("--")])
        .arg(job.executable)
        .args(job.arguments)
        .current_dir(job.folder)
        .env_clear()
        .envs(ENVIRONMENT)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// One of the child's outputs.
struct Output {
    pipe: Option<Box<dyn ReadPipe>>,
    bytes: Vec<u8>,
}

trait ReadPipe: Read + AsFd {}
impl<T: Read + AsFd> ReadPipe for T {}

impl Output {
    fn new<P: Read + AsFd + 'static>(pipe: Option<P>) -> Self {
        Self {
            pipe: pipe.map(|pipe| Box::new(pipe) as Box<dyn ReadPipe>),
            bytes: Vec::new(),
        }
    }

    /// Takes what is there. False when that is more than allowed.
    fn read(&mut self, buffer: &mut [u8], limit: usize) -> io::Result<bool> {
        let Some(pipe) = &mut self.pipe else {
            return Ok(true);
        };
        let count = match pipe.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(error),
        };
        if count == 0 {
            self.pipe = None;
        }
        self.bytes
            .extend_from_slice(buffer.get(..count).unwrap_or_default());
        let within = self.bytes.len() <= limit;
        self.bytes.truncate(limit);
        Ok(within)
    }
}

/// A running child and what is exchanged with it.
struct Watch<'a> {
    /// Becomes readable when the leader has ended; `None` after that.
    leader: Option<OwnedFd>,
    input: Option<std::process::ChildStdin>,
    unwritten: &'a [u8],
    stdout: Output,
    stderr: Output,
    deadline: Instant,
    output_limit: usize,
}

/// Why the run was cut short, standard output, standard error.
type Watched = (Option<Termination>, Vec<u8>, Vec<u8>);

impl<'a> Watch<'a> {
    fn new(child: &mut Child, leader: Pid, stdin: &'a [u8], limits: &Limits) -> io::Result<Self> {
        let now = Instant::now();
        Ok(Self {
            leader: Some(pidfd_open(leader, PidfdFlags::empty())?),
            input: child.stdin.take().filter(|_| !stdin.is_empty()),
            unwritten: stdin,
            stdout: Output::new(child.stdout.take()),
            stderr: Output::new(child.stderr.take()),
            deadline: now.checked_add(limits.time).unwrap_or(now),
            output_limit: limits.output,
        })
    }

    fn finish(mut self) -> io::Result<Watched> {
        let mut buffer = vec![0; READ_SIZE];
        let mut forced = None;
        while self.leader.is_some() || self.stdout.pipe.is_some() || self.stderr.pipe.is_some() {
            let now = Instant::now();
            if now >= self.deadline {
                forced = Some(Termination::TimedOut);
                break;
            }
            let ready = self.wait(self.deadline - now)?;
            if ready.input {
                self.write();
            }
            if ready.leader {
                self.leader = None;
            }
            let stdout_fits = !ready.stdout || self.stdout.read(&mut buffer, self.output_limit)?;
            let stderr_fits = !ready.stderr || self.stderr.read(&mut buffer, self.output_limit)?;
            if !(stdout_fits && stderr_fits) {
                forced = Some(Termination::OutputLimit);
                break;
            }
        }
        Ok((forced, self.stdout.bytes, self.stderr.bytes))
    }

    /// Waits until something can be done; nothing is ready when the time is over.
    fn wait(&self, time: Duration) -> io::Result<Ready> {
        let mut descriptors = Vec::with_capacity(4);
        let mut slots = Vec::with_capacity(4);
        let mut add = |slot, fd, flags| {
            descriptors.push(PollFd::from_borrowed_fd(fd, flags));
            slots.push(slot);
        };
        if let Some(leader) = &self.leader {
            add(Slot::Leader, leader.as_fd(), PollFlags::IN);
        }
        if let Some(input) = &self.input {
            add(Slot::Input, input.as_fd(), PollFlags::OUT);
        }
        if let Some(pipe) = &self.stdout.pipe {
            add(Slot::Stdout, pipe.as_fd(), PollFlags::IN);
        }
        if let Some(pipe) = &self.stderr.pipe {
            add(Slot::Stderr, pipe.as_fd(), PollFlags::IN);
        }
        // Rounded up, so that the time is over when the wait is.
        let time = Timespec::try_from(time + Duration::from_micros(1)).map_err(io::Error::other)?;
        let mut ready = Ready::default();
        match poll(&mut descriptors, Some(&time)) {
            Err(rustix::io::Errno::INTR) => return Ok(ready),
            result => result?,
        };
        for (slot, descriptor) in slots.into_iter().zip(&descriptors) {
            let is_ready = !descriptor.revents().is_empty();
            match slot {
                Slot::Leader => ready.leader = is_ready,
                Slot::Input => ready.input = is_ready,
                Slot::Stdout => ready.stdout = is_ready,
                Slot::Stderr => ready.stderr = is_ready,
            }
        }
        Ok(ready)
    }

    /// Gives the child as much input as it takes at once. A child that doesn't want it is no error.
    fn write(&mut self) {
        let Some(input) = &mut self.input else { return };
        let piece = self.unwritten.get(..WRITE_SIZE).unwrap_or(self.unwritten);
        match input.write(piece) {
            Ok(count) => self.unwritten = self.unwritten.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.unwritten = &[],
        }
        if self.unwritten.is_empty() {
            self.input = None;
        }
    }
}

enum Slot {
    Leader,
    Input,
    Stdout,
    Stderr,
}

#[derive(Default)]
struct Ready {
    leader: bool,
    input: bool,
    stdout: bool,
    stderr: bool,
}
