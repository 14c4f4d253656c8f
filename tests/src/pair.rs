//! Both implementations in this process, for comparing many small programs cheaply: what
//! campaigns, reducers and fuzz targets are built on.
//!
//! 1. The oracle runs first, with a budget. A program that exceeds it can't be compared, and is
//!    not given to rilua.
//! 2. rilua runs with several times that budget: the verdict on a program that exceeds it there says so.
//! 3. All runs of a pair happen on one thread of its own, which has the stack that both sides
//!    need. When rilua does not come back in its time, that thread is left to itself, the verdict
//!    says so, and the next program gets another one.
//! 4. Where the two part, the third voter is asked (see `engine/checked.rs`); what C leaves
//!    undefined is no finding.
//! 5. Nor is what a side does in another way when its objects have other addresses, or, where rilua's
//!    collector is known to be out of step, when that works at another time; unless the two part
//!    in their code or in a single instruction before that.
//! 6. A crash of the oracle is one of this process, unless [`PairOptions::worker`] is set.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::channel::{self, ChannelName, Outcome};
use crate::clock::ThreadClock;
use crate::compile;
use crate::divergence::{Divergence, Signature};
use crate::engine::checked::{self, Vote};
use crate::engine::inside::{self, Budget, Prelude, STACK_BYTES, Wants};
use crate::engine::oracle_worker::OracleWorker;
use crate::engine::{oracle_inside, rilua_inside};
use crate::lockstep::{self, Traced};
use crate::metamorphic;
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
    /// Time for both runs together, on a processor where the system tells it; up to a 64th more.
    pub time: Duration,
    /// Lua source that runs before every program, in the same state.
    pub prelude: Option<Vec<u8>>,
    /// The program `oracle-worker`: with it the oracle runs in a process of its own, and a crash
    /// there is a verdict. Lockstep and heap graphs need it in this one.
    pub worker: Option<PathBuf>,
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
            worker: None,
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
    worker: Option<OracleWorker>,
}

/// The thread that runs programs.
#[derive(Debug)]
struct Runner {
    programs: Sender<Program>,
    results: Receiver<Result<Both, Fault>>,
    stage: Arc<AtomicU8>,
    clock: ThreadClock,
}

/// What the thread finds out.
#[derive(Debug)]
struct Both {
    left: Observation,
    /// Absent when the oracle did not come to its end.
    right: Option<Observation>,
    /// What other runs of the same program showed.
    others: Vec<Divergence>,
}

/// How many times as long as a program may run it is waited for.
const PATIENCE: usize = 6;

/// What the thread does: runs the oracle or waits, runs rilua, or runs both again in other ways
/// when each has come to its end.
const STAGE_ORACLE: u8 = 0;
const STAGE_RILUA: u8 = 1;
const STAGE_AGAIN: u8 = 2;

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
                worker: options.worker.map(OracleWorker::new),
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
        let received = runner.receive(self.options.time);
        let stage = runner.stage.load(Ordering::Relaxed);
        let (in_rilua, is_again) = (stage != STAGE_ORACLE, stage == STAGE_AGAIN);
        match (received, in_rilua) {
            (Ok(both), _) => {
                self.runner = Some(runner);
                match both {
                    Err(fault) => Judged::fault(fault),
                    Ok(both) => self.judge(program, both),
                }
            }
            // The thread panicked; only rilua is written in a language that does.
            (Err(RecvTimeoutError::Disconnected), true) => lost_in_rilua(Termination::Signal(6)),
            (Err(RecvTimeoutError::Disconnected), false) => lost(),
            (Err(RecvTimeoutError::Timeout), true) if is_again => {
                let left = Observation::new(Termination::TimedOut);
                let reason = "too slow to be run in other ways as well".to_owned();
                Judged::without_rilua(Verdict::Poisoned { reason }, left)
            }
            (Err(RecvTimeoutError::Timeout), true) => lost_in_rilua(Termination::TimedOut),
            (Err(RecvTimeoutError::Timeout), false) => {
                let left = Observation::new(Termination::TimedOut);
                Judged::without_rilua(unusable(left.end), left)
            }
        }
    }

    fn judge(&self, program: &Program, both: Both) -> Judged {
        let left = both.left;
        let Some(right) = both.right else {
            return Judged::without_rilua(unusable(left.end), left);
        };
        let mut divergences = compare_channels(&self.options.channels, &left, &right);
        let is_open = |first| self.options.is_open(program, &left, &right, first);
        let mut others = both.others;
        let hangs = divergences.first().is_some_and(is_open);
        if hangs {
            // What was found out step by step, or without a run, was looked at apart.
            divergences.clear();
            others.retain(|other| {
                matches!(other.channel, ChannelName::Lockstep | ChannelName::Bytecode)
            });
        }
        divergences.extend(others);
        let verdict = if hangs && divergences.is_empty() {
            let reason = "addresses decide what happens, or when the collector works".to_owned();
            Verdict::OracleUb { reason }
        } else if divergences.is_empty() {
            Verdict::Agree
        } else {
            let (prelude, budget) = (self.options.prelude.as_ref(), self.options.budget);
            match checked::vote(program, prelude, budget, &left) {
                Vote::Undefined(reason) => Verdict::OracleUb { reason },
                // Without a third voter the two are believed.
                Vote::Confirmed | Vote::Absent(_) => Verdict::Diverge { divergences },
            }
        };
        Judged {
            verdict,
            left,
            right,
        }
    }
}

/// The verdict when the oracle did not come to its end.
fn unusable(end: Termination) -> Verdict {
    let reason = format!("oracle: {end}");
    match end {
        Termination::Signal(_) => Verdict::OracleUb { reason },
        _ => Verdict::Poisoned { reason },
    }
}

fn compare_channels(
    channels: &[ChannelName],
    left: &Observation,
    right: &Observation,
) -> Vec<Divergence> {
    let mut divergences = Vec::new();
    for channel in channel::ALL {
        if channels.contains(&channel.name())
            && let Outcome::Compared {
                divergences: found, ..
            } = channel.compare(left, right)
        {
            divergences.extend(found);
        }
    }
    divergences
}

impl Shared {
    /// Whether what a side did is not laid down: in another way that 5.1.1 allows as well it
    /// parts from itself, not behind the first place at which the two part.
    fn is_open(
        &self,
        program: &Program,
        left: &Observation,
        right: &Observation,
        first: &Divergence,
    ) -> bool {
        let (prelude, budget) = (self.prelude.as_ref(), self.budget);
        let wants = self.wants();
        let parts = |before: &Observation, again: &Observation| {
            let mut parts = compare_channels(&self.channels, before, again).into_iter();
            parts.any(|part| {
                let is_place = part.channel == first.channel && part.stream == first.stream;
                is_place && part.line <= first.line
            })
        };
        let oracle = || parts(left, &oracle_inside::run(program, prelude, budget, wants));
        let rilua = || parts(right, &rilua_inside::run(program, prelude, budget, wants));
        // Without such a thread the two are believed.
        inside::on_deep_stack(|| inside::otherwise(oracle, rilua)).unwrap_or(false)
    }

    fn wants(&self) -> Wants {
        Wants {
            graph: self.channels.contains(&ChannelName::Heap),
        }
    }

    /// Runs a program, and what its channels need beside it, on this thread.
    fn run(&self, program: &Program, stage: &AtomicU8) -> Result<Both, Fault> {
        let (left, right) = self.run_both(program, program, stage)?;
        let mut others = Vec::new();
        if right.is_some() {
            stage.store(STAGE_AGAIN, Ordering::Relaxed);
            if self.channels.contains(&ChannelName::Bytecode) {
                others.extend(compile::divergences(&program.source, &program.chunk_name()));
            }
            if self.channels.contains(&ChannelName::Lockstep) {
                let traced = lockstep::compare(program, self.prelude.as_ref(), self.budget, true);
                if let Traced::Parts(parting) = traced {
                    others.push(parting.divergence());
                }
            }
            if self.channels.contains(&ChannelName::Metamorphic) {
                others.extend(self.run_forms(program)?);
            }
        }
        Ok(Both {
            left,
            right,
            others,
        })
    }

    fn run_both(
        &self,
        left: &Program,
        right: &Program,
        stage: &AtomicU8,
    ) -> Result<(Observation, Option<Observation>), Fault> {
        let prelude = self.prelude.as_ref();
        let wants = self.wants();
        stage.store(STAGE_ORACLE, Ordering::Relaxed);
        let left = match &self.worker {
            Some(worker) => {
                let time = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX) / 2;
                worker.run(left, prelude, self.budget, time)?
            }
            None => oracle_inside::run(left, prelude, self.budget, wants),
        };
        let right = left.end.is_normal().then(|| {
            stage.store(STAGE_RILUA, Ordering::Relaxed);
            rilua_inside::run(right, prelude, self.budget, wants)
        });
        Ok((left, right))
    }

    fn run_forms(&self, program: &Program) -> Result<Vec<Divergence>, Fault> {
        const SEEN: [ChannelName; 2] = [ChannelName::Output, ChannelName::Error];
        // That of the program stays what it is: both have come to its end.
        let stage = AtomicU8::new(STAGE_AGAIN);
        let mut divergences = Vec::new();
        for form in metamorphic::forms(program) {
            let (left, right) = self.run_both(&form.left, &form.right, &stage)?;
            let Some(right) = right else { continue };
            for mut found in compare_channels(&SEEN, &left, &right) {
                found.channel = ChannelName::Metamorphic;
                found.excerpt.insert(0, format!("  ({} form)", form.name));
                found.signature = Signature::new(
                    found.channel,
                    found.stream,
                    found.cause,
                    found.left.as_deref(),
                    found.right.as_deref(),
                );
                divergences.push(found);
            }
        }
        Ok(divergences)
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
        oracle::keep_freed_memory();
        let (programs, to_run) = channel::<Program>();
        let (to_tell, results) = channel();
        let stage = Arc::new(AtomicU8::new(STAGE_ORACLE));
        let (options, its_stage) = (Arc::clone(options), Arc::clone(&stage));
        let (its_clock, clock) = channel();
        thread::Builder::new()
            .name("pair".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                if its_clock.send(ThreadClock::of_this_thread()).is_err() {
                    return;
                }
                for program in to_run {
                    let both = options.run(&program, &its_stage);
                    if to_tell.send(both).is_err() {
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
            clock: clock.recv().unwrap_or_default(),
        })
    }

    /// What the thread finds out, in the time that it has on a processor: on a busy machine it
    /// is waited for, up to [`PATIENCE`] times as long.
    fn receive(&self, time: Duration) -> Result<Result<Both, Fault>, RecvTimeoutError> {
        // The clock is not asked about what is done in no time.
        let at_once = time / 64;
        match self.results.recv_timeout(at_once) {
            Err(RecvTimeoutError::Timeout) => {}
            received => return received,
        }
        let before = self.clock.running();
        for _ in 1..PATIENCE {
            match self.results.recv_timeout(time) {
                Err(RecvTimeoutError::Timeout) => {}
                received => return received,
            }
            let running = before.zip(self.clock.running());
            if running.is_none_or(|(before, now)| now.saturating_sub(before) >= time) {
                return Err(RecvTimeoutError::Timeout);
            }
        }
        self.results.recv_timeout(time)
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

    #[test]
    fn what_hangs_on_addresses_is_no_finding() {
        // In which order the keys come is decided by where they lie.
        let source = "local t = {} for i = 1, 50 do t[{}] = i end \
                      for _, i in pairs(t) do print(i) end";
        let judged = compare(PairOptions::default(), source);
        assert_eq!(judged.verdict.kind(), VerdictKind::OracleUb);
    }

    #[test]
    fn what_hangs_on_a_collector_out_of_step_is_no_finding() {
        // 5.1.1's compiler has made something when it asks for more of the text, so its collector
        // works at other times from then on; the program sees when.
        let reader = "local n = 0 load(function() n = n + 1 for i = 1, 200 do local t = { {} } end
             return ({ \"local a, b = { 1, 2 }, 'text', \", '{} return ', 'a' })[n] end)";
        let seen = "local weak, gone = setmetatable({}, { __mode = 'v' }), {}
             for i = 1, 2000 do
               if weak[1] == nil then gone[#gone + 1] = i weak[1] = {} end
               local t = { {} }
             end
             print(table.concat(gone, ' '))";
        let judged = compare(PairOptions::default(), &format!("{reader} {seen}"));
        assert_eq!(judged.verdict.kind(), VerdictKind::OracleUb);
        assert_ne!(judged.left.stdout, judged.right.stdout);
    }

    #[test]
    fn what_is_too_slow_in_another_form_is_not_compared() {
        let options = PairOptions {
            channels: vec![ChannelName::Output, ChannelName::Metamorphic],
            // Some seconds; the program itself takes no time.
            fuel: NonZeroU64::new(400_000_000),
            time: Duration::from_millis(500),
            ..PairOptions::default()
        };
        let judged = compare(options, "if coroutine.running() then while true do end end");
        let Verdict::Poisoned { reason } = judged.verdict else {
            panic!("{:?}", judged.verdict);
        };
        assert!(reason.contains("other ways"), "{reason}");
    }

    fn agrees(source: &str) -> Observation {
        let options = PairOptions {
            channels: vec![
                ChannelName::Output,
                ChannelName::Error,
                ChannelName::Bytecode,
                ChannelName::Collector,
                ChannelName::Heap,
                ChannelName::Lockstep,
                ChannelName::Metamorphic,
            ],
            ..PairOptions::default()
        };
        let judged = compare(options, source);
        assert_eq!(judged.verdict, Verdict::Agree, "{source}");
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
        agrees("local t = {} t.x = 1 t[1], t[2], t[4] = 1, t, 'a' t.x = nil");
        agrees(
            "local function f() end debug.sethook(f, 'cr') print(debug.gethook() == f, select(2, debug.gethook()))
             debug.sethook(f, 'l', 99) print(select(2, debug.gethook())) debug.sethook() print(debug.gethook())",
        );
        agrees("print(os.time(), os.clock(), os.date('%c', 86400), os.getenv('PATH'))");
    }

    /// Programs in which the collector's books once differed at the end: what is left in slots
    /// of the stack above those in use is alive in 5.1.1, while a Lua function runs that has
    /// room there. What is seen depends on the length of the program's name.
    #[test]
    fn what_is_left_on_the_stack_is_the_same() {
        let sources = [
            "function c(...) end\nc(loadstring(0))\nfor b = 0, 23 do\n  ({})[0] = 0 .. b\nend\n\
             local a = {0, 0, 0, 0, 0, 0, 0}\n",
            "local b\nfor a = 0, 140 do\n  b = \"\" .. a\nend;\n(0)()\n",
            "load(function()\n  return \"7\" % 0\nend)\n",
            "for s o\n",
            "for s in o p\n",
        ];
        for source in sources {
            let options = PairOptions {
                channels: vec![ChannelName::Collector],
                ..PairOptions::default()
            };
            let program = Program::from_source("program.lua", Origin::Text, source);
            let judged = Pair::new(options).unwrap().compare(&program);
            assert_eq!(judged.verdict, Verdict::Agree, "{source}");
        }
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
            // With hooks of its own as well.
            "debug.sethook() while true do end",
            "debug.sethook(function() end, 'c') while true do end",
            "debug.sethook(function() end, '', 7) while true do end",
            "coroutine.wrap(function() debug.sethook(function() end, 'r') while true do end end)()",
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

    #[test]
    fn books_are_kept_unless_a_reader_met_the_collector() {
        let keeps = |source: &str| {
            let judged = compare(PairOptions::default(), source);
            let inside = judged.right.inside.unwrap();
            !inside.accounts.is_empty()
        };
        assert!(keeps("return 1"));
        assert!(keeps("return loadstring('return 1')"));
        assert!(!keeps(
            "local n, t = 0, {} return load(function() n = n + 1 t[n] = {} \
             collectgarbage() return n < 3 and ' ' or nil end)"
        ));
    }
}
