//! The verb `lockstep`: one program through both virtual machines, instruction by instruction.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::{AGREES, DIFFERS, diff, session};
use crate::engine::inside::{self, Budget, Prelude};
use crate::generate::prelude;
use crate::lockstep::{self, Traced};
use crate::shell;

/// Traces a program in rilua and in PUC-Rio Lua 5.1.1 and shows the first instruction that differs.
///
/// Before each instruction the function, the place in it, the values that it reads and the
/// active local variables are compared. Shown are the ten instructions before the first one
/// that differs, and that one, with these values on both sides: of registers (R), constants
/// (K), upvalues (U) and local variables (L).
///
/// Where two collectors part, `--whole` finds the first cause: it compares all other registers
/// of the function as well (S), in which something is left from an earlier use, and the memory in
/// use.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Example:
  cargo conformance lockstep program.lua")]
pub struct LockstepArgs {
    /// The program
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Runs the prelude of generated programs first, in the same state
    #[arg(long)]
    prelude: bool,
    /// Also what is left in registers, and the memory in use
    #[arg(long)]
    whole: bool,
    /// Instructions after which it is stopped
    #[arg(long, value_name = "N", default_value_t = 100_000_000)]
    fuel: u64,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &LockstepArgs) -> ExitCode {
    session::exit_code(run(args))
}

/// The command that shows the same once more.
fn again(args: &LockstepArgs, file: &str) -> String {
    let mut words = format!("cargo conformance lockstep {}", shell::quote(file));
    for (given, flag) in [(args.prelude, " --prelude"), (args.whole, " --whole")] {
        if given {
            words.push_str(flag);
        }
    }
    words
}

fn run(args: &LockstepArgs) -> Result<u8> {
    let program = diff::load(&args.file)?;
    let budget = Budget {
        fuel: NonZeroU64::new(args.fuel),
        memory: None,
    };
    let prelude = args
        .prelude
        .then(|| Prelude::compile(&prelude::source()))
        .transpose()
        .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let traced =
        inside::on_deep_stack(|| lockstep::compare(&program, prelude.as_ref(), budget, args.whole))
            .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let (text, status) = match traced {
        Traced::Same { instructions } if instructions == lockstep::MOST_INSTRUCTIONS => (
            format!("the first {instructions} instructions are the same; no more are compared\n"),
            AGREES,
        ),
        Traced::Same { instructions } => (
            format!("all {instructions} instructions are the same\n"),
            AGREES,
        ),
        Traced::NotCompared { end } => (format!("not compared: 5.1.1: {end}\n"), DIFFERS),
        Traced::Parts(parting) => (
            diff::differences(&[parting.divergence()], "5.1.1", &again(args, &program.id)),
            DIFFERS,
        ),
    };
    session::print(&text)?;
    Ok(status)
}
