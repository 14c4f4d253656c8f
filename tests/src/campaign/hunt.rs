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
    let form = Form::Whole(expensive);
    let whole = form.wrap(shared.workshop, &candidate.body);
    let id = first.signature.id.as_str();
    let mut again = 0;
    let mut divergence = None;
    for _ in 0..REPETITIONS {
        let seen = form.shows(judge, &whole, id);
        again += u32::from(seen.is_some());
        divergence = divergence.or(seen);
    }
    let Some(divergence) = divergence else {
        not_in_one_chunk(shared, judge, candidate, first, part);
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
        for (divergence, text) in make_small(shared, judge, &finding, body, form) {
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
/// one when it shows again with the prelude in a chunk of its own.
fn not_in_one_chunk<W: Workshop>(
    shared: &Shared<'_, W>,
    judge: &mut dyn Judge,
    candidate: &Candidate,
    first: &Divergence,
    part: &mut Part,
) {
    let text = shared.workshop.wrap_body(&candidate.body);
    let form = Form::AfterPrelude;
    let id = first.signature.id.as_str();
    let seen = (0..REPETITIONS).filter_map(|_| form.shows(judge, &text, id));
    let seen: Vec<Divergence> = seen.collect();
    let again = u32::try_from(seen.len()).unwrap_or(REPETITIONS);
    let Some(divergence) = seen.into_iter().next() else {
        part.not_repeated += 1;
        return;
    };
    let finding = Finding {
        divergence,
        text,
        source: Source {
            after_prelude: true,
            ..source(candidate)
        },
        repeated: (1 + again, 1 + REPETITIONS),
    };
    if add(shared, &finding, part) {
        make_small(shared, judge, &finding, Some(&candidate.body), form);
    }
}

/// How the text of a finding is looked at.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// A whole program, in an expensive way as well if there is a number of one.
    Whole(Option<usize>),
    /// One behind the prelude.
    AfterPrelude,
}

impl Form {
    fn judge(self, judge: &mut dyn Judge, text: &[u8]) -> Verdict {
        match self {
            Self::Whole(expensive) => judge.judge(text, expensive).verdict,
            Self::AfterPrelude => judge.judge_after_prelude(text).verdict,
        }
    }

    /// The place at which a text shows a signature.
    fn shows(self, judge: &mut dyn Judge, text: &[u8], id: &str) -> Option<Divergence> {
        match self.judge(judge, text) {
            Verdict::Diverge { divergences } => divergences
                .into_iter()
                .find(|found| found.signature.id == id),
            _ => None,
        }
    }

    fn wrap<W: Workshop>(self, workshop: &W, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Whole(_) => workshop.wrap(body),
            Self::AfterPrelude => workshop.wrap_body(body),
        }
    }
}

fn source(candidate: &Candidate) -> Source {
    Source {
        origin: EntryOrigin::Generated,
        seed: Some(candidate.seed),
        mode: Some(candidate.mode.clone()),
        after_prelude: false,
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
    form: Form,
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
            Some(_) => form.wrap(workshop, text),
            None => text.to_vec(),
        };
        let mut examiner = Examiner {
            shared,
            judge: &mut *judge,
            wrap: &wrap,
            form,
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
    let divergence = form.shows(judge, &smallest, &id);
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
        let divergence = form.shows(judge, &text, &signature.id)?;
        Some((divergence, text))
    });
    met.collect()
}

/// Looks at candidates of a reduction.
struct Examiner<'a, 'b, W> {
    shared: &'a Shared<'b, W>,
    judge: &'a mut dyn Judge,
    wrap: &'a dyn Fn(&[u8]) -> Vec<u8>,
    form: Form,
}

impl<W> Examine for Examiner<'_, '_, W> {
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
        let look = |text: &&[u8]| {
            // Interrupted: what is small by now is kept, and nothing else tried.
            if self.shared.stop.load(Ordering::Relaxed) {
                return Vec::new();
            }
            match self.form.judge(self.judge, &(self.wrap)(text)) {
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
