//! What the worker and its client say to each other.
//!
//! A frame is a length (u32, little-endian) and that many bytes: a [`Request`] to the worker, a
//! [`Reply`] back, one for one. Inside a frame, integers are little-endian, a byte string is a
//! length (u32) and its bytes, a list is a count (u32) and its items, an optional item is a
//! byte 0 or 1 and the item, an enum is a byte and the fields of that variant in order of
//! their declaration. The two ends are built together, so there is no version.
//!
//! A child of the worker tells it the [`Outcome`] of its run in the same encoding.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::ffi::Accounts;
use crate::sealed::Ended;
use crate::state::{Failure, FailureKind};
use crate::value::{ObjectType, Value};

/// The longest frame that is accepted, in bytes.
pub const MAX_FRAME: u32 = 1 << 30;

/// What to do with a program.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Load a chunk, under a chunk name, and call it with the arguments.
    Run {
        /// Text or bytecode.
        text: Vec<u8>,
        /// As `lua_load` takes it: `@file`, `=name`, or the text itself.
        name: Vec<u8>,
        /// What `...` is.
        arguments: Vec<Value>,
    },
    /// Load a file and call it with the arguments.
    RunFile {
        /// Relative to [`Request::directory`].
        path: PathBuf,
        /// What `...` is.
        arguments: Vec<Value>,
    },
    /// Run a chunk in a [sealed](crate::Sealed) state.
    Sealed {
        /// A chunk that is run before it, and its name.
        before: Option<(Vec<u8>, Vec<u8>)>,
        /// Text or bytecode.
        text: Vec<u8>,
        /// As for `Run`.
        name: Vec<u8>,
    },
    /// Compile a chunk to what `luac` writes for it.
    Compile {
        /// Text or bytecode.
        text: Vec<u8>,
        /// As for `Run`.
        name: Vec<u8>,
        /// Whether to leave out debug information.
        strip: bool,
    },
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What to do.
    pub task: Task,
    /// Virtual machine instructions; see [`Limits::fuel`](crate::Limits::fuel). 0: no bound,
    /// and no hook that the program could see.
    pub fuel: u64,
    /// Milliseconds until the run is ended from outside, whatever it does. 0: no bound.
    pub deadline: u64,
    /// Bytes that Lua may use. 0: no bound.
    pub memory: u64,
    /// What the program reads from its standard input.
    pub input: Vec<u8>,
    /// Where it runs; absent: where the worker does.
    pub directory: Option<PathBuf>,
}

impl Request {
    /// A request without input, with ten seconds and 256 MiB.
    pub fn new(task: Task) -> Self {
        Request {
            task,
            fuel: 0,
            deadline: 10_000,
            memory: 256 << 20,
            input: Vec::new(),
            directory: None,
        }
    }
}

/// How a program ended, as it can tell itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It returned these values.
    Returned(Vec<Value>),
    /// It was compiled to this.
    Compiled(Vec<u8>),
    /// It came to its end in a sealed state.
    Sealed(Box<SealedRun>),
    /// It failed; [`FailureKind::Deadline`] does not occur (see [`Status::Deadline`]).
    Failed {
        /// Why.
        kind: FailureKind,
        /// The error value.
        value: Value,
        /// What the stand-alone interpreter would report.
        report: Option<Value>,
    },
}

/// What is known of a program that ran in a [sealed](crate::Sealed) state.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedRun {
    /// What it returned, or why it failed.
    pub result: Result<Vec<Value>, Failure>,
    /// Whether the memory limit refused something.
    pub refused: bool,
    /// The collector's books.
    pub accounts: Accounts,
    /// What it left behind.
    pub ended: Ended,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// By itself.
    Finished(Outcome),
    /// The program left with `os.exit` and this status.
    Exited(i32),
    /// The program crashed, or was killed, with this signal.
    Crashed(i32),
    /// It was ended because its time was over.
    Deadline,
    /// It was ended because it wrote more than [`MAX_OUTPUT`](crate::worker::MAX_OUTPUT) bytes.
    Output,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// How it ended.
    pub status: Status,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error output.
    pub stderr: Vec<u8>,
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed(&'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed message: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Writes one frame and flushes.
///
/// # Errors
/// Those of the stream; `InvalidInput` if the message is longer than [`MAX_FRAME`].
pub fn write_frame(stream: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len())
        .ok()
        .filter(|&length| length <= MAX_FRAME)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the message is too long"))?;
    stream.write_all(&length.to_le_bytes())?;
    stream.write_all(message)?;
    stream.flush()
}

/// Reads one frame; `None` if the stream ends where one would start.
///
/// # Errors
/// Those of the stream; `UnexpectedEof` inside a frame; `InvalidData` for an impossible length.
pub fn read_frame(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while let Some(rest) = length.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the frame is too long",
        ));
    }
    let mut message = Vec::new();
    let read = stream.take(u64::from(length)).read_to_end(&mut message)?;
    if u32::try_from(read) == Ok(length) {
        Ok(Some(message))
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// What can be part of a message.
pub trait Message: Sized {
    /// Appends the encoding.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes the encoding from the front of `input`.
    ///
    /// # Errors
    /// The bytes are not the encoding of such a value.
    fn decode(input: &mut &[u8]) -> Result<Self, Malformed>;

    /// A message that consists of this alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    /// The value whose encoding `bytes` is, without a rest.
    ///
    /// # Errors
    /// The bytes are not the encoding of such a value.
    fn from_bytes(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let value = Self::decode(&mut bytes)?;
        if bytes.is_empty() {
            Ok(value)
        } else {
            Err(Malformed("bytes are left over"))
        }
    }
}

fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = input
        .split_at_checked(count)
        .ok_or(Malformed("it ends too early"))?;
    *input = rest;
    Ok(taken)
}

fn take_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (taken, rest) = input
        .split_first_chunk::<N>()
        .ok_or(Malformed("it ends too early"))?;
    *input = rest;
    Ok(*taken)
}

fn take_tag(input: &mut &[u8]) -> Result<u8, Malformed> {
    take_array(input).map(|[tag]: [u8; 1]| tag)
}

/// A length or count. Longer ones can't be sent; the frame would be refused, so any number does.
fn encode_length(length: usize, out: &mut Vec<u8>) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn decode_length(input: &mut &[u8]) -> Result<usize, Malformed> {
    let length = u32::from_le_bytes(take_array(input)?);
    usize::try_from(length).map_err(|_| Malformed("a length is too great"))
}

impl Message for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        match take_tag(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("a boolean is neither 0 nor 1")),
        }
    }
}

impl Message for i32 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        take_array(input).map(i32::from_le_bytes)
    }
}

impl Message for u64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        take_array(input).map(u64::from_le_bytes)
    }
}

impl Message for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        out.extend(self);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        let length = decode_length(input)?;
        take(input, length).map(<[u8]>::to_vec)
    }
}

impl Message for PathBuf {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_os_str().as_bytes().to_vec().encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Vec::decode(input).map(|bytes| PathBuf::from(OsString::from_vec(bytes)))
    }
}

impl<T: Message> Message for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(item) = self {
            item.encode(out);
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        bool::decode(input)?.then(|| T::decode(input)).transpose()
    }
}

impl Message for Vec<Value> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        for value in self {
            value.encode(out);
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        // No capacity in advance: the count is not to be trusted.
        (0..decode_length(input)?)
            .map(|_| Value::decode(input))
            .collect()
    }
}

impl Message for Value {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Value::Nil => out.push(0),
            Value::Boolean(boolean) => {
                out.push(1);
                boolean.encode(out);
            }
            Value::Number(number) => {
                out.push(2);
                number.to_bits().encode(out);
            }
            Value::String(bytes) => {
                out.push(3);
                bytes.encode(out);
            }
            Value::Object(ObjectType::Table) => out.push(4),
            Value::Object(ObjectType::Function) => out.push(5),
            Value::Object(ObjectType::Userdata) => out.push(6),
            Value::Object(ObjectType::Thread) => out.push(7),
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(match take_tag(input)? {
            0 => Value::Nil,
            1 => Value::Boolean(bool::decode(input)?),
            2 => Value::Number(f64::from_bits(u64::decode(input)?)),
            3 => Value::String(Vec::decode(input)?),
            4 => Value::Object(ObjectType::Table),
            5 => Value::Object(ObjectType::Function),
            6 => Value::Object(ObjectType::Userdata),
            7 => Value::Object(ObjectType::Thread),
            _ => return Err(Malformed("no such type of value")),
        })
    }
}

/// Every kind, at the place that is its byte in a message.
const FAILURE_KINDS: [FailureKind; 9] = [
    FailureKind::Syntax,
    FailureKind::Runtime,
    FailureKind::Memory,
    FailureKind::Handler,
    FailureKind::File,
    FailureKind::Deadline,
    FailureKind::Fuel,
    FailureKind::Stopped,
    FailureKind::Exit,
];

impl Message for FailureKind {
    fn encode(&self, out: &mut Vec<u8>) {
        let place = FAILURE_KINDS.iter().position(|kind| kind == self);
        out.push(
            place
                .and_then(|place| u8::try_from(place).ok())
                .unwrap_or(u8::MAX),
        );
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        FAILURE_KINDS
            .get(usize::from(take_tag(input)?))
            .copied()
            .ok_or(Malformed("no such kind of failure"))
    }
}

impl Message for Task {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Task::Run {
                text,
                name,
                arguments,
            } => {
                out.push(0);
                text.encode(out);
                name.encode(out);
                arguments.encode(out);
            }
            Task::RunFile { path, arguments } => {
                out.push(1);
                path.encode(out);
                arguments.encode(out);
            }
            Task::Compile { text, name, strip } => {
                out.push(2);
                text.encode(out);
                name.encode(out);
                strip.encode(out);
            }
            Task::Sealed { before, text, name } => {
                out.push(3);
                before.encode(out);
                text.encode(out);
                name.encode(out);
            }
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(match take_tag(input)? {
            0 => Task::Run {
                text: Message::decode(input)?,
                name: Message::decode(input)?,
                arguments: Message::decode(input)?,
            },
            1 => Task::RunFile {
                path: Message::decode(input)?,
                arguments: Message::decode(input)?,
            },
            2 => Task::Compile {
                text: Message::decode(input)?,
                name: Message::decode(input)?,
                strip: Message::decode(input)?,
            },
            3 => Task::Sealed {
                before: Message::decode(input)?,
                text: Message::decode(input)?,
                name: Message::decode(input)?,
            },
            _ => return Err(Malformed("no such task")),
        })
    }
}

impl Message for Request {
    fn encode(&self, out: &mut Vec<u8>) {
        self.task.encode(out);
        self.fuel.encode(out);
        self.deadline.encode(out);
        self.memory.encode(out);
        self.input.encode(out);
        self.directory.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(Request {
            task: Message::decode(input)?,
            fuel: Message::decode(input)?,
            deadline: Message::decode(input)?,
            memory: Message::decode(input)?,
            input: Message::decode(input)?,
            directory: Message::decode(input)?,
        })
    }
}

impl Message for Outcome {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Outcome::Returned(values) => {
                out.push(0);
                values.encode(out);
            }
            Outcome::Compiled(bytes) => {
                out.push(1);
                bytes.encode(out);
            }
            Outcome::Failed {
                kind,
                value,
                report,
            } => {
                out.push(2);
                kind.encode(out);
                value.encode(out);
                report.encode(out);
            }
            Outcome::Sealed(run) => {
                out.push(3);
                run.encode(out);
            }
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(match take_tag(input)? {
            0 => Outcome::Returned(Message::decode(input)?),
            1 => Outcome::Compiled(Message::decode(input)?),
            2 => Outcome::Failed {
                kind: Message::decode(input)?,
                value: Message::decode(input)?,
                report: Message::decode(input)?,
            },
            3 => Outcome::Sealed(Box::new(Message::decode(input)?)),
            _ => return Err(Malformed("no such outcome")),
        })
    }
}

impl Message for (Vec<u8>, Vec<u8>) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok((Message::decode(input)?, Message::decode(input)?))
    }
}

impl Message for SealedRun {
    fn encode(&self, out: &mut Vec<u8>) {
        match &self.result {
            Ok(values) => {
                out.push(0);
                values.encode(out);
            }
            Err(failure) => {
                out.push(1);
                failure.kind.encode(out);
                failure.value.encode(out);
                failure.report.encode(out);
            }
        }
        self.refused.encode(out);
        self.accounts.encode(out);
        self.ended.stdout.encode(out);
        self.ended.stderr.encode(out);
        self.ended.exit_status.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(SealedRun {
            result: match take_tag(input)? {
                0 => Ok(Message::decode(input)?),
                1 => Err(Failure {
                    kind: Message::decode(input)?,
                    value: Message::decode(input)?,
                    report: Message::decode(input)?,
                }),
                _ => return Err(Malformed("no such result")),
            },
            refused: Message::decode(input)?,
            accounts: Message::decode(input)?,
            ended: Ended {
                stdout: Message::decode(input)?,
                stderr: Message::decode(input)?,
                exit_status: Message::decode(input)?,
            },
        })
    }
}

impl Message for Accounts {
    fn encode(&self, out: &mut Vec<u8>) {
        for figure in [
            self.total,
            self.threshold,
            self.debt,
            self.strings,
            self.string_buckets,
        ] {
            (figure as u64).encode(out);
        }
        self.phase.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        let mut figure = || {
            let figure: u64 = Message::decode(input)?;
            usize::try_from(figure).map_err(|_| Malformed("a figure that is too large"))
        };
        Ok(Accounts {
            total: figure()?,
            threshold: figure()?,
            debt: figure()?,
            strings: figure()?,
            string_buckets: figure()?,
            phase: Message::decode(input)?,
        })
    }
}

impl Message for Status {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Status::Finished(outcome) => {
                out.push(0);
                outcome.encode(out);
            }
            Status::Exited(code) => {
                out.push(1);
                code.encode(out);
            }
            Status::Crashed(signal) => {
                out.push(2);
                signal.encode(out);
            }
            Status::Deadline => out.push(3),
            Status::Output => out.push(4),
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(match take_tag(input)? {
            0 => Status::Finished(Message::decode(input)?),
            1 => Status::Exited(Message::decode(input)?),
            2 => Status::Crashed(Message::decode(input)?),
            3 => Status::Deadline,
            4 => Status::Output,
            _ => return Err(Malformed("no such status")),
        })
    }
}

impl Message for Reply {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status.encode(out);
        self.stdout.encode(out);
        self.stderr.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(Reply {
            status: Message::decode(input)?,
            stdout: Message::decode(input)?,
            stderr: Message::decode(input)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes_back<T: Message + PartialEq + fmt::Debug>(value: &T) {
        let bytes = value.to_bytes();
        assert_eq!(&T::from_bytes(&bytes).unwrap(), value);
        for cut in 0..bytes.len() {
            assert!(T::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(T::from_bytes(&longer).is_err());
    }

    #[test]
    fn messages_come_back_whole_and_no_part_passes_for_one() {
        let values = vec![
            Value::Nil,
            Value::Boolean(true),
            Value::Number(-0.0),
            Value::from("text"),
            Value::Object(ObjectType::Thread),
        ];
        let mut request = Request::new(Task::Run {
            text: b"return 1".to_vec(),
            name: b"=x".to_vec(),
            arguments: values.clone(),
        });
        comes_back(&request);
        request.directory = Some(PathBuf::from("/tmp"));
        request.task = Task::RunFile {
            path: PathBuf::from("a.lua"),
            arguments: Vec::new(),
        };
        comes_back(&request);
        request.task = Task::Compile {
            text: Vec::new(),
            name: b"=x".to_vec(),
            strip: true,
        };
        comes_back(&request);
        let outcomes = FAILURE_KINDS
            .into_iter()
            .map(|kind| Outcome::Failed {
                kind,
                value: Value::from("no"),
                report: Some(Value::from("no: really")),
            })
            .chain([Outcome::Returned(values), Outcome::Compiled(vec![27])])
            .map(Status::Finished)
            .chain([
                Status::Exited(-1),
                Status::Crashed(11),
                Status::Deadline,
                Status::Output,
            ]);
        for status in outcomes {
            comes_back(&Reply {
                status,
                stdout: b"out".to_vec(),
                stderr: b"err".to_vec(),
            });
        }
    }

    #[test]
    fn frames_come_back_and_a_torn_one_is_an_error() {
        let mut stream = Vec::new();
        write_frame(&mut stream, b"one").unwrap();
        write_frame(&mut stream, b"").unwrap();
        let mut input = stream.as_slice();
        assert_eq!(read_frame(&mut input).unwrap().unwrap(), b"one");
        assert_eq!(read_frame(&mut input).unwrap().unwrap(), b"");
        assert_eq!(read_frame(&mut input).unwrap(), None);
        assert!(read_frame(&mut &stream[..2]).is_err());
        assert!(read_frame(&mut &stream[..6]).is_err());
        assert!(read_frame(&mut &[0xFF; 8][..]).is_err());
    }
}
