//! The value inside a userdata: it can be borrowed by several at once, or by one alone,
//! or be taken out, which is checked as it happens.
//!
//! Borrowers share the value by count. Who wants it alone takes it out of its cell, which
//! works when nobody else has it, and puts it back; so no borrower needs a lifetime.

use crate::api::convert::{FromLua, IntoLua};
use crate::api::error::{Error, ErrorKind, Result};
use crate::api::link::Lua;
use crate::api::value::Value;
use crate::heap::object::UserData as HeapUserData;
use crate::heap::sharing::{MaybeSend, MaybeSync, Place, Shared};
use core::any::type_name;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};
use std::fmt;

/// Where the value of one userdata is.
pub(crate) struct UserDataCell<T> {
    value: Place<Shared<T>>,
    /// The value was taken out for good.
    destructed: AtomicBool,
}

/// What the heap keeps for a userdata that holds a `T`.
pub(crate) struct Holder<T>(pub(crate) Shared<UserDataCell<T>>);

impl<T: MaybeSend + MaybeSync + 'static> Holder<T> {
    pub(crate) fn new(value: T) -> Box<Holder<T>> {
        Box::new(Holder(Shared::new(UserDataCell {
            value: Place::new(Some(Shared::new(value))),
            destructed: AtomicBool::new(false),
        })))
    }

    /// The cell of a userdata, if it holds a `T`.
    #[inline]
    pub(crate) fn of(data: &HeapUserData) -> Option<&Shared<UserDataCell<T>>> {
        let holder: &Holder<T> = data.data.as_ref()?.downcast_ref()?;
        Some(&holder.0)
    }
}

impl<T> UserDataCell<T> {
    /// Shares the value.
    #[inline]
    pub(crate) fn share(&self) -> Result<Shared<T>> {
        match self.value.take() {
            Some(value) => {
                let shared = Shared::clone(&value);
                self.value.put(value);
                Ok(shared)
            }
            None => Err(self.absent::<T>(ErrorKind::UserDataBorrow)),
        }
    }

    /// Takes the value out for one borrower.
    #[inline]
    pub(crate) fn lock(cell: &Shared<UserDataCell<T>>) -> Result<Exclusive<T>> {
        let Some(mut value) = cell.value.take() else {
            return Err(cell.absent::<T>(ErrorKind::UserDataBorrowMut));
        };
        if Shared::get_mut(&mut value).is_none() {
            cell.value.put(value);
            return Err(borrowed::<T>(ErrorKind::UserDataBorrowMut));
        }
        Ok(Exclusive {
            cell: Shared::clone(cell),
            value: Some(value),
        })
    }

    /// Takes the value out for good.
    pub(crate) fn take(&self) -> Result<T> {
        let Some(value) = self.value.take() else {
            return Err(self.absent::<T>(ErrorKind::UserDataBorrowMut));
        };
        match Shared::try_unwrap(value) {
            Ok(value) => {
                self.destructed.store(true, Ordering::Relaxed);
                Ok(value)
            }
            Err(value) => {
                self.value.put(value);
                Err(borrowed::<T>(ErrorKind::UserDataBorrowMut))
            }
        }
    }

    #[cold]
    fn absent<V>(&self, kind: ErrorKind) -> Error {
        if self.destructed.load(Ordering::Relaxed) {
            let message = format!("the {} of this userdata was taken out", type_name::<V>());
            return Error::new(ErrorKind::UserDataDestructed, message);
        }
        borrowed::<V>(kind)
    }
}

#[cold]
fn borrowed<T>(kind: ErrorKind) -> Error {
    let how = match kind {
        ErrorKind::UserDataBorrow => "already mutably borrowed",
        _ => "already borrowed",
    };
    Error::new(
        kind,
        format!("the {} of this userdata is {how}", type_name::<T>()),
    )
}

#[cold]
pub(crate) fn type_mismatch<T>() -> Error {
    let message = format!("the userdata holds no {}", type_name::<T>());
    Error::new(ErrorKind::UserDataTypeMismatch, message)
}

/// The one borrower of a value; the value goes back into its cell with it.
pub(crate) struct Exclusive<T> {
    cell: Shared<UserDataCell<T>>,
    value: Option<Shared<T>>,
}

impl<T> Exclusive<T> {
    /// The value; there is one until the borrower is dropped, and nobody shares it.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut().and_then(Shared::get_mut)
    }
}

impl<T> Drop for Exclusive<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            self.cell.value.put(value);
        }
    }
}

/// A borrowed value of a userdata: the result of
/// [`AnyUserData::borrow`](super::AnyUserData::borrow), and an argument of callbacks.
///
/// ```
/// use rilua::{Lua, UserData, UserDataRef};
///
/// struct Point(f64);
/// impl UserData for Point {}
///
/// let lua = Lua::new();
/// let double = lua.create_function(|_, p: UserDataRef<Point>| Ok(p.0 * 2.0))?;
/// assert_eq!(double.call::<f64>(Point(1.5))?, 3.0);
/// # Ok::<(), rilua::Error>(())
/// ```
pub struct UserDataRef<T>(Shared<T>);

impl<T> UserDataRef<T> {
    pub(crate) fn new(value: Shared<T>) -> UserDataRef<T> {
        UserDataRef(value)
    }
}

impl<T> Deref for UserDataRef<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for UserDataRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for UserDataRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: MaybeSend + MaybeSync + 'static> FromLua for UserDataRef<T> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        match value {
            Value::UserData(userdata) => userdata.borrow(),
            other => Err(no_userdata::<T>(&other)),
        }
    }
}

/// A mutably borrowed value of a userdata: the result of
/// [`AnyUserData::borrow_mut`](super::AnyUserData::borrow_mut), and an argument of callbacks.
pub struct UserDataRefMut<T>(Exclusive<T>);

impl<T> UserDataRefMut<T> {
    pub(crate) fn new(value: Exclusive<T>) -> UserDataRefMut<T> {
        UserDataRefMut(value)
    }
}

impl<T> Deref for UserDataRefMut<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        match &self.0.value {
            Some(value) => value,
            None => unreachable!("the value leaves with its borrower"),
        }
    }
}

impl<T> DerefMut for UserDataRefMut<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        match self.0.get_mut() {
            Some(value) => value,
            None => unreachable!("nobody shares a value that was taken out of its cell"),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for UserDataRefMut<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: MaybeSend + MaybeSync + 'static> FromLua for UserDataRefMut<T> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        match value {
            Value::UserData(userdata) => userdata.borrow_mut(),
            other => Err(no_userdata::<T>(&other)),
        }
    }
}

#[cold]
fn no_userdata<T>(value: &Value) -> Error {
    Error::from_lua_conversion(value.type_name(), type_name::<T>(), None)
}

/// A value of Rust becomes a new userdata.
impl<T: super::UserData + MaybeSend + MaybeSync + 'static> IntoLua for T {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_userdata(self).map(Value::UserData)
    }
}
