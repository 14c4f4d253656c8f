//! The engine that is the oracle as a library, in this process: a sealed state for every run.
//! What makes C crash makes the harness crash: for programs that may, there is the worker.

use std::cell::Cell;
use std::ops::Range;

use oracle::protocol::SealedRun;
use oracle::{Accounts, Failure, FailureKind, Limits as StateLimits, Sealed, Source, Value};

use super::inside::{self, Budget, PRELUDE_NAME, Prelude, Wants};
use super::{Description, Engine, Limits};
use crate::observation::{Inside, Observation, Outcome, Termination, number_text, string_text};
use crate::program::Program;
use crate::verdict::Fault;

/// The engine's name.
pub const NAME: &str = "oracle-inside";

/// See the file's description.
#[derive(Debug, Clone, Default)]
pub struct OracleInside;

impl Engine for OracleInside {
    fn name(&self) -> &str {
        NAME
    }

    fn describe(&self) -> Description {
        inside::describe(NAME)
    }

    fn observe(&self, program: &Program, limits: &Limits) -> Result<Observation, Fault> {
        let limits = StateLimits {
            memory: bytes(limits),
            fuel: None,
            scatter: 0,
            deadline: Some(limits.time),
        };
        inside::on_deep_stack(|| execute(program, None, limits, |_| {}, |_| {}))
    }

    fn command_line(&self, program: &Program, _limits: &Limits) -> String {
        inside::command_line(program)
    }
}

/// The limit of memory in bytes.
pub(super) fn bytes(limits: &Limits) -> Option<usize> {
    let bytes = limits.memory_mib?.saturating_mul(1 << 20);
    Some(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn within(budget: Budget) -> StateLimits {
    StateLimits {
        memory: budget.memory,
        fuel: budget.fuel,
        deadline: None,
        scatter: SCATTER.get(),
    }
}

/// Runs a program on this thread, which needs [`inside::STACK_BYTES`] of stack.
pub fn run(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    wants: Wants,
) -> Observation {
    let mut graph = None;
    let prepare = |state: &mut Sealed| {
        if wants.graph {
            state.want_graph();
        }
    };
    let look = |state: &Sealed| graph = wants.graph.then(|| state.graph());
    let mut observation = execute(program, prelude, within(budget), prepare, look);
    if let Some(inside) = &mut observation.inside {
        inside.graph = graph;
    }
    observation
}

thread_local! {
    /// How objects lie in the runs of this thread; see [`StateLimits::scatter`].
    static SCATTER: Cell<u64> = const { Cell::new(0) };
}

/// Does some runs with objects lying elsewhere, as a number but 0 decides.
pub(super) fn scattered<R>(scatter: u32, runs: impl FnOnce() -> R) -> R {
    SCATTER.set(u64::from(scatter));
    let result = runs();
    SCATTER.set(0);
    result
}

/// What a traced run left.
#[derive(Debug)]
pub struct Trace {
    /// What the program did.
    pub observation: Observation,
    /// A number for each instruction.
    pub numbers: Vec<u64>,
    /// There were instructions behind those: more than were asked for, or some that could not
    /// be watched because the program had set a hook.
    pub is_cut: bool,
    /// The instructions of the window.
    pub text: String,
}

/// Runs a program and traces it: a number for each instruction, up to `most` of them, and a
/// text of those in the window.
pub fn trace(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    most: usize,
    window: Range<usize>,
    whole: bool,
) -> Trace {
    let (mut numbers, mut text, mut is_cut) = (Vec::new(), String::new(), false);
    let observation = execute(
        program,
        prelude,
        within(budget),
        |state| state.trace(most, window, whole),
        |state| {
            numbers = state.trace_numbers();
            is_cut = state.trace_is_cut();
            text = state.trace_text();
        },
    );
    Trace {
        observation,
        numbers,
        is_cut,
        text,
    }
}

/// Runs a program in a state that is prepared before, and looked at after, the run.
fn execute(
    program: &Program,
    prelude: Option<&Prelude>,
    limits: StateLimits,
    prepare: impl FnOnce(&mut Sealed),
    look: impl FnOnce(&Sealed),
) -> Observation {
    let Some(mut state) = Sealed::new(limits, &program.stdin) else {
        return Observation::new(Termination::OutOfMemory);
    };
    prepare(&mut state);
    let name = program.chunk_name();
    let before = prelude.map(|prelude| Source::Bytes {
        text: &prelude.oracle,
        name: PRELUDE_NAME,
    });
    let source = Source::Bytes {
        text: crate::compile::without_first_line(&program.source),
        name: &name,
    };
    let result = state.execute(before, source, &[]);
    look(&state);
    observation(SealedRun {
        result,
        refused: state.memory_refused(),
        accounts: state.accounts(),
        ended: state.finish(),
    })
}

/// What a run in a sealed state showed.
pub(super) fn observation(run: SealedRun) -> Observation {
    let (end, outcome) = match run.result {
        _ if run.refused => (Termination::OutOfMemory, Outcome::Exited),
        Ok(values) => (
            Termination::Exit(0),
            Outcome::Returned(values.iter().map(value_text).collect()),
        ),
        Err(failure) => match failure.kind {
            FailureKind::Fuel => (Termination::OutOfFuel, Outcome::Exited),
            FailureKind::Deadline => (Termination::TimedOut, Outcome::Exited),
            FailureKind::Exit => (
                Termination::Exit(run.ended.exit_status.unwrap_or_default()),
                Outcome::Exited,
            ),
            _ => (Termination::Exit(1), failed(&failure)),
        },
    };
    Observation {
        end,
        stdout: run.ended.stdout,
        stderr: run.ended.stderr,
        bytecode: None,
        inside: Some(Box::new(Inside {
            outcome,
            accounts: accounts(run.accounts),
            graph: None,
        })),
    }
}

fn failed(failure: &Failure) -> Outcome {
    Outcome::Failed {
        kind: match failure.kind {
            FailureKind::Syntax => "syntax",
            FailureKind::Memory => "memory",
            FailureKind::Handler => "handler",
            _ => "runtime",
        },
        value: value_text(&failure.value),
        traceback: failure.report.as_ref().map(value_text),
    }
}

fn value_text(value: &Value) -> Vec<u8> {
    match value {
        Value::Nil => b"nil".to_vec(),
        Value::Boolean(truth) => format!("boolean {truth}").into_bytes(),
        Value::Number(number) => number_text(*number),
        Value::String(bytes) => string_text(bytes),
        Value::Object(kind) => kind.name().as_bytes().to_vec(),
    }
}

fn accounts(books: Accounts) -> String {
    inside::accounts([
        books.total,
        books.threshold,
        books.debt,
        usize::try_from(books.phase).unwrap_or(usize::MAX),
        books.strings,
        books.string_buckets,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Origin;

    #[test]
    fn runs_a_line() {
        let program = Program::from_source("one.lua", Origin::Text, "print(1) error('x')");
        let run = || run(&program, None, inside::UNBOUNDED, Wants::default());
        let seen = inside::on_deep_stack(run).unwrap();
        assert_eq!(seen.stdout, b"1\n");
        assert_eq!(seen.end, Termination::Exit(1));
        let inside = seen.inside.unwrap();
        assert!(matches!(
            inside.outcome,
            Outcome::Failed { kind: "runtime", value, .. } if value == b"string one.lua:1: x"
        ));
    }
}
