//! Citations of what a model wrote without citing it, found afterwards.
//!
//! Each sentence that cites nothing, or nothing that says the same, is held
//! against every source that the model read. Where one says the same, its
//! number is put behind the sentence as `[n]°`; where none does, the sentence
//! is noted as one that nothing supports. Headings, questions, lead-ins, code
//! and sentences of a word or two claim nothing.

use super::aside::aside;
use super::claim::owner;
use super::parts::Said;
use super::{Ask, support, verify};
use crate::domain::{ByteRange, Citation, FOUND, Source, Support};
use crate::knowledge::embed::Embedder;
use crate::knowledge::sentences::sentences;
use crate::knowledge::terms::terms;
use std::ops::Range;

/// Fewest terms of a sentence that claims something.
const FEWEST_TERMS: usize = 2;

/// What closes behind the end of a sentence and belongs to it.
const CLOSING: [char; 9] = ['*', '_', '"', '\'', ')', '”', '’', '»', '`'];

/// Adds the citations that are found, and notes the sentences that nothing
/// supports.
pub(super) fn add(ask: &Ask<'_>, sources: &[Source], said: &mut Said) {
    if !ask.mode.reads() || ask.quotes() || !sources.iter().any(Source::used) {
        return;
    }
    let found = aside(|| look(ask, sources, said));
    apply(said, found);
}

/// A sentence that is to be marked.
struct Marked {
    /// Its place in the text.
    range: Range<usize>,
    /// Where a mark goes.
    at: usize,
    /// The citation; `None` where no source says the same.
    citation: Option<Citation>,
}

fn look(ask: &Ask<'_>, sources: &[Source], said: &Said) -> Vec<Marked> {
    let bare = Bare::new(&said.text, &said.citations);
    let ranges = sentences(&bare.text);
    let owners: Vec<Option<usize>> =
        bare.marks.iter().map(|mark| owner(&bare.text, &ranges, *mark, true)).collect();
    let mut out = Vec::new();
    for (index, range) in ranges.iter().enumerate() {
        let claim = bare.text.get(range.clone()).unwrap_or_default().replace("**", "");
        if !claims(&bare.text, range, &claim, &ask.manner.no_answer) {
            continue;
        }
        let own = said.citations.iter().zip(&owners).filter(|(_, owner)| **owner == Some(index));
        let own: Vec<&Citation> = own.map(|(citation, _)| citation).collect();
        if own.iter().any(|citation| citation.support != Support::Missing) {
            continue;
        }
        let citation = best(&claim, sources, ask.embedder);
        // What cites a source that doesn't say it is marked there.
        if citation.is_none() && !own.is_empty() {
            continue;
        }
        // Behind the marks that the model put there.
        let marks = own.iter().map(|citation| citation.mark.end);
        let at = marks.max().unwrap_or(0).max(bare.in_text(closed(&bare.text, range.end)));
        let start = bare.in_text(range.start);
        out.push(Marked { range: start..bare.in_text(range.end), at, citation });
    }
    out
}

/// The citation of the source that says the same, word for word if one does.
fn best(claim: &str, sources: &[Source], embedder: Option<&dyn Embedder>) -> Option<Citation> {
    let mut likely = None;
    for source in sources.iter().filter(|source| source.used()) {
        match verify::support(claim, source, embedder) {
            Support::Exact => {
                likely = Some(source);
                break;
            }
            Support::Likely if likely.is_none() => likely = Some(source),
            _ => {}
        }
    }
    let citation = support::citation(claim, likely?, ByteRange::default(), embedder);
    Some(Citation { found: true, ..citation })
}

/// Puts the marks into the text; everything behind one moves on.
fn apply(said: &mut Said, marked: Vec<Marked>) {
    let mut text = String::with_capacity(said.text.len() + marked.len() * 8);
    let mut citations = Vec::with_capacity(said.citations.len() + marked.len());
    let mut own = std::mem::take(&mut said.citations).into_iter().peekable();
    let mut dropped = said.dropped.iter_mut().peekable();
    let (mut from, mut moved) = (0, 0);
    for Marked { range, at, citation } in marked {
        let on = |place: usize, moved: usize| place + moved;
        while let Some(citation) = own.next_if(|citation| citation.mark.start < at) {
            let mark = ByteRange::new(on(citation.mark.start, moved), on(citation.mark.end, moved));
            citations.push(Citation { mark, ..citation });
        }
        while let Some(dropped) = dropped.next_if(|dropped| dropped.at <= at) {
            dropped.at = on(dropped.at, moved);
        }
        let Some(citation) = citation else {
            said.uncited.push(ByteRange::new(on(range.start, moved), on(range.end, moved)));
            continue;
        };
        text.push_str(said.text.get(from..at).unwrap_or_default());
        from = at;
        let begun = text.len();
        text.push(' ');
        let start = text.len();
        text.push_str(&format!("[{}]{FOUND}", citation.number));
        citations.push(Citation { mark: ByteRange::new(start, text.len()), ..citation });
        moved += text.len() - begun;
    }
    citations.extend(own.map(|citation| {
        let mark = ByteRange::new(citation.mark.start + moved, citation.mark.end + moved);
        Citation { mark, ..citation }
    }));
    dropped.for_each(|dropped| dropped.at += moved);
    text.push_str(said.text.get(from..).unwrap_or_default());
    said.text = text;
    said.citations = citations;
}

/// A text without its marks, and where they were.
struct Bare {
    text: String,
    marks: Vec<usize>,
    lengths: Vec<usize>,
}

impl Bare {
    fn new(text: &str, citations: &[Citation]) -> Self {
        let mut bare = Self { text: String::new(), marks: Vec::new(), lengths: Vec::new() };
        let mut from = 0;
        for citation in citations {
            let mark = citation.mark;
            bare.text.push_str(text.get(from..mark.start).unwrap_or_default());
            bare.marks.push(bare.text.len());
            bare.lengths.push(mark.end.saturating_sub(mark.start));
            from = mark.end;
        }
        bare.text.push_str(text.get(from..).unwrap_or_default());
        bare
    }

    /// Where a place of it is in the text with marks, behind those that stand
    /// there.
    fn in_text(&self, place: usize) -> usize {
        let before = self.marks.iter().zip(&self.lengths).filter(|(mark, _)| **mark <= place);
        place + before.map(|(_, length)| length).sum::<usize>()
    }
}

/// Where a sentence ends with what closes behind it.
fn closed(text: &str, end: usize) -> usize {
    let behind = text.get(end..).unwrap_or_default();
    end + behind.len() - behind.trim_start_matches(CLOSING).len()
}

/// Whether a sentence says something that a source could hold.
fn claims(text: &str, range: &Range<usize>, claim: &str, no_answer: &str) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let fence = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("```") || line.starts_with("~~~")
    };
    let code = before.lines().filter(fence).count() % 2 == 1;
    let heading = line.trim_start().starts_with('#');
    let leads = claim.ends_with([':', '?']);
    let refuses = claim.contains(no_answer.trim_end_matches('.'));
    !(code || heading || leads || refuses) && terms(claim).len() >= FEWEST_TERMS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::source;

    fn said(text: &str) -> Said {
        Said { text: text.to_owned(), ..Said::default() }
    }

    fn marked(text: &str, marks: &[&str]) -> Said {
        let sources = [
            source(1, "The cache is emptied at midnight. Nothing else happens."),
            source(2, "The archive keeps letters for thirty years."),
        ];
        let mut said = said(text);
        for mark in marks {
            let start = text.find(mark).unwrap();
            let number: usize = mark[1..mark.len() - 1].parse().unwrap();
            let mark = ByteRange::new(start, start + mark.len());
            said.citations.push(support::citation("x", &sources[number - 1], mark, None));
        }
        let engine = crate::engine::scripted::ScriptedEngine::new(Vec::<String>::new());
        let settings = crate::config::Generation {
            quote: crate::config::QuoteMode::Off,
            ..crate::config::Generation::default()
        };
        let ask = Ask {
            question: "?",
            history: &[],
            evidence: crate::knowledge::evidence::Evidence::default(),
            search: crate::domain::SearchTimings::default(),
            engine: &engine,
            manner: &crate::config::Manner::default(),
            settings: &settings,
            mode: crate::domain::Mode::Rag,
            strategy: crate::domain::Strategy::Token,
            adapter: None,
            embedder: None,
            continued: None,
        };
        add(&ask, &sources, &mut said);
        for citation in &said.citations {
            let mark = citation.mark.start..citation.mark.end;
            assert_eq!(said.text[mark], citation.numbered());
        }
        said
    }

    fn texts(said: &Said) -> Vec<&str> {
        said.uncited.iter().map(|range| &said.text[range.start..range.end]).collect()
    }

    #[test]
    fn a_sentence_gets_the_source_that_says_it() {
        let said = marked(
            "The cache is emptied at midnight. Blue whales sing loudly at night. \
             The archive keeps letters for thirty years.",
            &[],
        );
        assert_eq!(
            said.text,
            "The cache is emptied at midnight. [1]° Blue whales sing loudly at night. \
             The archive keeps letters for thirty years. [2]°"
        );
        assert_eq!(texts(&said), ["Blue whales sing loudly at night."]);
        assert!(said.citations.iter().all(|c| c.found && c.support == Support::Exact));
        assert_eq!(said.citations[1].quote, "The archive keeps letters for thirty years.");
    }

    #[test]
    fn what_is_cited_stays_as_it_is_and_moves_on() {
        let said = marked(
            "**The cache is emptied at midnight.**\n\nBlue whales sing loudly [2]. And so on.",
            &["[2]"],
        );
        assert_eq!(
            said.text,
            "**The cache is emptied at midnight.** [1]°\n\nBlue whales sing loudly [2]. And so on."
        );
        let found: Vec<bool> = said.citations.iter().map(|citation| citation.found).collect();
        assert_eq!(found, [true, false]);
        assert!(said.uncited.is_empty(), "{:?}", texts(&said));
    }

    #[test]
    fn a_wrong_number_gets_the_right_one_beside_it() {
        let said = marked("The archive keeps letters for thirty years [1].", &["[1]"]);
        assert_eq!(said.text, "The archive keeps letters for thirty years [1]. [2]°");
    }

    #[test]
    fn what_is_found_stands_behind_what_is_cited() {
        let said = marked("The archive keeps letters for thirty years. [1] So be it.", &["[1]"]);
        assert_eq!(said.text, "The archive keeps letters for thirty years. [1] [2]° So be it.");
    }

    #[test]
    fn what_claims_nothing_is_not_marked() {
        let text = "# The blue whale song\n\nHere is the whole list of it:\n\n```\nlet whale = \
                    song + night;\n```\n\nDo blue whales sing at night? Yes, no.\n\n\
                    The sources do not answer this.";
        let said = marked(text, &[]);
        assert_eq!(said.text, text);
        assert!(said.uncited.is_empty(), "{:?}", texts(&said));
    }
}
