//! The figures of a source: tokens, bar, score and ranks. Their columns are
//! found once for a list, so that all rows show the same figures below each
//! other.

use super::super::stats::bar;
use super::super::text;
use super::super::theme::Role;
use crate::domain::Source;

/// Columns of the bar for the score.
const BAR: usize = 8;

/// A piece of a row with its role.
pub(super) type Part = (String, Role);

/// Which figures are shown; each of these has those before it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Set {
    Nothing,
    Score,
    Bar,
    Ranks,
    Tokens,
}

/// What to try first, with the columns that the text left of the figures has
/// at least.
const CHOICES: [(Set, usize); 4] =
    [(Set::Tokens, 16), (Set::Ranks, 10), (Set::Bar, 8), (Set::Score, 4)];

/// The figures that the rows of a list show, and their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    set: Set,
    /// Columns of the number of tokens.
    tokens: usize,
    /// Columns of the rank by meaning.
    vector: usize,
    /// Columns of the rank by words.
    words: usize,
}

impl Figures {
    /// As many figures of these sources as `room` columns have place for, with
    /// a text to the left of them if `beside_text`.
    pub(super) fn fitting(sources: &[Source], room: usize, beside_text: bool) -> Self {
        let widest = |figure: fn(&Source) -> String| {
            sources.iter().map(|source| text::width(&figure(source))).max().unwrap_or(0)
        };
        let mut figures = Self {
            set: Set::Nothing,
            tokens: widest(|source| source.tokens.to_string()),
            vector: widest(|source| ranks(source).0),
            words: widest(|source| ranks(source).1),
        };
        for (set, least) in CHOICES {
            let least = if beside_text { least } else { 0 };
            if figures.columns(set) + 1 + least <= room {
                figures.set = set;
                break;
            }
        }
        figures
    }

    /// The figures of a source. All end in the same column.
    pub(super) fn of(&self, source: &Source) -> Vec<Part> {
        let grey = |role| if source.used() { role } else { Role::Dim };
        let mut parts = Vec::new();
        // Tokens of what isn't in the prompt were never spent.
        if self.set >= Set::Tokens && source.used() {
            let tokens = format!("{:>width$} tok  ", source.tokens, width = self.tokens);
            parts.push((tokens, Role::Dim));
        }
        if self.set >= Set::Bar {
            let (filled, rest) = bar(f64::from(score(source)), BAR);
            parts.extend([(filled, grey(Role::Bar)), (rest, Role::Faint)]);
        }
        if self.set >= Set::Score {
            parts.push((format!(" {:.2}", score(source)), grey(Role::Text)));
        }
        if self.set >= Set::Ranks {
            let (vector, words) = ranks(source);
            let (first, second) = (self.vector, self.words);
            parts.push((format!("  v{vector:<first$} t{words:<second$}"), Role::Dim));
        }
        parts
    }

    fn columns(&self, set: Set) -> usize {
        // Two letters, two spaces before and one between both.
        let ranks = 5 + self.vector + self.words;
        match set {
            Set::Nothing => 0,
            Set::Score => 5,
            Set::Bar => BAR + 5,
            Set::Ranks => BAR + 5 + ranks,
            // With ` tok` and two spaces.
            Set::Tokens => self.tokens + 6 + BAR + 5 + ranks,
        }
    }
}

/// All figures of a source as a text, `130 tok · 0.96 · v#3 t#1`.
pub(super) fn line(source: &Source) -> String {
    let (vector, words) = ranks(source);
    let rest = format!("{:.2} · v{vector} t{words}", score(source));
    if source.used() { format!("{} tok · {rest}", source.tokens) } else { rest }
}

fn score(source: &Source) -> f32 {
    let score = source.hit.score;
    if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 }
}

/// Its ranks by meaning and by words.
fn ranks(source: &Source) -> (String, String) {
    let shown = |rank: Option<usize>| rank.map_or_else(|| "–".to_owned(), |r| format!("#{r}"));
    let hit = &source.hit;
    (shown(hit.vector.map(|leg| leg.rank)), shown(hit.full_text.map(|leg| leg.rank)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    fn columns_of(parts: &[Part]) -> usize {
        parts.iter().map(|(text, _)| text::width(text)).sum()
    }

    #[test]
    fn all_rows_show_the_same_figures_in_the_same_columns() {
        let mut sources = fixtures::sources();
        sources[0].tokens = 1234;
        sources[1].hit.vector = None;
        sources[1].hit.score = f32::NAN;
        for room in 0..80 {
            let figures = Figures::fitting(&sources, room, true);
            let first = columns_of(&figures.of(&sources[0]));
            assert!(first == figures.columns(figures.set) && first <= room);
            assert_eq!(columns_of(&figures.of(&sources[1])), first, "{room}");
            let unused = columns_of(&figures.of(&sources[2]));
            let tokens = if figures.set == Set::Tokens { 4 + 6 } else { 0 };
            assert_eq!(unused, first - tokens, "{room}");
        }
    }

    #[test]
    fn tokens_are_left_out_first_and_the_score_last() {
        let sources = fixtures::sources();
        let set = |room| Figures::fitting(&sources, room, true).set;
        assert_eq!((set(47), set(46)), (Set::Tokens, Set::Ranks));
        assert_eq!((set(33), set(32)), (Set::Ranks, Set::Bar));
        assert_eq!((set(22), set(21)), (Set::Bar, Set::Score));
        assert_eq!((set(10), set(9)), (Set::Score, Set::Nothing));
        assert_eq!(Figures::fitting(&sources, 9, false).set, Set::Score);
    }

    #[test]
    fn the_figures_in_one_line() {
        let sources = fixtures::sources();
        assert_eq!(line(&sources[0]), "41 tok · 0.93 · v#1 t#1");
        assert_eq!(line(&sources[1]), "42 tok · 0.61 · v#2 t–");
        assert_eq!(line(&sources[2]), "0.18 · v#3 t#3");
    }
}
