//! Programs through both compilers, and the chunk of each through the other implementation.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::time::Instant;

use super::worker::{self, Request};
use super::{Compiled, Compilers, Depth, Outcome, rilua, without_first_line};
use crate::allow::AllowList;
use crate::bless::RecordState;
use crate::channel::{self, ChannelName};
use crate::corpus::Entry;
use crate::engine::{Engine, Limits, ORACLE, RILUA};
use crate::judge::RECORD;
use crate::observation::Observation;
use crate::program::Program;
use crate::report::ProgramResult;
use crate::shell;
use crate::verdict::{Comparison, Fault, FaultCause, Verdict};

/// How programs are examined.
pub struct Plan {
    /// Present when chunks are to be run as well.
    pub exchange: Option<Exchange>,
    /// Name of all chunks, in place of the files' own.
    pub chunk_name: Option<Vec<u8>>,
    /// The differences that are accepted.
    pub allow: AllowList,
    /// Options that a command line needs to repeat this, each with a space before it.
    pub options: String,
}

/// What runs chunks.
pub struct Exchange {
    /// The oracle and rilua among others.
    pub engines: Vec<Box<dyn Engine>>,
    /// What each run may use.
    pub limits: Limits,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("exchange", &self.exchange.is_some())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

/// Compiles one program with both compilers and judges what they make of it.
pub fn examine(entry: &Entry, plan: &Plan) -> ProgramResult {
    let reproduce = format!(
        "cargo conformance bytecode {}{}",
        shell::quote(&entry.id),
        plan.options
    );
    let mut result = ProgramResult::new(entry, reproduce);
    if let Err(fault) = compare(entry, plan, &mut result) {
        result.fault = Some(fault);
    }
    result.judged()
}

fn compare(entry: &Entry, plan: &Plan, result: &mut ProgramResult) -> Result<(), Fault> {
    let program = Program::load(entry)?;
    if program.record.is_some() {
        result.record = RecordState::Present;
    }
    let name = match &plan.chunk_name {
        Some(name) => name.clone(),
        None => [b"@", program.file_name.as_bytes()].concat(),
    };
    let request = Request {
        name: name.clone(),
        text: program.source.clone(),
        depth: Depth::WithStripped,
    };
    let start = Instant::now();
    let outcomes = worker::compare(&[request])
        .map_err(|error| Fault::new(FaultCause::Harness, format!("{}: {error:#}", program.id)))?;
    let seconds = start.elapsed().as_secs_f64();
    result.seconds.insert("compilers".to_owned(), seconds);
    let mut have_chunks = false;
    for outcome in outcomes {
        let verdict = match outcome {
            Outcome::SameChunk => {
                have_chunks = true;
                Verdict::Agree
            }
            Outcome::SameMessage => Verdict::Agree,
            Outcome::Differs { divergences } => {
                // A crash would repeat itself in this process.
                have_chunks = divergences
                    .iter()
                    .all(|found| found.cause == crate::divergence::Cause::Differs);
                match plan.allow.covering(&divergences) {
                    Some(ids) => Verdict::Allowed { ids, divergences },
                    None => Verdict::Diverge { divergences },
                }
            }
            Outcome::NotCompared {
                reason,
                is_crash: true,
            } => Verdict::OracleUb { reason },
            Outcome::NotCompared { reason, .. } => Verdict::Poisoned { reason },
        };
        result
            .comparisons
            .push(comparison(ORACLE, ChannelName::Compiler, verdict));
    }
    if let Some(exchange) = plan.exchange.as_ref().filter(|_| have_chunks) {
        let text = without_first_line(&program.source);
        let own = rilua(text, &name, false);
        let oracle = Compilers::new()
            .oracle(text, &name, false)
            .map_err(|reason| Fault::new(FaultCause::Harness, reason))?;
        exchange.run(&program, &own, &oracle, plan, result)?;
    }
    Ok(())
}

fn comparison(left: &str, channel: ChannelName, verdict: Verdict) -> Comparison {
    Comparison {
        left: left.to_owned(),
        right: RILUA.to_owned(),
        channels: vec![channel],
        masks: Vec::new(),
        verdict,
    }
}

impl Exchange {
    fn engine(&self, name: &str) -> Result<&dyn Engine, Fault> {
        let found = self.engines.iter().find(|engine| engine.name() == name);
        match found {
            Some(engine) => Ok(engine.as_ref()),
            None => Err(Fault::new(
                FaultCause::MissingEngine,
                format!("there is no engine {name}"),
            )),
        }
    }

    /// Runs the chunk of each compiler on the other implementation.
    fn run(
        &self,
        program: &Program,
        own: &Compiled,
        oracle: &Compiled,
        plan: &Plan,
        result: &mut ProgramResult,
    ) -> Result<(), Fault> {
        let plain = match &program.record {
            Some(record) => (RECORD, record.clone()),
            None => {
                let observed = self.engine(ORACLE)?.observe(program, &self.limits)?;
                (ORACLE, observed)
            }
        };
        // A program can tell whether it is text: it may read itself or measure its memory. Then
        // the oracle with its own chunk is what there is to compare with.
        let mut compiled = None;
        for (channel, engine, chunk) in [
            (ChannelName::Exported, ORACLE, own),
            (ChannelName::Imported, RILUA, oracle),
        ] {
            let Ok(chunk) = chunk else { continue };
            let start = Instant::now();
            let seen = self.observe(self.engine(engine)?, program, chunk)?;
            let seconds = start.elapsed().as_secs_f64();
            result.seconds.insert(channel.to_string(), seconds);
            let (left, expected) = &plain;
            let mut found = judge(left, channel, expected, &seen, plan);
            if let (Verdict::Diverge { .. }, Ok(chunk)) = (&found.verdict, oracle) {
                if compiled.is_none() {
                    compiled = Some(self.observe(self.engine(ORACLE)?, program, chunk)?);
                }
                if let Some(expected) = &compiled {
                    found = judge(ORACLE, channel, expected, &seen, plan);
                }
            }
            result.comparisons.push(found);
        }
        Ok(())
    }

    /// Runs a program with a chunk in place of its text, in a folder that otherwise looks like
    /// its own.
    fn observe(
        &self,
        engine: &dyn Engine,
        program: &Program,
        chunk: &[u8],
    ) -> Result<Observation, Fault> {
        let fault = |error: std::io::Error| {
            Fault::new(
                FaultCause::Harness,
                format!("folder for {}: {error}", program.id),
            )
        };
        let folder = tempfile::tempdir().map_err(fault)?;
        for item in fs::read_dir(&program.folder).map_err(fault)? {
            let item = item.map_err(fault)?;
            if item.file_name() != program.file_name {
                symlink(item.path(), folder.path().join(item.file_name())).map_err(fault)?;
            }
        }
        let path = folder.path().join(&program.file_name);
        fs::write(&path, chunk).map_err(fault)?;
        let compiled = Program {
            folder: folder.path().to_owned(),
            path,
            record: None,
            ..program.clone()
        };
        engine.observe(&compiled, &self.limits)
    }
}

fn judge(
    left: &str,
    channel: ChannelName,
    expected: &Observation,
    seen: &Observation,
    plan: &Plan,
) -> Comparison {
    let mut found = comparison(left, channel, Verdict::Agree);
    if !expected.end.is_normal() {
        let reason = format!("{left}: {}", expected.end);
        found.verdict = Verdict::Poisoned { reason };
    } else if let channel::Outcome::Compared { divergences, masks } =
        channel::compare_output(channel, expected, seen)
    {
        found.masks = masks;
        if !divergences.is_empty() {
            found.verdict = match plan.allow.covering(&divergences) {
                Some(ids) => Verdict::Allowed { ids, divergences },
                None => Verdict::Diverge { divergences },
            };
        }
    }
    found
}
