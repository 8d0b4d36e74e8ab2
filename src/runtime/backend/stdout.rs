//! Writing to the terminal behind standard output, past the standard
//! library's buffer: it would cut a frame at its line ends.
//!
//! A terminal that takes no more bytes, because its window is stopped or the
//! line is dead, must not hold up the program: the terminal is opened once more
//! for writing without blocking, which leaves the shell's own use of it as it
//! is, and every write has a deadline.

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

/// How long a frame is tried to be written.
pub const STALL: Duration = Duration::from_millis(400);

/// Size of a terminal that doesn't know its own, such as a serial line.
const USUAL: Size = Size { width: 80, height: 24 };

/// The terminal behind standard output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stdout;

impl Wire for Stdout {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let until = Instant::now() + STALL;
        match write_all(bytes, Some(until), |rest| rustix::io::write(terminal(), rest)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(io::ErrorKind::TimedOut.into())
            }
            outcome => outcome,
        }
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

/// Writes to the terminal and gives up after `patience`: for the last words
/// before the end.
///
/// # Errors
/// It takes none, or is gone.
pub fn send_within(bytes: &[u8], patience: Duration) -> io::Result<()> {
    let until = Instant::now() + patience;
    write_all(bytes, Some(until), |rest| rustix::io::write(terminal(), rest))
}

/// Calls `write` until all is written. A terminal that was set not to block by
/// another program is waited for, until `until` if that is given.
fn write_all(
    mut bytes: &[u8],
    until: Option<Instant>,
    mut write: impl FnMut(&[u8]) -> rustix::io::Result<usize>,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if until.is_none_or(|until| Instant::now() < until) => {
                std::thread::sleep(PAUSE);
            }
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
        let outcome = write_all(b"abcdef", None, |rest| {
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
        let outcome = write_all(b"a", None, |_| Err(Errno::IO));
        assert_eq!(outcome.unwrap_err().raw_os_error(), Some(Errno::IO.raw_os_error()));
        let outcome = write_all(b"a", None, |_| Ok(0));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn patience_ends() {
        let outcome = write_all(b"a", Some(Instant::now()), |_| Err(Errno::AGAIN));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
