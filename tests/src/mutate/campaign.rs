//! Many mutants through both compilers: figures, and for every cause of a difference the
//! smallest programs that show it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context as _, Result, bail};

use super::{Mutant, Stock};
use crate::channel::{ChannelName, Stream};
use crate::compile::worker::{self, Request};
use crate::compile::{Depth, Outcome};
use crate::corpus::Entry;
use crate::divergence::{Cause, Signature};
use crate::engine::{ORACLE, RILUA};
use crate::reduce::{self, Bounds, Examine, Finest, Refusal};
use crate::report::ProgramResult;
use crate::report::write::write_atomically;
use crate::runner::in_parallel;
use crate::verdict::{Comparison, Verdict};
use crate::{shell, text};

/// Mutants that one process compiles.
const BATCH: u64 = 256;
/// Programs shown of one cause.
const SHOWN: usize = 3;
/// What may be spent on making one mutant small.
const BOUNDS: Bounds = Bounds {
    candidates: 20_000,
    time: Duration::from_secs(300),
};
/// Texts that one process compiles while a mutant is made small.
const REDUCTION_BATCH: usize = 64;
/// The folder of the reduced mutants in that of the report.
const FOLDER: &str = "mutants";

/// Which mutants.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What they follow from, together with the programs.
    pub seed: u64,
    /// Number of the first one.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Processes at a time.
    pub jobs: NonZeroUsize,
    /// What a command line needs to name the programs again, each with a space before it.
    pub selection: String,
}

/// A mutant that is not compiled to the same by both.
#[derive(Debug, Clone)]
struct Finding {
    number: u64,
    bytes: usize,
}

/// The mutants that show a cause.
#[derive(Debug, Clone, Default)]
struct Bucket {
    count: usize,
    /// The smallest ones.
    findings: Vec<Finding>,
    /// Whether it shows only when the time is over.
    is_slow: bool,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Tally {
    /// Mutants that were compiled.
    pub tried: usize,
    /// See [`crate::report::Mutants::same_chunk`].
    pub same_chunk: usize,
    /// See [`crate::report::Mutants::same_message`].
    pub same_message: usize,
    /// See [`crate::report::Mutants::differ`].
    pub differ: usize,
    /// See [`crate::report::Mutants::not_compared`].
    pub not_compared: usize,
    buckets: BTreeMap<Signature, Bucket>,
}

impl Tally {
    /// How many mutants show each cause, by its signature.
    pub fn causes(&self) -> BTreeMap<String, usize> {
        let buckets = self.buckets.iter();
        buckets
            .map(|(signature, bucket)| (signature.id.clone(), bucket.count))
            .collect()
    }

    fn add(&mut self, number: u64, bytes: usize, outcome: &Outcome) -> Option<&Signature> {
        self.tried += 1;
        match outcome {
            Outcome::SameChunk => self.same_chunk += 1,
            Outcome::SameMessage => self.same_message += 1,
            Outcome::Differs { .. } => self.differ += 1,
            Outcome::NotCompared { .. } => self.not_compared += 1,
        }
        let signature = signatures(outcome).into_iter().next()?;
        let bucket = self.buckets.entry(signature.clone()).or_default();
        bucket.count += 1;
        bucket.is_slow = is_slow(outcome);
        let finding = Finding { number, bytes };
        let place = bucket
            .findings
            .partition_point(|other| (other.bytes, other.number) < (bytes, number));
        bucket.findings.insert(place, finding);
        bucket.findings.truncate(SHOWN);
        let (signature, bucket) = self.buckets.get_key_value(&signature)?;
        (bucket.count == 1).then_some(signature)
    }
}

/// The causes that an outcome shows, the first one first.
fn signatures(outcome: &Outcome) -> Vec<Signature> {
    match outcome {
        Outcome::SameChunk | Outcome::SameMessage => Vec::new(),
        Outcome::Differs { divergences } => divergences
            .iter()
            .map(|found| found.signature.clone())
            .collect(),
        Outcome::NotCompared { reason, .. } => vec![Signature::new(
            ChannelName::Compiler,
            Stream::Chunk,
            Cause::Crash,
            None,
            Some(reason),
        )],
    }
}

fn is_slow(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Differs { divergences } => divergences
            .iter()
            .any(|found| found.cause == Cause::TimeOut),
        _ => false,
    }
}

fn verdict(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::SameChunk | Outcome::SameMessage => Verdict::Agree,
        Outcome::Differs { divergences } => Verdict::Diverge { divergences },
        Outcome::NotCompared {
            reason,
            is_crash: true,
        } => Verdict::OracleUb { reason },
        Outcome::NotCompared { reason, .. } => Verdict::Poisoned { reason },
    }
}

/// Compiles mutants until all are done or `stop` is set. `on_batch` is told how many more are
/// done, `on_cause` of every new cause and the mutant that shows it.
///
/// # Errors
///
/// When the compilers can't be started.
pub fn run(
    stock: &Stock<'_>,
    plan: &Plan,
    stop: &AtomicBool,
    mut on_batch: impl FnMut(usize),
    mut on_cause: impl FnMut(&Signature, u64),
) -> Result<Tally> {
    let end = plan.first.saturating_add(plan.count);
    let batches: Vec<(u64, u64)> = (0..plan.count.div_ceil(BATCH))
        .map(|batch| plan.first + batch * BATCH)
        .map(|start| (start, end.min(start + BATCH)))
        .collect();
    let work = |&(start, end): &(u64, u64)| -> Result<Vec<(u64, usize, Outcome)>> {
        let requests: Vec<Request> = (start..end)
            .map(|number| request(&stock.mutant(plan.seed, number)))
            .collect();
        let outcomes = worker::compare(&requests)?;
        let sizes = requests.iter().map(|request| request.text.len());
        Ok((start..end)
            .zip(sizes)
            .zip(outcomes)
            .map(|((number, bytes), outcome)| (number, bytes, outcome))
            .collect())
    };
    let mut tally = Tally::default();
    let mut failure = None;
    in_parallel(&batches, plan.jobs, stop, work, |_, result| match result {
        Ok(outcomes) => {
            on_batch(outcomes.len());
            for (number, bytes, outcome) in outcomes {
                if let Some(signature) = tally.add(number, bytes, &outcome) {
                    on_cause(signature, number);
                }
            }
        }
        Err(error) => failure = failure.take().or(Some(error)),
    })
    .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    match failure {
        Some(error) => Err(error),
        None => Ok(tally),
    }
}

fn request(mutant: &Mutant) -> Request {
    Request {
        name: mutant.name.clone(),
        text: mutant.text.clone(),
        depth: Depth::Whole,
    }
}

/// Makes the shown mutants of every cause small and writes them into the folder of the report;
/// `root` is that of the workspace, from which they are named. Those of an earlier run go.
///
/// # Errors
///
/// When the compilers can't be started or a file can't be written.
pub fn reduce_findings(
    tally: &Tally,
    stock: &Stock<'_>,
    plan: &Plan,
    folder: &Path,
    root: &Path,
    mut on_result: impl FnMut(&ProgramResult),
) -> Result<Vec<ProgramResult>> {
    let folder = folder.join(FOLDER);
    remove_programs(&folder)?;
    let buckets: Vec<_> = tally.buckets.iter().collect();
    let reduced = |(signature, bucket): &(&Signature, &Bucket)| -> Result<Vec<ProgramResult>> {
        let mut results: Vec<ProgramResult> = Vec::new();
        let mut texts = Vec::new();
        for finding in &bucket.findings {
            let mutant = stock.mutant(plan.seed, finding.number);
            let file = match results.len() {
                0 => format!("{}.lua", signature.id),
                more => format!("{}-{}.lua", signature.id, more + 1),
            };
            let small = smaller(&mutant, &file, signature, bucket.is_slow)?;
            if texts.contains(&small.text) {
                continue;
            }
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            let path = folder.join(&file);
            write_atomically(&path, &small.text)?;
            results.push(result(&small, &path, root, &origin(plan, finding.number))?);
            texts.push(small.text);
        }
        Ok(results)
    };
    let mut results = BTreeMap::new();
    // An interrupt ends the mutants, not their reduction: it would lose what was found.
    let never = AtomicBool::new(false);
    in_parallel(&buckets, plan.jobs, &never, reduced, |index, found| {
        for result in found.iter().flatten() {
            on_result(result);
        }
        results.insert(index, found);
    })
    .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let mut all = Vec::new();
    for found in results.into_values() {
        all.extend(found?);
    }
    Ok(all)
}

fn origin(plan: &Plan, number: u64) -> String {
    format!(
        "mutate{} --seed {} --first {number} --count 1",
        plan.selection, plan.seed
    )
}

fn remove_programs(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| folder.display().to_string())?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "lua") {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Looks at texts under one name.
struct Named<'a> {
    name: &'a [u8],
}

impl Examine for Named<'_> {
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
        let requests: Vec<Request> = texts
            .iter()
            .map(|text| Request {
                name: self.name.to_vec(),
                text: text.to_vec(),
                depth: Depth::Whole,
            })
            .collect();
        Ok(worker::compare(&requests)?.iter().map(signatures).collect())
    }

    fn batch(&self) -> usize {
        REDUCTION_BATCH
    }
}

/// The smallest mutant found that shows the cause, under the name of its file if it does so
/// there.
fn smaller(mutant: &Mutant, file: &str, signature: &Signature, is_slow: bool) -> Result<Mutant> {
    let file_name = format!("@{file}").into_bytes();
    let mut examiner = Named { name: &file_name };
    let shown = examiner.examine(&[&mutant.text])?;
    let name = if shown.iter().any(|shown| shown.contains(signature)) {
        file_name
    } else {
        mutant.name.clone()
    };
    let whole = mutant.text.clone();
    if is_slow {
        // Every text that still shows it would take as long.
        return Ok(Mutant { name, text: whole });
    }
    let mut examiner = Named { name: &name };
    let wanted = Some(signature.id.as_str());
    let text = match reduce::reduce(&whole, wanted, Finest::Bytes, BOUNDS, &mut examiner) {
        Ok(reduction) => reduction.text,
        Err(Refusal::Fault(error)) => return Err(error),
        Err(Refusal::NotShown(_) | Refusal::ShownByNothing(_)) => whole,
    };
    Ok(Mutant { name, text })
}

/// The result for a reduced mutant, which lies in a file now.
fn result(mutant: &Mutant, path: &Path, root: &Path, origin: &str) -> Result<ProgramResult> {
    let outcome = worker::compare(&[request(mutant)])?.into_iter().next();
    let Some(outcome) = outcome else {
        bail!("the compilers gave no answer");
    };
    let id = path
        .strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string();
    let mut reproduce = format!("cargo conformance bytecode {}", shell::quote(&id));
    let file = path.file_name().unwrap_or_default().as_encoded_bytes();
    if mutant.name != [b"@", file].concat() {
        // Names are made of what a command line can hold, unless they are the text.
        let name = String::from_utf8_lossy(&mutant.name);
        reproduce.push_str(&format!(" --chunk-name {}", shell::quote(&name)));
    }
    reproduce.push_str(&format!("  # {origin}"));
    let entry = Entry {
        id,
        group: FOLDER.to_owned(),
        path: path.to_owned(),
    };
    let mut result = ProgramResult::new(&entry, reproduce);
    let mut verdict = verdict(outcome);
    if let Verdict::Diverge { divergences } = &mut verdict {
        for found in divergences.iter_mut().take(1) {
            let shown = text::excerpt_of(&mutant.text);
            found.excerpt.extend(shown);
        }
    }
    result.comparisons.push(Comparison {
        left: ORACLE.to_owned(),
        right: RILUA.to_owned(),
        channels: vec![ChannelName::Compiler],
        masks: Vec::new(),
        verdict,
    });
    Ok(result.judged())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(what: &str) -> Outcome {
        let (channel, stream, cause) = (ChannelName::Compiler, Stream::Code, Cause::Differs);
        let signature = Signature::new(channel, stream, cause, Some(what), None);
        Outcome::Differs {
            divergences: vec![crate::divergence::Divergence {
                channel,
                stream,
                cause,
                line: None,
                left: None,
                right: None,
                excerpt: Vec::new(),
                signature,
            }],
        }
    }

    #[test]
    fn the_smallest_mutants_of_a_cause_are_kept() {
        let mut tally = Tally::default();
        for (number, bytes) in [(1, 50), (2, 10), (3, 40), (4, 30), (5, 20)] {
            let is_new = tally.add(number, bytes, &differs("ADD")).is_some();
            assert_eq!(is_new, number == 1);
        }
        assert!(tally.add(6, 1, &differs("SUB")).is_some());
        assert!(tally.add(7, 1, &Outcome::SameChunk).is_none());
        assert_eq!((tally.tried, tally.differ, tally.same_chunk), (7, 6, 1));
        let kept: Vec<Vec<u64>> = tally
            .buckets
            .values()
            .map(|bucket| bucket.findings.iter().map(|found| found.number).collect())
            .collect();
        assert!(
            kept.contains(&vec![2, 5, 4]) && kept.contains(&vec![6]),
            "{kept:?}"
        );
        assert_eq!(tally.causes().values().sum::<usize>(), 6);
    }

    #[test]
    fn programs_of_an_earlier_run_go() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.lua"), "").unwrap();
        fs::write(folder.path().join("note.txt"), "").unwrap();
        remove_programs(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        remove_programs(&folder.path().join("nowhere")).unwrap();
    }
}
