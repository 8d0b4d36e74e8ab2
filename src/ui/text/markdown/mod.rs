//! Renders Markdown, possibly incomplete since it is still streaming, into
//! lines for the terminal.
//!
//! The parser's events carry the bytes they come from, so that every line
//! knows what it shows and citation marks are found by their place, however
//! the parser splits them. This file walks through the events; `inline` makes
//! styled text, `layout` puts lines into lists and quotes, `code` and `table`
//! draw what their names say.

mod code;
mod inline;
mod layout;
mod open;
mod renderer;
mod table;

#[cfg(test)]
mod tests;

use super::flow::Flow;
use super::highlight::Highlighter;
use super::{Mark, RenderedLine};
use crate::ui::theme::{Role, Theme};
use open::{List, OpenCode, Part, Table};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use ratatui::style::Modifier;
use renderer::{Renderer, Shown};
use std::borrow::Cow;
use std::ops::Range;

/// Markdown in lines of at most `width` columns, in the styles of the theme.
/// `marks` are the citations in it: each is shown with its symbol, and the
/// line on which it begins names it.
#[must_use]
pub fn markdown(
    text: &str,
    marks: &[Mark],
    width: u16,
    theme: &Theme,
    highlighter: &mut Highlighter,
) -> Vec<RenderedLine> {
    if width == 0 {
        return Vec::new();
    }
    let (source, length) = completed(text);
    let events = parser(&source).into_offset_iter();
    let definitions = events.reference_definitions().iter();
    let mut definitions: Vec<Range<usize>> = definitions.map(|(_, d)| d.span.clone()).collect();
    definitions.sort_by_key(|range| std::cmp::Reverse(range.start));
    let mut renderer = Renderer {
        source: &source,
        length,
        marks: ordered(marks, text),
        width: usize::from(width),
        theme,
        highlighter,
        lines: Vec::new(),
        gap: None,
        began: false,
        parts: Vec::new(),
        lists: Vec::new(),
        styles: Vec::new(),
        flow: None,
        code: None,
        table: None,
        links: Vec::new(),
        definitions,
        seen: 0,
        underline: None,
        keep_breaks: false,
    };
    for (event, range) in events {
        renderer.event(event, range);
    }
    renderer.flush();
    renderer.define_before(usize::MAX);
    renderer.lines
}

fn parser(text: &str) -> Parser<'_> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    Parser::new_ext(text, options)
}

/// The text with a `**` closed that is still open at its end, and how many of
/// its bytes are the text's. Without this, words in bold would first appear
/// behind two stars, and then jump.
fn completed(text: &str) -> (Cow<'_, str>, usize) {
    let begin = text.rfind("\n\n").map_or(0, |at| at + 2);
    let last = text.get(begin..).unwrap_or_default();
    if last.matches("**").count().is_multiple_of(2) {
        return (Cow::Borrowed(text), text.len());
    }
    let opens = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at..).and_then(|rest| rest.strip_prefix("**")).unwrap_or_default();
        at >= begin
            && !before.ends_with(['*', '\\'])
            && behind.starts_with(|c: char| !c.is_whitespace())
    };
    let (mut open, mut code) = (false, false);
    for (event, range) in parser(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(piece) if !code && &*piece == "*" => open |= opens(range.start),
            _ => {}
        }
    }
    let body = text.trim_end();
    // More stars on a line without words would make a rule.
    let line = body.get(body.rfind('\n').unwrap_or(0)..).unwrap_or_default();
    if !open || !line.contains(char::is_alphanumeric) {
        return (Cow::Borrowed(text), text.len());
    }
    let half = body.ends_with('*') && !body.ends_with("**");
    (Cow::Owned(format!("{body}{}", if half { "*" } else { "**" })), body.len())
}

/// The marks that lie in the text, by their place.
fn ordered<'a>(marks: &'a [Mark], text: &str) -> Vec<Shown<'a>> {
    let inside = |mark: &Mark| {
        !mark.range.is_empty() && text.get(mark.range.start..mark.range.end).is_some()
    };
    let mut ordered: Vec<Shown<'a>> = marks
        .iter()
        .enumerate()
        .filter(|(_, mark)| inside(mark))
        .map(|(index, mark)| Shown { mark, index, done: false })
        .collect();
    ordered.sort_by_key(|shown| shown.mark.range.start);
    let mut end = 0;
    ordered.retain(|shown| {
        let apart = shown.mark.range.start >= end;
        if apart {
            end = shown.mark.range.end;
        }
        apart
    });
    ordered
}

impl Renderer<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push(&text, range),
                None => self.inline(&text, range, self.style()),
            },
            Event::Code(text) => self.inline_code(&text, range),
            Event::Html(text) => self.html_line(&text, range),
            Event::InlineHtml(text) => self.inline_html(&text, range),
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.inline(&text, range, self.style());
            }
            Event::FootnoteReference(text) => self.inline(&text, range, self.style()),
            Event::SoftBreak => self.soft_break(range),
            Event::HardBreak => self.hard_break(),
            Event::Rule => self.rule(range),
            Event::TaskListMarker(done) => self.task(done),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.block(range.start);
                // The head of a table arrives as a paragraph.
                self.keep_breaks =
                    self.source.get(range.start..).is_some_and(|rest| rest.starts_with('|'));
            }
            Tag::Heading { level, .. } => {
                self.block(range.start);
                self.underline = self.trailing_underline(&range);
                let mut style = self.style();
                if self.underline.is_none() {
                    style = style.patch(self.theme.style(Role::Heading));
                    if matches!(level, HeadingLevel::H1 | HeadingLevel::H2) {
                        style = style.add_modifier(Modifier::BOLD);
                    }
                }
                self.styles.push(style);
            }
            Tag::BlockQuote(_) => {
                self.block(range.start);
                self.parts.push(Part::quote());
                self.restyle(|style, theme| style.patch(theme.style(Role::Quote)));
            }
            Tag::CodeBlock(kind) => {
                self.block(range.start);
                self.code = Some(match kind {
                    CodeBlockKind::Fenced(info) => OpenCode::fenced(&info),
                    CodeBlockKind::Indented => OpenCode::default(),
                });
            }
            Tag::HtmlBlock => self.block(range.start),
            Tag::List(number) => {
                self.block(range.start);
                self.lists.push(List::new(number));
            }
            Tag::Item => self.item(range.start),
            Tag::Table(alignments) => {
                self.block(range.start);
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead => self.restyle(|style, _| style.add_modifier(Modifier::BOLD)),
            Tag::TableCell => self.flow = Some(Flow::default()),
            Tag::Emphasis => self.restyle(|style, _| style.add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.restyle(|style, _| style.add_modifier(Modifier::BOLD)),
            Tag::Strikethrough => {
                self.restyle(|style, _| style.add_modifier(Modifier::CROSSED_OUT));
            }
            Tag::Link { link_type: LinkType::Shortcut, .. } => self.open_shortcut(range.start),
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } => {
                let inline = link_type == LinkType::Inline;
                self.open_link(range.start, if inline { &dest_url } else { "" });
            }
            // The parser isn't asked for these.
            Tag::TableRow
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph => {
                self.flush();
                self.keep_breaks = false;
            }
            TagEnd::Heading(_) => {
                self.styles.pop();
                if let Some(underline) = self.underline.take() {
                    self.hard_break();
                    let text = self.source.get(underline.clone()).unwrap_or_default();
                    self.inline(text, underline, self.style());
                }
                self.flush();
            }
            TagEnd::HtmlBlock => self.flush(),
            TagEnd::BlockQuote(_) | TagEnd::Item => {
                self.close_part(range);
                if tag != TagEnd::Item {
                    self.styles.pop();
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.draw_code(code);
                }
                self.see(range.end);
            }
            TagEnd::TableCell => {
                let cell = self.flow.take().unwrap_or_default();
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableHead => {
                self.styles.pop();
                if let Some(table) = &mut self.table {
                    table.head();
                }
            }
            TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.row();
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.draw_table(table);
                }
                self.see(range.end);
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => self.close_link(range),
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// The line of `-` or `=` below a heading with which the text ends. The
    /// line may just be the beginning of a list item or of a rule, so that it
    /// counts as text until more comes.
    fn trailing_underline(&self, heading: &Range<usize>) -> Option<Range<usize>> {
        let text = self.source.get(..self.length)?;
        let from = text.rfind('\n')? + 1;
        let line = text.get(from..)?.trim_start_matches([' ', '\t', '>']);
        let begin = text.len() - line.len();
        let marks = line.trim_end();
        let lone = !marks.is_empty()
            && (marks.chars().all(|c| c == '-') || marks.chars().all(|c| c == '='));
        let last = heading.start < from
            && !text.get(heading.start..)?.starts_with('#')
            && text
                .get(heading.end.min(begin)..begin)
                .is_some_and(|between| between.chars().all(|c| c.is_whitespace() || c == '>'));
        (lone && last).then(|| begin..begin + marks.len())
    }
}
