//! How natives see their call: arguments by position, results pushed on the stack,
//! errors with the function's name. Mirrors the parts of `lapi.c` and `lauxlib.c`
//! that the libraries stand on, including the points where a collection may run.
//!
//! Arguments count from 1. What a native pushes lies directly above its arguments, so
//! that an argument that was not given can turn out to be something pushed
//! (D66); `argument_count` is taken on entry where that matters.

use super::State;
use super::error::{Error, Result, Status};
use crate::heap::object::NativeId;
use crate::heap::value::{StringRef, TableRef, ThreadRef, Type, UserDataRef, Value};
use crate::limits::MAX_C_STACK;
use crate::number::{to_i64, to_int_arg};

impl State {
    /// Pushes a value; the caller has made sure of the room, or it is made here.
    #[inline(always)]
    pub(crate) fn push(&mut self, v: Value) {
        let t = &mut self.heap.thread;
        if let Some(slot) = t.stack.get_mut(t.top) {
            *slot = v;
        } else {
            core::hint::cold_path();
            t.stack.resize(t.top + 1, Value::NIL);
            t.stack[t.top] = v;
        }
        t.top += 1;
    }

    /// Takes the topmost value off.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Value {
        let t = &mut self.heap.thread;
        t.top -= 1;
        t.stack[t.top]
    }

    /// Slot of the first argument.
    #[inline(always)]
    pub(crate) fn base(&self) -> usize {
        self.current_call().base as usize
    }

    /// Values in the frame: on entry the number of arguments (`lua_gettop`).
    #[inline(always)]
    pub(crate) fn argument_count(&self) -> usize {
        self.heap.thread.top - self.base()
    }

    /// Makes the frame hold exactly `n` values.
    pub(crate) fn set_argument_count(&mut self, n: usize) {
        let base = self.base();
        let t = &mut self.heap.thread;
        let top = base + n;
        if t.top < top {
            t.stack[t.top..top].fill(Value::NIL);
        }
        t.top = top;
    }

    /// The `n`-th value of the frame, nil if there are fewer.
    #[inline(always)]
    pub(crate) fn argument(&self, n: usize) -> Value {
        let slot = self.base() + n - 1;
        if slot < self.heap.thread.top {
            self.heap.thread.stack[slot]
        } else {
            Value::NIL
        }
    }

    /// Was the `n`-th argument given?
    #[inline(always)]
    pub(crate) fn has_argument(&self, n: usize) -> bool {
        self.base() + n <= self.heap.thread.top
    }

    pub(crate) fn set_argument(&mut self, n: usize, v: Value) {
        let slot = self.base() + n - 1;
        self.heap.thread.stack[slot] = v;
    }

    /// Puts the topmost value below the others, at position `n` (`lua_insert`).
    pub(crate) fn insert(&mut self, n: usize) {
        self.insert_at(self.base() + n - 1);
    }

    /// The same with a slot of the stack. As in C the value is left above the top as well,
    /// where it is alive while that is below the top of the function that runs.
    pub(crate) fn insert_at(&mut self, slot: usize) {
        let thread = &mut self.heap.thread;
        let top = thread.top;
        if let Some(moved) = thread.stack.get_mut(slot..top)
            && let Some(&value) = moved.last()
        {
            moved.rotate_right(1);
            if let Some(above) = thread.stack.get_mut(top) {
                *above = value;
            }
        }
    }

    /// The argument's type by name, `no value` if it was not given.
    pub(crate) fn argument_type_name(&self, n: usize) -> &'static str {
        if self.has_argument(n) {
            self.argument(n).kind().name()
        } else {
            "no value"
        }
    }

    /// What a request for more memory than can be had gives; no handler sees it.
    #[cold]
    pub(crate) fn memory_error(&mut self) -> Error {
        let v = self.string(b"not enough memory");
        Error::new(Status::Memory, v)
    }

    /// Any value must be given.
    pub(crate) fn check_any(&mut self, n: usize) -> Result<Value> {
        if self.has_argument(n) {
            Ok(self.argument(n))
        } else {
            Err(self.argument_error(n, "value expected"))
        }
    }

    #[inline]
    pub(crate) fn check_number(&mut self, n: usize) -> Result<f64> {
        let v = self.argument(n);
        if let Some(x) = v.as_number() {
            return Ok(x);
        }
        match self.to_number(v) {
            Some(x) => Ok(x),
            None => Err(self.argument_type_error(n, "number")),
        }
    }

    pub(crate) fn optional_number(&mut self, n: usize, default: f64) -> Result<f64> {
        if self.argument(n).is_nil() {
            Ok(default)
        } else {
            self.check_number(n)
        }
    }

    /// An `int` of C: the low 32 bits of the truncated number.
    #[inline]
    pub(crate) fn check_int(&mut self, n: usize) -> Result<i32> {
        self.check_number(n).map(to_int_arg)
    }

    pub(crate) fn optional_int(&mut self, n: usize, default: i32) -> Result<i32> {
        if self.argument(n).is_nil() {
            Ok(default)
        } else {
            self.check_int(n)
        }
    }

    /// A `ptrdiff_t` of C: the truncated number.
    #[inline]
    pub(crate) fn check_integer(&mut self, n: usize) -> Result<i64> {
        self.check_number(n).map(to_i64)
    }

    #[inline]
    pub(crate) fn optional_integer(&mut self, n: usize, default: i64) -> Result<i64> {
        if self.argument(n).is_nil() {
            Ok(default)
        } else {
            self.check_integer(n)
        }
    }

    /// A string, or a number, which is turned into one in its place; a collection
    /// may run then.
    #[inline]
    pub(crate) fn check_string(&mut self, n: usize) -> Result<StringRef> {
        if let Some(s) = self.argument(n).as_string() {
            return Ok(s);
        }
        self.check_string_slow(n)
    }

    #[cold]
    #[inline(never)]
    fn check_string_slow(&mut self, n: usize) -> Result<StringRef> {
        if self.argument(n).is_number() {
            let slot = self.base() + n - 1;
            if let Some(s) = self.text_in_slot(slot)? {
                return Ok(s);
            }
        }
        Err(self.argument_type_error(n, "string"))
    }

    /// The string in a slot, if there is one; a number becomes one in its place, and the
    /// collector gets its chance then (`lua_tolstring`).
    pub(crate) fn text_in_slot(&mut self, slot: usize) -> Result<Option<StringRef>> {
        let v = self.heap.thread.stack[slot];
        if v.is_number() {
            self.string_in_place(slot);
            self.check_gc()?;
        }
        Ok(self.heap.thread.stack[slot].as_string())
    }

    /// A string if the argument is there and not nil.
    pub(crate) fn optional_string(&mut self, n: usize) -> Result<Option<StringRef>> {
        if self.argument(n).is_nil() {
            Ok(None)
        } else {
            self.check_string(n).map(Some)
        }
    }

    /// A copy of a string argument.
    pub(crate) fn check_bytes(&mut self, n: usize) -> Result<Vec<u8>> {
        let s = self.check_string(n)?;
        Ok(self.heap.bytes(s).to_vec())
    }

    #[inline]
    pub(crate) fn check_table(&mut self, n: usize) -> Result<TableRef> {
        match self.argument(n).as_table() {
            Some(t) => Ok(t),
            None => Err(self.argument_type_error(n, "table")),
        }
    }

    pub(crate) fn check_type(&mut self, n: usize, expected: Type) -> Result<Value> {
        let v = self.argument(n);
        if v.kind() == expected && self.has_argument(n) {
            return Ok(v);
        }
        Err(self.argument_type_error(n, expected.name()))
    }

    /// A userdata whose metatable is the registry's `name` (`luaL_checkudata`).
    pub(crate) fn check_userdata(&mut self, n: usize, name: &str) -> Result<UserDataRef> {
        if let Some(u) = self.argument(n).as_userdata() {
            let registry = self.registry();
            let expected = self.heap.raw_get_str(registry, name);
            if let Some(metatable) = self.heap.userdata(u).metatable.some() {
                self.push(Value::table(metatable));
                self.push(expected);
                if expected.as_table() == Some(metatable) {
                    self.heap.thread.top -= 2;
                    return Ok(u);
                }
            }
        }
        Err(self.argument_type_error(n, name))
    }

    /// One of a list of words; the position in the list (`luaL_checkoption`).
    pub(crate) fn check_option(
        &mut self,
        n: usize,
        default: Option<&str>,
        options: &[&str],
    ) -> Result<usize> {
        let given = match default {
            Some(default) if self.argument(n).is_nil() => default.as_bytes(),
            _ => {
                let s = self.check_string(n)?;
                self.heap.bytes(s)
            }
        };
        // C compares up to a zero byte.
        let given = given.split(|&b| b == 0).next().unwrap_or(&[]);
        match options.iter().position(|o| o.as_bytes() == given) {
            Some(i) => Ok(i),
            None => {
                let given = given.to_vec();
                Err(self.argument_error_format(n, &[b"invalid option '", &given, b"'"]))
            }
        }
    }

    /// Pushes a string after giving the collector its chance (`lua_pushlstring`).
    #[inline]
    pub(crate) fn push_bytes(&mut self, text: &[u8]) -> Result<()> {
        self.check_gc()?;
        let v = self.string(text);
        self.push(v);
        Ok(())
    }

    /// Pushes a new table after giving the collector its chance (`lua_createtable`).
    pub(crate) fn push_table(&mut self, array: usize, hash: usize) -> Result<TableRef> {
        self.check_gc()?;
        let t = self.heap.new_table(array, hash);
        self.push(Value::table(t));
        Ok(t)
    }

    /// Pushes a native closure with the given upvalues (`lua_pushcclosure`): its
    /// environment is that of the running native.
    pub(crate) fn push_native(&mut self, function: NativeId, upvalues: &[Value]) -> Result<()> {
        self.check_gc()?;
        self.push_native_unchecked(function, upvalues);
        Ok(())
    }

    /// The same without giving the collector its chance.
    pub(crate) fn push_native_unchecked(&mut self, function: NativeId, upvalues: &[Value]) {
        let env = self.current_environment();
        let n = self.heap.new_native(function, env, upvalues.into());
        self.push(Value::native(n));
    }

    /// The environment of the running native, or the globals outside of any.
    pub(crate) fn current_environment(&self) -> TableRef {
        let call = self.current_call();
        match self
            .heap
            .thread
            .stack
            .get(call.func as usize)
            .and_then(|f| f.as_native())
        {
            Some(n) => self.heap.native(n).env,
            None => self.globals(),
        }
    }

    /// The `n`-th upvalue, from 1, of the running native.
    pub(crate) fn native_upvalue(&self, n: usize) -> Value {
        let call = self.current_call();
        let f = self
            .heap
            .thread
            .stack
            .get(call.func as usize)
            .and_then(|f| f.as_native());
        f.and_then(|f| self.heap.native(f).upvalues.get(n - 1).copied())
            .unwrap_or(Value::NIL)
    }

    pub(crate) fn set_native_upvalue(&mut self, n: usize, v: Value) {
        let func = self.current_call().func as usize;
        let Some(f) = self.heap.thread.stack.get(func).and_then(|f| f.as_native()) else {
            return;
        };
        if let Some(slot) = self.heap.natives.items[f.index()].upvalues.get_mut(n - 1) {
            *slot = v;
            self.heap.barrier_object(Value::native(f), v);
        }
    }

    /// May a native use `n` more slots (`lua_checkstack`)? If so they are there.
    pub(crate) fn check_native_stack(&mut self, n: usize) -> bool {
        self.check_thread_stack(self.heap.running, n)
    }

    /// The same for the native that is running, or waiting, on top of a thread.
    pub(crate) fn check_thread_stack(&mut self, t: ThreadRef, n: usize) -> bool {
        let thread = self.heap.thread_mut(t);
        let top = thread.top + n;
        let Some(call) = thread.calls.last_mut() else {
            return false;
        };
        if top - call.base as usize > MAX_C_STACK {
            return false;
        }
        call.top = call.top.max(top as u32);
        if thread.stack_last <= top {
            self.grow_stack(t, n);
        }
        true
    }

    /// The same, or the error `stack overflow (text)`.
    pub(crate) fn need_native_stack(&mut self, n: usize, text: &str) -> Result<()> {
        if self.check_native_stack(n) {
            Ok(())
        } else {
            Err(self.position_error_format(&[b"stack overflow (", text.as_bytes(), b")"]))
        }
    }

    /// `object[name]` with metamethods, pushed (`lua_getfield`).
    pub(crate) fn push_field(&mut self, object: Value, name: &str) -> Result<()> {
        let key = self.string(name.as_bytes());
        let v = self.get_index(object, key, None)?;
        self.push(v);
        Ok(())
    }

    /// Returns one value from a native.
    #[inline(always)]
    pub(crate) fn return_value(&mut self, v: Value) -> Result<usize> {
        self.push(v);
        Ok(1)
    }

    #[inline(always)]
    pub(crate) fn return_number(&mut self, n: f64) -> Result<usize> {
        self.push(Value::number(n));
        Ok(1)
    }

    /// Returns a new string from a native.
    pub(crate) fn return_bytes(&mut self, text: &[u8]) -> Result<usize> {
        self.push_bytes(text)?;
        Ok(1)
    }

    /// Sets the metatable of a value, of its type where it has none of its own.
    pub(crate) fn set_metatable(&mut self, v: Value, metatable: Option<TableRef>) {
        let m = metatable.unwrap_or(TableRef::NONE);
        if let Some(t) = v.as_table() {
            self.heap.table_mut(t).metatable = m;
            if metatable.is_some() {
                self.heap.barrier_metatable(t, m);
            }
        } else if let Some(u) = v.as_userdata() {
            self.heap.userdata_mut(u).metatable = m;
            if metatable.is_some() {
                self.heap.barrier_object(v, Value::table(m));
            }
        } else {
            self.heap.type_metatables[v.kind() as usize] = m;
        }
    }

    /// Sets the environment of a function, userdata or thread; false for others.
    pub(crate) fn set_environment(&mut self, v: Value, env: TableRef) -> bool {
        if let Some(c) = v.as_closure() {
            self.heap.closures[c.index()].env = env;
        } else if let Some(n) = v.as_native() {
            self.heap.natives.items[n.index()].env = env;
        } else if let Some(u) = v.as_userdata() {
            self.heap.userdata_mut(u).env = env;
        } else if let Some(t) = v.as_thread() {
            self.heap.thread_mut(t).globals = env;
            return true;
        } else {
            return false;
        }
        self.heap.barrier_object(v, Value::table(env));
        true
    }
}
