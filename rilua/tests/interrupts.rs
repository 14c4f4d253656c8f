//! SIGINT as the stand-alone interpreter takes it: what a script, an interactive
//! session and a waiting one do when it comes. The expected texts and statuses are
//! those of PUC-Rio's 5.1.1 in the same places.
#![forbid(unsafe_code)]
#![cfg(all(unix, feature = "signals"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

const SIGINT: i32 = 2;

/// A running interpreter, on pipes.
struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What is left of one.
struct Outcome {
    status: ExitStatus,
    /// What came after the lines that were read before.
    output: String,
    errors: String,
}

impl Session {
    fn start(arguments: &[&str]) -> Session {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rilua"))
            .arg0("lua")
            .args(arguments)
            .env_remove("LUA_INIT")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Session {
            child,
            input,
            output,
        }
    }

    /// Starts a script that says when it is about to be interrupted.
    fn script(text: &str) -> Session {
        let mut session = Session::start(&["-e", text]);
        session.wait_for("ready\n");
        session
    }

    fn wait_for(&mut self, expected: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, expected);
    }

    fn type_line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
    }

    fn interrupt(&self) {
        // What said that it is ready has to return first.
        std::thread::sleep(Duration::from_millis(50));
        let command = format!("kill -INT {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status();
        assert!(status.unwrap().success());
    }

    /// Closes the input and waits for the end.
    fn end(mut self) -> Outcome {
        drop(self.input.take());
        let mut output = String::new();
        self.output.read_to_string(&mut output).unwrap();
        let mut errors = String::new();
        let mut stream = self.child.stderr.take().unwrap();
        stream.read_to_string(&mut errors).unwrap();
        let status = self.child.wait().unwrap();
        Outcome {
            status,
            output,
            errors,
        }
    }
}

impl Drop for Session {
    /// Leaves nothing that runs for ever behind a test that failed.
    fn drop(&mut self) {
        let _ended = self.child.kill();
    }
}

const READY: &str = "io.stdout:write('ready\\n') io.stdout:flush() ";

#[test]
fn a_script_ends_with_a_traceback() {
    let session = Session::script(&format!("{READY} while true do end"));
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(
        outcome.errors,
        "lua: interrupted!\n\
         stack traceback:\n\
         \t(command line):1: in main chunk\n\
         \t[C]: ?\n"
    );
}

#[test]
fn the_message_has_the_callers_position() {
    let session = Session::script(&format!(
        "local function f()\n{READY} for i = 1, 1e300 do end\nend\nf()"
    ));
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(
        outcome.errors,
        "lua: (command line):4: interrupted!\n\
         stack traceback:\n\
         \t(command line):2: in function 'f'\n\
         \t(command line):4: in main chunk\n\
         \t[C]: ?\n"
    );
}

#[test]
fn a_recursion_without_loops_is_interrupted() {
    let session = Session::script(&format!(
        "function f(n) if n > 0 then f(n - 1) f(n - 1) end end {READY} f(100)"
    ));
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(1));
    assert!(outcome.errors.contains(":1: interrupted!\n"));
}

#[test]
fn a_native_that_waits_is_interrupted_after_it() {
    let mut session = Session::script(&format!("{READY} print(io.read()) print('never')"));
    session.interrupt();
    session.type_line("line");
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(outcome.output, "");
    assert_eq!(
        outcome.errors,
        "lua: (command line):1: interrupted!\n\
         stack traceback:\n\
         \t[C]: in function 'read'\n\
         \t(command line):1: in main chunk\n\
         \t[C]: ?\n"
    );
}

#[test]
fn the_second_one_ends_the_process() {
    let mut session = Session::script(&format!(
        "{READY} print(pcall(function() while true do end end)) io.stdout:flush()
         while true do end"
    ));
    session.interrupt();
    session.wait_for("false\tinterrupted!\n");
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.signal(), Some(SIGINT));
    assert_eq!(outcome.errors, "");
}

#[test]
fn a_coroutine_runs_on_to_its_end() {
    let mut session = Session::script(&format!(
        "coroutine.wrap(function()
           {READY} io.read() for i = 1, 1e5 do end print('end of coroutine')
         end)()
         print('never')"
    ));
    session.interrupt();
    session.type_line("");
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(outcome.output, "end of coroutine\n");
    assert_eq!(
        outcome.errors,
        "lua: (command line):3: interrupted!\n\
         stack traceback:\n\
         \t[C]: ?\n\
         \t(command line):3: in main chunk\n\
         \t[C]: ?\n"
    );
}

#[test]
fn the_scripts_hook_is_lost() {
    let session = Session::script(&format!(
        "debug.sethook(function() end, 'c') {READY}
         pcall(function() while true do end end)
         print(select(2, debug.gethook()))"
    ));
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(0));
    assert_eq!(outcome.output, "\t0\n");
}

#[test]
fn a_command_has_it_for_itself() {
    for times in ["1", "1 2 3"] {
        let command = format!("for i in {times}; do kill -INT $PPID; done");
        let outcome = Session::start(&["-e", &format!("os.execute('{command}') print('on')")]);
        let outcome = outcome.end();
        assert_eq!(outcome.status.code(), Some(0));
        assert_eq!(outcome.output, "on\n");
        assert_eq!(outcome.errors, "");
    }
}

#[test]
fn commands_start_with_the_default() {
    let session = Session::start(&[
        "-e",
        "print(os.execute('kill -INT $$')) print(io.popen('kill -INT $$; echo on'):read('*a'))",
    ]);
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(0));
    assert_eq!(outcome.output, "2\n\n");
}

#[test]
fn a_session_goes_on() {
    let mut session = Session::start(&["-i"]);
    session.type_line(&format!("{READY} while true do end"));
    session.wait_for("> ready\n");
    session.interrupt();
    session.type_line("=1 + 1");
    session.wait_for("> 2\n");
    // Each statement starts anew.
    session.type_line(&format!("{READY} while true do end"));
    session.wait_for("> ready\n");
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.code(), Some(0));
    assert_eq!(outcome.output, "> \n");
    let interrupted = "interrupted!\n\
                       stack traceback:\n\
                       \tstdin:1: in main chunk\n\
                       \t[C]: ?\n";
    assert_eq!(
        outcome.errors,
        format!("Lua 5.1.1  Copyright (C) 1994-2006 Lua.org, PUC-Rio\n{interrupted}{interrupted}")
    );
}

#[test]
fn a_session_that_waits_for_a_line_ends() {
    let mut session = Session::start(&["-i"]);
    session.type_line("print 'ready' io.stdout:flush()");
    session.wait_for("> ready\n");
    // The next prompt has been written when the line is waited for.
    let mut prompt = [0; 2];
    session.output.read_exact(&mut prompt).unwrap();
    session.interrupt();
    let outcome = session.end();
    assert_eq!(outcome.status.signal(), Some(SIGINT));
    assert_eq!(outcome.output, "");
}

#[test]
fn option_l_ends() {
    let folder = std::env::temp_dir().join(format!("rilua-interrupts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let module = folder.join("forever.lua");
    std::fs::write(&module, format!("{READY} while true do end")).unwrap();
    let path = format!("package.path = '{}/?.lua'", folder.display());
    let mut session = Session::start(&["-e", &path, "-l", "forever"]);
    session.wait_for("ready\n");
    session.interrupt();
    let outcome = session.end();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(outcome.status.signal(), Some(SIGINT));
    assert_eq!(outcome.errors, "");
}
