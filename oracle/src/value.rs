//! Lua values outside Lua: what goes in as an argument and comes out as a result or an error.

use std::borrow::Cow;
use std::ffi::c_int;
use std::{fmt, ptr, slice};

use crate::ffi::{RawValue, kind};

/// A Lua value, as far as it means something outside its state.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, with the sign and payload of a NaN as Lua has it.
    Number(f64),
    /// A string: any bytes.
    String(Vec<u8>),
    /// Anything else, of which only the type is told.
    Object(ObjectType),
}

/// The types whose values have an identity and can't leave their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectType {
    /// A table.
    Table,
    /// A function, in Lua or in C.
    Function,
    /// A userdata, full or light.
    Userdata,
    /// A coroutine.
    Thread,
}

impl ObjectType {
    /// The name that `type` gives.
    pub fn name(self) -> &'static str {
        match self {
            ObjectType::Table => "table",
            ObjectType::Function => "function",
            ObjectType::Userdata => "userdata",
            ObjectType::Thread => "thread",
        }
    }
}

impl Value {
    /// The value as text for people: bytes of a string as they are, numbers as Rust
    /// writes them, the type's name for the rest.
    pub fn to_text(&self) -> Cow<'_, [u8]> {
        match self {
            Value::Nil => Cow::Borrowed(b"nil"),
            Value::Boolean(true) => Cow::Borrowed(b"true"),
            Value::Boolean(false) => Cow::Borrowed(b"false"),
            Value::Number(number) => Cow::Owned(number.to_string().into_bytes()),
            Value::String(bytes) => Cow::Borrowed(bytes),
            Value::Object(object) => Cow::Borrowed(object.name().as_bytes()),
        }
    }

    /// The value as the C side reads it, borrowing the bytes of a string. An object can't go in and
    /// becomes nil.
    pub(crate) fn as_raw(&self) -> RawValue {
        let mut raw = RawValue {
            kind: kind::NIL,
            boolean: 0,
            number: 0.0,
            bytes: ptr::null(),
            length: 0,
        };
        match self {
            Value::Nil | Value::Object(_) => {}
            Value::Boolean(boolean) => {
                raw.kind = kind::BOOLEAN;
                raw.boolean = c_int::from(*boolean);
            }
            Value::Number(number) => {
                raw.kind = kind::NUMBER;
                raw.number = *number;
            }
            Value::String(bytes) => {
                raw.kind = kind::STRING;
                raw.bytes = bytes.as_ptr().cast();
                raw.length = bytes.len();
            }
        }
        raw
    }

    /// Copies what the C side holds.
    ///
    /// # Safety
    /// `raw` was filled by the shim, whose copy still exists.
    pub(crate) unsafe fn from_raw(raw: &RawValue) -> Value {
        match raw.kind {
            kind::BOOLEAN => Value::Boolean(raw.boolean != 0),
            kind::NUMBER => Value::Number(raw.number),
            kind::STRING => {
                // SAFETY: the shim made a copy of `length` bytes, which the caller says exists.
                let bytes = unsafe { slice::from_raw_parts(raw.bytes.cast::<u8>(), raw.length) };
                Value::String(bytes.to_vec())
            }
            kind::TABLE => Value::Object(ObjectType::Table),
            kind::FUNCTION => Value::Object(ObjectType::Function),
            kind::USERDATA | kind::LIGHT_USERDATA => Value::Object(ObjectType::Userdata),
            kind::THREAD => Value::Object(ObjectType::Thread),
            _ => Value::Nil,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_text()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::String(bytes.to_vec())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Value::Boolean(boolean)
    }
}
