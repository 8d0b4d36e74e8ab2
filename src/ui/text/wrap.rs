//! Breaks styled text into lines by display width: between words and
//! ideographs where possible, between grapheme clusters where not, and never
//! inside a citation mark or before it.

use super::RenderedLine;
use super::flow::Flow;
use super::measure::{Clusters, one_line, width as columns};
use crate::domain::ByteRange;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// `text` in lines of at most `width` columns. Its line breaks are kept, and
/// every line knows its bytes.
#[must_use]
pub fn plain(text: &str, width: u16, style: Style) -> Vec<RenderedLine> {
    let room = usize::from(width);
    let mut lines = Vec::new();
    if room == 0 {
        return lines;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let whole = ByteRange::new(at, at + content.len());
        let mut flow = Flow::default();
        flow.push(content, style, Some(whole));
        for row in flow.wrap(room, room, Break::Words) {
            let mut rendered = flow.render(&row);
            rendered.source = rendered.source.or(Some(whole));
            lines.push(rendered);
        }
        at += line.len();
    }
    lines
}

/// Styled text in lines of at most `width` columns, the first behind
/// `first_indent`, the others behind `next_indent`. An indent without room
/// for text behind it is left out.
#[must_use]
pub fn wrap_spans(
    spans: Vec<Span<'static>>,
    width: u16,
    first_indent: &str,
    next_indent: &str,
) -> Vec<Line<'static>> {
    let room = usize::from(width);
    if room == 0 {
        return Vec::new();
    }
    let mut flow = Flow::default();
    for span in &spans {
        flow.push(&span.content, span.style, None);
    }
    let fitting = |indent: &str| {
        let indent = one_line(indent).into_owned();
        if columns(&indent) < room { indent } else { String::new() }
    };
    let (first, next) = (fitting(first_indent), fitting(next_indent));
    let rows = flow.wrap(room - columns(&first), room - columns(&next), Break::Words);
    let line = |(nth, row): (usize, &Row)| {
        let indent = if nth == 0 { &first } else { &next };
        let mut spans = Vec::new();
        if !indent.is_empty() {
            spans.push(Span::raw(indent.clone()));
        }
        spans.extend(flow.spans(row.start, row.end));
        Line::from(spans)
    };
    rows.iter().enumerate().map(line).collect()
}

/// Where lines may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// Between words.
    Words,
    /// Between tokens where there are any, and every space is kept: for code.
    Code,
}

/// A line of a flow, in bytes of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// Columns it takes.
    pub(super) width: usize,
}

/// What lines are made of and never break.
struct Unit {
    start: usize,
    end: usize,
    width: usize,
    kind: Kind,
    /// Whether a line may begin with it though no space precedes.
    open: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Newline,
    Space,
    /// Any other cluster.
    Cluster {
        ideograph: bool,
        opening: bool,
    },
    /// A mark, with the cluster before it.
    Mark,
}

impl Flow {
    /// Its lines: the first of at most `first`, the others of at most `next`
    /// columns, both at least 1. There is always one.
    pub(super) fn wrap(&mut self, first: usize, next: usize, by: Break) -> Vec<Row> {
        let limit = first.min(next).max(1);
        let mut units = self.units(limit, by);
        if units.iter().any(|unit| unit.width > limit) {
            self.squeeze(limit);
            units = self.units(limit, by);
        }
        fill(&units, first.max(1), next.max(1))
    }

    /// One of its lines.
    pub(super) fn render(&self, row: &Row) -> RenderedLine {
        RenderedLine {
            line: Line::from(self.spans(row.start, row.end)),
            source: self.source(row.start, row.end),
            marks: self.marks_between(row.start, row.end),
        }
    }

    fn units(&self, limit: usize, by: Break) -> Vec<Unit> {
        let mut units: Vec<Unit> = Vec::new();
        let mut marks = self.marks().iter().peekable();
        let mut from = 0;
        let mut token = Token::default();
        for run in self.runs() {
            let piece = self.text().get(from..run.end).unwrap_or_default();
            for cluster in Clusters::new(piece) {
                let (start, end) = (from + cluster.start, from + cluster.end);
                while marks.next_if(|mark| mark.end <= start).is_some() {}
                let mark = marks.peek().copied().filter(|mark| mark.start <= start);
                let text = piece.get(cluster.start..cluster.end).unwrap_or_default();
                let Some(mark) = mark else {
                    let kind = kind(text, by);
                    let between = token.ends_before(text);
                    let open = match by {
                        Break::Words => may_break(units.last(), kind, text),
                        Break::Code => between,
                    };
                    units.push(Unit { start, end, width: cluster.width, kind, open });
                    continue;
                };
                // A mark keeps together, and keeps the cluster before it, as
                // far as the line is long enough.
                let begins = mark.start == start;
                let needed = if begins {
                    columns(self.text().get(start..mark.end).unwrap_or_default())
                } else {
                    cluster.width
                };
                let joins = |last: &&mut Unit| {
                    last.width + needed <= limit
                        && match last.kind {
                            Kind::Newline | Kind::Space => false,
                            Kind::Cluster { .. } => begins,
                            Kind::Mark => !begins,
                        }
                };
                if let Some(last) = units.last_mut().filter(joins) {
                    last.end = end;
                    last.width += cluster.width;
                    last.kind = Kind::Mark;
                } else {
                    let width = cluster.width;
                    units.push(Unit { start, end, width, kind: Kind::Mark, open: false });
                }
            }
            from = run.end;
        }
        units
    }
}

/// Puts units into lines, each as full as it gets.
fn fill(units: &[Unit], first: usize, next: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut limit = first;
    let (mut begin, mut at, mut column) = (0, 0, 0);
    // Behind the last unit that isn't a trailing space.
    let mut filled: Option<usize> = None;
    // Where the line could end, and where the next one would begin.
    let mut chance: Option<(usize, usize)> = None;
    // The first unit behind the spaces that the line begins with.
    let mut indented: Option<usize> = None;
    while let Some(unit) = units.get(at) {
        let (end, resume) = match unit.kind {
            Kind::Newline => (filled.unwrap_or(begin), at + 1),
            Kind::Space => {
                match filled {
                    Some(end) => chance = Some((end, at + 1)),
                    None => indented = Some(at + 1),
                }
                column += unit.width;
                at += 1;
                continue;
            }
            Kind::Cluster { .. } | Kind::Mark => {
                if unit.open && filled.is_some() {
                    chance = Some((at, at));
                }
                // A unit too wide for any line is placed alone: there is no
                // better place, and the text must go on.
                if column + unit.width <= limit || at == begin {
                    column += unit.width;
                    at += 1;
                    filled = Some(at);
                    continue;
                }
                match (chance, indented) {
                    (Some(chance), _) => chance,
                    // Rather no indentation than a broken word.
                    (None, Some(behind)) => {
                        (begin, at, column) = (behind, behind, 0);
                        (filled, indented) = (None, None);
                        continue;
                    }
                    (None, None) => (at, at),
                }
            }
        };
        rows.push(row(units, begin, end));
        (begin, at, column) = (resume, resume, 0);
        (filled, chance, indented) = (None, None, None);
        limit = next;
    }
    let broken = units.last().is_some_and(|unit| unit.kind == Kind::Newline);
    if begin < units.len() || rows.is_empty() || broken {
        rows.push(row(units, begin, filled.unwrap_or(begin)));
    }
    rows
}

fn row(units: &[Unit], begin: usize, end: usize) -> Row {
    let part = units.get(begin..end).unwrap_or_default();
    let nowhere =
        units.get(begin).map_or_else(|| units.last().map_or(0, |unit| unit.end), |unit| unit.start);
    Row {
        start: part.first().map_or(nowhere, |unit| unit.start),
        end: part.last().map_or(nowhere, |unit| unit.end),
        width: part.iter().map(|unit| unit.width).sum(),
    }
}

fn kind(cluster: &str, by: Break) -> Kind {
    let first = cluster.chars().next().unwrap_or(' ');
    match first {
        '\n' => Kind::Newline,
        ' ' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200A}' | '\u{3000}'
            if by == Break::Words && cluster.len() == first.len_utf8() =>
        {
            Kind::Space
        }
        _ => Kind::Cluster { ideograph: ideograph(first), opening: opening(first) },
    }
}

/// Whether a line may begin with a cluster that follows `before` directly.
fn may_break(before: Option<&Unit>, kind: Kind, cluster: &str) -> bool {
    let Kind::Cluster { ideograph, .. } = kind else { return false };
    let between = match before.map(|unit| unit.kind) {
        Some(Kind::Cluster { ideograph: before, opening }) => (ideograph || before) && !opening,
        Some(Kind::Mark) => ideograph,
        _ => false,
    };
    between && cluster.chars().next().is_some_and(|c| !closing(c))
}

/// Where a line of code may be broken: behind a space or a sign between
/// tokens, or before a space, but not within its indentation.
#[derive(Default)]
struct Token {
    /// Whether something but spaces was seen.
    began: bool,
    /// Whether a token may begin next.
    ended: bool,
}

impl Token {
    /// Whether a line may begin with this cluster; to be asked for each in turn.
    fn ends_before(&mut self, cluster: &str) -> bool {
        let first = cluster.chars().next().unwrap_or(' ');
        let space = first.is_whitespace();
        let may = self.began && (self.ended || space || ideograph(first));
        self.began |= !space;
        self.ended =
            space || ideograph(first) || matches!(first, ',' | ';' | '|' | '&' | '/' | '=');
        may
    }
}

/// Characters that are words of their own: ideographs, kana, syllables of
/// Hangul, emoji.
fn ideograph(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF00}'..='\u{FFEF}'
        | '\u{1F000}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}')
}

/// Characters that no line begins with, where ideographs are broken.
fn closing(c: char) -> bool {
    "、。，．・：；？！ー〜）］｝〕〉》」』】〗〙〛’”»…‥々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ!),.:;?]}%"
        .contains(c)
}

/// Characters that no line ends with, where ideographs are broken.
fn opening(c: char) -> bool {
    if c.is_ascii() {
        matches!(c, '(' | '[' | '{')
    } else {
        "（［｛〔〈《「『【〖〘〚‘“«".contains(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, width: u16) -> Vec<String> {
        plain(text, width, Style::new()).iter().map(|line| line.line.to_string()).collect()
    }

    /// `text` with each `[n]` as a mark, with a symbol.
    fn marked(text: &str, width: usize) -> Vec<String> {
        let style = Style::new();
        let mut flow = Flow::default();
        let mut from = 0;
        for (index, (at, _)) in text.match_indices('[').enumerate() {
            let end = at + text[at..].find(']').unwrap() + 1;
            flow.push(&text[from..at], style, None);
            flow.push_mark(index, ByteRange::new(at, end), (&text[at..end], style), ("✓", style));
            from = end;
        }
        flow.push(&text[from..], style, None);
        let rows = flow.wrap(width, width, Break::Words);
        rows.iter().map(|row| flow.render(row).line.to_string()).collect()
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(words("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(words("the quick  brown", 10), ["the quick", "brown"]);
        assert_eq!(words("extraordinary fox", 5), ["extra", "ordin", "ary", "fox"]);
        assert_eq!(words("  indented text", 10), ["  indented", "text"]);
        assert_eq!(words("        hello", 10), ["hello"]);
        assert_eq!(words("a\n\n b\n", 5), ["a", "", " b"]);
        assert_eq!(words("   ", 2), [""]);
        assert!(words("", 9).is_empty());
        assert!(words("text", 0).is_empty());
    }

    #[test]
    fn ideographs_and_emoji_break_between_each_other() {
        assert_eq!(words("日本語の文章。", 6), ["日本語", "の文", "章。"]);
        assert_eq!(words("これは「引用」です", 8), ["これは", "「引用」", "です"]);
        assert_eq!(words("👩‍💻👩‍💻👩‍💻", 5), ["👩‍💻👩‍💻", "👩‍💻"]);
        assert_eq!(words("🇩🇪🇫🇷", 3), ["🇩🇪", "🇫🇷"]);
        assert_eq!(words("ab日本", 3), ["ab", "日", "本"]);
        assert_eq!(words("日本", 1), ["…", "…"]);
        assert_eq!(words("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn marks_stay_whole_and_with_their_word() {
        assert_eq!(marked("one two[1] six", 9), ["one", "two[1]✓", "six"]);
        assert_eq!(marked("one two[1]. six", 12), ["one two[1]✓.", "six"]);
        assert_eq!(marked("one two [1] six", 9), ["one two", "[1]✓ six"]);
        assert_eq!(marked("aa[1][2]", 10), ["aa[1]✓[2]✓"]);
        assert_eq!(marked("aa[1][2]", 8), ["aa[1]✓", "[2]✓"]);
        assert_eq!(marked("extraordinary[1]", 13), ["extraordinar", "y[1]✓"]);
        assert_eq!(marked("日本[1]語", 6), ["日", "本[1]✓", "語"]);
        assert_eq!(marked("a[12]", 3), ["a", "[12", "]✓"]);
    }

    #[test]
    fn code_breaks_between_tokens_and_keeps_its_spaces() {
        let code = |text: &str, width: usize| -> Vec<String> {
            let mut flow = Flow::default();
            flow.push(text, Style::new(), None);
            let rows = flow.wrap(width, width, Break::Code);
            rows.iter().map(|row| flow.render(row).line.to_string()).collect()
        };
        assert_eq!(code("let total = count;", 12), ["let total = ", "count;"]);
        assert_eq!(code("    return value", 12), ["    return ", "value"]);
        assert_eq!(code("    abcdefghij", 8), ["    abcd", "efghij"]);
        assert_eq!(code("cat /usr/local/share", 12), ["cat /usr/", "local/share"]);
        for width in 1..24 {
            assert_eq!(code("  a  b, (c)  --long=1", width).concat(), "  a  b, (c)  --long=1");
        }
    }

    #[test]
    fn indents_count_and_hang() {
        let spans = vec![Span::raw("alpha beta "), Span::raw("gamma")];
        let lines = wrap_spans(spans.clone(), 9, "- ", "  ");
        let text: Vec<String> = lines.iter().map(Line::to_string).collect();
        assert_eq!(text, ["- alpha", "  beta", "  gamma"]);
        assert_eq!(wrap_spans(spans, 1, "- ", "  ").len(), 14);
        assert_eq!(wrap_spans(Vec::new(), 9, "> ", "").len(), 1);
        assert!(wrap_spans(vec![Span::raw("x")], 0, "", "").is_empty());
    }

    #[test]
    fn every_line_of_plain_text_knows_its_bytes() {
        let lines = plain("one two\n\nthree", 4, Style::new());
        let ranges: Vec<ByteRange> = lines.iter().map(|line| line.source.unwrap()).collect();
        let expected = [(0, 3), (4, 7), (8, 8), (9, 13), (13, 14)];
        assert_eq!(ranges, expected.map(|(start, end)| ByteRange::new(start, end)));
    }

    #[test]
    fn a_huge_line_takes_linear_time() {
        let started = std::time::Instant::now();
        let text = "lorem 日本 ipsum".repeat(60_000);
        assert!(plain(&text, 80, Style::new()).len() > 10_000);
        assert_eq!(words(&"x".repeat(1_000_000), 80).len(), 12_500);
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
}
