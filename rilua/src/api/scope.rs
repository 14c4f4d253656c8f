//! Scopes: functions over borrowed data, and borrowed values as userdata, for as long as a
//! closure runs.
//!
//! A closure that borrows can't be put into a state, which lives longer. So a scope keeps
//! its closures on its own side: the Lua functions it makes leave the interpreter, as a
//! coroutine's yield does, for [`Scope::call`] to run the closure and to go on with its
//! results. A borrowed value changes places with a default one for the time.

use super::error::{Error, ErrorKind, Result};
use super::failure;
use super::function::Function;
use super::link::{Handle, Lua};
use super::multi::{FromLuaMulti, IntoLuaMulti};
use super::table::Table;
use super::thread::Thread;
use super::userdata::{AnyUserData, UserData};
use super::value::{LightUserData, MultiValue, Value};
use crate::heap::sharing::{MaybeSend, MaybeSync};
use crate::heap::thread::Ending;
use crate::heap::value::Value as Raw;
use crate::vm::State;
use crate::vm::call::{Request, SPECIAL};
use crate::vm::error::Result as VmResult;
use core::cell::RefCell;
use core::sync::atomic::{AtomicU32, Ordering};
use std::rc::Rc;

type ScopedFn<'env> = dyn Fn(&Lua, MultiValue) -> Result<MultiValue> + 'env;

type GiveBack<'env> = dyn FnOnce() -> Result<()> + 'env;

/// Marks what a function of a scope yields.
const MARK: u32 = u32::from_le_bytes(*b"scop");

/// The Lua side of a function: raises the error that comes back, or returns the results.
const STUB: &str = "local leave, check = ... return function(...) return check(leave(...)) end";

static NEXT_SCOPE: AtomicU32 = AtomicU32::new(1);

/// Makes functions and userdata that end with it: [`Lua::scope`].
pub struct Scope<'env> {
    lua: Lua,
    /// Tells this scope's functions from those of others.
    id: u32,
    functions: RefCell<Vec<Rc<ScopedFn<'env>>>>,
    /// What gives lent values back.
    lent: RefCell<Vec<Box<GiveBack<'env>>>>,
}

impl core::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl Lua {
    /// Runs a closure that can give Lua code functions over what it borrows, and borrowed
    /// values.
    ///
    /// Functions of a scope work inside [`Scope::call`]: in the function that it calls and
    /// in all Lua code that this one calls, protected calls included. They don't where Lua
    /// code was called by other code of Rust (metamethods, `table.sort`, `string.gsub`), in
    /// another coroutine, and after the scope: calling them there is an error of kind
    /// [`CallbackDestructed`](ErrorKind::CallbackDestructed). Userdata of a scope have no such
    /// limits before it ends.
    ///
    /// ```
    /// use rilua::Lua;
    ///
    /// let lua = Lua::new();
    /// let mut log = Vec::new();
    /// lua.scope(|scope| {
    ///     let write = scope.create_function_mut(|_, line: String| {
    ///         log.push(line);
    ///         Ok(())
    ///     })?;
    ///     let script = lua.load("local write = ... for i = 1, 2 do write('line ' .. i) end");
    ///     scope.call::<()>(&script.into_function()?, write)
    /// })?;
    /// assert_eq!(log, ["line 1", "line 2"]);
    /// # Ok::<(), rilua::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the closure returns; and if a lent value can't be given back, as somebody still
    /// borrows it.
    pub fn scope<'env, R>(&self, work: impl FnOnce(&Scope<'env>) -> Result<R>) -> Result<R> {
        let scope = Scope {
            lua: self.unowned(),
            id: NEXT_SCOPE.fetch_add(1, Ordering::Relaxed),
            functions: RefCell::new(Vec::new()),
            lent: RefCell::new(Vec::new()),
        };
        let result = work(&scope);
        let given_back = scope.give_back();
        let value = result?;
        given_back.map(|()| value)
    }
}

impl<'env> Scope<'env> {
    /// A function that calls a closure which may borrow.
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_function<F, A, R>(&self, function: F) -> Result<Function>
    where
        F: Fn(&Lua, A) -> Result<R> + 'env,
        A: FromLuaMulti,
        R: IntoLuaMulti,
    {
        let index = {
            let mut functions = self.functions.borrow_mut();
            functions.push(Rc::new(move |lua, arguments| {
                function(lua, A::from_lua_multi(arguments, lua)?)?.into_lua_multi(lua)
            }));
            functions.len() - 1
        };
        let lua = &self.lua;
        let id = self.id;
        let (leave, check) = lua.enter(|state| {
            let env = state.globals();
            let leave_id = state.find_native("(function of a scope)", leave);
            let upvalues = Box::new([Raw::light(id), Raw::number(index as f64)]);
            let leave = state.heap.new_native(leave_id, env, upvalues);
            let check_id = state.find_native("(results of a scope)", check);
            let check = state.heap.new_native(check_id, env, Box::default());
            let function = |native| Function(Handle::new(Raw::native(native), lua));
            (function(leave), function(check))
        })?;
        lua.load(STUB).set_name("=scope").call((leave, check))
    }

    /// The same for a closure that changes what it borrows. Calling it from within itself is
    /// an error.
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_function_mut<F, A, R>(&self, function: F) -> Result<Function>
    where
        F: FnMut(&Lua, A) -> Result<R> + 'env,
        A: FromLuaMulti,
        R: IntoLuaMulti,
    {
        let function = RefCell::new(function);
        self.create_function(move |lua, arguments: A| match function.try_borrow_mut() {
            Ok(mut function) => function(lua, arguments),
            Err(_) => Err(Error::new(
                ErrorKind::RecursiveCallback,
                "a mutable callback was called from within itself",
            )),
        })
    }

    /// A userdata that holds a borrowed value until the scope ends; the value's place holds
    /// the type's default meanwhile.
    ///
    /// ```
    /// use rilua::{Lua, UserData, UserDataMethods};
    ///
    /// #[derive(Default)]
    /// struct Score(i32);
    /// impl UserData for Score {
    ///     fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
    ///         methods.add_method_mut("add", |_, this, n: i32| {
    ///             this.0 += n;
    ///             Ok(())
    ///         });
    ///     }
    /// }
    ///
    /// let lua = Lua::new();
    /// let mut score = Score(40);
    /// lua.scope(|scope| {
    ///     lua.globals().set("score", scope.create_userdata_ref_mut(&mut score)?)?;
    ///     lua.load("score:add(2)").exec()
    /// })?;
    /// assert_eq!(score.0, 42);
    /// assert!(lua.load("score:add(2)").exec().is_err());
    /// # Ok::<(), rilua::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Lua::create_userdata`].
    pub fn create_userdata_ref_mut<T>(&self, value: &'env mut T) -> Result<AnyUserData>
    where
        T: UserData + Default + MaybeSend + MaybeSync + 'static,
    {
        // Made first, so that the value stays where it is if that fails.
        let userdata = self.lua.create_userdata(T::default())?;
        core::mem::swap(&mut *userdata.borrow_mut::<T>()?, value);
        let lent = userdata.clone();
        self.lent.borrow_mut().push(Box::new(move || {
            *value = lent.take()?;
            Ok(())
        }));
        Ok(userdata)
    }

    /// Calls a Lua function that may call functions of this scope.
    ///
    /// # Errors
    /// What the function raises, and if an argument or a result can't be converted.
    pub fn call<R: FromLuaMulti>(
        &self,
        function: &Function,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        let lua = &self.lua;
        let thread = lua.create_thread(function.clone())?;
        let mut given = arguments.into_lua_multi(lua)?;
        let _serving = Serving::start(lua, &thread, self.id)?;
        loop {
            let mut yielded: MultiValue = thread.resume(given)?;
            if !thread.is_resumable() {
                return R::from_lua_multi(yielded, lua);
            }
            given = match self.requested(&mut yielded) {
                Some(function) => match function(lua, yielded) {
                    Ok(mut results) => {
                        results.push_front(Value::Boolean(true));
                        results
                    }
                    Err(error) => MultiValue::from(vec![Value::Boolean(false), lua.pack(error)?]),
                },
                None => return Err(Error::runtime("attempt to yield from outside a coroutine")),
            };
        }
    }

    /// The closure that was asked for, if that is what was yielded; the arguments are left.
    fn requested(&self, yielded: &mut MultiValue) -> Option<Rc<ScopedFn<'env>>> {
        let marks = [MARK, self.id];
        for mark in marks {
            match yielded.pop_front()? {
                Value::LightUserData(LightUserData(found)) if found == mark => {}
                _ => return None,
            }
        }
        let index = yielded.pop_front()?.as_usize()?;
        self.functions.borrow().get(index).map(Rc::clone)
    }

    /// Gives all lent values back, the last one first; the first error.
    fn give_back(&self) -> Result<()> {
        let mut result = Ok(());
        let lent = core::mem::take(&mut *self.lent.borrow_mut());
        for give_back in lent.into_iter().rev() {
            result = result.and(give_back());
        }
        result
    }
}

/// The registry's name for the table of coroutines that scopes run, with the scopes' ids.
const SERVING: &str = "rilua.scopes";

/// A coroutine that a scope runs, for as long as it does.
struct Serving<'a> {
    all: Table,
    thread: &'a Thread,
}

impl Serving<'_> {
    fn start<'a>(lua: &Lua, thread: &'a Thread, id: u32) -> Result<Serving<'a>> {
        let registry = lua.registry_table()?;
        let all = match registry.raw_get::<Option<Table>>(SERVING)? {
            Some(all) => all,
            None => {
                let all = lua.create_table()?;
                registry.raw_set(SERVING, &all)?;
                all
            }
        };
        all.raw_set(thread, LightUserData(id))?;
        Ok(Serving { all, thread })
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        // Where the state can't be worked on, the coroutine can't run either.
        let _ended = self.all.raw_set(self.thread, Value::Nil);
    }
}

/// Lent values come back even if the scope's closure panics.
impl Drop for Scope<'_> {
    fn drop(&mut self) {
        let _already_back = self.give_back();
    }
}

/// The native side of a function of a scope: leaves the coroutine of [`Scope::call`].
fn leave(state: &mut State) -> VmResult<usize> {
    let (id, index) = (state.native_upvalue(1), state.native_upvalue(2));
    let registry = state.registry();
    let running = Raw::thread(state.heap.running);
    let serving = match state.heap.raw_get_str(registry, SERVING).as_table() {
        Some(serving) => state.heap.raw_get(serving, running),
        None => Raw::NIL,
    };
    // A call that Rust code waits for can't be left.
    let waits = state
        .heap
        .thread
        .calls
        .iter()
        .any(|call| call.ending == Ending::Rust);
    if serving != id || waits {
        let message = "a function of a scope was called where its scope can't be reached";
        let error = Error::new(ErrorKind::CallbackDestructed, message);
        return Err(failure::raise_new(state, error));
    }
    for mark in [index, id, Raw::light(MARK)] {
        state.push(mark);
        state.insert(1);
    }
    state.request = Request::Yield {
        values: state.argument_count() as u32,
    };
    Ok(SPECIAL)
}

/// What comes back: true and results, or false and an error.
fn check(state: &mut State) -> VmResult<usize> {
    let count = state.argument_count();
    if state.argument(1) == Raw::TRUE {
        return Ok(count - 1);
    }
    let error = state.argument(2);
    Err(state.error_value(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Lent(Vec<i32>);
    impl UserData for Lent {}

    #[test]
    fn functions_work_in_the_scope_and_not_elsewhere() {
        let lua = Lua::new();
        let mut seen = Vec::new();
        let text = String::from("borrowed");
        lua.scope(|scope| {
            let push = scope.create_function_mut(|_, n: i32| {
                seen.push(n);
                if n < 0 {
                    Err(Error::runtime("negative"))
                } else {
                    Ok(n * 2)
                }
            })?;
            let get = scope.create_function(|_, ()| Ok(text.as_str().to_owned()))?;
            lua.globals().set("push", &push)?;
            lua.globals().set("get", get)?;
            let script = lua.load(
                "assert(push(1) == 2)
                local ok, e = pcall(push, -1)
                assert(not ok and tostring(e) == 'negative')
                assert(select(2, pcall(function() return push(3) end)) == 6)
                local ok, e = pcall(table.sort, {1, 2}, function() return push(9) end)
                assert(not ok and tostring(e):find('be reached'))
                local ok, e = coroutine.resume(coroutine.create(function() push(9) end))
                assert(not ok and tostring(e):find('be reached'))
                return get(), ...",
            );
            let both: (String, i32) = scope.call(&script.into_function()?, 7)?;
            assert_eq!(both, ("borrowed".to_owned(), 7));
            let failed = scope.call::<()>(&push, -5).unwrap_err();
            assert_eq!(failed.message(), "negative");
            let yields = lua.load("coroutine.yield(1)").into_function()?;
            assert!(scope.call::<()>(&yields, ()).is_err());
            let outside = push.call::<()>(1).unwrap_err();
            assert_eq!(outside.kind(), ErrorKind::CallbackDestructed);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [1, -1, 3, -5]);
        for chunk in ["push(1)", "coroutine.wrap(push)(1)"] {
            let error = lua.load(chunk).exec().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CallbackDestructed);
        }
    }

    #[test]
    fn lent_values_come_back() {
        let lua = Lua::new();
        let mut lent = Lent(vec![1]);
        let failed: Result<()> = lua.scope(|scope| {
            let userdata = scope.create_userdata_ref_mut(&mut lent)?;
            userdata.borrow_mut::<Lent>()?.0.push(2);
            Err(Error::runtime("anyway"))
        });
        assert_eq!(
            (failed.unwrap_err().message(), &lent.0),
            ("anyway", &vec![1, 2])
        );
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            lua.scope(|scope| -> Result<()> {
                scope.create_userdata_ref_mut(&mut lent)?;
                std::panic::panic_any("scope")
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(lent.0, [1, 2]);
        let mut kept = None;
        let failed = lua.scope(|scope| {
            kept = Some(scope.create_userdata_ref_mut(&mut lent)?.borrow::<Lent>()?);
            Ok(())
        });
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::UserDataBorrowMut);
        assert_eq!(kept.map(|kept| kept.0.clone()), Some(vec![1, 2]));
    }
}
