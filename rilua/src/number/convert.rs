//! Conversions of a double to an integer, as a C compiler for x86-64 does them.
//!
//! C leaves the out-of-range cases undefined and Lua 5.1.1 lets them happen, so
//! what the processor's `cvttsd2si` gives is what a program sees: truncation
//! towards zero, and the most negative integer for a NaN or a value out of range.
//! Mirrors `lua_number2int` and `lua_number2integer` of `luaconf.h` and the casts
//! in `lstrlib.c`.

/// 2^31, the first double above every `i32`.
const TWO_31: f64 = 2_147_483_648.0;
/// 2^63, the first double above every `i64`.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
/// 1.5 * 2^52: the sum of this and an integer below 2^51 has that integer in the
/// low bits of its significand, in two's complement.
const LOW_BITS: f64 = 6_755_399_441_055_744.0;

/// The `i32` that equals `number`, if there is one.
///
/// This is Lua's test for a key that belongs to the array part of a table. Both
/// zeros are 0; NaN, fractions and values out of range are `None`.
///
/// ```
/// # use rilua::number::exact_i32;
/// assert_eq!(exact_i32(7.0), Some(7));
/// assert_eq!(exact_i32(7.5), None);
/// ```
#[inline]
#[must_use]
pub const fn exact_i32(number: f64) -> Option<i32> {
    // If `number` is an i32, the addition is exact and the low half is that integer;
    // if not, no i32 can compare equal to it. That is four instructions, where
    // `as i32` has to saturate.
    let candidate = (number + LOW_BITS).to_bits() as i32;
    if candidate as f64 == number {
        Some(candidate)
    } else {
        None
    }
}

/// C's `(int)number`: NaN and values out of range give `i32::MIN`.
#[inline]
#[must_use]
pub const fn to_i32(number: f64) -> i32 {
    // `as` saturates, which below the range is what the processor does, too.
    if number < TWO_31 {
        number as i32
    } else {
        i32::MIN
    }
}

/// C's `(long)number`: NaN and values out of range give `i64::MIN`.
#[inline]
#[must_use]
pub const fn to_i64(number: f64) -> i64 {
    if number < TWO_63 {
        number as i64
    } else {
        i64::MIN
    }
}

/// An `int` argument of a library function (`luaL_checkint`): converted to 64
/// bits, of which the low 32 are kept. 2^32 + 65 counts as 65, NaN and 1e300 as 0.
#[inline]
#[must_use]
pub const fn to_int_arg(number: f64) -> i32 {
    match exact_i32(number) {
        Some(integer) => integer,
        None => to_i64(number) as i32,
    }
}

/// C's `(unsigned long)number`, as `%o %u %x %X` of `string.format` use it.
///
/// Negative values wrap around; what is out of range at either end follows from
/// the instructions that compilers use: below -2^63 and NaN give 2^63, from 2^64
/// on the result is 0.
#[inline]
#[must_use]
pub const fn to_u64(number: f64) -> u64 {
    if number >= TWO_63 {
        (to_i64(number - TWO_63) ^ i64::MIN).cast_unsigned()
    } else {
        to_i64(number).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_candidates() {
        for integer in [0, 1, -1, 5, 1 << 26, i32::MAX, i32::MIN, i32::MIN + 1] {
            assert_eq!(exact_i32(f64::from(integer)), Some(integer));
        }
        assert_eq!(exact_i32(-0.0), Some(0));
        let others = [
            0.5,
            -0.5,
            1e-300,
            5e-324,
            2_147_483_648.0,
            -2_147_483_649.0,
            4_294_967_296.0,
            4_294_967_297.0,
            LOW_BITS,
            -LOW_BITS,
            1e300,
            -1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
            1.0 + f64::EPSILON,
        ];
        for number in others {
            assert_eq!(exact_i32(number), None, "{number}");
        }
    }

    #[test]
    fn out_of_range() {
        assert_eq!(to_i32(-1.9), -1);
        assert_eq!(to_i32(2_147_483_647.9), i32::MAX);
        assert_eq!(to_i32(-2_147_483_648.9), i32::MIN);
        for number in [
            TWO_31,
            -3e9,
            1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
        ] {
            assert_eq!(to_i32(number), i32::MIN);
        }
        assert_eq!(to_i64(1_099_511_627_776.5), 1 << 40);
        assert_eq!(
            to_i64(9_223_372_036_854_774_784.0),
            9_223_372_036_854_774_784
        );
        for number in [
            TWO_63,
            -1e19,
            1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
        ] {
            assert_eq!(to_i64(number), i64::MIN);
        }
    }

    #[test]
    fn int_arguments_keep_the_low_half() {
        assert_eq!(to_int_arg(4_294_967_361.0), 65);
        assert_eq!(to_int_arg(2_147_483_648.0), i32::MIN);
        assert_eq!(to_int_arg(-1.9), -1);
        assert_eq!(to_int_arg(1e300), 0);
        assert_eq!(to_int_arg(f64::NAN), 0);
    }

    /// Recorded with `string.format("%u", n)`.
    #[test]
    fn unsigned() {
        assert_eq!(to_u64(-1.0), 18_446_744_073_709_551_615);
        assert_eq!(to_u64(-1.9), 18_446_744_073_709_551_615);
        assert_eq!(
            to_u64(9_223_372_036_854_775_808.0),
            9_223_372_036_854_775_808
        );
        assert_eq!(to_u64(1e19), 10_000_000_000_000_000_000);
        assert_eq!(
            to_u64(18_446_744_073_709_549_568.0),
            18_446_744_073_709_549_568
        );
        assert_eq!(to_u64(18_446_744_073_709_551_616.0), 0);
        assert_eq!(to_u64(1e300), 0);
        assert_eq!(to_u64(f64::INFINITY), 0);
        assert_eq!(to_u64(f64::NEG_INFINITY), 9_223_372_036_854_775_808);
        assert_eq!(to_u64(-1e19), 9_223_372_036_854_775_808);
        assert_eq!(to_u64(f64::NAN), 9_223_372_036_854_775_808);
    }
}
