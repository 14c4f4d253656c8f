//! `shim.h` in Rust, written by hand: the same declarations in the same order.
//!
//! Nothing here calls Lua's own API, on purpose: `shim.c` says why.

use std::ffi::{c_char, c_int, c_void};

/// The C side's state; only ever behind a pointer.
#[repr(C)]
pub(crate) struct Oracle {
    _private: [u8; 0],
}

#[repr(C)]
pub(crate) struct RawValue {
    pub(crate) kind: c_int,
    pub(crate) boolean: c_int,
    pub(crate) number: f64,
    pub(crate) bytes: *const c_char,
    pub(crate) length: usize,
}

#[repr(C)]
pub(crate) struct RawSource {
    pub(crate) text: *const c_char,
    pub(crate) length: usize,
    pub(crate) name: *const c_char,
}

/// The collector's books at the end of a program, in bytes as Lua counts them.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accounts {
    /// Memory in use.
    pub total: usize,
    /// The total at which the next step is due.
    pub threshold: usize,
    /// How far the collector is behind.
    pub debt: usize,
    /// Strings that exist.
    pub strings: usize,
    /// Places in the table of strings.
    pub string_buckets: usize,
    /// The phase: 0 between cycles, then marking, sweeping strings, sweeping, finalizing.
    pub phase: c_int,
}

#[repr(C)]
pub(crate) struct RawEvent {
    pub(crate) kind: c_int,
    pub(crate) line: c_int,
    pub(crate) pc: c_int,
    pub(crate) instruction: u32,
    pub(crate) name: *const c_char,
    pub(crate) name_what: *const c_char,
    pub(crate) what: *const c_char,
    pub(crate) short_source: *const c_char,
}

pub(crate) type Callback = extern "C" fn(data: *mut c_void, event: *const RawEvent) -> c_int;

/// `LUA_T…` of lua.h.
pub(crate) mod kind {
    use std::ffi::c_int;

    pub(crate) const NIL: c_int = 0;
    pub(crate) const BOOLEAN: c_int = 1;
    pub(crate) const LIGHT_USERDATA: c_int = 2;
    pub(crate) const NUMBER: c_int = 3;
    pub(crate) const STRING: c_int = 4;
    pub(crate) const TABLE: c_int = 5;
    pub(crate) const FUNCTION: c_int = 6;
    pub(crate) const USERDATA: c_int = 7;
    pub(crate) const THREAD: c_int = 8;
}

/// `LUA_ERR…` of lua.h and lauxlib.h, `ORACLE_…` of shim.h.
pub(crate) mod status {
    use std::ffi::c_int;

    pub(crate) const OK: c_int = 0;
    pub(crate) const SYNTAX: c_int = 3;
    pub(crate) const MEMORY: c_int = 4;
    pub(crate) const HANDLER: c_int = 5;
    pub(crate) const FILE: c_int = 6;
    pub(crate) const DEADLINE: c_int = 100;
    pub(crate) const FUEL: c_int = 101;
    pub(crate) const STOPPED: c_int = 102;
    pub(crate) const EXIT: c_int = 103;
}

/// `LUA_HOOK…` of lua.h; the mask of an event is `1 << event`.
pub(crate) mod event {
    use std::ffi::c_int;

    pub(crate) const CALL: c_int = 0;
    pub(crate) const RETURN: c_int = 1;
    pub(crate) const LINE: c_int = 2;
    pub(crate) const COUNT: c_int = 3;
    pub(crate) const TAIL_RETURN: c_int = 4;
}

unsafe extern "C" {
    pub(crate) fn oracle_open(memory: usize, scatter: u64) -> *mut Oracle;
    pub(crate) fn oracle_close(o: *mut Oracle);
    pub(crate) fn oracle_libraries(o: *mut Oracle) -> c_int;
    pub(crate) fn oracle_load(o: *mut Oracle, source: *const RawSource, chunk: *mut c_int)
    -> c_int;
    pub(crate) fn oracle_unload(o: *mut Oracle, chunk: c_int);
    pub(crate) fn oracle_run(
        o: *mut Oracle,
        source: *const RawSource,
        arguments: *const RawValue,
        count: usize,
    ) -> c_int;
    pub(crate) fn oracle_call(
        o: *mut Oracle,
        chunk: c_int,
        arguments: *const RawValue,
        count: usize,
    ) -> c_int;
    pub(crate) fn oracle_execute(
        o: *mut Oracle,
        before: *const RawSource,
        source: *const RawSource,
        arguments: *const RawValue,
        count: usize,
    ) -> c_int;
    pub(crate) fn oracle_finish(o: *mut Oracle);
    pub(crate) fn oracle_dump(o: *mut Oracle, chunk: c_int, strip: c_int) -> c_int;
    pub(crate) fn oracle_set_global(
        o: *mut Oracle,
        name: *const RawValue,
        value: *const RawValue,
    ) -> c_int;
    pub(crate) fn oracle_get_global(o: *mut Oracle, name: *const RawValue) -> c_int;
    pub(crate) fn oracle_set_budget(o: *mut Oracle, fuel: u64, milliseconds: u64);
    pub(crate) fn oracle_set_hook(
        o: *mut Oracle,
        mask: c_int,
        count: c_int,
        callback: Option<Callback>,
        data: *mut c_void,
    );
    pub(crate) fn oracle_results(o: *const Oracle, count: *mut usize) -> *const RawValue;
    pub(crate) fn oracle_error(o: *const Oracle) -> *const RawValue;
    pub(crate) fn oracle_report(o: *const Oracle) -> *const RawValue;
    pub(crate) fn oracle_seal(o: *mut Oracle, input: *const c_char, length: usize);
    pub(crate) fn oracle_output(
        o: *const Oracle,
        which: c_int,
        length: *mut usize,
    ) -> *const c_char;
    pub(crate) fn oracle_want_graph(o: *mut Oracle);
    pub(crate) fn oracle_graph(o: *const Oracle, length: *mut usize) -> *const c_char;
    pub(crate) fn oracle_trace_start(
        o: *mut Oracle,
        most: usize,
        from: usize,
        to: usize,
        is_whole: c_int,
    );
    pub(crate) fn oracle_trace_numbers(o: *const Oracle, count: *mut usize) -> *const u64;
    pub(crate) fn oracle_trace_is_cut(o: *const Oracle) -> c_int;
    pub(crate) fn oracle_trace_text(o: *const Oracle, length: *mut usize) -> *const c_char;
    pub(crate) fn oracle_exit_status(o: *const Oracle) -> c_int;
    pub(crate) fn oracle_counted(o: *const Oracle) -> *const Accounts;
    pub(crate) fn oracle_memory(o: *const Oracle) -> usize;
    pub(crate) fn oracle_refused(o: *const Oracle) -> c_int;
}
