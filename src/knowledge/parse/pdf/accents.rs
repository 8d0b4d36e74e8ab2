//! Letters whose accent was drawn above them, as old fonts do.

use super::content::Glyph;
use unicode_normalization::UnicodeNormalization;

/// Accents that stand alone, and as combining characters.
const ACCENTS: &[(&str, char)] = &[
    ("¨", '\u{308}'),
    ("´", '\u{301}'),
    ("`", '\u{300}'),
    ("ˆ", '\u{302}'),
    ("˜", '\u{303}'),
    ("ˇ", '\u{30C}'),
    ("˚", '\u{30A}'),
    ("¯", '\u{304}'),
    ("˘", '\u{306}'),
    ("˙", '\u{307}'),
];

/// Letters whose accent was drawn above them, as old fonts do, become one.
pub(super) fn accented(glyphs: &[Glyph]) -> Vec<Glyph> {
    let mut out: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    let mut accent: Option<(Glyph, char)> = None;
    for glyph in glyphs {
        if let Some((mark, combining)) = accent.take() {
            let is_over = (mark.start.0 - glyph.start.0).abs() < 0.35 * glyph.size
                && (mark.start.1 - glyph.start.1).abs() < 0.5 * glyph.size;
            let base = glyph.text.replace('ı', "i");
            if is_over && base.chars().all(char::is_alphabetic) && !base.is_empty() {
                let text = base.chars().chain(std::iter::once(combining)).nfc().collect();
                out.push(Glyph { text, ..glyph.clone() });
                continue;
            }
            out.push(mark);
        }
        match ACCENTS.iter().find(|(text, _)| *text == glyph.text) {
            Some((_, combining)) => accent = Some((glyph.clone(), *combining)),
            None => out.push(glyph.clone()),
        }
    }
    out.extend(accent.map(|(mark, _)| mark));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Glyphs with the places that they begin at.
    fn read(glyphs: &[(&str, f32)]) -> String {
        let of = |(text, x): &(&str, f32)| Glyph {
            text: (*text).to_owned(),
            start: (*x, 50.0),
            end: (x + 5.0, 50.0),
            size: 10.0,
            is_bold: false,
        };
        let glyphs: Vec<Glyph> = glyphs.iter().map(of).collect();
        accented(&glyphs).into_iter().map(|glyph| glyph.text).collect()
    }

    #[test]
    fn an_accent_that_is_drawn_over_a_letter_is_its_own() {
        assert_eq!(read(&[("B", 0.0), ("¨", 5.0), ("a", 5.5), ("r", 10.0)]), "Bär");
        assert_eq!(read(&[("a", 0.0), ("´", 5.0), ("b", 10.0), ("´", 15.0)]), "a´b´");
    }
}
