//! Positions in a long list of turns, of which only those that are asked for
//! get laid out. Nothing here knows what a turn looks like.

/// How many rows turns take, the blank row behind each but the last included.
pub(super) trait Heights {
    /// How many turns there are.
    fn turns(&self) -> usize;

    /// Rows of the turn at this place, at least 1.
    fn rows(&mut self, place: usize) -> usize;
}

/// A row: the turn's place in the branch, and its line within the turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) place: usize,
    pub(super) line: usize,
}

/// The topmost row where the last one stands at the bottom of `height` rows.
pub(super) fn bottom(all: &mut impl Heights, height: usize) -> Spot {
    let mut missing = height;
    for place in (0..all.turns()).rev() {
        let rows = all.rows(place);
        if rows >= missing {
            return Spot { place, line: rows - missing };
        }
        missing -= rows;
    }
    Spot::default()
}

/// Rows from `spot` on, counted no further than `enough`.
pub(super) fn rows_from(all: &mut impl Heights, spot: Spot, enough: usize) -> usize {
    let mut found = 0;
    for place in spot.place..all.turns() {
        let skipped = if place == spot.place { spot.line } else { 0 };
        found += all.rows(place).saturating_sub(skipped);
        if found >= enough {
            return enough;
        }
    }
    found
}

/// The nearest row that exists and leaves no blank rows below the last one.
pub(super) fn clamp(all: &mut impl Heights, spot: Spot, height: usize) -> Spot {
    let Some(last) = all.turns().checked_sub(1) else { return Spot::default() };
    if spot.place > last {
        return bottom(all, height);
    }
    let line = spot.line.min(all.rows(spot.place).saturating_sub(1));
    let spot = Spot { line, ..spot };
    if rows_from(all, spot, height) < height { bottom(all, height) } else { spot }
}

/// The row `lines` above.
pub(super) fn up(all: &mut impl Heights, spot: Spot, lines: usize) -> Spot {
    let mut spot = spot;
    let mut lines = lines;
    while lines > spot.line {
        lines -= spot.line;
        let Some(place) = spot.place.checked_sub(1) else { return Spot::default() };
        spot = Spot { place, line: all.rows(place) };
    }
    Spot { line: spot.line - lines, ..spot }
}

/// The row `lines` below; behind the last one where there are not so many.
pub(super) fn down(all: &mut impl Heights, spot: Spot, lines: usize) -> Spot {
    let mut spot = spot;
    let mut lines = lines;
    while spot.place < all.turns() {
        let left = all.rows(spot.place).saturating_sub(spot.line);
        if lines < left {
            return Spot { line: spot.line + lines, ..spot };
        }
        lines -= left;
        spot = Spot { place: spot.place + 1, line: 0 };
    }
    spot
}

/// How many rows `to` stands below `from`, if it is less than `height`.
pub(super) fn distance(
    all: &mut impl Heights,
    from: Spot,
    to: Spot,
    height: usize,
) -> Option<usize> {
    if to < from {
        return None;
    }
    let mut rows = 0;
    for place in from.place..to.place {
        let skipped = if place == from.place { from.line } else { 0 };
        rows += all.rows(place).saturating_sub(skipped);
        if rows >= height {
            return None;
        }
    }
    let skipped = if to.place == from.place { from.line } else { 0 };
    let rows = rows + to.line.saturating_sub(skipped);
    (rows < height).then_some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed {
        rows: Vec<usize>,
        asked: Vec<usize>,
    }

    impl Fixed {
        fn new(rows: &[usize]) -> Self {
            Self { rows: rows.to_vec(), asked: Vec::new() }
        }
    }

    impl Heights for Fixed {
        fn turns(&self) -> usize {
            self.rows.len()
        }

        fn rows(&mut self, place: usize) -> usize {
            self.asked.push(place);
            self.rows[place]
        }
    }

    fn spot(place: usize, line: usize) -> Spot {
        Spot { place, line }
    }

    /// The row's number from the very top.
    fn flat(rows: &[usize], spot: Spot) -> usize {
        rows.iter().take(spot.place).sum::<usize>() + spot.line
    }

    #[test]
    fn movements_agree_with_counting_all_rows() {
        let rows = [3, 1, 7, 2, 1, 5];
        let total: usize = rows.iter().sum();
        let mut all = Fixed::new(&rows);
        let spots: Vec<Spot> = rows
            .iter()
            .enumerate()
            .flat_map(|(place, count)| (0..*count).map(move |line| spot(place, line)))
            .collect();
        for (at, from) in spots.iter().enumerate() {
            for lines in 0..=total + 2 {
                let above = up(&mut all, *from, lines);
                assert_eq!(flat(&rows, above), at.saturating_sub(lines));
                let below = down(&mut all, *from, lines);
                assert_eq!(flat(&rows, below), (at + lines).min(total), "{from:?} {lines}");
            }
            for height in 1..=total + 2 {
                let clamped = clamp(&mut all, *from, height);
                let highest = total.saturating_sub(height);
                assert_eq!(flat(&rows, clamped), at.min(highest), "{from:?} {height}");
                assert_eq!(rows_from(&mut all, *from, height), height.min(total - at));
                for (other, to) in spots.iter().enumerate() {
                    let expected = other.checked_sub(at).filter(|rows| *rows < height);
                    assert_eq!(distance(&mut all, *from, *to, height), expected);
                }
            }
        }
    }

    #[test]
    fn only_what_is_near_is_asked_for() {
        let mut all = Fixed::new(&[10; 10_000]);
        assert_eq!(bottom(&mut all, 25), spot(9_997, 5));
        assert_eq!(all.asked, [9_999, 9_998, 9_997]);
        all.asked.clear();
        assert_eq!(clamp(&mut all, spot(5_000, 99), 25), spot(5_000, 9));
        assert!(all.asked.iter().all(|place| (5_000..=5_003).contains(place)));
        all.asked.clear();
        assert_eq!(up(&mut all, spot(5_000, 2), 4), spot(4_999, 8));
        assert_eq!(distance(&mut all, spot(0, 0), spot(9_000, 0), 30), None);
        assert!(all.asked.len() < 8);
    }

    #[test]
    fn nothing_is_at_its_own_top() {
        let mut none = Fixed::new(&[]);
        assert_eq!(clamp(&mut none, spot(3, 4), 10), Spot::default());
        assert_eq!(bottom(&mut none, 10), Spot::default());
        assert_eq!(up(&mut none, Spot::default(), 3), Spot::default());
        assert_eq!(down(&mut none, Spot::default(), 3), Spot::default());
    }
}
