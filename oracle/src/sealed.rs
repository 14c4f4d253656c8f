//! Whole programs in this process, from the opening of the libraries to the last finalizer, in a
//! state that sees nothing of the process (see `world.h`): its own standard files and random
//! numbers, no files, no processes, clocks that stand still.
//!
//! It keeps a program from touching anything, not from crashing: C's undefined behaviour stays
//! what it is. `os.setlocale` knows the C locale only.

use std::ffi::{c_char, c_int};
use std::ops::Range;
use std::{ptr, slice};

use crate::ffi::{self, Accounts};
use crate::state::{CSource, Failure, Limits, Source, State};
use crate::value::Value;

/// A state for one program.
///
/// ```
/// use oracle::{Limits, Sealed, Source};
///
/// let mut state = Sealed::new(Limits::default(), b"input").expect("enough memory");
/// let program = Source::Bytes { text: b"print((io.read()))", name: b"@example.lua" };
/// state.execute(None, program, &[])?;
/// assert_eq!(state.finish().stdout, b"input\n");
/// # Ok::<(), oracle::Failure>(())
/// ```
#[derive(Debug)]
pub struct Sealed {
    pub(crate) state: State,
}

/// What a program leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it wrote to standard output, at most 64 MiB.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, at most 64 MiB.
    pub stderr: Vec<u8>,
    /// What it gave to `os.exit`, as the system would report it.
    pub exit_status: Option<i32>,
}

impl Sealed {
    /// Opens a state whose standard input is `input`. `None`: the memory limit does not even
    /// allow that.
    pub fn new(limits: Limits, input: &[u8]) -> Option<Sealed> {
        let state = State::new(limits)?;
        // SAFETY: `raw` is an open state without libraries; C copies the input.
        unsafe { ffi::oracle_seal(state.raw.as_ptr(), input.as_ptr().cast(), input.len()) };
        Some(Sealed { state })
    }

    /// Opens the libraries, runs the chunk `before` if there is one, and then the program with
    /// its arguments, all as the stand-alone interpreter does. To be called once.
    ///
    /// # Errors
    /// As [`State::run`]. An error in `before` counts as one of the program, without a report.
    pub fn execute(
        &mut self,
        before: Option<Source<'_>>,
        program: Source<'_>,
        arguments: &[Value],
    ) -> Result<Vec<Value>, Failure> {
        let before = before.map(CSource::new);
        let program = CSource::new(program);
        let first = before
            .as_ref()
            .map_or(ptr::null(), |source| &raw const source.raw);
        self.state.budgeted(arguments, |raw, values, count| {
            // SAFETY: `raw` is an open state; the pointers last for the call.
            unsafe { ffi::oracle_execute(raw, first, &program.raw, values, count) }
        })
    }

    /// Bytes in use, as Lua counts them.
    pub fn memory(&self) -> usize {
        self.state.memory()
    }

    /// Asks for [`Sealed::graph`]; before the program is executed.
    pub fn want_graph(&mut self) {
        // SAFETY: `raw` is an open state.
        unsafe { ffi::oracle_want_graph(self.state.raw.as_ptr()) }
    }

    /// The heap when the program had ended, as a text (see `graph.c`): two heaps of one shape
    /// have one text. Empty if it was not asked for.
    pub fn graph(&self) -> String {
        let mut length = 0;
        // SAFETY: `raw` is an open state.
        let bytes = unsafe { ffi::oracle_graph(self.state.raw.as_ptr(), &raw mut length) };
        // SAFETY: the text lasts until the state is closed.
        unsafe { text(bytes, length) }
    }

    /// Keeps a number of every instruction of Lua functions, up to `most` of them, made from all
    /// that is alive there (see `trace.c`), and describes those in the window; before the
    /// program is executed. The program can't see that it is watched. If it `is_whole`, what may
    /// be left over in registers counts as well, and the memory in use.
    pub fn trace(&mut self, most: usize, window: Range<usize>, is_whole: bool) {
        let (raw, from, to) = (self.state.raw.as_ptr(), window.start, window.end);
        // SAFETY: `raw` is an open state.
        unsafe { ffi::oracle_trace_start(raw, most, from, to, c_int::from(is_whole)) }
    }

    /// The numbers of the instructions.
    pub fn trace_numbers(&self) -> Vec<u64> {
        let mut count = 0;
        // SAFETY: `raw` is an open state.
        let first = unsafe { ffi::oracle_trace_numbers(self.state.raw.as_ptr(), &raw mut count) };
        if first.is_null() {
            return Vec::new();
        }
        // SAFETY: the numbers last until the state is closed.
        unsafe { slice::from_raw_parts(first, count) }.to_vec()
    }

    /// Whether there were instructions behind those: more than were asked for, or some that
    /// can't be watched because the program has set a hook.
    pub fn trace_is_cut(&self) -> bool {
        // SAFETY: `raw` is an open state.
        unsafe { ffi::oracle_trace_is_cut(self.state.raw.as_ptr()) != 0 }
    }

    /// The instructions of the window: a line for each, and one for each value that it reads.
    pub fn trace_text(&self) -> String {
        let mut length = 0;
        // SAFETY: `raw` is an open state.
        let bytes = unsafe { ffi::oracle_trace_text(self.state.raw.as_ptr(), &raw mut length) };
        // SAFETY: the text lasts until the state is closed.
        unsafe { text(bytes, length) }
    }

    /// The collector's books as they were when the program had ended.
    pub fn accounts(&self) -> Accounts {
        // SAFETY: `raw` is an open state, which has the books inside it.
        unsafe { *ffi::oracle_counted(self.state.raw.as_ptr()) }
    }

    /// Whether the memory limit refused something, even if the program caught the error.
    pub fn memory_refused(&self) -> bool {
        self.state.memory_refused()
    }

    /// Runs the finalizers that are left and tells what the program wrote.
    pub fn finish(self) -> Ended {
        let raw = self.state.raw.as_ptr();
        // SAFETY: `raw` is an open state; after this only its outputs are asked for, and it
        // is closed.
        unsafe { ffi::oracle_finish(raw) };
        // SAFETY: as above.
        let status = unsafe { ffi::oracle_exit_status(raw) };
        Ended {
            stdout: self.output(0),
            stderr: self.output(1),
            exit_status: (status >= 0).then_some(status),
        }
    }

    fn output(&self, which: c_int) -> Vec<u8> {
        let mut length = 0;
        // SAFETY: `raw` is a state that was sealed.
        let bytes = unsafe { ffi::oracle_output(self.state.raw.as_ptr(), which, &raw mut length) };
        if bytes.is_null() {
            return Vec::new();
        }
        // SAFETY: the bytes last until the state is closed.
        unsafe { slice::from_raw_parts(bytes.cast::<u8>(), length) }.to_vec()
    }
}

/// # Safety
/// `bytes` is null or has `length` bytes.
unsafe fn text(bytes: *const c_char, length: usize) -> String {
    if bytes.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), length) };
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::FailureKind;
    use std::num::NonZeroU64;

    fn run(text: &str) -> (Result<Vec<Value>, Failure>, Ended) {
        let limits = Limits {
            fuel: NonZeroU64::new(1_000_000),
            ..Limits::default()
        };
        let mut state = Sealed::new(limits, b"one\ntwo\n").unwrap();
        let program = Source::Bytes {
            text: text.as_bytes(),
            name: b"=test",
        };
        let result = state.execute(None, program, &[]);
        (result, state.finish())
    }

    #[test]
    fn standard_files_are_its_own() {
        let (result, ended) = run("print(io.read()); io.write('x'); io.stderr:write('e')
            local u = newproxy(true); getmetatable(u).__gc = function() print('end') end
            io.stdin:close(); io.stdout:flush()");
        assert_eq!(result, Ok(Vec::new()));
        assert_eq!(ended.stdout, b"one\nxend\n");
        assert_eq!(ended.stderr, b"e");
        assert_eq!(ended.exit_status, None);
    }

    #[test]
    fn it_finds_nothing_of_the_process() {
        let text =
            "return os.getenv('PATH'), io.open('/etc/passwd') and 1, os.remove('/tmp') and 1,
            os.execute(), os.time(), os.clock(), os.date('%c'), (math.random(1000))";
        let values = run(text).0.unwrap();
        assert_eq!(
            values,
            [
                Value::Nil,
                Value::Nil,
                Value::Nil,
                Value::Number(0.0),
                Value::Number(0.0),
                Value::Number(0.0),
                Value::from("Thu Jan  1 00:00:00 1970"),
                Value::Number(841.0),
            ]
        );
        // Nor does one state see the other's numbers.
        assert_eq!(
            run("return math.random(1000)").0.unwrap(),
            [Value::Number(841.0)]
        );
    }

    #[test]
    fn os_exit_ends_the_program_and_nothing_else() {
        let (result, ended) = run("print(1) pcall(os.exit, 259) print(2) while true do end");
        assert_eq!(result.unwrap_err().kind, FailureKind::Exit);
        assert_eq!(ended.stdout, b"1\n");
        assert_eq!(ended.exit_status, Some(3));
    }

    #[test]
    fn the_budget_can_not_be_seen() {
        let (result, _) = run("for i = 1, 1e5 do end return debug.gethook()");
        let values = result.unwrap();
        assert_eq!(values.first(), Some(&Value::Nil));
        // It stops a finalizer as well.
        let (result, _) = run("local u = newproxy(true)
            getmetatable(u).__gc = function() while true do end end
            u = nil collectgarbage()");
        assert_eq!(result.unwrap_err().kind, FailureKind::Fuel);
    }
}
