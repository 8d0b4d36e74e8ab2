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
        blocks.insert(0, Block { kind: BlockKind::Heading { level: 1, title }, range });
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
            self.blocks.push(Block { kind, range });
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
        let Some((key, value)) = line.split_once(separator) else { continue };
        let key = key.trim_end();
        has_keys |= !key.is_empty() && !key.contains(' ');
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
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    fn read(text: &str) -> Document {
        let document = parse(decode(text.as_bytes()).unwrap());
        assert_sound(&document);
        assert!(!document.rendered);
        document
    }

    fn shown(document: &Document) -> Vec<(String, &str)> {
        document
            .blocks
            .iter()
            .map(|block| {
                let kind = match &block.kind {
                    BlockKind::Heading { level, title } => format!("h{level} {title}"),
                    BlockKind::Prose => "prose".to_owned(),
                    BlockKind::Verbatim => "verbatim".to_owned(),
                };
                (kind, &document.text[block.range.clone()])
            })
            .collect()
    }

    fn own<'a>(expected: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
        expected.iter().map(|(kind, text)| ((*kind).to_owned(), *text)).collect()
    }

    #[test]
    fn headings_text_and_code_are_found() {
        let document = read(
            "# The *big* `lorag` [guide](x.md) {#top}\n\nSome **bold** text\non two lines.\n\n\
             Second\n------\n\n- a\n- b\n\n```sh\nmake run\n```\n\n    indented\n\n\
             | a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n<!-- hidden -->\n\n***\n\nEnd.[^1]\n\n[^1]: Ünder.\n",
        );
        assert_eq!(
            shown(&document),
            own(&[
                ("h1 The big lorag guide", "# The *big* `lorag` [guide](x.md) {#top}"),
                ("prose", "Some **bold** text\non two lines."),
                ("h2 Second", "Second\n------"),
                ("prose", "- a\n- b"),
                ("verbatim", "```sh\nmake run\n```"),
                ("verbatim", "    indented"),
                ("prose", "| a | b |\n|---|---|\n| 1 | 2 |"),
                ("prose", "> quoted"),
                ("prose", "End.[^1]"),
                ("prose", "[^1]: Ünder."),
            ])
        );
    }

    #[test]
    fn a_long_list_is_cut_into_items_and_around_code() {
        let long = "wörter ".repeat(100);
        let document =
            read(&format!("- {long}\n- b\n\n  ```\n  code\n  ```\n\n  after\n- {long}\n"));
        let shown = shown(&document);
        assert_eq!(shown.len(), 5);
        assert!(shown[0].1.starts_with("- wörter"));
        assert_eq!(shown[1], ("prose".to_owned(), "- b"));
        assert_eq!(shown[2], ("verbatim".to_owned(), "  ```\n  code\n  ```"));
        assert_eq!(shown[3], ("prose".to_owned(), "after"));
        assert!(shown[4].1.starts_with("- wörter"));
    }

    #[test]
    fn front_matter_gives_a_title_where_no_heading_does() {
        let document = read("---\ntitle: \"Über uns\"\ntags: [a]\n---\n\n## Who\n\nWe.\n");
        assert_eq!(
            shown(&document),
            own(&[("h1 Über uns", "title: \"Über uns\""), ("h2 Who", "## Who"), ("prose", "We."),])
        );
        let document = read("+++\ntitle = 'T'\n+++\n# Own\n");
        assert_eq!(shown(&document), own(&[("h1 Own", "# Own")]));
    }

    #[test]
    fn text_between_two_rules_is_no_front_matter() {
        let document = read("---\n\nNote this: words.\n\n---\n\nMore.\n");
        assert_eq!(shown(&document), own(&[("prose", "Note this: words."), ("prose", "More.")]));
    }

    #[test]
    fn windows_line_ends_and_a_mark_keep_their_places() {
        let raw = "\u{feff}# Título\r\n\r\nUna línea.\r\n";
        let document = read(raw);
        let body = &document.blocks[1].range;
        let span = document.offsets.to_file(body.start, body.end);
        assert_eq!(&raw[span.start..span.end], "Una línea.");
    }
}
