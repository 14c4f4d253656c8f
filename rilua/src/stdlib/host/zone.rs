//! The time zone that the process's environment names, as glibc's `tzset` reads it.

use super::TimeZone;

/// Universal time: other zones need the feature `timezone`.
pub(super) fn system_zone() -> Box<dyn TimeZone> {
    Box::new(super::Utc)
}
