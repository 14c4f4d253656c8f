//! The verb `bench` from end to end, with the scripts in `fake/` as interpreters.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A workspace with two programs to time.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("corpus/bench/a.lua", "-- One.\n");
    write(
        "corpus/bench/memory/b.lua",
        "-- Two.\n-- bound: memory 1000.00\n",
    );
    write(
        "README.md",
        "top\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nbottom\n",
    );
    fs::create_dir_all(root.path().join("reports")).unwrap();
    root
}

fn fake(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fake")
        .join(format!("{script}.sh"))
}

fn bench(root: &TempDir, rilua: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command
        .args(["bench", "-n", "2", "--root"])
        .arg(root.path());
    for (name, script) in [("oracle", "hello"), ("rilua", rilua)] {
        let path = fake(script);
        command
            .arg("--engine-path")
            .arg(format!("{name}={}", path.display()));
    }
    command.args(arguments).current_dir("/").output().unwrap()
}

fn json(root: &TempDir) -> Value {
    let text = fs::read(root.path().join("reports/latest/bench.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn a_run_leaves_tables_a_file_a_page_and_a_line_of_history() {
    let root = workspace();
    for round in 1..=2 {
        let output = bench(&root, "hello", &["--readme"]);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
        assert!(stdout.contains("| a | "), "{stdout}");
        assert!(
            stdout.contains("| memory/b | peak memory | 1000.00 |"),
            "{stdout}"
        );
        let history = fs::read_to_string(root.path().join("reports/bench-history.jsonl")).unwrap();
        assert_eq!(history.lines().count(), round);
        let page = fs::read_to_string(root.path().join("README.md")).unwrap();
        assert!(
            page.starts_with("top\n") && page.ends_with("bottom\n"),
            "{page}"
        );
        assert!(page.contains("| a | ") && !page.contains("old"), "{page}");
    }
    let report = json(&root);
    assert_eq!(report["version"], 1);
    assert_eq!(report["complete"], true);
    let cells = report["programs"][0]["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 2);
    for cell in cells {
        assert_eq!(cell["reason"], Value::Null);
        assert_eq!(cell["runs"].as_array().unwrap().len(), 2);
        assert!(cell["runs"][0]["peak"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_run_that_does_not_count_says_why() {
    for (script, reason) in [("other", "exit status 3: wrong"), ("crash", "signal")] {
        let root = workspace();
        let output = bench(&root, script, &["a"]);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{stdout}");
        let report = json(&root);
        let cell = &report["programs"][0]["cells"][1];
        assert!(
            stdout.contains(cell["reason"].as_str().unwrap()),
            "{stdout}"
        );
        assert!(cell["reason"].as_str().unwrap().contains(reason), "{cell}");
        // A part of the programs is no point of the history.
        assert!(!root.path().join("reports/bench-history.jsonl").exists());
    }
}

#[test]
fn another_interpreter_stands_beside_them() {
    let root = workspace();
    let third = format!("third={}", fake("surroundings").display());
    let output = bench(&root, "hello", &["a", "--against", &third]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(
        stdout.contains("| program | oracle s | rilua | third |"),
        "{stdout}"
    );
    assert!(stdout.contains("other output"), "{stdout}");
}

#[test]
fn what_can_not_be_done_is_said_before_anything_is_measured() {
    let root = workspace();
    fs::write(root.path().join("README.md"), "no markers\n").unwrap();
    for (arguments, message) in [
        (["--readme"].as_slice(), "README.md"),
        (&["nosuchname"], "nosuchname"),
        (&["--against", "/nowhere/lua"], "/nowhere/lua"),
        (
            &["--against", "rilua=/bin/sh"],
            "two interpreters are called rilua",
        ),
    ] {
        let output = bench(&root, "hello", arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(message), "no {message:?} in {stderr}");
        assert!(!root.path().join("reports/latest").exists());
    }
}
