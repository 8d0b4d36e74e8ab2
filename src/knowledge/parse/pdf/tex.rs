//! Fonts of TeX that don't say what their codes stand for.

/// Codes of TeX's fonts that differ from others.
pub(super) const TEX: &[(usize, &str)] = &[
    (0x0B, "ff"),
    (0x0C, "fi"),
    (0x0D, "fl"),
    (0x0E, "ffi"),
    (0x0F, "ffl"),
    (0x10, "ı"),
    (0x12, "`"),
    (0x13, "´"),
    (0x14, "ˇ"),
    (0x15, "˘"),
    (0x16, "¯"),
    (0x17, "˚"),
    (0x19, "ß"),
    (0x1A, "æ"),
    (0x1B, "œ"),
    (0x1C, "ø"),
    (0x22, "”"),
    (0x5C, "“"),
    (0x5F, "˙"),
    (0x7B, "–"),
    (0x7C, "—"),
    (0x7E, "˜"),
    (0x7F, "¨"),
];

/// Whether a font, by its name in lower case, is one of TeX's for text.
pub(super) fn is_tex(name: &str) -> bool {
    let name = name.split_once('+').map_or(name, |(_, name)| name);
    ["cmr", "cmb", "cmti", "cmss", "cmsl", "cmcsc"].iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::is_tex;

    #[test]
    fn fonts_are_known_by_their_names() {
        assert!(is_tex("abcdef+cmr10") && is_tex("cmbx12"));
        assert!(!is_tex("abcdef+cmmi10") && !is_tex("helvetica"));
    }
}
