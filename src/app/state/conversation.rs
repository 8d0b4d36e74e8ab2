//! Turns, their branches, and where the reader stands in them.

use crate::domain::{Earlier, Outcome, Source, Turn, TurnId, without_found};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Turns that a question is told of; one leans on no older ones.
const EARLIER_TURNS: usize = 16;

/// How far an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is done for it any more.
    #[default]
    Done,
    /// It waits for the model.
    WaitingForModel,
    /// It waits for the first documents to be indexed.
    WaitingForIndex,
    /// Passages are searched.
    Searching,
    /// The model reads the prompt.
    Reading,
    /// The model writes.
    Writing,
}

/// What the user did to the sources of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Ids of the pinned chunks: where there are any, they alone are the
    /// evidence of the next answer.
    pub pinned: BTreeSet<String>,
    /// Ids of the excluded chunks.
    pub excluded: BTreeSet<String>,
}

impl Choice {
    /// Whether a source is evidence of the next answer.
    #[must_use]
    pub fn takes(&self, source: &Source) -> bool {
        let id = &source.hit.chunk.id;
        if self.pinned.is_empty() { !self.excluded.contains(id) } else { self.pinned.contains(id) }
    }
}

/// A turn as the screen knows it.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The turn.
    pub turn: Turn,
    /// How far its answer is.
    pub phase: Phase,
    /// Changes whenever something of the turn that is drawn changes.
    pub revision: u64,
    /// What the user did to its sources.
    pub choice: Choice,
    /// Paths of sources whose files changed since they were indexed.
    pub stale: BTreeSet<String>,
    /// Those of them that are gone.
    pub gone: BTreeSet<String>,
    /// Whether what the model thought is shown in full.
    pub thought_open: bool,
    /// The prompt that the model was given, where it was told.
    pub prompt: Option<Arc<str>>,
}

impl Entry {
    /// Notes that something changed.
    pub fn touch(&mut self) {
        self.revision += 1;
    }
}

/// What stands at the top of the conversation pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// The end is in sight, and stays so while text comes.
    #[default]
    Bottom,
    /// This line (from 0) of this turn is the topmost.
    At {
        /// The turn.
        turn: TurnId,
        /// Its line, at the width it is drawn with.
        line: usize,
        /// That width, in columns; 0 where it doesn't matter.
        width: u16,
        /// The byte of the answer that the line begins with, to find the line
        /// again when the width changes.
        byte: Option<usize>,
    },
}

/// The conversation with all its branches.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// Every turn of every branch, by id.
    entries: Vec<Entry>,
    /// Places in `entries` of the branch shown, root first.
    shown: Vec<usize>,
    /// The turn whose sources are shown; the last one where `None`.
    pub selected: Option<TurnId>,
    /// The selected citation of that turn, in the order of its text.
    pub citation: Option<usize>,
    /// The selected source of that turn, from 0.
    pub source: usize,
    /// Where the reader stands.
    pub scroll: Scroll,
}

impl Conversation {
    /// Every turn of every branch.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many turns the shown branch has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether the shown branch has no turn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The turn at this place of the shown branch.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Entry> {
        self.shown.get(place).and_then(|index| self.entries.get(*index))
    }

    /// The shown branch, root first.
    pub fn branch(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.shown.iter().map(|index| &self.entries[*index])
    }

    /// Where a turn stands in the shown branch.
    #[must_use]
    pub fn place(&self, turn: TurnId) -> Option<usize> {
        // Ids grow along a branch.
        self.shown.binary_search_by_key(&turn, |index| self.entries[*index].turn.id).ok()
    }

    /// A turn by its id.
    #[must_use]
    pub fn get(&self, turn: TurnId) -> Option<&Entry> {
        self.index(turn).and_then(|index| self.entries.get(index))
    }

    /// A turn by its id, to change it.
    pub fn get_mut(&mut self, turn: TurnId) -> Option<&mut Entry> {
        self.index(turn).and_then(|index| self.entries.get_mut(index))
    }

    fn index(&self, turn: TurnId) -> Option<usize> {
        self.entries.binary_search_by_key(&turn, |entry| entry.turn.id).ok()
    }

    /// The last turn of the shown branch.
    #[must_use]
    pub fn tip(&self) -> Option<&Entry> {
        self.shown.last().and_then(|index| self.entries.get(*index))
    }

    /// The turn whose sources are shown.
    #[must_use]
    pub fn current(&self) -> Option<&Entry> {
        match self.selected {
            Some(turn) => self.get(turn),
            None => self.tip(),
        }
    }

    /// The turn whose sources are shown, to change it.
    pub fn current_mut(&mut self) -> Option<&mut Entry> {
        let turn = self.current()?.turn.id;
        self.get_mut(turn)
    }

    /// The selected source.
    #[must_use]
    pub fn current_source(&self) -> Option<&Source> {
        self.current()?.turn.sources.get(self.source)
    }

    /// The id that the next turn gets.
    #[must_use]
    pub fn next_id(&self) -> TurnId {
        let next = self.entries.last().map_or(Some(1), |entry| entry.turn.id.checked_add(1));
        // A session that somebody wrote may have used up the numbers.
        let is_free = |id: &TurnId| self.entries.iter().all(|entry| entry.turn.id != *id);
        next.filter(is_free).or_else(|| (1..).find(is_free)).unwrap_or_default()
    }

    /// Adds a turn behind its parent and shows its branch.
    pub fn push(&mut self, turn: Turn, phase: Phase) {
        let id = turn.id;
        self.entries.push(Entry { turn, phase, ..Entry::default() });
        self.show(id);
    }

    /// Replaces everything, for a session that is resumed.
    pub fn restore(&mut self, mut turns: Vec<Turn>, head: Option<TurnId>) {
        turns.sort_by_key(|turn| turn.id);
        turns.dedup_by_key(|turn| turn.id);
        *self = Self::default();
        self.entries = turns.into_iter().map(|turn| Entry { turn, ..Entry::default() }).collect();
        let last = self.entries.last().map(|entry| entry.turn.id);
        if let Some(tip) = head.filter(|id| self.index(*id).is_some()).or(last) {
            self.show(tip);
        }
    }

    /// Shows the branch that ends in this turn; the turn and its newest
    /// descendants are in it.
    pub fn show(&mut self, turn: TurnId) {
        let Some(mut index) = self.index(turn) else { return };
        // Forward to the newest descendant, always through the newest child;
        // in a damaged file a turn may name itself or a later one as parent.
        let newest_child = |of: TurnId| {
            let child = |entry: &Entry| entry.turn.parent == Some(of) && entry.turn.id > of;
            self.entries.iter().rposition(child)
        };
        while let Some(child) = newest_child(self.entries[index].turn.id) {
            index = child;
        }
        let mut shown = vec![index];
        // Parents are older than their children, so this ends.
        while let Some(parent) = self.entries[index].turn.parent.and_then(|id| {
            // One that is missing was never saved; the branch goes on with the
            // newest before it.
            let before = || self.entries.partition_point(|e| e.turn.id < id).checked_sub(1);
            self.index(id).or_else(before)
        }) {
            if parent >= index {
                break;
            }
            shown.push(parent);
            index = parent;
        }
        shown.reverse();
        self.shown = shown;
        self.selected = None;
        self.citation = None;
        self.source = 0;
        self.scroll = Scroll::Bottom;
    }

    /// The branches at this turn, itself included: all turns with the same
    /// parent, oldest first.
    #[must_use]
    pub fn siblings(&self, turn: TurnId) -> Vec<TurnId> {
        let Some(entry) = self.get(turn) else { return Vec::new() };
        self.siblings_of(entry.turn.parent)
    }

    /// Every turn that follows this one, oldest first.
    #[must_use]
    pub fn siblings_of(&self, parent: Option<TurnId>) -> Vec<TurnId> {
        self.entries.iter().filter(|e| e.turn.parent == parent).map(|e| e.turn.id).collect()
    }

    /// What the questions up to `parent` in its branch leave for those that
    /// follow, oldest first.
    #[must_use]
    pub fn earlier(&self, parent: Option<TurnId>) -> Vec<Earlier> {
        let mut out = Vec::new();
        let mut next = parent;
        while let Some(entry) = next.and_then(|id| self.get(id))
            && out.len() < EARLIER_TURNS
        {
            let turn = &entry.turn;
            if !matches!(turn.outcome, Outcome::Failed { .. } | Outcome::Pending) {
                out.push(turn.earlier());
            }
            next = turn.parent.filter(|id| *id < turn.id);
        }
        out.reverse();
        out
    }

    /// Questions and answers before `turn` in its branch, oldest first, as the
    /// model is told of them. What failed or was empty is left out.
    #[must_use]
    pub fn history_before(&self, parent: Option<TurnId>) -> Vec<(String, String)> {
        let mut out = Vec::new();
        let mut next = parent;
        while let Some(entry) = next.and_then(|id| self.get(id)) {
            let turn = &entry.turn;
            let failed = matches!(turn.outcome, Outcome::Failed { .. } | Outcome::Pending);
            if !failed && !turn.text.trim().is_empty() {
                // As the model wrote it, so that it finds it in its cache.
                let (text, _) = without_found(&turn.text, &turn.citations);
                out.push((turn.question.clone(), text));
            }
            next = turn.parent.filter(|id| *id < turn.id);
        }
        out.reverse();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(id: TurnId, parent: Option<TurnId>) -> Turn {
        Turn {
            id,
            parent,
            question: format!("q{id}"),
            text: format!("a{id}"),
            outcome: Outcome::Answered,
            ..Turn::default()
        }
    }

    fn shown(conversation: &Conversation) -> Vec<TurnId> {
        conversation.branch().map(|entry| entry.turn.id).collect()
    }

    #[test]
    fn both_branches_of_an_edited_question_are_kept() {
        let mut all = Conversation::default();
        all.push(turn(1, None), Phase::Done);
        all.push(turn(2, Some(1)), Phase::Done);
        all.push(turn(3, Some(2)), Phase::Done);
        all.push(turn(4, Some(1)), Phase::Done);
        assert_eq!(shown(&all), [1, 4]);
        assert_eq!(all.siblings(4), [2, 4]);
        all.show(2);
        assert_eq!(shown(&all), [1, 2, 3]);
        assert_eq!((all.place(3), all.place(4)), (Some(2), None));
        assert_eq!(all.history_before(Some(2)).len(), 2);
        assert_eq!(all.history_before(None).len(), 0);
    }

    #[test]
    fn a_session_comes_back_at_its_head() {
        let mut all = Conversation::default();
        all.restore(vec![turn(3, Some(1)), turn(1, None), turn(2, Some(1))], Some(2));
        assert_eq!(shown(&all), [1, 2]);
        assert_eq!(all.next_id(), 4);
        all.restore(vec![turn(1, None)], Some(9));
        assert_eq!(shown(&all), [1]);
        all.restore(vec![turn(1, None), turn(u64::MAX, Some(1))], None);
        assert_eq!(all.next_id(), 2);
    }

    #[test]
    fn a_damaged_parent_does_not_loop() {
        let mut all = Conversation::default();
        all.restore(vec![turn(1, Some(2)), turn(2, Some(2))], None);
        assert!(!all.is_empty());
    }
}
