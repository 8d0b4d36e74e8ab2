//! Sources and citations: walking, opening, pinning, copying.

use super::answer;
use super::say::say;
use crate::app::effect::{ScrollArea, ScrollBy};
use crate::app::state::{Entry, NoticeLevel, Phase, Popup, Viewer, ViewerContent};
use crate::app::{Effect, State};
use crate::domain::{ByteRange, Locator, Outcome, Source, TurnId};
use std::sync::Arc;

/// Selects another source of the current answer.
pub fn step_source(state: &mut State, by: isize) -> Vec<Effect> {
    let count = state.current_turn().map_or(0, |turn| turn.sources.len());
    let at = &mut state.conversation.source;
    *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
    state.conversation.citation = None;
    Vec::new()
}

/// Selects another turn of the branch, and brings it in sight.
pub fn step_turn(state: &mut State, by: isize) -> Vec<Effect> {
    let conversation = &mut state.conversation;
    let Some(current) = conversation.current().map(|entry| entry.turn.id) else {
        return Vec::new();
    };
    let place = conversation.place(current).unwrap_or(0);
    let next = place.saturating_add_signed(by).min(conversation.len().saturating_sub(1));
    let Some(turn) = conversation.at(next).map(|entry| entry.turn.id) else { return Vec::new() };
    if turn == current && conversation.selected.is_some() {
        return Vec::new();
    }
    select(state, turn);
    vec![reveal(ScrollBy::Turn(turn))]
}

fn select(state: &mut State, turn: TurnId) {
    let conversation = &mut state.conversation;
    if conversation.current().map(|entry| entry.turn.id) != Some(turn) {
        conversation.source = 0;
    }
    conversation.selected = Some(turn);
    conversation.citation = None;
    state.next_code_block = 0;
}

fn reveal(by: ScrollBy) -> Effect {
    Effect::Scroll(ScrollArea::Conversation, by)
}

/// Selects the next or previous citation, over the borders of answers.
pub fn step_citation(state: &mut State, by: isize) -> Vec<Effect> {
    let conversation = &state.conversation;
    let Some(current) = conversation.current() else { return Vec::new() };
    let Some(place) = conversation.place(current.turn.id) else { return Vec::new() };
    let inside = match (conversation.citation, by > 0) {
        (Some(at), _) => at.checked_add_signed(by),
        (None, true) => Some(0),
        (None, false) => current.turn.citations.len().checked_sub(1),
    };
    let found = inside
        .filter(|at| *at < current.turn.citations.len())
        .map(|at| (current.turn.id, at))
        .or_else(|| {
            let citing = |entry: &&Entry| !entry.turn.citations.is_empty();
            if by > 0 {
                let entry = conversation.branch().skip(place + 1).find(citing)?;
                Some((entry.turn.id, 0))
            } else {
                let entry = conversation.branch().take(place).rev().find(citing)?;
                Some((entry.turn.id, entry.turn.citations.len() - 1))
            }
        });
    let Some((turn, at)) = found else {
        say(state, NoticeLevel::Info, "There is no further citation.");
        return Vec::new();
    };
    select(state, turn);
    state.conversation.citation = Some(at);
    let Some(entry) = state.conversation.get(turn) else { return Vec::new() };
    let Some(citation) = entry.turn.citations.get(at) else { return Vec::new() };
    let source = entry.turn.sources.iter().position(|s| s.number == citation.number);
    let byte = citation.mark.start;
    if let Some(source) = source {
        state.conversation.source = source;
    }
    vec![reveal(ScrollBy::Byte(turn, byte))]
}

/// The current entry and its selected source.
fn selected(state: &mut State) -> Option<(&Entry, &Source)> {
    if state.conversation.current_source().is_none() {
        say(state, NoticeLevel::Info, "There is no source to choose; ask a question first.");
        return None;
    }
    Some((state.conversation.current()?, state.conversation.current_source()?))
}

/// Opens the selected source in the viewer.
pub fn open(state: &mut State) -> Vec<Effect> {
    let citation = state.conversation.citation;
    let Some((entry, source)) = selected(state) else { return Vec::new() };
    let chunk = &source.hit.chunk;
    let citations = entry.turn.citations.iter().enumerate();
    let mut ranges: Vec<ByteRange> = citations
        .filter(|(at, c)| match citation {
            // A selected citation leads to its own sentence alone.
            Some(selected) => *at == selected,
            None => c.number == source.number,
        })
        .filter_map(|(_, c)| c.locator.bytes())
        .filter(|range| !range.is_empty())
        .collect();
    ranges.sort();
    ranges.dedup();
    let (turn, path, locator) = (entry.turn.id, chunk.path.clone(), chunk.locator());
    let (file_hash, passage) = (chunk.file_hash.clone(), chunk.text.clone());
    let request = state.request();
    state.popups.push(Popup::from(Viewer {
        request,
        turn,
        path: path.clone(),
        locator: locator.clone(),
        ranges: ranges.clone(),
        content: None,
        scroll: (0, 0),
        text_only: false,
    }));
    vec![Effect::View { request, path, locator, ranges, file_hash, passage }]
}

/// Opens the file of the viewer, or of the selected source, in the user's
/// editor.
pub fn edit_file(state: &mut State) -> Vec<Effect> {
    if matches!(state.popups.last(), Some(Popup::Viewer(viewer)) if viewer.text_only) {
        say(state, NoticeLevel::Info, "A prompt is no file; w saves what y copied.");
        return Vec::new();
    }
    if let Some(Popup::Viewer(viewer)) = state.popups.last() {
        let cited = match &viewer.content {
            Some(Ok(content)) => content.cited.first().map(|h| content.first_line + h.line as u32),
            _ => None,
        };
        let line = viewer.locator.editor_line().map(|line| cited.unwrap_or(line));
        return vec![Effect::Edit { path: viewer.path.clone(), line }];
    }
    let Some((entry, source)) = selected(state) else { return Vec::new() };
    let cited = entry.turn.citations.iter().find(|c| c.number == source.number);
    let locator = cited.map_or_else(|| source.hit.chunk.locator(), |c| c.locator.clone());
    let line = locator.editor_line();
    vec![Effect::Edit { path: source.hit.chunk.path.clone(), line }]
}

/// The user's editor is closed: files may have changed.
pub fn edited(state: &mut State) -> Vec<Effect> {
    // What is read now is another text: nothing laid out before holds for it.
    let request = state.request();
    if let Some(Popup::Viewer(viewer)) = state.popups.last_mut() {
        viewer.request = request;
    }
    let Some(entry) = state.current() else { return Vec::new() };
    let mut effects = vec![answer::stale(&entry.turn)];
    if let Some(Popup::Viewer(viewer)) = state.popups.last() {
        let of_file = |source: &&Source| source.hit.chunk.path == viewer.path;
        let chunk = entry.turn.sources.iter().find(of_file).map(|source| &source.hit.chunk);
        effects.push(Effect::View {
            request,
            path: viewer.path.clone(),
            locator: viewer.locator.clone(),
            ranges: viewer.ranges.clone(),
            file_hash: chunk.map(|chunk| chunk.file_hash.clone()).unwrap_or_default(),
            passage: chunk.map(|chunk| chunk.text.clone()).unwrap_or_default(),
        });
    }
    effects
}

/// Pins the selected source, or takes the pin away.
pub fn pin(state: &mut State) -> Vec<Effect> {
    let Some((_, source)) = selected(state) else { return Vec::new() };
    let (id, number) = (source.hit.chunk.id.clone(), source.number);
    let again = key_of_again(state);
    let Some(entry) = state.conversation.current_mut() else { return Vec::new() };
    let pinned = !entry.choice.pinned.remove(&id);
    if pinned {
        entry.choice.excluded.remove(&id);
        entry.choice.pinned.insert(id);
    }
    let count = entry.choice.pinned.len();
    let text = match (pinned, count) {
        (true, 1) => format!("Pinned [{number}]. {again} answers again from it alone."),
        (true, _) => format!("Pinned [{number}]. {again} answers again from the {count} pinned."),
        (false, _) => format!("[{number}] is no longer pinned."),
    };
    say(state, NoticeLevel::Done, text);
    Vec::new()
}

/// Excludes the selected source, or takes it back in.
pub fn exclude(state: &mut State) -> Vec<Effect> {
    let Some((_, source)) = selected(state) else { return Vec::new() };
    let (id, number) = (source.hit.chunk.id.clone(), source.number);
    let again = key_of_again(state);
    let Some(entry) = state.conversation.current_mut() else { return Vec::new() };
    let excluded = !entry.choice.excluded.remove(&id);
    if excluded {
        entry.choice.pinned.remove(&id);
        entry.choice.excluded.insert(id);
    }
    let text = if excluded {
        format!("Excluded [{number}]. {again} answers again without it.")
    } else {
        format!("[{number}] is back.")
    };
    say(state, NoticeLevel::Done, text);
    Vec::new()
}

/// Marks the answer of the current turn as a good one, or takes that back.
pub fn mark_good(state: &mut State) -> Vec<Effect> {
    let Some(entry) = state.conversation.current_mut() else { return Vec::new() };
    let answered = entry.phase == Phase::Done
        && matches!(entry.turn.outcome, Outcome::Answered | Outcome::NotAnswered)
        && !entry.turn.text.trim().is_empty();
    if !answered {
        say(state, NoticeLevel::Info, "There is no whole answer here to mark.");
        return Vec::new();
    }
    entry.turn.good = !entry.turn.good;
    entry.touch();
    let (turn, good) = (entry.turn.id, entry.turn.good);
    let text = if good {
        "Marked as a good answer: `lorag data make --from-sessions` makes training data of it."
    } else {
        "No longer marked as a good answer."
    };
    say(state, NoticeLevel::Done, text);
    vec![Effect::KeepMark { turn, good }]
}

fn key_of_again(state: &State) -> String {
    use crate::app::Action;
    use crate::app::keymap::Layer;
    state.keymap.hint(Layer::Sources, Action::AnswerAgain).unwrap_or_else(|| "/again".to_owned())
}

/// Copies the answer of the current turn.
pub fn copy_answer(state: &mut State) -> Vec<Effect> {
    let text = state.current_turn().map(|turn| turn.text.clone()).unwrap_or_default();
    copy(state, text, "answer")
}

/// Copies the passage of the selected source.
pub fn copy_passage(state: &mut State) -> Vec<Effect> {
    if let Some(Popup::Viewer(viewer)) = state.popups.last()
        && let (true, Some(Ok(content))) = (viewer.text_only, &viewer.content)
    {
        let text = content.lines.join("\n");
        return copy(state, text, "prompt");
    }
    let Some((_, source)) = selected(state) else { return Vec::new() };
    let text = source.hit.chunk.text.clone();
    copy(state, text, "passage")
}

/// Copies one citation: what is quoted, and its file with the lines. The
/// selected citation, else the first of the selected source, else its passage.
pub fn copy_citation(state: &mut State) -> Vec<Effect> {
    let at = state.conversation.citation;
    let Some((entry, source)) = selected(state) else { return Vec::new() };
    let citations = &entry.turn.citations;
    let of_source = || citations.iter().find(|c| c.number == source.number);
    let citation = at.and_then(|at| citations.get(at)).or_else(of_source);
    let chunk = &source.hit.chunk;
    let (quote, place) = match citation.filter(|c| !c.quote.trim().is_empty()) {
        Some(citation) => (citation.quote.trim(), citation.locator.within(&citation.path)),
        None => (chunk.text.trim(), chunk.locator().within(&chunk.path)),
    };
    let text = format!("{quote}\n{place}");
    copy(state, text, "citation")
}

/// Shows what the model thought before the selected answer, or hides it.
pub fn toggle_thought(state: &mut State) -> Vec<Effect> {
    match state.conversation.current_mut() {
        Some(entry) if !entry.turn.thought.trim().is_empty() => {
            entry.thought_open = !entry.thought_open;
            entry.touch();
            let turn = entry.turn.id;
            vec![reveal(ScrollBy::Turn(turn))]
        }
        _ => {
            say(state, NoticeLevel::Info, "The model did not think before this answer.");
            Vec::new()
        }
    }
}

/// Shows the prompt that the model was given for the selected answer.
pub fn show_prompt(state: &mut State) -> Vec<Effect> {
    let Some(entry) = state.conversation.current() else {
        say(state, NoticeLevel::Info, "There is no question yet.");
        return Vec::new();
    };
    let Some(prompt) = entry.prompt.clone() else {
        let text = "The prompt is known for answers of this run; sessions don't keep it.";
        say(state, NoticeLevel::Info, text);
        return Vec::new();
    };
    let turn = entry.turn.id;
    let number = state.conversation.place(turn).map_or(turn, |place| place as u64 + 1);
    let lines: Vec<String> = prompt.lines().map(str::to_owned).collect();
    let request = state.request();
    state.popups.push(Popup::from(Viewer {
        request,
        turn,
        path: format!("the prompt of question {number}"),
        locator: Locator::default(),
        ranges: Vec::new(),
        content: Some(Ok(ViewerContent {
            lines: Arc::new(lines),
            first_line: 1,
            ..ViewerContent::default()
        })),
        scroll: (0, 0),
        text_only: true,
    }));
    Vec::new()
}

/// Copies a code block of the answer, one after the other.
pub fn copy_code(state: &mut State) -> Vec<Effect> {
    let text = state.current_turn().map(|turn| turn.text.clone()).unwrap_or_default();
    let blocks = super::super::markdown::code_blocks(&text);
    if blocks.is_empty() {
        say(state, NoticeLevel::Info, "This answer has no code block.");
        return Vec::new();
    }
    let at = state.next_code_block % blocks.len();
    state.next_code_block = at + 1;
    let what = format!("code block {} of {}", at + 1, blocks.len());
    let block = blocks.into_iter().nth(at).unwrap_or_default();
    copy(state, block, &what)
}

fn copy(state: &mut State, text: String, what: &str) -> Vec<Effect> {
    if text.trim().is_empty() {
        say(state, NoticeLevel::Info, format!("There is no {what} to copy yet."));
        return Vec::new();
    }
    state.copied = Some(text.clone());
    vec![Effect::Copy { text, what: what.to_owned() }]
}
