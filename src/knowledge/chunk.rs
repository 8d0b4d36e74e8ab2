//! Chunking: a document becomes passages of about the same size that follow
//! its structure. A passage is what is embedded, found and cited.
//!
//! Each section (a heading and what follows up to the next one) is packed by
//! itself, block after block. What is larger than a passage is cut at
//! sentences or lines, and what is still larger at words. Tokens are counted
//! once for each of these units and summed, so that the time is linear also
//! for a file of one line.

use super::parse::{Block, BlockKind, Document};
use super::sentences::{sentences, trimmed};
use crate::domain::{ByteRange, LineRange, OffsetMap};
use std::ops::Range;

/// Names the way of chunking. A knowledge base records it, so that files are
/// chunked again when it changes.
pub const VERSION: &str = "v1";

/// How large passages are, in tokens of the embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Size to aim at. No passage is larger than about one and a half of it.
    pub target: usize,
    /// What a passage repeats of the one before it in the same section; at
    /// most half of `target` is.
    pub overlap: usize,
}

impl Sizes {
    /// The way of chunking with its sizes, `v1:256:32`.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{VERSION}:{}:{}", self.target, self.overlap)
    }
}

/// A passage of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Titles of the headings above it, outermost first, its own section's
    /// last. Where it joins several small sections, their titles stand
    /// together in the last one: `get · put`.
    pub heading: Vec<String>,
    /// Its place in the document's text, in bytes.
    pub range: Range<usize>,
    /// Its place in the file.
    pub bytes: ByteRange,
    /// Its lines in the file.
    pub lines: LineRange,
    /// Its text: `range` of the document's text.
    pub text: String,
    /// Leads ranges of `text` to the file.
    pub offsets: OffsetMap,
}

/// Divides a document, read from the bytes `file`, into passages. `count`
/// tells the tokens of a text.
///
/// A passage starts and ends without white space, and everything in the
/// document's blocks but white space lies in one. Passages stay within their
/// section, with two exceptions: neighbouring sections of one level that are
/// all tiny share a passage, and a heading without text of its own goes with
/// the section below it.
#[must_use]
pub fn chunk(
    document: &Document,
    file: &[u8],
    sizes: Sizes,
    count: &dyn Fn(&str) -> usize,
) -> Vec<Piece> {
    let packer = Packer::new(&document.text, sizes, count);
    let breaks = LineBreaks::new(file);
    let mut out = Vec::new();
    for section in packer.join_tiny(join_bare(packer.sections(&document.blocks))) {
        let heading = section.heading();
        for range in packer.pack(&section.units) {
            let Some(text) = document.text.get(range.clone()) else { continue };
            let bytes = document.offsets.to_file(range.start, range.end);
            out.push(Piece {
                heading: heading.clone(),
                bytes,
                lines: breaks.lines(bytes),
                text: text.to_owned(),
                offsets: document.offsets.slice(range.start, range.end),
                range,
            });
        }
    }
    out
}

/// What is never cut: a block, or a sentence, a line, some words of a large
/// one.
#[derive(Clone, Debug)]
struct Unit {
    range: Range<usize>,
    tokens: usize,
    /// Tokens of the markup between it and the unit before it.
    gap: usize,
    /// Whether so much lies before it that no passage may reach over it.
    far: bool,
    kind: UnitKind,
}

impl Unit {
    fn cost(&self) -> usize {
        self.gap + self.tokens
    }
}

/// How the end of a unit may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnitKind {
    /// Not at all.
    Heading,
    /// By sentences.
    Prose,
    /// By lines.
    Verbatim,
    /// Whole.
    Part,
}

/// A heading and what follows it up to the next one.
#[derive(Debug)]
struct Section {
    /// Level of its heading; 0 for what stands before the first one.
    level: u8,
    /// Titles of the headings above its own.
    parents: Vec<String>,
    /// Its title, or those of all sections that were joined into it.
    titles: Vec<String>,
    units: Vec<Unit>,
    /// Tokens of all units.
    tokens: usize,
    /// Whether it is nothing but its heading.
    bare: bool,
    /// Whether a heading of a higher level was joined to its front.
    opens: bool,
}

impl Section {
    fn heading(&self) -> Vec<String> {
        // A long list of names says no more than its start.
        let shown: Vec<&str> = self.titles.iter().map(String::as_str).take(3).collect();
        let mut last = shown.join(" · ");
        if self.titles.len() > 3 {
            last.push_str(" · …");
        }
        let mut path = self.parents.clone();
        path.extend(Some(last).filter(|title| !title.is_empty()));
        path
    }

    fn append(&mut self, units: Vec<Unit>, tokens: usize) {
        self.units.extend(units);
        self.tokens += tokens;
    }
}

/// Joins each heading that has no text of its own to the section below it.
fn join_bare(sections: Vec<Section>) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for section in sections {
        match out.last_mut() {
            Some(above) if above.bare && section.level > above.level => {
                above.append(section.units, section.tokens);
                above.level = section.level;
                above.parents = section.parents;
                above.titles = section.titles;
                above.bare = section.bare;
                above.opens = true;
            }
            _ => out.push(section),
        }
    }
    out
}

/// Makes units of blocks and packs them.
struct Packer<'a> {
    text: &'a str,
    target: usize,
    /// Most tokens that a passage repeats.
    overlap: usize,
    /// Bytes above which a text is cut without counting it: it is far too
    /// large, and some tokenizers are slow on long texts.
    countable: usize,
    count: &'a dyn Fn(&str) -> usize,
}

/// A passage that is being packed.
struct Open {
    range: Range<usize>,
    tokens: usize,
    /// Index of its first unit that isn't repeated.
    first: usize,
    /// Whether it has nothing but headings yet.
    only_headings: bool,
}

impl<'a> Packer<'a> {
    fn new(text: &'a str, sizes: Sizes, count: &'a dyn Fn(&str) -> usize) -> Self {
        // No embedder reads more than this at once.
        let target = sizes.target.clamp(1, 1 << 20);
        // A sentence or line is repeated whole, so somewhat more is allowed.
        let overlap = (sizes.overlap.saturating_mul(3) / 2).min(target / 2);
        Self { text, target, overlap, countable: target * 16, count }
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// Tokens of a text, or nothing where it is too long to be counted.
    fn tokens(&self, range: &Range<usize>) -> Option<usize> {
        (range.len() <= self.countable).then(|| (self.count)(self.slice(range.clone())))
    }

    /// Divides blocks into sections.
    fn sections(&self, blocks: &[Block]) -> Vec<Section> {
        let mut out: Vec<Section> = Vec::new();
        let mut above: Vec<(u8, &str)> = Vec::new();
        let mut end = 0;
        for block in blocks {
            let units = self.units(block, &mut end);
            let tokens: usize = units.iter().map(Unit::cost).sum();
            if let BlockKind::Heading { level, title } = &block.kind {
                above.retain(|(outer, _)| outer < level);
                let titles =
                    above.iter().map(|(_, title)| *title).filter(|title| !title.is_empty());
                out.push(Section {
                    level: *level,
                    parents: titles.map(str::to_owned).collect(),
                    titles: vec![title.clone()],
                    units,
                    tokens,
                    bare: true,
                    opens: false,
                });
                above.push((*level, title.as_str()));
            } else if let Some(section) = out.last_mut() {
                section.bare &= units.is_empty();
                section.append(units, tokens);
            } else {
                out.push(Section {
                    level: 0,
                    parents: Vec::new(),
                    titles: Vec::new(),
                    units,
                    tokens,
                    bare: false,
                    opens: false,
                });
            }
        }
        out
    }

    /// The units of a block. `end` is where the unit before it ended, and then
    /// where its last one does.
    fn units(&self, block: &Block, end: &mut usize) -> Vec<Unit> {
        let kind = match block.kind {
            BlockKind::Heading { .. } => UnitKind::Heading,
            BlockKind::Prose => UnitKind::Prose,
            BlockKind::Verbatim => UnitKind::Verbatim,
        };
        let whole = trimmed(self.text, block.range.clone());
        let mut out = Vec::new();
        let mut add = |range: Range<usize>, tokens, kind| {
            let (gap, far) = self.gap(*end..range.start);
            *end = range.end;
            out.push(Unit { range, tokens, gap, far, kind });
        };
        if whole.is_empty() {
            return out;
        }
        if let Some(tokens) = self.tokens(&whole).filter(|tokens| *tokens <= self.target) {
            add(whole, tokens, kind);
            return out;
        }
        for part in self.parts(&whole, kind) {
            if let Some(tokens) = self.tokens(&part).filter(|tokens| *tokens <= self.target) {
                add(part, tokens, UnitKind::Part);
                continue;
            }
            for words in self.words(&part) {
                let tokens = (self.count)(self.slice(words.clone()));
                add(words, tokens, UnitKind::Part);
            }
        }
        out
    }

    /// Tokens between two units, and whether it is too much to reach over.
    fn gap(&self, between: Range<usize>) -> (usize, bool) {
        let far = between.len() > self.target * 4;
        let markup = trimmed(self.text, between);
        if far || markup.is_empty() {
            return (0, far);
        }
        let tokens = (self.count)(self.slice(markup));
        (tokens, tokens > self.target / 8 + 8)
    }

    /// The sentences or lines of a unit, without a hole between them.
    fn parts(&self, unit: &Range<usize>, kind: UnitKind) -> Vec<Range<usize>> {
        let text = self.slice(unit.clone());
        let mut ends: Vec<usize> = match kind {
            UnitKind::Part => Vec::new(),
            UnitKind::Prose => sentences(text).into_iter().map(|sentence| sentence.end).collect(),
            UnitKind::Heading | UnitKind::Verbatim => {
                text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect()
            }
        };
        // Bullets and other marks before a sentence come with it, those
        // behind the last one stay with that.
        if kind == UnitKind::Prose {
            ends.pop();
        }
        ends.push(text.len());
        let mut start = unit.start;
        let mut out = Vec::with_capacity(ends.len());
        for end in ends {
            let part = trimmed(self.text, start..unit.start + end);
            start = unit.start + end;
            if !part.is_empty() {
                out.push(part);
            }
        }
        out
    }

    /// Some words each of a sentence or line that is too large, surely fewer
    /// tokens than a passage may have.
    fn words(&self, part: &Range<usize>) -> Vec<Range<usize>> {
        let most = (self.target / 2).clamp(8, 512);
        let mut out = Vec::new();
        let mut start = part.start;
        while start < part.end {
            let mut end = part.end;
            if end - start > most {
                end = self.text.floor_char_boundary(start + most);
                let ahead = self.slice(start..end);
                let cut = ahead
                    .char_indices()
                    .rev()
                    .find(|(_, c)| c.is_whitespace() || ",;".contains(*c));
                if let Some((at, c)) = cut
                    && at >= most / 2
                {
                    end = start + at + c.len_utf8();
                }
            }
            let words = trimmed(self.text, start..end);
            if !words.is_empty() {
                out.push(words);
            }
            start = end;
        }
        out
    }

    /// Joins neighbouring sections of one level as long as all are tiny.
    fn join_tiny(&self, sections: Vec<Section>) -> Vec<Section> {
        let tiny = |tokens: usize| tokens < self.target / 5;
        let mut out: Vec<Section> = Vec::new();
        // Whether everything joined into the last section was tiny.
        let mut open = false;
        for section in sections {
            let small = section.level > 0 && tiny(section.tokens);
            match out.last_mut() {
                Some(last)
                    if open
                        && small
                        && !section.opens
                        && last.level == section.level
                        && last.parents == section.parents
                        && last.tokens + section.tokens <= self.target =>
                {
                    last.append(section.units, section.tokens);
                    last.titles.extend(section.titles);
                }
                _ => {
                    open = small;
                    out.push(section);
                }
            }
        }
        out
    }

    /// Packs the units of a section into passages.
    fn pack(&self, units: &[Unit]) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut open: Option<Open> = None;
        for (index, unit) in units.iter().enumerate() {
            let is_heading = unit.kind == UnitKind::Heading;
            if let Some(current) = &mut open
                && !unit.far
                && self.fits(current, unit)
            {
                current.range.end = unit.range.end;
                current.tokens += unit.cost();
                current.only_headings &= is_heading;
                continue;
            }
            let mut next = Open {
                range: unit.range.clone(),
                tokens: unit.tokens,
                first: index,
                only_headings: is_heading,
            };
            if let Some(full) = open.take() {
                if !unit.far
                    && !is_heading
                    && let Some((start, tokens)) = self.repeated(units.get(full.first..index))
                    && (tokens + unit.cost()) * 2 <= self.target * 3
                {
                    next.range.start = start;
                    next.tokens = tokens + unit.cost();
                }
                out.push(full.range);
            }
            open = Some(next);
        }
        out.extend(open.map(|last| last.range));
        out
    }

    /// Whether a passage takes one more unit. A little more than the target
    /// is better than a passage of hardly anything.
    fn fits(&self, open: &Open, unit: &Unit) -> bool {
        let tokens = open.tokens + unit.cost();
        let slight = open.only_headings || open.tokens * 4 <= self.target;
        tokens <= self.target || (slight && tokens * 2 <= self.target * 3)
    }

    /// Where the sentences or lines start that the next passage repeats, and
    /// their tokens. Never the whole passage.
    fn repeated(&self, units: Option<&[Unit]>) -> Option<(usize, usize)> {
        let units = units?;
        let first = units.first()?.range.start;
        let mut found = None;
        let mut sum = 0;
        for unit in units.iter().rev() {
            if unit.kind == UnitKind::Heading {
                break;
            }
            for part in self.parts(&unit.range, unit.kind).into_iter().rev() {
                sum += self.tokens(&part).unwrap_or(usize::MAX / 2);
                if sum > self.overlap || part.start <= first {
                    return found;
                }
                found = Some((part.start, sum));
            }
            sum += unit.gap;
        }
        found
    }
}

/// Where the lines of a file end.
struct LineBreaks(Vec<usize>);

impl LineBreaks {
    fn new(file: &[u8]) -> Self {
        let breaks = file.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Self(breaks.map(|(at, _)| at).collect())
    }

    /// The lines of a range: that of its first and of its last byte.
    fn lines(&self, bytes: ByteRange) -> LineRange {
        let line = |at: usize| {
            let before = self.0.partition_point(|found| *found < at);
            u32::try_from(before + 1).unwrap_or(u32::MAX)
        };
        let last = bytes.end.saturating_sub(1).max(bytes.start);
        LineRange { start: line(bytes.start), end: line(last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::parse::Format;
    use proptest::prelude::*;
    use std::cell::Cell;

    /// A document that is put together block by block.
    #[derive(Default)]
    struct Builder {
        text: String,
        blocks: Vec<Block>,
    }

    impl Builder {
        fn add(mut self, kind: BlockKind, text: &str) -> Self {
            if !self.text.is_empty() {
                self.text.push_str("\n\n");
            }
            let start = self.text.len();
            self.text.push_str(text);
            self.blocks.push(Block { kind, range: start..self.text.len() });
            self
        }

        fn heading(self, level: u8, title: &str) -> Self {
            let line = format!("{} {title}", "#".repeat(usize::from(level)));
            self.add(BlockKind::Heading { level, title: title.to_owned() }, &line)
        }

        fn prose(self, text: &str) -> Self {
            self.add(BlockKind::Prose, text)
        }

        /// The document, and a file that starts with a byte order mark.
        fn build(self) -> (Document, Vec<u8>) {
            let file = format!("\u{feff}{}", self.text).into_bytes();
            let document = Document {
                format: Format::Markdown,
                offsets: OffsetMap::verbatim(3, self.text.len()),
                text: self.text,
                rendered: false,
                blocks: self.blocks,
            };
            (document, file)
        }

        fn chunk(self, target: usize, overlap: usize) -> Vec<Piece> {
            let (document, file) = self.build();
            chunk(&document, &file, Sizes { target, overlap }, &count)
        }
    }

    /// A token is six bytes of a word, or less.
    fn count(text: &str) -> usize {
        text.split_whitespace().map(|word| word.len().div_ceil(6)).sum()
    }

    /// `n` words in sentences of five.
    fn words(n: usize) -> String {
        let word = |i: usize| match i % 5 {
            0 => format!("Point {i}"),
            4 => "here.".to_owned(),
            _ => "says".to_owned(),
        };
        (0..n).map(word).collect::<Vec<_>>().join(" ")
    }

    fn paths(pieces: &[Piece]) -> Vec<String> {
        pieces.iter().map(|piece| piece.heading.join("/")).collect()
    }

    #[test]
    fn a_passage_stays_within_its_section() {
        let pieces = Builder::default()
            .prose("Before it all.")
            .heading(1, "Guide")
            .prose(&words(20))
            .heading(2, "Install")
            .prose(&words(20))
            .heading(1, "End")
            .prose(&words(20))
            .chunk(60, 10);
        assert_eq!(paths(&pieces), ["", "Guide", "Guide/Install", "End"]);
        assert!(pieces[2].text.starts_with("## Install\n\nPoint 0"));
        assert_eq!(pieces[0].lines, LineRange { start: 1, end: 1 });
        assert_eq!(pieces[1].lines, LineRange { start: 3, end: 5 });
        assert_eq!(pieces[0].bytes, ByteRange::new(3, 17));
    }

    #[test]
    fn tiny_neighbours_share_a_passage() {
        let pieces = Builder::default()
            .heading(1, "Top")
            .prose(&words(30))
            .heading(2, "a")
            .prose("One.")
            .heading(2, "b")
            .prose("Two.")
            .heading(2, "c")
            .prose("Three.")
            .heading(2, "d")
            .prose("Four.")
            .heading(2, "Large")
            .prose(&words(40))
            .heading(2, "e")
            .prose("Five.")
            .chunk(64, 8);
        assert_eq!(paths(&pieces), ["Top", "Top/a · b · c · …", "Top/Large", "Top/e"]);
        assert!(pieces[1].text.starts_with("## a") && pieces[1].text.ends_with("Four."));
    }

    #[test]
    fn a_heading_without_text_goes_with_the_section_below() {
        let pieces = Builder::default()
            .heading(1, "A")
            .prose("Text of it.")
            .heading(1, "B")
            .heading(2, "C")
            .prose("More text.")
            .chunk(64, 8);
        assert_eq!(paths(&pieces), ["A", "B/C"]);
        assert_eq!(pieces[1].text, "# B\n\n## C\n\nMore text.");
    }

    #[test]
    fn a_large_paragraph_is_cut_at_sentences_with_overlap() {
        let text: Vec<String> = (0..20).map(|i| format!("Point {i} says this here.")).collect();
        let pieces = Builder::default().prose(&text.join(" ")).chunk(32, 8);
        assert_eq!(pieces[0].text, text[..6].join(" "));
        assert_eq!(pieces[1].text, text[4..10].join(" "));
        assert_eq!(pieces.last().map(|piece| piece.range.end), Some(text.join(" ").len()));
    }

    #[test]
    fn overlap_reaches_into_the_last_paragraph() {
        let text: Vec<String> = (0..10).map(|i| format!("Point {i} says this here.")).collect();
        let pieces = Builder::default()
            .heading(1, "A")
            .prose(&text[..5].join(" "))
            .prose(&text[5..].join(" "))
            .chunk(32, 8);
        assert_eq!(paths(&pieces), ["A", "A"]);
        assert!(pieces[1].text.starts_with("Point 3 says"));
        let without =
            Builder::default().prose(&text[..5].join(" ")).prose(&text[5..].join(" ")).chunk(32, 0);
        assert!(without[1].text.starts_with("Point 5 says"));
    }

    #[test]
    fn code_is_cut_at_lines() {
        let lines: Vec<String> = (0..30).map(|i| format!("    let a{i} = 1. + B;")).collect();
        let builder = Builder::default().add(BlockKind::Verbatim, &lines.join("\n"));
        for piece in builder.chunk(32, 8) {
            assert!(
                piece.text.starts_with("let a") && piece.text.ends_with("B;"),
                "{}",
                piece.text
            );
        }
    }

    #[test]
    fn a_monstrous_line_takes_linear_time() {
        for (kind, line) in [
            (BlockKind::Verbatim, "word ".repeat(200_000)),
            (BlockKind::Prose, "日x".repeat(250_000)),
            (BlockKind::Heading { level: 1, title: "T".to_owned() }, "a,b".repeat(333_333)),
        ] {
            let counted = Cell::new(0);
            let counting = |text: &str| {
                counted.set(counted.get() + text.len());
                count(text)
            };
            let (document, file) = Builder::default().add(kind, &line).build();
            let sizes = Sizes { target: 256, overlap: 32 };
            let pieces = chunk(&document, &file, sizes, &counting);
            assert!(pieces.len() > 500 && pieces.iter().all(|piece| count(&piece.text) <= 384));
            assert!(counted.get() < 2 * line.len(), "{} bytes were counted", counted.get());
        }
    }

    #[test]
    fn a_document_without_words_gives_nothing() {
        assert!(Builder::default().chunk(32, 8).is_empty());
        assert!(Builder::default().prose(" \n ").chunk(32, 8).is_empty());
    }

    #[test]
    fn the_signature_names_the_sizes() {
        assert_eq!(Sizes { target: 256, overlap: 32 }.signature(), format!("{VERSION}:256:32"));
    }

    /// Adds a block of some kind, `size` words long.
    fn some_block(builder: Builder, (kind, size, mut seed): (u8, usize, u64)) -> Builder {
        const WORDS: [&str; 10] =
            ["alpha", "über", "日本。", "e.g.", "x", "Ends.", "3.14", "«q»", "Why?", "retrieval"];
        let mut text = String::new();
        for at in 0..size {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let pick = (seed >> 33) as usize;
            let between = match (kind, pick % 7) {
                _ if at == 0 => "",
                (2, 0 | 1) => "\n- ",
                (3, 0..=3) => "\n    ",
                (4, _) => "",
                (_, 0) if kind != 5 => "\n",
                _ => " ",
            };
            text.push_str(between);
            text.push_str(WORDS[pick / 7 % WORDS.len()]);
        }
        match kind {
            0 | 5 => builder.heading(1 + (seed >> 40) as u8 % 4, &text.replace('\n', " ")),
            3 => builder.add(BlockKind::Verbatim, &text),
            _ => builder.prose(&text),
        }
    }

    proptest! {
        #[test]
        fn passages_reproduce_from_the_file_and_cover_it(
            blocks in proptest::collection::vec((0u8..6, 0usize..120, any::<u64>()), 0..30),
            target in 16usize..200,
            overlap in 0usize..90,
        ) {
            let builder = blocks.into_iter().fold(Builder::default(), some_block);
            let (document, file) = builder.build();
            let pieces = chunk(&document, &file, Sizes { target, overlap }, &count);
            let mut covered = vec![false; document.text.len()];
            let mut before = 0..0;
            for piece in &pieces {
                prop_assert!(!piece.text.is_empty() && piece.text.trim() == piece.text);
                prop_assert_eq!(&document.text[piece.range.clone()], &piece.text);
                prop_assert_eq!(&file[piece.bytes.start..piece.bytes.end], piece.text.as_bytes());
                prop_assert_eq!(piece.offsets.to_file(0, piece.text.len()), piece.bytes);
                let line = |at: usize| 1 + file[..at].iter().filter(|b| **b == b'\n').count();
                prop_assert_eq!(piece.lines.start as usize, line(piece.bytes.start));
                prop_assert_eq!(piece.lines.end as usize, line(piece.bytes.end));
                let tokens = count(&piece.text);
                prop_assert!(tokens * 2 <= target * 3, "{} tokens for {}", tokens, target);
                prop_assert!(before.start < piece.range.start || before.end == 0);
                prop_assert!(before.end < piece.range.end);
                before = piece.range.clone();
                covered[piece.range.clone()].fill(true);
            }
            for block in &document.blocks {
                for (at, c) in document.text[block.range.clone()].char_indices() {
                    prop_assert!(c.is_whitespace() || covered[block.range.start + at]);
                }
            }
        }
    }
}
