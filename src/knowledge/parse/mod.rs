//! Reading a file: bytes become a [`Document`] with its structure, or a reason
//! to skip it.

mod code;
mod decode;
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

pub use generated::generated;

use crate::domain::OffsetMap;
use std::ops::Range;
use std::path::Path;

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// CommonMark with tables, footnotes and front matter.
    Markdown,
    /// Anything else that decodes as text.
    Text,
    /// reStructuredText.
    Rst,
    /// HTML and XHTML.
    Html,
    /// Source code, split at syntax boundaries where the language is known.
    Code,
    /// A sheet of rows: CSV, TSV.
    Table,
}

/// What a block of a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A heading; its text without markup, and its level from 1. For code an
    /// item (`impl Foo`, `fn bar`) whose body follows at a deeper level.
    Heading {
        /// Depth, 1 for the outermost.
        level: u8,
        /// The words, without markup.
        title: String,
    },
    /// Running text, a list, a table, a quote: may be split at sentences or
    /// lines.
    Prose,
    /// Preformatted text or code: split only at lines.
    Verbatim,
    /// A row of a table, rendered on one line with its header; never split.
    Row,
    /// A declaration of source code with its comment, without its body: split
    /// only at lines, quoted whole.
    Declaration,
}

/// A piece of a document that is kept together where it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its place in the document's text, in bytes. Blocks come in order and
    /// don't overlap; what lies between two is white space or markup. Empty for
    /// a heading whose words stand in what follows, or nowhere.
    pub range: Range<usize>,
    /// What it stands below beside its headings, such as the lead-in of its
    /// list. Empty mostly.
    pub context: String,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it was taken for.
    pub format: Format,
    /// The text: the file itself, decoded or rendered where it had to be.
    pub text: String,
    /// Leads ranges of `text` to the file.
    pub offsets: OffsetMap,
    /// Whether `text` isn't literally the file's bytes.
    pub rendered: bool,
    /// The structure, in order.
    pub blocks: Vec<Block>,
}

/// Why a file is not indexed. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// It holds binary data.
    #[error("binary file ({0})")]
    Binary(String),
    /// It is text in no encoding that lorag reads.
    #[error("undecodable text: {0}")]
    Undecodable(String),
    /// It is larger than the limit.
    #[error("{size} bytes, over the limit of {limit} (ingest.max_file_bytes)")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A program wrote it for programs.
    #[error("generated: {0} (ingest.generated takes it in)")]
    Generated(String),
    /// There is no text in it.
    #[error("it holds no text")]
    Empty,
    /// A part of lorag failed on it.
    #[error("lorag failed on it, which is a bug of lorag: {0}")]
    Broken(String),
    /// Its name isn't UTF-8.
    #[error("its name is not valid UTF-8")]
    Name,
    /// A link, and links aren't followed.
    #[error("a symbolic link (ingest.follow_links is off)")]
    Link,
    /// A link that leads to one of its own parents.
    #[error("a symbolic link that leads back to {0}")]
    Loop(String),
}

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
