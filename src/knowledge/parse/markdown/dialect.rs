//! What other programs add to Markdown is written in plain Markdown before it
//! is parsed: callouts and admonitions become quotes with a title, comments,
//! shortcodes and ids leave.
//!
//! Lines are read here, with what they open; what stands among words is done
//! in [`spans`]. Code is left alone. A file without such marks isn't copied.

mod directives;
mod spans;

use super::super::output::Output;
use super::super::text::{indent, lines};
use crate::domain::OffsetMap;
use directives::{Fence, Opening, closes, fence, opening};
use std::borrow::Cow;

/// Most boxes within boxes; what is deeper stays as it is.
const DEEPEST: usize = 16;

/// Without one of these a file is plain Markdown.
const SIGNS: &[&str] = &[
    "]](", "%%", "==", "{{", "{%", "={", "{/*", "{:", "}`", "```{", "[!", "!!!", "???", ":::",
    " ^", "\n^", "import ", "export ",
];

/// A text in plain Markdown.
pub(super) struct Plain<'a> {
    pub text: Cow<'a, str>,
    /// Leads to the text it was made from.
    pub offsets: OffsetMap,
    /// Where paragraphs start that are titles of what follows them.
    pub labels: Vec<usize>,
}

/// Rewrites a text in plain Markdown.
pub(super) fn plain(text: &str) -> Plain<'_> {
    let offsets = OffsetMap::verbatim(0, text.len());
    if !SIGNS.iter().any(|sign| text.contains(sign)) {
        return Plain { text: Cow::Borrowed(text), offsets, labels: Vec::new() };
    }
    let mut writer = Writer {
        text,
        out: Output::default(),
        labels: Vec::new(),
        boxes: Vec::new(),
        code: None,
        hidden: None,
    };
    writer.read();
    let labels = writer.labels;
    let (lined, to_text) = writer.out.finish();
    let (spanned, to_lined) = spans::plain(&lined).finish();
    let labels = labels.into_iter().map(|at| to_lined.to_text(at)).collect();
    Plain { text: Cow::Owned(spanned), offsets: to_lined.through(&to_text), labels }
}

/// What lines are in.
enum Boxed {
    /// The indented lines behind `!!! note`.
    Indented,
    /// Up to `:::`, as a quote or just as they are.
    Colons { is_quote: bool },
    /// A directive in a code fence, up to the fence's end.
    Fenced(Fence),
}

struct Writer<'a> {
    text: &'a str,
    out: Output,
    /// Where titles start in the output.
    labels: Vec<usize>,
    boxes: Vec<Boxed>,
    /// The code that is open.
    code: Option<Fence>,
    /// A directive that shows nothing, up to its fence's end.
    hidden: Option<Fence>,
}

impl Writer<'_> {
    fn read(&mut self) {
        let text = self.text;
        let mut lines = lines(text).peekable();
        // Whether the lines are part of a comment, or of an `export`.
        let (mut in_comment, mut in_export) = (false, false);
        // One that nothing ends is none.
        let last_comment = text.rfind("%%").unwrap_or(0);
        let mut after_blank = true;
        // Directives may start with options, which aren't shown.
        let mut in_options = false;
        while let Some(range) = lines.next() {
            let line = text.get(range.clone()).unwrap_or_default();
            let end = lines.peek().map_or(text.len(), |next| next.start);
            let is_blank = line.trim().is_empty();
            if self.code.is_none() {
                if in_comment || line.trim() == "%%" {
                    // The mark that ends it may have words before it.
                    let ends = in_comment && line.trim_end().ends_with("%%");
                    in_comment = !ends && (in_comment || end < last_comment);
                    self.newline(range.end, end);
                    continue;
                }
                if in_export && !is_blank {
                    continue;
                }
                in_export = false;
            }
            if let Some(fence) = &self.hidden {
                if closes(fence, line) {
                    self.hidden = None;
                }
                continue;
            }
            self.leave(line, is_blank);
            let content = self.content(line);
            if in_options {
                if content.trim_start().starts_with(':') || content.trim() == "---" {
                    continue;
                }
                in_options = false;
            }
            let at = range.end - content.len();
            if self.in_code(content) {
                self.raw(content, at, end);
                after_blank = false;
                continue;
            }
            if self.closes(content) {
                continue;
            }
            if after_blank && self.boxes.is_empty() && directives::is_module_line(content) {
                in_export = true;
                continue;
            }
            match opening(content) {
                Some(opening) if self.boxes.len() < DEEPEST => {
                    in_options = matches!(opening, Opening::Directive { .. });
                    self.open(&opening, content, at);
                    after_blank = true;
                }
                _ => {
                    self.line(content, at, end);
                    after_blank = is_blank;
                }
            }
        }
    }

    /// Ends the boxes that a line isn't part of.
    fn leave(&mut self, line: &str, is_blank: bool) {
        if is_blank {
            return;
        }
        let mut needed = 0;
        let margin = indent(line);
        let stays = self.boxes.iter().position(|boxed| {
            needed += if matches!(boxed, Boxed::Indented) { 4 } else { 0 };
            needed > margin
        });
        if let Some(stays) = stays {
            self.boxes.truncate(stays);
            self.code = None;
            self.out.insert("\n");
        }
    }

    /// A line without the indent that its boxes ask for.
    fn content<'b>(&self, line: &'b str) -> &'b str {
        let mut rest = line;
        for _ in self.boxes.iter().filter(|boxed| matches!(boxed, Boxed::Indented)) {
            let columns = rest.bytes().take(4).take_while(|byte| *byte == b' ').count();
            let cut = if rest.starts_with('\t') { 1 } else { columns };
            rest = rest.get(cut..).unwrap_or_default();
        }
        rest
    }

    /// Writes the marks of the quotes that are open.
    fn marks(&mut self) {
        for boxed in &self.boxes {
            if !matches!(boxed, Boxed::Colons { is_quote: false }) {
                self.out.insert("> ");
            }
        }
    }

    /// Whether a line is code, or the fence around it.
    fn in_code(&mut self, content: &str) -> bool {
        // A directive's own fence ends it.
        match (&self.code, fence(content)) {
            (Some(open), _) => {
                if closes(open, content) {
                    self.code = None;
                }
                true
            }
            (None, Some(found)) if found.directive.is_none() => {
                let ends_box = self
                    .boxes
                    .iter()
                    .any(|boxed| matches!(boxed, Boxed::Fenced(fence) if closes(fence, content)));
                if ends_box {
                    return false;
                }
                self.code = Some(found);
                true
            }
            _ => false,
        }
    }

    /// Whether a line only ends a box.
    fn closes(&mut self, content: &str) -> bool {
        let closed = self.boxes.iter().rposition(|boxed| match boxed {
            Boxed::Indented => false,
            Boxed::Colons { .. } => {
                content.trim().len() >= 3 && content.trim().bytes().all(|byte| byte == b':')
            }
            Boxed::Fenced(fence) => closes(fence, content),
        });
        if let Some(closed) = closed {
            self.boxes.truncate(closed);
            self.out.insert("\n\n");
        }
        closed.is_some()
    }

    /// Begins a box with its title.
    fn open(&mut self, opening: &Opening, content: &str, at: usize) {
        let title = opening.title();
        let words = content.get(title.clone()).unwrap_or_default();
        if let Opening::Callout { marks, .. } = opening {
            // The quote is there already.
            self.marks();
            self.out.verbatim(content.get(..*marks).unwrap_or_default(), at);
            self.label(words, at + title.start);
            self.out.insert("\n");
            if !words.is_empty() {
                self.marks();
                self.out.insert(content.get(..*marks).unwrap_or_default().trim_end());
                self.out.insert("\n");
            }
            return;
        }
        self.out.insert("\n");
        match opening {
            Opening::Admonition { .. } => self.boxes.push(Boxed::Indented),
            Opening::Colons { is_quote, .. } => {
                self.boxes.push(Boxed::Colons { is_quote: *is_quote });
            }
            Opening::Directive { fence, .. } => self.boxes.push(Boxed::Fenced(fence.clone())),
            Opening::Silent { fence } => self.hidden = Some(fence.clone()),
            Opening::Callout { .. } => {}
        }
        if !words.is_empty() {
            self.marks();
            self.label(words, at + title.start);
            self.out.insert("\n");
            self.marks();
            self.out.insert("\n");
        }
    }

    fn label(&mut self, words: &str, at: usize) {
        if !words.is_empty() {
            self.labels.push(self.out.len());
            self.out.verbatim(words, at);
        }
    }

    /// Writes a line of text without the id at its end.
    fn line(&mut self, content: &str, at: usize, end: usize) {
        self.marks();
        let kept = spans::without_id(content);
        self.out.verbatim(kept, at);
        self.newline(at + content.len(), end);
    }

    fn raw(&mut self, content: &str, at: usize, end: usize) {
        self.marks();
        self.out.verbatim(content, at);
        self.newline(at + content.len(), end);
    }

    /// Writes the end of a line.
    fn newline(&mut self, at: usize, end: usize) {
        self.out.verbatim(self.text.get(at..end).unwrap_or_default(), at);
    }
}

#[cfg(test)]
mod tests;
