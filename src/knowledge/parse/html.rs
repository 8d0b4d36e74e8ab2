//! HTML: the text that a reader of the page sees, with its way back.
//!
//! A page is tokenized, not built into a tree: the few rules by which elements
//! close each other are kept here, so that unclosed and misnested tags lose no
//! text. Navigation, hidden elements and programs are left out. [`elements`]
//! keeps what is open, [`render`] writes the text, [`tables`] the rows of
//! tables, [`contexts`] what lists stand below; [`tags`] knows what a tag means, [`references`] what `&amp;` does,
//! and [`attributes`] keeps the tokenizer from endless tags.

mod attributes;
mod contexts;
mod elements;
mod open;
mod page;
pub(in crate::knowledge::parse) mod references;
mod render;
mod tables;
mod tags;

use super::decode::Decoded;
use super::fragment::Fragment;
use super::{BlockKind, Document, Format};
use attributes::Attributes;
use html5gum::emitters::callback::{Callback, CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, ForwardingEmitter, Span, State, Tokenizer};
use page::{Page, Plan, Rendered};
use references::References;
use render::Renderer;
use std::convert::Infallible;
use tags::Tag;

/// After this many passes nothing is left out any more but programs.
const MAX_PASSES: usize = 3;

/// Renders a page.
pub(super) fn parse(decoded: Decoded) -> Document {
    let Decoded { text: raw, offsets: inner, rendered } = decoded;
    // A byte order mark shifts the places of a page that is otherwise verbatim.
    let base = if rendered { 0 } else { inner.runs().first().map_or(0, |run| run.file) };
    let has_h1_tag = raw.as_bytes().windows(3).any(|start| start.eq_ignore_ascii_case(b"<h1"));
    let mut plan = Plan { keep_title: !has_h1_tag, ..Plan::default() };
    let mut passes = 0;
    let page = loop {
        let page = Page::read(&raw, base, &plan);
        passes += 1;
        let has_h1 = page
            .blocks
            .iter()
            .any(|block| matches!(block.kind, BlockKind::Heading { level: 1, .. }));
        if page.lacks_title && !has_h1 {
            plan.keep_title = true;
        } else if page.unclosed.is_empty() {
            break page;
        } else if passes < MAX_PASSES {
            plan.keep.extend(&page.unclosed);
        } else {
            plan.keep_all = true;
        }
    };
    let Fragment { text, offsets } = page.shown;
    let offsets = if rendered { offsets.through(&inner) } else { offsets };
    Document {
        format: Format::Html,
        text,
        offsets,
        rendered: true,
        blocks: page.blocks,
        notes: Vec::new(),
    }
}

impl<'a> Page<'a> {
    fn read(raw: &'a str, base: usize, plan: &'a Plan) -> Rendered {
        let mut page = Self {
            raw,
            plan,
            renderer: Renderer::new(base, raw.len()),
            captures: Vec::new(),
            references: References::default(),
            open: Vec::new(),
            skipping: 0,
            tag: None,
            text_start: 0,
            text_end: None,
            lacks_title: false,
            unclosed: Vec::new(),
        };
        let attributes = Attributes::default();
        let reader = attributes::Page::new(raw, attributes.clone());
        let emitter = TagEmitter::new(attributes, |event: CallbackEvent<'_>, span: Span<usize>| {
            page.event(event, span);
            None
        });
        let Ok(()) = Tokenizer::new_with_emitter(reader, emitter).finish();
        if let Some(end) = page.text_end {
            page.flush_text(end);
        }
        page.close_from(0, None);
        let (shown, blocks) = page.renderer.finish();
        let (lacks_title, unclosed) = (page.lacks_title, page.unclosed);
        Rendered { shown, blocks, lacks_title, unclosed }
    }

    fn event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.flush_text(span.start);
                self.tag = Some(Tag::new(name, span.start));
            }
            CallbackEvent::AttributeName { name } => {
                if let Some(tag) = &mut self.tag {
                    tag.attribute(name);
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some(tag) = &mut self.tag {
                    tag.value(value);
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                self.text_start = span.end;
                if let Some(tag) = self.tag.take() {
                    self.start(tag, self_closing);
                }
            }
            CallbackEvent::EndTag { name } => {
                self.flush_text(span.start);
                self.text_start = span.end;
                self.tag = None;
                self.end(name);
            }
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => {
                self.flush_text(span.start);
                self.text_start = span.end;
            }
            // The characters are taken from the page itself, tag to tag.
            CallbackEvent::String { .. } => self.text_end = Some(span.end),
            CallbackEvent::Error(_) => {}
        }
    }

    /// Writes the text since the last tag, if there is any.
    fn flush_text(&mut self, end: usize) {
        let raw = self.raw;
        if self.text_end.take().is_some()
            && self.skipping == 0
            && let Some(text) = raw.get(self.text_start..end)
        {
            self.renderer.text(text, self.text_start, &mut self.references);
        }
    }
}

/// Reads a self-closing tag as an empty element, as XHTML means it: without
/// this, all text behind `<script src="x"/>` would be read as a program.
/// Counts the attributes of a tag, too.
struct TagEmitter<F: Callback<Infallible, usize>> {
    inner: CallbackEmitter<F, Infallible, usize>,
    attributes: Attributes,
    is_empty: bool,
}

impl<F> TagEmitter<F>
where
    F: FnMut(CallbackEvent<'_>, Span<usize>) -> Option<Infallible>,
{
    fn new(attributes: Attributes, callback: F) -> Self {
        let mut inner = CallbackEmitter::<F, Infallible, usize>::new(callback);
        inner.naively_switch_states(true);
        Self { inner, attributes, is_empty: false }
    }
}

impl<F: Callback<Infallible, usize>> ForwardingEmitter for TagEmitter<F> {
    type Token = Infallible;

    fn inner(&mut self) -> &mut impl Emitter<Token = Self::Token> {
        &mut self.inner
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn init_start_tag(&mut self) {
        self.is_empty = false;
        self.attributes.clear();
        self.inner.init_start_tag();
    }

    fn init_end_tag(&mut self) {
        self.attributes.clear();
        self.inner.init_end_tag();
    }

    fn init_attribute(&mut self) {
        self.attributes.count();
        self.inner.init_attribute();
    }

    fn set_self_closing(&mut self) {
        self.is_empty = true;
        self.inner.set_self_closing();
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.attributes.clear();
        let next = self.inner.emit_current_tag();
        if self.is_empty { None } else { next }
    }
}

#[cfg(test)]
mod tests;
