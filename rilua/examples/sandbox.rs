//! Scripts of strangers: few libraries, a world in memory, an environment of their own, and
//! an end to what takes too long.
//!
//! `cargo run --example sandbox`
#![forbid(unsafe_code)]

use rilua::host::{MemoryHost, StandardStream};
use rilua::{Error, HookTriggers, Lua, Result, StdLib, Table};

/// Instructions that a script may run, checked in steps of a thousand.
const INSTRUCTIONS: u32 = 1_000_000;
const STEP: u32 = 1000;

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
                for pair in library.pairs::<String, rilua::Value>() {
                    let (key, value) = pair?;
                    copy.set(key, value)?;
                }
                environment.set(name, copy)?;
            }
            _ => environment.set(name, globals.get::<rilua::Value>(name)?)?,
        }
    }
    Ok(environment)
}

/// Runs a script in a new environment, with a bound on its instructions. Like any error, that
/// of a hook can be caught by the script's `pcall`, here until the next step.
fn run(lua: &Lua, name: &str, script: &str) -> Result<()> {
    let steps = std::sync::atomic::AtomicU32::new(0);
    let triggers = HookTriggers::new().every_nth_instruction(STEP);
    lua.set_hook(triggers, move |_, _| {
        let done = steps.fetch_add(STEP, std::sync::atomic::Ordering::Relaxed);
        if done >= INSTRUCTIONS {
            Err(Error::runtime("the script takes too long"))
        } else {
            Ok(())
        }
    })?;
    let result = lua
        .load(script)
        .set_name(format!("={name}"))
        .set_mode(rilua::ChunkMode::Text)
        .set_environment(environment(lua)?)
        .exec();
    lua.remove_hook();
    result
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
        ("looper", "while true do end"),
    ] {
        match run(&lua, name, script) {
            Ok(()) => println!("{name}: done"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    println!("--- what they printed:");
    drop(lua);
    print!("{}", String::from_utf8_lossy(&output.borrow()));
    Ok(())
}
