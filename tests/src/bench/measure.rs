//! One run of an interpreter, with what it used.
//!
//! The kernel gives a parent the processor time of its children together and the largest peak
//! memory among them. So each run has a parent of its own: this program, started anew by the
//! hidden verb [`VERB`], which starts the interpreter, waits for it and writes what its only
//! child has used into a file. The peak memory of a process that is started from another begins
//! with that one's, a few MiB here, so small peaks say nothing.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

use crate::engine::Limits;
use crate::engine::process::{self, Job};
use crate::observation::Termination;

/// Callgrind is some fifty times slower than the processor.
const COUNTING_TIME: Duration = Duration::from_secs(600);

/// The verb that leads here.
pub const VERB: &str = "measure";

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time in user mode, in seconds.
    pub user: f64,
    /// Processor time in the kernel, in seconds.
    pub system: f64,
    /// From before its start until after its end, in seconds.
    pub elapsed: f64,
    /// The largest resident memory, in KiB.
    pub peak: u64,
}

/// What a run gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// How it ended.
    pub end: Termination,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
    /// What it used; absent when it was ended by force.
    pub usage: Option<Usage>,
}

/// What stands in the file that the hidden verb writes.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    usage: Usage,
    /// The signal that ended the program, if one did.
    signal: Option<i32>,
}

/// Arguments of the hidden verb.
#[derive(Debug, clap::Args)]
pub struct MeasureArgs {
    /// Where to write what was used
    #[arg(long)]
    usage: PathBuf,
    /// The program
    program: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs a program and writes down what it used; ends as it ended.
pub fn main(args: &MeasureArgs) -> ExitCode {
    match run_child(args) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("conformance {VERB}: {error:#}");
            ExitCode::from(crate::engine::launch::FAILURE_STATUS)
        }
    }
}

fn run_child(args: &MeasureArgs) -> Result<u8> {
    let started = Instant::now();
    let status = Command::new(&args.program)
        .arg0("lua")
        .args(&args.arguments)
        .status()
        .with_context(|| format!("cannot start {}", args.program.display()))?;
    let elapsed = started.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("the kernel tells no usage")?;
    let seconds = |micros: i64| Duration::from_micros(micros.unsigned_abs());
    let usage = Usage {
        user: seconds(usage.user_time().num_microseconds()).as_secs_f64(),
        system: seconds(usage.system_time().num_microseconds()).as_secs_f64(),
        elapsed: elapsed.as_secs_f64(),
        peak: usage.max_rss().unsigned_abs(),
    };
    let written = Written {
        usage,
        signal: status.signal(),
    };
    fs::write(&args.usage, serde_json::to_vec(&written)?)
        .with_context(|| format!("cannot write {}", args.usage.display()))?;
    // Who reads the file knows of a signal from there.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(1))
}

/// Runs an interpreter once, in a folder, with these arguments.
///
/// # Errors
///
/// When there is no process to be had or the interpreter can't be started.
pub fn run(
    harness: &Path,
    interpreter: &Path,
    arguments: &[OsString],
    folder: &Path,
    limits: &Limits,
) -> Result<Measured> {
    let usage_file = tempfile::NamedTempFile::new().context("no temporary file")?;
    let mut words: Vec<OsString> = vec![VERB.into(), "--usage".into()];
    words.push(usage_file.path().into());
    words.push("--".into());
    words.push(interpreter.into());
    words.extend_from_slice(arguments);
    let job = Job {
        launcher: harness,
        executable: harness,
        name: "conformance",
        arguments: &words,
        folder,
        stdin: &[],
    };
    let finished = process::run(&job, limits)
        .with_context(|| format!("cannot run {}", interpreter.display()))?;
    let written = fs::read(usage_file.path()).unwrap_or_default();
    let written: Option<Written> = serde_json::from_slice(&written).ok();
    if written.is_none() && finished.end.is_normal() {
        bail!(
            "{}: {}",
            interpreter.display(),
            String::from_utf8_lossy(&finished.stderr).trim()
        );
    }
    let signal = written.as_ref().and_then(|written| written.signal);
    Ok(Measured {
        end: signal.map_or(finished.end, Termination::Signal),
        stdout: finished.stdout,
        stderr: finished.stderr,
        usage: written.map(|written| written.usage),
    })
}

/// The number of instructions an interpreter executes, counted by valgrind's callgrind; `None`
/// when valgrind isn't there or has no count.
///
/// # Errors
///
/// When there is no process to be had.
pub fn instructions(
    harness: &Path,
    valgrind: &Path,
    interpreter: &Path,
    arguments: &[OsString],
    folder: &Path,
    limits: &Limits,
) -> Result<Option<u64>> {
    let mut words: Vec<OsString> = ["--tool=callgrind", "--callgrind-out-file=/dev/null"]
        .map(OsString::from)
        .to_vec();
    words.push(interpreter.into());
    words.extend_from_slice(arguments);
    let job = Job {
        launcher: harness,
        executable: valgrind,
        name: "valgrind",
        arguments: &words,
        folder,
        stdin: &[],
    };
    // Valgrind needs room and time of its own.
    let limits = Limits {
        time: COUNTING_TIME,
        memory_mib: None,
        ..*limits
    };
    let finished = process::run(&job, &limits).context("cannot run valgrind")?;
    Ok(counted(&String::from_utf8_lossy(&finished.stderr)))
}

/// The count in what callgrind says: `==123== Collected : 456789`.
fn counted(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| {
        let (_, count) = line.split_once("Collected : ")?;
        count.split_whitespace().next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_count_of_instructions() {
        let text = "==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n";
        assert_eq!(counted(text), Some(1_234_567));
        assert_eq!(counted("valgrind: no such file"), None);
    }
}
