//! Calendar time: between Unix times and broken-down times, and the text of both.
//! Mirrors what glibc's `gmtime`, `localtime`, `mktime` and `strftime` do for
//! `os.date` and `os.time`, in the C locale.
//!
//! The local time zone is a [`TimeZone`], so nothing here depends on the machine.

mod format;

use std::borrow::Cow;

use super::host::{LocalTime, TimeZone};

pub use format::strftime;

const SECONDS_PER_DAY: i64 = 86_400;
const EPOCH_YEAR: i64 = 1970;
/// The year that C counts from.
const BASE_YEAR: i64 = 1900;

/// A moment as C's `struct tm` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenTime {
    /// 0 to 59.
    pub second: i32,
    /// 0 to 59.
    pub minute: i32,
    /// 0 to 23.
    pub hour: i32,
    /// 1 to 31.
    pub day: i32,
    /// 0 to 11.
    pub month: i32,
    /// Years since 1900.
    pub year: i32,
    /// 0 (Sunday) to 6.
    pub week_day: i32,
    /// 0 to 365.
    pub year_day: i32,
    /// Whether daylight saving time is in force.
    pub is_dst: bool,
    /// Seconds east of Greenwich.
    pub offset: i32,
    /// The abbreviation of the zone.
    pub zone: Cow<'static, str>,
}

/// What `mktime` starts from: any values, in range or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarFields {
    /// Seconds.
    pub second: i32,
    /// Minutes.
    pub minute: i32,
    /// Hours.
    pub hour: i32,
    /// Day of the month, from 1.
    pub day: i32,
    /// Month, from 0.
    pub month: i32,
    /// Years since 1900.
    pub year: i32,
    /// Whether the time is meant as daylight saving time; `None` if unknown.
    pub is_dst: Option<bool>,
}

/// Broken-down universal time (`gmtime`); `None` when the year does not fit.
#[must_use]
pub fn utc(unix: i64) -> Option<BrokenTime> {
    let abbreviation = Cow::Borrowed("GMT");
    break_down(
        unix,
        LocalTime {
            offset: 0,
            is_dst: false,
            abbreviation,
        },
    )
}

/// Broken-down local time (`localtime`); `None` when the year does not fit.
#[must_use]
pub fn local(unix: i64, zone: &dyn TimeZone) -> Option<BrokenTime> {
    break_down(unix, zone.at(unix))
}

fn break_down(unix: i64, zone: LocalTime) -> Option<BrokenTime> {
    // In two steps, because the sum may not fit at the ends of the range.
    let offset = i64::from(zone.offset);
    let shifted = unix.rem_euclid(SECONDS_PER_DAY) + offset;
    let days = unix.div_euclid(SECONDS_PER_DAY) + shifted.div_euclid(SECONDS_PER_DAY);
    let time = i32::try_from(shifted.rem_euclid(SECONDS_PER_DAY)).ok()?;
    let (year, month, day, year_day) = civil_from_days(days);
    Some(BrokenTime {
        second: time % 60,
        minute: time / 60 % 60,
        hour: time / 3600,
        day,
        month,
        year: i32::try_from(year - BASE_YEAR).ok()?,
        week_day: (days + 4).rem_euclid(7) as i32,
        year_day,
        is_dst: zone.is_dst,
        offset: zone.offset,
        zone: zone.abbreviation,
    })
}

/// Whether `year` has 366 days.
const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to the first day of `year`.
const fn days_before_year(year: i64) -> i64 {
    (year - EPOCH_YEAR) * 365 + leap_years_before(year) - leap_years_before(EPOCH_YEAR)
}

/// Leap years from year 1 until before `year`; negative for earlier years.
const fn leap_years_before(year: i64) -> i64 {
    let last = year - 1;
    last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400)
}

/// Days from the first day of a year to the first day of `month` (0 to 11).
fn days_before_month(leap: bool, month: i64) -> i64 {
    // 30.6 days per month, counted from March.
    match month {
        0 => 0,
        1 => 31,
        _ => 59 + i64::from(leap) + (153 * (month - 2) + 2) / 5,
    }
}

/// Year, month (from 0), day of the month (from 1) and day of the year (from 0) of a day
/// counted from 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i32, i32, i32) {
    const DAYS_PER_400_YEARS: i64 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const DAYS_BEFORE_EPOCH: i64 = 719_468;
    // Days and years are counted from March 1st, so that a leap day is the last of its year,
    // and in periods of 400 years, which are all alike.
    let days = days + DAYS_BEFORE_EPOCH;
    let period = days.div_euclid(DAYS_PER_400_YEARS);
    let day = days.rem_euclid(DAYS_PER_400_YEARS) as i32;
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // 153 days in each five months.
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let march_year = period * 400 + i64::from(year);
    if month < 10 {
        let first = 59 + i32::from(is_leap(march_year));
        (march_year, month + 2, day_of_month, first + day)
    } else {
        (march_year + 1, month - 10, day_of_month, day - 306)
    }
}

/// Seconds from 1970 to the moment the fields name, taken as universal time.
fn seconds(fields: &CalendarFields, second: i32) -> i64 {
    let month = i64::from(fields.month);
    let year = i64::from(fields.year) + BASE_YEAR + month.div_euclid(12);
    let day = days_before_year(year)
        + days_before_month(is_leap(year), month.rem_euclid(12))
        + i64::from(fields.day)
        - 1;
    let minutes = (day * 24 + i64::from(fields.hour)) * 60 + i64::from(fields.minute);
    minutes * 60 + i64::from(second)
}

/// The Unix time of a local time (`mktime`). Fields out of range carry over into the
/// next larger ones. `None` when the year of the result would not fit.
///
/// A time that local time skips or has twice is resolved as in glibc: by `is_dst`
/// if it is given. If the zone never has the wanted `is_dst` near the time, it is
/// taken to differ by one hour. For an hour that the clock shows twice, with `is_dst`
/// unknown, glibc also remembers the offset of the call before; here every call is
/// like the first one of a program.
#[must_use]
pub fn make_time(fields: &CalendarFields, zone: &dyn TimeZone) -> Option<i64> {
    // Seconds out of range are added at the end: they must not decide between two
    // meanings of an ambiguous hour.
    let second = fields.second.clamp(0, 59);
    let target = seconds(fields, second);
    let mut unix = find_local(fields, target, zone)?;
    let found = zone.at(unix).is_dst;
    if let Some(wanted) = fields.is_dst
        && wanted != found
    {
        unix = match find_with_dst(unix, target, wanted, zone) {
            Some(unix) => unix,
            None => unix.checked_add(if wanted { -3600 } else { 3600 })?,
        };
        local(unix, zone)?;
    }
    if second != fields.second {
        unix = unix.checked_add(i64::from(fields.second) - i64::from(second))?;
        local(unix, zone)?;
    }
    Some(unix)
}

/// The moment whose local time, read as universal time, is `target`, or a moment
/// beside the gap when there is none.
fn find_local(fields: &CalendarFields, target: i64, zone: &dyn TimeZone) -> Option<i64> {
    const MAX_PROBES: u32 = 6;
    let offset = |unix: i64| -> Option<i64> {
        local(unix, zone)?;
        Some(i64::from(zone.at(unix).offset))
    };
    let mut unix = target;
    let (mut before, mut before_that) = (unix, unix);
    let mut was_dst = false;
    for _ in 0..MAX_PROBES {
        let missing = target.checked_sub(unix.checked_add(offset(unix)?)?)?;
        if missing == 0 {
            return Some(unix);
        }
        let is_dst = zone.at(unix).is_dst;
        // Going back and forth means that `target` falls into a gap.
        let settled = match fields.is_dst {
            None => u8::from(was_dst) <= u8::from(is_dst),
            Some(wanted) => wanted != is_dst,
        };
        if unix == before && unix != before_that && settled {
            return Some(unix);
        }
        before = before_that;
        before_that = unix;
        unix = unix.checked_add(missing)?;
        was_dst = is_dst;
    }
    None
}

/// The nearest rule with the wanted `is_dst`, looked for in steps of about a week
/// over some seven years, applied to `target`.
fn find_with_dst(unix: i64, target: i64, wanted: bool, zone: &dyn TimeZone) -> Option<i64> {
    const STRIDE: i64 = 601_200;
    const REACH: i64 = 457_243_209 / 2 + STRIDE;
    let mut distance = STRIDE;
    while distance < REACH {
        for probe in [unix.checked_sub(distance), unix.checked_add(distance)] {
            let Some(probe) = probe else { continue };
            let rule = zone.at(probe);
            if rule.is_dst == wanted && local(probe, zone).is_some() {
                return target.checked_sub(i64::from(rule.offset));
            }
        }
        distance += STRIDE;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::host::Utc;

    fn fields(year: i32, month: i32, day: i32, hour: i32) -> CalendarFields {
        let (year, month) = (year.wrapping_sub(1900), month.wrapping_sub(1));
        CalendarFields {
            second: 0,
            minute: 0,
            hour,
            day,
            month,
            year,
            is_dst: None,
        }
    }

    #[test]
    fn both_ways() {
        for unix in [
            0,
            -1,
            951_782_400,
            1_149_854_400,
            -62_167_219_200,
            67_767_976_233_532_799,
        ] {
            let time = utc(unix).unwrap();
            let back = CalendarFields {
                second: time.second,
                minute: time.minute,
                hour: time.hour,
                day: time.day,
                month: time.month,
                year: time.year,
                is_dst: Some(false),
            };
            assert_eq!(make_time(&back, &Utc), Some(unix));
        }
        let leap = utc(951_782_400).unwrap();
        assert_eq!(
            (leap.year, leap.month, leap.day, leap.year_day),
            (100, 1, 29, 59)
        );
        assert_eq!(leap.week_day, 2);
    }

    #[test]
    fn every_day_of_two_periods_follows_the_one_before() {
        let (mut year, mut month, mut day, mut year_day) = civil_from_days(-150_000);
        for days in -149_999..150_000 {
            let is_last = year_day + 1 == 365 + i32::from(is_leap(year));
            let next = civil_from_days(days);
            if is_last {
                assert_eq!(next, (year + 1, 0, 1, 0));
            } else if next.2 == 1 {
                assert_eq!((next.0, next.1, next.3), (year, month + 1, year_day + 1));
                let before = days_before_month(is_leap(year), next.1.into());
                assert_eq!(i64::from(next.3), before);
            } else {
                assert_eq!(next, (year, month, day + 1, year_day + 1));
            }
            (year, month, day, year_day) = next;
            assert_eq!(days, days_before_year(year) + i64::from(year_day));
        }
    }

    #[test]
    fn the_ends_of_the_range() {
        assert!(utc(67_768_036_191_676_799).is_some());
        assert!(utc(67_768_036_191_676_800).is_none());
        assert!(utc(-67_768_040_609_740_800).is_some());
        assert!(utc(-67_768_040_609_740_801).is_none());
        assert!(utc(i64::MIN).is_none() && utc(i64::MAX).is_none());
        let mut last = CalendarFields {
            second: 59,
            minute: 59,
            ..fields(0, 12, 31, 23)
        };
        last.year = i32::MAX;
        assert_eq!(make_time(&last, &Utc), Some(67_768_036_191_676_799));
        last.second = 60;
        assert_eq!(make_time(&last, &Utc), None);
    }

    #[test]
    fn fields_carry_over() {
        assert_eq!(
            make_time(&fields(2006, 13, 32, 25), &Utc),
            Some(1_170_378_000)
        );
        let extreme = |value| CalendarFields {
            month: value,
            ..fields(1970, 1, 1, 12)
        };
        assert_eq!(
            make_time(&extreme(i32::MAX - 1), &Utc),
            Some(5_647_336_528_104_000)
        );
        let dst = CalendarFields {
            is_dst: Some(true),
            ..fields(2006, 6, 9, 12)
        };
        assert_eq!(make_time(&dst, &Utc), Some(1_149_850_800));
    }

    /// Central European Time with daylight saving from day 90 to day 300 of 2001.
    struct Seasonal;

    impl TimeZone for Seasonal {
        fn at(&self, unix: i64) -> LocalTime {
            let is_dst = (985_915_800..1_004_059_800).contains(&unix);
            let offset = if is_dst { 7200 } else { 3600 };
            LocalTime {
                offset,
                is_dst,
                abbreviation: "ZZT".into(),
            }
        }
    }

    #[test]
    fn zones_with_daylight_saving() {
        let noon = |is_dst| CalendarFields {
            is_dst,
            ..fields(2001, 7, 1, 12)
        };
        assert_eq!(make_time(&noon(None), &Seasonal), Some(993_981_600));
        assert_eq!(make_time(&noon(Some(true)), &Seasonal), Some(993_981_600));
        assert_eq!(make_time(&noon(Some(false)), &Seasonal), Some(993_985_200));
        let time = local(993_981_600, &Seasonal).unwrap();
        assert_eq!((time.hour, time.is_dst, &*time.zone), (12, true, "ZZT"));
    }
}
