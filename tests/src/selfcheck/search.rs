//! The programs of a campaign, one after the other, until one shows a difference. Runs in a
//! process of its own, because the fault that is on is on for the whole process, and may be one
//! that ends it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::campaign::Workshop as _;
use crate::campaign::in_process::Generated;
use crate::channel::ChannelName;
use crate::divergence::Cause;
use crate::generate::prelude;
use crate::mutate::random::Random;
use crate::pair::{Judged, Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::verdict::{Fault, Verdict};

/// What both runs of a program may take together.
const TIME: Duration = Duration::from_secs(5);
/// Bytes that each run may have.
const MEMORY: usize = 64 << 20;
/// Programs between two reports of how far it is.
const STRIDE: u64 = 32;
/// One program in so many is looked at in an expensive way as well, as in a campaign.
const EXPENSIVE_SHARE: u64 = 16;
/// What every program is compared in.
const CHEAP: [ChannelName; 4] = [
    ChannelName::Output,
    ChannelName::Error,
    ChannelName::Collector,
    ChannelName::Bytecode,
];
/// The expensive ways.
const EXPENSIVE: [ChannelName; 3] = [
    ChannelName::Heap,
    ChannelName::Metamorphic,
    ChannelName::Lockstep,
];

/// Which programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Range {
    /// What the programs follow from
    #[arg(long, value_name = "S")]
    pub seed: u64,
    /// The number of the first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub first: u64,
    /// How many
    #[arg(long, value_name = "N")]
    pub programs: u64,
    /// Numbers of programs to leave out
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub skip: Vec<u64>,
    /// Go on after a difference
    #[arg(long)]
    pub all: bool,
}

/// What is told while it goes on, one line of JSON each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// So many programs are done.
    Done(u64),
    /// A program showed a difference.
    Killed(Kill),
    /// That was the last program, of so many.
    Survived(u64),
    /// The harness failed.
    Failed(String),
}

/// The first difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// How many programs that took, this one included; its number, from 1.
    pub after: u64,
    /// What it was generated from; absent where the program is not known.
    pub seed: Option<u64>,
    /// Every channel that saw it; "crash", "time" or "prelude" where there was nothing to
    /// compare.
    pub seen_by: Vec<String>,
    /// The first difference in words.
    pub message: String,
}

/// Compares programs until one differs, or all. `tell` returns false when nobody listens any more.
pub fn search(range: &Range, mut tell: impl FnMut(Message) -> bool) {
    let workshop = Generated::new();
    let mut pairs = match Pairs::new() {
        Ok(pairs) => pairs,
        // With no fault on, that is the harness's own failure; the caller knows.
        Err(fault) => {
            tell(Message::Killed(Kill {
                after: 1,
                seed: None,
                seen_by: vec!["prelude".to_owned()],
                message: fault.to_string(),
            }));
            return;
        }
    };
    for done in 0..range.programs {
        if done % STRIDE == 0 && !tell(Message::Done(done)) {
            return;
        }
        let number = range.first.saturating_add(done);
        if range.skip.contains(&number) {
            continue;
        }
        let seed = Random::new(range.seed, number).draw();
        let body = workshop.program(seed, number).body;
        let ended = match pairs.compare(&body, number) {
            Verdict::Diverge { divergences } => {
                let mut seen_by: Vec<String> = Vec::new();
                for divergence in &divergences {
                    let name = match divergence.cause {
                        Cause::Crash => "crash".to_owned(),
                        Cause::TimeOut | Cause::Budget => "time".to_owned(),
                        _ => divergence.channel.to_string(),
                    };
                    if !seen_by.contains(&name) {
                        seen_by.push(name);
                    }
                }
                let first = divergences.first();
                Some(Message::Killed(Kill {
                    after: number.saturating_add(1),
                    seed: Some(seed),
                    seen_by,
                    message: first.map_or_else(String::new, |d| d.signature.message.clone()),
                }))
            }
            Verdict::HarnessError { fault } => Some(Message::Failed(fault.to_string())),
            Verdict::Agree
            | Verdict::Allowed { .. }
            | Verdict::Poisoned { .. }
            | Verdict::OracleUb { .. } => None,
        };
        if let Some(message) = ended {
            let goes_on = range.all && matches!(message, Message::Killed(_));
            if !tell(message) || !goes_on {
                return;
            }
        }
    }
    tell(Message::Survived(range.programs));
}

struct Pairs {
    /// For bodies: the prelude is compiled once.
    bodies: Pair,
    /// For whole programs, one for each expensive way.
    expensive: Vec<Pair>,
}

impl Pairs {
    fn new() -> Result<Self, Fault> {
        let options = |channels: &[ChannelName]| PairOptions {
            channels: channels.to_vec(),
            time: TIME,
            memory: Some(MEMORY),
            ..PairOptions::default()
        };
        let bodies = PairOptions {
            prelude: Some(prelude::SOURCE.as_bytes().to_vec()),
            ..options(&CHEAP)
        };
        let mut expensive = Vec::new();
        for channel in EXPENSIVE {
            expensive.push(Pair::new(options(&[channel]))?);
        }
        Ok(Self {
            bodies: Pair::new(bodies)?,
            expensive,
        })
    }

    fn compare(&mut self, body: &[u8], number: u64) -> Verdict {
        let judged = judge(&mut self.bodies, &prelude::wrap_body(body));
        // The ways take turns, and so do the modes; the numbers of both must not go together.
        let turn = number / EXPENSIVE_SHARE;
        let is_chosen = number % EXPENSIVE_SHARE == turn % EXPENSIVE_SHARE;
        let way = usize::try_from(turn).unwrap_or(0) % EXPENSIVE.len();
        match self.expensive.get_mut(way) {
            Some(pair) if is_chosen && judged.verdict == Verdict::Agree => {
                judge(pair, &prelude::wrap(body)).verdict
            }
            _ => judged.verdict,
        }
    }
}

fn judge(pair: &mut Pair, text: &[u8]) -> Judged {
    // The name that campaigns use: a program can see it.
    pair.compare(&Program::from_source("program.lua", Origin::Text, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_fault_nothing_is_found_and_progress_is_told() {
        let range = Range {
            seed: 3,
            first: 1000,
            programs: 40,
            ..Range::default()
        };
        let mut told = Vec::new();
        search(&range, |message| {
            told.push(message);
            true
        });
        assert_eq!(
            told,
            [Message::Done(0), Message::Done(32), Message::Survived(40)]
        );
    }

    #[test]
    fn it_ends_when_nobody_listens() {
        let range = Range {
            seed: 3,
            programs: u64::MAX,
            ..Range::default()
        };
        let mut told = 0;
        search(&range, |_| {
            told += 1;
            told < 2
        });
        assert_eq!(told, 2);
    }
}
