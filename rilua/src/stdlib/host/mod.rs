//! Everything outside the interpreter that the libraries touch: files, processes,
//! the environment, clocks, the time zone. Natives reach it only through [`Host`],
//! so an embedder decides what a script can see. Stands where `liolib.c` and
//! `loslib.c` call the C library.
//!
//! Nothing here buffers: C's streams are [`stdio`](super::stdio), built on
//! [`RawFile`]. Names, commands and variables are bytes, as in C, and end before
//! their first zero byte ([`c_text`]).

mod errno;
mod memory;
mod null;
mod real;
mod zone;

use crate::heap::sharing::MaybeSend;
use std::borrow::Cow;
use std::fmt;
use std::io::SeekFrom;

pub use errno::{Errno, strerror};
#[cfg(feature = "send")]
pub use memory::LockedContents;
pub use memory::{MemoryContents, MemoryHost};
pub use null::{NullFile, NullHost};
pub use real::RealHost;
use zone::system_zone;

/// An open file as the operating system has it: unbuffered, with one position.
pub trait RawFile: MaybeSend {
    /// Reads at most `buffer.len()` bytes; 0 at the end of the file.
    ///
    /// # Errors
    /// What `read` of the system reports; interruptions are retried inside.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// Writes at least one byte of a `data` that is not empty; returns how many.
    ///
    /// # Errors
    /// What `write` of the system reports; interruptions are retried inside.
    fn write(&mut self, data: &[u8]) -> Result<usize, Errno>;

    /// Moves the position and returns it, in bytes from the start. A start beyond
    /// `i64::MAX` stands for a negative one, as in `lseek`.
    ///
    /// # Errors
    /// `ESPIPE` for what has no position, `EINVAL` for one before the start.
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Errno>;

    /// The size in bytes, for a regular file only.
    fn regular_size(&mut self) -> Option<u64> {
        None
    }

    /// Closes the file. The result is 0, or for a process its raw wait status as
    /// `waitpid` gives it.
    ///
    /// # Errors
    /// What closing or waiting reports.
    fn close(self: Box<Self>) -> Result<i32, Errno>;

    /// Whether this is a terminal, whose streams are line buffered.
    fn is_terminal(&self) -> bool {
        false
    }

    /// The preferred size of transfers in bytes (`st_blksize`).
    fn block_size(&self) -> usize {
        4096
    }
}

/// The three streams a process starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StandardStream {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Which end of a process `io.popen` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipeMode {
    /// The script reads what the command writes.
    Read,
    /// The script writes what the command reads.
    Write,
}

impl PipeMode {
    /// Reads the mode of `popen`: exactly one of `r` and `w`, and any number of `e`.
    ///
    /// # Errors
    /// `EINVAL` for anything else.
    pub fn parse(mode: &[u8]) -> Result<Self, Errno> {
        let mode = c_text(mode);
        if mode.iter().any(|byte| !b"rwe".contains(byte)) {
            return Err(Errno::INVALID);
        }
        match (mode.contains(&b'r'), mode.contains(&b'w')) {
            (true, false) => Ok(Self::Read),
            (false, true) => Ok(Self::Write),
            _ => Err(Errno::INVALID),
        }
    }
}

/// How `fopen` is to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenMode {
    /// The stream can be read.
    pub read: bool,
    /// The stream can be written.
    pub write: bool,
    /// Every write goes to the end of the file.
    pub append: bool,
    /// The file is made when it does not exist.
    pub create: bool,
    /// What the file contains is thrown away.
    pub truncate: bool,
    /// Fails when the file exists (`x`).
    pub exclusive: bool,
}

impl OpenMode {
    /// Reads a mode as glibc does: `r`, `w` or `a`, then up to six more characters of
    /// which `+` and `x` mean something and all others nothing.
    ///
    /// # Errors
    /// `EINVAL` when the first character is another one or missing.
    pub fn parse(mode: &[u8]) -> Result<Self, Errno> {
        let mode = c_text(mode);
        let (kind, options) = mode.split_first().ok_or(Errno::INVALID)?;
        let options = options.get(..6).unwrap_or(options);
        let update = options.contains(&b'+');
        let (read, write, append) = match kind {
            b'r' => (true, update, false),
            b'w' => (update, true, false),
            b'a' => (update, true, true),
            _ => return Err(Errno::INVALID),
        };
        Ok(Self {
            read,
            write,
            append,
            create: *kind != b'r',
            truncate: *kind == b'w',
            exclusive: options.contains(&b'x'),
        })
    }
}

/// What the local time zone says about one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Seconds east of Greenwich.
    pub offset: i32,
    /// Whether daylight saving time is in force.
    pub is_dst: bool,
    /// The zone's abbreviation, as `%Z` shows it.
    pub abbreviation: Cow<'static, str>,
}

impl LocalTime {
    /// Universal time as a *local* zone. (`gmtime` calls it GMT.)
    pub const UTC: Self = Self {
        offset: 0,
        is_dst: false,
        abbreviation: Cow::Borrowed("UTC"),
    };
}

/// A rule for local time.
pub trait TimeZone: MaybeSend {
    /// What is in force at a Unix time (seconds since 1970).
    fn at(&self, unix: i64) -> LocalTime;
}

/// Universal time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utc;

impl TimeZone for Utc {
    fn at(&self, _unix: i64) -> LocalTime {
        LocalTime::UTC
    }
}

/// The outside world. Implementations: [`RealHost`] is the machine, [`MemoryHost`]
/// a small world of its own, [`NullHost`] refuses everything.
pub trait Host: MaybeSend {
    /// The processor time used by the program, in seconds (`os.clock`).
    fn cpu_seconds(&mut self) -> f64;

    /// The time in whole seconds since 1970 (`os.time`).
    fn unix_time(&mut self) -> i64;

    /// What the local time zone says about a moment. Universal time by default.
    fn local_time(&self, unix: i64) -> LocalTime {
        Utc.at(unix)
    }

    /// The value of an environment variable.
    fn environment(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// One of the streams the program started with.
    fn standard(&mut self, stream: StandardStream) -> Box<dyn RawFile>;

    /// Opens a file by name.
    ///
    /// # Errors
    /// What `open` reports.
    fn open(&mut self, name: &[u8], mode: OpenMode) -> Result<Box<dyn RawFile>, Errno>;

    /// Opens a new file without a name, for reading and writing, that vanishes when
    /// it is closed (`io.tmpfile`).
    ///
    /// # Errors
    /// What making it reports.
    fn temporary_file(&mut self) -> Result<Box<dyn RawFile>, Errno>;

    /// Makes an empty file and returns its name, `/tmp/lua_` and six more characters
    /// (`os.tmpname`).
    ///
    /// # Errors
    /// What making it reports.
    fn temporary_name(&mut self) -> Result<Vec<u8>, Errno>;

    /// Removes a file or an empty directory.
    ///
    /// # Errors
    /// What `unlink` or `rmdir` reports.
    fn remove(&mut self, name: &[u8]) -> Result<(), Errno>;

    /// Renames a file.
    ///
    /// # Errors
    /// What `rename` reports.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), Errno>;

    /// Runs a command by the shell and returns its raw wait status (exit code times
    /// 256, or the number of the signal that ended it), -1 when it could not be
    /// started. Without a command: not 0 if there is a shell.
    fn execute(&mut self, command: Option<&[u8]>) -> i32;

    /// Starts a command with one end of a pipe.
    ///
    /// # Errors
    /// What making the pipe or the process reports.
    fn popen(&mut self, command: &[u8], mode: PipeMode) -> Result<Box<dyn RawFile>, Errno>;

    /// Ends the process with a status, of which the low 8 bits arrive. Returns if a
    /// script can't do that, as by default.
    fn exit(&mut self, _status: i32) {}
}

impl fmt::Debug for dyn Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

impl fmt::Debug for dyn RawFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawFile")
    }
}

/// A text as C sees it: up to its first zero byte.
#[must_use]
pub fn c_text(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The result of `setlocale` when the C locale is the only one: its name, or `None`
/// for a locale that does not exist. `None` as argument only asks.
#[must_use]
pub fn set_locale(name: Option<&[u8]>) -> Option<&'static str> {
    match name.map(c_text) {
        None | Some(b"" | b"C" | b"POSIX") => Some("C"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_modes() {
        let parse = |mode: &[u8]| OpenMode::parse(mode);
        assert_eq!(parse(b""), Err(Errno::INVALID));
        assert_eq!(parse(b"q"), Err(Errno::INVALID));
        assert_eq!(parse(b"rw").map(|m| m.write), Ok(false));
        assert_eq!(
            parse(b"rb+").map(|m| (m.read, m.write, m.create)),
            Ok((true, true, false))
        );
        assert_eq!(
            parse(b"wx").map(|m| (m.exclusive, m.truncate)),
            Ok((true, true))
        );
        assert_eq!(
            parse(b"a+").map(|m| (m.read, m.append, m.truncate)),
            Ok((true, true, false))
        );
        // Only six more characters count.
        assert_eq!(parse(b"rbbbbbb+").map(|m| m.write), Ok(false));
        assert_eq!(parse(b"rbbbbb+").map(|m| m.write), Ok(true));
        assert_eq!(parse(b"r\0+").map(|m| m.write), Ok(false));
    }

    #[test]
    fn pipe_modes() {
        assert_eq!(PipeMode::parse(b"r"), Ok(PipeMode::Read));
        assert_eq!(PipeMode::parse(b"we"), Ok(PipeMode::Write));
        for bad in [&b""[..], b"rw", b"r+", b"e", b"rb"] {
            assert_eq!(PipeMode::parse(bad), Err(Errno::INVALID));
        }
    }

    #[test]
    fn locales() {
        assert_eq!(set_locale(None), Some("C"));
        assert_eq!(set_locale(Some(b"")), Some("C"));
        assert_eq!(set_locale(Some(b"POSIX\0x")), Some("C"));
        assert_eq!(set_locale(Some(b"de_DE")), None);
    }
}
