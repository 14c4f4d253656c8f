//! The world around the interpreter as its libraries share it: the host, and all open
//! streams, of which the first three are the standard ones. Stands for the process-wide
//! state of C's `stdio`, but belongs to one interpreter.
//!
//! `print`, `io`, `debug` and the stand-alone interpreter use the same three streams, so
//! their output keeps its order. A stream lives here, not in the file handle that
//! refers to it: a handle that is collected without a finalizer leaves its stream open, and
//! what it holds is written when the program ends, as in C.

use super::host::{Errno, Host, RealHost, StandardStream};
use super::stdio::{Buffering, Stream};
use super::{Library, c_text, library};
use crate::heap::value::StringRef;
use crate::vm::State;

/// Number of an open stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileId(u32);

impl FileId {
    pub(crate) const INPUT: FileId = FileId(0);
    pub(crate) const OUTPUT: FileId = FileId(1);
    pub(crate) const ERROR: FileId = FileId(2);

    /// Is it one of the three that the program started with?
    pub(crate) fn is_standard(self) -> bool {
        self.0 <= FileId::ERROR.0
    }
}

struct OpenFile {
    stream: Stream,
    /// How many were opened before.
    age: u64,
}

/// The host and the streams opened through it.
pub(crate) struct System {
    pub(crate) host: Box<dyn Host>,
    files: Vec<Option<OpenFile>>,
    /// Numbers of closed streams, never those of the standard ones.
    free: Vec<FileId>,
    opened: u64,
    /// The last failure that a function of the libraries has reported: a few of them
    /// report it again.
    pub(crate) errno: Errno,
    /// Functions that close files, inside each other.
    pub(crate) closing: u32,
}

impl Default for System {
    fn default() -> Self {
        Self::new(Box::new(RealHost::new()))
    }
}

impl System {
    pub(crate) fn new(mut host: Box<dyn Host>) -> System {
        let standard = [
            StandardStream::Input,
            StandardStream::Output,
            StandardStream::Error,
        ];
        let streams = standard.map(|which| Stream::standard(&mut *host, which));
        let mut system = System {
            host,
            files: Vec::new(),
            free: Vec::new(),
            opened: 0,
            errno: Errno(0),
            closing: 0,
        };
        for stream in streams {
            system.add(stream);
        }
        system
    }

    /// Takes a newly opened stream.
    pub(crate) fn add(&mut self, stream: Stream) -> FileId {
        let age = self.opened;
        self.opened += 1;
        let file = Some(OpenFile { stream, age });
        if let Some(id) = self.free.pop()
            && let Some(slot) = self.files.get_mut(id.0 as usize)
        {
            *slot = file;
            return id;
        }
        self.files.push(file);
        // The system runs out of descriptors long before.
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The stream of this number, unless it was closed.
    #[inline]
    pub(crate) fn get(&mut self, id: FileId) -> Option<&mut Stream> {
        let file = self.files.get_mut(id.0 as usize)?.as_mut()?;
        Some(&mut file.stream)
    }

    /// Removes a stream that is to be closed.
    pub(crate) fn take(&mut self, id: FileId) -> Option<Stream> {
        let file = self.files.get_mut(id.0 as usize)?.take()?;
        if !id.is_standard() {
            self.free.push(id);
        }
        Some(file.stream)
    }

    /// Opens a file by name (`fopen`).
    pub(crate) fn open(&mut self, name: &[u8], mode: &[u8]) -> Result<FileId, Errno> {
        let stream = Stream::open(&mut *self.host, name, mode)?;
        Ok(self.add(stream))
    }

    /// Before the system is asked for more of a stream: C writes what a line buffered
    /// standard output holds if the input is not fully buffered, so that a prompt is
    /// seen. (C does it only if the input's buffer is empty by then.)
    #[inline]
    pub(crate) fn before_reading(&mut self, id: FileId) {
        if self.get(id).is_some_and(Stream::is_interactive)
            && let Some(output) = self.get(FileId::OUTPUT)
            && output.buffering() == Buffering::Line
        {
            // Whoever writes next is told of a failure.
            let _later = output.flush();
        }
    }

    /// What C does with open streams when the program ends, from the newest to the
    /// oldest.
    pub(crate) fn flush_all(&mut self) {
        let mut open: Vec<&mut OpenFile> = self.files.iter_mut().flatten().collect();
        open.sort_by_key(|file| core::cmp::Reverse(file.age));
        for file in open {
            // There is nobody left to tell of a failure.
            let _lost = file.stream.flush();
        }
    }
}

/// The interpreter's host and streams.
#[inline]
pub(crate) fn system(state: &mut State) -> &mut System {
    &mut library(&mut state.global.library).system
}

/// Exchanges the world; the streams start anew.
pub(crate) fn install(state: &mut State, host: Box<dyn Host>) {
    let system = System::new(host);
    if state.global.library.is_none() {
        state.global.library = Some(Box::new(Library::new(system)));
    } else {
        *self::system(state) = system;
    }
}

/// The value of an environment variable.
pub(crate) fn environment(state: &mut State, name: &str) -> Option<Vec<u8>> {
    system(state).host.environment(name.as_bytes())
}

/// Writes to standard output through the buffer that `io` uses too. What can't be
/// written is lost, as with C's `fputs` when nobody looks at its result, and so is
/// everything after a script closed the stream.
#[inline]
pub(crate) fn write_stdout(state: &mut State, text: &[u8]) {
    if let Some(output) = system(state).get(FileId::OUTPUT) {
        let _lost = output.write(text);
    }
}

/// Writes a string to standard output, up to its first zero byte, as C does.
#[inline]
pub(crate) fn write_string(state: &mut State, s: StringRef) {
    if let Some(output) = library(&mut state.global.library)
        .system
        .get(FileId::OUTPUT)
    {
        let _lost = output.write(c_text(state.heap.bytes(s)));
    }
}

pub(crate) fn flush_stdout(state: &mut State) {
    if let Some(output) = system(state).get(FileId::OUTPUT) {
        let _lost = output.flush();
    }
}

/// Writes to standard error, and makes sure that it gets there.
pub(crate) fn write_stderr(state: &mut State, text: &[u8]) {
    if let Some(error) = system(state).get(FileId::ERROR) {
        let _lost = error.write(text).and_then(|()| error.flush());
    }
}

/// Does somebody type the standard input?
pub(crate) fn stdin_is_terminal(state: &mut State) -> bool {
    let input = system(state).get(FileId::INPUT);
    input.is_some_and(|input| input.is_terminal())
}

/// Reads a line with its end, of at most `size - 1` bytes (`fgets`); nothing at the
/// end of the input.
pub(crate) fn read_stdin_line(state: &mut State, size: usize) -> Option<Vec<u8>> {
    let system = system(state);
    system.before_reading(FileId::INPUT);
    let mut line = Vec::new();
    let read = system.get(FileId::INPUT)?.get_line(size, &mut line);
    (read > 0).then_some(line)
}

/// Appends a block of standard input; how many bytes there were.
pub(crate) fn read_stdin_block(
    state: &mut State,
    size: usize,
    text: &mut Vec<u8>,
) -> Result<usize, Errno> {
    let system = system(state);
    system.before_reading(FileId::INPUT);
    match system.get(FileId::INPUT) {
        Some(input) => read_block(input, size, text),
        None => Ok(0),
    }
}

/// Appends a block of a stream; how many bytes there were.
pub(crate) fn read_block(
    stream: &mut Stream,
    size: usize,
    text: &mut Vec<u8>,
) -> Result<usize, Errno> {
    match (stream.get_block(size, text), stream.error()) {
        (0, Some(error)) => Err(error),
        (read, _) => Ok(read),
    }
}

/// Opens a file for reading that no script gets a handle of.
pub(crate) fn open_to_read(state: &mut State, name: &[u8]) -> Result<Stream, Errno> {
    Stream::open(&mut *system(state).host, name, b"r")
}

/// Can a file be opened for reading?
pub(crate) fn is_readable(state: &mut State, name: &[u8]) -> bool {
    open_to_read(state, name).is_ok()
}

/// At most `size` bytes from the beginning of a file. The outer error is that of
/// opening it, the inner one that of reading.
pub(crate) fn read_start(
    state: &mut State,
    name: &[u8],
    size: usize,
) -> Result<Result<Vec<u8>, Errno>, Errno> {
    let mut file = open_to_read(state, name)?;
    let mut start = Vec::new();
    Ok(read_block(&mut file, size, &mut start).map(|_| start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::host::MemoryHost;

    fn state() -> (State, crate::stdlib::host::MemoryContents) {
        let mut host = MemoryHost::new();
        host.set_input("first\nsecond");
        let output = host.stream(StandardStream::Output);
        let mut state = State::new();
        install(&mut state, Box::new(host));
        (state, output)
    }

    #[test]
    fn numbers_of_standard_streams_are_not_given_again() {
        let (mut state, output) = state();
        let system = system(&mut state);
        let first = system.open(b"a", b"w").unwrap();
        assert!(system.take(FileId::OUTPUT).is_some());
        assert!(system.take(FileId::OUTPUT).is_none());
        assert!(system.take(first).is_some());
        assert_eq!(system.open(b"b", b"w"), Ok(first));
        assert!(!first.is_standard() && system.get(FileId::OUTPUT).is_none());
        write_stdout(&mut state, b"lost");
        super::system(&mut state).flush_all();
        assert_eq!(*output.borrow(), b"");
    }

    #[test]
    fn the_newest_stream_is_flushed_first() {
        let (mut state, output) = state();
        write_stdout(&mut state, b"oldest ");
        let system = system(&mut state);
        for text in ["older ", "new "] {
            let raw = system.host.standard(StandardStream::Output);
            let id = system.add(Stream::new(raw, false, true));
            system.get(id).unwrap().write(text.as_bytes()).unwrap();
        }
        system.flush_all();
        assert_eq!(*output.borrow(), b"new older oldest ");
    }

    #[test]
    fn lines_and_blocks_of_input() {
        let (mut state, _) = state();
        assert_eq!(read_stdin_line(&mut state, 4), Some(b"fir".to_vec()));
        assert_eq!(read_stdin_line(&mut state, 80), Some(b"st\n".to_vec()));
        let mut rest = Vec::new();
        assert_eq!(read_stdin_block(&mut state, 80, &mut rest), Ok(6));
        assert_eq!(rest, b"second");
        assert_eq!(read_stdin_line(&mut state, 80), None);
        assert!(!is_readable(&mut state, b"nofile"));
    }
}
