//! Source code: each item is a heading over its declaration with its comment,
//! and its body; so a chunk is a function or a few of them, says where it
//! belongs, and is quoted by the declaration and not by some line.
//!
//! The syntax of eight languages is known through tree-sitter. Everything
//! else, and what tree-sitter takes too long or goes too deep for, is divided
//! at blank lines.

mod depth;
mod items;
mod languages;
mod outline;

pub(super) use languages::is_code;

use super::decode::Decoded;
use super::{Document, Format};
use depth::Depth;
use languages::language;
use outline::{Outline, starts_at_margin};
use std::path::Path;
use std::time::{Duration, Instant};
use tree_sitter::{Language, ParseOptions, ParseState, Parser, Point, Tree};

/// Text above this many bytes is not parsed: code written by people is
/// smaller, and a syntax tree takes many times the memory of its text.
const MOST_BYTES: usize = 2 << 20;

/// Time after which parsing is given up.
const MOST_TIME: Duration = Duration::from_secs(2);

/// Divides code into blocks. Code that is broken, or in a language whose
/// syntax isn't known, loses no text.
pub(super) fn parse(path: &Path, decoded: Decoded) -> Document {
    let mut outline = Outline { text: &decoded.text, blocks: Vec::new(), end: 0 };
    match language(path).and_then(|language| syntax(&language, &decoded.text)) {
        Some(tree) => outline.container(tree.root_node(), decoded.text.len(), 1),
        None => outline.verbatim(decoded.text.len(), starts_at_margin),
    }
    let blocks = outline.blocks;
    Document {
        format: Format::Code,
        text: decoded.text,
        offsets: decoded.offsets,
        rendered: decoded.rendered,
        blocks,
        notes: Vec::new(),
    }
}

/// The syntax tree, unless the text is too large, takes too long or nests too
/// deep.
fn syntax(language: &Language, text: &str) -> Option<Tree> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let started = Instant::now();
    let depth = Depth::watch(&mut parser);
    let mut is_over = |_: &ParseState| depth.is_too_large() || started.elapsed() > MOST_TIME;
    let options = ParseOptions::new().progress_callback(&mut is_over);
    let bytes = text.as_bytes();
    let mut read = |at: usize, _: Point| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

#[cfg(test)]
mod tests;
