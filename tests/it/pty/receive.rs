//! What comes from a program in a terminal: read by a thread, shown on an
//! emulated screen, kept byte by byte with the time it came.

use super::lock;
use std::io::{ErrorKind, Read, Write};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// What came from the program.
pub struct Received {
    /// The emulated screen.
    pub parser: vt100::Parser,
    /// Every byte.
    pub raw: Vec<u8>,
    /// When each read came, and how many bytes there were behind it.
    pub arrivals: Vec<(Instant, usize)>,
    /// Whether nobody has the terminal open any more.
    pub ended: bool,
    /// Whether nobody reads: what was read last is the last, until this ends.
    pub held: bool,
    /// Whether the terminal goes away: the reader closes its end.
    pub leaves: bool,
    /// Up to where queries were looked for.
    searched: usize,
}

impl Received {
    pub fn new(parser: vt100::Parser) -> Self {
        Self {
            parser,
            raw: Vec::new(),
            arrivals: Vec::new(),
            ended: false,
            held: false,
            leaves: false,
            searched: 0,
        }
    }

    /// Takes bytes in and returns what a terminal would answer to them.
    fn take(&mut self, bytes: &[u8]) -> String {
        self.parser.process(bytes);
        self.raw.extend_from_slice(bytes);
        self.arrivals.push((Instant::now(), self.raw.len()));
        let mut replies = String::new();
        let mut rest = &self.raw[self.searched..];
        let mut kept = 0;
        while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
            rest = &rest[at..];
            if rest.starts_with(b"\x1b[6n") {
                let (row, column) = self.parser.screen().cursor_position();
                replies.push_str(&format!("\x1b[{};{}R", row + 1, column + 1));
            } else if rest.starts_with(b"\x1b[c") || rest.starts_with(b"\x1b[0c") {
                replies.push_str("\x1b[?62;22c");
            } else if rest.len() < 4 {
                // The sequence may go on in the next read.
                kept = rest.len();
                break;
            }
            rest = &rest[1..];
        }
        self.searched = self.raw.len() - kept;
        replies
    }
}

/// What the reading thread and the test share.
pub struct Shared {
    /// What came.
    pub received: Mutex<Received>,
    /// Told whenever something came.
    pub changed: Condvar,
    /// The keyboard.
    pub writer: Mutex<Box<dyn Write + Send>>,
}

impl Shared {
    /// Sends bytes to the program, as if they were typed.
    pub fn send(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut writer = lock(&self.writer);
        writer.write_all(bytes)?;
        writer.flush()
    }

    /// Reads until the program has ended.
    pub fn read_on(&self, mut reader: Box<dyn Read + Send>) {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match reader.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            let mut received = lock(&self.received);
            let replies = received.take(&buffer[..count]);
            self.changed.notify_all();
            while received.held && !received.leaves {
                received = self.changed.wait(received).unwrap_or_else(PoisonError::into_inner);
            }
            if received.leaves {
                break;
            }
            drop(received);
            if !replies.is_empty() && self.send(replies.as_bytes()).is_err() {
                break;
            }
        }
        // Before anybody hears of it: a terminal that somebody still reads isn't gone.
        drop(reader);
        lock(&self.received).ended = true;
        self.changed.notify_all();
    }
}

/// Fails the test that waited in vain, with all that there is to see.
#[track_caller]
pub fn fail(what: &str, received: &Received) -> ! {
    let ended = if received.ended { "; the program has ended" } else { "" };
    let text = received.parser.screen().contents();
    let tail = &received.raw[received.raw.len().saturating_sub(300)..];
    panic!(
        "waited in vain for {what}{ended}. The screen:\n{text}\n\nThe last bytes: {}",
        tail.escape_ascii()
    );
}

/// Row and column of the first place of a text on a screen. Columns count
/// cells, of which a wide character has two.
pub fn find(screen: &vt100::Screen, text: &str) -> Option<(u16, u16)> {
    find_all(screen, text).into_iter().next()
}

/// Row and column of every place of a text, row by row.
pub fn find_all(screen: &vt100::Screen, text: &str) -> Vec<(u16, u16)> {
    let mut places = Vec::new();
    for row in 0..screen.size().0.get() {
        let (line, starts) = line(screen, row);
        for (at, _) in line.match_indices(text) {
            let cell = starts.partition_point(|(start, _)| *start <= at) - 1;
            places.push((row, starts[cell].1));
        }
    }
    places
}

/// Every row, without the blanks at its end: whether those were written or
/// erased makes no difference.
pub fn lines(screen: &vt100::Screen) -> Vec<String> {
    (0..screen.size().0.get()).map(|row| line(screen, row).0.trim_end().to_owned()).collect()
}

/// The text of a row, with the byte and the column where each cell starts.
pub fn line(screen: &vt100::Screen, row: u16) -> (String, Vec<(usize, u16)>) {
    let mut line = String::new();
    let mut starts = Vec::new();
    for column in 0..screen.size().1.get() {
        let Some(cell) = screen.cell(row, column) else { break };
        if cell.is_wide_continuation() {
            continue;
        }
        starts.push((line.len(), column));
        line.push_str(if cell.has_contents() { cell.contents() } else { " " });
    }
    (line, starts)
}

#[test]
fn queries_are_answered_once_even_when_they_come_in_pieces() {
    let size = |count| std::num::NonZeroU16::new(count).unwrap();
    let mut received = Received::new(vt100::Parser::new(size(10), size(20), 0));
    assert_eq!(received.take(b"ab\x1b["), "");
    assert_eq!(received.take(b"6n\x1b[1m\x1b"), "\x1b[1;3R");
    assert_eq!(received.take(b"[c"), "\x1b[?62;22c");
    assert_eq!(received.take(b"\r\n\xe6\x97\xa5x"), "");
    assert_eq!(find(received.parser.screen(), "x"), Some((1, 2)));
    assert_eq!(find(received.parser.screen(), "y"), None);
}
