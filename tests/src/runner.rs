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
use crate::verdict::{Fault, FaultCause};

/// How programs are run.
pub struct Plan {
    /// The engines, each by its own name.
    pub engines: Vec<Box<dyn Engine>>,
    /// What each run may use.
    pub limits: Limits,
    /// The differences that are accepted.
    pub allow: AllowList,
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

/// Examines programs until all are done or `stop` is set, and returns the results in the order
/// of the programs. `on_result` gets each result as soon as it is there, in whatever order.
///
/// # Errors
///
/// When a thread of the runner ends before its work; the results so far were handed over.
pub fn run(
    entries: &[Entry],
    jobs: NonZeroUsize,
    stop: &AtomicBool,
    examine: impl Fn(&Entry) -> ProgramResult + Sync,
    mut on_result: impl FnMut(&ProgramResult),
) -> Result<Vec<ProgramResult>, Fault> {
    let mut results = BTreeMap::new();
    in_parallel(entries, jobs, stop, examine, |index, result| {
        on_result(&result);
        results.insert(index, result);
    })?;
    Ok(results.into_values().collect())
}

/// Does some work for every item, `jobs` at a time, until all are done or `stop` is set.
/// `on_result` gets each result with the item's index, in whatever order.
///
/// # Errors
///
/// When a thread ends before its work; the results so far were handed over.
pub fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    stop: &AtomicBool,
    work: impl Fn(&T) -> R + Sync,
    mut on_result: impl FnMut(usize, R),
) -> Result<(), Fault> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.get().min(items.len()))
            .map(|_| {
                let (sender, next, work) = (sender.clone(), &next, &work);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(index) else {
                            break;
                        };
                        if sender.send((index, work(item))).is_err() {
                            break;
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        for (index, result) in receiver {
            on_result(index, result);
        }
        for worker in workers {
            if worker.join().is_err() {
                return Err(Fault::new(
                    FaultCause::Harness,
                    "a worker thread of the harness died",
                ));
            }
        }
        Ok(())
    })
}

/// Runs one program through every engine and judges what they did.
pub fn examine(entry: &Entry, plan: &Plan) -> ProgramResult {
    let reproduce = format!(
        "cargo conformance run {}{}",
        shell::quote(&entry.id),
        plan.options
    );
    let mut result = ProgramResult::new(entry, reproduce);
    match Program::load(entry) {
        Ok(mut program) => {
            if let Err(fault) = observe_and_judge(&mut program, plan, &mut result) {
                result.fault = Some(fault);
            }
        }
        Err(fault) => result.fault = Some(fault),
    }
    result.judged()
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
