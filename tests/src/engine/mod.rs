//! Engines: what can run a program and be watched, one file each.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::observation::Observation;
use crate::program::Program;
use crate::verdict::Fault;

pub mod checked;
pub mod inside;
pub mod launch;
pub mod oracle_inside;
pub mod oracle_worker;
pub mod process;
pub mod program;
pub mod rilua_inside;
mod sealed_host;

/// The name of the engine that the others are held against.
pub const ORACLE: &str = "oracle";
/// The name of the engine that this project is about.
pub const RILUA: &str = "rilua";

/// What an engine may use for one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Time by the clock on the wall.
    pub time: Duration,
    /// Address space in MiB, `None` for no limit.
    pub memory_mib: Option<u64>,
    /// Bytes written to each of standard output and standard error.
    pub output: usize,
}

/// An engine as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// The file of the interpreter.
    pub interpreter: PathBuf,
    /// The file of the compiler; absent when its bytecode isn't looked at.
    pub compiler: Option<PathBuf>,
}

/// An implementation of Lua that runs programs.
pub trait Engine: Send + Sync {
    /// Its name, unique in a run.
    fn name(&self) -> &str;

    /// What it is made of.
    fn describe(&self) -> Description;

    /// Runs a program and says what it did.
    ///
    /// # Errors
    ///
    /// What kept the program from being run. A crash, a time-out or too much output is not an
    /// error but an [`Observation`].
    fn observe(&self, program: &Program, limits: &Limits) -> Result<Observation, Fault>;

    /// The line for a shell that repeats the run by hand.
    fn command_line(&self, program: &Program, limits: &Limits) -> String;
}
