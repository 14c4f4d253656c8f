//! Userdata: values of Rust in Lua.

mod cell;
mod handle;
mod metatable;
mod methods;

pub use cell::{UserDataRef, UserDataRefMut};
pub use handle::{AnyUserData, UserDataMetatable};
pub use methods::{UserDataFields, UserDataMethods, UserDataRegistry};

use super::error::Result;
use super::link::{Handle, Lua};
use super::table::Table;
use crate::heap::sharing::{MaybeSend, MaybeSync};
use crate::heap::value::Value as Raw;
use cell::Holder;
use core::any::{TypeId, type_name};
use std::fmt;

/// Types whose values can be userdata: they say which fields and methods Lua code sees.
///
/// Metatables are made once per state and type. A value becomes a userdata where it is
/// passed to Lua, or by [`Lua::create_userdata`].
///
/// ```
/// use rilua::{Lua, MetaMethod, UserData, UserDataFields, UserDataMethods};
///
/// struct Counter { count: i64 }
///
/// impl UserData for Counter {
///     fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
///         fields.add_field_method_get("count", |_, this| Ok(this.count));
///         fields.add_field_method_set("count", |_, this, count| {
///             this.count = count;
///             Ok(())
///         });
///     }
///
///     fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
///         methods.add_method_mut("add", |_, this, n: Option<i64>| {
///             this.count += n.unwrap_or(1);
///             Ok(this.count)
///         });
///         methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
///             Ok(format!("counter at {}", this.count))
///         });
///     }
/// }
///
/// let lua = Lua::new();
/// lua.globals().set("counter", Counter { count: 0 })?;
/// lua.load("counter:add() counter:add(10) counter.count = counter.count * 2").exec()?;
/// assert_eq!(lua.load("tostring(counter)").eval::<String>()?, "counter at 22");
/// # Ok::<(), rilua::Error>(())
/// ```
pub trait UserData: Sized {
    /// Says which fields there are.
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        let _none = fields;
    }

    /// Says which methods and metamethods there are.
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        let _none = methods;
    }

    /// Says both; what is called when the metatable is made.
    fn register(registry: &mut UserDataRegistry<Self>)
    where
        Self: MaybeSend + MaybeSync + 'static,
    {
        Self::add_fields(registry);
        Self::add_methods(registry);
    }
}

/// The metamethods of Lua 5.1 that a type can have (manual §2.8), and `__tostring`.
///
/// `__len`, `__eq`, `__lt` and `__le` work for userdata as they do for tables in the manual.
/// `__gc` can't be set: implement [`Drop`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum MetaMethod {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// `a / b`
    Div,
    /// `a % b`
    Mod,
    /// `a ^ b`
    Pow,
    /// `-a`
    Unm,
    /// `a .. b`
    Concat,
    /// `#a`
    Len,
    /// `a == b`, and `~=`; only asked for two userdata of the same type.
    Eq,
    /// `a < b`, and `>`
    Lt,
    /// `a <= b`, and `>=`
    Le,
    /// `a[k]`, after fields and methods
    Index,
    /// `a[k] = v`, after fields
    NewIndex,
    /// `a(…)`
    Call,
    /// `tostring(a)`
    ToString,
}

impl MetaMethod {
    /// The name in a metatable.
    pub const fn name(self) -> &'static str {
        match self {
            MetaMethod::Add => "__add",
            MetaMethod::Sub => "__sub",
            MetaMethod::Mul => "__mul",
            MetaMethod::Div => "__div",
            MetaMethod::Mod => "__mod",
            MetaMethod::Pow => "__pow",
            MetaMethod::Unm => "__unm",
            MetaMethod::Concat => "__concat",
            MetaMethod::Len => "__len",
            MetaMethod::Eq => "__eq",
            MetaMethod::Lt => "__lt",
            MetaMethod::Le => "__le",
            MetaMethod::Index => "__index",
            MetaMethod::NewIndex => "__newindex",
            MetaMethod::Call => "__call",
            MetaMethod::ToString => "__tostring",
        }
    }
}

impl AsRef<str> for MetaMethod {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl fmt::Display for MetaMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Lua {
    /// A userdata that holds a value.
    ///
    /// # Errors
    /// If the type's metatable can't be made, and as [`Lua::create_table`].
    pub fn create_userdata<T>(&self, value: T) -> Result<AnyUserData>
    where
        T: UserData + MaybeSend + MaybeSync + 'static,
    {
        let metatable = self.metatable_of::<T>(methods::describe::<T>)?;
        self.new_userdata(Holder::new(value), size_of::<T>(), metatable)
    }

    /// A userdata that holds a value of a type that need not implement [`UserData`]: it has
    /// the fields and methods that [`Lua::register_userdata_type`] gave to the type, if any.
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_any_userdata<T>(&self, value: T) -> Result<AnyUserData>
    where
        T: MaybeSend + MaybeSync + 'static,
    {
        let metatable = self.metatable_of::<T>(UserDataRegistry::new)?;
        self.new_userdata(Holder::new(value), size_of::<T>(), metatable)
    }

    /// A userdata without a value, through which Lua code calls the functions of a type:
    /// `Type.new(…)`.
    ///
    /// # Errors
    /// As [`Lua::create_userdata`].
    pub fn create_proxy<T>(&self) -> Result<AnyUserData>
    where
        T: UserData + MaybeSend + MaybeSync + 'static,
    {
        let metatable = self.metatable_of::<T>(methods::describe::<T>)?;
        self.new_userdata(Box::new(()), 0, metatable)
    }

    /// Gives fields and methods to a type that doesn't implement [`UserData`]; what it had
    /// before is replaced for userdata that are made from now on.
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn register_userdata_type<T>(
        &self,
        describe: impl FnOnce(&mut UserDataRegistry<T>),
    ) -> Result<()>
    where
        T: MaybeSend + MaybeSync + 'static,
    {
        let mut registry = UserDataRegistry::new(self);
        describe(&mut registry);
        let metatable = metatable::build(self, registry)?;
        self.link
            .keep_metatable(TypeId::of::<T>(), metatable.0.value());
        Ok(())
    }

    fn metatable_of<T>(&self, describe: impl FnOnce(&Lua) -> UserDataRegistry<T>) -> Result<Raw>
    where
        T: MaybeSend + MaybeSync + 'static,
    {
        if let Some(found) = self.link.metatable(TypeId::of::<T>()) {
            return Ok(found);
        }
        let metatable: Table = metatable::build(self, describe(self))
            .map_err(|error| error.context(format_args!("userdata {}", type_name::<T>())))?;
        let value = metatable.0.value();
        self.link.keep_metatable(TypeId::of::<T>(), value);
        Ok(value)
    }

    fn new_userdata(
        &self,
        data: Box<crate::heap::sharing::AnyData>,
        size: usize,
        metatable: Raw,
    ) -> Result<AnyUserData> {
        self.try_enter(|state| {
            let env = state.globals();
            let u = state.heap.new_userdata(size, env, Some(data));
            if let Some(metatable) = metatable.as_table() {
                state.heap.userdata_mut(u).metatable = metatable;
            }
            let userdata = AnyUserData(Handle::new(Raw::userdata(u), self));
            super::call::collect_if_due(state, self)?;
            Ok(userdata)
        })
    }
}
