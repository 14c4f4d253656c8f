//! The stand-alone compiler: compiles files, writes them as one precompiled chunk,
//! lists code. Mirrors `luac.c`, options, messages and exit status included.
#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use rilua::bytecode::dump::dump;
use rilua::bytecode::listing::list;
use rilua::bytecode::{Chunk, Instruction, OpCode, Proto};
use rilua::compiler::{CompileError, CompileOptions, load};
use rilua::limits::MAX_C_STACK;
use rilua::syntax::{Source, StringTable};

/// Name used when the program was started without one.
const PROGRAM: &str = "luac";
/// Where the chunk goes unless `-o` says otherwise.
const OUTPUT: &str = "luac.out";
/// What `-v` shows.
const VERSION: &str = "Lua 5.1.1  Copyright (C) 1994-2006 Lua.org, PUC-Rio\n";
/// C calls around the compiler when luac runs it.
const C_DEPTH: u32 = 1;
/// Bytes that C's output buffer holds: an error shows only when it is full.
const STDIO_BUFFER: usize = 4096;
/// Bytes that are read at a time.
const BLOCK_BYTES: u64 = 1 << 16;
/// What the complaint about a wrong command line ends with.
const HELP: &str = "\
Available options are:
  -        process stdin
  -l       list
  -o name  output to file 'name' (default is \"luac.out\")
  -p       parse only
  -s       strip debug information
  -v       show version information
  --       stop handling options
";

/// Why the program ends without success: what it says.
struct Fatal(Vec<u8>);

struct Options {
    /// How often `-l` was given.
    listings: u32,
    output: Output,
    strip: bool,
    files: Vec<OsString>,
}

/// Where the chunk is written to.
enum Output {
    Nowhere,
    Stdout,
    File(OsString),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next().filter(|name| !name.is_empty());
    let program = program.unwrap_or_else(|| PROGRAM.into());
    match run(&program, arguments.collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fatal(message)) => {
            // When not even this can be written, there is nobody to tell.
            let _ = io::stdout().flush();
            let _ = io::stderr().write_all(&message);
            ExitCode::FAILURE
        }
    }
}

fn run(program: &OsStr, arguments: Vec<OsString>) -> Result<(), Fatal> {
    let Some(options) = parse(program, arguments)? else {
        return Ok(());
    };
    let program = program.as_encoded_bytes();
    let fatal = |message: &[u8]| Fatal([program, b": ", message, b"\n"].concat());
    if options.files.len() >= MAX_C_STACK {
        return Err(fatal(b"too many input files"));
    }
    let mut chunks = Vec::new();
    for file in &options.files {
        chunks.push(load_file(file).map_err(|message| fatal(&message))?);
    }
    let chunk = combine(chunks);
    if options.listings > 0 {
        let address = |position: usize| 0x5555_5555_0000 + position as u64 * 0x80;
        // Like C's, this program doesn't look whether a listing could be written.
        let _ = io::stdout().write_all(&list(chunk.view(), options.listings > 1, &address));
    }
    let bytes = || dump(chunk.view(), options.strip);
    let (name, written) = match &options.output {
        Output::Nowhere => return Ok(()),
        Output::Stdout => {
            let mut stdout = io::stdout().lock();
            (b"(null)".as_slice(), write(&mut stdout, &bytes()))
        }
        Output::File(name) => {
            let written = match File::create(name) {
                Ok(mut file) => write(&mut file, &bytes()),
                Err(error) => Err(("open", error)),
            };
            (name.as_encoded_bytes(), written)
        }
    };
    written.map_err(|(what, error)| fatal(&cannot(what, name, &error)))
}

/// Reads the options; nothing if they ask for no more than the version.
fn parse(program: &OsStr, arguments: Vec<OsString>) -> Result<Option<Options>, Fatal> {
    let count = arguments.len();
    let mut options = Options {
        listings: 0,
        output: Output::File(OUTPUT.into()),
        strip: false,
        files: Vec::new(),
    };
    let mut versions = 0;
    let mut parse_only = false;
    let mut rest = arguments.into_iter().peekable();
    let is_option =
        |argument: &OsString| argument.as_encoded_bytes().starts_with(b"-") && argument != "-";
    while let Some(argument) = rest.next_if(is_option) {
        match argument.as_encoded_bytes() {
            b"--" => {
                versions += usize::from(versions > 0);
                break;
            }
            b"-l" => options.listings += 1,
            b"-o" => {
                options.output = match rest.next() {
                    Some(name) if name == "-" => Output::Stdout,
                    Some(name) if !name.is_empty() => Output::File(name),
                    _ => return Err(usage(program, b"'-o' needs argument")),
                }
            }
            b"-p" => parse_only = true,
            b"-s" => options.strip = true,
            b"-v" => versions += 1,
            unknown => return Err(usage(program, unknown)),
        }
    }
    options.files.extend(rest);
    if options.files.is_empty() && (options.listings > 0 || parse_only) {
        parse_only = true;
        options.files.push(OUTPUT.into());
    }
    if parse_only {
        options.output = Output::Nowhere;
    }
    if versions > 0 {
        let _ = io::stdout().write_all(VERSION.as_bytes());
        if versions == count {
            return Ok(None);
        }
    }
    if options.files.is_empty() {
        return Err(usage(program, b"no input files given"));
    }
    Ok(Some(options))
}

/// Complaint about the command line, or about an option if it begins with `-`.
fn usage(program: &OsStr, complaint: &[u8]) -> Fatal {
    let program = program.as_encoded_bytes();
    let mut message = [program, b": "].concat();
    if complaint.starts_with(b"-") {
        message.extend_from_slice(&[b"unrecognized option '", complaint, b"'"].concat());
    } else {
        message.extend_from_slice(complaint);
    }
    let usage = [b"\nusage: ", program, b" [options] [filenames].\n"].concat();
    message.extend_from_slice(&usage);
    message.extend_from_slice(HELP.as_bytes());
    Fatal(message)
}

/// Compiles or loads a file, or standard input for `-`; the message if it fails.
fn load_file(name: &OsStr) -> Result<Chunk, Vec<u8>> {
    let is_stdin = name == "-";
    let shown = if is_stdin {
        b"stdin"
    } else {
        name.as_encoded_bytes()
    };
    let reader: Box<dyn Read> = if is_stdin {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(name).map_err(|error| cannot("open", shown, &error))?)
    };
    let input = Input::begin(reader, is_stdin);
    let input = input.map_err(|error| cannot("read", shown, &error))?;
    let prefix: &[u8] = if is_stdin { b"=" } else { b"@" };
    let options = CompileOptions {
        chunk_name: &[prefix, shown].concat(),
        c_depth: C_DEPTH,
    };
    load(input, &options).map_err(|failed| match failed.error {
        CompileError::Syntax(message) | CompileError::Overflow(message) => message,
        CompileError::Source(error) => cannot("read", shown, &error),
        CompileError::Memory => b"not enough memory".to_vec(),
        // Nobody asks for it.
        CompileError::Stopped => b"stopped".to_vec(),
    })
}

/// The text of a file, block by block.
struct Input {
    reader: Box<dyn Read>,
    /// What was read already.
    first: Vec<u8>,
}

impl Input {
    /// Reads as much as is needed to know how the text begins.
    fn begin(reader: Box<dyn Read>, is_stdin: bool) -> io::Result<Self> {
        let first = Vec::new();
        let mut input = Self { reader, first };
        let mut start = Vec::new();
        while input.refill(&mut start)? && start.first() == Some(&b'#') {
            let end = start.iter().position(|&byte| byte == b'\n');
            if end.is_some_and(|end| end + 1 < start.len()) {
                break;
            }
        }
        input.first = without_first_line(start, is_stdin);
        Ok(input)
    }
}

impl Source for Input {
    type Error = io::Error;

    fn refill(&mut self, buffer: &mut Vec<u8>) -> io::Result<bool> {
        if !self.first.is_empty() {
            buffer.append(&mut self.first);
            return Ok(true);
        }
        let mut block = self.reader.by_ref().take(BLOCK_BYTES);
        Ok(block.read_to_end(buffer)? > 0)
    }
}

/// Skips a first line that begins with `#`, but for its end. In a file, a
/// precompiled chunk may follow such a line; it begins at the first escape
/// character.
fn without_first_line(content: Vec<u8>, is_stdin: bool) -> Vec<u8> {
    let has_comment = content.first() == Some(&b'#');
    let mut code = content.as_slice();
    if has_comment {
        let line = code.iter().position(|&byte| byte == b'\n');
        code = line.and_then(|end| code.get(end + 1..)).unwrap_or(&[]);
    }
    if code.first() == Some(&0x1b) && !is_stdin {
        let start = content.iter().position(|&byte| byte == 0x1b);
        start
            .and_then(|start| content.get(start..))
            .unwrap_or(&[])
            .to_vec()
    } else if has_comment {
        [b"\n", code].concat()
    } else {
        content
    }
}

/// One chunk that runs all of these.
fn combine(mut chunks: Vec<Chunk>) -> Chunk {
    if chunks.len() == 1
        && let Some(chunk) = chunks.pop()
    {
        return chunk;
    }
    let mut strings = StringTable::new();
    let mut main = Proto {
        source: Some(strings.intern(b"=(luac)")),
        max_stack_size: 1,
        ..Proto::default()
    };
    for (index, chunk) in (0..).zip(&chunks) {
        main.code.push(Instruction::abx(OpCode::Closure, 0, index));
        main.code.push(Instruction::abc(OpCode::Call, 0, 1, 1));
        main.protos.push(chunk.view().copy_to(&mut strings));
    }
    main.code.push(Instruction::abc(OpCode::Return, 0, 1, 0));
    Chunk {
        strings,
        main,
        last_read: Vec::new(),
    }
}

/// Writes the chunk; what failed if it does.
fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<(), (&'static str, io::Error)> {
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| {
            let what = if bytes.len() > STDIO_BUFFER {
                "write"
            } else {
                "close"
            };
            (what, error)
        })
}

/// Says that something can't be done with a file, and why in the words of C.
fn cannot(what: &str, name: &[u8], error: &io::Error) -> Vec<u8> {
    let reason = error.to_string();
    let reason = reason.split(" (os error ").next().unwrap_or(&reason);
    [
        b"cannot ",
        what.as_bytes(),
        b" ",
        name,
        b": ",
        reason.as_bytes(),
    ]
    .concat()
}
