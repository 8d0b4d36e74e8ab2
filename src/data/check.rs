//! What is wrong with rows of training data.

use super::mark::marks;
use super::row::{Form, Row, RowSource};
use super::split::folded;
use crate::answer::verify;
use crate::config::Manner;
use crate::domain::{ByteRange, Chunk, Hit, LineRange, OffsetMap, Source, Support};
use crate::knowledge::embed::Embedder;
use crate::knowledge::sentences::sentences;
use serde::Serialize;
use std::collections::HashMap;

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line of its file, from 1.
    pub line: usize,
    /// What kind it is, in one word.
    pub kind: &'static str,
    /// What is wrong, for people.
    pub reason: String,
}

/// What rows are held against.
pub struct Checks<'a> {
    /// How the model is talked to.
    pub manner: &'a Manner,
    /// Counts the tokens of a text.
    pub count: &'a dyn Fn(&str) -> usize,
    /// Most tokens of a prompt with its target.
    pub longest: usize,
    /// What helps to tell whether a source supports a sentence.
    pub embedder: Option<&'a dyn Embedder>,
}

/// Looks at rows, each with the number of its line. Findings come by line.
#[must_use]
pub fn check(rows: &[(usize, Row)], checks: &Checks<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut answers: HashMap<(String, Form, bool), (usize, String)> = HashMap::new();
    for (line, row) in rows {
        let mut add = |kind, reason| found.push(Finding { line: *line, kind, reason });
        if row.question.trim().is_empty() {
            add("empty", "the question is empty".to_owned());
        }
        if row.said().is_empty() {
            add("empty", "the target is empty, so there is nothing to learn".to_owned());
        }
        let messages = row.conversation(checks.manner);
        let tokens: usize = messages.iter().map(|m| (checks.count)(&m.text)).sum();
        if tokens > checks.longest {
            let most = checks.longest;
            add("long", format!("prompt and target take {tokens} tokens; at most {most} fit"));
        }
        let spelled: Vec<&str> = messages.iter().map(|m| m.text.as_str()).collect();
        let first = *seen.entry(spelled.join("\0")).or_insert(*line);
        if first != *line {
            add("double", format!("it is the same row as line {first}"));
            continue;
        }
        let key = (asked(row), row.form, row.refuses());
        let said = row.said();
        let (other, before) = answers.entry(key).or_insert_with(|| (*line, said.clone()));
        if folded(before) != folded(&said) {
            add("contradicting", format!("line {other} answers the same question otherwise"));
        }
        if row.form == Form::Rag {
            unsupported(row, checks, &mut add);
        }
    }
    found
}

/// A question with all that decides what it asks for.
fn asked(row: &Row) -> String {
    match row.form {
        Form::Given => row.turns.iter().map(|turn| turn.content.as_str()).collect(),
        Form::Rag | Form::Alone => folded(&row.question),
    }
}

/// Whether citations lead to sources that say what the target says.
fn unsupported(row: &Row, checks: &Checks<'_>, add: &mut dyn FnMut(&'static str, String)) {
    let refusal = folded(&checks.manner.no_answer);
    let says_so = folded(&row.said()) == refusal;
    if row.refuses() {
        if !says_so {
            let reason = "no source is marked as the one that answers, and the target does not say that the sources do not answer";
            add("unsupported", reason.to_owned());
        }
        return;
    }
    if says_so {
        add("unsupported", "a source answers, and the target says that none does".to_owned());
        return;
    }
    let cited = marks(&row.answer);
    if cited.is_empty() {
        add("uncited", "the target cites no source".to_owned());
        return;
    }
    for (_, number) in &cited {
        if *number == 0 || *number > row.sources.len() {
            add("unsupported", format!("[{number}] names no source of the row"));
        }
    }
    for (claim, numbers) in claims(&row.answer) {
        let held = |number: &usize| {
            let source = row.sources.get(number.wrapping_sub(1));
            source.is_some_and(|source| supports(source, *number, claim, checks.embedder))
        };
        if !claim.is_empty() && !numbers.iter().any(held) {
            let said: String = claim.chars().take(60).collect();
            let named: Vec<String> = numbers.iter().map(|number| format!("[{number}]")).collect();
            add("unsupported", format!("{} does not support “{said}”", named.concat()));
        }
    }
}

/// What an answer says, part by part, with the numbers of the marks behind it.
fn claims(answer: &str) -> Vec<(&str, Vec<usize>)> {
    let mut out: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut from = 0;
    for (mark, number) in marks(answer) {
        let claim = answer.get(from..mark.start).unwrap_or_default().trim();
        match out.last_mut() {
            // Nothing stands between this mark and the one before.
            Some((_, numbers)) if claim.is_empty() => numbers.push(number),
            _ => out.push((claim, vec![number])),
        }
        from = mark.end;
    }
    out
}

/// Whether a source says every sentence of a claim.
fn supports(
    source: &RowSource,
    number: usize,
    claim: &str,
    embedder: Option<&dyn Embedder>,
) -> bool {
    let source = as_source(source, number);
    sentences(claim).into_iter().all(|range| {
        let said = claim.get(range).unwrap_or_default();
        verify::support(said, &source, embedder) != Support::Missing
    })
}

/// A source of a row as one of an answer.
pub(super) fn as_source(source: &RowSource, number: usize) -> Source {
    let chunk = Chunk {
        id: String::new(),
        path: source.path.clone(),
        collection: String::new(),
        heading: source.heading.split(" › ").map(str::to_owned).collect(),
        bytes: ByteRange::new(0, source.text.len()),
        lines: LineRange { start: 1, end: 1 },
        text: source.text.clone(),
        offsets: OffsetMap::verbatim(0, source.text.len()),
        rendered: false,
        index: 0,
        file_hash: String::new(),
        modified: 0,
        units: Vec::new(),
        language: String::new(),
    };
    let hit = Hit { chunk, rank: number, score: 0.0, vector: None, full_text: None, stale: false };
    Source { number, hit, sentences: Vec::new(), compressed: false, tokens: 0, left_out: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::stats::estimate;

    fn row(question: &str, answer: &str, golden: bool) -> Row {
        let source = |text: &str, golden| RowSource {
            path: "a.md".into(),
            heading: "Guide".into(),
            text: text.into(),
            golden,
        };
        Row {
            question: question.into(),
            answer: answer.into(),
            sources: vec![
                source("The archive keeps letters for thirty years.", false),
                source("The cache is emptied at midnight.", golden),
            ],
            answerable: true,
            ..Row::default()
        }
    }

    fn kinds(rows: &[Row]) -> Vec<(usize, &'static str)> {
        let manner = Manner::default();
        let checks = Checks { manner: &manner, count: &estimate, longest: 300, embedder: None };
        let numbered: Vec<(usize, Row)> = (1..).zip(rows.iter().cloned()).collect();
        check(&numbered, &checks).into_iter().map(|f| (f.line, f.kind)).collect()
    }

    #[test]
    fn what_is_wrong_is_found_by_line() {
        let good = row("When is it emptied?", "The cache is emptied at midnight. [2]", true);
        let none = "The sources do not answer this.";
        assert_eq!(kinds(&[good.clone(), row("Who?", none, false)]), []);
        let mut alone = row("When is it emptied?", "At noon.", false);
        (alone.form, alone.sources) = (Form::Alone, Vec::new());
        let long = Row { answer: "word ".repeat(400), ..alone.clone() };
        let rows = [
            good.clone(),
            good.clone(),
            row("When is it emptied", "The cache is emptied at midnight sharp. [2]", true),
            row("Why?", "The cache is emptied at midnight. [1]", true),
            row("Whose?", "The cache is emptied at midnight. [7]", true),
            row("What?", "The cache is emptied at midnight.", true),
            row("Who?", "The cache is emptied at midnight. [2]", false),
            row("Where?", none, true),
            row("How?", " [2]", true),
            alone,
            long,
        ];
        let found = kinds(&rows);
        assert!(found.contains(&(2, "double")), "{found:?}");
        for (line, kind) in [
            (3, "contradicting"),
            (4, "unsupported"),
            (5, "unsupported"),
            (6, "uncited"),
            (7, "unsupported"),
            (8, "unsupported"),
            (9, "empty"),
            (11, "long"),
            (11, "contradicting"),
        ] {
            assert!(found.contains(&(line, kind)), "{line} {kind}: {found:?}");
        }
        assert!(!found.iter().any(|(line, _)| [1, 10].contains(line)), "{found:?}");
    }

    #[test]
    fn two_marks_behind_a_sentence_are_one_citation() {
        let both = row("When?", "The cache is emptied at midnight. [1][2]", true);
        assert_eq!(kinds(&[both]), []);
        let apart = "The cache is emptied at midnight. [2] The archive keeps letters. [1]";
        assert_eq!(kinds(&[row("When?", apart, true)]), []);
        let turned = "The cache is emptied at midnight. [1] The archive keeps letters. [2]";
        assert_eq!(kinds(&[row("When?", turned, true)]).len(), 2);
    }
}
