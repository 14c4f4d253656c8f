//! Which libraries a state has.

use super::call::protected;
use super::error::Result;
use super::link::Lua;
use super::table::Table;
use super::value::Value;
use crate::stdlib::{base, debug, io, math, os, package, string, table};
use crate::vm::NativeFn;
use core::ops::{BitAnd, BitOr, BitOrAssign, BitXor, Not, Sub};

/// A set of the libraries of Lua 5.1 (manual §5); sets are combined with `|` and `-`.
///
/// ```
/// use rilua::StdLib;
///
/// let libraries = StdLib::ALL - StdLib::IO - StdLib::OS;
/// assert!(libraries.contains(StdLib::STRING) && !libraries.contains(StdLib::OS));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StdLib(u16);

impl StdLib {
    /// No library; the basic functions (manual §5.1) are always there.
    pub const NONE: StdLib = StdLib(0);
    /// `coroutine` (manual §5.2).
    pub const COROUTINE: StdLib = StdLib(1);
    /// `package`, `require` and `module` (manual §5.3).
    pub const PACKAGE: StdLib = StdLib(1 << 1);
    /// `string` (manual §5.4).
    pub const STRING: StdLib = StdLib(1 << 2);
    /// `table` (manual §5.5).
    pub const TABLE: StdLib = StdLib(1 << 3);
    /// `math` (manual §5.6).
    pub const MATH: StdLib = StdLib(1 << 4);
    /// `io` (manual §5.7).
    pub const IO: StdLib = StdLib(1 << 5);
    /// `os` (manual §5.8).
    pub const OS: StdLib = StdLib(1 << 6);
    /// `debug` (manual §5.9).
    pub const DEBUG: StdLib = StdLib(1 << 7);
    /// All libraries.
    pub const ALL: StdLib = StdLib((1 << 8) - 1);
    /// All libraries but `debug`, with which a script can reach into functions that
    /// were not given to it.
    pub const ALL_SAFE: StdLib = StdLib(StdLib::ALL.0 & !StdLib::DEBUG.0);

    /// Are all these libraries in the set?
    pub const fn contains(self, libraries: StdLib) -> bool {
        self.0 & libraries.0 == libraries.0
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident $apply:expr;)*) => { $(
        impl $operator for StdLib {
            type Output = StdLib;
            fn $method(self, other: StdLib) -> StdLib {
                let apply: fn(u16, u16) -> u16 = $apply;
                StdLib(apply(self.0, other.0))
            }
        }
    )* };
}

operators! {
    BitOr bitor |a, b| a | b;
    BitAnd bitand |a, b| a & b;
    BitXor bitxor |a, b| a ^ b;
    Sub sub |a, b| a & !b;
}

impl BitOrAssign for StdLib {
    fn bitor_assign(&mut self, other: StdLib) {
        self.0 |= other.0;
    }
}

impl Not for StdLib {
    type Output = StdLib;
    fn not(self) -> StdLib {
        StdLib::ALL - self
    }
}

/// The openers, in the order of 5.1.1.
const OPENERS: [(StdLib, &str, NativeFn); 8] = [
    (StdLib::NONE, "", base::open),
    (StdLib::PACKAGE, "package", package::open),
    (StdLib::TABLE, "table", table::open),
    (StdLib::IO, "io", io::open),
    (StdLib::OS, "os", os::open),
    (StdLib::STRING, "string", string::open),
    (StdLib::MATH, "math", math::open),
    (StdLib::DEBUG, "debug", debug::open),
];

/// Opens libraries, each by a call as `luaL_openlibs` does.
pub(crate) fn open(lua: &Lua, libraries: StdLib) -> Result<()> {
    lua.try_enter(|state| {
        let due = state.heap.collector.due;
        state.heap.set_due(usize::MAX);
        let opened = protected(state, lua, |state| {
            for (library, name, opener) in OPENERS {
                if !libraries.contains(library) {
                    continue;
                }
                let id = state.register_native("(opener)", opener);
                state.push_native(id, &[])?;
                state.push_bytes(name.as_bytes())?;
                state.call(1, 0)?;
            }
            Ok(())
        });
        state.heap.set_due(due.max(state.heap.memory.total));
        opened
    })?;
    if !libraries.contains(StdLib::COROUTINE) {
        // The basic functions bring it with them.
        remove(lua, &["coroutine".to_owned()])?;
    }
    Ok(())
}

/// Takes functions, named as in Lua, out of the globals, and libraries out of
/// `package.loaded` as well.
pub(crate) fn remove(lua: &Lua, names: &[String]) -> Result<()> {
    for name in names {
        let mut table = lua.globals();
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                table.raw_set(part, Value::Nil)?;
            } else {
                match table.raw_get::<Option<Table>>(part)? {
                    Some(inner) => table = inner,
                    None => break,
                }
            }
        }
        if !name.contains('.') {
            let loaded: Option<Table> = lua.registry_table()?.raw_get("_LOADED")?;
            if let Some(loaded) = loaded {
                loaded.raw_set(name.as_str(), Value::Nil)?;
            }
        }
    }
    Ok(())
}
