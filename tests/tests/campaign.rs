//! Campaigns as a user calls them.
#![forbid(unsafe_code)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{expect, harness, store};

/// A campaign of so many programs, with its buckets and its report in a folder.
fn campaign(folder: &Path, count: &str, more: &[&str]) -> Output {
    let inside = |name: &str| folder.join(name).display().to_string();
    let (findings, report) = (inside("findings"), inside("report"));
    let mut arguments = vec!["campaign", "--seed", "1", "--count", count, "--jobs", "2"];
    arguments.extend([
        "--time",
        "10m",
        "--findings",
        &findings,
        "--report",
        &report,
    ]);
    arguments.extend(more);
    harness(&arguments)
}

#[test]
fn a_campaign_runs_and_keeps_to_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let output = campaign(folder.path(), "120", &[]);
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
    let second = campaign(folder.path(), "120", &[]);
    expect(&second, 2, &["is locked", "wait for it"]);
    drop(held);
}

#[test]
fn a_report_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("report/results.json/in the way")).unwrap();
    let output = campaign(folder.path(), "3", &[]);
    expect(&output, 2, &["results.json", "3 programs in"]);
}

#[test]
fn the_oracle_can_be_isolated() {
    let folder = tempfile::tempdir().unwrap();
    let output = campaign(folder.path(), "32", &["--isolated"]);
    expect(&output, 0, &["32 programs in", "0 new signatures"]);
}
