//! Word documents (DOCX).

use super::super::package::Package;
use super::super::xml_pieces::{Element, Piece, pieces};
use super::super::{Document, Format, Skip};
use super::{Flow, missing};
use std::collections::HashMap;

const WHAT: &str = "Word document";
const MAIN: &str = "word/document.xml";

/// Reads a Word document.
///
/// # Errors
/// [`Skip::Unusable`] where it is damaged, [`Skip::Empty`] without text.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let mut package = Package::open(bytes, WHAT)?;
    let styles = styles(&package.text("word/styles.xml")?);
    let body = package.text(MAIN)?;
    if body.is_empty() {
        return Err(missing(WHAT, MAIN));
    }
    let mut reader = Reader {
        flow: Flow::of_paragraphs(),
        styles: &styles,
        open: Vec::new(),
        hidden: 0,
        is_text: false,
        columns: 1,
    };
    reader.read(&body);
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        reader.read(&package.text(notes)?);
    }
    reader.flow.finish(Format::Word)
}

/// The levels of headings by their styles: `heading 2` and what is based on it.
fn styles(text: &str) -> HashMap<String, u8> {
    let mut out = HashMap::new();
    let mut based: Vec<(String, String)> = Vec::new();
    let mut current = String::new();
    for piece in pieces(text) {
        let Piece::Open(element) = piece else { continue };
        let value = element.get("val").unwrap_or_default();
        match element.name.as_str() {
            "style" => current = element.get("styleId").unwrap_or_default().to_owned(),
            "name" => {
                let name = value.to_lowercase();
                let level = name.strip_prefix("heading ").and_then(|level| level.parse().ok());
                let level = level.or_else(|| (name == "title").then_some(1));
                if let Some(level) = level {
                    out.insert(current.clone(), level);
                }
            }
            "outlineLvl" => {
                if let Ok(level @ 0..=8) = value.parse::<u8>() {
                    out.entry(current.clone()).or_insert(level + 1);
                }
            }
            "basedOn" => based.push((current.clone(), value.to_owned())),
            _ => {}
        }
    }
    for (style, on) in based {
        if let Some(level) = out.get(&on).copied() {
            out.entry(style).or_insert(level);
        }
    }
    out
}

/// A paragraph as it is read; one in a text frame lies in another.
#[derive(Default)]
struct Open {
    text: String,
    level: Option<u8>,
    is_item: bool,
}

struct Reader<'a> {
    flow: Flow,
    styles: &'a HashMap<String, u8>,
    open: Vec<Open>,
    /// Elements that are left out, with all in them, and how deep that is.
    hidden: usize,
    /// Whether what is said is text.
    is_text: bool,
    columns: usize,
}

/// What isn't shown: text that was moved away, the second form of a drawing,
/// codes of fields.
fn is_hidden(name: &str) -> bool {
    matches!(name, "Fallback" | "moveFrom" | "del" | "instrText" | "footnotePr" | "rt")
}

impl Reader<'_> {
    fn read(&mut self, text: &str) {
        for piece in pieces(text) {
            match piece {
                Piece::Open(element) if self.hidden > 0 || is_hidden(&element.name) => {
                    self.hidden += 1;
                }
                Piece::Close(_) if self.hidden > 0 => self.hidden -= 1,
                _ if self.hidden > 0 => {}
                Piece::Open(element) => self.begin(&element),
                Piece::Close(name) => self.end(&name),
                Piece::Text(text) => {
                    if self.is_text {
                        self.say(&text);
                    }
                }
            }
            if self.flow.out.is_full() {
                return;
            }
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            open.text.push_str(text);
        }
    }

    fn begin(&mut self, element: &Element) {
        match element.name.as_str() {
            "p" if self.open.len() < 64 => self.open.push(Open::default()),
            "t" => self.is_text = true,
            "tab" if !self.is_text => self.say("\t"),
            "br" | "cr" => self.say("\n"),
            "noBreakHyphen" => self.say("-"),
            "pStyle" => {
                let level = element.get("val").and_then(|style| self.styles.get(style)).copied();
                if let Some(open) = self.open.last_mut() {
                    open.level = level.map(|level| level.clamp(1, 6));
                }
            }
            "numPr" => {
                if let Some(open) = self.open.last_mut() {
                    open.is_item = true;
                }
            }
            "tbl" => self.flow.open_table(),
            "tc" => self.columns = 1,
            "gridSpan" => self.columns = element.number("val").unwrap_or(1),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "t" => self.is_text = false,
            "p" => {
                if let Some(Open { text, level, is_item }) = self.open.pop() {
                    self.flow.paragraph(&text, level, is_item);
                }
            }
            "tc" => {
                self.flow.close_cell(self.columns);
                self.columns = 1;
            }
            "tr" => self.flow.close_row(),
            "tbl" => self.flow.close_table(),
            _ => {}
        }
    }
}
