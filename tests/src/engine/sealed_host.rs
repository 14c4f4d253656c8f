//! The world of a program that rilua runs in this process: the same as that of a sealed state
//! of the oracle. Standard files in memory, nothing else, and clocks at 0.

use std::cell::{Cell, RefCell};
use std::io::SeekFrom;
use std::rc::Rc;

use rilua::stdlib::host::{Errno, Host, NullHost, OpenMode, PipeMode, RawFile, StandardStream};

/// What was written, and whether the program has ended itself.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) stdout: RefCell<Vec<u8>>,
    pub(super) stderr: RefCell<Vec<u8>>,
    pub(super) exit_status: Cell<Option<i32>>,
}

/// See the file's description.
#[derive(Debug)]
pub(super) struct SealedHost {
    written: Rc<Written>,
    input: Vec<u8>,
}

/// More output than this is refused, as the oracle does.
const MOST_OUTPUT: usize = 64 << 20;

impl SealedHost {
    pub(super) fn new(input: &[u8], written: &Rc<Written>) -> Self {
        Self {
            written: Rc::clone(written),
            input: input.to_vec(),
        }
    }
}

impl Host for SealedHost {
    fn cpu_seconds(&mut self) -> f64 {
        0.0
    }

    fn unix_time(&mut self) -> i64 {
        0
    }

    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        NullHost.environment(name)
    }

    fn standard(&mut self, stream: StandardStream) -> Box<dyn RawFile> {
        match stream {
            StandardStream::Input => Box::new(Input {
                bytes: std::mem::take(&mut self.input),
                position: 0,
            }),
            StandardStream::Output | StandardStream::Error => Box::new(Output {
                written: Rc::clone(&self.written),
                stream,
            }),
        }
    }

    fn open(&mut self, name: &[u8], mode: OpenMode) -> Result<Box<dyn RawFile>, Errno> {
        NullHost.open(name, mode)
    }

    fn temporary_file(&mut self) -> Result<Box<dyn RawFile>, Errno> {
        NullHost.temporary_file()
    }

    fn temporary_name(&mut self) -> Result<Vec<u8>, Errno> {
        NullHost.temporary_name()
    }

    fn remove(&mut self, name: &[u8]) -> Result<(), Errno> {
        NullHost.remove(name)
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), Errno> {
        NullHost.rename(from, to)
    }

    fn execute(&mut self, command: Option<&[u8]>) -> i32 {
        NullHost.execute(command)
    }

    fn popen(&mut self, command: &[u8], mode: PipeMode) -> Result<Box<dyn RawFile>, Errno> {
        NullHost.popen(command, mode)
    }

    /// Nothing that is written later arrives; the program ends by the error that follows.
    fn exit(&mut self, status: i32) {
        if self.written.exit_status.get().is_none() {
            self.written.exit_status.set(Some(status & 0xff));
        }
    }
}

struct Output {
    written: Rc<Written>,
    stream: StandardStream,
}

impl RawFile for Output {
    fn read(&mut self, _buffer: &mut [u8]) -> Result<usize, Errno> {
        Err(Errno::BAD_FILE)
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Errno> {
        if self.written.exit_status.get().is_some() {
            return Ok(data.len());
        }
        let mut bytes = match self.stream {
            StandardStream::Output => self.written.stdout.borrow_mut(),
            _ => self.written.stderr.borrow_mut(),
        };
        if bytes.len() + data.len() > MOST_OUTPUT {
            return Err(Errno::NO_SPACE);
        }
        bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn seek(&mut self, _to: SeekFrom) -> Result<u64, Errno> {
        Err(Errno::ILLEGAL_SEEK)
    }

    fn close(self: Box<Self>) -> Result<i32, Errno> {
        Ok(0)
    }
}

struct Input {
    bytes: Vec<u8>,
    position: usize,
}

impl RawFile for Input {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.position += count;
        Ok(count)
    }

    fn write(&mut self, _data: &[u8]) -> Result<usize, Errno> {
        Err(Errno::BAD_FILE)
    }

    fn seek(&mut self, _to: SeekFrom) -> Result<u64, Errno> {
        Err(Errno::ILLEGAL_SEEK)
    }

    fn close(self: Box<Self>) -> Result<i32, Errno> {
        Ok(0)
    }
}
