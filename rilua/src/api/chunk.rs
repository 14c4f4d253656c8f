//! Chunks: program text or precompiled code on its way into a state.

use super::convert::IntoLua;
use super::error::{Error, ErrorKind, Result};
use super::failure;
use super::function::Function;
use super::link::{Handle, Lua};
use super::multi::{FromLuaMulti, IntoLuaMulti};
use super::table::Table;
use super::value::Value;
use crate::heap::value::Value as Raw;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The first byte of a precompiled chunk.
const ESCAPE: u8 = 0x1b;

/// What chunks may be: text of a program, or code that `string.dump`, [`Function::dump`]
/// or `luac` has made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChunkMode {
    /// Text.
    Text,
    /// Precompiled code of Lua 5.1.
    Binary,
}

/// What can be loaded as a chunk: text, bytes, and the files at paths.
pub trait AsChunk {
    /// The name of the chunk, if it brings one.
    fn name(&self) -> Option<String> {
        None
    }

    /// The text or code.
    ///
    /// # Errors
    /// If a file can't be read.
    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a;
}

macro_rules! chunks {
    ($($text:ty, $source:expr;)*) => { $(
        impl AsChunk for $text {
            fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
            where
                Self: 'a,
            {
                let source: fn($text) -> Cow<'a, [u8]> = $source;
                Ok(source(self))
            }
        }
    )* };
}

chunks! {
    String, |s| Cow::Owned(s.into_bytes());
    Vec<u8>, |s| Cow::Owned(s);
    super::BString, |s| Cow::Owned(s.0);
}

impl AsChunk for &str {
    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        Ok(Cow::Borrowed(self.as_bytes()))
    }
}

impl AsChunk for &String {
    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        Ok(Cow::Borrowed(self.as_bytes()))
    }
}

impl AsChunk for &[u8] {
    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        Ok(Cow::Borrowed(self))
    }
}

impl<const N: usize> AsChunk for &[u8; N] {
    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        Ok(Cow::Borrowed(self))
    }
}

impl AsChunk for &Vec<u8> {
    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        Ok(Cow::Borrowed(self))
    }
}

/// Reads a file as `loadfile` does: a first line that begins with `#` is not part of it.
fn read(path: &Path) -> std::io::Result<Cow<'static, [u8]>> {
    let mut source = std::fs::read(path)?;
    if source.first() == Some(&b'#') {
        let end = source.iter().position(|&b| b == b'\n');
        source.drain(..end.unwrap_or(source.len()));
    }
    Ok(Cow::Owned(source))
}

impl AsChunk for &Path {
    fn name(&self) -> Option<String> {
        Some(format!("@{}", self.display()))
    }

    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        read(self)
    }
}

impl AsChunk for PathBuf {
    fn name(&self) -> Option<String> {
        Some(format!("@{}", self.display()))
    }

    fn source<'a>(self) -> std::io::Result<Cow<'a, [u8]>>
    where
        Self: 'a,
    {
        read(&self)
    }
}

/// A chunk that is about to be compiled: the result of [`Lua::load`].
///
/// ```
/// use rilua::Lua;
///
/// let lua = Lua::new();
/// let environment = lua.create_table_from([("x", 20)])?;
/// let chunk = lua.load("return x + 1").set_name("=config").set_environment(environment);
/// assert_eq!(chunk.eval::<i32>()?, 21);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a chunk does nothing until it is executed or made a function"]
pub struct Chunk<'a> {
    lua: Lua,
    name: String,
    environment: Result<Option<Table>>,
    mode: Option<ChunkMode>,
    source: std::io::Result<Cow<'a, [u8]>>,
}

impl<'a> Chunk<'a> {
    pub(crate) fn new(
        lua: &Lua,
        name: String,
        source: std::io::Result<Cow<'a, [u8]>>,
    ) -> Chunk<'a> {
        Chunk {
            lua: lua.clone(),
            name,
            environment: Ok(None),
            mode: None,
            source,
        }
    }

    /// Sets the name that messages have: `=name` shows it as it is, `@name` is a file's,
    /// anything else is shown as `[string "name"]` (manual §3.8, `source`).
    pub fn set_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the table in which the chunk finds its globals (manual §2.9), instead of the
    /// global one.
    pub fn set_environment(mut self, environment: Table) -> Self {
        self.environment = Ok(Some(environment));
        self
    }

    /// Takes only text, or only precompiled code, whatever the chunk looks like.
    pub fn set_mode(mut self, mode: ChunkMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The environment that was set.
    pub fn environment(&self) -> Option<&Table> {
        self.environment.as_ref().ok()?.as_ref()
    }

    /// The mode that was set, or that the chunk seems to have.
    pub fn mode(&self) -> ChunkMode {
        self.mode.unwrap_or_else(|| self.looks_like())
    }

    fn looks_like(&self) -> ChunkMode {
        match &self.source {
            Ok(source) if source.first() == Some(&ESCAPE) => ChunkMode::Binary,
            _ => ChunkMode::Text,
        }
    }

    /// Runs the chunk, its results are dropped.
    ///
    /// # Errors
    /// If it can't be read or compiled, and what it raises.
    pub fn exec(self) -> Result<()> {
        self.call(())
    }

    /// Runs the chunk and converts its results. A chunk that is an expression is
    /// evaluated: `1 + 2` is `return 1 + 2`.
    ///
    /// # Errors
    /// If it can't be read or compiled, what it raises, and if a result doesn't suit `R`.
    pub fn eval<R: FromLuaMulti>(self) -> Result<R> {
        self.expression_or_chunk()?.call(())
    }

    /// Runs the chunk with arguments, which are in `...`.
    ///
    /// # Errors
    /// As [`Chunk::eval`], and if an argument can't be converted.
    pub fn call<R: FromLuaMulti>(self, arguments: impl IntoLuaMulti) -> Result<R> {
        self.into_function()?.call(arguments)
    }

    /// Compiles the chunk to a function.
    ///
    /// # Errors
    /// If it can't be read, of kind [`Syntax`](ErrorKind::Syntax) if it can't be compiled.
    pub fn into_function(mut self) -> Result<Function> {
        let source = core::mem::replace(&mut self.source, Ok(Cow::Borrowed(&[])));
        self.compile(&source?)
    }

    fn expression_or_chunk(mut self) -> Result<Function> {
        let source = core::mem::replace(&mut self.source, Ok(Cow::Borrowed(&[])))?;
        if self.mode != Some(ChunkMode::Binary) && source.first() != Some(&ESCAPE) {
            let expression = [b"return ", &*source].concat();
            if let Ok(function) = self.compile(&expression) {
                return Ok(function);
            }
        }
        self.compile(&source)
    }

    fn compile(&self, source: &[u8]) -> Result<Function> {
        let lua = &self.lua;
        let found = if source.first() == Some(&ESCAPE) {
            ChunkMode::Binary
        } else {
            ChunkMode::Text
        };
        if self.mode.is_some_and(|mode| mode != found) {
            let (found, wanted) = match found {
                ChunkMode::Binary => ("binary", "text"),
                ChunkMode::Text => ("text", "binary"),
            };
            return Err(Error::new(
                ErrorKind::Syntax,
                format!("attempt to load a {found} chunk (mode is '{wanted}')"),
            ));
        }
        let env = match &self.environment {
            Ok(Some(table)) => table.0.value_in(lua)?.as_table(),
            Ok(None) => None,
            Err(error) => return Err(error.clone()),
        };
        lua.try_enter(|state| {
            let top = state.heap.thread.top;
            super::multi::need_room(state, crate::limits::MIN_STACK)?;
            let loaded = state.load_bytes(source, self.name.as_bytes());
            let value = state
                .heap
                .thread
                .stack
                .get(top)
                .copied()
                .unwrap_or(Raw::NIL);
            state.heap.thread.top = top;
            match loaded {
                Ok(()) => {
                    if let Some(env) = env {
                        state.set_environment(value, env);
                    }
                    Ok(Function(Handle::new(value, lua)))
                }
                Err(status) => Err(failure::of_status(state, lua, value, status)),
            }
        })
    }
}

impl IntoLua for Chunk<'_> {
    fn into_lua(self, _: &Lua) -> Result<Value> {
        self.into_function().map(Value::Function)
    }
}
