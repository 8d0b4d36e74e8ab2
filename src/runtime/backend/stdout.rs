//! Writing to the terminal behind standard output, past the standard
//! library's buffer: it would cut a frame at its line ends.
//!
//! A terminal that takes no more bytes, because its window is stopped or the
//! line is dead, must not hold up the program: the terminal is opened once more
//! for writing without blocking, which leaves the shell's own use of it as it
//! is, and a write is given up where nothing is taken for a while.

use super::Wire;
use ratatui::layout::Size;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long to wait before trying again where the terminal takes no more.
const PAUSE: Duration = Duration::from_millis(2);

/// How long a terminal that takes nothing is waited for.
const STALL: Duration = Duration::from_millis(400);

/// The same where it took nothing the last time, so that any number of frames
/// hold up a signal no longer than the first one.
const PROBE: Duration = Duration::from_millis(20);

/// Size of a terminal that doesn't know its own, such as a serial line.
const USUAL: Size = Size { width: 80, height: 24 };

/// The terminal behind standard output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stdout {
    /// Whether it took nothing the last time.
    stalled: bool,
}

impl Wire for Stdout {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let patience = if self.stalled { PROBE } else { STALL };
        let outcome = send_within(bytes, patience);
        self.stalled = is_stalled(&outcome);
        outcome
    }

    fn size(&self) -> io::Result<Size> {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout())?;
        let known = size.ws_col > 0 && size.ws_row > 0;
        Ok(if known { Size { width: size.ws_col, height: size.ws_row } } else { USUAL })
    }
}

/// Whether standard output is a terminal at all.
#[must_use]
pub fn is_terminal() -> bool {
    rustix::termios::isatty(rustix::stdio::stdout())
}

/// The terminal, opened for writing without blocking; standard output as it is
/// where that can't be.
fn terminal() -> BorrowedFd<'static> {
    static OPENED: OnceLock<Option<OwnedFd>> = OnceLock::new();
    let open = || {
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        // Another name for what standard output is; then the terminal that the
        // process belongs to, which is the same but for rare redirections.
        let names = ["/proc/self/fd/1", "/dev/tty"];
        let opened = names.iter().find_map(|name| {
            let file = rustix::fs::open(*name, flags, Mode::empty()).ok()?;
            rustix::termios::isatty(&file).then_some(file)
        });
        if opened.is_none() {
            tracing::debug!("the terminal can't be opened again, and writes may block");
        }
        opened
    };
    match OPENED.get_or_init(|| if is_terminal() { open() } else { None }) {
        Some(opened) => opened.as_fd(),
        None => rustix::stdio::stdout(),
    }
}

/// Whether a write was given up since the terminal took nothing.
pub fn is_stalled(outcome: &io::Result<()>) -> bool {
    matches!(outcome, Err(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// Writes to the terminal and gives up where it takes nothing for `patience`,
/// or for longer once it took some.
///
/// # Errors
/// It takes none ([`is_stalled`]), or is gone.
pub fn send_within(bytes: &[u8], patience: Duration) -> io::Result<()> {
    write_all(bytes, patience, |rest| rustix::io::write(terminal(), rest))
}

/// Calls `write` until all is written. A slow line may take as long as it
/// likes, while it takes something: what was sent only in part would have to be
/// sent anew.
fn write_all(
    mut bytes: &[u8],
    patience: Duration,
    mut write: impl FnMut(&[u8]) -> rustix::io::Result<usize>,
) -> io::Result<()> {
    let mut until = Instant::now() + patience;
    while !bytes.is_empty() {
        match write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = bytes.get(count..).unwrap_or_default();
                until = Instant::now() + patience.max(STALL);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if Instant::now() < until => std::thread::sleep(PAUSE),
            Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_interrupted_and_refused_writes_are_gone_on_with() {
        let mut written = Vec::new();
        let mut calls = 0;
        let outcome = write_all(b"abcdef", STALL, |rest| {
            calls += 1;
            match calls {
                1 => Err(Errno::INTR),
                2 => Err(Errno::AGAIN),
                _ => {
                    let count = rest.len().min(4);
                    written.extend_from_slice(&rest[..count]);
                    Ok(count)
                }
            }
        });
        outcome.unwrap();
        assert_eq!((written.as_slice(), calls), (&b"abcdef"[..], 4));
    }

    #[test]
    fn a_terminal_that_is_gone_is_an_error() {
        let outcome = write_all(b"a", STALL, |_| Err(Errno::IO));
        assert_eq!(outcome.unwrap_err().raw_os_error(), Some(Errno::IO.raw_os_error()));
        let outcome = write_all(b"a", STALL, |_| Ok(0));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn patience_ends() {
        let started = Instant::now();
        let outcome = write_all(b"a", PROBE, |_| Err(Errno::AGAIN));
        assert!(is_stalled(&outcome), "{outcome:?}");
        assert!(started.elapsed() >= PROBE);
        assert!(!is_stalled(&Ok(())) && !is_stalled(&Err(Errno::IO.into())));
    }

    #[test]
    fn a_line_that_takes_a_little_now_and_then_is_waited_for() {
        let (mut written, mut last) = (0, Instant::now());
        let outcome = write_all(b"abcd", PROBE, |_| {
            if last.elapsed() < PROBE * 2 && written > 0 {
                return Err(Errno::AGAIN);
            }
            (written, last) = (written + 1, Instant::now());
            Ok(1)
        });
        outcome.unwrap();
        assert_eq!(written, 4);
    }
}
