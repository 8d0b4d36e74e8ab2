//! PowerPoint presentations (PPTX).

use super::super::package::{Package, relations, relations_of};
use super::super::xml_pieces::{Piece, pieces};
use super::super::{Document, Format, Skip};
use super::{Flow, missing};
use crate::domain::{Place, PlaceKind};

const WHAT: &str = "PowerPoint presentation";
const MAIN: &str = "ppt/presentation.xml";
/// Most slides that are read.
const MOST: usize = 5_000;

/// Reads a presentation.
///
/// # Errors
/// [`Skip::Unusable`] where it is damaged, [`Skip::Empty`] without text.
pub(in super::super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let mut package = Package::open(bytes, WHAT)?;
    let main = package.text(MAIN)?;
    if main.is_empty() {
        return Err(missing(WHAT, MAIN));
    }
    let parts = relations(&package.text(&relations_of(MAIN))?, MAIN);
    let id = |piece| match piece {
        Piece::Open(element) if element.name == "sldId" => {
            // Its own number is called `id`, too.
            parts.iter().find(|(id, ..)| element.has(id)).map(|(_, target, _)| target.clone())
        }
        _ => None,
    };
    let slides: Vec<String> = pieces(&main).filter_map(id).take(MOST).collect();
    let mut flow = Flow::default();
    for (number, slide) in (1..).zip(&slides) {
        flow.out.at(Place::new(PlaceKind::Slide, number));
        let text = package.text(slide)?;
        read(&mut flow, &text, false);
        let beside = relations(&package.text(&relations_of(slide))?, slide);
        if let Some((_, notes, _)) = beside.iter().find(|(.., kind)| kind == "notesSlide") {
            let text = package.text(notes)?;
            read(&mut flow, &text, true);
        }
    }
    flow.finish(Format::Slides)
}

/// Reads a slide, or the notes below it.
fn read(flow: &mut Flow, text: &str, is_notes: bool) {
    let mut paragraph = String::new();
    // The title of a shape is on several lines at times.
    let mut title: Option<String> = None;
    let (mut is_text, mut is_title, mut is_left_out) = (false, false, false);
    for piece in pieces(text) {
        match piece {
            Piece::Open(element) => match element.name.as_str() {
                "sp" => (is_title, is_left_out) = (false, false),
                "ph" => {
                    let kind = element.get("type").unwrap_or("body");
                    is_title = matches!(kind, "title" | "ctrTitle") && !is_notes;
                    // Of notes only the notes are new.
                    is_left_out = matches!(kind, "sldNum" | "dt" | "ftr" | "hdr" | "sldImg");
                }
                "t" => is_text = true,
                "br" => paragraph.push('\n'),
                "tbl" => flow.open_table(),
                _ => {}
            },
            Piece::Text(said) if is_text && !is_left_out => paragraph.push_str(&said),
            Piece::Text(_) => {}
            Piece::Close(name) => match name.as_str() {
                "t" => is_text = false,
                "p" => {
                    let said = std::mem::take(&mut paragraph);
                    if is_title {
                        let title = title.get_or_insert_default();
                        title.push_str(if title.is_empty() { "" } else { " " });
                        title.push_str(&said);
                    } else {
                        flow.paragraph(&said, None, false);
                    }
                }
                "sp" => {
                    if let Some(title) = title.take() {
                        flow.paragraph(&title, Some(1), false);
                    }
                    is_title = false;
                }
                "tc" => flow.close_cell(1),
                "tr" => flow.close_row(),
                "tbl" => flow.close_table(),
                _ => {}
            },
        }
    }
}
