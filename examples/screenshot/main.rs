//! Takes pictures of lorag's screen, such as the one that README shows: runs
//! the real program in a pseudo-terminal, types what a script says and writes
//! what the terminal shows then as SVG. Build lorag first.
//!
//! ```text
//! cargo run --example screenshot -- OUT.svg [--columns 120] [--rows 36] \
//!     [--theme dark] --script "STEPS" -- LORAG_ARGUMENTS...
//! ```
//!
//! lorag runs in the current folder, with folders of its own for everything
//! that it keeps. Steps are parted by `;`:
//!
//! - `wait TEXT` waits until a row of the screen holds the text,
//! - `type TEXT` types it,
//! - `key NAME` presses a key as the keymap names it, such as `ctrl-p`,
//! - `quiet` waits until the screen stays as it is.
#![expect(clippy::print_stderr, reason = "a program that says where it wrote the picture")]

mod svg;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use clap::Parser;
use lorag::app::key::{Key, KeyCode};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use svg::{Defaults, Rgb};

/// The longest that one step may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A screen that stays still for this long has nothing more to say.
const SILENCE: Duration = Duration::from_millis(700);

/// The time between two key presses. An escape with a letter right behind it
/// would be Alt and that letter.
const BETWEEN_KEYS: Duration = Duration::from_millis(100);

/// Runs lorag in a terminal, types what a script says and writes what the
/// terminal shows as SVG.
#[derive(Parser)]
#[command(name = "screenshot")]
struct Arguments {
    /// The file to write.
    out: PathBuf,
    /// Columns of the terminal.
    #[arg(long, default_value = "120")]
    columns: NonZeroU16,
    /// Rows of the terminal.
    #[arg(long, default_value = "36")]
    rows: NonZeroU16,
    /// Theme of the chat. Give it empty where a command of lorag is run.
    #[arg(long, value_name = "NAME", default_value = "dark")]
    theme: String,
    /// Steps parted by `;`: `wait TEXT`, `type TEXT`, `key NAME` or `quiet`.
    #[arg(long, value_name = "STEPS", default_value = "quiet")]
    script: String,
    /// Colour of text that the program gives none.
    #[arg(long, value_name = "#RRGGBB", default_value = "#d4d9e1")]
    foreground: Rgb,
    /// Background where the program gives none.
    #[arg(long, value_name = "#RRGGBB", default_value = "#15181e")]
    background: Rgb,
    /// The lorag to run; without it, the one that was built beside this
    /// program.
    #[arg(long, value_name = "FILE")]
    lorag: Option<PathBuf>,
    /// Arguments of lorag.
    #[arg(last = true, value_name = "LORAG_ARGUMENTS")]
    arguments: Vec<OsString>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let script = arguments.script.split(';').map(str::trim).filter(|text| !text.is_empty());
    let steps = script.map(step).collect::<Result<Vec<Step>>>()?;
    let world = tempfile::tempdir().context("no folder can be made for what lorag keeps")?;
    let terminal = Terminal::start(&arguments, world.path())?;
    for step in &steps {
        terminal.take(step)?;
    }
    let defaults = Defaults { foreground: arguments.foreground, background: arguments.background };
    let picture = svg::picture(&terminal.now(), defaults);
    let out = arguments.out.display();
    std::fs::write(&arguments.out, &picture).with_context(|| format!("{out} can't be written"))?;
    eprintln!("{out}: {} bytes", picture.len());
    Ok(())
}

/// One step of a script.
enum Step {
    /// Wait until a row of the screen holds this text.
    Wait(String),
    /// Send this, as if it were typed.
    Send(String),
    /// Wait until nothing comes any more.
    Quiet,
}

/// Reads a step.
fn step(text: &str) -> Result<Step> {
    let (verb, object) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let object = object.trim_start();
    Ok(match verb {
        "wait" if !object.is_empty() => Step::Wait(object.to_owned()),
        "type" if !object.is_empty() => Step::Send(object.to_owned()),
        "key" if !object.is_empty() => {
            let key: Key = object.parse()?;
            Step::Send(sent(key).with_context(|| format!("terminals send nothing for {key}"))?)
        }
        "quiet" if object.is_empty() => Step::Quiet,
        _ => bail!("no step is {text:?}; write `wait TEXT`, `type TEXT`, `key NAME` or `quiet`"),
    })
}

/// What a terminal sends for a key.
fn sent(key: Key) -> Option<String> {
    let alt = if key.alt { "\x1b" } else { "" };
    let held = 1 + u8::from(key.shift) + 2 * u8::from(key.alt) + 4 * u8::from(key.ctrl);
    let lettered = |letter: char| match held {
        1 => format!("\x1b[{letter}"),
        _ => format!("\x1b[1;{held}{letter}"),
    };
    let numbered = |number: u8| match held {
        1 => format!("\x1b[{number}~"),
        _ => format!("\x1b[{number};{held}~"),
    };
    Some(match key.code {
        KeyCode::Char(c) if key.ctrl => {
            let control = matches!(c, ' ' | 'a'..='z' | '\\'..='_').then_some(c)?;
            format!("{alt}{}", char::from(u8::try_from(control).ok()? & 0x1f))
        }
        KeyCode::Char(c) => format!("{alt}{c}"),
        KeyCode::Enter => format!("{alt}\r"),
        KeyCode::Esc => "\x1b".to_owned(),
        KeyCode::Tab => format!("{alt}\t"),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::Backspace => format!("{alt}\x7f"),
        KeyCode::Up => lettered('A'),
        KeyCode::Down => lettered('B'),
        KeyCode::Right => lettered('C'),
        KeyCode::Left => lettered('D'),
        KeyCode::Home => lettered('H'),
        KeyCode::End => lettered('F'),
        KeyCode::Insert => numbered(2),
        KeyCode::Delete => numbered(3),
        KeyCode::PageUp => numbered(5),
        KeyCode::PageDown => numbered(6),
        KeyCode::F(_) => return None,
    })
}

/// A terminal with lorag in it. Dropping it ends lorag.
struct Terminal {
    shared: Arc<Shared>,
    child: Box<dyn Child + Send + Sync>,
    /// Closing it would hang up.
    _master: Box<dyn MasterPty + Send>,
}

/// What the thread that reads and the script share.
struct Shared {
    state: Mutex<State>,
    /// Told whenever something came.
    changed: Condvar,
    keyboard: Mutex<Box<dyn Write + Send>>,
}

/// What came from lorag.
struct State {
    parser: vt100::Parser<Replies>,
    /// When something came last.
    last: Instant,
    /// Whether lorag has ended.
    ended: bool,
}

/// What the terminal has to answer to queries.
struct Replies(String);

impl vt100::Callbacks for Replies {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _second: Option<u8>,
        parameters: &[&[u16]],
        end: char,
    ) {
        match (first, parameters, end) {
            (None, [[6]], 'n') => {
                let (row, column) = screen.cursor_position();
                self.0.push_str(&format!("\x1b[{};{}R", row + 1, column + 1));
            }
            (None, [] | [[0]], 'c') => self.0.push_str("\x1b[?62;22c"),
            _ => {}
        }
    }
}

impl Terminal {
    /// Starts lorag with everything that it keeps in `world`.
    fn start(arguments: &Arguments, world: &Path) -> Result<Self> {
        let (rows, columns) = (arguments.rows, arguments.columns);
        let size =
            PtySize { rows: rows.get(), cols: columns.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut reader = pair.master.try_clone_reader()?;
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Replies(String::new()));
        let shared = Arc::new(Shared {
            state: Mutex::new(State { parser, last: Instant::now(), ended: false }),
            changed: Condvar::new(),
            keyboard: Mutex::new(pair.master.take_writer()?),
        });
        let child = pair.slave.spawn_command(command(arguments, world)?)?;
        // The end of lorag is seen only when nobody else has the terminal open.
        drop(pair.slave);
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || theirs.read_on(&mut *reader));
        Ok(Self { shared, child, _master: pair.master })
    }

    /// Takes one step of the script.
    fn take(&self, step: &Step) -> Result<()> {
        match step {
            Step::Wait(text) => self.wait(text),
            Step::Quiet => self.quiet(),
            Step::Send(keys) => {
                self.shared.send(keys).with_context(|| format!("{keys:?} can't be typed"))?;
                std::thread::sleep(BETWEEN_KEYS);
                Ok(())
            }
        }
    }

    fn wait(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        let mut state = lock(&self.shared.state);
        while !shows(state.parser.screen(), text) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.ended {
                return Err(in_vain(&format!("the text {text:?}"), &state));
            }
            state = self.shared.pause(state, left);
        }
        Ok(())
    }

    fn quiet(&self) -> Result<()> {
        let started = Instant::now();
        let mut state = lock(&self.shared.state);
        loop {
            let still = state.last.max(started).elapsed();
            if still >= SILENCE || state.ended {
                return Ok(());
            }
            if started.elapsed() > LIMIT {
                return Err(in_vain("silence", &state));
            }
            state = self.shared.pause(state, SILENCE - still);
        }
    }

    /// The screen as it is now.
    fn now(&self) -> vt100::Screen {
        lock(&self.shared.state).parser.screen().clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself, and what it keeps is thrown away.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Shared {
    /// Reads until lorag has ended.
    fn read_on(&self, reader: &mut dyn Read) {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match reader.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            let replies = lock(&self.state).take(buffer.get(..count).unwrap_or_default());
            self.changed.notify_all();
            if !replies.is_empty() && self.send(&replies).is_err() {
                break;
            }
        }
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }

    /// Sends keys to lorag.
    fn send(&self, keys: &str) -> std::io::Result<()> {
        let mut keyboard = lock(&self.keyboard);
        keyboard.write_all(keys.as_bytes())?;
        keyboard.flush()
    }

    /// Waits until something comes, or for as long as `limit`.
    fn pause<'a>(&self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout(state, limit);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl State {
    /// Takes in what came and returns what the terminal answers.
    fn take(&mut self, bytes: &[u8]) -> String {
        self.parser.process(bytes);
        self.last = Instant::now();
        std::mem::take(&mut self.parser.callbacks_mut().0)
    }
}

/// lorag with a world of its own and nothing of ours but the path.
fn command(arguments: &Arguments, world: &Path) -> Result<CommandBuilder> {
    let program = match &arguments.lorag {
        Some(file) => std::path::absolute(file)?,
        None => built_beside()?,
    };
    ensure!(program.is_file(), "{} isn't there; run `cargo build` first", program.display());
    let home = world.join("home");
    std::fs::create_dir_all(&home).with_context(|| format!("{} can't be made", home.display()))?;
    let mut command = CommandBuilder::new(program);
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env("LANG", "C.UTF-8");
    command.env("HOME", &home);
    for (name, folder) in [
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", "state"),
        ("HF_HOME", "huggingface"),
    ] {
        command.env(name, home.join(folder));
    }
    // Without this it would start in its home.
    command.cwd(std::env::current_dir()?);
    command.arg("--data-dir");
    command.arg(world.join("data"));
    if !arguments.theme.is_empty() {
        command.args(["--theme", arguments.theme.as_str()]);
    }
    command.args(&arguments.arguments);
    Ok(command)
}

/// The lorag of the same build: Cargo puts it into the folder above that of
/// the examples, wherever the target folder is.
fn built_beside() -> Result<PathBuf> {
    let own = std::env::current_exe().context("the place of this program is unknown")?;
    let folder = own.ancestors().nth(2).context("this program lies in no target folder")?;
    Ok(folder.join(format!("lorag{}", std::env::consts::EXE_SUFFIX)))
}

/// Whether a row of the screen holds this text.
fn shows(screen: &vt100::Screen, text: &str) -> bool {
    screen.rows(0, screen.size().1.get()).any(|row| row.contains(text))
}

/// Why a step failed, with all that there is to see.
fn in_vain(what: &str, state: &State) -> Error {
    let ended = if state.ended { "; lorag has ended" } else { "" };
    anyhow!("waited in vain for {what}{ended}. The screen:\n{}", state.parser.screen().contents())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
