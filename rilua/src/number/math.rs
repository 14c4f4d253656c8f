//! Arithmetic that C has and the standard library hasn't, or not with C's special
//! cases: `luai_nummod` of `luaconf.h`, and `fmod`, `modf`, `frexp` and `ldexp` as
//! `lmathlib.c` uses them. All results are exact.

use super::{NAN, exact_i32};

/// Above this magnitude every double is an integer.
const TWO_52: f64 = 4_503_599_627_370_496.0;
/// Below this magnitude the sum with 1.5 * 2^52 is rounded to an integer.
const TWO_51: f64 = TWO_52 / 2.0;

/// The largest integer that is not above `number` (C's `floor`), without the call
/// that it costs on processors of the first x86-64 generation.
#[inline]
#[must_use]
pub fn floor(number: f64) -> f64 {
    if number.abs() >= TWO_51 || number.is_nan() {
        return number.floor();
    }
    if fault!(FloorTruncates) {
        return number.trunc();
    }
    let nearest = (number + 1.5 * TWO_52) - 1.5 * TWO_52;
    let below = if nearest > number {
        nearest - 1.0
    } else {
        nearest
    };
    // The only sign that can differ is that of -0.
    below.copysign(number)
}

/// Lua's `a % b`: `a - floor(a/b)*b`, each step rounded to a double (manual,
/// section 2.5.1).
///
/// ```
/// # use rilua::number::modulo;
/// assert_eq!(modulo(-7.0, 3.0), 2.0);
/// assert!(modulo(5.0, f64::INFINITY).is_nan());
/// ```
#[inline]
#[must_use]
pub fn modulo(a: f64, b: f64) -> f64 {
    // For integers of this size no step is inexact, and a zero is +0.
    if let (Some(dividend), Some(divisor)) = (exact_i32(a), exact_i32(b))
        && let Some(remainder) = dividend.checked_rem(divisor)
    {
        let other_sign = remainder != 0 && (remainder ^ divisor) < 0 && !fault!(ModuloSign);
        return f64::from(if other_sign {
            remainder + divisor
        } else {
            remainder
        });
    }
    a - floor(a / b) * b
}

/// C's `fmod`: what is left of `a` after as many times `b` as fit, with the sign
/// of `a`. An infinite `a` or a zero `b` gives `-nan`.
#[must_use]
pub fn fmod(a: f64, b: f64) -> f64 {
    if a.is_nan() {
        return a;
    }
    if b.is_nan() {
        return b;
    }
    if a.is_infinite() || b == 0.0 {
        return -NAN;
    }
    a % b
}

/// C's `modf`: the integral part and the fraction, both with the sign of `number`.
#[must_use]
pub fn modf(number: f64) -> (f64, f64) {
    if number.is_infinite() {
        return (number, 0.0_f64.copysign(number));
    }
    let integral = number.trunc();
    (integral, (number - integral).copysign(number))
}

/// C's `frexp`: a fraction from 0.5 to below 1 and a power of two whose product is
/// `number`. Zero, infinities and NaN come back as they are, with 0.
#[must_use]
pub fn frexp(number: f64) -> (f64, i32) {
    if number == 0.0 || !number.is_finite() {
        return (number, 0);
    }
    let subnormal = number.abs() < f64::MIN_POSITIVE;
    let normal = if subnormal { number * TWO_52 } else { number };
    let bits = normal.to_bits();
    let field = ((bits >> 52) & 0x7ff) as i32;
    let fraction = f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52);
    (fraction, field - 1022 - if subnormal { 52 } else { 0 })
}

/// C's `ldexp`: `number` times 2^`exponent`, rounded once, ties to even.
#[must_use]
pub fn ldexp(number: f64, exponent: i32) -> f64 {
    let (fraction, own_exponent) = frexp(number);
    if fraction == 0.0 || !fraction.is_finite() {
        return number;
    }
    let exponent = own_exponent.saturating_add(exponent).clamp(-1100, 1100);
    // Two powers that are doubles: the first product is exact, the second rounds.
    let first = exponent.clamp(-1000, 1000);
    fraction * power_of_two(first) * power_of_two(exponent - first)
}

/// 2^`exponent` for exponents from -1022 to 1023.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(u64::from((exponent + 1023).unsigned_abs()) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::write_number;

    const INF: f64 = f64::INFINITY;

    fn text(number: f64) -> String {
        let mut out = Vec::new();
        write_number(std::hint::black_box(number), &mut out);
        String::from_utf8(out).unwrap()
    }

    /// Recorded with `a % b`.
    #[test]
    fn modulo_of_recorded_pairs() {
        let recorded = [
            (5.0, INF, "-nan"),
            (-1.0, INF, "-nan"),
            (-7.0, 3.0, "2"),
            (7.0, -3.0, "-2"),
            (5.5, -2.0, "-0.5"),
            (-5.5, 2.5, "2"),
            (1.0, 0.0, "-nan"),
            (-1.0, -3.0, "-1"),
            (6.0, -3.0, "0"),
            (0.0, -3.0, "0"),
            (-0.0, 2.5, "0"),
            (1e300, -3.0, "0"),
            (-2_147_483_648.0, -1.0, "0"),
            (INF, 2.0, "-nan"),
            (NAN, -NAN, "nan"),
            (-NAN, NAN, "-nan"),
        ];
        for (a, b, expected) in recorded {
            let (a, b) = std::hint::black_box((a, b));
            assert_eq!(text(modulo(a, b)), expected, "{a} % {b}");
        }
    }

    /// Recorded with `math.fmod`.
    #[test]
    fn fmod_of_recorded_pairs() {
        let recorded = [
            (1.0, 0.0, "-nan"),
            (-1.0, 1.0, "-0"),
            (-5.5, -3.0, "-2.5"),
            (5.5, INF, "5.5"),
            (-INF, 1.0, "-nan"),
            (1.0, NAN, "nan"),
            (NAN, -NAN, "nan"),
            (-NAN, NAN, "-nan"),
            (1e300, 2.5, "0"),
            (5e-324, 1.0, "4.9406564584125e-324"),
        ];
        for (a, b, expected) in recorded {
            assert_eq!(text(fmod(a, b)), expected, "fmod({a}, {b})");
        }
    }

    #[test]
    fn floor_keeps_signs_and_large_numbers() {
        let numbers = [
            0.0,
            -0.0,
            0.5,
            -0.5,
            0.999_999_999_999_999_9,
            -5e-324,
            2.5,
            3.5,
            -2.5,
            TWO_51 - 0.5,
            -TWO_51 + 0.25,
            TWO_51 + 0.5,
            TWO_52,
            1e300,
            -INF,
        ];
        for number in numbers {
            assert_eq!(
                floor(number).to_bits(),
                number.floor().to_bits(),
                "{number:e}"
            );
        }
        assert!(floor(NAN).is_nan());
    }

    /// Recorded with `math.modf`.
    #[test]
    fn parts() {
        for (number, integral, fraction) in [
            (5.5, "5", "0.5"),
            (-5.5, "-5", "-0.5"),
            (-1.0, "-1", "-0"),
            (INF, "inf", "0"),
            (-INF, "-inf", "-0"),
            (-NAN, "-nan", "-nan"),
            (5e-324, "0", "4.9406564584125e-324"),
        ] {
            let (first, second) = modf(number);
            assert_eq!(
                (text(first).as_str(), text(second).as_str()),
                (integral, fraction)
            );
        }
    }

    /// Recorded with `math.frexp` and `math.ldexp`.
    #[test]
    fn powers_of_two() {
        assert_eq!(frexp(5.5), (0.6875, 3));
        assert_eq!(frexp(-1.0), (-0.5, 1));
        assert_eq!(frexp(5e-324), (0.5, -1073));
        assert_eq!(frexp(0.0), (0.0, 0));
        assert_eq!(frexp(-INF), (-INF, 0));
        assert_eq!(text(ldexp(5e-324, 3)), "3.95252516673e-323");
        assert_eq!(text(ldexp(1e300, -1080)), "7.7197757162695e-26");
        assert_eq!(ldexp(1.0, i32::MAX), INF);
        assert_eq!(text(ldexp(-1.0, i32::MIN)), "-0");
        assert_eq!(ldexp(5e-324, 2097), 2.0_f64.powi(1023));
        // Half of the smallest double: ties go to even.
        assert_eq!(ldexp(1.0, -1075), 0.0);
        assert_eq!(ldexp(1.5, -1075), 5e-324);
    }
}
