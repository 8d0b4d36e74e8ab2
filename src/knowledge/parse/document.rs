//! A document with its structure, and why a file is none.

use crate::domain::{OffsetMap, panic_text};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::ops::Range;

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// PDF, by pages.
    Pdf,
    /// Word and OpenDocument texts, by paragraphs.
    Word,
    /// PowerPoint and OpenDocument presentations, by slides.
    Slides,
    /// EPUB, by chapters.
    Book,
    /// Excel and OpenDocument sheets, by rows.
    Sheet,
    /// Notebooks, by cells.
    Notebook,
    /// Mail, by messages.
    Mail,
    /// JSON, YAML and TOML.
    Data,
    /// LaTeX.
    Latex,
    /// AsciiDoc.
    Asciidoc,
    /// Org.
    Org,
    /// Subtitles: SRT and WebVTT.
    Subtitles,
    /// Log records.
    Log,
    /// Manual pages.
    Manual,
    /// Manual pages that are kept compressed, by lines.
    PackedManual,
    /// XML.
    Xml,
}

/// What a block of a document is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it was taken for.
    pub format: Format,
    /// The text: the file itself, decoded or rendered where it had to be.
    #[serde(skip)]
    pub text: String,
    /// Leads ranges of `text` to the file.
    #[serde(skip)]
    pub offsets: OffsetMap,
    /// Whether `text` isn't literally the file's bytes.
    pub rendered: bool,
    /// The structure, in order.
    pub blocks: Vec<Block>,
    /// What of the file could not be read, a sentence each; mostly nothing.
    pub notes: Vec<String>,
}

/// Why a file is not indexed. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
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
    /// It is of a kind that lorag reads, and can't be read all the same: it is
    /// damaged, locked, or has no text.
    #[error("{0}")]
    Unusable(String),
    /// There is no text in it.
    #[error("it holds no text")]
    Empty,
    /// A part of lorag failed on it.
    #[error("lorag failed on it, which is a bug of lorag: {0}")]
    Broken(String),
    /// Reading it took more than a file may take, or ended the process that read
    /// it.
    #[error("reading it was ended: {0}; it is read again once it has changed")]
    Ended(String),
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

impl Skip {
    /// The reason where a part of lorag panicked, on one line and not too long.
    #[must_use]
    pub fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let text = panic_text(payload).unwrap_or_else(|| "it says nothing more".to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        Self::Broken(words.join(" ").chars().take(200).collect())
    }
}

/// Most characters of a title: it is kept with every passage below it.
const MOST_TITLE: usize = 400;

impl Document {
    /// Cuts titles that no one wrote as such: a page whose title is never closed
    /// is all title, a thousand times over.
    pub(super) fn with_short_titles(mut self) -> Self {
        for block in &mut self.blocks {
            if let BlockKind::Heading { title, .. } = &mut block.kind {
                shorten(title);
            }
            shorten(&mut block.context);
        }
        self
    }
}

fn shorten(text: &mut String) {
    if text.len() > MOST_TITLE
        && let Some((at, _)) = text.char_indices().nth(MOST_TITLE)
    {
        text.truncate(at);
        text.push('…');
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::parse::parse;

    #[test]
    fn a_title_without_end_is_cut() {
        let page = format!("<html><title>{}", "<title>ä".repeat(5000));
        let document = parse("a.html".as_ref(), page.as_bytes()).unwrap();
        let line = format!("# {}\n\nText.\n", "ä b ".repeat(5000));
        for document in [document, parse("a.md".as_ref(), line.as_bytes()).unwrap()] {
            let titles: Vec<&String> = document
                .blocks
                .iter()
                .filter_map(|block| match &block.kind {
                    BlockKind::Heading { title, .. } => Some(title),
                    _ => None,
                })
                .collect();
            let [title] = titles.as_slice() else { panic!("{titles:?}") };
            assert_eq!(title.chars().count(), MOST_TITLE + 1);
            assert!(title.ends_with('…'));
        }
        let mut plain = "A title".to_owned();
        shorten(&mut plain);
        assert_eq!(plain, "A title");
    }
}
