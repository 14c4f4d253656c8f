//! Errors as the embedder sees them: what kind, which message, the Lua value that was
//! raised, where, and the error of Rust that caused it.

use super::value::Value;
use crate::heap::sharing::Shared;
use std::error::Error as StdError;
use std::fmt;

#[cfg(not(feature = "send"))]
type Cause = dyn StdError;
#[cfg(feature = "send")]
type Cause = dyn StdError + Send + Sync;

/// Errors of Rust in the form in which an [`Error`] keeps them; with the feature `send`
/// they have to be [`Send`] and [`Sync`].
pub type DynError = Box<Cause>;

/// The result of everything that can fail with an [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// What went wrong, in kinds that a program can act on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A chunk does not compile; [`Error::is_incomplete`] says whether more text might help.
    Syntax,
    /// Lua code, a library or a callback raised an error.
    Runtime,
    /// Memory could not be had.
    Memory,
    /// The instructions of a limit are used up
    /// ([`Limits::instructions`](super::Limits::instructions)).
    InstructionLimit,
    /// More memory would be held than a limit allows
    /// ([`Limits::memory`](super::Limits::memory)).
    MemoryLimit,
    /// More calls inside each other than a limit allows
    /// ([`Limits::call_depth`](super::Limits::call_depth)).
    CallDepthLimit,
    /// A string longer than a limit allows
    /// ([`Limits::string_length`](super::Limits::string_length)).
    StringLimit,
    /// Someone has asked the state to stop ([`Interrupt`](crate::Interrupt)).
    Interrupted,
    /// An error happened while an error was being handled (`error in error handling`).
    ErrorHandling,
    /// A Lua value is not one that the wanted type of Rust can be made of.
    FromLua,
    /// A value of Rust is not one that Lua can represent.
    ToLua,
    /// More values than the stack of a call can hold (manual: `LUAI_MAXCSTACK`).
    Stack,
    /// A coroutine that can't be resumed: it is running, or it has ended.
    CoroutineUnresumable,
    /// A callback that needs itself alone was called from within itself
    /// ([`Lua::create_function_mut`](super::Lua::create_function_mut)).
    RecursiveCallback,
    /// A function of a [scope](super::Lua::scope) was called after the scope's end, or where
    /// its scope can't be reached.
    CallbackDestructed,
    /// A userdata holds a value of another type.
    UserDataTypeMismatch,
    /// The value of a userdata was taken out.
    UserDataDestructed,
    /// A userdata can't be borrowed, as it is borrowed mutably.
    UserDataBorrow,
    /// A userdata can't be borrowed mutably, as it is borrowed.
    UserDataBorrowMut,
    /// A metamethod that an implementation of `UserData` may not set (`__gc`, `__metatable`).
    MetaMethodRestricted,
    /// A handle of one state was given to another one.
    ForeignState,
    /// The state is at work (a value's `Drop` asked for it, or another thread), or it was
    /// closed.
    StateUnavailable,
    /// An error of Rust: see [`Error::downcast_ref`].
    External,
    /// A value can't be turned into Lua values by `serde`.
    Serialize,
    /// A Lua value can't be turned into the wanted type by `serde`.
    Deserialize,
}

/// One level of the stack where an error was raised.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// Where the function was defined, as in messages: `[string "…"]`, `file.lua`, or
    /// `[C]` for a function of Rust.
    pub source: String,
    /// The line that was being executed; `None` for a function of Rust.
    pub line: Option<u32>,
    /// The name by which the function was called, if there was one.
    pub name: Option<String>,
    /// What kind of name: `global`, `local`, `method`, `field` or `upvalue`.
    pub name_kind: Option<String>,
    /// `main` for the body of a chunk, `Lua`, `C` for a function of Rust, or `tail` for a
    /// call that a tail call took the place of.
    pub what: String,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source)?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        match (&self.name, self.what.as_str()) {
            (Some(name), _) => write!(f, " in function '{name}'"),
            (None, "main") => write!(f, " in main chunk"),
            (None, "Lua") => write!(f, " in function <{}>", self.source),
            (None, _) => write!(f, " ?"),
        }
    }
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: Vec<String>,
    value: Option<Value>,
    traceback: Vec<Frame>,
    cause: Option<Shared<Cause>>,
    argument: Option<usize>,
    incomplete: bool,
}

/// An error of Lua or of a conversion.
///
/// It is cheap to clone, eight bytes, and keeps what was raised unchanged: an error that
/// a callback returns arrives at whoever catches it with the same kind, value and cause,
/// even if Lua code caught it and raised it again on the way. In Lua, an error of Rust is
/// a userdata whose `tostring` is the message.
///
/// ```
/// use rilua::{Error, ErrorKind, Lua};
///
/// let lua = Lua::new();
/// let error = lua.load("local t = nil; t.x = 1").exec().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Runtime);
/// assert!(error.to_string().contains("attempt to index local 't' (a nil value)"));
///
/// // An error of Rust goes through Lua code and comes out unchanged.
/// let parse = lua.create_function(|_, text: String| Ok(text.parse::<i32>()?))?;
/// lua.globals().set("parse", parse)?;
/// let error = lua.load("local ok, e = pcall(parse, 'x'); error(e)").exec().unwrap_err();
/// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Shared<Inner>);

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Shared::new(Inner {
            kind,
            message: message.into(),
            context: Vec::new(),
            value: None,
            traceback: Vec::new(),
            cause: None,
            argument: None,
            incomplete: false,
        }))
    }

    /// An error with this message, for a callback to return (kind [`ErrorKind::Runtime`]).
    pub fn runtime(message: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Runtime, message.to_string())
    }

    /// An error that carries one of Rust (kind [`ErrorKind::External`]), or a text.
    ///
    /// An [`Error`] given to it comes back as it is.
    pub fn external(cause: impl Into<DynError>) -> Error {
        let cause: DynError = cause.into();
        match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => {
                let mut error = Error::new(ErrorKind::External, cause.to_string());
                error.edit().cause = Some(Shared::from(cause));
                error
            }
        }
    }

    /// An error that says why a Lua value can't be turned into a type of Rust, for
    /// implementations of [`FromLua`](super::FromLua). `from` is the Lua type's name.
    pub fn from_lua_conversion(
        from: &str,
        to: impl fmt::Display,
        reason: impl Into<Option<String>>,
    ) -> Error {
        let mut message = format!("error converting Lua {from} to {to}");
        if let Some(reason) = reason.into() {
            message.push_str(&format!(" ({reason})"));
        }
        Error::new(ErrorKind::FromLua, message)
    }

    /// An error that says why a value of Rust can't be turned into one of Lua, for
    /// implementations of [`IntoLua`](super::IntoLua).
    pub fn to_lua_conversion(
        from: &str,
        to: impl fmt::Display,
        reason: impl Into<Option<String>>,
    ) -> Error {
        let mut message = format!("error converting {from} to Lua {to}");
        if let Some(reason) = reason.into() {
            message.push_str(&format!(" ({reason})"));
        }
        Error::new(ErrorKind::ToLua, message)
    }

    fn edit(&mut self) -> &mut Inner {
        Shared::make_mut(&mut self.0)
    }

    pub(crate) fn with_value(mut self, value: Value) -> Error {
        self.edit().value = Some(value);
        self
    }

    pub(crate) fn with_incomplete(mut self) -> Error {
        self.edit().incomplete = true;
        self
    }

    /// Adds where the error was raised, unless that is known.
    pub(crate) fn with_traceback(mut self, traceback: impl FnOnce() -> Vec<Frame>) -> Error {
        if self.0.traceback.is_empty() {
            self.edit().traceback = traceback();
        }
        self
    }

    /// The error is about the argument at this position, from 1.
    #[cold]
    pub(crate) fn for_argument(mut self, position: usize) -> Error {
        if self.0.argument.is_none() {
            let inner = self.edit();
            inner.argument = Some(position);
            inner.message = format!("bad argument #{position}: {}", inner.message);
        }
        self
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message, without what [`Error::context`] added.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The Lua value that was raised: what `pcall` would return after `false`
    /// (manual §5.1, `error`). `None` for an error that was not raised by Lua code.
    pub fn value(&self) -> Option<&Value> {
        self.0.value.as_ref()
    }

    /// The levels of the stack where the error was raised, the innermost first; empty if
    /// it did not go through a call.
    pub fn traceback(&self) -> &[Frame] {
        &self.0.traceback
    }

    /// The number, from 1, of the argument that could not be converted.
    pub fn argument(&self) -> Option<usize> {
        self.0.argument
    }

    /// Is this a syntax error at the end of the text, so that more text could repair it?
    /// Interactive programs read another line then.
    pub fn is_incomplete(&self) -> bool {
        self.0.incomplete
    }

    /// The error of Rust behind this one, if it is a `T`.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.cause.as_ref()?.downcast_ref()
    }

    /// Puts a text before the message that is shown. The rest stays as it is.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        let context = context.to_string();
        self.edit().context.push(context);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in self.0.context.iter().rev() {
            write!(f, "{context}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.0.kind);
        shown.field("message", &self.to_string());
        if !self.0.traceback.is_empty() {
            shown.field("traceback", &self.0.traceback);
        }
        shown.finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.0.cause.as_deref()?;
        Some(cause)
    }
}

/// Turns errors of Rust into an [`Error`].
pub trait ExternalError {
    /// The error that carries this one.
    fn into_lua_err(self) -> Error;
}

impl<E: Into<DynError>> ExternalError for E {
    fn into_lua_err(self) -> Error {
        Error::external(self)
    }
}

/// Turns results with an error of Rust into ones with an [`Error`].
pub trait ExternalResult<T> {
    /// The same result, its error carried by an [`Error`].
    ///
    /// # Errors
    /// The error that it had.
    fn into_lua_err(self) -> Result<T>;
}

impl<T, E: ExternalError> ExternalResult<T> for core::result::Result<T, E> {
    fn into_lua_err(self) -> Result<T> {
        self.map_err(ExternalError::into_lua_err)
    }
}

/// Adds a text to what an error says.
pub trait ErrorContext: Sized {
    /// Puts a text before the message.
    #[must_use]
    fn context(self, context: impl fmt::Display) -> Self;

    /// The same, with a text that is made only if there is an error.
    #[must_use]
    fn with_context<C: fmt::Display>(self, context: impl FnOnce(&Error) -> C) -> Self;
}

impl ErrorContext for Error {
    fn context(self, context: impl fmt::Display) -> Error {
        Error::context(self, context)
    }

    fn with_context<C: fmt::Display>(self, context: impl FnOnce(&Error) -> C) -> Error {
        let text = context(&self);
        Error::context(self, text)
    }
}

impl<T> ErrorContext for Result<T> {
    fn context(self, context: impl fmt::Display) -> Result<T> {
        self.map_err(|error| error.context(context))
    }

    fn with_context<C: fmt::Display>(self, context: impl FnOnce(&Error) -> C) -> Result<T> {
        self.map_err(|error| error.with_context(context))
    }
}

macro_rules! from_std {
    ($($error:ty),* $(,)?) => { $(
        impl From<$error> for Error {
            fn from(error: $error) -> Error {
                Error::external(error)
            }
        }
    )* };
}

from_std!(
    std::io::Error,
    fmt::Error,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::string::FromUtf16Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::char::ParseCharError,
    std::char::CharTryFromError,
    std::array::TryFromSliceError,
    std::cell::BorrowError,
    std::cell::BorrowMutError,
    std::env::VarError,
    std::net::AddrParseError,
    std::time::SystemTimeError,
    std::sync::mpsc::RecvError,
    std::collections::TryReserveError,
);

impl From<Box<dyn StdError + Send + Sync>> for Error {
    fn from(error: Box<dyn StdError + Send + Sync>) -> Error {
        let cause: DynError = error;
        Error::external(cause)
    }
}

#[cfg(not(feature = "send"))]
impl From<Box<dyn StdError>> for Error {
    fn from(error: Box<dyn StdError>) -> Error {
        Error::external(error)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Error {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_kept() {
        let cause = "x".parse::<i32>().unwrap_err();
        let error = Error::external(cause.clone()).context("reading the port");
        assert_eq!(error.kind(), ErrorKind::External);
        assert_eq!(error.downcast_ref(), Some(&cause));
        assert_eq!(error.to_string(), format!("reading the port: {cause}"));
        assert!(error.source().unwrap().is::<std::num::ParseIntError>());
        let again = Error::external(error.clone());
        assert_eq!(again.to_string(), error.to_string());
        assert_eq!(Error::external("plain").to_string(), "plain");
        assert_eq!(size_of::<Result<()>>(), 8);
    }
}
