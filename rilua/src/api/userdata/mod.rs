//! Userdata: values of Rust in Lua.

use super::link::Handle;
use super::value::Value;
use std::fmt;

/// A handle of a userdata (manual §2.2).
#[derive(Clone, PartialEq)]
pub struct AnyUserData(pub(crate) Handle);

impl AnyUserData {
    /// A number that is the same for the same userdata, see [`Value::to_pointer`].
    pub fn to_pointer(&self) -> usize {
        Value::UserData(self.clone()).to_pointer()
    }
}

impl fmt::Debug for AnyUserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyUserData({:#x})", self.to_pointer())
    }
}
