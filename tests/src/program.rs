//! A program: what an engine is given to run.
//!
//! Beside `NAME.lua` stand `NAME.args` (arguments of the interpreter, one per line, in place of
//! the single `NAME.lua`), `NAME.stdin` (standard input, else empty) and the record of what the
//! real 5.1.1 does with it (see [`crate::record`]). `corpus/README.md` describes them all.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Serialize;

use crate::corpus::Entry;
use crate::observation::Observation;
use crate::record;
use crate::verdict::{Fault, FaultCause};

/// Where a program comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A file that somebody wrote.
    File,
    /// Generated from a seed.
    Seed {
        /// The seed.
        seed: u64,
        /// The generator's mode: `total`, `erring` or `limits`.
        mode: String,
    },
    /// A change of another program.
    Mutant {
        /// The other program's id.
        of: String,
    },
    /// One of all small programs.
    Exhaust {
        /// Its place among them.
        index: u64,
    },
    /// A shorter form of another program that shows the same.
    Minimised {
        /// The other program's id.
        of: String,
    },
    /// Text from anywhere else.
    Text,
}

/// A program with all that its run depends on.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name in reports: the path from the root of the workspace when it lies below that.
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The file, absolute.
    pub path: PathBuf,
    /// The folder it runs in, absolute.
    pub folder: PathBuf,
    /// The file's name without its folder.
    pub file_name: OsString,
    /// The Lua source.
    pub source: Vec<u8>,
    /// Arguments of the interpreter.
    pub arguments: Vec<OsString>,
    /// The file with its standard input; absent when that is empty.
    pub stdin_path: Option<PathBuf>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// What is on record for it.
    pub record: Option<Observation>,
}

impl Program {
    /// Reads a program and its side files.
    ///
    /// # Errors
    ///
    /// A [`FaultCause::BadProgram`] that names the file that can't be used.
    pub fn load(entry: &Entry) -> Result<Self, Fault> {
        let source = read(&entry.path)?;
        let (Some(folder), Some(file_name)) = (entry.path.parent(), entry.path.file_name()) else {
            return Err(bad(&entry.path, "not the path of a file"));
        };
        let arguments = match read_optional(&side_file(&entry.path, "args"))? {
            Some(lines) => arguments(&lines),
            None => vec![file_name.to_owned()],
        };
        let stdin_path = side_file(&entry.path, "stdin");
        let stdin = read_optional(&stdin_path)?;
        Ok(Self {
            id: entry.id.clone(),
            origin: Origin::File,
            folder: folder.to_owned(),
            file_name: file_name.to_owned(),
            source,
            arguments,
            stdin_path: stdin.is_some().then_some(stdin_path),
            stdin: stdin.unwrap_or_default(),
            record: record::load(&entry.path)?,
            path: entry.path.clone(),
        })
    }

    /// A program that is in no file: `id` is its name in reports, and what its chunk is called
    /// in messages. Engines that are programs of their own can't run it.
    pub fn from_source(id: impl Into<String>, origin: Origin, source: impl Into<Vec<u8>>) -> Self {
        let id = id.into();
        Self {
            path: PathBuf::new(),
            folder: PathBuf::new(),
            file_name: OsString::from(&id),
            arguments: Vec::new(),
            stdin_path: None,
            stdin: Vec::new(),
            record: None,
            source: source.into(),
            origin,
            id,
        }
    }

    /// The name under which its chunk is loaded, as the stand-alone interpreter has it.
    pub fn chunk_name(&self) -> Vec<u8> {
        [b"@", self.file_name.as_bytes()].concat()
    }

    /// Whether engines are asked for the bytecode as well.
    pub fn wants_bytecode(&self) -> bool {
        self.record
            .as_ref()
            .is_some_and(|record| record.bytecode.is_some())
    }
}

fn arguments(lines: &[u8]) -> Vec<OsString> {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    lines
        .split(|&byte| byte == b'\n')
        .map(|line| OsStr::from_bytes(line).to_owned())
        .collect()
}

/// The file of a program with another ending.
pub fn side_file(program: &Path, suffix: &str) -> PathBuf {
    program.with_extension(suffix)
}

/// Reads a file that must be there.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    fs::read(path).map_err(|error| bad(path, error))
}

/// Reads a file that may be absent.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, Fault> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(bad(path, error)),
    }
}

/// A fault of a program's file.
pub(crate) fn bad(path: &Path, why: impl std::fmt::Display) -> Fault {
    Fault::new(FaultCause::BadProgram, format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_lines() {
        assert_eq!(arguments(b"-l\nmod\na b.lua\n"), ["-l", "mod", "a b.lua"]);
        assert_eq!(arguments(b"-e\n\nx.lua"), ["-e", "", "x.lua"]);
    }

    #[test]
    fn side_files_replace_the_last_ending() {
        assert_eq!(
            side_file(Path::new("/a/b.c.lua"), "bin.sha256"),
            Path::new("/a/b.c.bin.sha256")
        );
    }
}
