//! What an earlier question of a conversation leaves for those that follow it.

use super::{Answer, Chunk, Citation, Outcome, Source, Turn};

/// A question that was asked before, with what its answer was about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The question as it was searched: completed, where it leaned on others.
    pub question: String,
    /// The headings of the passages that its answer cites, outermost first;
    /// those of the first citation first.
    pub headings: Vec<Vec<String>>,
    /// The sentences that its answer cites.
    pub quotes: Vec<String>,
}

impl Turn {
    /// What this turn leaves for questions that follow it.
    #[must_use]
    pub fn earlier(&self) -> Earlier {
        let question = self.searched.last().unwrap_or(&self.question);
        // What a question that was not answered cites is not its subject.
        let answered =
            matches!(self.outcome, Outcome::Answered | Outcome::Cut | Outcome::Cancelled);
        Earlier::new(question, if answered { &self.citations } else { &[] }, &self.sources)
    }
}

impl Answer {
    /// What this answer leaves for questions that follow it.
    #[must_use]
    pub fn earlier(&self) -> Earlier {
        let question = self.searched.last().unwrap_or(&self.question);
        Earlier::new(question, if self.answered { &self.citations } else { &[] }, &self.sources)
    }
}

impl Earlier {
    fn new(question: &str, citations: &[Citation], sources: &[Source]) -> Self {
        let mut earlier = Self { question: question.to_owned(), ..Self::default() };
        for citation in citations {
            let source = sources.iter().find(|source| source.number == citation.number);
            let Some(chunk) = source.map(|source| &source.hit.chunk) else { continue };
            let mut headings = chunk.heading.clone();
            headings.extend(title(chunk, citation));
            if headings.is_empty() {
                headings.push(stem(&chunk.path));
            }
            if !earlier.headings.contains(&headings) {
                earlier.headings.push(headings);
            }
            if !earlier.quotes.contains(&citation.quote) {
                earlier.quotes.push(citation.quote.clone());
            }
        }
        earlier
    }
}

/// The title of the small section that a citation stands in, where several
/// share a passage.
fn title(chunk: &Chunk, citation: &Citation) -> Option<String> {
    let unit = chunk.units.iter().find(|unit| {
        let bytes = chunk.offsets.to_file(unit.within.start, unit.within.end);
        citation.locator.bytes().is_some_and(|cited| bytes.contains(cited))
    })?;
    let title = unit.context.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

/// The name of a file as words: `night-shift.md` is about the night shift.
fn stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ByteRange, Chunk, Citation, Hit, LineRange, Locator, OffsetMap, Source, Support, Unit,
        UnitKind,
    };

    fn turn() -> Turn {
        let text = "It costs 49 euros. It weighs two kilograms.";
        let unit = |start, end, context: &str| Unit {
            kind: UnitKind::Sentence,
            within: ByteRange::new(start, end),
            context: context.to_owned(),
        };
        let chunk = Chunk {
            id: "1".into(),
            path: "/docs/night-shift.md".into(),
            collection: "default".into(),
            heading: vec!["Lamps".into()],
            bytes: ByteRange::new(100, 100 + text.len()),
            lines: LineRange { start: 10, end: 10 },
            text: text.into(),
            offsets: OffsetMap::verbatim(100, text.len()),
            rendered: false,
            index: 0,
            file_hash: String::new(),
            modified: 0,
            units: vec![unit(0, 18, "Heron"), unit(19, text.len(), "Swift")],
            language: String::new(),
        };
        let hit = Hit { chunk, rank: 1, score: 1.0, vector: None, full_text: None, stale: false };
        let source = Source {
            number: 1,
            hit,
            sentences: Vec::new(),
            compressed: false,
            tokens: 0,
            left_out: None,
        };
        let citation = Citation {
            number: 1,
            path: "/docs/night-shift.md".into(),
            locator: Locator::text(
                LineRange { start: 10, end: 10 },
                ByteRange::new(119, 100 + text.len()),
            ),
            quote: "It weighs two kilograms.".into(),
            rendered: false,
            mark: ByteRange::new(0, 3),
            support: Support::Exact,
            answers: None,
            found: false,
        };
        Turn {
            question: "And its weight?".into(),
            searched: vec!["And its weight?".into(), "the weight of Swift".into()],
            outcome: Outcome::Answered,
            sources: vec![source],
            citations: vec![citation],
            ..Turn::default()
        }
    }

    #[test]
    fn it_knows_what_the_answer_was_about() {
        let earlier = turn().earlier();
        assert_eq!(earlier.question, "the weight of Swift");
        assert_eq!(earlier.headings, [["Lamps", "Swift"]]);
        assert_eq!(earlier.quotes, ["It weighs two kilograms."]);
    }

    #[test]
    fn a_file_without_headings_is_about_its_name() {
        let mut turn = turn();
        turn.sources[0].hit.chunk.heading.clear();
        turn.sources[0].hit.chunk.units.clear();
        assert_eq!(turn.earlier().headings, [["night shift"]]);
    }

    #[test]
    fn what_was_not_answered_leaves_its_question_only() {
        let turn = Turn { outcome: Outcome::NotAnswered, ..turn() };
        assert!(turn.earlier().headings.is_empty());
    }
}
