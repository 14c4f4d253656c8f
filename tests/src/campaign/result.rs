//! The figures of a campaign.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Candidate, Judgement, Plan};
use crate::triage::{self, Bucket, Store};
use crate::verdict::VerdictKind;

/// Reasons of programs that could not be compared, by kind; more are counted together.
const MOST_REASONS: usize = 32;

/// The figures of one of the generator's modes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeCounts {
    /// Programs that were run.
    pub programs: u64,
    /// Of these, those in which the oracle came past the prelude.
    pub past_prelude: u64,
    /// Those that it ran to the end without an error.
    pub to_end: u64,
    /// Those in which both sides do the same.
    pub agree: u64,
    /// Those in which they differ, allowed or not.
    pub differ: u64,
    /// Those that could not be compared.
    pub not_compared: u64,
}

/// What came out of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CampaignResult {
    /// What all follows from.
    pub seed: u64,
    /// Which part of the programs, from 0.
    pub shard: u64,
    /// Of how many parts.
    pub shards: u64,
    /// Threads.
    pub jobs: usize,
    /// Programs that were compared, or could not be.
    pub programs: u64,
    /// How long it took.
    pub seconds: f64,
    /// Programs for each second of one thread, reductions included.
    pub programs_per_second: f64,
    /// Figures by mode.
    pub modes: BTreeMap<String, ModeCounts>,
    /// Programs that were looked at in each expensive way.
    pub expensive: BTreeMap<String, u64>,
    /// Programs that could not be compared, by reason.
    pub not_compared: BTreeMap<String, u64>,
    /// Differences that did not show again, and so are none.
    pub not_repeated: u64,
    /// Programs whose difference is allowed.
    pub allowed: u64,
    /// How often each feature was exercised.
    pub exercised: BTreeMap<String, u64>,
    /// Signatures that nobody had seen before.
    pub new: Vec<String>,
    /// All buckets in the folder, the most frequent first.
    pub buckets: Vec<Bucket>,
    /// What the harness failed at.
    pub faults: Vec<String>,
}

impl CampaignResult {
    /// Programs in which the sides differ, allowed or not.
    pub fn differ(&self) -> u64 {
        self.modes.values().map(|mode| mode.differ).sum()
    }

    /// The figures that other verbs don't have, by name.
    pub fn figures(&self) -> BTreeMap<String, Value> {
        let mut figures = BTreeMap::from([
            ("seed".to_owned(), Value::from(self.seed)),
            (
                "shard".to_owned(),
                Value::from(format!("{}/{}", self.shard, self.shards)),
            ),
            (
                "programs a second and thread".to_owned(),
                Value::from(self.programs_per_second.round()),
            ),
            ("new signatures".to_owned(), Value::from(self.new.len())),
        ]);
        for (mode, counts) in &self.modes {
            figures.insert(format!("mode {mode}"), Value::from(counts.programs));
        }
        for (way, count) in &self.expensive {
            figures.insert(way.clone(), Value::from(*count));
        }
        figures
    }

    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            seed: plan.seed,
            shard: plan.shard.0,
            shards: plan.shard.1,
            jobs: plan.jobs.get(),
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, part: &Part) {
        for (mode, counts) in &part.modes {
            let own = self.modes.entry(mode.clone()).or_default();
            own.programs += counts.programs;
            own.past_prelude += counts.past_prelude;
            own.to_end += counts.to_end;
            own.agree += counts.agree;
            own.differ += counts.differ;
            own.not_compared += counts.not_compared;
            self.programs += counts.programs;
        }
        for (way, count) in &part.expensive {
            *self.expensive.entry(way.clone()).or_default() += count;
        }
        for (reason, count) in &part.reasons {
            let is_known = self.not_compared.contains_key(reason);
            let key = if is_known || self.not_compared.len() < MOST_REASONS {
                reason.as_str()
            } else {
                "other"
            };
            *self.not_compared.entry(key.to_owned()).or_default() += count;
        }
        self.not_repeated += part.not_repeated;
        self.allowed += part.allowed;
    }

    pub(super) fn finish(
        &mut self,
        time: Duration,
        exercised: BTreeMap<String, u64>,
        store: &Store,
    ) {
        self.seconds = time.as_secs_f64();
        let threads = u32::try_from(self.jobs).unwrap_or(u32::MAX);
        // Exact for as many programs as anybody can run.
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53 programs")]
        let programs = self.programs as f64;
        self.programs_per_second = programs / (self.seconds.max(1e-9) * f64::from(threads));
        self.exercised = exercised;
        self.new = store.new_signatures().to_vec();
        self.buckets = triage::sorted(store.buckets())
            .into_iter()
            .cloned()
            .collect();
    }
}

/// The figures of some programs.
#[derive(Debug, Default)]
pub(super) struct Part {
    modes: BTreeMap<String, ModeCounts>,
    expensive: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
    pub not_repeated: u64,
    pub allowed: u64,
    pub new: u64,
}

impl Part {
    pub(super) fn add(
        &mut self,
        candidate: &Candidate,
        judgement: &Judgement,
        expensive: Option<&String>,
    ) {
        let counts = self.modes.entry(candidate.mode.clone()).or_default();
        counts.programs += 1;
        counts.past_prelude += u64::from(judgement.is_past_prelude);
        counts.to_end += u64::from(judgement.is_at_end);
        match judgement.verdict.kind() {
            VerdictKind::Agree => counts.agree += 1,
            VerdictKind::Diverge | VerdictKind::Allowed => counts.differ += 1,
            VerdictKind::Poisoned | VerdictKind::OracleUb | VerdictKind::HarnessError => {
                counts.not_compared += 1;
            }
        }
        if let Some(reason) = judgement.verdict.reason() {
            *self.reasons.entry(reason).or_default() += 1;
        }
        if let Some(way) = expensive {
            *self.expensive.entry(way.clone()).or_default() += 1;
        }
    }
}
