//! Calendar dates in UTC, for the time stamp of a report and the expiry of an allowance; and the
//! time that a thread has really been running.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// How long a thread has been running on a processor, however busy the machine is.
#[derive(Debug, Clone, Default)]
pub struct ThreadClock {
    /// Where the system tells it; absent where it doesn't.
    place: Option<PathBuf>,
}

impl ThreadClock {
    /// The clock of the thread that asks.
    pub fn of_this_thread() -> Self {
        let thread = fs::read_link("/proc/thread-self");
        Self {
            place: thread.ok().map(|thread| Path::new("/proc").join(thread)),
        }
    }

    /// The time until now; nothing where the system doesn't tell.
    pub fn running(&self) -> Option<Duration> {
        /// Linux tells times in hundredths of a second.
        const TICK_MILLISECONDS: u64 = 10;
        let text = fs::read_to_string(self.place.as_ref()?.join("stat")).ok()?;
        // The name in parentheses may have spaces; the 12th and 13th field behind it are the times
        // in the program and in the system.
        let (_, fields) = text.rsplit_once(')')?;
        let ticks = fields.split_ascii_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map_while(|ticks| ticks.parse::<u64>().ok()).sum();
        Some(Duration::from_millis(ticks * TICK_MILLISECONDS))
    }
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
    fn a_thread_s_clock_stands_while_it_waits() {
        let clock = ThreadClock::of_this_thread();
        let Some(start) = clock.running() else {
            return; // not on this system
        };
        let mut number = 1_u64;
        while clock.running().unwrap() < start + Duration::from_millis(20) {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || send.send(ThreadClock::of_this_thread()).unwrap());
        // That thread has ended, or has done next to nothing.
        let other = receive.recv().unwrap().running().unwrap_or_default();
        assert!(other < clock.running().unwrap());
    }

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
