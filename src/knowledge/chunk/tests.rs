//! Passages of small documents, and what holds for those of any document.

use super::*;
use crate::knowledge::parse::{Block, BlockKind, Format};
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
        self.blocks.push(Block { kind, range: start..self.text.len(), context: String::new() });
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
            notes: Vec::new(),
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
        assert!(piece.text.starts_with("let a") && piece.text.ends_with("B;"), "{}", piece.text);
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
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
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
            let mut last = 0;
            for unit in &piece.units {
                let text = &piece.text[unit.within.start..unit.within.end];
                prop_assert!(!text.is_empty() && text.trim() == text);
                prop_assert!(unit.within.start >= last);
                last = unit.within.end;
            }
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

/// The units of pieces: their text, behind their context where they have one.
fn units(pieces: &[Piece]) -> Vec<String> {
    let spell = |piece: &Piece, unit: &domain::Unit| {
        let text = &piece.text[unit.within.start..unit.within.end];
        if unit.context.is_empty() { text.to_owned() } else { format!("{}: {text}", unit.context) }
    };
    pieces.iter().flat_map(|p| p.units.iter().map(|u| spell(p, u))).collect()
}

#[test]
fn sentences_rows_and_code_are_units_and_headings_are_not() {
    let pieces = Builder::default()
        .heading(1, "Tanks")
        .prose("They stand in hall B. Nobody may enter.")
        .add(BlockKind::Row, "Tank T-1 · Medium: brine. Really")
        .add(BlockKind::Row, "Tank T-2 · Medium: glycol")
        .add(BlockKind::Declaration, "/// Opens it.\nfn open()")
        .add(BlockKind::Verbatim, "a = 1\nb = 2")
        .chunk(200, 0);
    assert_eq!(
        units(&pieces),
        [
            "They stand in hall B.",
            "Nobody may enter.",
            "Tank T-1 · Medium: brine. Really",
            "Tank T-2 · Medium: glycol",
            "/// Opens it.\nfn open()",
            "a = 1\nb = 2",
        ]
    );
}

#[test]
fn long_code_is_parted_at_blank_lines() {
    let code = "a = 1\nb = 2\n\nc = 3\n\n\nd = 4\ne = 5\nf = 6\n";
    let pieces = Builder::default().add(BlockKind::Verbatim, code).chunk(200, 0);
    assert_eq!(units(&pieces), ["a = 1\nb = 2", "c = 3", "d = 4\ne = 5\nf = 6"]);
}

#[test]
fn code_is_one_unit_with_the_sentence_that_leads_in_to_it() {
    let pieces = Builder::default()
        .prose("Archives are zip files. To open one, write:")
        .add(BlockKind::Verbatim, "open(\"a.zip\")")
        .prose("Long ones come in parts:")
        .add(BlockKind::Verbatim, "a\nb\nc\n\nd\ne\nf\n")
        .prose("Nothing follows this:")
        .heading(1, "Next")
        .add(BlockKind::Verbatim, "alone()")
        .chunk(200, 0);
    assert_eq!(
        units(&pieces).iter().map(|unit| unit.replace("\n\n", "\n")).collect::<Vec<_>>(),
        [
            "Archives are zip files.",
            "To open one, write:\nopen(\"a.zip\")",
            "Long ones come in parts:\na\nb\nc",
            "d\ne\nf",
            "Nothing follows this:",
            "alone()",
        ]
    );
}

#[test]
fn units_that_share_a_passage_say_their_own_section() {
    let mut builder = Builder::default().heading(1, "Top").prose(&words(30));
    builder = builder.heading(2, "4.2").prose("Once a night.").heading(2, "4.3");
    builder = builder.prose("Every hour.");
    builder.blocks.last_mut().unwrap().context = "Backups run:".to_owned();
    let pieces = builder.chunk(64, 8);
    assert_eq!(units(&pieces[1..]), ["4.2: Once a night.", "4.3 › Backups run:: Every hour."]);
    assert!(pieces[0].units.iter().all(|unit| unit.context.is_empty()));
}

#[test]
fn a_sheet_of_many_rows_takes_linear_time() {
    let mut builder = Builder::default().heading(1, "Sheet");
    let mut text = std::mem::take(&mut builder.text);
    for n in 0..100_000 {
        let start = text.len() + 1;
        text.push_str(&format!("\nOrder {n} · Customer: {n} · Total: {n}.50"));
        let range = start..text.len();
        builder.blocks.push(Block { kind: BlockKind::Row, range, context: String::new() });
    }
    builder.text = text;
    let counted = Cell::new(0);
    let counting = |text: &str| {
        counted.set(counted.get() + text.len());
        count(text)
    };
    let (document, file) = builder.build();
    let pieces = chunk(&document, &file, Sizes { target: 256, overlap: 0 }, &counting);
    assert!(counted.get() < 2 * document.text.len(), "{} bytes were counted", counted.get());
    let units: usize = pieces.iter().map(|piece| piece.units.len()).sum();
    assert_eq!(units, 100_000);
    let rows = pieces.iter().flat_map(|p| p.units.iter().map(|u| &p.text[u.within.start..]));
    assert!(rows.enumerate().all(|(n, row)| row.starts_with(&format!("Order {n} ·"))));
}

#[test]
fn a_declaration_is_one_unit_with_the_first_sentence_about_it() {
    let page = "<dl><dt class=\"sig\">pump.groups(rows, key=None)</dt><dd><p>Makes groups of rows. \
                The key is a function.</p></dd><dt class=\"sig\">pump.halt()</dt></dl>";
    let document = crate::knowledge::parse::parse("a.html".as_ref(), page.as_bytes()).unwrap();
    let found = Quotable::of(&document).within(&(0..document.text.len()), false);
    let texts: Vec<&str> =
        found.iter().map(|unit| &document.text[unit.within.start..unit.within.end]).collect();
    assert_eq!(
        texts,
        [
            "pump.groups(rows, key=None)\nMakes groups of rows.",
            "The key is a function.",
            "pump.halt()"
        ]
    );
}

/// A declaration or a lead-in at the end of a passage moves to what it is about.
#[test]
fn what_leads_in_is_not_parted_from_what_follows() {
    for (kind, lead) in
        [(BlockKind::Declaration, "pump.groups(rows, key=None)"), (BlockKind::Prose, "It needs:")]
    {
        let pieces =
            Builder::default().prose(&words(25)).add(kind, lead).prose(&words(25)).chunk(30, 0);
        let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts.len(), 2, "{texts:#?}");
        assert!(texts[1].starts_with(lead) && !texts[0].contains(lead), "{texts:#?}");
    }
}
