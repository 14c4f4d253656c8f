//! The stand-alone interpreter: all of it is in the library, in [`rilua::program`].
#![forbid(unsafe_code)]

fn main() {
    rilua::program::main(std::env::args_os());
}
