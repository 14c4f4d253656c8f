//! Handles of functions.

use super::convert::{Access, IntoLua};
use super::error::Result;
use super::link::{Handle, Lua};
use super::multi::{Arguments, FromLuaMulti, IntoLuaMulti, need_room};
use super::table::Table;
use super::value::Value;
use crate::heap::sharing::{MaybeSend, MaybeSync};
use crate::heap::value::Value as Raw;
use crate::vm::State;
use crate::vm::call::ALL;
use crate::vm::error::Result as VmResult;
use std::fmt;
use std::marker::PhantomData;

/// A handle of a function, of Lua or of Rust (manual §2.5.8, §2.5.9).
///
/// ```
/// use rilua::{Function, Lua};
///
/// let lua = Lua::new();
/// let add: Function = lua.load("function(a, b) return a + b end").eval()?;
/// assert_eq!(add.call::<i32>((1, 2))?, 3);
/// let increment = add.bind(1)?;
/// assert_eq!(increment.call::<i32>(41)?, 42);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Function(pub(crate) Handle);

/// What is known about a function (manual §5.9, `debug.getinfo`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// Always `None`: a function has no name of its own in Lua. See
    /// [`Frame`](super::Frame) for the name it was called by.
    pub name: Option<String>,
    /// `Lua`, `main` for the body of a chunk, or `C` for a function of Rust.
    pub what: &'static str,
    /// The name of the chunk, with the mark before it (`@` for a file, `=` for others).
    pub source: Option<String>,
    /// The chunk as in messages, at most 59 bytes.
    pub short_src: Option<String>,
    /// The line where the definition begins; `None` for a function of Rust.
    pub line_defined: Option<usize>,
    /// The line where the definition ends; `None` for a function of Rust.
    pub last_line_defined: Option<usize>,
}

impl Function {
    /// Calls the function, and converts its results (all of them to a tuple, a
    /// [`MultiValue`](super::MultiValue) or a [`Variadic`](super::Variadic); else the first
    /// one).
    ///
    /// # Errors
    /// What the function raises, with its traceback; and if an argument or a result can't be
    /// converted.
    pub fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        super::call::call(&self.0, arguments)
    }

    /// A function that calls this one with these arguments before its own.
    ///
    /// # Errors
    /// If there are more than 255 of them, or one can't be converted.
    pub fn bind(&self, arguments: impl IntoLuaMulti) -> Result<Function> {
        let lua = &self.0.lua;
        let arguments = Arguments::new(arguments, lua)?;
        lua.try_enter(|state| {
            let top = state.heap.thread.top;
            need_room(state, crate::limits::MIN_STACK)?;
            state.push(self.0.value());
            let pushed = arguments.push(&mut Access { state, lua });
            let thread = &mut state.heap.thread;
            let upvalues: Box<[Raw]> = thread.stack.get(top..thread.top).unwrap_or(&[]).into();
            state.heap.thread.top = top;
            if pushed? > MOST_BOUND {
                return Err(super::Error::runtime("too many arguments to bind"));
            }
            let id = state.find_native("(bound function)", bound);
            let env = state.globals();
            let function = state.heap.new_native(id, env, upvalues);
            Ok(Function(Handle::new(Raw::native(function), lua)))
        })
    }

    /// The function in the binary form of Lua 5.1 (manual §5.4, `string.dump`), without its
    /// debug information if `strip`; empty for a function of Rust. Upvalues are not kept.
    pub fn dump(&self, strip: bool) -> Vec<u8> {
        let lua = &self.0.lua;
        let dumped = lua.enter(|state| state.dump_function(self.0.value(), strip));
        dumped.ok().flatten().unwrap_or_default()
    }

    /// What is known about the function.
    pub fn info(&self) -> FunctionInfo {
        let info = self.0.lua.enter(|state| {
            let info = state.function_info(self.0.value());
            let text = |bytes: &[u8]| Some(String::from_utf8_lossy(bytes).into_owned());
            FunctionInfo {
                name: None,
                what: info.what,
                source: text(&info.source),
                short_src: text(&info.short_source),
                line_defined: usize::try_from(info.line_defined).ok(),
                last_line_defined: usize::try_from(info.last_line_defined).ok(),
            }
        });
        info.unwrap_or(FunctionInfo {
            name: None,
            what: "C",
            source: None,
            short_src: None,
            line_defined: None,
            last_line_defined: None,
        })
    }

    /// The table in which a Lua function finds its globals (manual §2.9); `None` for a
    /// function of Rust.
    pub fn environment(&self) -> Option<Table> {
        let lua = &self.0.lua;
        let env = lua.enter(|state| {
            let c = self.0.value().as_closure()?;
            let env = state.heap.closure(c).env;
            Some(Table(Handle::new(Raw::table(env), lua)))
        });
        env.ok().flatten()
    }

    /// Sets the table in which a Lua function finds its globals (manual §5.1, `setfenv`);
    /// false, and nothing done, for a function of Rust.
    ///
    /// # Errors
    /// If the table belongs to another state.
    pub fn set_environment(&self, environment: Table) -> Result<bool> {
        let lua = &self.0.lua;
        let env = environment.0.value_in(lua)?;
        lua.enter(
            |state| match (self.0.value().as_closure(), env.as_table()) {
                (Some(_), Some(env)) => state.set_environment(self.0.value(), env),
                _ => false,
            },
        )
    }

    /// A number that is the same for the same function, see [`Value::to_pointer`].
    pub fn to_pointer(&self) -> usize {
        Value::Function(self.clone()).to_pointer()
    }

    /// Turns a plain function of Rust into a Lua value, without a state at hand.
    ///
    /// ```
    /// use rilua::{Function, Lua};
    ///
    /// let lua = Lua::new();
    /// lua.globals().set("add", Function::wrap(|a: i32, b: i32| Ok(a + b)))?;
    /// assert_eq!(lua.load("add(1, 2)").eval::<i32>()?, 3);
    /// # Ok::<(), rilua::Error>(())
    /// ```
    pub fn wrap<F, A, R>(function: F) -> impl IntoLua
    where
        F: LuaNativeFn<A, Output = Result<R>> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        Wrapped {
            make: move |lua: &Lua| lua.create_function(move |_, a: A| function.call(a)),
            types: PhantomData::<()>,
        }
    }

    /// The same for a function that changes what it holds.
    pub fn wrap_mut<F, A, R>(function: F) -> impl IntoLua
    where
        F: LuaNativeFnMut<A, Output = Result<R>> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let mut function = function;
        Wrapped {
            make: move |lua: &Lua| lua.create_function_mut(move |_, a: A| function.call(a)),
            types: PhantomData::<()>,
        }
    }
}

/// Arguments that [`Function::bind`] takes: upvalues of a native function.
const MOST_BOUND: usize = 254;

/// The native function behind [`Function::bind`]: its first upvalue is the function to
/// call, the others are the arguments that come first.
fn bound(state: &mut State) -> VmResult<usize> {
    let given = state.argument_count();
    let first = state.base();
    let mut n = 1;
    let call = state.current_call().func as usize;
    let running = state
        .heap
        .thread
        .stack
        .get(call)
        .and_then(|f| f.as_native());
    let count = running.map_or(0, |f| state.heap.native(f).upvalues.len());
    state.need_native_stack(count + given, "too many arguments")?;
    let func = state.heap.thread.top;
    while n <= count {
        let value = state.native_upvalue(n);
        state.push(value);
        n += 1;
    }
    for slot in first..first + given {
        let value = state.heap.thread.stack[slot];
        state.push(value);
    }
    state.call_at(func, ALL)?;
    Ok(state.heap.thread.top - func)
}

/// A function that is made when its state is known.
struct Wrapped<M, T> {
    make: M,
    types: PhantomData<T>,
}

impl<M: FnOnce(&Lua) -> Result<Function>> IntoLua for Wrapped<M, ()> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        (self.make)(lua).map(Value::Function)
    }
}

/// Functions of Rust that [`Function::wrap`] takes: up to twelve arguments.
pub trait LuaNativeFn<A> {
    /// What the function returns.
    type Output;
    /// Calls it.
    fn call(&self, arguments: A) -> Self::Output;
}

/// Functions of Rust that [`Function::wrap_mut`] takes: up to twelve arguments.
pub trait LuaNativeFnMut<A> {
    /// What the function returns.
    type Output;
    /// Calls it.
    fn call(&mut self, arguments: A) -> Self::Output;
}

macro_rules! native_functions {
    ($($name:ident)*) => {
        impl<F: Fn($($name,)*) -> R, R, $($name,)*> LuaNativeFn<($($name,)*)> for F {
            type Output = R;
            #[expect(non_snake_case, reason = "named as the types are")]
            fn call(&self, arguments: ($($name,)*)) -> R {
                let ($($name,)*) = arguments;
                self($($name,)*)
            }
        }
        impl<F: FnMut($($name,)*) -> R, R, $($name,)*> LuaNativeFnMut<($($name,)*)> for F {
            type Output = R;
            #[expect(non_snake_case, reason = "named as the types are")]
            fn call(&mut self, arguments: ($($name,)*)) -> R {
                let ($($name,)*) = arguments;
                self($($name,)*)
            }
        }
    };
}

impl<F: Fn() -> R, R> LuaNativeFn<()> for F {
    type Output = R;
    fn call(&self, (): ()) -> R {
        self()
    }
}

impl<F: FnMut() -> R, R> LuaNativeFnMut<()> for F {
    type Output = R;
    fn call(&mut self, (): ()) -> R {
        self()
    }
}

native_functions!(A);
native_functions!(A B);
native_functions!(A B C);
native_functions!(A B C D);
native_functions!(A B C D E);
native_functions!(A B C D E G);
native_functions!(A B C D E G H);
native_functions!(A B C D E G H I);
native_functions!(A B C D E G H I J);
native_functions!(A B C D E G H I J K);
native_functions!(A B C D E G H I J K L);
native_functions!(A B C D E G H I J K L M);

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({:#x})", self.to_pointer())
    }
}
