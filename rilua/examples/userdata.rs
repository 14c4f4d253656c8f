//! A type of Rust with fields, methods and operators in Lua.
//!
//! `cargo run --example userdata`
#![forbid(unsafe_code)]

use rilua::{
    AnyUserData, ErrorKind, Lua, MetaMethod, Result, UserData, UserDataFields, UserDataMethods,
    UserDataRef,
};

/// A rectangle, by its sides.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rectangle {
    width: f64,
    height: f64,
}

impl UserData for Rectangle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field("corners", 4);
        fields.add_field_method_get("width", |_, this| Ok(this.width));
        fields.add_field_method_set("width", |_, this, width| {
            this.width = width;
            Ok(())
        });
        fields.add_field_method_get("height", |_, this| Ok(this.height));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_function("new", |_, (width, height): (f64, Option<f64>)| {
            Ok(Rectangle {
                width,
                height: height.unwrap_or(width),
            })
        });
        methods.add_method("area", |_, this, ()| Ok(this.width * this.height));
        methods.add_method_mut("turn", |_, this, ()| {
            core::mem::swap(&mut this.width, &mut this.height);
            Ok(())
        });
        methods.add_meta_method(MetaMethod::Mul, |_, this, factor: f64| {
            Ok(Rectangle {
                width: this.width * factor,
                height: this.height * factor,
            })
        });
        methods.add_meta_function(
            MetaMethod::Eq,
            |_, (a, b): (UserDataRef<Self>, UserDataRef<Self>)| Ok(*a == *b),
        );
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(format!("{} x {}", this.width, this.height))
        });
    }
}

fn main() -> Result<()> {
    let lua = Lua::new();
    // The functions of a type are called through a userdata without a value.
    lua.globals()
        .set("Rectangle", lua.create_proxy::<Rectangle>()?)?;
    lua.load(
        "local r = Rectangle.new(3, 4)
         r.width = r.width + 1
         print(r, 'has area', r:area(), 'and', r.corners, 'corners')
         r = r * 2
         r:turn()
         print('doubled:', r, 'square?', r == Rectangle.new(8))
         rectangle = r",
    )
    .set_name("=shapes")
    .exec()?;

    // The value is borrowed with care: a mistake is an error, not undefined.
    let userdata: AnyUserData = lua.globals().get("rectangle")?;
    {
        let shared = userdata.borrow::<Rectangle>()?;
        let refused = userdata.borrow_mut::<Rectangle>().err();
        println!(
            "while {} is borrowed: {:?}",
            shared.width,
            refused.map(|e| e.kind())
        );
    }
    userdata.borrow_mut::<Rectangle>()?.height = 1.0;
    let value: Rectangle = userdata.take()?;
    println!("taken out: {value:?}");
    let gone = lua.load("rectangle:area()").exec();
    assert_eq!(
        gone.err().map(|error| error.kind()),
        Some(ErrorKind::UserDataDestructed)
    );
    Ok(())
}
