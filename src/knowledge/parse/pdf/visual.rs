//! Text of scripts that are written from right to left: a page shows its
//! letters where they stand, which may be the reverse of how they are read.

use unicode_normalization::UnicodeNormalization;

/// Whether a character is written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF | 0x10800..=0x10FFF)
}

/// The text of a line as it is read, from its glyphs, each with its place.
/// Forms of letters that only printing needs become the letters.
pub(super) fn logical(glyphs: &[(String, f32)]) -> String {
    let strong = glyphs.iter().filter(|(text, _)| text.chars().any(char::is_alphabetic));
    let (mut right, mut all) = (0usize, 0usize);
    for (text, _) in strong {
        right += usize::from(text.chars().any(is_right_to_left));
        all += 1;
    }
    if right == 0 {
        return glyphs.iter().map(|(text, _)| plain(text)).collect();
    }
    let ascends =
        glyphs.windows(2).filter(|pair| matches!(pair, [(_, a), (_, b)] if b > a)).count();
    // Letters that were placed from right to left come as they are read.
    if ascends * 2 < glyphs.len() {
        return glyphs.iter().map(|(text, _)| plain(text)).collect();
    }
    let is_whole = right * 2 >= all;
    let mut out: Vec<String> = Vec::new();
    let mut run: Vec<String> = Vec::new();
    // The line is turned round, and what is read from left to right turned back;
    // in a line of another script only the parts are turned.
    let turns = |text: &str, next: bool| {
        let c = text.chars().next().unwrap_or(' ');
        let is_other = c.is_alphanumeric() && !is_right_to_left(c);
        if is_whole { is_other || next && !is_right_to_left(c) } else { is_right_to_left(c) }
    };
    let ordered: Vec<&String> = if is_whole {
        glyphs.iter().rev().map(|(text, _)| text).collect()
    } else {
        glyphs.iter().map(|(text, _)| text).collect()
    };
    for (at, text) in ordered.iter().enumerate() {
        // A mark or a space between two parts goes with them.
        let between = !run.is_empty()
            && text.chars().all(|c| !c.is_alphanumeric())
            && ordered
                .get(at + 1..)
                .unwrap_or_default()
                .iter()
                .take(2)
                .any(|next| turns(next, false));
        if turns(text, false) || between {
            run.push(plain(text));
        } else {
            out.extend(run.drain(..).rev());
            out.push(plain(text));
        }
    }
    out.extend(run.into_iter().rev());
    out.concat()
}

/// Ligatures and forms of letters as the letters that they are.
fn plain(text: &str) -> String {
    let is_form = |c: char| matches!(u32::from(c), 0xFB00..=0xFDFB | 0xFE70..=0xFEFC | 0x2126);
    if text.chars().any(is_form) {
        text.chars()
            .flat_map(|c| {
                let whole: Vec<char> =
                    if is_form(c) { std::iter::once(c).nfkc().collect() } else { vec![c] };
                whole
            })
            .collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(text: &str, step: f32) -> Vec<(String, f32)> {
        text.chars().enumerate().map(|(at, c)| (c.to_string(), at as f32 * step)).collect()
    }

    #[test]
    fn text_from_right_to_left_is_read_from_the_right() {
        assert_eq!(logical(&placed("םולש", 5.0)), "שלום");
        assert_eq!(logical(&placed("שלום", -5.0)), "שלום");
        assert_eq!(logical(&placed("12 םולש", 5.0)), "שלום 12");
        assert_eq!(logical(&placed("plain", 5.0)), "plain");
    }

    #[test]
    fn ligatures_become_letters() {
        assert_eq!(logical(&[("ﬁ".into(), 0.0), ("t".into(), 5.0)]), "fit");
        assert_eq!(logical(&[("ﷲ".into(), 0.0)]), "الله");
    }
}
