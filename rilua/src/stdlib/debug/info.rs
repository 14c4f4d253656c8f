//! `debug.getinfo`, in the order in which C takes its steps: the fields' order
//! decides how the table is traversed.

use super::target;
use crate::heap::sharing::Shared as Rc;
use crate::heap::value::{TableRef, ThreadRef, Value};
use crate::number::to_int_arg;
use crate::stdlib::leave_behind;
use crate::stdlib::{c_text, set_field};
use crate::vm::State;
use crate::vm::debug::{FunctionInfo, Level, find_level};
use crate::vm::error::Result;

/// What is known about.
#[derive(Clone, Copy)]
enum Subject {
    /// A function that need not be active.
    Function(Value),
    /// The call with this record.
    Call(usize),
    /// A call lost in a tail call.
    TailCall,
}

/// The answers to the options `S`, `l`, `u` and `n`.
pub(super) struct Answers {
    pub(super) function: FunctionInfo,
    pub(super) line: i32,
    upvalues: usize,
    /// Kind and name; both empty for a tail call.
    pub(super) name: Option<(&'static str, Vec<u8>)>,
}

pub(super) fn getinfo(state: &mut State) -> Result<usize> {
    let (t, arg) = target(state);
    let options = match state.optional_string(arg + 2)? {
        Some(s) => c_text(state.heap.bytes(s)).to_vec(),
        None => b"flnSu".to_vec(),
    };
    let given = state.argument(arg + 1);
    let subject = if let Some(level) = state.to_number(given) {
        match find_level(state.heap.thread_ref(t), to_int_arg(level)) {
            Some(Level::Call(index)) => Subject::Call(index),
            Some(Level::TailCall) => Subject::TailCall,
            None => return state.return_value(Value::NIL),
        }
    } else if given.is_function() {
        // C marks the options so.
        state.push_format(&[b">", &options, b""])?;
        Subject::Function(given)
    } else {
        return Err(state.argument_error(arg + 1, "function or level expected"));
    };
    let wants = |option: u8| options.contains(&option);
    let function = match subject {
        Subject::Function(f) => Some(f),
        Subject::Call(index) => Some(state.with_thread(t, |state| state.call_function(index))),
        Subject::TailCall => None,
    };
    let answers = answer(state, t, subject, function);
    if wants(b'f') {
        push_on(state, t, function.unwrap_or(Value::NIL));
    }
    if wants(b'L') {
        let lines = active_lines(state, function)?;
        push_on(state, t, lines);
    }
    if function.is_some() && options.iter().any(|option| !b"SlunLf".contains(option)) {
        return Err(state.argument_error(arg + 2, "invalid option"));
    }
    let info = state.push_table(0, 2)?;
    if wants(b'S') {
        let function = &answers.function;
        set_text(state, info, "source", c_text(&function.source))?;
        set_text(state, info, "short_src", &function.short_source)?;
        set_number(state, info, "linedefined", function.line_defined)?;
        set_number(state, info, "lastlinedefined", function.last_line_defined)?;
        set_text(state, info, "what", function.what.as_bytes())?;
    }
    if wants(b'l') {
        set_number(state, info, "currentline", answers.line)?;
    }
    if wants(b'u') {
        set_number(state, info, "nups", answers.upvalues as i32)?;
    }
    if wants(b'n') {
        match &answers.name {
            Some((kind, name)) => {
                set_text(state, info, "name", name)?;
                set_text(state, info, "namewhat", kind.as_bytes())?;
            }
            None => {
                set_field(state, info, "name", Value::NIL)?;
                set_text(state, info, "namewhat", b"")?;
            }
        }
    }
    for (option, name) in [(b'L', "activelines"), (b'f', "func")] {
        if wants(option) {
            let v = take_from(state, t, info);
            set_field(state, info, name, v)?;
            if t != state.heap.running {
                leave_behind(state, v);
            }
        }
    }
    // The table is on top.
    Ok(1)
}

/// Pushes a value on the stack of a thread.
fn push_on(state: &mut State, t: ThreadRef, v: Value) {
    state.with_thread(t, |state| {
        state.push(v);
        state.ensure_stack(1);
    });
}

/// Takes back what was pushed on a thread's stack; on the running one it is below
/// the table of answers.
fn take_from(state: &mut State, t: ThreadRef, info: TableRef) -> Value {
    if t != state.heap.running {
        return state.with_thread(t, State::pop);
    }
    state.pop();
    let v = state.pop();
    // As `lua_pushvalue` and `lua_remove` do it: above the table the value is left twice.
    for v in [Value::table(info), v, v] {
        state.push(v);
    }
    state.pop();
    state.pop();
    v
}

/// What the traceback wants to know about a level.
pub(super) fn describe(state: &mut State, t: ThreadRef, level: Level) -> Answers {
    match level {
        Level::Call(index) => {
            let f = state.with_thread(t, |state| state.call_function(index));
            answer(state, t, Subject::Call(index), Some(f))
        }
        Level::TailCall => answer(state, t, Subject::TailCall, None),
    }
}

fn answer(state: &mut State, t: ThreadRef, subject: Subject, function: Option<Value>) -> Answers {
    let Some(f) = function else {
        return Answers {
            function: FunctionInfo::tail_call(),
            line: -1,
            upvalues: 0,
            name: Some(("", Vec::new())),
        };
    };
    let upvalues = match (f.as_closure(), f.as_native()) {
        (Some(c), _) => state.heap.closure(c).count as usize,
        (_, Some(n)) => state.heap.native(n).upvalues.len(),
        _ => 0,
    };
    let (line, name) = match subject {
        Subject::Call(index) => state.with_thread(t, |state| {
            (state.current_line(index), state.call_name(index))
        }),
        _ => (-1, None),
    };
    Answers {
        function: state.function_info(f),
        line,
        upvalues,
        name,
    }
}

/// Lines that are noted before somebody may interrupt that.
const LINES_AT_ONCE: usize = 1 << 12;

/// The table with the lines of a Lua function that have code.
fn active_lines(state: &mut State, function: Option<Value>) -> Result<Value> {
    let Some(c) = function.and_then(Value::as_closure) else {
        return Ok(Value::NIL);
    };
    let proto = Rc::clone(&state.heap.closure(c).proto);
    let t = state.heap.new_table(0, 0);
    for lines in proto.lines.chunks(LINES_AT_ONCE) {
        state.charge(0)?;
        for &line in lines {
            state.set_integer_raw(t, line, Value::TRUE)?;
        }
    }
    Ok(Value::table(t))
}

fn set_text(state: &mut State, t: TableRef, name: &str, text: &[u8]) -> Result<()> {
    state.push_bytes(text)?;
    let v = state.pop();
    set_field(state, t, name, v)
}

fn set_number(state: &mut State, t: TableRef, name: &str, n: i32) -> Result<()> {
    state.push(Value::number(f64::from(n)));
    let v = state.pop();
    set_field(state, t, name, v)
}
