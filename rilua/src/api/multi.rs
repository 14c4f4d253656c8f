//! Conversions of lists of values: arguments and results.

use super::convert::{Access, FromLua, IntoLua, RawValue};
use super::error::{Error, Result};
use super::link::Lua;
use super::value::{MultiValue, Value, Variadic};
use crate::heap::value::Value as Raw;
use crate::vm::State;

/// Types that a list of values can be made of: the arguments of a callback, the results
/// of a call.
///
/// Every [`FromLua`] type takes the first value (`nil` if there is none), a tuple one
/// value per item; more values than are wanted are dropped, as Lua does (manual §2.5.8).
/// [`Variadic`] and [`MultiValue`] take all that are left, so they come last in a tuple.
pub trait FromLuaMulti: Sized {
    /// Converts the values.
    ///
    /// # Errors
    /// If one of them doesn't suit.
    fn from_lua_multi(values: MultiValue, lua: &Lua) -> Result<Self>;

    #[doc(hidden)]
    const DIRECT: bool = false;

    #[doc(hidden)]
    fn __from_stack(access: &mut Access<'_>, first: usize, count: usize) -> Result<Self> {
        let _unused = (access, first, count);
        Err(Error::runtime("a conversion was not prepared"))
    }
}

/// Types that can be turned into a list of values: arguments of a call, results of a
/// callback. `()` is no value, a tuple one value per item.
pub trait IntoLuaMulti: Sized {
    /// Converts to values.
    ///
    /// # Errors
    /// If Lua can't represent one of them.
    fn into_lua_multi(self, lua: &Lua) -> Result<MultiValue>;

    #[doc(hidden)]
    const DIRECT: bool = false;

    #[doc(hidden)]
    fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
        let _unused = access;
        Err(Error::runtime("a conversion was not prepared"))
    }
}

/// The value in a slot of the running thread's stack.
#[inline(always)]
fn slot(state: &State, index: usize) -> RawValue {
    RawValue(
        state
            .heap
            .thread
            .stack
            .get(index)
            .copied()
            .unwrap_or(Raw::NIL),
    )
}

/// Makes sure that values can be pushed.
#[inline]
pub(crate) fn need_room(state: &mut State, count: usize) -> Result<()> {
    if state.check_native_stack(count) {
        Ok(())
    } else {
        Err(too_many())
    }
}

#[cold]
fn too_many() -> Error {
    Error::new(
        super::ErrorKind::Stack,
        format!(
            "stack overflow: a call has room for {} values",
            crate::limits::MAX_C_STACK
        ),
    )
}

impl<T: FromLua> FromLuaMulti for T {
    #[inline]
    fn from_lua_multi(mut values: MultiValue, lua: &Lua) -> Result<T> {
        T::from_lua(values.pop_front().unwrap_or_default(), lua)
    }
    const DIRECT: bool = T::DIRECT;
    #[inline]
    fn __from_stack(access: &mut Access<'_>, first: usize, count: usize) -> Result<T> {
        let value = if count > 0 {
            slot(access.state, first)
        } else {
            RawValue(Raw::NIL)
        };
        T::__from_raw(value, access)
    }
}

impl<T: IntoLua> IntoLuaMulti for T {
    #[inline]
    fn into_lua_multi(self, lua: &Lua) -> Result<MultiValue> {
        Ok(MultiValue::from(vec![self.into_lua(lua)?]))
    }
    const DIRECT: bool = T::DIRECT;
    #[inline]
    fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
        let value = self.__into_raw(access)?;
        access.state.push(value.0);
        Ok(1)
    }
}

impl FromLuaMulti for MultiValue {
    fn from_lua_multi(values: MultiValue, _: &Lua) -> Result<MultiValue> {
        Ok(values)
    }
    const DIRECT: bool = true;
    fn __from_stack(access: &mut Access<'_>, first: usize, count: usize) -> Result<MultiValue> {
        (first..first + count)
            .map(|index| Value::__from_raw(slot(access.state, index), access))
            .collect::<Result<Vec<Value>>>()
            .map(MultiValue::from)
    }
}

impl IntoLuaMulti for MultiValue {
    fn into_lua_multi(self, _: &Lua) -> Result<MultiValue> {
        Ok(self)
    }
    const DIRECT: bool = true;
    fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
        (&self).__push_values(access)
    }
}

impl IntoLuaMulti for &MultiValue {
    fn into_lua_multi(self, _: &Lua) -> Result<MultiValue> {
        Ok(self.clone())
    }
    const DIRECT: bool = true;
    fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
        need_room(access.state, self.len())?;
        for value in self {
            let raw = value.__into_raw(access)?;
            access.state.push(raw.0);
        }
        Ok(self.len())
    }
}

impl<T: FromLua> FromLuaMulti for Variadic<T> {
    fn from_lua_multi(values: MultiValue, lua: &Lua) -> Result<Self> {
        let values = values.into_iter().enumerate();
        values
            .map(|(n, value)| T::from_lua(value, lua).map_err(|e| e.for_argument(n + 1)))
            .collect()
    }
    const DIRECT: bool = T::DIRECT;
    fn __from_stack(access: &mut Access<'_>, first: usize, count: usize) -> Result<Self> {
        (0..count)
            .map(|n| T::__from_raw(slot(access.state, first + n), access))
            .collect()
    }
}

impl<T: IntoLua> IntoLuaMulti for Variadic<T> {
    fn into_lua_multi(self, lua: &Lua) -> Result<MultiValue> {
        self.into_iter().map(|value| value.into_lua(lua)).collect()
    }
    const DIRECT: bool = T::DIRECT;
    fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
        let count = self.len();
        need_room(access.state, count)?;
        for value in self {
            let raw = value.__into_raw(access)?;
            access.state.push(raw.0);
        }
        Ok(count)
    }
}

impl IntoLuaMulti for () {
    fn into_lua_multi(self, _: &Lua) -> Result<MultiValue> {
        Ok(MultiValue::new())
    }
    const DIRECT: bool = true;
    #[inline]
    fn __push_values(self, _: &mut Access<'_>) -> Result<usize> {
        Ok(0)
    }
}

impl FromLuaMulti for () {
    fn from_lua_multi(_: MultiValue, _: &Lua) -> Result<()> {
        Ok(())
    }
    const DIRECT: bool = true;
    #[inline]
    fn __from_stack(_: &mut Access<'_>, _: usize, _: usize) -> Result<()> {
        Ok(())
    }
}

/// A result of a callback may be a result itself: an error becomes `nil` and its message,
/// as functions of the library report failures (manual §5.7).
impl<T: IntoLuaMulti, E: IntoLua> IntoLuaMulti for core::result::Result<T, E> {
    fn into_lua_multi(self, lua: &Lua) -> Result<MultiValue> {
        match self {
            Ok(values) => values.into_lua_multi(lua),
            Err(error) => Ok(MultiValue::from(vec![Value::Nil, error.into_lua(lua)?])),
        }
    }
}

macro_rules! tuples {
    ($last:ident) => { tuples!(@one $last); };
    ($first:ident $($rest:ident)+) => {
        tuples!(@many [$first] $($rest)+);
        tuples!($($rest)+);
    };
    (@one $last:ident) => {
        impl<$last: FromLuaMulti> FromLuaMulti for ($last,) {
            fn from_lua_multi(values: MultiValue, lua: &Lua) -> Result<Self> {
                Ok(($last::from_lua_multi(values, lua)?,))
            }
            const DIRECT: bool = $last::DIRECT;
            #[inline]
            fn __from_stack(access: &mut Access<'_>, first: usize, count: usize) -> Result<Self> {
                Ok(($last::__from_stack(access, first, count).map_err(|e| e.for_argument(1))?,))
            }
        }
        impl<$last: IntoLuaMulti> IntoLuaMulti for ($last,) {
            fn into_lua_multi(self, lua: &Lua) -> Result<MultiValue> {
                self.0.into_lua_multi(lua)
            }
            const DIRECT: bool = $last::DIRECT;
            #[inline]
            fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
                self.0.__push_values(access)
            }
        }
    };
    (@many [$($single:ident)+] $last:ident) => {
        impl<$($single: FromLua,)+ $last: FromLuaMulti> FromLuaMulti for ($($single,)+ $last,) {
            #[expect(non_snake_case, reason = "named as the types are")]
            fn from_lua_multi(mut values: MultiValue, lua: &Lua) -> Result<Self> {
                let mut position = 0;
                $(
                    position += 1;
                    let value = values.pop_front().unwrap_or_default();
                    let $single = $single::from_lua(value, lua)
                        .map_err(|e| e.for_argument(position))?;
                )+
                let $last = $last::from_lua_multi(values, lua)
                    .map_err(|e| e.for_argument(position + 1))?;
                Ok(($($single,)+ $last,))
            }
            const DIRECT: bool = $($single::DIRECT &&)+ $last::DIRECT;
            #[inline]
            #[expect(non_snake_case, reason = "named as the types are")]
            fn __from_stack(access: &mut Access<'_>, first: usize, count: usize) -> Result<Self> {
                let mut position = 0;
                $(
                    let value = if position < count {
                        slot(access.state, first + position)
                    } else {
                        RawValue(Raw::NIL)
                    };
                    position += 1;
                    let $single = $single::__from_raw(value, access)
                        .map_err(|e| e.for_argument(position))?;
                )+
                let $last = $last::__from_stack(
                    access,
                    first + position,
                    count.saturating_sub(position),
                )
                .map_err(|e| e.for_argument(position + 1))?;
                Ok(($($single,)+ $last,))
            }
        }
        impl<$($single: IntoLua,)+ $last: IntoLuaMulti> IntoLuaMulti for ($($single,)+ $last,) {
            #[expect(non_snake_case, reason = "named as the types are")]
            fn into_lua_multi(self, lua: &Lua) -> Result<MultiValue> {
                let ($($single,)+ $last,) = self;
                let mut values = vec![$($single.into_lua(lua)?),+];
                values.extend($last.into_lua_multi(lua)?);
                Ok(MultiValue::from(values))
            }
            const DIRECT: bool = $($single::DIRECT &&)+ $last::DIRECT;
            #[inline]
            #[expect(non_snake_case, reason = "named as the types are")]
            fn __push_values(self, access: &mut Access<'_>) -> Result<usize> {
                let ($($single,)+ $last,) = self;
                let mut count = 0;
                $(
                    let value = $single.__into_raw(access)?;
                    access.state.push(value.0);
                    count += 1;
                )+
                Ok(count + $last.__push_values(access)?)
            }
        }
    };
    (@many [$($single:ident)+] $next:ident $($rest:ident)+) => {
        tuples!(@many [$($single)+ $next] $($rest)+);
    };
}

tuples!(A B C D E F G H I J K L M N O P);

/// Arguments that are on their way into a state.
pub(crate) enum Arguments<A> {
    Direct(A),
    Values(MultiValue),
}

impl<A: IntoLuaMulti> Arguments<A> {
    /// Converts what needs the state at rest.
    #[inline]
    pub(crate) fn new(arguments: A, lua: &Lua) -> Result<Arguments<A>> {
        if A::DIRECT {
            Ok(Arguments::Direct(arguments))
        } else {
            arguments.into_lua_multi(lua).map(Arguments::Values)
        }
    }

    #[inline]
    pub(crate) fn push(self, access: &mut Access<'_>) -> Result<usize> {
        match self {
            Arguments::Direct(arguments) => arguments.__push_values(access),
            Arguments::Values(values) => values.__push_values(access),
        }
    }
}

/// Results that are on their way out of a state.
pub(crate) enum Results<R> {
    Direct(R),
    Values(MultiValue),
}

impl<R: FromLuaMulti> Results<R> {
    #[inline]
    pub(crate) fn __from_stack(
        access: &mut Access<'_>,
        first: usize,
        count: usize,
    ) -> Result<Results<R>> {
        if R::DIRECT {
            R::__from_stack(access, first, count).map(Results::Direct)
        } else {
            MultiValue::__from_stack(access, first, count).map(Results::Values)
        }
    }

    /// Converts what needs the state at rest.
    #[inline]
    pub(crate) fn finish(self, lua: &Lua) -> Result<R> {
        match self {
            Results::Direct(results) => Ok(results),
            Results::Values(values) => R::from_lua_multi(values, lua),
        }
    }
}
