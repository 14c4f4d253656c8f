//! The verb `mutate`: changed programs through both compilers.

use std::process::ExitCode;

use anyhow::Result;

use super::session::{self, Selection, Session};
use crate::allow::AllowList;
use crate::compile::worker;
use crate::mutate::Stock;
use crate::mutate::campaign::{self, Plan};
use crate::program;
use crate::progress::Progress;
use crate::report::{Header, Mutants};

/// Compiles changed programs with both compilers, which must make the same of them.
///
/// Each mutant follows from the seed, its number and the programs: tokens deleted, inserted,
/// exchanged, repeated or nested, literals at the edge of what is one, parts of other programs,
/// bytes that belong nowhere, more of something than there may be. The chunks with all debug
/// information must be equal, or else the error messages. What differs is made small and
/// written to `mutants/` in the folder of the report, a few programs for each cause.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance mutate --seed 1 --count 50000
  cargo conformance mutate --seed 1 --first 1234 --count 1
  cargo conformance mutate corpus/golden/language --seed 7 --jobs 1")]
pub struct MutateArgs {
    #[command(flatten)]
    selection: Selection,
    /// What the mutants follow from
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many mutants
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    count: u64,
    /// Number of the first one
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &MutateArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &MutateArgs) -> Result<u8> {
    let root = args.selection.root()?;
    let entries = args.selection.entries(&root)?;
    if args.selection.list {
        return session::list(&entries);
    }
    let mut texts = Vec::new();
    for entry in &entries {
        texts.push(program::read(&entry.path).map_err(|fault| anyhow::anyhow!("{fault}"))?);
    }
    let stock = Stock::new(texts.iter().map(Vec::as_slice));
    let plan = Plan {
        seed: args.seed,
        first: args.first,
        count: args.count,
        jobs: args.selection.jobs(),
        selection: args.selection.repeated(),
    };
    let folder = args.selection.folder(&root);
    let header = Header::new("mutate", worker::engines()?, worker::LIMITS);
    let mut session = Session::start(folder.clone(), header, AllowList::default());
    let stop = session::stop_on_signals()?;

    let total = usize::try_from(args.count).unwrap_or(usize::MAX);
    let mut progress = Progress::new(total, "mutants");
    let notes = progress.notes();
    let tally = campaign::run(
        &stock,
        &plan,
        &stop,
        |count| progress.advance(count, ""),
        |signature, number| {
            notes.note(&format!(
                "mutant {number} differs: {} {}",
                signature.id, signature.message
            ));
        },
    )?;
    let results = campaign::reduce_findings(&tally, &stock, &plan, &folder, &root, |result| {
        session.add(result);
    })?;
    drop(progress);
    let complete = tally.tried == total;
    if !complete {
        eprintln!(
            "conformance: interrupted after {} of {total} mutants",
            tally.tried
        );
    }
    let mutants = Mutants {
        seed: args.seed,
        first: args.first,
        programs: entries.len(),
        tried: tally.tried,
        same_chunk: tally.same_chunk,
        same_message: tally.same_message,
        differ: tally.differ,
        not_compared: tally.not_compared,
        causes: tally.causes(),
    };
    session.finish(results, Some(mutants), complete)
}
