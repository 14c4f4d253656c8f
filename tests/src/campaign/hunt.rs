//! From a difference to a bucket: seen again, written down, made small.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use anyhow::Result;

use super::result::Part;
use super::{Candidate, Judge, Shared, Workshop, guard};
use crate::corpus::header::EntryOrigin;
use crate::divergence::{Divergence, Signature};
use crate::reduce::{self, Bounds, Examine, Finest};
use crate::triage::store::{Finding, Seen};
use crate::triage::{Reduced, Source};
use crate::verdict::Verdict;

/// How often a difference is looked at again.
const REPETITIONS: u32 = 2;
/// Signatures met in one reduction, and in those of what it met, that are reduced as well.
const MOST_OTHERS: usize = 8;

/// Follows up a difference.
pub(super) fn hunt<W: Workshop>(
    shared: &Shared<'_, W>,
    judge: &mut dyn Judge,
    candidate: &Candidate,
    divergences: &[Divergence],
    expensive: Option<usize>,
    part: &mut Part,
) {
    // The first place is the cause, the others may be its consequences.
    let Some(first) = divergences.first() else {
        return;
    };
    let whole = shared.workshop.wrap(&candidate.body);
    let id = first.signature.id.as_str();
    let mut again = 0;
    let mut divergence = None;
    for _ in 0..REPETITIONS {
        let seen = shows(judge, &whole, expensive, id);
        again += u32::from(seen.is_some());
        divergence = divergence.or(seen);
    }
    let Some(divergence) = divergence else {
        not_in_one_chunk(shared, judge, candidate, first, expensive, part);
        return;
    };
    let source = source(candidate);
    let mut open = VecDeque::from([Finding {
        divergence,
        text: whole,
        source: source.clone(),
        repeated: (1 + again, 1 + REPETITIONS),
    }]);
    let mut met = 0;
    while let Some(finding) = open.pop_front() {
        if !add(shared, &finding, part) {
            continue;
        }
        // The body alone is quickly made small; with the prelude only what is left of it.
        let is_first = met == 0;
        let body = is_first.then_some(candidate.body.as_slice());
        for (divergence, text) in make_small(shared, judge, &finding, body, expensive) {
            met += 1;
            if met <= MOST_OTHERS {
                open.push_back(Finding {
                    divergence,
                    text,
                    source: source.clone(),
                    repeated: (1, 1),
                });
            }
        }
        met = met.max(1);
    }
}

/// Follows up a difference that is gone when the prelude stands in the same chunk: it is no less
/// one when it shows again as it did, but its program can't be made small on its own.
fn not_in_one_chunk<W: Workshop>(
    shared: &Shared<'_, W>,
    judge: &mut dyn Judge,
    candidate: &Candidate,
    first: &Divergence,
    expensive: Option<usize>,
    part: &mut Part,
) {
    let shows_again = |judge: &mut dyn Judge| {
        let verdict = judge.judge_body(&candidate.body, expensive).verdict;
        let mut found = verdict.divergences().iter();
        found.any(|found| found.signature.id == first.signature.id)
    };
    let again = (0..REPETITIONS).filter(|_| shows_again(judge)).count();
    let again = u32::try_from(again).unwrap_or(REPETITIONS);
    if again == 0 {
        part.not_repeated += 1;
        return;
    }
    let finding = Finding {
        divergence: first.clone(),
        text: shared.workshop.wrap(&candidate.body),
        source: source(candidate),
        repeated: (1 + again, 1 + REPETITIONS),
    };
    if add(shared, &finding, part) {
        (shared.notes)(format!(
            "{} shows only when the prelude is a chunk of its own",
            first.signature.id
        ));
    }
}

fn source(candidate: &Candidate) -> Source {
    Source {
        origin: EntryOrigin::Generated,
        seed: Some(candidate.seed),
        mode: Some(candidate.mode.clone()),
    }
}

/// Writes a finding down; true when it is a new one.
fn add<W>(shared: &Shared<'_, W>, finding: &Finding, part: &mut Part) -> bool {
    let signature = &finding.divergence.signature;
    let added = guard(shared.store).add(finding);
    match added {
        Ok(Seen::First) => {
            part.new += 1;
            (shared.notes)(format!("new: {} {}", signature.id, signature.message));
            true
        }
        Ok(Seen::Again) => false,
        Ok(Seen::Allowed) => {
            part.allowed += 1;
            false
        }
        Err(error) => {
            // Nothing is lost that somebody can still read.
            let text = String::from_utf8_lossy(&finding.text);
            (shared.notes)(format!(
                "cannot keep a finding: {error:#}\nsignature {} {}\nseed {:?}, mode {:?}\n{text}",
                signature.id, signature.message, finding.source.seed, finding.source.mode
            ));
            guard(shared.trouble).failure.get_or_insert(error);
            false
        }
    }
}

/// Reduces a finding and writes the smaller program; returns what else was met.
fn make_small<W: Workshop>(
    shared: &Shared<'_, W>,
    judge: &mut dyn Judge,
    finding: &Finding,
    body: Option<&[u8]>,
    expensive: Option<usize>,
) -> Vec<(Divergence, Vec<u8>)> {
    let id = finding.divergence.signature.id.clone();
    let mut smallest = finding.text.clone();
    let mut reduced = Reduced {
        is_complete: true,
        examined: 0,
        seconds: 0.0,
    };
    let mut others: Vec<(Signature, Vec<u8>)> = Vec::new();
    // Half of what may be spent for the body, half for the whole.
    let bounds = Bounds {
        candidates: shared.plan.reduction.candidates / 2,
        time: shared.plan.reduction.time / 2,
    };
    for body in body.map(Some).into_iter().chain([None]) {
        let workshop = shared.workshop;
        let wrap = |text: &[u8]| match body {
            Some(_) => workshop.wrap(text),
            None => text.to_vec(),
        };
        let mut examiner = Examiner {
            shared,
            judge: &mut *judge,
            wrap: &wrap,
            expensive,
        };
        let text = body.unwrap_or(&smallest);
        match reduce::reduce(text, Some(&id), Finest::Tree, bounds, &mut examiner) {
            Ok(reduction) => {
                reduced.is_complete = reduction.is_complete;
                reduced.examined += reduction.examined;
                reduced.seconds += reduction.time.as_secs_f64();
                smallest = wrap(&reduction.text);
                others.extend(
                    reduction
                        .others
                        .into_iter()
                        .map(|(signature, text)| (signature, wrap(&text))),
                );
            }
            Err(refusal) => {
                reduced.is_complete = false;
                (shared.notes)(format!("{id} could not be reduced: {refusal}"));
            }
        }
    }
    let divergence = shows(judge, &smallest, expensive, &id);
    let lines = smallest.iter().filter(|&&byte| byte == b'\n').count();
    let mut store = guard(shared.store);
    match store.reduced(&id, &smallest, divergence, reduced) {
        Ok(()) => (shared.notes)(format!(
            "{id} reduced to {lines} lines: {}",
            store.program_path(&id).display()
        )),
        Err(error) => {
            (shared.notes)(format!("cannot keep a smaller program: {error:#}"));
            guard(shared.trouble).failure.get_or_insert(error);
        }
    }
    drop(store);
    let met = others.into_iter().filter_map(|(signature, text)| {
        let divergence = shows(judge, &text, expensive, &signature.id)?;
        Some((divergence, text))
    });
    met.collect()
}

/// The place at which a text shows a signature.
fn shows(
    judge: &mut dyn Judge,
    text: &[u8],
    expensive: Option<usize>,
    id: &str,
) -> Option<Divergence> {
    match judge.judge(text, expensive).verdict {
        Verdict::Diverge { divergences } => divergences
            .into_iter()
            .find(|found| found.signature.id == id),
        _ => None,
    }
}

/// Looks at candidates of a reduction.
struct Examiner<'a, 'b, W> {
    shared: &'a Shared<'b, W>,
    judge: &'a mut dyn Judge,
    wrap: &'a dyn Fn(&[u8]) -> Vec<u8>,
    expensive: Option<usize>,
}

impl<W> Examine for Examiner<'_, '_, W> {
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
        let look = |text: &&[u8]| {
            // Interrupted: what is small by now is kept, and nothing else tried.
            if self.shared.stop.load(Ordering::Relaxed) {
                return Vec::new();
            }
            match self.judge.judge(&(self.wrap)(text), self.expensive).verdict {
                Verdict::Diverge { divergences } => divergences
                    .into_iter()
                    .map(|found| found.signature)
                    .collect(),
                _ => Vec::new(),
            }
        };
        Ok(texts.iter().map(look).collect())
    }
}
