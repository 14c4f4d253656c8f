//! The whole corpus: the oracle reproduces every record, which entitles us to call it 5.1.1,
//! and rilua agrees with both but for what is listed.
//!
//! The engines are those of the development profile, with their assertions on; the harness
//! builds them.
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use conformance::corpus::{self, header::EntryHeader};
use conformance::workspace;
use serde_json::Value;

/// Seconds for one run: engines of this profile are slow, and so are busy machines.
const TIMEOUT: &str = "60";

/// Programs in which rilua is known to fail, each with a reason: `PROGRAM: REASON`.
const KNOWN_FAILURES: &str = "tests/known-failures.txt";

/// Runs programs and returns the report, with what was printed.
fn run(arguments: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["run", "--profile", "dev", "--timeout", TIMEOUT, "--report"])
        .arg(folder.path())
        .args(arguments)
        .output()
        .unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    let Ok(json) = fs::read(folder.path().join("results.json")) else {
        panic!("no report:\n{printed}");
    };
    (serde_json::from_slice(&json).unwrap(), printed)
}

#[test]
fn the_oracle_reproduces_every_golden_record() {
    let (report, printed) = run(&["corpus/golden", "--engine", "oracle"]);
    let programs = report["programs"].as_array().unwrap();
    assert!(programs.len() >= 176, "only {} programs", programs.len());
    for program in programs {
        assert_eq!(
            program["record"]["kind"], "present",
            "{} has no record",
            program["program"]
        );
        assert_eq!(program["verdict"], "agree", "\n{printed}");
    }
    let with_bytecode = programs.iter().filter(|program| {
        program["comparisons"][0]["channels"]
            .as_array()
            .unwrap()
            .contains(&"bytecode".into())
    });
    assert!(with_bytecode.count() >= 45, "bytecode was not compared");
}

#[test]
fn every_head_says_where_its_program_comes_from() {
    let root = workspace::built_root();
    let (entries, remarks) = corpus::whole(&root).unwrap();
    assert_eq!(remarks, [""; 0]);
    let mut heads = 0;
    for entry in entries {
        match EntryHeader::parse(&fs::read(&entry.path).unwrap()) {
            Ok(head) => heads += usize::from(head.is_some()),
            Err(error) => panic!("{}: {error:#}", entry.id),
        }
    }
    assert!(heads >= 6, "{heads}");
}

#[test]
fn rilua_agrees_but_for_what_is_listed() {
    let (report, printed) = run(&[]);
    let mut failing = BTreeSet::new();
    for program in report["programs"].as_array().unwrap() {
        if !["agree", "allowed"].contains(&program["verdict"].as_str().unwrap()) {
            failing.insert(program["program"].as_str().unwrap().to_owned());
        }
    }
    let known = known_failures();
    let new: Vec<_> = failing.difference(&known).collect();
    let gone: Vec<_> = known.difference(&failing).collect();
    assert!(
        new.is_empty(),
        "not in {KNOWN_FAILURES}, and they fail: {new:#?}\n{printed}"
    );
    assert!(
        gone.is_empty(),
        "in {KNOWN_FAILURES}, and they don't fail: {gone:#?}"
    );
    let unused = report["unused_allowances"].as_array().unwrap();
    assert!(
        unused.is_empty(),
        "corpus/allow.toml has entries that nothing needs: {unused:#?}"
    );
}

/// The listed programs; every line must give a reason, and name a program once.
fn known_failures() -> BTreeSet<String> {
    let text = fs::read_to_string(workspace::built_root().join(KNOWN_FAILURES)).unwrap();
    let mut known = BTreeSet::new();
    for line in text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        let Some((program, reason)) = line.split_once(": ") else {
            panic!("{KNOWN_FAILURES}: not `PROGRAM: REASON`: {line}");
        };
        assert!(
            !reason.trim().is_empty(),
            "{KNOWN_FAILURES}: no reason: {line}"
        );
        assert!(
            known.insert(program.to_owned()),
            "{KNOWN_FAILURES}: twice: {program}"
        );
    }
    known
}
