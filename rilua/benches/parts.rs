//! Single parts of the interpreter, timed by criterion through the public interface:
//! `cargo bench -p rilua --bench parts`. Whole programs, and the comparison with PUC-Rio's, are
//! `cargo conformance bench`'s.
//!
//! What runs in the virtual machine is a Lua function that repeats one thing a thousand times,
//! compiled once; the time of a call is that of a thousand.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has to stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rilua::compiler::{CompileOptions, compile};
use rilua::syntax::lexer::Lexer;
use rilua::syntax::token::Token;
use rilua::syntax::{SliceSource, StringTable};
use rilua::{Function, Lua};

/// A source of some hundred KB that uses most of the grammar.
fn source() -> Vec<u8> {
    let piece = "\
local function walk(node, depth, ...)
  local t = { node, depth, name = \"item\", [depth] = 1.5, ... } -- a comment
  for i = 1, #t do
    if t[i] == node and depth <= 10 or not t.name then t.name = t.name .. i else depth = depth + 2 ^ i end
  end
  while depth > 0x10 do depth = depth / 2 end
  return function(x) return x + depth, t.name:upper() end
end
M[#M + 1] = walk
";
    let mut text = b"local M = {}\n".to_vec();
    for _ in 0..500 {
        text.extend_from_slice(b"do\n");
        text.extend_from_slice(piece.as_bytes());
        text.extend_from_slice(b"end\n");
    }
    text
}

fn text_to_code(criterion: &mut Criterion) {
    let text = source();
    let mut group = criterion.benchmark_group("source");
    group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap()));
    group.bench_function("lexing", |bencher| {
        bencher.iter(|| {
            let mut strings = StringTable::new();
            let mut lexer = Lexer::new(SliceSource::new(&text));
            let mut tokens = 0u32;
            while !matches!(lexer.next_token(&mut strings), Ok(Token::Eof) | Err(_)) {
                tokens += 1;
            }
            assert!(tokens > 10_000, "the lexer has stopped early");
            tokens
        });
    });
    let options = CompileOptions {
        chunk_name: b"=source",
        c_depth: 0,
    };
    group.bench_function("compiling", |bencher| {
        bencher.iter(|| {
            let chunk = compile(SliceSource::new(&text), &options);
            assert!(chunk.is_ok(), "the source doesn't compile");
            chunk
        });
    });
    group.finish();
}

/// Name, what is prepared, and what is repeated with `i` from 1 to 1000.
const REPEATED: [(&str, &str, &str); 14] = [
    ("table get, field", "local t = { x = 1 } local v", "v = t.x"),
    ("table set, field", "local t = { x = 1 }", "t.x = i"),
    (
        "table get, index",
        "local t = {} for i = 1, 1000 do t[i] = i end local v",
        "v = t[i]",
    ),
    (
        "table set, index",
        "local t = {} for i = 1, 1000 do t[i] = i end",
        "t[i] = i",
    ),
    (
        "call, Lua function",
        "local function f(a) return a end local v",
        "v = f(i)",
    ),
    (
        "call, native function",
        "local f = math.floor local v",
        "v = f(i)",
    ),
    (
        "call, method",
        "local o = setmetatable({}, { __index = { get = function(self, a) return a end } }) local v",
        "v = o:get(i)",
    ),
    ("concatenation", "local v", "v = 'key' .. i .. ':'"),
    (
        "pattern, plain find",
        "local s = ('ab'):rep(30) .. 'c' local v",
        "v = s:find('c', 1, true)",
    ),
    (
        "pattern, captures",
        "local v, w",
        "v, w = ('time 12:45'):match('(%d+):(%d+)')",
    ),
    (
        "pattern, gsub",
        "local v",
        "v = ('a-b-c-d'):gsub('%a', '<%0>')",
    ),
    ("collection, tables", "local v", "v = { i }"),
    (
        "collection, closures",
        "local v",
        "v = function() return i end",
    ),
    ("collection, strings", "local v", "v = ('%d'):format(i)"),
];

/// The function that repeats something.
fn repeated(lua: &Lua, before: &str, body: &str) -> Function {
    let text = format!("{before}\nreturn function() for i = 1, 1000 do {body} end end");
    lua.load(text).eval().unwrap()
}

fn virtual_machine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("thousand");
    for (name, before, body) in REPEATED {
        let lua = Lua::new();
        let function = repeated(&lua, before, body);
        group.bench_function(name, |bencher| {
            bencher.iter(|| function.call::<()>(()).unwrap());
        });
    }
    group.finish();
}

fn collector(criterion: &mut Criterion) {
    let lua = Lua::new();
    let live = "live = {} for i = 1, 100000 do live[i] = { i, name = 'n' .. i % 100 } end";
    lua.load(live).exec().unwrap();
    let collect: Function = lua.load("return collectgarbage").eval().unwrap();
    criterion.bench_function("full collection of 100000 tables that live", |bencher| {
        bencher.iter(|| black_box(collect.call::<f64>("collect").unwrap()));
    });
}

criterion_group!(parts, text_to_code, virtual_machine, collector);
criterion_main!(parts);
