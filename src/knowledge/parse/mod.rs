//! Reading a file: bytes become a [`Document`] with its structure, or a reason
//! to skip it.

mod code;
mod decode;
mod document;
mod fragment;
mod generated;
mod html;
mod markdown;
mod output;
mod row;
mod rows;
mod rst;
mod table;
mod text;

pub use document::{Block, BlockKind, Document, Format, Skip};
pub use generated::generated;

use crate::domain::OffsetMap;
use std::path::Path;

/// Reads a document from a file's bytes. The path only tells the format.
///
/// # Errors
/// [`Skip::Binary`] or [`Skip::Undecodable`].
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Document, Skip> {
    let format = Format::of(path);
    let decoded = decode::decode(bytes)?;
    Ok(match format {
        Format::Markdown => markdown::parse(decoded),
        Format::Text => text::parse(decoded),
        Format::Rst => rst::parse(decoded),
        Format::Html => html::parse(decoded),
        Format::Code => code::parse(path, decoded),
        Format::Table => table::parse(path, decoded),
    })
}

/// A file's text as it was written, neither rendered nor split, with the way
/// back to its bytes.
///
/// # Errors
/// [`Skip::Binary`] or [`Skip::Undecodable`].
pub fn decode_text(bytes: &[u8]) -> Result<(String, OffsetMap), Skip> {
    decode::decode(bytes).map(|decoded| (decoded.text, decoded.offsets))
}

/// Where the lines of a file end, in bytes: at each line feed, which takes two
/// bytes in UTF-16.
#[must_use]
pub fn line_breaks(file: &[u8]) -> Vec<usize> {
    match decode::wide(file) {
        Some(line_feed) => file
            .chunks_exact(2)
            .enumerate()
            .filter(|(_, unit)| *unit == line_feed)
            .map(|(unit, _)| unit * 2)
            .collect(),
        None => file.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect(),
    }
}

impl Format {
    /// The format of a file, by its name.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("").to_ascii_lowercase();
        // Rendered documentation keeps its sources beside it as `intro.rst.txt`.
        let inner = name
            .strip_suffix(".txt")
            .filter(|inner| inner.ends_with(".rst") || inner.ends_with(".md"));
        let extension = inner.unwrap_or(&name).rsplit_once('.').map_or("", |(_, e)| e);
        match extension {
            "md" | "markdown" | "mdown" | "mkd" | "mdx" => Self::Markdown,
            "rst" | "rest" => Self::Rst,
            "html" | "htm" | "xhtml" => Self::Html,
            _ if table::is_table(extension) => Self::Table,
            _ if code::is_code(&name, extension) => Self::Code,
            _ => Self::Text,
        }
    }
}
