//! The verb `exhaust`: every small program through both implementations.

use std::collections::BTreeMap;
use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::session::{self, print};
use super::shard::Shard;
use super::{AGREES, DIFFERS};
use crate::allow::AllowList;
use crate::compile::worker;
use crate::corpus::Entry;
use crate::divergence::{Divergence, Signature};
use crate::engine::{Limits, ORACLE, RILUA};
use crate::generate::exhaust::Exhaust;
use crate::generate::prelude;
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::progress::Progress;
use crate::report::{Header, ProgramResult, Report, write};
use crate::shell;
use crate::verdict::{Comparison, Fault, Verdict};

/// Instructions for a program. Some loop for ever; those that don't take far less.
const FUEL: u64 = 20_000;
/// Programs that a thread takes at a time.
const BATCH: u64 = 512;

/// Runs every program of up to some nodes through rilua and the oracle, which must do the same.
///
/// The programs are all trees over a small alphabet, without random choice: local and global
/// variables, all operators, calls and statements. One number more takes about 30 times as long.
/// The first program of every cause of a difference is written to a folder at once.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance exhaust --size 3
  cargo conformance exhaust --size 5 --shard 2/8 --jobs 2
  cargo conformance exhaust --size 4 --report reports/today/exhaust")]
pub struct ExhaustArgs {
    /// Nodes of the largest programs
    #[arg(long, value_name = "K", default_value_t = 3)]
    size: usize,
    /// Only the i-th of n parts, from 1
    #[arg(long, value_name = "i/n", default_value = "1/1")]
    shard: Shard,
    /// Threads; as many as there are processors when absent
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Where programs that differ go
    #[arg(long, value_name = "DIR", default_value = "reports/exhaust")]
    output: PathBuf,
    /// Write results.json and summary.md into this folder
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &ExhaustArgs) -> ExitCode {
    session::exit_code(run(args))
}

/// What a thread says about its programs.
enum Event {
    /// So many are done, so many of them could not be compared.
    Done(usize, u64),
    /// One differs.
    Differs(u64, Vec<Divergence>),
    /// The harness failed at one.
    Failed(u64, Fault),
}

fn run(args: &ExhaustArgs) -> Result<u8> {
    let start = Instant::now();
    let all = Exhaust::new(args.size);
    let range = args.shard.range(all.count());
    let jobs = args
        .jobs
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    let next = AtomicU64::new(range.start);
    let stop = session::stop_on_signals()?;
    let total = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let mut tally = Tally::default();
    let mut progress = Progress::new(total, "programs");
    let notes = progress.notes();
    let outcome = thread::scope(|scope| -> Result<()> {
        let (sender, events) = channel();
        for _ in 0..jobs {
            let sender = sender.clone();
            let (all, next, stop) = (&all, &next, &*stop);
            scope.spawn(move || work(all, next, range.end, stop, &sender));
        }
        drop(sender);
        // After a failure the threads end at their next batch.
        let seen = tally.collect(events, &mut progress, |number, new| {
            keep(&args.output, &all, number, new)?;
            for signature in new {
                notes.note(&format!(
                    "program {number} differs: {} {}",
                    signature.id, signature.message
                ));
            }
            Ok(())
        });
        if seen.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        seen
    });
    drop(progress);
    outcome?;
    print(&tally.summary(args, total))?;
    if let Some(folder) = &args.report {
        write_report(folder, args, &tally, start.elapsed().as_secs_f64())?;
    }
    if tally.done < total {
        bail!("interrupted after {} of {total} programs", tally.done);
    }
    Ok(if tally.signatures.is_empty() {
        AGREES
    } else {
        DIFFERS
    })
}

#[derive(Debug, Default)]
struct Tally {
    done: usize,
    not_compared: u64,
    differ: u64,
    /// Causes with the first program that shows each, and where it differs.
    signatures: BTreeMap<Signature, (u64, Divergence)>,
}

impl Tally {
    fn collect(
        &mut self,
        events: impl IntoIterator<Item = Event>,
        progress: &mut Progress,
        mut on_new: impl FnMut(u64, &[Signature]) -> Result<()>,
    ) -> Result<()> {
        for event in events {
            match event {
                Event::Done(count, not_compared) => {
                    self.done += count;
                    self.not_compared += not_compared;
                    progress.advance(count, "");
                }
                Event::Differs(number, divergences) => {
                    self.differ += 1;
                    let mut new = Vec::new();
                    for found in divergences {
                        let signature = found.signature.clone();
                        if !self.signatures.contains_key(&signature) {
                            self.signatures.insert(signature.clone(), (number, found));
                            new.push(signature);
                        }
                    }
                    if !new.is_empty() {
                        on_new(number, &new)?;
                    }
                }
                Event::Failed(number, fault) => bail!("program {number}: {fault}"),
            }
        }
        Ok(())
    }

    fn summary(&self, args: &ExhaustArgs, total: usize) -> String {
        let mut text = format!(
            "{} of {total} programs of up to {} nodes: {} differ, {} could not be compared \
             (they do not end within {FUEL} instructions)\n",
            self.done, args.size, self.differ, self.not_compared
        );
        for (signature, (number, _)) in &self.signatures {
            text.push_str(&format!(
                "{} {}\n  first: program {number}, {}\n",
                signature.id,
                signature.message,
                shell::quote(&file(&args.output, signature).display().to_string())
            ));
        }
        text
    }
}

/// Writes what came out as a report: of each cause the first program, and the figures of all.
fn write_report(folder: &Path, args: &ExhaustArgs, tally: &Tally, seconds: f64) -> Result<()> {
    let limits = Limits {
        time: PairOptions::default().time,
        memory_mib: PairOptions::default()
            .memory
            .map(|bytes| bytes as u64 >> 20),
        output: usize::MAX,
    };
    let header = Header::new("exhaust", worker::engines()?, limits);
    let programs = tally.signatures.iter().map(|(signature, (_, found))| {
        let path = file(&args.output, signature);
        let path = path.canonicalize().unwrap_or(path);
        let entry = Entry {
            id: path.display().to_string(),
            group: "exhaust".to_owned(),
            path: path.clone(),
        };
        let again = format!(
            "cargo conformance diff {}",
            shell::quote(&path.to_string_lossy())
        );
        let mut result = ProgramResult::new(&entry, again);
        result.comparisons = vec![Comparison {
            left: ORACLE.to_owned(),
            right: RILUA.to_owned(),
            channels: vec![found.channel],
            masks: Vec::new(),
            verdict: Verdict::Diverge {
                divergences: vec![found.clone()],
            },
        }];
        result.judged()
    });
    let allow = AllowList::default();
    let mut report = Report::new(header, programs.collect(), &allow, true, seconds);
    report.totals.programs = tally.done;
    report.totals.differ = usize::try_from(tally.differ).unwrap_or(usize::MAX);
    report.totals.not_compared = usize::try_from(tally.not_compared).unwrap_or(usize::MAX);
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    write::finish(folder, &report)
}

fn work(all: &Exhaust, next: &AtomicU64, end: u64, stop: &AtomicBool, events: &Sender<Event>) {
    let options = PairOptions {
        fuel: NonZeroU64::new(FUEL),
        prelude: Some(prelude::SOURCE.as_bytes().to_vec()),
        ..PairOptions::default()
    };
    let mut pair = match Pair::new(options) {
        Ok(pair) => pair,
        Err(fault) => {
            // Nobody listens any more once another thread has failed.
            let _closed = events.send(Event::Failed(next.load(Ordering::Relaxed), fault));
            return;
        }
    };
    while !stop.load(Ordering::Relaxed) {
        let start = next.fetch_add(BATCH, Ordering::Relaxed);
        if start >= end {
            return;
        }
        let last = end.min(start + BATCH);
        let mut not_compared = 0;
        for number in start..last {
            let Some(program) = all.program(number) else {
                continue;
            };
            let program = Program::from_source("x.lua", Origin::File, program.chunk());
            let event = match pair.compare(&program).verdict {
                Verdict::Agree | Verdict::Allowed { .. } => continue,
                Verdict::Poisoned { .. } | Verdict::OracleUb { .. } => {
                    not_compared += 1;
                    continue;
                }
                Verdict::Diverge { divergences } => Event::Differs(number, divergences),
                Verdict::HarnessError { fault } => Event::Failed(number, fault),
            };
            if events.send(event).is_err() {
                return;
            }
        }
        let count = usize::try_from(last - start).unwrap_or(0);
        if events.send(Event::Done(count, not_compared)).is_err() {
            return;
        }
    }
}

/// Where the first program of a cause goes.
fn file(folder: &Path, signature: &Signature) -> PathBuf {
    folder.join(format!("{}.lua", signature.id))
}

/// Writes a program under the name of each of its new causes.
fn keep(folder: &Path, all: &Exhaust, number: u64, new: &[Signature]) -> Result<()> {
    let Some(program) = all.program(number) else {
        return Ok(());
    };
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for signature in new {
        let path = file(folder, signature);
        super::generate::write(&path, &program.text())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_programs_agree() {
        let folder = tempfile::tempdir().unwrap();
        let args = ExhaustArgs {
            size: 2,
            shard: Shard { index: 0, of: 1 },
            jobs: NonZeroUsize::new(2),
            output: folder.path().join("found"),
            report: Some(folder.path().join("report")),
        };
        assert_eq!(run(&args).unwrap(), AGREES);
        let results = fs::read_to_string(folder.path().join("report/results.json")).unwrap();
        let report: Report = serde_json::from_str(&results).unwrap();
        assert!(report.totals.programs > 10 && report.totals.differ == 0);
        assert!(!args.output.exists());
    }
}
