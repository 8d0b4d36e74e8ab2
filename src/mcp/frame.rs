//! Messages as they come: one a line, of limited length.

use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Most bytes of a message.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// A line of input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A message.
    Line(Vec<u8>),
    /// A line that is too long; its bytes are gone.
    TooLong,
    /// The input has ended.
    End,
}

/// Reads the next line. What lacks a line break at the end is one, too. No more
/// than [`MOST_BYTES`] are kept, however long the line is.
///
/// # Errors
/// Where the input can't be read.
pub(super) async fn next(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Frame> {
    let (mut line, mut too_long) = (Vec::new(), false);
    loop {
        let read = input.fill_buf().await?;
        if read.is_empty() {
            return Ok(match (too_long, line.is_empty()) {
                (true, _) => Frame::TooLong,
                (false, true) => Frame::End,
                (false, false) => Frame::Line(line),
            });
        }
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = &read[..end.unwrap_or(read.len())];
        too_long |= line.len() + part.len() > MOST_BYTES;
        if too_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(part);
        }
        let used = end.map_or(read.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(if too_long { Frame::TooLong } else { Frame::Line(line) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_read_and_long_ones_dropped() {
        let long = "x".repeat(MOST_BYTES + 1);
        let fits = "y".repeat(MOST_BYTES);
        let text = format!("{{}}\n\n{long}\n{fits}\nlast");
        let mut input = tokio::io::BufReader::with_capacity(1000, text.as_bytes());
        let mut lines = Vec::new();
        loop {
            match next(&mut input).await.unwrap() {
                Frame::End => break,
                Frame::TooLong => lines.push(None),
                Frame::Line(line) => lines.push(Some(line.len())),
            }
        }
        assert_eq!(lines, [Some(2), Some(0), None, Some(MOST_BYTES), Some(4)]);
    }
}
