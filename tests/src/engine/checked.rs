//! The third voter: the oracle once more, unoptimised and with checks of undefined behaviour, asked
//! only when rilua and the oracle part. Where C's behaviour is undefined, or depends on how it was
//! compiled, there is nothing that rilua could be held to.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use super::inside::{Budget, Prelude};
use crate::mask;
use crate::observation::{Observation, Outcome, Termination};
use crate::program::Program;

/// What the third voter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vote {
    /// It does what the oracle does, and nothing that is undefined.
    Confirmed,
    /// It doesn't: why.
    Undefined(String),
    /// It can't be asked: why.
    Absent(String),
}

/// How the last line of its output begins.
const END: &[u8] = b"\nended with status ";
/// What a report of undefined behaviour contains.
const REPORT: &str = "runtime error: ";

/// Asks what an unoptimised oracle makes of a program of which `seen` is what the oracle did.
pub fn vote(
    program: &Program,
    prelude: Option<&Prelude>,
    budget: Budget,
    seen: &Observation,
) -> Vote {
    let Some(voter) = oracle::CHECKED_PROGRAM else {
        return Vote::Absent("the C compiler had no -fsanitize=undefined".to_owned());
    };
    let absent = |what: &str, error: std::io::Error| Vote::Absent(format!("{what}: {error}"));
    let source = crate::compile::without_first_line(&program.source);
    let source = match write(source) {
        Ok(file) => file,
        Err(error) => return absent("temporary file", error),
    };
    let prelude = match prelude.map(|prelude| write(&prelude.oracle)).transpose() {
        Ok(file) => file,
        Err(error) => return absent("temporary file", error),
    };
    let name = String::from_utf8_lossy(&program.chunk_name()).into_owned();
    let fuel = budget.fuel.map_or(0, std::num::NonZeroU64::get);
    let run = Command::new(voter)
        .arg(source.path())
        .args([name, fuel.to_string()])
        .args(prelude.iter().map(|file| file.path()))
        .env_clear()
        .stdin(Stdio::null())
        .output();
    let output = match run {
        Ok(output) => output,
        Err(error) => return absent(voter, error),
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if let Some(report) = stderr.lines().find_map(|line| line.split_once(REPORT)) {
        return Vote::Undefined(format!("undefined behaviour: {}", report.1));
    }
    let Some(at) = output
        .stdout
        .windows(END.len())
        .rposition(|part| part == END)
    else {
        return Vote::Undefined(format!("unoptimised it ends with {}", output.status));
    };
    let (stdout, end) = output.stdout.split_at(at);
    let succeeded = end.get(END.len()..) == Some(b"0");
    let did_succeed = seen.end == Termination::Exit(0)
        && seen
            .inside
            .as_ref()
            .is_none_or(|inside| matches!(inside.outcome, Outcome::Returned(_)));
    if succeeded != did_succeed
        || mask::addresses(stdout).bytes != mask::addresses(&seen.stdout).bytes
    {
        return Vote::Undefined("unoptimised it does something else".to_owned());
    }
    Vote::Confirmed
}

fn write(bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(bytes)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::inside::{self, Wants};
    use crate::engine::oracle_inside;
    use crate::program::Origin;

    fn vote_on(source: &str, change: impl FnOnce(&mut Observation)) -> Vote {
        let program = Program::from_source("p.lua", Origin::Text, source);
        let mut seen = inside::on_deep_stack(|| {
            oracle_inside::run(&program, None, inside::UNBOUNDED, Wants::default())
        })
        .unwrap();
        change(&mut seen);
        vote(&program, None, inside::UNBOUNDED, &seen)
    }

    fn is_absent(vote: &Vote) -> bool {
        oracle::CHECKED_PROGRAM.is_none() && matches!(vote, Vote::Absent(_))
    }

    #[test]
    fn what_is_defined_is_confirmed() {
        for source in ["print(1, {})", "error('x')", "print(2) os.exit(1)"] {
            let vote = vote_on(source, |_| {});
            assert!(vote == Vote::Confirmed || is_absent(&vote), "{vote:?}");
        }
    }

    #[test]
    fn what_is_undefined_or_not_the_same_is_not() {
        // An index in the hash part that C takes one from: signed overflow.
        let vote = vote_on("local t = {} t[-2^31] = 1 print(t[-2^31])", |_| {});
        assert!(
            matches!(&vote, Vote::Undefined(why) if why.contains("overflow")) || is_absent(&vote),
            "{vote:?}"
        );
        let vote = vote_on("print(1)", |seen| seen.stdout = b"2\n".to_vec());
        assert!(
            matches!(&vote, Vote::Undefined(_)) || is_absent(&vote),
            "{vote:?}"
        );
    }
}
