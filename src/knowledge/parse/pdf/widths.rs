//! Widths of the fonts that every reader has, so that files may leave them out.

use std::collections::HashMap;

/// Helvetica from the space on, in thousandths of the size.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Times from the space on.
const TIMES: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611,
    556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722,
    722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500,
    278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];

/// The widths of a font that brings none, by its name in lower case and what its
/// codes stand for. Bold and slanted ones differ little.
pub(super) fn standard(name: &str, codes: &[Option<String>]) -> HashMap<u32, f32> {
    if name.contains("courier") || name.contains("mono") {
        return (0..256).map(|code| (code, 600.0)).collect();
    }
    let table = if name.contains("times") || name.contains("roman") { TIMES } else { HELVETICA };
    let width = |text: &str| {
        let c = text.chars().next()?;
        let at = usize::try_from(u32::from(plain(c)).checked_sub(32)?).ok()?;
        table.get(at).map(|width| f32::from(*width))
    };
    let of = |text: &Option<String>| text.as_deref().and_then(width).unwrap_or(556.0);
    (0..).zip(codes.iter().map(of)).collect()
}

/// A letter without its accent, and the signs that are as wide as another.
fn plain(c: char) -> char {
    use unicode_normalization::UnicodeNormalization;
    match c {
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '–' => '0',
        '—' => '@',
        _ => std::iter::once(c).nfd().next().unwrap_or(c),
    }
}
