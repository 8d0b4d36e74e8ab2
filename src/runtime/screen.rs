//! The event loop: what comes in goes through [`update`], what is to be done
//! goes to the worker or the terminal, and the screen is drawn from the state.

use super::clipboard::{self, Passthrough};
use super::frames::{Frames, Urgency};
use super::input::{self, Input, MouseInput};
use super::signals::{self, Signal, Signals};
use super::stderr::StderrToLog;
use super::terminal::Terminal;
use super::work::Worker;
use super::{burst, editor};
use crate::answer::resident_bytes;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::state::{Focus, State};
use crate::app::{Action, update};
use crate::session::now_ms;
use crate::ui::Ui;
use crate::ui::theme::{Depth, Themes};
use crossterm::event::EventStream;
use futures::StreamExt;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// How often clocks and memory are read while something works.
const TICK: Duration = Duration::from_millis(250);

/// How long nothing is typed until what is typed is kept.
const PAUSE: Duration = Duration::from_millis(400);

/// How long a terminal that takes no bytes is left alone.
const STALLED: Duration = Duration::from_millis(300);

/// The screen with all that it is drawn from and that works for it.
pub(super) struct Screen {
    pub(super) terminal: Terminal,
    pub(super) ui: Ui,
    pub(super) shown_theme: String,
    pub(super) themes: Themes,
    pub(super) depth: Depth,
    pub(super) state: State,
    pub(super) frames: Frames,
    pub(super) worker: Option<Worker>,
    pub(super) stderr: Option<StderrToLog>,
    pub(super) tmux_passthrough: bool,
    /// What waits until the keys are no longer listened to, since someone else
    /// gets the terminal.
    pub(super) pending: Option<Pending>,
    /// When what is typed is to be kept.
    pub(super) pause: Option<Instant>,
    /// What ended the program from outside.
    pub(super) signal: Option<Signal>,
}

/// Someone else gets the terminal.
pub(super) enum Pending {
    /// The user's editor.
    Edit {
        /// The file.
        path: String,
        /// The line, from 1; `None` for what is nothing for an editor.
        line: Option<u32>,
    },
    /// The shell.
    Suspend,
}

impl Screen {
    pub(super) async fn run(
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
                signal = signals.next() => match signal {
                    Signal::Terminate | Signal::Interrupt | Signal::Hangup => self.end(signal)?,
                    Signal::Suspend => self.pending = Some(Pending::Suspend),
                    Signal::Continue => {
                        // The shell may have set the modes that it likes.
                        self.terminal.resume()?;
                        self.redraw()?;
                    }
                },
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

    pub(super) fn act(&mut self, action: Action) -> io::Result<()> {
        self.take(Event::Act(action))
    }

    fn take(&mut self, event: Event) -> io::Result<()> {
        let effects = update(&mut self.state, event);
        self.carry_out_all(effects)
    }

    /// Carries effects out, and those that follow from them.
    pub(super) fn carry_out_all(&mut self, effects: Vec<Effect>) -> io::Result<()> {
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
        line: Option<u32>,
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
        if self.terminal.stalled() {
            // A frame is due already, and any number of these draw no more.
            return Ok(());
        }
        self.draw()
    }

    pub(super) fn draw(&mut self) -> io::Result<()> {
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
