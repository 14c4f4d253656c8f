//! Campaigns: generated programs through both implementations for as long as is wanted, and a
//! bucket for every cause of a difference.
//!
//! Programs come in rounds. In a round the generator's weights stay the same; behind it they
//! follow from what has been exercised so far. So the programs of a campaign follow from its
//! seed and shard, whatever the number of threads, and only the last round depends on the time.
//!
//! A difference is looked at again before it counts, is on the disk before it is reduced, and is
//! reduced once for each signature.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::mutate::random::Random;
use crate::reduce::Bounds;
use crate::runner::in_parallel;
use crate::triage::Store;
use crate::verdict::{Fault, Verdict};

mod hunt;
pub mod in_process;
pub mod result;

pub use result::{CampaignResult, ModeCounts};

/// Programs in a round.
const ROUND: u64 = 2048;
/// Programs that a thread takes at a time.
const CHUNK: u64 = 16;
/// One program in so many is looked at in an expensive way as well.
const EXPENSIVE_SHARE: u64 = 16;
/// Faults of the harness after which a campaign ends.
const MOST_FAULTS: usize = 10;

/// What one reduction may take.
pub const REDUCTION: Bounds = Bounds {
    candidates: 20_000,
    time: Duration::from_secs(20),
};

/// A program to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What it was generated from.
    pub seed: u64,
    /// The generator's mode.
    pub mode: String,
    /// The program without the prelude.
    pub body: Vec<u8>,
}

/// What came out for a program.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the oracle came past the prelude.
    pub is_past_prelude: bool,
    /// Whether the oracle came to the end without an error.
    pub is_at_end: bool,
}

/// Compares what both implementations do with programs, on one thread.
pub trait Judge: Send {
    /// Compares, in the cheap way and, with the number of an expensive way, in that one too.
    fn judge(&mut self, text: &[u8], expensive: Option<usize>) -> Judgement;

    /// The same for a body, with the prelude in a chunk of its own, which is quicker.
    fn judge_body(&mut self, body: &[u8], expensive: Option<usize>) -> Judgement;

    /// Compares a program that wants the prelude to have been run in the same state, in the
    /// cheap way.
    fn judge_after_prelude(&mut self, text: &[u8]) -> Judgement;
}

/// What a campaign is made of.
pub trait Workshop: Sync {
    /// The program that follows from a seed; the number says which mode is next.
    fn program(&self, seed: u64, number: u64) -> Candidate;

    /// A body with the prelude.
    fn wrap(&self, body: &[u8]) -> Vec<u8>;

    /// A body as a program that wants the prelude to have been run in the same state.
    fn wrap_body(&self, body: &[u8]) -> Vec<u8>;

    /// Something that judges, for one thread.
    ///
    /// # Errors
    ///
    /// What keeps it from being made.
    fn judge(&self) -> Result<Box<dyn Judge>, Fault>;

    /// The names of the expensive ways to look at a program.
    fn expensive(&self) -> Vec<String>;

    /// Told of the programs of a round, behind it, in the order of their numbers.
    fn learn(&mut self, programs: &[Candidate]);

    /// How often each feature was exercised so far.
    fn exercised(&self) -> BTreeMap<String, u64>;
}

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What all follows from.
    pub seed: u64,
    /// Which part of the programs, from 0, of how many.
    pub shard: (u64, u64),
    /// Threads.
    pub jobs: NonZeroUsize,
    /// When to end, at the latest.
    pub time: Duration,
    /// How many programs, at most.
    pub count: u64,
    /// What may be spent on one reduction.
    pub reduction: Bounds,
}

/// What is told while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// So many more programs are done.
    Programs(usize),
    /// Something that a user should see.
    Note(String),
}

/// What the threads share.
struct Shared<'a, W> {
    plan: &'a Plan,
    workshop: &'a W,
    store: &'a Mutex<Store>,
    judges: &'a Mutex<Vec<Box<dyn Judge>>>,
    stop: &'a AtomicBool,
    deadline: Instant,
    notes: &'a (dyn Fn(String) + Sync),
    trouble: &'a Mutex<Trouble>,
}

/// What went wrong with the harness.
#[derive(Debug, Default)]
struct Trouble {
    faults: Vec<Fault>,
    /// A bucket that could not be written; the campaign ends.
    failure: Option<anyhow::Error>,
}

impl<W> Shared<'_, W> {
    fn is_over(&self) -> bool {
        if self.stop.load(Ordering::Relaxed) || Instant::now() >= self.deadline {
            return true;
        }
        let trouble = guard(self.trouble);
        trouble.failure.is_some() || trouble.faults.len() >= MOST_FAULTS
    }
}

/// A lock; that another thread has panicked is its own affair.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compares programs until the time is over, all are done, or `stop` is set.
///
/// # Errors
///
/// When a bucket can't be written, after what was found has been shown in a note; or when the
/// harness fails again and again.
pub fn run<W: Workshop>(
    plan: &Plan,
    workshop: &mut W,
    store: &Mutex<Store>,
    stop: &AtomicBool,
    on_event: impl Fn(Event) + Sync,
) -> Result<CampaignResult> {
    let start = Instant::now();
    let judges = Mutex::new(Vec::new());
    let trouble = Mutex::new(Trouble::default());
    let notes = |note: String| on_event(Event::Note(note));
    let mut result = CampaignResult::new(plan);
    let mut next = 0;
    while next < plan.count {
        let end = plan.count.min(next + ROUND);
        let chunks: Vec<(u64, u64)> = (next..end)
            .step_by(usize::try_from(CHUNK).unwrap_or(1))
            .map(|first| (first, end.min(first + CHUNK)))
            .collect();
        let shared = Shared {
            plan,
            workshop,
            store,
            judges: &judges,
            stop,
            deadline: start + plan.time,
            notes: &notes,
            trouble: &trouble,
        };
        if shared.is_over() {
            break;
        }
        let mut programs = BTreeMap::new();
        in_parallel(
            &chunks,
            plan.jobs,
            stop,
            |&(first, end)| chunk(&shared, first, end),
            |index, (done, part)| {
                on_event(Event::Programs(done.len()));
                result.add(&part);
                programs.insert(index, done);
            },
        )
        .map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let programs: Vec<Candidate> = programs.into_values().flatten().collect();
        workshop.learn(&programs);
        if let Err(error) = guard(store).flush() {
            guard(&trouble).failure.get_or_insert(error);
        }
        next = end;
    }
    let trouble = trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = trouble.failure {
        return Err(error);
    }
    result.finish(start.elapsed(), workshop.exercised(), &guard(store));
    result.faults = trouble.faults.iter().map(Fault::to_string).collect();
    Ok(result)
}

/// Does the programs of some numbers, as far as there is time.
fn chunk<W: Workshop>(
    shared: &Shared<'_, W>,
    first: u64,
    end: u64,
) -> (Vec<Candidate>, result::Part) {
    let mut done = Vec::new();
    let mut part = result::Part::default();
    let free = guard(shared.judges).pop();
    let mut judge = match free.map_or_else(|| shared.workshop.judge(), Ok) {
        Ok(judge) => judge,
        Err(fault) => {
            guard(shared.trouble).faults.push(fault);
            return (done, part);
        }
    };
    let ways = shared.workshop.expensive();
    for position in first..end {
        if shared.is_over() {
            break;
        }
        let (shard, shards) = shared.plan.shard;
        let number = shard.saturating_add(position.saturating_mul(shards));
        let seed = Random::new(shared.plan.seed, number).draw();
        let candidate = shared.workshop.program(seed, position);
        // The ways take turns, and so do the modes; the numbers of both must not go together.
        let turn = position / EXPENSIVE_SHARE;
        let is_chosen = position % EXPENSIVE_SHARE == turn % EXPENSIVE_SHARE;
        let expensive = usize::try_from(turn)
            .unwrap_or(0)
            .checked_rem(ways.len())
            .filter(|_| is_chosen);
        let judgement = judge.judge_body(&candidate.body, expensive);
        part.add(
            &candidate,
            &judgement,
            expensive.and_then(|way| ways.get(way)),
        );
        match &judgement.verdict {
            Verdict::HarnessError { fault } => {
                guard(shared.trouble).faults.push(fault.clone());
            }
            Verdict::Diverge { divergences } => {
                hunt::hunt(
                    shared,
                    judge.as_mut(),
                    &candidate,
                    divergences,
                    expensive,
                    &mut part,
                );
            }
            _ => {}
        }
        done.push(candidate);
    }
    guard(shared.judges).push(judge);
    (done, part)
}

#[cfg(test)]
mod tests;
