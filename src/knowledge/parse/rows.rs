//! Rows of sheets and pages as blocks. Mostly a row is one line, as
//! [`row`](super::row) writes it; here is what to do where it would be too long
//! for one.

use super::fragment::Fragment;
use super::row::{BETWEEN, label};
use super::{Block, BlockKind};

/// Longest name of a column that is repeated in every row, in characters.
const LONGEST_NAME: usize = 60;

/// Bytes after which a wide row goes on in a line of its own, which says again
/// which row it is. A passage holds a few of these.
const LONGEST_LINE: usize = 480;

/// A cell of the table's body.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// What it says.
    pub said: Fragment,
    /// Whether it is the heading of its row.
    pub is_heading: bool,
}

/// The names of a table's columns, as they are repeated in its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    names: Vec<String>,
}

impl Header {
    /// Names on one line each, without a colon at the end, cut where they are
    /// too long to be names.
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().map(|name| {
            let words = name.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = words.trim_end_matches(':').trim_end();
            match words.char_indices().nth(LONGEST_NAME) {
                Some((cut, _)) => format!("{}…", words.get(..cut).unwrap_or_default().trim_end()),
                None => words.to_owned(),
            }
        });
        Self { names: names.collect() }
    }

    /// The name of a column; empty where it has none.
    pub(super) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }
}

/// Writes a row behind `out`, and its blocks. Mostly it is one line; a row too
/// wide for that is several lines, each of which begins with the row's name,
/// and a long text in a cell is prose below that name. `context` is what the
/// table stands below.
pub(super) fn write_blocks(
    out: &mut Fragment,
    blocks: &mut Vec<Block>,
    header: &Header,
    cells: &[Cell],
    context: &str,
) {
    let mut line: Option<usize> = None;
    let mut lead = String::new();
    let mut is_first = true;
    // Whether the cell before names the one that follows, as in a box of facts.
    let mut is_named = false;
    let filled = cells.iter().enumerate().filter(|(_, cell)| !cell.said.text.is_empty());
    for (column, cell) in filled {
        let said = &cell.said;
        let file = said.file_start();
        let label =
            label(header.name(column), &said.text, is_first && column == 0 || cell.is_heading);
        if said.text.len() > LONGEST_LINE {
            finish(out, blocks, line.take(), context);
            let above = [context, &lead, header.name(column)];
            let above: Vec<&str> = above.into_iter().filter(|part| !part.is_empty()).collect();
            separate(out, file);
            let start = out.text.len();
            out.append(said);
            blocks.push(Block {
                kind: BlockKind::Prose,
                range: start..out.text.len(),
                context: above.join(BETWEEN),
            });
            is_first = false;
            is_named = false;
            continue;
        }
        let width = label.len() + said.text.len();
        if line.is_some_and(|start| out.text.len() - start + width > LONGEST_LINE) {
            finish(out, blocks, line.take(), context);
        }
        match line {
            Some(_) if is_named && label.is_empty() => out.made(": ", file),
            Some(_) => out.made(BETWEEN, file),
            None => {
                separate(out, file);
                line = Some(out.text.len());
                if !lead.is_empty() {
                    out.made(&lead, file);
                    out.made(BETWEEN, file);
                }
            }
        }
        out.made(&label, file);
        out.append(said);
        if is_first {
            lead = format!("{label}{}", said.text);
            if lead.len() > LONGEST_LINE / 4 {
                lead.clear();
            }
        }
        is_first = false;
        is_named = cell.is_heading && header.name(column).is_empty();
    }
    finish(out, blocks, line, context);
}

/// Begins a new line, unless there is nothing above or a line has just begun.
fn separate(out: &mut Fragment, file: usize) {
    if !out.text.is_empty() && !out.text.ends_with('\n') {
        out.made("\n", file);
    }
}

fn finish(out: &Fragment, blocks: &mut Vec<Block>, line: Option<usize>, context: &str) {
    if let Some(start) = line
        && start < out.text.len()
    {
        blocks.push(Block {
            kind: BlockKind::Row,
            range: start..out.text.len(),
            context: context.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells whose places in the file are those in `row`, between bars.
    fn cells(row: &str) -> Vec<Cell> {
        let mut at = 0;
        row.split('|')
            .map(|cell| {
                let mut said = Fragment::default();
                let start = at + cell.len() - cell.trim_start().len();
                said.verbatim(cell.trim(), start);
                at += cell.len() + 1;
                Cell { said, is_heading: false }
            })
            .collect()
    }

    fn written(header: &[&str], row: &str, context: &str) -> (Fragment, Vec<Block>) {
        let (mut out, mut blocks) = (Fragment::default(), Vec::new());
        write_blocks(
            &mut out,
            &mut blocks,
            &Header::new(header.iter().copied()),
            &cells(row),
            context,
        );
        assert_eq!(out.offsets.text_len(), out.text.len());
        (out, blocks)
    }

    fn line(header: &[&str], row: &str) -> String {
        written(header, row, "").0.text
    }

    #[test]
    fn a_row_says_its_header() {
        let header = ["Tank", "Capacity (l)", "Medium"];
        let row = "T-2 | 650 | glycol";
        let (out, blocks) = written(&header, row, "");
        assert_eq!(out.text, "Tank T-2 · Capacity (l): 650 · Medium: glycol");
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].kind, BlockKind::Row);
        let span = out.offsets.to_file(0, out.text.len());
        assert_eq!(&row[span.start..span.end], row);
        let at = out.text.find("650").unwrap();
        let span = out.offsets.to_file(at, at + 3);
        assert_eq!(&row[span.start..span.end], "650");
    }

    #[test]
    fn names_fit_their_cells() {
        assert_eq!(line(&["Room", "Seats:"], "Room Alder|12"), "Room Alder · Seats: 12");
        assert_eq!(line(&["room", "Open?"], "Roomy|yes"), "room Roomy · Open? yes");
        assert_eq!(line(&["", "Seats"], "Alder|12"), "Alder · Seats: 12");
        assert_eq!(line(&["Room", "owner"], "Alder|Owner Ann"), "Room Alder · Owner Ann");
        assert_eq!(line(&["Room", "Seats"], "|12"), "Seats: 12");
        assert_eq!(line(&["Room"], "Alder|12|x"), "Room Alder · 12 · x");
        assert_eq!(line(&[], "Alder|12"), "Alder · 12");
        assert_eq!(line(&["Room", "Seats"], "|"), "");
        assert_eq!(line(&["Width (m)", "Price"], "3|40"), "Width (m): 3 · Price: 40");
        let long = "n".repeat(100);
        assert_eq!(line(&["a", &long], "1|2"), format!("a 1 · {}…: 2", &long[..60]));
    }

    #[test]
    fn the_heading_of_a_row_names_its_value() {
        let mut row = cells("Depth|3 m|4 m");
        row[0].is_heading = true;
        let (mut out, mut blocks) = (Fragment::default(), Vec::new());
        write_blocks(&mut out, &mut blocks, &Header::default(), &row, "");
        assert_eq!(out.text, "Depth: 3 m · 4 m");
    }

    #[test]
    fn a_wide_row_says_in_every_line_which_row_it_is() {
        let header: Vec<String> = (0..80).map(|column| format!("column {column}")).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let row: Vec<String> = (0..80).map(|column| format!("value{column}")).collect();
        let (out, blocks) = written(&header, &row.join("|"), "Plant");
        assert!(blocks.len() > 2);
        for block in &blocks {
            let text = &out.text[block.range.clone()];
            assert!(text.starts_with("column 0: value0"), "{text}");
            assert!(text.len() < LONGEST_LINE + 40);
            assert_eq!(block.context, "Plant");
        }
        assert!(out.text.contains("column 79: value79"));
    }

    #[test]
    fn a_long_text_in_a_cell_is_prose_below_its_row() {
        let text = "It was late. ".repeat(60);
        let text = text.trim();
        let (out, blocks) =
            written(&["Case", "Report", "State"], &format!("17|{text}|open"), "Court");
        let shown: Vec<(&BlockKind, &str, &str)> = blocks
            .iter()
            .map(|block| (&block.kind, &out.text[block.range.clone()], block.context.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (&BlockKind::Row, "Case 17", "Court"),
                (&BlockKind::Prose, text, "Court · Case 17 · Report"),
                (&BlockKind::Row, "Case 17 · State: open", "Court"),
            ]
        );
    }
}
