//! What a state keeps for its embedder, and the collector's controls.

use super::call::protected;
use super::convert::{FromLua, IntoLua};
use super::error::{Error, ErrorKind, Result};
use super::link::{Handle, Lua};
use super::table::Table;
use super::value::Value;
use crate::heap::sharing::{MaybeSend, MaybeSync, Shared};
use crate::heap::value::{Type, Value as Raw};
use crate::vm::State;
use core::any::TypeId;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::collections::HashMap;
use std::fmt;

#[cfg(not(feature = "send"))]
type Data = dyn std::any::Any;
#[cfg(feature = "send")]
type Data = dyn std::any::Any + Send + Sync;

/// Data by its type; nothing stands for data that is borrowed mutably.
pub(crate) type AppData = HashMap<TypeId, Option<Shared<Data>>>;

/// The registry's name for the table of named values.
const NAMED: &str = "rilua.named";

impl Lua {
    /// Keeps data of any type with the state, one of each type; what was there before is
    /// returned unless it is borrowed.
    ///
    /// ```
    /// use rilua::Lua;
    ///
    /// struct Config { verbose: bool }
    ///
    /// let lua = Lua::new();
    /// lua.set_app_data(Config { verbose: true });
    /// let verbose = lua.create_function(|lua, ()| {
    ///     Ok(lua.app_data_ref::<Config>().is_some_and(|config| config.verbose))
    /// })?;
    /// assert!(verbose.call::<bool>(())?);
    /// # Ok::<(), rilua::Error>(())
    /// ```
    pub fn set_app_data<T: MaybeSend + MaybeSync + 'static>(&self, data: T) -> Option<T> {
        let data: Shared<Data> = Shared::new(data);
        let old = self
            .link
            .app_data
            .with(|all| all.insert(TypeId::of::<T>(), Some(data)));
        let old = old.flatten().flatten()?.downcast::<T>().ok()?;
        Shared::try_unwrap(old).ok()
    }

    /// The data of a type; `None` if there is none, or it is borrowed mutably.
    pub fn app_data_ref<T: MaybeSend + MaybeSync + 'static>(&self) -> Option<AppDataRef<'_, T>> {
        let data = self.link.app_data.with(|all| {
            let data = all.get(&TypeId::of::<T>())?.as_ref()?;
            Some(Shared::clone(data))
        });
        Some(AppDataRef {
            data: data.flatten()?.downcast::<T>().ok()?,
            lua: PhantomData,
        })
    }

    /// The data of a type, to be changed; `None` if there is none, or it is borrowed.
    pub fn app_data_mut<T: MaybeSend + MaybeSync + 'static>(&self) -> Option<AppDataRefMut<'_, T>> {
        let data = self.link.app_data.with(|all| {
            let place = all.get_mut(&TypeId::of::<T>())?;
            if Shared::get_mut(place.as_mut()?).is_some() {
                place.take()
            } else {
                None
            }
        });
        Some(AppDataRefMut {
            data: Some(data.flatten()?.downcast::<T>().ok()?),
            lua: self,
        })
    }

    /// Takes the data of a type away; `None` if there is none, or it is borrowed.
    pub fn remove_app_data<T: MaybeSend + MaybeSync + 'static>(&self) -> Option<T> {
        let data = self.link.app_data.with(|all| {
            let place = all.get_mut(&TypeId::of::<T>())?;
            Shared::get_mut(place.as_mut()?)?;
            all.remove(&TypeId::of::<T>()).flatten()
        });
        let data = data.flatten()?.downcast::<T>().ok()?;
        Shared::try_unwrap(data).ok()
    }

    fn named(&self) -> Result<Table> {
        let registry = self.registry_table()?;
        if let Some(named) = registry.raw_get::<Option<Table>>(NAMED)? {
            return Ok(named);
        }
        let named = self.create_table()?;
        registry.raw_set(NAMED, &named)?;
        Ok(named)
    }

    /// Keeps a value under a name that no script sees.
    ///
    /// # Errors
    /// If the value can't be converted.
    pub fn set_named_registry_value(&self, name: &str, value: impl IntoLua) -> Result<()> {
        self.named()?.raw_set(name, value)
    }

    /// The value that was kept under a name, or `nil`.
    ///
    /// # Errors
    /// If it doesn't suit `T`.
    pub fn named_registry_value<T: FromLua>(&self, name: &str) -> Result<T> {
        self.named()?.raw_get(name)
    }

    /// Forgets the value that was kept under a name.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn unset_named_registry_value(&self, name: &str) -> Result<()> {
        self.named()?.raw_set(name, Value::Nil)
    }

    /// Keeps a value until its key is dropped.
    ///
    /// # Errors
    /// If the value can't be converted.
    pub fn create_registry_value(&self, value: impl IntoLua) -> Result<RegistryKey> {
        let value = value.into_lua(self)?;
        let raw = self.try_enter(|state| {
            let access = &mut super::convert::Access { state, lua: self };
            Ok((&value).__into_raw(access)?.0)
        })?;
        Ok(RegistryKey(Handle::new(raw, self)))
    }

    /// The value of a key.
    ///
    /// # Errors
    /// If the key belongs to another state, or the value doesn't suit `T`.
    pub fn registry_value<T: FromLua>(&self, key: &RegistryKey) -> Result<T> {
        let raw = key.0.value_in(self)?;
        let value = self.try_enter(|state| {
            let access = &mut super::convert::Access { state, lua: self };
            Value::__from_raw(super::convert::RawValue(raw), access)
        })?;
        T::from_lua(value, self)
    }

    /// Forgets a value.
    ///
    /// # Errors
    /// If the key belongs to another state.
    pub fn remove_registry_value(&self, key: RegistryKey) -> Result<()> {
        key.0.value_in(self).map(drop)
    }

    /// Keeps another value under a key.
    ///
    /// # Errors
    /// If the key belongs to another state, or the value can't be converted.
    pub fn replace_registry_value(&self, key: &mut RegistryKey, value: impl IntoLua) -> Result<()> {
        key.0.value_in(self)?;
        *key = self.create_registry_value(value)?;
        Ok(())
    }

    /// Does a key belong to this state?
    pub fn owns_registry_value(&self, key: &RegistryKey) -> bool {
        key.0.value_in(self).is_ok()
    }

    /// The metatable that all values of a basic type share (manual §2.8): booleans,
    /// numbers, strings, functions, coroutines or `nil`, by the name that `type` gives.
    pub fn type_metatable(&self, type_name: &str) -> Option<Table> {
        let index = basic_type(type_name)?;
        let metatable = self.enter(|state| {
            let metatable = *state.heap.type_metatables.get(index)?;
            let metatable = metatable.some()?;
            Some(Table(Handle::new(Raw::table(metatable), self)))
        });
        metatable.ok().flatten()
    }

    /// Sets or takes away the metatable that all values of a basic type share.
    ///
    /// # Errors
    /// If there is no such type, or the metatable belongs to another state.
    pub fn set_type_metatable(&self, type_name: &str, metatable: Option<Table>) -> Result<()> {
        let Some(index) = basic_type(type_name) else {
            let message = format!("values of type '{type_name}' share no metatable");
            return Err(Error::new(ErrorKind::Runtime, message));
        };
        let metatable = match metatable {
            Some(metatable) => metatable.0.value_in(self)?.as_table(),
            None => None,
        };
        self.enter(|state| {
            if let Some(place) = state.heap.type_metatables.get_mut(index) {
                *place = metatable.unwrap_or(crate::heap::value::TableRef::NONE);
            }
        })
    }

    /// Memory in use, in bytes, as Lua 5.1 on a 64-bit system would count it
    /// (manual §5.1, `collectgarbage("count")`).
    pub fn used_memory(&self) -> usize {
        self.enter(|state| state.heap.memory.total)
            .unwrap_or_default()
    }

    /// Memory in use, in units of 1024 bytes; see [`Lua::used_memory`].
    pub fn gc_count(&self) -> f64 {
        self.used_memory() as f64 / 1024.0
    }

    fn collect<T>(
        &self,
        work: impl FnOnce(&mut State) -> crate::vm::error::Result<T>,
    ) -> Result<T> {
        self.try_enter(|state| protected(state, self, work))
    }

    /// Runs a whole cycle of the collector (manual §2.10). Values that have a finalizer are
    /// freed by the next one.
    ///
    /// # Errors
    /// What a finalizer raises.
    pub fn gc_collect(&self) -> Result<()> {
        self.collect(State::collect_full)
    }

    /// Runs one step of the collector; true if it ended a cycle.
    ///
    /// # Errors
    /// What a finalizer raises.
    pub fn gc_step(&self) -> Result<bool> {
        self.gc_step_kbytes(0)
    }

    /// Runs a step of the collector as if this many units of 1024 bytes had been allocated;
    /// true if it ended a cycle (manual §5.1, `collectgarbage("step", n)`).
    ///
    /// # Errors
    /// What a finalizer raises.
    pub fn gc_step_kbytes(&self, kbytes: i32) -> Result<bool> {
        self.collect(|state| state.collect_by_request(kbytes))
    }

    /// Stops the collector until [`Lua::gc_restart`].
    pub fn gc_stop(&self) {
        // A state that can't be worked on collects nothing.
        let _stopped = self.enter(|state| state.heap.set_due(usize::MAX));
    }

    /// Lets the collector run again.
    pub fn gc_restart(&self) {
        let _restarted = self.enter(|state| state.heap.set_due(state.heap.memory.total));
    }

    /// Does the collector run?
    pub fn gc_is_running(&self) -> bool {
        self.enter(|state| state.heap.collector.due != usize::MAX)
            .unwrap_or_default()
    }

    /// Sets the pause between cycles, in percent of the memory in use after one
    /// (manual §2.10); the old value.
    pub fn gc_set_pause(&self, percent: i32) -> i32 {
        self.enter(|state| core::mem::replace(&mut state.heap.collector.pause, percent))
            .unwrap_or_default()
    }

    /// Sets the speed of the collector, in percent of the speed of allocation
    /// (manual §2.10); the old value.
    pub fn gc_set_step_multiplier(&self, percent: i32) -> i32 {
        self.enter(|state| core::mem::replace(&mut state.heap.collector.step_multiplier, percent))
            .unwrap_or_default()
    }
}

fn basic_type(name: &str) -> Option<usize> {
    let all = [
        Type::Nil,
        Type::Boolean,
        Type::Number,
        Type::String,
        Type::Function,
        Type::Thread,
    ];
    all.into_iter()
        .find(|kind| kind.name() == name)
        .map(|kind| kind as usize)
}

/// A value that is kept: [`Lua::create_registry_value`].
#[derive(PartialEq)]
pub struct RegistryKey(Handle);

impl fmt::Debug for RegistryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryKey")
    }
}

/// Borrowed data of a state: [`Lua::app_data_ref`].
#[derive(Debug)]
pub struct AppDataRef<'a, T> {
    data: Shared<T>,
    lua: PhantomData<&'a Lua>,
}

impl<T> Deref for AppDataRef<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.data
    }
}

/// Mutably borrowed data of a state: [`Lua::app_data_mut`].
#[derive(Debug)]
pub struct AppDataRefMut<'a, T: MaybeSend + MaybeSync + 'static> {
    data: Option<Shared<T>>,
    lua: &'a Lua,
}

impl<T: MaybeSend + MaybeSync + 'static> Deref for AppDataRefMut<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        match &self.data {
            Some(data) => data,
            None => unreachable!("the data leaves with its borrower"),
        }
    }
}

impl<T: MaybeSend + MaybeSync + 'static> DerefMut for AppDataRefMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self.data.as_mut().and_then(Shared::get_mut) {
            Some(data) => data,
            None => unreachable!("nobody shares data that was taken out"),
        }
    }
}

impl<T: MaybeSend + MaybeSync + 'static> Drop for AppDataRefMut<'_, T> {
    fn drop(&mut self) {
        if let Some(data) = self.data.take() {
            self.lua.link.app_data.with(|all| {
                // Other data may have been set meanwhile: it stays.
                if let Some(place @ None) = all.get_mut(&TypeId::of::<T>()) {
                    *place = Some(data);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_data_is_borrowed_with_care() {
        let lua = Lua::new();
        assert_eq!(lua.set_app_data(1_i32), None);
        assert_eq!(lua.set_app_data(2_i32), Some(1));
        {
            let mut data = lua.app_data_mut::<i32>().unwrap();
            *data += 40;
            assert!(lua.app_data_ref::<i32>().is_none() && lua.app_data_mut::<i32>().is_none());
        }
        {
            let data = lua.app_data_ref::<i32>().unwrap();
            assert_eq!(*data, 42);
            assert!(lua.app_data_mut::<i32>().is_none() && lua.remove_app_data::<i32>().is_none());
        }
        assert_eq!(lua.remove_app_data::<i32>(), Some(42));
        assert!(lua.app_data_ref::<String>().is_none());
    }

    #[test]
    fn registry_values_are_kept() {
        let lua = Lua::new();
        lua.set_named_registry_value("_LOADED", "mine").unwrap();
        assert_eq!(
            lua.named_registry_value::<String>("_LOADED").unwrap(),
            "mine"
        );
        lua.unset_named_registry_value("_LOADED").unwrap();
        assert_eq!(
            lua.named_registry_value::<Option<i32>>("_LOADED").unwrap(),
            None
        );
        let mut key = lua.create_registry_value(vec![1, 2]).unwrap();
        lua.gc_collect().unwrap();
        assert_eq!(lua.registry_value::<Vec<i32>>(&key).unwrap(), [1, 2]);
        lua.replace_registry_value(&mut key, "text").unwrap();
        assert_eq!(lua.registry_value::<String>(&key).unwrap(), "text");
        assert!(!Lua::new().owns_registry_value(&key));
        lua.remove_registry_value(key).unwrap();
    }

    #[test]
    fn the_collector_obeys() {
        let lua = Lua::new();
        lua.gc_stop();
        assert!(!lua.gc_is_running());
        let before = lua.used_memory();
        lua.load("for i = 1, 10000 do local t = {} end")
            .exec()
            .unwrap();
        assert!(lua.used_memory() > before + 10_000 * 40);
        lua.gc_restart();
        lua.gc_collect().unwrap();
        assert!(lua.used_memory() < before + 10_000 && lua.gc_count() > 1.0);
        assert_eq!(lua.gc_set_pause(150), 200);
        while !lua.gc_step().unwrap() {}
        let strings = lua.type_metatable("string").unwrap();
        assert!(strings.contains_key("__index").unwrap());
        let numbers = lua.create_table_from([("__index", strings)]).unwrap();
        lua.set_type_metatable("number", Some(numbers)).unwrap();
        assert!(lua.load("(5).x == nil").eval::<bool>().unwrap());
        assert!(lua.set_type_metatable("table", None).is_err());
    }
}
