//! Which characters the codes of simple fonts and the names of glyphs stand for.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// What the 256 codes of a font are by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// Windows-1252.
    WinAnsi,
    /// Mac OS Roman.
    MacRoman,
    /// Adobe's.
    Standard,
    /// Greek letters and signs.
    Symbol,
    /// Ornaments.
    Dingbats,
}

/// The upper half of Adobe's standard encoding, and what differs in its lower
/// one.
const STANDARD: &[(u8, char)] = &[
    (0x27, '’'),
    (0x60, '‘'),
    (0xA1, '¡'),
    (0xA2, '¢'),
    (0xA3, '£'),
    (0xA4, '⁄'),
    (0xA5, '¥'),
    (0xA6, 'ƒ'),
    (0xA7, '§'),
    (0xA8, '¤'),
    (0xA9, '\''),
    (0xAA, '“'),
    (0xAB, '«'),
    (0xAC, '‹'),
    (0xAD, '›'),
    (0xAE, 'ﬁ'),
    (0xAF, 'ﬂ'),
    (0xB1, '–'),
    (0xB2, '†'),
    (0xB3, '‡'),
    (0xB4, '·'),
    (0xB6, '¶'),
    (0xB7, '•'),
    (0xB8, '‚'),
    (0xB9, '„'),
    (0xBA, '”'),
    (0xBB, '»'),
    (0xBC, '…'),
    (0xBD, '‰'),
    (0xBF, '¿'),
    (0xC1, '`'),
    (0xC2, '´'),
    (0xC3, 'ˆ'),
    (0xC4, '˜'),
    (0xC5, '¯'),
    (0xC6, '˘'),
    (0xC7, '˙'),
    (0xC8, '¨'),
    (0xCA, '˚'),
    (0xCB, '¸'),
    (0xCD, '˝'),
    (0xCE, '˛'),
    (0xCF, 'ˇ'),
    (0xD0, '—'),
    (0xE1, 'Æ'),
    (0xE3, 'ª'),
    (0xE8, 'Ł'),
    (0xE9, 'Ø'),
    (0xEA, 'Œ'),
    (0xEB, 'º'),
    (0xF1, 'æ'),
    (0xF5, 'ı'),
    (0xF8, 'ł'),
    (0xF9, 'ø'),
    (0xFA, 'œ'),
    (0xFB, 'ß'),
];

/// Letters of the Symbol font from `A` and from `a` on.
const SYMBOL: [&str; 2] = ["ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"];

/// Its other codes.
const SYMBOLS: &[(u8, char)] = &[
    (0x22, '∀'),
    (0x24, '∃'),
    (0x2D, '−'),
    (0x40, '≅'),
    (0x5C, '∴'),
    (0x5E, '⊥'),
    (0xA3, '≤'),
    (0xA5, '∞'),
    (0xAB, '↔'),
    (0xAC, '←'),
    (0xAD, '↑'),
    (0xAE, '→'),
    (0xAF, '↓'),
    (0xB0, '°'),
    (0xB1, '±'),
    (0xB3, '≥'),
    (0xB4, '×'),
    (0xB5, '∝'),
    (0xB6, '∂'),
    (0xB7, '•'),
    (0xB8, '÷'),
    (0xB9, '≠'),
    (0xBA, '≡'),
    (0xBB, '≈'),
    (0xBC, '…'),
    (0xC5, '⊕'),
    (0xC4, '⊗'),
    (0xC7, '∩'),
    (0xC8, '∪'),
    (0xCE, '∈'),
    (0xCF, '∉'),
    (0xD1, '∇'),
    (0xD6, '√'),
    (0xD7, '⋅'),
    (0xDE, '⇒'),
    (0xE5, '∑'),
    (0xF2, '∫'),
];

impl Base {
    /// The base encoding of a name in a font's dictionary.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "WinAnsiEncoding" => Some(Self::WinAnsi),
            "MacRomanEncoding" => Some(Self::MacRoman),
            "StandardEncoding" => Some(Self::Standard),
            _ => None,
        }
    }

    /// The character of a code.
    pub(super) fn char(self, code: u8) -> Option<char> {
        let of = |table: &[(u8, char)]| table.iter().find(|(at, _)| *at == code).map(|(_, c)| *c);
        let decoded = |encoding: &'static encoding_rs::Encoding| {
            let bytes = [code];
            let (text, _) = encoding.decode_without_bom_handling(&bytes);
            text.chars().next()
        };
        if code < 0x20 {
            return None;
        }
        match self {
            Self::WinAnsi => decoded(encoding_rs::WINDOWS_1252).filter(|c| !c.is_control()),
            Self::MacRoman => decoded(encoding_rs::MACINTOSH).filter(|c| !c.is_control()),
            Self::Standard => {
                of(STANDARD).or_else(|| (0x20..0x7F).contains(&code).then(|| char::from(code)))
            }
            Self::Symbol => {
                let letter = |start: u8, row: usize| {
                    SYMBOL.get(row)?.chars().nth(usize::from(code.checked_sub(start)?))
                };
                of(SYMBOLS)
                    .or_else(|| if code < b'a' { letter(b'A', 0) } else { letter(b'a', 1) })
                    .or_else(|| (0x20..0x7F).contains(&code).then(|| char::from(code)))
            }
            Self::Dingbats => Some(if code == 0x20 { ' ' } else { '•' }),
        }
    }
}

/// Names of glyphs that aren't a letter with an accent, each with its character;
/// of letters the small ones.
const NAMES: &str = "exclam ! quotedbl \" numbersign # dollar $ percent % ampersand & quotesingle ' \
    parenleft ( parenright ) asterisk * plus + comma , hyphen - period . slash / zero 0 one 1 \
    two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 colon : semicolon ; less < equal = \
    greater > question ? at @ bracketleft [ backslash \\ bracketright ] asciicircum ^ \
    underscore _ grave ` braceleft { bar | braceright } asciitilde ~ quoteleft ‘ quoteright ’ \
    quotedblleft “ quotedblright ” quotesinglbase ‚ quotedblbase „ guillemotleft « \
    guillemotright » guilsinglleft ‹ guilsinglright › endash – emdash — minus − bullet • \
    ellipsis … dagger † daggerdbl ‡ perthousand ‰ fraction ⁄ florin ƒ dotlessi ı dotlessj ȷ \
    ae æ oe œ oslash ø germandbls ß lslash ł eth ð thorn þ dcroat đ hbar ħ exclamdown ¡ \
    questiondown ¿ cent ¢ sterling £ currency ¤ yen ¥ euro € brokenbar ¦ section § dieresis ¨ \
    copyright © ordfeminine ª logicalnot ¬ registered ® macron ¯ degree ° plusminus ± \
    twosuperior ² threesuperior ³ onesuperior ¹ acute ´ mu µ paragraph ¶ periodcentered · \
    middot · cedilla ¸ ordmasculine º onequarter ¼ onehalf ½ threequarters ¾ multiply × divide ÷ \
    circumflex ˆ tilde ˜ breve ˘ dotaccent ˙ ring ˚ hungarumlaut ˝ ogonek ˛ caron ˇ trademark ™ \
    alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ nu ν \
    xi ξ omicron ο pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω sigma1 ς \
    theta1 ϑ phi1 ϕ omega1 ϖ partialdiff ∂ summation ∑ product ∏ radical √ infinity ∞ integral ∫ \
    approxequal ≈ notequal ≠ lessequal ≤ greaterequal ≥ equivalence ≡ proportional ∝ arrowleft ← \
    arrowright → arrowup ↑ arrowdown ↓ arrowboth ↔ arrowdblright ⇒ arrowdblleft ⇐ \
    arrowdblboth ⇔ element ∈ notelement ∉ intersection ∩ union ∪ propersubset ⊂ \
    propersuperset ⊃ reflexsubset ⊆ universal ∀ existential ∃ logicaland ∧ logicalor ∨ \
    emptyset ∅ gradient ∇ nabla ∇ therefore ∴ perpendicular ⊥ circleplus ⊕ circlemultiply ⊗ \
    dotmath ⋅ asteriskmath ∗ similar ∼ congruent ≅ angle ∠ lozenge ◊ check ✓ checkmark ✓ \
    filledbox ■ square □ triangle △ circle ○ blackcircle ● openbullet ◦ heart ♥ zerosuperior ⁰ \
    foursuperior ⁴ nsuperior ⁿ numero № estimated ℮ visiblespace ␣ angbracketleft ⟨ \
    angbracketright ⟩ lessmuch ≪ greatermuch ≫ precedes ≺ follows ≻ bardbl ‖ prime ′ second ″ \
    minute ′ ff ﬀ fi ﬁ fl ﬂ ffi ﬃ ffl ﬄ";

static GLYPHS: LazyLock<HashMap<&'static str, char>> = LazyLock::new(|| {
    let mut words = NAMES.split_whitespace();
    let mut out = HashMap::from([("space", ' '), ("nbspace", ' '), ("softhyphen", '\u{AD}')]);
    while let (Some(name), Some(c)) = (words.next(), words.next().and_then(|c| c.chars().next())) {
        out.insert(name, c);
    }
    out
});

/// Accents at the ends of names, as combining characters.
const ACCENTS: &[(&str, char)] = &[
    ("grave", '\u{300}'),
    ("acute", '\u{301}'),
    ("circumflex", '\u{302}'),
    ("tilde", '\u{303}'),
    ("macron", '\u{304}'),
    ("breve", '\u{306}'),
    ("dotaccent", '\u{307}'),
    ("dot", '\u{307}'),
    ("dieresis", '\u{308}'),
    ("ring", '\u{30A}'),
    ("hungarumlaut", '\u{30B}'),
    ("caron", '\u{30C}'),
    ("commaaccent", '\u{327}'),
    ("cedilla", '\u{327}'),
    ("ogonek", '\u{328}'),
    ("tonos", '\u{301}'),
];

/// The characters that a glyph's name stands for; `None` for a name that only
/// its font knows.
pub(super) fn glyph(name: &str) -> Option<String> {
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    if name.contains('_') && name != "_" {
        return name.split('_').map(glyph).collect();
    }
    if let Some(c) = GLYPHS.get(name) {
        return Some(c.to_string());
    }
    let mut chars = name.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        return Some(only.to_string());
    }
    if let Some(c) = hexadecimal(name) {
        return Some(c.to_string());
    }
    let small = name.to_lowercase();
    if let Some(c) = GLYPHS.get(small.as_str()).filter(|c| c.is_alphabetic()) {
        return Some(c.to_uppercase().collect());
    }
    let (letter, accent) = ACCENTS.iter().find_map(|(ending, accent)| {
        let letter = name.strip_suffix(ending)?;
        (!letter.is_empty()).then_some((letter, *accent))
    })?;
    let base = if letter == "dotlessi" { "i".to_owned() } else { glyph(letter)? };
    Some(base.chars().chain(std::iter::once(accent)).nfc().collect())
}

/// `uni20AC`, `u1F600`.
fn hexadecimal(name: &str) -> Option<char> {
    let digits = match name.strip_prefix("uni") {
        Some(digits) => digits.get(..4)?,
        None => name.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len()))?,
    };
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_glyphs_are_characters() {
        for (name, expected) in [
            ("space", " "),
            ("A", "A"),
            ("comma", ","),
            ("Aacute", "Á"),
            ("zcaron", "ž"),
            ("Scedilla", "Ş"),
            ("oslash", "ø"),
            ("Oslash", "Ø"),
            ("AE", "Æ"),
            ("Omega", "Ω"),
            ("etatonos", "ή"),
            ("fi", "ﬁ"),
            ("f_f_i", "ffi"),
            ("one.oldstyle", "1"),
            ("uni20AC", "€"),
            ("u1F600", "😀"),
            ("backslash", "\\"),
        ] {
            assert_eq!(glyph(name).as_deref(), Some(expected), "{name}");
        }
        for name in ["", "g12", ".notdef", "uniXYZW", "hugeacutes"] {
            assert_eq!(glyph(name), None, "{name}");
        }
    }

    #[test]
    fn codes_of_base_encodings_are_characters() {
        let of = |base: Base, code| base.char(code);
        assert_eq!(of(Base::WinAnsi, 0x80), Some('€'));
        assert_eq!(of(Base::MacRoman, 0x8A), Some('ä'));
        assert_eq!(of(Base::Standard, 0xFB), Some('ß'));
        assert_eq!(of(Base::Standard, 0x27), Some('’'));
        assert_eq!(of(Base::Symbol, b'a'), Some('α'));
        assert_eq!(of(Base::Symbol, b'W'), Some('Ω'));
        assert_eq!(of(Base::WinAnsi, 3), None);
    }
}
