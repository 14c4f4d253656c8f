//! Decimal digits of a finite double, exactly rounded, ties to even: what every
//! floating conversion of `printf` is made of.
//!
//! There are two ways. The short one multiplies by a 64-bit approximation of a
//! power of ten and knows the error of the product; it declines (`None`) when that
//! error could change the result, for 14 digits about once in some ten thousand
//! numbers, and when the digits do not fit an integer. The long one is the standard
//! library's formatter, which is exact for any number of digits.

use std::fmt::Write;

/// Powers of ten in the table: all that 17 digits of a double, down to the
/// subnormals, and 99 digits behind the point can ask for.
const FIRST_POWER: i32 = -308;
const LAST_POWER: i32 = 340;
const POWER_COUNT: usize = (LAST_POWER - FIRST_POWER + 1) as usize;
/// 10^0 to this one fit the 64 bits of an entry, so products with them are exact.
const LAST_EXACT_POWER: i32 = 27;
/// Significant digits that the short way can deliver.
const MAX_SHORT_DIGITS: u32 = 17;

/// The leading 64 bits of each power of ten, truncated; the top bit is set.
static POWERS: [u64; POWER_COUNT] = leading_bits_of_powers();

const fn leading_bits_of_powers() -> [u64; POWER_COUNT] {
    // 128 bits are carried; 340 steps lose fewer than 10 of them.
    let mut table = [0; POWER_COUNT];
    let one = 1_u128 << 127;
    let zero_index = FIRST_POWER.unsigned_abs() as usize;

    let mut power = one;
    let mut index = zero_index;
    while index < POWER_COUNT {
        table[index] = (power >> 64) as u64;
        // Times ten, up to a power of two that keeps the top bit set.
        let scaled = power / 8 * 5 + power % 8 * 5 / 8;
        power = if scaled >= one {
            scaled
        } else {
            power / 4 * 5 + power % 4 * 5 / 4
        };
        index += 1;
    }

    power = one;
    index = zero_index;
    while index > 0 {
        let scaled = power / 5 * 4 + power % 5 * 4 / 5;
        power = if scaled >= one {
            scaled
        } else {
            power / 5 * 8 + power % 5 * 8 / 5
        };
        index -= 1;
        table[index] = (power >> 64) as u64;
    }
    table
}

/// A positive double as `significand * 2^exponent` with the top bit of the
/// significand set.
struct Normalized {
    significand: u64,
    exponent: i32,
}

impl Normalized {
    /// `number` is finite and not zero; its sign is ignored.
    #[inline]
    fn new(number: f64) -> Normalized {
        let bits = number.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let biased = ((bits >> 52) & 0x7ff) as i32;
        let (significand, exponent) = if biased == 0 {
            (fraction, -1074)
        } else {
            (fraction | 1 << 52, biased - 1075)
        };
        let shift = significand.leading_zeros();
        Normalized {
            significand: significand << (shift & 63),
            exponent: exponent - shift as i32,
        }
    }

    /// The decimal exponent of the first digit, or one less.
    #[inline]
    fn decimal_exponent(&self) -> i32 {
        // floor(e * log10(2)) for the binary exponent e of the leading bit.
        ((self.exponent + 63) * 315_653) >> 20
    }

    /// The integer nearest to this number times 10^`power`, ties to even, if 64
    /// bits of the power are enough to tell.
    #[inline]
    fn scale(&self, power: i32) -> Option<u64> {
        let index = usize::try_from(power - FIRST_POWER).ok()?;
        let factor = *POWERS.get(index)?;
        // floor(power * log2(10)), the binary exponent of the power's leading bit.
        let factor_exponent = ((power * 1_741_647) >> 19) - 63;
        let product = u128::from(self.significand) * u128::from(factor);
        let fraction_bits = -(self.exponent + factor_exponent);
        if fraction_bits > 129 {
            return Some(0); // below a quarter
        }
        if !(68..=127).contains(&fraction_bits) {
            return None;
        }
        let integer = (product >> fraction_bits) as u64;
        let half = 1_u128 << (fraction_bits - 1);
        let fraction = product & (half * 2 - 1);
        // The true product is above this one by less than 2^65. Only the way past
        // the half matters: what passes the next integer is rounded up anyway.
        if (0..=LAST_EXACT_POWER).contains(&power) {
            let up = fraction > half || (fraction == half && integer & 1 == 1);
            Some(integer + u64::from(up))
        } else if fraction > half {
            Some(integer + 1)
        } else if half - fraction > 1 << 65 {
            Some(integer)
        } else {
            None
        }
    }
}

/// `count` significant digits of `number` (1 to 17) as one integer, and the
/// decimal exponent of the first of them. `number` is finite and not zero.
#[inline]
pub(super) fn significant(number: f64, count: u32) -> Option<(u64, i32)> {
    if count == 0 || count > MAX_SHORT_DIGITS {
        return None;
    }
    let limit = 10_u64.pow(count);
    let normalized = Normalized::new(number);
    let exponent = normalized.decimal_exponent();
    let position = count as i32 - 1 - exponent;
    let value = normalized.scale(position)?;
    if value < limit {
        return Some((value, exponent));
    }
    // The estimate was one too low, or all digits were nines and rounded up.
    let value = normalized.scale(position - 1)?;
    Some((value, exponent + 1))
}

/// `number` times 10^`places`, rounded to an integer. `number` is finite.
#[inline]
pub(super) fn fixed(number: f64, places: u32) -> Option<u64> {
    if number == 0.0 {
        return Some(0);
    }
    Normalized::new(number).scale(i32::try_from(places).ok()?)
}

/// The text of a `u64` in decimal.
pub(super) struct Decimal {
    buffer: [u8; 20],
    start: usize,
}

impl Decimal {
    #[inline]
    pub(super) fn new(mut value: u64) -> Decimal {
        let mut buffer = [b'0'; 20];
        let mut start = buffer.len();
        let (_, pairs) = buffer.as_rchunks_mut::<2>();
        for pair in pairs.iter_mut().rev() {
            *pair = PAIRS[(value % 100) as usize];
            start -= 2;
            value /= 100;
            if value == 0 {
                start += usize::from(pair[0] == b'0');
                break;
            }
        }
        Decimal { buffer, start }
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}

/// "00" to "99".
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// Text of the long way: up to 309 digits, a point and 99 digits more.
pub(super) struct LongText {
    buffer: [u8; 416],
    length: usize,
}

impl LongText {
    const fn new() -> LongText {
        LongText {
            buffer: [0; 416],
            length: 0,
        }
    }

    /// `number` without its sign, with `places` digits behind the point.
    #[cold]
    #[inline(never)]
    pub(super) fn fixed(number: f64, places: usize) -> LongText {
        let mut text = LongText::new();
        // Writing fails only when the buffer is full, which 99 places can't reach.
        let _ = write!(text, "{:.places$}", number.abs());
        text
    }

    /// `count` significant digits of `number` without sign and point, and the
    /// decimal exponent of the first of them. `number` is finite and not zero.
    #[cold]
    #[inline(never)]
    pub(super) fn significant(number: f64, count: u32) -> (LongText, i32) {
        let places = count.saturating_sub(1) as usize;
        let mut text = LongText::new();
        let _ = write!(text, "{:.places$e}", number.abs());
        // "d.ddde-x": the point goes, the exponent is cut off.
        let mut exponent = 0;
        let mut digits = LongText::new();
        if let Some(mark) = text.as_bytes().iter().position(|&byte| byte == b'e') {
            let (mantissa, rest) = text.as_bytes().split_at(mark);
            exponent = std::str::from_utf8(rest.get(1..).unwrap_or_default())
                .ok()
                .and_then(|exponent| exponent.parse().ok())
                .unwrap_or(0);
            digits.push(mantissa.get(..1).unwrap_or_default());
            digits.push(mantissa.get(2..).unwrap_or_default());
        }
        (digits, exponent)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    /// Appends what fits, and says whether everything did.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let end = self.length.saturating_add(bytes.len());
        let Some(place) = self.buffer.get_mut(self.length..end) else {
            return false;
        };
        place.copy_from_slice(bytes);
        self.length = end;
        true
    }
}

impl Write for LongText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.push(text.as_bytes()) {
            Ok(())
        } else {
            Err(std::fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers() {
        let power = |exponent: i32| POWERS[(exponent - FIRST_POWER) as usize];
        assert_eq!(power(0), 1 << 63);
        assert_eq!(power(1), 10 << 60);
        assert_eq!(power(27), 5_u64.pow(27) << 1);
        assert_eq!(power(-1), 0xcccc_cccc_cccc_cccc);
        assert_eq!(power(28), (5_u128.pow(28) >> 2) as u64);
        assert_eq!(power(55), (5_u128.pow(55) >> 64) as u64);
        // From published tables of shortest-digits algorithms.
        assert_eq!(power(-308), 0xe61a_cf03_3d1a_45df);
        assert_eq!(power(308), 0x8e67_9c2f_5e44_ff8f);
    }

    #[test]
    fn decimal() {
        for value in [
            0,
            5,
            9,
            10,
            99,
            100,
            101,
            12_345,
            99_999_999_999_999,
            u64::MAX,
        ] {
            assert_eq!(Decimal::new(value).as_bytes(), value.to_string().as_bytes());
        }
    }

    #[test]
    fn both_ways_agree() {
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let number = f64::from_bits(state);
            if !number.is_finite() || number == 0.0 {
                continue;
            }
            for count in [1, 6, 14, 17] {
                if let Some((value, exponent)) = significant(number, count) {
                    let (digits, long_exponent) = LongText::significant(number, count);
                    assert_eq!(
                        Decimal::new(value).as_bytes(),
                        digits.as_bytes(),
                        "{number:e} {count}"
                    );
                    assert_eq!(exponent, long_exponent, "{number:e} {count}");
                }
            }
        }
    }

    #[test]
    fn ties_go_to_even() {
        assert_eq!(fixed(0.5, 0), Some(0));
        assert_eq!(fixed(1.5, 0), Some(2));
        assert_eq!(fixed(2.5, 0), Some(2));
        assert_eq!(fixed(0.125, 2), Some(12));
        assert_eq!(fixed(0.375, 2), Some(38));
        assert_eq!(
            significant(1.000_000_000_000_5, 14).map(|(value, _)| value),
            Some(10_000_000_000_005)
        );
        assert_eq!(LongText::fixed(0.5, 0).as_bytes(), b"0");
        assert_eq!(LongText::fixed(2.5, 0).as_bytes(), b"2");
        assert_eq!(LongText::significant(2.5, 1).0.as_bytes(), b"2");
        assert_eq!(LongText::significant(1.5, 1).0.as_bytes(), b"2");
    }
}
