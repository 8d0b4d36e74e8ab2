//! Tests of the format of theme files and of what is said about mistakes.

use super::*;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

fn theme(text: &str) -> Theme {
    let (theme, problems) = parse("mine", text);
    assert!(problems.is_empty(), "{problems:?}");
    theme
}

/// Line and message of the only problem of a file.
fn problem(text: &str) -> (usize, String) {
    let (_, mut problems) = parse("mine", text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = problems.remove(0);
    (problem.line, problem.message)
}

fn assert_says(text: &str, line: usize, parts: &[&str]) {
    let (found, message) = problem(text);
    assert_eq!(found, line, "{message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[test]
fn names_of_roles_are_those_of_serde() {
    for role in Role::ALL {
        let name = role_name(role);
        let read: Result<Role, Error> = Role::deserialize(name.as_str().into_deserializer());
        assert_eq!(read, Ok(role));
    }
    assert_eq!(role_name(Role::CodeKeyword), "code_keyword");
}

#[test]
fn a_look_is_words_in_any_order() {
    let theme = theme(
        r##"
        about = "for a test"
        background = "night"
        [colours]
        night = "#101010"
        red = "#ff8080"
        [roles]
        text = "#fff"
        citation = "on blue bold red underline"
        selected = "reversed default on default"
        key = ""
        "##,
    );
    assert_eq!((theme.name(), theme.about()), ("mine", "for a test"));
    let citation = Style::new()
        .fg(Color::Rgb(255, 128, 128))
        .bg(Color::Blue)
        .add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    assert_eq!(theme.style(Role::Citation), citation);
    let selected = Style::new().fg(Color::Reset).bg(Color::Reset).add_modifier(Modifier::REVERSED);
    assert_eq!(theme.style(Role::Selected), selected);
    assert_eq!(theme.style(Role::Key), Style::new());
    let screen = Style::new().fg(Color::Rgb(255, 255, 255)).bg(Color::Rgb(16, 16, 16));
    assert_eq!(theme.style(Role::Text), screen);
    assert_eq!(theme.style(Role::Popup), screen);
    // What inherits from the text doesn't paint the screen's background.
    assert_eq!(theme.style(Role::Dim), Style::new().fg(Color::Rgb(255, 255, 255)));
    assert_eq!(theme.style(Role::Cited), citation);
}

#[test]
fn the_comments_of_the_default_theme_tell_what_a_role_left_out_looks_like() {
    let text = include_str!("../../../themes/terminal.toml");
    let (_, roles) = text.split_once("[roles]\n").unwrap();
    let nothing = theme("");
    let mut lines = roles.lines();
    for role in Role::ALL {
        let name = role_name(role);
        let line = lines.next().unwrap();
        assert!(line.starts_with(&format!("{name} = \"")), "{line} is not {name}");
        let comment = line.split_once("# ").unwrap().1;
        if let Some(parent) = comment.strip_prefix('(') {
            let parent = parent.split_once(')').unwrap().0;
            let theme = theme(&format!("[roles]\n{parent} = \"bright_cyan\""));
            assert_eq!(theme.style(role), Style::new().fg(Color::LightCyan), "{name}");
        } else if let Some(look) = comment.strip_prefix('"') {
            let look = look.split_once('"').unwrap().0;
            let theme = theme(&format!("[roles]\nkey = \"{look}\""));
            assert_eq!(nothing.style(role), theme.style(Role::Key), "{name}");
        } else {
            assert_eq!(role, Role::Text);
        }
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn mistakes_have_their_line_and_say_what_is_accepted() {
    assert_says("\n[roles]\ncitaton = \"bold\"", 3, &["\"citaton\"", "did you mean \"citation\"?"]);
    assert_says("[roles]\nzzzz = \"bold\"", 2, &["the roles are text, dim", "popup"]);
    assert_says("[colors]\na = \"#fff\"", 1, &["unknown key \"colors\"", "\"colours\"?"]);
    assert_says("x = 1", 1, &["the keys are name, about, background, colours, roles"]);
    assert_says(
        "[colours]\naccent = \"#123456\"\n\n[roles]\ntext = \"bold\"\nkey = \"acent\"",
        6,
        &["roles.key: unknown colour \"acent\"; did you mean \"accent\"?"],
    );
    assert_says(
        "[colours]\nsand = \"#123456\"\n[roles]\nkey = \"qqqqqqqq\"",
        4,
        &["(sand)", "bright_black", "default", "strikethrough"],
    );
    assert_says("[colours]\na = \"#12345\"", 2, &["colours.a: expected", "found \"#12345\""]);
    assert_says("[roles]\nkey = \"#12345g\"", 2, &["roles.key: expected", "\"#12345g\""]);
    assert_says("[roles]\nkey = \"red blue\"", 2, &["second colour, \"blue\""]);
    assert_says("[roles]\nkey = \"on red on blue\"", 2, &["second background, \"blue\""]);
    assert_says("[roles]\nkey = \"bold on\"", 2, &["needs a colour"]);
    assert_says("[roles]\nkey = 3", 2, &["expected words", "integer"]);
    assert_says("roles = 3", 1, &["expected a table [roles]"]);
    assert_says("about = 3", 1, &["about: expected a text"]);
    assert_says("[colours]\nbold = \"#fff\"", 2, &["colours.bold", "another name"]);
    assert_says("[colours]\n\"a b\" = \"#fff\"", 2, &["without spaces"]);
    assert_says("[roles]\ntext = \"red on blue\"", 2, &["background = "]);
    assert_says("\nbackground = \"black\"", 2, &["\"text\" needs a colour"]);
    assert_says("background = \"default\"", 1, &["leave the line out"]);
    assert_says("background = \"blak\"", 1, &["did you mean \"black\"?"]);
    assert_says("name = \"my theme\"", 1, &["letters, digits", "\"my theme\""]);
    assert_says("[roles]\n\nkey red", 3, &["not valid TOML: key with no value"]);
}

#[test]
fn every_mistake_is_reported_in_the_order_of_the_file() {
    let text = "x = 1\nname = \"\"\n[roles]\nkey = \"rde\"\nlink = 5\n[colours]\na = \"b\"";
    let lines: Vec<usize> = parse("mine", text).1.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 2, 4, 5, 7]);
    // A colour with a mistake isn't reported again where it is used.
    assert_says("[colours]\na = \"b\"\n[roles]\nkey = \"a\"", 2, &["colours.a"]);
}

#[test]
fn no_control_sequence_of_a_file_reaches_the_terminal() {
    let theme = theme("about = \"a\\u001b[2Jb\"");
    assert_eq!(theme.about(), "a␛[2Jb");
    for text in [
        "\"a\\u001b[2J\" = 1",
        "name = \"a\\u001b[2J\"",
        "[roles]\n\"a\\u001b[2J\" = \"red\"",
        "[roles]\nkey = \"a\\u001b[2J\"",
        "[colours]\n\"a\\u001b[2J\" = \"b\\u001b[2J\"",
        "[colours]\n\"a\\u001b\" = \"#fff\"\n[roles]\nkey = \"qqqqqqqq\"",
    ] {
        let (_, message) = problem(text);
        assert!(!message.contains('\u{1b}'), "{message:?}");
    }
}

/// Texts near a good one, and any.
fn near(seed: &'static str) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let piece = (any::<prop::sample::Index>(), "[\\[\\]\"'={}#\n.a-z0-9ä -]{0,12}", 0usize..9);
    prop::collection::vec(piece, 0..6).prop_map(move |pieces| {
        let mut text = seed.to_owned();
        for (at, put, take) in pieces {
            let places: Vec<usize> =
                (0..=text.len()).filter(|place| text.is_char_boundary(*place)).collect();
            let start = *at.get(&places);
            let mut end = (start + take).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            text.replace_range(start..end, &put);
        }
        text
    })
}

proptest::proptest! {
    #[test]
    fn changed_files_are_read_or_refused(
        text in near("name = \"x\"\nabout = \"y\"\n[palette]\nred = \"#ff0000\"\n[styles]\ntext = { fg = \"red\", bold = true }\n"),
    ) {
        let _ = parse("mine", &text);
    }
}
