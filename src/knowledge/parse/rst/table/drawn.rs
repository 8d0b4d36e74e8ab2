//! Tables drawn with characters: grids and simple tables.

use super::cells::{Cell, Table, filled};
use std::ops::Range;

/// Whether a line is a border of a grid, `+---+---+`.
pub(super) fn is_grid_border(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3
        && line.starts_with('+')
        && line.ends_with('+')
        && line.bytes().all(|byte| matches!(byte, b'+' | b'-' | b'='))
        && line.contains(['-', '='])
}

/// Whether a line is a border of a simple table, `====  ===`.
pub(super) fn is_simple_border(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('=')
        && line.contains(' ')
        && line.bytes().all(|byte| matches!(byte, b'=' | b' '))
        && line.split_whitespace().all(|column| column.len() >= 2)
}

/// Reads a grid.
pub(super) fn grid(text: &str, lines: &[Range<usize>]) -> Table {
    let mut table = Table::default();
    let Some(first) = lines.first().and_then(|line| text.get(line.clone())) else { return table };
    let bounds: Vec<usize> =
        first.chars().enumerate().filter(|(_, c)| *c == '+').map(|(at, _)| at).collect();
    let mut row: Vec<Cell> = Vec::new();
    for line in lines.iter().skip(1) {
        let words = text.get(line.clone()).unwrap_or_default();
        // The border of some columns ends the row of all.
        let is_border = words.trim_start().starts_with('+') || words.contains("+--");
        if is_border {
            if row.iter().any(|cell| !cell.is_empty()) {
                table.rows.push(std::mem::take(&mut row));
            }
            row.clear();
            if words.contains("+=") && table.headers == 0 {
                table.headers = table.rows.len();
            }
        }
        if is_grid_border(words) {
            continue;
        }
        add(&mut row, columns(text, line, &bounds), text);
    }
    if row.iter().any(|cell| !cell.is_empty()) {
        table.rows.push(row);
    }
    table
}

/// Adds a line's parts to the cells of a row.
fn add(row: &mut Vec<Cell>, parts: Vec<Range<usize>>, text: &str) {
    row.resize(row.len().max(parts.len()), Cell::new());
    for (cell, part) in row.iter_mut().zip(parts) {
        let is_drawn = text
            .get(part.clone())
            .is_some_and(|part| part.bytes().all(|byte| matches!(byte, b'-' | b'+' | b' ' | b'=')));
        if !is_drawn {
            cell.extend(filled(text, part));
        }
    }
}

/// The parts of a line between the bars that stand at a column's bound. A cell
/// over several columns counts as its first one.
fn columns(text: &str, line: &Range<usize>, bounds: &[usize]) -> Vec<Range<usize>> {
    let words = text.get(line.clone()).unwrap_or_default();
    let mut bounds = bounds.iter().peekable();
    let mut out: Vec<Range<usize>> = Vec::new();
    // Where the cell of the last bar begins, and how many more columns it
    // covers, which are empty.
    let (mut from, mut covered) = (None, 0);
    for (column, (at, c)) in words.char_indices().enumerate() {
        if bounds.next_if(|bound| **bound == column).is_none() {
            continue;
        }
        let here = line.start + at;
        if !matches!(c, '|' | '+') {
            covered += usize::from(from.is_some());
            continue;
        }
        if let Some(start) = from {
            out.push(start..here);
            out.extend(std::iter::repeat_n(here..here, std::mem::take(&mut covered)));
        }
        from = Some(here + 1);
    }
    out
}

/// Reads a simple table.
pub(super) fn simple(text: &str, lines: &[Range<usize>]) -> Table {
    let mut table = Table::default();
    let Some(first) = lines.first().and_then(|line| text.get(line.clone())) else { return table };
    let starts = starts(first);
    let mut borders = 0;
    for (number, line) in lines.iter().enumerate().skip(1) {
        let words = text.get(line.clone()).unwrap_or_default();
        if is_simple_border(words) {
            borders += 1;
            if borders == 1 && number + 1 < lines.len() {
                table.headers = table.rows.len();
            }
            continue;
        }
        let is_underline = words.bytes().all(|byte| matches!(byte, b'-' | b' '));
        if words.trim().is_empty() || is_underline {
            continue;
        }
        let parts: Vec<Option<Range<usize>>> =
            parts(words, line.start, &starts).into_iter().map(|part| filled(text, part)).collect();
        // Without a word in its first column a line goes on with the row above.
        let goes_on = parts.first().is_some_and(Option::is_none);
        let has_row = table.rows.len() > table.headers;
        match table.rows.last_mut().filter(|_| goes_on && has_row) {
            Some(row) => {
                for (cell, part) in row.iter_mut().zip(parts) {
                    cell.extend(part);
                }
            }
            None => {
                table.rows.push(parts.into_iter().map(|part| part.into_iter().collect()).collect());
            }
        }
    }
    table
}

/// Where the columns of a simple table start, in characters.
fn starts(border: &str) -> Vec<usize> {
    let mut before = ' ';
    border
        .chars()
        .enumerate()
        .filter(|(_, c)| {
            let starts = *c == '=' && before == ' ';
            before = *c;
            starts
        })
        .map(|(at, _)| at)
        .collect()
}

/// A line's parts by columns; the last one takes the rest.
fn parts(line: &str, base: usize, starts: &[usize]) -> Vec<Range<usize>> {
    let mut places: Vec<usize> = Vec::with_capacity(starts.len() + 1);
    let mut wanted = starts.iter().peekable();
    for (column, (at, _)) in line.char_indices().enumerate() {
        if wanted.next_if(|start| **start == column).is_some() {
            places.push(base + at);
        }
    }
    let end = base + line.len();
    places.resize(starts.len(), end);
    places.push(end);
    places.windows(2).filter_map(|pair| Some(*pair.first()?..*pair.last()?)).collect()
}
