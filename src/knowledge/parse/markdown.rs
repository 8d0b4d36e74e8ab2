//! Markdown: CommonMark with tables, footnotes, task lists and front matter.
//!
//! The text stays as it is in the file; the parser only finds where headings,
//! running text and code stand in it.

use super::decode::Decoded;
use super::text::{lines, trimmed, trimmed_lines};
use super::{Block, BlockKind, Document, Format};
use pulldown_cmark::{Event, OffsetIter, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// A list above this many bytes is cut into its items, so that chunks end
/// between them.
const LONG_LIST: usize = 1000;

/// Finds the headings and blocks of a Markdown text.
pub(super) fn parse(decoded: Decoded) -> Document {
    let front = front_matter(&decoded.text);
    let start = front.as_ref().map_or(0, |front| front.end);
    let mut reader = Reader { text: &decoded.text, end: start, blocks: Vec::new() };
    reader.read(start);
    let mut blocks = reader.blocks;
    let has_title =
        blocks.iter().any(|block| matches!(block.kind, BlockKind::Heading { level: 1, .. }));
    if !has_title && let Some((range, title)) = front.and_then(|front| front.title) {
        blocks.insert(
            0,
            Block { kind: BlockKind::Heading { level: 1, title }, range, context: String::new() },
        );
    }
    Document {
        format: Format::Markdown,
        text: decoded.text,
        offsets: decoded.offsets,
        rendered: decoded.rendered,
        blocks,
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Where the last block ends.
    end: usize,
    blocks: Vec<Block>,
}

impl Reader<'_> {
    /// Reads the top-level blocks of the text from `start` on.
    fn read(&mut self, start: usize) {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_GFM;
        let text = self.text;
        let body = text.get(start..).unwrap_or_default();
        let mut events = Parser::new_ext(body, options).into_offset_iter();
        while let Some((event, range)) = events.next() {
            let Event::Start(tag) = event else { continue };
            let range = range.start + start..range.end + start;
            match tag {
                Tag::Heading { level, .. } => {
                    let title = title(&mut events);
                    if !title.is_empty() {
                        self.push(BlockKind::Heading { level: level as u8, title }, range);
                    }
                }
                Tag::CodeBlock(_) => {
                    inside(&mut events, |_, _| {});
                    self.push(BlockKind::Verbatim, range);
                }
                Tag::HtmlBlock => {
                    inside(&mut events, |_, _| {});
                    if !self.text.get(range.clone()).is_some_and(is_comment) {
                        self.push(BlockKind::Prose, range);
                    }
                }
                tag => {
                    let is_list = matches!(tag, Tag::List(_));
                    let cuts = cuts(&mut events, is_list.then_some(range.len()), start);
                    self.push_cut(range, cuts);
                }
            }
        }
    }

    /// Adds running text, cut before long lists' items and around code.
    fn push_cut(&mut self, range: Range<usize>, cuts: Vec<Cut>) {
        let mut at = range.start;
        for cut in cuts {
            match cut {
                Cut::Item(start) => {
                    self.push(BlockKind::Prose, at..start);
                    at = start.max(at);
                }
                Cut::Code(code) => {
                    self.push(BlockKind::Prose, at..code.start);
                    at = code.end.max(at);
                    self.push(BlockKind::Verbatim, code);
                }
            }
        }
        self.push(BlockKind::Prose, at..range.end);
    }

    /// Adds a block, without the white space around it, behind the last one.
    fn push(&mut self, kind: BlockKind, range: Range<usize>) {
        let start = range.start.max(self.end);
        let end = range.end.max(start);
        let range = if kind == BlockKind::Verbatim {
            trimmed_lines(self.text, self.with_indent(start)..end)
        } else {
            trimmed(self.text, start..end)
        };
        if !range.is_empty() {
            self.end = range.end;
            self.blocks.push(Block { kind, range, context: String::new() });
        }
    }

    /// The start of the line, where only white space stands before `start`.
    fn with_indent(&self, start: usize) -> usize {
        let before = self.text.get(self.end..start).unwrap_or_default();
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let line = start - indent;
        if line == 0 || self.text.get(..line).is_some_and(|text| text.ends_with('\n')) {
            line
        } else {
            start
        }
    }
}

/// Where running text is cut.
enum Cut {
    /// Before an item that starts here.
    Item(usize),
    /// Around code.
    Code(Range<usize>),
}

/// Reads the rest of a container and tells where to cut it. `list` is the
/// container's length where it is a list; `offset` is added to all places.
fn cuts(events: &mut OffsetIter<'_>, list: Option<usize>, offset: usize) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut lists: Vec<usize> = list.into_iter().collect();
    inside(events, |event, range| match event {
        Event::Start(Tag::List(_)) => lists.push(range.len()),
        Event::End(TagEnd::List(_)) => {
            lists.pop();
        }
        Event::Start(Tag::Item) if lists.last().is_some_and(|len| *len > LONG_LIST) => {
            cuts.push(Cut::Item(range.start + offset));
        }
        Event::Start(Tag::CodeBlock(_)) => {
            cuts.push(Cut::Code(range.start + offset..range.end + offset));
        }
        _ => {}
    });
    cuts
}

/// Reads the rest of a heading and gives its words without markup.
fn title(events: &mut OffsetIter<'_>) -> String {
    let mut title = String::new();
    inside(events, |event, _| match event {
        Event::Text(piece) | Event::Code(piece) => title.push_str(piece),
        Event::SoftBreak | Event::HardBreak => title.push(' '),
        _ => {}
    });
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Shows every event inside the element that was just opened, and reads its
/// end.
fn inside(events: &mut OffsetIter<'_>, mut visit: impl FnMut(&Event<'_>, Range<usize>)) {
    let mut depth = 1usize;
    for (event, range) in events.by_ref() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
        visit(&event, range);
    }
}

/// Whether a block of HTML is a comment and nothing else.
fn is_comment(html: &str) -> bool {
    html.trim_start()
        .strip_prefix("<!--")
        .and_then(|rest| rest.split_once("-->"))
        .is_some_and(|(_, rest)| rest.trim().is_empty())
}

struct FrontMatter {
    /// Where it ends.
    end: usize,
    /// The line with the document's title, and the title.
    title: Option<(Range<usize>, String)>,
}

/// YAML between `---` or TOML between `+++` at the very start. The Markdown
/// parser's own option would also take text between two rules for it.
fn front_matter(text: &str) -> Option<FrontMatter> {
    let mut lines = lines(text);
    let fence = text.get(lines.next()?)?.trim_end();
    let separator = match fence {
        "---" => ':',
        "+++" => '=',
        _ => return None,
    };
    let mut title = None;
    let mut has_keys = false;
    for (number, range) in lines.enumerate() {
        let line = text.get(range.clone())?.trim_end();
        if line == fence || line == "..." && separator == ':' {
            return has_keys.then_some(FrontMatter { end: range.end, title });
        }
        if number == 0 && line.is_empty() {
            return None;
        }
        // What can't be a line of settings makes it text between two rules.
        let nested = line.starts_with([' ', '\t', '#', '-', ']', '}', '"', '\'']);
        if line.is_empty() || nested || (separator == '=' && line.starts_with('[')) {
            continue;
        }
        let (key, value) = line.split_once(separator)?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(' ') {
            return None;
        }
        has_keys = true;
        let value = unquoted(value);
        if key == "title" && title.is_none() && !matches!(value, "" | ">" | ">-" | "|" | "|-") {
            title = Some((trimmed(text, range), value.to_owned()));
        }
    }
    None
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value)
        .trim()
}

#[cfg(test)]
mod tests;
