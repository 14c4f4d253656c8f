//! Numbers as text and as integers, exactly as C does them on x86-64 Linux.
//!
//! A Lua 5.1 number is a C `double`, and almost everything a program sees of one
//! went through a function of the C library: `printf`, `strtod`, `strtoul`,
//! `fscanf`, `rand`, or a C cast. This module is those functions, with glibc's
//! behaviour in the C locale, over bytes: no value of the interpreter appears here.
//!
//! | to do | use |
//! |---|---|
//! | `tostring(n)`, `..`, `print`, `io.write` | [`write_number`] |
//! | one item of `string.format` | [`Spec`] |
//! | a numeral of the lexer, a string used as a number, `tonumber(s)` | [`str_to_number`] |
//! | `tonumber(s, base)` | [`str_to_integer`] |
//! | `file:read("*n")` | [`NumberScanner`] |
//! | a table key that may be an array index | [`exact_i32`] |
//! | an integer argument of a library function | [`to_int_arg`] |
//! | `%`, `math.fmod`, `math.modf`, `math.frexp`, `math.ldexp` | [`modulo`], [`fmod`], [`modf`], [`frexp`], [`ldexp`] |
//! | `math.random`, `math.randomseed` | [`Random`] |
//!
//! A NaN carries nothing but its sign, which is visible as `nan` or `-nan`:
//! functions that make one return [`NAN`] or its negation.
//!
//! ```
//! use rilua::number::{str_to_number, write_number};
//!
//! let mut text = Vec::new();
//! write_number(0.1 + 0.2, &mut text);
//! assert_eq!(text, b"0.3");
//! assert_eq!(str_to_number(b" 0x1p-2\n"), Some(0.25));
//! ```

mod convert;
mod digits;
mod format;
mod math;
mod parse;
mod random;
mod scan;
mod spec;

pub use convert::{exact_i32, to_i32, to_i64, to_int_arg, to_u64};
pub use format::write_number;
pub use math::{floor, fmod, frexp, ldexp, modf, modulo};
pub use parse::{is_space, str_to_integer, str_to_number, strtod, strtoul};
pub use random::Random;
pub use scan::{NumberScanner, ScanStep};
pub use spec::{Flags, Spec, SpecError};

/// The NaN whose sign bit is clear, which prints as `nan`.
///
/// The one that arithmetic makes on x86-64, for instance 0/0, is `-NAN`.
pub const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0000);
