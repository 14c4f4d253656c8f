//! Editing of lines at a terminal, with a history. Stands where `lua.c` calls the
//! readline library.
//!
//! As there, a whole statement becomes one entry of the history, in the form in which
//! it was compiled, and Ctrl-C ends the process, as no script runs. Two things differ: text
//! is UTF-8, and a prompt always begins a line of its own, after a newline if
//! need be.

use super::signals;
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor};
use std::io::{ErrorKind, IsTerminal, stdin, stdout};
use std::path::PathBuf;

/// Environment variable with the name of a file that keeps the history; without it,
/// the history ends with the process, as in 5.1.1.
const HISTORY: &str = "RILUA_HISTORY";
/// Statements that the history keeps.
const HISTORY_ENTRIES: usize = 1000;

pub(super) struct Editor {
    editor: DefaultEditor,
    history: Option<PathBuf>,
}

impl Editor {
    /// An editor if someone sits at a terminal.
    pub(super) fn open() -> Option<Editor> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return None;
        }
        let config = Config::builder()
            .auto_add_history(false)
            .check_cursor_position(true)
            .build();
        let mut editor = DefaultEditor::with_config(config).ok()?;
        editor.set_max_history_size(HISTORY_ENTRIES).ok()?;
        editor.set_history_ignore_dups(false).ok()?;
        let history = std::env::var_os(HISTORY).filter(|name| !name.is_empty());
        let history = history.map(PathBuf::from);
        if let Some(file) = &history {
            // There is none the first time.
            let _loaded = editor.load_history(file);
        }
        Some(Editor { editor, history })
    }

    /// Shows the prompt and reads a line, without its end; nothing at the end of the
    /// input.
    pub(super) fn read(&mut self, prompt: &[u8]) -> Option<Vec<u8>> {
        let prompt = String::from_utf8_lossy(prompt);
        loop {
            match self.editor.readline(&*prompt) {
                Ok(line) => return Some(line.into_bytes()),
                Err(ReadlineError::Interrupted) => signals::end_process(),
                // Not UTF-8: the line is lost.
                Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {}
                Err(_) => return None,
            }
        }
    }

    /// Adds a statement to the history.
    pub(super) fn remember(&mut self, statement: &[u8]) {
        if statement.is_empty() {
            return;
        }
        let statement = String::from_utf8_lossy(statement);
        let added = self.editor.add_history_entry(statement);
        if let (Ok(true), Some(file)) = (added, &self.history) {
            // A history that can't be kept is no reason to stop.
            let _kept = self.editor.append_history(file);
        }
    }
}
