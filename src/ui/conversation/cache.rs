//! Turns that are laid out already. A turn is laid out again only when
//! something of it changed, and only turns near the reader are kept.

use super::turn::{Look, Row, lay_out};
use crate::app::State;
use crate::app::state::{Entry, Phase};
use crate::domain::TurnId;
use crate::ui::text::Highlighter;
use crate::ui::theme::Theme;
use std::collections::HashMap;
use std::sync::Arc;

/// Turns that are kept; more than any screen shows.
const KEPT: usize = 256;

/// Laid out turns by their ids.
#[derive(Default)]
pub(super) struct Cache {
    slots: HashMap<TurnId, Slot>,
    highlighter: Highlighter,
    /// Counts the uses, to know the least recent one.
    clock: u64,
    laid_out: u64,
}

struct Slot {
    key: Key,
    rows: Arc<[Row]>,
    used: u64,
    /// The branch mark, and among how many turns it was looked up.
    branch: (usize, Option<(usize, usize)>),
}

/// Everything that decides how a turn looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    look: Look,
    revision: u64,
    phase: Phase,
    /// Ids and revisions start anew in every session; these don't.
    asked_ms: i64,
    lengths: (usize, usize, usize),
}

impl Key {
    fn of(entry: &Entry, look: Look) -> Self {
        let turn = &entry.turn;
        Self {
            look,
            revision: entry.revision,
            phase: entry.phase,
            asked_ms: turn.asked_ms,
            lengths: (turn.question.len(), turn.text.len(), turn.thought.len()),
        }
    }
}

impl Cache {
    /// Forgets everything, as for another theme.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.highlighter = Highlighter::default();
    }

    /// How many turns were laid out so far.
    pub(super) fn laid_out(&self) -> u64 {
        self.laid_out
    }

    /// The rows of a turn at this width.
    pub(super) fn rows(
        &mut self,
        entry: &Entry,
        width: u16,
        state: &State,
        theme: &Theme,
    ) -> Arc<[Row]> {
        self.clock += 1;
        let id = entry.turn.id;
        let turns = state.conversation.entries().len();
        let known = self.slots.get(&id).map(|slot| slot.branch);
        let branch = match known {
            // Looking for branches goes through all turns, so it is done only
            // when there are new ones.
            Some((among, branch)) if among == turns && self.same_turn(entry) => branch,
            _ => branch_of(id, state),
        };
        let conversation = &state.conversation;
        let current = match conversation.selected {
            Some(selected) => selected == id,
            None => conversation.tip().is_some_and(|tip| tip.turn.id == id),
        };
        let citation = conversation.citation.filter(|_| current);
        let key = Key::of(entry, Look { width, citation, branch });
        if let Some(slot) = self.slots.get_mut(&id)
            && slot.key == key
        {
            slot.used = self.clock;
            slot.branch = (turns, branch);
            return Arc::clone(&slot.rows);
        }
        self.laid_out += 1;
        let rows: Arc<[Row]> = lay_out(entry, key.look, state, theme, &mut self.highlighter).into();
        let slot = Slot { key, rows: Arc::clone(&rows), used: self.clock, branch: (turns, branch) };
        self.slots.insert(id, slot);
        self.shrink();
        rows
    }

    /// Whether the slot is of this very turn and not of one of another session
    /// that has the same id.
    fn same_turn(&self, entry: &Entry) -> bool {
        let slot = self.slots.get(&entry.turn.id);
        slot.is_some_and(|slot| slot.key.asked_ms == entry.turn.asked_ms)
    }

    fn shrink(&mut self) {
        if self.slots.len() <= KEPT {
            return;
        }
        let oldest = self.slots.iter().min_by_key(|(_, slot)| slot.used).map(|(id, _)| *id);
        if let Some(id) = oldest {
            self.slots.remove(&id);
        }
    }
}

fn branch_of(turn: TurnId, state: &State) -> Option<(usize, usize)> {
    let siblings = state.conversation.siblings(turn);
    let place = siblings.iter().position(|id| *id == turn)?;
    (siblings.len() > 1).then_some((place + 1, siblings.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    fn tip(cache: &mut Cache, state: &State, width: u16) -> Arc<[Row]> {
        cache.rows(state.conversation.tip().unwrap(), width, state, &Theme::default())
    }

    #[test]
    fn a_turn_is_laid_out_again_only_when_it_changed() {
        let mut cache = Cache::default();
        let mut state = fixtures::state();
        tip(&mut cache, &state, 40);
        tip(&mut cache, &state, 40);
        assert_eq!(cache.laid_out(), 1);
        tip(&mut cache, &state, 41);
        assert_eq!(cache.laid_out(), 2);
        state.conversation.citation = Some(0);
        tip(&mut cache, &state, 41);
        assert_eq!(cache.laid_out(), 3);
        fixtures::entry(&mut state, 1);
        tip(&mut cache, &state, 41);
        state.now_ms += 5000;
        tip(&mut cache, &state, 41);
        assert_eq!(cache.laid_out(), 4);
    }

    #[test]
    fn another_session_with_the_same_ids_is_not_mixed_up() {
        let mut cache = Cache::default();
        let mut state = fixtures::state();
        let before = tip(&mut cache, &state, 40);
        let mut other = fixtures::plain_turn(1, None, "Where?", "There.");
        other.asked_ms += 1;
        state.conversation.restore(vec![other], None);
        assert_ne!(tip(&mut cache, &state, 40), before);
    }

    #[test]
    fn branches_are_marked_once_there_are_several() {
        let mut cache = Cache::default();
        let mut state = fixtures::state();
        let before = tip(&mut cache, &state, 60);
        assert!(!before[0].line.to_string().contains("(1/2)"));
        state.conversation.push(fixtures::plain_turn(2, None, "q", "a"), Phase::Done);
        state.conversation.show(1);
        assert!(tip(&mut cache, &state, 60)[0].line.to_string().ends_with("(1/2)"));
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut cache = Cache::default();
        let mut state = fixtures::empty();
        for id in 1..=400 {
            let parent = (id > 1).then(|| id - 1);
            state.conversation.push(fixtures::plain_turn(id, parent, "q", "a"), Phase::Done);
        }
        for entry in state.conversation.branch() {
            cache.rows(entry, 40, &state, &Theme::default());
        }
        assert_eq!(cache.slots.len(), KEPT);
        assert!(cache.slots.contains_key(&400) && !cache.slots.contains_key(&1));
    }
}
