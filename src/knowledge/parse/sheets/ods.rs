//! OpenDocument's sheets (ODS).

use super::super::extract::Extract;
use super::super::package::Package;
use super::super::xml_pieces::{Piece, pieces};
use super::super::{Document, Format, Skip};
use super::{MOST_CELLS, MOST_COLUMNS, Sheet};

/// Reads a spreadsheet.
///
/// # Errors
/// [`Skip::Unusable`] where it is damaged, [`Skip::Empty`] without text.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let body = Package::open(bytes, "OpenDocument spreadsheet")?.text("content.xml")?;
    if body.is_empty() {
        let what = "a damaged OpenDocument spreadsheet: it has no content.xml";
        return Err(Skip::Unusable(what.to_owned()));
    }
    let mut out = Extract::default();
    let mut sheet = Sheet::default();
    let (mut number, mut rows, mut row) = (1u32, 1u32, Vec::new());
    let (mut cell, mut columns, mut count) = (String::new(), 1usize, 0usize);
    let (mut is_note, mut in_cell) = (false, false);
    for piece in pieces(&body) {
        match piece {
            Piece::Open(element) => match element.name.as_str() {
                "table" => {
                    let name = element.get("name").unwrap_or("Sheet").to_owned();
                    sheet = Sheet { name, ..Sheet::default() };
                    number = 1;
                }
                "table-row" => {
                    let repeated = element.number("number-rows-repeated").unwrap_or(1);
                    rows = u32::try_from(repeated).unwrap_or(u32::MAX);
                    row = Vec::new();
                }
                "table-cell" | "covered-table-cell" => {
                    columns = element.number("number-columns-repeated").unwrap_or(1);
                    in_cell = true;
                    cell.clear();
                }
                "annotation" => is_note = true,
                "p" if !cell.is_empty() && !is_note => cell.push(' '),
                "s" | "tab" if in_cell && !is_note => cell.push(' '),
                _ => {}
            },
            Piece::Text(said) if in_cell && !is_note => cell.push_str(&said),
            Piece::Text(_) => {}
            Piece::Close(name) => match name.as_str() {
                "annotation" => is_note = false,
                "table-cell" | "covered-table-cell" => {
                    in_cell = false;
                    count += 1;
                    let room = MOST_COLUMNS.saturating_sub(row.len());
                    // Empty cells are repeated up to the edge of the sheet.
                    let times = if cell.trim().is_empty() { columns } else { columns.min(16) };
                    row.extend(std::iter::repeat_n(std::mem::take(&mut cell), times.min(room)));
                }
                "table-row" => {
                    let last = row.iter().rposition(|cell: &String| !cell.trim().is_empty());
                    row.truncate(last.map_or(0, |last| last + 1));
                    sheet.push(number, std::mem::take(&mut row));
                    number = number.saturating_add(rows);
                }
                "table" => std::mem::take(&mut sheet).write(&mut out),
                _ => {}
            },
        }
        if count >= MOST_CELLS || out.is_full() {
            out.note(format!("it has more than {MOST_CELLS} cells; what follows is left out"));
            break;
        }
    }
    sheet.write(&mut out);
    out.finish(Format::Sheet)
}
