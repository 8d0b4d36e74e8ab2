//! What stands in the conversation before the first question.

use super::outcome::{progress, says_no_model, seconds};
use crate::app::keymap::Layer;
use crate::app::state::KnowledgeWork;
use crate::app::{Action, State};
use crate::domain::{Mode, short_name, short_stack, visible};
use crate::ui::status::files;
use crate::ui::text;
use crate::ui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns of an error at most; the status line told all of it.
const ERROR: usize = 200;

/// Says what is there to be asked, and what can be done.
pub(super) fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut say = |text: &str, role: Role| {
        let rendered = text::plain(text, area.width, theme.style(role));
        lines.extend(rendered.into_iter().map(|rendered| rendered.line));
    };
    say("Ask about your documents.", Role::Heading);
    say(&documents(state), Role::Text);
    if let Some(collection) = &state.collection {
        let name = visible(collection);
        say(&format!("Answers come from the collection {name}."), Role::Text);
    }
    say(&model(state), Role::Text);

    let keys = examples(state);
    let columns = keys.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
    let mut hints: Vec<Line<'static>> = keys
        .into_iter()
        .map(|(key, about)| {
            let gap = " ".repeat(columns - text::width(&key) + 2);
            Line::from(vec![
                Span::styled(key, theme.style(Role::Key)),
                Span::raw(gap),
                Span::styled(about, theme.style(Role::Dim)),
            ])
        })
        .collect();
    // The keys are what a small screen can do without.
    if lines.len() + 1 + hints.len() <= usize::from(area.height) {
        lines.push(Line::default());
        lines.append(&mut hints);
    }
    let above = usize::from(area.height).saturating_sub(lines.len()) / 3;
    for (row, line) in area.rows().skip(above).zip(&lines) {
        buffer.set_line(row.x, row.y, line, row.width);
    }
}

fn documents(state: &State) -> String {
    let knowledge = &state.knowledge;
    let held = match files(state) {
        0 => String::new(),
        1 => "1 file can be asked about".to_owned(),
        files => format!("{files} files can be asked about"),
    };
    let more = |text: &str| match held.as_str() {
        "" => text.to_owned(),
        held => format!("{held}; {text}"),
    };
    match &knowledge.work {
        KnowledgeWork::Opening => "The knowledge base is being opened.".to_owned(),
        KnowledgeWork::Idle if held.is_empty() => {
            "There are no documents yet: /index PATH adds some.".to_owned()
        }
        KnowledgeWork::Idle => format!("{held}."),
        KnowledgeWork::Waiting => more("another lorag is writing, this one waits."),
        KnowledgeWork::Walking => more("files are being looked for."),
        KnowledgeWork::Indexing { files, total, .. } => {
            more(&format!("{} files are indexed. Ask meanwhile.", progress(*files, *total)))
        }
        KnowledgeWork::Maintaining => more("the index is being finished."),
        KnowledgeWork::Failed { message } => more(&format!("indexing failed: {message}")),
    }
}

fn model(state: &State) -> String {
    let model = &state.model;
    match (&model.loading, &model.loaded, &model.failed) {
        (Some(loading), None, _) => {
            let seconds = seconds(loading.since_ms, state.now_ms);
            format!("{} is being loaded, {seconds:>3} s.", loading.short_name())
        }
        (Some(loading), Some(card), _) => {
            let name = short_name(&card.name);
            format!("{name} answers while {} is being loaded.", loading.short_name())
        }
        (None, Some(card), _) => format!("{} answers{}.", short_name(&card.name), how(state)),
        (None, None, Some(error)) if says_no_model(error) => {
            capitalised(&text::truncate(error, ERROR))
        }
        (None, None, Some(error)) => {
            format!("There is no model: {}", text::truncate(error, ERROR))
        }
        (None, None, None) => "The model is about to be loaded.".to_owned(),
    }
}

/// Mode and adapters, where they aren't the usual ones.
fn how(state: &State) -> String {
    let with = state.adapter.as_deref().map(|a| format!(" with {}", short_stack(a)));
    let with = with.unwrap_or_default();
    let mode = match state.mode {
        Mode::Rag => String::new(),
        mode => format!(", mode {mode}"),
    };
    format!("{with}{mode}")
}

/// The text with a capital letter at its beginning.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    first + rest.as_str()
}

/// Three things to begin with, each with its key.
fn examples(state: &State) -> Vec<(String, String)> {
    let wanted = [
        (Action::Send, "sends the question"),
        (Action::CommandPalette, "lists everything lorag can do"),
        (Action::Sessions, "goes on with an earlier conversation"),
    ];
    wanted
        .into_iter()
        .filter_map(|(action, about)| {
            let key = state.keymap.hint(Layer::Input, action)?;
            Some((key, about.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    fn drawn(state: &State, columns: u16, rows: u16) -> String {
        let theme = Theme::default();
        fixtures::pane(columns, rows, |area, buffer| render(state, &theme, area, buffer))
    }

    #[test]
    fn it_says_what_is_there_and_what_is_on_its_way() {
        let mut state = fixtures::starting();
        state.model.loading = Some(fixtures::loading(1, "builtin", state.now_ms - 2000));
        let text = drawn(&state, 60, 12);
        assert!(text.contains("being opened") && text.contains("builtin is being loaded,   2 s"));
        state.knowledge.work = KnowledgeWork::Indexing { files: 3, total: 40, chunks: 9 };
        assert!(drawn(&state, 60, 12).contains(" 3/40 files are indexed. Ask meanwhile."));
        let text = drawn(&fixtures::empty(), 60, 12);
        assert!(text.contains("16 files can be asked about."), "{text}");
        assert!(text.contains("Ctrl+P") && text.contains("tiny-reader answers."), "{text}");
    }

    #[test]
    fn it_says_how_the_first_question_is_asked() {
        let mut state = fixtures::empty();
        state.collection = Some("legal".into());
        state.mode = Mode::Hybrid;
        state.adapter = Some("/a/bullets".into());
        let text = drawn(&state, 70, 12);
        assert!(text.contains("from the collection legal."), "{text}");
        assert!(text.contains("tiny-reader answers with bullets, mode hybrid."), "{text}");
    }

    #[test]
    fn a_missing_model_is_told_once_and_shortly() {
        let mut state = fixtures::empty();
        state.model.loaded = None;
        state.model.failed = Some("there is no model \"qwen\"; choose another".into());
        let text = drawn(&state, 60, 12);
        assert!(text.contains("\nThere is no model \"qwen\"; choose another\n"), "{text}");
        state.model.failed = Some("the file is damaged ".repeat(50));
        let text = drawn(&state, 60, 16);
        assert!(text.contains("There is no model: the file is damaged"), "{text}");
        assert!(text.contains('…') && text.contains("Ctrl+P"), "{text}");
    }

    #[test]
    fn little_room_keeps_the_first_lines() {
        for rows in 0..12 {
            for columns in 0..30 {
                drawn(&fixtures::empty(), columns, rows);
            }
        }
        assert!(drawn(&fixtures::empty(), 40, 3).contains("16 files"));
    }
}
