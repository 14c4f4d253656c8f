//! What the harness does with engines that misbehave, with input that makes no sense and with
//! reports that can't be written. The engines are the scripts in `fake/`.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A workspace with a corpus of its own.
struct Workspace {
    root: TempDir,
}

/// What `conformance run` gave.
struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
    /// `results.json`, null when there is none.
    report: Value,
}

impl Workspace {
    /// A workspace with the program `corpus/golden/g/p.lua`, on record as printing `hello`.
    fn new() -> Self {
        let workspace = Self {
            root: tempfile::tempdir().unwrap(),
        };
        workspace.write("corpus/golden/g/p.lua", "print('hello')\n");
        workspace.write("corpus/golden/g/p.stdout", "hello\n");
        workspace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn command(&self, engines: &[(&str, &str)], arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command.arg("run").arg("--root").arg(self.path(""));
        if !arguments.contains(&"--report") {
            command.arg("--report").arg(self.path("report"));
        }
        for (name, script) in engines {
            command
                .arg("--engine-path")
                .arg(format!("{name}={}", fake(script).display()));
        }
        command
            .args(arguments)
            .stdin(Stdio::null())
            .current_dir("/");
        command
    }

    fn run(&self, engines: &[(&str, &str)], arguments: &[&str]) -> Run {
        self.finished(self.command(engines, arguments).output().unwrap())
    }

    fn finished(&self, output: Output) -> Run {
        let report = fs::read(self.path("report/results.json"));
        Run {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            report: report.map_or(Value::Null, |json| serde_json::from_slice(&json).unwrap()),
        }
    }
}

impl Run {
    /// The status, the verdict of the first program, and what was printed on both streams.
    #[track_caller]
    fn expect(&self, status: i32, verdict: &str, texts: &[&str]) {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.status, Some(status), "{all}");
        assert_eq!(self.report["programs"][0]["verdict"], verdict, "{all}");
        for text in texts {
            assert!(all.contains(text), "no {text:?} in\n{all}");
        }
    }

    /// A run that did not come to a report.
    #[track_caller]
    fn expect_fault(&self, texts: &[&str]) {
        assert_eq!(self.status, Some(2), "{}{}", self.stdout, self.stderr);
        for text in texts {
            assert!(
                self.stderr.contains(text),
                "no {text:?} in\n{}",
                self.stderr
            );
        }
    }

    /// The comparison of the record with rilua.
    fn rilua(&self) -> &Value {
        let comparisons = self.report["programs"][0]["comparisons"]
            .as_array()
            .unwrap();
        comparisons
            .iter()
            .find(|found| found["left"] == "record" && found["right"] == "rilua")
            .unwrap()
    }
}

fn fake(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fake")
        .join(format!("{script}.sh"))
}

fn both(rilua: &str) -> [(&str, &str); 2] {
    [("oracle", "hello"), ("rilua", rilua)]
}

#[test]
fn agreement_is_reported_and_is_success() {
    let workspace = Workspace::new();
    let run = workspace.run(&both("hello"), &[]);
    run.expect(0, "agree", &["golden/g", "1 program in"]);
    assert_eq!(run.report["version"], 1);
    assert_eq!(run.report["complete"], true);
    assert_eq!(run.report["totals"]["agree"]["rilua"], 1);
    let journal = fs::read_to_string(workspace.path("report/results.jsonl")).unwrap();
    assert_eq!(
        journal.lines().count(),
        2,
        "a head and a program:\n{journal}"
    );
    assert!(workspace.path("report/summary.md").is_file());
}

#[test]
fn a_difference_is_shown_with_the_lines_that_repeat_it() {
    let workspace = Workspace::new();
    let run = workspace.run(&both("other"), &["--timeout", "7"]);
    let again = "again: cargo conformance run corpus/golden/g/p.lua --timeout 7 --root ";
    run.expect(
        1,
        "diverge",
        &[
            "    + other\\tline\\x1b",
            "    + wrong",
            "+ exit status 3",
            again,
        ],
    );
    assert_eq!(run.rilua()["verdict"]["kind"], "diverge");
    assert_eq!(
        run.rilua()["verdict"]["divergences"]
            .as_array()
            .unwrap()
            .len(),
        3
    );

    // The lines are complete: the second one gives what the harness saw ...
    let line = run.report["programs"][0]["command_lines"]["rilua"]
        .as_str()
        .unwrap();
    let direct = Command::new("sh").args(["-c", line]).output().unwrap();
    assert_eq!(direct.stdout, b"hello\nother\tline\x1b\n", "{line}");
    assert_eq!(
        (direct.stderr.as_slice(), direct.status.code()),
        (&b"wrong\n"[..], Some(3))
    );
    // ... and the first one gives this result again.
    let line = run.report["programs"][0]["reproduce"].as_str().unwrap();
    let harness = env!("CARGO_BIN_EXE_conformance");
    let line = format!(
        "{} --report {}",
        line.replace("cargo conformance", harness),
        workspace.path("2").display()
    );
    let again = Command::new("sh")
        .args(["-c", &line])
        .current_dir("/")
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(1), "{line}");
}

#[test]
fn crash_time_out_flood_and_missing_engine_are_told_apart() {
    let workspace = Workspace::new();
    let cause = |run: &Run| run.rilua()["verdict"]["divergences"][0]["cause"].clone();

    let run = workspace.run(&both("crash"), &[]);
    run.expect(1, "diverge", &["crash: signal 11 (SIGSEGV)"]);
    assert_eq!(cause(&run), "crash");

    let run = workspace.run(&both("hang"), &["--timeout", "2"]);
    run.expect(1, "diverge", &["time-out"]);
    assert_eq!(cause(&run), "time-out");

    let run = workspace.run(&both("flood"), &[]);
    run.expect(1, "diverge", &["output limit"]);
    assert_eq!(cause(&run), "output-limit");

    let run = workspace.run(&both("nowhere"), &[]);
    run.expect(
        2,
        "harness-error",
        &[
            "missing engine: engine rilua: ",
            "nowhere.sh",
            "(1 program)",
        ],
    );
    assert_eq!(run.rilua()["verdict"]["fault"]["cause"], "missing-engine");
    assert_eq!(run.report["totals"]["agree"]["oracle"], 1);

    let run = workspace.run(&both("no_program"), &[]);
    run.expect(
        2,
        "harness-error",
        &["harness fault: engine rilua: ", "no_program.sh"],
    );
    assert_eq!(run.rilua()["verdict"]["fault"]["cause"], "harness");
}

#[test]
fn the_oracle_gives_no_findings_when_it_fails_itself() {
    let workspace = Workspace::new();
    let run = workspace.run(&[("oracle", "crash"), ("rilua", "hello")], &[]);
    run.expect(1, "oracle-ub", &["oracle: crash: signal 11"]);
    assert_eq!(run.rilua()["verdict"]["kind"], "agree");
    let run = workspace.run(
        &[("oracle", "hang"), ("rilua", "hello")],
        &["--timeout", "2"],
    );
    run.expect(1, "poisoned", &["oracle: time-out"]);
}

#[test]
fn a_time_out_ends_the_children_too() {
    let workspace = Workspace::new();
    let start = Instant::now();
    let run = workspace.run(&both("hang"), &["--timeout", "2"]);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "waited for the child"
    );
    let divergences = run.rilua()["verdict"]["divergences"].as_array().unwrap();
    let stdout = divergences
        .iter()
        .find(|found| found["stream"] == "stdout")
        .unwrap();
    let child = stdout["right"].as_str().unwrap();
    assert!(child.parse::<u32>().is_ok(), "no process id: {child}");
    // The killed child is gone as soon as init has seen it.
    let status = PathBuf::from(format!("/proc/{child}/status"));
    for _ in 0..100 {
        match fs::read_to_string(&status) {
            Ok(text) if !text.contains("State:\tZ") => thread::sleep(Duration::from_millis(50)),
            _ => return,
        }
    }
    panic!("process {child} still lives");
}

#[test]
fn masks_are_counted() {
    let workspace = Workspace::new();
    workspace.write("corpus/golden/g/p.stdout", "table: 0xADDR\n");
    let run = workspace.run(&[("oracle", "address"), ("rilua", "address")], &[]);
    run.expect(
        0,
        "agree",
        &["masked addresses: corpus/golden/g/p.lua, record and rilua: stdout 1"],
    );
    assert_eq!(run.rilua()["masks"][0]["count"], 1);
    let summary = fs::read_to_string(workspace.path("report/summary.md")).unwrap();
    assert!(summary.contains("record and rilua: stdout 1"), "{summary}");
}

#[test]
fn no_order_of_reading_and_writing_blocks() {
    let workspace = Workspace::new();
    let input = "x".repeat(1_000_000);
    workspace.write("corpus/golden/g/p.stdin", &input);
    workspace.write(
        "corpus/golden/g/p.stdout",
        &format!("{input}{}", "\0".repeat(1_000_000)),
    );
    workspace.write("corpus/golden/g/p.stderr", &"\0".repeat(1_000_000));
    workspace
        .run(&[("rilua", "pipes")], &["--engine", "rilua"])
        .expect(0, "agree", &[]);
    // Nor does an engine that reads nothing.
    workspace
        .run(&both("hello"), &[])
        .expect(1, "diverge", &["+ hello"]);
}

#[test]
fn an_engine_sees_what_the_records_were_made_with() {
    let workspace = Workspace::new();
    workspace.write("corpus/golden/g/p.args", "-v\na b\n");
    workspace.write("corpus/golden/g/p.stdin", "input\n");
    let folder = workspace.path("corpus/golden/g");
    let expected = format!(
        "HOME=/\nLC_ALL=C\nPATH=/usr/bin:/bin\nTZ=UTC\n{}\n-v a b\ninput\n{}\n",
        folder.display(),
        64 * 1024
    );
    workspace.write("corpus/golden/g/p.stdout", &expected);
    workspace
        .run(
            &both("surroundings"),
            &["--engine", "rilua", "--memory", "64"],
        )
        .expect(0, "agree", &[]);
}

#[test]
fn a_report_that_cannot_be_written_is_named_and_the_summary_still_shown() {
    let workspace = Workspace::new();
    workspace.write("file", "");
    let below_a_file = workspace.path("file/report").display().to_string();
    let run = workspace.run(&both("hello"), &["--report", &below_a_file]);
    run.expect_fault(&[&below_a_file]);
    assert!(run.stdout.contains("1 program in"), "{}", run.stdout);

    // A full disk under the journal: the report is written all the same.
    fs::create_dir_all(workspace.path("report")).unwrap();
    symlink("/dev/full", workspace.path("report/results.jsonl")).unwrap();
    let run = workspace.run(&both("hello"), &[]);
    run.expect(
        2,
        "agree",
        &["results.jsonl", "No space left", "1 program in"],
    );

    // And the other way round: the journal keeps what the report could not take.
    fs::remove_dir_all(workspace.path("report")).unwrap();
    workspace.write("report/results.json/in the way", "");
    let output = workspace.command(&both("hello"), &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("report/results.json"));
    let journal = fs::read_to_string(workspace.path("report/results.jsonl")).unwrap();
    assert_eq!(journal.lines().count(), 2);
}

#[test]
fn an_interrupted_run_keeps_its_results() {
    let workspace = Workspace::new();
    for program in ["q", "r", "s", "t", "u"] {
        workspace.write(&format!("corpus/golden/g/{program}.lua"), "");
    }
    let mut command = workspace.command(&both("slow"), &["--jobs", "1"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = workspace.path("report/results.jsonl");
    let lines = || fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    for _ in 0..400 {
        if lines() >= 2 {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let run = workspace.finished(child.wait_with_output().unwrap());
    run.expect(2, "agree", &["interrupted after", "INCOMPLETE"]);
    assert_eq!(run.report["complete"], false);
    assert_eq!(
        run.report["programs"].as_array().unwrap().len() + 1,
        lines()
    );
}

#[test]
fn bad_input_is_named() {
    let workspace = Workspace::new();
    let engines = both("hello");
    workspace
        .run(&engines, &["corpus/none"])
        .expect_fault(&["corpus/none", "no such file"]);
    workspace
        .run(&engines, &["--filter", "nothing"])
        .expect_fault(&["no program's path contains \"nothing\""]);
    workspace
        .run(&engines, &["--engine", "lua6"])
        .expect_fault(&["no engine lua6", "oracle, rilua"]);
    workspace
        .run(&engines, &["--timeout", "0"])
        .expect_fault(&["--timeout"]);
    workspace
        .run(&engines, &["--bless", "--engine", "rilua"])
        .expect_fault(&["needs the engine oracle"]);

    workspace.write("corpus/golden/g/folder.lua/x", "");
    workspace
        .run(&engines, &[])
        .expect_fault(&["folder.lua", "a folder where a program is expected"]);
    fs::remove_dir_all(workspace.path("corpus")).unwrap();
    workspace
        .run(&engines, &[])
        .expect_fault(&["corpus/golden"]);
    workspace
        .run(&engines, &["--no-such-option"])
        .expect_fault(&["--no-such-option"]);
    let nowhere = ["run", "--root", "/nowhere/at/all"];
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(nowhere)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("workspace /nowhere/at/all"));
}

#[test]
fn a_program_that_cannot_be_read_does_not_keep_the_others_from_being_run() {
    let workspace = Workspace::new();
    symlink("/nowhere", workspace.path("corpus/golden/g/a.lua")).unwrap();
    workspace.write("corpus/golden/g/b.lua", "");
    workspace.write("corpus/golden/g/b.stdout", "hello\n");
    workspace.write("corpus/golden/g/b.exit", "many");
    let run = workspace.run(&both("hello"), &[]);
    run.expect(
        2,
        "harness-error",
        &["bad program: ", "a.lua", "b.exit: not an exit status"],
    );
    assert_eq!(run.report["programs"][2]["verdict"], "agree");
}

#[test]
fn what_is_allowed_is_no_failure() {
    let workspace = Workspace::new();
    let run = workspace.run(&both("other"), &[]);
    let found = run.rilua()["verdict"]["divergences"].clone();
    let mut allow = String::new();
    for (number, found) in found.as_array().unwrap().iter().enumerate() {
        let signature = &found["signature"]["id"];
        allow.push_str(&format!(
            r#"
            [[allow]]
            id = "known-{number}"
            signature = {signature}
            channel = "output"
            reason = "for the test"
            reference = "D21"
            witness = "corpus/golden/g/p.lua"
            date = 2026-01-01
            expiry = 9999-12-31
            "#
        ));
    }
    workspace.write("corpus/allow.toml", &allow);
    let run = workspace.run(&both("other"), &[]);
    run.expect(0, "allowed", &["corpus/golden/g/p.lua: allowed"]);
    assert_eq!(run.rilua()["verdict"]["ids"][0], "known-0");
    // A crash is not what was allowed, and the oracle is never excused.
    workspace.run(&both("crash"), &[]).expect(1, "diverge", &[]);
    workspace
        .run(&[("oracle", "other"), ("rilua", "hello")], &[])
        .expect(1, "diverge", &[]);
    // What isn't needed any more is said.
    workspace.run(&both("hello"), &[]).expect(
        0,
        "agree",
        &["allowance known-0: allows nothing that happens"],
    );
    workspace.write("corpus/allow.toml", &format!("{allow}\nuntil = 2026-02-01"));
    workspace
        .run(&both("hello"), &[])
        .expect_fault(&["corpus/allow.toml", "until"]);
}

#[test]
fn only_the_oracle_makes_records_and_never_overwrites_one() {
    let workspace = Workspace::new();
    workspace.write("corpus/golden/g/a.lua", "");
    let engines = [("oracle", "other"), ("rilua", "hello")];
    let run = workspace.run(&engines, &["--bless"]);
    // The new record is the oracle's; the old one stays and is held against it.
    let p = "corpus/golden/g/p.lua: diverge; not recorded: another result is on record";
    run.expect(
        1,
        "diverge",
        &["corpus/golden/g/a.lua: diverge; recorded", p],
    );
    let read =
        |name: &str| fs::read_to_string(workspace.path("corpus/golden/g").join(name)).unwrap();
    assert_eq!(read("a.stdout"), "hello\nother\tline\x1b\n");
    assert_eq!(
        (read("a.stderr").as_str(), read("a.exit").as_str()),
        ("wrong\n", "3")
    );
    assert_eq!(read("p.stdout"), "hello\n");
    assert_eq!(
        run.report["programs"][1]["comparisons"][0]["verdict"]["kind"],
        "diverge"
    );
    assert_eq!(run.report["programs"][1]["record"]["kind"], "refused");

    // Nothing is recorded of a crash.
    workspace.write("corpus/golden/g/b.lua", "");
    let run = workspace.run(
        &[("oracle", "crash"), ("rilua", "hello")],
        &["--bless", "--filter", "b.lua"],
    );
    run.expect(1, "oracle-ub", &["not recorded: crash"]);
    assert!(!workspace.path("corpus/golden/g/b.stdout").exists());

    // Addresses are recorded masked, and the record then holds.
    let arguments = ["--bless", "--filter", "b.lua"];
    workspace
        .run(&[("oracle", "address"), ("rilua", "address")], &arguments)
        .expect(0, "agree", &["recorded"]);
    assert_eq!(read("b.stdout"), "table: 0xADDR\n");
}

#[test]
fn without_a_record_one_engine_alone_is_not_compared() {
    let workspace = Workspace::new();
    fs::remove_file(workspace.path("corpus/golden/g/p.stdout")).unwrap();
    let run = workspace.run(&both("hello"), &["--engine", "rilua"]);
    run.expect(1, "poisoned", &["nothing on record"]);
    workspace.run(&both("hello"), &[]).expect(0, "agree", &[]);
}

#[test]
fn programs_are_listed_and_selected() {
    let workspace = Workspace::new();
    workspace.write("corpus/programs/q.lua", "");
    let run = workspace.run(&both("hello"), &["--list"]);
    assert_eq!(run.stdout, "corpus/golden/g/p.lua\ncorpus/programs/q.lua\n");
    assert_eq!(run.report, Value::Null);
    let run = workspace.run(&both("hello"), &["--list", "corpus/programs"]);
    assert_eq!(run.stdout, "corpus/programs/q.lua\n");
    let run = workspace.run(&both("hello"), &["--list", "--filter", "golden"]);
    assert_eq!(run.stdout, "corpus/golden/g/p.lua\n");
}
