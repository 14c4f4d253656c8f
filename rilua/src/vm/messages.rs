//! Texts and error messages put together on the stack. Mirrors `luaO_pushfstring`
//! and what stands on it in `ldebug.c` and `lauxlib.c`.
//!
//! Each piece of such a text becomes a string of its own, which counts for the
//! collector. What an error's message was made from stays on the stack below it
//! until something catches the error.

use super::State;
use super::debug::{Level, find_level};
use super::error::{Error, Result, Status};
use crate::heap::thread::CallKind;
use crate::heap::value::Value;

impl State {
    /// Pushes a text without giving the collector a chance (`luaO_pushfstring`).
    /// `pieces` are what stands before, between and after the values of a format of
    /// C, and those values, in turn: an odd number.
    pub(crate) fn push_format_unchecked(&mut self, pieces: &[&[u8]]) -> Result<()> {
        debug_assert!(pieces.len() % 2 == 1);
        let first = self.heap.thread.top;
        self.ensure_stack(pieces.len() + 1);
        let empty = self.string(b"");
        self.push(empty);
        for piece in pieces {
            let piece = self.string(piece);
            self.push(piece);
        }
        let end = self.heap.thread.top;
        self.concat(first, end)?;
        self.heap.thread.top = first + 1;
        Ok(())
    }

    /// The same after giving the collector its chance (`lua_pushfstring`).
    pub(crate) fn push_format(&mut self, pieces: &[&[u8]]) -> Result<()> {
        self.check_gc()?;
        self.push_format_unchecked(pieces)
    }

    /// Joins the topmost `count` values into one (`lua_concat`).
    pub(crate) fn concat_top(&mut self, count: usize) -> Result<()> {
        match count {
            0 => self.push_bytes(b""),
            1 => Ok(()),
            _ => {
                self.check_gc()?;
                let end = self.heap.thread.top;
                self.concat(end - count, end)?;
                self.heap.thread.top = end - count + 1;
                Ok(())
            }
        }
    }

    /// Pushes `source:line: ` of a level, or an empty string for a native
    /// (`luaL_where`).
    pub(crate) fn push_position(&mut self, level: i32) -> Result<()> {
        if let Some(Level::Call(index)) = find_level(&self.heap.thread, level) {
            let line = self.current_line(index);
            if line > 0 {
                let source = self.function_info(self.call_function(index)).short_source;
                let line = line.to_string();
                return self.push_format(&[b"", &source, b":", line.as_bytes(), b": "]);
            }
        }
        self.push_bytes(b"")
    }

    /// The error of a native whose message is on top.
    fn take_error(&mut self, built: Result<()>) -> Error {
        match built {
            Ok(()) => {
                let message = self.heap.thread.stack[self.heap.thread.top - 1];
                Error::new(Status::Runtime, message)
            }
            // A finalizer failed on the way.
            Err(error) => error,
        }
    }

    /// An error with the position of the calling function (`luaL_error`).
    #[cold]
    #[inline(never)]
    pub(crate) fn position_error_format(&mut self, pieces: &[&[u8]]) -> Error {
        let built = self
            .push_position(1)
            .and_then(|()| self.push_format(pieces))
            .and_then(|()| self.concat_top(2));
        self.take_error(built)
    }

    /// The same with a text that C has as a whole.
    #[cold]
    pub(crate) fn position_error(&mut self, text: &str) -> Error {
        self.position_error_format(&[text.as_bytes()])
    }

    /// An error from the running function itself: with its position if it is a
    /// Lua function (`luaG_runerror`).
    #[cold]
    #[inline(never)]
    pub(crate) fn runtime_error_format(&mut self, pieces: &[&[u8]]) -> Error {
        let built = self
            .push_format_unchecked(pieces)
            .and_then(|()| self.push_with_place());
        self.take_error(built)
    }

    /// The same with a text that C has as a whole.
    #[cold]
    pub(crate) fn runtime_error(&mut self, text: &str) -> Error {
        self.runtime_error_format(&[text.as_bytes()])
    }

    /// Pushes the message on top once more, after the place where the running Lua
    /// function is.
    fn push_with_place(&mut self) -> Result<()> {
        let index = self.heap.thread.calls.len() - 1;
        if self.current_call().kind != CallKind::Lua {
            return Ok(());
        }
        let source = self.function_info(self.call_function(index)).short_source;
        let line = self.current_line(index).to_string();
        let message = self.heap.thread.stack[self.heap.thread.top - 1].as_string();
        let message = message.map_or(Vec::new(), |s| self.heap.bytes(s).to_vec());
        let pieces: [&[u8]; 7] = [b"", &source, b":", line.as_bytes(), b": ", &message, b""];
        self.push_format_unchecked(&pieces)
    }

    /// `bad argument #n to 'f' (text)`.
    #[cold]
    #[inline(never)]
    pub(crate) fn argument_error(&mut self, n: usize, text: &str) -> Error {
        self.argument_error_bytes(n, text.as_bytes())
    }

    #[cold]
    #[inline(never)]
    fn argument_error_bytes(&mut self, n: usize, text: &[u8]) -> Error {
        let (kind, name) = match self.running_function_name() {
            Some((kind, name)) => (kind, name),
            None => ("", b"?".to_vec()),
        };
        let is_counted = kind != "method" || fault!(MethodArgument);
        let n = if is_counted { n } else { n - 1 };
        if n == 0 {
            let pieces: [&[u8]; 5] = [b"calling '", &name, b"' on bad self (", text, b")"];
            return self.position_error_format(&pieces);
        }
        let number = n.to_string();
        self.position_error_format(&[
            b"bad argument #",
            number.as_bytes(),
            b" to '",
            &name,
            b"' (",
            text,
            b")",
        ])
    }

    /// The same with a text that has to be put together first.
    #[cold]
    pub(crate) fn argument_error_format(&mut self, n: usize, pieces: &[&[u8]]) -> Error {
        if let Err(error) = self.push_format(pieces) {
            return error;
        }
        self.argument_error_bytes(n, &pieces.concat())
    }

    /// `… (X expected, got Y)`.
    #[cold]
    #[inline(never)]
    pub(crate) fn argument_type_error(&mut self, n: usize, expected: &str) -> Error {
        let got = self.argument_type_name(n);
        let pieces: [&[u8]; 5] = [
            b"",
            expected.as_bytes(),
            b" expected, got ",
            got.as_bytes(),
            b"",
        ];
        self.argument_error_format(n, &pieces)
    }

    /// An error whose value is any Lua value.
    #[cold]
    pub(crate) fn error_value(&mut self, v: Value) -> Error {
        Error::new(Status::Runtime, v)
    }

    /// Puts the position of a level before the string or number on top (the functions that
    /// `coroutine.wrap` returns).
    pub(crate) fn error_with_position(&mut self, level: i32) -> Error {
        let built = self.push_position(level).and_then(|()| {
            self.insert_at(self.heap.thread.top - 2);
            self.concat_top(2)
        });
        self.take_error(built)
    }

    /// Pushes the position of a level and the value after it (`error`).
    pub(crate) fn error_after_position(&mut self, level: i32, v: Value) -> Error {
        let built = self.push_position(level).and_then(|()| {
            self.push(v);
            self.concat_top(2)
        });
        self.take_error(built)
    }
}
