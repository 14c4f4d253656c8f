//! PUC-Rio's stand-alone programs, `lua.c` and `luac.c`, as functions.
//!
//! For `src/bin/oracle-lua.rs` and `oracle-luac.rs`, which are C programs that cargo links: their `main` is C's, so
//! nothing of Rust's start-up (which ignores SIGPIPE, among others) is part of what
//! they do or of the time they take.

use std::ffi::{c_char, c_int};

unsafe extern "C" {
    fn oracle_lua_main(argc: c_int, argv: *mut *mut c_char) -> c_int;
    fn oracle_luac_main(argc: c_int, argv: *mut *mut c_char) -> c_int;
}

/// `main` of `lua.c`.
///
/// # Safety
/// `argc` and `argv` are what the C start-up code gave the program's `main`.
pub unsafe fn lua(argc: c_int, argv: *mut *mut c_char) -> c_int {
    // SAFETY: the caller's promise is what C's `main` asks for.
    unsafe { oracle_lua_main(argc, argv) }
}

/// `main` of `luac.c`.
///
/// # Safety
/// `argc` and `argv` are what the C start-up code gave the program's `main`.
pub unsafe fn luac(argc: c_int, argv: *mut *mut c_char) -> c_int {
    // SAFETY: the caller's promise is what C's `main` asks for.
    unsafe { oracle_luac_main(argc, argv) }
}
