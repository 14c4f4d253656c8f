//! The verb `diff`: one program through rilua and the oracle, or another Lua, and where they part.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::processes::ProcessArgs;
use super::{AGREES, DIFFERS, FAULT, session};
use crate::channel::{self, ChannelName, Outcome};
use crate::divergence::Divergence;
use crate::engine::program::ProgramEngine;
use crate::engine::{Engine as _, RILUA};
use crate::generate::prelude;
use crate::pair::{Pair, PairOptions};
use crate::program::Program;
use crate::verdict::Verdict;
use crate::{corpus, shell, workspace};

/// Compares what one program does in rilua and in PUC-Rio Lua 5.1.1, or in another Lua.
///
/// With 5.1.1, both run in this process, in a world without files, processes and variables,
/// whose clocks stand still; with another Lua, both run as programs of their own, and what they
/// write is compared.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance diff program.lua
  cargo conformance diff program.lua --channel lockstep --channel heap
  cargo conformance diff reports/findings/26e93bc1/program.lua --prelude
  cargo conformance diff program.lua --against /usr/bin/lua5.1")]
pub struct DiffArgs {
    /// The program
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// An interpreter of Lua 5.1 to compare with, in place of 5.1.1
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// What is compared (repeatable) [default: everything]
    #[arg(long = "channel", value_name = "NAME", value_enum)]
    channels: Vec<PairChannel>,
    /// Runs the prelude of generated programs first, in the same state
    #[arg(long, conflicts_with = "against")]
    prelude: bool,
    /// Instructions after which 5.1.1 is stopped; 0 for no limit
    #[arg(long, value_name = "N", default_value_t = 1_000_000_000)]
    fuel: u64,
    #[command(flatten)]
    processes: ProcessArgs,
}

/// The channels that the verb can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum PairChannel {
    /// Standard output and error, and the exit status
    Output,
    /// What the chunk returned, or its error and traceback
    Error,
    /// The chunk it is compiled to
    Bytecode,
    /// The collector's books at the end
    Collector,
    /// The heaps as graphs at the end
    Heap,
    /// The virtual machines, instruction by instruction
    Lockstep,
    /// Other forms of the program: dumped, stripped, in a coroutine, …
    Metamorphic,
}

impl PairChannel {
    const ALL: [Self; 7] = [
        Self::Output,
        Self::Error,
        Self::Bytecode,
        Self::Collector,
        Self::Heap,
        Self::Lockstep,
        Self::Metamorphic,
    ];

    fn name(self) -> ChannelName {
        match self {
            Self::Output => ChannelName::Output,
            Self::Error => ChannelName::Error,
            Self::Bytecode => ChannelName::Bytecode,
            Self::Collector => ChannelName::Collector,
            Self::Heap => ChannelName::Heap,
            Self::Lockstep => ChannelName::Lockstep,
            Self::Metamorphic => ChannelName::Metamorphic,
        }
    }
}

/// Runs the verb and says what the process returns.
pub fn main(args: &DiffArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &DiffArgs) -> Result<u8> {
    let program = load(&args.file)?;
    match &args.against {
        Some(other) => against(args, &program, other),
        None => with_oracle(args, &program),
    }
}

/// Reads a program from a file anywhere.
pub(super) fn load(file: &Path) -> Result<Program> {
    let root = workspace::built_root();
    let entries = corpus::named(&root, &[file.to_owned()])?;
    let [entry] = entries.as_slice() else {
        bail!("{}: name one program, not a folder", file.display());
    };
    Program::load(entry).map_err(|fault| anyhow::anyhow!("{fault}"))
}

fn with_oracle(args: &DiffArgs, program: &Program) -> Result<u8> {
    let channels = if args.channels.is_empty() {
        &PairChannel::ALL[..]
    } else {
        &args.channels
    };
    let options = PairOptions {
        channels: channels.iter().map(|channel| channel.name()).collect(),
        fuel: NonZeroU64::new(args.fuel),
        memory: usize::try_from(args.processes.memory.saturating_mul(1 << 20))
            .ok()
            .filter(|bytes| *bytes > 0),
        time: Duration::from_secs_f64(args.processes.timeout),
        prelude: args.prelude.then(prelude::source),
        ..PairOptions::default()
    };
    let judged = Pair::new(options)
        .map_err(|fault| anyhow::anyhow!("{fault}"))?
        .compare(program);
    let mut words = format!("cargo conformance diff {}", shell::quote(&program.id));
    if args.prelude {
        words.push_str(" --prelude");
    }
    for channel in &args.channels {
        words.push_str(&format!(" --channel {}", channel.name()));
    }
    report(&judged.verdict, "5.1.1", &words)
}

fn against(args: &DiffArgs, program: &Program, other: &Path) -> Result<u8> {
    if args
        .channels
        .iter()
        .any(|channel| *channel != PairChannel::Output)
    {
        bail!("--against compares the output only: another program is not seen from inside");
    }
    let root = workspace::built_root();
    let ours = args.processes.engines(&[RILUA.to_owned()], &root)?;
    let [ours] = ours.as_slice() else {
        bail!("there is no engine {RILUA}");
    };
    let theirs = ProgramEngine {
        name: "other".to_owned(),
        interpreter: std::path::absolute(other)
            .with_context(|| format!("{}: no such program", other.display()))?,
        compiler: None,
        launcher: std::env::current_exe().context("where is this program?")?,
    };
    let limits = args.processes.limits();
    let fault = |fault| anyhow::anyhow!("{fault}");
    let left = theirs.observe(program, &limits).map_err(fault)?;
    let right = ours.observe(program, &limits).map_err(fault)?;
    let verdict = if !left.end.is_normal() {
        Verdict::Poisoned {
            reason: format!("{}: {}", other.display(), left.end),
        }
    } else {
        match channel::compare_output(ChannelName::Output, &left, &right) {
            Outcome::Compared { divergences, .. } if !divergences.is_empty() => {
                Verdict::Diverge { divergences }
            }
            _ => Verdict::Agree,
        }
    };
    let words = format!(
        "cargo conformance diff {} --against {}",
        shell::quote(&program.id),
        shell::quote(&other.to_string_lossy())
    );
    report(&verdict, &other.to_string_lossy(), &words)
}

/// Prints a verdict; the exit status.
fn report(verdict: &Verdict, left: &str, reproduce: &str) -> Result<u8> {
    let (text, status) = match verdict {
        Verdict::Agree => (format!("rilua does the same as {left}\n"), AGREES),
        Verdict::Diverge { divergences } | Verdict::Allowed { divergences, .. } => {
            (differences(divergences, left, reproduce), DIFFERS)
        }
        Verdict::Poisoned { reason } | Verdict::OracleUb { reason } => {
            (format!("not compared: {reason}\n"), DIFFERS)
        }
        Verdict::HarnessError { fault } => {
            eprintln!("conformance: {fault}");
            return Ok(FAULT);
        }
    };
    session::print(&text)?;
    Ok(status)
}

/// The lines about some divergences.
pub(super) fn differences(divergences: &[Divergence], left: &str, reproduce: &str) -> String {
    let mut text = format!("- {left}\n+ rilua\n");
    for found in divergences {
        let place = found
            .line
            .map_or(String::new(), |line| format!(", line {line}"));
        text.push_str(&format!(
            "\n{}/{}{place} (signature {}: {})\n",
            found.channel, found.stream, found.signature.id, found.signature.message
        ));
        for line in &found.excerpt {
            text.push_str(&format!("{line}\n"));
        }
    }
    text.push_str(&format!("\nto repeat: {reproduce}\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::inside;
    use crate::program::Origin;

    #[test]
    fn every_channel_has_the_name_it_has_in_reports() {
        use clap::ValueEnum as _;
        for channel in PairChannel::ALL {
            let value = channel.to_possible_value().unwrap();
            assert_eq!(value.get_name(), channel.name().to_string());
        }
    }

    #[test]
    fn differences_are_shown_with_the_line_that_repeats_them() {
        let source = "local s = tostring({}) return s .. 'x'";
        let program = Program::from_source("p.lua", Origin::Text, source);
        // The concatenation reads an address.
        let concat = 5;
        let parting = inside::on_deep_stack(|| {
            crate::lockstep::describe(&program, None, inside::UNBOUNDED, concat, false)
        })
        .unwrap();
        let text = differences(
            &[parting.divergence()],
            "5.1.1",
            "cargo conformance diff p.lua",
        );
        assert!(text.starts_with("- 5.1.1\n+ rilua\n"));
        assert!(text.contains("\nlockstep/event (signature "), "{text}");
        assert!(text.ends_with("to repeat: cargo conformance diff p.lua\n"));
    }
}
