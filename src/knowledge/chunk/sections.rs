//! Sections: a heading with its units, and which neighbours share a passage.

use super::packer::{Packer, Unit};
use crate::knowledge::parse::{Block, BlockKind};

/// A heading and what follows it up to the next one.
#[derive(Debug)]
pub(super) struct Section {
    /// Level of its heading; 0 for what stands before the first one.
    level: u8,
    /// Titles of the headings above its own.
    parents: Vec<String>,
    /// Its title, or those of all sections that were joined into it.
    titles: Vec<String>,
    pub(super) units: Vec<Unit>,
    /// Tokens of all units.
    tokens: usize,
    /// Whether it is nothing but its heading.
    bare: bool,
    /// Whether a heading of a higher level was joined to its front.
    opens: bool,
}

impl Section {
    pub(super) fn heading(&self) -> Vec<String> {
        // A long list of names says no more than its start.
        let shown: Vec<&str> = self.titles.iter().map(String::as_str).take(3).collect();
        let mut last = shown.join(" · ");
        if self.titles.len() > 3 {
            last.push_str(" · …");
        }
        let mut path = self.parents.clone();
        path.extend(Some(last).filter(|title| !title.is_empty()));
        path
    }

    /// Whether several sections were joined into it, so that its title isn't
    /// that of each of its parts.
    pub(super) fn shared(&self) -> bool {
        self.titles.len() > 1
    }

    fn append(&mut self, units: Vec<Unit>, tokens: usize) {
        self.units.extend(units);
        self.tokens += tokens;
    }
}

/// Joins each heading that has no text of its own to the section below it.
pub(super) fn join_bare(sections: Vec<Section>) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for section in sections {
        match out.last_mut() {
            Some(above) if above.bare && section.level > above.level => {
                above.append(section.units, section.tokens);
                above.level = section.level;
                above.parents = section.parents;
                above.titles = section.titles;
                above.bare = section.bare;
                above.opens = true;
            }
            _ => out.push(section),
        }
    }
    out
}

impl Packer<'_> {
    /// Divides blocks into sections.
    pub(super) fn sections(&self, blocks: &[Block]) -> Vec<Section> {
        let mut out: Vec<Section> = Vec::new();
        let mut above: Vec<(u8, &str)> = Vec::new();
        let mut end = 0;
        for block in blocks {
            let units = self.units(block, &mut end);
            let tokens: usize = units.iter().map(Unit::cost).sum();
            if let BlockKind::Heading { level, title } = &block.kind {
                above.retain(|(outer, _)| outer < level);
                let titles =
                    above.iter().map(|(_, title)| *title).filter(|title| !title.is_empty());
                out.push(Section {
                    level: *level,
                    parents: titles.map(str::to_owned).collect(),
                    titles: vec![title.clone()],
                    units,
                    tokens,
                    bare: true,
                    opens: false,
                });
                above.push((*level, title.as_str()));
            } else if let Some(section) = out.last_mut() {
                section.bare &= units.is_empty();
                section.append(units, tokens);
            } else {
                out.push(Section {
                    level: 0,
                    parents: Vec::new(),
                    titles: Vec::new(),
                    units,
                    tokens,
                    bare: false,
                    opens: false,
                });
            }
        }
        out
    }

    /// Joins neighbouring sections of one level as long as all are tiny.
    pub(super) fn join_tiny(&self, sections: Vec<Section>) -> Vec<Section> {
        let tiny = |tokens: usize| tokens < self.target / 5;
        let mut out: Vec<Section> = Vec::new();
        // Whether everything joined into the last section was tiny.
        let mut open = false;
        for section in sections {
            let small = section.level > 0 && tiny(section.tokens);
            match out.last_mut() {
                Some(last)
                    if open
                        && small
                        && !section.opens
                        && last.level == section.level
                        && last.parents == section.parents
                        && last.tokens + section.tokens <= self.target =>
                {
                    last.append(section.units, section.tokens);
                    last.titles.extend(section.titles);
                }
                _ => {
                    open = small;
                    out.push(section);
                }
            }
        }
        out
    }
}
