//! A row of a table as one line that says what its cells mean:
//! `Tank T-2 · Capacity (l): 650 · Medium: glycol`.
//!
//! Every format's tables are rendered here, so that their rows read the same.
//! The words of the header stand nowhere in the row's bytes; the cells lead to
//! theirs, so the place of a row is from its first cell to its last.

use super::output::Output;
use std::ops::Range;

/// What stands between two cells.
pub(super) const BETWEEN: &str = " · ";
/// Most characters of a header that are repeated in every row.
const LONGEST_HEADER: usize = 80;
/// Longest header word and value, in characters, that read as one name
/// (`Tank T-2`).
const LONGEST_NAME: (usize, usize) = (24, 48);

/// Adds a row to `out` on one line, without a line end, and gives its place
/// there; `None` where all its cells are empty. A header that is missing or
/// empty leaves the cell's text alone.
pub(super) fn write_row(
    out: &mut Output,
    headers: &[String],
    cells: &[Output],
) -> Option<Range<usize>> {
    let start = out.len();
    for (column, cell) in cells.iter().enumerate() {
        let value = cell.text().trim();
        if value.is_empty() {
            continue;
        }
        if out.len() > start {
            out.insert(BETWEEN);
        }
        let header = headers.get(column).map(|header| shortened(header)).unwrap_or_default();
        out.insert(&label(header, value, column == 0));
        out.append_line(cell);
    }
    (out.len() > start).then(|| start..out.len())
}

/// As much of a header as is repeated, so that a long one doesn't multiply the
/// text.
fn shortened(header: &str) -> &str {
    let header = header.trim();
    let end = header.char_indices().nth(LONGEST_HEADER).map_or(header.len(), |(at, _)| at);
    header.get(..end).unwrap_or_default()
}

/// What stands before a cell's value: its header. `is_first` says that it is the
/// cell which mostly names what the row is about.
pub(super) fn label(header: &str, value: &str, is_first: bool) -> String {
    // Values like `Tank 2` say their header themselves.
    if header.is_empty() || begins_with_word(value, header) {
        return String::new();
    }
    let header = header.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_name = is_first && names(&header, value) || header.ends_with(['?', '!', '=']);
    format!("{}{}", header.trim_end_matches(':'), if is_name { " " } else { ": " })
}

/// Whether header and value read as one name: `Tank T-2`.
fn names(header: &str, value: &str) -> bool {
    let is_word = header.chars().all(|c| c.is_alphabetic() || " -'’".contains(c));
    is_word
        && header.chars().count() <= LONGEST_NAME.0
        && header.split(' ').count() <= 2
        && value.chars().count() <= LONGEST_NAME.1
        && (value.split_whitespace().nth(1).is_none() || !value.contains(['.', '!', '?']))
}

/// Whether a value starts with a header's word, whatever the case.
fn begins_with_word(value: &str, header: &str) -> bool {
    let mut rest = value.chars();
    let same = header
        .chars()
        .all(|c| rest.next().is_some_and(|found| c.to_lowercase().eq(found.to_lowercase())));
    same && rest.next().is_some_and(|next| !next.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(headers: &[&str], cells: &[&str]) -> String {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let mut at = 10;
        let cells: Vec<Output> = cells
            .iter()
            .map(|cell| {
                let mut out = Output::default();
                out.verbatim(cell, at);
                at += cell.len() + 3;
                out
            })
            .collect();
        let mut out = Output::default();
        out.insert("before\n");
        let range = write_row(&mut out, &headers, &cells);
        let (text, offsets) = out.finish();
        let Some(range) = range else { return String::new() };
        let bytes = offsets.to_file(range.start, range.end);
        // The row's place is its cells', not its header's.
        assert!(bytes.start >= 10 && bytes.end <= at - 3, "{bytes:?}");
        text[range].to_owned()
    }

    #[test]
    fn a_row_says_what_its_cells_mean() {
        let headers = ["Tank", "Capacity (l)", "Medium"];
        assert_eq!(
            row(&headers, &["T-2", "650", "glycol"]),
            "Tank T-2 · Capacity (l): 650 · Medium: glycol"
        );
        assert_eq!(row(&headers, &["T-2", "", "glycol"]), "Tank T-2 · Medium: glycol");
        assert_eq!(row(&headers, &["tank 2", "650"]), "tank 2 · Capacity (l): 650");
        assert_eq!(row(&headers, &["", " ", ""]), "");
        assert_eq!(row(&["Size (m)", "B:"], &["1\n2", "x", "y"]), "Size (m): 1 2 · B: x · y");
    }

    #[test]
    fn a_table_without_a_header_joins_its_cells() {
        assert_eq!(row(&[], &["a", "b"]), "a · b");
        assert_eq!(row(&["", ""], &["a", "b"]), "a · b");
    }

    #[test]
    fn long_first_cells_are_no_names() {
        let long = "The pump starts. Then it stops.";
        assert_eq!(row(&["Step", "Who"], &[long, "Ada"]), format!("Step: {long} · Who: Ada"));
    }
}
