//! The worker and the stand-alone programs, as processes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; clippy's exception covers the test functions only"
)]

use std::process::Command;
use std::time::Instant;

use oracle::protocol::{Outcome, Reply, Request, Status, Task};
use oracle::worker::{Fault, Worker};
use oracle::{FailureKind, Limits, Source, State, Value};

const WORKER: &str = env!("CARGO_BIN_EXE_oracle-worker");
const LUA: &str = env!("CARGO_BIN_EXE_oracle-lua");
const LUAC: &str = env!("CARGO_BIN_EXE_oracle-luac");

/// Signals, by their numbers on Linux.
const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;

fn program(text: &str) -> Request {
    Request::new(Task::Run {
        text: text.as_bytes().to_vec(),
        name: b"=test".to_vec(),
        arguments: vec![Value::from("first"), Value::Number(2.0)],
    })
}

fn run(text: &str) -> Reply {
    Worker::new(WORKER).run(&program(text)).unwrap()
}

fn returned(reply: &Reply) -> &[Value] {
    match &reply.status {
        Status::Finished(Outcome::Returned(values)) => values,
        other => panic!("{other:?}"),
    }
}

fn failure_kind(reply: &Reply) -> FailureKind {
    match &reply.status {
        Status::Finished(Outcome::Failed { kind, .. }) => *kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_tells_results_and_output() {
    let mut request =
        program("io.stderr:write('err') print(io.read('*a'):upper()) return _VERSION, ...");
    request.input = b"abc".repeat(100_000);
    let reply = Worker::new(WORKER).run(&request).unwrap();
    let expected = [
        Value::from("Lua 5.1"),
        Value::from("first"),
        Value::Number(2.0),
    ];
    assert_eq!(returned(&reply), expected);
    assert_eq!(
        reply.stdout,
        [b"ABC".repeat(100_000), b"\n".to_vec()].concat()
    );
    assert_eq!(reply.stderr, b"err");
}

#[test]
fn input_that_nobody_reads_is_no_fault() {
    let mut request = program("return 1");
    request.input = vec![b'x'; 1 << 20];
    let reply = Worker::new(WORKER).run(&request).unwrap();
    assert_eq!(returned(&reply), [Value::Number(1.0)]);
}

#[test]
fn an_error_tells_value_and_report() {
    let reply = run("print 'before' error 'no'");
    let Status::Finished(Outcome::Failed {
        kind,
        value,
        report,
    }) = reply.status
    else {
        panic!("{reply:?}");
    };
    assert_eq!(
        (kind, value),
        (FailureKind::Runtime, Value::from("test:1: no"))
    );
    let report = report.unwrap().to_string();
    assert_eq!(
        report,
        "test:1: no\nstack traceback:\n\t[C]: in function 'error'\n\
         \ttest:1: in main chunk\n\t[C]: ?"
    );
    assert_eq!(reply.stdout, b"before\n");
}

#[test]
fn runs_leave_nothing_to_the_next() {
    let mut worker = Worker::new(WORKER);
    let look = program("print(io.type(io.stdout), math.random(1000), leftover) return 1");
    let before = worker.run(&look).unwrap();
    let spoil = "leftover = 1 math.random() math.randomseed(42) os.setlocale('C.UTF-8')
        io.stdout:close() io.stdin:close()";
    assert!(returned(&worker.run(&program(spoil)).unwrap()).is_empty());
    assert_eq!(worker.run(&look).unwrap(), before);
}

#[test]
fn finalizers_run_and_their_output_counts() {
    let reply = run("local u = newproxy(true) getmetatable(u).__gc = function() print 'bye' end");
    assert!(returned(&reply).is_empty());
    assert_eq!(reply.stdout, b"bye\n");
}

#[test]
fn ends_of_all_kinds_are_told_and_the_worker_goes_on() {
    let mut worker = Worker::new(WORKER);
    let mut status = |text: &str| worker.run(&program(text)).unwrap().status;
    assert_eq!(status("os.exit(3)"), Status::Exited(3));
    assert_eq!(
        status("os.execute('kill -SEGV $PPID')"),
        Status::Crashed(SIGSEGV)
    );
    assert_eq!(
        status("os.execute('kill -KILL $PPID')"),
        Status::Crashed(SIGKILL)
    );
    assert_eq!(
        status("while true do io.write(('x'):rep(2^20)) end"),
        Status::Output
    );
    assert_eq!(
        status("return 1"),
        Status::Finished(Outcome::Returned(vec![Value::Number(1.0)]))
    );
}

#[test]
fn limits_end_a_run() {
    let mut worker = Worker::new(WORKER);
    let mut request =
        program("io.write 'started' io.flush(); ('x'):rep(10^4):find(('.-'):rep(9) .. 'y')");
    request.deadline = 100;
    let start = Instant::now();
    let reply = worker.run(&request).unwrap();
    assert_eq!(reply.status, Status::Deadline);
    assert_eq!(reply.stdout, b"started");
    assert!(start.elapsed().as_secs() < 4);

    let mut request = program("while true do end");
    request.fuel = 100_000;
    assert_eq!(
        failure_kind(&worker.run(&request).unwrap()),
        FailureKind::Fuel
    );

    let mut request = program("local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end");
    request.memory = 8 << 20;
    assert_eq!(
        failure_kind(&worker.run(&request).unwrap()),
        FailureKind::Memory
    );
}

#[test]
fn a_deadline_also_ends_what_the_program_started() {
    let mut request = program("os.execute('sleep 60; echo late')");
    request.deadline = 100;
    let start = Instant::now();
    assert_eq!(
        Worker::new(WORKER).run(&request).unwrap().status,
        Status::Deadline
    );
    assert!(start.elapsed().as_secs() < 4);
}

#[test]
fn a_worker_that_ends_is_a_fault_and_is_replaced() {
    let mut worker = Worker::new(WORKER);
    let murder = program("os.execute(\"kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat)\")");
    match worker.run(&murder) {
        Err(Fault::Crashed(SIGKILL)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(
        returned(&worker.run(&program("return 1")).unwrap()),
        [Value::Number(1.0)]
    );
}

#[test]
fn a_program_that_is_no_worker_is_a_fault() {
    match Worker::new("/nonexistent/oracle-worker").run(&program("")) {
        Err(Fault::Missing { .. }) => {}
        other => panic!("{other:?}"),
    }
    match Worker::new("/bin/true").run(&program("")) {
        Err(Fault::Protocol(_)) => {}
        other => panic!("{other:?}"),
    }
    match Worker::new("/bin/cat").run(&program("")) {
        Err(Fault::Protocol(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_are_found_in_the_directory_of_the_request() {
    let directory = std::env::temp_dir().join(format!("oracle-worker-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("file.lua"), "#!shebang\nreturn ...").unwrap();
    let task = |path: &str| Task::RunFile {
        path: path.into(),
        arguments: vec![Value::Boolean(true)],
    };
    let mut worker = Worker::new(WORKER);
    let mut request = Request::new(task("file.lua"));
    request.directory = Some(directory.clone());
    assert_eq!(
        returned(&worker.run(&request).unwrap()),
        [Value::Boolean(true)]
    );
    request.task = task("absent.lua");
    assert_eq!(
        failure_kind(&worker.run(&request).unwrap()),
        FailureKind::File
    );
    request.directory = Some(directory.join("absent"));
    assert_eq!(
        failure_kind(&worker.run(&request).unwrap()),
        FailureKind::File
    );
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn worker_library_and_luac_compile_to_the_same_bytes() {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled.lua");
    let text =
        "local function f(a, ...) return a .. 'x', ... end\nfor i = 1, 3 do print(f(i)) end\n";
    std::fs::write(path, text).unwrap();
    let name = format!("@{path}");
    for strip in [false, true] {
        let mut command = Command::new(LUAC);
        if strip {
            command.arg("-s");
        }
        let output = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled.out");
        assert!(
            command
                .args(["-o", output, path])
                .status()
                .unwrap()
                .success()
        );
        let expected = std::fs::read(output).unwrap();

        let request = Request::new(Task::Compile {
            text: text.as_bytes().to_vec(),
            name: name.as_bytes().to_vec(),
            strip,
        });
        let reply = Worker::new(WORKER).run(&request).unwrap();
        assert_eq!(
            reply.status,
            Status::Finished(Outcome::Compiled(expected.clone()))
        );

        let mut state = State::new(Limits::default()).unwrap();
        let source = Source::Bytes {
            text: text.as_bytes(),
            name: name.as_bytes(),
        };
        assert_eq!(state.dump(source, strip).unwrap(), expected);
    }
}

#[test]
fn programs_say_what_they_are() {
    let said = |program: &str, option: &str| {
        let output = Command::new(program).arg(option).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(said(LUA, "-v").starts_with("Lua 5.1.1  Copyright"));
    assert!(said(LUAC, "-v").starts_with("Lua 5.1.1  Copyright"));
    assert_eq!(
        said(WORKER, "--version"),
        format!("{}\n", oracle::PROVENANCE)
    );
}

#[test]
fn the_interpreter_dies_of_a_broken_pipe_as_c_programs_do() {
    let script =
        format!("{LUA} -e 'while true do print(1) end' | head -n 1; exit ${{PIPESTATUS[0]}}");
    let status = Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap()
        .status;
    assert_eq!(status.code(), Some(128 + 13));
}
