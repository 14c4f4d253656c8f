//! Calendar dates in UTC, for the time stamp of a report and the expiry of an allowance.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;

/// Seconds since 1970-01-01 00:00 UTC; 0 when the system's clock stands before that.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A moment as `2026-03-01T12:34:56Z`.
pub fn timestamp(seconds: u64) -> String {
    format(seconds, "%Y-%m-%dT%H:%M:%SZ")
}

/// The day of a moment as `2026-03-01`; such texts sort like the days they name.
pub fn date(seconds: u64) -> String {
    format(seconds, "%Y-%m-%d")
}

/// The last moment that the calendar knows stands for all behind it.
fn format(seconds: u64, format: &str) -> String {
    let moment = i64::try_from(seconds).ok();
    let moment = moment.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let moment = moment.unwrap_or(DateTime::<chrono::Utc>::MAX_UTC);
    moment.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(date(951_868_800), "2000-03-01");
        assert_eq!(date(1_735_603_200), "2024-12-31");
        assert_eq!(date(4_107_542_400), "2100-03-01");
        assert_eq!(date(u64::MAX), date(u64::MAX - 1));
    }
}
