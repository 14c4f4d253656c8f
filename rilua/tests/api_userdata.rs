//! Userdata through the embedding API: fields, methods, metamethods, borrowing, and what
//! misuse gives.
#![forbid(unsafe_code)]

use rilua::{
    AnyUserData, Error, ErrorKind, FromLua, Function, Lua, MetaMethod, Result, Table, UserData,
    UserDataFields, UserDataMethods, UserDataRef, UserDataRefMut, Value,
};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Vector {
    x: f64,
    y: f64,
}

impl UserData for Vector {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field("dimensions", 2);
        fields.add_field_method_get("x", |_, this| Ok(this.x));
        fields.add_field_method_set("x", |_, this, x| {
            this.x = x;
            Ok(())
        });
        fields.add_field_method_get("y", |_, this| Ok(this.y));
        fields.add_field_function_get("itself", |_, this| Ok(this));
        fields.add_field_function_set("note", |_, this, note: String| this.set_user_value(note));
        fields.add_field_function_get("note", |_, this| this.user_value::<Option<String>>());
        fields.add_meta_field("__about", "a vector");
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_function("new", |_, (x, y)| Ok(Vector { x, y }));
        methods.add_method("length", |_, this, ()| Ok(this.x.hypot(this.y)));
        methods.add_method_mut("scale", |_, this, by: f64| {
            this.x *= by;
            this.y *= by;
            Ok(())
        });
        methods.add_method_once("consume", |_, this, ()| Ok(this.x + this.y));
        methods.add_method("with", |_, this, f: Function| f.call::<Value>(this.x));
        methods.add_method_mut("with_mut", |_, this, f: Function| f.call::<Value>(this.x));
        methods.add_meta_method(MetaMethod::Add, |_, this, other: UserDataRef<Vector>| {
            Ok(Vector {
                x: this.x + other.x,
                y: this.y + other.y,
            })
        });
        methods.add_meta_function(
            MetaMethod::Eq,
            |_, (a, b): (UserDataRef<Self>, UserDataRef<Self>)| Ok(*a == *b),
        );
        methods.add_meta_method("__len", |_, _, ()| Ok(2));
        methods.add_meta_method(MetaMethod::Index, |_, _, key: String| {
            Ok(format!("no {key}"))
        });
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(format!("({}, {})", this.x, this.y))
        });
        methods.add_meta_method(MetaMethod::Call, |_, this, n: f64| Ok(this.x * n));
    }
}

impl FromLua for Vector {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        match value {
            Value::UserData(userdata) => Ok(*userdata.borrow::<Self>()?),
            other => Err(Error::from_lua_conversion(
                other.type_name(),
                "Vector",
                None,
            )),
        }
    }
}

#[expect(clippy::unwrap_used, reason = "a helper of tests fails like them")]
fn with_vector() -> Lua {
    let lua = Lua::new();
    lua.globals()
        .set("Vector", lua.create_proxy::<Vector>().unwrap())
        .unwrap();
    lua.load("v = Vector.new(3, 4)").exec().unwrap();
    lua
}

#[test]
fn fields_methods_and_metamethods() {
    let lua = with_vector();
    lua.load(
        r#"
        assert(v.x == 3 and v.y == 4 and v.dimensions == 2)
        assert(v:length() == 5)
        v:scale(2) assert(v.x == 6)
        v.x = 3
        assert(v.x == 3 and v.y == 8)
        assert(v.itself == v and #v == 2 and v(10) == 30)
        assert(v.other == "no other")
        assert(v.note == nil) v.note = "kept" assert(v.note == "kept")
        assert(tostring(v + Vector.new(1, 1)) == "(4, 9)")
        assert(Vector.new(1, 2) == Vector.new(1, 2) and Vector.new(1, 2) ~= Vector.new(2, 1))
        assert(getmetatable(v) == false and not pcall(setmetatable, v, {}))
        local ok, message = pcall(function() v.z = 1 end)
        assert(not ok and message:find("attempt to set an unknown field 'z'"), message)
        "#,
    )
    .exec()
    .unwrap();
    let v: AnyUserData = lua.globals().get("v").unwrap();
    assert_eq!(
        v.metatable().unwrap().get::<String>("__about").unwrap(),
        "a vector"
    );
    assert_eq!(v.type_name().unwrap().as_deref(), Some("Vector"));
    assert_eq!(v.call_method::<f64>("length", ()).unwrap(), 73_f64.sqrt());
    assert_eq!(v.get::<f64>("x").unwrap(), 3.0);
    v.set("x", 5).unwrap();
    assert_eq!(
        lua.load("v").eval::<Vector>().unwrap(),
        Vector { x: 5.0, y: 8.0 }
    );
    assert_eq!(Value::UserData(v).to_string().unwrap(), "(5, 8)");
}

#[test]
fn borrows_are_checked() {
    let lua = with_vector();
    let v: AnyUserData = lua.globals().get("v").unwrap();
    let kind = |chunk: &str| lua.load(chunk).exec().unwrap_err().kind();
    assert_eq!(
        kind("v:with_mut(function() return v.y end)"),
        ErrorKind::UserDataBorrow
    );
    assert_eq!(
        kind("v:with(function() v:scale(2) end)"),
        ErrorKind::UserDataBorrowMut
    );
    assert!(
        lua.load("v:with(function() return v:length() end)")
            .exec()
            .is_ok()
    );
    {
        let shared: UserDataRef<Vector> = v.borrow().unwrap();
        assert_eq!(v.borrow::<Vector>().unwrap().y, shared.y);
        assert_eq!(
            v.borrow_mut::<Vector>().err().unwrap().kind(),
            ErrorKind::UserDataBorrowMut
        );
        assert_eq!(
            v.take::<Vector>().unwrap_err().kind(),
            ErrorKind::UserDataBorrowMut
        );
    }
    {
        let mut alone: UserDataRefMut<Vector> = v.borrow_mut().unwrap();
        alone.x = 9.0;
        assert_eq!(
            v.borrow::<Vector>().err().unwrap().kind(),
            ErrorKind::UserDataBorrow
        );
        assert_eq!(kind("return v.x"), ErrorKind::UserDataBorrow);
    }
    assert_eq!(lua.load("v.x").eval::<f64>().unwrap(), 9.0);
    assert_eq!(
        v.borrow::<String>().err().unwrap().kind(),
        ErrorKind::UserDataTypeMismatch
    );
    assert!(v.is::<Vector>() && !v.is::<String>());
    assert_eq!(
        kind("Vector.length(io.stdout)"),
        ErrorKind::UserDataTypeMismatch
    );
    assert_eq!(kind("v.length()"), ErrorKind::FromLua);
    assert_eq!(lua.load("v:consume()").eval::<f64>().unwrap(), 13.0);
    assert_eq!(kind("return v.x"), ErrorKind::UserDataDestructed);
    assert_eq!(
        v.take::<Vector>().unwrap_err().kind(),
        ErrorKind::UserDataDestructed
    );
}

#[test]
fn a_panic_gives_the_borrow_back() {
    struct Fragile;
    impl UserData for Fragile {
        fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
            methods.add_method_mut("panic", |_, _, ()| -> Result<()> {
                std::panic::panic_any("fragile")
            });
        }
    }
    let lua = Lua::new();
    let fragile = lua.create_userdata(Fragile).unwrap();
    let call = std::panic::AssertUnwindSafe(|| fragile.call_method::<()>("panic", ()));
    assert!(std::panic::catch_unwind(call).is_err());
    assert!(fragile.borrow_mut::<Fragile>().is_ok());
}

#[test]
fn values_are_dropped_with_their_userdata() {
    let lua = Lua::new();
    let value = Arc::new(());
    lua.globals()
        .set("u", lua.create_any_userdata(Arc::clone(&value)).unwrap())
        .unwrap();
    assert_eq!(Arc::strong_count(&value), 2);
    lua.load("u = nil collectgarbage() collectgarbage()")
        .exec()
        .unwrap();
    assert_eq!(Arc::strong_count(&value), 1);
    let kept = lua.create_any_userdata(Arc::clone(&value)).unwrap();
    lua.load("collectgarbage()").exec().unwrap();
    assert_eq!(Arc::strong_count(&value), 2);
    kept.destroy().unwrap();
    assert_eq!(Arc::strong_count(&value), 1);
    lua.globals()
        .set("u", lua.create_any_userdata(Arc::clone(&value)).unwrap())
        .unwrap();
    drop(lua);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn types_can_be_described_from_outside() {
    let lua = Lua::new();
    lua.register_userdata_type::<std::time::Duration>(|registry| {
        registry.add_field_method_get("seconds", |_, this| Ok(this.as_secs_f64()));
    })
    .unwrap();
    let duration = lua
        .create_any_userdata(std::time::Duration::from_millis(1500))
        .unwrap();
    lua.globals().set("d", duration).unwrap();
    assert_eq!(lua.load("d.seconds").eval::<f64>().unwrap(), 1.5);
}

#[test]
fn finalizers_are_left_to_drop() {
    struct Finalized;
    impl UserData for Finalized {
        fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
            methods.add_meta_method("__gc", |_, _, ()| Ok(()));
        }
    }
    let lua = Lua::new();
    let error = lua.create_userdata(Finalized).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MetaMethodRestricted);
}

#[test]
fn user_values_are_kept_by_name_and_number() {
    let lua = Lua::new();
    let u = lua.create_any_userdata(1_u8).unwrap();
    assert_eq!(u.user_value::<Option<Table>>().unwrap(), None);
    u.set_nth_user_value(2, "second").unwrap();
    u.set_named_user_value("name", 7).unwrap();
    assert_eq!(u.nth_user_value::<String>(2).unwrap(), "second");
    assert_eq!(u.named_user_value::<i32>("name").unwrap(), 7);
    assert!(u.set_nth_user_value(0, 1).is_err());
    let other = lua.create_any_userdata(2_u8).unwrap();
    assert_eq!(other.nth_user_value::<Option<String>>(2).unwrap(), None);
}

/// A method that has the name of a field is not seen, whether or not somebody watches calls.
#[test]
fn fields_come_before_methods() -> Result<()> {
    struct Both;
    impl UserData for Both {
        fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
            fields.add_field_method_get("name", |_, _| Ok("field"));
        }
        fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
            methods.add_method("name", |_, _, ()| Ok("method"));
            methods.add_method("other", |_, _, ()| Ok("other method"));
        }
    }
    let lua = Lua::new();
    let text = "local both, calls = ..., 0
        local function get() return both.name, both:other(), both.missing == nil end
        debug.sethook(function() calls = calls + 1 end, 'c')
        local name, other, missing = get()
        debug.sethook()
        assert(name == 'field' and other == 'other method' and missing and calls > 5)
        return get()";
    let (name, other, missing): (String, String, bool) = lua.load(text).call(Both)?;
    assert_eq!((&*name, &*other, missing), ("field", "other method", true));
    Ok(())
}
