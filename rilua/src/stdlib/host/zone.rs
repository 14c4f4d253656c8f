//! The time zone that the environment of the process names: the variable `TZ` as
//! glibc's `tzset` reads it, and the machine's own zone without it. The rules of a zone
//! (files of the zone database, rules written out in `TZ`) are computed by `jiff`,
//! which the feature `timezone` asks for.

#[cfg(feature = "timezone")]
pub(super) use database::EnvironmentZone;

/// The zone of the environment, looked up at its first use.
#[cfg(feature = "timezone")]
pub(super) fn system_zone() -> Box<dyn super::TimeZone> {
    Box::new(EnvironmentZone::new(std::env::var_os("TZ")))
}

/// Universal time: without the feature there is nothing else.
#[cfg(not(feature = "timezone"))]
pub(super) fn system_zone() -> Box<dyn super::TimeZone> {
    Box::new(super::Utc)
}

#[cfg(feature = "timezone")]
mod database {
    use std::borrow::Cow;
    use std::cell::OnceCell;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use jiff::Timestamp;
    use jiff::tz;

    use crate::stdlib::host::{LocalTime, TimeZone};

    const DATABASE: &str = "/usr/share/zoneinfo";
    /// Where the machine keeps its own zone.
    const LOCAL: &str = "/etc/localtime";
    /// What begins and ends daylight saving if `TZ` only names it.
    const DEFAULT_RULES: [&str; 2] = ["M3.2.0", "M11.1.0"];
    /// The calendar, and so every rule, repeats after 400 years. In seconds.
    const CYCLE: i64 = 146_097 * 86_400;

    /// A zone by the value of `TZ`.
    pub(crate) struct EnvironmentZone {
        variable: Option<OsString>,
        zone: OnceCell<Zone>,
    }

    enum Zone {
        /// From a file of the database, with the history of the place.
        History(tz::TimeZone),
        /// Rules written out. In glibc they begin with 1970; what its first moment has,
        /// is what all time before has.
        Rules(tz::TimeZone),
        Fixed(LocalTime),
    }

    impl EnvironmentZone {
        pub(crate) fn new(variable: Option<OsString>) -> Self {
            Self {
                variable,
                zone: OnceCell::new(),
            }
        }

        fn load(&self) -> Zone {
            let Some(variable) = &self.variable else {
                return read_file(Path::new(LOCAL)).unwrap_or(Zone::Fixed(LocalTime::UTC));
            };
            let name = variable.as_bytes();
            let name = name.strip_prefix(b":").unwrap_or(name);
            if name.is_empty() {
                return Zone::Fixed(LocalTime::UTC);
            }
            let folder = std::env::var_os("TZDIR").unwrap_or_else(|| DATABASE.into());
            // An absolute name takes the place of the folder.
            let path = Path::new(&folder).join(OsStr::from_bytes(name));
            read_file(&path).unwrap_or_else(|| parse(name))
        }
    }

    impl TimeZone for EnvironmentZone {
        fn at(&self, unix: i64) -> LocalTime {
            let (rules, unix) = match self.zone.get_or_init(|| self.load()) {
                Zone::Fixed(time) => return time.clone(),
                Zone::History(rules) => (rules, unix),
                Zone::Rules(rules) => (rules, unix.max(0)),
            };
            let Some(moment) = timestamp(unix) else {
                return LocalTime::UTC;
            };
            let info = rules.to_offset_info(moment);
            LocalTime {
                offset: info.offset().seconds(),
                is_dst: info.dst().is_dst(),
                abbreviation: Cow::Owned(info.abbreviation().to_owned()),
            }
        }
    }

    /// The moment itself, or one in the years that `jiff` knows (-9999 to 9999) where
    /// the same rules hold.
    fn timestamp(unix: i64) -> Option<Timestamp> {
        let first = Timestamp::MIN.as_second();
        let last = Timestamp::MAX.as_second();
        let unix = if unix < first {
            first + (unix.wrapping_sub(first)).rem_euclid(CYCLE)
        } else if unix > last {
            last - (last.wrapping_sub(unix)).rem_euclid(CYCLE)
        } else {
            unix
        };
        Timestamp::from_second(unix).ok()
    }

    fn read_file(path: &Path) -> Option<Zone> {
        if !path.is_file() {
            return None;
        }
        let data = std::fs::read(path).ok()?;
        tz::TimeZone::tzif("", &data).ok().map(Zone::History)
    }

    /// A zone written out: name and offset, then perhaps name, offset and rules of
    /// daylight saving. What can't be understood ends it.
    fn parse(text: &[u8]) -> Zone {
        let mut rest = text;
        let name = take_name(&mut rest).unwrap_or_default();
        let offset = take_offset(&mut rest).filter(|_| !name.is_empty());
        let standard = Zone::Fixed(LocalTime {
            offset: offset.unwrap_or(0),
            is_dst: false,
            abbreviation: Cow::Owned(name.clone()),
        });
        let (Some(offset), Some(summer)) = (offset, take_name(&mut rest)) else {
            return standard;
        };
        let summer_offset = take_offset(&mut rest).unwrap_or(offset + 3600);
        let rules = String::from_utf8_lossy(rest);
        let mut given = rules.split(',').skip(1);
        let [start, end] = DEFAULT_RULES.map(|default| {
            let rule = given.next().filter(|rule| !rule.is_empty());
            rule.unwrap_or(default).to_owned()
        });
        let text = format!(
            "<{name}>{}<{summer}>{},{start},{end}",
            posix_offset(offset),
            posix_offset(summer_offset)
        );
        tz::TimeZone::posix(&text).map_or(standard, Zone::Rules)
    }

    /// Three or more letters; or anything but `>` between angle brackets, of which
    /// letters, digits and signs make a name.
    fn take_name(rest: &mut &[u8]) -> Option<String> {
        let (name, after) = if let Some(quoted) = rest.strip_prefix(b"<") {
            let end = quoted.iter().position(|&byte| byte == b'>')?;
            (quoted.get(..end)?, quoted.get(end + 1..)?)
        } else {
            let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
            let end = rest.iter().position(|byte| !is_letter(byte));
            rest.split_at_checked(end.unwrap_or(rest.len()))?
        };
        let is_valid = |&byte: &u8| byte.is_ascii_alphanumeric() || b"+-".contains(&byte);
        if name.len() < 3 || !name.iter().all(is_valid) {
            return None;
        }
        *rest = after;
        String::from_utf8(name.to_vec()).ok()
    }

    /// Hours, and perhaps minutes and seconds, *west* of Greenwich if they have no sign.
    /// The result is in seconds east.
    fn take_offset(rest: &mut &[u8]) -> Option<i32> {
        let mut after = *rest;
        let east = match after.split_first() {
            Some((b'-', digits)) => {
                after = digits;
                1
            }
            Some((b'+', digits)) => {
                after = digits;
                -1
            }
            _ => -1,
        };
        let mut total = take_number(&mut after)?.min(24) * 3600;
        for unit in [60, 1] {
            let Some(mut digits) = after.strip_prefix(b":") else {
                break;
            };
            let Some(count) = take_number(&mut digits) else {
                break;
            };
            total += count.min(59) * unit;
            after = digits;
        }
        *rest = after;
        Some(east * total)
    }

    fn take_number(rest: &mut &[u8]) -> Option<i32> {
        let end = rest.iter().position(|byte| !byte.is_ascii_digit());
        let (digits, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        *rest = after;
        core::str::from_utf8(digits).ok()?.parse().ok()
    }

    fn posix_offset(east: i32) -> String {
        let sign = if east > 0 { "-" } else { "" };
        let west = east.abs();
        format!(
            "{sign}{}:{:02}:{:02}",
            west / 3600,
            west / 60 % 60,
            west % 60
        )
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn at(zone: &str, unix: i64) -> (i32, bool, String) {
            let zone = EnvironmentZone::new(Some(zone.into()));
            let time = zone.at(unix);
            (time.offset, time.is_dst, time.abbreviation.into_owned())
        }

        #[test]
        fn zones_written_out() {
            let (summer, winter) = (1_149_854_400, 1_136_073_600);
            let rules = "CET-1CEST,M3.5.0,M10.5.0/3";
            assert_eq!(at(rules, summer), (7200, true, "CEST".into()));
            assert_eq!(at(rules, winter), (3600, false, "CET".into()));
            assert_eq!(at("CET-1CEST", summer), (7200, true, "CEST".into()));
            assert_eq!(at("XXX5YYY4,J60/2,J300", summer).0, -14_400);
            assert_eq!(at(":<+0330>-3:30", 0), (12_600, false, "+0330".into()));
            assert_eq!(at("XXX25", 0), (-86_400, false, "XXX".into()));
            assert_eq!(at("Nowhere/City", 0), (0, false, "Nowhere".into()));
            assert_eq!(at("5", 0), (0, false, String::new()));
            assert_eq!(at("", 0), (0, false, "UTC".into()));
        }

        #[test]
        fn years_without_end() {
            let rules = "CET-1CEST,M3.5.0,M10.5.0/3";
            let summer = 1_149_854_400;
            for cycles in [0, 25, 100_000] {
                assert!(at(rules, summer + cycles * CYCLE).1);
                assert!(!at(rules, summer + cycles * CYCLE + CYCLE / 800).1);
            }
            at(rules, i64::MAX);
            at(rules, i64::MIN);
        }
    }
}
