//! When to draw: requests of a moment become one frame, and streams are drawn
//! no oftener than an eye or a slow line needs.
//!
//! Time is given, never read, so that tests need not wait.

use std::time::{Duration, Instant};

/// At most 30 frames a second for what streams in.
const BETWEEN_STREAMS: Duration = Duration::from_millis(33);

/// At most 120 frames a second for keys, held down or pasted.
const BETWEEN_KEYS: Duration = Duration::from_micros(8334);

/// What a frame is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The user did something and waits for it.
    Key,
    /// Tokens, progress or clocks.
    Stream,
}

/// The schedule of frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frames {
    drawn: Option<Instant>,
    deadline: Option<Instant>,
}

impl Frames {
    /// Asks for a frame that shows what happened until now. Any number of
    /// requests make one frame, at the time of the most urgent.
    pub fn request(&mut self, now: Instant, urgency: Urgency) {
        let between = match urgency {
            Urgency::Key => BETWEEN_KEYS,
            Urgency::Stream => BETWEEN_STREAMS,
        };
        let at = self.drawn.map_or(now, |drawn| now.max(drawn + between));
        self.deadline = Some(self.deadline.map_or(at, |deadline| deadline.min(at)));
    }

    /// When to draw; `None` while nothing was asked for.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// A frame was drawn, which answers every request so far.
    pub fn drawn(&mut self, now: Instant) {
        self.drawn = Some(now);
        self.deadline = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn is_due(frames: &Frames, now: Instant) -> bool {
        frames.deadline().is_some_and(|deadline| deadline <= now)
    }

    #[test]
    fn nothing_asked_nothing_drawn() {
        let start = Instant::now();
        let mut frames = Frames::default();
        assert_eq!(frames.deadline(), None);
        frames.request(start, Urgency::Stream);
        assert!(is_due(&frames, start), "the first one waits for nothing");
        frames.drawn(start);
        assert_eq!(frames.deadline(), None);
        assert!(!is_due(&frames, start + ms(10_000)));
    }

    #[test]
    fn requests_of_a_moment_become_one_frame() {
        let start = Instant::now();
        let mut frames = Frames::default();
        frames.drawn(start);
        for after in [1, 2, 20] {
            frames.request(start + ms(after), Urgency::Stream);
            assert_eq!(frames.deadline(), Some(start + BETWEEN_STREAMS));
        }
        assert!(!is_due(&frames, start + ms(32)) && is_due(&frames, start + ms(33)));
        // Long after the last frame there is nothing to wait for.
        frames.drawn(start + ms(33));
        frames.request(start + ms(500), Urgency::Stream);
        assert_eq!(frames.deadline(), Some(start + ms(500)));
    }

    #[test]
    fn a_key_goes_ahead_of_a_stream() {
        let start = Instant::now();
        let mut frames = Frames::default();
        frames.drawn(start);
        frames.request(start + ms(1), Urgency::Stream);
        frames.request(start + ms(2), Urgency::Key);
        assert_eq!(frames.deadline(), Some(start + BETWEEN_KEYS));
        // And a stream behind it doesn't hold it back.
        frames.request(start + ms(3), Urgency::Stream);
        assert_eq!(frames.deadline(), Some(start + BETWEEN_KEYS));
    }

    #[test]
    fn a_second_has_30_frames_of_a_stream_and_120_of_keys() {
        for (urgency, most) in [(Urgency::Stream, 31), (Urgency::Key, 120)] {
            let start = Instant::now();
            let mut frames = Frames::default();
            let mut drawn = 0;
            for after in 0..1000 {
                let now = start + ms(after);
                frames.request(now, urgency);
                if is_due(&frames, now) {
                    frames.drawn(now);
                    drawn += 1;
                }
            }
            assert!((most - 20..=most).contains(&drawn), "{drawn} frames for {urgency:?}");
        }
    }
}
