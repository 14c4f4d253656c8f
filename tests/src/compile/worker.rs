//! A process in which both compilers work, so that a crash, an endless loop or a flood of
//! memory in either is a result and not the end of the harness.
//!
//! The whole input comes first; the answers follow, each as soon as it is there: letters for
//! the stages that begin, an [`Outcome`] in JSON, a newline. When the process ends early, the
//! number of answers and the last letter say at what.

use std::env;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Compilers, Depth, Outcome, Stage};
use crate::channel::{ChannelName, Stream};
use crate::divergence::{Cause, Divergence, Signature};
use crate::engine::{Description, Limits, ORACLE, RILUA, process};
use crate::observation::Termination;
use crate::text;

/// The hidden verb that is the process.
pub const VERB: &str = "compile";

/// What a process may use for all texts of a batch. One that has given some of the answers when
/// its time is over gets as much again for the rest.
pub const LIMITS: Limits = Limits {
    time: Duration::from_secs(60),
    memory_mib: Some(4096),
    output: 256 << 20,
};

/// A text to compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The chunk's name.
    pub name: Vec<u8>,
    /// The text.
    pub text: Vec<u8>,
    /// How much is compared.
    pub depth: Depth,
}

/// The engines as a report names them: both are in this program.
///
/// # Errors
///
/// When the path of this program is unknown.
pub fn engines() -> Result<Vec<Description>> {
    let program = env::current_exe().context("where is this program?")?;
    let description = |name: &str| Description {
        name: name.to_owned(),
        interpreter: program.clone(),
        compiler: Some(program.clone()),
    };
    Ok([ORACLE, RILUA].map(description).into())
}

/// Compiles texts in processes of their own; the outcomes are in the same order.
///
/// # Errors
///
/// When there is no such process to be had, or it doesn't keep to the protocol.
pub fn compare(requests: &[Request]) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    while let Some(rest) = requests
        .get(outcomes.len()..)
        .filter(|rest| !rest.is_empty())
    {
        let (finished, answers) = start(rest)?;
        let is_none = answers.outcomes.is_empty();
        outcomes.extend(answers.outcomes);
        if outcomes.len() >= requests.len() {
            break;
        }
        // Being slow is the fault of all together, unless it was alone with it.
        if finished.end == Termination::TimedOut && !is_none {
            continue;
        }
        outcomes.push(lost(&finished, answers.stage)?);
    }
    Ok(outcomes)
}

fn start(requests: &[Request]) -> Result<(process::Finished, Answers)> {
    let program = env::current_exe().context("where is this program?")?;
    let mut input = Vec::new();
    for request in requests {
        write_request(request, &mut input);
    }
    let job = process::Job {
        launcher: &program,
        executable: &program,
        name: "conformance",
        arguments: &[VERB.into()],
        folder: &env::temp_dir(),
        stdin: &input,
    };
    let finished = process::run(&job, &LIMITS).context("cannot start the compilers")?;
    let answers = Answers::parse(&finished.stdout)?;
    Ok((finished, answers))
}

/// What is said of a text at which the process ended.
fn lost(finished: &process::Finished, stage: Option<Stage>) -> Result<Outcome> {
    let cause = match finished.end {
        Termination::Exit(0) => bail!("the compilers' process ended too early"),
        Termination::Exit(_) | Termination::Signal(_) => Cause::Crash,
        Termination::TimedOut => Cause::TimeOut,
        Termination::OutputLimit => Cause::OutputLimit,
        Termination::OutOfFuel | Termination::OutOfMemory => Cause::Budget,
    };
    let stderr = String::from_utf8_lossy(&finished.stderr);
    let said = stderr.lines().find(|line| !line.trim().is_empty());
    let end = match said {
        Some(said) => format!("{}: {}", finished.end, said.trim()),
        None => finished.end.to_string(),
    };
    let what = match stage {
        None => bail!("the compilers' process ended before it compiled: {end}"),
        Some(Stage::Oracle) => {
            return Ok(Outcome::NotCompared {
                reason: format!("{ORACLE}: {end}"),
                is_crash: true,
            });
        }
        Some(Stage::Rilua) => format!("{RILUA}'s compiler: {end}"),
        Some(Stage::RoundTrip) => format!("{RILUA}, reading its own chunk: {end}"),
    };
    let (channel, stream) = (ChannelName::Compiler, Stream::Chunk);
    Ok(Outcome::Differs {
        divergences: vec![Divergence {
            channel,
            stream,
            cause,
            line: None,
            left: None,
            excerpt: stderr
                .lines()
                .filter(|line| !line.is_empty())
                .map(|line| format!("+ {}", text::escape(line.as_bytes())))
                .collect(),
            // Process numbers and memory addresses are digits, which a signature leaves out.
            signature: Signature::new(channel, stream, cause, None, Some(&what)),
            right: Some(what),
        }],
    })
}

/// What a process answered before it ended.
#[derive(Debug, PartialEq)]
struct Answers {
    outcomes: Vec<Outcome>,
    /// What it was at when it ended.
    stage: Option<Stage>,
}

impl Answers {
    fn parse(output: &[u8]) -> Result<Self> {
        let mut answers = Self {
            outcomes: Vec::new(),
            stage: None,
        };
        for line in output.split_inclusive(|&byte| byte == b'\n') {
            let start = line.iter().position(|&byte| byte == b'{');
            let (stages, answer) = line.split_at(start.unwrap_or(line.len()));
            answers.stage = match stages.last() {
                Some(b'o') => Some(Stage::Oracle),
                Some(b'r') => Some(Stage::Rilua),
                Some(b't') => Some(Stage::RoundTrip),
                _ => None,
            };
            if line.ends_with(b"\n") {
                let outcome = serde_json::from_slice(answer);
                answers.outcomes.push(outcome.with_context(|| {
                    format!("no answer of the compilers: {}", text::escape(answer))
                })?);
                answers.stage = None;
            }
        }
        Ok(answers)
    }
}

const fn letter(stage: Stage) -> &'static [u8] {
    match stage {
        Stage::Oracle => b"o",
        Stage::Rilua => b"r",
        Stage::RoundTrip => b"t",
    }
}

fn write_request(request: &Request, input: &mut Vec<u8>) {
    input.push(u8::from(request.depth == Depth::WithStripped));
    for bytes in [&request.name, &request.text] {
        input.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        input.extend_from_slice(bytes);
    }
}

/// Takes a request from the front of the input; `None` when there is no whole one.
fn read_request(input: &mut &[u8]) -> Option<Request> {
    let (&depth, mut rest) = input.split_first()?;
    let mut bytes = || {
        let (size, after) = rest.split_first_chunk()?;
        let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
        let (bytes, after) = after.split_at_checked(size)?;
        rest = after;
        Some(bytes.to_vec())
    };
    let (name, text) = (bytes()?, bytes()?);
    *input = rest;
    let depth = match depth {
        0 => Depth::Whole,
        _ => Depth::WithStripped,
    };
    Some(Request { name, text, depth })
}

/// Is the process: answers what it is asked.
pub fn main() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance {VERB}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn answer() -> Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    let mut input = input.as_slice();
    let mut compilers = Compilers::new();
    let mut failure = None;
    while !input.is_empty() {
        let Some(request) = read_request(&mut input) else {
            bail!("no request");
        };
        let mut stdout = io::stdout().lock();
        let outcome = compilers.compare(&request.text, &request.name, request.depth, |stage| {
            // At once: it may be the last that is heard.
            let written = stdout
                .write_all(letter(stage))
                .and_then(|()| stdout.flush());
            failure = failure.take().or(written.err());
        });
        if let Some(error) = failure {
            return Err(error.into());
        }
        let mut line = serde_json::to_vec(&outcome)?;
        line.push(b'\n');
        stdout.write_all(&line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_as_they_were_sent() {
        let requests = [
            Request {
                name: b"@a".into(),
                text: b"x\0\n".into(),
                depth: Depth::Whole,
            },
            Request {
                name: Vec::new(),
                text: Vec::new(),
                depth: Depth::WithStripped,
            },
        ];
        let mut input = Vec::new();
        for request in &requests {
            write_request(request, &mut input);
        }
        let mut rest = input.as_slice();
        for request in requests {
            assert_eq!(read_request(&mut rest), Some(request));
        }
        assert!(rest.is_empty());
        assert_eq!(read_request(&mut &input[..5]), None);
    }

    #[test]
    fn answers_end_where_the_process_did() {
        let answers = Answers::parse(b"ort{\"kind\":\"same-chunk\"}\nor").unwrap();
        assert_eq!(answers.outcomes, [Outcome::SameChunk]);
        assert_eq!(answers.stage, Some(Stage::Rilua));
        assert_eq!(Answers::parse(b"").unwrap().stage, None);
        assert!(Answers::parse(b"nothing\n").is_err());
    }

    #[test]
    fn a_crash_belongs_to_who_was_at_work() {
        let finished = process::Finished {
            end: Termination::Signal(6),
            stdout: Vec::new(),
            stderr: b"\nthread 'main' (17) panicked at x.rs:5:\n".into(),
        };
        let Outcome::Differs { divergences } = lost(&finished, Some(Stage::Rilua)).unwrap() else {
            panic!("not a finding");
        };
        assert_eq!(divergences[0].cause, Cause::Crash);
        assert!(divergences[0].signature.message.contains("SIGABRT"));
        assert!(matches!(
            lost(&finished, Some(Stage::Oracle)).unwrap(),
            Outcome::NotCompared { is_crash: true, .. }
        ));
        assert!(lost(&finished, None).is_err());
    }
}
