//! Glyphs become lines, and lines paragraphs.
//!
//! A page's content mostly comes in the order of reading, column after column,
//! so that order is kept; lines and spaces are told by where glyphs stand.

use super::accents::accented;
use super::content::Glyph;
use super::visual::logical;

/// A gap between glyphs that is a space, in parts of the size.
const SPACE: f32 = 0.17;
/// A gap that parts columns or cells.
const WIDE: f32 = 1.6;
/// How far a glyph may stand from the base line of its line: an index or an
/// exponent.
const RAISED: f32 = 0.45;

/// A line, or the part of one that stands in a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    /// Along the direction of reading, from where to where.
    pub(super) left: f32,
    pub(super) right: f32,
    /// Across it, growing downwards.
    pub(super) down: f32,
    pub(super) size: f32,
    pub(super) is_bold: bool,
}

/// Lines that belong together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) size: f32,
    pub(super) is_bold: bool,
    pub(super) lines: usize,
}

/// A line as it is put together.
struct Open {
    line: Line,
    /// Each character's place, to tell how the line is to be read.
    glyphs: Vec<(String, f32)>,
    turn: u8,
    bold: usize,
}

/// A glyph's direction in quarters of a circle, and its places in it.
fn turned(glyph: &Glyph) -> (u8, f32, f32, f32) {
    let ((x, y), (u, v)) = (glyph.start, glyph.end);
    let (across, up) = (u - x, v - y);
    if across.abs() >= up.abs() {
        if across >= 0.0 { (0, x, u, -y) } else { (2, -x, -u, y) }
    } else if up > 0.0 {
        (1, y, v, x)
    } else {
        (3, -y, -v, -x)
    }
}

/// The lines of a page, those along its main direction first.
pub(super) fn lines(glyphs: &[Glyph]) -> Vec<Line> {
    let mut turns = [0usize; 4];
    for glyph in glyphs {
        if let Some(count) = turns.get_mut(usize::from(turned(glyph).0)) {
            *count += 1;
        }
    }
    let main = (0..4).max_by_key(|turn| turns.get(usize::from(*turn))).unwrap_or(0);
    let (mut out, mut aside) = (Vec::new(), Vec::new());
    let mut open: Option<Open> = None;
    let mut close = |open: Option<Open>| {
        if let Some(open) = open.filter(|open| !open.line.text.trim().is_empty()) {
            let list = if open.turn == main { &mut out } else { &mut aside };
            list.push(finished(open));
        }
    };
    for glyph in &accented(glyphs) {
        let (turn, left, right, down) = turned(glyph);
        let goes_on = open.as_ref().is_some_and(|open| {
            let line = &open.line;
            let size = line.size.max(glyph.size);
            let gap = left - line.right;
            // Right to left, the next one may stand before the line.
            let before = line.left - right;
            open.turn == turn
                && (down - line.down).abs() < RAISED * size
                && (gap < WIDE * size && gap > -size || before.abs() < WIDE * size)
        });
        if !goes_on {
            close(open.take());
        }
        // Spaces of a font without widths stand anywhere.
        let Some(open) = &mut open else {
            if glyph.text.trim().is_empty() {
                continue;
            }
            let line = Line {
                text: glyph.text.clone(),
                left,
                right,
                down,
                size: glyph.size,
                is_bold: false,
            };
            let glyphs = vec![(glyph.text.clone(), left)];
            open = Some(Open { line, glyphs, turn, bold: usize::from(glyph.is_bold) });
            continue;
        };
        let line = &mut open.line;
        let gap = if left >= line.left { left - line.right } else { line.left - right };
        let is_spaced =
            line.text.ends_with(char::is_whitespace) || glyph.text.starts_with(char::is_whitespace);
        if gap > SPACE * glyph.size.min(line.size) && !is_spaced {
            line.text.push(' ');
            open.glyphs.push((" ".to_owned(), line.right));
        }
        line.text.push_str(&glyph.text);
        open.glyphs.push((glyph.text.clone(), left));
        (line.left, line.right) = (line.left.min(left), line.right.max(right));
        if glyph.size > line.size {
            (line.size, line.down) = (glyph.size, down);
        }
        open.bold += usize::from(glyph.is_bold);
    }
    close(open.take());
    out.append(&mut aside);
    joined(out)
}

fn finished(open: Open) -> Line {
    let Open { mut line, glyphs, bold, .. } = open;
    line.is_bold = bold * 2 > glyphs.len();
    line.text = logical(&glyphs).trim().to_owned();
    line
}

/// Parts of one line that follow each other are cells of a row.
fn joined(lines: Vec<Line>) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        match out.last_mut() {
            Some(last)
                if (last.down - line.down).abs() < 0.3 * last.size.max(line.size)
                    && line.left >= last.right =>
            {
                last.text.push_str("   ");
                last.text.push_str(&line.text);
                last.right = line.right;
            }
            _ => out.push(line),
        }
    }
    out
}

/// The paragraphs of lines.
pub(super) fn paragraphs(lines: &[Line]) -> Vec<Paragraph> {
    let leading = usual_leading(lines);
    let mut out: Vec<Paragraph> = Vec::new();
    let mut before: Option<&Line> = None;
    for line in lines {
        let goes_on = before.is_some_and(|before| {
            let step = line.down - before.down;
            let is_same = (line.size - before.size).abs() < 0.12 * before.size.max(line.size);
            let is_below = step > 0.0 && step < leading.max(before.size) * 1.35;
            // The next column goes on with the sentence.
            let is_column = step < 0.0 && !ends(&before.text) && line.left > before.right;
            let is_indented = line.left > before.left + line.size * 0.8
                && ends(&before.text)
                && line.left < before.right;
            let is_item = starts_item(&line.text);
            is_same
                && line.is_bold == before.is_bold
                && (is_below || is_column)
                && !is_indented
                && !is_item
        });
        match out.last_mut() {
            Some(last) if goes_on => {
                append(&mut last.text, &line.text);
                last.lines += 1;
            }
            _ => out.push(Paragraph {
                text: line.text.clone(),
                size: line.size,
                is_bold: line.is_bold,
                lines: 1,
            }),
        }
        before = Some(line);
    }
    out
}

/// Adds a line, whose first word may be the rest of one that was parted.
fn append(text: &mut String, line: &str) {
    let is_parted = text.strip_suffix(['-', '\u{AD}', '‐']).is_some_and(|head| {
        head.ends_with(char::is_alphabetic) && line.starts_with(char::is_lowercase)
    });
    if is_parted {
        text.pop();
    } else {
        text.push('\n');
    }
    text.push_str(line);
}

fn ends(text: &str) -> bool {
    text.trim_end().ends_with(['.', '!', '?', ':', '。', '؟', '”', '"', ')'])
}

fn starts_item(text: &str) -> bool {
    let mut words = text.split_whitespace();
    match words.next() {
        Some("•" | "–" | "-" | "◦" | "▪" | "■" | "●" | "*") => words.next().is_some(),
        Some(word) => {
            let number = word.trim_end_matches(['.', ')']);
            number.len() < word.len()
                && number.len() < 4
                && number.chars().all(|c| c.is_ascii_digit())
        }
        None => false,
    }
}

/// The usual step from line to line.
fn usual_leading(lines: &[Line]) -> f32 {
    let mut steps: Vec<f32> = lines
        .windows(2)
        .filter_map(|pair| {
            let [a, b] = pair else { return None };
            let step = b.down - a.down;
            (step > 0.0 && step < 3.0 * a.size).then_some(step)
        })
        .collect();
    steps.sort_by(f32::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each character of a text, `size` wide, from a place on.
    fn shown(text: &str, x: f32, y: f32) -> Vec<Glyph> {
        let each = text.chars().enumerate().map(|(at, c)| {
            let start = (x + at as f32 * 5.0, y);
            let end = (start.0 + 5.0, y);
            Glyph { text: c.to_string(), start, end, size: 10.0, is_bold: false }
        });
        each.collect()
    }

    fn texts(parts: &[(&str, f32, f32)]) -> Vec<String> {
        let glyphs: Vec<Glyph> =
            parts.iter().flat_map(|(text, x, y)| shown(text, *x, *y)).collect();
        paragraphs(&lines(&glyphs)).into_iter().map(|paragraph| paragraph.text).collect()
    }

    #[test]
    fn lines_become_paragraphs_and_parted_words_whole() {
        let parts = [
            ("The first exam-", 0.0, 100.0),
            ("ple stands", 0.0, 88.0),
            ("here.", 0.0, 76.0),
            ("Another one.", 0.0, 40.0),
        ];
        assert_eq!(texts(&parts), ["The first example stands\nhere.", "Another one."]);
    }

    #[test]
    fn gaps_are_spaces_and_wide_ones_part_cells() {
        assert_eq!(texts(&[("two", 0.0, 50.0), ("words", 18.0, 50.0)]), ["two words"]);
        assert_eq!(texts(&[("Tank", 0.0, 50.0), ("650", 90.0, 50.0)]), ["Tank   650"]);
    }

    #[test]
    fn a_sentence_goes_on_in_the_next_column() {
        let parts = [("It begins", 0.0, 60.0), ("and goes", 0.0, 48.0), ("on there.", 200.0, 60.0)];
        assert_eq!(texts(&parts), ["It begins\nand goes\non there."]);
    }

    #[test]
    fn a_turned_page_is_read_along_its_lines() {
        let turned = |text: &str, x: f32, y: f32| {
            let each = text.chars().enumerate().map(move |(at, c)| {
                let start = (x, y + at as f32 * 5.0);
                let end = (x, start.1 + 5.0);
                Glyph { text: c.to_string(), start, end, size: 10.0, is_bold: false }
            });
            each.collect::<Vec<_>>()
        };
        let glyphs = [turned("up the", 10.0, 0.0), turned("page", 22.0, 0.0)].concat();
        let found: Vec<String> = paragraphs(&lines(&glyphs)).into_iter().map(|p| p.text).collect();
        assert_eq!(found, ["up the\npage"]);
    }
}
