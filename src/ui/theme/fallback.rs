//! Brings a theme down to what the terminal can show: the nearest colours that
//! stay as legible as they were, as far as the palette allows.

use super::colour::{Lab, contrast, least_contrast, least_ratio, looks, luminances, named_colours};
use super::{ROLES, Role, Theme};
use ratatui::style::{Color, Modifier, Style};

/// The roles that are told by their background: it must not fall together with
/// that of the screen.
const MARKED: [Role; 4] =
    [Role::Selected, Role::CitationSelected, Role::Highlight, Role::StatusMode];

/// Below this distance a background is a panel, such as that of popups. Among
/// 16 colours none lies that near, and it takes the background of the screen.
const PANEL: f64 = 0.2;

/// The styles of a theme in one of the two palettes.
pub(super) fn reduce(theme: &Theme, palette: &Palette) -> [Style; ROLES] {
    let before = Ground { background: theme.background, text: theme.style(Role::Text).fg };
    let background = before.background.map(|colour| palette.ground(colour));
    let text = before.text.map(|colour| palette.front(colour, (before.background, background)));
    let after = Ground { background, text };
    let mut styles = theme.styles;
    for (role, style) in Role::ALL.into_iter().zip(&mut styles) {
        *style = reduce_style(role, *style, (before, after), palette);
    }
    styles
}

/// What a role without colours of its own shows.
#[derive(Clone, Copy)]
struct Ground {
    background: Option<Color>,
    text: Option<Color>,
}

fn reduce_style(
    role: Role,
    style: Style,
    (before, after): (Ground, Ground),
    palette: &Palette,
) -> Style {
    let bg = style.bg.map(|colour| {
        let screen = before.background.zip(after.background);
        palette.behind(colour, screen, MARKED.contains(&role))
    });
    let behind = (style.bg.or(before.background), bg.or(after.background));
    let fg = style.fg.or(before.text).map(|colour| palette.front(colour, behind));
    // Text that takes its colour from around goes on doing so, unless it
    // couldn't be read on the new background.
    let own = style.fg.is_some() || (bg.is_some() && fg != after.text);
    let mut reduced = Style { fg: if own { fg } else { None }, bg, ..style };
    if palette.is_small && style.bg.is_none() && fg == after.text && weaker(style.fg, before) {
        reduced = reduced.add_modifier(Modifier::DIM);
    }
    reduced
}

/// Whether a colour is a grey that stands out clearly less than text does.
/// Where both become the same colour, the attribute tells them apart.
fn weaker(colour: Option<Color>, ground: Ground) -> bool {
    let (Some(colour @ Color::Rgb(..)), Some(text), Some(background)) =
        (colour, ground.text, ground.background)
    else {
        return false;
    };
    let grey = looks(colour).is_some_and(|[look, _]| Lab::of(look).chroma() < 0.05);
    let ratio = least_contrast(colour, background)
        .zip(least_contrast(text, background))
        .map(|(own, of_text)| own / of_text);
    grey && ratio.is_some_and(|ratio| ratio < 0.6)
}

/// The colours of a terminal.
pub(super) struct Palette {
    shades: Vec<Shade>,
    is_small: bool,
}

struct Shade {
    colour: Color,
    place: Lab,
    luminances: [f64; 2],
    /// Whether it serves as a background. Bright ones may not: bright black is
    /// nearly black in some palettes, and consoles show them as plain ones.
    is_ground: bool,
}

impl Palette {
    /// The terminal's own 16 colours.
    pub(super) fn sixteen() -> Self {
        let shade = |colour: Color| {
            let [look, _] = looks(colour)?;
            let bright = matches!(
                colour,
                Color::DarkGray
                    | Color::LightRed
                    | Color::LightGreen
                    | Color::LightYellow
                    | Color::LightBlue
                    | Color::LightMagenta
                    | Color::LightCyan
            );
            let luminances = luminances(colour)?;
            Some(Shade { colour, place: Lab::of(look), luminances, is_ground: !bright })
        };
        Self { shades: named_colours().filter_map(shade).collect(), is_small: true }
    }

    /// The cube and the greys of xterm; the first 16 are left out, since every
    /// terminal has its own.
    pub(super) fn two_fifty_six() -> Self {
        let shade = |index: u8| {
            let colour = Color::Indexed(index);
            let [look, _] = looks(colour)?;
            let luminances = luminances(colour)?;
            Some(Shade { colour, place: Lab::of(look), luminances, is_ground: true })
        };
        Self { shades: (16..=255).filter_map(shade).collect(), is_small: false }
    }

    /// The background of the screen.
    fn ground(&self, colour: Color) -> Color {
        match self.foreign(colour) {
            None => colour,
            Some((look, _)) if self.is_small => {
                let dark = contrast(look, (255, 255, 255)) >= contrast(look, (0, 0, 0));
                if dark { Color::Black } else { Color::White }
            }
            Some((_, place)) => self.nearest(place, |_| true).unwrap_or(colour),
        }
    }

    /// The background of a role on `screen`, the background of the screen
    /// before and after.
    fn behind(&self, colour: Color, screen: Option<(Color, Color)>, marked: bool) -> Color {
        let Some((_, place)) = self.foreign(colour) else { return colour };
        let after = screen.map(|(_, after)| after);
        if let Some((before, after)) = screen {
            let panel = self.is_small
                && !marked
                && looks(before)
                    .is_some_and(|[look, _]| place.distance(Lab::of(look)) < PANEL * PANEL);
            if colour == before || panel {
                return after;
            }
        }
        self.nearest(place, |shade| shade.is_ground && !(marked && Some(shade.colour) == after))
            .unwrap_or(colour)
    }

    /// The colour of text on `behind`, its background before and after.
    fn front(&self, colour: Color, behind: (Option<Color>, Option<Color>)) -> Color {
        let Some((_, place)) = self.foreign(colour) else { return colour };
        let (Some(before), Some(after)) = (behind.0, behind.1.and_then(luminances)) else {
            return self.nearest(place, |_| true).unwrap_or(colour);
        };
        // Few of the 16 have more contrast, and hues would be lost for it.
        let enough = if self.is_small { 4.0 } else { 7.0 };
        let wanted = least_contrast(colour, before).map_or(enough, |found| found.min(enough));
        let stands_out = |shade: &Shade| least_ratio(shade.luminances, after);
        self.nearest(place, |shade| stands_out(shade) >= wanted)
            .or_else(|| {
                let best =
                    |one: &&Shade, other: &&Shade| stands_out(one).total_cmp(&stands_out(other));
                self.shades.iter().max_by(best).map(|shade| shade.colour)
            })
            .unwrap_or(colour)
    }

    /// Look and place of a colour that isn't among those of this palette.
    fn foreign(&self, colour: Color) -> Option<((u8, u8, u8), Lab)> {
        match colour {
            Color::Rgb(..) => {}
            Color::Indexed(_) if self.is_small => {}
            _ => return None,
        }
        looks(colour).map(|[look, _]| (look, Lab::of(look)))
    }

    fn nearest(&self, place: Lab, fits: impl Fn(&Shade) -> bool) -> Option<Color> {
        let distance = |shade: &Shade| {
            if self.is_small {
                place.distance_by_hue(shade.place)
            } else {
                place.distance(shade.place)
            }
        };
        self.shades
            .iter()
            .filter(|shade| fits(shade))
            .min_by(|one, other| distance(one).total_cmp(&distance(other)))
            .map(|shade| shade.colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: Color = Color::Rgb(0x15, 0x18, 0x1e);
    const PAPER: Color = Color::Rgb(0xfb, 0xfb, 0xf9);

    #[test]
    fn colours_of_the_palette_stay() {
        let (small, large) = (Palette::sixteen(), Palette::two_fifty_six());
        assert_eq!(small.front(Color::Red, (Some(NIGHT), Some(Color::Black))), Color::Red);
        assert_eq!(small.front(Color::Reset, (None, None)), Color::Reset);
        assert_eq!(large.front(Color::Indexed(99), (None, None)), Color::Indexed(99));
        assert_eq!(large.front(Color::Rgb(95, 135, 175), (None, None)), Color::Indexed(67));
        assert_eq!(small.shades.len(), 16);
        assert_eq!(large.shades.len(), 240);
    }

    #[test]
    fn hues_are_kept_and_text_never_falls_together_with_its_background() {
        let small = Palette::sixteen();
        let (dark, light) = ((Some(NIGHT), Some(Color::Black)), (Some(PAPER), Some(Color::White)));
        assert_eq!(small.ground(NIGHT), Color::Black);
        assert_eq!(small.ground(PAPER), Color::White);
        assert_eq!(small.front(Color::Rgb(0x7c, 0xc0, 0xf5), dark), Color::LightBlue);
        assert_eq!(small.front(Color::Rgb(0xf0, 0x8d, 0x86), dark), Color::LightRed);
        assert_eq!(small.front(Color::Rgb(0x0b, 0x5b, 0xbd), light), Color::Blue);
        for grey in 0..=255 {
            let grey = Color::Rgb(grey, grey, grey);
            for (before, after) in [(NIGHT, Color::Black), (PAPER, Color::White)] {
                let wanted = least_contrast(grey, before).unwrap().min(4.0);
                let found = small.front(grey, (Some(before), Some(after)));
                assert!(least_contrast(found, after).unwrap() >= wanted, "{grey:?} on {before:?}");
            }
        }
    }

    #[test]
    fn panels_take_the_background_and_marked_rows_do_not() {
        let small = Palette::sixteen();
        let screen = Some((NIGHT, Color::Black));
        let panel = Color::Rgb(0x1e, 0x23, 0x2c);
        assert_eq!(small.behind(panel, screen, false), Color::Black);
        assert_ne!(small.behind(panel, screen, true), Color::Black);
        assert_eq!(small.behind(Color::Rgb(0x2b, 0x3d, 0x5c), screen, true), Color::Blue);
        let large = Palette::two_fifty_six();
        let ground = large.ground(NIGHT);
        assert_ne!(large.behind(panel, Some((NIGHT, ground)), true), ground);
    }
}
