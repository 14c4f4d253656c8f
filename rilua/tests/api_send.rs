//! With the feature `send`, everything of the embedding API can move between threads.
#![forbid(unsafe_code)]
#![cfg(feature = "send")]

use rilua::{
    AnyUserData, Error, Function, Lua, LuaBuilder, LuaString, MultiValue, RegistryKey, Table,
    Thread, UserData, UserDataMethods, Value,
};

const fn is_send<T: Send>() {}
const fn is_shared<T: Send + Sync>() {}

const _: () = {
    is_send::<Lua>();
    is_send::<LuaBuilder>();
    is_send::<Value>();
    is_send::<MultiValue>();
    is_send::<Table>();
    is_send::<Function>();
    is_send::<Thread>();
    is_send::<LuaString>();
    is_send::<AnyUserData>();
    is_send::<RegistryKey>();
    is_shared::<Error>();
};

struct Counter(u32);

impl UserData for Counter {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method_mut("add", |_, this, n: u32| {
            this.0 += n;
            Ok(this.0)
        });
    }
}

#[test]
fn a_state_is_used_by_one_thread_after_another() {
    let lua = Lua::new();
    lua.globals().set("counter", Counter(1)).unwrap();
    let co: Thread = lua
        .load("coroutine.create(function() while true do coroutine.yield(counter:add(1)) end end)")
        .eval()
        .unwrap();
    let first: u32 = co.resume(()).unwrap();
    let (lua, co, second) = std::thread::spawn(move || {
        let second: u32 = co.resume(()).unwrap();
        (lua, co, second)
    })
    .join()
    .unwrap();
    let third: u32 = co.resume(()).unwrap();
    assert_eq!((first, second, third), (2, 3, 4));
    let error = lua.load("error('from there')").exec();
    let error: Result<(), Box<dyn std::error::Error + Send + Sync>> = error.map_err(Into::into);
    assert!(error.unwrap_err().to_string().ends_with("from there"));
}
