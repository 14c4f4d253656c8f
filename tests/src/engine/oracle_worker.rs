//! The engine that is the oracle in a process of its own: what crashes, hangs or eats memory there
//! is a result like any other. The process forks for each run (see `oracle::worker`), so that runs
//! are cheap and know nothing of each other; it is replaced after [`MOST_RUNS`] of them, and
//! when it dies.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use oracle::protocol::{Outcome as Told, Reply, Request, Status, Task};
use oracle::worker::{Fault as WorkerFault, Worker};

use super::inside::{Budget, PRELUDE_NAME, Prelude};
use super::{Description, Engine, Limits, oracle_inside};
use crate::observation::{Observation, Termination};
use crate::program::Program;
use crate::verdict::{Fault, FaultCause};

/// The engine's name.
pub const NAME: &str = "oracle-worker";

/// Runs of one worker.
pub const MOST_RUNS: u32 = 1_000;

/// See the file's description.
#[derive(Debug)]
pub struct OracleWorker {
    program: PathBuf,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    worker: Worker,
    runs: u32,
}

impl Current {
    fn new(program: &Path) -> Self {
        Self {
            worker: Worker::new(program),
            runs: 0,
        }
    }
}

impl OracleWorker {
    /// The worker that is this program. It is started at the first run.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self {
            current: Mutex::new(Current::new(&program)),
            program,
        }
    }

    /// Runs a program within a budget and `milliseconds` by the clock on the wall.
    ///
    /// # Errors
    ///
    /// The worker is missing, or died twice in a row without an answer.
    pub fn run(
        &self,
        program: &Program,
        prelude: Option<&Prelude>,
        budget: Budget,
        milliseconds: u64,
    ) -> Result<Observation, Fault> {
        let task = Task::Sealed {
            before: prelude.map(|prelude| (prelude.oracle.clone(), PRELUDE_NAME.to_vec())),
            text: crate::compile::without_first_line(&program.source).to_vec(),
            name: program.chunk_name(),
        };
        let request = Request {
            fuel: budget.fuel.map_or(0, std::num::NonZeroU64::get),
            memory: budget.memory.map_or(0, |bytes| bytes as u64),
            deadline: milliseconds.max(1),
            input: program.stdin.clone(),
            ..Request::new(task)
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // Someone may have killed it; twice is no accident.
        let reply = match self.ask(&mut current, &request) {
            Err(WorkerFault::Crashed(_) | WorkerFault::Protocol(_)) => {
                self.ask(&mut current, &request)
            }
            answer => answer,
        };
        reply
            .map_err(|fault| self.fault(&fault))
            .and_then(|reply| observation(reply, &self.program))
    }

    fn ask(&self, current: &mut Current, request: &Request) -> Result<Reply, WorkerFault> {
        if current.runs >= MOST_RUNS {
            *current = Current::new(&self.program);
        }
        current.runs += 1;
        current.worker.run(request)
    }

    fn fault(&self, fault: &WorkerFault) -> Fault {
        let cause = match fault {
            WorkerFault::Missing { .. } => FaultCause::MissingEngine,
            _ => FaultCause::Harness,
        };
        Fault::new(cause, format!("engine {NAME}: {fault}"))
    }
}

impl Engine for OracleWorker {
    fn name(&self) -> &str {
        NAME
    }

    fn describe(&self) -> Description {
        Description {
            name: NAME.to_owned(),
            interpreter: self.program.clone(),
            compiler: None,
        }
    }

    fn observe(&self, program: &Program, limits: &Limits) -> Result<Observation, Fault> {
        let budget = Budget {
            fuel: None,
            memory: oracle_inside::bytes(limits),
        };
        let milliseconds = u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX);
        self.run(program, None, budget, milliseconds)
    }

    fn command_line(&self, program: &Program, _limits: &Limits) -> String {
        super::inside::command_line(program)
    }
}

fn observation(reply: Reply, program: &Path) -> Result<Observation, Fault> {
    let end = match reply.status {
        Status::Finished(Told::Sealed(run)) => return Ok(oracle_inside::observation(*run)),
        Status::Crashed(signal) => Termination::Signal(signal),
        Status::Deadline => Termination::TimedOut,
        Status::Output => Termination::OutputLimit,
        Status::Exited(_) | Status::Finished(_) => {
            return Err(Fault::new(
                FaultCause::Harness,
                format!(
                    "{}: not the answer to what was asked; build it anew",
                    program.display()
                ),
            ));
        }
    };
    Ok(Observation {
        stdout: reply.stdout,
        stderr: reply.stderr,
        ..Observation::new(end)
    })
}
