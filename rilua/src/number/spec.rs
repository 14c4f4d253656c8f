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
        } else if self.flags.plus {
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
        let missing = usize::from(self.width).saturating_sub(out.len() - start);
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
