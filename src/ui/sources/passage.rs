//! The selected passage below the list: what the answer cites of it is
//! highlighted, and what the model didn't get to read is dim.

use super::super::text;
use super::super::theme::{Role, Theme};
use super::{figures, paragraphs, path};
use crate::app::State;
use crate::app::state::Entry;
use crate::domain::{ByteRange, Citation, Sentence, Source, Support, Turn};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::borrow::Cow;

/// Bytes of a passage that are shown at most; the viewer has all of it.
const LONGEST: usize = 64 << 10;

/// Draws the passage under a rule with its number and heading; with the figures
/// that a list with one row for each source has no room for, if `brief`.
pub(super) fn render(
    state: &State,
    entry: &Entry,
    source: &Source,
    theme: &Theme,
    brief: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut rows = area.rows();
    let Some(rule) = rows.next() else { return };
    render_rule(entry, source, theme, rule, buffer);

    // The last column tells whether there is more.
    let columns = area.width.saturating_sub(2).max(1);
    for (note, role) in notes(entry, source, brief) {
        for rendered in text::plain(&note, columns, theme.style(role)) {
            let Some(row) = rows.next() else { return };
            buffer.set_line(row.x, row.y, &rendered.line, columns.min(row.width));
        }
    }
    let highlight = theme.style(Role::Highlight);
    let cited = cited(&entry.turn, source, state.conversation.citation);
    let text = shown(source);
    let spans = pieces(&text, source, &cited)
        .into_iter()
        .map(|(text, role)| Span::styled(text.to_owned(), theme.style(role)))
        .collect();
    let lines = text::wrap_spans(spans, columns, "", "");
    let is_cited = |line: &Line<'_>| line.spans.iter().any(|span| span.style == highlight);
    let height = rows.size_hint().0;
    let target = if cited.is_empty() { None } else { lines.iter().position(is_cited) };
    let first = target
        .map_or(0, |line| line.saturating_sub(height / 3))
        .min(lines.len().saturating_sub(height));
    let is_blank = |line: &&Line<'_>| line.spans.iter().all(|span| span.content.trim().is_empty());
    let first = first + lines.iter().skip(first).take_while(is_blank).count();
    let more_above = !lines.iter().take(first).all(|line| is_blank(&line));
    let mark = theme.style(Role::Dim);
    for (place, (row, line)) in rows.zip(lines.iter().skip(first)).enumerate() {
        buffer.set_line(row.x, row.y, line, columns.min(row.width));
        let end = row.right().saturating_sub(1);
        if place == 0 && more_above {
            buffer.set_stringn(end, row.y, "↑", 1, mark);
        } else if place + 1 == height && first + height < lines.len() {
            buffer.set_stringn(end, row.y, "↓", 1, mark);
        }
    }
}

fn render_rule(entry: &Entry, source: &Source, theme: &Theme, row: Rect, buffer: &mut Buffer) {
    let columns = usize::from(row.width);
    buffer.set_stringn(row.x, row.y, "─".repeat(columns), columns, theme.style(Role::Faint));
    let room = columns.saturating_sub(9 + source.number.to_string().len());
    let heading = path::heading(&source.hit.chunk.heading, room);
    let title = if heading.is_empty() {
        format!(" [{}] ", source.number)
    } else {
        format!(" [{}] {heading} ", source.number)
    };
    let role = if entry.turn.cites(source.number) { Role::Cited } else { Role::Title };
    let room = columns.saturating_sub(2);
    if room > 0 {
        buffer.set_stringn(row.x + 2, row.y, &title, room, theme.style(role));
    }
}

/// What there is to know before reading it.
fn notes(entry: &Entry, source: &Source, brief: bool) -> Vec<(String, Role)> {
    let mut notes = Vec::new();
    if brief {
        notes.push((figures::line(source), Role::Dim));
    }
    if let Some(left_out) = source.left_out {
        notes.push((format!("left out: {}", left_out.reason()), Role::Dim));
    }
    if entry.stale.contains(&source.hit.chunk.path) {
        notes.push(("stale: the file changed since it was indexed".to_owned(), Role::Warning));
    }
    if source.compressed && source.used() {
        notes.push(("in part: dimmed sentences are not in the prompt".to_owned(), Role::Dim));
    }
    notes
}

/// The cited places of a passage, in bytes of its text. A selected citation
/// leads to its own sentence alone, as in the viewer.
fn cited(turn: &Turn, source: &Source, selected: Option<usize>) -> Vec<ByteRange> {
    let of_source =
        |place: &usize| turn.citations.get(*place).is_some_and(|c| c.number == source.number);
    let selected = selected.filter(of_source);
    turn.citations
        .iter()
        .enumerate()
        .filter(|(place, _)| selected.is_none_or(|selected| selected == *place))
        .map(|(_, citation)| citation)
        .filter(|citation| citation.number == source.number)
        // Before the check it isn't known which sentence is meant.
        .filter(|c| c.support != Support::Unchecked || !c.quote.is_empty())
        .filter_map(|citation| locate(source, citation))
        .collect()
}

/// Where the sentence of a citation stands in the passage.
fn locate(source: &Source, citation: &Citation) -> Option<ByteRange> {
    let chunk = &source.hit.chunk;
    let same = |at: &Sentence| !at.bytes.is_empty() && chunk.locate(at) == citation.locator;
    if let Some(sentence) = source.sentences.iter().find(|s| same(s)) {
        return Some(sentence.within);
    }
    let quote = citation.quote.as_str();
    if quote.is_empty() {
        return None;
    }
    if let Some(at) = chunk.text.find(quote) {
        return Some(ByteRange::new(at, at + quote.len()));
    }
    let sentence = source.sentences.iter().find(|s| s.text == quote).map(|s| s.within);
    // Several sentences in one, or a text whose white space differs.
    sentence.or_else(|| {
        let bytes = citation.locator.bytes()?;
        let start = chunk.offsets.to_text(bytes.start);
        let end = chunk.offsets.to_text(bytes.end);
        (chunk.bytes.contains(bytes) && start < end).then(|| ByteRange::new(start, end))
    })
}

/// What is shown of the text of a passage, each byte in its place.
fn shown(source: &Source) -> Cow<'_, str> {
    let text = source.hit.chunk.text.as_str();
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text).trim_end();
    paragraphs::joined(&source.hit.chunk.path, text)
}

/// The passage, shown as `text`, in pieces, each with its role.
fn pieces<'a>(text: &'a str, source: &Source, cited: &[ByteRange]) -> Vec<(&'a str, Role)> {
    let read: Vec<ByteRange> = if source.compressed {
        source.sentences.iter().map(|sentence| sentence.within).collect()
    } else {
        Vec::new()
    };
    let base = if source.compressed { Role::Dim } else { Role::Text };

    let mut cuts = vec![0, text.len()];
    for range in read.iter().chain(cited) {
        let inside = |at: &usize| text.is_char_boundary(*at);
        cuts.extend([range.start, range.end].into_iter().filter(inside));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let starts = cuts.iter().copied();
    let ends = cuts.iter().copied().skip(1);
    starts
        .zip(ends)
        .filter_map(|(start, end)| {
            let whole = ByteRange::new(start, end);
            let within = |ranges: &[ByteRange]| ranges.iter().any(|range| range.contains(whole));
            let role = if within(cited) {
                Role::Highlight
            } else if within(&read) {
                Role::Text
            } else {
                base
            };
            text.get(start..end).map(|piece| (piece, role))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LineRange, Locator};
    use crate::ui::fixtures;

    /// A passage of three sentences, of which the answer cites the second.
    fn case() -> (Turn, Source) {
        let text = "One is first. Two — zwei — is cited. Three is last.";
        let mut source = fixtures::source(1, 0.5, fixtures::chunk(1, "/a.md", &[], (1, 1), text));
        let mut from = 0;
        source.sentences = text
            .split_inclusive(". ")
            .map(|part| {
                let within = ByteRange::new(from, from + part.trim_end().len());
                from += part.len();
                Sentence {
                    text: part.trim_end().to_owned(),
                    within,
                    bytes: ByteRange::new(100 + within.start, 100 + within.end),
                    ..source.sentences[0].clone()
                }
            })
            .collect();
        let mut turn = fixtures::cited_turn(1, None);
        turn.citations.truncate(1);
        let citation = &mut turn.citations[0];
        citation.locator = source.hit.chunk.locate(&source.sentences[1]);
        citation.quote = source.sentences[1].text.clone();
        (turn, source)
    }

    fn marked(turn: &Turn, source: &Source, selected: Option<usize>) -> Vec<String> {
        let cited = cited(turn, source, selected);
        pieces(&shown(source), source, &cited)
            .into_iter()
            .filter(|(_, role)| *role == Role::Highlight)
            .map(|(text, _)| text.to_owned())
            .collect()
    }

    #[test]
    fn the_cited_sentence_is_found_by_place_quote_or_bytes() {
        let (mut turn, source) = case();
        let expected = ["Two — zwei — is cited."];
        assert_eq!(marked(&turn, &source, None), expected);
        let bytes = turn.citations[0].locator.bytes().unwrap();
        let at = |bytes| Locator::text(LineRange::default(), bytes);
        turn.citations[0].locator = Locator::default();
        assert_eq!(marked(&turn, &source, None), expected);
        turn.citations[0].locator = at(ByteRange::new(bytes.start, bytes.end + 4));
        turn.citations[0].quote = "with other  spaces".into();
        assert_eq!(marked(&turn, &source, None), ["Two — zwei — is cited. Thr"]);
        turn.citations[0].support = Support::Unchecked;
        turn.citations[0].quote.clear();
        assert!(marked(&turn, &source, None).is_empty());
    }

    #[test]
    fn a_selected_citation_is_highlighted_alone() {
        let (mut turn, source) = case();
        let mut other = turn.citations[0].clone();
        other.locator = source.hit.chunk.locate(&source.sentences[2]);
        other.quote = source.sentences[2].text.clone();
        turn.citations.push(other);
        assert_eq!(marked(&turn, &source, None).len(), 2);
        assert_eq!(marked(&turn, &source, Some(1)), ["Three is last."]);
        turn.citations[1].number = 2;
        assert_eq!(marked(&turn, &source, Some(1)), ["Two — zwei — is cited."]);
    }

    #[test]
    fn what_the_model_did_not_read_is_dim() {
        let (_, mut source) = case();
        source.compressed = true;
        source.sentences.remove(0);
        let text = shown(&source);
        let roles: Vec<(&str, Role)> = pieces(&text, &source, &[]);
        assert_eq!(
            roles,
            [
                ("One is first. ", Role::Dim),
                ("Two — zwei — is cited.", Role::Text),
                (" ", Role::Dim),
                ("Three is last.", Role::Text),
            ]
        );
    }

    #[test]
    fn a_sentence_over_two_lines_is_highlighted_as_one() {
        let (turn, mut source) = case();
        let text = source.hit.chunk.text.replace("zwei —", "zwei\n—");
        source.hit.chunk.text = text;
        assert_eq!(marked(&turn, &source, None), ["Two — zwei — is cited."]);
    }

    #[test]
    fn ranges_that_lie_outside_or_within_characters_do_no_harm() {
        let (_, source) = case();
        let dash = source.hit.chunk.text.find('—').unwrap();
        for range in [(0, 999), (dash + 1, dash + 9), (70, 80), (5, 2)] {
            let text = shown(&source);
            let cited = [ByteRange::new(range.0, range.1)];
            let all: String = pieces(&text, &source, &cited).iter().map(|piece| piece.0).collect();
            assert_eq!(all, source.hit.chunk.text);
        }
    }
}
