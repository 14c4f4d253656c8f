//! What real campaigns are made of: the generator, and both implementations in this process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::{Candidate, Judge, Judgement, Workshop};
use crate::channel::ChannelName;
use crate::generate::{self, Exercised, Mode, Weights, prelude};
use crate::observation::{Observation, Outcome};
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::report::html::Grid;
use crate::verdict::{Fault, Verdict};

/// What both runs of a program may take together.
pub const TIME: Duration = Duration::from_secs(10);
/// Bytes that each run may have.
pub const MEMORY: usize = 64 << 20;
/// Name of every program: a signature doesn't know it, but a program can.
const NAME: &str = "program.lua";
/// The modes in the order in which they take turns.
const MODES: [(Mode, &str); 3] = [
    (Mode::Total, "total"),
    (Mode::Erring, "erring"),
    (Mode::Limits, "limits"),
];

/// The expensive ways to look at a program, with the channels that they need.
const EXPENSIVE: [(&str, &[ChannelName]); 3] = [
    ("heap", &[ChannelName::Heap]),
    ("metamorphic", &[ChannelName::Metamorphic]),
    ("lockstep", &[ChannelName::Lockstep]),
];
/// What every program is compared in.
const CHEAP: [ChannelName; 3] = [
    ChannelName::Output,
    ChannelName::Error,
    ChannelName::Collector,
];

/// Generated programs, compared in this process.
#[derive(Debug, Default)]
pub struct Generated {
    weights: Weights,
    exercised: Exercised,
    worker: Option<PathBuf>,
}

impl Generated {
    /// With nothing exercised yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the oracle in a process of its own, which is this program, wherever a channel
    /// doesn't need it in this one.
    #[must_use]
    pub fn with_worker(self, program: PathBuf) -> Self {
        let worker = Some(program);
        Self { worker, ..self }
    }

    /// How programs are compared in some channels.
    fn options(&self, channels: &[ChannelName]) -> PairOptions {
        let is_near = |channel| matches!(channel, ChannelName::Heap | ChannelName::Lockstep);
        let is_far = !channels.iter().copied().any(is_near);
        PairOptions {
            channels: channels.to_vec(),
            worker: self.worker.clone().filter(|_| is_far),
            time: TIME,
            memory: Some(MEMORY),
            ..PairOptions::default()
        }
    }

    /// What was exercised.
    pub fn all_exercised(&self) -> &Exercised {
        &self.exercised
    }
}

impl Workshop for Generated {
    fn program(&self, seed: u64, number: u64) -> Candidate {
        let turn = usize::try_from(number).unwrap_or(0) % MODES.len();
        let (mode, name) = MODES.get(turn).copied().unwrap_or((Mode::Total, "total"));
        Candidate {
            seed,
            mode: name.to_owned(),
            body: generate::from_seed(seed, mode, &self.weights).source,
        }
    }

    fn wrap(&self, body: &[u8]) -> Vec<u8> {
        prelude::wrap(body)
    }

    fn wrap_body(&self, body: &[u8]) -> Vec<u8> {
        prelude::wrap_body(body)
    }

    fn judge(&self) -> Result<Box<dyn Judge>, Fault> {
        let bodies = PairOptions {
            prelude: Some(prelude::source()),
            ..self.options(&CHEAP)
        };
        let mut expensive = Vec::new();
        for (_, channels) in EXPENSIVE {
            expensive.push(Pair::new(self.options(channels))?);
        }
        Ok(Box::new(PairJudge {
            whole: Pair::new(self.options(&CHEAP))?,
            bodies: Pair::new(bodies)?,
            expensive,
        }))
    }

    fn expensive(&self) -> Vec<String> {
        EXPENSIVE.iter().map(|(way, _)| (*way).to_owned()).collect()
    }

    fn learn(&mut self, programs: &[Candidate]) {
        for program in programs {
            self.exercised.add_source(&program.body);
        }
        self.weights = Weights::from(&self.exercised);
    }

    fn exercised(&self) -> BTreeMap<String, u64> {
        self.exercised.features()
    }
}

/// What was exercised, as a report shows it (`exercised.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tables {
    /// Opcodes by operands, pairs of opcodes, functions by arguments.
    pub grids: Vec<Grid>,
    /// Messages of errors, and how often each was met.
    pub messages: BTreeMap<String, u64>,
}

impl Tables {
    /// The tables of some counts.
    pub fn new(exercised: &Exercised) -> Self {
        let parts = |name: &str| {
            let (row, column) = name.split_once(' ').unwrap_or((name, "none"));
            vec![(row.to_owned(), column.to_owned())]
        };
        let arguments = |name: &str| {
            let (row, list) = name.split_once('(').unwrap_or((name, ""));
            let kinds = list.trim_end_matches(')').split(", ");
            let kinds = kinds.map(|kind| if kind.is_empty() { "none" } else { kind });
            kinds
                .map(|kind| (row.to_owned(), kind.to_owned()))
                .collect()
        };
        Self {
            grids: vec![
                grid(
                    "Opcodes and the kinds of their operands",
                    &exercised.operands(),
                    parts,
                ),
                grid("Opcodes and those behind them", &exercised.pairs(), parts),
                grid(
                    "Functions of the library and the kinds of their arguments",
                    &exercised.functions(),
                    arguments,
                ),
            ],
            messages: exercised.messages().clone(),
        }
    }
}

/// A table of counts whose names stand for cells.
fn grid(
    title: &str,
    counts: &BTreeMap<String, u64>,
    cells: impl Fn(&str) -> Vec<(String, String)>,
) -> Grid {
    let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (name, count) in counts {
        for cell in cells(name) {
            *sums.entry(cell).or_default() += count;
        }
    }
    let rows: BTreeSet<&String> = sums.keys().map(|(row, _)| row).collect();
    let columns: BTreeSet<&String> = sums.keys().map(|(_, column)| column).collect();
    let count = |row: &str, column: &str| sums.get(&(row.to_owned(), column.to_owned())).copied();
    Grid {
        title: title.to_owned(),
        counts: rows
            .iter()
            .map(|row| columns.iter().map(|column| count(row, column)).collect())
            .collect(),
        rows: rows.into_iter().cloned().collect(),
        columns: columns.into_iter().cloned().collect(),
    }
}

struct PairJudge {
    /// For programs that have the prelude in them.
    whole: Pair,
    /// For bodies: the prelude is compiled once.
    bodies: Pair,
    /// For whole programs, one for each expensive way.
    expensive: Vec<Pair>,
}

impl PairJudge {
    /// The same, looked at in an expensive way as well when there was nothing to see.
    fn or_expensive(&mut self, seen: Judgement, text: &[u8], way: Option<usize>) -> Judgement {
        let pair = way.and_then(|way| self.expensive.get_mut(way));
        match pair.filter(|_| seen.verdict == Verdict::Agree) {
            Some(pair) => Judgement {
                verdict: judged(pair, text).verdict,
                ..seen
            },
            None => seen,
        }
    }
}

impl Judge for PairJudge {
    fn judge(&mut self, text: &[u8], expensive: Option<usize>) -> Judgement {
        let seen = judged(&mut self.whole, text);
        self.or_expensive(seen, text, expensive)
    }

    fn judge_body(&mut self, body: &[u8], expensive: Option<usize>) -> Judgement {
        let seen = judged(&mut self.bodies, &prelude::wrap_body(body));
        if expensive.is_none() {
            return seen;
        }
        self.or_expensive(seen, &prelude::wrap(body), expensive)
    }

    fn judge_after_prelude(&mut self, text: &[u8]) -> Judgement {
        judged(&mut self.bodies, text)
    }
}

fn judged(pair: &mut Pair, text: &[u8]) -> Judgement {
    let program = Program::from_source(NAME, Origin::Text, text);
    let judged = pair.compare(&program);
    let (is_past_prelude, is_at_end) = progress(&judged.left);
    Judgement {
        verdict: judged.verdict,
        is_past_prelude,
        is_at_end,
    }
}

/// Whether a run came past the prelude, and whether to the end of the body without an error.
///
/// The prelude catches what the body raises, so that a run which returned its observations has
/// come past it.
fn progress(observation: &Observation) -> (bool, bool) {
    let Some(inside) = &observation.inside else {
        return (false, false);
    };
    match &inside.outcome {
        Outcome::Returned(_) => (
            observation.end.is_normal(),
            observation.stdout.ends_with(prelude::END),
        ),
        Outcome::Failed { .. } | Outcome::Exited => (false, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::VerdictKind;

    #[test]
    fn every_mode_takes_its_turn_and_programs_come_past_the_prelude() {
        let workshop = Generated::new();
        let mut judge = workshop.judge().unwrap();
        let mut modes = BTreeMap::new();
        for number in 0..30 {
            let candidate = workshop.program(number * 7919, number);
            *modes.entry(candidate.mode.clone()).or_insert(0) += 1;
            if candidate.mode == "total" {
                let whole = judge.judge(&workshop.wrap(&candidate.body), None);
                let body = judge.judge_body(&candidate.body, None);
                for judgement in [whole, body] {
                    assert_eq!(judgement.verdict.kind(), VerdictKind::Agree, "{number}");
                    assert!(judgement.is_past_prelude && judgement.is_at_end, "{number}");
                }
            }
        }
        assert!(modes.values().all(|&count| count == 10), "{modes:?}");
        let judgement = judge.judge(&workshop.wrap(b"error('x')\n"), None);
        assert_eq!(
            (judgement.is_past_prelude, judgement.is_at_end),
            (true, false)
        );
        let judgement = judge.judge(&workshop.wrap(b"x = = 1\n"), None);
        assert!(!judgement.is_past_prelude);
    }

    #[test]
    fn what_is_rare_is_favoured() {
        let mut workshop = Generated::new();
        let programs: Vec<Candidate> = (0..60)
            .map(|number| workshop.program(number, number))
            .collect();
        workshop.learn(&programs);
        assert!(!workshop.exercised().is_empty());
        assert_ne!(workshop.weights, Weights::default());
        for grid in Tables::new(workshop.all_exercised()).grids {
            assert!(!grid.rows.is_empty(), "{}", grid.title);
            assert_eq!(grid.counts.len(), grid.rows.len());
            let width = grid.columns.len();
            assert!(grid.counts.iter().all(|row| row.len() == width));
        }
    }
}
