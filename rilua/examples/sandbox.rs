//! Scripts of strangers: few libraries, a world in memory, an environment of their own, and
//! an end to what takes too long.
//!
//! `cargo run --example sandbox`
#![forbid(unsafe_code)]

use rilua::host::{MemoryHost, StandardStream};
use rilua::{ChunkMode, Limits, Lua, Result, StdLib, Table, Value};

/// What one script may use: instructions of the virtual machine, bytes of memory, bytes of
/// one string.
const LIMITS: Limits = Limits::new()
    .instructions(1_000_000)
    .memory(8 << 20)
    .string_length(1 << 20);

/// What scripts see of the libraries: nothing that loads code, changes what others see, or
/// reaches out of their world.
const ALLOWED: [&str; 16] = [
    "assert", "error", "ipairs", "next", "pairs", "pcall", "print", "select", "tonumber",
    "tostring", "type", "unpack", "xpcall", "math", "string", "table",
];

/// An environment for one script: copies, so that scripts can't change each other's
/// libraries.
fn environment(lua: &Lua) -> Result<Table> {
    let (globals, environment) = (lua.globals(), lua.create_table()?);
    for name in ALLOWED {
        match globals.get::<Option<Table>>(name) {
            Ok(Some(library)) => {
                let copy = lua.create_table()?;
                for pair in library.pairs::<String, Value>() {
                    let (key, value) = pair?;
                    copy.set(key, value)?;
                }
                environment.set(name, copy)?;
            }
            _ => environment.set(name, globals.get::<Value>(name)?)?,
        }
    }
    Ok(environment)
}

/// Runs a script in a new environment, within the limits. Reaching one ends the script, whatever
/// it does to go on: `pcall` doesn't see it.
fn run(lua: &Lua, name: &str, script: &str) -> Result<()> {
    lua.with_limits(LIMITS, |lua| {
        lua.load(script)
            .set_name(format!("={name}"))
            .set_mode(ChunkMode::Text)
            .set_environment(environment(lua)?)
            .exec()
    })
}

fn main() -> Result<()> {
    let host = MemoryHost::new();
    let output = host.stream(StandardStream::Output);
    let lua = Lua::builder()
        .libraries(StdLib::STRING | StdLib::TABLE | StdLib::MATH)
        .without(["string.dump", "dofile", "loadfile"])
        .host(host)
        .build()?;
    // Values of strings find their methods here, whatever a script's environment is.
    if let Some(strings) = lua.type_metatable("string") {
        strings.set("__metatable", false)?;
    }

    for (name, script) in [
        ("greeter", "print(('hello'):upper(), math.max(1, 2))"),
        ("prober", "print(io, os, load, getfenv, string.dump)"),
        ("vandal", "string.upper = nil; table = nil"),
        ("greeter again", "print(('hello'):upper())"),
        (
            "looper",
            "while true do pcall(function() while true do end end) end",
        ),
        ("hoarder", "local t = {} while true do t[#t + 1] = {} end"),
        ("boaster", "return ('x'):rep(1e9)"),
    ] {
        match run(&lua, name, script) {
            Ok(()) => println!("{name}: done"),
            Err(error) if error.is_limit() => println!("{name} was stopped: {error}"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    println!("--- what they printed:");
    drop(lua);
    print!("{}", String::from_utf8_lossy(&output.borrow()));
    Ok(())
}
