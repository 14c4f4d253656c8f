//! Literals: numerals of every form, strings at the edges, patterns, formats.

use super::ast::{Kind, Node, Quote, UnaryOperator};
use super::build::{number, unary};
use super::choices::Choices;
use super::types::Type;

/// Numerals as the lexer knows them, and those at the edges of what a number is.
pub const NUMERALS: [&str; 30] = [
    "0",
    "0x10",
    "0XfF",
    ".5",
    "3.",
    "1e2",
    "1E-2",
    "1e+3",
    "0XABCDEF",
    "0x1p4",
    "3.14159",
    "1e15",
    "1e14",
    "123456789012345",
    "1e300",
    "1e308",
    "5e-324",
    "2147483647",
    "2147483648",
    "4294967296",
    "9007199254740992",
    "0.1",
    "1e400",
    "255",
    "256",
    "0.1e-7",
    "00012",
    "1e-310",
    "65536",
    "0x7fffffff",
];

/// Strings that count as numbers in arithmetic.
pub const NUMERIC_STRINGS: [&str; 9] = [
    "10", "0x10", " 5 ", "1e1", "-2", ".5", "0", "1e400", "\t7\n",
];

/// Short words.
pub const WORDS: [&str; 12] = [
    "",
    "a",
    "b",
    "word",
    "hello world",
    "x=1, y=2",
    "12",
    "key",
    "THE END",
    "a,b,,c",
    "  trim  ",
    "f(a(b)c)",
];

/// Patterns that are right.
pub const PATTERNS: [&str; 24] = [
    "%a+",
    "%w",
    ".",
    "(%a)(%d*)",
    "^%s*(.-)%s*$",
    "[^,]*",
    "()",
    "%b()",
    "%f[%w]%w+",
    "x*",
    "l+",
    "(.)%1",
    "[%a_][%w_]*",
    "%d+",
    ".-b",
    "^a",
    "d$",
    "[a-e]",
    "[]]",
    "%%",
    "([^=]+)=(%d)",
    "",
    "a?b?",
    "[%s%p]",
];

/// Patterns that are wrong, or nearly.
pub const BAD_PATTERNS: [&str; 16] = [
    "[a",
    "%",
    "(",
    ")",
    "%1",
    "(()",
    "[%",
    "%b",
    "%bx",
    "%f",
    "[]",
    "[^]",
    "*",
    "(a*(.)%w(%s*))",
    "[a-]",
    "%g",
];

/// What `gsub` may put in place of a match.
pub const REPLACEMENTS: [&str; 8] = ["<%0>", "", "%1", "x", "%%", "%0%0", "%2", "%"];

/// Directives of `string.format` with the type they want. All whole numbers fit a C int or
/// are converted by fixed rules.
pub const DIRECTIVES: [(&str, Type); 18] = [
    ("%s", Type::String),
    ("%q", Type::String),
    ("%d", Type::Number),
    ("%5d", Type::Number),
    ("%-5d|", Type::Number),
    ("%05i", Type::Number),
    ("%x", Type::Number),
    ("%#X", Type::Number),
    ("%o", Type::Number),
    ("%u", Type::Number),
    ("%g", Type::Number),
    ("%.3f", Type::Number),
    ("%10.2e", Type::Number),
    ("%+G", Type::Number),
    ("%10s|", Type::String),
    ("%.2s", Type::String),
    ("%-8s|", Type::String),
    ("%s", Type::Number),
];

/// Formats that are wrong, or nearly. None ends after a `%` with flags, where 5.1.1 reads on
/// (DIFFERENCES.md, D35).
pub const BAD_FORMATS: [&str; 12] = [
    "%d", "%y", "%123d", "%.123f", "%s%s", "%-+ #0d", "%c", "%*d", "%5.5.5f", "%q%q", "%99.99f",
    "%i%%%x",
];

/// Formats of `os.date` whose result depends on nothing but the time.
pub const DATES: [&str; 8] = [
    "!%c",
    "!*t",
    "!%Y-%m-%d",
    "!%H:%M:%S",
    "!%j %U %w",
    "!%x %X",
    "!%p%y",
    "%d",
];

/// Numbers that libraries meet rarely.
pub const HOSTILE_NUMBERS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "0.5",
    "-0",
    "1e15",
    "2147483647",
    "-2147483648",
    "4294967297",
    "1e300",
    "1/0",
    "0/0",
];

/// A numeral that may have a minus.
pub fn signed(text: &str) -> Node {
    match text.strip_prefix('-') {
        Some(digits) => unary(UnaryOperator::Minus, number(digits)),
        None => number(text),
    }
}

/// A string with bytes that are special to someone, in any way to write it.
pub fn odd_string(choices: &mut Choices<'_>) -> Node {
    const ODD: [&[u8]; 11] = [
        b"\0",
        b"a\0b",
        b"\xff\xfe",
        b"line\nbreak",
        b"tab\tquote\"",
        b"'",
        b"\\",
        b"]]",
        b"]=]\n",
        b"\nfirst\n",
        b"\r\n",
    ];
    let bytes = choices.pick(&ODD).copied().unwrap_or_default();
    let quotes = [Quote::Double, Quote::Single, Quote::Long, Quote::Escaped];
    let quote = choices.pick(&quotes).copied().unwrap_or(Quote::Double);
    Node::leaf(Kind::String(bytes.to_vec(), quote))
}
