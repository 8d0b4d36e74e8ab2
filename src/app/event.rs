//! All that comes in: keys, and what the effects report.

use super::state::{
    AdapterCard, Asking, Collection, CollectionCard, Draft, KnownModel, ModelCard, RequestId,
    Scroll, ViewerContent,
};
use super::{Action, Key};
use crate::domain::{
    Answer, ByteRange, Citation, Ledger, Mode, SearchTimings, Source, Strategy, TrainingNews,
    TrainingScore, Turn, TurnId,
};
use std::sync::Arc;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The screen is up, and work may begin.
    Begin {
        /// Whether the user is to choose a session first.
        choose_session: bool,
    },
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The screen has this size now.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// The mouse wheel was turned over a pane, or a pane was clicked.
    Mouse {
        /// The pane under the pointer.
        pane: super::state::Focus,
        /// Lines to scroll; 0 for a click.
        lines: i32,
    },
    /// Something is to be done, whatever the keys are.
    Act(Action),
    /// Time passes; sent only while something works.
    Tick {
        /// Milliseconds since 1970.
        now_ms: i64,
        /// Resident memory, in bytes.
        resident_bytes: u64,
    },
    /// The position after a scroll effect.
    Scrolled(Scrolled),
    /// News of work in the background.
    Job {
        /// The request that asked for it; 0 for the knowledge base.
        request: RequestId,
        /// What happened.
        news: News,
    },
    /// A turn is on disk, or couldn't be put there.
    Kept {
        /// The session's id.
        session: String,
        /// The turn.
        turn: TurnId,
        /// Whether it was kept as a question whose answer isn't there yet.
        pending: bool,
        /// What went wrong.
        error: Option<String>,
    },
    /// A session is shown from now on.
    SessionOpened(Box<OpenedSession>),
    /// What was typed in a chat that ended without sending it.
    DraftFound(Draft),
    /// No session was opened; the one before goes on.
    SessionNotOpened {
        /// What to say about it.
        text: String,
        /// Whether something went wrong.
        failed: bool,
    },
    /// The sessions that were asked for.
    Sessions {
        /// The query they were searched for.
        query: String,
        /// Each of them, newest first.
        rows: Vec<SessionRow>,
    },
    /// The models that are at hand.
    Models(Vec<String>),
    /// What is known of the models that are at hand.
    ModelsKnown(Vec<KnownModel>),
    /// The models that the user likes best.
    Favourites(Vec<String>),
    /// The adapters that are at hand, the plain model first.
    Adapters(Vec<AdapterCard>),
    /// The collections.
    Collections(Vec<CollectionCard>),
    /// Answers come from this collection from now on.
    CollectionUsed {
        /// Its name; `None` for all.
        name: Option<String>,
        /// The mode it wants.
        mode: Option<Mode>,
        /// The adapters it wants.
        adapter: Option<String>,
        /// The strategy it wants.
        strategy: Option<Strategy>,
        /// What to say; empty for nothing.
        text: String,
    },
    /// There is no such collection; the one before goes on.
    CollectionRefused {
        /// The name that was asked for.
        name: String,
        /// What to say.
        text: String,
    },
    /// A file for the viewer.
    Viewer {
        /// The request.
        request: RequestId,
        /// Its content, or why there is none.
        content: Result<ViewerContent, String>,
    },
    /// Which files of a turn changed since they were indexed.
    Stale {
        /// The turn.
        turn: TurnId,
        /// Their paths.
        paths: Vec<String>,
        /// Paths of those that are gone.
        gone: Vec<String>,
    },
    /// The user's editor is closed, or could not be opened.
    Edited {
        /// Whether it worked.
        ok: bool,
        /// What to say.
        text: String,
    },
    /// The copied text is in a file, or couldn't be put there.
    Saved {
        /// The file.
        path: String,
        /// What went wrong.
        error: Option<String>,
    },
    /// Nothing was typed for a moment.
    Paused,
    /// Something is to be said.
    Said {
        /// Whether it worked.
        ok: bool,
        /// What to say.
        text: String,
    },
}

/// What happened to [`Work`](super::Work).
#[derive(Clone, Debug)]
pub enum News {
    /// To the knowledge base.
    Index(KnowledgeEvent),
    /// To a model being loaded.
    Load(ModelEvent),
    /// To the answer being made.
    Answer(AnswerEvent),
    /// To a comparison.
    Compare(CompareEvent),
    /// To a model being fetched.
    Pull(PullEvent),
    /// To an adapter being trained.
    Tune(TuneEvent),
}

/// A session that is shown from now on.
#[derive(Clone, Debug, Default)]
pub struct OpenedSession {
    /// Its id; `None` for a new one that has no file yet.
    pub id: Option<String>,
    /// Its title.
    pub title: String,
    /// Its turns, of all branches.
    pub turns: Vec<Turn>,
    /// The tip of the branch to show.
    pub head: Option<TurnId>,
    /// The turn to show, whatever the branch.
    pub turn: Option<TurnId>,
    /// How its questions were asked.
    pub asking: Option<Asking>,
    /// What was being typed in it.
    pub draft: Option<Draft>,
    /// What was repaired, if anything.
    pub recovered: Option<String>,
}

/// A session in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// More about it.
    pub detail: String,
    /// The turn that was found.
    pub turn: Option<TurnId>,
}

/// A position, as the layout found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrolled {
    /// Of the conversation.
    Conversation(Scroll),
    /// Of the stats: their topmost line.
    Stats(usize),
    /// Of the popup on top: its topmost line, and which of its rows; of a list
    /// the selected match.
    Popup(usize, usize),
}

/// News of the knowledge base.
#[derive(Clone, Debug, PartialEq)]
pub enum KnowledgeEvent {
    /// What it holds, within the documents the user named.
    Holds {
        /// Files.
        files: usize,
        /// Chunks.
        chunks: usize,
        /// Collections.
        collections: Vec<Collection>,
    },
    /// These documents are searched from now on, as the user named them.
    Roots(Vec<String>),
    /// Files are looked for.
    Walking,
    /// Another process writes.
    Waiting,
    /// So far.
    Progress {
        /// Files done.
        files: usize,
        /// Files there are.
        total: usize,
        /// Chunks made.
        chunks: usize,
    },
    /// The indexes are brought up to date.
    Maintaining,
    /// Nothing runs any more.
    Ready {
        /// What was done, in one line; empty where nothing changed.
        summary: String,
        /// Files that were not indexed, with the reason.
        skipped: Vec<(String, String)>,
    },
    /// It failed.
    Failed(String),
}

/// News of a model being loaded.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    /// It answers from now on.
    Loaded(ModelCard),
    /// It can't be loaded; the one before goes on.
    Failed(String),
}

/// News of a model being fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullEvent {
    /// So far, in bytes.
    Progress {
        /// What is there.
        done: u64,
        /// What there will be, where that is known.
        total: Option<u64>,
    },
    /// It is here.
    Done {
        /// The name to load it by.
        model: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// It can't be fetched; what, and what to do.
    Failed(String),
}

/// News of an adapter being trained.
#[derive(Clone, Debug, PartialEq)]
pub enum TuneEvent {
    /// How far it is.
    News(TrainingNews),
    /// What lies before it is known, and nothing runs.
    Planned,
    /// It is trained.
    Done {
        /// What it was worth.
        scores: Vec<TrainingScore>,
    },
    /// It was stopped after this step; what was trained is kept.
    Stopped {
        /// The step.
        step: usize,
    },
    /// It failed; what, and what to do.
    Failed(String),
}

/// News of a comparison. Columns count from 0.
#[derive(Clone, Debug)]
pub enum CompareEvent {
    /// The model of a column is being loaded.
    Loading {
        /// The column.
        column: usize,
    },
    /// It can answer.
    Loaded {
        /// The column.
        column: usize,
        /// How long that took, in milliseconds.
        switch_ms: f64,
        /// What its engine takes, in bytes.
        memory_bytes: u64,
    },
    /// News of its answer.
    Answer {
        /// The column.
        column: usize,
        /// What happened.
        event: AnswerEvent,
    },
    /// It can't be answered.
    Failed {
        /// The column.
        column: usize,
        /// What, and what to do.
        message: String,
    },
    /// Every column is done.
    Done,
}

/// News of the answer being made.
#[derive(Clone, Debug)]
pub enum AnswerEvent {
    /// It waits for the model to be loaded.
    WaitingForModel,
    /// It waits for the first documents to be indexed.
    WaitingForIndex,
    /// Passages are searched.
    Searching,
    /// The sources, and how long the search took.
    Sources {
        /// Every source, used or left out.
        sources: Vec<Source>,
        /// Where the time went.
        search: SearchTimings,
    },
    /// The prompt is built, and the model reads it.
    Prompt {
        /// Where the window went.
        ledger: Ledger,
        /// What it reads, with a line before each message that says whose it is.
        text: Arc<str>,
    },
    /// A piece of the answer.
    Text(String),
    /// A piece of thought.
    Thought(String),
    /// The mark `[n]` stands in the text now.
    Cite {
        /// The source's number.
        number: usize,
        /// The mark, in bytes of the text.
        mark: ByteRange,
    },
    /// The sentence of a mark is whole, and was checked.
    Checked(Citation),
    /// A number that names no source was taken out.
    Dropped(usize),
    /// Tokens decoded so far.
    Tokens(usize),
    /// It is done.
    Done(Box<Answer>),
    /// It failed.
    Failed(String),
}
