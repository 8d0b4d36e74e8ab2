//! A terminal's screen as an SVG picture that needs nothing from outside.
//!
//! Nobody knows which font will show it. So every run of text says where it
//! starts and how wide it is, signs that fonts often lack stand in runs of
//! their own, and frames and bars are drawn as shapes, which meet whatever the
//! font.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter, Write};
use std::str::FromStr;
use vt100::{Cell, Color, Screen};

/// Width of a cell in the picture's units: six tenths of the type size, as in
/// most monospace fonts.
const WIDTH: u32 = 12;

/// Height of a cell in the picture's units.
const HEIGHT: u32 = 24;

/// Size of the type in the picture's units.
const TYPE_SIZE: u32 = 20;

/// From the top of a cell to the line that its letters stand on.
const BASELINE: u32 = 18;

/// Room between the window's edge and the screen.
const PADDING: u32 = 20;

/// Pixels for a hundred units, where the page gives the picture no size.
const SCALE: u32 = 70;

/// Fonts of the usual systems, then whatever there is.
const FONTS: &str =
    "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// The sixteen colours of a terminal.
const PALETTE: [u32; 16] = [
    0x3d4552, 0xe58a83, 0x93c98a, 0xe3b768, 0x7cb4f0, 0xbfa8ea, 0x86cabd, 0xc3cad5, 0x778193,
    0xf3a9a3, 0xb0dca8, 0xf0cf8f, 0xa3ccf7, 0xd4c3f4, 0xa9dfd4, 0xf2f5f9,
];

/// Percent of the way to the background that dim text goes.
const DIM: u32 = 40;

/// The widest gap that stays within a run of text, in columns. Spelling out a
/// wider one costs alignment where the font isn't monospace after all.
const WIDEST_GAP: u32 = 3;

/// Light and heavy line signs, with the arms (up, right, down, left) that
/// reach from the middle of the cell to its edge.
const ARMS: &[(char, char, &str)] = &[
    ('─', '━', "rl"),
    ('│', '┃', "ud"),
    ('┌', '┏', "rd"),
    ('┐', '┓', "dl"),
    ('└', '┗', "ur"),
    ('┘', '┛', "ul"),
    ('├', '┣', "urd"),
    ('┤', '┫', "udl"),
    ('┬', '┳', "rdl"),
    ('┴', '┻', "url"),
    ('┼', '╋', "urdl"),
];

/// Rounded corners: whether they reach to the right, and whether down.
const CORNERS: &[(char, bool, bool)] =
    &[('╭', true, true), ('╮', false, true), ('╰', true, false), ('╯', false, false)];

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rgb(u8, u8, u8);

impl Rgb {
    fn new(number: u32) -> Self {
        let [_, red, green, blue] = number.to_be_bytes();
        Self(red, green, blue)
    }

    /// A colour on the way to another one.
    fn towards(self, other: Self, percent: u32) -> Self {
        let mixed = |from: u8, to: u8| {
            let sum = u32::from(from) * (100 - percent) + u32::from(to) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(mixed(self.0, other.0), mixed(self.1, other.1), mixed(self.2, other.2))
    }
}

impl Display for Rgb {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl FromStr for Rgb {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.map(Self::new).ok_or_else(|| "write a colour like #d4d9e1".to_owned())
    }
}

/// The colours that a terminal takes where the program asks for none.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// Colour of text.
    pub foreground: Rgb,
    /// Colour behind text.
    pub background: Rgb,
}

/// Draws a screen in a window frame. The frame takes the background that most
/// of the screen has.
pub fn picture(screen: &Screen, defaults: Defaults) -> String {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let mut drawing = Drawing::default();
    for row in 0..rows {
        for column in 0..columns {
            // The second half of a wide character belongs to the first.
            let cell = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation());
            if let Some(cell) = cell {
                drawing.cell(row.into(), column.into(), cell, defaults);
            }
        }
    }
    if !screen.hide_cursor() {
        let (row, column) = screen.cursor_position();
        let (x, y) = (u32::from(column.min(columns - 1)) * 8, u32::from(row) * 8);
        drawing.blocks.push(Fill { x, y, width: 1, height: 8, colour: defaults.foreground });
    }
    drawing.finish(rows.into(), columns.into(), defaults)
}

/// What is to be drawn, in the order from back to front.
#[derive(Default)]
struct Drawing {
    papers: Vec<Fill>,
    blocks: Vec<Fill>,
    /// By colour, and whether they are heavy.
    strokes: BTreeMap<(Rgb, bool), Strokes>,
    texts: Vec<Text>,
}

/// A filled rectangle, in eighths of a cell's width and height.
#[derive(Clone, Copy)]
struct Fill {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    colour: Rgb,
}

/// Lines through the middles of cells, by the halves of cells they cross.
#[derive(Default)]
struct Strokes {
    /// Row, and half column.
    across: BTreeSet<(u32, u32)>,
    /// Column, and half row.
    down: BTreeSet<(u32, u32)>,
    /// Rounded corners as path data.
    corners: String,
}

/// A run of text in one row.
struct Text {
    row: u32,
    column: u32,
    /// In columns.
    width: u32,
    look: Look,
    text: String,
    /// Whether every sign is one that any monospace font has.
    plain: bool,
}

/// How text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    ink: Rgb,
    bold: bool,
    italic: bool,
    underline: bool,
}

impl Drawing {
    fn cell(&mut self, row: u32, column: u32, cell: &Cell, defaults: Defaults) {
        let (ink, paper) = colours(cell, defaults);
        let width = if cell.is_wide() { 2 } else { 1 };
        let (x, y) = (column * 8, row * 8);
        fill(&mut self.papers, Fill { x, y, width: width * 8, height: 8, colour: paper });
        let contents = if cell.has_contents() { cell.contents() } else { " " };
        let mut signs = contents.chars();
        let sign = signs.next().filter(|_| signs.next().is_none());
        if sign.is_some_and(|sign| self.shape(row, column, sign, (ink, paper))) {
            return;
        }
        let look =
            Look { ink, bold: cell.bold(), italic: cell.italic(), underline: cell.underline() };
        if look.underline || !contents.trim().is_empty() {
            let plain = sign.is_some_and(is_plain);
            self.text(Text { row, column, width, look, text: contents.to_owned(), plain });
        }
    }

    /// Draws a sign that is a shape; says whether it is one.
    fn shape(&mut self, row: u32, column: u32, sign: char, (ink, paper): (Rgb, Rgb)) -> bool {
        if let Some([x, y, width, height, share]) = block(sign) {
            let (x, y) = (column * 8 + x, row * 8 + y);
            fill(&mut self.blocks, Fill { x, y, width, height, colour: paper.towards(ink, share) });
            return true;
        }
        if let Some((_, right, down)) = CORNERS.iter().find(|(corner, ..)| *corner == sign) {
            let (x, y) = (column * WIDTH + WIDTH / 2, row * HEIGHT + HEIGHT / 2);
            let side = if *right { x + WIDTH / 2 } else { x - WIDTH / 2 };
            let end = if *down { y + HEIGHT / 2 } else { y - HEIGHT / 2 };
            let corners = &mut self.strokes.entry((ink, false)).or_default().corners;
            let _ = write!(corners, "M{x} {end}Q{x} {y} {side} {y}");
            return true;
        }
        let found = ARMS.iter().find(|(light, heavy, _)| *light == sign || *heavy == sign);
        let Some((_, heavy, arms)) = found else { return false };
        let strokes = self.strokes.entry((ink, *heavy == sign)).or_default();
        for arm in arms.chars() {
            let _ = match arm {
                'l' => strokes.across.insert((row, column * 2)),
                'r' => strokes.across.insert((row, column * 2 + 1)),
                'u' => strokes.down.insert((column, row * 2)),
                _ => strokes.down.insert((column, row * 2 + 1)),
            };
        }
        true
    }

    /// Adds text, to the run before it where they belong together.
    fn text(&mut self, new: Text) {
        if let Some(last) = self.texts.last_mut()
            && last.plain
            && new.plain
            && last.row == new.row
            && last.look == new.look
        {
            let gap = new.column.saturating_sub(last.column + last.width);
            let widest = if new.look.underline { 0 } else { WIDEST_GAP };
            if gap <= widest {
                for _ in 0..gap {
                    last.text.push(' ');
                }
                last.text.push_str(&new.text);
                last.width += gap + new.width;
                return;
            }
        }
        self.texts.push(new);
    }

    fn finish(self, rows: u32, columns: u32, defaults: Defaults) -> String {
        let mut areas: BTreeMap<Rgb, u32> = BTreeMap::new();
        for paper in &self.papers {
            *areas.entry(paper.colour).or_default() += paper.width;
        }
        let most = areas.into_iter().max_by_key(|(_, area)| *area);
        let page = most.map_or(defaults.background, |(colour, _)| colour);
        let ink = defaults.foreground;

        let (width, height) = (columns * WIDTH + 2 * PADDING, rows * HEIGHT + 2 * PADDING);
        let mut out = String::new();
        let _ = write!(out, r#"<svg xmlns="http://www.w3.org/2000/svg" role="img""#);
        let _ = write!(out, r#" aria-label="lorag in a terminal" viewBox="0 0 {width} {height}""#);
        let (shown_width, shown_height) = (width * SCALE / 100, height * SCALE / 100);
        let _ = writeln!(out, r#" width="{shown_width}" height="{shown_height}">"#);
        let (inner_width, inner_height) = (width - 2, height - 2);
        let _ = write!(out, r#"<rect x="1" y="1" width="{inner_width}" height="{inner_height}""#);
        let edge = page.towards(ink, 25);
        let _ = writeln!(out, r#" rx="14" fill="{page}" stroke="{edge}" stroke-width="2"/>"#);
        let _ = writeln!(out, r#"<g transform="translate({PADDING} {PADDING})">"#);

        let (across, down) = (f64::from(WIDTH) / 8.0, f64::from(HEIGHT) / 8.0);
        // Without crisp edges, the page would shine through between neighbours.
        let _ = write!(out, r#"<g transform="scale({across} {down})""#);
        out.push_str(" shape-rendering=\"crispEdges\">\n");
        write_fills(&mut out, self.papers.iter().filter(|paper| paper.colour != page));
        write_fills(&mut out, self.blocks.iter());
        out.push_str("</g><g fill=\"none\" stroke-linecap=\"square\">\n");
        for ((colour, heavy), strokes) in &self.strokes {
            let thickness = if *heavy { "3.2" } else { "1.6" };
            let _ = write!(out, r#"<path stroke="{colour}" stroke-width="{thickness}" d=""#);
            write_strokes(&mut out, strokes);
            out.push_str("\"/>\n");
        }
        let _ = write!(out, r#"</g><g fill="{ink}" font-family="{FONTS}""#);
        let _ = writeln!(out, r#" font-size="{TYPE_SIZE}">"#);
        for text in &self.texts {
            write_text(&mut out, text, ink);
        }
        out.push_str("</g>\n</g>\n</svg>\n");
        out
    }
}

/// The colours of a cell's text and of what is behind it.
fn colours(cell: &Cell, defaults: Defaults) -> (Rgb, Rgb) {
    let mut ink = colour(cell.fgcolor(), defaults.foreground);
    let mut paper = colour(cell.bgcolor(), defaults.background);
    if cell.inverse() {
        std::mem::swap(&mut ink, &mut paper);
    }
    if cell.dim() {
        ink = ink.towards(paper, DIM);
    }
    (ink, paper)
}

/// A terminal's colour; those from 16 on are xterm's cube and greys.
fn colour(colour: Color, default: Rgb) -> Rgb {
    match colour {
        Color::Default => default,
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Idx(index @ 232..) => {
            let grey = 8 + (index - 232) * 10;
            Rgb(grey, grey, grey)
        }
        Color::Idx(index @ 16..) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
            let place = index - 16;
            Rgb(level(place / 36), level(place / 6 % 6), level(place % 6))
        }
        Color::Idx(index) => {
            PALETTE.get(usize::from(index)).map_or(default, |number| Rgb::new(*number))
        }
    }
}

/// A block sign as x, y, width and height in eighths of the cell, and the
/// percent of ink in it.
fn block(sign: char) -> Option<[u32; 5]> {
    let code = u32::from(sign);
    Some(match sign {
        '\u{2580}' => [0, 0, 8, 4, 100],
        '\u{2581}'..='\u{2588}' => [0, 0x2588 - code, 8, code - 0x2580, 100],
        '\u{2589}'..='\u{258f}' => [0, 0, 0x2590 - code, 8, 100],
        '\u{2590}' => [4, 0, 4, 8, 100],
        '\u{2591}'..='\u{2593}' => [0, 0, 8, 8, (code - 0x2590) * 25],
        '\u{2594}' => [0, 0, 8, 1, 100],
        '\u{2595}' => [7, 0, 1, 8, 100],
        _ => return None,
    })
}

/// Whether any monospace font has the sign, as wide as all others.
fn is_plain(sign: char) -> bool {
    match sign {
        ' '..='~' | '¡'..='¬' | '®'..='ſ' => true,
        sign => "–—‘’“”•…".contains(sign),
    }
}

/// Adds a rectangle, to the one on its left where they make one.
fn fill(fills: &mut Vec<Fill>, new: Fill) {
    if let Some(last) = fills.last_mut()
        && (last.y, last.height, last.colour) == (new.y, new.height, new.colour)
        && last.x + last.width == new.x
    {
        last.width += new.width;
        return;
    }
    fills.push(new);
}

/// Writes rectangles as one path for each colour, those below each other as
/// one where they are equally wide.
fn write_fills<'a>(out: &mut String, fills: impl Iterator<Item = &'a Fill>) {
    let mut stacked: Vec<Fill> = Vec::new();
    for fill in fills {
        let above = stacked.iter_mut().find(|above| {
            (above.x, above.width, above.colour) == (fill.x, fill.width, fill.colour)
                && above.y + above.height == fill.y
        });
        match above {
            Some(above) => above.height += fill.height,
            None => stacked.push(*fill),
        }
    }
    let mut paths: BTreeMap<Rgb, String> = BTreeMap::new();
    for Fill { x, y, width, height, colour } in stacked {
        let path = paths.entry(colour).or_default();
        let _ = write!(path, "M{x} {y}h{width}v{height}h-{width}z");
    }
    for (colour, path) in paths {
        let _ = writeln!(out, r#"<path fill="{colour}" d="{path}"/>"#);
    }
}

/// Writes lines as path data.
fn write_strokes(out: &mut String, strokes: &Strokes) {
    for (row, from, to) in runs(&strokes.across) {
        let (from, to) = (from * WIDTH / 2, to * WIDTH / 2);
        let _ = write!(out, "M{from} {}H{to}", row * HEIGHT + HEIGHT / 2);
    }
    for (column, from, to) in runs(&strokes.down) {
        let (from, to) = (from * HEIGHT / 2, to * HEIGHT / 2);
        let _ = write!(out, "M{} {from}V{to}", column * WIDTH + WIDTH / 2);
    }
    out.push_str(&strokes.corners);
}

/// Halves that follow each other on a line, as that line with the first half
/// and the one behind the last.
fn runs(halves: &BTreeSet<(u32, u32)>) -> Vec<(u32, u32, u32)> {
    let mut runs: Vec<(u32, u32, u32)> = Vec::new();
    for (line, half) in halves.iter().copied() {
        match runs.last_mut() {
            Some((last, _, end)) if *last == line && *end == half => *end += 1,
            _ => runs.push((line, half, half + 1)),
        }
    }
    runs
}

/// Writes a run of text; `ink` is the colour that need not be said.
fn write_text(out: &mut String, run: &Text, ink: Rgb) {
    let Text { row, column, width, look, text, plain } = run;
    let _ = write!(out, r#"<text x="{}" y="{}""#, column * WIDTH, row * HEIGHT + BASELINE);
    if *plain && *width > 1 {
        let _ = write!(out, r#" textLength="{}""#, width * WIDTH);
    }
    if look.ink != ink {
        let _ = write!(out, r#" fill="{}""#, look.ink);
    }
    for (is, attribute) in [
        (look.bold, r#" font-weight="bold""#),
        (look.italic, r#" font-style="italic""#),
        (look.underline, r#" text-decoration="underline""#),
        // Said where spaces would be lost, and nowhere else.
        (text.contains("  ") || text.trim() != text, r#" xml:space="preserve""#),
    ] {
        if is {
            out.push_str(attribute);
        }
    }
    let _ = writeln!(out, ">{}</text>", escaped(text));
}

/// Text as XML takes it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            sign if sign.is_control() => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
    out
}
