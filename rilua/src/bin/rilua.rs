//! The stand-alone interpreter: all of it is in the library, in [`rilua::program`].
#![forbid(unsafe_code)]

use std::process::exit;

fn main() {
    exit(rilua::program::main(std::env::args_os()));
}
