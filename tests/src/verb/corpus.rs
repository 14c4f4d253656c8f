//! The verb `corpus`: programs added, checked, and reduced to those that are needed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, bail};

use super::processes::ProcessArgs;
use super::session::{self, Selection};
use super::{AGREES, DIFFERS};
use crate::allow::AllowList;
use crate::bless::RecordState;
use crate::channel::ChannelName;
use crate::corpus::header::{EntryHeader, EntryOrigin};
use crate::corpus::minimum::{self, Exercising};
use crate::corpus::{self, Entry};
use crate::engine::ORACLE;

use crate::generate::Exercised;
use crate::pair::{Pair, PairOptions};
use crate::program::{Program, side_file};
use crate::record;
use crate::report::ProgramResult;
use crate::report::write::write_atomically;
use crate::runner::{self, Plan};
use crate::triage::{self, Bucket};
use crate::verdict::{Verdict, VerdictKind};
use crate::{clock, workspace};

/// Where entries are added.
const FOLDER: &str = "corpus/regressions";

/// Looks after the corpus: the programs that `cargo test` runs for ever.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance corpus add reports/findings/0123abcd
  cargo conformance corpus check
  cargo conformance corpus min corpus/regressions")]
pub struct CorpusArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
enum Action {
    /// Adds a program with a head that says where it comes from, and records what the oracle does
    Add(Box<AddArgs>),
    /// Looks at the heads, and whether the oracle still does what is on record
    Check(Box<CheckArgs>),
    /// Says which programs exercise nothing that others don't
    Min(Box<MinArgs>),
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance corpus add reports/findings/0123abcd
  cargo conformance corpus add small.lua --name negative_step --channel output")]
struct AddArgs {
    /// A Lua program, or the folder of a bucket
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name of the entry [default: that of the file, or of the signature]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A channel in which both sides have to agree (repeatable) [default: that of the bucket, output]
    #[arg(long = "channel", value_name = "NAME", value_parser = super::parse_channel)]
    channels: Vec<ChannelName>,
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    processes: ProcessArgs,
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance corpus check
  cargo conformance corpus check corpus/regressions")]
struct CheckArgs {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    processes: ProcessArgs,
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance corpus min corpus/regressions
  cargo conformance corpus min --remove")]
struct MinArgs {
    #[command(flatten)]
    selection: Selection,
    /// Remove the generated ones among them, with their records
    #[arg(long)]
    remove: bool,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &CorpusArgs) -> ExitCode {
    session::exit_code(match &args.action {
        Action::Add(args) => add(args),
        Action::Check(args) => check(args),
        Action::Min(args) => min(args),
    })
}

/// A plan that runs the oracle alone.
fn oracle_only(processes: &ProcessArgs, root: &Path, bless: bool) -> Result<Plan> {
    Ok(Plan {
        engines: processes.engines(&[ORACLE.to_owned()], root)?,
        limits: processes.limits(),
        allow: AllowList::default(),
        bless,
        options: String::new(),
    })
}

fn add(args: &AddArgs) -> Result<u8> {
    let root = args.root.clone().unwrap_or_else(workspace::built_root);
    let (source, bucket) = read(&args.file)?;
    let mut header =
        match EntryHeader::parse(&source).with_context(|| args.file.display().to_string())? {
            Some(header) => header,
            None => head(&root, bucket.as_ref()),
        };
    if !args.channels.is_empty() {
        header.channels.clone_from(&args.channels);
    }
    let name = match (&args.name, &bucket) {
        (Some(name), _) => name.clone(),
        (None, Some(bucket)) => format!("found_{}", bucket.id()),
        (None, None) => {
            let stem = args.file.file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        }
    };
    if name.is_empty() || name.contains(['/', '.']) || name.starts_with("mod_") {
        bail!("{name:?} is no name of an entry; give another one with --name");
    }
    let path = root.join(FOLDER).join(format!("{name}.lua"));
    if path.exists() {
        bail!(
            "{}: there already; give another name with --name",
            path.display()
        );
    }
    let plan = oracle_only(&args.processes, &root, true)?;
    let text = [header.to_string().as_bytes(), EntryHeader::strip(&source)].concat();
    write_atomically(&path, &text)?;
    let named = corpus::named(&root, std::slice::from_ref(&path))?;
    let result = named.first().map(|entry| runner::examine(entry, &plan));
    match result.map(|result| (result.record.clone(), result)) {
        Some((RecordState::Written, _)) => {
            session::print(&format!("{}\n", path.display()))?;
            Ok(AGREES)
        }
        other => {
            // Without a record it is no entry.
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
            let reason = match other {
                Some((RecordState::Refused { reason }, _)) => reason,
                Some((_, result)) => result
                    .faults()
                    .first()
                    .map_or("no record was written".to_owned(), |fault| {
                        fault.to_string()
                    }),
                None => "no such program".to_owned(),
            };
            bail!(
                "{}: not added, what the oracle does can't be recorded: {reason}",
                args.file.display()
            );
        }
    }
}

/// A program, and the bucket that it stands in.
fn read(path: &Path) -> Result<(Vec<u8>, Option<Bucket>)> {
    let (program, folder) = if path.is_dir() {
        (path.join(triage::PROGRAM), Some(path))
    } else {
        let is_bucket = path
            .file_name()
            .is_some_and(|name| name == triage::PROGRAM || name == triage::WHOLE);
        (path.to_owned(), path.parent().filter(|_| is_bucket))
    };
    let source = fs::read(&program).with_context(|| program.display().to_string())?;
    let bucket = match folder {
        Some(folder) => Some(triage::bucket(folder)?),
        None => None,
    };
    Ok((source, bucket))
}

fn head(root: &Path, bucket: Option<&Bucket>) -> EntryHeader {
    let mut channels = vec![ChannelName::Output];
    if let Some(bucket) = bucket
        && !channels.contains(&bucket.divergence.channel)
    {
        channels.push(bucket.divergence.channel);
    }
    let day = bucket.map_or_else(
        || clock::date(clock::now()),
        |bucket| bucket.first_seen.chars().take(10).collect(),
    );
    let found = match revision(root) {
        Some(revision) => format!("{day} {revision}"),
        None => day,
    };
    EntryHeader {
        origin: bucket.map_or(EntryOrigin::Written, |bucket| bucket.source.origin),
        seed: bucket.and_then(|bucket| bucket.source.seed),
        mode: bucket.and_then(|bucket| bucket.source.mode.clone()),
        found,
        signature: bucket.map(|bucket| bucket.divergence.signature.clone()),
        channels,
    }
}

/// The revision of the tree, where there is a repository and a git to ask.
fn revision(root: &Path) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["rev-parse", "--short", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

fn check(args: &CheckArgs) -> Result<u8> {
    let root = args.selection.root()?;
    let entries = args.selection.entries(&root)?;
    if args.selection.list {
        return session::list(&entries);
    }
    let plan = oracle_only(&args.processes, &root, false)?;
    let stop = AtomicBool::new(false);
    let mut problems = Vec::new();
    let look = |entry: &Entry| runner::examine(entry, &plan);
    runner::run(&entries, args.selection.jobs(), &stop, look, |result| {
        problems.extend(record_problem(result));
    })
    .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    for entry in &entries {
        let source = fs::read(&entry.path).with_context(|| entry.path.display().to_string())?;
        match EntryHeader::parse(&source) {
            Ok(None) => {}
            Ok(Some(header)) => {
                if let Some(problem) = channels_problem(entry, &header)? {
                    problems.push(format!("{}: {problem}", entry.id));
                }
            }
            Err(error) => problems.push(format!("{}: corrupt head: {error:#}", entry.id)),
        }
    }
    problems.sort();
    for problem in &problems {
        session::print(&format!("{problem}\n"))?;
    }
    session::print(&format!(
        "{} programs, {} to look at\n",
        entries.len(),
        problems.len()
    ))?;
    Ok(if problems.is_empty() { AGREES } else { DIFFERS })
}

fn record_problem(result: &ProgramResult) -> Option<String> {
    let program = &result.program;
    if let Some(fault) = result.faults().first() {
        return Some(format!("{program}: {fault}"));
    }
    if result.record == RecordState::Absent {
        return Some(format!(
            "{program}: no record; write it with `cargo conformance run {program} --bless`"
        ));
    }
    (result.verdict != VerdictKind::Agree).then(|| {
        format!(
            "{program}: the oracle does not do what is on record; see `cargo conformance run \
             {program} --engine oracle`"
        )
    })
}

/// What is wrong in the channels that `run` doesn't look at.
fn channels_problem(entry: &Entry, header: &EntryHeader) -> Result<Option<String>> {
    let is_inside = |channel: &&ChannelName| {
        !matches!(
            channel,
            ChannelName::Output
                | ChannelName::Bytecode
                | ChannelName::Compiler
                | ChannelName::Exported
                | ChannelName::Imported
        )
    };
    let channels: Vec<ChannelName> = header.channels.iter().filter(is_inside).copied().collect();
    if channels.is_empty() {
        return Ok(None);
    }
    let options = PairOptions {
        channels,
        ..PairOptions::default()
    };
    let mut pair = Pair::new(options).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let program = Program::load(entry).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let judged = pair.compare(&program);
    Ok(match &judged.verdict {
        Verdict::Agree => None,
        verdict => {
            let found = verdict.divergences().first();
            Some(match (found, verdict.reason()) {
                (Some(found), _) => format!(
                    "rilua differs: {} {}",
                    found.signature.id, found.signature.message
                ),
                (None, Some(reason)) => reason,
                (None, None) => verdict.kind().to_string(),
            })
        }
    })
}

fn min(args: &MinArgs) -> Result<u8> {
    let root = args.selection.root()?;
    let entries = args.selection.entries(&root)?;
    if args.selection.list {
        return session::list(&entries);
    }
    let mut programs = Vec::new();
    for entry in &entries {
        let program = Program::load(entry).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        programs.push(Exercising {
            id: entry.id.clone(),
            bytes: program.source.len(),
            features: features(&program),
        });
    }
    let needed: BTreeSet<&str> = minimum::needed(&programs).into_iter().collect();
    let mut removed = 0;
    for entry in entries
        .iter()
        .filter(|entry| !needed.contains(entry.id.as_str()))
    {
        let source = fs::read(&entry.path).with_context(|| entry.path.display().to_string())?;
        let header =
            EntryHeader::parse(&source).with_context(|| format!("{}: corrupt head", entry.id))?;
        let is_generated = header.is_some_and(|header| header.origin != EntryOrigin::Written);
        let remark = match (is_generated, args.remove) {
            (true, true) => {
                remove(&entry.path)?;
                removed += 1;
                "removed"
            }
            (true, false) => "redundant",
            (false, _) => "redundant, but written by hand: it stays",
        };
        session::print(&format!("{}: {remark}\n", entry.id))?;
    }
    session::print(&format!(
        "{} programs, {} exercise all that they do together, {removed} removed\n",
        entries.len(),
        needed.len()
    ))?;
    Ok(AGREES)
}

/// Removes a program; its record first, so that none is left without it.
fn remove(program: &Path) -> Result<()> {
    for suffix in record::SUFFIXES.into_iter().rev().chain(["args", "stdin"]) {
        let path = side_file(program, suffix);
        if path.exists() {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    fs::remove_file(program).with_context(|| program.display().to_string())
}

/// What a program exercises, by name; what it says on standard error is among it.
fn features(program: &Program) -> BTreeSet<String> {
    let mut exercised = Exercised::default();
    exercised.add_source(&program.source);
    let stderr = program.record.iter().map(|record| &record.stderr);
    for line in stderr.flat_map(|text| text.split(|&byte| byte == b'\n')) {
        exercised.add_message(line);
    }
    exercised.features().into_keys().collect()
}
