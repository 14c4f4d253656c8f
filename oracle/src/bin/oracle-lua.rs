//! PUC-Rio's stand-alone `lua` 5.1.1: lua.c's `main`, without Rust's start-up.
#![no_main]

use std::ffi::{c_char, c_int};

/// The program's entry, called by C's start-up code.
// SAFETY: no other symbol of the program is called `main`.
#[unsafe(no_mangle)]
extern "C" fn main(argc: c_int, argv: *mut *mut c_char) -> c_int {
    // SAFETY: the arguments are those of C's start-up code.
    unsafe { oracle::programs::lua(argc, argv) }
}
