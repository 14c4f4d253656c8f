//! The embedding API across its parts: values in and out, calls in both directions, errors
//! on their way, coroutines, the life of handles and states.
#![forbid(unsafe_code)]

use rilua::{
    BString, Error, ErrorKind, ExternalResult, Function, Lua, LuaString, MultiValue, Nil, Result,
    StdLib, Table, Thread, ThreadStatus, Value, Variadic,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

#[test]
fn chunks_are_evaluated_as_expressions_or_statements() {
    let lua = Lua::new();
    assert_eq!(lua.load("1 + 2").eval::<i32>().unwrap(), 3);
    assert_eq!(
        lua.load("local x = 4; return x * 2").eval::<i32>().unwrap(),
        8
    );
    assert_eq!(
        lua.load("return ...").call::<String>("given").unwrap(),
        "given"
    );
    let (a, b): (i32, Option<String>) = lua.load("1, 'two'").eval().unwrap();
    assert_eq!((a, b.as_deref()), (1, Some("two")));
    let code = lua.load("return 7").into_function().unwrap().dump(true);
    assert_eq!(lua.load(&code[..]).eval::<i32>().unwrap(), 7);
    let refused = lua.load(&code[..]).set_mode(rilua::ChunkMode::Text).exec();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Syntax);
}

#[test]
fn numbers_are_checked() {
    let lua = Lua::new();
    let eval = |text: &str| lua.load(text).eval::<Value>().unwrap();
    assert_eq!(lua.unpack::<u8>(eval("255")).unwrap(), 255);
    for (text, what) in [("256", "u8"), ("-1", "u8"), ("0/0", "u8"), ("1e300", "u8")] {
        let error = lua.unpack::<u8>(eval(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FromLua, "{text} to {what}");
        assert!(error.to_string().contains("out of range"), "{error}");
    }
    assert_eq!(lua.unpack::<i64>(eval("-2^63")).unwrap(), i64::MIN);
    assert!(lua.unpack::<i64>(eval("2^63")).is_err());
    assert!(lua.unpack::<u64>(eval("2^64")).is_err());
    assert_eq!(lua.unpack::<u64>(eval("2^63")).unwrap(), 1 << 63);
    assert_eq!(lua.unpack::<i32>(eval("'0x10'")).unwrap(), 16);
    assert_eq!(lua.unpack::<i32>(eval("-3.9")).unwrap(), -3);
    assert!(lua.pack(u64::MAX).is_err() && lua.pack((1_u64 << 53) + 1).is_err());
    assert_eq!(
        lua.pack(1_u64 << 53).unwrap(),
        Value::Number(9_007_199_254_740_992.0)
    );
    assert!(lua.pack(i64::MAX).is_err());
    assert_eq!(lua.pack(i64::MIN).unwrap().as_integer(), Some(i64::MIN));
    assert_eq!(lua.pack(u8::MAX).unwrap().as_i32(), Some(255));
}

#[test]
fn containers_convert_both_ways() {
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("v", vec![1, 2, 3]).unwrap();
    globals.set("a", ["x", "y"]).unwrap();
    globals.set("m", HashMap::from([("k", 1.5)])).unwrap();
    assert!(
        lua.load("#v == 3 and v[3] == 3 and a[2] == 'y' and m.k == 1.5")
            .eval::<bool>()
            .unwrap()
    );
    assert_eq!(globals.get::<Vec<i64>>("v").unwrap(), [1, 2, 3]);
    assert_eq!(globals.get::<[String; 2]>("a").unwrap(), ["x", "y"]);
    assert!(globals.get::<[String; 3]>("a").is_err());
    let map: BTreeMap<String, f64> = globals.get("m").unwrap();
    assert_eq!(map["k"], 1.5);
    assert_eq!(globals.get::<Option<i32>>("nothing").unwrap(), None);
    globals.set("bytes", BString::from(vec![0xff, 0])).unwrap();
    assert!(globals.get::<String>("bytes").is_err());
    assert_eq!(
        globals.get::<LuaString>("bytes").unwrap().as_bytes(),
        &[0xff, 0]
    );
    assert_eq!(
        globals.get::<char>("a[1]").unwrap_err().kind(),
        ErrorKind::FromLua
    );
}

#[test]
fn tables_with_and_without_metamethods() {
    let lua = Lua::new();
    let t: Table = lua
        .load("setmetatable({}, {__index = function(_, k) return k .. '!' end})")
        .eval()
        .unwrap();
    assert_eq!(t.get::<String>("x").unwrap(), "x!");
    assert_eq!(t.raw_get::<Value>("x").unwrap(), Nil);
    assert!(t.contains_key("y").unwrap() && t.is_empty());
    let m = t.metatable().unwrap();
    m.set(
        "__newindex",
        lua.create_function(|_, (t, k, v): (Table, String, i32)| t.raw_set(k, v * 2))
            .unwrap(),
    )
    .unwrap();
    t.set("n", 21).unwrap();
    assert_eq!(t.raw_get::<i32>("n").unwrap(), 42);
    t.set_metatable(None).unwrap();
    assert!(t.metatable().is_none());

    let s = lua.create_sequence_from([10, 20, 30]).unwrap();
    s.raw_insert(2, 15).unwrap();
    s.raw_remove(1).unwrap();
    s.push(40).unwrap();
    assert_eq!(s.pop::<i32>().unwrap(), 40);
    assert_eq!(
        s.sequence_values().collect::<Result<Vec<i32>>>().unwrap(),
        [15, 20, 30]
    );
    assert!(s.raw_insert(9, 1).is_err());
    let mut sum = 0;
    s.for_each(|k: i32, v: i32| {
        sum += k * v;
        Ok(())
    })
    .unwrap();
    assert_eq!(sum, 15 + 40 + 90);
    s.clear().unwrap();
    assert_eq!((s.raw_len(), s.len().unwrap()), (0, 0));
    assert_eq!(
        t.set(f64::NAN, 1).unwrap_err().message(),
        "table index is NaN"
    );
    assert_eq!(t.set(Nil, 1).unwrap_err().message(), "table index is nil");
}

#[test]
fn callbacks_call_back() {
    let lua = Lua::new();
    let apply = lua
        .create_function(|lua, (f, n): (Function, i32)| {
            let inner = lua.create_function(move |_, x: i32| Ok(x + n))?;
            f.call::<i32>(inner)
        })
        .unwrap();
    lua.globals().set("apply", apply).unwrap();
    assert_eq!(
        lua.load("apply(function(f) return f(1) + apply(function(g) return g(2) end, 20) end, 10)")
            .eval::<i32>()
            .unwrap(),
        33
    );
    let sum = lua
        .create_function(|_, (first, rest): (f64, Variadic<f64>)| {
            Ok((first + rest.iter().sum::<f64>(), rest.len()))
        })
        .unwrap();
    assert_eq!(sum.call::<(f64, usize)>((1, 2, 3)).unwrap(), (6.0, 2));
    let counter = Arc::new(AtomicI32::new(0));
    let count = lua
        .create_function_mut({
            let counter = Arc::clone(&counter);
            let mut n = 0;
            move |_, ()| {
                n += 1;
                counter.store(n, Ordering::Relaxed);
                Ok(())
            }
        })
        .unwrap();
    count.call::<()>(()).unwrap();
    count.call::<()>(()).unwrap();
    assert_eq!(counter.load(Ordering::Relaxed), 2);
}

#[test]
fn a_mutable_callback_does_not_run_inside_itself() {
    let lua = Lua::new();
    let f = lua
        .create_function_mut(|lua, ()| lua.globals().get::<Function>("f")?.call::<()>(()))
        .unwrap();
    lua.globals().set("f", f.clone()).unwrap();
    assert_eq!(
        f.call::<()>(()).unwrap_err().kind(),
        ErrorKind::RecursiveCallback
    );
}

#[test]
fn errors_go_through_lua_unchanged() {
    let lua = Lua::new();
    let fail = lua
        .create_function(|_, text: String| -> Result<i32> { text.parse::<i32>().into_lua_err() })
        .unwrap();
    lua.globals().set("fail", fail).unwrap();
    let error = lua.load("fail('x')").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::External);
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(error.to_string(), "invalid digit found in string");
    let text: String = lua
        .load("select(2, pcall(fail, 'x'))")
        .eval::<Value>()
        .unwrap()
        .to_string()
        .unwrap();
    assert_eq!(text, "invalid digit found in string");
    assert_eq!(
        lua.load("local ok, e = pcall(fail, 'x'); return tostring(e), type(e)")
            .eval::<(String, String)>()
            .unwrap(),
        (
            "invalid digit found in string".to_owned(),
            "userdata".to_owned()
        )
    );
    let again = lua
        .load("local ok, e = pcall(fail, 'x'); error(e)")
        .exec()
        .unwrap_err();
    assert!(again.downcast_ref::<std::num::ParseIntError>().is_some());

    // A Lua value that was raised is the same one outside.
    let error = lua.load("e = {code = 7}; error(e)").exec().unwrap_err();
    let Some(Value::Table(t)) = error.value() else {
        panic!("{error:?}")
    };
    assert_eq!(t.get::<i32>("code").unwrap(), 7);
    let rethrow = lua
        .create_function(move |_, ()| -> Result<()> { Err(error.clone()) })
        .unwrap();
    lua.globals().set("rethrow", rethrow).unwrap();
    assert!(
        lua.load("select(2, pcall(rethrow)) == e")
            .eval::<bool>()
            .unwrap()
    );
}

#[test]
fn errors_say_where() {
    let lua = Lua::new();
    let chunk =
        "local function inner() local t = nil; t.x = 1 end\nfunction outer() inner() end\nouter()";
    let error = lua.load(chunk).set_name("=test").exec().unwrap_err();
    assert_eq!(
        error.to_string(),
        "test:1: attempt to index local 't' (a nil value)"
    );
    let lines: Vec<String> = error.traceback().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "test:1: in function 'inner'",
            "test:2: in function 'outer'",
            "test:3: in main chunk",
        ]
    );
    let error = lua.load("x = = 1").set_name("=test").exec().unwrap_err();
    assert_eq!(
        (error.kind(), error.is_incomplete()),
        (ErrorKind::Syntax, false)
    );
    assert_eq!(error.to_string(), "test:1: unexpected symbol near '='");
    assert!(lua.load("function f(").exec().unwrap_err().is_incomplete());
    let take = lua
        .create_function(|_, (_, _): (String, u8)| Ok(()))
        .unwrap();
    let error = take.call::<()>(("a", 300)).unwrap_err();
    assert_eq!(error.argument(), Some(2));
    assert_eq!(
        error.to_string(),
        "bad argument #2: error converting Lua number to u8 (out of range)"
    );
}

#[test]
fn coroutines_are_resumed_from_rust() {
    let lua = Lua::new();
    let f: Function = lua
        .load("function(a) for i = 1, 3 do a = a + coroutine.yield(a) end error('end') end")
        .eval()
        .unwrap();
    let co: Thread = lua.create_thread(f).unwrap();
    assert_eq!(co.status(), ThreadStatus::Resumable);
    assert_eq!(co.resume::<i32>(1).unwrap(), 1);
    assert_eq!(co.resume::<i32>(10).unwrap(), 11);
    assert_eq!(co.resume::<i32>(100).unwrap(), 111);
    let error = co.resume::<()>(1).unwrap_err();
    assert!(error.to_string().ends_with("end"), "{error}");
    assert!(!error.traceback().is_empty());
    assert_eq!(co.status(), ThreadStatus::Error);
    assert_eq!(
        co.resume::<()>(()).unwrap_err().kind(),
        ErrorKind::CoroutineUnresumable
    );
    co.reset(lua.load("function() return 5 end").eval().unwrap())
        .unwrap();
    assert_eq!(co.resume::<i32>(()).unwrap(), 5);
    let native = lua.create_function(|_, n: i32| Ok(n * 2)).unwrap();
    assert_eq!(
        lua.create_thread(native).unwrap().resume::<i32>(4).unwrap(),
        8
    );
    // A callback can look at, but not resume, the coroutine it runs in.
    let seen = lua
        .create_function(|lua, ()| {
            let me = lua.current_thread();
            assert!(me.is_running());
            Ok(me.resume::<()>(()).unwrap_err().kind() == ErrorKind::CoroutineUnresumable)
        })
        .unwrap();
    lua.globals().set("seen", seen).unwrap();
    assert!(
        lua.load("coroutine.wrap(function() return seen() end)()")
            .eval::<bool>()
            .unwrap()
    );
}

#[test]
fn handles_keep_their_object_and_not_the_state() {
    let lua = Lua::new();
    let t = lua.create_table().unwrap();
    t.set("x", "kept").unwrap();
    let copy = t.clone();
    drop(t);
    lua.load("collectgarbage() collectgarbage()")
        .exec()
        .unwrap();
    for i in 0..100 {
        lua.create_table_from([(i, i)]).unwrap();
    }
    lua.load("collectgarbage()").exec().unwrap();
    assert_eq!(copy.get::<String>("x").unwrap(), "kept");
    drop(lua);
    assert_eq!(
        copy.get::<String>("x").unwrap_err().kind(),
        ErrorKind::StateUnavailable
    );
    assert_eq!(copy.raw_len(), 0);
}

#[test]
fn handles_do_not_mix_between_states() {
    let (a, b) = (Lua::new(), Lua::new());
    let t = a.create_table().unwrap();
    for result in [
        b.globals().set("t", &t),
        b.globals().set(&t, 1),
        b.globals().set_metatable(Some(t.clone())),
        b.load("return").set_environment(t.clone()).exec(),
        b.load("return ...").call::<()>(&t),
        b.create_table().and_then(|b| b.equals(&t).map(drop)),
    ] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ForeignState);
    }
}

#[test]
fn a_panic_leaves_the_state_usable() {
    let lua = Lua::new();
    let boom = lua
        .create_function(|_, ()| -> Result<()> { std::panic::panic_any("boom") })
        .unwrap();
    lua.globals().set("boom", boom).unwrap();
    for chunk in [
        "boom()",
        "pcall(boom)",
        "coroutine.wrap(function() coroutine.wrap(function() boom() end)() end)()",
        "string.gsub('x', 'x', boom)",
        "table.sort({3, 2, 1}, boom)",
    ] {
        let run = std::panic::AssertUnwindSafe(|| lua.load(chunk).exec());
        assert!(std::panic::catch_unwind(run).is_err(), "{chunk}");
        assert_eq!(
            lua.load("coroutine.wrap(function() return 1 + 1 end)()")
                .eval::<i32>()
                .unwrap(),
            2
        );
        assert!(lua.current_thread().is_running());
    }
}

#[test]
fn deep_recursion_through_rust_is_an_error() {
    let lua = Lua::new();
    let again = lua
        .create_function(|lua, ()| lua.globals().get::<Function>("again")?.call::<()>(()))
        .unwrap();
    lua.globals().set("again", again.clone()).unwrap();
    let error = again.call::<()>(()).unwrap_err();
    assert!(error.to_string().contains("C stack overflow"), "{error}");
    assert_eq!(lua.load("1").eval::<i32>().unwrap(), 1);
}

#[test]
fn states_are_independent_and_libraries_chosen() {
    let lua = Lua::builder()
        .libraries(StdLib::NONE)
        .without(["dofile"])
        .build()
        .unwrap();
    let names = "string == nil and table == nil and coroutine == nil and os == nil and dofile == nil and pcall ~= nil";
    assert!(lua.load(names).eval::<bool>().unwrap());
    lua.load_std_libs(StdLib::TABLE).unwrap();
    assert!(
        lua.load("table ~= nil and string == nil")
            .eval::<bool>()
            .unwrap()
    );
    let other = Lua::new();
    other.globals().set("x", 1).unwrap();
    assert_eq!(lua.globals().get::<Option<i32>>("x").unwrap(), None);
}

#[test]
fn values_dropped_by_the_collector_may_hold_handles() {
    struct Noisy(Table, Arc<Mutex<Vec<bool>>>);
    impl Drop for Noisy {
        fn drop(&mut self) {
            // The state is at work: this fails, and nothing else happens.
            self.1
                .lock()
                .unwrap()
                .push(self.0.get::<Value>("x").is_err());
        }
    }
    let lua = Lua::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noisy = Noisy(lua.create_table().unwrap(), Arc::clone(&seen));
    let f = lua
        .create_function(move |_, ()| Ok(noisy.0.raw_len()))
        .unwrap();
    drop(f);
    lua.load("collectgarbage() collectgarbage()")
        .exec()
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [true]);
}

#[test]
fn many_values_are_refused_not_lost() {
    let lua = Lua::new();
    let many: MultiValue = (0..3000).map(|n| Value::Number(f64::from(n))).collect();
    let f: Function = lua
        .load("function(...) return select('#', ...) end")
        .eval()
        .unwrap();
    assert_eq!(f.call::<i32>(many).unwrap_err().kind(), ErrorKind::Stack);
    let some: MultiValue = (0..1500).map(|n| Value::Number(f64::from(n))).collect();
    assert_eq!(f.call::<i32>(some).unwrap(), 1500);
    let e: Error = f.bind(Variadic::from_iter(0..300)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Runtime);
}
