//! Reading a file: bytes become a [`Document`] with its structure, or a reason
//! to skip it.

pub mod apart;
mod code;
mod data;
mod decode;
mod document;
mod extract;
mod fragment;
mod generated;
mod grid;
mod html;
mod latex;
mod logs;
mod mail;
mod man;
mod markdown;
#[cfg(test)]
mod mutated;
mod notebook;
mod office;
mod output;
mod package;
mod packed;
mod pdf;
mod plain_markup;
mod row;
mod rows;
mod rst;
mod sheets;
mod subtitles;
mod table;
mod text;
mod xml;
mod xml_pieces;

pub use document::{Block, BlockKind, Document, Format, Skip};
pub use generated::generated;

use crate::domain::{OffsetMap, panic_text};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Reads a document from a file's bytes. The path only tells the format.
///
/// # Errors
/// [`Skip::Binary`] or [`Skip::Undecodable`].
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Document, Skip> {
    let format = Format::of(path);
    if let Some(document) = extracted(path, format, bytes) {
        return document.map(Document::with_short_titles);
    }
    let decoded = decode::decode(bytes)?;
    let document = match format {
        Format::Markdown => markdown::parse(decoded),
        Format::Rst => rst::parse(decoded),
        Format::Html => html::parse(decoded),
        Format::Code => code::parse(path, decoded),
        Format::Table => table::parse(path, decoded),
        Format::Data => match data::parse(&ending(path), &decoded) {
            Some(document) => document,
            None => code::parse(path, decoded),
        },
        Format::Latex => latex::parse(&decoded),
        Format::Asciidoc => plain_markup::asciidoc(decoded),
        Format::Org => plain_markup::org(decoded),
        Format::Subtitles => subtitles::parse(&decoded).unwrap_or_else(|| text::parse(decoded)),
        Format::Log => logs::parse(&decoded).unwrap_or_else(|| text::parse(decoded)),
        Format::Manual if man::is_page(&decoded.text) => man::parse(&decoded),
        Format::Xml => match xml::parse(&decoded) {
            Some(document) => document,
            None => code::parse(path, decoded),
        },
        _ => text::parse(decoded),
    };
    Ok(document.with_short_titles())
}

/// A document whose text is taken out of its file; `None` where the file isn't
/// what its name says.
fn extracted(path: &Path, format: Format, bytes: &[u8]) -> Option<Result<Document, Skip>> {
    let is_open = || ending(path).starts_with("od") || ending(path).starts_with("ot");
    let is_package = package::Package::is(bytes);
    match format {
        Format::Pdf => pdf::is_pdf(bytes).then(|| pdf::parse(bytes)),
        Format::Word if is_package && is_open() => Some(office::odf(bytes, format)),
        Format::Word if is_package => Some(office::word(bytes)),
        Format::Slides if is_package && is_open() => Some(office::odf(bytes, format)),
        Format::Slides if is_package => Some(office::slides(bytes)),
        Format::Book if is_package => Some(office::book(bytes)),
        Format::Sheet if is_package && is_open() => Some(sheets::ods(bytes)),
        Format::Sheet if is_package => Some(sheets::xlsx(bytes)),
        Format::Notebook => notebook::parse(&decode::decode(bytes).ok()?.text),
        Format::Mail => mail::is_mail(bytes).then(|| mail::parse(bytes)),
        Format::PackedManual => packed::parse(bytes),
        _ => None,
    }
}

/// The part of a file's name behind the last dot, in lower case.
fn ending(path: &Path) -> String {
    path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

/// The text that the places of a file's passages are counted in: the file as it
/// was written, neither rendered nor split, with the way back to its bytes; of a
/// PDF or the like what was taken out of it.
///
/// # Errors
/// Those of [`parse`].
pub fn source_text(path: &Path, bytes: &[u8]) -> Result<(String, OffsetMap), Skip> {
    if Format::of(path).is_extracted() {
        let document = guarded(path, bytes)?;
        if document.offsets.is_extracted() {
            let whole = OffsetMap::verbatim(0, document.text.len());
            return Ok((document.text, whole));
        }
    }
    decode::decode(bytes).map(|decoded| (decoded.text, decoded.offsets))
}

/// [`parse`], with a panic as the reason that a file can't be read.
fn guarded(path: &Path, bytes: &[u8]) -> Result<Document, Skip> {
    catch_unwind(AssertUnwindSafe(|| parse(path, bytes))).unwrap_or_else(|payload| {
        let why = panic_text(payload.as_ref());
        Err(Skip::Broken(why.unwrap_or_else(|| "it says nothing more".to_owned())))
    })
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

/// Whether a file is a compressed manual page, by its name: `ls.1.gz`.
fn is_packed_manual(name: &str) -> bool {
    let inner = name.strip_suffix(".gz").and_then(|inner| inner.rsplit_once('.'));
    inner.is_some_and(|(_, section)| is_manual(section))
}

/// Whether a file's ending is a section of the manual: `1`, `3pm`.
fn is_manual(extension: &str) -> bool {
    let mut chars = extension.chars();
    let section = chars.next().is_some_and(|c| ('1'..='9').contains(&c));
    section && extension.len() <= 6 && chars.all(|c| c.is_ascii_lowercase())
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
            "gz" if is_packed_manual(&name) => Self::PackedManual,
            "md" | "markdown" | "mdown" | "mkd" | "mdx" => Self::Markdown,
            "rst" | "rest" => Self::Rst,
            "html" | "htm" | "xhtml" => Self::Html,
            "pdf" => Self::Pdf,
            "docx" | "docm" | "dotx" | "odt" | "ott" => Self::Word,
            "pptx" | "pptm" | "ppsx" | "odp" | "otp" => Self::Slides,
            "epub" => Self::Book,
            "xlsx" | "xlsm" | "xltx" | "ods" | "ots" => Self::Sheet,
            "ipynb" => Self::Notebook,
            "eml" | "mbox" => Self::Mail,
            "json" | "json5" | "jsonc" | "yaml" | "yml" | "toml" => Self::Data,
            "tex" | "latex" => Self::Latex,
            "adoc" | "asciidoc" | "asc" => Self::Asciidoc,
            "org" => Self::Org,
            "srt" | "vtt" => Self::Subtitles,
            "log" => Self::Log,
            "xml" | "dbk" | "docbook" | "dita" => Self::Xml,
            "man" | "mdoc" => Self::Manual,
            _ if is_manual(extension) => Self::Manual,
            _ if table::is_table(extension) => Self::Table,
            _ if code::is_code(&name, extension) => Self::Code,
            _ => Self::Text,
        }
    }

    /// Names how such files are read, where that is newer than the way they are
    /// cut; empty mostly.
    #[must_use]
    pub fn revision(self) -> &'static str {
        use Format::{Asciidoc, Data, Latex, Log, Manual, Org, Subtitles, Xml};
        let is_new = matches!(self, Data | Latex | Asciidoc | Org | Subtitles | Log | Manual | Xml);
        if is_new || self.is_extracted() { ":f1" } else { "" }
    }

    /// Whether text is taken out of such files, so that places in them are not
    /// bytes and lines of the file.
    #[must_use]
    pub fn is_extracted(self) -> bool {
        use Format::{Book, Mail, Notebook, PackedManual, Pdf, Sheet, Slides, Word};
        matches!(self, Pdf | Word | Slides | Book | Sheet | Notebook | Mail | PackedManual)
    }
}
