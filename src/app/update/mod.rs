//! What the application does about an event. Pure: the same state and event
//! always give the same state and effects.

mod accept;
mod act;
mod answer;
mod ask;
mod commands;
mod compare;
mod evidence;
mod jobs;
mod keys;
mod models;
mod popups;
mod program;
mod say;
mod send;
mod sessions;
#[cfg(test)]
mod tests;
mod tune;
mod typing;
mod variant;
mod work;

use super::effect::{ScrollArea, ScrollBy};
use super::event::{Event, Scrolled};
use super::state::{Focus, NoticeLevel, Outside, Size};
use super::{Effect, State};
use crate::app::News;
use say::say;

/// Takes an event in, and says what is to be done outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let before = state.current_turn().map(|turn| turn.id);
    jobs::heard(state, &event);
    let mut effects = take(state, event);
    jobs::begun(state, &effects);
    keep_asking(state, &mut effects);
    // Another answer is looked at: its files may have changed meanwhile.
    if let Some(entry) = state.current()
        && before.is_some_and(|before| before != entry.turn.id)
        && !entry.turn.sources.is_empty()
    {
        let stale = answer::stale(&entry.turn);
        if !effects.contains(&stale) {
            effects.push(stale);
        }
    }
    effects
}

/// A session keeps how its questions are asked, from its first question on.
fn keep_asking(state: &mut State, effects: &mut Vec<Effect>) {
    if state.opening {
        return;
    }
    let asked = effects.iter().any(|effect| matches!(effect, Effect::Keep(_)));
    // What a session of before was asked with is known from its next question.
    if !asked && state.session.asking.is_none() {
        return;
    }
    let asking = state.asking();
    if state.session.asking.as_ref() != Some(&asking) {
        state.session.asking = Some(asking.clone());
        effects.push(Effect::KeepAsking(asking));
    }
}

fn take(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Begin { choose_session } => {
            let mut effects = work::begin(state);
            if choose_session {
                effects.extend(sessions::list(state, String::new()));
            }
            effects
        }
        Event::Key(key) => keys::key(state, key),
        Event::Paste(text) => typing::paste(state, &text),
        Event::Resize { columns, rows } => {
            state.size = Size { columns, rows };
            Vec::new()
        }
        Event::Mouse { pane, lines } => mouse(state, pane, lines),
        Event::Act(action) => act::act(state, action),
        Event::Tick { now_ms, resident_bytes } => {
            work::tick(state, now_ms, resident_bytes);
            Vec::new()
        }
        Event::Scrolled(position) => {
            scrolled(state, position);
            Vec::new()
        }
        Event::Job { news: News::Index(event), .. } => work::knowledge(state, event),
        Event::Job { request, news: News::Load(event) } => variant::model(state, request, event),
        Event::Adapters(cards) => variant::listed(state, cards),
        Event::Collections(cards) => {
            state.collections = cards;
            Vec::new()
        }
        Event::CollectionUsed { name, mode, adapter, strategy, text } => {
            let own = mode.map(|mode| Outside {
                mode,
                adapter,
                strategy: strategy.unwrap_or(state.strategy),
            });
            variant::collection_used(state, name, own, text)
        }
        Event::CollectionRefused { name, text } => {
            // A session of before may have been about one that is gone.
            if state.collection.as_deref() == Some(name.as_str()) {
                state.collection = None;
            }
            say(state, NoticeLevel::Error, text);
            Vec::new()
        }
        Event::Job { request, news: News::Compare(event) } => compare::news(state, request, event),
        Event::Models(names) => models::listed(state, names),
        Event::ModelsKnown(known) => models::known(state, known),
        Event::Favourites(names) => {
            state.favourites = names;
            Vec::new()
        }
        Event::Job { request, news: News::Pull(event) } => models::pulled(state, request, event),
        Event::Job { request, news: News::Tune(event) } => tune::news(state, request, event),
        Event::Job { request, news: News::Answer(event) } => answer::answer(state, request, event),
        Event::Kept { session, turn, pending, error } => {
            answer::kept(state, session, turn, pending, error)
        }
        Event::SessionOpened(opened) => sessions::opened(state, *opened),
        Event::SessionNotOpened { text, failed } => {
            state.opening = false;
            if !text.is_empty() {
                say(state, if failed { NoticeLevel::Error } else { NoticeLevel::Info }, text);
            }
            work::load_first(state)
        }
        Event::DraftFound(draft) => {
            typing::restore(state, draft);
            Vec::new()
        }
        Event::Sessions { query, rows } => sessions::listed(state, &query, rows),
        Event::Edited { ok, text } => {
            say(state, if ok { NoticeLevel::Done } else { NoticeLevel::Error }, text);
            evidence::edited(state)
        }
        Event::Viewer { request, content } => popups::viewed(state, request, content),
        Event::Stale { turn, paths, gone } => {
            if let Some(entry) = state.conversation.get_mut(turn) {
                entry.stale = paths.into_iter().collect();
                entry.gone = gone.into_iter().collect();
            }
            Vec::new()
        }
        Event::Saved { path, error } => popups::saved(state, path, error),
        Event::Paused => typing::keep_draft(state),
        Event::Said { ok, text } => {
            let level = if ok { NoticeLevel::Done } else { NoticeLevel::Error };
            say(state, level, text);
            Vec::new()
        }
    }
}

fn mouse(state: &mut State, pane: Focus, lines: i32) -> Vec<Effect> {
    if let Some(popup) = state.popups.last() {
        let by = ScrollBy::Lines(lines);
        let scrolls = popup.takes_wheel();
        return scrolls.then_some(Effect::Scroll(ScrollArea::Popup, by)).into_iter().collect();
    }
    match (pane, lines) {
        (pane, 0) => {
            program::focus(state, pane);
            Vec::new()
        }
        (Focus::Sources, lines) => evidence::step_source(state, lines.signum() as isize),
        (Focus::Conversation, lines) => {
            vec![Effect::Scroll(ScrollArea::Conversation, ScrollBy::Lines(lines))]
        }
        (Focus::Stats, lines) => vec![Effect::Scroll(ScrollArea::Stats, ScrollBy::Lines(lines))],
        _ => Vec::new(),
    }
}

fn scrolled(state: &mut State, position: Scrolled) {
    match position {
        Scrolled::Conversation(scroll) => state.conversation.scroll = scroll,
        Scrolled::Stats(line) => state.stats_scroll = line,
        Scrolled::Popup(line, row) => popups::scrolled(state, line, row),
    }
}
