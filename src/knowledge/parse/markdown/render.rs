//! Markdown becomes the text a reader sees, block by block.
//!
//! The parser's events come as a stream. Containers (quotes, lists, items) are
//! kept on a stack, so that deep nesting costs no recursion. The blocks of a
//! short list are one block; a long list is cut at its items, and what stands
//! below a lead-in of its own (`The pump needs:`) is a block with that as its
//! context.

use super::super::Block;
use super::super::output::Output;
use super::context::join;
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
pub(super) struct Frame {
    pub(super) kind: Container,
    /// What everything in it stands below.
    pub(super) context: Rc<str>,
    /// The words before the next block in it that announce that block.
    pub(super) lead: Rc<str>,
}

pub(super) enum Container {
    /// The document, a quote, a footnote, a definition.
    Plain,
    /// A list; whether it is cut at its items, and whether what stands before
    /// it announces it.
    List { is_long: bool, is_announced: bool },
    /// An item, and where its bullet stands until it is written.
    Item { bullet: Option<usize> },
}

/// A block that is being written.
pub(super) struct Open {
    pub(super) leaf: Leaf,
    /// Where it starts in the output.
    pub(super) start: usize,
    pub(super) context: Rc<str>,
}

/// Writes the text of events; the inline ones are handled in `inline`.
pub(super) struct Renderer<'a> {
    /// The source, in whose bytes all places are.
    pub(super) text: &'a str,
    pub(super) out: Output,
    pub(super) blocks: Vec<Block>,
    /// Where paragraphs start that are titles of what follows them.
    pub(super) labels: &'a [usize],
    pub(super) frames: Vec<Frame>,
    /// How many of them are lists.
    lists: usize,
    pub(super) open: Option<Open>,
    /// Whether the next words begin a block of their own.
    pub(super) cut: bool,
    /// Where the words of the current paragraph start in the output, and where
    /// they do in the source; `None` between paragraphs.
    pub(super) words: Option<(usize, usize)>,
    /// Whether a paragraph's tag is open; items of tight lists have none.
    pub(super) in_paragraph: bool,
    in_code: bool,
    /// The text of a block of HTML.
    pub(super) html: Option<Output>,
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

    pub(super) fn in_list(&self) -> bool {
        self.lists > 0
    }

    /// What the next block stands below.
    pub(super) fn context(&self) -> Rc<str> {
        self.frames.last().map_or_else(|| Rc::from(""), |frame| join(&frame.context, &frame.lead))
    }

    pub(super) fn forget_lead(&mut self) {
        if let Some(frame) = self.frames.last_mut()
            && !frame.lead.is_empty()
        {
            frame.lead = Rc::from("");
        }
    }
}
