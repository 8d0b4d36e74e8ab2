//! A session as one HTML page that needs nothing else: no script, no picture,
//! no other file. Whatever stands in questions, answers and documents is text
//! there, never markup of the page.

use super::Session;
use super::line::flat;
use super::time::minute;
use crate::domain::{Citation, FOUND, Outcome, Source, Turn, visible};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How the page looks, in light and dark.
const STYLE: &str = include_str!("export.css");

/// Around the place of a citation while an answer is rendered; these characters
/// mean nothing anywhere else, and are taken out of the answer first.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// The shown branch as an HTML page: each question with its answer, the marks
/// leading to the sources below it, each with file, lines and its passage, the
/// quoted sentences marked.
#[must_use]
pub fn to_html(session: &Session) -> String {
    let title = escaped(&flat(&session.info.title));
    let mut out = String::new();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for turn in session.branch() {
        put_turn(&mut out, turn);
    }
    out.push_str("</body>\n</html>\n");
    out
}

// Writing to a `String` can't fail, so its results say nothing.
fn put_turn(out: &mut String, turn: &Turn) {
    let question = escaped(turn.question.trim()).replace('\n', "<br>\n");
    let _ = writeln!(out, "<section id=\"t{}\">\n<h2>{question}</h2>", turn.id);
    let _ = writeln!(out, "<div class=\"answer\">\n{}</div>", answer(turn));
    for remark in super::export::remarks(turn) {
        let _ = writeln!(out, "<p class=\"remark\">{}</p>", escaped(&flat(&remark)));
    }
    let cited: BTreeSet<usize> = turn.citations.iter().map(|c| c.number).collect();
    let shown: Vec<&Source> = turn.sources.iter().filter(|s| cited.contains(&s.number)).collect();
    if !shown.is_empty() {
        out.push_str("<h3>Sources</h3>\n<ol class=\"sources\">\n");
        for source in shown {
            put_source(out, turn, source);
        }
        out.push_str("</ol>\n");
    }
    let mut facts = vec![turn.mode.name().to_owned()];
    facts.extend([turn.model.clone()].into_iter().filter(|model| !model.is_empty()));
    facts.extend(turn.adapter.clone());
    facts.push(minute(turn.asked_ms));
    let _ =
        writeln!(out, "<p class=\"facts\">{}</p>\n</section>", escaped(&flat(&facts.join(" · "))));
}

fn put_source(out: &mut String, turn: &Turn, source: &Source) {
    let chunk = &source.hit.chunk;
    let (id, number) = (turn.id, source.number);
    let heading = escaped(&flat(&chunk.heading.join(" › ")));
    let _ = writeln!(
        out,
        "<li id=\"t{id}s{number}\" value=\"{number}\"><code>{}</code> <span>{heading}</span>",
        escaped(&chunk.locator().within(&flat(&chunk.path)))
    );
    let quotes: Vec<&Citation> = turn
        .citations
        .iter()
        .filter(|c| c.number == number && !c.quote.trim().is_empty())
        .collect();
    for citation in &quotes {
        let _ = writeln!(
            out,
            "<blockquote>{} <cite>{}</cite></blockquote>",
            escaped(citation.quote.trim()),
            escaped(&citation.locator.within(&flat(&citation.path)))
        );
    }
    let _ = writeln!(
        out,
        "<details><summary>passage</summary><pre>{}</pre></details></li>",
        marked(&chunk.text, quotes.iter().map(|c| c.quote.trim()))
    );
}

/// The passage with the quoted sentences marked.
fn marked<'a>(passage: &str, quotes: impl Iterator<Item = &'a str>) -> String {
    let mut places: Vec<(usize, usize)> =
        quotes.filter_map(|quote| passage.find(quote).map(|at| (at, at + quote.len()))).collect();
    places.sort_unstable();
    let mut out = String::new();
    let mut from = 0;
    for (start, end) in places {
        if start < from {
            continue;
        }
        out.push_str(&escaped(passage.get(from..start).unwrap_or_default()));
        let quote = escaped(passage.get(start..end).unwrap_or_default());
        let _ = write!(out, "<mark>{quote}</mark>");
        from = end;
    }
    out.push_str(&escaped(passage.get(from..).unwrap_or_default()));
    out
}

/// The answer's Markdown as HTML, its citation marks leading to the sources.
fn answer(turn: &Turn) -> String {
    if turn.text.trim().is_empty() {
        return match turn.outcome {
            Outcome::NotAnswered => "<p>The sources don't answer this.</p>\n".to_owned(),
            _ => String::new(),
        };
    }
    let text = with_places(turn);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Page { out: String::new(), head: false };
    for event in Parser::new_ext(&text, options) {
        writer.event(event);
    }
    linked(&writer.out, turn)
}

/// The text with a place for each citation, which Markdown leaves alone.
fn with_places(turn: &Turn) -> String {
    let clean = |text: &str| text.replace([OPEN, CLOSE], "\u{FFFD}");
    let mut marks: Vec<&Citation> = turn.citations.iter().collect();
    marks.sort_by_key(|citation| citation.mark.start);
    let mut out = String::new();
    let mut from = 0;
    for citation in marks {
        let mark = citation.mark;
        if mark.start < from || turn.text.get(mark.start..mark.end).is_none() {
            continue;
        }
        out.push_str(&clean(turn.text.get(from..mark.start).unwrap_or_default()));
        let found = if citation.found { FOUND } else { "" };
        let symbol = citation.symbol();
        let _ = write!(out, "{OPEN}{}{found}{symbol}{CLOSE}", citation.number);
        from = mark.end;
    }
    out.push_str(&clean(turn.text.get(from..).unwrap_or_default()));
    out
}

/// Turns the places into links.
fn linked(html: &str, turn: &Turn) -> String {
    let mut out = String::new();
    let mut pieces = html.split(OPEN);
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (place, rest) = piece.split_once(CLOSE).unwrap_or(("", piece));
        let digits = place.trim_end_matches(|c: char| !c.is_ascii_digit());
        let symbol = place.get(digits.len()..).unwrap_or_default();
        let (id, there) = (turn.id, turn.sources.iter().any(|s| s.number.to_string() == digits));
        let _ = if there {
            write!(out, "<a class=\"cite\" href=\"#t{id}s{digits}\">[{digits}]{symbol}</a>{rest}")
        } else {
            write!(out, "[{digits}]{symbol}{rest}")
        };
    }
    out
}

/// Writes the events of Markdown as HTML. Links are shown with their address
/// and lead nowhere: an answer must not send anybody to a place by one click.
struct Page {
    out: String,
    /// Whether a table's head is being written.
    head: bool,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.out.push_str(&escaped(&text)),
            Event::Code(text) => {
                let _ = write!(self.out, "<code>{}</code>", escaped(&text));
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            Event::TaskListMarker(done) => {
                self.out.push_str(if done { "☑ " } else { "☐ " });
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let text = match tag {
            Tag::Paragraph => "<p>",
            // Below the question's heading.
            Tag::Heading { .. } => "<h4>",
            Tag::BlockQuote(_) => "<blockquote>",
            Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => "<pre><code>",
            Tag::List(Some(number)) => {
                let _ = writeln!(self.out, "<ol start=\"{number}\">");
                return;
            }
            Tag::List(None) => "<ul>\n",
            Tag::Item => "<li>",
            Tag::Table(_) => "<table>\n",
            Tag::TableHead => {
                self.head = true;
                "<tr>"
            }
            Tag::TableRow => "<tr>",
            Tag::TableCell if self.head => "<th>",
            Tag::TableCell => "<td>",
            Tag::Emphasis => "<em>",
            Tag::Strong => "<strong>",
            Tag::Strikethrough => "<del>",
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let _ = write!(self.out, "<span class=\"link\" title=\"{}\">", escaped(&dest_url));
                return;
            }
            _ => "",
        };
        self.out.push_str(text);
    }

    fn end(&mut self, tag: TagEnd) {
        let text = match tag {
            TagEnd::Paragraph => "</p>\n",
            TagEnd::Heading(_) => "</h4>\n",
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock => "</code></pre>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Table => "</table>\n",
            TagEnd::TableHead => {
                self.head = false;
                "</tr>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell if self.head => "</th>",
            TagEnd::TableCell => "</td>",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Link | TagEnd::Image => "</span>",
            _ => "",
        };
        self.out.push_str(text);
    }
}

/// Text as it stands in a page, without characters that act on a terminal.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::SessionInfo;
    use super::*;
    use crate::domain::{ByteRange, Chunk, Hit, LineRange, Locator, OffsetMap, Support};

    fn page() -> String {
        let quote = "Hold the <button>.";
        let text =
            "Hold the <button>. [2]\n\n- **so** <script>alert(1)</script>\n- [x](javascript:y)";
        let at = text.find("[2]").unwrap_or_default();
        let passage = format!("First. {quote} Last & least.");
        let chunk = Chunk {
            id: "c".into(),
            path: "/docs/a\"b.md".into(),
            collection: "default".into(),
            heading: vec!["Guide".into(), "Reset".into()],
            bytes: ByteRange::new(0, passage.len()),
            lines: LineRange { start: 3, end: 5 },
            offsets: OffsetMap::verbatim(0, passage.len()),
            text: passage,
            rendered: false,
            index: 0,
            file_hash: "h".into(),
            modified: 0,
            units: Vec::new(),
            language: String::new(),
        };
        let source = Source {
            number: 2,
            hit: Hit { chunk, rank: 1, score: 0.5, vector: None, full_text: None, stale: false },
            sentences: Vec::new(),
            compressed: false,
            tokens: 5,
            left_out: None,
        };
        let citation = Citation {
            number: 2,
            path: "/docs/a\"b.md".into(),
            locator: Locator::text(
                LineRange { start: 4, end: 4 },
                ByteRange::new(7, 7 + quote.len()),
            ),
            quote: quote.into(),
            rendered: false,
            mark: ByteRange::new(at, at + 3),
            support: Support::Exact,
            answers: None,
            found: false,
        };
        let turn = Turn {
            id: 1,
            question: "How\u{1b}[2J?".into(),
            text: text.into(),
            outcome: Outcome::Answered,
            model: "reader".into(),
            citations: vec![citation],
            sources: vec![source],
            ..Turn::default()
        };
        let info = SessionInfo { title: "<b>T</b>".into(), ..SessionInfo::default() };
        to_html(&Session { info, turns: vec![turn], head: Some(1), ..Session::default() })
    }

    #[test]
    fn marks_lead_to_their_sources_and_quotes_are_marked() {
        let html = page();
        assert!(html.contains("<a class=\"cite\" href=\"#t1s2\">[2]✓</a>"), "{html}");
        assert!(html.contains("<li id=\"t1s2\" value=\"2\"><code>/docs/a&quot;b.md:3-5</code>"));
        assert!(html.contains("First. <mark>Hold the &lt;button&gt;.</mark> Last &amp; least."));
        assert!(
            html.contains("<cite>/docs/a&quot;b.md:4</cite>") && html.contains("Guide › Reset")
        );
        assert!(html.contains("<strong>so</strong>") && html.contains("<ul>"), "{html}");
    }

    #[test]
    fn nothing_of_a_document_or_an_answer_is_markup() {
        let html = page();
        assert!(!html.contains("<script") && !html.contains("<button") && !html.contains("<b>T"));
        assert!(!html.contains("href=\"javascript") && !html.contains('\u{1b}'), "{html}");
        let outside = ["http://", "https://", "src=", "@import", "url("];
        assert!(outside.iter().all(|part| !html.contains(part)), "it needs nothing else: {html}");
    }
}
