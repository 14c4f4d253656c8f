//! The result of a run, as it is written to `results.json` (described in `reports/README.md`).

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::allow::AllowList;
use crate::bless::RecordState;
use crate::campaign::CampaignResult;
use crate::clock;
use crate::corpus::Entry;
use crate::divergence::Signature;
use crate::engine::{Description, Limits};
use crate::verdict::{Comparison, Fault, Verdict, VerdictKind};

pub mod history;
pub mod html;
pub mod junit;
pub mod night;
pub mod summary;
pub mod write;

/// Version of the format; a change that a reader has to know of makes it one more.
pub const VERSION: u32 = 1;

/// What came out for one program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramResult {
    /// The program's name.
    pub program: String,
    /// The folder it is counted in.
    pub group: String,
    /// The worst verdict.
    pub verdict: VerdictKind,
    /// What kept the program from being looked at; otherwise absent.
    pub fault: Option<Fault>,
    /// What became of its record.
    pub record: RecordState,
    /// Everything that was compared.
    pub comparisons: Vec<Comparison>,
    /// Seconds by engine, from start to end by the clock on the wall.
    pub seconds: BTreeMap<String, f64>,
    /// The command that repeats this.
    pub reproduce: String,
    /// By engine, the command that runs the program without the harness.
    pub command_lines: BTreeMap<String, String>,
}

impl ProgramResult {
    /// The result of a program that nothing has been done with yet.
    pub fn new(entry: &Entry, reproduce: String) -> Self {
        Self {
            program: entry.id.clone(),
            group: entry.group.clone(),
            verdict: VerdictKind::Agree,
            fault: None,
            record: RecordState::Absent,
            comparisons: Vec::new(),
            seconds: BTreeMap::new(),
            reproduce,
            command_lines: BTreeMap::new(),
        }
    }

    /// The same with the verdict that follows from the comparisons.
    pub fn judged(mut self) -> Self {
        let verdicts = self.comparisons.iter().map(|found| found.verdict.kind());
        self.verdict = match self.fault {
            Some(_) => VerdictKind::HarnessError,
            None => verdicts.max().unwrap_or(VerdictKind::Agree),
        };
        self
    }

    /// Whether an engine was compared with anything and agreed wherever it was.
    pub fn agrees(&self, engine: &str) -> bool {
        let mut verdicts = self
            .of_engine(engine)
            .map(|comparison| &comparison.verdict)
            .peekable();
        verdicts.peek().is_some() && verdicts.all(|verdict| *verdict == Verdict::Agree)
    }

    /// What the harness failed at, each once.
    pub fn faults(&self) -> Vec<&Fault> {
        let mut faults: Vec<&Fault> = self.fault.iter().collect();
        for comparison in &self.comparisons {
            if let Verdict::HarnessError { fault } = &comparison.verdict
                && !faults.contains(&fault)
            {
                faults.push(fault);
            }
        }
        faults
    }

    /// The comparisons that judge an engine.
    pub fn of_engine<'a>(&'a self, engine: &'a str) -> impl Iterator<Item = &'a Comparison> {
        self.comparisons
            .iter()
            .filter(move |comparison| comparison.right == engine)
    }
}

/// The limits in units that a reader expects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReportedLimits {
    /// Seconds.
    pub time: f64,
    /// MiB of address space; absent without a limit.
    pub memory: Option<u64>,
    /// Bytes of each of the outputs.
    pub output: usize,
}

impl From<Limits> for ReportedLimits {
    fn from(limits: Limits) -> Self {
        Self {
            time: limits.time.as_secs_f64(),
            memory: limits.memory_mib,
            output: limits.output,
        }
    }
}

/// The head of a report: what ran, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`VERSION`].
    pub version: u32,
    /// The verb that ran.
    pub verb: String,
    /// When the run began, UTC.
    pub started: String,
    /// The engines in the order in which they ran.
    pub engines: Vec<Description>,
    /// What each run could use.
    pub limits: ReportedLimits,
}

impl Header {
    /// The head of a run that begins now.
    pub fn new(verb: &str, engines: Vec<Description>, limits: Limits) -> Self {
        Self {
            version: VERSION,
            verb: verb.to_owned(),
            started: clock::timestamp(clock::now()),
            engines,
            limits: limits.into(),
        }
    }
}

/// Figures of one folder, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Programs.
    pub programs: usize,
    /// By engine that was compared with anything, programs in which it agrees with all of it.
    pub agree: BTreeMap<String, usize>,
    /// Programs whose worst verdict is "allowed".
    pub allowed: usize,
    /// Programs whose worst verdict is "diverge".
    pub differ: usize,
    /// Programs that could not be judged: poisoned, undefined in C, or a fault of the harness.
    pub not_compared: usize,
}

impl Counts {
    fn add(&mut self, result: &ProgramResult, engines: &[Description]) {
        self.programs += 1;
        // Some verbs have engines that only others are compared with.
        let is_judged = |engine: &&Description| result.of_engine(&engine.name).next().is_some();
        for engine in engines.iter().filter(is_judged) {
            *self.agree.entry(engine.name.clone()).or_default() +=
                usize::from(result.agrees(&engine.name));
        }
        match result.verdict {
            VerdictKind::Agree => {}
            VerdictKind::Allowed => self.allowed += 1,
            VerdictKind::Diverge => self.differ += 1,
            VerdictKind::Poisoned | VerdictKind::OracleUb | VerdictKind::HarnessError => {
                self.not_compared += 1
            }
        }
    }
}

/// The figures of one folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The folder.
    pub group: String,
    /// Its figures.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The programs that share a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The cause.
    pub signature: Signature,
    /// The programs, each once.
    pub programs: Vec<String>,
}

/// An entry of the allow list that a run shows to be of no use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnusedAllowance {
    /// The entry.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// The figures of mutated programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mutants {
    /// What the mutants follow from, together with the programs.
    pub seed: u64,
    /// Number of the first one.
    pub first: u64,
    /// Programs they were made from.
    pub programs: usize,
    /// Mutants that were compiled.
    pub tried: usize,
    /// Of these, those that both compilers accept with the same chunk.
    pub same_chunk: usize,
    /// Those that both compilers refuse with the same message.
    pub same_message: usize,
    /// Those in which the compilers differ; the smallest ones of each cause are under `programs`.
    pub differ: usize,
    /// Those that could not be compared.
    pub not_compared: usize,
    /// Mutants that show a cause, by its signature.
    pub causes: BTreeMap<String, usize>,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What ran.
    #[serde(flatten)]
    pub header: Header,
    /// Whether every program that was asked for was run.
    pub complete: bool,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// All figures.
    pub totals: Counts,
    /// The figures by folder, in the order of the corpus.
    pub groups: Vec<Group>,
    /// What is not allowed, by cause, the most frequent first.
    pub buckets: Vec<Bucket>,
    /// The figures of mutated programs; absent for verbs that make none.
    pub mutants: Option<Mutants>,
    /// The figures of generated programs; absent for verbs that make none.
    #[serde(default)]
    pub campaign: Option<CampaignResult>,
    /// Entries of the allow list that nothing needs.
    pub unused_allowances: Vec<UnusedAllowance>,
    /// Every program.
    pub programs: Vec<ProgramResult>,
}

impl Report {
    /// Counts and sorts the results of a run.
    pub fn new(
        header: Header,
        programs: Vec<ProgramResult>,
        allow: &AllowList,
        complete: bool,
        seconds: f64,
    ) -> Self {
        let mut totals = Counts::default();
        let mut groups: Vec<Group> = Vec::new();
        for result in &programs {
            totals.add(result, &header.engines);
            let index = groups.iter().position(|group| group.group == result.group);
            match index.and_then(|index| groups.get_mut(index)) {
                Some(group) => group.counts.add(result, &header.engines),
                None => {
                    let mut counts = Counts::default();
                    counts.add(result, &header.engines);
                    groups.push(Group {
                        group: result.group.clone(),
                        counts,
                    });
                }
            }
        }
        let unused_allowances = unused_allowances(&programs, allow);
        Self {
            totals,
            groups,
            buckets: buckets(&programs),
            mutants: None,
            campaign: None,
            unused_allowances,
            complete,
            seconds,
            programs,
            header,
        }
    }

    /// The worst verdict of all programs.
    pub fn worst(&self) -> VerdictKind {
        self.programs
            .iter()
            .map(|result| result.verdict)
            .max()
            .unwrap_or(VerdictKind::Agree)
    }
}

fn buckets(programs: &[ProgramResult]) -> Vec<Bucket> {
    let mut by_signature: BTreeMap<&Signature, Vec<String>> = BTreeMap::new();
    for result in programs {
        for comparison in &result.comparisons {
            let Verdict::Diverge { divergences } = &comparison.verdict else {
                continue;
            };
            for found in divergences {
                let bucket = by_signature.entry(&found.signature).or_default();
                if bucket.last() != Some(&result.program) {
                    bucket.push(result.program.clone());
                }
            }
        }
    }
    let mut buckets: Vec<Bucket> = by_signature
        .into_iter()
        .map(|(signature, programs)| Bucket {
            signature: signature.clone(),
            programs,
        })
        .collect();
    buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.programs.len()));
    buckets
}

fn unused_allowances(programs: &[ProgramResult], allow: &AllowList) -> Vec<UnusedAllowance> {
    let mut used = HashSet::new();
    for comparison in programs.iter().flat_map(|result| &result.comparisons) {
        if let Verdict::Allowed { ids, .. } = &comparison.verdict {
            used.extend(ids.iter().map(String::as_str));
        }
    }
    let names = programs
        .iter()
        .map(|result| result.program.as_str())
        .collect();
    let unused = allow.unused(&names, &used).into_iter();
    unused
        .map(|entry| {
            let why = if allow.has_expired(entry) {
                "has expired"
            } else {
                "allows nothing that happens"
            };
            UnusedAllowance {
                id: entry.id.clone(),
                reason: format!("{why} ({})", entry.witness),
            }
        })
        .collect()
}
