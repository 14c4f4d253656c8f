//! The program `rilua` where it meets the system: too little memory, and SIGINT where no loop
//! looks for it.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::process::Command;

/// What a script prints to both streams, and whether it ended well. It is given a minute.
fn run(limits: &str, script: &str) -> (String, bool) {
    let line = format!("{limits} exec timeout 60 \"$0\" -e \"$1\" 2>&1");
    let output = Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_rilua"), script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text, output.status.success())
}

#[test]
fn too_little_memory_is_an_error_and_no_abort() {
    for (limits, script) in [
        (
            "ulimit -v 100000;",
            "local t = {} for i = 1, 1e7 do t[i] = { i } end",
        ),
        (
            "ulimit -v 200000;",
            "local t = {} for i = 1, 1e7 do t[i] = newproxy() end",
        ),
        (
            "ulimit -v 100000;",
            "local t while true do t = { t, {} } end",
        ),
        (
            "ulimit -v 100000;",
            "local s = 'x' while true do s = s .. s end",
        ),
        (
            "ulimit -v 60000;",
            "local t = {} for i = 1, 1e7 do t['k' .. i] = i end",
        ),
        (
            "ulimit -v 60000;",
            "local t = {} for i = 1, 1e7 do t[i] = coroutine.create(function() end) end",
        ),
    ] {
        let caught = format!("print(pcall(function() {script} end))");
        let (text, ended_well) = run(limits, &caught);
        assert!(ended_well, "{limits} {script}: {text}");
        assert_eq!(text, "false\tnot enough memory\n", "{limits} {script}");
    }
}

#[test]
fn a_little_memory_is_enough_for_a_little_script() {
    let (text, ended_well) = run(
        "ulimit -v 20000;",
        "print(select('#', loadstring('return 1')))",
    );
    assert_eq!((text.as_str(), ended_well), ("1\n", true));
}

#[cfg(feature = "signals")]
#[test]
fn functions_without_loops_that_natives_call_are_interrupted() {
    // Of a shell that `io.popen` starts, this is the parent. Whenever the signal comes: what follows
    // would go on for ever, and most of its time is spent in natives and the functions they call.
    let signal = "io.popen('(sleep 0.2; kill -INT $PPID) > /dev/null &'):close()";
    for call in [
        "return load(function() return 'x = 1 ' end)",
        "while true do ('a'):rep(30):gsub('a', function() end) end",
        "while true do table.sort({ 2, 1 }, function(a, b) return a < b end) end",
    ] {
        let script = format!("print(pcall(function() {signal} {call} end))");
        let (text, ended_well) = run("", &script);
        assert!(ended_well, "{call}: {text}");
        assert!(text.contains("interrupted!"), "{call}: {text}");
    }
}
