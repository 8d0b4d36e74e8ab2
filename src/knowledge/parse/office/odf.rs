//! OpenDocument texts and presentations (ODT, ODP).

use super::super::xml_pieces::{Element, Piece, pieces};
use super::super::{Document, Format, Skip};
use super::{Flow, part};
use crate::domain::{Place, PlaceKind};

/// Most spaces that one element stands for.
const MOST_SPACES: usize = 256;

/// Reads a text or a presentation.
///
/// # Errors
/// [`Skip::Unusable`] where it is damaged, [`Skip::Empty`] without text.
pub(in super::super) fn parse(bytes: &[u8], format: Format) -> Result<Document, Skip> {
    let body = part(bytes, "OpenDocument file", "content.xml")?;
    let is_slides = format == Format::Slides;
    let flow = if is_slides { Flow::default() } else { Flow::of_paragraphs() };
    let mut reader = Reader { flow, is_slides, ..Reader::default() };
    for piece in pieces(&body) {
        reader.take(piece);
        if reader.flow.out.is_full() {
            break;
        }
    }
    reader.flow.finish(format)
}

#[derive(Default)]
struct Reader {
    flow: Flow,
    is_slides: bool,
    slide: u32,
    /// Paragraphs that are open: one in a note lies in another.
    open: Vec<(String, Option<u8>)>,
    lists: usize,
    /// How deep in what is left out.
    hidden: usize,
    is_title: bool,
    columns: usize,
}

impl Reader {
    fn take(&mut self, piece: Piece) {
        let is_hidden = |name: &str| {
            matches!(name, "annotation" | "tracked-changes" | "forms" | "desc" | "ruby-text")
        };
        match piece {
            Piece::Open(element) if self.hidden > 0 || is_hidden(&element.name) => self.hidden += 1,
            Piece::Close(_) if self.hidden > 0 => self.hidden -= 1,
            _ if self.hidden > 0 => {}
            Piece::Open(element) => self.begin(&element),
            Piece::Text(text) => self.say(&text),
            Piece::Close(name) => self.end(&name),
        }
    }

    fn say(&mut self, text: &str) {
        if let Some((open, _)) = self.open.last_mut() {
            open.push_str(text);
        }
    }

    fn begin(&mut self, element: &Element) {
        match element.name.as_str() {
            "p" if self.open.len() < 64 => self.open.push((String::new(), None)),
            "h" if self.open.len() < 64 => {
                let level = element.number("outline-level").unwrap_or(1).clamp(1, 6);
                self.open.push((String::new(), u8::try_from(level).ok()));
            }
            "s" => {
                let count = element.number("c").unwrap_or(1).min(MOST_SPACES);
                self.say(&" ".repeat(count));
            }
            "tab" => self.say("\t"),
            "line-break" => self.say("\n"),
            "list" => self.lists += 1,
            "page" if self.is_slides => {
                self.slide += 1;
                self.flow.out.at(Place::new(PlaceKind::Slide, self.slide));
            }
            "frame" => self.is_title = element.get("class") == Some("title"),
            "table" => self.flow.open_table(),
            "table-cell" => self.columns = element.number("number-columns-spanned").unwrap_or(1),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "h" => {
                if let Some((text, level)) = self.open.pop() {
                    let level = level.or_else(|| (self.is_slides && self.is_title).then_some(1));
                    self.flow.paragraph(&text, level, self.lists > 0 && !self.is_slides);
                }
            }
            "list" => self.lists = self.lists.saturating_sub(1),
            "table-cell" => self.flow.close_cell(self.columns),
            "table-row" => self.flow.close_row(),
            "table" => self.flow.close_table(),
            _ => {}
        }
    }
}
