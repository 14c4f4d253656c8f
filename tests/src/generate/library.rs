//! The library's functions with the kinds of their arguments: from this table calls are
//! generated, plausible and hostile ones, and counted.
//!
//! Not in the table, because there is nothing to compare: what the prelude takes away or
//! replaces (files, environment, time, random numbers; its header says why). Those that need
//! more than arguments have generators of their own (`coroutines.rs`, `scenes.rs`).

use super::types::Type;

/// What an argument should be for a call to make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Any number.
    Number,
    /// A whole number from -3 to 9.
    Integer,
    /// A whole number from 0 to 6, as repeats and sizes are.
    Count,
    /// A byte's value.
    Byte,
    /// A base of numerals.
    Base,
    /// A string.
    String,
    /// A numeral.
    Numeral,
    /// A pattern.
    Pattern,
    /// What `gsub` puts in place.
    Replacement,
    /// A list of numbers.
    Numbers,
    /// A list of strings.
    Strings,
    /// A record.
    Record,
    /// Any value.
    Any,
    /// A function that can be called with anything.
    Function,
    /// A format of `os.date`.
    Date,
}

/// A function of the library.
#[derive(Debug, Clone, Copy)]
pub struct LibraryFunction {
    /// Where it is found from the globals.
    pub name: &'static str,
    /// The arguments that make sense.
    pub arguments: &'static [Argument],
    /// How many of them can't be left out.
    pub required: usize,
    /// What it gives with such arguments. Anything but [`Type::Any`] is certain.
    pub result: Type,
    /// Does a call with such arguments never fail nor break what others count on?
    pub total: bool,
    /// May it be called with anything at all? Where not, the comment says why.
    pub hostile: bool,
}

const fn row(
    name: &'static str,
    arguments: &'static [Argument],
    required: usize,
    result: Type,
) -> LibraryFunction {
    LibraryFunction {
        name,
        arguments,
        required,
        result,
        total: true,
        hostile: true,
    }
}

/// For functions that may fail with the arguments that make sense, or change them.
const fn risky(
    name: &'static str,
    arguments: &'static [Argument],
    required: usize,
    result: Type,
) -> LibraryFunction {
    LibraryFunction {
        total: false,
        ..row(name, arguments, required, result)
    }
}

/// For functions that loop as long as a number says: hostile numbers would take minutes or gigabytes.
const fn tame(
    name: &'static str,
    arguments: &'static [Argument],
    required: usize,
    result: Type,
) -> LibraryFunction {
    LibraryFunction {
        hostile: false,
        ..row(name, arguments, required, result)
    }
}

/// Both.
const fn harmful(
    name: &'static str,
    arguments: &'static [Argument],
    required: usize,
    result: Type,
) -> LibraryFunction {
    LibraryFunction {
        total: false,
        ..tame(name, arguments, required, result)
    }
}

use Argument as A;
use Type as T;

/// The functions that are called by table.
pub const FUNCTIONS: &[LibraryFunction] = &[
    row("assert", &[A::Byte, A::Any, A::Any], 1, T::Any),
    row("getmetatable", &[A::Any], 1, T::Any),
    row("ipairs", &[A::Numbers], 1, T::Any),
    row("next", &[A::Record], 1, T::Any),
    row("pairs", &[A::Record], 1, T::Any),
    row("pcall", &[A::Function, A::Any, A::Any], 1, T::Any),
    row("rawequal", &[A::Any, A::Any], 2, T::Boolean),
    row("rawget", &[A::Record, A::String], 2, T::Any),
    risky("select", &[A::Count, A::Any, A::Any], 2, T::Any),
    row("tonumber", &[A::Numeral], 1, T::Any),
    row("tonumber", &[A::Numeral, A::Base], 2, T::Any),
    row("tostring", &[A::Any], 1, T::Any),
    row("tostring", &[A::Number], 1, T::String),
    row("type", &[A::Any], 1, T::String),
    row("unpack", &[A::Numbers], 1, T::Any),
    // Ranges that wrap around read below the frame (DIFFERENCES.md, D31 and D65).
    tame("unpack", &[A::Strings, A::Integer, A::Integer], 2, T::Any),
    risky("rawset", &[A::Record, A::String, A::Any], 3, T::Any),
    risky("setmetatable", &[A::Record, A::Record], 2, T::Any),
    risky("xpcall", &[A::Function, A::Function], 2, T::Any),
    row("getfenv", &[A::Function], 1, T::Any),
    risky("loadstring", &[A::String, A::String], 1, T::Any),
    row("coroutine.running", &[], 0, T::Any),
    risky("coroutine.status", &[A::Any], 1, T::Any),
    row("coroutine.create", &[A::Function], 1, T::Any),
    risky("coroutine.wrap", &[A::Function], 1, T::Any),
    risky("coroutine.resume", &[A::Any, A::Any], 1, T::Any),
    row(
        "string.byte",
        &[A::String, A::Integer, A::Integer],
        1,
        T::Any,
    ),
    row("string.char", &[A::Byte, A::Byte, A::Byte], 0, T::String),
    row(
        "string.find",
        &[A::String, A::Pattern, A::Integer],
        2,
        T::Any,
    ),
    // Any string may be a pattern that is wrong.
    risky(
        "string.find",
        &[A::String, A::String, A::Integer, A::Any],
        2,
        T::Any,
    ),
    row("string.gmatch", &[A::String, A::Pattern], 2, T::Any),
    row(
        "string.gsub",
        &[A::String, A::Pattern, A::Replacement, A::Count],
        3,
        T::Any,
    ),
    row("string.len", &[A::String], 1, T::Number),
    row("string.lower", &[A::String], 1, T::String),
    row(
        "string.match",
        &[A::String, A::Pattern, A::Integer],
        2,
        T::Any,
    ),
    tame("string.rep", &[A::String, A::Count], 2, T::String),
    row("string.reverse", &[A::String], 1, T::String),
    row(
        "string.sub",
        &[A::String, A::Integer, A::Integer],
        2,
        T::String,
    ),
    row("string.upper", &[A::String], 1, T::String),
    risky("string.dump", &[A::Any], 1, T::Any),
    row("table.concat", &[A::Strings, A::String], 1, T::String),
    // A list's last index + 1 is 2147483648 for the largest (D38).
    harmful(
        "table.concat",
        &[A::Numbers, A::String, A::Integer, A::Integer],
        3,
        T::Any,
    ),
    row("table.getn", &[A::Numbers], 1, T::Number),
    row("table.maxn", &[A::Numbers], 1, T::Number),
    risky("table.foreach", &[A::Record, A::Function], 2, T::Any),
    row("table.foreachi", &[A::Numbers, A::Function], 2, T::Any),
    risky("table.setn", &[A::Numbers, A::Count], 2, T::Any),
    // Moves as many elements as positions are named.
    harmful("table.remove", &[A::Numbers, A::Integer], 1, T::Any),
    harmful(
        "table.insert",
        &[A::Strings, A::Integer, A::String],
        3,
        T::Any,
    ),
    risky("table.sort", &[A::Numbers], 1, T::Any),
    row("math.abs", &[A::Number], 1, T::Number),
    row("math.acos", &[A::Number], 1, T::Number),
    row("math.asin", &[A::Number], 1, T::Number),
    row("math.atan", &[A::Number], 1, T::Number),
    row("math.atan2", &[A::Number, A::Number], 2, T::Number),
    row("math.ceil", &[A::Number], 1, T::Number),
    row("math.cos", &[A::Number], 1, T::Number),
    row("math.cosh", &[A::Number], 1, T::Number),
    row("math.deg", &[A::Number], 1, T::Number),
    row("math.exp", &[A::Number], 1, T::Number),
    row("math.floor", &[A::Number], 1, T::Number),
    row("math.fmod", &[A::Number, A::Number], 2, T::Number),
    row("math.mod", &[A::Number, A::Number], 2, T::Number),
    row("math.frexp", &[A::Number], 1, T::Number),
    row("math.ldexp", &[A::Number, A::Integer], 2, T::Number),
    row("math.log", &[A::Number], 1, T::Number),
    row("math.log10", &[A::Number], 1, T::Number),
    row("math.max", &[A::Number, A::Number, A::Number], 1, T::Number),
    row("math.min", &[A::Number, A::Number, A::Number], 1, T::Number),
    row("math.modf", &[A::Number], 1, T::Number),
    row("math.pow", &[A::Number, A::Number], 2, T::Number),
    row("math.rad", &[A::Number], 1, T::Number),
    row("math.sin", &[A::Number], 1, T::Number),
    row("math.sinh", &[A::Number], 1, T::Number),
    row("math.sqrt", &[A::Number], 1, T::Number),
    row("math.tan", &[A::Number], 1, T::Number),
    row("math.tanh", &[A::Number], 1, T::Number),
    row("os.date", &[A::Date, A::Byte], 2, T::Any),
    row("os.difftime", &[A::Number, A::Number], 2, T::Number),
    row("io.type", &[A::Any], 1, T::Any),
    row("debug.getmetatable", &[A::Any], 1, T::Any),
    row("debug.getupvalue", &[A::Function, A::Count], 2, T::Any),
    risky("debug.getlocal", &[A::Count, A::Count], 2, T::Any),
    row("debug.gethook", &[], 0, T::Any),
    row("debug.traceback", &[A::String, A::Count], 1, T::Any),
    row("debug.getfenv", &[A::Function], 1, T::Any),
    risky("newproxy", &[A::Any], 0, T::Any),
    // `count` depends on all that the process did before.
    tame("collectgarbage", &[], 0, T::Any),
    harmful("string.format", &[A::String], 1, T::Any),
];
