//! Text to numbers: `strtod` and `strtoul` of glibc in the C locale, and Lua's
//! two uses of them, `luaO_str2d` of `lobject.c` and `tonumber` of `lbaselib.c`.
//!
//! Texts are bytes that C would see followed by a zero; a zero inside ends them,
//! as it does in C.

use super::NAN;

/// Whether C's `isspace` accepts the byte in the C locale.
#[inline]
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Bytes being read; behind the last one are zeros.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    const fn new(text: &'a [u8]) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    #[inline]
    fn look_ahead(&self, distance: usize) -> u8 {
        self.text.get(self.at + distance).copied().unwrap_or(0)
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.look_ahead(0)
    }

    /// Must not be called at the end.
    #[inline]
    fn skip(&mut self, count: usize) {
        self.at += count;
    }

    fn skip_spaces(&mut self) {
        while is_space(self.peek()) {
            self.skip(1);
        }
    }

    /// Reads a sign; true for a minus.
    fn sign(&mut self) -> bool {
        let sign = self.peek();
        if matches!(sign, b'+' | b'-') {
            self.skip(1);
        }
        sign == b'-'
    }

    /// Skips `word`, given in lower case, in any case.
    fn skip_word(&mut self, word: &[u8]) -> bool {
        let found = self
            .text
            .get(self.at..self.at + word.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(word));
        if found {
            self.skip(word.len());
        }
        found
    }

    /// The next byte as a digit in a base of at most 36.
    #[inline]
    fn digit(&self, base: u32) -> Option<u32> {
        char::from(self.peek()).to_digit(base)
    }

    /// Only spaces up to the end of the text, or up to a zero?
    fn only_spaces_left(mut self) -> bool {
        self.skip_spaces();
        self.peek() == 0
    }
}

/// The number a text stands for (`luaO_str2d`): a numeral of the lexer, or a
/// string where a number is needed (manual, section 2.2.1).
///
/// What `strtod` reads, with white space before and behind it, up to the end or to
/// a zero byte; `None` for everything else.
///
/// ```
/// # use rilua::number::str_to_number;
/// assert_eq!(str_to_number(b" 0x10 "), Some(16.0));
/// assert_eq!(str_to_number(b"5\0x"), Some(5.0));
/// assert_eq!(str_to_number(b"1e"), None);
/// ```
#[inline]
#[must_use]
pub fn str_to_number(text: &[u8]) -> Option<f64> {
    // C reads the text again by strtoul if strtod stopped at an 'x'. With a strtod
    // that knows hexadecimal this never leads anywhere: strtoul stops there, too.
    match short_integer(text) {
        Some(integer) => Some(integer),
        None => {
            let (number, length) = strtod(text);
            let rest = Cursor { text, at: length };
            (length > 0 && rest.only_spaces_left()).then_some(number)
        }
    }
}

/// The value of a text that is nothing but up to 15 digits.
#[inline]
fn short_integer(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > 15 {
        return None;
    }
    let mut value = 0_u64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value as f64)
}

/// `tonumber(text, base)` for a base that is not 10 (manual, section 5.1).
///
/// What `strtoul` reads, with white space before and behind it, up to the end or
/// to a zero byte. `base` is from 2 to 36; others give `None`.
///
/// ```
/// # use rilua::number::str_to_integer;
/// assert_eq!(str_to_integer(b"zz", 36), Some(1295.0));
/// assert_eq!(str_to_integer(b"8", 8), None);
/// ```
#[must_use]
pub fn str_to_integer(text: &[u8], base: u32) -> Option<f64> {
    let (integer, length) = strtoul(text, base);
    let rest = Cursor { text, at: length };
    (length > 0 && rest.only_spaces_left()).then_some(integer as f64)
}

/// C's `strtoul`: the integer at the start of `text` and how many bytes make it
/// up, 0 if there is none.
///
/// A minus wraps the value around; one that does not fit is `u64::MAX` with either
/// sign. `base` is from 2 to 36; nothing is read in others. In base 16 a prefix
/// `0x` may stand before the digits.
#[must_use]
pub fn strtoul(text: &[u8], base: u32) -> (u64, usize) {
    if !(2..=36).contains(&base) {
        return (0, 0);
    }
    let mut cursor = Cursor::new(text);
    cursor.skip_spaces();
    let negative = cursor.sign();
    let mut length = 0;
    if base == 16 && cursor.peek() == b'0' && cursor.look_ahead(1) | 32 == b'x' {
        length = cursor.at + 1; // without digits the zero of the prefix is the number
        cursor.skip(2);
    }
    let mut value = Some(0_u64);
    while let Some(digit) = cursor.digit(base) {
        value = value
            .and_then(|value| value.checked_mul(u64::from(base)))
            .and_then(|value| value.checked_add(u64::from(digit)));
        cursor.skip(1);
        length = cursor.at;
    }
    let value = match value {
        None => u64::MAX,
        Some(value) if negative && !fault!(NegativeInBase) => value.wrapping_neg(),
        Some(value) => value,
    };
    (value, length)
}

/// C's `strtod`: the number at the start of `text` and how many bytes make it up,
/// 0 if there is none.
///
/// White space, a sign, and then one of: decimal digits with a point and an
/// exponent; `0x` and the same in hexadecimal, the exponent a decimal power of two
/// after `p`; `inf`, `infinity`, `nan`, `nan(…)` in any case. The result is the
/// nearest double, ties to even.
#[must_use]
pub fn strtod(text: &[u8]) -> (f64, usize) {
    let mut cursor = Cursor::new(text);
    cursor.skip_spaces();
    let negative = cursor.sign();
    let magnitude = match cursor.peek() {
        b'i' | b'I' | b'n' | b'N' => word(&mut cursor),
        b'0' if cursor.look_ahead(1) | 32 == b'x' => Some(hexadecimal(&mut cursor)),
        _ => decimal(&mut cursor),
    };
    match magnitude {
        Some(number) if negative => (-number, cursor.at),
        Some(number) => (number, cursor.at),
        None => (0.0, 0),
    }
}

fn word(cursor: &mut Cursor<'_>) -> Option<f64> {
    if cursor.skip_word(b"inf") {
        cursor.skip_word(b"inity");
        return Some(f64::INFINITY);
    }
    if !cursor.skip_word(b"nan") {
        return None;
    }
    // The payload is dropped: no Lua program can see it.
    let mut payload = *cursor;
    if payload.peek() == b'(' {
        payload.skip(1);
        while payload.peek().is_ascii_alphanumeric() || payload.peek() == b'_' {
            payload.skip(1);
        }
        if payload.peek() == b')' {
            payload.skip(1);
            *cursor = payload;
        }
    }
    Some(NAN)
}

/// Exponents are counted up to this and not further: no text in memory has so many
/// digits that they could bring a larger one back into range.
const MAX_EXPONENT: i64 = 1 << 60;

/// Reads an exponent after `mark`; takes nothing if there is none or it has no digits.
fn exponent(cursor: &mut Cursor<'_>, mark: u8) -> i64 {
    if cursor.peek() | 32 != mark {
        return 0;
    }
    let mut ahead = *cursor;
    ahead.skip(1);
    let negative = ahead.sign();
    let mut value = 0;
    while let Some(digit) = ahead.digit(10) {
        if value < MAX_EXPONENT / 10 {
            value = value * 10 + i64::from(digit);
        }
        ahead.skip(1);
        *cursor = ahead;
    }
    if cursor.at < ahead.at {
        return 0;
    }
    if negative { -value } else { value }
}

/// Powers of ten that are doubles.
static EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

fn decimal(cursor: &mut Cursor<'_>) -> Option<f64> {
    let start = cursor.at;
    let mut digits = Digits::default();
    digits.read(cursor, false);
    if cursor.peek() == b'.' {
        cursor.skip(1);
        digits.read(cursor, true);
    }
    if !digits.any {
        return None;
    }
    let written_exponent = exponent(cursor, b'e');
    let text = cursor.text.get(start..cursor.at).unwrap_or_default();
    Some(digits.value(text, written_exponent))
}

/// The digits of a decimal number as they are read: the leading ones in an integer
/// times a power of ten.
#[derive(Default)]
struct Digits {
    significand: u64,
    exponent: i64,
    /// There were digits.
    any: bool,
    /// There were digits that the significand could not hold.
    dropped: bool,
}

impl Digits {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, fraction: bool) {
        loop {
            let digit = cursor.peek().wrapping_sub(b'0');
            if digit > 9 {
                return;
            }
            cursor.skip(1);
            self.any = true;
            if self.significand < 1_000_000_000_000_000_000 {
                self.significand = self.significand * 10 + u64::from(digit);
                self.exponent -= i64::from(fraction);
            } else {
                self.dropped |= digit != 0;
                self.exponent += i64::from(!fraction);
            }
        }
    }

    /// The value of the number written as `text`.
    fn value(&self, text: &[u8], written_exponent: i64) -> f64 {
        if self.significand == 0 {
            return 0.0;
        }
        let exponent = self.exponent + written_exponent;
        if !self.dropped && self.significand <= 1 << 53 {
            // Two doubles without error: one rounding, the right one.
            let significand = self.significand as f64;
            let power = usize::try_from(exponent.unsigned_abs())
                .ok()
                .and_then(|index| EXACT_POWERS.get(index));
            if let Some(power) = power {
                return if exponent < 0 {
                    significand / power
                } else {
                    significand * power
                };
            }
        }
        if text.len() < 5000 && written_exponent.abs() < 5000 {
            return parse(text);
        }
        self.value_of_long_text(text, exponent)
    }

    /// Brings a text to a size at which the standard library's parser is exact: it
    /// stops counting exponents at some ten thousands.
    #[cold]
    #[inline(never)]
    fn value_of_long_text(&self, text: &[u8], exponent: i64) -> f64 {
        // More digits than that matter only by not being all zero: no double, and no
        // point between two doubles, has more than 767.
        const KEPT: usize = 800;
        let written = text.iter().take_while(|&&byte| byte | 32 != b'e');
        let mut digits = written
            .filter(|&&byte| byte != b'.')
            .skip_while(|&&digit| digit == b'0');
        let mut normal = vec![b'.'];
        normal.extend(digits.by_ref().take(KEPT));
        if digits.any(|&digit| digit != b'0') {
            normal.push(b'1');
        }
        // The point was set before the first digit; the significand holds up to 19.
        let point = exponent + i64::from(self.significand.ilog10()) + 1;
        normal.push(b'e');
        normal.extend_from_slice(point.clamp(-5000, 5000).to_string().as_bytes());
        parse(&normal)
    }
}

/// The standard library's conversion of digits, point and exponent.
fn parse(text: &[u8]) -> f64 {
    // The caller has checked the text, so neither step fails.
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0)
}

/// The number that starts with `0x`; without digits it is the zero.
fn hexadecimal(cursor: &mut Cursor<'_>) -> f64 {
    let mut ahead = *cursor;
    cursor.skip(1);
    ahead.skip(2);
    let mut digits = HexDigits::default();
    digits.read(&mut ahead, false);
    if ahead.peek() == b'.' {
        let had_digits = digits.any;
        let mut fraction = ahead;
        fraction.skip(1);
        digits.read(&mut fraction, true);
        if had_digits || digits.any {
            ahead = fraction;
        }
    }
    if !digits.any {
        return 0.0;
    }
    *cursor = ahead;
    digits.exponent += exponent(cursor, b'p');
    digits.value()
}

/// Like [`Digits`], in base 16; the exponent is one of two.
#[derive(Default)]
struct HexDigits {
    significand: u64,
    exponent: i64,
    any: bool,
    dropped: bool,
}

impl HexDigits {
    fn read(&mut self, cursor: &mut Cursor<'_>, fraction: bool) {
        while let Some(digit) = cursor.digit(16) {
            cursor.skip(1);
            self.any = true;
            if self.significand >> 60 == 0 {
                self.significand = self.significand << 4 | u64::from(digit);
                self.exponent -= 4 * i64::from(fraction);
            } else {
                self.dropped |= digit != 0;
                self.exponent += 4 * i64::from(!fraction);
            }
        }
    }

    /// The nearest double, ties to even.
    fn value(&self) -> f64 {
        if self.significand == 0 {
            return 0.0;
        }
        let shift = self.significand.leading_zeros();
        // If something was dropped there are at least 61 bits, and the lowest is
        // too far down to be more than a mark of "and something".
        let significand = (self.significand | u64::from(self.dropped)) << (shift & 63);
        // The exponent of the leading bit.
        let exponent = self.exponent - i64::from(shift) + 63;
        if exponent > 1023 {
            return f64::INFINITY;
        }
        let subnormal_loss = (-1022 - exponent).max(0);
        if subnormal_loss > 53 {
            return 0.0; // below half of the smallest double
        }
        // 64 bits become 53, or fewer for a subnormal: a shift from 11 to 64.
        let shift = 11 + subnormal_loss as u32;
        // Correctly rounded, where glibc 2.36 differs: there the 54th bit of a
        // subnormal's digits is lost when it alone decides what looks like a tie.
        let significand = u128::from(significand);
        let half = 1_u128 << (shift - 1);
        let rest = significand & (half * 2 - 1);
        let mut kept = (significand >> shift) as u64;
        if rest > half || (rest == half && kept & 1 == 1) {
            kept += 1;
        }
        // The leading bit of a normal number adds one to the exponent field, and so
        // does a carry out of the rounding.
        let field = if subnormal_loss > 0 {
            0
        } else {
            (exponent + 1022).cast_unsigned()
        };
        f64::from_bits((field << 52) + kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded with `tonumber(text)`.
    #[test]
    fn recorded_texts() {
        let recorded: &[(&[u8], Option<f64>)] = &[
            (b"0x", None),
            (b"0x10", Some(16.0)),
            (b"-0x10", Some(-16.0)),
            (b"0x1p4", Some(16.0)),
            (b"0x.8", Some(0.5)),
            (b"0x.p1", None),
            (b"0x1.", Some(1.0)),
            (b"0x1p", None),
            (b"0x1p+", None),
            (b"0X1P-1074", Some(5e-324)),
            (b"0x1p-1075", Some(0.0)),
            (b"0x1.8p-1075", Some(5e-324)),
            (b"0x1.fffffffffffff8p0", Some(2.0)),
            (b"0x1.fffffffffffff7p0", Some(2.0 - f64::EPSILON)),
            (b"0x10000000000000080", Some(1.844_674_407_370_955_2e19)),
            (b"0x10000000000000081", Some(1.844_674_407_370_955_2e19)),
            (b"0x1p1024", Some(f64::INFINITY)),
            (b"inf", Some(f64::INFINITY)),
            (b"-Infinity", Some(f64::NEG_INFINITY)),
            (b"infinit", None),
            (b"-nan", Some(-NAN)),
            (b"nan(7)", Some(NAN)),
            (b"NAN(a_1)x", None),
            (b"nan(", None),
            (b"nan(-)", None),
            (b"1e", None),
            (b"1e+", None),
            (b"1e5", Some(100_000.0)),
            (b"1E-2", Some(0.01)),
            (b"5\0x", Some(5.0)),
            (b" 5\n", Some(5.0)),
            (b"\x0b\x0c5", Some(5.0)),
            (b"", None),
            (b"  ", None),
            (b".", None),
            (b".5", Some(0.5)),
            (b"5.", Some(5.0)),
            (b"-.5e1", Some(-5.0)),
            (b"+-5", None),
            (b"1e400", Some(f64::INFINITY)),
            (b"-1e400", Some(f64::NEG_INFINITY)),
            (b"1e-400", Some(0.0)),
            (b"0xffffffffffffffffff", Some(4.722_366_482_869_645e21)),
            (b"9007199254740993", Some(9_007_199_254_740_992.0)),
            (
                b"9007199254740993.00000000000000000001",
                Some(9_007_199_254_740_994.0),
            ),
            (b"1x", None),
            (b"00x1", None),
            (b"123456789012345", Some(123_456_789_012_345.0)),
            (b"1234567890123456", Some(1_234_567_890_123_456.0)),
            (b"-0", Some(-0.0)),
            (b"5\0", Some(5.0)),
            (b"\x005", None),
        ];
        for &(text, expected) in recorded {
            let name = String::from_utf8_lossy(text);
            assert_eq!(
                str_to_number(text).map(f64::to_bits),
                expected.map(f64::to_bits),
                "{name:?}"
            );
        }
    }

    /// Recorded with `tonumber(text, base)`.
    #[test]
    fn recorded_bases() {
        let recorded: &[(&[u8], u32, Option<f64>)] = &[
            (b"-1", 2, Some(18_446_744_073_709_551_616.0)),
            (b"zz", 36, Some(1295.0)),
            (b"7fffffffffffffff", 16, Some(9_223_372_036_854_775_808.0)),
            (
                b"ffffffffffffffffff",
                16,
                Some(18_446_744_073_709_551_616.0),
            ),
            (
                b"-ffffffffffffffffff",
                16,
                Some(18_446_744_073_709_551_616.0),
            ),
            (b"8", 8, None),
            (b" 11 ", 2, Some(3.0)),
            (b"0x", 16, None),
            (b"0x1f", 16, Some(31.0)),
            (b"-0xg", 16, None),
            (b"1\0z", 2, Some(1.0)),
            (b"0x1", 8, None),
            (b"", 16, None),
            (b"1", 1, None),
            (b"1", 37, None),
        ];
        for &(text, base, expected) in recorded {
            let name = String::from_utf8_lossy(text);
            assert_eq!(
                str_to_integer(text, base),
                expected,
                "{name:?} in base {base}"
            );
        }
    }

    /// How much `strtod` reads, which Lua's own conversions don't show.
    #[test]
    fn lengths() {
        let expected: &[(&[u8], f64, usize)] = &[
            (b"1e+", 1.0, 1),
            (b" -0x", -0.0, 3),
            (b"0x.", 0.0, 1),
            (b"0x.p1", 0.0, 1),
            (b"0x1.p+1z", 2.0, 7),
            (b"0x1p", 1.0, 3),
            (b"infinit", f64::INFINITY, 3),
            (b"nan(a_1)x", NAN, 8),
            (b"nan(-)", NAN, 3),
            (b" +", 0.0, 0),
            (b"1.5.5", 1.5, 3),
        ];
        for &(text, number, length) in expected {
            let (found, found_length) = strtod(text);
            assert_eq!(
                (found.to_bits(), found_length),
                (number.to_bits(), length),
                "{:?}",
                String::from_utf8_lossy(text)
            );
        }
        assert_eq!(strtoul(b" -0xg", 16), (0, 3));
        assert_eq!(strtoul(b"-0x10g", 16), (16_u64.wrapping_neg(), 5));
    }

    /// Just above a tie, by the 54th bit (see [`HexDigits::value`]).
    #[test]
    fn subnormal_by_its_last_bit() {
        let expected = f64::from_bits(0x0c20_242f_2283);
        assert_eq!(str_to_number(b"0x30.8090bc8a0a01p-1036"), Some(expected));
    }

    #[test]
    fn long_texts() {
        let zeros = "0".repeat(100_000);
        let number = |text: String| str_to_number(text.as_bytes());
        assert_eq!(number(format!("1{zeros}e-100000")), Some(1.0));
        assert_eq!(number(format!("0.{zeros}25e100001")), Some(2.5));
        assert_eq!(number(format!("0x1{zeros}p-400000")), Some(1.0));
        assert_eq!(number(format!("1{zeros}")), Some(f64::INFINITY));
        assert_eq!(number(format!("0.{zeros}1")), Some(0.0));
        assert_eq!(number(format!("1e1{zeros}")), Some(f64::INFINITY));
        assert_eq!(number(format!("0e1{zeros}")), Some(0.0));
        assert_eq!(number(format!("1e-1{zeros}")), Some(0.0));
        // A tie, and a tie with something far behind it.
        assert_eq!(
            number(format!("9007199254740993.{zeros}")),
            Some(9_007_199_254_740_992.0)
        );
        assert_eq!(
            number(format!("9007199254740993.{zeros}1")),
            Some(9_007_199_254_740_994.0)
        );
    }
}
