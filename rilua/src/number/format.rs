//! Numbers to text: Lua's own conversion, `%.14g` (`lua_number2str` of `luaconf.h`).

use super::digits::{Decimal, LongText, significant};
use super::exact_i32;

/// Significant digits of Lua's own conversion.
const NUMBER_DIGITS: u32 = 14;

/// Appends `number` as `%.14g` gives it: the text of `tostring`, `..` and
/// `io.write` (manual, section 2.2.1).
///
/// ```
/// # use rilua::number::write_number;
/// let mut text = Vec::new();
/// write_number(1e15, &mut text);
/// assert_eq!(text, b"1e+15");
/// ```
#[inline]
pub fn write_number(number: f64, out: &mut Vec<u8>) {
    match exact_i32(number) {
        // The text of -0 has its sign.
        Some(integer) if integer != 0 || number.is_sign_positive() || fault!(NegativeZero) => {
            if integer < 0 {
                out.push(b'-');
            }
            out.extend_from_slice(Decimal::new(u64::from(integer.unsigned_abs())).as_bytes());
        }
        _ => write_other_number(number, out),
    }
}

/// [`write_number`] for what is not a 32-bit integer.
fn write_other_number(number: f64, out: &mut Vec<u8>) {
    if number.is_sign_negative() && !(number.is_nan() && fault!(NanSign)) {
        out.push(b'-');
    }
    if write_unusual(number, false, out) {
        return;
    }
    write_general(
        number,
        NUMBER_DIGITS + u32::from(fault!(NumberDigits)),
        &GENERAL,
        out,
    );
}

/// Writes infinities and NaNs, without sign; says whether `number` was one.
pub(super) fn write_unusual(number: f64, upper: bool, out: &mut Vec<u8>) -> bool {
    let text: &[u8] = match (number.is_nan(), number.is_infinite(), upper) {
        (true, _, false) => b"nan",
        (true, _, true) => b"NAN",
        (_, true, false) => b"inf",
        (_, true, true) => b"INF",
        _ => return false,
    };
    out.extend_from_slice(text);
    true
}

/// How `%e` and `%g` lay out their digits.
pub(super) struct Layout {
    /// `e` or `E`.
    pub(super) exponent_mark: u8,
    /// The flag `#`: the point always appears and `%g` keeps its trailing zeros.
    pub(super) alternate: bool,
}

const GENERAL: Layout = Layout {
    exponent_mark: b'e',
    alternate: false,
};

/// `%g` of a finite number with `count` significant digits (at least 1), without
/// sign.
pub(super) fn write_general(number: f64, count: u32, layout: &Layout, out: &mut Vec<u8>) {
    let (short, long);
    let (digits, exponent) = if number == 0.0 {
        (ZEROS.get(..count as usize).unwrap_or_default(), 0)
    } else if let Some((value, exponent)) = significant(number, count) {
        short = Decimal::new(value);
        (short.as_bytes(), exponent)
    } else {
        let exponent;
        (long, exponent) = LongText::significant(number, count);
        (long.as_bytes(), exponent)
    };
    let digits = if layout.alternate && !rounded_up_to_scientific(number, count, exponent) {
        digits
    } else {
        without_trailing_zeros(digits)
    };
    if exponent < -4 || i64::from(exponent) >= i64::from(count) {
        write_scientific(digits, exponent, layout, out);
    } else if let Ok(exponent) = usize::try_from(exponent) {
        let integer_length = exponent + 1;
        let (integer, fraction) = digits
            .split_at_checked(integer_length)
            .unwrap_or((digits, &[]));
        out.extend_from_slice(integer);
        push_zeros(integer_length - integer.len(), out);
        push_fraction(fraction, layout.alternate, out);
    } else {
        out.extend_from_slice(b"0.");
        push_zeros(
            (-1 - exponent) as usize + usize::from(fault!(LeadingZeros)),
            out,
        );
        out.extend_from_slice(digits);
    }
}

/// glibc's `%#g` drops the zeros it should keep where only rounding made the number
/// too large for the plain notation: 999999.5 is `1.e+06`.
fn rounded_up_to_scientific(number: f64, count: u32, exponent: i32) -> bool {
    // From 16 digits on, a number below the power of ten has no digits to round.
    count <= 15
        && exponent.unsigned_abs() == count
        && number.abs() < 10_u64.pow(count) as f64
        && exponent > 0
}

/// `d.ddde+xx`.
pub(super) fn write_scientific(digits: &[u8], exponent: i32, layout: &Layout, out: &mut Vec<u8>) {
    let (first, rest) = digits.split_at_checked(1).unwrap_or((b"0", &[]));
    out.extend_from_slice(first);
    push_fraction(rest, layout.alternate, out);
    out.push(layout.exponent_mark);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    if exponent.unsigned_abs() < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(Decimal::new(u64::from(exponent.unsigned_abs())).as_bytes());
}

/// The point and what follows it; without digits only if the point is asked for.
fn push_fraction(digits: &[u8], always: bool, out: &mut Vec<u8>) {
    if always || !digits.is_empty() {
        out.push(b'.');
        out.extend_from_slice(digits);
    }
}

/// The digits up to the last one that is not zero, and at least one.
fn without_trailing_zeros(digits: &[u8]) -> &[u8] {
    let length = digits
        .iter()
        .rposition(|&digit| digit != b'0')
        .map_or(1, |last| last + 1);
    digits.get(..length).unwrap_or(digits)
}

/// As many zeros as any precision of `string.format` asks for, and one more.
pub(super) static ZEROS: [u8; 100] = [b'0'; 100];

pub(super) fn push_zeros(count: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + count, b'0');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::NAN;

    /// Recorded with `tostring`.
    #[test]
    fn recorded_numbers() {
        let recorded = [
            (0.0, "0"),
            (-0.0, "-0"),
            (7.0, "7"),
            (-2_147_483_648.0, "-2147483648"),
            (2_147_483_648.0, "2147483648"),
            (NAN, "nan"),
            (-NAN, "-nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (1e15, "1e+15"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (99_999_999_999_999.5, "1e+14"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (9_007_199_254_740_992.0, "9.007199254741e+15"),
            (1e100, "1e+100"),
            (5e-324, "4.9406564584125e-324"),
            (f64::MAX, "1.7976931348623e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072e-308"),
            (1e-4, "0.0001"),
            (0.000_123_456_789_012_345_67, "0.00012345678901235"),
            (1e-5, "1e-05"),
            (12_345_678_901_234.5, "12345678901234"),
            (12_345_678_901_235.5, "12345678901236"),
            (1.000_000_000_000_05, "1"),
            (-0.75, "-0.75"),
            (1e23, "1e+23"),
            (1e22, "1e+22"),
            (4_294_967_296.5, "4294967296.5"),
            (-1e300, "-1e+300"),
            (std::f64::consts::PI, "3.1415926535898"),
        ];
        for (number, expected) in recorded {
            let mut out = b"=".to_vec();
            write_number(number, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("={expected}"));
        }
    }
}
