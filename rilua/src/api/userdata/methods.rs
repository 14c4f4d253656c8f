//! What a type's metatable is made of: the traits through which it is described, and the
//! callbacks behind methods and fields.

use super::cell::{Holder, type_mismatch};
use super::{AnyUserData, MetaMethod, UserData};
use crate::api::callback::{Callback, Mutable, Plain, arguments, results};
use crate::api::convert::{FromLua, IntoLua};
use crate::api::error::{Error, Result};
use crate::api::link::{Lua, lend};
use crate::api::multi::{FromLuaMulti, IntoLuaMulti};
use crate::api::value::Value;
use crate::heap::sharing::{MaybeSend, MaybeSync, Shared};
use crate::vm::State;
use core::any::type_name;
use std::marker::PhantomData;

use super::cell::UserDataCell;

/// Fields of userdata: what `object.name` reads and writes.
///
/// A field of a value is read by a `get` closure and written by a `set` closure; writing a
/// field that has none is an error. Names of fields come before names of methods.
pub trait UserDataFields<T> {
    /// A field that is the same for all values of the type.
    fn add_field<V: IntoLua + 'static>(&mut self, name: impl Into<String>, value: V);

    /// How a field is read.
    fn add_field_method_get<M, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, &T) -> Result<R> + MaybeSend + MaybeSync + 'static,
        R: IntoLua + 'static;

    /// How a field is written.
    fn add_field_method_set<M, A>(&mut self, name: impl Into<String>, method: M)
    where
        M: FnMut(&Lua, &mut T, A) -> Result<()> + MaybeSend + 'static,
        A: FromLua + 'static;

    /// How a field is read, by a closure that gets the userdata itself.
    fn add_field_function_get<F, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&Lua, AnyUserData) -> Result<R> + MaybeSend + MaybeSync + 'static,
        R: IntoLua + 'static;

    /// How a field is written, by a closure that gets the userdata itself.
    fn add_field_function_set<F, A>(&mut self, name: impl Into<String>, function: F)
    where
        F: FnMut(&Lua, AnyUserData, A) -> Result<()> + MaybeSend + 'static,
        A: FromLua + 'static;

    /// A field of the metatable, such as [`MetaMethod::ToString`] or a name of your own.
    fn add_meta_field<V: IntoLua + 'static>(&mut self, name: impl Into<String>, value: V);

    /// A field of the metatable that is made when the metatable is.
    fn add_meta_field_with<F, R>(&mut self, name: impl Into<String>, make: F)
    where
        F: FnOnce(&Lua) -> Result<R> + 'static,
        R: IntoLua + 'static;
}

/// Methods of userdata: what `object:name(…)` calls, and metamethods (manual §2.8).
///
/// A method borrows its value while it runs; `_mut` methods borrow it mutably, so that they
/// can't be called for it from within themselves.
pub trait UserDataMethods<T> {
    /// A method that reads the value.
    fn add_method<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, &T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// A method that changes the value.
    fn add_method_mut<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: FnMut(&Lua, &mut T, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// A method that takes the value out of its userdata, which is of no use afterwards.
    fn add_method_once<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// A function that gets all its arguments as they are: called as `object.name(…)`.
    fn add_function<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// The same for a closure that changes what it holds.
    fn add_function_mut<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: FnMut(&Lua, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// A metamethod that reads the value, which has to be the first operand.
    ///
    /// `__gc` and `__metatable` can't be set.
    fn add_meta_method<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, &T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// A metamethod that changes the value, which has to be the first operand.
    fn add_meta_method_mut<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: FnMut(&Lua, &mut T, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// A metamethod that gets all operands as they are.
    fn add_meta_function<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;

    /// The same for a closure that changes what it holds.
    fn add_meta_function_mut<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: FnMut(&Lua, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static;
}

type Make = Box<dyn FnOnce(&Lua) -> Result<Value>>;

/// Collects what [`UserData`] says about a type, or what
/// [`Lua::register_userdata_type`](crate::api::Lua::register_userdata_type) is told.
pub struct UserDataRegistry<T> {
    pub(super) lua: Lua,
    pub(super) fields: Vec<(String, Make)>,
    pub(super) getters: Vec<(String, Shared<dyn Callback>)>,
    pub(super) setters: Vec<(String, Shared<dyn Callback>)>,
    pub(super) methods: Vec<(String, Shared<dyn Callback>)>,
    pub(super) meta_fields: Vec<(String, Make)>,
    pub(super) meta_methods: Vec<(String, Shared<dyn Callback>)>,
    types: PhantomData<fn() -> T>,
}

impl<T> core::fmt::Debug for UserDataRegistry<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("UserDataRegistry").finish_non_exhaustive()
    }
}

impl<T: MaybeSend + MaybeSync + 'static> UserDataRegistry<T> {
    pub(super) fn new(lua: &Lua) -> UserDataRegistry<T> {
        UserDataRegistry {
            lua: lua.unowned(),
            fields: Vec::new(),
            getters: Vec::new(),
            setters: Vec::new(),
            methods: Vec::new(),
            meta_fields: Vec::new(),
            meta_methods: Vec::new(),
            types: PhantomData,
        }
    }

    fn method<M, A, R>(&self, method: M) -> Shared<dyn Callback>
    where
        M: Fn(&Lua, &T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        Shared::new(Method {
            lua: self.lua.unowned(),
            method,
            skip: 1,
            types: PhantomData,
        })
    }

    fn method_mut<M, A, R>(&self, method: M, skip: usize) -> Shared<dyn Callback>
    where
        M: FnMut(&Lua, &mut T, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        Shared::new(MethodMut {
            lua: self.lua.unowned(),
            method: Mutable::new(method),
            skip,
            types: PhantomData,
        })
    }

    fn function<F, A, R>(&self, function: F) -> Shared<dyn Callback>
    where
        F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        Shared::new(Plain {
            lua: self.lua.unowned(),
            function,
            types: PhantomData,
        })
    }
}

/// Puts a closure that changes what it holds where one that doesn't is wanted.
fn immutable<F, A, R>(
    function: F,
) -> impl Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static
where
    F: FnMut(&Lua, A) -> Result<R> + MaybeSend + 'static,
    A: 'static,
    R: 'static,
{
    let function = Mutable::new(function);
    move |lua, arguments| function.with(|function| function(lua, arguments))
}

impl<T: MaybeSend + MaybeSync + 'static> UserDataFields<T> for UserDataRegistry<T> {
    fn add_field<V: IntoLua + 'static>(&mut self, name: impl Into<String>, value: V) {
        let make = Box::new(move |lua: &Lua| value.into_lua(lua));
        self.fields.push((name.into(), make));
    }

    fn add_field_method_get<M, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, &T) -> Result<R> + MaybeSend + MaybeSync + 'static,
        R: IntoLua + 'static,
    {
        let getter = self.method(move |lua, value, ()| method(lua, value));
        self.getters.push((name.into(), getter));
    }

    fn add_field_method_set<M, A>(&mut self, name: impl Into<String>, method: M)
    where
        M: FnMut(&Lua, &mut T, A) -> Result<()> + MaybeSend + 'static,
        A: FromLua + 'static,
    {
        // The arguments are those of `__newindex`: the value is the third one.
        let setter = self.method_mut(method, 2);
        self.setters.push((name.into(), setter));
    }

    fn add_field_function_get<F, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&Lua, AnyUserData) -> Result<R> + MaybeSend + MaybeSync + 'static,
        R: IntoLua + 'static,
    {
        let getter = self.function(function);
        self.getters.push((name.into(), getter));
    }

    fn add_field_function_set<F, A>(&mut self, name: impl Into<String>, function: F)
    where
        F: FnMut(&Lua, AnyUserData, A) -> Result<()> + MaybeSend + 'static,
        A: FromLua + 'static,
    {
        let function = Mutable::new(function);
        let setter = self.function(move |lua, (userdata, _, value): (_, Value, A)| {
            function.with(|function| function(lua, userdata, value))
        });
        self.setters.push((name.into(), setter));
    }

    fn add_meta_field<V: IntoLua + 'static>(&mut self, name: impl Into<String>, value: V) {
        let make = Box::new(move |lua: &Lua| value.into_lua(lua));
        self.meta_fields.push((name.into(), make));
    }

    fn add_meta_field_with<F, R>(&mut self, name: impl Into<String>, make: F)
    where
        F: FnOnce(&Lua) -> Result<R> + 'static,
        R: IntoLua + 'static,
    {
        let make = Box::new(move |lua: &Lua| make(lua)?.into_lua(lua));
        self.meta_fields.push((name.into(), make));
    }
}

impl<T: MaybeSend + MaybeSync + 'static> UserDataMethods<T> for UserDataRegistry<T> {
    fn add_method<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, &T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let method = self.method(method);
        self.methods.push((name.into(), method));
    }

    fn add_method_mut<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: FnMut(&Lua, &mut T, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let method = self.method_mut(method, 1);
        self.methods.push((name.into(), method));
    }

    fn add_method_once<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let method = Shared::new(MethodOnce {
            lua: self.lua.unowned(),
            method,
            types: PhantomData,
        });
        self.methods.push((name.into(), method));
    }

    fn add_function<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let function = self.function(function);
        self.methods.push((name.into(), function));
    }

    fn add_function_mut<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: FnMut(&Lua, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        self.add_function(name, immutable(function));
    }

    fn add_meta_method<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: Fn(&Lua, &T, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let method = self.method(method);
        self.meta_methods.push((name.into(), method));
    }

    fn add_meta_method_mut<M, A, R>(&mut self, name: impl Into<String>, method: M)
    where
        M: FnMut(&Lua, &mut T, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let method = self.method_mut(method, 1);
        self.meta_methods.push((name.into(), method));
    }

    fn add_meta_function<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let function = self.function(function);
        self.meta_methods.push((name.into(), function));
    }

    fn add_meta_function_mut<F, A, R>(&mut self, name: impl Into<String>, function: F)
    where
        F: FnMut(&Lua, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        self.add_meta_function(name, immutable(function));
    }
}

/// The cell of the value that a method is called for: the first argument.
#[inline]
fn receiver<T: MaybeSend + MaybeSync + 'static>(state: &State) -> Result<&Shared<UserDataCell<T>>> {
    let Some(u) = state.argument(1).as_userdata() else {
        return Err(no_receiver::<T>(state));
    };
    Holder::of(state.heap.userdata(u)).ok_or_else(type_mismatch::<T>)
}

#[cold]
fn no_receiver<T>(state: &State) -> Error {
    let found = state.argument_type_name(1);
    let reason = "is the method called with ':'?".to_owned();
    Error::from_lua_conversion(found, type_name::<T>(), reason).for_argument(1)
}

struct Method<M, T, A, R> {
    lua: Lua,
    method: M,
    skip: usize,
    types: PhantomData<fn(T, A) -> R>,
}

impl<M, T, A, R> Callback for Method<M, T, A, R>
where
    M: Fn(&Lua, &T, A) -> Result<R> + MaybeSend + MaybeSync,
    T: MaybeSend + MaybeSync + 'static,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    fn run(&self, state: &mut State) -> Result<usize> {
        let lua = &self.lua;
        let value = receiver::<T>(state)?.share()?;
        let given = arguments::<A>(state, lua, self.skip)?;
        let returned = lend(state, lua, || (self.method)(lua, &value, given))?;
        results(state, lua, returned)
    }

    fn lua(&self) -> &Lua {
        &self.lua
    }
}

struct MethodMut<M, T, A, R> {
    lua: Lua,
    method: Mutable<M>,
    skip: usize,
    types: PhantomData<fn(T, A) -> R>,
}

impl<M, T, A, R> Callback for MethodMut<M, T, A, R>
where
    M: FnMut(&Lua, &mut T, A) -> Result<R> + MaybeSend,
    T: MaybeSend + MaybeSync + 'static,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    fn run(&self, state: &mut State) -> Result<usize> {
        let lua = &self.lua;
        let mut value = UserDataCell::lock(receiver::<T>(state)?)?;
        let given = arguments::<A>(state, lua, self.skip)?;
        let returned = lend(state, lua, || {
            self.method.with(|method| match value.get_mut() {
                Some(value) => method(lua, value, given),
                None => Err(type_mismatch::<T>()),
            })
        })?;
        drop(value);
        results(state, lua, returned)
    }

    fn lua(&self) -> &Lua {
        &self.lua
    }
}

struct MethodOnce<M, T, A, R> {
    lua: Lua,
    method: M,
    types: PhantomData<fn(T, A) -> R>,
}

impl<M, T, A, R> Callback for MethodOnce<M, T, A, R>
where
    M: Fn(&Lua, T, A) -> Result<R> + MaybeSend + MaybeSync,
    T: MaybeSend + MaybeSync + 'static,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    fn run(&self, state: &mut State) -> Result<usize> {
        let lua = &self.lua;
        let given = arguments::<A>(state, lua, 1)?;
        let value = receiver::<T>(state)?.take()?;
        let returned = lend(state, lua, || (self.method)(lua, value, given))?;
        results(state, lua, returned)
    }

    fn lua(&self) -> &Lua {
        &self.lua
    }
}

/// What the metatable of a type is made of.
pub(super) fn describe<T: UserData + MaybeSend + MaybeSync + 'static>(
    lua: &Lua,
) -> UserDataRegistry<T> {
    let mut registry = UserDataRegistry::new(lua);
    T::register(&mut registry);
    registry
}

/// Metamethods that a type may not set.
pub(super) fn is_restricted(name: &str) -> bool {
    matches!(name, "__gc" | "__metatable")
}

impl From<MetaMethod> for String {
    fn from(method: MetaMethod) -> String {
        method.name().to_owned()
    }
}
