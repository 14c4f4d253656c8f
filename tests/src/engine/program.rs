//! The engine that is a stand-alone interpreter: a new process for every run, in the
//! environment in which the golden results were recorded.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::process::{self, ENVIRONMENT, Finished, Job};
use super::{Description, Engine, Limits};
use crate::observation::{Bytecode, Observation, Termination};
use crate::program::Program;
use crate::verdict::{Fault, FaultCause};
use crate::{shell, text};

/// `argv[0]` of an interpreter, as recorded: error messages start with it.
const INTERPRETER_NAME: &str = "lua";
/// `argv[0]` of a compiler.
const COMPILER_NAME: &str = "luac";

/// An interpreter and perhaps a compiler, each a program.
#[derive(Debug, Clone)]
pub struct ProgramEngine {
    /// The engine's name.
    pub name: String,
    /// The interpreter, absolute.
    pub interpreter: PathBuf,
    /// The compiler, absolute; absent when its bytecode isn't looked at.
    pub compiler: Option<PathBuf>,
    /// The program that contains [`super::launch`].
    pub launcher: PathBuf,
}

impl ProgramEngine {
    fn start(
        &self,
        executable: &Path,
        name: &str,
        arguments: &[OsString],
        program: &Program,
        limits: &Limits,
    ) -> Result<Finished, Fault> {
        self.check(executable)?;
        let job = Job {
            launcher: &self.launcher,
            executable,
            name,
            arguments,
            folder: &program.folder,
            stdin: if name == INTERPRETER_NAME {
                &program.stdin
            } else {
                &[]
            },
        };
        process::run(&job, limits).map_err(|error| {
            Fault::new(
                FaultCause::Harness,
                format!("engine {}: {}: {error}", self.name, program.id),
            )
        })
    }

    /// Says "missing" before a process is made of it, so that this can't be taken for a result.
    fn check(&self, executable: &Path) -> Result<(), Fault> {
        let missing = |why: String| {
            let message = format!("engine {}: {}: {why}", self.name, executable.display());
            Err(Fault::new(FaultCause::MissingEngine, message))
        };
        match fs::metadata(executable) {
            Err(error) => missing(error.to_string()),
            Ok(data) if !data.is_file() => missing("not a file".to_owned()),
            Ok(data) if data.permissions().mode() & 0o111 == 0 => {
                missing("not executable".to_owned())
            }
            Ok(_) => Ok(()),
        }
    }

    fn compile(
        &self,
        compiler: &Path,
        program: &Program,
        limits: &Limits,
    ) -> Result<Bytecode, Fault> {
        let mut listing_arguments: Vec<OsString> = ["-l", "-l", "-p"].map(OsString::from).into();
        listing_arguments.push(program.file_name.clone());
        let listed = self.start(compiler, COMPILER_NAME, &listing_arguments, program, limits)?;

        let temporary = |error| {
            Fault::new(
                FaultCause::Harness,
                format!("temporary file for {}: {error}", program.id),
            )
        };
        let file = tempfile::NamedTempFile::new().map_err(temporary)?;
        let arguments = [
            "-s".into(),
            "-o".into(),
            file.path().into(),
            program.file_name.clone(),
        ];
        let stripped = self.start(compiler, COMPILER_NAME, &arguments, program, limits)?;
        let binary = match stripped.end {
            Termination::Exit(0) => {
                text::hexadecimal(&Sha256::digest(fs::read(file.path()).map_err(temporary)?))
            }
            _ => "error".to_owned(),
        };

        let end = if listed.end.is_normal() && !stripped.end.is_normal() {
            stripped.end
        } else {
            listed.end
        };
        let mut listing = listed.stdout;
        listing.extend_from_slice(&listed.stderr);
        Ok(Bytecode {
            end,
            listing: Some(listing),
            binary: Some(binary),
        })
    }
}

impl Engine for ProgramEngine {
    fn name(&self) -> &str {
        &self.name
    }

    fn describe(&self) -> Description {
        Description {
            name: self.name.clone(),
            interpreter: self.interpreter.clone(),
            compiler: self.compiler.clone(),
        }
    }

    fn observe(&self, program: &Program, limits: &Limits) -> Result<Observation, Fault> {
        let run = self.start(
            &self.interpreter,
            INTERPRETER_NAME,
            &program.arguments,
            program,
            limits,
        )?;
        let bytecode = match &self.compiler {
            Some(compiler) if program.wants_bytecode() => {
                Some(self.compile(compiler, program, limits)?)
            }
            _ => None,
        };
        Ok(Observation {
            end: run.end,
            stdout: run.stdout,
            stderr: run.stderr,
            bytecode,
            inside: None,
        })
    }

    fn command_line(&self, program: &Program, limits: &Limits) -> String {
        let environment = ENVIRONMENT.map(|(name, value)| format!("{name}={value}"));
        let memory = limits
            .memory_mib
            .map(|mib| format!("ulimit -v {}; ", mib.saturating_mul(1024)));
        let script = format!(
            "{}exec -a {INTERPRETER_NAME} \"$0\" \"$@\"",
            memory.unwrap_or_default()
        );
        let mut words = vec!["env".to_owned(), "-i".to_owned()];
        words.extend(environment);
        words.extend(["bash".to_owned(), "-c".to_owned(), script]);
        words.push(self.interpreter.display().to_string());
        words.extend(
            program
                .arguments
                .iter()
                .map(|argument| argument.to_string_lossy().into_owned()),
        );
        let stdin = program
            .stdin_path
            .as_deref()
            .unwrap_or(Path::new("/dev/null"));
        format!(
            "(cd {} && {} < {})",
            shell::quote(&program.folder.to_string_lossy()),
            shell::join(words),
            shell::quote(&stdin.to_string_lossy())
        )
    }
}
