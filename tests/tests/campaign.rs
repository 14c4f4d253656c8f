//! Campaigns as a user calls them.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use conformance::allow::AllowList;
use conformance::triage::Store;

fn harness(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .current_dir("/")
        .output()
        .unwrap()
}

#[track_caller]
fn expect(output: &Output, status: i32, texts: &[&str]) {
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

fn store(folder: &Path) -> Store {
    Store::open(folder, folder, AllowList::default()).unwrap().0
}

#[test]
fn a_campaign_runs_and_keeps_to_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let findings = folder.path().join("findings").display().to_string();
    let report = folder.path().join("report").display().to_string();
    let campaign = [
        "campaign",
        "--seed",
        "1",
        "--count",
        "120",
        "--jobs",
        "2",
        "--time",
        "10m",
        "--findings",
        &findings,
        "--report",
        &report,
    ];
    let output = harness(&campaign);
    let results = fs::read(folder.path().join("report/results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_slice(&results).unwrap();
    let result = &results["campaign"];
    // What is found is the campaign's to tell and its status' to say.
    let new = result["new"].as_array().unwrap();
    expect(
        &output,
        i32::from(!new.is_empty()),
        &[
            "120 programs in",
            "total",
            "erring",
            "limits",
            "new signatures",
        ],
    );
    assert_eq!(result["programs"], 120);
    let mut agree = 0;
    for mode in ["total", "erring", "limits"] {
        assert_eq!(result["modes"][mode]["programs"], 40, "{result}");
        agree += result["modes"][mode]["agree"].as_u64().unwrap();
    }
    assert!(agree >= 100, "{result}");
    let total = &result["modes"]["total"];
    assert_eq!(total["past_prelude"], total["programs"], "{total}");
    for id in new {
        let bucket = folder.path().join("findings").join(id.as_str().unwrap());
        for file in ["program.lua", "whole.lua", "finding.json"] {
            assert!(bucket.join(file).is_file(), "{}", bucket.display());
        }
    }
    assert!(folder.path().join("report/exercised.json").is_file());

    // A second one in the same folder while somebody else writes there.
    let held = store(&folder.path().join("findings"));
    expect(&harness(&campaign), 2, &["is locked", "wait for it"]);
    drop(held);
}

#[test]
fn a_report_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let findings = folder.path().join("findings").display().to_string();
    fs::create_dir_all(folder.path().join("report/results.json/in the way")).unwrap();
    let report = folder.path().join("report").display().to_string();
    let campaign = [
        "campaign",
        "--seed",
        "1",
        "--count",
        "3",
        "--findings",
        &findings,
        "--report",
        &report,
    ];
    expect(&harness(&campaign), 2, &["results.json", "3 programs in"]);
}
