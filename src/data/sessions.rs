//! Rows from answers that were marked as good while they were read.

use super::mark::marks;
use super::row::{Form, Row, RowSource};
use super::split::folded;
use crate::config::Manner;
use crate::domain::{FOUND, Outcome, Turn, without_found};
use std::collections::HashMap;

/// Makes rows from the marked turns of some sessions, in each of these forms.
/// Of a question that was asked several times the last answer is taken.
#[must_use]
pub fn from_turns<'a>(
    turns: impl IntoIterator<Item = &'a Turn>,
    manner: &Manner,
    forms: &[Form],
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places: HashMap<(String, Form), usize> = HashMap::new();
    for turn in turns.into_iter().filter(|turn| turn.good) {
        for form in forms {
            let row = match form {
                Form::Rag => with_sources(turn, manner),
                Form::Alone => alone(turn),
                Form::Given => None,
            };
            let Some(row) = row else { continue };
            let key = (folded(&row.question), *form);
            match places.get(&key).and_then(|place| rows.get_mut(*place)) {
                Some(place) => *place = row,
                None => {
                    places.insert(key, rows.len());
                    rows.push(row);
                }
            }
        }
    }
    rows
}

/// The question in the form that stands alone, which the answer was chosen by.
fn asked(turn: &Turn) -> &str {
    turn.searched.last().filter(|asked| !asked.trim().is_empty()).unwrap_or(&turn.question)
}

/// A row with the sources that the model read. What was cited afterwards counts
/// as cited.
fn with_sources(turn: &Turn, manner: &Manner) -> Option<Row> {
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut sources: Vec<RowSource> = Vec::new();
    for source in turn.sources.iter().filter(|source| source.used()) {
        let chunk = &source.hit.chunk;
        numbers.insert(source.number, sources.len() + 1);
        sources.push(RowSource {
            path: short(&chunk.path),
            heading: chunk.heading_line(),
            text: source.text().trim().to_owned(),
            golden: turn.outcome == Outcome::Answered && turn.cites(source.number),
        });
    }
    if sources.is_empty() {
        return None;
    }
    let row = Row {
        question: asked(turn).trim().to_owned(),
        document: document(turn),
        form: Form::Rag,
        answerable: turn.outcome == Outcome::Answered,
        ..Row::default()
    };
    let id = Row::name(row.document.as_deref(), &row.question, Form::Rag);
    if turn.outcome == Outcome::NotAnswered {
        return Some(Row { id, answer: manner.no_answer.clone(), sources, ..row });
    }
    // An answer that cites nothing teaches not to cite.
    if !sources.iter().any(|source| source.golden) {
        return None;
    }
    let said = turn.text.replace(&format!("]{FOUND}"), "]");
    let mut answer = String::with_capacity(said.len());
    let mut from = 0;
    for (range, number) in marks(&said) {
        answer.push_str(said.get(from..range.start)?);
        answer.push_str(&format!("[{}]", numbers.get(&number)?));
        from = range.end;
    }
    answer.push_str(said.get(from..)?);
    let answer = answer.trim().to_owned();
    let answers = vec![super::mark::without(&answer)];
    Some(Row { id, answer, answers, sources, ..row })
}

fn alone(turn: &Turn) -> Option<Row> {
    if turn.outcome != Outcome::Answered {
        return None;
    }
    let (text, _) = without_found(&turn.text, &turn.citations);
    let answer = super::mark::without(&text);
    let question = asked(turn).trim().to_owned();
    let document = document(turn);
    (!answer.is_empty()).then(|| Row {
        id: Row::name(document.as_deref(), &question, Form::Alone),
        answers: vec![answer.clone()],
        question,
        answer,
        document,
        form: Form::Alone,
        answerable: true,
        ..Row::default()
    })
}

/// The document that is cited first.
fn document(turn: &Turn) -> Option<String> {
    turn.citations.first().map(|citation| short(&citation.path))
}

/// A file with its folder, without where that lies.
fn short(path: &str) -> String {
    let path = path.replace('\\', "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.get(parts.len().saturating_sub(2)..).unwrap_or_default().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::check::as_source;
    use crate::domain::{ByteRange, Citation, LeftOut, Locator, Mode, Source, Support};

    fn source(number: usize, text: &str) -> Source {
        let row = RowSource {
            path: format!("/home/me/docs/{number}.md"),
            heading: "Guide".into(),
            text: text.into(),
            golden: false,
        };
        as_source(&row, number)
    }

    fn turn() -> Turn {
        let mut left = source(1, "Nothing.");
        left.left_out = Some(LeftOut::NoSentence);
        let cache = "The cache is emptied at midnight.";
        let citation = Citation {
            number: 3,
            path: "/home/me/docs/3.md".into(),
            locator: Locator::text(
                crate::domain::LineRange { start: 1, end: 1 },
                ByteRange::new(0, cache.len()),
            ),
            quote: cache.into(),
            rendered: false,
            mark: ByteRange::new(cache.len() + 1, cache.len() + 4),
            support: Support::Exact,
            answers: None,
            found: false,
        };
        Turn {
            id: 1,
            question: "And that?".into(),
            searched: vec!["And that?".into(), "When is the cache emptied?".into()],
            text: format!("{cache} [3]"),
            outcome: Outcome::Answered,
            mode: Mode::Rag,
            citations: vec![citation],
            sources: vec![left, source(2, "It is noon."), source(3, cache)],
            good: true,
            ..Turn::default()
        }
    }

    #[test]
    fn a_marked_answer_becomes_a_row_of_what_was_read() {
        let manner = Manner::default();
        let rows = from_turns(&[turn()], &manner, &[Form::Rag, Form::Alone]);
        let [rag, alone] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(rag.question, "When is the cache emptied?");
        assert_eq!(rag.answer, "The cache is emptied at midnight. [2]");
        assert_eq!(rag.document.as_deref(), Some("docs/3.md"));
        let golden: Vec<bool> = rag.sources.iter().map(|source| source.golden).collect();
        assert_eq!(golden, [false, true]);
        assert_eq!(alone.answer, "The cache is emptied at midnight.");
        let mut found = turn();
        found.text.push('°');
        found.citations[0].found = true;
        found.citations[0].mark.end += 2;
        let rows = from_turns(&[turn(), found], &manner, &[Form::Rag]);
        assert_eq!(rows.as_slice(), std::slice::from_ref(rag));
    }

    #[test]
    fn what_is_not_marked_or_cites_nothing_teaches_nothing() {
        let manner = Manner::default();
        let unmarked = Turn { good: false, ..turn() };
        let uncited = Turn { citations: Vec::new(), text: "So.".into(), ..turn() };
        assert_eq!(from_turns(&[unmarked, uncited], &manner, &[Form::Rag]), []);
        let refused = Turn { outcome: Outcome::NotAnswered, ..turn() };
        let rows = from_turns(&[refused], &manner, &[Form::Rag, Form::Alone]);
        assert_eq!(rows.len(), 1);
        assert!(rows[0].refuses() && rows[0].answer == manner.no_answer);
    }
}
