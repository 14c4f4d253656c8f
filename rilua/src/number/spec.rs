//! One conversion of `string.format`: reading its specification and carrying it
//! out. Mirrors `scanformat` of `lstrlib.c` and glibc's `printf`.
//!
//! The caller walks the format, fetches and converts the arguments and words the
//! errors. `%q` is no conversion of `printf` and stays with the caller.

use super::digits::{Decimal, LongText, fixed, significant};
use super::format::{Layout, ZEROS, push_zeros, write_general, write_scientific, write_unusual};

/// Digits behind the point, and significant digits of `%g`, without a precision.
const DEFAULT_PRECISION: u8 = 6;
/// A text of this length that has no precision is not formatted at all.
const LONG_TEXT: usize = 100;

/// A conversion specification: what stands between `%` and the conversion letter,
/// and that letter (manual, section 5.4, `string.format`).
///
/// ```
/// use rilua::number::Spec;
///
/// let (spec, length) = Spec::parse(b"+08.3f and more")?;
/// assert_eq!((spec.conversion, length), (b'f', 6));
/// let mut text = Vec::new();
/// spec.write_float(3.14159, &mut text);
/// assert_eq!(text, b"+003.142");
/// # Ok::<(), rilua::number::SpecError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// `-`, `+`, space, `#`, `0`.
    pub flags: Flags,
    /// Least number of bytes; 0 to 99, 0 if there is none.
    pub width: u8,
    /// 0 to 99; a point without digits is 0.
    pub precision: Option<u8>,
    /// The conversion letter, whatever it is; 0 at the end of the format.
    pub conversion: u8,
}

/// Flags of a [`Spec`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`: spaces go behind the text.
    pub left: bool,
    /// `+`: a number that is not negative gets a `+`.
    pub plus: bool,
    /// Space: a number that is not negative gets a space.
    pub space: bool,
    /// `#`: prefixes of `%o`, `%x`, `%X`; a point always, and the zeros of `%g`.
    pub alternate: bool,
    /// `0`: zeros instead of spaces in front of digits.
    pub zero: bool,
}

/// Why a specification can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// More than five flags: "invalid format (repeated flags)".
    RepeatedFlags,
    /// More than two digits: "invalid format (width or precision too long)".
    TooLong,
}

impl std::fmt::Display for SpecError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            SpecError::RepeatedFlags => "invalid format (repeated flags)",
            SpecError::TooLong => "invalid format (width or precision too long)",
        })
    }
}

impl std::error::Error for SpecError {}

impl Spec {
    /// Reads a specification from `format`, which starts behind the `%`, and says
    /// how many bytes it takes, conversion letter included.
    ///
    /// The letter is not checked: an unknown one is the caller's error, and so is
    /// a 0, at the end of the format (where it takes no byte) or inside it.
    ///
    /// # Errors
    ///
    /// Too many flags, or a third digit of a width or precision.
    pub fn parse(format: &[u8]) -> Result<(Spec, usize), SpecError> {
        let byte = |index: usize| format.get(index).copied().unwrap_or(0);
        let mut spec = Spec::default();
        let mut at = 0;
        loop {
            let flag = match byte(at) {
                b'-' => &mut spec.flags.left,
                b'+' => &mut spec.flags.plus,
                b' ' => &mut spec.flags.space,
                b'#' => &mut spec.flags.alternate,
                b'0' => &mut spec.flags.zero,
                _ => break,
            };
            *flag = true;
            at += 1;
        }
        // One flag can be written five times, too.
        if at > 5 {
            return Err(SpecError::RepeatedFlags);
        }
        let number = |at: &mut usize| {
            let mut value = 0;
            for _ in 0..2 {
                let digit = byte(*at).wrapping_sub(b'0');
                if digit > 9 {
                    break;
                }
                value = value * 10 + digit;
                *at += 1;
            }
            value
        };
        spec.width = number(&mut at);
        if byte(at) == b'.' {
            at += 1;
            spec.precision = Some(number(&mut at));
        }
        spec.conversion = byte(at);
        if spec.conversion.is_ascii_digit() {
            return Err(SpecError::TooLong);
        }
        let length = (at + 1).min(format.len());
        Ok((spec, length))
    }

    /// `%d` and `%i`.
    pub fn write_int(&self, value: i64, out: &mut Vec<u8>) {
        let start = out.len();
        self.push_sign(value < 0, out);
        self.push_integer_digits(Decimal::new(value.unsigned_abs()).as_bytes(), start, out);
    }

    /// `%o`, `%u`, `%x` and `%X`, chosen by `conversion`.
    pub fn write_unsigned(&self, value: u64, out: &mut Vec<u8>) {
        let start = out.len();
        match self.conversion {
            b'o' => {
                let mut buffer = [0; 22];
                let digits = power_of_two_digits(value, 3, false, &mut buffer);
                // The flag '#' makes the first digit a zero; a precision may have done so.
                let longer = self
                    .precision
                    .is_some_and(|precision| usize::from(precision) > digits.len());
                if self.flags.alternate && !longer && (value != 0 || self.precision == Some(0)) {
                    out.push(b'0');
                    if value == 0 {
                        self.pad_with_spaces(start, out);
                        return;
                    }
                }
                self.push_integer_digits(digits, start, out);
            }
            b'x' | b'X' => {
                if self.flags.alternate && value != 0 {
                    out.extend_from_slice(&[b'0', self.conversion]);
                }
                let mut buffer = [0; 22];
                let upper = self.conversion == b'X';
                self.push_integer_digits(
                    power_of_two_digits(value, 4, upper, &mut buffer),
                    start,
                    out,
                );
            }
            _ => self.push_integer_digits(Decimal::new(value).as_bytes(), start, out),
        }
    }

    /// `%e`, `%E`, `%f`, `%g` and `%G`, chosen by `conversion`.
    pub fn write_float(&self, value: f64, out: &mut Vec<u8>) {
        let start = out.len();
        self.push_sign(value.is_sign_negative(), out);
        let digits_start = out.len();
        if write_unusual(value, self.conversion.is_ascii_uppercase(), out) {
            self.pad_with_spaces(start, out);
            return;
        }
        let precision = self.precision.unwrap_or(DEFAULT_PRECISION);
        let layout = Layout {
            exponent_mark: if self.conversion.is_ascii_uppercase() {
                b'E'
            } else {
                b'e'
            },
            alternate: self.flags.alternate,
        };
        match self.conversion {
            b'f' => self.push_fixed(value, precision, out),
            b'e' | b'E' => write_exponential(value, precision, &layout, out),
            _ => write_general(value, u32::from(precision.max(1)), &layout, out),
        }
        self.pad(start, digits_start, out);
    }

    /// `%c`. Like everything that `sprintf` writes for Lua, the text ends at a zero
    /// byte: nothing follows the spaces before it.
    pub fn write_char(&self, byte: u8, out: &mut Vec<u8>) {
        let start = out.len();
        if byte != 0 {
            out.push(byte);
            self.pad_with_spaces(start, out);
        } else if !self.flags.left {
            out.resize(start + usize::from(self.width.saturating_sub(1)), b' ');
        }
    }

    /// `%s`. The text ends at a zero byte, except that one of 100 bytes or more
    /// without a precision is copied whole, whatever the width.
    pub fn write_str(&self, text: &[u8], out: &mut Vec<u8>) {
        if self.precision.is_none() && text.len() >= LONG_TEXT {
            out.extend_from_slice(text);
            return;
        }
        let limit = self.precision.map_or(text.len(), usize::from);
        let start = out.len();
        out.extend(text.iter().take(limit).take_while(|&&byte| byte != 0));
        self.pad_with_spaces(start, out);
    }

    fn push_sign(&self, negative: bool, out: &mut Vec<u8>) {
        if negative {
            out.push(b'-');
        } else if self.flags.plus && !fault!(FormatPlus) {
            out.push(b'+');
        } else if self.flags.space {
            out.push(b' ');
        }
    }

    /// Completes an integer: zeros up to the precision, the digits, the width.
    /// `start` is where the text with its sign or prefix begins.
    fn push_integer_digits(&self, digits: &[u8], start: usize, out: &mut Vec<u8>) {
        let digits_start = out.len();
        let Some(precision) = self.precision else {
            out.extend_from_slice(digits);
            self.pad(start, digits_start, out);
            return;
        };
        // Zero with a precision of zero has no digits.
        if precision > 0 || digits != b"0" {
            push_zeros(usize::from(precision).saturating_sub(digits.len()), out);
            out.extend_from_slice(digits);
        }
        self.pad_with_spaces(start, out);
    }

    fn push_fixed(&self, value: f64, precision: u8, out: &mut Vec<u8>) {
        let places = usize::from(precision);
        let Some(scaled) = fixed(value, u32::from(precision)) else {
            out.extend_from_slice(LongText::fixed(value, places).as_bytes());
            if precision == 0 && self.flags.alternate {
                out.push(b'.');
            }
            return;
        };
        let scaled = Decimal::new(scaled);
        let digits = scaled.as_bytes();
        match digits.len().checked_sub(places) {
            Some(point) if point > 0 => {
                let (integer, fraction) = digits.split_at_checked(point).unwrap_or((digits, &[]));
                out.extend_from_slice(integer);
                if places > 0 || self.flags.alternate {
                    out.push(b'.');
                }
                out.extend_from_slice(fraction);
            }
            _ => {
                out.extend_from_slice(b"0.");
                push_zeros(places - digits.len(), out);
                out.extend_from_slice(digits);
            }
        }
    }

    /// Fills up to the width: zeros at `digits_start`, or spaces at either end.
    #[inline]
    fn pad(&self, start: usize, digits_start: usize, out: &mut Vec<u8>) {
        if self.flags.zero && !self.flags.left {
            self.insert(start, digits_start, b'0', out);
        } else {
            self.pad_with_spaces(start, out);
        }
    }

    #[inline]
    fn pad_with_spaces(&self, start: usize, out: &mut Vec<u8>) {
        let at = if self.flags.left { out.len() } else { start };
        self.insert(start, at, b' ', out);
    }

    /// Brings the text from `start` on to the width by inserting `byte` at `at`.
    #[inline]
    fn insert(&self, start: usize, at: usize, byte: u8, out: &mut Vec<u8>) {
        let missing = usize::from(self.width)
            .saturating_sub(out.len() - start + usize::from(fault!(FormatWidth)));
        if missing > 0 {
            out.splice(at..at, std::iter::repeat_n(byte, missing));
        }
    }
}

/// `%e` of a finite number, without sign.
fn write_exponential(number: f64, precision: u8, layout: &Layout, out: &mut Vec<u8>) {
    let count = u32::from(precision) + 1;
    if number == 0.0 {
        let digits = ZEROS.get(..count as usize).unwrap_or_default();
        write_scientific(digits, 0, layout, out);
    } else if let Some((value, exponent)) = significant(number, count) {
        write_scientific(Decimal::new(value).as_bytes(), exponent, layout, out);
    } else {
        let (digits, exponent) = LongText::significant(number, count);
        write_scientific(digits.as_bytes(), exponent, layout, out);
    }
}

/// The digits of `value` in base 2^`bits`.
fn power_of_two_digits(mut value: u64, bits: u32, upper: bool, buffer: &mut [u8; 22]) -> &[u8] {
    let mut start = buffer.len();
    for place in buffer.iter_mut().rev() {
        let digit = (value & ((1 << bits) - 1)) as u8;
        *place = match digit {
            0..=9 => b'0' + digit,
            _ if upper => b'A' + digit - 10,
            _ => b'a' + digit - 10,
        };
        start -= 1;
        value >>= bits;
        if value == 0 {
            break;
        }
    }
    buffer.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::NAN;

    /// Formats by the specification at the start of `format` and adds the rest.
    fn formatted(format: &str, write: impl Fn(&Spec, &mut Vec<u8>)) -> String {
        let (spec, length) = Spec::parse(format.as_bytes()).unwrap();
        let mut out = b"=".to_vec();
        write(&spec, &mut out);
        out.extend_from_slice(&format.as_bytes()[length..]);
        String::from_utf8(out[1..].to_vec()).unwrap()
    }

    // All expectations were recorded with `string.format("%" .. format, value)`.

    #[test]
    fn integers() {
        let recorded = [
            ("5.2d", 7, "   07"),
            ("+05d", 42, "+0042"),
            ("-6d|", 42, "42    |"),
            (" d", 42, " 42"),
            ("+ d", 42, "+42"),
            (".0d", 0, ""),
            ("5.0d", 0, "     "),
            ("05.3d", 7, "  007"),
            ("d", i64::MIN, "-9223372036854775808"),
        ];
        for (format, value, expected) in recorded {
            assert_eq!(
                formatted(format, |spec, out| spec.write_int(value, out)),
                expected,
                "%{format}"
            );
        }
    }

    #[test]
    fn unsigned_integers() {
        let recorded = [
            ("#o", 8, "010"),
            ("#o", 0, "0"),
            ("#.0o", 0, "0"),
            ("#05o", 8, "00010"),
            (".3o", 8, "010"),
            ("#.3o", 8, "010"),
            ("#.2o", 8, "010"),
            ("#x", 255, "0xff"),
            ("#X", 255, "0XFF"),
            ("#x", 0, "0"),
            ("#010x", 255, "0x000000ff"),
            ("-#10x|", 255, "0xff      |"),
            (".0x", 0, ""),
            ("+u", 3, "3"),
            ("20u", u64::MAX, "18446744073709551615"),
            ("x", u64::MAX, "ffffffffffffffff"),
        ];
        for (format, value, expected) in recorded {
            assert_eq!(
                formatted(format, |spec, out| spec.write_unsigned(value, out)),
                expected,
                "%{format}"
            );
        }
    }

    #[test]
    fn floats() {
        let recorded = [
            ("f", 1.5, "1.500000"),
            (".0f", 0.5, "0"),
            (".0f", 1.5, "2"),
            (".0f", 2.5, "2"),
            ("#.0f", 3.0, "3."),
            (".2f", 0.125, "0.12"),
            (".2f", 0.375, "0.38"),
            ("010.2f", -1.5, "-000001.50"),
            ("+.3f", 0.0, "+0.000"),
            (".20f", 0.1, "0.10000000000000000555"),
            (".3f", 1e22, "10000000000000000000000.000"),
            (".1f", 0.05, "0.1"),
            (".3f", 1e-10, "0.000"),
            ("e", 0.0, "0.000000e+00"),
            (".0e", 12_345.0, "1e+04"),
            ("#.0e", 12_345.0, "1.e+04"),
            ("E", 1e-10, "1.000000E-10"),
            (".3e", 9.9996e9, "1.000e+10"),
            ("015.2e", -1e300, "-000001.00e+300"),
            (".30e", 1.0 / 3.0, "3.333333333333333148296162562474e-01"),
            ("g", 100_000.0, "100000"),
            ("g", 1e6, "1e+06"),
            ("g", 1e-05, "1e-05"),
            ("#g", 1.0, "1.00000"),
            ("#.0g", 1.0, "1."),
            (".0g", 123.0, "1e+02"),
            ("G", 1e-10, "1E-10"),
            (".3g", 9.996, "10"),
            (".20g", 0.1, "0.10000000000000000555"),
            ("#.3g", 0.0, "0.00"),
            ("#g", 999_999.5, "1.e+06"),
            ("#.3g", 999.6, "1.e+03"),
            ("#.3g", 9999.6, "1.00e+04"),
            (
                ".99g",
                5e-324,
                "4.94065645841246544176568792868221372365059802614324764425585682500675507270208751865299836361635992e-324",
            ),
            ("f", f64::INFINITY, "inf"),
            ("+f", f64::INFINITY, "+inf"),
            ("010f", f64::NEG_INFINITY, "      -inf"),
            ("-8g|", NAN, "nan     |"),
            ("08e", -NAN, "    -nan"),
            (" G", NAN, " NAN"),
            ("E", f64::INFINITY, "INF"),
        ];
        for (format, value, expected) in recorded {
            assert_eq!(
                formatted(format, |spec, out| spec.write_float(value, out)),
                expected,
                "%{format}"
            );
        }
    }

    #[test]
    fn characters() {
        let recorded = [
            ("5c|", b'A', "    A|"),
            ("-5c|", b'A', "A    |"),
            ("05c", b'A', "    A"),
            ("5c|", 0, "    |"),
            ("-5c|", 0, "|"),
        ];
        for (format, value, expected) in recorded {
            assert_eq!(
                formatted(format, |spec, out| spec.write_char(value, out)),
                expected,
                "%{format}"
            );
        }
    }

    #[test]
    fn texts() {
        let recorded = [
            ("s", "a\0b", "a"),
            ("5s|", "ab", "   ab|"),
            ("-5s|", "ab", "ab   |"),
            ("05s|", "ab", "   ab|"),
            (".2s|", "abc", "ab|"),
            (".s|", "abc", "|"),
            ("4.1s|", "abc", "   a|"),
            (
                "99s",
                "xxx",
                "                                                                                                xxx",
            ),
        ];
        for (format, value, expected) in recorded {
            assert_eq!(
                formatted(format, |spec, out| spec.write_str(value.as_bytes(), out)),
                expected,
                "%{format}"
            );
        }
        // From 100 bytes on a text without precision is copied, zeros and all.
        let long = "a\0".repeat(50);
        assert_eq!(
            formatted("5s", |spec, out| spec.write_str(long.as_bytes(), out)),
            long
        );
        assert_eq!(
            formatted("5.99s", |spec, out| spec.write_str(long.as_bytes(), out)),
            "    a"
        );
    }

    #[test]
    fn longest_number() {
        let text = formatted("99.99f", |spec, out| spec.write_float(-f64::MAX, out));
        assert_eq!(text.len(), 1 + 309 + 1 + 99);
        assert!(text.starts_with("-179769313486231570814527423731704356798"));
        assert!(text.ends_with(&format!("8368.{}", "0".repeat(99))));
    }

    #[test]
    fn specifications() {
        let parse = |format: &str| Spec::parse(format.as_bytes());
        assert_eq!(
            parse("-+ #0d").map(|(spec, length)| (spec.conversion, length)),
            Ok((b'd', 6))
        );
        assert_eq!(parse("-----d").map(|(_, length)| length), Ok(6));
        assert_eq!(parse("------d"), Err(SpecError::RepeatedFlags));
        assert_eq!(parse("123d"), Err(SpecError::TooLong));
        assert_eq!(parse("1.123d"), Err(SpecError::TooLong));
        // Zeros are flags before they are a width.
        assert_eq!(parse("00012d").map(|(spec, _)| spec.width), Ok(12));
        assert_eq!(
            parse("5.y").map(|(spec, length)| (spec.precision, spec.conversion, length)),
            Ok((Some(0), b'y', 3))
        );
        // The end of the format, also inside.
        assert_eq!(
            parse("").map(|(spec, length)| (spec.conversion, length)),
            Ok((0, 0))
        );
        assert_eq!(
            parse("-5").map(|(spec, length)| (spec.width, spec.conversion, length)),
            Ok((5, 0, 2))
        );
        assert_eq!(
            parse("\0d").map(|(spec, length)| (spec.conversion, length)),
            Ok((0, 1))
        );
    }
}
