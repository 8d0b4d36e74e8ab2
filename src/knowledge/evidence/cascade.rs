//! The cascade: the score picks the sentences whose vectors are made, score
//! and cosine those that are read together with the question, and the sum of
//! all three chooses.

use super::score::Seen;
use super::units::Candidate;
use crate::knowledge::rank::{Piece, RankError, Ranker};
use std::time::{Duration, Instant};

/// Sentences whose cosine is computed.
const COMPARED: usize = 24;
/// Of these, sentences that are read together with the question.
const READ: usize = 6;
/// How many at a time: after each lot the time is looked at.
const COMPARED_LOT: usize = 8;
const READ_LOT: usize = 3;
/// Share of the time that cosines may take.
const COMPARING: f32 = 0.6;

/// Weights of score and cosine where sentences are picked to be read.
const PICK: (f32, f32) = (4.0, 8.0);
/// Weights of score and cosine beside the logit, in the choice. Fitted on
/// SelQA's dev part and COVID-QA; `examples/measure/README.md` has how.
const CHOOSE: (f32, f32) = (4.0, 6.0);
/// What a question loses in the choice, so that it never wins over a statement.
const QUESTION_PENALTY: f32 = 12.0;
/// What a sentence loses that is about another number or identifier than the
/// question, as far as it and its headings say.
const OTHER_PENALTY: f32 = 3.0;

fn penalty(seen: &Seen) -> f32 {
    let question = if seen.question { QUESTION_PENALTY } else { 0.0 };
    question + OTHER_PENALTY * seen.headed.identifiers_missing
}

/// What reading said of a sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Read {
    /// Cosine of its vector with the question's.
    pub cosine: Option<f32>,
    /// Logit of it and the question read together.
    pub logit: Option<f32>,
    /// What the choice goes by; comparable within one question, and about as
    /// large whether sentences were read or not.
    pub sum: f32,
}

/// Reads as many of the candidates as the time allows.
///
/// # Errors
/// Where the ranker fails.
pub fn read(
    question: &str,
    candidates: &[Candidate],
    seen: &[Seen],
    ranker: Option<&dyn Ranker>,
    budget: Duration,
) -> Result<Vec<Read>, RankError> {
    let mut out: Vec<Read> =
        seen.iter().map(|seen| Read { sum: CHOOSE.0 * seen.score, ..Read::default() }).collect();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    // Stable, so that equal scores keep the order of the hits and of the text.
    order.sort_by(|a, b| seen[*b].score.total_cmp(&seen[*a].score));
    let Some(ranker) = ranker else { return Ok(out) };
    let pieces = |places: &[usize]| -> Vec<Piece> {
        places.iter().map(|at| candidates[*at].piece.clone()).collect()
    };
    let started = Instant::now();
    let picked: Vec<usize> = order.iter().copied().take(COMPARED).collect();
    let mut pace = Pace::new(started, budget.mul_f32(COMPARING));
    for lot in picked.chunks(COMPARED_LOT) {
        if !pace.allows() {
            break;
        }
        for (at, cosine) in lot.iter().zip(ranker.cosines(question, &pieces(lot))?) {
            out[*at].cosine = Some(cosine);
        }
    }
    let key = |out: &[Read], at: usize| {
        PICK.0 * seen[at].score + PICK.1 * out[at].cosine.unwrap_or(0.0) - penalty(&seen[at])
    };
    let mut compared: Vec<usize> =
        picked.iter().copied().filter(|at| out[*at].cosine.is_some()).collect();
    compared.sort_by(|a, b| key(&out, *b).total_cmp(&key(&out, *a)));
    let mut pace = Pace::new(started, budget);
    for lot in compared.iter().copied().take(READ).collect::<Vec<_>>().chunks(READ_LOT) {
        if !pace.allows() {
            break;
        }
        for (at, logit) in lot.iter().zip(ranker.logits(question, &pieces(lot))?) {
            out[*at].logit = Some(logit);
        }
    }
    for (at, read) in out.iter_mut().enumerate() {
        if let (Some(cosine), Some(logit)) = (read.cosine, read.logit) {
            let known = CHOOSE.0 * seen[at].score + CHOOSE.1 * cosine;
            read.sum = logit + known - penalty(&seen[at]);
        }
    }
    // What was looked at less closely stands behind what was looked at more
    // closely, in the order of what is known of it.
    let unread: Vec<usize> =
        compared.iter().copied().filter(|at| out[*at].logit.is_none()).collect();
    below(&mut out, &unread, |out| out.logit.is_some(), |out, at| key(out, at));
    let rest: Vec<usize> = order.into_iter().filter(|at| out[*at].cosine.is_none()).collect();
    below(&mut out, &rest, |out| out.cosine.is_some(), |_, at| CHOOSE.0 * seen[at].score);
    Ok(out)
}

/// Puts the sums of some below those of all that are `above`.
fn below(
    out: &mut [Read],
    places: &[usize],
    above: impl Fn(&Read) -> bool,
    key: impl Fn(&[Read], usize) -> f32,
) {
    let floor = out.iter().filter(|r| above(r)).map(|r| r.sum).fold(f32::INFINITY, f32::min);
    if !floor.is_finite() {
        return;
    }
    let keys: Vec<f32> = places.iter().map(|at| key(out, *at)).collect();
    let most = keys.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (at, key) in places.iter().zip(keys) {
        out[*at].sum = floor - 0.01 + (key - most);
    }
}

/// Whether there is time for one more lot, going by the slowest so far.
struct Pace {
    end: Option<Instant>,
    lot: Option<Instant>,
    slowest: Duration,
}

impl Pace {
    fn new(started: Instant, budget: Duration) -> Self {
        Self { end: started.checked_add(budget), lot: None, slowest: Duration::ZERO }
    }

    /// The first lot is always allowed, however slow the machine.
    fn allows(&mut self) -> bool {
        let now = Instant::now();
        let Some(last) = self.lot.replace(now) else { return true };
        self.slowest = self.slowest.max(now.duration_since(last));
        self.end.is_none_or(|end| now + self.slowest <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::units::candidates;
    use super::*;
    use crate::domain::{ByteRange, Chunk, Hit, LineRange, OffsetMap};
    use std::sync::Mutex;

    /// Knows the answer by a mark in it, and takes its time.
    struct Slow {
        wait: Duration,
        asked: Mutex<(usize, usize)>,
    }

    impl Ranker for Slow {
        fn id(&self) -> &str {
            "slow"
        }

        fn cosines(&self, _: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
            std::thread::sleep(self.wait);
            self.asked.lock().unwrap().0 += pieces.len();
            Ok(pieces.iter().map(|p| f32::from(p.sentence.contains("mark"))).collect())
        }

        fn logits(&self, _: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
            std::thread::sleep(self.wait);
            self.asked.lock().unwrap().1 += pieces.len();
            Ok(pieces
                .iter()
                .map(|p| if p.sentence.contains("mark") { 3.0 } else { -3.0 })
                .collect())
        }

        fn calibrated(&self) -> bool {
            true
        }

        fn reads(&self, _: &str, _: &str) -> bool {
            true
        }
    }

    fn sentences(count: usize) -> Vec<Candidate> {
        let text: String =
            (0..count).map(|n| format!("This is sentence number {n} of them. ")).collect();
        let text = text.replace("number 9 of", "number nine, the mark, of");
        let chunk = Chunk {
            id: "1".into(),
            path: "/x".into(),
            collection: String::new(),
            heading: Vec::new(),
            bytes: ByteRange::new(0, text.len()),
            lines: LineRange { start: 1, end: 1 },
            offsets: OffsetMap::verbatim(0, text.len()),
            text,
            rendered: false,
            index: 0,
            file_hash: String::new(),
            modified: 0,
            units: Vec::new(),
            language: String::new(),
        };
        candidates(&[Hit {
            chunk,
            rank: 1,
            score: 1.0,
            vector: None,
            full_text: None,
            stale: false,
        }])
    }

    fn seen(count: usize) -> Vec<Seen> {
        (0..count).map(|n| Seen { score: 1.0 - n as f32 * 0.01, ..Seen::default() }).collect()
    }

    #[test]
    fn reading_lifts_a_sentence_and_what_was_not_read_stays_behind() {
        let (candidates, seen) = (sentences(40), seen(40));
        let ranker = Slow { wait: Duration::ZERO, asked: Mutex::default() };
        let read = read("?", &candidates, &seen, Some(&ranker), Duration::from_secs(60)).unwrap();
        assert_eq!(*ranker.asked.lock().unwrap(), (COMPARED, READ));
        let mut order: Vec<usize> = (0..40).collect();
        order.sort_by(|a, b| read[*b].sum.total_cmp(&read[*a].sum));
        assert_eq!(order[0], 9, "{read:?}");
        let looked = |at: usize| (read[at].logit.is_some(), read[at].cosine.is_some());
        assert!(order[..READ].iter().all(|at| looked(*at) == (true, true)));
        assert!(order[READ..COMPARED].iter().all(|at| looked(*at) == (false, true)));
        assert_eq!(order[COMPARED..], (24..40).collect::<Vec<_>>());
    }

    #[test]
    fn a_slow_ranker_reads_one_lot_of_each() {
        let (candidates, seen) = (sentences(40), seen(40));
        let ranker = Slow { wait: Duration::from_millis(30), asked: Mutex::default() };
        read("?", &candidates, &seen, Some(&ranker), Duration::from_millis(40)).unwrap();
        assert_eq!(*ranker.asked.lock().unwrap(), (COMPARED_LOT, READ_LOT));
    }

    #[test]
    fn without_a_ranker_the_score_alone_decides() {
        let (candidates, seen) = (sentences(5), seen(5));
        let read = read("?", &candidates, &seen, None, Duration::ZERO).unwrap();
        assert!(read.windows(2).all(|pair| pair[0].sum > pair[1].sum));
        assert!(read.iter().all(|r| r.cosine.is_none() && r.logit.is_none()));
    }
}
