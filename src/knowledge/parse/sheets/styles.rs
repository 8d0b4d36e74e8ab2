//! Numbers as they are shown: dates are numbers of days.

use super::super::xml_pieces::{Piece, pieces};
use std::collections::HashMap;

/// How the number of a cell is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// As a number.
    Number,
    /// As a share of a hundred.
    Percent,
    /// As a date, a time of day, or both.
    Date,
}

/// How the cells of each style are shown.
pub(super) fn styles(text: &str) -> Vec<Shown> {
    let mut own: HashMap<usize, Shown> = HashMap::new();
    let mut out = Vec::new();
    let mut is_used = false;
    for piece in pieces(text) {
        match piece {
            Piece::Open(element) => match element.name.as_str() {
                "numFmt" => {
                    if let (Some(id), Some(code)) =
                        (element.number("numFmtId"), element.get("formatCode"))
                    {
                        own.insert(id, of_code(code));
                    }
                }
                "cellXfs" => is_used = true,
                "xf" if is_used && out.len() < 100_000 => {
                    let id = element.number("numFmtId").unwrap_or(0);
                    let known = match id {
                        9 | 10 => Shown::Percent,
                        14..=22 | 27..=36 | 45..=47 | 50..=58 => Shown::Date,
                        _ => Shown::Number,
                    };
                    out.push(own.get(&id).copied().unwrap_or(known));
                }
                _ => {}
            },
            Piece::Close(name) if name == "cellXfs" => is_used = false,
            _ => {}
        }
    }
    out
}

/// What a format's code shows, apart from what is quoted or in brackets.
fn of_code(code: &str) -> Shown {
    let (mut plain, mut is_quoted, mut is_bracketed, mut is_escaped) =
        (String::new(), false, false, false);
    for c in code.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' | '_' | '*' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '[' => is_bracketed = true,
            ']' => is_bracketed = false,
            _ if is_quoted || is_bracketed => {}
            ';' => break,
            c => plain.push(c.to_ascii_lowercase()),
        }
    }
    if plain.contains('%') {
        Shown::Percent
    } else if plain.contains(['y', 'd', 'h']) || plain.contains("mm") || plain.contains("ss") {
        Shown::Date
    } else {
        Shown::Number
    }
}

/// A number as its cell shows it, roughly: dates as `2024-03-01`, times as
/// `10:30`.
pub(super) fn shown(value: &str, how: Shown, is_1904: bool) -> String {
    let Ok(number) = value.trim().parse::<f64>() else { return value.to_owned() };
    match how {
        Shown::Date if (0.0..2_958_466.0).contains(&number) => date(number, is_1904),
        Shown::Percent => format!("{} %", short(number * 100.0)),
        _ => short(number),
    }
}

/// A number without the noise of its last binary digits.
fn short(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let rounded = format!("{number:.10}").parse::<f64>().unwrap_or(number);
    format!("{rounded}")
}

fn date(number: f64, is_1904: bool) -> String {
    let seconds = ((number.fract() * 86_400.0).round() as i64).clamp(0, 86_399);
    let whole = number.trunc() as i64;
    let time = match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (hours, minutes, 0) => format!("{hours:02}:{minutes:02}"),
        (hours, minutes, seconds) => format!("{hours:02}:{minutes:02}:{seconds:02}"),
    };
    if whole == 0 && !is_1904 {
        return time;
    }
    // Day 60 is a 29 February 1900 that never was.
    let since_1970 = if is_1904 { whole - 24_107 } else { whole - 25_569 + i64::from(whole < 60) };
    let (year, month, day) = civil(since_1970);
    if seconds == 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {time}")
    }
}

/// Year, month and day of a day since 1 January 1970, after Howard Hinnant's
/// `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_their_cells_do() {
        for (value, how, expected) in [
            ("45352", Shown::Date, "2024-03-01"),
            ("45352.4375", Shown::Date, "2024-03-01 10:30"),
            ("0.75", Shown::Date, "18:00"),
            ("1", Shown::Date, "1900-01-01"),
            ("61", Shown::Date, "1900-03-01"),
            ("0.125", Shown::Percent, "12.5 %"),
            ("0.30000000000000004", Shown::Number, "0.3"),
            ("650", Shown::Number, "650"),
            ("text", Shown::Date, "text"),
        ] {
            assert_eq!(shown(value, how, false), expected, "{value}");
        }
        assert_eq!(shown("0", Shown::Date, true), "1904-01-01");
    }

    #[test]
    fn codes_of_formats_tell_dates() {
        for (code, how) in [
            ("yyyy\\-mm\\-dd", Shown::Date),
            ("[$-407]d. mmmm yyyy", Shown::Date),
            ("[h]:mm:ss", Shown::Date),
            ("0.00%", Shown::Percent),
            ("#,##0.00 \"days\"", Shown::Number),
            ("[Red]0.00", Shown::Number),
            ("General", Shown::Number),
        ] {
            assert_eq!(of_code(code), how, "{code}");
        }
        let styles = styles(
            "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\"/></numFmts>\
             <cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
             <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"9\"/></cellXfs></styleSheet>",
        );
        assert_eq!(styles, [Shown::Number, Shown::Date, Shown::Percent]);
    }
}
