//! Buffered streams: what a program can see of glibc's `FILE` on top of a
//! [`RawFile`]. Stands under `liolib.c` and `print`.
//!
//! One buffer serves both directions, and its state mirrors glibc's (the pointers
//! of `_IO_FILE`), because programs can see it: what another handle wrote to the
//! file shows up only when the buffer is filled again, a seek inside the buffer reads
//! nothing, and switching from writing to reading without a seek has results of its
//! own. Invariants:
//!
//! 1. All six positions are at most `buffer.len()`, and `read_at <= read_end`,
//!    `write_start <= write_at`.
//! 2. `writing` says which half counts. Bytes to be written are
//!    `buffer[write_start..write_at]`; bytes to be read are
//!    `buffer[read_at..read_end]`.
//! 3. The position of the file corresponds to `read_end`; `offset` is that position
//!    when it is known.

mod position;
mod read;

use std::fmt;

use super::host::{Errno, Host, NullFile, OpenMode, PipeMode, RawFile, StandardStream};

pub use position::Whence;
pub use read::{FGETS_SIZE, FREAD_SIZE, LinePiece};

/// When bytes written are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// At once, by every call.
    None,
    /// When a line ends.
    Line,
    /// When the buffer is full.
    Full,
}

/// The largest buffer, and the size where the file has no preference (`BUFSIZ`).
const MAX_BUFFER: usize = 8192;

/// Below this size, glibc does not align transfers to whole buffers.
const MIN_BLOCK: usize = 128;

/// A stream of C's standard input and output library.
///
/// Reading reports failure as the end of the file does and keeps the reason in
/// [`Stream::error`], as C keeps it in the stream's error indicator and `errno`.
pub struct Stream {
    file: Box<dyn RawFile>,
    can_read: bool,
    can_write: bool,
    append: bool,
    /// Blocks are read past the buffer.
    reads_directly: bool,
    buffering: Buffering,
    /// Empty until it is needed first, then of constant length.
    buffer: Vec<u8>,
    read_start: usize,
    read_at: usize,
    read_end: usize,
    write_start: usize,
    write_at: usize,
    /// Where room for the fast path of writing ends.
    write_end: usize,
    writing: bool,
    offset: Option<u64>,
    eof: bool,
    error: Option<Errno>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("buffering", &self.buffering)
            .field("writing", &self.writing)
            .field("offset", &self.offset)
            .field("eof", &self.eof)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl Drop for Stream {
    /// What C does with a stream that is still open when the program ends: bytes
    /// written are passed on, and the file's position is moved back to the first byte
    /// that was not read, so that another program can go on from there.
    fn drop(&mut self) {
        // There is nobody left to tell of a failure.
        let _ = self.flush();
    }
}

impl Stream {
    /// A stream over a file that can be read or written as told.
    #[must_use]
    pub fn new(file: Box<dyn RawFile>, can_read: bool, can_write: bool) -> Self {
        Self {
            file,
            can_read,
            can_write,
            append: false,
            reads_directly: true,
            buffering: Buffering::Full,
            buffer: Vec::new(),
            read_start: 0,
            read_at: 0,
            read_end: 0,
            write_start: 0,
            write_at: 0,
            write_end: 0,
            writing: false,
            offset: None,
            eof: false,
            error: None,
        }
    }

    /// Opens a file by name (`fopen`).
    ///
    /// # Errors
    /// `EINVAL` for a mode that is none, else what opening reports.
    pub fn open(host: &mut dyn Host, name: &[u8], mode: &[u8]) -> Result<Self, Errno> {
        let mode = OpenMode::parse(mode)?;
        let mut file = host.open(name, mode)?;
        if mode.append && !mode.read {
            match file.seek(std::io::SeekFrom::End(0)) {
                Ok(_) | Err(Errno::ILLEGAL_SEEK) => {}
                Err(error) => return Err(error),
            }
        }
        let mut stream = Self::new(file, mode.read, mode.write);
        stream.append = mode.append;
        Ok(stream)
    }

    /// One of the streams the program started with. Standard error is unbuffered.
    #[must_use]
    pub fn standard(host: &mut dyn Host, which: StandardStream) -> Self {
        let reads = which == StandardStream::Input;
        let mut stream = Self::new(host.standard(which), reads, !reads);
        if which == StandardStream::Error {
            stream.buffering = Buffering::None;
        }
        stream
    }

    /// A pipe to a process (`popen`).
    ///
    /// # Errors
    /// What making the pipe or the process reports.
    pub fn pipe(host: &mut dyn Host, command: &[u8], mode: PipeMode) -> Result<Self, Errno> {
        let reads = mode == PipeMode::Read;
        let mut stream = Self::new(host.popen(command, mode)?, reads, !reads);
        stream.reads_directly = false;
        Ok(stream)
    }

    /// Whether the end of the file was met (`feof`). It stays so, and reading reads
    /// nothing more, until a seek or [`Stream::clear_error`].
    #[must_use]
    pub const fn at_eof(&self) -> bool {
        self.eof
    }

    /// The error indicator (`ferror`), with the number of the error that set it.
    #[must_use]
    pub const fn error(&self) -> Option<Errno> {
        self.error
    }

    /// Clears the error indicator alone; the number of the error that set it.
    pub const fn take_error(&mut self) -> Option<Errno> {
        self.error.take()
    }

    /// Sets the error indicator.
    pub const fn set_error(&mut self, error: Errno) {
        self.error = Some(error);
    }

    /// Forgets the end of the file and errors (`clearerr`).
    pub const fn clear_error(&mut self) {
        self.eof = false;
        self.error = None;
    }

    /// When bytes written are passed on. A terminal turns out to be line buffered
    /// when it is first used.
    #[must_use]
    pub const fn buffering(&self) -> Buffering {
        self.buffering
    }

    /// Whether this stream is line buffered or unbuffered, as a terminal is. Before C
    /// fetches input from such a stream it passes on what a line buffered standard
    /// output holds, so that a prompt is seen.
    pub fn is_interactive(&mut self) -> bool {
        self.allocate();
        self.buffering != Buffering::Full
    }

    /// Whether a terminal is behind this stream.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.file.is_terminal()
    }

    /// Changes the buffering (`setvbuf` without a buffer: the size of the buffer is
    /// the stream's own affair).
    ///
    /// # Errors
    /// What passing on or giving back the contents of the buffer reports.
    pub fn set_buffering(&mut self, buffering: Buffering) -> Result<(), Errno> {
        match buffering {
            Buffering::Full => {
                self.buffering = Buffering::Full;
                self.allocate();
                // Even on a terminal.
                self.buffering = Buffering::Full;
            }
            Buffering::Line => self.buffering = Buffering::Line,
            Buffering::None => {
                self.buffering = Buffering::None;
                self.flush()?;
                // A single byte, which stays the buffer whatever comes later.
                self.buffer = vec![0];
                self.forget_buffered();
            }
        }
        Ok(())
    }

    /// Writes all of `data` (`fwrite`).
    ///
    /// # Errors
    /// What writing reports, now or for what was written before and was still in the
    /// buffer; that is lost then. `EBADF` for a stream that cannot be written.
    #[inline]
    pub fn write(&mut self, data: &[u8]) -> Result<(), Errno> {
        let end = self.write_at.saturating_add(data.len());
        if end <= self.write_end
            && self.buffering == Buffering::Full
            && let Some(room) = self.buffer.get_mut(self.write_at..end)
        {
            room.copy_from_slice(data);
            self.write_at = end;
            return Ok(());
        }
        self.write_slowly(data)
    }

    #[inline(never)]
    fn write_slowly(&mut self, data: &[u8]) -> Result<(), Errno> {
        if data.is_empty() {
            return Ok(());
        }
        let mut line_ends = false;
        let mut room = self.write_end.saturating_sub(self.write_at);
        if self.buffering == Buffering::Line && self.writing {
            room = self.buffer.len() - self.write_at;
            if room >= data.len()
                && let Some(last) = data.iter().rposition(|&byte| byte == b'\n')
            {
                room = last + 1;
                line_ends = true;
            }
        }
        let rest = self.store(data, room);
        if rest.is_empty() {
            if line_ends {
                // All is in the buffer, and so counts as written even if it cannot be
                // passed on; the error indicator tells.
                let _ = self.write_pending();
            }
            return Ok(());
        }
        self.start_writing()?;
        self.write_pending()?;
        let size = self.buffer.len();
        let tail = if size >= MIN_BLOCK {
            rest.len() % size
        } else {
            0
        };
        let (blocks, rest) = rest
            .split_at_checked(rest.len() - tail)
            .unwrap_or((rest, &[]));
        if !blocks.is_empty() {
            self.pass_on(Some(blocks))?;
        }
        self.write_tail(rest)
    }

    /// Writes the text of a number (`fprintf`, which puts such a text character by
    /// character): unlike [`Stream::write`], it never passes on what the buffer holds
    /// just because the stream was read in between.
    ///
    /// # Errors
    /// As [`Stream::write`].
    #[inline]
    pub fn write_number_text(&mut self, text: &[u8]) -> Result<(), Errno> {
        if self.buffering == Buffering::None {
            return self.write(text);
        }
        let rest = self.store(text, self.write_end.saturating_sub(self.write_at));
        if rest.is_empty() {
            return Ok(());
        }
        self.start_writing()?;
        self.write_tail(rest)
    }

    /// Copies as much of `data` into the buffer as `room` allows; returns the rest.
    fn store<'d>(&mut self, data: &'d [u8], room: usize) -> &'d [u8] {
        let count = room.min(data.len());
        let (stored, rest) = data.split_at_checked(count).unwrap_or((&[], data));
        if let Some(space) = self.buffer.get_mut(self.write_at..self.write_at + count) {
            space.copy_from_slice(stored);
            self.write_at += count;
        }
        rest
    }

    /// Writes what is less than a buffer, with attention to line ends.
    fn write_tail(&mut self, mut data: &[u8]) -> Result<(), Errno> {
        loop {
            data = self.store(data, self.write_end.saturating_sub(self.write_at));
            let Some((&byte, rest)) = data.split_first() else {
                return Ok(());
            };
            if self.write_at == self.buffer.len() {
                self.write_pending()?;
            }
            self.store(&[byte], 1);
            data = rest;
            let passes = match self.buffering {
                Buffering::None => true,
                Buffering::Line => byte == b'\n',
                Buffering::Full => false,
            };
            if passes {
                self.write_pending()?;
            }
        }
    }

    /// Turns the stream to writing, at the place up to which it was read.
    fn start_writing(&mut self) -> Result<(), Errno> {
        if !self.can_write {
            return Err(self.fail(Errno::BAD_FILE));
        }
        if self.writing && !self.buffer.is_empty() {
            return Ok(());
        }
        self.allocate();
        if self.read_at == self.buffer.len() {
            self.read_at = 0;
            self.read_end = 0;
        }
        self.write_start = self.read_at;
        self.write_at = self.read_at;
        self.read_start = self.read_end;
        self.read_at = self.read_end;
        self.writing = true;
        self.write_end = match self.buffering {
            Buffering::Full => self.buffer.len(),
            Buffering::Line | Buffering::None => self.write_at,
        };
        Ok(())
    }

    /// Passes on the bytes of the buffer that are to be written.
    fn write_pending(&mut self) -> Result<(), Errno> {
        if self.write_at == self.write_start {
            return Ok(());
        }
        self.pass_on(None)
    }

    /// Writes `data`, or what is pending in the buffer, to the file, and empties the
    /// buffer.
    fn pass_on(&mut self, data: Option<&[u8]>) -> Result<(), Errno> {
        if self.append {
            self.offset = None;
        } else if self.read_end != self.write_start {
            // Bytes read ahead lie between the file's position and the stream's.
            let back = distance(self.read_end, self.write_start);
            self.offset = Some(self.file.seek(std::io::SeekFrom::Current(back))?);
        }
        let pending = self
            .buffer
            .get(self.write_start..self.write_at)
            .unwrap_or_default();
        let mut rest = data.unwrap_or(pending);
        let mut result = Ok(());
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(count) => {
                    rest = rest.get(count.max(1)..).unwrap_or_default();
                    self.offset = self
                        .offset
                        .map(|offset| offset.saturating_add(count as u64));
                }
                Err(error) => {
                    self.error = Some(error);
                    result = Err(error);
                    break;
                }
            }
        }
        // What could not be written is lost.
        self.forget_buffered();
        if self.buffering == Buffering::Full {
            self.write_end = self.buffer.len();
        }
        result
    }

    /// Turns the stream to reading; what was written goes out first.
    fn start_reading(&mut self) -> Result<(), Errno> {
        self.write_pending()?;
        self.read_start = 0;
        self.read_end = self.read_end.max(self.write_at);
        self.read_at = self.write_at;
        self.write_start = self.read_at;
        self.write_end = self.read_at;
        self.writing = false;
        Ok(())
    }

    /// Passes on what was written, or moves the file back to the first byte that was
    /// not read (`fflush`).
    ///
    /// # Errors
    /// What writing or moving reports, except that a file may have no position.
    pub fn flush(&mut self) -> Result<(), Errno> {
        self.write_pending()?;
        if self.read_at != self.read_end {
            let back = distance(self.read_end, self.read_at);
            match self.file.seek(std::io::SeekFrom::Current(back)) {
                Ok(_) => self.read_end = self.read_at,
                Err(Errno::ILLEGAL_SEEK) => {}
                Err(error) => return Err(error),
            }
        }
        self.offset = None;
        Ok(())
    }

    /// Closes the stream (`fclose`, `pclose`). The result is 0, or the raw wait
    /// status of a process.
    ///
    /// # Errors
    /// What writing the rest of the buffer, closing or waiting reports. The stream is
    /// closed nevertheless.
    pub fn close(mut self) -> Result<i32, Errno> {
        let written = if self.writing {
            self.write_pending()
        } else {
            Ok(())
        };
        // A stream that was read keeps the file's position where it is.
        self.forget_buffered();
        let file = std::mem::replace(&mut self.file, Box::new(NullFile));
        match file.close()? {
            0 => written.map(|()| 0),
            status => Ok(status),
        }
    }

    /// Gets the buffer, if there is none yet.
    fn allocate(&mut self) {
        if !self.buffer.is_empty() {
            return;
        }
        let size = if self.buffering == Buffering::None {
            1
        } else {
            if self.file.is_terminal() {
                self.buffering = Buffering::Line;
            }
            match self.file.block_size() {
                size @ 1..MAX_BUFFER => size,
                _ => MAX_BUFFER,
            }
        };
        self.buffer = vec![0; size];
    }

    const fn forget_buffered(&mut self) {
        self.set_read_area(0, 0);
        self.write_start = 0;
        self.write_at = 0;
        self.write_end = 0;
    }

    const fn set_read_area(&mut self, at: usize, end: usize) {
        self.read_start = 0;
        self.read_at = at;
        self.read_end = end;
    }

    /// Sets the error indicator.
    const fn fail(&mut self, error: Errno) -> Errno {
        self.error = Some(error);
        error
    }
}

/// The signed distance between two places of the buffer.
fn distance(from: usize, to: usize) -> i64 {
    // A buffer has at most 8192 bytes.
    let size = |bytes: usize| i64::try_from(bytes).unwrap_or(0);
    size(to) - size(from)
}
