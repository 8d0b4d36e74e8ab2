//! Packing: the units of a section become passages, each of which repeats a
//! little of the one before it.

use super::packer::{Packer, Unit, UnitKind};
use std::ops::Range;

/// A passage that is being packed.
struct Open {
    range: Range<usize>,
    tokens: usize,
    /// Index of its first unit that isn't repeated.
    first: usize,
    /// Whether it has nothing but headings yet.
    only_headings: bool,
}

/// Tokens of units that follow each other.
fn cost(units: &[Unit]) -> usize {
    units.iter().map(Unit::cost).sum()
}

impl Packer<'_> {
    /// Packs the units of a section into passages.
    pub(super) fn pack(&self, units: &[Unit]) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut open: Option<Open> = None;
        for (index, unit) in units.iter().enumerate() {
            let is_heading = unit.kind == UnitKind::Heading;
            if let Some(current) = &mut open
                && !unit.far
                && self.fits(current, unit)
            {
                current.range.end = unit.range.end;
                current.tokens += unit.cost();
                current.only_headings &= is_heading;
                continue;
            }
            let mut next = Open {
                range: unit.range.clone(),
                tokens: unit.tokens,
                first: index,
                only_headings: is_heading,
            };
            if let Some(mut full) = open.take() {
                let led = if unit.far { None } else { self.led(&full, units, index) };
                if let Some(lead) = led
                    && let Some(last) = lead.checked_sub(1).and_then(|last| units.get(last))
                {
                    full.range.end = last.range.end;
                    next.range.start = units.get(lead).map_or(next.range.start, |u| u.range.start);
                    next.tokens += units.get(lead..index).map_or(0, cost);
                    next.first = lead;
                } else if !unit.far
                    && !is_heading
                    && let Some((start, tokens)) = self.repeated(units.get(full.first..index))
                    && (tokens + unit.cost()) * 2 <= self.target * 3
                {
                    next.range.start = start;
                    next.tokens = tokens + unit.cost();
                }
                out.push(full.range);
            }
            open = Some(next);
        }
        out.extend(open.map(|last| last.range));
        out
    }

    /// The first of the units at a passage's end that say little without the
    /// one at `index`, and that fit before it: they move to its passage.
    fn led(&self, full: &Open, units: &[Unit], index: usize) -> Option<usize> {
        let held = units.get(full.first..index)?;
        let leading = held.iter().rev().take_while(|unit| unit.leads && !unit.far).count();
        let first = index - leading;
        let fits = || {
            let moved = units.get(first..=index).map_or(usize::MAX, cost);
            moved * 2 <= self.target * 3
        };
        // Something has to stay, and a heading alone is nothing.
        let stays = held.get(..held.len() - leading)?;
        let kept = stays.iter().any(|unit| unit.kind != UnitKind::Heading);
        (leading > 0 && kept && fits()).then_some(first)
    }

    /// Whether a passage takes one more unit. A little more than the target
    /// is better than a passage of hardly anything.
    fn fits(&self, open: &Open, unit: &Unit) -> bool {
        let tokens = open.tokens + unit.cost();
        let slight = open.only_headings || open.tokens * 4 <= self.target;
        tokens <= self.target || (slight && tokens * 2 <= self.target * 3)
    }

    /// Where the sentences or lines start that the next passage repeats, and
    /// their tokens. Never the whole passage.
    fn repeated(&self, units: Option<&[Unit]>) -> Option<(usize, usize)> {
        let units = units?;
        let first = units.first()?.range.start;
        let mut found = None;
        let mut sum = 0;
        for unit in units.iter().rev() {
            if unit.kind == UnitKind::Heading {
                break;
            }
            for part in self.parts(&unit.range, unit.kind).into_iter().rev() {
                sum += self.tokens(&part).unwrap_or(usize::MAX / 2);
                if sum > self.overlap || part.start <= first {
                    return found;
                }
                found = Some((part.start, sum));
            }
            sum += unit.gap;
        }
        found
    }
}
