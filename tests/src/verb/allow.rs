//! The verb `allow`: whether the accepted differences still are there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::processes::ProcessArgs;
use super::session;
use super::{AGREES, DIFFERS};
use crate::allow::{AllowList, Allowance, FILE};
use crate::channel::ChannelName;
use crate::compile::worker::{self, Request};
use crate::compile::{Depth, Outcome};
use crate::corpus;
use crate::divergence::{Cause, Divergence};
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::runner::{self, Plan};
use crate::workspace;

/// Looks after corpus/allow.toml, the list of differences that are meant to stay.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance allow check
  cargo conformance allow list")]
pub struct AllowArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
enum Action {
    /// Runs every entry's witness, which must still show the signature, and looks at the expiry
    Check(CheckArgs),
    /// Prints the entries
    List(ListArgs),
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Example:
  cargo conformance allow check --profile quick")]
struct CheckArgs {
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    processes: ProcessArgs,
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Example:
  cargo conformance allow list")]
struct ListArgs {
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &AllowArgs) -> ExitCode {
    session::exit_code(match &args.action {
        Action::Check(args) => check(args),
        Action::List(args) => list(args),
    })
}

fn list(args: &ListArgs) -> Result<u8> {
    let root = args.root.clone().unwrap_or_else(workspace::built_root);
    let list = AllowList::load(&root)?;
    let lines: String = list
        .entries()
        .iter()
        .map(|entry| {
            format!(
                "{} {} {} until {}: {} ({}), see {}\n",
                entry.signature,
                entry.channel,
                entry.id,
                entry.expiry,
                entry.reason,
                entry.reference,
                entry.witness
            )
        })
        .collect();
    session::print(&lines)?;
    Ok(AGREES)
}

fn check(args: &CheckArgs) -> Result<u8> {
    let root = args.root.clone().unwrap_or_else(workspace::built_root);
    let list = AllowList::load(&root)?;
    let mut processes = None;
    let mut bad = 0;
    for entry in list.entries() {
        let problem = if list.has_expired(entry) {
            Some(format!("it expired after {}", entry.expiry))
        } else {
            let shown = witnessed(entry, &root, args, &mut processes)
                .with_context(|| format!("{FILE}: entry {}", entry.id))?;
            let is_shown = shown.iter().any(|found| {
                found.cause == Cause::Differs && found.signature.id == entry.signature
            });
            (!is_shown).then(|| {
                let ids = shown.iter().map(|found| found.signature.id.as_str());
                let ids: Vec<&str> = ids.collect();
                let instead = if ids.is_empty() {
                    "no difference".to_owned()
                } else {
                    ids.join(", ")
                };
                format!(
                    "its witness {} does not show {} any more, but {instead}",
                    entry.witness, entry.signature
                )
            })
        };
        if let Some(problem) = problem {
            bad += 1;
            session::print(&format!(
                "{FILE}: entry {}: {problem}; remove the entry or look at it again\n",
                entry.id
            ))?;
        }
    }
    let all = list.entries().len();
    session::print(&format!("{all} allowed differences, {bad} to look at\n"))?;
    Ok(if bad == 0 { AGREES } else { DIFFERS })
}

/// What a witness shows in the channel of its entry.
fn witnessed(
    entry: &Allowance,
    root: &Path,
    args: &CheckArgs,
    processes: &mut Option<Plan>,
) -> Result<Vec<Divergence>> {
    let named = corpus::named(root, &[root.join(&entry.witness)])?;
    let Some(found) = named.first() else {
        return Ok(Vec::new());
    };
    match entry.channel {
        ChannelName::Output | ChannelName::Bytecode => {
            if processes.is_none() {
                *processes = Some(Plan {
                    engines: args.processes.engines(&[], root)?,
                    limits: args.processes.limits(),
                    allow: AllowList::default(),
                    bless: false,
                    options: String::new(),
                });
            }
            let Some(plan) = processes.as_ref() else {
                return Ok(Vec::new());
            };
            let result = runner::examine(found, plan);
            if let Some(fault) = result.faults().first() {
                anyhow::bail!("{fault}");
            }
            let comparisons = result.comparisons.iter();
            let divergences = comparisons.flat_map(|comparison| comparison.verdict.divergences());
            Ok(divergences
                .filter(|divergence| divergence.channel == entry.channel)
                .cloned()
                .collect())
        }
        ChannelName::Compiler => {
            let program = Program::load(found).map_err(|fault| anyhow::anyhow!("{fault}"))?;
            let request = Request {
                name: program.chunk_name(),
                text: program.source,
                depth: Depth::Whole,
            };
            match worker::compare(&[request])?.into_iter().next() {
                Some(Outcome::Differs { divergences }) => Ok(divergences),
                _ => Ok(Vec::new()),
            }
        }
        channel => {
            let mut program = Program::load(found).map_err(|fault| anyhow::anyhow!("{fault}"))?;
            program.origin = Origin::Text;
            let options = PairOptions {
                channels: vec![channel],
                ..PairOptions::default()
            };
            let mut pair = Pair::new(options).map_err(|fault| anyhow::anyhow!("{fault}"))?;
            Ok(pair.compare(&program).divergences().to_vec())
        }
    }
}
