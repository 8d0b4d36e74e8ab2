//! Tests of every shipped theme, at every number of colours, and of the folder
//! of themes.

use super::colour::least_contrast;
use super::*;
use ratatui::style::Modifier;

/// What is read as text.
const TEXTS: [Role; 22] = [
    Role::Text,
    Role::Title,
    Role::Question,
    Role::Heading,
    Role::Quote,
    Role::Link,
    Role::Code,
    Role::CodeKeyword,
    Role::CodeString,
    Role::CodeNumber,
    Role::CodeComment,
    Role::CodeFunction,
    Role::CodeType,
    Role::Citation,
    Role::Supported,
    Role::Likely,
    Role::Unsupported,
    Role::Status,
    Role::Key,
    Role::Error,
    Role::Warning,
    Role::Success,
];

/// What may stand back.
const WEAK: [Role; 3] = [Role::Dim, Role::LineNumber, Role::Placeholder];

/// Badges and marked text.
const MARKED: [Role; 7] = [
    Role::Selected,
    Role::Highlight,
    Role::CitationSelected,
    Role::StatusMode,
    Role::TitleFocused,
    Role::Cited,
    Role::Input,
];

const DEPTHS: [Depth; 4] = [Depth::None, Depth::Sixteen, Depth::TwoFiftySix, Depth::True];

fn painted() -> Vec<Theme> {
    let themes = Themes::builtin().themes;
    themes.into_iter().filter(|theme| theme.background.is_some()).collect()
}

/// The contrast of a role where it is drawn on `area`.
fn contrast_on(theme: &Theme, role: Role, area: Role) -> f64 {
    let style = theme.style(Role::Text).patch(theme.style(area)).patch(theme.style(role));
    least_contrast(style.fg.unwrap(), style.bg.unwrap()).unwrap()
}

fn assert_legible(theme: &Theme, depth: Depth, role: Role, area: Role, least: f64) {
    let found = contrast_on(theme, role, area);
    let name = theme.name();
    assert!(found >= least, "{name} at {depth:?}: {role:?} on {area:?} is {found:.2} of {least}");
}

#[test]
fn every_shipped_theme_loads_and_is_listed() {
    let mut stems = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/themes")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let listed = FILES.iter().find(|(name, _)| *name == stem);
        assert_eq!(listed.map(|(_, text)| *text), Some(text.as_str()), "{stem} is not built in");
        // The name must stand in the file, and not only come from it.
        let (theme, problems) = file::parse("nameless", &text);
        assert!(problems.is_empty(), "{stem}: {problems:?}");
        assert_eq!(theme.name(), stem);
        assert!(!theme.about().is_empty() && theme.about().len() < 60, "{stem}");
        stems.push(stem);
    }
    let mut names = Themes::builtin().names();
    assert_eq!(names.first().map(String::as_str), Some(Theme::default().name()));
    names.sort();
    stems.sort();
    assert_eq!(names, stems);
}

#[test]
fn every_shipped_theme_gives_every_role() {
    for (name, text) in FILES {
        for role in Role::ALL {
            let given = format!("\n{} = \"", file::role_name(role));
            assert!(text.contains(&given), "{name} leaves {role:?} out");
        }
    }
}

#[test]
fn roles_find_their_styles() {
    for (index, role) in Role::ALL.into_iter().enumerate() {
        assert_eq!(role as usize, index, "{role:?}");
    }
}

#[test]
fn text_stands_out_from_every_background_it_is_drawn_on() {
    assert_eq!(painted().len(), 5);
    for theme in painted() {
        let text = if theme.name() == "high-contrast" { 7.0 } else { 4.5 };
        for depth in [Depth::True, Depth::TwoFiftySix, Depth::Sixteen] {
            let (theme, text) = (theme.at(depth), if depth == Depth::True { text } else { 3.0 });
            for area in [Role::Text, Role::Popup] {
                for role in TEXTS.into_iter().chain(MARKED) {
                    assert_legible(&theme, depth, role, area, text);
                }
                for role in WEAK {
                    assert_legible(&theme, depth, role, area, 3.0);
                }
            }
            for role in [Role::Key, Role::StatusMode, Role::Error, Role::Warning, Role::Success] {
                assert_legible(&theme, depth, role, Role::Status, text);
            }
            assert_legible(&theme, depth, Role::Dim, Role::Status, 3.0);
            assert_legible(&theme, depth, Role::Match, Role::Selected, text);
            assert_legible(&theme, depth, Role::Selected, Role::Text, 4.5);
        }
    }
}

#[test]
fn what_must_be_told_apart_is_so_without_colours_too() {
    for theme in Themes::builtin().themes {
        for depth in DEPTHS {
            let theme = theme.at(depth);
            let text = theme.style(Role::Text);
            let differ = |one: Role, other: Role| {
                let (first, second) = (theme.style(one), theme.style(other));
                let name = theme.name();
                let same = text.patch(first) == text.patch(second);
                assert!(!same, "{name} at {depth:?}: {one:?} and {other:?} look the same");
            };
            for role in [
                Role::Selected,
                Role::Citation,
                Role::CitationSelected,
                Role::Highlight,
                Role::Cited,
                Role::Match,
            ] {
                differ(role, Role::Text);
            }
            differ(Role::Citation, Role::CitationSelected);
            differ(Role::TitleFocused, Role::Title);
            differ(Role::BorderFocused, Role::Border);
            // A selected source must still show that it is cited, so the look
            // of cited ones is more than what a selected row overwrites.
            let cited = theme.style(Role::Cited).patch(theme.style(Role::Selected));
            assert_ne!(text.patch(cited), text.patch(theme.style(Role::Selected)));
        }
    }
}

#[test]
fn only_colours_that_the_terminal_can_show_are_left() {
    for theme in Themes::builtin().themes {
        for depth in DEPTHS {
            let theme = theme.at(depth);
            for style in theme.styles {
                for colour in [style.fg, style.bg].into_iter().flatten() {
                    let shown = match colour {
                        Color::Rgb(..) => depth == Depth::True,
                        Color::Indexed(_) => depth == Depth::TwoFiftySix,
                        _ => depth != Depth::None,
                    };
                    assert!(shown, "{} at {depth:?}: {colour:?}", theme.name());
                }
            }
        }
    }
}

#[test]
fn the_default_theme_relies_on_no_background() {
    let theme = Theme::default();
    assert_eq!(theme, *Themes::builtin().get("terminal").unwrap());
    for (role, style) in Role::ALL.into_iter().zip(theme.styles) {
        let risky = [Color::Black, Color::Gray, Color::White, Color::DarkGray, Color::LightYellow];
        if style.bg.is_none() {
            assert!(style.fg.is_none_or(|fg| !risky.contains(&fg)), "{role:?}");
        }
    }
    assert_eq!(theme.style(Role::Text).bg, None);
    assert!(theme.style(Role::Selected).has_modifier(Modifier::REVERSED));
}

#[test]
fn a_theme_of_attributes_alone_keeps_them_without_colours() {
    let (theme, problems) = file::parse("mine", "[roles]\nkey = \"italic\"\ntext = \"default\"");
    assert!(problems.is_empty(), "{problems:?}");
    let theme = theme.at(Depth::None);
    assert_eq!(theme.style(Role::Key), Style::new().add_modifier(Modifier::ITALIC));
    assert_eq!(theme.style(Role::Text), Style::new());
}

#[test]
fn a_bad_file_does_not_hide_the_good_ones() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("dark.toml", "name = \"dark\"\nabout = \"mine\"");
    write("first.toml", "name = \"same\"");
    write("second.toml", "name = \"same\"");
    write("bad.toml", "\n[roles]\ntxet = \"red\"");
    fs::write(folder.path().join("bytes.toml"), [0xff, 0xfe]).unwrap();
    write(".swap.toml", "x");
    write("notes.txt", "x");
    fs::create_dir(folder.path().join("folder.toml")).unwrap();

    let (themes, errors) = Themes::load(folder.path());
    assert_eq!(themes.get("dark").unwrap().about(), "mine");
    assert_eq!(themes.names().last().map(String::as_str), Some("same"));
    assert_eq!(themes.names().len(), FILES.len() + 1);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let [bad, bytes, second] = errors.as_slice() else { panic!("{errors:?}") };
    assert!(bad.contains("bad.toml:3: unknown role \"txet\"; did you mean \"text\"?"), "{bad}");
    assert!(bytes.contains("bytes.toml: cannot be read: "), "{bytes}");
    assert!(second.contains("second.toml: ") && second.contains("\"same\""), "{second}");
    assert!(second.contains("first.toml"), "{second}");

    let (themes, errors) = Themes::load(&folder.path().join("missing"));
    assert_eq!((themes.names().len(), errors.len()), (FILES.len(), 0));
}
