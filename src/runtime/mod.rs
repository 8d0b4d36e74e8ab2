//! The event loop: what comes in goes through [`update`], what is to be done
//! goes to the worker or the terminal, and the screen is drawn from the state.
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
mod signals;
mod stderr;
mod terminal;
mod work;

pub use keys::load_keymap;
pub use terminal::install_panic_hook;
pub use work::Resume;

use crate::answer::resident_bytes;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::keymap::Keymap;
use crate::app::state::{Focus, Given, Outside, Start, State};
use crate::app::{Action, update};
use crate::setup::{Choice, Setup};
use crate::ui::Ui;
use crate::ui::theme::{Depth, Themes};
use clipboard::Passthrough;
use crossterm::event::EventStream;
use frames::{Frames, Urgency};
use futures::StreamExt;
use input::{Input, MouseInput};
use rustix::io::Errno;
use signals::{Signal, Signals};
use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use stderr::StderrToLog;
use terminal::{Terminal, TerminalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use work::Worker;

/// How often clocks and memory are read while something works.
const TICK: Duration = Duration::from_millis(250);

/// How long nothing is typed until what is typed is kept.
const PAUSE: Duration = Duration::from_millis(400);

/// How long a terminal that takes no bytes is left alone.
const STALLED: Duration = Duration::from_millis(300);

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
    let terminal = Terminal::enter(TerminalOptions { mouse: ui_settings.mouse })?;
    let size = terminal.size()?;
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
    screen.draw()?;
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

/// Whether the terminal is gone, by what the system says.
fn is_gone(error: &io::Error) -> bool {
    let gone = [Errno::IO, Errno::NXIO, Errno::PIPE, Errno::BADF, Errno::NODEV];
    gone.iter().any(|gone| error.raw_os_error() == Some(gone.raw_os_error()))
}

struct Screen {
    terminal: Terminal,
    ui: Ui,
    shown_theme: String,
    themes: Themes,
    depth: Depth,
    state: State,
    frames: Frames,
    worker: Option<Worker>,
    stderr: Option<StderrToLog>,
    tmux_passthrough: bool,
    /// What waits until the keys are no longer listened to, since someone else
    /// gets the terminal.
    pending: Option<Pending>,
    /// When what is typed is to be kept.
    pause: Option<Instant>,
    /// What ended the program from outside.
    signal: Option<Signal>,
}

/// Someone else gets the terminal.
enum Pending {
    /// The user's editor.
    Edit {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u32,
    },
    /// The shell.
    Suspend,
}

impl Screen {
    async fn run(
        &mut self,
        mut inbox: UnboundedReceiver<Event>,
        mut signals: Signals,
    ) -> io::Result<()> {
        let mut keys = EventStream::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.state.quitting {
            if let Some(pending) = self.pending.take() {
                drop(keys);
                match pending {
                    Pending::Edit { path, line } => {
                        self.edit(&path, line, &mut inbox, &mut signals).await?;
                    }
                    Pending::Suspend => self.suspend()?,
                }
                // What was pressed for someone else is none of ours.
                signals.forget().await;
                keys = EventStream::new();
            }
            let deadline = self.frames.deadline();
            tokio::select! {
                biased;
                key = keys.next() => match key {
                    Some(Ok(event)) => {
                        for input in self.burst(event, &mut keys).await {
                            self.input(input)?;
                        }
                        self.pause = Some(Instant::now() + PAUSE);
                        self.frames.request(Instant::now(), Urgency::Key);
                    }
                    // The terminal is gone.
                    Some(Err(_)) | None => self.end(Signal::Hangup)?,
                },
                signal = signals.next() => match signal {
                    Signal::Terminate | Signal::Interrupt | Signal::Hangup => self.end(signal)?,
                    Signal::Suspend => self.pending = Some(Pending::Suspend),
                    Signal::Continue => {
                        // The shell may have set the modes that it likes.
                        self.terminal.resume()?;
                        self.redraw()?;
                    }
                },
                () = until(deadline) => self.draw()?,
                () = until(self.pause) => {
                    self.pause = None;
                    self.take(Event::Paused)?;
                }
                event = inbox.recv() => {
                    let Some(event) = event else { break };
                    self.take(event)?;
                    while let Ok(event) = inbox.try_recv() {
                        self.take(event)?;
                    }
                    self.frames.request(Instant::now(), Urgency::Stream);
                }
                _ = tick.tick(), if self.state.working() => {
                    self.time(resident_bytes())?;
                    self.frames.request(Instant::now(), Urgency::Stream);
                }
            }
        }
        Ok(())
    }

    /// All that came at once. Pasted and repeated keys come in bursts; where they
    /// are typed text, those of a paste become one.
    async fn burst(&self, first: crossterm::event::Event, keys: &mut EventStream) -> Vec<Input> {
        let types = self.state.focus == Focus::Input && self.state.popups.is_empty();
        let mut inputs: Vec<Input> = input::translate(first).into_iter().collect();
        loop {
            // Polled with this task's own waker, which the stream keeps.
            while let Poll::Ready(Some(Ok(event))) = futures::poll!(keys.next()) {
                inputs.extend(input::translate(event));
                if inputs.len() >= burst::MOST {
                    break;
                }
            }
            if !types || !burst::may_go_on(&inputs) {
                break;
            }
            match tokio::time::timeout(burst::QUIET, keys.next()).await {
                Ok(Some(Ok(event))) => inputs.extend(input::translate(event)),
                // An end of the stream is told again.
                _ => break,
            }
        }
        if types { burst::joined(inputs) } else { inputs }
    }

    /// Ends the program for a reason from outside.
    fn end(&mut self, signal: Signal) -> io::Result<()> {
        self.signal.get_or_insert(signal);
        self.act(Action::Quit)
    }

    /// Something that came from the terminal.
    fn input(&mut self, input: Input) -> io::Result<()> {
        // While nothing works no clock runs, so the time is read here.
        self.time(0)?;
        let event = match input {
            Input::Key(key) => Event::Key(key),
            Input::Paste(text) => Event::Paste(text),
            Input::Resize { columns, rows } => {
                // The size may have come back before the next frame.
                self.terminal.clear()?;
                Event::Resize { columns, rows }
            }
            Input::Mouse(mouse) => {
                let (column, row, lines) = match mouse {
                    MouseInput::ScrollUp { column, row } => (column, row, -3),
                    MouseInput::ScrollDown { column, row } => (column, row, 3),
                    MouseInput::Click { column, row } => (column, row, 0),
                };
                let Some(pane) = self.ui.pane_at(&self.state, column, row) else { return Ok(()) };
                Event::Mouse { pane, lines }
            }
        };
        self.take(event)
    }

    fn time(&mut self, resident_bytes: u64) -> io::Result<()> {
        self.take(Event::Tick { now_ms: now_ms(), resident_bytes })
    }

    fn act(&mut self, action: Action) -> io::Result<()> {
        self.take(Event::Act(action))
    }

    fn take(&mut self, event: Event) -> io::Result<()> {
        let effects = update(&mut self.state, event);
        self.carry_out_all(effects)
    }

    /// Carries effects out, and those that follow from them.
    fn carry_out_all(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            let left = match &mut self.worker {
                Some(worker) => worker.carry_out(effect),
                None => Some(effect),
            };
            if let Some(effect) = left {
                queue.extend(self.carry_out(effect)?);
            }
        }
        Ok(())
    }

    /// The effects that need the terminal or the layout.
    fn carry_out(&mut self, effect: Effect) -> io::Result<Vec<Effect>> {
        let event = match effect {
            Effect::Scroll(area, by) => {
                let position = self.ui.scroll(&self.state, area, by);
                let Some(position) = position else { return Ok(Vec::new()) };
                Event::Scrolled(position)
            }
            Effect::Copy { text, what } => self.copy(&text, &what)?,
            Effect::Edit { path, line } => {
                self.pending = Some(Pending::Edit { path, line });
                return Ok(Vec::new());
            }
            Effect::Mouse(on) => {
                self.terminal.set_mouse(on)?;
                return Ok(Vec::new());
            }
            Effect::Redraw => {
                self.redraw()?;
                return Ok(Vec::new());
            }
            Effect::Suspend => {
                self.pending = Some(Pending::Suspend);
                return Ok(Vec::new());
            }
            // The loop ends by itself; the rest is the worker's.
            _ => return Ok(Vec::new()),
        };
        Ok(update(&mut self.state, event))
    }

    fn copy(&mut self, text: &str, what: &str) -> io::Result<Event> {
        let variable = |name: &str| std::env::var(name).ok();
        let passthrough = Passthrough::detect(variable, self.tmux_passthrough);
        Ok(match clipboard::osc52(text, passthrough) {
            Ok(bytes) => {
                self.terminal.send(&bytes)?;
                let count = text.chars().count();
                let text = format!(
                    "{what}: {count} characters sent to the terminal; /save writes them to a file."
                );
                Event::Said { ok: true, text: capital(&text) }
            }
            Err(error) => {
                Event::Said { ok: false, text: format!("{error}. /save writes it to a file.") }
            }
        })
    }

    /// Gives the terminal to the user's editor. Answers go on meanwhile, and are
    /// kept; only drawing waits.
    async fn edit(
        &mut self,
        path: &str,
        line: u32,
        inbox: &mut UnboundedReceiver<Event>,
        signals: &mut Signals,
    ) -> io::Result<()> {
        let command = editor::command(|name| std::env::var(name).ok(), Path::new(path), line);
        let program = &command.program;
        let running = editor::start(&mut self.terminal, &command, self.stderr.as_ref());
        let result = match running {
            Ok(mut running) => loop {
                tokio::select! {
                    biased;
                    ended = running.ended() => break ended,
                    signal = signals.next() => match signal {
                        // Ctrl+C there goes to the whole job, this one among it.
                        Signal::Suspend | Signal::Continue | Signal::Interrupt => {}
                        Signal::Terminate | Signal::Hangup => {
                            running.end();
                            self.end(signal)?;
                        }
                    },
                    event = inbox.recv() => {
                        if let Some(event) = event {
                            self.take(event)?;
                        }
                    }
                }
            },
            Err(error) => Err(error),
        };
        self.terminal.resume()?;
        self.redraw()?;
        self.frames.request(Instant::now(), Urgency::Key);
        let event = match result {
            Ok(status) if status.success() => {
                Event::Edited { ok: true, text: format!("Back from {program}.") }
            }
            Ok(status) => {
                Event::Edited { ok: false, text: format!("{program} ended with {status}.") }
            }
            Err(error) => Event::Said { ok: false, text: error.to_string() },
        };
        self.take(event)
    }

    /// Stops the process until the shell continues it.
    fn suspend(&mut self) -> io::Result<()> {
        if !signals::can_suspend() {
            let text = "There is no shell to go back to, so lorag stays. Ctrl+C twice quits.";
            return self.take(Event::Said { ok: false, text: text.to_owned() });
        }
        self.terminal.leave()?;
        signals::suspend_self()?;
        self.terminal.resume()?;
        self.redraw()
    }

    fn redraw(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        let _ = update(&mut self.state, Event::Resize { columns: size.width, rows: size.height });
        self.terminal.clear()?;
        self.draw()
    }

    fn draw(&mut self) -> io::Result<()> {
        if self.shown_theme != self.state.theme {
            self.shown_theme.clone_from(&self.state.theme);
            let theme = self.themes.get(&self.shown_theme).cloned().unwrap_or_default();
            self.ui.set_theme(theme.at(self.depth));
        }
        // What a bug here does to the terminal and the session is tested.
        #[cfg(test)]
        assert!(self.state.input.editor.text() != "break", "a bug on the screen");
        let (ui, state) = (&mut self.ui, &self.state);
        self.terminal.draw(|frame| ui.draw(state, frame))?;
        self.frames.drawn(Instant::now());
        if self.terminal.stalled() {
            // It is tried again, but not so soon that nothing else is done.
            self.frames.request(Instant::now() + STALLED, Urgency::Stream);
        }
        Ok(())
    }
}

/// Waits for a moment; forever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
