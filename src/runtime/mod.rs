//! The chat from its first paint to its end: the terminal is taken over, work
//! begins, the event loop (`Screen`) runs, and everything is given back.
//!
//! The loop has the main thread for itself, at normal priority; everything
//! that computes runs on the worker's threads, which stand back.

mod backend;
mod burst;
mod clipboard;
mod editor;
mod frames;
mod input;
mod keys;
mod screen;
mod signals;
mod stderr;
mod terminal;
mod work;

pub use keys::load_keymap;
pub use terminal::install_panic_hook;
pub use work::Resume;

use crate::app::event::Event;
use crate::app::keymap::Keymap;
use crate::app::state::{Given, Outside, Start, State};
use crate::app::{Action, update};
use crate::session::now_ms;
use crate::setup::{Choice, Setup};
use crate::ui::Ui;
use crate::ui::theme::{Depth, Themes};
use frames::Frames;
use rustix::io::Errno;
use screen::Screen;
use signals::{Signal, Signals};
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use stderr::StderrToLog;
use terminal::{Terminal, TerminalOptions};
use tokio::sync::mpsc::unbounded_channel;
use work::Worker;

/// What the chat is opened with.
pub struct Launch {
    /// Settings and folders.
    pub setup: Setup,
    /// The keys.
    pub keymap: Keymap,
    /// Every theme.
    pub themes: Themes,
    /// How many colours the terminal has.
    pub depth: Depth,
    /// Name of the theme to begin with.
    pub theme: String,
    /// The documents; everything that is indexed where empty.
    pub roots: Vec<PathBuf>,
    /// The session to begin with.
    pub resume: Resume,
    /// How questions are answered to begin with.
    pub choice: Choice,
    /// The collection that is searched; what the documents were put into where
    /// `None`.
    pub collection: Option<String>,
    /// How questions are answered outside of that collection, where it has a way
    /// of its own.
    pub outside: Option<Choice>,
    /// What was given on the command line.
    pub given: Given,
    /// Something to say at the start.
    pub warning: Option<String>,
}

/// How the chat ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The id of the session, if it was kept.
    pub session: Option<String>,
    /// The number of the signal that ended it, if one did.
    pub signal: Option<u8>,
    /// Whether there is nobody to say anything to: the terminal is gone, or
    /// takes no bytes.
    pub unheard: bool,
}

impl Ended {
    /// Without a terminal before anything was said.
    fn hung_up() -> Self {
        Self { session: None, signal: Signal::Hangup.number(), unheard: true }
    }
}

/// The theme that was chosen on the screen last.
#[must_use]
pub fn remembered_theme(setup: &Setup) -> Option<String> {
    work::remembered(&setup.paths.remembered(), "ui.theme")
}

/// Opens the screen and stays until the user leaves.
///
/// # Errors
/// Where the terminal can't be used.
pub fn run(launch: Launch) -> io::Result<Ended> {
    let ui_settings = launch.setup.loaded.settings.ui.clone();
    let log = launch.setup.paths.logs.join(crate::config::LOG_FILE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Heeded before the screen is up: a signal in between would leave it there.
    let signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    let terminal = Terminal::enter(TerminalOptions { mouse: ui_settings.mouse });
    let Some(terminal) = unless_gone(terminal)? else { return Ok(Ended::hung_up()) };
    let Some(size) = unless_gone(terminal.size())? else { return Ok(Ended::hung_up()) };
    let mut state = State::new(Start {
        keymap: launch.keymap,
        theme: launch.theme,
        themes: launch.themes.names(),
        models: Vec::new(),
        model: launch.setup.loaded.settings.model.0.clone(),
        quote: launch.setup.loaded.settings.generation.quote,
        mode: launch.choice.mode,
        adapter: launch.choice.stack.spelled(),
        strategy: launch.choice.strategy,
        collection: launch.collection.clone(),
        outside: launch.outside.map(|choice| Outside {
            mode: choice.mode,
            adapter: choice.stack.spelled(),
            strategy: choice.strategy,
        }),
        given: launch.given,
        mouse: ui_settings.mouse,
        opening: matches!(launch.resume, Resume::Latest | Resume::Id(_)),
        roots: launch.roots.iter().map(|root| root.display().to_string()).collect(),
        now_ms: now_ms(),
    });
    let choose_session = launch.resume == Resume::Choose;
    let _ = update(&mut state, Event::Resize { columns: size.width, rows: size.height });
    let effects = update(&mut state, Event::Begin { choose_session });
    if let Some(warning) = launch.warning {
        let _ = update(&mut state, Event::Said { ok: false, text: warning });
    }
    let theme = launch.themes.get(&state.theme).cloned().unwrap_or_default();
    let mut screen = Screen {
        terminal,
        ui: Ui::new(theme.at(launch.depth)),
        shown_theme: state.theme.clone(),
        themes: launch.themes,
        depth: launch.depth,
        state,
        frames: Frames::default(),
        worker: None,
        // Libraries that complain on standard error would draw over the screen.
        stderr: StderrToLog::start(&log)
            .or_else(|_| StderrToLog::start(Path::new("/dev/null")))
            .ok(),
        tmux_passthrough: ui_settings.tmux_passthrough,
        pending: None,
        pause: None,
        signal: None,
    };
    // Painted before anything is opened or loaded.
    if unless_gone(screen.draw())?.is_none() {
        return Ok(Ended::hung_up());
    }
    let (sender, inbox) = unbounded_channel();
    let worker = Worker::start(launch.setup, sender, launch.resume, launch.collection)?;
    worker.list_models();
    screen.worker = Some(worker);
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            screen.carry_out_all(effects)?;
            screen.run(inbox, signals).await
        })
    }));
    if !matches!(result, Ok(Ok(()))) && !screen.state.quitting {
        // The terminal is gone, or something is broken here; the answer is
        // kept as far as it came.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| screen.act(Action::Quit)));
    }
    // Work ends before the terminal is given back: what a library says last
    // belongs into the log, too.
    let unsaved = screen.worker.take().and_then(|mut worker| worker.finish());
    let mut unheard = screen.terminal.stalled();
    let left = screen.terminal.leave();
    drop(screen.stderr.take());
    let mut signal = screen.signal;
    let result = result.unwrap_or_else(|panicked| panic::resume_unwind(panicked)).and(left);
    match result {
        Ok(()) => {}
        // What can't be said is in the log.
        Err(error) if is_gone(&error) => {
            tracing::info!(%error, "the terminal is gone");
            signal.get_or_insert(Signal::Hangup);
            unheard = true;
        }
        Err(error) if unheard || signal.is_some() => {
            tracing::info!(%error, "the terminal can't be given back");
            unheard = true;
        }
        Err(error) => return Err(error),
    }
    if let Some(unsaved) = unsaved {
        tracing::error!("{unsaved}");
        if !unheard {
            let _ = writeln!(io::stderr(), "lorag: {unsaved}");
        }
    }
    let unheard = unheard || signal == Some(Signal::Hangup);
    let (session, signal) = (screen.state.session.id, signal.and_then(Signal::number));
    Ok(Ended { session, signal, unheard })
}

/// Nothing where the terminal is gone, which is no error of the program.
fn unless_gone<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if is_gone(&error) => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// Whether the terminal is gone, by what the system says.
fn is_gone(error: &io::Error) -> bool {
    let gone = [Errno::IO, Errno::NXIO, Errno::PIPE, Errno::BADF, Errno::NODEV];
    gone.iter().any(|gone| error.raw_os_error() == Some(gone.raw_os_error()))
}
