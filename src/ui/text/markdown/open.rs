//! What is open while the events come: quotes, items, lists, code, links and
//! tables.

use crate::ui::text::flow::Flow;
use crate::ui::text::width as columns;
use crate::ui::text::wrap::Break;
use pulldown_cmark::Alignment;
use std::ops::Range;

/// A quote or list item that lines stand in.
pub(super) struct Part {
    /// What stands before its first line, until that is drawn.
    pub(super) first: Option<String>,
    /// What stands before its other lines, equally wide.
    pub(super) rest: String,
    pub(super) width: usize,
    /// Whether it is a list item.
    pub(super) item: bool,
    /// Whether a line of it was drawn.
    pub(super) began: bool,
}

impl Part {
    /// A quote.
    pub(super) fn quote() -> Self {
        Self { first: None, rest: "▎ ".to_owned(), width: 2, item: false, began: false }
    }

    /// A list item behind `marker`.
    pub(super) fn item(marker: String) -> Self {
        let width = columns(&marker);
        Self { first: Some(marker), rest: " ".repeat(width), width, item: true, began: false }
    }
}

/// A list whose items are being read.
pub(super) struct List {
    /// The number of the next item; `None` for a list without numbers.
    pub(super) number: Option<u64>,
    /// Whether it had an item.
    pub(super) began: bool,
}

impl List {
    /// One that begins with this number.
    pub(super) fn new(number: Option<u64>) -> Self {
        Self { number, began: false }
    }
}

/// A code block that is being read.
#[derive(Default)]
pub(super) struct OpenCode {
    pub(super) language: String,
    pub(super) fenced: bool,
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

/// A piece of code, from the end of the piece before, and the bytes it shows.
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) source: Range<usize>,
}

impl OpenCode {
    /// One whose fence says `info`.
    pub(super) fn fenced(info: &str) -> Self {
        Self { language: language(info), fenced: true, ..Self::default() }
    }

    /// Adds code.
    pub(super) fn push(&mut self, text: &str, source: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { start, end: self.text.len(), source });
    }

    /// The bytes that a part of the code shows, piece by piece.
    pub(super) fn sources(&self, part: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
        let first = self.pieces.partition_point(|piece| piece.end <= part.start);
        let pieces = self.pieces.iter().skip(first);
        pieces
            .take_while(|piece| piece.start < part.end)
            .map(|piece| {
                let shown = part.start.max(piece.start)..part.end.min(piece.end);
                let source = if piece.source.len() == piece.end - piece.start {
                    let from = piece.source.start + (shown.start - piece.start);
                    from..from + shown.len()
                } else {
                    piece.source.clone()
                };
                (shown, source)
            })
            .collect()
    }

    /// Leaves out the beginning of the closing fence, which streams in as if
    /// it were a line of code and would make the block jump.
    pub(super) fn drop_partial_fence(&mut self) {
        let from = self.text.rfind('\n').map_or(0, |at| at + 1);
        let last = self.text.get(from..).unwrap_or_default().trim();
        let fence = |sign: char| last.chars().all(|c| c == sign);
        if self.fenced && !last.is_empty() && (fence('`') || fence('~')) {
            self.text.truncate(from);
        }
    }
}

/// The language that the info text of a fence names: its first word.
fn language(info: &str) -> String {
    let mut words = info.split([' ', '\t', ',', ':', '{', '}']);
    words.find(|word| !word.is_empty()).unwrap_or_default().trim_start_matches('.').to_owned()
}

/// A link or image whose text is being read.
pub(super) struct OpenLink {
    /// Where it begins in the source.
    pub(super) start: usize,
    /// Where its text begins in the flow.
    pub(super) text: usize,
    /// Its address; nothing where it isn't to be shown.
    pub(super) address: String,
    /// Whether it is `[name]` alone, and its address stands elsewhere.
    pub(super) shortcut: bool,
}

/// A table that is being read.
pub(super) struct Table {
    pub(super) alignments: Vec<Alignment>,
    pub(super) header: Vec<Flow>,
    pub(super) rows: Vec<Vec<Flow>>,
    /// The cells of the row at hand.
    pub(super) cells: Vec<Flow>,
}

impl Table {
    /// An empty one.
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, header: Vec::new(), rows: Vec::new(), cells: Vec::new() }
    }

    /// Adds a cell to the row at hand.
    pub(super) fn cell(&mut self, cell: Flow) {
        self.cells.push(cell);
    }

    /// Ends the header.
    pub(super) fn head(&mut self) {
        self.header = std::mem::take(&mut self.cells);
    }

    /// Ends a row.
    pub(super) fn row(&mut self) {
        self.rows.push(std::mem::take(&mut self.cells));
    }

    /// The width of each column if nothing is wrapped.
    pub(super) fn natural(&mut self) -> Vec<usize> {
        let mut widths = vec![1; self.alignments.len()];
        for row in std::iter::once(&mut self.header).chain(&mut self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                let lines = cell.wrap(usize::MAX, usize::MAX, Break::Words);
                let widest = lines.iter().map(|line| line.width).max().unwrap_or(0);
                *width = widest.max(*width);
            }
        }
        widths
    }
}
