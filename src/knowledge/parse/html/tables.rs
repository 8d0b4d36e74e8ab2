//! Tables: one that holds data becomes rows with their header, one that only
//! places boxes on a page becomes the text of its boxes.
//!
//! Which of them a table is shows only at its end. So each cell is rendered by
//! itself and kept until then.

use super::render::Renderer;
use crate::knowledge::parse::fragment::Fragment;
use crate::knowledge::parse::rows::{Cell, Header, write_blocks};
use crate::knowledge::parse::table::is_header;
use crate::knowledge::parse::{Block, BlockKind};

/// Tables nested deeper than this are read as plain boxes.
pub(super) const MOST_NESTED: usize = 8;

/// Columns and rows that a cell may span.
const MOST_SPANNED: usize = 200;

/// Columns that cells from above may reach into.
const MOST_COLUMNS: usize = 400;

/// Text of a cell above which it is a box, not a value, in bytes.
const LARGE_CELL: usize = 700;

/// Blocks of a cell above which it is a box, not a value.
const MOST_BLOCKS: usize = 6;

/// Rows of a header.
const MOST_HEADER_ROWS: usize = 4;

/// Longest text that counts as the context of rows, in bytes.
const LONGEST_CONTEXT: usize = 200;

/// Bytes of repeated cells and names for each byte of the table.
const MOST_GROWTH: usize = 8;

/// What is rendered by itself, and where it goes on behind it.
#[derive(Debug)]
pub(super) struct Capture {
    /// What was being written when it began.
    pub(super) outer: Renderer,
    pub(super) holds: Captured,
}

/// What a [`Capture`] is of.
#[derive(Debug)]
pub(super) enum Captured {
    Table(Table),
    Cell(Part),
    Caption,
}

/// A table while it is read.
#[derive(Debug, Default)]
pub(super) struct Table {
    is_layout: bool,
    /// Whether rows belong to its head.
    pub(super) in_head: bool,
    /// Whether a row is open.
    pub(super) in_row: bool,
    caption: Option<Fragment>,
    rows: Vec<Row>,
}

#[derive(Debug, Default)]
struct Row {
    is_head: bool,
    cells: Vec<Part>,
}

/// A cell with its text.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) is_heading: bool,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) said: Fragment,
    pub(super) blocks: Vec<Block>,
}

impl Part {
    /// A cell that holds nothing yet.
    pub(super) fn new(is_heading: bool, columns: usize, rows: usize) -> Self {
        Self {
            is_heading,
            columns: columns.clamp(1, MOST_SPANNED),
            rows: rows.clamp(1, MOST_SPANNED),
            said: Fragment::default(),
            blocks: Vec::new(),
        }
    }

    fn is_filled(&self) -> bool {
        !self.blocks.is_empty()
    }

    fn is_large(&self) -> bool {
        self.said.text.len() > LARGE_CELL || self.blocks.len() > MOST_BLOCKS
    }

    /// Whether it is more than a value: it has a heading or a table in it.
    fn is_box(&self) -> bool {
        self.blocks
            .iter()
            .any(|block| matches!(block.kind, BlockKind::Heading { .. } | BlockKind::Row))
    }

    fn words(&self) -> String {
        self.said.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A cell that goes on in the rows below.
struct Spanning {
    rows: usize,
    words: String,
    is_heading: bool,
}

impl Table {
    /// A table without rows; `is_layout` where it says that it only places
    /// boxes.
    pub(super) fn new(is_layout: bool) -> Self {
        Self { is_layout, ..Self::default() }
    }

    pub(super) fn start_row(&mut self) {
        self.rows.push(Row { is_head: self.in_head, cells: Vec::new() });
        self.in_row = true;
    }

    pub(super) fn add(&mut self, part: Part) {
        if !self.in_row || self.rows.is_empty() {
            self.start_row();
        }
        if let Some(row) = self.rows.last_mut() {
            row.cells.push(part);
        }
    }

    /// Text that stands in the table but in no cell is a row of its own.
    pub(super) fn add_loose(&mut self, said: Fragment, blocks: Vec<Block>) {
        let part = Part { said, blocks, ..Part::new(false, 1, 1) };
        self.rows.push(Row { is_head: false, cells: vec![part] });
        self.in_row = false;
    }

    pub(super) fn set_caption(&mut self, said: Fragment) {
        self.caption.get_or_insert(said);
    }

    /// Writes the table behind what `out` holds.
    pub(super) fn write(mut self, out: &mut Renderer) {
        if let Some(caption) = self.caption.take() {
            let caption = caption.on_one_line();
            if !caption.text.is_empty() {
                let range = 0..caption.text.len();
                let block = Block { kind: BlockKind::Prose, range, context: String::new() };
                out.append(&caption, vec![block]);
                if caption.text.len() <= LONGEST_CONTEXT {
                    return self.write_below(out, &caption.text);
                }
            }
        }
        self.write_below(out, "");
    }

    fn write_below(self, out: &mut Renderer, caption: &str) {
        if self.is_data() {
            self.write_rows(out, caption);
        } else {
            for part in self.rows.into_iter().flat_map(|row| row.cells) {
                if part.is_filled() {
                    out.append(&part.said, part.blocks);
                }
            }
        }
    }

    /// Whether it holds data: rows of at least two values, most of them short.
    fn is_data(&self) -> bool {
        let parts = || self.rows.iter().flat_map(|row| &row.cells).filter(|part| part.is_filled());
        let filled = parts().count();
        let several = self
            .rows
            .iter()
            .filter(|row| row.cells.iter().filter(|part| part.is_filled()).count() > 1)
            .count();
        let large = parts().filter(|part| part.is_large()).count();
        let has_heads =
            self.rows.iter().any(|row| row.is_head) || parts().any(|part| part.is_heading);
        if self.is_layout || several == 0 || parts().any(Part::is_box) {
            return false;
        }
        if has_heads { large * 2 <= filled } else { several > 1 && large * 4 <= filled }
    }

    fn write_rows(self, out: &mut Renderer, caption: &str) {
        let width = self.rows.iter().map(|row| row.width()).max().unwrap_or(0);
        let (first, header) = self.header(width);
        let nameless = Header::default();
        let size: usize = self.rows.iter().map(Row::bytes).sum();
        let room = out.len() + size * MOST_GROWTH + (64 << 10);
        let mut spanning: Vec<Option<Spanning>> = Vec::new();
        let mut section = String::new();
        let caption = out.standing_below(caption);
        let mut context = caption.clone();
        out.begin_rows();
        for (number, row) in self.rows.into_iter().enumerate() {
            let is_tight = out.len() > room;
            let filled = row.cells.iter().filter(|part| part.is_filled()).count();
            let spanned = spanning.iter().flatten().count();
            if number >= first && filled == 1 && spanned == 0 && width > 1 {
                // A row of one cell divides the table.
                let Some(part) = row.cells.into_iter().find(Part::is_filled) else { continue };
                let words = part.words();
                section.clear();
                if words.len() <= LONGEST_CONTEXT && (part.columns > 1 || part.is_heading) {
                    section = words;
                }
                context = joined(&caption, &section);
                let said = part.said.on_one_line();
                let range = 0..said.text.len();
                let block = Block { kind: BlockKind::Prose, range, context: caption.clone() };
                out.append_line(&said, block);
                continue;
            }
            let cells = row.cells(&mut spanning, is_tight);
            if number < first || cells.iter().all(|cell| cell.said.offsets.is_made()) {
                continue;
            }
            let (text, blocks) = out.parts();
            let header = if is_tight { &nameless } else { &header };
            write_blocks(text, blocks, header, &cells, &context);
        }
        out.end_rows();
    }

    /// How many rows the header has, and the names it gives.
    fn header(&self, width: usize) -> (usize, Header) {
        let is_head = |row: &&Row| {
            row.is_head
                || row.cells.len() > 1
                    && row.cells.iter().all(|part| part.is_heading || !part.is_filled())
        };
        let mut count = self.rows.iter().take_while(is_head).take(MOST_HEADER_ROWS).count();
        if count == self.rows.len() {
            count = usize::from(count > 1);
        }
        let has_heads = self.rows.iter().flat_map(|row| &row.cells).any(|part| part.is_heading);
        if count == 0 && !has_heads && self.rows.len() > 2 {
            let words = |row: &Row| row.cells.iter().map(Part::words).collect::<Vec<_>>();
            let body: Vec<Vec<String>> = self.rows.iter().skip(1).take(50).map(words).collect();
            let names = self.rows.first().map(words).unwrap_or_default();
            count = usize::from(names.len() > 1 && is_header(&names, &body));
        }
        let mut names = vec![String::new(); width.min(MOST_SPANNED)];
        let mut spanning = Vec::new();
        for row in self.rows.iter().take(count) {
            for (column, cell) in row.copies(&mut spanning).into_iter().enumerate() {
                let Some(name) = names.get_mut(column) else { break };
                if !name.ends_with(cell.as_str()) {
                    if !name.is_empty() {
                        name.push(' ');
                    }
                    name.push_str(&cell);
                }
            }
        }
        (count, Header::new(names.iter().map(String::as_str)))
    }
}

impl Row {
    fn width(&self) -> usize {
        self.cells.iter().map(|part| part.columns).sum()
    }

    fn bytes(&self) -> usize {
        self.cells.iter().map(|part| part.said.text.len() + 10).sum()
    }

    /// The cells of a row, with those that reach into it from above or from
    /// the left. The words of these stand elsewhere, so they lead to no bytes.
    fn cells(self, spanning: &mut Vec<Option<Spanning>>, is_tight: bool) -> Vec<Cell> {
        if is_tight || !self.cells.iter().any(Part::is_filled) {
            // Nothing of its own will be said, or there is no room for more.
            if is_tight {
                spanning.clear();
            }
            end_row(spanning);
            let only =
                |part: Part| Cell { said: part.said.on_one_line(), is_heading: part.is_heading };
            return self.cells.into_iter().map(only).collect();
        }
        let at = self.cells.first().map_or(0, |part| part.said.file_start());
        let made = |words: &str, is_heading: bool| {
            let mut said = Fragment::default();
            said.made(words, at);
            Cell { said, is_heading }
        };
        let mut out = Vec::new();
        for part in self.cells {
            reach(spanning, &mut out, false, &made);
            let words =
                if part.columns > 1 || part.rows > 1 { part.words() } else { String::new() };
            let (columns, is_heading) = (part.columns, part.is_heading);
            let first = out.len();
            if part.rows > 1 && part.is_filled() && first + columns <= MOST_COLUMNS {
                if spanning.len() < first + columns {
                    spanning.resize_with(first + columns, || None);
                }
                for place in spanning.iter_mut().skip(first).take(columns) {
                    let words = words.clone();
                    *place = Some(Spanning { rows: part.rows, words, is_heading });
                }
            }
            out.push(Cell { said: part.said.on_one_line(), is_heading });
            for _ in 1..columns {
                out.push(made(&words, is_heading));
            }
        }
        reach(spanning, &mut out, true, &made);
        end_row(spanning);
        out
    }

    /// The words of the cells, those that span repeated.
    fn copies(&self, spanning: &mut Vec<Option<Spanning>>) -> Vec<String> {
        let copy = Self {
            is_head: self.is_head,
            cells: self
                .cells
                .iter()
                .map(|part| Part {
                    said: part.said.clone(),
                    blocks: part.blocks.clone(),
                    ..Part::new(part.is_heading, part.columns, part.rows)
                })
                .collect(),
        };
        copy.cells(spanning, false).into_iter().map(|cell| cell.said.text).collect()
    }
}

/// A row ends: cells reach into one row less.
fn end_row(spanning: &mut [Option<Spanning>]) {
    for place in spanning {
        *place = place
            .take()
            .filter(|cell| cell.rows > 1)
            .map(|cell| Spanning { rows: cell.rows - 1, ..cell });
    }
}

/// Adds the cells that reach from above into the next places of a row; `all`
/// of them, or those before the next free place.
fn reach(
    spanning: &[Option<Spanning>],
    out: &mut Vec<Cell>,
    all: bool,
    made: &impl Fn(&str, bool) -> Cell,
) {
    while let Some(place) = spanning.get(out.len()) {
        match place {
            Some(cell) => out.push(made(&cell.words, cell.is_heading)),
            None if all => out.push(made("", false)),
            None => break,
        }
    }
}

fn joined(outer: &str, inner: &str) -> String {
    match (outer.is_empty(), inner.is_empty()) {
        (_, true) => outer.to_owned(),
        (true, _) => inner.to_owned(),
        _ => format!("{outer} › {inner}"),
    }
}
