//! Colours: how they are written, how well they stand out from each other, and
//! how near they are to the eye.

use ratatui::style::Color;

/// Red, green and blue.
pub(super) type Rgb = (u8, u8, u8);

/// The contrast of two colours by WCAG 2.1, from 1 for equal ones to 21 for
/// black and white. Their order doesn't matter. Text wants at least 4.5.
#[must_use]
pub fn contrast(foreground: (u8, u8, u8), background: (u8, u8, u8)) -> f64 {
    ratio(luminance(foreground), luminance(background))
}

/// The contrast of two colours of a terminal, the worse of two usual palettes
/// where they are among its own 16; `None` where one is the terminal's default.
pub(super) fn least_contrast(foreground: Color, background: Color) -> Option<f64> {
    Some(least_ratio(luminances(foreground)?, luminances(background)?))
}

/// The luminance of a colour in both palettes of [`looks`].
pub(super) fn luminances(colour: Color) -> Option<[f64; 2]> {
    looks(colour).map(|looks| looks.map(luminance))
}

/// The worse contrast of two colours by their luminances.
pub(super) fn least_ratio([one, two]: [f64; 2], [below_one, below_two]: [f64; 2]) -> f64 {
    ratio(one, below_one).min(ratio(two, below_two))
}

/// The terminal's own colours, as theme files name them.
pub(super) const NAMED: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright_black", Color::DarkGray),
    ("bright_red", Color::LightRed),
    ("bright_green", Color::LightGreen),
    ("bright_yellow", Color::LightYellow),
    ("bright_blue", Color::LightBlue),
    ("bright_magenta", Color::LightMagenta),
    ("bright_cyan", Color::LightCyan),
    ("bright_white", Color::White),
];

/// The terminal's own colour of this name.
pub(super) fn named(name: &str) -> Option<Color> {
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, colour)| *colour)
}

/// The terminal's own colours.
pub(super) fn named_colours() -> impl Iterator<Item = Color> {
    NAMED.iter().map(|(_, colour)| *colour)
}

/// Reads `#rrggbb` or `#rgb`.
pub(super) fn hex(text: &str) -> Option<Color> {
    let digits: Option<Vec<u8>> = text
        .strip_prefix('#')?
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    match digits?.as_slice() {
        [r, g, b] => Some(Color::Rgb(r * 17, g * 17, b * 17)),
        [r, s, g, h, b, c] => Some(Color::Rgb(r * 16 + s, g * 16 + h, b * 16 + c)),
        _ => None,
    }
}

/// What a colour looks like in the palettes of xterm and of the Linux console,
/// between which most others lie; `None` for the terminal's default.
pub(super) fn looks(colour: Color) -> Option<[Rgb; 2]> {
    let own = |index: usize| Some([*XTERM.get(index)?, *CONSOLE.get(index)?]);
    match colour {
        Color::Reset => None,
        Color::Rgb(red, green, blue) => Some([(red, green, blue); 2]),
        Color::Indexed(index @ 16..) => Some([indexed(index); 2]),
        Color::Indexed(index) => own(usize::from(index)),
        _ => own(NAMED.iter().position(|(_, named)| *named == colour)?),
    }
}

/// A place in OKLab, a space in which distances are those the eye sees:
/// lightness from 0 to 1, green to red, blue to yellow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lab {
    lightness: f64,
    a: f64,
    b: f64,
}

impl Lab {
    /// Where a colour lies.
    pub(super) fn of((red, green, blue): Rgb) -> Self {
        let [red, green, blue] = [red, green, blue].map(linear);
        let long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue).cbrt();
        let medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue).cbrt();
        let short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue).cbrt();
        Self {
            lightness: 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
            a: 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
            b: 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
        }
    }

    /// How far it is from grey.
    pub(super) fn chroma(self) -> f64 {
        self.a.hypot(self.b)
    }

    /// The distance that the eye sees, squared.
    pub(super) fn distance(self, other: Self) -> f64 {
        square(self.lightness - other.lightness)
            + square(self.a - other.a)
            + square(self.b - other.b)
    }

    /// A distance for palettes of a few strong colours: the hue counts, however
    /// pale a colour is, so that a pastel blue goes to blue and not to grey.
    pub(super) fn distance_by_hue(self, other: Self) -> f64 {
        let ([a, b], [other_a, other_b]) = (self.hue(), other.hue());
        square(0.8 * (self.lightness - other.lightness)) + square(a - other_a) + square(b - other_b)
    }

    /// The direction of the hue; no longer than nothing for what passes as
    /// grey, and of length 1 for what doesn't at all.
    fn hue(self) -> [f64; 2] {
        let chroma = self.chroma();
        if chroma <= GREY {
            return [0.0, 0.0];
        }
        let length = ((chroma - GREY) / 0.05).min(1.0);
        [self.a / chroma * length, self.b / chroma * length]
    }
}

/// The chroma below which a colour passes as grey.
const GREY: f64 = 0.03;

const XTERM: [Rgb; 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

const CONSOLE: [Rgb; 16] = [
    (0, 0, 0),
    (170, 0, 0),
    (0, 170, 0),
    (170, 85, 0),
    (0, 0, 170),
    (170, 0, 170),
    (0, 170, 170),
    (170, 170, 170),
    (85, 85, 85),
    (255, 85, 85),
    (85, 255, 85),
    (255, 255, 85),
    (85, 85, 255),
    (255, 85, 255),
    (85, 255, 255),
    (255, 255, 255),
];

/// A colour of xterm's cube or of its greys; `index` is 16 or more.
fn indexed(index: u8) -> Rgb {
    if let Some(grey) = index.checked_sub(232) {
        let level = 8 + 10 * grey;
        return (level, level, level);
    }
    let place = index.saturating_sub(16);
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    (level(place / 36), level(place / 6 % 6), level(place % 6))
}

fn ratio(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance((red, green, blue): Rgb) -> f64 {
    let [red, green, blue] = [red, green, blue].map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn linear(channel: u8) -> f64 {
    let channel = f64::from(channel) / 255.0;
    if channel <= 0.03928 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

fn square(value: f64) -> f64 {
    value * value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 0.01, "{found}");
        near(contrast((0, 0, 0), (255, 255, 255)), 21.0);
        near(contrast((255, 255, 255), (0, 0, 0)), 21.0);
        near(contrast((90, 90, 90), (90, 90, 90)), 1.0);
        // The grey that just passes for text on white.
        near(contrast((0x76, 0x76, 0x76), (255, 255, 255)), 4.54);
        near(contrast((255, 0, 0), (255, 255, 255)), 4.0);
    }

    #[test]
    fn the_worse_palette_counts_and_the_default_is_unknown() {
        let blue = least_contrast(Color::Blue, Color::Black).unwrap();
        assert!((blue - contrast((0, 0, 170), (0, 0, 0))).abs() < 1e-9);
        assert_eq!(least_contrast(Color::Reset, Color::Black), None);
        assert_eq!(least_contrast(Color::Red, Color::Reset), None);
        assert_eq!(looks(Color::Indexed(1)), looks(Color::Red));
    }

    #[test]
    fn hex_has_three_or_six_digits() {
        assert_eq!(hex("#1a2B3c"), Some(Color::Rgb(0x1a, 0x2b, 0x3c)));
        assert_eq!(hex("#f0a"), Some(Color::Rgb(0xff, 0x00, 0xaa)));
        for bad in ["1a2b3c", "#", "#12", "#1234", "#12345", "#1234567", "#12345g", "#é12345"] {
            assert_eq!(hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn indexed_colours_are_those_of_xterm() {
        assert_eq!(indexed(16), (0, 0, 0));
        assert_eq!(indexed(67), (95, 135, 175));
        assert_eq!(indexed(231), (255, 255, 255));
        assert_eq!(indexed(232), (8, 8, 8));
        assert_eq!(indexed(255), (238, 238, 238));
    }

    #[test]
    fn oklab_has_grey_without_chroma_and_tells_pale_hues_from_grey() {
        let white = Lab::of((255, 255, 255));
        assert!((white.lightness - 1.0).abs() < 1e-3 && white.chroma() < 1e-3);
        let (pale_blue, blue) = (Lab::of((0x7c, 0xc0, 0xf5)), Lab::of((92, 92, 255)));
        let grey = Lab::of((190, 190, 190));
        assert!(pale_blue.distance(grey) < pale_blue.distance(blue));
        assert!(pale_blue.distance_by_hue(blue) < pale_blue.distance_by_hue(grey));
    }
}
