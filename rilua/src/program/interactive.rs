//! Interactive mode: reads a statement, which may take several lines, runs it, and
//! shows its results. Mirrors `dotty` of `lua.c`: built with line editing if someone
//! types at a terminal, without it otherwise.

use super::Session;
use super::editor::Editor;
use crate::heap::value::Value;
use crate::stdlib::{self, standard};
use crate::vm::State;
use crate::vm::call::ALL;
use crate::vm::error::{Result, Status};

/// Bytes of one line of input, its terminating zero included; a longer line is
/// read as several.
const MAX_INPUT: usize = 512;
/// What the messages of statements that could go on end with.
const UNFINISHED: &[u8] = b"'<eof>'";

impl Session<'_> {
    /// Runs statements from standard input to its end.
    pub(super) fn interact(&mut self, state: &mut State) -> Result<()> {
        let name = self.name.take();
        let mut editor = Editor::open();
        while let Some(loaded) = load_statement(state, editor.as_mut())? {
            let result = match loaded {
                Ok(()) => self.call(state, 0, ALL)?,
                Err(status) => Err(status),
            };
            if self.report(state, result)? && state.argument_count() > 0 {
                self.show_results(state)?;
            }
        }
        state.set_argument_count(0);
        standard::write_stdout(state, b"\n");
        standard::flush_stdout(state);
        self.name = name;
        Ok(())
    }

    /// Gives all values of the frame to `print`.
    fn show_results(&self, state: &mut State) -> Result<()> {
        let globals = state.globals();
        state.push_field(Value::table(globals), "print")?;
        state.insert(1);
        let values = state.argument_count() - 1;
        let func = state.base();
        if state
            .protect(func, 0, |state| state.call(values, 0))
            .is_err()
        {
            let top = state.heap.thread.top - 1;
            let text = stdlib::text_in_place(state, top)?;
            let text = text.as_deref().unwrap_or(b"(null)");
            state.push_format(&[b"error calling 'print' (", text, b")"])?;
            self.message(state, &[b"error calling 'print' (", text, b")"].concat());
        }
        Ok(())
    }
}

/// Reads lines until they are a statement, or can't become one; the function or a
/// message is left in the frame, alone. Nothing at the end of the input.
fn load_statement(
    state: &mut State,
    mut editor: Option<&mut Editor>,
) -> Result<Option<core::result::Result<(), Status>>> {
    state.set_argument_count(0);
    if !push_line(state, editor.as_deref_mut(), true)? {
        return Ok(None);
    }
    loop {
        let text = state.argument(1).as_string();
        let text = text.map_or(Vec::new(), |s| state.heap.bytes(s).to_vec());
        let loaded = state.load_bytes(&text, b"=stdin");
        if !is_unfinished(state, &loaded) {
            if let Some(editor) = editor {
                editor.remember(stdlib::c_text(&text));
            }
            // The text's slot is taken by what came of it.
            let v = state.pop();
            state.set_argument(1, v);
            return Ok(Some(loaded));
        }
        state.pop();
        if !push_line(state, editor.as_deref_mut(), false)? {
            return Ok(None);
        }
        state.push_bytes(b"\n")?;
        state.insert(2);
        state.concat_top(3)?;
    }
}

/// Would more lines help?
fn is_unfinished(state: &State, loaded: &core::result::Result<(), Status>) -> bool {
    if *loaded != Err(Status::Syntax) {
        return false;
    }
    let message = state.heap.thread.stack[state.heap.thread.top - 1].as_string();
    let message = message.map_or(&b""[..], |s| state.heap.bytes(s));
    // The first occurrence has to be the one at the end.
    let first = message
        .windows(UNFINISHED.len())
        .position(|part| part == UNFINISHED);
    first.is_some_and(|first| first + UNFINISHED.len() == message.len())
}

/// Shows the prompt and pushes a line, without its end; false if there is none. In
/// the first one of a statement, `=` stands for `return`.
fn push_line(state: &mut State, editor: Option<&mut Editor>, is_first: bool) -> Result<bool> {
    let prompt = prompt(state, is_first)?;
    // A script may have closed the input, of which the editor would know nothing.
    let editor = editor.filter(|_| standard::stdin_is_terminal(state));
    let line = match editor {
        Some(editor) => {
            standard::flush_stdout(state);
            editor.read(stdlib::c_text(&prompt))
        }
        None => {
            standard::write_stdout(state, &prompt);
            standard::flush_stdout(state);
            standard::read_stdin_line(state, MAX_INPUT)
        }
    };
    let Some(line) = line else {
        return Ok(false);
    };
    let line = stdlib::c_text(&line);
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    match line.strip_prefix(b"=") {
        Some(expression) if is_first => state.push_format(&[b"return ", expression, b""])?,
        _ => state.push_bytes(line)?,
    }
    Ok(true)
}

fn prompt(state: &mut State, is_first: bool) -> Result<Vec<u8>> {
    let (variable, default) = if is_first {
        ("_PROMPT", b"> ".as_slice())
    } else {
        ("_PROMPT2", b">> ".as_slice())
    };
    let globals = state.globals();
    state.push_field(Value::table(globals), variable)?;
    let top = state.heap.thread.top - 1;
    let text = stdlib::text_in_place(state, top)?;
    state.pop();
    Ok(text.unwrap_or_else(|| default.to_vec()))
}
