//! Spreadsheets: XLSX and ODS. Each row becomes a line that says its header, with
//! its sheet and number.

mod ods;
mod styles;
mod xlsx;

pub(super) use ods::parse as ods;
pub(super) use xlsx::parse as xlsx;

use super::extract::Extract;
use super::grid::{GridRow, write};
use crate::domain::Place;

/// Most columns of a sheet.
const MOST_COLUMNS: usize = 2_048;
/// Most cells of a file.
const MOST_CELLS: usize = 4_000_000;

/// The letters of a column, from 0: `A`, `Z`, `AA`.
fn letters(column: usize) -> String {
    let mut out = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        out.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    out.iter().rev().collect()
}

/// A sheet as it is read.
#[derive(Default)]
struct Sheet {
    name: String,
    rows: Vec<GridRow>,
}

impl Sheet {
    /// Adds the cells of a row, from 1, if any says something.
    fn push(&mut self, number: u32, cells: Vec<String>) {
        let Some(first) = cells.iter().position(|cell| !cell.trim().is_empty()) else { return };
        let place = Some(Place::row(&self.name, &letters(first), number));
        self.rows.push(GridRow { cells, place });
    }

    /// Writes the tables of the sheet: a row that is empty parts two of them
    /// where another header follows.
    fn write(self, out: &mut Extract) {
        if let Some(place) = self.rows.first().and_then(|row| row.place.clone()) {
            out.at(place);
            out.heading(1, &self.name);
        }
        write(out, &self.rows, "");
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
