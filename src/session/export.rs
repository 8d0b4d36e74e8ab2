//! A session as a document of its own: Markdown for people, JSON for programs.
//!
//! Neither holds a character that acts on a terminal, so both may be printed.

use super::Session;
use super::line::flat;
use super::record::{Fork, TurnRecord, VERSION, escape};
use super::time::{minute, rfc3339};
use crate::domain::{Citation, Outcome, Turn, TurnId, visible};
use serde::Serialize;
use std::fmt::Write;

/// The shown branch as Markdown: the title, then for each turn the question as
/// a heading, the answer, a note where the answer isn't whole, the citations
/// with file, lines, verdict and quoted sentence, and a line with mode, model,
/// adapter and local time.
#[must_use]
pub fn to_markdown(session: &Session) -> String {
    let mut out = format!("# {}\n", flat(&session.info.title));
    for turn in session.branch() {
        put_turn(&mut out, turn);
    }
    visible(&out).into_owned()
}

/// The whole session as pretty JSON:
///
/// ```json
/// {
///   "version": 1,
///   "id": "20261121-142233-k3f9",
///   "title": "How do I reset the router?",
///   "created": "2026-11-21T14:22:33.000Z",
///   "forked_from": { "session": "20261120-090000-x7ab", "turn": 3 },
///   "turns": [ { "id": 1, "parent": null, "question": "…", "text": "…" } ],
///   "head": 1
/// }
/// ```
///
/// `turns` holds every turn of every branch with all that led to it, in the
/// order they were asked; `parent` links the branches, and `head` is the tip
/// of the shown one (`null` in an empty session). `forked_from` is there only
/// in a copy. Characters that act on a terminal are JSON escapes.
#[must_use]
pub fn to_json(session: &Session) -> String {
    let export = Export {
        version: VERSION,
        id: &session.info.id,
        title: &session.info.title,
        created: rfc3339(session.info.created_ms),
        forked_from: session.forked_from.as_ref(),
        turns: session.turns.iter().map(TurnRecord::from).collect(),
        head: session.head,
    };
    // No value here can fail to become JSON; should one ever, the file says so.
    let json = serde_json::to_string_pretty(&export)
        .unwrap_or_else(|error| format!("{{\n  \"error\": {:?}\n}}", error.to_string()));
    escape(&json).into_owned()
}

#[derive(Serialize)]
struct Export<'a> {
    version: u32,
    id: &'a str,
    title: &'a str,
    created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    forked_from: Option<&'a Fork>,
    turns: Vec<TurnRecord<'a>>,
    head: Option<TurnId>,
}

// Writing to a `String` can't fail, so its results say nothing.
fn put_turn(out: &mut String, turn: &Turn) {
    let mut question = turn.question.trim().lines();
    let _ = write!(out, "\n## {}\n", flat(question.next().unwrap_or("(no question)")));
    let rest: Vec<&str> = question.collect();
    if !rest.is_empty() {
        out.push('\n');
        put_quote(out, "", rest.into_iter().skip_while(|line| line.trim().is_empty()));
    }
    let text = turn.text.trim();
    if !text.is_empty() {
        let _ = write!(out, "\n{text}\n");
        // A fence that the end of the answer left open would swallow the rest.
        if text.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2 == 1 {
            out.push_str("```\n");
        }
    }
    for remark in remarks(turn) {
        let _ = write!(out, "\nNote: {}\n", flat(&remark));
    }
    for (number, citation) in (1..).zip(&turn.citations) {
        put_citation(out, number, citation);
    }
    let mut facts = Vec::new();
    let adapter = turn.adapter.as_deref().unwrap_or_default();
    let (mode, model) = (turn.mode.name(), turn.model.as_str());
    for (name, value) in [("Mode", mode), ("Model", model), ("Adapter", adapter)] {
        if !value.is_empty() {
            facts.push(format!("{name}: {}", flat(value)));
        }
    }
    facts.push(format!("Asked: {}", minute(turn.asked_ms)));
    let _ = write!(out, "\n{}\n", facts.join(" · "));
}

/// What a reader of the answer has to know.
pub(super) fn remarks(turn: &Turn) -> Vec<String> {
    let mut out = Vec::new();
    match &turn.outcome {
        Outcome::Answered => {}
        Outcome::Pending => out.push("not answered yet.".to_owned()),
        Outcome::NotAnswered if turn.text.trim().is_empty() => {
            out.push("the sources don't answer this.".to_owned());
        }
        Outcome::NotAnswered => {}
        Outcome::Cut => out.push("the answer was cut off at the limit of tokens.".to_owned()),
        Outcome::Cancelled => out.push("cancelled; this is what came until then.".to_owned()),
        Outcome::Failed { message } => out.push(format!("failed: {message}")),
    }
    if turn.unfounded() {
        out.push("the sources don't answer this, and none supports this answer.".to_owned());
    } else if turn.unsupported() {
        out.push("no source supports this answer.".to_owned());
    } else if turn.doubtful() {
        let text = if turn.quoted {
            "quoted, but perhaps not an answer."
        } else {
            "the sources may not answer this."
        };
        out.push(text.to_owned());
    }
    if turn.citations.iter().any(|citation| citation.found) {
        out.push("a number with ° was found afterwards, the model cited nothing there.".to_owned());
    }
    out
}

fn put_citation(out: &mut String, number: usize, citation: &Citation) {
    let place = code(&citation.locator.within(&flat(&citation.path)));
    let symbol = citation.symbol();
    let space = if symbol.is_empty() { "" } else { " " };
    let marker = format!("{number}. ");
    if number == 1 {
        out.push('\n');
    }
    let _ = writeln!(out, "{marker}{} {place}{space}{symbol}", citation.numbered());
    // What belongs to a list item stands as far in as its text.
    put_quote(out, &" ".repeat(marker.len()), citation.quote.trim().lines());
}

fn put_quote<'a>(out: &mut String, indent: &str, lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        let line = line.trim_end();
        let space = if line.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{indent}>{space}{line}");
    }
}

/// A code span that holds any text, whatever backticks are in it.
fn code(text: &str) -> String {
    let longest = text.split(|c: char| c != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

#[cfg(test)]
mod tests {
    use super::super::SessionInfo;
    use super::*;
    use crate::domain::{ByteRange, LineRange, Locator, Support};

    const ASKED: i64 = 1_795_270_953_000;

    fn citation(number: usize, lines: (u32, u32), quote: &str, support: Support) -> Citation {
        Citation {
            number,
            path: "/docs/router.md".to_owned(),
            locator: Locator::text(
                LineRange { start: lines.0, end: lines.1 },
                ByteRange::default(),
            ),
            quote: quote.to_owned(),
            rendered: false,
            mark: ByteRange::default(),
            support,
            answers: None,
            found: false,
        }
    }

    fn session() -> Session {
        let first = Turn {
            id: 1,
            asked_ms: ASKED,
            question: "How do I\x1b[2J reset it?\n\nIt blinks red.".to_owned(),
            text: "Hold the button [2].\nThen wait [1].\n".to_owned(),
            outcome: Outcome::Answered,
            mode: crate::domain::Mode::Hybrid,
            model: "lorag-reader".to_owned(),
            adapter: Some("bullets".to_owned()),
            citations: vec![
                citation(2, (3, 5), "Hold the button\nfor ten\u{202e} seconds.", Support::Exact),
                citation(1, (9, 9), "Wait a minute.", Support::Likely),
                citation(3, (1, 1), "", Support::Unchecked),
            ],
            ..Turn::default()
        };
        let other = Turn { id: 2, parent: Some(1), question: "Other?".to_owned(), ..first.clone() };
        let last = Turn {
            id: 3,
            parent: Some(1),
            asked_ms: ASKED,
            question: "And in code?".to_owned(),
            text: "```sh\nreset".to_owned(),
            outcome: Outcome::Cancelled,
            mode: crate::domain::Mode::Rag,
            model: "lorag-reader".to_owned(),
            ..Turn::default()
        };
        Session {
            info: SessionInfo {
                id: "20261121-142233-k3f9".to_owned(),
                title: "The router".to_owned(),
                created_ms: ASKED,
                ..SessionInfo::default()
            },
            turns: vec![first, other, last],
            head: Some(3),
            ..Session::default()
        }
    }

    #[test]
    fn markdown_shows_the_branch_with_its_evidence() {
        let time = minute(ASKED);
        let expected = format!(
            "\
# The router

## How do I␛[2J reset it?

> It blinks red.

Hold the button [2].
Then wait [1].

1. [2] `/docs/router.md:3-5` ✓
   > Hold the button
   > for ten⟨U+202E⟩ seconds.
2. [1] `/docs/router.md:9` ?
   > Wait a minute.
3. [3] `/docs/router.md:1`

Mode: hybrid · Model: lorag-reader · Adapter: bullets · Asked: {time}

## And in code?

```sh
reset
```

Note: cancelled; this is what came until then.

Note: no source supports this answer.

Mode: rag · Model: lorag-reader · Asked: {time}
"
        );
        assert_eq!(to_markdown(&session()), expected);
    }

    #[test]
    fn json_holds_every_branch_and_no_control_character() {
        let session = session();
        let json = to_json(&session);
        assert!(!json.chars().any(crate::domain::acts));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["version", "id", "title", "created", "turns", "head"]);
        assert_eq!(value["created"], "2026-11-21T14:22:33.000Z");
        assert_eq!(value["head"], 3);
        let turns: Vec<TurnRecord<'_>> = serde_json::from_value(value["turns"].clone()).unwrap();
        let turns: Vec<Turn> = turns.into_iter().map(Turn::from).collect();
        assert_eq!(turns, session.turns);
    }

    #[test]
    fn code_spans_hold_backticks() {
        assert_eq!(code("a b.md:1"), "`a b.md:1`");
        assert_eq!(code("a``b`.md:1"), "``` a``b`.md:1 ```");
    }

    #[test]
    fn failures_are_said_on_one_line() {
        let outcome = Outcome::Failed { message: "no model;\nload one".to_owned() };
        let turn = Turn { id: 1, outcome, ..Turn::default() };
        let session = Session { turns: vec![turn], head: Some(1), ..Session::default() };
        let text = to_markdown(&session);
        assert!(
            text.contains("\n## (no question)\n\nNote: failed: no model; load one\n"),
            "{text}"
        );
    }
}
