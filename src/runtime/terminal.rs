//! The terminal as a screen: taking it over and giving it back exactly as it
//! was, whatever ends the program.
//!
//! That the screen is up is known to the whole process, so that a panic hook
//! and the way out after a signal can put it down without the [`Terminal`].

use super::backend::stdout::{self, Stdout};
use super::backend::{ScreenBackend, takes_synchronized};
use super::stderr;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::Frame;
use ratatui::layout::Size;
use std::io;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// The alternate screen, whose cells have no colour yet, and pasted text in
/// brackets. The cursor keeps its shape.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h";

/// As [`ENTER`] where the alternate screen may be up already: going there
/// again must not overwrite the cursor that was saved for the way back.
const ENTER_AGAIN: &[u8] = b"\x1b[?1047h\x1b[?2004h";

const LEAVE: &[u8] = b"\x1b[?2004l\x1b[m\x1b[?1049l\x1b[?25h";

/// Buttons and the wheel, without movements: those would be sent all day.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// How long a terminal that takes no more bytes is waited for at the end.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is to be put down again; `None` while no screen is up.
static UP: Mutex<Option<Up>> = Mutex::new(None);

struct Up {
    /// The thread that a panic must not leave without a terminal.
    owner: ThreadId,
    mouse: bool,
}

/// What the screen asks of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Whether the mouse is reported; the terminal's own selection then needs
    /// the Shift key.
    pub mouse: bool,
}

/// The terminal, with the screen up until [`Terminal::leave`] or drop.
pub struct Terminal {
    inner: ratatui::Terminal<ScreenBackend<Stdout>>,
    options: TerminalOptions,
    /// Whether the screen is to be up: not between `leave` and `resume`.
    wanted: bool,
    /// Whether the terminal took no bytes the last time.
    stalled: bool,
}

impl Terminal {
    /// Takes the terminal over: raw mode, alternate screen, bracketed paste.
    ///
    /// # Errors
    /// Standard output is no terminal, or it is gone.
    pub fn enter(options: TerminalOptions) -> io::Result<Self> {
        if !stdout::is_terminal() {
            return Err(io::Error::other(
                "the screen needs a terminal, and standard output is none; use `lorag ask` there",
            ));
        }
        let kind = std::env::var("TERM").ok();
        let backend = ScreenBackend::new(Stdout::default(), takes_synchronized(kind.as_deref()));
        let inner = ratatui::Terminal::new(backend)?;
        // From here on the drop puts the screen down.
        let mut terminal = Self { inner, options, wanted: true, stalled: false };
        terminal.put_up()?;
        Ok(terminal)
    }

    /// Gives the terminal back as it was. Nothing is drawn until
    /// [`Terminal::resume`].
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn leave(&mut self) -> io::Result<()> {
        if self.wanted {
            tracing::debug!(bytes = self.bytes_sent(), "the terminal is given back");
        }
        self.wanted = false;
        self.inner.backend_mut().forget();
        restore()
    }

    /// Takes the terminal over again after [`Terminal::leave`]; also after the
    /// process was stopped and continued without a chance to leave, when the
    /// shell has set the modes that it likes. The next frame draws everything.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        self.wanted = true;
        self.put_up()?;
        self.clear()
    }

    /// Draws a frame and sends what changed, with one write.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !self.wanted {
            return Ok(());
        }
        // A panic in a task of this thread put the screen down, and the
        // runtime caught it.
        if lock().is_none() {
            self.resume()?;
        }
        if self.stalled {
            // Nobody knows what it shows.
            self.clear()?;
        }
        let drawn = self.inner.draw(render).map(drop);
        self.took(drawn)
    }

    /// Whether the terminal took no bytes the last time. It may again, and a
    /// frame is lost meanwhile.
    #[must_use]
    pub fn stalled(&self) -> bool {
        self.stalled
    }

    /// A terminal that takes no bytes is no error: keys and signals are still to
    /// be heeded.
    fn took(&mut self, outcome: io::Result<()>) -> io::Result<()> {
        let stalled = stdout::is_stalled(&outcome);
        if stalled && !self.stalled {
            tracing::warn!("the terminal takes no bytes");
        }
        self.stalled = stalled;
        if stalled { Ok(()) } else { outcome }
    }

    /// Makes the next frame draw everything: after a resize, or where another
    /// program wrote to the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn clear(&mut self) -> io::Result<()> {
        self.inner.backend_mut().forget();
        self.inner.clear()
    }

    /// Switches the reports of the mouse on or off.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        if self.options.mouse == on {
            return Ok(());
        }
        self.options.mouse = on;
        if let Some(up) = lock().as_mut() {
            up.mouse = on;
        } else {
            return Ok(());
        }
        self.send(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Sends bytes that change no cell and move no cursor, such as text for
    /// the clipboard.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = self.inner.backend_mut().send(bytes);
        self.took(sent)
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    /// Bytes sent to the terminal so far.
    #[must_use]
    pub fn bytes_sent(&self) -> u64 {
        self.inner.backend().sent()
    }

    fn put_up(&mut self) -> io::Result<()> {
        let mouse = self.options.mouse;
        let again = {
            let mut up = lock();
            let again = up.is_some();
            if again {
                // The modes are set only from the ones to go back to.
                disable_raw_mode()?;
            }
            // crossterm's raw mode, since its parser tells Ctrl+J from Enter
            // only in that.
            enable_raw_mode()?;
            *up = Some(Up { owner: thread::current().id(), mouse });
            again
        };
        let enter = if again { ENTER_AGAIN } else { ENTER };
        let mouse = if mouse { MOUSE_ON } else { b"" };
        self.send(&[enter, mouse].concat()).inspect_err(|_| {
            let _ = restore();
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // There is nobody left to tell, and nothing left to try.
        let _ = self.leave();
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Terminal")
            .field("options", &self.options)
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

/// Gives the terminal back as it was before the screen; does nothing where no
/// screen is up. For panic hooks and the way out after a signal: it waits for
/// no lock, and for a terminal that takes nothing only for half a second.
///
/// # Errors
/// The terminal is gone. Its modes are restored if that is possible still.
pub fn restore() -> io::Result<()> {
    let up = match UP.try_lock() {
        Ok(mut up) => up.take(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
        Err(TryLockError::WouldBlock) => None,
    };
    let Some(up) = up else { return Ok(()) };
    let mouse = if up.mouse { MOUSE_OFF } else { b"" };
    let written = stdout::send_within(&[mouse, LEAVE].concat(), PATIENCE);
    let modes = disable_raw_mode();
    written.and(modes)
}

/// Makes a panic of the screen's thread give the terminal back, and standard
/// error too, before the hook that was there says what happened. A panic of
/// another thread is only logged while the screen is up: the screen goes on.
///
/// To be called after any other hook was set, or it would be lost.
pub fn install_panic_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| match owner() {
            Some(owner) if owner != thread::current().id() => log(info),
            Some(_) => {
                let _ = restore();
                stderr::put_back();
                previous(info);
            }
            None => previous(info),
        }));
    });
}

fn lock() -> MutexGuard<'static, Option<Up>> {
    UP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that has the screen. Doesn't wait, since this very thread may
/// hold the lock.
fn owner() -> Option<ThreadId> {
    match UP.try_lock() {
        Ok(up) => up.as_ref().map(|up| up.owner),
        Err(TryLockError::Poisoned(up)) => up.into_inner().as_ref().map(|up| up.owner),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn log(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let text = info.to_string().replace('\n', " ");
    tracing::error!(target: "lorag::panic", thread, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    // The terminal itself is tested in a pty, from outside.

    #[test]
    fn restoring_where_no_screen_is_up_does_nothing() {
        assert!(owner().is_none());
        restore().unwrap();
        restore().unwrap();
    }

    #[test]
    fn all_that_is_switched_on_is_switched_off() {
        let modes = |bytes: &[u8], end: char| -> Vec<String> {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let mut modes: Vec<String> = text
                .split('\x1b')
                .filter_map(|part| part.strip_prefix("[?")?.strip_suffix(end))
                .map(str::to_owned)
                .collect();
            modes.sort();
            modes
        };
        assert_eq!(modes(ENTER, 'h'), modes(LEAVE, 'l'));
        assert_eq!(modes(LEAVE, 'h'), ["25"]);
        assert_eq!(modes(MOUSE_ON, 'h'), modes(MOUSE_OFF, 'l'));
        assert_eq!(modes(ENTER_AGAIN, 'h'), ["1047", "2004"]);
    }
}
