//! The verbs that hold the two compilers against each other: `bytecode` over the golden
//! programs, `mutate` over some thousand mutants.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

use conformance::workspace;
use serde_json::Value;

/// Runs a verb; returns its report and what it printed. It must agree in everything.
#[track_caller]
fn agrees(folder: &Path, arguments: &[&str]) -> (Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .arg("--report")
        .arg(folder)
        .current_dir(workspace::built_root())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    assert_eq!(output.status.code(), Some(0), "{printed}");
    let report = fs::read(folder.join("results.json")).unwrap();
    (serde_json::from_slice(&report).unwrap(), printed)
}

#[test]
fn golden_programs_compile_to_the_same_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let (report, _) = agrees(folder.path(), &["bytecode", "corpus/golden"]);
    assert_eq!(report["verb"], "bytecode");
    assert!(report["totals"]["agree"]["rilua"].as_u64().unwrap() >= 176);
    assert_eq!(report["mutants"], Value::Null);
    let comparison = &report["programs"][0]["comparisons"][0];
    assert_eq!(comparison["channels"], serde_json::json!(["compiler"]));
    assert_eq!(comparison["left"], "oracle");
}

#[test]
fn each_implementation_runs_the_chunks_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("own.lua");
    // It can tell that it isn't text, and reads a file that lies beside it.
    fs::write(folder.path().join("beside.txt"), "beside\n").unwrap();
    let text = "#!/usr/bin/lua\n\
        io.write(io.open('own.lua', 'rb'):read(1) == '\\27' and 'chunk' or 'text', '\\n')\n\
        print(io.open('beside.txt'):read())\nerror('here')\n";
    fs::write(&program, text).unwrap();
    let program = program.to_str().unwrap();
    let report_folder = folder.path().join("report");
    let arguments = ["bytecode", "--run", "--profile", "dev", "--timeout", "60"];
    let paths = ["corpus/golden/closures", program];
    let (report, _) = agrees(&report_folder, &[&arguments[..], &paths[..]].concat());
    let programs = report["programs"].as_array().unwrap();
    for program in programs {
        let channels: Vec<&str> = program["comparisons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|comparison| comparison["channels"][0].as_str().unwrap())
            .collect();
        assert_eq!(channels, ["compiler", "exported", "imported"]);
    }
    // The one with a record is compared with that, the other with the oracle and its own chunk.
    assert_eq!(programs[0]["comparisons"][1]["left"], "record");
    assert_eq!(programs.last().unwrap()["comparisons"][1]["left"], "oracle");
}

#[test]
fn mutants_compile_to_the_same_or_are_refused_in_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    // What an earlier run has left must not be taken for a finding of this one.
    fs::create_dir(folder.path().join("mutants")).unwrap();
    fs::write(folder.path().join("mutants/old.lua"), "").unwrap();
    let arguments = ["mutate", "--seed", "1", "--count", "2000"];
    let (report, printed) = agrees(folder.path(), &arguments);
    let mutants = &report["mutants"];
    assert_eq!(
        (&mutants["tried"], &mutants["differ"]),
        (&2000.into(), &0.into())
    );
    // Both kinds must be there in numbers, or the mutants are of no use.
    for kind in ["same_chunk", "same_message"] {
        assert!(mutants[kind].as_u64().unwrap() > 300, "{mutants}");
    }
    assert!(printed.contains("0 differ, 0 not compared"), "{printed}");
    assert!(!folder.path().join("mutants/old.lua").exists());

    let whole = mutants.clone();
    let part = |first: &str| {
        let arguments = ["mutate", "--seed", "1", "--first", first, "--count", "1000"];
        agrees(folder.path(), &arguments).0["mutants"].clone()
    };
    let parts = [part("0"), part("1000")];
    for kind in ["same_chunk", "same_message"] {
        let sum: u64 = parts.iter().map(|part| part[kind].as_u64().unwrap()).sum();
        assert_eq!(sum, whole[kind].as_u64().unwrap(), "not the same mutants");
    }
}
