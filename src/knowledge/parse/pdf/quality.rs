//! Whether what was read of a page is text: scanned pages have none, and fonts
//! without a map to Unicode give noise, which would be found and cited.

/// Why a page gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is a picture.
    Picture,
    /// Its fonts don't say what their glyphs are.
    Noise,
}

/// Looks at the text of a page.
pub(super) fn check(text: &str, has_image: bool) -> Result<(), Unread> {
    let (mut all, mut bad, mut letters) = (0usize, 0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        all += 1;
        let is_private = matches!(u32::from(c), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF);
        bad += usize::from(c == '\u{FFFD}' || c.is_control() || is_private);
        letters += usize::from(c.is_alphabetic());
    }
    if all == 0 || has_image && letters < 3 {
        return if has_image { Err(Unread::Picture) } else { Ok(()) };
    }
    if bad * 5 > all && bad > 4 {
        return Err(Unread::Noise);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let spaced = text.chars().filter(|c| c.is_alphabetic() && u32::from(*c) < 0xE00).count();
    // Letters set one by one, or no space at all on a whole page.
    let is_torn = words.len() > 60 && spaced * 10 < words.len() * 13 && letters * 10 > all * 9;
    let is_glued = spaced > 400 && words.len() * 40 < spaced;
    if is_torn || is_glued { Err(Unread::Noise) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_passes_and_noise_does_not() {
        assert_eq!(check("The pump starts at 6 °C and stops at 9 °C.", false), Ok(()));
        assert_eq!(check("東京の図書館は午前九時に開きます。".repeat(30).as_str(), true), Ok(()));
        assert_eq!(check("1 2 3 · 4.5 6.7 8.9", false), Ok(()));
        assert_eq!(check("", false), Ok(()));
        assert_eq!(check("", true), Err(Unread::Picture));
        assert_eq!(check("7", true), Err(Unread::Picture));
        assert_eq!(check(&"\u{FFFD}\u{FFFD}a ".repeat(30), false), Err(Unread::Noise));
        assert_eq!(check(&"\u{E012}\u{E013}x ".repeat(30), false), Err(Unread::Noise));
        assert_eq!(check(&"a b c d e f g ".repeat(20), false), Err(Unread::Noise));
        assert_eq!(check(&"abcdefghij".repeat(60), false), Err(Unread::Noise));
    }
}
