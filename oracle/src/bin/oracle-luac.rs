//! PUC-Rio's stand-alone `luac` 5.1.1.
//!
//! A C program that cargo links: its `main` is the one of `luac.c`, so nothing of Rust's start-up
//! (which ignores SIGPIPE, among others) is part of what it does or of the time it takes.
#![no_main]

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    /// `main` of `luac.c`, renamed by the build script.
    fn oracle_luac_main(argc: c_int, argv: *mut *mut c_char) -> c_int;
}

/// The program's entry, called by C's start-up code.
// SAFETY: no other symbol of the program is called `main`.
#[unsafe(no_mangle)]
extern "C" fn main(argc: c_int, argv: *mut *mut c_char) -> c_int {
    // SAFETY: the arguments are those of C's start-up code, as C's `main` expects them.
    unsafe { oracle_luac_main(argc, argv) }
}
