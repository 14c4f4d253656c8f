//! Lua values as Rust sees them, alone and as lists.

use super::error::Error;
use super::function::Function;
use super::link::{Handle, Lua};
use super::string::LuaString;
use super::table::Table;
use super::thread::Thread;
use super::userdata::AnyUserData;
use crate::heap::value::{Unpacked, Value as Raw};
use crate::number::write_number;
use std::ops::{Deref, DerefMut};

/// A pointer-like value without a metatable of its own, which only libraries make
/// (manual §2.2). Rust can pass it on and compare it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LightUserData(pub(crate) u32);

/// Any Lua value (manual §2.2).
///
/// Lua 5.1 has one type of number, `f64`; integers of Rust convert from and to it
/// (see [`FromLua`](super::FromLua)).
///
/// ```
/// use rilua::{Lua, Value};
///
/// let lua = Lua::new();
/// match lua.load("{1, 2}").eval::<Value>()? {
///     Value::Table(t) => assert_eq!(t.raw_len(), 2),
///     other => panic!("a {}", other.type_name()),
/// }
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, Default)]
pub enum Value {
    /// `nil`, also what is absent.
    #[default]
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// A light userdata.
    LightUserData(LightUserData),
    /// A number.
    Number(f64),
    /// A string: bytes, of any encoding.
    String(LuaString),
    /// A table.
    Table(Table),
    /// A function, of Lua or of Rust.
    Function(Function),
    /// A coroutine.
    Thread(Thread),
    /// A userdata.
    UserData(AnyUserData),
    /// An error of Rust on its way through Lua code, for which it is a userdata whose
    /// `tostring` is the message.
    Error(Box<Error>),
}

/// `nil`, to be passed where a value is expected.
#[expect(non_upper_case_globals, reason = "named as the value is in Lua")]
pub const Nil: Value = Value::Nil;

impl Value {
    /// The type as the function `type` names it (manual §5.1), but `error` for
    /// [`Value::Error`] and `lightuserdata` for [`Value::LightUserData`].
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "nil",
            Value::Boolean(_) => "boolean",
            Value::LightUserData(_) => "lightuserdata",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Table(_) => "table",
            Value::Function(_) => "function",
            Value::Thread(_) => "thread",
            Value::UserData(_) => "userdata",
            Value::Error(_) => "error",
        }
    }

    /// Is it `nil`?
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Is it a boolean?
    pub fn is_boolean(&self) -> bool {
        matches!(self, Value::Boolean(_))
    }

    /// Is it a number? Strings that read as numbers are none.
    pub fn is_number(&self) -> bool {
        matches!(self, Value::Number(_))
    }

    /// Is it a number without a fraction that fits an `i64`?
    pub fn is_integer(&self) -> bool {
        self.as_integer().is_some()
    }

    /// Is it a string?
    pub fn is_string(&self) -> bool {
        matches!(self, Value::String(_))
    }

    /// Is it a table?
    pub fn is_table(&self) -> bool {
        matches!(self, Value::Table(_))
    }

    /// Is it a function?
    pub fn is_function(&self) -> bool {
        matches!(self, Value::Function(_))
    }

    /// Is it a coroutine?
    pub fn is_thread(&self) -> bool {
        matches!(self, Value::Thread(_))
    }

    /// Is it a (full) userdata?
    pub fn is_userdata(&self) -> bool {
        matches!(self, Value::UserData(_))
    }

    /// Is it an error of Rust?
    pub fn is_error(&self) -> bool {
        matches!(self, Value::Error(_))
    }

    /// The boolean, if it is one. (What counts as true in Lua is everything but `false`
    /// and `nil`; converting to `bool` does that.)
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Value::Boolean(b) => Some(*b),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The number as an integer, if it is one without a fraction from -2^63 to 2^63 - 1.
    pub fn as_integer(&self) -> Option<i64> {
        let n = self.as_number()?;
        let integer = n as i64;
        (integer as f64 == n && n < 9_223_372_036_854_775_808.0).then_some(integer)
    }

    /// The number as an `i32`, if it is one without a fraction in its range.
    pub fn as_i32(&self) -> Option<i32> {
        self.as_integer()?.try_into().ok()
    }

    /// The number as an `i64`: the same as [`Value::as_integer`].
    pub fn as_i64(&self) -> Option<i64> {
        self.as_integer()
    }

    /// The number as a `usize`, if it is one without a fraction in its range.
    pub fn as_usize(&self) -> Option<usize> {
        self.as_integer()?.try_into().ok()
    }

    /// The number, if it is one: the same as [`Value::as_number`].
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()
    }

    /// The string, if it is one.
    pub fn as_string(&self) -> Option<&LuaString> {
        match self {
            Value::String(s) => Some(s),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Value::Table(t) => Some(t),
            _ => None,
        }
    }

    /// The function, if it is one.
    pub fn as_function(&self) -> Option<&Function> {
        match self {
            Value::Function(f) => Some(f),
            _ => None,
        }
    }

    /// The coroutine, if it is one.
    pub fn as_thread(&self) -> Option<&Thread> {
        match self {
            Value::Thread(t) => Some(t),
            _ => None,
        }
    }

    /// The userdata, if it is one.
    pub fn as_userdata(&self) -> Option<&AnyUserData> {
        match self {
            Value::UserData(u) => Some(u),
            _ => None,
        }
    }

    /// The error of Rust, if it is one.
    pub fn as_error(&self) -> Option<&Error> {
        match self {
            Value::Error(e) => Some(e),
            _ => None,
        }
    }

    /// Are the values equal as `==` says, metamethod `__eq` included (manual §2.5.2)?
    ///
    /// # Errors
    /// What the metamethod raises, and if the values belong to different states.
    pub fn equals(&self, other: &Value) -> super::Result<bool> {
        let (Some(a), Some(b)) = (self.handle(), other.handle()) else {
            return Ok(self == other);
        };
        let lua = &a.lua;
        let (a, b) = (a.value(), b.value_in(lua)?);
        lua.try_enter(|state| super::call::protected(state, lua, |state| state.equals(a, b)))
    }

    /// The text that `tostring` makes of the value, metamethod `__tostring` included
    /// (manual §5.1). Bytes that are not UTF-8 are replaced.
    ///
    /// # Errors
    /// What the metamethod raises.
    pub fn to_string(&self) -> super::Result<String> {
        match self {
            Value::Nil => Ok("nil".to_owned()),
            Value::Boolean(b) => Ok(b.to_string()),
            Value::Number(n) => {
                let mut text = Vec::new();
                write_number(*n, &mut text);
                Ok(String::from_utf8_lossy(&text).into_owned())
            }
            Value::LightUserData(_) => Ok("userdata".to_owned()),
            Value::Error(error) => Ok(error.to_string()),
            Value::String(s) => Ok(s.to_string_lossy()),
            _ => match self.handle() {
                Some(handle) => super::call::tostring(handle),
                None => Ok(String::new()),
            },
        }
    }

    /// A number that is the same for the same object, and different for objects that
    /// are alive at the same time; 0 for values that are no objects.
    pub fn to_pointer(&self) -> usize {
        self.handle().map_or(0, |handle| {
            let v = handle.value();
            ((v.kind() as usize + 1) << 40) | ((v.identity() as usize + 1) << 4)
        })
    }

    pub(crate) fn handle(&self) -> Option<&Handle> {
        match self {
            Value::String(s) => Some(&s.0),
            Value::Table(t) => Some(&t.0),
            Value::Function(f) => Some(&f.0),
            Value::Thread(t) => Some(&t.0),
            Value::UserData(u) => Some(&u.0),
            _ => None,
        }
    }

    /// A value of the heap, as a handle if it is an object. Errors of Rust have to be
    /// looked for by whoever has the state.
    #[inline]
    pub(crate) fn of_raw(raw: Raw, lua: &Lua) -> Value {
        match raw.unpack() {
            Unpacked::Nil | Unpacked::Proto(_) => Value::Nil,
            Unpacked::Boolean(b) => Value::Boolean(b),
            Unpacked::LightUserData(u) => Value::LightUserData(LightUserData(u)),
            Unpacked::Number(n) => Value::Number(n),
            Unpacked::String(_) => Value::String(LuaString(Handle::new(raw, lua))),
            Unpacked::Table(_) => Value::Table(Table(Handle::new(raw, lua))),
            Unpacked::Closure(_) | Unpacked::Native(_) => {
                Value::Function(Function(Handle::new(raw, lua)))
            }
            Unpacked::UserData(_) => Value::UserData(AnyUserData(Handle::new(raw, lua))),
            Unpacked::Thread(_) => Value::Thread(Thread(Handle::new(raw, lua))),
        }
    }
}

/// Raw equality (manual §5.1, `rawequal`): objects are equal if they are the same one.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Boolean(a), Value::Boolean(b)) => a == b,
            (Value::LightUserData(a), Value::LightUserData(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            _ => match (self.handle(), other.handle()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Value::Nil => f.write_str("Nil"),
            Value::Boolean(b) => f.debug_tuple("Boolean").field(b).finish(),
            Value::LightUserData(u) => f.debug_tuple("LightUserData").field(&u.0).finish(),
            Value::Number(n) => f.debug_tuple("Number").field(n).finish(),
            Value::String(s) => f.debug_tuple("String").field(s).finish(),
            Value::Table(t) => f.debug_tuple("Table").field(t).finish(),
            Value::Function(v) => f.debug_tuple("Function").field(v).finish(),
            Value::Thread(t) => f.debug_tuple("Thread").field(t).finish(),
            Value::UserData(u) => f.debug_tuple("UserData").field(u).finish(),
            Value::Error(e) => f.debug_tuple("Error").field(e).finish(),
        }
    }
}

/// Any number of values: arguments, or results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MultiValue(Vec<Value>);

impl MultiValue {
    /// No values.
    pub fn new() -> MultiValue {
        MultiValue(Vec::new())
    }

    /// The values as a vector.
    pub fn into_vec(self) -> Vec<Value> {
        self.0
    }

    /// Takes the first value off, if there is one.
    pub fn pop_front(&mut self) -> Option<Value> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Puts a value before the others.
    pub fn push_front(&mut self, value: Value) {
        self.0.insert(0, value);
    }

    /// Takes the last value off, if there is one.
    pub fn pop_back(&mut self) -> Option<Value> {
        self.0.pop()
    }

    /// Puts a value after the others.
    pub fn push_back(&mut self, value: Value) {
        self.0.push(value);
    }
}

impl Deref for MultiValue {
    type Target = Vec<Value>;
    fn deref(&self) -> &Vec<Value> {
        &self.0
    }
}

impl DerefMut for MultiValue {
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        &mut self.0
    }
}

impl From<Vec<Value>> for MultiValue {
    fn from(values: Vec<Value>) -> MultiValue {
        MultiValue(values)
    }
}

impl FromIterator<Value> for MultiValue {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> MultiValue {
        MultiValue(values.into_iter().collect())
    }
}

impl IntoIterator for MultiValue {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a MultiValue {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Any number of values of one type: the rest of the arguments, or of the results.
///
/// ```
/// use rilua::{Lua, Variadic};
///
/// let lua = Lua::new();
/// let sum = lua.create_function(|_, numbers: Variadic<f64>| Ok(numbers.iter().sum::<f64>()))?;
/// assert_eq!(sum.call::<f64>((1, 2, 3.5))?, 6.5);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variadic<T>(Vec<T>);

impl<T> Variadic<T> {
    /// No values.
    pub const fn new() -> Variadic<T> {
        Variadic(Vec::new())
    }

    /// No values, with room for some.
    pub fn with_capacity(capacity: usize) -> Variadic<T> {
        Variadic(Vec::with_capacity(capacity))
    }
}

impl<T> Deref for Variadic<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for Variadic<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> From<Vec<T>> for Variadic<T> {
    fn from(values: Vec<T>) -> Variadic<T> {
        Variadic(values)
    }
}

impl<T> From<Variadic<T>> for Vec<T> {
    fn from(values: Variadic<T>) -> Vec<T> {
        values.0
    }
}

impl<T> FromIterator<T> for Variadic<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Variadic<T> {
        Variadic(values.into_iter().collect())
    }
}

impl<T> IntoIterator for Variadic<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
