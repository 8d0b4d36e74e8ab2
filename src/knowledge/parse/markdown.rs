//! Markdown: CommonMark with tables, footnotes, task lists, definition lists
//! and front matter, and what notes and site generators add to it.
//!
//! The text becomes what a reader sees: [`dialect`] writes other programs'
//! marks in plain Markdown, [`render`] leaves the markup out, and all keep the
//! way back to the file's bytes. A file's title, with the other names that its
//! front matter gives it, is the outermost heading.

mod blocks;
mod context;
mod dialect;
mod front;
mod inline;
mod render;
mod table;

use super::decode::Decoded;
use super::output::Output;
use super::{Block, BlockKind, Document, Format};
use crate::domain::OffsetMap;
use front::{Front, front_matter};

/// Renders a Markdown text.
pub(super) fn parse(decoded: Decoded) -> Document {
    let Decoded { text: source, offsets: to_file, rendered } = decoded;
    let front = front_matter(&source).unwrap_or_default();
    let start = front.end;
    let body = source.get(start..).unwrap_or_default();
    let plain = dialect::plain(body);
    let (out, mut blocks) = render::render(&plain.text, &plain.labels);
    let (body, offsets) = out.finish();
    let offsets = offsets.through(&plain.offsets).through(&OffsetMap::verbatim(start, body.len()));
    let mut page = Page { out: Output::default(), blocks: Vec::new() };
    page.head(front, &mut blocks);
    page.body(&body, &offsets, blocks);
    let (text, offsets) = page.out.finish();
    let span = offsets.to_file(0, text.len());
    let rendered = rendered || source.get(span.start..span.end) != Some(text.as_str());
    let offsets = offsets.through(&to_file);
    Document {
        format: Format::Markdown,
        text,
        offsets,
        rendered,
        blocks: page.blocks,
        notes: Vec::new(),
    }
}

/// A page as it is put together.
struct Page {
    out: Output,
    blocks: Vec<Block>,
}

impl Page {
    /// Writes the title and the fields of the front matter. Where the text's
    /// own title comes first in it, that is written here, above the fields.
    fn head(&mut self, front: Front, blocks: &mut Vec<Block>) {
        let is_title = |block: &Block| matches!(block.kind, BlockKind::Heading { level: 1, .. });
        let titles = blocks.iter().filter(|block| is_title(block)).count();
        let own = front.title.as_ref().map(|title| title.text().to_owned());
        let names = front.aliases;
        match titles {
            0 => self.title(own.as_deref(), names, front.title.as_ref()),
            1 => {
                let Some(at) = blocks.iter().position(is_title) else { return };
                let Some(BlockKind::Heading { title, .. }) =
                    blocks.get_mut(at).map(|block| &mut block.kind)
                else {
                    return;
                };
                let words = title.to_lowercase();
                let other = own.filter(|own| {
                    let own = own.to_lowercase();
                    !words.contains(&own) && !own.contains(&words)
                });
                let shown = title.clone();
                *title = with_names(title, other.into_iter().chain(names).collect());
                if at == 0 && !front.fields.is_empty() {
                    let title = title.clone();
                    self.heading(&shown, title, None);
                    blocks.remove(0);
                }
            }
            // Several titles are chapters of what the front matter names.
            _ if own.is_some() || !names.is_empty() => {
                for block in blocks.iter_mut() {
                    if let BlockKind::Heading { level, .. } = &mut block.kind {
                        *level = level.saturating_add(1);
                    }
                }
                self.title(own.as_deref(), names, front.title.as_ref());
            }
            _ => {}
        }
        let context = match (self.blocks.first(), blocks.iter().find(|block| is_title(block))) {
            (None, Some(Block { kind: BlockKind::Heading { title, .. }, .. })) => title.clone(),
            _ => String::new(),
        };
        for field in front.fields {
            let gap = match self.blocks.last().map(|block| &block.kind) {
                None => "",
                Some(BlockKind::Heading { .. }) => "\n\n",
                Some(_) => "\n",
            };
            self.out.insert(gap);
            let start = self.out.len();
            self.out.append_line(&field);
            let range = start..self.out.len();
            if !range.is_empty() {
                self.blocks.push(Block { kind: BlockKind::Row, range, context: context.clone() });
            }
        }
    }

    /// Writes the title that the front matter gives.
    fn title(&mut self, own: Option<&str>, mut names: Vec<String>, place: Option<&Output>) {
        let Some(shown) =
            own.map(str::to_owned).or_else(|| (!names.is_empty()).then(|| names.remove(0)))
        else {
            return;
        };
        let title = with_names(&shown, names);
        self.heading(&shown, title, place);
    }

    fn heading(&mut self, shown: &str, title: String, place: Option<&Output>) {
        let start = self.out.len();
        match place {
            Some(place) => self.out.append_line(place),
            None => self.out.insert(shown),
        }
        let kind = BlockKind::Heading { level: 1, title };
        let range = start..self.out.len();
        self.blocks.push(Block { kind, range, context: String::new() });
    }

    /// Writes the text below its head.
    fn body(&mut self, text: &str, offsets: &OffsetMap, blocks: Vec<Block>) {
        let Some(first) = blocks.first().map(|block| block.range.start) else { return };
        if !self.out.is_empty() {
            self.out.insert("\n\n");
        }
        let start = self.out.len();
        self.out.copy(text, offsets, first..text.len());
        let place = |at: usize| at - first + start;
        self.blocks.extend(blocks.into_iter().map(|block| Block {
            range: place(block.range.start)..place(block.range.end),
            ..block
        }));
    }
}

/// A title with other names of the same, `Contract 17 (Red Kite agreement)`.
fn with_names(title: &str, names: Vec<String>) -> String {
    let title_words = title.to_lowercase();
    let mut others: Vec<String> =
        names.into_iter().filter(|name| name.to_lowercase() != title_words).collect();
    others.dedup();
    // A long list of names says no more than its start.
    others.truncate(4);
    if others.is_empty() { title.to_owned() } else { format!("{title} ({})", others.join(", ")) }
}

#[cfg(test)]
mod tests;
