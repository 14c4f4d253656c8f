//! The last step before an engine's program: this program, started anew, puts the limits on
//! itself and becomes the engine.
//!
//! The limits must be set in the child, between its start and the engine's first instruction,
//! and std offers no safe place for that; a shell would do, but not every shell lets the
//! engine keep its `argv[0]`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};

/// The verb that leads here.
pub const VERB: &str = "launch";
/// How standard error begins when the engine could not be started.
pub const FAILURE: &[u8] = b"conformance launch: ";
/// The exit status when the engine could not be started, as a shell has it.
pub const FAILURE_STATUS: u8 = 127;

const MIB: u64 = 1 << 20;

/// Arguments of the hidden verb.
#[derive(Debug, clap::Args)]
pub struct LaunchArgs {
    /// Address space of the engine in MiB
    #[arg(long)]
    memory: Option<u64>,
    /// What the engine finds as argv[0]
    #[arg(long)]
    name: OsString,
    /// The engine's program
    program: PathBuf,
    /// Its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Becomes the engine. Returns only when that fails.
pub fn run(args: &LaunchArgs) -> ExitCode {
    let error = match set_limits(args.memory) {
        Ok(()) => Command::new(&args.program)
            .arg0(&args.name)
            .args(&args.arguments)
            .exec()
            .into(),
        Err(error) => error,
    };
    eprintln!(
        "{}{}: {error:#}",
        String::from_utf8_lossy(FAILURE),
        args.program.display()
    );
    ExitCode::from(FAILURE_STATUS)
}

/// Ties this process to the one that has started it, and limits its address space, in MiB.
///
/// # Errors
///
/// When the system refuses that.
pub fn set_limits(memory: Option<u64>) -> Result<()> {
    // When the harness is killed, what it started goes too.
    set_parent_process_death_signal(Some(Signal::KILL)).context("cannot tie it to the harness")?;
    limit(Resource::Core, 0)?;
    if let Some(memory) = memory {
        limit(Resource::As, memory.saturating_mul(MIB))?;
    }
    Ok(())
}

fn limit(resource: Resource, value: u64) -> Result<()> {
    let value = getrlimit(resource)
        .maximum
        .map_or(value, |maximum| maximum.min(value));
    let limits = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(resource, limits).with_context(|| format!("cannot limit {resource:?} to {value}"))
}
