//! Figures as people read them, each with a fixed number of places, so that a
//! figure that changes doesn't jump.

use crate::domain::FinishReason;

/// What stands where there is no figure yet.
pub(super) const NONE: &str = "–";

/// A number with a comma every three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds in tenths; seconds where there are many.
pub(super) fn milliseconds(ms: f64) -> String {
    if ms < 10_000.0 { format!("{ms:.1} ms") } else { format!("{:.1} s", ms / 1000.0) }
}

/// Seconds in whole tenths.
pub(super) fn tenths(ms: i64) -> String {
    let tenths = ms.max(0) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Seconds, or minutes and seconds.
pub(super) fn long_time(ms: f64) -> String {
    if ms < 60_000.0 {
        return format!("{:.1} s", ms.max(0.0) / 1000.0);
    }
    let seconds = (ms / 1000.0).round() as u64;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// Tokens per second.
pub(super) fn rate(per_second: f64) -> String {
    if per_second >= 1000.0 {
        format!("{} tok/s", grouped(per_second.round() as usize))
    } else {
        format!("{per_second:.1} tok/s")
    }
}

/// Milliseconds without their unit, where it is told nearby.
pub(super) fn step(ms: f64) -> String {
    format!("{ms:.1}")
}

/// Bytes in MiB; in GiB where there are many.
pub(super) fn memory(bytes: u64) -> String {
    match usize::try_from(bytes >> 20).unwrap_or(usize::MAX) {
        mebibytes if mebibytes < 10_000 => format!("{} MiB", grouped(mebibytes)),
        mebibytes => format!("{:.1} GiB", mebibytes as f64 / 1024.0),
    }
}

/// A number with what it counts, which gets an `s` unless there is one.
pub(super) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// Stands before a number that is an estimate.
pub(super) const ABOUT: &str = "≈";

/// Tokens of a prompt and of what was made from it; of the former, those that
/// were in the cache.
pub(super) fn tokens(prompt: usize, reused: usize, completion: usize) -> String {
    let kept = if reused == 0 { String::new() } else { format!(" ({} kept)", grouped(reused)) };
    format!("{} in{kept} · {} out", grouped(prompt), grouped(completion))
}

/// Why a generation ended.
pub(super) fn finish(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "end of answer",
        FinishReason::Length => "token limit",
        FinishReason::Determined => "determined",
        FinishReason::Repeated => "repeated itself",
        FinishReason::Cancelled => "cancelled",
        FinishReason::NotGenerated => "not generated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(milliseconds(0.42), "0.4 ms");
        assert_eq!(milliseconds(12_345.0), "12.3 s");
        assert_eq!(tenths(12_399), "12.3 s");
        assert_eq!(tenths(-5), "0.0 s");
        assert_eq!(long_time(826.0), "0.8 s");
        assert_eq!(long_time(125_000.0), "2 min 05 s");
        assert_eq!(rate(51.23), "51.2 tok/s");
        assert_eq!(rate(2150.4), "2,150 tok/s");
        assert_eq!(step(4.92), "4.9");
        assert_eq!(memory(412 << 20), "412 MiB");
        assert_eq!(memory(12 << 30), "12.0 GiB");
        assert_eq!([0, 1, 1200].map(|n| counted(n, "file")), ["0 files", "1 file", "1,200 files"]);
        assert_eq!(tokens(1165, 0, 38), "1,165 in · 38 out");
        assert_eq!(tokens(1165, 1000, 38), "1,165 in (1,000 kept) · 38 out");
    }
}
