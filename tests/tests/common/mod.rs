//! What the tests of verbs share: the harness as a program, and what is expected of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::path::Path;
use std::process::{Command, Output};

use conformance::allow::AllowList;
use conformance::triage::Store;

/// Runs the harness with some arguments, outside of the workspace.
pub(crate) fn harness(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .current_dir("/")
        .output()
        .unwrap()
}

/// Checks the status, and that all texts are in what was printed.
#[track_caller]
pub(crate) fn expect(output: &Output, status: i32, texts: &[&str]) {
    let all = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(status), "{all}");
    for text in texts {
        assert!(all.contains(text), "no {text:?} in\n{all}");
    }
}

/// The buckets in a folder, which nobody else may write to meanwhile.
pub(crate) fn store(folder: &Path) -> Store {
    Store::open(folder, folder, AllowList::default()).unwrap().0
}
