//! Tables: drawn as a grid, by columns alone (simple tables), as comma
//! separated values, as lists of lists.

mod cells;
mod drawn;
mod listed;

use super::super::BlockKind;
use super::super::output::Output;
use super::super::row::write_row;
use super::super::text::indent;
use super::line::{is_option, option};
use super::{Reader, inline};
use cells::{Cell, Table};
use std::ops::Range;

impl Reader<'_> {
    /// Reads a table that is drawn.
    pub(super) fn table(&mut self) -> bool {
        let first = self.at;
        let line = self.line(first);
        let is_grid = drawn::is_grid_border(line);
        if !is_grid && !drawn::is_simple_border(line) {
            return false;
        }
        let end = if is_grid { self.grid_end() } else { self.simple_end() };
        let Some(end) = end else { return false };
        let lines: Vec<Range<usize>> = self.lines.get(first..end).unwrap_or_default().to_vec();
        let table =
            if is_grid { drawn::grid(self.text, &lines) } else { drawn::simple(self.text, &lines) };
        self.at = end;
        self.write_table(&table, "");
        true
    }

    /// Where a grid that starts here ends.
    fn grid_end(&self) -> Option<usize> {
        let mut end = self.at + 1;
        while self.line(end).trim_start().starts_with(['+', '|']) {
            end += 1;
        }
        (end > self.at + 2).then_some(end)
    }

    /// Where a simple table that starts here ends: behind its last border.
    fn simple_end(&self) -> Option<usize> {
        let margin = indent(self.line(self.at));
        let mut at = self.at + 1;
        let mut borders = 0;
        while at < self.lines.len() {
            let line = self.line(at);
            if drawn::is_simple_border(line) {
                borders += 1;
                if borders == 2 || self.is_blank(at + 1) {
                    return Some(at + 1);
                }
            } else if !line.trim().is_empty() && indent(line) < margin {
                return None;
            }
            at += 1;
        }
        None
    }

    /// Reads a table that a directive holds.
    pub(super) fn table_directive(&mut self, name: &str, title: &str, margin: usize) {
        self.at += 1;
        let (mut headers, mut header, mut delimiter) = (0, None, b',');
        while is_option(self.line(self.at)) {
            let line = self.line(self.at);
            if let Some((name, value)) = option(line) {
                let place = self.start(self.at) + line.trim_end().len() - value.len();
                match name {
                    "header-rows" => headers = value.parse().unwrap_or(0),
                    "header" => header = Some(place..place + value.len()),
                    "delim" => {
                        delimiter = match value {
                            "tab" => b'\t',
                            "space" => b' ',
                            _ => value.bytes().next().unwrap_or(b','),
                        };
                    }
                    _ => {}
                }
            }
            self.at += 1;
        }
        let body = self.body(margin);
        let lines: Vec<Range<usize>> = self.lines.get(body).unwrap_or_default().to_vec();
        let mut table = if name == "csv-table" {
            listed::comma_separated(self.text, &lines, delimiter)
        } else {
            listed::list(self.text, &lines)
        };
        if let Some(header) = header {
            let head = listed::comma_separated(self.text, &[header], delimiter);
            table.rows.splice(0..0, head.rows);
            headers = 1;
        }
        table.headers = headers;
        self.write_table(&table, title);
    }

    fn write_table(&mut self, table: &Table, title: &str) {
        let mut context = self.context(true);
        if !title.is_empty() {
            context =
                if context.is_empty() { title.to_owned() } else { format!("{context} {title}") };
        }
        let (head, rows) = table.rows.split_at(table.headers.min(table.rows.len()));
        let columns = head.iter().map(Vec::len).max().unwrap_or(0);
        let headers: Vec<String> = (0..columns)
            .map(|column| {
                let cells = head.iter().filter_map(|row| row.get(column));
                let words: Vec<String> = cells
                    .map(|cell| self.cell(cell).text().to_owned())
                    .filter(|words| !words.is_empty())
                    .collect();
                words.join(" ")
            })
            .collect();
        let (headers, rows) = if rows.is_empty() { (Vec::new(), head) } else { (headers, rows) };
        let mut is_first = true;
        for row in rows {
            let places = row.iter().flatten();
            let Some(first) = places.clone().map(|place| place.start).min() else { continue };
            let last = places.map(|place| place.end).max().unwrap_or(first);
            // Lines of neighbouring cells lie in turns in the file; such a row
            // leads to its place only as a whole.
            let is_whole = row.iter().any(|cell| cell.len() > 1) && row.len() > 1;
            let cells: Vec<Output> = row.iter().map(|cell| self.cell(cell)).collect();
            let mut words = Output::default();
            if write_row(&mut words, &headers, &cells).is_none() {
                continue;
            }
            if is_first {
                self.separate(first);
            } else {
                self.out.insert("\n");
            }
            is_first = false;
            let start = self.out.len();
            if is_whole {
                self.out.decoded(words.text(), first..last);
            } else {
                self.out.append_line(&words);
            }
            self.end_block(BlockKind::Row, start, context.clone());
        }
        self.lead = None;
    }

    /// The words of a cell.
    fn cell(&self, cell: &Cell) -> Output {
        let mut out = Output::default();
        for place in cell {
            let mut line = Output::default();
            inline::write(self.text, place.clone(), &self.names, &mut line);
            line.settle();
            if !out.is_empty() && !line.text().trim().is_empty() {
                out.insert(" ");
            }
            out.append_line(&line);
        }
        out
    }
}

#[cfg(test)]
mod tests;
