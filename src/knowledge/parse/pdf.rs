//! PDF: the text of each page, in the order of reading, under its page number.
//!
//! `hayro-syntax` reads objects, streams and encryption; fonts, text and layout
//! are read here. A page that gives no text or only noise is left out and told
//! of.

mod accents;
mod cmap;
mod content;
mod encoding;
mod font;
mod layout;
mod quality;
mod stream;
mod tex;
mod visual;
mod widths;

use super::extract::Extract;
use super::{Document, Format, Skip};
use crate::domain::{Place, PlaceKind};
use content::Fonts;
use hayro_syntax::{LoadPdfError, Pdf};
use layout::Paragraph;
use quality::Unread;
use std::collections::HashMap;

/// Most pages of a file.
const MOST_PAGES: usize = 20_000;
/// Longest line that is a heading, in characters.
const LONGEST_HEADING: usize = 120;
/// Pages that are named one by one where they could not be read.
const NAMED_PAGES: usize = 8;

/// Whether a file is a PDF; some have other bytes before its mark.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    let head = bytes.get(..1024).unwrap_or(bytes);
    head.windows(5).any(|window| window == b"%PDF-")
}

/// Reads a PDF.
///
/// # Errors
/// [`Skip::Unusable`] where it is locked, damaged, or no page of it has text.
pub(super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| {
        Skip::Unusable(match error {
            LoadPdfError::Decryption(_) => "a PDF that asks for a password".to_owned(),
            LoadPdfError::Invalid => "a damaged PDF".to_owned(),
        })
    })?;
    let mut fonts = Fonts::new();
    let mut out = Extract::default();
    let mut pages: Vec<(u32, Vec<Paragraph>)> = Vec::new();
    let (mut pictures, mut noise) = (Vec::new(), Vec::new());
    let mut size = 0;
    for (number, page) in (1u32..).zip(pdf.pages().iter().take(MOST_PAGES)) {
        let shown = content::read(page, &mut fonts);
        let paragraphs = layout::paragraphs(&layout::lines(&shown.glyphs));
        let text: Vec<&str> = paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect();
        let text = text.join("\n");
        match quality::check(&text, shown.has_image) {
            Ok(()) => {
                size += text.len();
                pages.push((number, paragraphs));
            }
            Err(Unread::Picture) => pictures.push(number),
            Err(Unread::Noise) => noise.push(number),
        }
        if size > super::extract::MOST_TEXT {
            break;
        }
    }
    let body = body_size(&pages);
    let levels = heading_sizes(&pages, body);
    for (number, paragraphs) in &pages {
        out.at(Place::new(PlaceKind::Page, *number));
        for paragraph in paragraphs {
            match level(paragraph, body, &levels) {
                Some(level) => out.heading(level, &paragraph.text),
                None => out.prose(&paragraph.text, ""),
            }
        }
    }
    for (unread, why) in
        [(pictures, "needs OCR"), (noise, "its fonts don't say what they show: it needs OCR")]
    {
        if let Some(note) = note(&unread, why) {
            out.note(note);
        }
    }
    out.finish(Format::Pdf)
}

/// `page 12 could not be read: it needs OCR`.
fn note(pages: &[u32], why: &str) -> Option<String> {
    let why = if why.starts_with("needs") { format!("it {why}") } else { why.to_owned() };
    let more = pages.len().saturating_sub(NAMED_PAGES);
    let named: Vec<String> = pages.iter().take(NAMED_PAGES).map(u32::to_string).collect();
    match pages {
        [] => None,
        [page] => Some(format!("page {page} could not be read: {why}")),
        _ if more == 0 => Some(format!("pages {} could not be read: {why}", named.join(", "))),
        _ => Some(format!("pages {} and {more} more could not be read: {why}", named.join(", "))),
    }
}

/// The size that most of the text has.
fn body_size(pages: &[(u32, Vec<Paragraph>)]) -> f32 {
    let mut sizes: HashMap<i32, usize> = HashMap::new();
    for paragraph in pages.iter().flat_map(|(_, paragraphs)| paragraphs) {
        *sizes.entry(rounded(paragraph.size)).or_default() += paragraph.text.len();
    }
    let most = sizes.into_iter().max_by_key(|(size, count)| (*count, *size));
    most.map_or(10.0, |(size, _)| size as f32 / 2.0)
}

fn rounded(size: f32) -> i32 {
    (size * 2.0).round() as i32
}

/// The sizes of headings, largest first.
fn heading_sizes(pages: &[(u32, Vec<Paragraph>)], body: f32) -> Vec<i32> {
    let all = pages.iter().flat_map(|(_, paragraphs)| paragraphs);
    let mut sizes: Vec<i32> = all
        .filter(|paragraph| is_heading(paragraph, body))
        .map(|paragraph| rounded(paragraph.size))
        .collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    sizes
}

/// Whether a paragraph is a heading: larger or bolder than the text, and short.
fn is_heading(paragraph: &Paragraph, body: f32) -> bool {
    let text = paragraph.text.trim();
    let is_short = paragraph.lines <= 3 && text.chars().count() <= LONGEST_HEADING;
    let has_letters = text.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    let is_large = paragraph.size > body * 1.12;
    let is_bold = paragraph.is_bold && paragraph.size > body * 0.95;
    is_short && has_letters && (is_large || is_bold) && !text.ends_with(['.', ',', ';', ':'])
}

fn level(paragraph: &Paragraph, body: f32, sizes: &[i32]) -> Option<u8> {
    if !is_heading(paragraph, body) {
        return None;
    }
    let size = rounded(paragraph.size);
    let at = sizes.iter().position(|known| *known == size).unwrap_or(0);
    u8::try_from(at + 1).ok().map(|level| level.min(6))
}
