//! Moments for people and for ids.

use chrono::{DateTime, Local, SecondsFormat, TimeZone, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// The last moment that is shown, in the year 9998. A damaged file can hold
/// any number, and the calendar ends somewhere.
const LAST_MS: i64 = 253_370_000_000_000;

/// How long ago a moment was, for a list: `just now`, `5 min ago`, `3 h ago`,
/// `yesterday`, `12 days ago`, and from 30 days on the local date. Both are
/// milliseconds since 1970.
#[must_use]
pub fn time_ago(now_ms: i64, then_ms: i64) -> String {
    let minutes = now_ms.saturating_sub(then_ms) / 60_000;
    match minutes {
        ..=0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1_440 => format!("{} h ago", minutes / 60),
        1_440..2_880 => "yesterday".to_owned(),
        2_880..43_200 => format!("{} days ago", minutes / 1_440),
        _ => local(then_ms, "%Y-%m-%d"),
    }
}

/// Now, in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    millis(SystemTime::now())
}

/// A moment in milliseconds since 1970; 0 where it lies before.
pub(super) fn millis(moment: SystemTime) -> i64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Local date and time to the minute.
pub(super) fn minute(ms: i64) -> String {
    local(ms, "%Y-%m-%d %H:%M")
}

/// The sortable part of an id, in UTC so that it never runs backwards.
pub(super) fn stamp(ms: i64) -> String {
    utc(ms).map_or_else(
        || "00000000-000000".to_owned(),
        |moment| moment.format("%Y%m%d-%H%M%S").to_string(),
    )
}

/// As RFC 3339 in UTC; empty where it is no moment of our calendar.
pub(super) fn rfc3339(ms: i64) -> String {
    utc(ms).map_or_else(String::new, |moment| moment.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn utc(ms: i64) -> Option<DateTime<Utc>> {
    if (0..LAST_MS).contains(&ms) { DateTime::from_timestamp_millis(ms) } else { None }
}

fn local(ms: i64, format: &str) -> String {
    utc(ms).map_or_else(
        || "unknown date".to_owned(),
        |moment| Local.from_utc_datetime(&moment.naive_utc()).format(format).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_said_in_the_largest_fitting_unit() {
        const NOW: i64 = 1_795_270_953_000;
        let minutes = |n: i64| time_ago(NOW, NOW - n * 60_000);
        assert_eq!(minutes(-9), "just now");
        assert_eq!(minutes(0), "just now");
        assert_eq!(minutes(1), "1 min ago");
        assert_eq!(minutes(59), "59 min ago");
        assert_eq!(minutes(60), "1 h ago");
        assert_eq!(minutes(24 * 60 - 1), "23 h ago");
        assert_eq!(minutes(24 * 60), "yesterday");
        assert_eq!(minutes(48 * 60 - 1), "yesterday");
        assert_eq!(minutes(12 * 24 * 60), "12 days ago");
        assert_eq!(minutes(30 * 24 * 60 - 1), "29 days ago");
        let date = minutes(300 * 24 * 60);
        assert!(date.starts_with("2026-01-2") && date.len() == 10, "{date}");
    }

    #[test]
    fn no_number_of_a_damaged_file_is_too_large() {
        assert_eq!(stamp(1_795_270_953_000), "20261121-142233");
        assert_eq!(rfc3339(1_795_270_953_500), "2026-11-21T14:22:33.500Z");
        for ms in [i64::MIN, -1, LAST_MS, i64::MAX] {
            assert_eq!(minute(ms), "unknown date");
            assert_eq!(rfc3339(ms), "");
            assert_eq!(stamp(ms), "00000000-000000");
            let _ = time_ago(i64::MAX, ms);
            let _ = time_ago(i64::MIN, ms);
        }
        assert!(minute(LAST_MS - 1).starts_with("999"));
    }
}
