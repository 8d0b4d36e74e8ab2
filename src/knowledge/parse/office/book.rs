//! Books (EPUB): chapters in the order of reading, each an HTML page.

use super::super::package::{Package, beside};
use super::super::xml_pieces::{Piece, pieces};
use super::super::{BlockKind, Document, Format, Skip, decode, html};
use super::missing;
use crate::domain::{Place, PlaceKind};
use std::collections::HashMap;

const WHAT: &str = "EPUB book";
/// Most chapters that are read.
const MOST: usize = 5_000;

/// Reads a book.
///
/// # Errors
/// [`Skip::Unusable`] where it is damaged or locked, [`Skip::Empty`] without
/// text.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let mut package = Package::open(bytes, WHAT)?;
    let container = package.text("META-INF/container.xml")?;
    let main = pieces(&container).find_map(|piece| match piece {
        Piece::Open(element) if element.name == "rootfile" => {
            element.get("full-path").map(str::to_owned)
        }
        _ => None,
    });
    let main = main.ok_or_else(|| missing(WHAT, "META-INF/container.xml"))?;
    let mut files: HashMap<String, String> = HashMap::new();
    let mut spine: Vec<String> = Vec::new();
    for piece in pieces(&package.text(&main)?) {
        let Piece::Open(element) = piece else { continue };
        match (element.name.as_str(), element.get("id"), element.get("href"), element.get("idref"))
        {
            ("item", Some(id), Some(href), _) => {
                files.insert(id.to_owned(), beside(&main, &unescaped(href)));
            }
            ("itemref", _, _, Some(id)) => spine.push(id.to_owned()),
            _ => {}
        }
    }
    let mut out = super::Extract::default();
    for (number, id) in (1..).zip(spine.iter().take(MOST)) {
        let Some(name) = files.get(id) else { continue };
        let Some(page) = package.read(name)? else { continue };
        let Ok(decoded) = decode::decode(&page) else { continue };
        let page = html::parse(decoded);
        out.at(Place::new(PlaceKind::Chapter, number));
        for block in page.blocks {
            let text = page.text.get(block.range).unwrap_or_default();
            match &block.kind {
                BlockKind::Heading { level, title } => {
                    out.heading(*level, if text.is_empty() { title } else { text });
                }
                _ => out.add(block.kind, text, &block.context),
            }
        }
    }
    out.finish(Format::Book)
}

/// A name with `%20` and the like as what they stand for.
fn unescaped(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.split('#').next().unwrap_or_default().bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digits = (ahead.next(), ahead.next());
        let value = match (byte, digits) {
            (b'%', (Some(high), Some(low))) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                digit(high)
                    .zip(digit(low))
                    .and_then(|(high, low)| u8::try_from(high << 4 | low).ok())
            }
            _ => None,
        };
        out.push(value.unwrap_or(byte));
        if value.is_some() {
            rest = ahead;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unescaped() {
        assert_eq!(super::unescaped("a%20b%C3%A9.xhtml#top"), "a bé.xhtml");
        assert_eq!(super::unescaped("100%.html"), "100%.html");
    }
}
