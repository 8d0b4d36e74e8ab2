//! Which elements of a page are open, and which end others.
//!
//! The rules are those of the HTML standard as far as they bear on the text:
//! the next item ends the one before it, a heading ends a paragraph, the end of
//! a list ends its items, and an end tag reaches no further than its cell.

use super::open::{Begun, Open};
use super::page::Page;
use super::tables::{Capture, Captured, MOST_NESTED, Part, Table};
use super::tags::{self, Role, Tag};

/// Elements nested deeper than this are read as if they weren't there.
const MAX_DEPTH: usize = 512;

impl Page<'_> {
    /// An element starts. One that is written as empty (`<div/>`) is.
    pub(super) fn start(&mut self, tag: Tag, is_empty: bool) {
        let role = tags::role(&tag.name);
        let is_kept_open = match role {
            Role::Void | Role::Break | Role::Rule | Role::Skeleton => false,
            // Inline elements matter only where they are left out, and within
            // what is left out, so that the right end tag is found.
            Role::Inline => self.skipping > 0 || tag.is_chrome,
            _ => true,
        };
        // Programs hold no elements, so they can't make the stack much deeper.
        if is_kept_open && role != Role::Raw && self.open.len() >= MAX_DEPTH {
            return;
        }
        self.imply_ends(&tag.name, role);
        let is_skipped = self.skipping == 0 && self.is_left_out(&tag, role);
        let is_shown = self.skipping == 0 && !is_skipped;
        let begun = if is_shown { self.enter(role, &tag) } else { Begun::Nothing };
        if is_empty {
            if is_shown {
                self.leave(role, begun);
            }
        } else if is_kept_open && !(is_shown && role == Role::Inline) {
            self.skipping += usize::from(is_skipped);
            let Tag { name, at, .. } = tag;
            self.open.push(Open { name, role, at, is_skipped, has_items: false, begun });
        }
    }

    fn is_left_out(&mut self, tag: &Tag, role: Role) -> bool {
        let is_chrome = match role {
            Role::Raw => return true,
            Role::Title => {
                self.lacks_title |= !self.plan.keep_title;
                return !self.plan.keep_title;
            }
            Role::Void | Role::Break | Role::Rule | Role::Skeleton => return false,
            Role::Hidden => true,
            _ if matches!(tag.name.as_slice(), b"main" | b"article") => false,
            // A quote's or an article's own footer belongs to it.
            _ if tag.name == b"footer" => !self
                .open
                .iter()
                .any(|open| matches!(open.name.as_slice(), b"article" | b"blockquote")),
            _ => tag.is_chrome,
        };
        is_chrome && !self.plan.keep_all && !self.plan.keep.contains(&tag.at)
    }

    /// An element ends. What is open within it ends too; the end of an element
    /// that isn't open means nothing.
    pub(super) fn end(&mut self, name: &[u8]) {
        let role = tags::role(name);
        if role == Role::Inline && self.skipping == 0 {
            return;
        }
        if name == b"thead"
            && let Some(table) = self.table()
        {
            table.in_head = false;
        }
        let stops = |open: &Open| match role {
            Role::Row | Role::Table => open.role == Role::Table,
            Role::Cell => matches!(open.role, Role::Row | Role::Table),
            Role::Item | Role::Term => {
                matches!(open.role, Role::List | Role::Definitions | Role::Cell | Role::Table)
            }
            _ => matches!(open.role, Role::Cell | Role::Table),
        };
        let ends = |open: &Open| match (role, open.role) {
            (Role::Heading(_), Role::Heading(_)) => true,
            _ => open.name == name,
        };
        if !self.close(ends, stops) && name == b"p" && self.skipping == 0 {
            self.renderer.paragraph();
        }
    }

    /// Ends elements whose end tag is left out because this one starts.
    fn imply_ends(&mut self, name: &[u8], role: Role) {
        let is_line = |open: &Open| open.role == Role::Inline && !open.is_skipped;
        match role {
            Role::Inline | Role::Void | Role::Break | Role::Raw | Role::Hidden | Role::Title => {}
            Role::Item | Role::Term => {
                self.close(
                    |open| matches!(open.role, Role::Item | Role::Term),
                    |open| {
                        matches!(
                            open.role,
                            Role::List | Role::Definitions | Role::Cell | Role::Table
                        ) || open.is_skipped
                    },
                );
            }
            Role::Cell => {
                self.close(
                    |open| open.role == Role::Cell,
                    |open| matches!(open.role, Role::Row | Role::Table),
                );
            }
            Role::Row | Role::Skeleton => {
                self.close(|open| open.role == Role::Cell, |open| open.role == Role::Table);
                self.close(|open| open.role == Role::Row, |open| open.role == Role::Table);
            }
            Role::Heading(_) => {
                self.close(|open| matches!(open.role, Role::Heading(_)), |open| !is_line(open));
                self.close(|open| open.name == b"p", |open| !is_line(open));
            }
            _ if name == b"option" || name == b"optgroup" => {
                self.close(|open| open.name == name, |open| !is_line(open));
            }
            _ => {
                self.close(|open| open.name == b"p", |open| !is_line(open));
            }
        }
    }

    /// Closes the innermost element that `ends` takes and all within it, unless
    /// one that `stops` takes lies between. Says whether it did.
    fn close(&mut self, ends: impl Fn(&Open) -> bool, stops: impl Fn(&Open) -> bool) -> bool {
        for index in (0..self.open.len()).rev() {
            match self.open.get(index) {
                Some(open) if ends(open) => {
                    self.close_from(index, Some(index));
                    return true;
                }
                Some(open) if !stops(open) => {}
                _ => return false,
            }
        }
        false
    }

    /// Closes the elements from `first` on, innermost first. `own` is the one
    /// that its own end closes.
    pub(super) fn close_from(&mut self, first: usize, own: Option<usize>) {
        while self.open.len() > first
            && let Some(open) = self.open.pop()
        {
            if open.is_skipped {
                self.skipping = self.skipping.saturating_sub(1);
                let is_closed = own == Some(self.open.len()) || tags::end_is_optional(&open.name);
                if !is_closed && !matches!(open.role, Role::Raw | Role::Title) {
                    self.unclosed.push(open.at);
                }
            } else if self.skipping == 0 {
                self.leave(open.role, open.begun);
            }
        }
    }

    /// Tells the renderer that an element starts.
    fn enter(&mut self, role: Role, tag: &Tag) -> Begun {
        match role {
            Role::Inline | Role::Void | Role::Raw => {}
            Role::Skeleton => {
                if let Some(table) = self.table() {
                    table.in_head = tag.name == b"thead";
                }
            }
            Role::Break => self.renderer.line_break(tag.at),
            Role::Title => self.renderer.heading(1),
            Role::Heading(level) => self.renderer.heading(level),
            Role::Preformatted => self.renderer.preformatted(),
            Role::List => {
                let is_inner = self.is_in_item();
                self.renderer.begin_list(is_inner);
                return Begun::Context;
            }
            Role::Definitions => {
                self.renderer.begin_definitions();
                return Begun::Context;
            }
            Role::Item => {
                let is_later = self.mark(|role| matches!(role, Role::List | Role::Definitions));
                self.renderer.item(is_later);
                self.renderer.end_terms();
            }
            Role::Term => {
                let is_later = self.mark(|role| role == Role::Definitions);
                self.renderer.item(is_later);
                self.renderer.begin_term(tag.is_signature);
                return Begun::Term;
            }
            Role::Table if self.captures.len() < MOST_NESTED && self.renderer.is_plain() => {
                self.renderer.paragraph();
                self.capture(Captured::Table(Table::new(tag.is_presentation)));
                return Begun::Capture;
            }
            Role::Caption if self.table().is_some() => {
                self.flush_loose();
                self.capture(Captured::Caption);
                return Begun::Capture;
            }
            Role::Row if self.table().is_some() => {
                self.flush_loose();
                if let Some(table) = self.table() {
                    table.start_row();
                }
            }
            Role::Cell if self.table().is_some() => {
                self.flush_loose();
                let part = Part::new(tag.name == b"th", tag.columns, tag.rows);
                self.capture(Captured::Cell(part));
                return Begun::Capture;
            }
            Role::Row => {
                let is_later = self.mark(|role| role == Role::Table);
                self.renderer.row(is_later);
            }
            Role::Cell => self.renderer.cell(),
            Role::Table | Role::Caption | Role::Block | Role::Rule | Role::Hidden => {
                self.renderer.paragraph();
            }
        }
        Begun::Nothing
    }

    /// Tells the renderer that an element ends.
    fn leave(&mut self, role: Role, begun: Begun) {
        match begun {
            Begun::Capture => return self.end_capture(),
            Begun::Context => self.renderer.end_list(),
            Begun::Term => self.renderer.end_term(),
            Begun::Nothing => {}
        }
        match role {
            Role::Title | Role::Heading(_) => self.renderer.end_heading(),
            Role::Preformatted => self.renderer.end_preformatted(),
            Role::Item | Role::Term | Role::Cell => self.renderer.end_item(),
            Role::List if self.is_in_item() => self.renderer.inner_list(),
            Role::List
            | Role::Definitions
            | Role::Table
            | Role::Caption
            | Role::Block
            | Role::Hidden => {
                self.renderer.paragraph();
            }
            Role::Inline
            | Role::Void
            | Role::Break
            | Role::Rule
            | Role::Skeleton
            | Role::Raw
            | Role::Row => {}
        }
    }

    /// The innermost table, where no cell of it is open.
    fn table(&mut self) -> Option<&mut Table> {
        match self.captures.last_mut() {
            Some(Capture { holds: Captured::Table(table), .. }) => Some(table),
            _ => None,
        }
    }

    /// Renders by itself what comes next.
    fn capture(&mut self, holds: Captured) {
        let inner = self.renderer.nested();
        let outer = std::mem::replace(&mut self.renderer, inner);
        self.captures.push(Capture { outer, holds });
    }

    /// Gives text between the rows of a table to the table.
    fn flush_loose(&mut self) {
        if self.renderer.is_empty() {
            return;
        }
        let next = self.renderer.nested();
        let (said, blocks) = std::mem::replace(&mut self.renderer, next).finish();
        if let Some(table) = self.table()
            && !blocks.is_empty()
        {
            table.add_loose(said, blocks);
        }
    }

    /// Ends what is rendered by itself.
    fn end_capture(&mut self) {
        if self.table().is_some() {
            self.flush_loose();
        }
        let Some(Capture { outer, holds }) = self.captures.pop() else { return };
        let mut inner = std::mem::replace(&mut self.renderer, outer);
        self.renderer.take_room(&mut inner);
        let (said, blocks) = inner.finish();
        match holds {
            Captured::Table(table) => {
                table.write(&mut self.renderer);
                self.renderer.paragraph();
            }
            Captured::Cell(part) => {
                if let Some(table) = self.table() {
                    table.add(Part { said, blocks, ..part });
                }
            }
            Captured::Caption => {
                if let Some(table) = self.table() {
                    table.set_caption(said);
                }
            }
        }
    }

    /// Whether the innermost box is an item of a list.
    fn is_in_item(&self) -> bool {
        self.open
            .iter()
            .rev()
            .find(|open| matches!(open.role, Role::Item | Role::Term | Role::Cell | Role::Table))
            .is_some_and(|open| matches!(open.role, Role::Item | Role::Term))
    }

    /// Notes an item in the innermost list or a row in the innermost table, and
    /// says whether it isn't the first.
    fn mark(&mut self, holds: impl Fn(Role) -> bool) -> bool {
        self.open
            .iter_mut()
            .rev()
            .find(|open| holds(open.role))
            .is_some_and(|open| std::mem::replace(&mut open.has_items, true))
    }
}
