//! Conversions of single values: the traits, and those of scalars, strings and handles.
//!
//! A conversion that needs nothing but the state is *direct*: it works on the heap's own
//! values, inside the same access to the state as the operation that needs it. Others
//! (whatever an embedder implements) go through [`Value`] with the state at rest.

use super::error::{Error, Result};
use super::function::Function;
use super::link::{Handle, Lua};
use super::string::LuaString;
use super::table::Table;
use super::thread::Thread;
use super::userdata::AnyUserData;
use super::value::{LightUserData, Value};
use crate::heap::value::Value as Raw;
use crate::number::{str_to_number, write_number};
use crate::vm::State;
use std::borrow::Cow;

/// A value in the heap's own form; of use to this crate only.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct RawValue(pub(crate) Raw);

/// A state that is being worked on; of use to this crate only.
#[doc(hidden)]
#[derive(Debug)]
pub struct Access<'a> {
    pub(crate) state: &'a mut State,
    /// For new handles; the state isn't in its link.
    pub(crate) lua: &'a Lua,
}

/// A type that can be made of a Lua value: of arguments, results, fields.
///
/// | Rust | Lua |
/// |---|---|
/// | `bool` | any value: all but `nil` and `false` count as true (manual §2.4.4) |
/// | `f32`, `f64` | a number, or a string that reads as one (manual §2.2.1) |
/// | integers | the same; the fraction is cut off, and what is out of range is an error |
/// | `String`, `Box<str>`, `PathBuf` | a string that is UTF-8, or a number |
/// | [`BString`](super::BString) | a string, or a number |
/// | [`LuaString`], [`Table`], [`Function`], [`Thread`], [`AnyUserData`] | a value of that type |
/// | `Option<T>` | `nil` for `None` |
/// | `Vec<T>`, `[T; N]` | a table, items 1 to `#t` |
/// | `HashMap`, `BTreeMap`, `HashSet`, `BTreeSet` | a table, all pairs (of sets, the keys) |
/// | [`Value`] | any value |
/// | [`Error`] | an error of Rust, or any value as message |
/// | [`UserDataRef<T>`](super::UserDataRef), `UserDataRefMut<T>` | a userdata that holds a `T`, borrowed |
/// | `T: UserData` (to Lua only) | a new userdata |
///
/// ```
/// use rilua::{Error, FromLua, Lua, Result, Value};
///
/// #[derive(Debug, PartialEq)]
/// struct Point(f64, f64);
///
/// impl FromLua for Point {
///     fn from_lua(value: Value, _: &Lua) -> Result<Self> {
///         match value {
///             Value::Table(t) => Ok(Point(t.get("x")?, t.get("y")?)),
///             other => Err(Error::from_lua_conversion(other.type_name(), "Point", None)),
///         }
///     }
/// }
///
/// let lua = Lua::new();
/// assert_eq!(lua.load("{x = 1, y = 2}").eval::<Point>()?, Point(1.0, 2.0));
/// # Ok::<(), Error>(())
/// ```
pub trait FromLua: Sized {
    /// Converts a value.
    ///
    /// # Errors
    /// Of kind [`FromLua`](super::ErrorKind::FromLua) if the value doesn't suit; see
    /// [`Error::from_lua_conversion`].
    fn from_lua(value: Value, lua: &Lua) -> Result<Self>;

    #[doc(hidden)]
    const DIRECT: bool = false;

    #[doc(hidden)]
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Self> {
        let _unused = (value, access);
        Err(not_direct())
    }
}

/// A type that can be turned into a Lua value. The table at [`FromLua`] holds in both
/// directions; an integer that no `f64` equals is an error.
///
/// ```
/// use rilua::{IntoLua, Lua, Result, Value};
///
/// struct Point(f64, f64);
///
/// impl IntoLua for Point {
///     fn into_lua(self, lua: &Lua) -> Result<Value> {
///         lua.create_table_from([("x", self.0), ("y", self.1)])?.into_lua(lua)
///     }
/// }
///
/// let lua = Lua::new();
/// lua.globals().set("p", Point(1.0, 2.0))?;
/// assert_eq!(lua.load("p.x + p.y").eval::<f64>()?, 3.0);
/// # Ok::<(), rilua::Error>(())
/// ```
pub trait IntoLua: Sized {
    /// Converts the value.
    ///
    /// # Errors
    /// Of kind [`ToLua`](super::ErrorKind::ToLua) if Lua can't represent it.
    fn into_lua(self, lua: &Lua) -> Result<Value>;

    #[doc(hidden)]
    const DIRECT: bool = false;

    #[doc(hidden)]
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        let _unused = access;
        Err(not_direct())
    }
}

#[cold]
fn not_direct() -> Error {
    Error::runtime("a conversion that needs the whole state was called without it")
}

/// Converts a value before the state is entered, unless that can be done there.
pub(crate) enum Prepared<T> {
    Direct(T),
    Value(Value),
}

impl<T: IntoLua> Prepared<T> {
    #[inline]
    pub(crate) fn new(value: T, lua: &Lua) -> Result<Prepared<T>> {
        if T::DIRECT {
            Ok(Prepared::Direct(value))
        } else {
            value.into_lua(lua).map(Prepared::Value)
        }
    }

    #[inline]
    pub(crate) fn raw(self, access: &mut Access<'_>) -> Result<Raw> {
        let raw = match self {
            Prepared::Direct(value) => value.__into_raw(access)?,
            Prepared::Value(value) => value.__into_raw(access)?,
        };
        Ok(raw.0)
    }
}

/// Implements the plain conversions by the direct ones.
macro_rules! by_raw {
    (from) => {
        #[inline]
        fn from_lua(value: Value, lua: &Lua) -> Result<Self> {
            lua.try_enter(|state| {
                let raw = (&value).__into_raw(&mut Access { state, lua })?;
                <Self as FromLua>::__from_raw(raw, &mut Access { state, lua })
            })
        }
        const DIRECT: bool = true;
    };
    (into) => {
        #[inline]
        fn into_lua(self, lua: &Lua) -> Result<Value> {
            lua.try_enter(|state| {
                let raw = self.__into_raw(&mut Access { state, lua })?;
                Value::__from_raw(raw, &mut Access { state, lua })
            })
        }
        const DIRECT: bool = true;
    };
}

/// What a value that can't be converted is called in messages.
pub(crate) fn raw_type_name(value: Raw) -> &'static str {
    value.kind().name()
}

#[cold]
#[inline(never)]
pub(crate) fn mismatch(value: Raw, to: &str, reason: &str) -> Error {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    Error::from_lua_conversion(raw_type_name(value), to, reason)
}

impl FromLua for Value {
    #[inline]
    fn from_lua(value: Value, _: &Lua) -> Result<Value> {
        Ok(value)
    }
    const DIRECT: bool = true;
    #[inline]
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Value> {
        if let Some(u) = value.0.as_userdata()
            && let Some(error) = super::failure::error_in(access.state, u)
        {
            return Ok(Value::Error(Box::new(error)));
        }
        Ok(Value::of_raw(value.0, access.lua))
    }
}

impl IntoLua for &Value {
    by_raw!(into);
    #[inline]
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        Ok(RawValue(match self {
            Value::Nil => Raw::NIL,
            Value::Boolean(b) => Raw::boolean(*b),
            Value::LightUserData(u) => Raw::light(u.0),
            Value::Number(n) => Raw::number(*n),
            Value::Error(error) => super::failure::push_error(access, (**error).clone()),
            _ => match self.handle() {
                Some(handle) => handle.value_in(access.lua)?,
                None => Raw::NIL,
            },
        }))
    }
}

impl IntoLua for Value {
    #[inline]
    fn into_lua(self, _: &Lua) -> Result<Value> {
        Ok(self)
    }
    const DIRECT: bool = true;
    #[inline]
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        (&self).__into_raw(access)
    }
}

macro_rules! handles {
    ($($handle:ident, $get:ident, $name:literal;)*) => { $(
        impl FromLua for $handle {
            by_raw!(from);
            #[inline]
            fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Self> {
                if $get(value.0) {
                    Ok($handle(Handle::new(value.0, access.lua)))
                } else {
                    Err(mismatch(value.0, $name, ""))
                }
            }
        }

        impl IntoLua for &$handle {
            by_raw!(into);
            #[inline]
            fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
                self.0.value_in(access.lua).map(RawValue)
            }
        }

        impl IntoLua for $handle {
            by_raw!(into);
            #[inline]
            fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
                self.0.value_in(access.lua).map(RawValue)
            }
        }
    )* };
}

fn is_table(value: Raw) -> bool {
    value.is_table()
}
fn is_function(value: Raw) -> bool {
    value.is_function()
}
fn is_thread(value: Raw) -> bool {
    value.as_thread().is_some()
}
fn is_userdata(value: Raw) -> bool {
    value.is_userdata()
}

handles! {
    Table, is_table, "table";
    Function, is_function, "function";
    Thread, is_thread, "thread";
    AnyUserData, is_userdata, "userdata";
}

impl FromLua for LuaString {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<LuaString> {
        if value.0.is_string() {
            return Ok(LuaString(Handle::new(value.0, access.lua)));
        }
        if let Some(n) = value.0.as_number() {
            let text = access.state.number_string(n);
            return Ok(LuaString(Handle::new(text, access.lua)));
        }
        Err(mismatch(value.0, "string", "expected string or number"))
    }
}

impl IntoLua for &LuaString {
    by_raw!(into);
    #[inline]
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        self.0.value_in(access.lua).map(RawValue)
    }
}

impl IntoLua for LuaString {
    by_raw!(into);
    #[inline]
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        self.0.value_in(access.lua).map(RawValue)
    }
}

impl FromLua for Error {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Error> {
        Ok(super::failure::error_of(access, value.0))
    }
}

impl IntoLua for Error {
    by_raw!(into);
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        Ok(RawValue(super::failure::push_error(access, self)))
    }
}

impl FromLua for LightUserData {
    by_raw!(from);
    fn __from_raw(value: RawValue, _: &mut Access<'_>) -> Result<LightUserData> {
        match value.0.unpack() {
            crate::heap::value::Unpacked::LightUserData(u) => Ok(LightUserData(u)),
            _ => Err(mismatch(value.0, "lightuserdata", "")),
        }
    }
}

impl IntoLua for LightUserData {
    by_raw!(into);
    fn __into_raw(self, _: &mut Access<'_>) -> Result<RawValue> {
        Ok(RawValue(Raw::light(self.0)))
    }
}

impl FromLua for bool {
    by_raw!(from);
    #[inline]
    fn __from_raw(value: RawValue, _: &mut Access<'_>) -> Result<bool> {
        Ok(!value.0.is_false())
    }
}

impl IntoLua for bool {
    by_raw!(into);
    #[inline]
    fn __into_raw(self, _: &mut Access<'_>) -> Result<RawValue> {
        Ok(RawValue(Raw::boolean(self)))
    }
}

/// The number that a value is or reads as.
#[inline]
fn number_of(value: Raw, to: &str, access: &Access<'_>) -> Result<f64> {
    match value.as_number() {
        Some(n) => Ok(n),
        None => number_in_text(value, to, access),
    }
}

#[cold]
#[inline(never)]
fn number_in_text(value: Raw, to: &str, access: &Access<'_>) -> Result<f64> {
    let text = value.as_string().map(|s| access.state.heap.bytes(s));
    match text.and_then(str_to_number) {
        Some(n) => Ok(n),
        None => Err(mismatch(
            value,
            to,
            "expected number or string coercible to number",
        )),
    }
}

macro_rules! floats {
    ($($float:ident)*) => { $(
        impl FromLua for $float {
            by_raw!(from);
            #[inline]
            fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<$float> {
                number_of(value.0, stringify!($float), access).map(|n| n as $float)
            }
        }

        impl IntoLua for $float {
            by_raw!(into);
            #[inline]
            fn __into_raw(self, _: &mut Access<'_>) -> Result<RawValue> {
                Ok(RawValue(Raw::number(f64::from(self))))
            }
        }
    )* };
}

floats!(f32 f64);

macro_rules! integers {
    ($($integer:ident)*) => { $(
        impl FromLua for $integer {
            by_raw!(from);
            #[inline]
            fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<$integer> {
                let n = number_of(value.0, stringify!($integer), access)?.trunc();
                // One more than the largest value: a power of two, so that it is exact.
                let end = ($integer::MAX / 2 + 1) as f64 * 2.0;
                if n >= $integer::MIN as f64 && n < end {
                    Ok(n as $integer)
                } else {
                    Err(mismatch(value.0, stringify!($integer), "out of range"))
                }
            }
        }

        impl IntoLua for $integer {
            by_raw!(into);
            #[inline]
            fn __into_raw(self, _: &mut Access<'_>) -> Result<RawValue> {
                let n = self as f64;
                let end = ($integer::MAX / 2 + 1) as f64 * 2.0;
                if n < end && n as $integer == self {
                    Ok(RawValue(Raw::number(n)))
                } else {
                    Err(inexact(stringify!($integer)))
                }
            }
        }
    )* };
}

#[cold]
#[inline(never)]
fn inexact(from: &str) -> Error {
    let reason = "no Lua number equals it: those are exact up to 2^53".to_owned();
    Error::to_lua_conversion(from, "number", reason)
}

integers!(i8 u8 i16 u16 i32 u32 i64 u64 i128 u128 isize usize);

/// The bytes of a string, or of a number as text.
fn bytes_of(value: Raw, to: &str, access: &Access<'_>) -> Result<Vec<u8>> {
    if let Some(s) = value.as_string() {
        return Ok(access.state.heap.bytes(s).to_vec());
    }
    if let Some(n) = value.as_number() {
        let mut text = Vec::new();
        write_number(n, &mut text);
        return Ok(text);
    }
    Err(mismatch(value, to, "expected string or number"))
}

fn text_of(value: Raw, to: &str, access: &Access<'_>) -> Result<String> {
    String::from_utf8(bytes_of(value, to, access)?)
        .map_err(|error| mismatch(value, to, &error.to_string()))
}

impl FromLua for String {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<String> {
        text_of(value.0, "String", access)
    }
}

impl FromLua for Box<str> {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Box<str>> {
        text_of(value.0, "String", access).map(String::into_boxed_str)
    }
}

impl FromLua for std::path::PathBuf {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Self> {
        text_of(value.0, "PathBuf", access).map(Self::from)
    }
}

impl FromLua for char {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<char> {
        let text = text_of(value.0, "char", access)?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(mismatch(value.0, "char", "expected one character")),
        }
    }
}

macro_rules! texts {
    ($($text:ty, $bytes:path;)*) => { $(
        impl IntoLua for $text {
            by_raw!(into);
            #[inline]
            fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
                let string = access.state.string($bytes(&self));
                Ok(RawValue(string))
            }
        }
    )* };
}

/// What is seen of a text by a reference to it.
fn bytes_in<T: AsRef<[u8]> + ?Sized>(text: &T) -> &[u8] {
    text.as_ref()
}

fn path_bytes<T: AsRef<std::path::Path> + ?Sized>(path: &T) -> &[u8] {
    path.as_ref().as_os_str().as_encoded_bytes()
}

texts! {
    &str, bytes_in;
    String, bytes_in;
    &String, bytes_in;
    BString, bytes_in;
    &BString, bytes_in;
    &std::path::Path, path_bytes;
    std::path::PathBuf, path_bytes;
}

impl IntoLua for Box<str> {
    by_raw!(into);
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        Ok(RawValue(access.state.string(self.as_bytes())))
    }
}

impl IntoLua for Cow<'_, str> {
    by_raw!(into);
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        Ok(RawValue(access.state.string(self.as_bytes())))
    }
}

impl IntoLua for char {
    by_raw!(into);
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        let mut room = [0; 4];
        let text = self.encode_utf8(&mut room);
        Ok(RawValue(access.state.string(text.as_bytes())))
    }
}

/// Bytes that are one Lua string: a `Vec<u8>` would be a table of numbers.
///
/// ```
/// use rilua::{BString, Lua};
///
/// let lua = Lua::new();
/// lua.globals().set("data", BString::from(vec![0, 255]))?;
/// assert_eq!(lua.load("#data").eval::<usize>()?, 2);
/// assert_eq!(lua.load(r"'\1\2'").eval::<BString>()?.as_slice(), [1, 2]);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BString(pub Vec<u8>);

impl From<Vec<u8>> for BString {
    fn from(bytes: Vec<u8>) -> BString {
        BString(bytes)
    }
}

impl From<&[u8]> for BString {
    fn from(bytes: &[u8]) -> BString {
        BString(bytes.to_vec())
    }
}

impl From<&str> for BString {
    fn from(text: &str) -> BString {
        BString(text.into())
    }
}

impl std::ops::Deref for BString {
    type Target = Vec<u8>;
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl AsRef<[u8]> for BString {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl FromLua for BString {
    by_raw!(from);
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<BString> {
        bytes_of(value.0, "BString", access).map(BString)
    }
}

impl<T: FromLua> FromLua for Option<T> {
    fn from_lua(value: Value, lua: &Lua) -> Result<Self> {
        match value {
            Value::Nil => Ok(None),
            value => T::from_lua(value, lua).map(Some),
        }
    }
    const DIRECT: bool = T::DIRECT;
    #[inline]
    fn __from_raw(value: RawValue, access: &mut Access<'_>) -> Result<Self> {
        if value.0.is_nil() {
            Ok(None)
        } else {
            T::__from_raw(value, access).map(Some)
        }
    }
}

impl<T: IntoLua> IntoLua for Option<T> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        match self {
            Some(value) => value.into_lua(lua),
            None => Ok(Value::Nil),
        }
    }
    const DIRECT: bool = T::DIRECT;
    #[inline]
    fn __into_raw(self, access: &mut Access<'_>) -> Result<RawValue> {
        match self {
            Some(value) => value.__into_raw(access),
            None => Ok(RawValue(Raw::NIL)),
        }
    }
}
