//! What tables and userdata have in common.

use super::convert::{FromLua, IntoLua};
use super::error::Result;
use super::multi::{FromLuaMulti, IntoLuaMulti};
use super::table::Table;
use super::userdata::AnyUserData;
use super::value::Value;

/// Tables and userdata, as code that doesn't care which of them it has sees them. Both
/// have the same methods of their own.
pub trait ObjectLike {
    /// `object[key]`, with metamethods.
    ///
    /// # Errors
    /// What a metamethod raises, and if the value doesn't suit `V`.
    fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V>;

    /// `object[key] = value`, with metamethods.
    ///
    /// # Errors
    /// What a metamethod raises.
    fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()>;

    /// Calls the object, which has to have the metamethod `__call`.
    ///
    /// # Errors
    /// What the call raises.
    fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R>;

    /// Calls `object:name(…)`.
    ///
    /// # Errors
    /// What the call raises.
    fn call_method<R: FromLuaMulti>(&self, name: &str, arguments: impl IntoLuaMulti) -> Result<R>;

    /// Calls `object.name(…)`.
    ///
    /// # Errors
    /// What the call raises.
    fn call_function<R: FromLuaMulti>(&self, name: &str, arguments: impl IntoLuaMulti)
    -> Result<R>;

    /// The text that `tostring` makes of the object.
    ///
    /// # Errors
    /// What the metamethod raises.
    fn to_string(&self) -> Result<String>;
}

macro_rules! objects {
    ($($object:ident $variant:ident),*) => { $(
        impl ObjectLike for $object {
            fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
                $object::get(self, key)
            }
            fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
                $object::set(self, key, value)
            }
            fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
                $object::call(self, arguments)
            }
            fn call_method<R: FromLuaMulti>(
                &self,
                name: &str,
                arguments: impl IntoLuaMulti,
            ) -> Result<R> {
                $object::call_method(self, name, arguments)
            }
            fn call_function<R: FromLuaMulti>(
                &self,
                name: &str,
                arguments: impl IntoLuaMulti,
            ) -> Result<R> {
                $object::call_function(self, name, arguments)
            }
            fn to_string(&self) -> Result<String> {
                Value::$variant(self.clone()).to_string()
            }
        }
    )* };
}

objects!(Table Table, AnyUserData UserData);
