//! Text on standard input beside a question: when it is read, and how long it
//! is waited for.
//!
//! It is read where it is a file or a pipe, as other filters do, and never
//! where it is a terminal or nothing. A script may hand on a pipe that nobody
//! ever writes to, so without being asked for by name it is waited for only a
//! little; where that was not long enough, a message says so.

use super::Failure;
use std::io::{IsTerminal, Read};
use std::time::Duration;
use tokio::sync::mpsc;

/// The name of standard input among paths.
pub const NAME: &str = "-";

/// How long the first bytes are waited for.
const FIRST: Duration = Duration::from_secs(1);

/// How long further ones are waited for.
const FURTHER: Duration = Duration::from_secs(10);

/// Bytes read at a time.
const BLOCK: usize = 64 << 10;

/// Standard input, being read.
pub struct Piped {
    blocks: mpsc::Receiver<std::io::Result<Vec<u8>>>,
    /// Whether it was asked for by name.
    named: bool,
}

/// What came.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What is to be said of how they were read, if anything.
    pub note: Option<String>,
}

impl Piped {
    /// Begins to read standard input, where there is something to read. `named`
    /// says that it was asked for.
    ///
    /// # Errors
    /// Where it was asked for and is a terminal.
    pub fn start(named: bool) -> Result<Option<Self>, Failure> {
        if named && std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                "standard input is the terminal. Pipe the text into it: cat notes.txt | lorag ask QUESTION -",
            ));
        }
        if !named && !holds_text() {
            return Ok(None);
        }
        let (sender, blocks) = mpsc::channel(4);
        // Nothing ends a read that waits, so it has a thread of its own, which
        // the end of the program doesn't wait for.
        let reading = std::thread::Builder::new().name("lorag-stdin".to_owned());
        reading.spawn(move || read(std::io::stdin().lock(), &sender))?;
        Ok(Some(Self { blocks, named }))
    }

    /// All of it, up to `most` bytes.
    ///
    /// # Errors
    /// Where it can't be read.
    pub async fn text(mut self, most: usize) -> Result<Text, Failure> {
        self.gather(most, FIRST, FURTHER).await
    }

    async fn gather(
        &mut self,
        most: usize,
        first: Duration,
        further: Duration,
    ) -> Result<Text, Failure> {
        let mut text = Text::default();
        loop {
            let wait = if text.bytes.is_empty() { first } else { further };
            let block = if self.named {
                self.blocks.recv().await
            } else {
                match tokio::time::timeout(wait, self.blocks.recv()).await {
                    Ok(block) => block,
                    Err(_) => {
                        text.note = Some(late(text.bytes.is_empty()).to_owned());
                        return Ok(text);
                    }
                }
            };
            let Some(block) = block else { return Ok(text) };
            let block = block
                .map_err(|error| Failure::from(format!("cannot read standard input: {error}")))?;
            let room = most - text.bytes.len();
            text.bytes.extend_from_slice(block.get(..room).unwrap_or(&block));
            if block.len() > room {
                text.note = Some(format!(
                    "standard input holds more than {} KiB; what is behind that was left out. Index it as a file instead",
                    most >> 10
                ));
                return Ok(text);
            }
        }
    }
}

fn late(nothing: bool) -> &'static str {
    if nothing {
        "standard input gave nothing in time and was left out. Name it as - behind the question to wait for it, or close it with < /dev/null"
    } else {
        "standard input stopped without an end; what came so far is used. Name it as - behind the question to wait for its end"
    }
}

fn read(mut from: impl Read, to: &mpsc::Sender<std::io::Result<Vec<u8>>>) {
    loop {
        let mut block = vec![0; BLOCK];
        let read = match from.read(&mut block) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = to.blocking_send(Err(error));
                return;
            }
        };
        block.truncate(read);
        if to.blocking_send(Ok(block)).is_err() {
            return;
        }
    }
}

/// Whether standard input is a file, a pipe or a socket.
#[cfg(unix)]
fn holds_text() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let stdin = std::io::stdin();
    let kind = stdin
        .as_fd()
        .try_clone_to_owned()
        .and_then(|fd| std::fs::File::from(fd).metadata())
        .map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_file() || kind.is_fifo() || kind.is_socket())
}

#[cfg(not(unix))]
fn holds_text() -> bool {
    !std::io::stdin().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(10);

    fn piped(named: bool) -> (mpsc::Sender<std::io::Result<Vec<u8>>>, Piped) {
        let (sender, blocks) = mpsc::channel(4);
        (sender, Piped { blocks, named })
    }

    #[tokio::test]
    async fn all_blocks_are_taken_up_to_the_limit() {
        let (sender, mut piped) = piped(false);
        std::thread::spawn(move || read("a long text".as_bytes(), &sender));
        let text = piped.gather(100, FIRST, FURTHER).await.unwrap();
        assert_eq!(text, Text { bytes: b"a long text".to_vec(), note: None });

        let (sender, mut piped) = self::piped(true);
        std::thread::spawn(move || read("a long text".as_bytes(), &sender));
        let text = piped.gather(6, FIRST, FURTHER).await.unwrap();
        assert_eq!(text.bytes, b"a long");
        assert!(text.note.unwrap().contains("left out"));
    }

    #[tokio::test]
    async fn a_pipe_that_nobody_writes_to_holds_nothing_up() {
        let (sender, mut piped) = piped(false);
        let text = piped.gather(100, SHORT, SHORT).await.unwrap();
        assert!(text.bytes.is_empty() && text.note.unwrap().contains("nothing in time"));
        sender.send(Ok(b"half".to_vec())).await.unwrap();
        let text = piped.gather(100, SHORT, SHORT).await.unwrap();
        assert_eq!(text.bytes, b"half");
        assert!(text.note.unwrap().contains("without an end"));
    }

    #[tokio::test]
    async fn one_that_was_named_is_waited_for() {
        let (sender, mut piped) = piped(true);
        let late = async {
            tokio::time::sleep(SHORT * 3).await;
            sender.send(Ok(b"late".to_vec())).await.unwrap();
            drop(sender);
        };
        let (text, ()) = tokio::join!(piped.gather(100, SHORT, SHORT), late);
        assert_eq!(text.unwrap(), Text { bytes: b"late".to_vec(), note: None });
    }
}
