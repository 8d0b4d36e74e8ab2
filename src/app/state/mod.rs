//! Everything the screen shows, and nothing else.

mod adapter;
mod asking;
mod conversation;
mod input;
mod jobs;
mod known;
mod layout;
mod request;
mod training;
mod work;

pub use super::compared::CompareVariant;
pub use super::popups::{
    Compare, CompareColumn, Confirm, Help, Highlight, Match, Picker, PickerKind, PickerRow, Popup,
    Prompt, PromptFor, Task, Tune, Viewer, ViewerContent,
};
pub use adapter::{AdapterCard, CollectionCard, Loading};
pub use asking::{Asking, Draft, Given, Outside};
pub use conversation::{Choice, Conversation, Entry, Phase, Scroll};
pub use input::{Completion, Input};
pub use jobs::Jobs;
pub use known::KnownModel;
pub use layout::{Arrangement, Focus, Panes, Size};
pub use request::RequestId;
pub use training::{Training, TrainingPhase};
pub use work::{
    Collection, Knowledge, KnowledgeWork, LiveStats, ModelCard, ModelState, Notice, NoticeLevel,
    Running, SessionCard, Totals,
};

use super::keymap::Keymap;
use crate::config::QuoteMode;
use crate::domain::{JobKind, Mode, NONE, Strategy, Turn, TurnId};

/// What the program is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// The keys.
    pub keymap: Keymap,
    /// Name of the theme.
    pub theme: String,
    /// Every theme.
    pub themes: Vec<String>,
    /// Every model that is at hand, by name.
    pub models: Vec<String>,
    /// The model that is loaded first.
    pub model: String,
    /// Whether quote mode is on.
    pub quote: QuoteMode,
    /// The mode.
    pub mode: Mode,
    /// The adapters of a mode that uses some.
    pub adapter: Option<String>,
    /// How sources are read.
    pub strategy: Strategy,
    /// The collection that was chosen, if any.
    pub collection: Option<String>,
    /// Whether the mouse is on.
    pub mouse: bool,
    /// The documents, as the user named them; empty for the whole knowledge
    /// base.
    pub roots: Vec<String>,
    /// How questions are asked outside of the chosen collection, if that has a
    /// way of its own.
    pub outside: Option<Outside>,
    /// What was given on the command line.
    pub given: Given,
    /// Whether an earlier session is being opened.
    pub opening: bool,
    /// Milliseconds since 1970.
    pub now_ms: i64,
}

/// The whole state.
#[derive(Clone, Debug)]
pub struct State {
    /// Size of the screen, in cells.
    pub size: Size,
    /// The pane that gets the keys while no popup is open.
    pub focus: Focus,
    /// Which panes are shown and how large.
    pub panes: Panes,
    /// The topmost line of the stats while they have the focus.
    pub stats_scroll: usize,
    /// Popups, the topmost last; the topmost gets the keys.
    pub popups: Vec<Popup>,
    /// Questions and answers.
    pub conversation: Conversation,
    /// The text being written.
    pub input: Input,
    /// The knowledge base.
    pub knowledge: Knowledge,
    /// The model.
    pub model: ModelState,
    /// The answer being made.
    pub running: Option<Running>,
    /// What runs in the background, and what ran.
    pub jobs: Jobs,
    /// The adapter being trained, or the last one that was.
    pub training: Option<Training>,
    /// Figures that change while work runs.
    pub live: LiveStats,
    /// Sums over the session.
    pub totals: Totals,
    /// The session.
    pub session: SessionCard,
    /// Whether another session is being opened or begun; until it is there,
    /// nothing can be asked, since it would be kept in the wrong one.
    pub opening: bool,
    /// Whether answers are limited to sentences of the sources.
    pub quote: QuoteMode,
    /// The mode of the next answer.
    pub mode: Mode,
    /// The adapters of the model that answers; `None` for the plain one.
    pub adapter: Option<String>,
    /// The adapters that were used last.
    pub last_adapter: Option<String>,
    /// Every adapter at hand, the plain model first.
    pub adapters: Vec<AdapterCard>,
    /// How the sources of the next answer are read.
    pub strategy: Strategy,
    /// The collection that is searched; what was indexed here where `None`.
    pub collection: Option<String>,
    /// How questions were asked before a collection brought its own way.
    pub outside: Option<Outside>,
    /// What was given on the command line, until a session was opened.
    pub given: Given,
    /// Every collection.
    pub collections: Vec<CollectionCard>,
    /// Name of the theme shown.
    pub theme: String,
    /// Every theme.
    pub themes: Vec<String>,
    /// Every model that is at hand.
    pub models: Vec<String>,
    /// What is known of them.
    pub known_models: Vec<KnownModel>,
    /// Those that the user likes best.
    pub favourites: Vec<String>,
    /// The keys.
    pub keymap: Keymap,
    /// Whether the mouse is on.
    pub mouse: bool,
    /// What the status bar says for now.
    pub notice: Option<Notice>,
    /// The text that was copied last.
    pub copied: Option<String>,
    /// Which code block is copied next.
    pub next_code_block: usize,
    /// When Ctrl+C was pressed on an empty input with nothing running.
    pub quit_armed: bool,
    /// Milliseconds since 1970, as of the last event that told the time.
    pub now_ms: i64,
    /// The request that is given out next.
    pub next_request: RequestId,
    /// The program is to end.
    pub quitting: bool,
}

impl State {
    /// The state before anything happened.
    #[must_use]
    pub fn new(start: Start) -> Self {
        Self {
            size: Size { columns: 80, rows: 24 },
            focus: Focus::Input,
            panes: Panes::default(),
            stats_scroll: 0,
            popups: Vec::new(),
            conversation: Conversation::default(),
            input: Input::default(),
            knowledge: Knowledge { roots: start.roots, ..Knowledge::default() },
            model: ModelState { wanted: start.model, ..ModelState::default() },
            running: None,
            jobs: Jobs::default(),
            training: None,
            live: LiveStats::default(),
            totals: Totals::default(),
            session: SessionCard::default(),
            opening: start.opening,
            quote: start.quote,
            mode: start.mode,
            last_adapter: start.adapter.clone(),
            adapter: start.adapter,
            adapters: Vec::new(),
            strategy: start.strategy,
            collection: start.collection,
            outside: start.outside,
            given: start.given,
            collections: Vec::new(),
            theme: start.theme,
            themes: start.themes,
            models: start.models,
            known_models: Vec::new(),
            favourites: Vec::new(),
            keymap: start.keymap,
            mouse: start.mouse,
            notice: None,
            copied: None,
            next_code_block: 0,
            quit_armed: false,
            now_ms: start.now_ms,
            next_request: 1,
            quitting: false,
        }
    }

    /// Whether something runs, so that clocks and memory are kept fresh.
    #[must_use]
    pub fn working(&self) -> bool {
        self.running.is_some()
            || self.model.loading.is_some()
            || self.knowledge.work.busy()
            || self.comparing()
            || self.pulling()
            || self.training.as_ref().is_some_and(Training::runs)
    }

    /// Whether a model is being fetched.
    #[must_use]
    pub fn pulling(&self) -> bool {
        self.jobs.running().any(|job| job.kind == JobKind::Pull)
    }

    /// Whether a comparison is being answered.
    #[must_use]
    pub fn comparing(&self) -> bool {
        self.popups.iter().any(|popup| matches!(popup, Popup::Compare(c) if c.running))
    }

    /// How the panes stand at this size.
    #[must_use]
    pub fn arrangement(&self) -> Arrangement {
        self.panes.arrangement(self.size)
    }

    /// The turn whose sources are shown: the selected one, else the last.
    #[must_use]
    pub fn current(&self) -> Option<&Entry> {
        self.conversation.current()
    }

    /// The turn of the current entry.
    #[must_use]
    pub fn current_turn(&self) -> Option<&Turn> {
        self.current().map(|entry| &entry.turn)
    }

    /// The answer being made, where it is of this turn.
    #[must_use]
    pub fn running_turn(&self, turn: TurnId) -> Option<&Running> {
        self.running.as_ref().filter(|running| running.turn == turn)
    }

    /// Brings the totals up to date. They are added up anew, since a continued
    /// answer replaces what was counted of it.
    pub fn count(&mut self) {
        let entries = self.conversation.entries().iter();
        self.totals = Totals::of(entries.map(|entry| &entry.turn));
    }

    /// A new number for something asked of the outside.
    pub fn request(&mut self) -> RequestId {
        let request = self.next_request;
        self.next_request += 1;
        request
    }

    /// How the next question is asked. A model that is on its way counts, since
    /// it is what the user wants.
    #[must_use]
    pub fn asking(&self) -> Asking {
        let (model, adapter, mode) = match (&self.model.loading, &self.model.loaded) {
            (Some(loading), _) => (loading.model.clone(), loading.adapter.clone(), loading.mode),
            (None, Some(card)) => (card.wanted.clone(), self.adapter.clone(), self.mode),
            (None, None) => (self.model.wanted.clone(), self.adapter.clone(), self.mode),
        };
        Asking {
            mode: Some(mode),
            model: Some(model),
            adapter: Some(adapter.unwrap_or_else(|| NONE.to_owned())),
            collection: Some(self.collection.clone().unwrap_or_default()),
            quote: Some(self.quote),
            strategy: Some(self.strategy),
        }
    }

    /// How questions are asked outside of a collection with its own way.
    #[must_use]
    pub fn here(&self) -> Outside {
        let loading = self.model.loading.as_ref();
        Outside {
            mode: loading.map_or(self.mode, |loading| loading.mode),
            adapter: loading
                .map_or_else(|| self.adapter.clone(), |loading| loading.adapter.clone()),
            strategy: self.strategy,
        }
    }

    /// What is typed and would be lost; a recalled question that nobody changed
    /// would not be.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let input = &self.input;
        let text = input.editor.text();
        let recalled = input.place.and_then(|place| input.history.get(place));
        if recalled == Some(&text) {
            return Draft { text: input.draft.clone(), editing: None };
        }
        Draft { text, editing: input.editing }
    }
}
