//! Where lines stand: in quotes and list items, with their marks before them
//! and blank lines between blocks.

use super::open::Part;
use super::renderer::{Renderer, bytes};
use crate::domain::ByteRange;
use crate::ui::text::RenderedLine;
use crate::ui::text::flow::Flow;
use crate::ui::text::wrap::Break;
use crate::ui::theme::Role;
use ratatui::text::{Line, Span};
use std::ops::Range;

impl Renderer<'_> {
    /// Begins a block at `start` of the source: what came before is drawn.
    pub(super) fn block(&mut self, start: usize) {
        self.flush();
        self.define_before(start);
        let (began, item) = match self.parts.last() {
            Some(part) => (part.began, part.item),
            None => (self.began, false),
        };
        // Blocks of an item may follow each other closely, as the author has
        // written them.
        if began && (!item || self.blank_before(start)) {
            self.leave_gap();
        }
    }

    /// Begins a list item at `start` of the source.
    pub(super) fn item(&mut self, start: usize) {
        self.flush();
        let blank = self.blank_before(start);
        let depth = self.lists.len();
        let Some(list) = self.lists.last_mut() else { return };
        let apart = list.began && blank;
        list.began = true;
        let marker = match &mut list.number {
            Some(number) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            None => match depth % 3 {
                1 => "• ".to_owned(),
                2 => "◦ ".to_owned(),
                _ => "‣ ".to_owned(),
            },
        };
        if apart {
            self.leave_gap();
        }
        self.parts.push(Part::item(marker));
    }

    /// The box of a task, behind the bullet or the number.
    pub(super) fn task(&mut self, done: bool) {
        let sign = if done { "[x] " } else { "[ ] " };
        let Some(part) = self.parts.last_mut() else { return };
        if let Some(first) = part.first.take() {
            *part = Part { began: part.began, ..Part::item(format!("{first}{sign}")) };
        }
    }

    /// Ends a quote or list item. An empty one is a line of its own.
    pub(super) fn close_part(&mut self, range: Range<usize>) {
        self.flush();
        self.define_before(range.end);
        if self.parts.last().is_some_and(|part| !part.began) {
            self.see(range.end);
            let source = range.start..self.seen.max(range.start);
            self.emit(RenderedLine {
                line: Line::default(),
                source: Some(bytes(&source)),
                marks: Vec::new(),
            });
        }
        let Some(closed) = self.parts.pop() else { return };
        if closed.began {
            match self.parts.last_mut() {
                Some(part) => {
                    part.began = true;
                    part.first = None;
                }
                None => self.began = true,
            }
        }
    }

    /// Draws the text that is open, if any.
    pub(super) fn flush(&mut self) {
        if let Some(flow) = self.flow.take().filter(|flow| !flow.is_empty()) {
            self.draw(flow, Break::Words, None);
        }
    }

    /// Draws a flow. Lines without bytes of their own are said to show `whole`.
    pub(super) fn draw(&mut self, mut flow: Flow, by: Break, whole: Option<ByteRange>) {
        let room = self.room();
        for row in flow.wrap(room, room, by) {
            let mut line = flow.render(&row);
            line.source = line.source.or(whole);
            self.emit(line);
        }
    }

    /// Draws a rule.
    pub(super) fn rule(&mut self, range: Range<usize>) {
        self.block(range.start);
        self.see(range.end);
        let source = range.start..self.seen.max(range.start);
        let rule = Span::styled("─".repeat(self.room()), self.theme.style(Role::Faint));
        let line = Line::from(rule);
        self.emit(RenderedLine { line, source: Some(bytes(&source)), marks: Vec::new() });
    }

    /// Draws the link definitions that stand before `offset` of the source.
    /// They define where links lead, but an answer may also mean them as a
    /// list of sources.
    pub(super) fn define_before(&mut self, offset: usize) {
        while let Some(mut range) = self.definitions.pop_if(|range| range.start < offset) {
            self.block(range.start);
            while let Some(next) = self.definitions.pop_if(|next| {
                let between = self.source.get(range.end..next.start);
                between.is_some_and(|text| text.trim().is_empty() && text.matches('\n').count() < 2)
            }) {
                range.end = next.end;
            }
            let text = self.source.get(range.clone()).unwrap_or_default().trim_end();
            let style = self.style().patch(self.theme.style(Role::Dim));
            self.inline(text, range.start..range.start + text.len(), style);
            self.flush();
        }
    }

    /// Leaves a blank line before the next line, in the parts open now.
    pub(super) fn leave_gap(&mut self) {
        let depth = self.parts.len();
        self.gap = Some(self.gap.map_or(depth, |gap| gap.min(depth)));
    }

    /// Draws a line within the parts that are open.
    pub(super) fn emit(&mut self, mut line: RenderedLine) {
        let style = self.theme.style(Role::Marker);
        if let Some(depth) = self.gap.take() {
            let (from, _) = self.kept(depth);
            let outer = self.parts.get(from..depth.min(self.parts.len())).unwrap_or_default();
            let prefix: String = outer.iter().map(|part| part.rest.as_str()).collect();
            let prefix = prefix.trim_end().to_owned();
            let blank = if prefix.is_empty() {
                Line::default()
            } else {
                Line::from(Span::styled(prefix, style))
            };
            self.lines.push(RenderedLine { line: blank, source: None, marks: Vec::new() });
        }
        let (from, _) = self.kept(self.parts.len());
        let mut prefix = String::new();
        for part in self.parts.iter_mut().skip(from) {
            match part.first.take() {
                Some(first) => prefix.push_str(&first),
                None => prefix.push_str(&part.rest),
            }
        }
        if !prefix.is_empty() {
            line.line.spans.insert(0, Span::styled(prefix, style));
        }
        match self.parts.last_mut() {
            Some(part) => part.began = true,
            None => self.began = true,
        }
        self.lines.push(line);
    }

    /// Columns for text behind the parts that are open.
    pub(super) fn room(&self) -> usize {
        let (_, columns) = self.kept(self.parts.len());
        self.width.saturating_sub(columns).max(1)
    }

    /// From which on the first `depth` parts are drawn, and the columns they
    /// take: the outermost are left out where they would take more than half
    /// of the width.
    fn kept(&self, depth: usize) -> (usize, usize) {
        let mut from = depth.min(self.parts.len());
        let mut columns = 0;
        for part in self.parts.iter().take(from).rev() {
            if columns + part.width > self.width / 2 {
                break;
            }
            columns += part.width;
            from -= 1;
        }
        (from, columns)
    }

    /// Whether a blank line stands between what was seen and `start`.
    fn blank_before(&self, start: usize) -> bool {
        let between = self.source.get(self.seen..start);
        between.is_some_and(|text| text.matches('\n').count() > 1)
    }
}
