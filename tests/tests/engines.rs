//! The isolated oracle as the harness uses it, and the verbs that compare one program.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::engine::oracle_worker::MOST_RUNS;
use conformance::pair::{Judged, Pair, PairOptions};
use conformance::program::{Origin, Program};
use conformance::verdict::{FaultCause, Verdict};
use conformance::workspace;

/// The worker of the development profile, built.
fn worker() -> PathBuf {
    let target = workspace::target_folder().unwrap();
    workspace::build(&workspace::built_root(), &target, "dev", &["oracle"]).unwrap();
    workspace::program_folder(&target, "dev").join("oracle-worker")
}

fn isolated(worker: &Path) -> Pair {
    let options = PairOptions {
        worker: Some(worker.to_owned()),
        ..PairOptions::default()
    };
    Pair::new(options).unwrap()
}

fn compare(pair: &mut Pair, source: &str) -> Judged {
    pair.compare(&Program::from_source("p.lua", Origin::Text, source))
}

#[test]
fn an_isolated_oracle_may_crash_and_is_replaced_in_time() {
    let mut pair = isolated(&worker());
    let judged = compare(&mut pair, "print('x', {}) error('y')");
    assert_eq!(judged.verdict, Verdict::Agree);
    // A pattern so long that C's stack does not hold it.
    let judged = compare(
        &mut pair,
        "string.find(('a'):rep(1000000), ('a?'):rep(1000000))",
    );
    let Verdict::OracleUb { reason } = judged.verdict else {
        panic!("{:?}", judged.verdict);
    };
    assert!(reason.contains("SIGSEGV"), "{reason}");
    for i in 0..MOST_RUNS + 5 {
        let judged = compare(&mut pair, &format!("return {i}"));
        assert_eq!(judged.verdict, Verdict::Agree);
    }
}

/// A program of this folder. A test must not write what it runs: a process that another test is
/// just starting holds the file open for writing, and the system refuses to run it.
fn fake(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fake")
        .join(name)
}

#[test]
fn a_worker_that_is_no_use_is_a_fault_and_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    for (program, cause, word) in [
        (fake("dies.sh"), FaultCause::Harness, "worker"),
        (
            folder.path().join("absent"),
            FaultCause::MissingEngine,
            "absent",
        ),
    ] {
        let judged = compare(&mut isolated(&program), "print(1)");
        let Verdict::HarnessError { fault } = judged.verdict else {
            panic!("{:?}", judged.verdict);
        };
        assert_eq!(fault.cause, cause);
        assert!(fault.message.contains(word), "{fault}");
    }
}

/// Runs the harness's program; its exit status and what it printed.
fn conformance(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}

#[test]
fn one_program_is_compared_in_every_channel() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.lua");
    fs::write(
        &file,
        "for i, v in ipairs({ 'a', 'b' }) do print(i, v) end\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let (status, printed) = conformance(&["diff", file]);
    assert_eq!(
        (status, printed.as_str()),
        (0, "rilua does the same as 5.1.1\n")
    );
    let (status, printed) = conformance(&["lockstep", file]);
    assert_eq!(status, 0, "{printed}");
    assert!(printed.starts_with("all "), "{printed}");
    let (status, printed) = conformance(&["diff", "no/such/file.lua"]);
    assert_eq!(status, 2);
    assert!(printed.contains("no/such/file.lua"), "{printed}");
}

#[test]
fn another_lua_is_compared_by_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("one.lua"), fake("wrong.sh"));
    fs::write(&file, "print('right')\n").unwrap();
    let (file, other) = (file.to_str().unwrap(), other.to_str().unwrap());
    let arguments = ["diff", file, "--profile", "dev", "--against"];
    let (status, printed) = conformance(&[&arguments[..], &[other]].concat());
    assert_eq!(status, 1, "{printed}");
    for line in ["- wrong", "+ right", "to repeat: cargo conformance diff "] {
        assert!(printed.contains(line), "{printed}");
    }
    let (status, printed) = conformance(&[&arguments[..], &["/no/such/lua"]].concat());
    assert_eq!(status, 2, "{printed}");
    assert!(printed.contains("/no/such/lua"), "{printed}");
}
