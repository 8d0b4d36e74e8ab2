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
            if let Some(full) = open.take() {
                if !unit.far
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
