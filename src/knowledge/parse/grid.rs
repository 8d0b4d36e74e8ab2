//! Tables of documents that aren't text files: each row becomes a line that
//! says its header, as rows of sheets do.

use super::extract::Extract;
use super::row::{BETWEEN, label};
use super::table::is_header;
use crate::domain::Place;

/// A cell longer than this is prose below its row, in bytes.
const LONGEST_CELL: usize = 480;
/// Longest name of a column that is repeated, in characters.
const LONGEST_NAME: usize = 60;
/// Rows that are looked at to tell whether the first one is a header.
const SAMPLE: usize = 40;

/// A row with its place.
#[derive(Clone, Debug, Default)]
pub(super) struct GridRow {
    pub(super) cells: Vec<String>,
    pub(super) place: Option<Place>,
}

/// Writes a table. A row of a single cell above it is its title. `context` is
/// what the table stands below.
pub(super) fn write(out: &mut Extract, rows: &[GridRow], context: &str) {
    let filled = |row: &GridRow| row.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let mut rows: Vec<&GridRow> = rows.iter().filter(|row| filled(row) > 0).collect();
    let is_wide = rows.iter().filter(|row| filled(row) > 1).count() * 2 > rows.len();
    let mut context = context.to_owned();
    while is_wide && rows.first().is_some_and(|row| filled(row) == 1) {
        let title = rows.remove(0);
        let text: String = title.cells.iter().map(|cell| cell.trim()).collect();
        place(out, title);
        out.prose(&text, &context);
        if text.len() <= 120 {
            context = if context.is_empty() { text } else { format!("{context}{BETWEEN}{text}") };
        }
    }
    let header: Vec<String> = match rows.split_first() {
        Some((first, rest)) => {
            let names: Vec<String> = first.cells.iter().map(|cell| name(cell)).collect();
            let body: Vec<Vec<String>> =
                rest.iter().take(SAMPLE).map(|row| row.cells.clone()).collect();
            if !rest.is_empty() && filled(first) > 1 && is_header(&names, &body) {
                rows.remove(0);
                names
            } else {
                Vec::new()
            }
        }
        None => return,
    };
    for row in rows {
        if out.is_full() {
            return;
        }
        place(out, row);
        line(out, &header, &row.cells, &context);
    }
}

fn place(out: &mut Extract, row: &GridRow) {
    if let Some(place) = &row.place {
        out.at(place.clone());
    }
}

/// A cell as the name of its column.
fn name(cell: &str) -> String {
    let words = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    words.trim_end_matches(':').chars().take(LONGEST_NAME).collect()
}

/// A row on one line; what is too long for that is prose below it.
fn line(out: &mut Extract, header: &[String], cells: &[String], context: &str) {
    let mut text = String::new();
    let mut long = Vec::new();
    for (column, cell) in cells.iter().enumerate() {
        let cell = cell.trim();
        let name = header.get(column).map_or("", String::as_str);
        if cell.len() > LONGEST_CELL {
            long.push((name, cell));
            continue;
        }
        if cell.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str(BETWEEN);
        }
        text.push_str(&label(name, cell, text.is_empty()));
        text.push_str(cell);
    }
    out.row(&text, context);
    for (name, cell) in long {
        let lead: String =
            text.split(BETWEEN).next().unwrap_or_default().chars().take(120).collect();
        let above: Vec<&str> =
            [context, &lead, name].into_iter().filter(|part| !part.is_empty()).collect();
        out.prose(cell, &above.join(BETWEEN));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BlockKind, Format};
    use super::*;

    fn written(rows: &[&[&str]]) -> Vec<(BlockKind, String, String)> {
        let rows: Vec<GridRow> = (1..)
            .zip(rows)
            .map(|(number, row)| GridRow {
                cells: row.iter().map(|cell| (*cell).to_owned()).collect(),
                place: Some(Place::row("Tanks", "A", number)),
            })
            .collect();
        let mut out = Extract::default();
        write(&mut out, &rows, "");
        let document = out.finish(Format::Sheet).unwrap();
        let said = |range: &std::ops::Range<usize>| {
            let place = document.offsets.place_at(range.start).unwrap();
            format!("{} {}", place.range(place), &document.text[range.clone()])
        };
        let blocks = document.blocks.iter();
        blocks
            .map(|block| (block.kind.clone(), said(&block.range), block.context.clone()))
            .collect()
    }

    #[test]
    fn rows_say_their_header_below_the_title() {
        let found = written(&[
            &["Tanks of the plant", "", ""],
            &["Tank", "Capacity (l)", "Medium"],
            &["T-1", "500", "water"],
            &["", "", ""],
            &["T-2", "650", "glycol"],
        ]);
        let title = "Tanks of the plant".to_owned();
        assert_eq!(found[0], (BlockKind::Prose, format!("Tanks!A1 {title}"), String::new()));
        let row = "Tanks!A5 Tank T-2 · Capacity (l): 650 · Medium: glycol".to_owned();
        assert_eq!(found[2], (BlockKind::Row, row, title));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_long_cell_is_prose_below_its_row() {
        let long = "It was late. ".repeat(60);
        let found = written(&[&["Case", "Report"], &["17", &long], &["18", "short"]]);
        assert_eq!(found[0].1, "Tanks!A2 Case 17");
        assert_eq!((&found[1].0, found[1].2.as_str()), (&BlockKind::Prose, "Case 17 · Report"));
    }
}
