//! The words of a paragraph: text without its markup.

use super::render::{Leaf, Renderer, Span};
use pulldown_cmark::{Event, LinkType, Tag, TagEnd};
use std::ops::Range;

impl Renderer<'_> {
    pub(super) fn inline(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Text(words) => {
                if self.spans.last() == Some(&Span::Page) {
                    self.page_name(&words, range.start);
                } else {
                    self.put(&words, range);
                }
            }
            Event::Code(words) => self.code(&words, range),
            Event::InlineMath(_) | Event::DisplayMath(_) => {
                let source = self.text.get(range.clone()).unwrap_or_default();
                self.put(source, range);
            }
            Event::SoftBreak | Event::HardBreak => self.line_break(range),
            Event::Html(tag) | Event::InlineHtml(tag) => self.tag(&tag, range),
            Event::FootnoteReference(_) => self.is_gap = true,
            Event::TaskListMarker(_) => {
                let source = self.text.get(range.clone()).unwrap_or_default();
                self.put(source, range);
            }
            Event::Start(_) | Event::End(_) | Event::Rule => {}
        }
    }

    pub(super) fn start_span(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        let span = match tag {
            Tag::Image { link_type: LinkType::WikiLink { .. }, .. } => Some(Span::Hidden),
            Tag::Link { link_type: LinkType::WikiLink { has_pothole: false }, .. } => {
                Some(Span::Page)
            }
            Tag::Link { .. } | Tag::Image { .. } => Some(Span::Plain),
            _ => None,
        };
        self.hidden += usize::from(span == Some(Span::Hidden));
        self.spans.extend(span);
        if self.hidden > 0 {
            self.is_gap = true;
            return;
        }
        self.begin(Leaf::Prose, range.start);
        self.fill(range.start);
        self.out.open(range.start);
    }

    pub(super) fn end_span(&mut self, tag: TagEnd, range: Range<usize>) {
        if matches!(tag, TagEnd::Link | TagEnd::Image) && self.spans.pop() == Some(Span::Hidden) {
            self.hidden = self.hidden.saturating_sub(1);
        } else if self.hidden == 0 {
            self.out.close(range.end);
        }
    }

    /// Writes words whose source is `range`.
    fn put(&mut self, words: &str, range: Range<usize>) {
        if self.hidden > 0 || words.is_empty() {
            return;
        }
        self.begin(Leaf::Prose, range.start);
        self.fill(range.start);
        let source = self.text.get(range.clone()).unwrap_or_default();
        // Spaces on both sides of what was left out are one.
        let skip =
            if std::mem::take(&mut self.is_gap) && source == words { self.seam(words) } else { 0 };
        let (words, source) = (words.get(skip..), source.get(skip..));
        self.out.aligned(words.unwrap_or_default(), source.unwrap_or_default(), range.start + skip);
    }

    /// Joins the text to words behind something that was left out: how many
    /// of their spaces go.
    fn seam(&mut self, words: &str) -> usize {
        let ends_open = self.out.text().ends_with([' ', '\n']) || self.out.is_empty();
        if ends_open && words.starts_with(' ') {
            return words.len() - words.trim_start_matches(' ').len();
        }
        if self.out.text().ends_with(' ') && words.starts_with(['.', ',', ';', ':', '!', '?', ')'])
        {
            self.out.trim_end();
        }
        0
    }

    /// Writes what stands between the last words and those at `at`: an indent;
    /// a backslash belongs to what it escapes.
    fn fill(&mut self, at: usize) {
        if at.checked_sub(1).is_some_and(|before| self.text.as_bytes().get(before) == Some(&b'\\'))
        {
            self.out.open(at - 1);
            return;
        }
        if self.out.is_empty() || self.out.text().ends_with(' ') {
            return;
        }
        let from = self.out.end();
        let between = self.text.get(from..at).unwrap_or_default();
        if !between.is_empty() && between.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
            self.out.verbatim(between, from);
        }
    }

    fn line_break(&mut self, range: Range<usize>) {
        if self.hidden > 0 {
            return;
        }
        self.begin(Leaf::Prose, range.start);
        let source = self.text.get(range.clone()).unwrap_or_default();
        if source.contains('\n') && source.chars().all(char::is_whitespace) {
            self.out.verbatim(source, range.start);
        } else {
            self.out.decoded("\n", range);
        }
    }

    fn code(&mut self, words: &str, range: Range<usize>) {
        if self.hidden > 0 {
            return;
        }
        self.begin(Leaf::Prose, range.start);
        self.fill(range.start);
        self.is_gap = false;
        let source = self.text.get(range.clone()).unwrap_or_default();
        let inner = source.trim_matches('`');
        let ticks = source.len() - source.trim_start_matches('`').len();
        let lead = inner.len().saturating_sub(words.len()) / 2;
        let end = lead + words.len();
        self.out.open(range.start);
        if inner.get(lead..end) == Some(words) {
            self.out.verbatim(words, range.start + ticks + lead);
        } else {
            self.out.aligned(words, inner, range.start + ticks);
        }
        self.out.close(range.end);
    }

    /// A tag or comment among words.
    fn tag(&mut self, tag: &str, range: Range<usize>) {
        let name = tag.trim_start_matches(['<', '/']);
        let is_break = name.get(..2).is_some_and(|name| name.eq_ignore_ascii_case("br"))
            && !name.get(2..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        if self.hidden > 0 {
        } else if is_break {
            self.begin(Leaf::Prose, range.start);
            self.out.decoded("\n", range);
        } else if tag.starts_with("</") {
            if self.out.end() == range.start {
                self.out.close(range.end);
            }
        } else {
            if !tag.starts_with("<!") && !tag.starts_with("<?") {
                self.begin(Leaf::Prose, range.start);
                self.fill(range.start);
                self.out.open(range.start);
            }
            self.is_gap = true;
        }
    }

    /// The words of a link to a page: `Page#Heading` reads as `Page > Heading`.
    fn page_name(&mut self, words: &str, at: usize) {
        let end = at + words.len();
        let is_literal = self.text.get(at..end) == Some(words);
        let Some((page, place)) = words.split_once('#').filter(|_| is_literal) else {
            self.put(words, at..end.min(self.text.len()));
            return;
        };
        self.put(page, at..at + page.len());
        let mut from = at + page.len();
        for name in place.split('#').filter(|name| !name.starts_with('^')) {
            if !name.is_empty() {
                if from > at {
                    self.out.decoded(" > ", from..from + 1);
                }
                self.put(name, from + 1..from + 1 + name.len());
            }
            from += 1 + name.len();
        }
    }
}
