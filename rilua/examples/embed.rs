//! The first steps: a state, values in and out, functions in both directions, errors.
//!
//! `cargo run --example embed`
#![forbid(unsafe_code)]

use rilua::{Error, ErrorKind, Function, Lua, Result, Table, Variadic};
use std::collections::BTreeMap;

fn main() -> Result<()> {
    let lua = Lua::new();

    // Values go in and come out as types of Rust.
    lua.globals().set("greeting", "hello")?;
    let length: usize = lua.load("#greeting").eval()?;
    println!("the greeting has {length} bytes");

    // Tables are handles; containers are converted.
    let config: Table = lua
        .load("{ name = 'demo', ports = {8080, 8081}, limits = {cpu = 2, memory = 512} }")
        .set_name("=config")
        .eval()?;
    let ports: Vec<u16> = config.get("ports")?;
    let limits: BTreeMap<String, u32> = config.get("limits")?;
    println!(
        "{} listens on {ports:?} within {limits:?}",
        config.get::<String>("name")?
    );

    // Closures of Rust are functions of Lua, with checked arguments.
    let join = lua.create_function(|_, (separator, parts): (String, Variadic<String>)| {
        Ok(parts.join(&separator))
    })?;
    lua.globals().set("join", join)?;
    println!("{}", lua.load("join(' + ', 'a', 'b', 3)").eval::<String>()?);

    // And functions of Lua are called from Rust.
    let fold: Function = lua
        .load("function(f, ...) local a = 0 for i = 1, select('#', ...) do a = f(a, (select(i, ...))) end return a end")
        .eval()?;
    let add = lua.create_function(|_, (a, b): (f64, f64)| Ok(a + b))?;
    println!("the sum is {}", fold.call::<f64>((add, 1, 2, 3.5))?);

    // Errors say what, where, and why.
    let parse = lua.create_function(|_, text: String| Ok(text.parse::<i32>()?))?;
    lua.globals().set("parse", parse)?;
    let script = "local function read(text)\n  return parse(text)\nend\nreturn read('12x')";
    match lua.load(script).set_name("=script").exec() {
        Ok(()) => return Err(Error::runtime("'12x' is no number")),
        Err(error) => {
            println!("{:?}: {error}", error.kind());
            for frame in error.traceback() {
                println!("    {frame}");
            }
            assert_eq!(error.kind(), ErrorKind::External);
            assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
        }
    }
    Ok(())
}
