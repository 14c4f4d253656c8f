//! What mutants are made of besides programs: literals at the edge of what is one, tokens that
//! are none, and small expressions and statements of every form.

use super::random::Random;

/// Numerals at the edge of what is one.
pub(super) const NUMBERS: [&str; 44] = [
    "0",
    "00",
    "08",
    "1e",
    "1E+",
    "1e-",
    "1e400",
    "1e-400",
    "1E5",
    "0e0",
    "3.",
    ".5",
    "1..2",
    "1.5.5",
    "1e5x",
    "1e1e1",
    "0x",
    "0X1F",
    "0xg",
    "0xfF",
    "0x1p4",
    "0x1.8",
    "0x1e+1",
    "0xffffffffffffffff",
    "0x1ffffffffffffffff",
    "9007199254740993",
    "5e-324",
    "2e-324",
    "2.2250738585072011e-308",
    "1.7976931348623159e308",
    "123456789012345678901234567890",
    "1_",
    "3in",
    "0x10or",
    "256",
    "255",
    "511",
    "512",
    "131071",
    "0.1",
    "1e15",
    "1e16",
    "-0",
    "1e+",
];

/// Strings in all their forms, some of them broken.
pub(super) const STRINGS: [&str; 36] = [
    "''",
    "\"\"",
    "'\\0'",
    "'\\065'",
    "'\\255'",
    "'\\256'",
    "'\\300x'",
    "'\\999'",
    "'\\1234'",
    "'\\25'",
    "'\\x41'",
    "'\\z'",
    "'\\a\\b\\f\\n\\r\\t\\v'",
    "'\\\n'",
    "'\\\r\n'",
    "'\\\n\rb'",
    "'a\nb'",
    "'a\rb'",
    "'abc",
    "\"\\\"",
    "'\\",
    "'a\0b'",
    "'\u{e9}\u{4e2d}'",
    "[[]]",
    "[[\n]]",
    "[[\r\n\n]]",
    "[[a]b]]",
    "[==[ ]]]=]]==]",
    "[=[ ]]",
    "[==[",
    "[=",
    "[=x",
    "[[ [[ ]]",
    "[[a\0]]",
    "[=[ [[ ]] ]=]",
    "'\x01\x7f'",
];

/// Comments in all their forms, some of them broken.
pub(super) const COMMENTS: [&str; 16] = [
    "--",
    "--\n",
    "--x\n",
    "--\r",
    "--[",
    "--[\n",
    "--[[",
    "--[[ ]]",
    "--[[\n\n]]",
    "--[==[ ]]]==]",
    "--[==[",
    "--[=",
    "--[=\n",
    "--[[ [[ ]]",
    "--[[]]--[[]]",
    "-- \0\n",
];

/// Operators and punctuation.
pub(super) const SYMBOLS: [&str; 26] = [
    "+", "-", "*", "/", "%", "^", "#", "==", "~=", "<=", ">=", "<", ">", "=", "(", ")", "{", "}",
    "[", "]", ";", ":", ",", ".", "..", "...",
];

/// Operators that stand between two expressions; any can stand for any other.
pub(super) const BINARY: [&str; 15] = [
    "+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", " and ", " or ",
];

/// What is no token of Lua 5.1, or only looks like one.
pub(super) const STRANGE: [&str; 20] = [
    "~", "!", "@", "$", "&", "|", "?", "\\", "`", "!=", "::", "//", "<<", "goto", "....", "]]",
    "--]]", "#!", "\u{feff}", "\x1b",
];

const NAMES: [&str; 10] = ["a", "b", "c", "x", "f", "t", "self", "arg", "_G", "i"];

/// A name.
pub(super) fn name(random: &mut Random) -> &'static str {
    random.text(&NAMES)
}

/// An expression of a few operations.
pub(super) fn expression(random: &mut Random, depth: usize) -> String {
    let depth = depth.saturating_sub(1);
    let case = random.below(if depth == 0 { 8 } else { 26 });
    let mut inner = |_: usize| expression(random, depth);
    match case {
        0..=2 => name(random).to_owned(),
        3 => random
            .text(&["1", "2", "0", "-0", "0.5", "1e300", "256"])
            .to_owned(),
        4 => random.text(&["nil", "true", "false", "..."]).to_owned(),
        5 => random.text(&["'a'", "''", "[[b]]"]).to_owned(),
        6 => format!("{}.{}", name(random), name(random)),
        7 => random
            .text(&["{}", "f()", "a[1]", "a[b]", "#t", "f{...}"])
            .to_owned(),
        8..=13 => {
            let (left, right) = (inner(0), inner(1));
            let operator = random.text(&BINARY);
            format!("{left}{operator}{right}")
        }
        14 => format!("({})", inner(0)),
        15 => format!("not {}", inner(0)),
        16 => format!("- {}", inner(0)),
        17 => format!("#{}", inner(0)),
        18 => format!(
            "{{{},{},n={};[{}]={}}}",
            inner(0),
            inner(1),
            inner(2),
            inner(3),
            inner(4)
        ),
        19 => format!("f({},{})", inner(0), inner(1)),
        20 => format!("t:m({})", inner(0)),
        21 => format!("t[{}]", inner(0)),
        22 => format!("({}).x", inner(0)),
        23 => format!("function(a,...) {} end", statement(random, depth)),
        24 => format!("{} and {} or {}", inner(0), inner(1), inner(2)),
        _ => format!("({}):m'x'", inner(0)),
    }
}

/// A statement.
pub(super) fn statement(random: &mut Random, depth: usize) -> String {
    let depth = depth.saturating_sub(1);
    let case = random.below(if depth == 0 { 7 } else { 19 });
    let one = expression(random, depth);
    let name = name(random);
    let mut block = || statement(random, depth);
    match case {
        0 => format!("{name} = {one}"),
        1 => format!("local {name} = {one}"),
        2 => format!("f({one})"),
        3 => format!("local {name}, y"),
        4 => format!("t.{name} = {one}"),
        5 => format!("{name}, t[i] = {one}, 1"),
        6 => format!("t:{name}({one})"),
        7 => format!("if {one} then {} end", block()),
        8 => format!("if {one} then {} else {} end", block(), block()),
        9 => format!(
            "if {one} then {} elseif {name} then {} end",
            block(),
            block()
        ),
        10 => format!("while {one} do {} end", block()),
        11 => format!("repeat {} until {one}", block()),
        12 => format!("for {name} = 1, {one} do {} end", block()),
        13 => format!("for {name}, v in {one} do {} end", block()),
        14 => format!("do {} end", block()),
        15 => format!("function t.{name}(...) {} return {one} end", block()),
        16 => format!("local function {name}(x) {} return {one} end", block()),
        17 => format!("while {one} do {} break end", block()),
        _ => format!("local {name} = function() return {one} end {}", block()),
    }
}

/// What can be put around an expression.
pub(super) const AROUND_EXPRESSIONS: [(&str, &str); 12] = [
    ("(", ")"),
    ("{", "}"),
    ("{a=", "}"),
    ("-", ""),
    ("not ", ""),
    ("#", ""),
    ("f(", ")"),
    ("t[", "]"),
    ("a..", ""),
    ("a^", ""),
    ("a and ", ""),
    ("function() return ", " end"),
];

/// What can be put around a statement.
pub(super) const AROUND_STATEMENTS: [(&str, &str); 8] = [
    ("do ", " end "),
    ("if x then ", " end "),
    ("if x then else ", " end "),
    ("while x do ", " end "),
    ("repeat ", " until x "),
    ("for i=1,2 do ", " end "),
    ("function f() ", " end "),
    ("local function f(a) ", " end "),
];

/// How often something is repeated: around the limits of registers, locals, upvalues, levels
/// and operands.
pub(super) fn count(random: &mut Random) -> usize {
    match random.below(10) {
        0..=3 => 2 + random.below(4),
        4 => 10 + random.below(50),
        5 => 48 + random.below(16),
        6 => 120 + random.below(12),
        7 | 8 => 192 + random.below(14),
        _ => 244 + random.below(16),
    }
}

/// A text that has many of something, around the limit of it.
pub(super) fn many(random: &mut Random) -> String {
    let form = random.below(15);
    let limit = match form {
        0..=2 => 200,
        3 => 248,
        4 => 61,
        5 | 6 => 51 + 50 * random.below(6),
        7 | 8 => 250,
        9 => [20, 128].get(random.below(2)).copied().unwrap_or(0),
        10 | 11 => 199,
        12 => 240,
        13 => 249,
        _ => 148,
    };
    let count = (limit + random.below(10)).saturating_sub(6);
    let numbered = |prefix: &str, separator: &str| {
        let items: Vec<String> = (1..=count).map(|n| format!("{prefix}{n}")).collect();
        items.join(separator)
    };
    let same = |item: &str, separator: &str| vec![item; count].join(separator);
    match form {
        0 => numbered("local l", " "),
        1 => format!("local {}", numbered("l", ",")),
        2 => format!("function f({}) end", numbered("p", ",")),
        3 => format!("f({})", same("x", ",")),
        4 => format!(
            "{} function f() return {} end",
            numbered("local u", " "),
            numbered("u", "+")
        ),
        5 => format!("t = {{{}}}", same("x", ",")),
        6 => format!("t = {{{},f()}}", same("x", ";")),
        // Constants up to the last one that can be an operand, and then something of any form.
        7 => format!("{} {}", numbered("x=", " "), statement(random, 5)),
        8 => format!(
            "{} return {}",
            numbered("f'", "' ") + "'",
            expression(random, 5)
        ),
        9 => format!("t = {{{}=1}}", numbered("k", "='a';k")),
        10 => format!("{} = 1", numbered("a", ",")),
        11 => format!("x = {}", numbered("a", "..")),
        12 => format!("x = {}", same("(a", "+")),
        13 => format!("return {}", same("nil", ",")),
        _ => format!("local {} = {}", vec!["l"; 100].join(","), same("x", ",")),
    }
}

/// A text that exceeds what an instruction can hold. It takes milliseconds, so it is rare.
pub(super) fn huge(random: &mut Random) -> String {
    let slack = random.below(4);
    match random.below(5) {
        0 => format!("while x do {} end", "f()".repeat(65_534 + slack)),
        1 => format!("if x then {} end", "a=b ".repeat(65_534 + slack)),
        2 => format!("t = {{{}}}", "x,".repeat(25_548 + slack)),
        3 => (1..=262_142 + slack)
            .map(|number| format!("x={number} "))
            .collect(),
        _ => format!("for i=1,2 do {} end", "a=b ".repeat(65_534 + slack)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::rilua;

    #[test]
    fn most_of_what_is_generated_compiles() {
        let mut random = Random::new(1, 1);
        let compiles = (0..200)
            .filter(|_| {
                let text = statement(&mut random, 4);
                rilua(text.as_bytes(), b"=x", false).is_ok()
            })
            .count();
        assert!(compiles > 80, "only {compiles} of 200");
    }

    #[test]
    fn limits_are_met_and_exceeded() {
        let mut random = Random::new(2, 1);
        let refused = (0..200)
            .filter(|_| rilua(many(&mut random).as_bytes(), b"=x", false).is_err())
            .count();
        assert!((20..180).contains(&refused), "{refused} of 200");
    }
}
