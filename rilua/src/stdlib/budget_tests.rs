//! Tests of `vm/budget.rs` with programs: what instructions and library functions charge, and
//! how runs end. They stand here because the machine knows no library.

use super::open_all;
use crate::vm::State;
use crate::vm::budget::*;
use crate::vm::error::{Status, Stop};

fn state() -> State {
    let mut state = State::new();
    open_all(&mut state).unwrap();
    state
}

/// Runs a text; how it ended, and what was used.
fn run(state: &mut State, text: &str, bounds: &Bounds) -> (Result<(), Status>, u64) {
    let top = state.heap.thread.top;
    state.load_bytes(text.as_bytes(), b"=t").unwrap();
    let outer = state.begin_bounds(bounds);
    let result = state.protect(top, 0, |state| state.call_at(top, 0));
    let used = state.global.budget.used();
    state.end_bounds(outer);
    state.heap.thread.top = top;
    (result, used)
}

fn counted(text: &str) -> u64 {
    let bounds = Bounds {
        counts: true,
        ..Bounds::default()
    };
    let (result, used) = run(&mut state(), text, &bounds);
    assert_eq!(result, Ok(()), "{text}");
    used
}

fn units(units: u64) -> Bounds {
    Bounds {
        units: Some(units),
        ..Bounds::default()
    }
}

/// One unit for each instruction that the listing of `luac` shows on the way.
#[test]
fn instructions_are_those_of_5_1_1() {
    assert_eq!(counted(""), 1);
    assert_eq!(counted("local a = 1"), 2);
    // FORPREP, 11 FORLOOPs, three LOADKs, the RETURN.
    assert_eq!(counted("for i = 1, 10 do end"), 16);
    // A comparison and its jump are one.
    assert_eq!(counted("local a = 1 if a == 1 then a = 2 end"), 4);
    assert_eq!(
        counted("local a = 1 while a < 10 do a = a + 1 end"),
        1 + 9 * 3 + 1 + 1
    );
    // CLOSURE takes the words behind it with it.
    assert_eq!(
        counted("local a, b local f = function() return a, b end f()"),
        7
    );
}

/// The same with a hook, which runs the other loop.
#[test]
fn hooks_do_not_change_the_count() {
    let text = "local t = {} for i = 1, 100 do t[i] = i % 7 if t[i] < 3 then t[i] = -i end end
        for k, v in pairs(t) do if v == k then break end end
        local i = 0 repeat i = i + 1 until i > 20 and t[i] ~= 3
        while true do i = i - 1 if i == 0 then break end end
        local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end
        print = f(50) or nil local ok = pcall(error, {}) and 1 or 2
        local s = '' for _, w in ipairs { 'a', 'b', 'c' } do s = s .. w .. 1 end";
    let plain = counted(text);
    let prefix = "debug.sethook(function() end, '', 1000000000) ";
    assert_eq!(
        counted(prefix) - 1 + plain,
        counted(&format!("{prefix}{text}"))
    );
}

/// Whatever the budget, the program stops at the same point: the trace of what it did
/// only grows, and a protected call doesn't save it.
#[test]
fn a_budget_is_exact() {
    let text = "trace = 0
        local function step() trace = trace + 1 end
        local co = coroutine.wrap(function() while true do step() coroutine.yield() end end)
        for i = 1, 3 do
            pcall(function() step() error('x') end)
            xpcall(function() step() end, step)
            co() step()
            table.sort({ 3, 1, 2 }, function(a, b) step() return a < b end)
            string.gsub('abc', '.', step)
            local s = string.rep('x', 1000) .. string.rep('y', 5000)
        end";
    let trace = |state: &mut State| {
        let globals = state.globals();
        state.heap.raw_get_str(globals, "trace").as_number()
    };
    let total = counted(text);
    let mut before = Some(0.0);
    for n in 0..=total {
        let mut state = state();
        let (result, used) = run(&mut state, text, &units(n));
        let now = trace(&mut state).or(Some(0.0));
        if n < total {
            assert_eq!(result, Err(Status::Stopped(Stop::Instructions)), "{n}");
        } else {
            assert_eq!(result, Ok(()));
        }
        assert_eq!(used, n);
        assert!(now >= before && now.unwrap_or(0.0) <= before.unwrap_or(0.0) + 1.0);
        before = now;
        // The state can be used.
        assert_eq!(
            run(&mut state, "return #('x'):rep(10)", &Bounds::default()).0,
            Ok(())
        );
    }
}

/// One call must not do without pay what takes long; and it can be stopped.
#[test]
fn library_functions_pay() {
    for text in [
        "string.rep('x', 2^30)",
        "string.rep('', 2^31-1) string.rep('xy', 2^29)",
        "string.find(string.rep('a', 40000), string.rep('a-', 20) .. 'b')",
        "string.find(string.rep('a', 100000), '(.-)%1b')",
        "string.gsub(string.rep('a', 1e6), 'a', 'b')",
        "for w in string.gmatch(string.rep('a ', 1e6), '%a+') do end",
        "local t = {} for i = 1, 1e5 do t[i] = i % 1000 end table.sort(t)",
        "local t = {} for i = 1, 1e5 do t[i] = '' end table.concat(t)",
        "table.insert({}, -2^31, 1)",
        "local t = {} for i = 1, 1e5 do table.insert(t, 1, i) end",
        "local s = 'x' for i = 1, 28 do s = s .. s end",
        "local s = string.rep('x', 1e7) for i = 1, 1e6 do local b = s < s .. '' end",
        "loadstring(string.rep('a = 1 ', 1e6))",
        "string.format(string.rep('%s', 7), unpack({ string.rep('x', 1e6) }, 1, 1))
         string.reverse(string.rep('x', 1e7))",
        "for i = 1, 1e6 do collectgarbage() end",
        "string.find(string.rep('a', 1e7), string.rep('a', 1e6) .. 'b', 1, true)",
        "local t = {} for i = 1, 1e6 do t[i] = i end for i = 1, 1e6 do unpack(t, 1, 1000) end",
    ] {
        let mut state = state();
        let (result, used) = run(&mut state, text, &units(200_000));
        assert_eq!(
            (result, used),
            (Err(Status::Stopped(Stop::Instructions)), 200_000),
            "{text}"
        );
    }
}

#[test]
fn depth_and_length_are_exact() {
    let recursion = "local function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end f(18)";
    let depth = |depth| Bounds {
        call_depth: Some(depth),
        ..Bounds::default()
    };
    assert_eq!(run(&mut state(), recursion, &depth(20)).0, Ok(()));
    let stopped = Err(Status::Stopped(Stop::CallDepth));
    assert_eq!(run(&mut state(), recursion, &depth(19)).0, stopped);
    let pcalls = "local function f() pcall(f) end f()";
    assert_eq!(run(&mut state(), pcalls, &depth(100)).0, stopped);
    let nested = "local function f() coroutine.wrap(f)() end f()";
    assert_eq!(run(&mut state(), nested, &depth(100)).0, stopped);
    let length = |length| Bounds {
        string_length: Some(length),
        ..Bounds::default()
    };
    for text in [
        "string.rep('x', 20000)",
        "local s = string.rep('x', 10000) s = s .. s",
        "string.gsub(string.rep('x', 10000), 'x', 'yy')",
        "local t = { string.rep('x', 10000), string.rep('y', 10000) } table.concat(t)",
        "local s = string.rep('x', 10000) string.format('%s%s', s, s)",
    ] {
        let stopped = Err(Status::Stopped(Stop::StringLength));
        assert_eq!(run(&mut state(), text, &length(20_000)).0, Ok(()), "{text}");
        assert_eq!(
            run(&mut state(), text, &length(19_999)).0,
            stopped,
            "{text}"
        );
    }
    assert!(
        run(&mut state(), "local s = ('x'):rep(4) .. 'y'", &length(4))
            .0
            .is_err()
    );
}

#[test]
fn scripts_catch_it_if_they_may() {
    let text = "ok, message = pcall(string.rep, 'x', 1000)";
    let bounds = Bounds {
        string_length: Some(100),
        catchable: true,
        ..Bounds::default()
    };
    let mut state = state();
    state.set_bounds(&bounds);
    assert_eq!(run(&mut state, text, &bounds).0, Ok(()));
    let globals = state.globals();
    let message = state.heap.raw_get_str(globals, "message");
    let message = message.as_string().map(|s| state.heap.bytes(s).to_vec());
    assert_eq!(
        message.as_deref(),
        Some(Stop::StringLength.message().as_bytes())
    );
}

/// A limit of memory is kept, and what was not done leaves nothing behind.
#[test]
fn memory_is_limited() {
    for text in [
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} for i = 1, 1e9 do t['k' .. i] = i end",
        "local t = {} while true do t = { t } end",
        "local t = {} while true do t[#t + 1] = function() return t end end",
        "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
        "local s = 'x' while true do s = s .. s end",
        "local s = string.rep('x', 2^31 - 1)",
        "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1e6) end table.concat(t)",
        "local function f(...) local a, b, c, d, e, g = 1 return 1 + f(1, 2, 3, ...) end f()",
    ] {
        let limit = 4 << 20;
        let bounds = Bounds {
            memory: Some(limit),
            units: Some(100_000_000),
            ..Bounds::default()
        };
        let mut state = state();
        let before = state.heap.real_bytes();
        let (result, _) = run(&mut state, text, &bounds);
        let held = state.heap.real_bytes();
        if result != Err(Status::Stopped(Stop::Memory)) {
            let top = state.heap.thread.top;
            let message = state.heap.thread.stack[top];
            let message = message.as_string().map(|s| state.heap.bytes(s).to_vec());
            let message = message.map(|m| String::from_utf8_lossy(&m).into_owned());
            panic!("{result:?} {message:?} {text}");
        }
        assert!(held <= limit, "{held} {text}");
        // Stacks and the table of strings shrink by half each time.
        for _ in 0..16 {
            state.collect_full().unwrap();
        }
        state.heap.give_back();
        let after = state.heap.real_bytes();
        assert!(after <= before + (64 << 10), "{before} {after} {text}");
        assert_eq!(
            run(&mut state, "local t = {}", &Bounds::default()).0,
            Ok(())
        );
    }
}

/// The n-th question for memory is refused, and all that follow, for every n: the run
/// ends with the error of the limit, what was done before is whole, and the state and its
/// memory come back.
#[test]
fn any_question_for_memory_may_be_refused() {
    const MOST: u64 = 1 << 40;
    let anew = state;
    for (text, check) in [
        (
            "t = {} for i = 1, 200 do t[i] = i end",
            "for i = 1, #t do assert(t[i] == i) end assert(next(t, #t > 0 and #t or nil) == nil)",
        ),
        (
            "t = {} for i = 1, 60 do t['k' .. i] = { i, x = i } end",
            "for k, v in pairs(t) do assert(k == 'k' .. v.x and v[1] == v.x) end",
        ),
        (
            "s = 'x' for i = 1, 12 do s = s .. s end s = s:rep(9) s = s:gsub('x', 'yz') s = s:upper()",
            "assert(type(s) == 'string')",
        ),
        (
            "t = {} for i = 1, 20 do local a, b, c, d, e = i t[i] = function() return a, b, c, d, e end end",
            "for i = 1, #t do assert(t[i]() == i) end",
        ),
        (
            "t = {} for i = 1, 8 do t[i] = coroutine.wrap(function() for j = 1, 3 do coroutine.yield(j) end end) t[i]() end",
            "for i = 1, #t do t[i]() end",
        ),
        (
            "t = { n = 0 } local function f(...) t.n = t.n + 1 if t.n < 30 then return 1, f(1, 2, ...) end end f()",
            "assert(t.n >= 0)",
        ),
        (
            "t = {} for i = 1, 9 do t[i] = assert(loadstring('local a = ' .. i .. ' return function() return a end'))() end",
            "for i = 1, #t do assert(t[i]() == i) end",
        ),
        (
            "t = {} for i = 1, 9 do local p = newproxy(true) getmetatable(p).__gc = function() t[#t + 1] = i end end collectgarbage()",
            "for i = 1, #t do assert(t[i]) end",
        ),
        (
            "t = {} for w in ('alpha beta gamma'):gmatch('%a+') do table.insert(t, 1, w) end s = table.concat(t, ' ') x = ('%q'):format(s) table.sort(t)",
            "for i = 1, #t do assert(type(t[i]) == 'string') end",
        ),
        (
            "t = setmetatable({}, { __mode = 'k' }) for i = 1, 9 do local p = newproxy(true) t[p] = { i } getmetatable(p).__gc = function(p) x = { p } end end collectgarbage()",
            "for k, v in pairs(t) do assert(type(k) == 'userdata' and v[1] <= 9) end",
        ),
        (
            "t = setmetatable({}, { __mode = 'v' }) for i = 1, 40 do t[i] = { i } t['k' .. i] = function() return i end end collectgarbage()",
            "for k, v in pairs(t) do assert(type(v) == 'table' and v[1] == k or v() == tonumber(k:sub(2))) end",
        ),
        (
            "t = {} for i = 1, 9 do t[i] = select(2, xpcall(function() error({ i }) end, function(e) return { e[1], debug.traceback() } end)) end",
            "for i = 1, #t do assert(t[i][1] == i and type(t[i][2]) == 'string') end",
        ),
        (
            "t = {} for i = 1, 5 do t[i] = loadstring(string.dump(function(a) local b = { a, 'x' } return function() return b[1] end end)) end",
            "for i = 1, #t do assert(t[i](i)() == i) end",
        ),
        (
            "t = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, { v }) end, __call = function(t, ...) return { ... } end }) for i = 1, 20 do t[i] = i s = t(i, unpack(t)) end",
            "for i, v in ipairs(t) do assert(v[1] == i) end",
        ),
        (
            "t = {} for i = 1, 5 do local c = coroutine.create(function(...) local a, b = coroutine.yield({ ... }) error({ a, b }) end) t[i] = { select(2, coroutine.resume(c, unpack({ 1, 2, 3 }, 1, 60))), select(2, coroutine.resume(c, i, 2)) } end",
            "for i = 1, #t do assert(#t[i][1] >= 3 and t[i][2][1] == i) end",
        ),
    ] {
        let bounds = Bounds {
            memory: Some(MOST as usize),
            ..Bounds::default()
        };
        let refuse = |state: &State, after| state.heap.memory.refuse_after.set(after);
        let mut probe = state();
        refuse(&probe, Some(MOST));
        assert_eq!(run(&mut probe, text, &bounds).0, Ok(()), "{text}");
        let left = probe.heap.memory.refuse_after.get().unwrap();
        // Finalizers ask, too, in a collection that makes room.
        for n in 0..MOST - left {
            let mut state = state();
            refuse(&state, Some(n));
            let (result, _) = run(&mut state, text, &bounds);
            refuse(&state, None);
            let stopped = Err(Status::Stopped(Stop::Memory));
            assert!(
                result == stopped || result == Ok(()),
                "{n} {result:?} {text}"
            );
            let check = format!("if t or s then {check} end");
            assert_eq!(
                run(&mut state, &check, &Bounds::default()).0,
                Ok(()),
                "{n} {text}"
            );
            assert_eq!(
                run(&mut state, text, &Bounds::default()).0,
                Ok(()),
                "{n} {text}"
            );
            run(&mut state, "t, s, x = nil", &Bounds::default())
                .0
                .unwrap();
            let mut fresh = anew();
            for state in [&mut state, &mut fresh] {
                for _ in 0..8 {
                    state.collect_full().unwrap();
                }
                state.heap.give_back();
            }
            let (held, expected) = (state.heap.real_bytes(), fresh.heap.real_bytes());
            assert!(
                held <= expected + (16 << 10),
                "{n} {held} {expected} {text}"
            );
        }
    }
}
