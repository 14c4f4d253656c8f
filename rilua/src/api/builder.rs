//! How a state is set up.

use super::error::Result;
use super::link::Lua;
use super::std_lib::{self, StdLib};
use crate::stdlib::host::{Host, RealHost};
use crate::stdlib::standard;
use crate::vm::State;

/// Sets up a state: which libraries, which world around it.
///
/// ```
/// use rilua::{Lua, StdLib, host::NullHost};
///
/// let lua = Lua::builder()
///     .libraries(StdLib::STRING | StdLib::TABLE | StdLib::MATH)
///     .without(["dofile", "loadfile", "load", "loadstring", "string.dump"])
///     .host(NullHost)
///     .build()?;
/// assert!(lua.load("io == nil and dofile == nil and string.dump == nil").eval::<bool>()?);
/// # Ok::<(), rilua::Error>(())
/// ```
#[must_use = "a builder makes nothing until `build`"]
pub struct LuaBuilder {
    libraries: StdLib,
    without: Vec<String>,
    host: Option<Box<dyn Host>>,
}

impl LuaBuilder {
    pub(crate) fn new() -> LuaBuilder {
        LuaBuilder {
            libraries: StdLib::ALL,
            without: Vec::new(),
            host: None,
        }
    }

    /// The libraries of the state, [`StdLib::ALL`] at first. The basic functions
    /// (manual §5.1) are always there.
    pub fn libraries(mut self, libraries: StdLib) -> LuaBuilder {
        self.libraries = libraries;
        self
    }

    /// Leaves single functions out, by their names in Lua: `dofile`, `os.exit`.
    pub fn without<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> LuaBuilder {
        self.without.extend(names.into_iter().map(Into::into));
        self
    }

    /// The world that the libraries see: files, clocks, streams. The process's own
    /// ([`RealHost`]) unless another one is given.
    pub fn host(mut self, host: impl Host + 'static) -> LuaBuilder {
        self.host = Some(Box::new(host));
        self
    }

    /// Makes the state.
    ///
    /// # Errors
    /// If a limit that was set is too low for the libraries.
    pub fn build(self) -> Result<Lua> {
        let mut state = Box::new(State::new());
        let host = self.host.unwrap_or_else(|| Box::new(RealHost::new()));
        standard::install(&mut state, host);
        let lua = Lua::own(state);
        std_lib::open(&lua, self.libraries)?;
        std_lib::remove(&lua, &self.without)?;
        Ok(lua)
    }
}

impl core::fmt::Debug for LuaBuilder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LuaBuilder")
            .field("libraries", &self.libraries)
            .field("without", &self.without)
            .finish_non_exhaustive()
    }
}
