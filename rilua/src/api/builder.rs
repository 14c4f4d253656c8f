//! How a state is set up.

use super::error::Result;
use super::limits::Limits;
use super::link::Lua;
use super::std_lib::{self, StdLib};
use crate::number::Random;
use crate::stdlib::host::{Host, MemoryHost, RealHost};
use crate::stdlib::{library, standard};
use crate::vm::State;
use crate::vm::load::BytecodePolicy;

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
    limits: Limits,
    bytecode: BytecodePolicy,
    seed: Option<u32>,
}

impl LuaBuilder {
    pub(crate) fn new() -> LuaBuilder {
        LuaBuilder {
            libraries: StdLib::ALL,
            without: Vec::new(),
            host: None,
            limits: Limits::new(),
            bytecode: BytecodePolicy::Allowed,
            seed: None,
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

    /// What the state's scripts may use. The libraries are not counted.
    pub fn limits(mut self, limits: Limits) -> LuaBuilder {
        self.limits = limits;
        self
    }

    /// Which precompiled chunks can be loaded, by scripts and by [`Lua::load`]: at first
    /// [`BytecodePolicy::Allowed`].
    ///
    /// ```
    /// use rilua::{BytecodePolicy, Lua};
    ///
    /// let lua = Lua::builder().bytecode(BytecodePolicy::Refused).build()?;
    /// let f = lua.load("return loadstring(string.dump(function() end)) == nil");
    /// assert!(f.eval::<bool>()?);
    /// # Ok::<(), rilua::Error>(())
    /// ```
    pub fn bytecode(mut self, policy: BytecodePolicy) -> LuaBuilder {
        self.bytecode = policy;
        self
    }

    /// A state that does the same in every run: the generator of `math.random` begins with
    /// this seed, and without a [host](LuaBuilder::host) of its own the state gets a
    /// [`MemoryHost`], in which clocks stand still and there is nothing but what the script
    /// writes. The order of `pairs` and the addresses in texts such as `table: 0x…` depend
    /// on the run alone anyway.
    pub fn deterministic(mut self, seed: u32) -> LuaBuilder {
        self.seed = Some(seed);
        self
    }

    /// Makes the state.
    ///
    /// # Errors
    /// If a limit that was set is too low for the libraries.
    pub fn build(self) -> Result<Lua> {
        let mut state = Box::new(State::new());
        let host = self.host.unwrap_or_else(|| match self.seed {
            Some(_) => Box::new(MemoryHost::new()),
            None => Box::new(RealHost::new()),
        });
        standard::install(&mut state, host);
        state.global.bytecode = self.bytecode;
        if let Some(seed) = self.seed {
            library(&mut state.global.library).random = Random::new(seed);
        }
        let lua = Lua::own(state);
        std_lib::open(&lua, self.libraries)?;
        std_lib::remove(&lua, &self.without)?;
        lua.set_limits(self.limits)?;
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
