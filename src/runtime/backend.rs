//! The screen's way to the terminal: a frame is collected in memory and sent
//! with one write, so that over SSH it is one packet, and holds nothing that
//! the terminal knows already.
//!
//! ratatui's own backend resets every colour after each frame, moves only by
//! absolute positions and shows and places the cursor in every frame. That is
//! more than the text of one streamed word, so cells are encoded here.

mod encoder;
mod pen;
pub mod stdout;
#[cfg(test)]
mod tests;

use encoder::Encoder;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::io;

/// Frames of more bytes are drawn at once by terminals that know how to.
const SYNCHRONIZED_FROM: usize = 256;
const BEGIN_SYNCHRONIZED: &[u8] = b"\x1b[?2026h";
const END_SYNCHRONIZED: &[u8] = b"\x1b[?2026l";

/// Where frames go.
pub trait Wire {
    /// Sends all bytes, with one write wherever that is possible.
    ///
    /// # Errors
    /// The terminal is gone.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Columns and rows of the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    fn size(&self) -> io::Result<Size>;
}

/// A ratatui backend that sends as little as it can.
#[derive(Debug)]
pub struct ScreenBackend<W> {
    wire: W,
    encoder: Encoder,
    synchronized: bool,
    sent: u64,
}

impl<W: Wire> ScreenBackend<W> {
    /// A backend that knows nothing yet of the terminal's state. Long frames
    /// are wrapped in synchronized output where `synchronized` says so.
    pub fn new(wire: W, synchronized: bool) -> Self {
        Self { wire, encoder: Encoder::default(), synchronized, sent: 0 }
    }

    /// Bytes sent since the beginning.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Forgets what the terminal is believed to show: its cursor, colours and
    /// attributes are set anew with the next frame. For after anything else
    /// wrote to the terminal.
    pub fn forget(&mut self) {
        self.encoder.forget();
    }

    /// Sends bytes that move no cursor and change no cell, such as a mode or
    /// text for the clipboard.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.send(bytes)?;
        self.sent += bytes.len() as u64;
        Ok(())
    }
}

/// Whether a terminal of this kind, the value of `TERM`, may get synchronized
/// output. Others ignore it, these two print it or are too slow to care.
#[must_use]
pub fn takes_synchronized(kind: Option<&str>) -> bool {
    !matches!(kind, None | Some("" | "dumb" | "linux"))
}

impl<W: Wire> Backend for ScreenBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells = content.peekable();
        if cells.peek().is_some() {
            let columns = self.wire.size()?.width;
            self.encoder.draw(cells, columns);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.encoder.show_cursor(false);
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.encoder.show_cursor(true);
        Ok(())
    }

    /// The position is known from what was sent. The terminal is never asked,
    /// since its answer would stand in the way of the user's keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.encoder.position().unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.encoder.move_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    /// Clears with the next frame, so that no empty screen is ever seen.
    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.encoder.erase(match clear_type {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        self.wire.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.wire.size()?, pixels: Size::new(0, 0) })
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut frame = self.encoder.take();
        if frame.is_empty() {
            return Ok(());
        }
        if self.synchronized && frame.len() > SYNCHRONIZED_FROM {
            frame = [BEGIN_SYNCHRONIZED, frame.as_slice(), END_SYNCHRONIZED].concat();
        }
        let outcome = self.send(&frame);
        if outcome.is_err() {
            // Nobody knows how much of it arrived.
            self.encoder.forget();
        }
        outcome
    }
}
