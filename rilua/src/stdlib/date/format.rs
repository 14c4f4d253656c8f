//! `strftime` of glibc 2.36 in the C locale: every conversion with its flags,
//! width and modifier.

use super::{BASE_YEAR, BrokenTime, CalendarFields, make_time};
use crate::stdlib::host::TimeZone;

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Formats a time as C's `strftime` does. The result, with C's final zero byte, must
/// fit `limit` bytes; `None` when it does not or is empty, which C cannot tell apart.
/// `zone` is needed for `%s` only.
///
/// `format` ends at its first zero byte.
#[must_use]
pub fn strftime(
    format: &[u8],
    time: &BrokenTime,
    zone: &dyn TimeZone,
    limit: usize,
) -> Option<Vec<u8>> {
    let mut output = Output {
        text: Vec::with_capacity(limit.min(64)),
        limit,
    };
    run(&mut output, crate::stdlib::host::c_text(format), time, zone)?;
    Some(output.text).filter(|text| !text.is_empty())
}

/// What has been written, and how much may be.
struct Output {
    text: Vec<u8>,
    limit: usize,
}

/// How letters are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Kept,
    Upper,
    Lower,
}

/// Flags, width and modifier of one conversion.
#[derive(Clone, Copy)]
struct Spec {
    /// `_`, `-` or `0`.
    pad: Option<u8>,
    /// 0 when there is none.
    width: usize,
    /// `^`
    upper: bool,
    /// `#`
    swap: bool,
    /// `E` or `O`
    modifier: Option<u8>,
}

impl Spec {
    /// No flags, width or modifier.
    const PLAIN: Spec = Spec {
        pad: None,
        width: 0,
        upper: false,
        swap: false,
        modifier: None,
    };

    /// The case of a text for which `#` means upper case.
    const fn case(self) -> Case {
        if self.upper || self.swap {
            Case::Upper
        } else {
            Case::Kept
        }
    }

    /// The case of a text for which `#` means lower case.
    const fn case_lowered(self) -> Case {
        if self.swap {
            Case::Lower
        } else if self.upper {
            Case::Upper
        } else {
            Case::Kept
        }
    }

    /// The case of a text that `#` leaves alone.
    const fn plain_case(self) -> Case {
        if self.upper { Case::Upper } else { Case::Kept }
    }
}

impl Output {
    /// Appends a text, padded on the left to the width.
    fn add(&mut self, text: &[u8], width: usize, zeros: bool, case: Case) -> Option<()> {
        let size = text.len().max(width);
        if size >= self.limit.saturating_sub(self.text.len()) {
            return None;
        }
        let padding = size - text.len();
        self.text
            .resize(self.text.len() + padding, if zeros { b'0' } else { b' ' });
        match case {
            Case::Kept => self.text.extend_from_slice(text),
            Case::Upper => self.text.extend(text.iter().map(u8::to_ascii_uppercase)),
            Case::Lower => self.text.extend(text.iter().map(u8::to_ascii_lowercase)),
        }
        Some(())
    }

    /// Appends a text under a conversion's width and flags.
    fn text(&mut self, text: &[u8], spec: Spec, case: Case) -> Option<()> {
        self.add(text, spec.width, spec.pad == Some(b'0'), case)
    }

    /// Appends a number of at least `digits` digits (the width counts as digits).
    fn number(&mut self, value: i64, digits: usize, spec: Spec) -> Option<()> {
        if spec.width == 0 && spec.pad.is_none() {
            // Most numbers have two digits, and years four.
            let two = |value: i64| [b'0' + value as u8 / 10, b'0' + value as u8 % 10];
            match value {
                0..100 if digits == 2 => return self.push(&two(value)),
                1000..10_000 if digits <= 4 => {
                    let ([a, b], [c, d]) = (two(value / 100), two(value % 100));
                    return self.push(&[a, b, c, d]);
                }
                _ => {}
            }
        }
        let digits = digits.max(spec.width);
        let mut figures = [0; 20];
        let figures = decimal(value.unsigned_abs(), &mut figures);
        let sign: &[u8] = if value < 0 { b"-" } else { b"" };
        let used = figures.len() + sign.len();
        let padding = if spec.pad == Some(b'-') {
            0
        } else {
            digits.saturating_sub(used)
        };
        let size = (used + padding).max(spec.width);
        let room = self.limit.saturating_sub(self.text.len());
        if size >= room || padding > 0 && digits >= room {
            return None;
        }
        let outer = size - used - padding;
        let outer_pad = if spec.pad == Some(b'0') { b'0' } else { b' ' };
        self.pad(outer, outer_pad);
        if spec.pad == Some(b'_') {
            self.pad(padding, b' ');
        }
        self.text.extend_from_slice(sign);
        if spec.pad != Some(b'_') {
            self.pad(padding, b'0');
        }
        self.text.extend_from_slice(figures);
        Some(())
    }

    /// Appends bytes as they are.
    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        // With the final zero they have to fit.
        if self.text.len() + bytes.len() >= self.limit {
            return None;
        }
        self.text.extend_from_slice(bytes);
        Some(())
    }

    fn pad(&mut self, count: usize, byte: u8) {
        self.text.resize(self.text.len() + count, byte);
    }
}

/// The decimal digits of a number, at the end of `buffer`.
fn decimal(mut value: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut start = buffer.len();
    for digit in buffer.iter_mut().rev() {
        // A digit fits a byte.
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        start -= 1;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    buffer.get(start..).unwrap_or_default()
}

/// Formats into `output`; `None` when the room is not enough.
fn run(output: &mut Output, format: &[u8], time: &BrokenTime, zone: &dyn TimeZone) -> Option<()> {
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            output.push(&[byte])?;
            rest = after;
            continue;
        }
        if let Some((&letter, end)) = after.split_first()
            && let Some((value, digits)) = plain_number(letter, time)
        {
            output.number(value, digits, Spec::PLAIN)?;
            rest = end;
            continue;
        }
        let (spec, conversion) = read_spec(after);
        let letter = conversion.first().copied();
        let done = match letter {
            Some(letter) => convert(output, letter, spec, time, zone)?,
            None => false,
        };
        let end = conversion.get(1..).unwrap_or_default();
        if !done {
            // Not a conversion: the characters themselves, under the width they give.
            let directive = rest.strip_suffix(end).unwrap_or(rest);
            let (literal, case) = match letter {
                // C looks for the start from the end, so `%E%` counts as its last `%`.
                Some(b'%') => (&b"%"[..], spec.plain_case()),
                Some(b'b' | b'h') => (directive, spec.case()),
                _ => (directive, spec.plain_case()),
            };
            output.text(literal, spec, case)?;
        }
        rest = end;
    }
    Some(())
}

/// The number that a common conversion shows, with its digits at least.
fn plain_number(letter: u8, time: &BrokenTime) -> Option<(i64, usize)> {
    Some(match letter {
        b'd' => (time.day.into(), 2),
        b'H' => (time.hour.into(), 2),
        b'M' => (time.minute.into(), 2),
        b'm' => (i64::from(time.month) + 1, 2),
        b'S' => (time.second.into(), 2),
        b'Y' => (wrap(i64::from(time.year) + BASE_YEAR), 1),
        _ => return None,
    })
}

/// Reads what stands between `%` and the conversion.
fn read_spec(mut text: &[u8]) -> (Spec, &[u8]) {
    let mut spec = Spec::PLAIN;
    while let Some((&flag, rest)) = text.split_first() {
        match flag {
            b'_' | b'-' | b'0' => spec.pad = Some(flag),
            b'^' => spec.upper = true,
            b'#' => spec.swap = true,
            _ => break,
        }
        text = rest;
    }
    while let Some((digit @ b'0'..=b'9', rest)) = text.split_first() {
        spec.width = spec
            .width
            .saturating_mul(10)
            .saturating_add(usize::from(digit - b'0'));
        text = rest;
    }
    // As an `int`, in which C keeps it.
    spec.width = spec.width.min(0x7fff_ffff);
    if let Some((modifier @ (b'E' | b'O'), rest)) = text.split_first() {
        spec.modifier = Some(*modifier);
        text = rest;
    }
    (spec, text)
}

/// Whether the conversion may have this modifier. The C locale has no eras and no
/// other digits, so those that are allowed change nothing.
fn allows(letter: u8, modifier: Option<u8>) -> bool {
    match modifier {
        None => true,
        Some(b'E') => b"CPRTXYZcnprstuxyz".contains(&letter),
        _ => b"BCGHIMPRSTUVWZbdeghjklmnprstuwyz".contains(&letter),
    }
}

/// Formats one conversion. `Some(false)` when there is no such conversion.
fn convert(
    output: &mut Output,
    letter: u8,
    spec: Spec,
    time: &BrokenTime,
    zone: &dyn TimeZone,
) -> Option<bool> {
    if !allows(letter, spec.modifier) {
        return Some(false);
    }
    let name = |names: &[&'static str], index: i32| {
        usize::try_from(index)
            .ok()
            .and_then(|index| names.get(index))
            .copied()
            .unwrap_or("?")
    };
    let blank = Spec {
        pad: spec.pad.filter(|pad| *pad != b'_').or(Some(b'_')),
        ..spec
    };
    let year = i64::from(time.year) + BASE_YEAR;
    match letter {
        b'%' => output.text(b"%", spec, Case::Kept)?,
        b'n' => output.text(b"\n", spec, Case::Kept)?,
        b't' => output.text(b"\t", spec, Case::Kept)?,
        b'a' | b'A' => {
            let name = name(&DAYS, time.week_day);
            let name = if letter == b'a' {
                name.get(..3).unwrap_or(name)
            } else {
                name
            };
            output.text(name.as_bytes(), spec, spec.case())?;
        }
        b'b' | b'h' | b'B' => {
            let name = name(&MONTHS, time.month);
            let name = if letter == b'B' {
                name
            } else {
                name.get(..3).unwrap_or(name)
            };
            output.text(name.as_bytes(), spec, spec.case())?;
        }
        b'p' | b'P' => {
            let name = if time.hour >= 12 { "PM" } else { "AM" };
            let case = if letter == b'P' {
                Case::Lower
            } else {
                spec.case_lowered()
            };
            output.text(name.as_bytes(), spec, case)?;
        }
        b'Z' => output.text(time.zone.as_bytes(), spec, spec.case_lowered())?,
        b'c' => nested(output, b"%a %b %e %H:%M:%S %Y", spec, time, zone)?,
        b'D' | b'x' => nested(output, b"%m/%d/%y", spec, time, zone)?,
        b'F' => nested(output, b"%Y-%m-%d", spec, time, zone)?,
        b'R' => nested(output, b"%H:%M", spec, time, zone)?,
        b'r' => nested(output, b"%I:%M:%S %p", spec, time, zone)?,
        b'T' | b'X' => nested(output, b"%H:%M:%S", spec, time, zone)?,
        b'C' => output.number(wrap(year).div_euclid(100), 1, spec)?,
        b'e' => output.number(time.day.into(), 2, blank)?,
        b'I' => output.number(hour_of_twelve(time), 2, spec)?,
        b'k' => output.number(time.hour.into(), 2, blank)?,
        b'l' => output.number(hour_of_twelve(time), 2, blank)?,
        b'j' => output.number(i64::from(time.year_day) + 1, 3, spec)?,
        // The width does not count as digits here.
        b's' => output.text(
            unix_time(time, zone).to_string().as_bytes(),
            spec,
            Case::Kept,
        )?,
        b'u' => output.number(i64::from((time.week_day + 6) % 7) + 1, 1, spec)?,
        b'w' => output.number(time.week_day.into(), 1, spec)?,
        b'U' => output.number(((time.year_day - time.week_day + 7) / 7).into(), 2, spec)?,
        b'W' => {
            let monday_based = (time.week_day + 6) % 7;
            output.number(((time.year_day - monday_based + 7) / 7).into(), 2, spec)?;
        }
        b'V' => output.number(iso_week(time).1, 2, spec)?,
        b'G' => output.number(wrap(iso_week(time).0), 1, spec)?,
        b'g' => output.number(wrap(iso_week(time).0).rem_euclid(100), 2, spec)?,
        b'y' => output.number(year.rem_euclid(100), 2, spec)?,
        b'z' => {
            let minutes = time.offset.unsigned_abs() / 60;
            let sign = if time.offset < 0 { b"-" } else { b"+" };
            output.text(sign, spec, Case::Kept)?;
            output.number(i64::from(minutes / 60 * 100 + minutes % 60), 4, spec)?;
        }
        _ => match plain_number(letter, time) {
            Some((value, digits)) => output.number(value, digits, spec)?,
            None => return Some(false),
        },
    }
    Some(true)
}

/// A year in C's `int`, which the years at the end of the range overflow.
#[expect(
    clippy::cast_possible_truncation,
    reason = "wraps around as the int of C does"
)]
const fn wrap(year: i64) -> i64 {
    year as i32 as i64
}

fn hour_of_twelve(time: &BrokenTime) -> i64 {
    i64::from((time.hour + 11) % 12 + 1)
}

/// A conversion that stands for a format of its own.
fn nested(
    output: &mut Output,
    format: &[u8],
    spec: Spec,
    time: &BrokenTime,
    zone: &dyn TimeZone,
) -> Option<()> {
    let mut inner = Output {
        text: Vec::new(),
        limit: usize::MAX,
    };
    run(&mut inner, format, time, zone)?;
    output.text(&inner.text, spec, spec.plain_case())
}

/// The year and number of the week in ISO 8601: weeks begin on Monday, and week 1
/// has the year's first Thursday.
fn iso_week(time: &BrokenTime) -> (i64, i64) {
    let year = i64::from(time.year) + BASE_YEAR;
    let monday_based = i64::from((time.week_day + 6) % 7);
    // The Thursday of this week, counted from the start of the year.
    let thursday = i64::from(time.year_day) - monday_based + 3;
    let length = 365 + i64::from(super::is_leap(year));
    if thursday < 0 {
        let length_before = 365 + i64::from(super::is_leap(year - 1));
        (year - 1, (thursday + length_before) / 7 + 1)
    } else if thursday >= length {
        (year + 1, (thursday - length) / 7 + 1)
    } else {
        (year, thursday / 7 + 1)
    }
}

/// `%s`: the time taken as local time.
fn unix_time(time: &BrokenTime, zone: &dyn TimeZone) -> i64 {
    let fields = CalendarFields {
        second: time.second,
        minute: time.minute,
        hour: time.hour,
        day: time.day,
        month: time.month,
        year: time.year,
        is_dst: Some(time.is_dst),
    };
    make_time(&fields, zone).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::date::utc;
    use crate::stdlib::host::Utc;

    fn format(format: &str, unix: i64) -> String {
        let text = strftime(format.as_bytes(), &utc(unix).unwrap(), &Utc, 256);
        String::from_utf8(text.unwrap()).unwrap()
    }

    #[test]
    fn flags_and_widths() {
        for (text, expected) in [
            ("%5d", "00001"),
            ("%_5d", "    1"),
            ("%-5d", "    1"),
            ("%-d", "1"),
            ("%0e", "01"),
            ("%5a", "  Thu"),
            ("%05a", "00Thu"),
            ("%^c", "THU JAN  1 01:02:03 1970"),
            ("%#c", "Thu Jan  1 01:02:03 1970"),
            ("%#Z", "gmt"),
            ("%#p", "am"),
            ("%6z", "     +000000"),
            ("%-z", "+0"),
            ("%5Q", "  %5Q"),
            ("%^q", "%^Q"),
            ("%", "%"),
            ("%E%", "%"),
            ("%#Eb", "%#EB"),
            ("%08s", "00003723"),
            ("%8s", "    3723"),
            ("%Od", "01"),
            ("%Ed", "%Ed"),
            ("%EY", "1970"),
            ("%OY", "%OY"),
            ("%+4Y", "%+4Y"),
            ("%12F", "  1970-01-01"),
        ] {
            assert_eq!(format(text, 3723), expected, "{text}");
        }
    }

    #[test]
    fn years_overflow_like_an_int() {
        assert_eq!(
            format("%Y %C %y", 67_767_976_233_533_300),
            "-2147483648 -21474837 48"
        );
    }

    #[test]
    fn weeks() {
        // 2005-01-01 and 2008-12-30.
        assert_eq!(
            format("%G %g %V %U %W %u %w %j", 1_104_537_600),
            "2004 04 53 00 00 6 6 001"
        );
        assert_eq!(format("%G-W%V-%u", 1_230_595_200), "2009-W01-2");
    }

    #[test]
    fn the_limit_includes_the_final_zero() {
        let time = utc(0).unwrap();
        let text = |length: usize| strftime(&b"x".repeat(length), &time, &Utc, 256);
        assert_eq!(text(255).map(|text| text.len()), Some(255));
        assert_eq!(text(256), None);
        assert_eq!(text(0), None);
        assert_eq!(strftime(b"%300d", &time, &Utc, 256), None);
    }
}
