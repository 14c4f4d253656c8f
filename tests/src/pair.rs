//! Both implementations in this process, for comparing many small programs cheaply: what
//! campaigns, reducers and fuzz targets are built on.
//!
//! 1. The oracle runs first, with a budget. A program that exceeds it can't be compared, and is
//!    not given to rilua.
//! 2. All runs of a pair happen on one thread of its own, which has the stack that both sides
//!    need. When rilua does not come back in its time, that thread is left to itself, the verdict
//!    says so, and the next program gets another one.
//! 3. A crash of the oracle is one of this process: programs that may do that belong in a worker.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::channel::{self, ChannelName, Outcome};
use crate::divergence::Divergence;
use crate::engine::inside::{Budget, Prelude, STACK_BYTES};
use crate::engine::{oracle_inside, rilua_inside};
use crate::observation::{Observation, Termination};
use crate::program::Program;
use crate::verdict::{Fault, FaultCause, Verdict};

/// How programs are compared. The default compares all that costs no second run, with 10 million
/// instructions, 64 MiB and ten seconds for each side, and no prelude.
#[derive(Debug, Clone)]
pub struct PairOptions {
    /// What is compared.
    pub channels: Vec<ChannelName>,
    /// Instructions of the virtual machine for each run; `None` for no limit.
    pub fuel: Option<NonZeroU64>,
    /// Bytes for each run, as Lua counts them; `None` for no limit.
    pub memory: Option<usize>,
    /// Time for both runs together, by the clock on the wall.
    pub time: Duration,
    /// Lua source that runs before every program, in the same state.
    pub prelude: Option<Vec<u8>>,
}

impl Default for PairOptions {
    fn default() -> Self {
        Self {
            channels: vec![
                ChannelName::Output,
                ChannelName::Error,
                ChannelName::Collector,
            ],
            fuel: NonZeroU64::new(10_000_000),
            memory: Some(64 << 20),
            time: Duration::from_secs(10),
            prelude: None,
        }
    }
}

/// What came out of a comparison.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The verdict, with the divergences.
    pub verdict: Verdict,
    /// What the oracle did.
    pub left: Observation,
    /// What rilua did; as good as empty when it was not run.
    pub right: Observation,
}

impl Judged {
    /// Every place where they part.
    pub fn divergences(&self) -> &[Divergence] {
        self.verdict.divergences()
    }

    fn without_rilua(verdict: Verdict, left: Observation) -> Self {
        let right = Observation::new(left.end);
        Self {
            verdict,
            left,
            right,
        }
    }

    fn fault(fault: Fault) -> Self {
        let nothing = Observation::new(Termination::Exit(0));
        Self::without_rilua(Verdict::HarnessError { fault }, nothing)
    }
}

/// Both implementations, ready to run one program after the other.
#[derive(Debug)]
pub struct Pair {
    options: Arc<Shared>,
    runner: Option<Runner>,
}

#[derive(Debug)]
struct Shared {
    channels: Vec<ChannelName>,
    budget: Budget,
    time: Duration,
    prelude: Option<Prelude>,
}

/// The thread that runs programs.
#[derive(Debug)]
struct Runner {
    programs: Sender<Program>,
    results: Receiver<(Observation, Option<Observation>)>,
    stage: Arc<AtomicU8>,
}

/// What the thread does: runs the oracle or waits, or runs rilua.
const STAGE_ORACLE: u8 = 0;
const STAGE_RILUA: u8 = 1;

impl Pair {
    /// Both implementations.
    ///
    /// # Errors
    ///
    /// The prelude can't be compiled.
    pub fn new(options: PairOptions) -> Result<Self, Fault> {
        let prelude = options.prelude.as_deref().map(Prelude::compile);
        Ok(Self {
            options: Arc::new(Shared {
                channels: options.channels,
                budget: Budget {
                    fuel: options.fuel,
                    memory: options.memory,
                },
                time: options.time,
                prelude: prelude.transpose()?,
            }),
            runner: None,
        })
    }

    /// Runs a program on both sides and compares what they did. The left is the oracle.
    pub fn compare(&mut self, program: &Program) -> Judged {
        let runner = match self.runner.take() {
            Some(runner) => runner,
            None => match Runner::start(&self.options) {
                Ok(runner) => runner,
                Err(fault) => return Judged::fault(fault),
            },
        };
        runner.stage.store(STAGE_ORACLE, Ordering::Relaxed);
        let lost = || Judged::fault(Fault::new(FaultCause::Harness, "the pair's thread is gone"));
        if runner.programs.send(program.clone()).is_err() {
            return lost();
        }
        let received = runner.results.recv_timeout(self.options.time);
        let in_rilua = runner.stage.load(Ordering::Relaxed) == STAGE_RILUA;
        match (received, in_rilua) {
            (Ok((left, right)), _) => {
                self.runner = Some(runner);
                match right {
                    Some(right) => self.judge(left, right),
                    None => {
                        let reason = format!("{}: {}", oracle_inside::NAME, left.end);
                        Judged::without_rilua(Verdict::Poisoned { reason }, left)
                    }
                }
            }
            // The thread panicked; only rilua is written in a language that does.
            (Err(RecvTimeoutError::Disconnected), true) => lost_in_rilua(Termination::Signal(6)),
            (Err(RecvTimeoutError::Disconnected), false) => lost(),
            (Err(RecvTimeoutError::Timeout), true) => lost_in_rilua(Termination::TimedOut),
            (Err(RecvTimeoutError::Timeout), false) => {
                let left = Observation::new(Termination::TimedOut);
                let reason = format!("{}: {}", oracle_inside::NAME, left.end);
                Judged::without_rilua(Verdict::Poisoned { reason }, left)
            }
        }
    }

    fn judge(&self, left: Observation, right: Observation) -> Judged {
        let mut divergences = Vec::new();
        for channel in channel::ALL {
            if self.options.channels.contains(&channel.name())
                && let Outcome::Compared {
                    divergences: found, ..
                } = channel.compare(&left, &right)
            {
                divergences.extend(found);
            }
        }
        let verdict = if divergences.is_empty() {
            Verdict::Agree
        } else {
            Verdict::Diverge { divergences }
        };
        Judged {
            verdict,
            left,
            right,
        }
    }
}

/// The oracle had come to its end, but rilua has not.
fn lost_in_rilua(end: Termination) -> Judged {
    let left = Observation::new(Termination::Exit(0));
    let right = Observation::new(end);
    let divergences = match channel::compare_output(ChannelName::Output, &left, &right) {
        Outcome::Compared { divergences, .. } => divergences,
        Outcome::NotComparable => Vec::new(),
    };
    Judged {
        verdict: Verdict::Diverge { divergences },
        left,
        right,
    }
}

impl Runner {
    fn start(options: &Arc<Shared>) -> Result<Self, Fault> {
        let (programs, to_run) = channel::<Program>();
        let (to_tell, results) = channel();
        let stage = Arc::new(AtomicU8::new(STAGE_ORACLE));
        let (options, its_stage) = (Arc::clone(options), Arc::clone(&stage));
        thread::Builder::new()
            .name("pair".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                let prelude = options.prelude.as_ref();
                for program in to_run {
                    let left = oracle_inside::run(&program, prelude, options.budget);
                    let right = left.end.is_normal().then(|| {
                        its_stage.store(STAGE_RILUA, Ordering::Relaxed);
                        rilua_inside::run(&program, prelude)
                    });
                    if to_tell.send((left, right)).is_err() {
                        break;
                    }
                }
            })
            .map_err(|error| {
                Fault::new(FaultCause::Harness, format!("no thread to be had: {error}"))
            })?;
        Ok(Self {
            programs,
            results,
            stage,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Origin;
    use crate::verdict::VerdictKind;

    fn compare(options: PairOptions, source: &str) -> Judged {
        let program = Program::from_source("p.lua", Origin::Text, source);
        Pair::new(options).unwrap().compare(&program)
    }

    fn agrees(source: &str) -> Observation {
        let judged = compare(PairOptions::default(), source);
        assert_eq!(judged.verdict, Verdict::Agree, "{source} {judged:?}");
        judged.right
    }

    #[test]
    fn both_do_the_same_to_the_byte() {
        assert_eq!(agrees("print('x', 1e15, -0)").stdout, b"x\t1e+15\t-0\n");
        agrees("for i = 1, 1e4 do local t = { i, tostring(i) } end print(collectgarbage('count'))");
        agrees("local function f() error({}) end f()");
        agrees("error()");
        agrees("error(nil, 2)");
        agrees("x = ");
        agrees("print(1) os.exit(3)");
        agrees("return 1, 'x', nil, {}, print, 0/0, -(0/0), 1/0");
        agrees("print(math.random(), math.random(7)) math.randomseed(7) print(math.random())");
        agrees(
            "print(io.open('x', 'w')) print(os.remove('x')) print(os.tmpname and pcall(os.tmpname))",
        );
        agrees("print(io.read()) io.stdout:write('a', 1):write('b') io.stderr:write('c')");
        agrees("local u = newproxy(true) getmetatable(u).__gc = function() print('gone') end");
        agrees("print(pcall(require, 'nothing')) print(debug.gethook())");
        agrees("coroutine.wrap(function() error('in here') end)()");
        agrees("print(os.time(), os.clock(), os.date('%c', 86400), os.getenv('PATH'))");
    }

    #[test]
    fn a_prelude_is_part_of_the_program() {
        let options = PairOptions {
            prelude: Some(b"function double(x) return 2 * x end".to_vec()),
            ..PairOptions::default()
        };
        let judged = compare(options, "print(double(21))");
        assert_eq!(judged.verdict, Verdict::Agree);
        assert_eq!(judged.right.stdout, b"42\n");
        let refused = PairOptions {
            prelude: Some(b"x =".to_vec()),
            ..PairOptions::default()
        };
        assert!(Pair::new(refused).unwrap_err().message.contains("prelude"));
    }

    #[test]
    fn what_exceeds_its_budget_is_not_compared() {
        let options = || PairOptions {
            fuel: NonZeroU64::new(100_000),
            memory: Some(1 << 20),
            ..PairOptions::default()
        };
        for source in [
            "while true do end",
            "pcall(function() while true do end end) while true do end",
            "coroutine.wrap(function() while true do end end)()",
            "local t = {} for i = 1, 1e9 do t[i] = i end",
            "x = string.rep('x', 2^21)",
        ] {
            let judged = compare(options(), source);
            assert_eq!(judged.verdict.kind(), VerdictKind::Poisoned, "{source}");
        }
    }

    #[test]
    fn a_pair_goes_on_after_a_poisoned_program() {
        let mut pair = Pair::new(PairOptions::default()).unwrap();
        for (source, kind) in [
            ("while true do end", VerdictKind::Poisoned),
            ("print(1)", VerdictKind::Agree),
        ] {
            let program = Program::from_source("p.lua", Origin::Text, source);
            assert_eq!(pair.compare(&program).verdict.kind(), kind);
        }
    }

    #[test]
    fn a_program_that_only_rilua_does_not_end_is_a_finding() {
        let judged = lost_in_rilua(Termination::TimedOut);
        assert_eq!(judged.verdict.kind(), VerdictKind::Diverge);
        assert_eq!(judged.divergences().len(), 1);
    }
}
