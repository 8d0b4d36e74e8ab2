//! Tables that directives hold: comma separated values, lists of lists.

use super::super::super::text::indent;
use super::cells::{Cell, Table, filled};
use std::ops::Range;

/// Reads lines of comma separated values. A value in quotes keeps its commas.
pub(super) fn comma_separated(text: &str, lines: &[Range<usize>], delimiter: u8) -> Table {
    let mut table = Table::default();
    for line in lines {
        let words = text.get(line.clone()).unwrap_or_default();
        if words.trim().is_empty() {
            continue;
        }
        let mut row: Vec<Cell> = Vec::new();
        let mut start = 0;
        let mut is_quoted = false;
        let ends = words.bytes().chain([delimiter]).enumerate();
        for (at, byte) in ends {
            is_quoted ^= byte == b'"';
            if byte == delimiter && !is_quoted || at == words.len() {
                let place = filled(text, line.start + start..line.start + at);
                row.push(place.map(|place| unquoted(text, place)).into_iter().collect());
                start = at + 1;
            }
        }
        table.rows.push(row);
    }
    table
}

/// A place without the quotes around it.
fn unquoted(text: &str, place: Range<usize>) -> Range<usize> {
    let words = text.get(place.clone()).unwrap_or_default();
    let is_quoted = words.len() >= 2 && words.starts_with('"') && words.ends_with('"');
    if is_quoted { place.start + 1..place.end - 1 } else { place }
}

/// Reads a list of lists: `* - cell`, then `- cell`.
pub(super) fn list(text: &str, lines: &[Range<usize>]) -> Table {
    let mut table = Table::default();
    let mut margin = usize::MAX;
    for line in lines {
        let words = text.get(line.clone()).unwrap_or_default();
        let body = words.trim_start();
        if body.is_empty() {
            continue;
        }
        let mut place = line.start + words.len() - body.len();
        let mut rest = body;
        if let Some(inner) = body.strip_prefix(['*', '-']).map(str::trim_start)
            && inner.starts_with('-')
            && indent(words) < margin
        {
            table.rows.push(Vec::new());
            place += body.len() - inner.len();
            rest = inner;
            // Cells of the row stand as far in as its first one.
            margin = indent(words) + body.len() - inner.len();
        }
        let Some(row) = table.rows.last_mut() else { continue };
        let is_cell = rest.starts_with('-')
            && (rest.len() == 1 || rest.starts_with("- "))
            && (row.is_empty() || indent(words) <= margin);
        if is_cell {
            row.push(filled(text, place + 1..line.end).into_iter().collect());
        } else if let Some(cell) = row.last_mut() {
            cell.extend(filled(text, place..line.end));
        }
    }
    table
}
