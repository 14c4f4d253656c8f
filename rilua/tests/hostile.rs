//! Hostile input: programs that try to take more than they may have, in a thread of 2 MiB,
//! with limits. None may panic, overflow the stack, end the process or exceed its
//! limits, and each leaves a state that can be used.
//!
//! The programs are in `hostile/`, one file for each class, the cases separated by lines
//! that begin with `---`. A case returns how many things it has tried, if it comes to its
//! end. `cargo test --test hostile -- --nocapture` shows the numbers.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rilua::host::NullHost;
use rilua::{Error, ErrorKind, Function, Limits, Lua, Result};
use std::collections::BTreeMap;
use std::thread;

/// The smallest stack that is supported.
const STACK: usize = 2 << 20;
const INSTRUCTIONS: u64 = 4_000_000;
const MEMORY: usize = 32 << 20;

const LIMITS: Limits = Limits::new().instructions(INSTRUCTIONS).memory(MEMORY);

fn in_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    thread.unwrap().join().unwrap();
}

fn state() -> Lua {
    Lua::builder().host(NullHost).build().unwrap()
}

/// The state keeps its limits, and goes on working.
fn check(lua: &Lua, name: &str) {
    let memory = lua.held_memory().unwrap();
    assert!(memory <= MEMORY, "{name}: {memory} bytes");
    let used = lua.used_instructions().unwrap();
    assert!(used <= INSTRUCTIONS, "{name}: {used} instructions");
    lua.set_limits(Limits::new()).unwrap();
    // Hooks that a case has left behind.
    let _unhooked = lua.load("debug.sethook()").exec();
    let works: String = lua.load("return ('x'):rep(3) .. #{ 1, 2 }").eval().unwrap();
    assert_eq!(works, "xxx2", "{name}");
    // Finalizers run when the state ends.
    lua.set_limits(LIMITS).unwrap();
}

/// How many cases of a class ended how.
#[derive(Default)]
struct Tally {
    cases: u32,
    tried: u64,
    ends: BTreeMap<String, u32>,
}

impl Tally {
    fn count(&mut self, result: Result<Option<u64>>) {
        self.cases += 1;
        let end = match result {
            Ok(tried) => {
                self.tried += tried.unwrap_or(1).max(1);
                "ended".to_owned()
            }
            Err(error) => {
                self.tried += 1;
                format!("{:?}", error.kind())
            }
        };
        *self.ends.entry(end).or_default() += 1;
    }

    fn show(&self, class: &str) {
        println!(
            "{class}: {} cases, {} tried, {:?}",
            self.cases, self.tried, self.ends
        );
    }
}

fn class(name: &'static str, text: &'static str) {
    in_small_stack(move || {
        let mut tally = Tally::default();
        for case in text.split("--- ").skip(1) {
            let (title, program) = case.split_once('\n').unwrap();
            let lua = state();
            lua.set_limits(LIMITS).unwrap();
            let result = lua.load(program).set_name("=case").eval::<Option<u64>>();
            if let Err(error) = &result {
                // Any other kind would be a mistake of the case.
                let known = error.is_limit()
                    || matches!(error.kind(), ErrorKind::Runtime | ErrorKind::Memory);
                assert!(known, "{name}, {title}: {error:?}");
                if !error.is_limit() {
                    println!("{name}, {title}: {error}");
                }
            }
            tally.count(result);
            check(&lua, &format!("{name}, {title}"));
        }
        tally.show(name);
    });
}

macro_rules! classes {
    ($($class:ident)*) => { $(
        #[test]
        fn $class() {
            class(stringify!($class), include_str!(concat!("hostile/", stringify!($class), ".lua")));
        }
    )* };
}

classes! {
    format patterns rep ranges tables metamethods finalizers coroutines callbacks errors recursion source
}

/// What `string.dump` makes of some functions, each text with its number of constants,
/// functions inside and so on.
fn chunks(lua: &Lua) -> Vec<Vec<u8>> {
    let dump: Function = lua
        .load("return function(s) return string.dump(assert(loadstring(s))) end")
        .eval()
        .unwrap();
    let texts = [
        "return 1",
        "local a, b = 1, 'x' for i = 1, 10 do a = a + i end return a, b",
        "local t = { 1, 2, x = 3 } for k, v in pairs(t) do t[k] = v .. 'y' end return #t",
        "local function f(n, ...) if n > 0 then return f(n - 1, ...) end return ... end return f(3, 1, 2)",
        "local u = 0 local function c() u = u + 1 return function() return u end end return c()(), -u, not u",
        "x = x and y or z while x do x = x.y.z break end repeat local q = {} until q return x == 1, x < 2, x <= 'a'",
    ];
    texts
        .iter()
        .map(|text| {
            dump.call::<rilua::LuaString>(*text)
                .unwrap()
                .as_bytes()
                .to_vec()
        })
        .collect()
}

/// Loads bytes, and runs what comes of it, with little of everything. Where `RILUA_CHUNKS` names
/// a folder they are written there as well, for other interpreters to try.
fn load_and_run(lua: &Lua, bytes: &[u8], tally: &mut Tally) {
    if let Some(folder) = std::env::var_os("RILUA_CHUNKS") {
        let name = format!("{:05}.luac", tally.cases);
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
    let limits = Limits::new().instructions(20_000).memory(MEMORY);
    let result = lua.with_limits(limits, |lua| {
        let load: Function = lua.globals().get("loadstring")?;
        let (f, _message) =
            load.call::<(Option<Function>, rilua::Value)>(lua.create_string(bytes)?)?;
        match f {
            Some(f) => f.call::<()>(()).map(|()| None),
            None => Err(Error::runtime("not loaded")),
        }
    });
    if let Err(error) = &result {
        let known = error.is_limit()
            || matches!(
                error.kind(),
                ErrorKind::Runtime | ErrorKind::Memory | ErrorKind::ErrorHandling
            );
        assert!(known, "{error:?}");
    }
    tally.count(result);
    assert!(lua.held_memory().unwrap() <= MEMORY);
}

/// Chunks with every byte changed, cut off everywhere, and with random bodies.
#[test]
fn bytecode() {
    in_small_stack(|| {
        let mut tally = Tally::default();
        let mut lua = state();
        let chunks = chunks(&lua);
        for chunk in &chunks {
            for at in 0..chunk.len() {
                for change in [1, 2, 0x40, 0x80, 0xff] {
                    let mut bytes = chunk.clone();
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= change;
                    }
                    load_and_run(&lua, &bytes, &mut tally);
                }
                load_and_run(&lua, chunk.get(..at).unwrap(), &mut tally);
                if at % 64 == 0 {
                    lua = state();
                }
            }
        }
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        for round in 0..2000 {
            let source = &chunks[round % chunks.len()];
            let mut bytes = source.clone();
            // The header stays; the rest is random, or only some of it.
            for byte in bytes.iter_mut().skip(12) {
                if round % 3 == 0 || random() % 16 == 0 {
                    *byte = random() as u8;
                }
            }
            load_and_run(&lua, &bytes, &mut tally);
            if round % 64 == 0 {
                lua = state();
            }
        }
        tally.show("bytecode");
        check(&lua, "bytecode");
    });
}

/// One line of 100 MB, as a comment, a string, a name and code: it loads, or a limit says no.
#[test]
fn a_line_of_a_hundred_megabytes() {
    in_small_stack(|| {
        const LENGTH: usize = 100_000_000;
        for (before, piece, after) in [
            ("--", "x", ""),
            ("return '", "x", "'"),
            ("", "x", " = 1"),
            ("", "x = 1 ", ""),
        ] {
            let line = [before, &piece.repeat(LENGTH / piece.len()), after].concat();
            let lua = state();
            lua.set_limits(LIMITS).unwrap();
            let error = lua.load(&*line).into_function().unwrap_err();
            assert!(error.is_limit(), "{error}");
            check(&lua, "a long line");
        }
        let comment = ["--", &"x".repeat(LENGTH)].concat();
        state().load(&*comment).exec().unwrap();
    });
}

/// Rust and Lua that call each other as deep as they may.
#[test]
fn callbacks_of_rust_inside_each_other() {
    in_small_stack(|| {
        let lua = state();
        let again = lua
            .create_function(|lua, depth: u32| {
                let f: Function = lua.globals().get("f")?;
                f.call::<u32>(depth + 1)
            })
            .unwrap();
        lua.globals().set("again", again).unwrap();
        lua.load("function f(n) return again(n) end")
            .exec()
            .unwrap();
        let error = lua.load("return f(1)").eval::<u32>().unwrap_err();
        assert!(error.to_string().contains("stack overflow"), "{error}");
        let caught: bool = lua
            .load("local ok, e = pcall(f, 1) return not ok")
            .eval()
            .unwrap();
        assert!(caught);
        check(&lua, "callbacks of Rust");
    });
}

/// An error of a limit that comes through a callback can't be caught either.
#[test]
fn limits_pass_callbacks() {
    in_small_stack(|| {
        let lua = state();
        let run = lua
            .create_function(|_, f: Function| f.call::<()>(()))
            .unwrap();
        lua.globals().set("run", run).unwrap();
        let text = "while true do pcall(run, function() while true do end end) end";
        let limits = Limits::new().instructions(100_000);
        let error = lua
            .with_limits(limits, |lua| lua.load(text).exec())
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InstructionLimit);
        // A function of Rust that has limits of its own.
        let inner = lua
            .create_function(|lua, ()| {
                let limits = Limits::new().instructions(1000);
                let run = lua.with_limits(limits, |lua| lua.load("while true do end").exec());
                Ok(run.is_err_and(|error| error.kind() == ErrorKind::InstructionLimit))
            })
            .unwrap();
        lua.globals().set("inner", inner).unwrap();
        assert!(
            lua.load("return inner() and inner()")
                .eval::<bool>()
                .unwrap()
        );
        check(&lua, "limits pass callbacks");
    });
}
