//! The engine that is rilua as a library, in this process: an interpreter for every run, in a
//! world of its own (`sealed_host.rs`).

use std::cell::Cell;
use std::rc::Rc;

use rilua::inspect::{Accounts, Chunk, FailureKind, Observer, Outcome as Ended, Session, Value};

use super::inside::{self, Budget, Prelude, RILUA_DEPTH, UNBOUNDED, Wants};
use super::sealed_host::{SealedHost, Written};
use super::{Description, Engine, Limits};
use crate::observation::{Inside, Observation, Outcome, Termination, number_text, string_text};
use crate::program::Program;
use crate::verdict::Fault;

/// The engine's name.
pub const NAME: &str = "rilua-inside";

/// See the file's description.
#[derive(Debug, Clone, Default)]
pub struct RiluaInside;

impl Engine for RiluaInside {
    fn name(&self) -> &str {
        NAME
    }

    fn describe(&self) -> Description {
        inside::describe(NAME)
    }

    fn observe(&self, program: &Program, _limits: &Limits) -> Result<Observation, Fault> {
        inside::on_deep_stack(|| run(program, None, UNBOUNDED, Wants::default()))
    }

    fn command_line(&self, program: &Program, _limits: &Limits) -> String {
        inside::command_line(program)
    }
}

/// How much more than the oracle rilua may use before it is stopped. It counts the work of
/// library functions as well as instructions, and memory as it is really held.
const MORE_FUEL: u64 = 8;
const MORE_MEMORY: usize = 8;
/// What it may use beyond that: a few small programs take more than a factor says, and the oracle
/// doesn't count the work of the collector.
const SPARE_FUEL: u64 = 200_000_000;
const SPARE_MEMORY: usize = 64 << 20;

thread_local! {
    /// The way in which the runs of this thread go; see [`Session::vary`].
    static WAY: Cell<u32> = const { Cell::new(0) };
}

/// Does some runs in another way that the language allows, as a number but 0 decides.
pub(super) fn varied<R>(way: u32, runs: impl FnOnce() -> R) -> R {
    WAY.set(way);
    let result = runs();
    WAY.set(0);
    result
}

/// Runs a program on this thread, which needs [`inside::STACK_BYTES`] of stack. The budget is
/// that of the oracle, which has run within it; rilua gets several times as much.
pub fn run(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    wants: Wants,
) -> Observation {
    execute(program, prelude, budget, |session| {
        if wants.graph {
            session.want_graph();
        }
    })
}

/// Runs a program whose instructions are told to an observer, which can stop it.
pub fn trace(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    observer: Observer,
) -> Observation {
    execute(program, prelude, budget, |session| {
        session.observe(observer);
    })
}

fn execute(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    prepare: impl FnOnce(&mut Session),
) -> Observation {
    let written = Rc::new(Written::default());
    let mut session = Session::new(Box::new(SealedHost::new(&program.stdin, &written)));
    session.set_depth(RILUA_DEPTH);
    session.set_bounds(
        budget.fuel.map(|fuel| {
            fuel.get()
                .saturating_mul(MORE_FUEL)
                .saturating_add(SPARE_FUEL)
        }),
        budget.memory.map(|bytes| {
            bytes
                .saturating_mul(MORE_MEMORY)
                .saturating_add(SPARE_MEMORY)
        }),
    );
    session.vary(WAY.get());
    prepare(&mut session);
    let name = program.chunk_name();
    let before = prelude.map(|prelude| &prelude.rilua);
    let source = Chunk {
        text: crate::compile::without_first_line(&program.source),
        name: &name,
    };
    let ended = session.run(before, source, &[]);
    let accounts = session.accounts().map(accounts).unwrap_or_default();
    let graph = session.graph().map(str::to_owned);
    session.finish();
    let (end, outcome) = match (written.exit_status.get(), ended) {
        (Some(status), _) => (Termination::Exit(status), Outcome::Exited),
        (None, Ended::Returned(values)) => (
            Termination::Exit(0),
            Outcome::Returned(values.iter().map(value_text).collect()),
        ),
        (
            None,
            Ended::Failed {
                kind: FailureKind::Instructions,
                ..
            },
        ) => (Termination::OutOfFuel, Outcome::Exited),
        (
            None,
            Ended::Failed {
                kind: FailureKind::MemoryBound,
                ..
            },
        ) => (Termination::OutOfMemory, Outcome::Exited),
        (
            None,
            Ended::Failed {
                kind,
                value,
                report,
            },
        ) => (
            Termination::Exit(1),
            Outcome::Failed {
                kind: kind_text(kind),
                value: value_text(&value),
                traceback: report
                    .filter(|report| *report != Value::Nil)
                    .as_ref()
                    .map(value_text),
            },
        ),
    };
    Observation {
        end,
        stdout: written.stdout.take(),
        stderr: written.stderr.take(),
        bytecode: None,
        inside: Some(Box::new(Inside {
            outcome,
            accounts,
            graph,
        })),
    }
}

fn kind_text(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Syntax => "syntax",
        FailureKind::Runtime => "runtime",
        FailureKind::Memory | FailureKind::MemoryBound => "memory",
        FailureKind::Instructions => "fuel",
        FailureKind::Handler => "handler",
    }
}

fn value_text(value: &Value) -> Vec<u8> {
    match value {
        Value::Nil => b"nil".to_vec(),
        Value::Boolean(truth) => format!("boolean {truth}").into_bytes(),
        Value::Number(number) => number_text(*number),
        Value::String(bytes) => string_text(bytes),
        Value::Object(kind) => kind.as_bytes().to_vec(),
    }
}

fn accounts(books: Accounts) -> String {
    inside::accounts([
        books.total,
        books.threshold,
        books.debt,
        usize::from(books.phase),
        books.strings,
        books.string_buckets,
    ])
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::program::Origin;

    #[test]
    fn runs_a_line() {
        let program = Program::from_source("one.lua", Origin::Text, "print(1) return 'x'");
        let seen =
            inside::on_deep_stack(|| run(&program, None, UNBOUNDED, Wants::default())).unwrap();
        assert_eq!(seen.stdout, b"1\n");
        let inside = seen.inside.unwrap();
        assert_eq!(
            inside.outcome,
            Outcome::Returned(vec![b"string x".to_vec()])
        );
    }

    #[test]
    fn what_goes_on_and_on_is_stopped() {
        let budget = Budget {
            fuel: NonZeroU64::new(1000),
            memory: Some(1 << 20),
        };
        let end = |source: &str| {
            let program = Program::from_source("one.lua", Origin::Text, source);
            let run = || run(&program, None, budget, Wants::default());
            inside::on_deep_stack(run).unwrap().end
        };
        assert_eq!(
            end("while true do pcall(error) end"),
            Termination::OutOfFuel
        );
        let source = "local t = {} for i = 1, 1e9 do t[i] = { i } end";
        assert_eq!(end(source), Termination::OutOfMemory);
    }
}
