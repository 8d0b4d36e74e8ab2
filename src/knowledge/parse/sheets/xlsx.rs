//! Excel's sheets (XLSX).

use super::super::extract::Extract;
use super::super::package::{Package, relations, relations_of};
use super::super::xml_pieces::{Element, Piece, pieces};
use super::super::{Document, Format, Skip};
use super::styles::{Shown, shown, styles};
use super::{MOST_CELLS, MOST_COLUMNS, Sheet};

const WHAT: &str = "Excel workbook";
const MAIN: &str = "xl/workbook.xml";

/// Reads a workbook.
///
/// # Errors
/// [`Skip::Unusable`] where it is damaged, [`Skip::Empty`] without text.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let mut package = Package::open(bytes, WHAT)?;
    let main = package.text(MAIN)?;
    if main.is_empty() {
        return Err(Skip::Unusable(format!("a damaged {WHAT}: it has no {MAIN}")));
    }
    let parts = relations(&package.text(&relations_of(MAIN))?, MAIN);
    let mut sheets: Vec<(String, String)> = Vec::new();
    let mut is_1904 = false;
    for piece in pieces(&main) {
        let Piece::Open(element) = piece else { continue };
        if element.name == "workbookPr" {
            is_1904 = matches!(element.get("date1904"), Some("1" | "true"));
        } else if element.name == "sheet"
            && let Some((_, target, _)) = parts.iter().find(|(id, ..)| element.has(id))
        {
            let name = element.get("name").unwrap_or("Sheet").to_owned();
            sheets.push((name, target.clone()));
        }
    }
    let texts = shared(&package.text("xl/sharedStrings.xml")?);
    let styles = styles(&package.text("xl/styles.xml")?);
    let mut out = Extract::default();
    let mut reader = Reader { texts: &texts, styles: &styles, is_1904, cells: 0 };
    for (name, part) in sheets.into_iter().take(1_000) {
        let text = package.text(&part)?;
        reader.sheet(name, &text).write(&mut out);
        if reader.cells >= MOST_CELLS {
            out.note(format!("it has more than {MOST_CELLS} cells; what follows is left out"));
            break;
        }
    }
    out.finish(Format::Sheet)
}

/// The texts that cells refer to by their number.
fn shared(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let (mut current, mut is_text, mut is_reading) = (String::new(), false, false);
    for piece in pieces(text) {
        match piece {
            Piece::Open(element) => match element.name.as_str() {
                "t" => is_text = true,
                // How a word is read, not what it says.
                "rPh" => is_reading = true,
                _ => {}
            },
            Piece::Text(said) if is_text && !is_reading => current.push_str(&said),
            Piece::Text(_) => {}
            Piece::Close(name) => match name.as_str() {
                "t" => is_text = false,
                "rPh" => is_reading = false,
                "si" if out.len() < MOST_CELLS => out.push(std::mem::take(&mut current)),
                _ => {}
            },
        }
    }
    out
}

struct Reader<'a> {
    texts: &'a [String],
    styles: &'a [Shown],
    is_1904: bool,
    cells: usize,
}

/// A cell as it is read.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    style: usize,
    value: String,
}

impl Reader<'_> {
    fn sheet(&mut self, name: String, text: &str) -> Sheet {
        let mut sheet = Sheet { name, ..Sheet::default() };
        let (mut number, mut row, mut cell) = (0u32, Vec::new(), Cell::default());
        let mut is_value = false;
        for piece in pieces(text) {
            match piece {
                Piece::Open(element) => match element.name.as_str() {
                    "row" => {
                        let own = element.number("r").and_then(|own| u32::try_from(own).ok());
                        number = own.unwrap_or(number + 1);
                        row = Vec::new();
                    }
                    "c" => cell = begin(&element, row.len()),
                    "v" | "t" => is_value = true,
                    _ => {}
                },
                Piece::Text(said) if is_value => cell.value.push_str(&said),
                Piece::Text(_) => {}
                Piece::Close(name) => match name.as_str() {
                    "v" | "t" => is_value = false,
                    "c" => {
                        self.cells += 1;
                        let cell = std::mem::take(&mut cell);
                        let column = cell.column;
                        let value = self.value(cell);
                        if column < MOST_COLUMNS && !value.is_empty() {
                            if row.len() <= column {
                                row.resize(column + 1, String::new());
                            }
                            if let Some(place) = row.get_mut(column) {
                                *place = value;
                            }
                        }
                    }
                    "row" => sheet.push(number, std::mem::take(&mut row)),
                    "sheetData" => break,
                    _ => {}
                },
            }
            if self.cells >= MOST_CELLS {
                break;
            }
        }
        sheet
    }

    fn value(&self, cell: Cell) -> String {
        match cell.kind.as_str() {
            "s" => {
                let at = cell.value.trim().parse().unwrap_or(usize::MAX);
                self.texts.get(at).cloned().unwrap_or_default()
            }
            "b" => if cell.value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "inlineStr" | "str" | "e" | "d" => cell.value,
            _ if cell.value.trim().is_empty() => String::new(),
            _ => {
                let how = self.styles.get(cell.style).copied().unwrap_or(Shown::Number);
                shown(&cell.value, how, self.is_1904)
            }
        }
    }
}

fn begin(element: &Element, next: usize) -> Cell {
    let column = element.get("r").and_then(column);
    Cell {
        column: column.unwrap_or(next),
        kind: element.get("t").unwrap_or_default().to_owned(),
        style: element.number("s").unwrap_or(0),
        value: String::new(),
    }
}

/// The column of a cell's name, from 0: `AB12` is 27.
fn column(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters.fold(0usize, |number, letter| {
        number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}
