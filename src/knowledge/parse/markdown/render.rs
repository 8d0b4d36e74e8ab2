//! Markdown becomes the text a reader sees, block by block.
//!
//! The parser's events come as a stream. Containers (quotes, lists, items) are
//! kept on a stack, so that deep nesting costs no recursion. The blocks of a
//! short list are one block; a long list is cut at its items, and what stands
//! below a lead-in of its own (`The pump needs:`) is a block with that as its
//! context.

use super::super::decode::Decoded;
use super::super::output::Output;
use super::super::text::{trimmed, trimmed_lines};
use super::super::{Block, BlockKind, html};
use super::context::{join, lead_in};
use super::table::Table;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;
use std::rc::Rc;

/// A list above this many bytes is cut into its items, so that chunks end
/// between them.
const LONG_LIST: usize = 1000;

/// What a block will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Prose,
    Heading(u8),
    Verbatim,
}

/// How the words of a link or image are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// As they are.
    Plain,
    /// The name of a page and a heading, `Page#Heading`.
    Page,
    /// Not at all: another file's content stands there.
    Hidden,
}

/// A container that is open.
struct Frame {
    kind: Container,
    /// What everything in it stands below.
    context: Rc<str>,
    /// The words before the next block in it that announce that block.
    lead: Rc<str>,
}

enum Container {
    /// The document, a quote, a footnote, a definition.
    Plain,
    /// A list; whether it is cut at its items, and whether what stands before
    /// it announces it.
    List { is_long: bool, is_announced: bool },
    /// An item, and where its bullet stands until it is written.
    Item { bullet: Option<usize> },
}

/// A block that is being written.
struct Open {
    leaf: Leaf,
    /// Where it starts in the output.
    start: usize,
    context: Rc<str>,
}

/// Writes the text of events; the inline ones are handled in `inline`.
pub(super) struct Renderer<'a> {
    /// The source, in whose bytes all places are.
    pub(super) text: &'a str,
    pub(super) out: Output,
    pub(super) blocks: Vec<Block>,
    /// Where paragraphs start that are titles of what follows them.
    labels: &'a [usize],
    frames: Vec<Frame>,
    /// How many of them are lists.
    lists: usize,
    open: Option<Open>,
    /// Whether the next words begin a block of their own.
    cut: bool,
    /// Where the words of the current paragraph start in the output, and where
    /// they do in the source; `None` between paragraphs.
    words: Option<(usize, usize)>,
    /// Whether a paragraph's tag is open; items of tight lists have none.
    in_paragraph: bool,
    in_code: bool,
    /// The text of a block of HTML.
    html: Option<Output>,
    pub(super) table: Option<Table>,
    /// Links and images that are open: how to write their words.
    pub(super) spans: Vec<Span>,
    /// How many of them hide their words.
    pub(super) hidden: usize,
    /// Whether something was left out just before.
    pub(super) is_gap: bool,
}

/// Renders a text. `labels` are the places of paragraphs that are titles of
/// what follows them in their container, in order.
pub(super) fn render(text: &str, labels: &[usize]) -> (Output, Vec<Block>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_MATH
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_GFM;
    let empty: Rc<str> = Rc::from("");
    let root = Frame { kind: Container::Plain, context: empty.clone(), lead: empty };
    let mut renderer = Renderer {
        text,
        out: Output::default(),
        blocks: Vec::new(),
        labels,
        frames: vec![root],
        lists: 0,
        open: None,
        cut: true,
        words: None,
        in_paragraph: false,
        in_code: false,
        html: None,
        table: None,
        spans: Vec::new(),
        hidden: 0,
        is_gap: false,
    };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        renderer.event(event, range);
    }
    renderer.end_words();
    renderer.close();
    (renderer.out, renderer.blocks)
}

impl Renderer<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(words) if self.in_code => {
                self.begin(Leaf::Verbatim, range.start);
                let source = self.text.get(range.clone()).unwrap_or_default();
                self.out.aligned(&words, source, range.start);
            }
            Event::Html(raw) if self.html.is_some() => {
                let source = self.text.get(range.clone()).unwrap_or_default();
                if let Some(html) = &mut self.html {
                    html.aligned(&raw, source, range.start);
                }
            }
            Event::Rule => {
                self.end_words();
                self.cut = true;
            }
            inline => self.inline(inline, range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => self.in_paragraph = true,
            Tag::Heading { level, .. } => {
                self.end_words();
                self.cut = true;
                // Only a heading of the document itself divides it.
                if self.frames.len() == 1 {
                    self.begin(Leaf::Heading(level as u8), range.start);
                }
            }
            Tag::CodeBlock(_) => {
                self.end_words();
                self.cut = true;
                self.in_code = true;
            }
            Tag::HtmlBlock => {
                self.end_words();
                self.html = Some(Output::default());
            }
            Tag::List(_) => self.start_list(range.len()),
            Tag::Item => {
                self.end_words();
                let is_long = matches!(
                    self.frames.last(),
                    Some(Frame { kind: Container::List { is_long: true, .. }, .. })
                );
                self.cut |= is_long;
                self.push_frame(Container::Item { bullet: Some(range.start) });
            }
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) | Tag::DefinitionListDefinition => {
                self.end_words();
                self.cut = true;
                self.push_frame(Container::Plain);
            }
            Tag::DefinitionListTitle => {
                self.end_words();
                self.cut = true;
            }
            Tag::Table(_) => {
                self.end_words();
                self.close();
                self.table = Some(Table::default());
            }
            Tag::TableHead | Tag::TableRow | Tag::DefinitionList | Tag::MetadataBlock(_) => {}
            Tag::TableCell => {
                if let Some(table) = &mut self.table {
                    table.page = std::mem::take(&mut self.out);
                    table.in_cell = true;
                }
            }
            inline => self.start_span(&inline, range),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph => {
                self.end_words();
                self.in_paragraph = false;
            }
            TagEnd::Heading(_) => {
                self.end_words();
                self.close();
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.close();
                self.forget_lead();
            }
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::List(_) => {
                self.end_words();
                let frame = self.frames.pop();
                self.lists = self.lists.saturating_sub(1);
                let is_announced = matches!(
                    frame,
                    Some(Frame { kind: Container::List { is_announced: true, .. }, .. })
                );
                self.cut |= is_announced || !self.in_list();
                self.forget_lead();
            }
            TagEnd::Item => {
                self.end_words();
                self.frames.pop();
            }
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => {
                self.end_words();
                self.frames.pop();
                self.cut = true;
                self.forget_lead();
            }
            TagEnd::DefinitionListDefinition => {
                self.end_words();
                self.frames.pop();
                self.cut = true;
            }
            TagEnd::DefinitionListTitle => {
                let term = self.current_words();
                self.end_words();
                self.cut = true;
                if let Some(frame) = self.frames.last_mut() {
                    frame.lead = term;
                }
            }
            TagEnd::DefinitionList => self.forget_lead(),
            TagEnd::TableCell => {
                if let Some(table) = &mut self.table {
                    let page = std::mem::take(&mut table.page);
                    table.end_cell(std::mem::replace(&mut self.out, page));
                }
            }
            TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.end_head();
                }
            }
            TagEnd::TableRow => self.write_row(false),
            TagEnd::Table => {
                self.write_row(true);
                self.table = None;
                self.cut = true;
                self.forget_lead();
            }
            TagEnd::MetadataBlock(_) => {}
            inline => self.end_span(inline, range),
        }
    }

    fn start_list(&mut self, len: usize) {
        self.end_words();
        let is_outermost = !self.in_list();
        let is_announced = self.frames.last().is_some_and(|frame| !frame.lead.is_empty());
        self.cut |= is_outermost || is_announced;
        self.push_frame(Container::List { is_long: len > LONG_LIST, is_announced });
        self.lists += 1;
    }

    /// Opens a container below what stands before it.
    fn push_frame(&mut self, kind: Container) {
        let context = self.context();
        self.frames.push(Frame { kind, context, lead: Rc::from("") });
    }

    fn in_list(&self) -> bool {
        self.lists > 0
    }

    /// What the next block stands below.
    fn context(&self) -> Rc<str> {
        self.frames.last().map_or_else(|| Rc::from(""), |frame| join(&frame.context, &frame.lead))
    }

    fn forget_lead(&mut self) {
        if let Some(frame) = self.frames.last_mut()
            && !frame.lead.is_empty()
        {
            frame.lead = Rc::from("");
        }
    }

    /// Makes room for words that stand at `at`: a block of their own, or a
    /// line of the one that is open.
    pub(super) fn begin(&mut self, leaf: Leaf, at: usize) {
        if self.words.is_some() || self.table.as_ref().is_some_and(|table| table.in_cell) {
            return;
        }
        let leaf_of = |open: &Open| open.leaf;
        if self.open.as_ref().map(leaf_of) == Some(Leaf::Verbatim) && leaf == Leaf::Verbatim {
            return;
        }
        let is_new = self.cut || self.open.as_ref().map(leaf_of) != Some(leaf);
        if is_new {
            self.close();
        }
        self.cut = false;
        let bullets: Vec<usize> = self
            .frames
            .iter_mut()
            .rev()
            .map_while(|frame| match &mut frame.kind {
                Container::Item { bullet } => bullet.take().map(Some),
                Container::List { .. } => Some(None),
                Container::Plain => None,
            })
            .flatten()
            .collect();
        self.separate(bullets.last().copied().unwrap_or(at));
        if is_new {
            // Words that announce a list are no context of their own kind.
            let context = match leaf {
                Leaf::Verbatim => self.context(),
                Leaf::Heading(_) => Rc::from(""),
                Leaf::Prose => {
                    self.frames.last().map_or_else(|| Rc::from(""), |frame| frame.context.clone())
                }
            };
            self.open = Some(Open { leaf, start: self.out.len(), context });
        }
        for (index, bullet) in bullets.iter().enumerate().rev() {
            let next = index.checked_sub(1).and_then(|next| bullets.get(next)).copied();
            self.bullet(*bullet, next.unwrap_or(at));
        }
        if leaf != Leaf::Verbatim {
            self.words = Some((self.out.len(), at));
        }
    }

    /// The white space before what stands at `at`: the source's own where
    /// there is nothing else.
    fn separate(&mut self, at: usize) {
        if self.out.is_empty() {
            return;
        }
        let from = self.out.end();
        let between = self.text.get(from..at).unwrap_or_default();
        if between.contains('\n') && between.chars().all(char::is_whitespace) {
            self.out.verbatim(between, from);
        } else if self.in_paragraph || !self.in_list() {
            self.out.insert("\n\n");
        } else {
            self.out.insert("\n");
        }
    }

    /// Writes an item's bullet, `-` or its number, with the space behind it.
    fn bullet(&mut self, at: usize, next: usize) {
        let source = self.text.get(at..next).unwrap_or_default();
        let lead = source.len() - source.trim_start().len();
        let (source, at) = (source.get(lead..).unwrap_or_default(), at + lead);
        let digits = source.bytes().take_while(u8::is_ascii_digit).count();
        let len = digits + 1;
        match source.get(..len) {
            Some("*" | "+") => self.out.decoded("-", at..at + 1),
            Some(bullet) => self.out.verbatim(bullet, at),
            None => return,
        }
        match source.get(len..) {
            Some(" ") => self.out.verbatim(" ", at + len),
            _ => self.out.insert(" "),
        }
    }

    /// The words of the paragraph that is being written, on one line.
    fn current_words(&self) -> Rc<str> {
        let words = self.words.and_then(|(start, _)| self.out.text().get(start..));
        let words: Vec<&str> = words.unwrap_or_default().split_whitespace().collect();
        Rc::from(words.join(" "))
    }

    /// Ends a paragraph, and keeps what of it announces the next block.
    fn end_words(&mut self) {
        self.out.settle();
        self.is_gap = false;
        let Some((start, at)) = self.words else { return };
        if self.labels.binary_search(&at).is_ok() {
            let label = self.current_words();
            if let Some(frame) = self.frames.last_mut() {
                frame.context = join(&frame.context, &label);
            }
        }
        self.words = None;
        self.out.trim_end();
        let words = self.out.text().get(start..).unwrap_or_default();
        if let Some(frame) = self.frames.last_mut() {
            let is_item = matches!(frame.kind, Container::Item { .. });
            frame.lead = lead_in(words, is_item);
        }
        if !self.in_list() {
            self.cut = true;
        }
    }

    /// Ends the block that is being written.
    fn close(&mut self) {
        self.out.settle();
        let Some(Open { leaf, start, context }) = self.open.take() else { return };
        self.out.trim_end();
        self.cut = true;
        let text = self.out.text();
        let all = start.min(text.len())..text.len();
        let (kind, range) = match leaf {
            Leaf::Verbatim => (BlockKind::Verbatim, trimmed_lines(text, all)),
            Leaf::Prose => (BlockKind::Prose, trimmed(text, all)),
            Leaf::Heading(level) => {
                let range = trimmed(text, all);
                let words = text.get(range.clone()).unwrap_or_default();
                let title = words.split_whitespace().collect::<Vec<_>>().join(" ");
                (BlockKind::Heading { level, title }, range)
            }
        };
        if !range.is_empty() {
            self.blocks.push(Block { kind, range, context: context.as_ref().to_owned() });
        }
    }

    /// Ends a row of a table, or the table, whose header is written alone
    /// where no row follows it.
    fn write_row(&mut self, is_end: bool) {
        let context = self.context();
        let Some(table) = &mut self.table else { return };
        if !table.has_words(is_end) {
            return;
        }
        let gap = if table.has_rows { "\n" } else { "\n\n" };
        if !self.out.is_empty() {
            self.out.insert(gap);
        }
        let range =
            if is_end { table.write_head(&mut self.out) } else { table.write(&mut self.out) };
        if let Some(range) = range {
            let context = context.as_ref().to_owned();
            self.blocks.push(Block { kind: BlockKind::Row, range, context });
        }
    }

    /// Renders a block of HTML, as that format's files are.
    fn end_html(&mut self) {
        let Some(html) = self.html.take() else { return };
        let (text, offsets) = html.finish();
        // Most are a tag by itself.
        if text.trim().is_empty() {
            return;
        }
        let page = html::parse(Decoded { text, offsets, rendered: true });
        for block in page.blocks {
            let at = page.offsets.to_file(block.range.start, block.range.end).start;
            self.close();
            self.cut = true;
            self.separate(at);
            let start = self.out.len();
            self.out.copy(&page.text, &page.offsets, block.range);
            let kind = match block.kind {
                BlockKind::Heading { .. } if self.frames.len() > 1 => BlockKind::Prose,
                kind => kind,
            };
            let context = join(&self.context(), &block.context).as_ref().to_owned();
            self.blocks.push(Block { kind, range: start..self.out.len(), context });
        }
        self.cut = true;
    }
}
