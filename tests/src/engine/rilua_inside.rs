//! The engine that is rilua as a library, in this process: an interpreter for every run, in a
//! world of its own (`sealed_host.rs`).

use std::rc::Rc;

use rilua::inspect::{Accounts, Chunk, FailureKind, Observer, Outcome as Ended, Session, Value};

use super::inside::{self, PRELUDE_NAME, Prelude, RILUA_DEPTH, Wants};
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
        inside::on_deep_stack(|| run(program, None, Wants::default()))
    }

    fn command_line(&self, program: &Program, _limits: &Limits) -> String {
        inside::command_line(program)
    }
}

/// Runs a program on this thread, which needs [`inside::STACK_BYTES`] of stack.
pub fn run(program: &Program, prelude: Option<&Prelude>, wants: Wants) -> Observation {
    execute(program, prelude, |session| {
        if wants.graph {
            session.want_graph();
        }
    })
}

/// Runs a program whose instructions are told to an observer, which can stop it.
pub fn trace(program: &Program, prelude: Option<&Prelude>, observer: Observer) -> Observation {
    execute(program, prelude, |session| session.observe(observer))
}

fn execute(
    program: &Program,
    prelude: Option<&Prelude>,
    prepare: impl FnOnce(&mut Session),
) -> Observation {
    let written = Rc::new(Written::default());
    let mut session = Session::new(Box::new(SealedHost::new(&program.stdin, &written)));
    session.set_depth(RILUA_DEPTH);
    prepare(&mut session);
    let name = program.chunk_name();
    let before = prelude.map(|prelude| Chunk {
        text: &prelude.rilua,
        name: PRELUDE_NAME,
    });
    let source = Chunk {
        text: crate::compile::without_first_line(&program.source),
        name: &name,
    };
    let ended = session.run(before, source, &[]);
    let accounts = accounts(session.accounts());
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
        FailureKind::Memory => "memory",
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
    use super::*;
    use crate::program::Origin;

    #[test]
    fn runs_a_line() {
        let program = Program::from_source("one.lua", Origin::Text, "print(1) return 'x'");
        let seen = inside::on_deep_stack(|| run(&program, None, Wants::default())).unwrap();
        assert_eq!(seen.stdout, b"1\n");
        let inside = seen.inside.unwrap();
        assert_eq!(
            inside.outcome,
            Outcome::Returned(vec![b"string x".to_vec()])
        );
    }
}
