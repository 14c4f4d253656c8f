//! The mathematical library (manual §5.6). Mirrors `lmathlib.c`: the functions are
//! those of the C library, which Rust's standard library calls, too.

use super::{Entry, direct, library, register, set_field};
use crate::heap::value::Value;
use crate::number::{Random, floor, fmod, frexp, ldexp, modf};
use crate::vm::State;
use crate::vm::error::Result;

const FUNCTIONS: [Entry; 28] = [
    ("abs", abs),
    ("acos", acos),
    ("asin", asin),
    ("atan2", atan2),
    ("atan", atan),
    ("ceil", ceil),
    ("cosh", cosh),
    ("cos", cos),
    ("deg", deg),
    ("exp", exp),
    ("floor", floor_),
    ("fmod", fmod_),
    ("frexp", frexp_),
    ("ldexp", ldexp_),
    ("log10", log10),
    ("log", log),
    ("max", max),
    ("min", min),
    ("modf", modf_),
    ("pow", pow),
    ("rad", rad),
    ("random", random),
    ("randomseed", randomseed),
    ("sinh", sinh),
    ("sin", sin),
    ("sqrt", sqrt),
    ("tanh", tanh),
    ("tan", tan),
];

pub(crate) fn open(state: &mut State) -> Result<usize> {
    let before = state.natives.len();
    let library = register(state, "math", &FUNCTIONS)?;
    state.set_shortcuts(before, &direct::MATH);
    set_field(state, library, "pi", Value::number(core::f64::consts::PI))?;
    set_field(state, library, "huge", Value::number(f64::INFINITY))?;
    state.push_field(Value::table(library), "fmod")?;
    let fmod = state.pop();
    set_field(state, library, "mod", fmod)?;
    Ok(1)
}

const RADIANS_PER_DEGREE: f64 = core::f64::consts::PI / 180.0;

/// The result of a function outside its domain has a sign, which programs can see. For
/// some functions the shared GNU C library gives a positive NaN, and the static one that of the
/// processor; here it is the former in both.
fn undefined_as_nan(x: f64, result: f64) -> f64 {
    let is_gnu = cfg!(all(target_os = "linux", target_env = "gnu"));
    if is_gnu && result.is_nan() && !x.is_nan() {
        return f64::NAN;
    }
    result
}

/// Functions of one number.
macro_rules! unary {
    ($($name:ident = $function:expr;)*) => { $(
        fn $name(state: &mut State) -> Result<usize> {
            let x = state.check_number(1)?;
            let function: fn(f64) -> f64 = $function;
            state.return_number(function(x))
        }
    )* };
}

unary! {
    abs = f64::abs;
    acos = |x| undefined_as_nan(x, f64::acos(x));
    asin = |x| undefined_as_nan(x, f64::asin(x));
    atan = f64::atan;
    ceil = f64::ceil;
    cosh = f64::cosh;
    cos = f64::cos;
    deg = |x| x / RADIANS_PER_DEGREE;
    exp = f64::exp;
    floor_ = floor;
    log10 = |x| undefined_as_nan(x, f64::log10(x));
    log = f64::ln;
    rad = |x| x * RADIANS_PER_DEGREE;
    sinh = f64::sinh;
    sin = f64::sin;
    sqrt = f64::sqrt;
    tanh = f64::tanh;
    tan = f64::tan;
}

/// Functions of two numbers. 5.1.1 has them checked by the C compiler's order of
/// evaluation, which is from the last to the first.
macro_rules! binary {
    ($($name:ident = $function:expr;)*) => { $(
        fn $name(state: &mut State) -> Result<usize> {
            let y = state.check_number(2)?;
            let x = state.check_number(1)?;
            let function: fn(f64, f64) -> f64 = $function;
            state.return_number(function(x, y))
        }
    )* };
}

binary! {
    atan2 = f64::atan2;
    fmod_ = fmod;
    pow = f64::powf;
}

fn ldexp_(state: &mut State) -> Result<usize> {
    let exponent = state.check_int(2)?;
    let x = state.check_number(1)?;
    state.return_number(ldexp(x, exponent))
}

fn frexp_(state: &mut State) -> Result<usize> {
    let (fraction, exponent) = frexp(state.check_number(1)?);
    state.push(Value::number(fraction));
    state.push(Value::number(f64::from(exponent)));
    Ok(2)
}

fn modf_(state: &mut State) -> Result<usize> {
    let (integral, fraction) = modf(state.check_number(1)?);
    state.push(Value::number(integral));
    state.push(Value::number(fraction));
    Ok(2)
}

fn min(state: &mut State) -> Result<usize> {
    let mut least = state.check_number(1)?;
    for n in 2..=state.argument_count() {
        let x = state.check_number(n)?;
        if x < least {
            least = x;
        }
    }
    state.return_number(least)
}

fn max(state: &mut State) -> Result<usize> {
    let mut greatest = state.check_number(1)?;
    for n in 2..=state.argument_count() {
        let x = state.check_number(n)?;
        if x > greatest {
            greatest = x;
        }
    }
    state.return_number(greatest)
}

fn random(state: &mut State) -> Result<usize> {
    // A number is drawn before the arguments are looked at.
    let r = library(&mut state.global.library).random.next_fraction();
    match state.argument_count() {
        0 => state.return_number(r),
        1 => {
            let upper = state.check_int(1)?;
            if upper < 1 {
                return Err(state.argument_error(1, "interval is empty"));
            }
            state.return_number(floor(r * f64::from(upper)) + 1.0)
        }
        2 => {
            let lower = state.check_int(1)?;
            let upper = state.check_int(2)?;
            if lower > upper {
                return Err(state.argument_error(2, "interval is empty"));
            }
            // The size of the interval is a C int, which wraps around.
            let size = upper.wrapping_sub(lower).wrapping_add(1);
            state.return_number(floor(r * f64::from(size)) + f64::from(lower))
        }
        _ => Err(state.position_error("wrong number of arguments")),
    }
}

fn randomseed(state: &mut State) -> Result<usize> {
    let seed = state.check_int(1)?;
    library(&mut state.global.library).random = Random::new(seed.cast_unsigned());
    Ok(0)
}
