//! The parts of a passage that may be quoted, each with its way back to the
//! file and what it stands below.

use crate::domain::{ByteRange, Chunk, Hit, LineRange, Sentence, Unit, UnitKind};
use crate::knowledge::file_lines::FileLines;
use crate::knowledge::rank::Piece;
use crate::knowledge::sentences::{one_line, sentences, unquoted_lines};
use std::collections::HashSet;

/// Shortest and longest sentence that is offered, in characters, as in the
/// reader's training.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=420;

/// The longest row or piece of code.
const LONGEST_UNIT: usize = 1_200;

/// A scarcely shorter sentence is one in these scripts, which say more with a
/// character.
const SHORTEST_DENSE: usize = 4;

/// A part of a passage, unscored.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which of the hits it is from.
    pub hit: usize,
    /// The sentence, row or piece of code.
    pub sentence: Sentence,
    /// What it is.
    pub kind: UnitKind,
    /// What a ranker reads: with its headings, its lead-in and the sentence
    /// before.
    pub piece: Piece,
}

/// The candidates of all hits, by hit and place. What stands there more than
/// once (chunks overlap, documents repeat themselves) is taken once for each
/// heading it stands below.
pub fn candidates(hits: &[Hit]) -> Vec<Candidate> {
    let mut files = FileLines::default();
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let mut out: Vec<Candidate> = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        let mut found = of_passage(index, &hit.chunk, &mut files);
        found.retain(|c| seen.insert((folded(&c.sentence.text), c.piece.lead.clone())));
        out.extend(found);
    }
    out
}

/// A text without the marks in which two renderings of one source differ.
fn folded(text: &str) -> String {
    let marks = ['(', ')', '"', '\'', '“', '”', '‘', '’', '*', '_', '`'];
    let kept = text.chars().filter(|c| !c.is_whitespace() && !marks.contains(c));
    kept.flat_map(char::to_lowercase).collect()
}

fn of_passage(hit: usize, chunk: &Chunk, files: &mut FileLines) -> Vec<Candidate> {
    let heading = chunk.heading_line();
    // Where small sections share the passage, their titles stand together last,
    // and each unit has its own in its context.
    let above = chunk.heading.split_last().map_or(String::new(), |(_, above)| above.join(" › "));
    let joined = chunk.heading.last().map_or("", String::as_str);
    let mut before = String::new();
    let mut out = Vec::new();
    let units = units_of(chunk);
    for unit in units {
        let Some(raw) = chunk.text.get(unit.within.start..unit.within.end) else { continue };
        let text = if unit.kind == UnitKind::Sentence {
            one_line(&unquoted_lines(raw))
        } else {
            one_line(raw)
        };
        let piece = Piece {
            heading: if shares(joined, &unit.context) { above.clone() } else { heading.clone() },
            lead: one_line(&unit.context),
            before: std::mem::take(&mut before),
            sentence: text.clone(),
        };
        before.clone_from(&text);
        let title = chunk.heading.iter().any(|h| h.trim() == text.trim());
        // What leads in to a list or an example answers nothing without it: its
        // items have it as their context, and code begins with it.
        let leads = text.trim_end().ends_with([':', '：']);
        // What isn't text can't be generated, so it can't be quoted either.
        let broken = text.contains('\u{FFFD}');
        if title || leads || broken || !fits(&text, unit.kind, !piece.lead.is_empty()) {
            continue;
        }
        let bytes = chunk.offsets.to_file(unit.within.start, unit.within.end);
        // Of a text that was taken out of its file, the lines are its own.
        let lines = if chunk.rendered && !chunk.offsets.is_extracted() {
            files.lines(chunk, bytes)
        } else {
            let skipped = newlines(chunk.text.get(..unit.within.start).unwrap_or_default());
            let start = chunk.lines.start + skipped;
            LineRange { start, end: start + newlines(raw) }
        };
        let sentence =
            Sentence { text, within: unit.within, bytes, lines, score: 0.0, answers: None };
        out.push(Candidate { hit, sentence, kind: unit.kind, piece });
    }
    out
}

/// The units of a passage; its sentences where it was indexed without units.
fn units_of(chunk: &Chunk) -> Vec<Unit> {
    if !chunk.units.is_empty() {
        return chunk.units.clone();
    }
    let of = |range: std::ops::Range<usize>| Unit {
        kind: UnitKind::Sentence,
        within: ByteRange::new(range.start, range.end),
        context: String::new(),
    };
    sentences(&chunk.text).into_iter().map(of).collect()
}

/// Whether a heading joins the titles of several sections, one of which a unit
/// has as its own.
fn shares(joined: &str, context: &str) -> bool {
    joined.contains(" · ")
        && joined.split(" · ").any(|title| context == title || context.starts_with(title))
}

fn fits(text: &str, kind: UnitKind, led: bool) -> bool {
    let count = text.chars().count();
    match kind {
        UnitKind::Sentence => {
            let dense = text.chars().filter(|c| u32::from(*c) >= 0x0E00).count() * 2 > count;
            // An item of a list says with its lead-in what it is about.
            let shortest = if dense || led { SHORTEST_DENSE } else { *LENGTHS.start() };
            (shortest..=*LENGTHS.end()).contains(&count)
        }
        UnitKind::Row | UnitKind::Code => (SHORTEST_DENSE..=LONGEST_UNIT).contains(&count),
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|&b| b == b'\n').count()).unwrap_or(u32::MAX)
}
