//! Runs Lua programs for a client at the other end of a pipe (see `oracle::worker`).
//!
//! usage: oracle-worker            answer requests on the standard input
//!        oracle-worker --version  say what the oracle was built from

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            // SAFETY: nothing here starts a thread or uses C's streams.
            match unsafe { oracle::worker::serve() } {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{}: {error}", oracle::worker::PROGRAM);
                    ExitCode::FAILURE
                }
            }
        }
        [option] if option == "--version" => {
            println!("{}", oracle::PROVENANCE);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: {} [--version]", oracle::worker::PROGRAM);
            ExitCode::FAILURE
        }
    }
}
