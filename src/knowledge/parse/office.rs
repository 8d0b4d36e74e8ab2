//! Office documents: Word, PowerPoint, OpenDocument text and slides, EPUB.
//!
//! Each is a package of XML files. What a reader sees is taken out in order,
//! with headings, lists and tables; what is deleted, hidden or only for the
//! program is left out.

mod book;
mod odf;
mod slides;
mod word;

pub(super) use book::parse as book;
pub(super) use odf::parse as odf;
pub(super) use slides::parse as slides;
pub(super) use word::parse as word;

use super::extract::Extract;
use super::grid::{GridRow, write};
use super::package::Package;
use super::{Document, Format, Skip};
use crate::domain::{Place, PlaceKind};

/// A package with no part of the name that such documents must have.
fn missing(what: &str, part: &str) -> Skip {
    Skip::Unusable(format!("a damaged {what}: it has no {part}"))
}

/// Paragraphs, counted as they come, and the tables among them.
#[derive(Default)]
struct Flow {
    out: Extract,
    /// What is counted, and how far.
    kind: Option<PlaceKind>,
    number: u32,
    /// The tables that are open, inner ones behind outer ones.
    tables: Vec<Table>,
}

#[derive(Default)]
struct Table {
    rows: Vec<GridRow>,
    cells: Vec<String>,
    cell: String,
}

impl Flow {
    /// Counts paragraphs.
    fn of_paragraphs() -> Self {
        Self { kind: Some(PlaceKind::Paragraph), ..Self::default() }
    }

    /// The next paragraph begins; slides count by themselves.
    fn place(&mut self) -> Option<Place> {
        let kind = self.kind?;
        self.number += 1;
        Some(Place::new(kind, self.number))
    }

    /// A paragraph, with the level of its heading if it is one.
    fn paragraph(&mut self, text: &str, level: Option<u8>, is_item: bool) {
        if text.trim().is_empty() {
            return;
        }
        if let Some(table) = self.tables.last_mut() {
            if !table.cell.is_empty() {
                table.cell.push(' ');
            }
            table.cell.push_str(text.trim());
            return;
        }
        if let Some(place) = self.place() {
            self.out.at(place);
        }
        match level {
            Some(level) => self.out.heading(level, text),
            None if is_item => self.out.prose(&format!("- {}", text.trim()), ""),
            None => self.out.prose(text, ""),
        }
    }

    /// A table begins.
    fn open_table(&mut self) {
        if self.tables.len() < 64 {
            self.tables.push(Table::default());
        }
    }

    /// A cell ends, that spans this many columns.
    fn close_cell(&mut self, columns: usize) {
        if let Some(table) = self.tables.last_mut() {
            let cell = std::mem::take(&mut table.cell);
            table.cells.push(cell);
            table.cells.extend((1..columns.min(64)).map(|_| String::new()));
        }
    }

    /// A row ends.
    fn close_row(&mut self) {
        let is_filled =
            self.tables.last().is_some_and(|table| table.cells.iter().any(|c| !c.is_empty()));
        let is_inner = self.tables.len() > 1;
        let place = if is_filled && !is_inner { self.place() } else { None };
        if let Some(table) = self.tables.last_mut() {
            let cells = std::mem::take(&mut table.cells);
            if is_filled {
                table.rows.push(GridRow { cells, place });
            }
        }
    }

    /// A table ends. One in a cell is a part of it.
    fn close_table(&mut self) {
        let Some(table) = self.tables.pop() else { return };
        if let Some(outer) = self.tables.last_mut() {
            for row in table.rows {
                let cells: Vec<String> = row.cells.into_iter().filter(|c| !c.is_empty()).collect();
                outer.cell.push_str(if outer.cell.is_empty() { "" } else { "; " });
                outer.cell.push_str(&cells.join(" "));
            }
        } else {
            write(&mut self.out, &table.rows, "");
        }
    }

    fn finish(mut self, format: Format) -> Result<Document, Skip> {
        while !self.tables.is_empty() {
            self.close_cell(1);
            self.close_row();
            self.close_table();
        }
        self.out.finish(format)
    }
}

/// Opens a package and reads one of its parts.
fn part(bytes: &[u8], what: &str, name: &str) -> Result<String, Skip> {
    let text = Package::open(bytes, what)?.text(name)?;
    if text.is_empty() { Err(missing(what, name)) } else { Ok(text) }
}
