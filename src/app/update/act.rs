//! What each action does.

use super::accept::{self, Accepted};
use super::say::say;
use super::{
    ask, compare, evidence, models, popups, program, send, sessions, tune, typing, variant,
};
use crate::app::command::ExportFormat;
use crate::app::effect::{ScrollArea, ScrollBy};
use crate::app::popups::Close;
use crate::app::state::{Arrangement, Focus, NoticeLevel, Popup};
use crate::app::{Action, Effect, State};
use crate::editor::Edit;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    use Action as A;
    match action {
        A::Send => send::send(state),
        A::Cancel => cancel(state),
        A::Regenerate => ask::regenerate(state),
        A::AnswerAgain => ask::again(state),
        A::ContinueAnswer => ask::go_on(state),
        A::EditQuestion => ask::edit(state),
        A::ToggleThought => evidence::toggle_thought(state),
        A::ShowPrompt => evidence::show_prompt(state),
        A::NextBranch => ask::branch(state, 1),
        A::PreviousBranch => ask::branch(state, -1),
        A::ToggleQuote => program::toggle_quote(state),
        A::ChooseModel => models::open(state),
        A::ToggleFavourite => models::toggle_favourite(state),
        A::CycleMode => variant::cycle(state),
        A::ChooseMode => variant::modes(state),
        A::ChooseAdapter => variant::adapters(state),
        A::NextAdapter => variant::step(state, 1),
        A::PreviousAdapter => variant::step(state, -1),
        A::Adapter1
        | A::Adapter2
        | A::Adapter3
        | A::Adapter4
        | A::Adapter5
        | A::Adapter6
        | A::Adapter7
        | A::Adapter8
        | A::Adapter9 => variant::at(state, action),
        A::Compare => compare::start(state, compare::Kind::Modes, None),
        A::CompareAdapters => compare::start(state, compare::Kind::Adapters, None),
        A::NextColumn => compare::step(state, 1),
        A::PreviousColumn => compare::step(state, -1),
        A::ToggleStrategy => variant::strategy(state, None),
        A::ChooseCollection => variant::collections(state),
        A::Jobs => popups::jobs(state),
        A::Tune => tune::open(state),
        A::StopWork if matches!(state.popups.last(), Some(Popup::Tune(_))) => tune::stop(state),
        A::StopWork => program::stop(state),
        A::FocusNext => cycle(state, 1),
        A::FocusPrevious => cycle(state, -1),
        A::FocusInput => to(state, Focus::Input),
        A::StartCommand => {
            if state.popups.last_mut().is_some_and(|popup| popup.search()) {
                return Vec::new();
            }
            let effects = to(state, Focus::Input);
            if state.input.is_empty() {
                typing::typed(state, '/');
            }
            effects
        }
        A::FocusConversation => to(state, Focus::Conversation),
        A::FocusSources => to(state, Focus::Sources),
        A::FocusStats => to(state, Focus::Stats),
        A::Up => vertical(state, -1),
        A::Down => vertical(state, 1),
        A::PageUp => page(state, -1),
        A::PageDown => page(state, 1),
        A::Top => end(state, ScrollBy::Top),
        A::Bottom => end(state, ScrollBy::Bottom),
        A::NextTurn => evidence::step_turn(state, 1),
        A::PreviousTurn => evidence::step_turn(state, -1),
        A::NextCitation => evidence::step_citation(state, 1),
        A::PreviousCitation => evidence::step_citation(state, -1),
        A::Open => evidence::open(state),
        A::OpenEditor => evidence::edit_file(state),
        A::Pin => evidence::pin(state),
        A::Exclude => evidence::exclude(state),
        A::MarkGood => evidence::mark_good(state),
        A::CopyAnswer => match compare::copy(state) {
            Some(effects) => effects,
            None => evidence::copy_answer(state),
        },
        A::CopyPassage => evidence::copy_passage(state),
        A::CopyCitation => evidence::copy_citation(state),
        A::CopyCode => evidence::copy_code(state),
        A::SaveCopied => popups::save_copied(state),
        A::Sessions => sessions::list(state, String::new()),
        A::NewSession => sessions::new(state),
        A::RenameSession => popups::rename(state),
        A::ForkSession => sessions::fork(state),
        A::DeleteSession => popups::delete(state),
        A::ExportMarkdown => sessions::export(state, ExportFormat::Markdown, None),
        A::ExportJson => sessions::export(state, ExportFormat::Json, None),
        A::ExportHtml => sessions::export(state, ExportFormat::Html, None),
        A::CommandPalette => popups::commands(state),
        A::Help => program::help(state),
        A::ChooseTheme => popups::themes(state),
        A::ToggleSources => toggle(state, Focus::Sources),
        A::ToggleStats => toggle(state, Focus::Stats),
        A::GrowPane => resize(state, 4),
        A::ShrinkPane => resize(state, -4),
        A::ToggleMouse => {
            state.mouse = !state.mouse;
            let text = if state.mouse {
                "The mouse scrolls and focuses panes; hold Shift to select text."
            } else {
                "The mouse is the terminal's own again."
            };
            say(state, NoticeLevel::Done, text);
            vec![Effect::Mouse(state.mouse)]
        }
        A::Close => close(state),
        A::Accept => match accept::accept(state) {
            Accepted::Done(effects) => effects,
            Accepted::Act(action) => act(state, action),
        },
        A::Redraw => vec![Effect::Redraw],
        A::Suspend => vec![Effect::Suspend],
        A::Quit => program::quit(state),
        A::InsertNewline => typing::edit(state, Edit::Newline),
        A::Complete => {
            if typing::complete(state) {
                Vec::new()
            } else {
                cycle(state, 1)
            }
        }
        A::HistoryPrevious => typing::history(state, -1),
        A::HistoryNext => typing::history(state, 1),
        A::CursorLeft => typing::edit(state, Edit::Left),
        A::CursorRight => typing::edit(state, Edit::Right),
        A::WordLeft => typing::edit(state, Edit::WordLeft),
        A::WordRight => typing::edit(state, Edit::WordRight),
        A::LineStart => typing::edit(state, Edit::LineStart),
        A::LineEnd => typing::edit(state, Edit::LineEnd),
        A::DeleteLeft => typing::edit(state, Edit::DeleteLeft),
        A::DeleteRight => typing::edit(state, Edit::DeleteRight),
        A::DeleteWordLeft => typing::edit(state, Edit::DeleteWordLeft),
        A::DeleteWordRight => typing::edit(state, Edit::DeleteWordRight),
        A::DeleteLineStart => typing::edit(state, Edit::DeleteLineStart),
        A::DeleteLineEnd => typing::edit(state, Edit::DeleteLineEnd),
        A::Yank => typing::edit(state, Edit::Yank),
        A::Undo => typing::edit(state, Edit::Undo),
        A::Redo => typing::edit(state, Edit::Redo),
    }
}

fn to(state: &mut State, pane: Focus) -> Vec<Effect> {
    let effects = compare::cancel(state);
    state.popups.clear();
    program::focus(state, pane);
    effects
}

fn cycle(state: &mut State, by: isize) -> Vec<Effect> {
    if !state.popups.is_empty() {
        return vertical(state, by);
    }
    let tabs = state.arrangement() == Arrangement::Tabs;
    let mut order = vec![Focus::Input, Focus::Conversation];
    if state.panes.sources || tabs {
        order.push(Focus::Sources);
    }
    if state.panes.stats || tabs {
        order.push(Focus::Stats);
    }
    let at = order.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    let next = (at as isize + by).rem_euclid(order.len() as isize) as usize;
    program::focus(state, order[next]);
    Vec::new()
}

fn vertical(state: &mut State, by: isize) -> Vec<Effect> {
    let lines = ScrollBy::Lines(by as i32);
    if let Some(effects) = popups::moved(state, lines) {
        return effects;
    }
    match state.focus {
        Focus::Input => typing::vertical(state, by),
        Focus::Sources => evidence::step_source(state, by),
        Focus::Conversation => vec![Effect::Scroll(ScrollArea::Conversation, lines)],
        Focus::Stats => vec![Effect::Scroll(ScrollArea::Stats, lines)],
    }
}

fn page(state: &mut State, by: i32) -> Vec<Effect> {
    further(state, ScrollBy::Pages(by), by as isize * 4)
}

fn end(state: &mut State, by: ScrollBy) -> Vec<Effect> {
    // In the input first its own beginning or end, then that of the
    // conversation.
    let edit = if by == ScrollBy::Top { Edit::TextStart } else { Edit::TextEnd };
    if state.popups.is_empty() && state.focus == Focus::Input && state.input.editor.edit(edit) {
        return Vec::new();
    }
    further(state, by, if by == ScrollBy::Top { isize::MIN / 2 } else { isize::MAX / 2 })
}

/// Moves further than a line: in the sources by so many of them.
fn further(state: &mut State, by: ScrollBy, sources: isize) -> Vec<Effect> {
    if let Some(effects) = popups::moved(state, by) {
        return effects;
    }
    let area = match state.focus {
        Focus::Sources => return evidence::step_source(state, sources),
        Focus::Stats => ScrollArea::Stats,
        Focus::Input | Focus::Conversation => ScrollArea::Conversation,
    };
    vec![Effect::Scroll(area, by)]
}

fn toggle(state: &mut State, pane: Focus) -> Vec<Effect> {
    if state.arrangement() == Arrangement::Tabs {
        // One pane at a time: the key shows it, and again goes back.
        let shown = state.panes.tab == pane;
        program::focus(state, if shown { Focus::Conversation } else { pane });
        return Vec::new();
    }
    let shown = match pane {
        Focus::Sources => &mut state.panes.sources,
        _ => &mut state.panes.stats,
    };
    *shown = !*shown;
    if !*shown && state.focus == pane {
        program::focus(state, Focus::Conversation);
    }
    Vec::new()
}

fn resize(state: &mut State, by: i16) -> Vec<Effect> {
    let clamp = |value: u16, by: i16| value.saturating_add_signed(by).clamp(24, 76);
    let panes = &mut state.panes;
    match state.focus {
        Focus::Input | Focus::Conversation => {
            panes.conversation_percent = clamp(panes.conversation_percent, by);
        }
        Focus::Sources if state.size.columns >= super::super::state::Panes::THREE => {
            panes.conversation_percent = clamp(panes.conversation_percent, -by);
        }
        Focus::Sources => panes.sources_percent = clamp(panes.sources_percent, by),
        Focus::Stats => panes.sources_percent = clamp(panes.sources_percent, -by),
    }
    Vec::new()
}

/// Cancels the nearest thing: the answer, the text, then the program.
fn cancel(state: &mut State) -> Vec<Effect> {
    if state.running.as_ref().is_some_and(|running| !running.keeping) {
        return ask::cancel(state);
    }
    if !state.popups.is_empty() {
        return close(state);
    }
    if state.focus == Focus::Input && typing::dismiss(state) {
        return Vec::new();
    }
    if state.quit_armed {
        return program::quit(state);
    }
    program::arm(state);
    Vec::new()
}

/// Closes the topmost popup; without one, cancels what runs, or goes back to
/// the input.
fn close(state: &mut State) -> Vec<Effect> {
    if let Some(popup) = state.popups.last_mut() {
        let Close { stays, effect, theme } = popup.close();
        if !stays {
            state.popups.pop();
        }
        if let Some(before) = theme {
            state.theme = before;
        }
        return effect.into_iter().collect();
    }
    if state.running.as_ref().is_some_and(|running| !running.keeping) {
        return ask::cancel(state);
    }
    if state.focus == Focus::Input {
        // Esc takes away what stands in the input, and never quits.
        if !typing::dismiss_completion(state) {
            typing::dismiss(state);
        }
        return Vec::new();
    }
    state.conversation.citation = None;
    program::focus(state, Focus::Input);
    Vec::new()
}
