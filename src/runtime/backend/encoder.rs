//! Cells as bytes for a terminal, with as few of them as possible: what is
//! known of the cursor and the pen is kept from frame to frame.

use super::pen::Pen;
use crate::domain::acts;
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Position;
use std::io::Write;
use std::iter::Peekable;

/// So many blanks are erased rather than written. Fewer would save nothing,
/// since the cursor doesn't move with them.
const ERASE_FROM: u16 = 12;

/// As [`ERASE_FROM`], for blanks up to the end of the line.
const ERASE_LINE_FROM: u16 = 4;

/// Up to so many characters that are shown already are written once more, where
/// moving the cursor past them would cost more.
const BRIDGE: u16 = 3;

/// The bytes of the frame being made, and the state that the terminal has
/// after them; what is `None` is unknown.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
    pen: Option<Pen>,
    position: Option<Position>,
    cursor_shown: Option<bool>,
    shown: Shown,
}

/// What is known of a cell that the terminal shows.
#[derive(Clone, Copy, Debug, Default)]
enum Known {
    /// Nothing that is of use here.
    #[default]
    Nothing,
    /// A plain ASCII character.
    Plain(u8, Pen),
    /// Here begins a character of so many columns, more than one, whose width
    /// terminals disagree on.
    Doubtful(u16, Pen),
}

/// What the terminal shows, row by row.
#[derive(Debug, Default)]
struct Shown {
    columns: u16,
    cells: Vec<Known>,
}

impl Shown {
    fn set(&mut self, at: Position, columns: u16, cell: Known) {
        if columns != self.columns {
            self.columns = columns;
            self.cells.clear();
        }
        let index = usize::from(at.y) * usize::from(columns) + usize::from(at.x);
        if self.cells.len() <= index {
            self.cells.resize(index + 1, Known::Nothing);
        }
        if let Some(place) = self.cells.get_mut(index) {
            *place = cell;
        }
    }

    fn get(&self, x: u16, y: u16) -> Known {
        let index = usize::from(y) * usize::from(self.columns) + usize::from(x);
        self.cells.get(index).copied().unwrap_or_default()
    }

    /// How many columns from `end` on may still show a part of a doubtful
    /// character that begins in the columns from `at` up to `end`, with the pen
    /// of that character.
    fn behind(&self, at: Position, end: u16, columns: u16) -> Option<(u16, Pen)> {
        if columns != self.columns {
            return None;
        }
        (at.x..end.min(columns))
            .filter_map(|x| match self.get(x, at.y) {
                Known::Doubtful(width, pen) => Some((x.saturating_add(width).min(columns), pen)),
                Known::Nothing | Known::Plain(..) => None,
            })
            .filter(|(last, _)| *last > end)
            .max_by_key(|(last, _)| *last)
            .map(|(last, pen)| (last - end, pen))
    }
}

impl Encoder {
    /// The bytes so far; the state stays.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub(super) fn forget(&mut self) {
        self.pen = None;
        self.position = None;
        self.cursor_shown = None;
        self.shown.cells.clear();
    }

    pub(super) fn position(&self) -> Option<Position> {
        self.position
    }

    pub(super) fn show_cursor(&mut self, shown: bool) {
        if self.cursor_shown != Some(shown) {
            self.cursor_shown = Some(shown);
            self.bytes.extend_from_slice(if shown { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
    }

    /// Erases with a sequence that leaves the cursor where it is.
    pub(super) fn erase(&mut self, sequence: &[u8]) {
        // Terminals erase with the background colour of the pen.
        self.use_pen(Pen::PLAIN);
        self.bytes.extend_from_slice(sequence);
        self.shown.cells.clear();
    }

    pub(super) fn move_to(&mut self, to: Position) {
        if self.position != Some(to) {
            let sequence = movement(self.position, to);
            self.bytes.extend_from_slice(sequence.as_bytes());
            self.position = Some(to);
        }
    }

    /// Draws the cells, which come in the order of reading, on a screen with
    /// this many columns.
    pub(super) fn draw<'a, I>(&mut self, mut cells: Peekable<I>, columns: u16)
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Row, and the column behind it, of a character that was widened.
        let mut covered: Option<(u16, u16)> = None;
        while let Some((x, y, cell)) = cells.next() {
            if covered.is_some_and(|(row, end)| row == y && x < end) {
                continue;
            }
            let at = Position { x, y };
            let blank = erasable(cell);
            let mut end = x.saturating_add(if blank { 1 } else { drawable(cell).1 });
            while blank
                && let Some(&(next_x, next_y, next)) = cells.peek()
                && (next_x, next_y) == (end, y)
                && erasable(next)
            {
                end = end.saturating_add(1);
                cells.next();
            }
            let behind = self.shown.behind(at, end, columns);
            if blank {
                self.blanks(at, end - x, Pen::of(cell), columns);
            } else {
                covered = self.put(at, cell, columns).map(|end| (y, end));
            }
            // ratatui doesn't send the blanks that a wide character covered,
            // and not every terminal takes all of the character away with its
            // first column. Where they had a background, ratatui sends them.
            let Some((count, pen)) = behind else { continue };
            let next = cells.peek().map(|(next_x, next_y, _)| (*next_x, *next_y));
            if count > 1 || next != Some((end, y)) {
                self.blanks(Position { x: end, y }, count, pen, columns);
            }
        }
    }

    /// Writes a character. Gives back the column behind it where the cells
    /// that it covers are done, too.
    fn put(&mut self, at: Position, cell: &Cell, columns: u16) -> Option<u16> {
        let (symbol, width) = drawable(cell);
        self.bridge(at);
        let pen = Pen::of(cell);
        let steady = steady(symbol, width);
        let known = match symbol.as_bytes() {
            [byte @ 0x20..=0x7E] if width == 1 => Known::Plain(*byte, pen),
            _ if width > 1 && !steady => Known::Doubtful(width, pen),
            _ => Known::Nothing,
        };
        self.shown.set(at, columns, known);
        for column in 1..width {
            let covered = Position { x: at.x.saturating_add(column), y: at.y };
            self.shown.set(covered, columns, Known::Nothing);
        }
        if symbol == " " {
            self.use_pen_for_blank(pen);
        } else {
            self.use_pen(pen);
        }
        self.move_to(at);
        if steady {
            self.bytes.extend_from_slice(symbol.as_bytes());
            self.advance(width, columns);
            return None;
        }
        // Terminals disagree on the width of this one: where it is narrower
        // than the cells it has here, blanks must show behind it, and what
        // follows must not be shifted.
        if width > 1 {
            self.spaces(width);
            self.advance(width, columns);
            self.move_to(at);
        }
        self.bytes.extend_from_slice(symbol.as_bytes());
        self.position = None;
        (width > 1).then(|| at.x.saturating_add(width))
    }

    /// Goes to a place a little further on by writing what is shown between.
    fn bridge(&mut self, to: Position) {
        let (Some(from), Some(pen)) = (self.position, self.pen) else { return };
        if from.y != to.y || from.x >= to.x || to.x - from.x > BRIDGE {
            return;
        }
        let mut between = [0; BRIDGE as usize];
        for (place, x) in between.iter_mut().zip(from.x..to.x) {
            match self.shown.get(x, to.y) {
                Known::Plain(b' ', blank) if pen.same_for_blank(blank) => *place = b' ',
                Known::Plain(byte, same) if same == pen => *place = byte,
                _ => return,
            }
        }
        let count = usize::from(to.x - from.x);
        self.bytes.extend(between.iter().take(count));
        self.position = Some(to);
    }

    fn blanks(&mut self, at: Position, count: u16, pen: Pen, columns: u16) {
        self.bridge(at);
        for column in 0..count {
            let blank = Position { x: at.x.saturating_add(column), y: at.y };
            self.shown.set(blank, columns, Known::Plain(b' ', pen));
        }
        self.use_pen_for_blank(pen);
        self.move_to(at);
        let erases = pen.erases();
        if erases && count >= ERASE_LINE_FROM && at.x.saturating_add(count) >= columns {
            self.bytes.extend_from_slice(b"\x1b[K");
        } else if erases && count >= ERASE_FROM {
            self.print(format_args!("\x1b[{count}X"));
        } else {
            self.spaces(count);
            self.advance(count, columns);
        }
    }

    fn use_pen(&mut self, pen: Pen) {
        pen.write(self.pen, &mut self.bytes);
        self.pen = Some(pen);
    }

    fn use_pen_for_blank(&mut self, pen: Pen) {
        if !self.pen.is_some_and(|now| now.same_for_blank(pen)) {
            self.use_pen(pen);
        }
    }

    fn spaces(&mut self, count: u16) {
        self.bytes.resize(self.bytes.len() + usize::from(count), b' ');
    }

    /// The cursor went on by this many columns. Terminals differ in where it
    /// is behind the last column.
    fn advance(&mut self, width: u16, columns: u16) {
        self.position = self
            .position
            .map(|at| Position { x: at.x.saturating_add(width), y: at.y })
            .filter(|at| at.x < columns);
    }

    fn print(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to memory can't fail.
        let _ = self.bytes.write_fmt(arguments);
    }
}

/// Whether the cell is a blank that erasing gives just as well.
fn erasable(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell).erases()
}

/// What is drawn for a cell, and the columns it takes here.
fn drawable(cell: &Cell) -> (&str, u16) {
    match shown(cell.symbol()) {
        Some(symbol) => (symbol, cell.cell_width().max(1)),
        None => ("\u{FFFD}", 1),
    }
}

/// The symbol if it may reach the terminal. Texts are made visible long before
/// they become cells; this is the last gate, and nothing passes it.
fn shown(symbol: &str) -> Option<&str> {
    match symbol.as_bytes() {
        [] => Some(" "),
        [0x20..=0x7E] => Some(symbol),
        _ => (!symbol.chars().any(|c| c.is_control() || acts(c))).then_some(symbol),
    }
}

/// Whether every terminal moves its cursor by `width` columns for this.
fn steady(symbol: &str, width: u16) -> bool {
    let mut characters = symbol.chars();
    match (characters.next().map(u32::from), characters.next()) {
        // Emoji became wide in one version of Unicode or another.
        (Some(0x1F000..=0x1FAFF), None) => false,
        (Some(0x2300..=0x2BFF), None) => width == 1,
        (_, None) => true,
        // Joined, combined and selected ones differ everywhere.
        (_, Some(_)) => false,
    }
}

/// The shortest way of the cursor. Line feeds are never used, since the last
/// row scrolls with them.
fn movement(from: Option<Position>, to: Position) -> String {
    let (column, row) = (u32::from(to.x) + 1, u32::from(to.y) + 1);
    let absolute = match (column, row) {
        (1, 1) => "\x1b[H".to_owned(),
        (1, _) => format!("\x1b[{row}H"),
        _ => format!("\x1b[{row};{column}H"),
    };
    let Some(from) = from else { return absolute };
    let relative = if from.y == to.y {
        along_row(from.x, to.x)
    } else if from.x == to.x {
        let key = if to.y > from.y { 'B' } else { 'A' };
        steps(from.y.abs_diff(to.y), key)
    } else {
        return absolute;
    };
    if relative.len() <= absolute.len() { relative } else { absolute }
}

fn along_row(from: u16, to: u16) -> String {
    let distance = from.abs_diff(to);
    if to == 0 {
        return "\r".to_owned();
    }
    if to < from && distance <= 3 {
        return "\x08".repeat(usize::from(distance));
    }
    let relative = steps(distance, if to > from { 'C' } else { 'D' });
    let column = format!("\x1b[{}G", u32::from(to) + 1);
    if relative.len() <= column.len() { relative } else { column }
}

fn steps(count: u16, key: char) -> String {
    if count == 1 { format!("\x1b[{key}") } else { format!("\x1b[{count}{key}") }
}
