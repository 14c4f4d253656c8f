//! Handles of Lua strings.

use super::error::{Error, Result};
use super::link::Handle;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A handle of a Lua string: immutable bytes of any encoding, zeros included (manual §2.2).
///
/// ```
/// use rilua::{Lua, LuaString};
///
/// let lua = Lua::new();
/// let s: LuaString = lua.load(r"'a\0b'").eval()?;
/// assert_eq!(s.as_bytes(), b"a\0b");
/// assert_eq!(s.to_str()?, "a\0b");
/// assert!(lua.create_string([0xff])?.to_str().is_err());
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct LuaString(pub(crate) Handle);

impl LuaString {
    fn copy(&self) -> Vec<u8> {
        let copy = self.0.lua.enter(|state| {
            let s = self.0.value().as_string();
            s.map(|s| state.heap.bytes(s).to_vec())
        });
        copy.ok().flatten().unwrap_or_default()
    }

    /// The bytes, without a zero at the end.
    pub fn as_bytes(&self) -> BorrowedBytes<'_> {
        BorrowedBytes {
            bytes: self.copy(),
            string: PhantomData,
        }
    }

    /// The bytes and a zero after them.
    pub fn as_bytes_with_nul(&self) -> BorrowedBytes<'_> {
        let mut bytes = self.copy();
        bytes.push(0);
        BorrowedBytes {
            bytes,
            string: PhantomData,
        }
    }

    /// The text, if the bytes are UTF-8.
    ///
    /// # Errors
    /// Of kind [`FromLua`](super::ErrorKind::FromLua) if they are not.
    pub fn to_str(&self) -> Result<BorrowedStr<'_>> {
        match String::from_utf8(self.copy()) {
            Ok(text) => Ok(BorrowedStr {
                text,
                string: PhantomData,
            }),
            Err(error) => Err(Error::from_lua_conversion(
                "string",
                "&str",
                error.to_string(),
            )),
        }
    }

    /// The text, with U+FFFD in place of what is not UTF-8.
    pub fn to_string_lossy(&self) -> String {
        String::from_utf8_lossy(&self.copy()).into_owned()
    }

    /// What shows the string, with what is not UTF-8 replaced.
    pub fn display(&self) -> impl fmt::Display + '_ {
        self.to_string_lossy()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        let length = self.0.lua.enter(|state| {
            let s = self.0.value().as_string();
            s.map(|s| state.heap.bytes(s).len())
        });
        length.ok().flatten().unwrap_or_default()
    }

    /// Has it no bytes?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A number that equal strings of a state share (strings are interned).
    pub fn to_pointer(&self) -> usize {
        super::Value::String(self.clone()).to_pointer()
    }
}

impl fmt::Debug for LuaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.copy().escape_ascii())
    }
}

impl Eq for LuaString {}

impl std::hash::Hash for LuaString {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.copy().hash(hasher);
    }
}

impl PartialOrd for LuaString {
    fn partial_cmp(&self, other: &LuaString) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LuaString {
    fn cmp(&self, other: &LuaString) -> std::cmp::Ordering {
        self.copy().cmp(&other.copy())
    }
}

macro_rules! equals {
    ($($other:ty),*) => { $(
        impl PartialEq<$other> for LuaString {
            fn eq(&self, other: &$other) -> bool {
                let other: &[u8] = other.as_ref();
                self.copy() == other
            }
        }
    )* };
}
equals!(str, &str, String, [u8], &[u8], Vec<u8>);

impl<const N: usize> PartialEq<&[u8; N]> for LuaString {
    fn eq(&self, other: &&[u8; N]) -> bool {
        self.copy() == *other
    }
}

/// The bytes of a [`LuaString`]: a copy, as the string itself may move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BorrowedBytes<'a> {
    bytes: Vec<u8>,
    string: PhantomData<&'a LuaString>,
}

impl Deref for BorrowedBytes<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for BorrowedBytes<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Borrow<[u8]> for BorrowedBytes<'_> {
    fn borrow(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<&T> for BorrowedBytes<'_> {
    fn eq(&self, other: &&T) -> bool {
        self.bytes == other.as_ref()
    }
}

impl PartialEq<[u8]> for BorrowedBytes<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.bytes == other
    }
}

/// The text of a [`LuaString`]: a copy, as the string itself may move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BorrowedStr<'a> {
    text: String,
    string: PhantomData<&'a LuaString>,
}

impl Deref for BorrowedStr<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for BorrowedStr<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Borrow<str> for BorrowedStr<'_> {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for BorrowedStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Debug for BorrowedStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl<T: AsRef<str> + ?Sized> PartialEq<&T> for BorrowedStr<'_> {
    fn eq(&self, other: &&T) -> bool {
        self.text == other.as_ref()
    }
}

impl PartialEq<str> for BorrowedStr<'_> {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<String> for BorrowedStr<'_> {
    fn eq(&self, other: &String) -> bool {
        self.text == *other
    }
}
