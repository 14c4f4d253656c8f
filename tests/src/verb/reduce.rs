//! The verb `reduce`: a program made small that shows a difference.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::session;
use super::{AGREES, DIFFERS};
use crate::allow::AllowList;
use crate::channel::ChannelName;
use crate::corpus::header::{EntryHeader, EntryOrigin};
use crate::generate::prelude;
use crate::pair::PairOptions;
use crate::reduce::in_process::InProcess;
use crate::reduce::{self, Bounds, Examine as _, Finest, Refusal};
use crate::report::write::write_atomically;
use crate::triage::store::{Finding, Seen};
use crate::triage::{self, Source, Store};
use crate::workspace;

/// Makes a program small without losing the difference that it shows.
///
/// Lines are left out first, then parts of the syntax tree. The signature stays the same; other
/// signatures that are met become buckets of their own. The result goes to standard output.
/// Exit status: 0 when there is a result, 1 when the program shows nothing to keep, 2 for faults.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance reduce found.lua
  cargo conformance reduce found.lua --keep 0123abcd --output small.lua
  cargo conformance reduce found.lua --channel collector --time 60")]
pub struct ReduceArgs {
    /// The program
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The signature to keep [default: the first that the program shows]
    #[arg(long, value_name = "SIGNATURE")]
    keep: Option<String>,
    /// Compare only in this channel (repeatable) [default: those that cost no second run]
    #[arg(long = "channel", value_name = "NAME", value_parser = super::parse_channel)]
    channels: Vec<ChannelName>,
    /// Write the result to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Programs that are compared, at most
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    candidates: usize,
    /// Seconds it may take
    #[arg(long, value_name = "S", default_value_t = 300)]
    time: u64,
    /// Runs the prelude of generated programs before each program, in the same state
    #[arg(long)]
    prelude: bool,
    /// Folder for buckets of other signatures that are met [default: reports/findings]
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &ReduceArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &ReduceArgs) -> Result<u8> {
    let whole = std::fs::read(&args.file).with_context(|| args.file.display().to_string())?;
    let text = EntryHeader::strip(&whole);
    let mut options = PairOptions::default();
    if !args.channels.is_empty() {
        options.channels.clone_from(&args.channels);
    }
    options.prelude = args.prelude.then(prelude::source);
    let mut examiner = InProcess::new(options)?;
    let bounds = Bounds {
        candidates: args.candidates,
        time: Duration::from_secs(args.time),
    };
    let keep = args.keep.as_deref();
    let reduction = match reduce::reduce(text, keep, Finest::Tree, bounds, &mut examiner) {
        Ok(reduction) => reduction,
        Err(Refusal::Fault(error)) => return Err(error),
        Err(refusal) => {
            eprintln!("conformance: {}: {refusal}", args.file.display());
            return Ok(DIFFERS);
        }
    };
    let lines = |text: &[u8]| text.iter().filter(|&&byte| byte == b'\n').count();
    eprintln!(
        "{} {}: {} lines of {}, {} programs compared in {:.1} s{}",
        reduction.signature.id,
        reduction.signature.message,
        lines(&reduction.text),
        lines(text),
        reduction.examined,
        reduction.time.as_secs_f64(),
        if reduction.is_complete {
            ""
        } else {
            "; not at its end, give it more with --candidates or --time"
        }
    );
    match &args.output {
        Some(path) => write_atomically(path, &reduction.text)?,
        None => session::print_bytes(&reduction.text)?,
    }
    if !reduction.others.is_empty() {
        keep_others(args, &mut examiner, &reduction.others)?;
    }
    Ok(AGREES)
}

fn keep_others(
    args: &ReduceArgs,
    examiner: &mut InProcess,
    others: &[(crate::divergence::Signature, Vec<u8>)],
) -> Result<()> {
    let root = workspace::built_root();
    let folder = args
        .findings
        .clone()
        .unwrap_or_else(|| root.join(triage::FOLDER));
    let (mut store, remarks) = Store::open(&folder, &root, AllowList::load(&root)?)?;
    for remark in remarks {
        eprintln!("{remark}");
    }
    for (signature, text) in others {
        // Once more: what does not show again is nothing.
        let shown = examiner.examine(&[text])?;
        let is_there = shown.iter().flatten().any(|other| other == signature);
        let Some(divergence) = examiner.divergence(&signature.id).filter(|_| is_there) else {
            continue;
        };
        let finding = Finding {
            divergence,
            text: text.clone(),
            source: Source {
                origin: EntryOrigin::Mutant,
                seed: None,
                mode: None,
                after_prelude: args.prelude,
            },
            repeated: (2, 2),
        };
        if store.add(&finding)? == Seen::First {
            eprintln!(
                "met on the way: {} {}: {}",
                signature.id,
                signature.message,
                store.program_path(&signature.id).display()
            );
        }
    }
    store.flush()
}
