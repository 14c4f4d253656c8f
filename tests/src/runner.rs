//! Runs many programs, several at a time, and hands over each result as it is there.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::allow::AllowList;
use crate::bless::{self, RecordState};
use crate::corpus::Entry;
use crate::engine::{Engine, Limits, ORACLE};
use crate::judge;
use crate::program::Program;
use crate::report::ProgramResult;
use crate::shell;
use crate::verdict::{Fault, FaultCause, VerdictKind};

/// How programs are run.
pub struct Plan {
    /// The engines, each by its own name.
    pub engines: Vec<Box<dyn Engine>>,
    /// What each run may use.
    pub limits: Limits,
    /// The differences that are accepted.
    pub allow: AllowList,
    /// Programs run at a time.
    pub jobs: NonZeroUsize,
    /// Whether the oracle's results are recorded where nothing is on record.
    pub bless: bool,
    /// Options that a command line needs to repeat a run, each with a space before it.
    pub options: String,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let engines: Vec<&str> = self.engines.iter().map(|engine| engine.name()).collect();
        f.debug_struct("Plan")
            .field("engines", &engines)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Runs programs until all are done or `stop` is set, and returns the results in the order of
/// the programs. `on_result` gets each result as soon as it is there, in whatever order.
///
/// # Errors
///
/// When a thread of the runner ends before its work; the results so far were handed over.
pub fn run(
    entries: &[Entry],
    plan: &Plan,
    stop: &AtomicBool,
    mut on_result: impl FnMut(&ProgramResult),
) -> Result<Vec<ProgramResult>, Fault> {
    let next = AtomicUsize::new(0);
    let mut results = BTreeMap::new();
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..plan.jobs.get().min(entries.len()))
            .map(|_| {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(entry) = entries.get(index) else {
                            break;
                        };
                        if sender.send((index, examine(entry, plan))).is_err() {
                            break;
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        for (index, result) in receiver {
            on_result(&result);
            results.insert(index, result);
        }
        for worker in workers {
            if worker.join().is_err() {
                return Err(Fault::new(
                    FaultCause::Harness,
                    "a worker thread of the harness died",
                ));
            }
        }
        Ok(results.into_values().collect())
    })
}

/// Runs one program through every engine and judges what they did.
pub fn examine(entry: &Entry, plan: &Plan) -> ProgramResult {
    let mut result = ProgramResult {
        program: entry.id.clone(),
        group: entry.group.clone(),
        verdict: VerdictKind::Agree,
        fault: None,
        record: RecordState::Absent,
        comparisons: Vec::new(),
        seconds: BTreeMap::new(),
        reproduce: format!(
            "cargo conformance run {}{}",
            shell::quote(&entry.id),
            plan.options
        ),
        command_lines: BTreeMap::new(),
    };
    match Program::load(entry) {
        Ok(mut program) => {
            if let Err(fault) = observe_and_judge(&mut program, plan, &mut result) {
                result.fault = Some(fault);
            }
        }
        Err(fault) => result.fault = Some(fault),
    }
    let worst = result
        .comparisons
        .iter()
        .map(|comparison| comparison.verdict.kind())
        .max();
    result.verdict = match result.fault {
        Some(_) => VerdictKind::HarnessError,
        None => worst.unwrap_or(VerdictKind::Agree),
    };
    result
}

fn observe_and_judge(
    program: &mut Program,
    plan: &Plan,
    result: &mut ProgramResult,
) -> Result<(), Fault> {
    let mut observed = Vec::new();
    for engine in &plan.engines {
        let start = Instant::now();
        let observation = engine.observe(program, &plan.limits);
        result
            .seconds
            .insert(engine.name().to_owned(), start.elapsed().as_secs_f64());
        result.command_lines.insert(
            engine.name().to_owned(),
            engine.command_line(program, &plan.limits),
        );
        observed.push((engine.name().to_owned(), observation));
    }
    result.record = if program.record.is_some() {
        RecordState::Present
    } else {
        RecordState::Absent
    };
    if plan.bless {
        for (engine, (name, observation)) in plan.engines.iter().zip(&observed) {
            if name == ORACLE
                && let Ok(observation) = observation
            {
                result.record = bless::bless(program, engine.as_ref(), observation, &plan.limits)?;
            }
        }
    }
    result.comparisons = judge::judge(program, &observed, &plan.allow);
    Ok(())
}
