//! A snapshot of the screen in every theme, with its colours, at every number
//! of colours.

use super::Ui;
use super::fixtures;
use super::theme::{Depth, Themes};
use crate::app::state::{Focus, Picker, PickerKind, PickerRow, Popup, Task};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

/// Each row as its pieces of one look, `[look]text`; blanks without a look of
/// their own are left out at the ends of rows.
fn looks(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in buffer.area.rows() {
        let mut line = String::new();
        let mut last = None;
        let mut hidden = 0;
        for position in row.positions() {
            let Some(cell) = buffer.cell(position) else { continue };
            let look = (cell.fg, cell.bg, cell.modifier);
            if last != Some(look) {
                line.push_str(&format!("[{}]", name(look)));
                last = Some(look);
            }
            if hidden == 0 {
                line.push_str(cell.symbol());
            }
            hidden = hidden.max(super::text::width(cell.symbol())).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn name((foreground, background, modifier): (Color, Color, Modifier)) -> String {
    let mut parts = Vec::new();
    if foreground != Color::Reset {
        parts.push(foreground.to_string().to_lowercase());
    }
    if background != Color::Reset {
        parts.push(format!("on {}", background.to_string().to_lowercase()));
    }
    parts.extend(modifier.iter_names().map(|(name, _)| name.to_lowercase()));
    parts.join(" ")
}

fn screen(name: &str, depth: Depth) -> String {
    let themes = Themes::builtin();
    let mut ui = Ui::new(themes.get(name).unwrap().at(depth));
    let mut state = fixtures::state();
    state.focus = Focus::Sources;
    let panes = looks(&fixtures::screen_of(&mut ui, &state, 100, 24));
    let row = |label: &str| PickerRow {
        label: label.into(),
        detail: "more".into(),
        key: "t".into(),
        value: Task::Theme(label.into()),
    };
    let mut picker = Picker::new(PickerKind::Themes, vec![row("dark"), row("light")]);
    picker.query.insert("ar");
    picker.filter();
    state.popups.push(Popup::from(picker));
    let popup = looks(&fixtures::screen_of(&mut ui, &state, 40, 12));
    format!("{panes}\n{popup}")
}

#[test]
fn every_theme_draws_the_screen() {
    for theme in Themes::builtin().names() {
        insta::assert_snapshot!(format!("theme_{theme}"), screen(&theme, Depth::True));
    }
}

#[test]
fn fewer_colours_are_still_a_screen() {
    for (depth, name) in [(Depth::TwoFiftySix, "256"), (Depth::Sixteen, "16"), (Depth::None, "no")]
    {
        insta::assert_snapshot!(format!("dark_with_{name}_colours"), screen("dark", depth));
    }
    // Without colours nothing but attributes is left.
    let plain = screen("dark", Depth::None);
    assert!(!plain.contains("[#") && !plain.contains("on #"), "{plain}");
}
