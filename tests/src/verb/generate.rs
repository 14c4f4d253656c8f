//! The verb `gen`: generated programs, printed or written to files.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::{AGREES, session};
use crate::generate::{self, Generated, Mode, Weights};

/// Prints programs that follow from seeds.
///
/// Each is complete: the prelude in its second line neutralises what depends on the machine and
/// prints values canonically, so that any Lua 5.1 runs it. The same seed and mode give the same
/// program.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance gen --seed 7
  cargo conformance gen --seed 1 --mode erring --count 100 --output /tmp/programs
  cargo conformance gen --seed 7 --body")]
pub struct GenerateArgs {
    /// What the first program follows from; the others from the numbers after it
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What the programs are like
    #[arg(long, value_enum, default_value_t = Mode::Total)]
    mode: Mode,
    /// How many programs
    #[arg(long, value_name = "K", default_value_t = 1)]
    count: u64,
    /// Write each to a file in this folder, which is made if needed, instead of printing it
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only the generated part, without the prelude
    #[arg(long)]
    body: bool,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &GenerateArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &GenerateArgs) -> Result<u8> {
    if let Some(folder) = &args.output {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let weights = Weights::default();
    for number in 0..args.count {
        let seed = args.seed.wrapping_add(number);
        let program = generate::from_seed(seed, args.mode, &weights);
        let text = text(&program, seed, args.body);
        match &args.output {
            Some(folder) => write(&folder.join(name(&program, seed)), &text)?,
            None => io::stdout()
                .write_all(&text)
                .context("cannot write to standard output")?,
        }
    }
    Ok(AGREES)
}

fn mode(program: &Generated) -> &'static str {
    match program.mode {
        Mode::Total => "total",
        Mode::Erring => "erring",
        Mode::Limits => "limits",
    }
}

fn name(program: &Generated, seed: u64) -> String {
    format!("{}_{seed}.lua", mode(program))
}

/// The program with a line that says where it comes from.
fn text(program: &Generated, seed: u64, body: bool) -> Vec<u8> {
    let mut text = format!(
        "-- origin: generated, seed: {seed}, mode: {}\n",
        mode(program)
    )
    .into_bytes();
    if body {
        text.extend_from_slice(&program.source);
    } else {
        text.extend_from_slice(&program.text());
    }
    text
}

/// Replaces a file as a whole.
pub(super) fn write(path: &Path, text: &[u8]) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(text).with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_mode_and_seed() {
        let folder = tempfile::tempdir().unwrap();
        let args = GenerateArgs {
            seed: 41,
            mode: Mode::Erring,
            count: 2,
            output: Some(folder.path().join("new")),
            body: false,
        };
        assert_eq!(run(&args).unwrap(), AGREES);
        for seed in [41, 42] {
            let path = folder.path().join(format!("new/erring_{seed}.lua"));
            let text = fs::read(&path).unwrap();
            let header = format!("-- origin: generated, seed: {seed}, mode: erring\n");
            assert!(text.starts_with(header.as_bytes()), "{}", path.display());
        }
    }
}
