//! The machine the program runs on, through the Rust standard library.
//!
//! Where that library differs from C: it opens every file so that child processes
//! do not inherit it, it ignores SIGPIPE (see [`RealHost::for_program`]), it can't
//! close the descriptors 0 to 2 (so other programs never see the end of a pipe that a
//! script has closed as its standard output, and files never take these numbers), and it has no processor clock (see [`CpuClock`]).

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::heap::sharing::{MaybeSend, Shared, Told};

use super::{
    Errno, Host, LocalTime, NullFile, OpenMode, PipeMode, RawFile, StandardStream, TimeZone, Utc,
    c_text,
};

/// The real world.
pub struct RealHost {
    zone: Box<dyn TimeZone>,
    clock: CpuClock,
    /// What writing to a pipe that nobody reads does.
    broken_pipe: BrokenPipe,
    closed: Shared<ClosedStreams>,
    /// Told true when `execute` begins to wait for a command, and false when it has.
    waits: Option<Box<Told>>,
}

/// Which standard streams, from input to error, have been closed. Their descriptors are
/// still open, but child processes get others that refuse to be used.
type ClosedStreams = [AtomicBool; 3];

#[derive(Clone, Copy, Debug)]
enum BrokenPipe {
    /// Reports `EPIPE`.
    Error,
    /// Ends the process.
    Exit,
}

/// What a shell shows for a process that SIGPIPE ended: 128 and the signal's number.
const BROKEN_PIPE_STATUS: i32 = 141;

impl std::fmt::Debug for RealHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealHost").finish_non_exhaustive()
    }
}

impl Default for RealHost {
    fn default() -> Self {
        Self::new()
    }
}

impl RealHost {
    /// The real world, with universal time as local time.
    #[must_use]
    pub fn new() -> Self {
        Self::with_zone(Box::new(Utc))
    }

    /// The real world with another local time.
    #[must_use]
    pub fn with_zone(zone: Box<dyn TimeZone>) -> Self {
        Self {
            zone,
            clock: CpuClock::new(),
            broken_pipe: BrokenPipe::Error,
            closed: Shared::default(),
            waits: None,
        }
    }

    /// The real world as a program of its own sees it: with the time zone of its
    /// environment (feature `timezone`), and ending when it writes to a pipe that
    /// nobody reads.
    ///
    /// C is ended by SIGPIPE then. That signal is ignored here, and writing reports
    /// `EPIPE`; so the process exits with the status that a shell shows for SIGPIPE.
    #[must_use]
    pub fn for_program() -> Self {
        Self {
            broken_pipe: BrokenPipe::Exit,
            ..Self::with_zone(super::system_zone())
        }
    }

    /// Has a function told that `execute` begins (true) or has ended (false) to wait for
    /// a command. While C waits, it ignores SIGINT, which is for the command; that is
    /// what a program that acts on SIGINT needs to do then.
    #[must_use]
    pub fn when_waiting(mut self, told: impl FnMut(bool) + MaybeSend + 'static) -> Self {
        self.waits = Some(Box::new(told));
        self
    }

    /// Runs a command to its end.
    fn wait_for(&mut self, command: &[u8]) -> io::Result<ExitStatus> {
        let mut command = self.shell(command);
        let mut tell = |waiting| {
            if let Some(told) = &mut self.waits {
                told(waiting);
            }
        };
        tell(true);
        let status = command.status();
        tell(false);
        status
    }

    fn file(&self, file: File, child: Option<Child>) -> Box<dyn RawFile> {
        Box::new(RealFile {
            file,
            child,
            broken_pipe: self.broken_pipe,
            standard: None,
        })
    }

    /// A command for the shell.
    fn shell(&self, command: &[u8]) -> Command {
        let mut process = Command::new("/bin/sh");
        // As `system` and `popen` name it.
        process.arg0("sh");
        process.arg("-c").arg(OsStr::from_bytes(c_text(command)));
        let [input, output, error] = &*self.closed;
        // To read what can only be written, or the reverse, fails as it does with a
        // closed descriptor.
        if input.load(Ordering::Relaxed) {
            let refuses = OpenOptions::new().write(true).open("/dev/null");
            process.stdin(refuses.map_or(Stdio::null(), Stdio::from));
        }
        if output.load(Ordering::Relaxed) {
            process.stdout(File::open("/dev/null").map_or(Stdio::null(), Stdio::from));
        }
        if error.load(Ordering::Relaxed) {
            process.stderr(File::open("/dev/null").map_or(Stdio::null(), Stdio::from));
        }
        process
    }
}

fn path(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(c_text(name)))
}

/// Six characters that differ from call to call.
fn random_suffix() -> String {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut random = RandomState::new().build_hasher().finish();
    let mut suffix = String::with_capacity(6);
    for _ in 0..6 {
        let index = usize::try_from(random % 62).unwrap_or(0);
        suffix.push(LETTERS.get(index).copied().map_or('a', char::from));
        random /= 62;
    }
    suffix
}

/// Makes a new file in `/tmp` that only its owner can open.
fn make_temporary(prefix: &str) -> Result<(File, String), Errno> {
    let mut attempts = 0;
    loop {
        let name = format!("/tmp/{prefix}{}", random_suffix());
        let made = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&name);
        match made {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts < 1000 => {
                attempts += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Host for RealHost {
    fn cpu_seconds(&mut self) -> f64 {
        self.clock.read().as_secs_f64()
    }

    fn unix_time(&mut self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                -seconds - i64::from(before.subsec_nanos() > 0)
            }
        }
    }

    fn local_time(&self, unix: i64) -> LocalTime {
        self.zone.at(unix)
    }

    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        let name = c_text(name);
        if name.is_empty() || name.contains(&b'=') {
            return None;
        }
        std::env::var_os(OsStr::from_bytes(name)).map(|value| value.as_bytes().to_vec())
    }

    fn standard(&mut self, stream: StandardStream) -> Box<dyn RawFile> {
        // Rust's own handles buffer, so each stream is a second descriptor of the same
        // open file.
        let descriptor = match stream {
            StandardStream::Input => io::stdin().as_fd().try_clone_to_owned(),
            StandardStream::Output => io::stdout().as_fd().try_clone_to_owned(),
            StandardStream::Error => io::stderr().as_fd().try_clone_to_owned(),
        };
        match descriptor {
            Ok(descriptor) => Box::new(RealFile {
                file: File::from(descriptor),
                child: None,
                broken_pipe: self.broken_pipe,
                standard: Some((stream, Shared::clone(&self.closed))),
            }),
            Err(_) => Box::new(NullFile),
        }
    }

    fn open(&mut self, name: &[u8], mode: OpenMode) -> Result<Box<dyn RawFile>, Errno> {
        let file = OpenOptions::new()
            .read(mode.read)
            // The library refuses to truncate what it takes to be append only.
            .write(mode.write && !mode.append)
            .append(mode.append)
            .create(mode.create)
            .create_new(mode.create && mode.exclusive)
            .truncate(mode.truncate)
            .open(path(name))?;
        Ok(self.file(file, None))
    }

    fn temporary_file(&mut self) -> Result<Box<dyn RawFile>, Errno> {
        let (file, name) = make_temporary("tmpf")?;
        fs::remove_file(name)?;
        Ok(self.file(file, None))
    }

    fn temporary_name(&mut self) -> Result<Vec<u8>, Errno> {
        make_temporary("lua_").map(|(_, name)| name.into_bytes())
    }

    fn remove(&mut self, name: &[u8]) -> Result<(), Errno> {
        match fs::remove_file(path(name)).map_err(Errno::from) {
            Err(Errno::IS_DIRECTORY) => Ok(fs::remove_dir(path(name))?),
            result => result,
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), Errno> {
        Ok(fs::rename(path(from), path(to))?)
    }

    fn execute(&mut self, command: Option<&[u8]>) -> i32 {
        match command {
            None => i32::from(
                self.shell(b"exit 0")
                    .status()
                    .is_ok_and(|status| status.success()),
            ),
            Some(command) => match self.wait_for(command) {
                Ok(status) => status.into_raw(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => 127 << 8,
                Err(_) => -1,
            },
        }
    }

    fn popen(&mut self, command: &[u8], mode: PipeMode) -> Result<Box<dyn RawFile>, Errno> {
        let mut process = self.shell(command);
        let descriptor: Option<OwnedFd>;
        let mut child;
        match mode {
            PipeMode::Read => {
                child = process.stdout(Stdio::piped()).spawn()?;
                descriptor = child.stdout.take().map(OwnedFd::from);
            }
            PipeMode::Write => {
                child = process.stdin(Stdio::piped()).spawn()?;
                descriptor = child.stdin.take().map(OwnedFd::from);
            }
        }
        let file = File::from(descriptor.ok_or(Errno::IO)?);
        Ok(self.file(file, Some(child)))
    }

    fn exit(&mut self, status: i32) {
        std::process::exit(status);
    }
}

/// A file descriptor, with the process behind it if it is a pipe of `popen`.
struct RealFile {
    file: File,
    child: Option<Child>,
    broken_pipe: BrokenPipe,
    /// For a standard stream, which one it is, and where its closing is noted.
    standard: Option<(StandardStream, Shared<ClosedStreams>)>,
}

/// Repeats a call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result?),
        }
    }
}

impl RawFile for RealFile {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        retry(|| self.file.read(buffer))
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        let result = retry(|| self.file.write(data));
        match (self.broken_pipe, result) {
            (BrokenPipe::Exit, Err(Errno::BROKEN_PIPE)) => std::process::exit(BROKEN_PIPE_STATUS),
            (_, result) => result,
        }
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno> {
        Ok(self.file.seek(to)?)
    }

    fn regular_size(&mut self) -> Option<u64> {
        let metadata = self.file.metadata().ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    fn close(self: Box<Self>) -> Result<i32, Errno> {
        let Self {
            file,
            child,
            standard,
            ..
        } = *self;
        if let Some((stream, closed)) = standard {
            let [input, output, error] = &*closed;
            let closed = match stream {
                StandardStream::Input => input,
                StandardStream::Output => output,
                StandardStream::Error => error,
            };
            closed.store(true, Ordering::Relaxed);
        }
        // Before waiting: a command that reads to the end must see it.
        drop(file);
        match child {
            None => Ok(0),
            Some(mut child) => Ok(retry(|| child.wait())?.into_raw()),
        }
    }

    fn is_terminal(&self) -> bool {
        self.file.is_terminal()
    }

    fn block_size(&self) -> usize {
        self.file
            .metadata()
            .ok()
            .and_then(|data| usize::try_from(data.blksize()).ok())
            .unwrap_or(0)
    }
}

/// Processor time without a system call for it: the kernel's own count of this
/// thread's run time, which is renewed only at scheduler ticks, advanced by the
/// wall clock in between. While the program computes the two agree; after it slept
/// the kernel's count pulls the reading back to within a tick. The kernel is asked,
/// which takes three system calls, at most once in a while.
struct CpuClock {
    /// When the kernel was last asked.
    asked: Option<Instant>,
    last_reading: Duration,
    last_instant: Instant,
}

impl CpuClock {
    /// The longest time between two renewals of the kernel's count.
    const TICK: Duration = Duration::from_millis(10);
    /// How long the wall clock alone is trusted.
    const PAUSE: Duration = Duration::from_millis(1);

    fn new() -> Self {
        Self {
            asked: None,
            // The kernel's count corrects this at the first reading; to ask for it now
            // would make every program start later.
            last_reading: Duration::ZERO,
            last_instant: Instant::now(),
        }
    }

    /// The first number of the file is in nanoseconds.
    fn kernel_count() -> Option<Duration> {
        let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds = text.split_ascii_whitespace().next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds)).filter(|count| !count.is_zero())
    }

    fn read(&mut self) -> Duration {
        let now = Instant::now();
        let mut reading = self.last_reading + (now - self.last_instant);
        let is_due = self.asked.is_none_or(|asked| now - asked >= Self::PAUSE);
        if is_due && let Some(count) = Self::kernel_count() {
            self.asked = Some(now);
            reading = reading.min(count + Self::TICK).max(count);
        }
        self.last_reading = self.last_reading.max(reading);
        self.last_instant = now;
        // C counts in microseconds.
        Duration::from_micros(u64::try_from(self.last_reading.as_micros()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_those_of_wait() {
        let mut host = RealHost::new();
        assert_ne!(host.execute(None), 0);
        assert_eq!(host.execute(Some(b"exit 3")), 768);
        assert_eq!(host.execute(Some(b"kill -9 $$")), 9);
        let mut pipe = host.popen(b"echo out; exit 2", PipeMode::Read).unwrap();
        let mut buffer = [0; 16];
        assert_eq!(pipe.read(&mut buffer), Ok(4));
        assert_eq!(pipe.seek(SeekFrom::Start(0)), Err(Errno::ILLEGAL_SEEK));
        assert_eq!(pipe.close(), Ok(512));
    }

    #[test]
    fn files_and_errors() {
        let mut host = RealHost::new();
        let name = host.temporary_name().unwrap();
        assert!(name.starts_with(b"/tmp/lua_") && name.len() == 15);
        let exclusive = OpenMode::parse(b"wx").unwrap();
        assert_eq!(
            host.open(&name, exclusive).map(drop).unwrap_err(),
            Errno::EXISTS
        );
        host.remove(&name).unwrap();
        assert_eq!(host.remove(&name), Err(Errno::NO_ENTRY));
        assert_eq!(host.rename(b"/no/x\0y", &name), Err(Errno::NO_ENTRY));
        let mut directory = host.open(b"/tmp", OpenMode::parse(b"r").unwrap()).unwrap();
        assert_eq!(directory.read(&mut [0; 4]), Err(Errno::IS_DIRECTORY));
        assert_eq!(host.environment(b""), None);
        assert_eq!(host.environment(b"A=B"), None);
    }

    #[test]
    fn the_clock_runs_forward() {
        let mut host = RealHost::new();
        let before = host.cpu_seconds();
        assert!(before >= 0.0 && host.cpu_seconds() >= before);
        assert!(host.unix_time() > 1_000_000_000);
    }
}
