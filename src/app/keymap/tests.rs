//! The built-in keys against what was promised of them, and a user's file
//! over them.

use super::*;
use crate::app::key::{Key, KeyCode};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn parse(text: &str) -> Result<Keymap, KeymapError> {
    Keymap::parse(Path::new("keys.toml"), text)
}

#[track_caller]
fn assert_wrong(text: &str, expected: &[&str]) {
    let message = parse(text).unwrap_err().to_string();
    assert_eq!(message.lines().collect::<Vec<_>>(), expected);
}

/// Every built-in binding with a layer it holds in.
fn bindings() -> Vec<(Layer, Action, Key)> {
    let keymap = Keymap::default();
    let mut out = Vec::new();
    for layer in Layer::ALL {
        for &action in Action::ALL {
            out.extend(keymap.keys(layer, action).into_iter().map(|key| (layer, action, key)));
        }
    }
    out
}

#[test]
fn the_built_in_keys_are_a_valid_file() {
    assert_eq!(parse(Keymap::default_toml()), Ok(Keymap::default()));
    assert_eq!(parse(""), Ok(Keymap::default()));
    assert!(bindings().len() > 100);
}

#[test]
fn every_action_has_a_key_or_is_said_to_have_none() {
    let bound = bindings();
    for action in Action::ALL {
        let has_key = bound.iter().any(|(_, other, _)| other == action);
        assert_eq!(has_key, !PALETTE_ONLY.contains(action), "{}", action.name());
    }
    // The file that the user sees names them too.
    let comment = Keymap::default_toml().rsplit("[help]").next().unwrap();
    for action in PALETTE_ONLY {
        assert!(comment.contains(action.name()), "{}", action.name());
    }
}

#[test]
fn no_key_is_used_that_others_need() {
    let keymap = Keymap::default();
    for (layer, action, key) in bindings() {
        let place = format!("{key} in [{}]", layer.name());
        let taken = ["ctrl-s", "ctrl-q", "ctrl-\\"].map(|text| text.parse::<Key>().unwrap());
        assert!(!taken.contains(&key), "{place} is taken by terminals");
        assert!(!matches!(key.code, KeyCode::F(_)), "{place} is a function key");
        // The prefixes of screen and tmux.
        let fickle = |key: &Key| key.alt || [Key::ctrl('a'), Key::ctrl('b')].contains(key);
        // Brackets and the list do what Alt with a digit does.
        let places = action.name().strip_prefix("adapter").is_some_and(|n| n.len() == 1);
        if fickle(&key) && !places {
            let all = keymap.keys(layer, action);
            assert!(!all.iter().all(fickle), "{place} is the only key of {}", action.name());
        }
    }
}

#[test]
fn keys_do_what_the_screen_promises() {
    let keymap = Keymap::default();
    for (layer, text, action) in [
        (Layer::Input, "enter", Action::Send),
        (Layer::Input, "ctrl-j", Action::InsertNewline),
        (Layer::Input, "alt-enter", Action::InsertNewline),
        (Layer::Input, "tab", Action::Complete),
        (Layer::Input, "shift-tab", Action::FocusPrevious),
        (Layer::Input, "esc", Action::Close),
        (Layer::Input, "ctrl-w", Action::DeleteWordLeft),
        (Layer::Input, "ctrl-7", Action::Undo),
        (Layer::Input, "ctrl-d", Action::DeleteRight),
        (Layer::Input, "pageup", Action::PageUp),
        (Layer::Input, "up", Action::Up),
        (Layer::Conversation, "tab", Action::FocusNext),
        (Layer::Conversation, "esc", Action::Close),
        (Layer::Conversation, "n", Action::NextCitation),
        (Layer::Conversation, "space", Action::PageDown),
        (Layer::Sources, "enter", Action::Open),
        (Layer::Sources, "e", Action::OpenEditor),
        (Layer::Sources, "p", Action::Pin),
        (Layer::Sources, "x", Action::Exclude),
        (Layer::Sources, "r", Action::AnswerAgain),
        (Layer::Sources, "y", Action::CopyPassage),
        (Layer::Stats, "q", Action::Quit),
        (Layer::Stats, "?", Action::Help),
        (Layer::Viewer, "q", Action::Close),
        (Layer::Picker, "enter", Action::Accept),
        (Layer::Picker, "esc", Action::Close),
        (Layer::Help, "?", Action::Close),
    ] {
        assert_eq!(keymap.action(layer, key(text)), Some(action), "{text} in {layer:?}");
    }
    for layer in Layer::ALL {
        assert_eq!(keymap.action(layer, Key::ctrl('c')), Some(Action::Cancel), "{layer:?}");
        assert_eq!(keymap.action(layer, Key::ctrl('l')), Some(Action::Redraw), "{layer:?}");
        assert_eq!(keymap.action(layer, Key::ctrl('z')), Some(Action::Suspend), "{layer:?}");
        assert_eq!(keymap.action(layer, key("f5")), None, "{layer:?}");
    }
    // As the terminal library reports a capital.
    let shifted = Key { shift: true, ..Key::char('G') };
    assert_eq!(keymap.action(Layer::Sources, shifted), Some(Action::Bottom));
}

#[test]
fn characters_are_typed_where_text_goes() {
    let keymap = Keymap::default();
    for layer in [Layer::Input, Layer::Picker] {
        for c in (' '..='~').chain(['é', '日']) {
            assert_eq!(keymap.action(layer, Key::char(c)), None, "{c:?} in {layer:?}");
        }
        assert_eq!(keymap.hint(layer, Action::Help), None);
        assert!(keymap.keys(layer, Action::Quit).is_empty());
    }
}

#[test]
fn hints_name_the_best_key_that_works_there() {
    let keymap = Keymap::default();
    let hint = |layer, action| keymap.hint(layer, action);
    assert_eq!(hint(Layer::Input, Action::CommandPalette).as_deref(), Some("Ctrl+P"));
    assert_eq!(hint(Layer::Sources, Action::OpenEditor).as_deref(), Some("e"));
    assert_eq!(hint(Layer::Input, Action::Send).as_deref(), Some("Enter"));
    assert_eq!(hint(Layer::Input, Action::FocusPrevious).as_deref(), Some("Shift+Tab"));
    // Tab completes there.
    assert_eq!(hint(Layer::Input, Action::FocusNext), None);
    assert_eq!(
        keymap.keys(Layer::Conversation, Action::CommandPalette),
        [Key::ctrl('p'), Key::char(':')]
    );
}

#[test]
fn a_file_changes_what_it_names_and_nothing_else() {
    let keymap = parse(
        "[global]\nctrl-x = \"command_palette\"\n\"Ctrl+P\" = \"none\"\n\
         [sources]\nq = \"none\"\n\"ctrl-i\" = \"pin\"\n\
         [input]\n\"ctrl-z\" = \"undo\"\n",
    )
    .unwrap();
    assert_eq!(keymap.action(Layer::Input, Key::ctrl('p')), None);
    assert_eq!(keymap.action(Layer::Input, Key::ctrl('x')), Some(Action::CommandPalette));
    assert_eq!(
        keymap.keys(Layer::Conversation, Action::CommandPalette),
        [Key::ctrl('x'), Key::char(':')]
    );
    // The layer's own come first: in lists, these keys do something else.
    assert_eq!(keymap.action(Layer::Picker, Key::ctrl('p')), Some(Action::Up));
    assert_eq!(keymap.action(Layer::Picker, Key::ctrl('x')), Some(Action::DeleteSession));
    // Taken away in one place, a key of all places stays in the others.
    assert_eq!(keymap.action(Layer::Sources, Key::char('q')), None);
    assert_eq!(keymap.action(Layer::Stats, Key::char('q')), Some(Action::Quit));
    assert_eq!(keymap.action(Layer::Sources, Key::plain(KeyCode::Tab)), Some(Action::Pin));
    assert_eq!(keymap.hint(Layer::Input, Action::Undo).as_deref(), Some("Ctrl+Z"));
    assert_eq!(keymap.action(Layer::Stats, Key::ctrl('z')), Some(Action::Suspend));
    // The same key twice for the same action is no conflict.
    assert!(parse("[sources]\ntab = \"pin\"\n\"ctrl-i\" = \"pin\"\n").is_ok());
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    assert_wrong(
        "ctrl-p = \"help\"\n\
         input = 3\n\
         [global]\n\
         \"ctrl-entre\" = \"comand_palette\"\n\
         \"f2\" = \"frobnicate\"\n\
         \"f3\" = [\"help\"]\n\
         [sorces]\n\
         x = \"pin\"\n\
         [windows]\n\
         [picker]\n\
         e = \"accept\"\n\
         shift-space = \"accept\"\n\
         [sources]\n\
         tab = \"open\"\n\
         \"ctrl-i\" = \"pin\"\n",
        &[
            "keys.toml:1: \"ctrl-p\" stands in no table; put it below the one it is for, such as [global]",
            "keys.toml:2: expected a table [input] with lines such as \"ctrl-p\" = \"command_palette\"",
            "keys.toml:4: unknown key \"ctrl-entre\"; did you mean \"ctrl-enter\"?",
            "keys.toml:4: unknown action \"comand_palette\"; did you mean \"command_palette\"?",
            "keys.toml:5: unknown action \"frobnicate\"; `lorag config keys` names them",
            "keys.toml:6: \"f3\": expected the name of one action in quotes, such as \"command_palette\"",
            "keys.toml:7: unknown table [sorces]; did you mean [sources]?",
            "keys.toml:9: unknown table [windows]; there are [global], [input], [conversation], [sources], [stats], [viewer], [compare], [tune], [picker], [help]",
            "keys.toml:11: \"e\" types a character in [picker] and can't do anything else there; use a key with ctrl- or alt-",
            "keys.toml:12: \"shift-space\" types a character in [picker] and can't do anything else there; use a key with ctrl- or alt-",
            "keys.toml:15: \"ctrl-i\" and \"tab\" (line 14) arrive as one key and can't be both \"pin\" and \"open\"; keep one of them",
        ],
    );
}

#[test]
fn broken_syntax_is_told_with_its_line() {
    for text in ["[input]\nenter = \n", "[input]\nx = \"none\"\nx = \"none\"\n"] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.starts_with("keys.toml:"), "{message}");
        assert!(message.contains(": not valid TOML: "), "{message}");
    }
    let twice = parse("[sources]\nx = \"pin\"\nx = \"open\"\n").unwrap_err().to_string();
    assert!(twice.starts_with("keys.toml:3: not valid TOML: duplicate key"), "{twice}");
}

#[test]
fn no_file_can_lock_the_user_in() {
    assert_wrong(
        "[global]\n\"ctrl-p\" = \"none\"\n",
        &[
            "keys.toml:2: no key is left for \"command_palette\" in [input]; bind one there or in [global]",
        ],
    );
    assert_wrong(
        "[global]\n\"ctrl-p\" = \"help\"\n\":\" = \"help\"\nesc = \"none\"\n",
        &[
            "keys.toml:3: no key is left for \"command_palette\" in [input], [conversation], [sources], [stats]; bind one there or in [global]",
            "keys.toml:4: no key is left for \"close\" in [picker]; bind one there or in [global]",
        ],
    );
    assert_wrong(
        "[global]\n\"ctrl-c\" = \"none\"\n[input]\nesc = \"undo\"\n[picker]\nenter = \"none\"\n",
        &[
            "keys.toml:2: no key is left for \"cancel\" in [input]; bind one there or in [global]",
            "keys.toml:6: no key is left for \"accept\" in [picker]; bind one there or in [global]",
        ],
    );
    // The palette lists it, and cancelling twice quits.
    let keymap = parse("[global]\nq = \"none\"\n").unwrap();
    assert!(Layer::ALL.into_iter().all(|layer| keymap.keys(layer, Action::Quit).is_empty()));
}

#[test]
fn the_help_tells_of_every_action() {
    let sections = Keymap::default().help();
    let titles: Vec<&str> = sections.iter().map(|section| section.title).collect();
    assert_eq!(
        titles,
        ["Ask and answer", "Move", "Sources and citations", "Sessions", "Screen", "Input"]
    );
    let rows: Vec<&HelpRow> = sections.iter().flat_map(|section| &section.rows).collect();
    // The nine places of adapters are told in one row.
    assert_eq!(rows.len(), Action::ALL.len() - 8);
    let shown = |action: Action| {
        let row = rows.iter().find(|row| row.action == action).unwrap();
        row.keys_shown()
    };
    assert_eq!(shown(Action::Cancel), "Ctrl+C");
    assert_eq!(shown(Action::CommandPalette), "Ctrl+P (not in lists); : (outside the input)");
    assert_eq!(shown(Action::ToggleQuote), "Ctrl+T (not in lists); Q (outside the input)");
    assert_eq!(shown(Action::Close), "Esc; q (viewer, comparison, training, help); ? (help)");
    assert_eq!(shown(Action::Quit), "q (panes)");
    assert_eq!(shown(Action::AnswerAgain), "a (conversation); r (sources)");
    assert_eq!(shown(Action::Open), "Enter (conversation, sources)");
    assert_eq!(shown(Action::ExportJson), "not bound");
    assert_eq!(shown(Action::Adapter1), "Alt+1 to Alt+9");
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
        text in near("[global]\n\"f2\" = \"help\"\n\"ctrl-x\" = \"none\"\n[input]\n\"alt-enter\" = \"send\"\n"),
    ) {
        let _ = parse(&text).map_err(|error| error.to_string());
    }
}
