//! The verbs that look for differences, keep them and explain them, as a user calls them.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use conformance::channel::{ChannelName, Stream};
use conformance::corpus::header::EntryOrigin;
use conformance::divergence::{Cause, Divergence, Signature};
use conformance::triage::Source;
use conformance::triage::store::Finding;

use common::{expect, harness, store};

/// A workspace with one recorded program.
fn workspace() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    write(&root, "corpus/golden/p.lua", "print('hello')\n");
    write(&root, "corpus/golden/p.stdout", "hello\n");
    fs::create_dir_all(root.join("corpus/regressions")).unwrap();
    fs::create_dir_all(root.join("corpus/programs")).unwrap();
    (folder, root)
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The option that puts a script in place of the oracle.
fn oracle(script: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake");
    format!("--engine-path=oracle={}/{script}.sh", folder.display())
}

fn finding(left: &str, text: &str) -> Finding {
    let (channel, stream, cause) = (ChannelName::Output, Stream::Stdout, Cause::Differs);
    Finding {
        divergence: Divergence {
            channel,
            stream,
            cause,
            line: Some(1),
            left: Some(left.to_owned()),
            right: Some("other".to_owned()),
            excerpt: Vec::new(),
            signature: Signature::new(channel, stream, cause, Some(left), Some("other")),
        },
        text: text.into(),
        source: Source {
            origin: EntryOrigin::Generated,
            seed: Some(42),
            mode: Some("total".to_owned()),
            after_prelude: false,
        },
        repeated: (3, 3),
    }
}

#[test]
fn an_allow_list_with_an_unknown_key_is_refused() {
    let (_folder, root) = workspace();
    let root_text = root.display().to_string();
    write(
        &root,
        "corpus/allow.toml",
        "[[allow]]\nid = \"x\"\nuntil = 1\n",
    );
    let output = harness(&["allow", "check", "--root", &root_text]);
    expect(&output, 2, &["corpus/allow.toml", "unknown field `until`"]);
}

#[test]
fn an_entry_of_the_allow_list_that_has_expired_or_shows_nothing_fails_the_check() {
    let (_folder, root) = workspace();
    let root_text = root.display().to_string();
    let entry = |id: &str, expiry: &str| {
        format!(
            "[[allow]]\nid = \"{id}\"\nsignature = \"0123abcd\"\nchannel = \"output\"\n\
             reason = \"for the test\"\nreference = \"D21\"\nwitness = \"corpus/golden/p.lua\"\n\
             date = 2026-01-01\nexpiry = {expiry}\n"
        )
    };
    write(&root, "corpus/allow.toml", &entry("old", "2026-01-02"));
    let rilua = oracle("hello").replace("oracle=", "rilua=");
    let check = [
        "allow",
        "check",
        "--root",
        &root_text,
        &oracle("hello"),
        &rilua,
    ];
    expect(
        &harness(&check),
        1,
        &["entry old: it expired after 2026-01-02"],
    );
    write(&root, "corpus/allow.toml", &entry("gone", "9999-01-02"));
    expect(
        &harness(&check),
        1,
        &["entry gone: its witness corpus/golden/p.lua does not show 0123abcd any more"],
    );
    write(&root, "corpus/allow.toml", "");
    expect(
        &harness(&check),
        0,
        &["0 allowed differences, 0 to look at"],
    );
}

#[test]
fn every_allowed_difference_still_shows() {
    expect(
        &harness(&["allow", "check", "--profile", "dev", "--timeout", "60"]),
        0,
        &["0 to look at"],
    );
}

#[test]
fn a_corrupt_head_and_a_missing_record_are_told() {
    let (_folder, root) = workspace();
    let root_text = root.display().to_string();
    let check = ["corpus", "check", "--root", &root_text, &oracle("hello")];
    expect(&harness(&check), 0, &["1 programs, 0 to look at"]);
    write(&root, "corpus/regressions/bad.lua", "--@ sead: 5\n");
    write(&root, "corpus/regressions/bad.stdout", "hello\n");
    write(&root, "corpus/regressions/new.lua", "print(1)\n");
    write(&root, "corpus/regressions/other.lua", "print(1)\n");
    write(&root, "corpus/regressions/other.stdout", "1\n");
    expect(
        &harness(&check),
        1,
        &[
            "corpus/regressions/bad.lua: corrupt head: line 1: unknown field \"sead\"",
            "corpus/regressions/new.lua: no record",
            "corpus/regressions/other.lua: the oracle does not do what is on record",
            "4 programs, 3 to look at",
        ],
    );
}

#[test]
fn a_bucket_becomes_an_entry_of_the_corpus() {
    let (_folder, root) = workspace();
    let root_text = root.display().to_string();
    let findings = root.join("findings");
    let mut buckets = store(&findings);
    let found = finding("hello", "print('hello')\n");
    buckets.add(&found).unwrap();
    let id = found.divergence.signature.id;
    let bucket = findings.join(&id).display().to_string();
    let add = [
        "corpus",
        "add",
        &bucket,
        "--root",
        &root_text,
        &oracle("hello"),
    ];
    expect(&harness(&add), 0, &["found_"]);
    let name = format!("corpus/regressions/found_{id}");
    let text = fs::read_to_string(root.join(format!("{name}.lua"))).unwrap();
    for part in [
        "--@ origin: generated\n",
        "--@ seed: 42\n",
        "--@ mode: total\n",
        &format!("--@ signature: {id} output/stdout: hello | other\n"),
        "--@ channels: output\n",
        "print('hello')\n",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let record = fs::read_to_string(root.join(format!("{name}.stdout"))).unwrap();
    assert_eq!(record, "hello\n");
    expect(&harness(&add), 2, &["there already"]);
    let check = ["corpus", "check", "--root", &root_text, &oracle("hello")];
    expect(&harness(&check), 0, &["2 programs, 0 to look at"]);

    // What can't be recorded is no entry.
    let crash = oracle("crash");
    let again = [
        "corpus", "add", &bucket, "--name", "again", "--root", &root_text, &crash,
    ];
    expect(&harness(&again), 2, &["not added", "can't be recorded"]);
    assert!(!root.join("corpus/regressions/again.lua").exists());
}

#[test]
fn the_smallest_corpus_keeps_what_only_one_program_exercises() {
    let (_folder, root) = workspace();
    let root_text = root.display().to_string();
    let head = "--@ origin: fuzzed\n--@ found: 2026-03-01\n--@ channels: output\n";
    let generated = format!("{head}print('again')\n");
    write(&root, "corpus/regressions/same.lua", &generated);
    write(&root, "corpus/regressions/same.stdout", "hello\n");
    write(&root, "corpus/regressions/hand.lua", "print('by hand')\n");
    write(&root, "corpus/regressions/hand.stdout", "hello\n");
    write(&root, "corpus/regressions/more.lua", "print(#'x' % 2)\n");
    write(&root, "corpus/regressions/more.stdout", "1\n");
    let min = ["corpus", "min", "--root", &root_text];
    expect(
        &harness(&min),
        0,
        &[
            "corpus/regressions/same.lua: redundant\n",
            "corpus/regressions/hand.lua: redundant, but written by hand: it stays",
            "4 programs, 2 exercise all that they do together, 0 removed",
        ],
    );
    let remove = ["corpus", "min", "--remove", "--root", &root_text];
    expect(&harness(&remove), 0, &["same.lua: removed", "1 removed"]);
    for (name, is_there) in [("same", false), ("hand", true), ("more", true)] {
        for suffix in ["lua", "stdout"] {
            let path = root.join(format!("corpus/regressions/{name}.{suffix}"));
            assert_eq!(path.exists(), is_there, "{}", path.display());
        }
    }
}

#[test]
fn buckets_are_listed_and_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let common = finding("a", "print(1)\n");
    for folder in [&one, &two] {
        let mut buckets = store(folder);
        buckets.add(&common).unwrap();
        buckets.add(&common).unwrap();
        buckets.flush().unwrap();
    }
    store(&two).add(&finding("b", "print(2)\n")).unwrap();
    let (one, two) = (one.display().to_string(), two.display().to_string());
    let merge = ["triage", "--findings", &one, "--merge", &two];
    expect(
        &harness(&merge),
        1,
        &["new           4 times", "new           1 times", "2 in all"],
    );
    // Neither implementation does what was made up.
    let recheck = ["triage", "--findings", &one, "--recheck"];
    expect(
        &harness(&recheck),
        0,
        &["0 new, 0 known, 0 allowed, 2 fixed"],
    );
    let nowhere = ["triage", "--findings", "/nowhere/at/all"];
    expect(&harness(&nowhere), 0, &["0 in all"]);
    let merge = ["triage", "--findings", &one, "--merge", "/nowhere/at/all"];
    expect(&harness(&merge), 2, &["/nowhere/at/all: no such folder"]);
}

#[test]
fn reducing_what_shows_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.lua");
    fs::write(&file, "print(1)\n").unwrap();
    let file = file.display().to_string();
    expect(&harness(&["reduce", &file]), 1, &["both sides agree"]);
    expect(&harness(&["reduce", "/nowhere.lua"]), 2, &["/nowhere.lua"]);
    let typo = ["reduce", &file, "--channel", "outptu"];
    expect(&harness(&typo), 2, &["outptu"]);
}
