//! Limits and interrupts as an embedder meets them: counts that are always the same, errors
//! that come at the same point, states that go on.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rilua::host::{MemoryHost, StandardStream};
use rilua::{BytecodePolicy, ErrorKind, Interrupt, Limits, Lua};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Runs a program in a world of its own; what it wrote, what it used, and how it ended.
fn run(text: &str, limits: Limits) -> (Vec<u8>, u64, Option<ErrorKind>) {
    let host = MemoryHost::new();
    let output = host.stream(StandardStream::Output);
    let lua = Lua::builder().host(host).build().unwrap();
    let mut used = 0;
    let result = lua.with_limits(limits, |lua| {
        let result = lua.load(text).set_name("=program").exec();
        used = lua.used_instructions()?;
        result
    });
    drop(lua);
    let written = output.borrow().clone();
    (written, used, result.err().map(|error| error.kind()))
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// The Lua files below a folder of the corpus, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The programs of the corpus that are quick enough to be run many times.
fn programs() -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| fs::read_to_string(&path).ok().map(|text| (path, text));
    let files = files(&corpus().join("programs"));
    files.into_iter().filter_map(read).collect()
}

/// What every program of the corpus uses, in a state of its own, in a world in memory,
/// stopped after so many instructions.
fn instructions_of_corpus() -> BTreeMap<String, u64> {
    const MOST: u64 = 2_000_000;
    let mut counts = BTreeMap::new();
    for path in files(&corpus()) {
        let text = fs::read(&path).unwrap();
        let name = path.strip_prefix(corpus()).unwrap();
        let lua = Lua::builder().deterministic(1).build().unwrap();
        lua.set_limits(Limits::new().instructions(MOST)).unwrap();
        let chunk = lua.load(&text[..]).set_name(format!("@{}", name.display()));
        // However it ends.
        let _ended = chunk.exec();
        let used = lua.used_instructions().unwrap();
        counts.insert(name.display().to_string(), used);
    }
    counts
}

/// That is what `corpus/instructions.txt` says, in every build. After a change of the corpus,
/// or of what is charged: `RILUA_RECORD=1 cargo test --test limits recorded`.
#[test]
fn instructions_are_those_recorded() {
    let counts = instructions_of_corpus();
    if std::env::var_os("RILUA_RECORD").is_some() {
        let lines = counts.iter().map(|(name, used)| format!("{used} {name}\n"));
        let lines: String = lines.collect();
        let record = corpus().join("instructions.txt");
        let new = record.with_extension("new");
        fs::write(&new, &lines).unwrap();
        fs::rename(&new, &record).unwrap();
    }
    compare_with_record(&counts);
}

/// A program that is new waits for the next record.
fn compare_with_record(counts: &BTreeMap<String, u64>) {
    let record = corpus().join("instructions.txt");
    let recorded = fs::read_to_string(&record).unwrap();
    let mut compared = 0;
    for line in recorded.lines() {
        let (used, name) = line.split_once(' ').unwrap();
        let now = counts.get(name).map(u64::to_string);
        assert_eq!(
            now.as_deref(),
            Some(used),
            "{name}, by {record:?}; if that is meant, record anew"
        );
        compared += 1;
    }
    assert!(compared > 300, "{compared} programs in {record:?}");
}

/// While another state of the process is asked to stop, and doesn't yet, everything takes
/// its general way; it uses the same.
#[test]
fn a_request_for_another_state_changes_no_count() {
    let (asked, is_asked) = mpsc::channel();
    let (done, is_done) = mpsc::channel::<()>();
    let other = thread::spawn(move || {
        let lua = Lua::new();
        let interrupt = lua.interrupt().unwrap();
        let is_done = Mutex::new(is_done);
        let wait = lua.create_function(move |_, ()| {
            interrupt.request();
            asked.send(()).unwrap();
            let _ended = is_done.lock().unwrap().recv();
            Ok(())
        });
        let ended = wait.unwrap().call::<()>(());
        ended.unwrap_err().kind()
    });
    is_asked.recv().unwrap();
    let counts = instructions_of_corpus();
    drop(done);
    assert_eq!(other.join().unwrap(), ErrorKind::Interrupted);
    compare_with_record(&counts);
}

/// Two runs, with and without limits, use the same; one instruction less is too little.
/// `cargo test --test limits -- --nocapture` shows the sum, which is the same in every build.
#[test]
fn instructions_of_programs_are_exact() {
    let mut sum = 0;
    let mut count = 0;
    for (path, text) in programs() {
        let (output, used, ended) = run(&text, Limits::new().counted());
        let limited = Limits::new().instructions(used).memory(1 << 30);
        assert_eq!(run(&text, limited), (output, used, ended), "{path:?}");
        let short = Limits::new().instructions(used - 1);
        let (_, short_used, short_ended) = run(&text, short);
        assert_eq!(short_used, used - 1, "{path:?}");
        assert_eq!(short_ended, Some(ErrorKind::InstructionLimit), "{path:?}");
        sum += used;
        count += 1;
    }
    assert!(count > 20, "{count} programs");
    println!("{sum} instructions in {count} programs");
}

/// A state that is made anew does the same, byte for byte.
#[test]
fn runs_of_one_seed_are_the_same() {
    let text = "local t = {}
        for i = 1, 50 do t[{}] = i t[print] = 1 t[function() end] = i t[coroutine.create(function() end)] = i end
        for k, v in pairs(t) do print(k, v) end
        print(math.random(), math.random(1000), os.time(), os.clock(), os.date(), os.tmpname(), collectgarbage('count'))";
    let run = |seed| {
        let host = MemoryHost::new();
        let output = host.stream(StandardStream::Output);
        let lua = Lua::builder()
            .host(host)
            .deterministic(seed)
            .build()
            .unwrap();
        lua.load(text).set_name("=program").exec().unwrap();
        drop(lua);
        let written = output.borrow().clone();
        String::from_utf8(written).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert!(run(1).lines().count() > 50);
    let last = |text: String| text.lines().last().unwrap().to_owned();
    assert_ne!(last(run(1)), last(run(2)));
}

#[test]
fn every_limit_has_its_kind() {
    let lua = Lua::new();
    for (limits, text, kind) in [
        (
            Limits::new().instructions(1000),
            "while true do end",
            ErrorKind::InstructionLimit,
        ),
        (
            Limits::new().memory(2 << 20),
            "local t = {} for i = 1, 1e9 do t[i] = i end",
            ErrorKind::MemoryLimit,
        ),
        (
            Limits::new().call_depth(50),
            "local function f() return 1 + f() end f()",
            ErrorKind::CallDepthLimit,
        ),
        (
            Limits::new().string_length(99),
            "return ('x'):rep(100)",
            ErrorKind::StringLimit,
        ),
    ] {
        let protected = format!("return pcall(function() {text} end)");
        // Nor can it be caught where a message handler runs.
        let handled = format!("return xpcall(error, function() {text} end)");
        for text in [text, &protected, &handled] {
            let error = lua
                .with_limits(limits, |lua| lua.load(text).exec())
                .unwrap_err();
            assert_eq!(error.kind(), kind, "{text}");
            assert!(error.is_limit());
            assert!(!error.to_string().is_empty());
        }
        let caught = lua.with_limits(limits.catchable(true), |lua| {
            lua.load(&*protected).eval::<(bool, String)>()
        });
        // Without instructions left, nothing can be done after catching it.
        match caught {
            Ok((ok, message)) => assert!(!ok && message.contains("limit exceeded"), "{message}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::InstructionLimit),
        }
        assert_eq!(lua.load("return 6 * 7").eval::<u32>().unwrap(), 42);
    }
}

/// A text in which there is an error before the point where the limit ends its reading.
#[test]
fn errors_of_a_text_do_not_hide_limits() {
    let lua = Lua::new();
    let text = "return loadstring('return {' .. ('{},'):rep(4e5) .. '}')";
    let message: (Option<bool>, String) = lua.load(text).eval().unwrap();
    assert!(message.1.contains("items in a constructor"), "{message:?}");
    let limits = Limits::new().memory(64 << 20);
    let error = lua
        .with_limits(limits, |lua| lua.load(text).exec())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MemoryLimit);
}

#[test]
fn limits_of_a_state_stay() {
    let lua = Lua::builder()
        .limits(Limits::new().instructions(10_000))
        .build()
        .unwrap();
    assert_eq!(lua.load("return 1").eval::<u32>().unwrap(), 1);
    assert!(lua.used_instructions().unwrap() < 50);
    // An inner limit can only be narrower, and what it uses is used of the outer one.
    let wide = Limits::new().instructions(1_000_000);
    let error = lua
        .with_limits(wide, |lua| lua.load("while true do end").exec())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InstructionLimit);
    assert_eq!(lua.used_instructions().unwrap(), 10_000);
    let error = lua.load("return 1").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InstructionLimit);
    lua.set_limits(Limits::new().instructions(100)).unwrap();
    assert_eq!(lua.load("return 1").eval::<u32>().unwrap(), 1);
}

/// Interrupts end programs wherever they are: none of these ends otherwise. How late they end is
/// printed, for the table in `docs/sandboxing.md`.
#[test]
fn interrupts_end_anything() {
    fn is_sent<T: Send + Sync + Clone + 'static>(_: &T) {}
    let lua = Lua::new();
    let interrupt: Interrupt = lua.interrupt().unwrap();
    is_sent(&interrupt);
    let mut longest = Duration::ZERO;
    for text in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "string.find(('a'):rep(50000), ('a-'):rep(20) .. 'b')",
        "string.find((' '):rep(5e5) .. 'x', '%s+$')",
        "local s = ('x'):rep(1e6) while true do s:rep(20) end",
        "local s = ('x'):rep(2e7) while true do local t = s .. s end",
        "local s = ('x'):rep(2e7) while true do s:upper() end",
        "local s = ('x'):rep(2e7) while true do ('%q'):format(s) end",
        "local t = {} for i = 1, 20 do t[i] = ('x'):rep(1e6) end while true do table.concat(t) end",
        "local t = {} for i = 1, 1e6 do t[i] = (i * 7919) % 1000003 end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end",
        "local s = ('a = 1 '):rep(2e5) while true do loadstring(s) end",
        "local t = {} for i = 1, 1e5 do t[i] = 'xyz' end while true do table.concat(t) end",
        "while true do coroutine.wrap(function() while true do end end)() end",
        "coroutine.wrap(function() while true do pcall(function() while true do end end) end end)()",
        "local function f() return f() end f()",
        "pcall(string.find, ('a'):rep(3e5), '(.-)%1b')",
        "table.insert({}, -2^31, 1)",
        "local s = ('x'):rep(1e7) while true do s:gsub('x', 'y') end",
        "local s = ('x'):rep(1e6) while true do s:gsub('.', { x = 1 }) end",
        "local s = 'return ' .. ('a+'):rep(5e6) .. 'a' while true do loadstring(s) end",
        "local s = 'return {' .. ('{},'):rep(5e6) .. '}' while true do loadstring(s) end",
        "local s = ('function f() end '):rep(3e5) while true do loadstring(s) end",
        "local t = {} for i = 1, 2.5e5 do t[i] = 'a' .. i .. ' = 1 ' end t = table.concat(t) while true do loadstring(t) end",
        "while true do local t = {} for i = 1, 2^24 do t[i] = i end end",
        "while true do local t = {} for i = 1, 2^22 do t[i + 0.5] = i end end",
        "while true do local t = {} for i = 2^22, 1, -1 do t[i] = i end end",
        "local t = {} for i = 1, 1e6 do t[i] = i end while true do table.foreach(t, function() end) end",
        "local t = {} for i = 1, 2^20 do t[i] = {} end while true do collectgarbage() end",
        "local t = {} for i = 1, 2^18 do t[{}] = i end while true do collectgarbage() end",
        "local s = {} for i = 1, 2^18 do s[i] = 'k' .. i end while true do collectgarbage() end",
    ] {
        let handle = interrupt.clone();
        let asker = thread::spawn(move || {
            // So that it is mostly in the middle of it; what is asserted holds at any time.
            thread::sleep(Duration::from_millis(300));
            let asked = Instant::now();
            handle.request();
            asked
        });
        let error = lua.load(text).exec().unwrap_err();
        let ended = Instant::now();
        let late = ended.duration_since(asker.join().unwrap());
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{text}");
        longest = longest.max(late);
        println!("{late:?} after the request: {text}");
        assert!(!interrupt.is_requested());
        assert_eq!(lua.load("return 1").eval::<u32>().unwrap(), 1);
    }
    println!("at most {longest:?}");
    // A request waits for the next run, or is taken back.
    interrupt.request();
    let error = lua.load("for i = 1, 10 do end").exec().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    interrupt.request();
    assert!(interrupt.cancel());
    lua.load("for i = 1, 10 do end").exec().unwrap();
    // Another state is not concerned.
    interrupt.request();
    Lua::new().load("for i = 1, 10 do end").exec().unwrap();
}

#[test]
fn bytecode_can_be_refused() {
    let dump = "string.dump(function() return 1 end)";
    let allowed = Lua::new();
    let text = format!("return loadstring({dump})()");
    assert_eq!(allowed.load(&*text).eval::<u32>().unwrap(), 1);
    let refused = Lua::builder()
        .bytecode(BytecodePolicy::Refused)
        .build()
        .unwrap();
    let text = format!("return loadstring({dump}, '=chunk')");
    let (nothing, message): (Option<u32>, String) = refused.load(&*text).eval().unwrap();
    assert_eq!(nothing, None);
    assert_eq!(message, "chunk: precompiled chunks can't be loaded");
    let text =
        format!("local s = {dump} return (load(function() local r = s s = nil return r end))");
    assert_eq!(refused.load(&*text).eval::<Option<u32>>().unwrap(), None);
}

fn verifying() -> Lua {
    let builder = Lua::builder().bytecode(BytecodePolicy::Verified);
    builder.build().unwrap()
}

/// What the compiler makes of every program passes the strict check.
#[test]
fn compiled_programs_are_verified() {
    let (plain, verifying) = (Lua::new(), verifying());
    let mut count = 0;
    for path in files(&corpus()) {
        let text = fs::read(&path).unwrap();
        // Some programs are there for their syntax errors.
        let Ok(function) = plain.load(&text[..]).into_function() else {
            continue;
        };
        for strip in [false, true] {
            let dumped = function.dump(strip);
            // 5.1.1 refuses some of what its own compiler writes (`-` before a constant).
            if plain.load(dumped.clone()).into_function().is_ok() {
                let loaded = verifying.load(dumped).into_function();
                assert!(loaded.is_ok(), "{path:?}: {loaded:?}");
                count += 1;
            }
        }
    }
    assert!(count > 600, "{count} programs");
}

/// Code that reads what a call has left in its registers runs if all is allowed, and is
/// refused if code is verified.
#[test]
fn leftovers_of_calls_are_not_for_verified_code() {
    let lua = Lua::new();
    // `RETURN 0 2` becomes `RETURN 6 2`: a register that only the called function has written.
    let text = "return string.dump(function() local a, b, c, d, e f(nil, nil) return a end)";
    let dumped: rilua::BString = lua.load(text).eval().unwrap();
    let code: &[u8] = &dumped.0;
    // RETURN is opcode 30; A from bit 6, B from bit 23.
    let plain = (30_u32 | 2 << 23).to_le_bytes();
    let changed = (30_u32 | 6 << 6 | 2 << 23).to_le_bytes();
    let at = code.windows(4).position(|word| word == plain).unwrap();
    let bytes = [&code[..at], &changed[..], &code[at + 4..]].concat();
    let run = |lua: &Lua| -> rilua::Result<Option<String>> {
        let leak = lua.load(bytes.clone()).into_function()?;
        let f = "function f() local a, b, c = 'secret', 'secret', 'secret' end";
        lua.load(f).exec()?;
        leak.call(())
    };
    assert_eq!(run(&lua).unwrap().as_deref(), Some("secret"));
    let refused = run(&verifying()).unwrap_err();
    assert!(refused.message().contains("unverified code"), "{refused}");
    assert!(verifying().load(code.to_vec()).into_function().is_ok());
}
