//! One search in a process of its own, watched from outside: a fault may end it, or keep it from
//! ever ending, and takes nothing else down.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::search::{Kill, Message, Range};

/// The hidden verb that runs one search.
pub const VERB: &str = "selfcheck-search";
/// How long such a process may say nothing: many times what the programs between two lines take.
const SILENCE: Duration = Duration::from_secs(120);
/// How often an interruption is looked for.
const GLANCE: Duration = Duration::from_millis(200);

/// How a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A difference showed.
    Killed(Kill),
    /// None did.
    Survived,
    /// The run was interrupted.
    Interrupted,
}

/// Runs a search with this fault on, or none. `found` is told of every difference but the one
/// that ends it.
///
/// # Errors
///
/// The process can't be started, or the harness failed in it.
pub fn search(
    program: &Path,
    fault: Option<&str>,
    range: &Range,
    stop: &AtomicBool,
    found: impl FnMut(Kill),
) -> Result<Ended> {
    let mut command = Command::new(program);
    command.arg(VERB);
    for (option, value) in [
        ("--seed", range.seed),
        ("--first", range.first),
        ("--programs", range.programs),
    ] {
        command.args([option, &value.to_string()]);
    }
    for number in &range.skip {
        command.args(["--skip", &number.to_string()]);
    }
    if range.all {
        command.arg("--all");
    }
    if let Some(fault) = fault {
        command.args(["--fault", fault]);
    }
    watch(&mut command, range, SILENCE, stop, found)
}

/// Starts a process and follows what it says to its end.
fn watch(
    command: &mut Command,
    range: &Range,
    silence: Duration,
    stop: &AtomicBool,
    mut found: impl FnMut(Kill),
) -> Result<Ended> {
    // A panic is a result here; its message would only be in the way of the progress.
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let Some(output) = child.stdout.take() else {
        bail!("a search has no standard output");
    };
    let (sender, lines) = channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut done = range.first;
    let mut last = Instant::now();
    let ended = loop {
        if stop.load(Ordering::Relaxed) {
            break Ok(Ended::Interrupted);
        }
        match lines.recv_timeout(GLANCE) {
            Ok(line) => {
                last = Instant::now();
                match serde_json::from_str(&line) {
                    Ok(Message::Done(count)) => done = range.first.saturating_add(count),
                    Ok(Message::Killed(kill)) if range.all && kill.seed.is_some() => found(kill),
                    Ok(Message::Killed(kill)) => break Ok(Ended::Killed(kill)),
                    Ok(Message::Survived(_)) => break Ok(Ended::Survived),
                    Ok(Message::Failed(why)) => break Err(anyhow::anyhow!("{why}")),
                    Err(error) => {
                        break Err(error).with_context(|| format!("a search said {line:?}"));
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) if last.elapsed() < silence => {}
            Err(RecvTimeoutError::Timeout) => {
                break Ok(lost(done, "time", "no answer".to_owned()));
            }
            Err(RecvTimeoutError::Disconnected) => break crash(&mut child, done),
        }
    };
    // It may have gone already; what matters is that it is gone.
    let _gone = child.kill();
    child.wait().context("cannot wait for a search")?;
    let _read = reader.join();
    ended
}

/// The process has closed its output without a result.
fn crash(child: &mut Child, done: u64) -> Result<Ended> {
    let status = child.wait().context("cannot wait for a search")?;
    match status.signal() {
        Some(_) => Ok(lost(done, "crash", status.to_string())),
        None => bail!("a search ended without a result ({status})"),
    }
}

fn lost(done: u64, how: &str, message: String) -> Ended {
    Ended::Killed(Kill {
        // One of the programs since the last line.
        after: done + 1,
        seed: None,
        seen_by: vec![how.to_owned()],
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(script: &str, silence: Duration, stop: bool) -> Result<Ended> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let stop = AtomicBool::new(stop);
        let unexpected = |kill| panic!("{kill:?} does not end it");
        watch(&mut command, &Range::default(), silence, &stop, unexpected)
    }

    #[test]
    fn a_survey_goes_on_after_a_difference() {
        let kill = |after, seed| {
            Message::Killed(Kill {
                after,
                seed,
                seen_by: Vec::new(),
                message: String::new(),
            })
        };
        let said =
            |message: &Message| format!("echo '{}'", serde_json::to_string(message).unwrap());
        let survey = |last: &Message| {
            let script = [said(&kill(7, Some(1))), said(&kill(9, Some(2))), said(last)];
            let mut command = Command::new("sh");
            command.args(["-c", &script.join("\n")]);
            let range = Range {
                all: true,
                ..Range::default()
            };
            let mut found = Vec::new();
            let ended = watch(
                &mut command,
                &range,
                SILENCE,
                &AtomicBool::new(false),
                |kill| found.push(kill.after),
            );
            (ended.unwrap(), found)
        };
        assert_eq!(
            survey(&Message::Survived(20)),
            (Ended::Survived, vec![7, 9])
        );
        let (ended, _) = survey(&kill(1, None));
        assert!(
            matches!(ended, Ended::Killed(_)),
            "nothing could be compared"
        );
    }

    #[test]
    fn results_crashes_and_silence_are_told_apart() {
        let long = Duration::from_secs(60);
        let said =
            |message: &Message| format!("echo '{}'", serde_json::to_string(message).unwrap());
        let kill = Kill {
            after: 7,
            seed: Some(9),
            seen_by: vec!["output".to_owned()],
            message: "m".to_owned(),
        };
        let script = [
            said(&Message::Done(3)),
            said(&Message::Killed(kill.clone())),
        ];
        let ended = watched(&script.join("\n"), long, false).unwrap();
        assert_eq!(ended, Ended::Killed(kill));
        let ended = watched(&said(&Message::Survived(3)), long, false).unwrap();
        assert_eq!(ended, Ended::Survived);

        let script = format!("{}\nkill -SEGV $$", said(&Message::Done(32)));
        let Ended::Killed(kill) = watched(&script, long, false).unwrap() else {
            panic!("a crash kills");
        };
        assert_eq!((kill.after, kill.seed), (33, None));
        assert_eq!(kill.seen_by, ["crash"]);

        let script = "exec sleep 60";
        let Ended::Killed(kill) = watched(script, Duration::ZERO, false).unwrap() else {
            panic!("silence kills");
        };
        assert_eq!(kill.seen_by, ["time"]);
        assert_eq!(watched(script, long, true).unwrap(), Ended::Interrupted);

        let script = said(&Message::Failed("no oracle".to_owned()));
        let error = watched(&script, long, false).unwrap_err();
        assert_eq!(error.to_string(), "no oracle");
        for script in ["exit 3", "echo nonsense"] {
            assert!(watched(script, long, false).is_err(), "{script}");
        }
    }
}
