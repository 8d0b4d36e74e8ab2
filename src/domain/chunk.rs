//! A passage of a file, and how a search found it.

use super::{ByteRange, LineRange, OffsetMap};

/// A passage: what is embedded, indexed, shown and cited.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Identifies the chunk in the knowledge base: a hash of its collection,
    /// path, place and text.
    pub id: String,
    /// Absolute path of the file.
    pub path: String,
    /// The collection it belongs to.
    pub collection: String,
    /// Headings above it, outermost first; for code the enclosing items.
    pub heading: Vec<String>,
    /// Its place in the file.
    pub bytes: ByteRange,
    /// Its lines in the file.
    pub lines: LineRange,
    /// Its text, as a reader of the file sees it.
    pub text: String,
    /// Leads ranges of `text` to the file.
    pub offsets: OffsetMap,
    /// Whether `text` isn't literally `bytes` of the file: markup was left out,
    /// or it was decoded (UTF-16, Latin-1).
    pub rendered: bool,
    /// Which chunk of its file it is, from 0.
    pub index: u32,
    /// BLAKE3 of the whole file's bytes, in hexadecimal.
    pub file_hash: String,
    /// Modification time of the file when it was read, in milliseconds since
    /// 1970.
    pub modified: i64,
    /// What of `text` can be scored, quoted and cited by itself, in order.
    pub units: Vec<Unit>,
    /// ISO 639-1 code of the language the passage is written in, as detected;
    /// empty where unknown, or for code.
    pub language: String,
}

/// What a [`Unit`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// A sentence, or a list item without an end mark.
    Sentence,
    /// A row of a table, rendered on one line with its header:
    /// `Tank T-2 · Capacity (l): 650 · Medium: glycol`.
    Row,
    /// A declaration with its comment, or lines of code that belong together.
    Code,
}

/// A part of a passage that is scored, quoted and cited by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// Its place in the passage's text, in bytes, without white space around it.
    pub within: ByteRange,
    /// What it stands below beside the passage's own headings: the title of its
    /// small section where several share the passage, the lead-in of its list.
    /// Empty mostly.
    pub context: String,
}

impl Chunk {
    /// What is embedded and indexed for full text: the text, below those of its
    /// headings that it doesn't hold itself.
    #[must_use]
    pub fn search_text(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + 32);
        for heading in self.heading.iter().filter(|h| !self.text.contains(h.as_str())) {
            out.push_str(heading);
            out.push('\n');
        }
        out.push_str(&self.text);
        out
    }

    /// Whether a part of the text isn't literally the file's bytes.
    #[must_use]
    pub fn is_rendered(&self, within: ByteRange) -> bool {
        // White space of pages became a space, often one byte for one.
        let is_page = [".html", ".htm", ".xhtml"].iter().any(|end| self.path.ends_with(end));
        let whole = self.offsets.is_extracted() || is_page;
        self.rendered && (whole || !self.offsets.slice(within.start, within.end).is_verbatim())
    }

    /// The headings in one line, `Guide › Install`.
    #[must_use]
    pub fn heading_line(&self) -> String {
        self.heading.join(" › ")
    }
}

/// Where a chunk stood in the vector leg of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VectorLeg {
    /// Rank, from 1.
    pub rank: usize,
    /// Cosine distance, 0 for the same direction, 2 for the opposite.
    pub distance: f32,
}

/// Where a chunk stood in the full-text leg of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FullTextLeg {
    /// Rank, from 1.
    pub rank: usize,
    /// BM25 score.
    pub score: f32,
}

/// A chunk that a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The passage.
    pub chunk: Chunk,
    /// Rank after fusion, from 1.
    pub rank: usize,
    /// Fused score, 0 to 1, larger is better.
    pub score: f32,
    /// Its place in the vector leg, if that leg returned it.
    pub vector: Option<VectorLeg>,
    /// Its place in the full-text leg, if that leg returned it.
    pub full_text: Option<FullTextLeg>,
    /// Whether its file has changed since it was indexed, or can't be looked at.
    pub stale: bool,
}
