//! Folding: a word in lower case, without accents, with one spelling.

use unicode_normalization::UnicodeNormalization;

/// Longest term, in bytes; a longer one is known by its start and its hash.
const LONGEST: usize = 160;

/// A word in lower case and without accents. Ligatures and wide forms become
/// plain letters, ß becomes ss.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return shortened(word.to_ascii_lowercase());
    }
    let mut out = String::with_capacity(word.len());
    for c in word.nfkd().flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'þ' => out.push_str("th"),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            c if is_accent(c) || is_invisible(c) || c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    // Hangul syllables and voiced kana come together again.
    shortened(out.nfc().collect())
}

/// The spelling with ae, oe and ue for a word that has umlauts (or aa for å).
pub(super) fn spelled_out(word: &str) -> Option<String> {
    let mut found = false;
    let mut out = String::with_capacity(word.len() + 2);
    for c in word.nfc() {
        let long = match c {
            'ä' | 'Ä' => "ae",
            'ö' | 'Ö' | 'ø' | 'Ø' => "oe",
            'ü' | 'Ü' => "ue",
            'å' | 'Å' => "aa",
            _ => {
                out.push(c);
                continue;
            }
        };
        found = true;
        out.push_str(long);
    }
    found.then(|| fold(&out))
}

/// A word in lower case with its accents, as stemmers want it.
pub(super) fn lower(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect()
}

/// Marks above and below letters, and the vowel points of Hebrew and Arabic.
/// The vowel signs of Indic and other scripts are letters of their own.
fn is_accent(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F | 0x0591..=0x05C7 | 0x0640 | 0x064B..=0x0652 | 0x0670
        | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF)
}

/// Soft hyphens and joiners, which nobody sees.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

fn shortened(word: String) -> String {
    if word.len() <= LONGEST {
        return word;
    }
    let hash = blake3::hash(word.as_bytes()).to_hex();
    let start = word.get(..word.floor_char_boundary(32)).unwrap_or_default();
    format!("{start}{}", hash.get(..32).unwrap_or_default())
}
