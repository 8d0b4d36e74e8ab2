//! The one thread that reads and writes sessions, so that writes can't
//! overtake each other.

use super::shared::Shared;
use super::{files, shown};
use crate::app::Event;
use crate::app::command::ExportFormat;
use crate::app::event::{OpenedSession, SessionRow};
use crate::app::state::{Asking, Draft};
use crate::domain::{Outcome, Turn, TurnId, visible};
use crate::session::{
    self, Index, Session, SessionError, SessionInfo, SessionSettings, Sessions, Writer, now_ms,
    time_ago, to_html, to_json, to_markdown,
};
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What the chat begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resume {
    /// A new session.
    New,
    /// The one used last.
    Latest,
    /// This one.
    Id(String),
    /// The user chooses.
    Choose,
}

/// What the thread is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Keep a turn.
    Keep(Box<Turn>),
    /// Keep which branch is shown.
    Head(TurnId),
    /// Keep whether an answer is a good one.
    Mark(TurnId, bool),
    /// Keep how questions are asked.
    Asking(Asking),
    /// Keep what is being typed.
    Draft(Draft),
    /// Keep a title.
    Title(String),
    /// List the sessions that hold these words.
    List(String),
    /// Go on in another session, at this turn.
    Open(String, Option<TurnId>),
    /// Begin a new one.
    New,
    /// Go on in a copy.
    Fork(Option<TurnId>),
    /// Delete a session.
    Delete(String),
    /// Write the session to a file.
    Export {
        /// In which form.
        format: ExportFormat,
        /// Where to.
        path: Option<PathBuf>,
        /// The turns of every branch, as the screen shows them.
        turns: Vec<Turn>,
        /// The tip of the shown branch.
        head: Option<TurnId>,
        /// The title.
        title: String,
    },
}

/// Starts the thread. It ends when the sender is gone and everything that was
/// sent is done, and gives back what to tell the user where something could
/// not be saved.
///
/// # Errors
/// Where the thread can't be started.
pub(super) fn start(
    folder: PathBuf,
    shared: Arc<Shared>,
    resume: Resume,
) -> io::Result<(Sender<Command>, JoinHandle<Option<String>>)> {
    let (sender, receiver) = channel();
    let keeper = Keeper {
        index: Index::new(Sessions::new(folder)),
        writer: None,
        unsaved: Vec::new(),
        asking: None,
        drafted: false,
        shared,
    };
    let thread = std::thread::Builder::new().name("lorag-sessions".to_owned());
    let thread = thread.spawn(move || keeper.run(resume, &receiver))?;
    Ok((sender, thread))
}

/// What a command that can't be carried out is answered with, so that nothing
/// waits for it.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A turn was to be kept.
    Kept(TurnId, bool),
    /// A session was to be opened.
    NotOpened,
    /// Sessions were to be listed.
    Listed(String),
    /// Nothing waits.
    None,
}

impl Command {
    pub(super) fn reply(&self) -> Reply {
        match self {
            Self::Keep(turn) => Reply::Kept(turn.id, turn.outcome == Outcome::Pending),
            Self::Open(..) | Self::New | Self::Fork(_) => Reply::NotOpened,
            Self::List(query) => Reply::Listed(query.clone()),
            Self::Head(_)
            | Self::Mark(..)
            | Self::Asking(_)
            | Self::Draft(_)
            | Self::Title(_)
            | Self::Delete(_)
            | Self::Export { .. } => Reply::None,
        }
    }
}

/// Answers a command that can't be carried out. `text` says why.
pub(super) fn refuse(shared: &Shared, reply: &Reply, text: &str) {
    match reply {
        Reply::Kept(turn, pending) => shared.tell(Event::Kept {
            session: String::new(),
            turn: *turn,
            pending: *pending,
            error: Some(text.to_owned()),
        }),
        Reply::NotOpened => {
            shared.tell(Event::SessionNotOpened { text: format!("{text}."), failed: true });
        }
        Reply::Listed(query) => {
            shared.tell(Event::Sessions { query: query.clone(), rows: Vec::new() });
            shared.say(false, format!("{text}."));
        }
        Reply::None => shared.say(false, format!("{text}.")),
    }
}

struct Keeper {
    /// The sessions, with what is known of them.
    index: Index,
    /// The session that is written to; none before the first turn.
    writer: Option<Writer>,
    /// Turns that could not be written yet, oldest first.
    unsaved: Vec<Turn>,
    /// How questions are asked, until that is written.
    asking: Option<Asking>,
    /// Whether a draft is kept for a session that has no file yet.
    drafted: bool,
    shared: Arc<Shared>,
}

impl Keeper {
    fn run(mut self, resume: Resume, commands: &Receiver<Command>) -> Option<String> {
        let fresh = matches!(resume, Resume::New);
        let id = match resume {
            Resume::New | Resume::Choose => None,
            Resume::Id(id) => Some(id),
            Resume::Latest => match self.sessions().latest() {
                Ok(Some(id)) => Some(id),
                Ok(None) => {
                    let noted =
                        |list: Vec<SessionInfo>| list.into_iter().find_map(|info| info.note);
                    match self.sessions().list().ok().and_then(noted) {
                        Some(note) => {
                            let text = format!(
                                "The last session can't be gone on with: {note}. This is a new one."
                            );
                            self.not_opened(text, true);
                        }
                        None => self
                            .not_opened("There is no earlier session; this is a new one.", false),
                    }
                    None
                }
                Err(error) => {
                    self.not_opened(error.to_string(), true);
                    None
                }
            },
        };
        if let Some(id) = id {
            self.open(&id, None);
        }
        if fresh && let Some(lost) = self.sessions().take_lost_draft() {
            let session::Draft { text, editing: _ } = lost;
            let draft = Draft { text, editing: None };
            // It is this chat's from now on.
            self.draft(&draft);
            self.shared.tell(Event::DraftFound(draft));
        }
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                let Ok(command) = commands.recv() else { break };
                waiting.push_back(command);
            }
            // While a list is made, more may be asked for; only the last counts.
            while let Ok(command) = commands.try_recv() {
                waiting.push_back(command);
            }
            let Some(command) = waiting.pop_front() else { continue };
            let later = waiting.iter().any(|other| matches!(other, Command::List(_)));
            if later && matches!(command, Command::List(_)) {
                continue;
            }
            // What is broken in one command must not end the others.
            let reply = command.reply();
            if catch_unwind(AssertUnwindSafe(|| self.carry_out(command))).is_err() {
                refuse(&self.shared, &reply, "The session could not be used; the log says why");
            }
        }
        // Perhaps there is room again.
        match self.write_unsaved() {
            Ok(()) => None,
            Err(error) => Some(self.rescue(&error)),
        }
    }

    /// Writes what the session's file does not take to one beside the other
    /// temporary files, and says so.
    fn rescue(&mut self, error: &SessionError) -> String {
        let turns = std::mem::take(&mut self.unsaved);
        let count = turns.len();
        let what = if count == 1 {
            "the last turn is".to_owned()
        } else {
            format!("the last {count} turns are")
        };
        let name = format!("lorag-unsaved-{}-{}.md", std::process::id(), now_ms());
        let path = std::env::temp_dir().join(name);
        let head = turns.last().map(|turn| turn.id);
        let text = to_markdown(&Session { turns, head, ..Session::default() });
        let place = match files::write_new(&path, &text) {
            Ok(()) => format!("{what} in {}", shown(&path)),
            Err(message) => format!("{what} lost: {message}"),
        };
        format!("the session was not saved: {error}; {place}")
    }

    /// Whether this session may be left: everything of it is on disk.
    fn may_leave(&mut self) -> bool {
        let Err(error) = self.write_unsaved() else { return true };
        let error = error.to_string();
        let error = error.trim_end_matches('.');
        let text = format!(
            "{error}. Its last turns are not saved, so this session stays; /export writes it elsewhere."
        );
        self.not_opened(text, true);
        false
    }

    /// Says that the session before goes on.
    fn not_opened(&self, text: impl Into<String>, failed: bool) {
        self.shared.tell(Event::SessionNotOpened { text: text.into(), failed });
    }

    /// Writes what could not be written before, in its order.
    fn write_unsaved(&mut self) -> Result<(), SessionError> {
        while let Some(turn) = self.unsaved.first().cloned() {
            self.writer()?.turn(&turn)?;
            self.unsaved.remove(0);
        }
        // Only a session that holds something keeps how it is asked.
        if let (Some(asking), Some(writer)) = (&self.asking, &mut self.writer) {
            writer.settings(&settings(asking))?;
            self.asking = None;
        }
        Ok(())
    }

    fn sessions(&self) -> &Sessions {
        self.index.sessions()
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Keep(turn) => self.keep(&turn),
            Command::Head(turn) => self.write(|writer| writer.head(turn)),
            Command::Mark(turn, good) => self.write(|writer| writer.mark(turn, good)),
            Command::Asking(asking) => {
                self.asking = Some(asking);
                // Where it fails, the next turn tells.
                if self.unsaved.is_empty() && self.writer.is_some() {
                    let _ = self.write_unsaved();
                }
            }
            Command::Draft(draft) => self.draft(&draft),
            Command::Title(title) => self.write(|writer| writer.title(&title)),
            Command::List(query) => self.list(query),
            Command::Open(id, turn) => self.open(&id, turn),
            Command::New => {
                if self.may_leave() {
                    self.writer = None;
                    self.asking = None;
                    self.show(None, None);
                }
            }
            Command::Fork(tip) => self.fork(tip),
            Command::Delete(id) => self.delete(&id),
            Command::Export { format, path, turns, head, title } => {
                self.export(format, path, turns, head, title);
            }
        }
    }

    fn keep(&mut self, turn: &Turn) {
        self.unsaved.retain(|unsaved| unsaved.id != turn.id);
        self.unsaved.push(turn.clone());
        let kept = self.write_unsaved().and_then(|()| Ok(self.writer()?.id().to_owned()));
        if kept.is_ok() && std::mem::take(&mut self.drafted) {
            // From now on a draft lies beside the session.
            let _ = self.sessions().keep_draft(None, &session::Draft::default());
        }
        let (session, error) = match kept {
            Ok(id) => (id, None),
            Err(error) => (String::new(), Some(error.to_string())),
        };
        let pending = turn.outcome == Outcome::Pending;
        self.shared.tell(Event::Kept { session, turn: turn.id, pending, error });
    }

    fn writer(&mut self) -> Result<&mut Writer, SessionError> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.sessions().create()?,
        };
        Ok(self.writer.insert(writer))
    }

    fn write(&mut self, write: impl FnOnce(&mut Writer) -> Result<(), SessionError>) {
        if let Err(error) = self.writer().and_then(write) {
            self.shared.say(false, error.to_string());
        }
    }

    /// Keeps what is being typed. Where that fails it is only less safe.
    fn draft(&mut self, draft: &Draft) {
        let id = self.writer.as_ref().map(|writer| writer.id().to_owned());
        let kept = session::Draft { text: draft.text.clone(), editing: draft.editing };
        self.drafted = id.is_none() && !kept.text.is_empty();
        if let Err(error) = self.sessions().keep_draft(id.as_deref(), &kept) {
            tracing::warn!(%error, "what is typed can't be kept");
        }
    }

    fn list(&mut self, query: String) {
        let found = self.index.search(&query);
        let now_ms = now_ms();
        match found {
            Ok(found) => {
                let rows = found.into_iter().map(|info| row(info, now_ms)).collect();
                self.shared.tell(Event::Sessions { query, rows });
            }
            Err(error) => {
                self.shared.tell(Event::Sessions { query, rows: Vec::new() });
                self.shared.say(false, error.to_string());
            }
        }
    }

    fn open(&mut self, id: &str, turn: Option<TurnId>) {
        if !self.may_leave() {
            return;
        }
        match self.sessions().open(id) {
            Ok((session, writer)) => {
                self.writer = Some(writer);
                self.asking = None;
                self.show(Some(session), turn);
            }
            Err(error) => self.not_opened(error.to_string(), true),
        }
    }

    fn show(&self, session: Option<Session>, turn: Option<TurnId>) {
        let opened = session.map_or_else(OpenedSession::default, |session| {
            let draft = self.sessions().draft(&session.info.id);
            OpenedSession {
                id: Some(session.info.id),
                title: session.info.title,
                turns: session.turns,
                head: session.head,
                turn,
                asking: session.settings.map(asking),
                draft: draft.map(|draft| Draft { text: draft.text, editing: draft.editing }),
                recovered: session.recovered,
            }
        });
        self.shared.tell(Event::SessionOpened(Box::new(opened)));
    }

    fn fork(&mut self, tip: Option<TurnId>) {
        if !self.may_leave() {
            return;
        }
        let Some(id) = self.writer.as_ref().map(|writer| writer.id().to_owned()) else {
            self.not_opened("Nothing of this session is on disk yet.", true);
            return;
        };
        match self.sessions().fork(&id, tip) {
            Ok(copy) => {
                self.open(&copy, None);
                let text = "This is a copy with all branches; the session before stays as it was.";
                self.shared.say(true, text);
            }
            Err(error) => self.not_opened(error.to_string(), true),
        }
    }

    fn delete(&mut self, id: &str) {
        // The own session can't be deleted while its file is open.
        if self.writer.as_ref().is_some_and(|writer| writer.id() == id) {
            self.writer = None;
            self.unsaved.clear();
        }
        match self.sessions().delete(id) {
            Ok(()) => self.shared.say(true, "The session is deleted."),
            Err(error) => self.shared.say(false, error.to_string()),
        }
    }

    fn export(
        &self,
        format: ExportFormat,
        path: Option<PathBuf>,
        turns: Vec<Turn>,
        head: Option<TurnId>,
        title: String,
    ) {
        let id = self.writer.as_ref().map_or_else(|| "session".to_owned(), |w| w.id().to_owned());
        let first = turns.first();
        let title = match first {
            Some(turn) if title.is_empty() => turn.question.clone(),
            _ => title,
        };
        let info = SessionInfo {
            id: id.clone(),
            title: visible(&title).into_owned(),
            created_ms: first.map_or(0, |turn| turn.asked_ms),
            updated_ms: now_ms(),
            turns: turns.len(),
            ..SessionInfo::default()
        };
        let session = Session { info, turns, head, ..Session::default() };
        let ending = format.ending();
        let path = path.unwrap_or_else(|| PathBuf::from(format!("lorag-{id}.{ending}")));
        let text = match format {
            ExportFormat::Markdown => to_markdown(&session),
            ExportFormat::Json => to_json(&session),
            ExportFormat::Html => to_html(&session),
        };
        match files::write_new(&path, &text) {
            Ok(()) => self.shared.say(true, format!("Exported to {}", shown(&path))),
            Err(message) => self.shared.say(false, message),
        }
    }
}

/// How questions are asked, as a session's file has it.
fn settings(asking: &Asking) -> SessionSettings {
    let Asking { mode, model, adapter, collection, quote, strategy } = asking.clone();
    SessionSettings { mode, model, adapter, collection, quote, strategy }
}

/// How questions are asked, as the application has it.
fn asking(settings: SessionSettings) -> Asking {
    let SessionSettings { mode, model, adapter, collection, quote, strategy } = settings;
    Asking { mode, model, adapter, collection, quote, strategy }
}

/// A session as a list shows it.
fn row(info: SessionInfo, now_ms: i64) -> SessionRow {
    let questions =
        if info.turns == 1 { "1 question".to_owned() } else { format!("{} questions", info.turns) };
    let mut details = vec![time_ago(now_ms, info.updated_ms), questions];
    // `--resume` takes the last part of an id.
    details.extend(info.id.rsplit('-').next().map(ToOwned::to_owned));
    details.extend(info.unsent.then(|| "unsent text".to_owned()));
    details.extend(info.excerpt);
    details.extend(info.note);
    let (id, title, turn) = (info.id, info.title, info.found);
    SessionRow { id, title, detail: details.join(" · "), turn }
}
