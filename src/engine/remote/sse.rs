//! Server-sent events, from bytes however they are cut.
//!
//! Lines end in LF, CR LF or CR; `data:` lines up to an empty line make an
//! event; lines that begin with a colon keep the connection alive. UTF-8 is
//! read when an event is whole, and what is none becomes U+FFFD.

/// Longest line and longest event, in bytes: far beyond what a token takes.
const LONGEST: usize = 1 << 20;

/// A line or an event that goes on for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Reads events.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    /// Whether the event has a data line.
    has_data: bool,
    /// Whether the last byte was a CR, behind which an LF means nothing.
    after_cr: bool,
    /// Whether a byte order mark may still come.
    begun: bool,
}

impl Events {
    /// The data of the events that these bytes complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        let mut events = Vec::new();
        for byte in bytes {
            let skip = std::mem::take(&mut self.after_cr) && *byte == b'\n';
            match byte {
                b'\n' if skip => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    events.extend(self.end_line()?);
                }
                byte => {
                    if self.line.len() >= LONGEST {
                        return Err(TooLong);
                    }
                    self.line.push(*byte);
                }
            }
        }
        Ok(events)
    }

    /// The event that the end of the stream left open.
    pub fn finish(&mut self) -> Option<String> {
        let open = self.end_line().ok().flatten();
        open.or_else(|| self.end_event())
    }

    fn end_line(&mut self) -> Result<Option<String>, TooLong> {
        let line = std::mem::take(&mut self.line);
        let mark: &[u8] = if self.begun { &[] } else { &[0xEF, 0xBB, 0xBF] };
        self.begun = true;
        let line = line.strip_prefix(mark).unwrap_or(&line);
        if line.is_empty() {
            return Ok(self.end_event());
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        // Older servers of llama.cpp write a field of this name.
        if field == b"data" || field == b"error" {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            self.data.extend_from_slice(value);
            if self.data.len() > LONGEST {
                return Err(TooLong);
            }
        }
        Ok(None)
    }

    fn end_event(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| String::from_utf8_lossy(&data).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut events = Events::default();
        let mut out = events.feed(bytes).unwrap();
        out.extend(events.finish());
        out
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        assert_eq!(read(b"data: a\n\ndata:b\r\n\r\ndata:  c\r\r"), ["a", "b", " c"]);
        assert_eq!(read(b"\xEF\xBB\xBFdata: a\ndata: b\n\n"), ["a\nb"]);
        assert_eq!(read(b": alive\n\n:\n\nevent: x\nid: 1\ndata\n\n"), [""]);
        assert_eq!(read(b"\n\nretry: 3\n\n"), Vec::<String>::new());
        assert_eq!(read(b"data: open"), ["open"]);
        assert_eq!(read(b"error: {}\n\n"), ["{}"]);
        assert_eq!(read(b"data: a\xFFb\n\n"), ["a\u{FFFD}b"]);
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let mut events = Events::default();
        let piece = vec![b'x'; 64 << 10];
        let fed = (0..32).map(|_| events.feed(&piece)).find(Result::is_err);
        assert_eq!(fed, Some(Err(TooLong)));
        let mut events = Events::default();
        let line = [b"data: ".as_slice(), &piece, b"\n"].concat();
        assert!((0..32).any(|_| events.feed(&line).is_err()));
        let mut comments = Events::default();
        assert!((0..100_000).all(|_| comments.feed(b": alive\n\n") == Ok(Vec::new())));
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(
            text in "(data: ?[aä€😀]{0,4}|:x|event: y|)(\r\n|\n|\r)(data: b)?(\n\n|\r\r|\r\n\r\n)?(data: [ü]*)?\n*",
            cuts in proptest::collection::vec(0_usize..64, 0..8),
        ) {
            let whole = read(text.as_bytes());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut events = Events::default();
            let mut out = Vec::new();
            for pair in cuts.windows(2) {
                out.extend(events.feed(&text.as_bytes()[pair[0]..pair[1]]).unwrap());
            }
            out.extend(events.finish());
            prop_assert_eq!(out, whole);
        }
    }
}
