//! The verb `run`: programs of the corpus through the engines, and a report.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser as _;

use super::processes::{ProcessArgs, add_option};
use super::session::{self, Selection, Session};
use crate::allow::AllowList;
use crate::channel::ChannelName;
use crate::engine::ORACLE;
use crate::report::Header;
use crate::runner::{self, Plan};

/// Runs programs through both interpreters and compares what they do.
///
/// Each program runs in a process of its own, in its folder, with `lua` as its name and four
/// fixed environment variables. Standard output, standard error and exit status are compared,
/// and the bytecode where it is on record; with each other and with the record.
#[derive(Debug, Clone, PartialEq, clap::Parser)]
#[command(after_help = "\
Examples:
  cargo conformance run
  cargo conformance run corpus/golden/strings --engine oracle
  cargo conformance run corpus/golden/gc/cycle_collection.lua --timeout 60
  cargo conformance run corpus/regressions --bless")]
pub struct RunArgs {
    #[command(flatten)]
    selection: Selection,
    /// Use only this engine (repeatable); one alone is compared with the record only
    #[arg(long = "engine", value_name = "NAME")]
    engines: Vec<String>,
    #[command(flatten)]
    processes: ProcessArgs,
    /// Record the oracle's result for programs that have none
    #[arg(long)]
    bless: bool,
}

impl Default for RunArgs {
    fn default() -> Self {
        Self::parse_from(["run"])
    }
}

/// Runs the verb and says what the process returns.
pub fn main(args: &RunArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &RunArgs) -> Result<u8> {
    let root = args.selection.root()?;
    let entries = args.selection.entries(&root)?;
    if args.selection.list {
        return session::list(&entries);
    }
    let mut options = String::new();
    for engine in &args.engines {
        add_option(&mut options, "engine", engine);
    }
    let named_root = args.selection.root.as_ref().map(|_| root.as_path());
    options.push_str(&args.processes.repeated(named_root));
    let plan = Plan {
        engines: args.processes.engines(&args.engines, &root)?,
        limits: args.processes.limits(),
        allow: AllowList::load(&root)?.about(&[ChannelName::Output, ChannelName::Bytecode]),
        bless: args.bless,
        options,
    };
    if args.bless && !plan.engines.iter().any(|engine| engine.name() == ORACLE) {
        bail!("--bless records what the oracle does, so it needs the engine {ORACLE}");
    }
    let engines = plan.engines.iter().map(|engine| engine.describe());
    let header = Header::new("run", engines.collect(), plan.limits);
    let folder = args.selection.folder(&root);
    Session::start(folder, header, plan.allow.clone()).examine(
        &entries,
        args.selection.jobs(),
        |entry| runner::examine(entry, &plan),
    )
}
