//! The program `conformance`, which `cargo conformance` starts: one verb per run.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    conformance::verb::main()
}
