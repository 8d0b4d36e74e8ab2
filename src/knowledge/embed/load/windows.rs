//! Texts as runs of tokens that a transformer can take at once, and the
//! vectors of those runs as one vector per text.
//!
//! A text longer than the model's window is not cut off, as sentence
//! transformers do: it is split into windows of about equal length, and its
//! vector is the mean of theirs, weighted by their tokens.

use super::super::EmbedError;
use super::tokens::Tokens;

/// Most windows in one run of the model.
const MOST_WINDOWS: usize = 64;

/// Smallest window that makes sense, in tokens.
const SMALLEST_WINDOW: usize = 8;

/// How texts become windows.
pub struct Framing {
    head: Vec<u32>,
    tail: Vec<u32>,
    unknown: Option<u32>,
    limit: usize,
}

/// One run of tokens.
struct Window {
    /// Index of its text.
    text: usize,
    /// Tokens, special ones included.
    ids: Vec<u32>,
    /// Tokens of the text in it.
    weight: f32,
}

impl Framing {
    /// Windows of at most `limit` tokens, special ones included.
    ///
    /// # Errors
    /// What is wrong with the tokenizer or the limit, for people.
    pub fn new(tokens: &Tokens, limit: usize) -> Result<Self, String> {
        let (head, tail) = tokens.frame()?;
        Self::with_frame(tokens, head, tail, limit)
    }

    /// As [`Self::new`], with the special tokens given.
    ///
    /// # Errors
    /// What is wrong with the limit, for people.
    pub fn with_frame(
        tokens: &Tokens,
        head: Vec<u32>,
        tail: Vec<u32>,
        limit: usize,
    ) -> Result<Self, String> {
        if limit < SMALLEST_WINDOW + head.len() + tail.len() {
            return Err(format!("its window of {limit} tokens is too small to embed text"));
        }
        Ok(Self { head, tail, unknown: tokens.unknown(), limit })
    }

    /// Embeds texts by running `run` on batches of windows: it gets token ids
    /// and gives one vector for each. A batch, padded to its longest window,
    /// has about `budget` tokens at most. Vectors come out L2-normalised; a
    /// text without any known token gives the zero vector.
    ///
    /// # Errors
    /// Where the tokenizer or `run` fails.
    pub fn embed(
        &self,
        tokens: &Tokens,
        prefix: &str,
        texts: &[String],
        dimension: usize,
        budget: usize,
        mut run: impl FnMut(&[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError>,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut windows = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            self.split(tokens, prefix, index, text, &mut windows).map_err(EmbedError::Failed)?;
        }
        // Windows of about the same length share a batch, so little is padded.
        windows.sort_by_key(|window| window.ids.len());
        let mut sums = vec![vec![0.0_f32; dimension]; texts.len()];
        let mut rest = windows.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_size(rest, budget));
            rest = later;
            let inputs: Vec<&[u32]> = batch.iter().map(|window| window.ids.as_slice()).collect();
            let vectors = run(&inputs)?;
            if vectors.len() != batch.len() {
                return Err(EmbedError::Failed(format!(
                    "it gave {} vectors for {} texts",
                    vectors.len(),
                    batch.len()
                )));
            }
            for (window, mut vector) in batch.iter().zip(vectors) {
                if vector.len() != dimension {
                    return Err(EmbedError::Failed(format!(
                        "it gave a vector of length {} instead of {dimension}",
                        vector.len()
                    )));
                }
                unit(&mut vector)?;
                if let Some(sum) = sums.get_mut(window.text) {
                    for (sum, value) in sum.iter_mut().zip(vector) {
                        *sum += window.weight * value;
                    }
                }
            }
        }
        for sum in &mut sums {
            unit(sum)?;
        }
        Ok(sums)
    }

    /// Adds the windows of one text. The prefix stands in each of them, since
    /// it tells the model what the tokens behind it are.
    fn split(
        &self,
        tokens: &Tokens,
        prefix: &str,
        text_index: usize,
        text: &str,
        windows: &mut Vec<Window>,
    ) -> Result<(), String> {
        let body = tokens.ids(text)?;
        if body.iter().all(|id| Some(*id) == self.unknown) {
            return Ok(());
        }
        let frame = self.head.len() + self.tail.len();
        let weigh = |count: usize| count as f32;
        if prefix.is_empty() && body.len() + frame <= self.limit {
            windows.push(self.window(text_index, &[], &body, weigh(body.len())));
            return Ok(());
        }
        if !prefix.is_empty() {
            // Some tokenizers join the prefix's last word and the text's first.
            let whole = tokens.ids(&format!("{prefix}{text}"))?;
            if whole.len() + frame <= self.limit {
                windows.push(self.window(text_index, &[], &whole, weigh(body.len())));
                return Ok(());
            }
        }
        let lead = tokens.ids(prefix)?;
        let room = self
            .limit
            .checked_sub(frame + lead.len())
            .filter(|room| *room > 0)
            .ok_or_else(|| format!("the prefix \"{prefix}\" fills its window"))?;
        let pieces = body.len().div_ceil(room);
        for piece in body.chunks(body.len().div_ceil(pieces)) {
            windows.push(self.window(text_index, &lead, piece, weigh(piece.len())));
        }
        Ok(())
    }

    fn window(&self, text: usize, lead: &[u32], piece: &[u32], weight: f32) -> Window {
        let ids = [self.head.as_slice(), lead, piece, self.tail.as_slice()].concat();
        Window { text, ids, weight }
    }
}

/// How many of the windows, sorted by length, run together: as many as stay
/// within `budget` tokens once padded, and at least one.
fn batch_size(windows: &[Window], budget: usize) -> usize {
    windows
        .iter()
        .take(MOST_WINDOWS)
        .enumerate()
        .take_while(|(before, window)| *before == 0 || (before + 1) * window.ids.len() <= budget)
        .count()
}

/// Scales a vector to length one; the zero vector stays.
///
/// # Errors
/// Where a value isn't finite.
pub fn unit(vector: &mut [f32]) -> Result<(), EmbedError> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if !norm.is_finite() {
        return Err(EmbedError::Failed(
            "it gave a vector that is not finite; its weights may be damaged".to_owned(),
        ));
    }
    if norm > 0.0 {
        for value in vector {
            *value /= norm;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::tokenizer_json;
    use super::*;

    /// Runs texts through a model that gives `[tokens in the window, 1]`, and
    /// returns the vectors beside the sizes of all batches.
    fn run(
        limit: usize,
        prefix: &str,
        texts: &[&str],
        budget: usize,
    ) -> (Vec<Vec<f32>>, Vec<Vec<usize>>) {
        let tokens = Tokens::from_bytes(&tokenizer_json()).unwrap();
        let framing = Framing::new(&tokens, limit).unwrap();
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let mut batches = Vec::new();
        let vectors = framing
            .embed(&tokens, prefix, &texts, 2, budget, |inputs| {
                batches.push(inputs.iter().map(|ids| ids.len()).collect());
                Ok(inputs.iter().map(|ids| vec![ids.len() as f32, 1.0]).collect())
            })
            .unwrap();
        (vectors, batches)
    }

    #[test]
    fn long_texts_are_split_evenly_and_weighted() {
        // 20 tokens, of which 10 at most fit beside the two special ones.
        let text = "a ".repeat(20);
        let (vectors, batches) = run(12, "", &[&text], 1_000);
        assert_eq!(batches, [vec![12, 12]]);
        let length: f32 = vectors[0].iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
        // 21 tokens make three windows of seven, not two full ones and a rest.
        let text = "a ".repeat(21);
        assert_eq!(run(12, "", &[&text], 1_000).1, [vec![9, 9, 9]]);
    }

    #[test]
    fn the_prefix_stands_in_every_window() {
        let text = "b ".repeat(12);
        // Two special tokens and two of the prefix leave room for eight.
        let (_, batches) = run(12, "q: ", &[&text, "b"], 1_000);
        assert_eq!(batches, [vec![5, 10, 10]]);
    }

    #[test]
    fn batches_stay_within_the_budget() {
        let long = "c ".repeat(8);
        let (_, batches) = run(12, "", &[&long, "a", &long, "b", "c"], 20);
        assert_eq!(batches, [vec![3, 3, 3], vec![10, 10]]);
        let (_, batches) = run(12, "", &[&long, &long], 5);
        assert_eq!(batches, [vec![10], vec![10]], "one window runs in any case");
        let many = vec!["a"; MOST_WINDOWS + 1];
        let (_, batches) = run(12, "", &many, 1_000_000);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [MOST_WINDOWS, 1]);
    }

    #[test]
    fn vectors_keep_the_order_of_texts() {
        let (vectors, _) = run(12, "", &["a b c d", "a", "", "\u{2603}", "a b"], 1_000);
        let ratios: Vec<f32> =
            vectors.iter().map(|v| if v[1] > 0.0 { v[0] / v[1] } else { 0.0 }).collect();
        let expected = [6.0, 3.0, 0.0, 0.0, 4.0];
        assert!(ratios.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{ratios:?}");
    }

    #[test]
    fn faults_of_a_model_are_errors() {
        let tokens = Tokens::from_bytes(&tokenizer_json()).unwrap();
        assert!(Framing::new(&tokens, 4).is_err());
        let framing = Framing::new(&tokens, 12).unwrap();
        let texts = ["a".to_owned()];
        let faults: [Vec<Vec<f32>>; 3] = [vec![], vec![vec![1.0]], vec![vec![f32::NAN, 1.0]]];
        for fault in faults {
            assert!(framing.embed(&tokens, "", &texts, 2, 100, |_| Ok(fault.clone())).is_err());
        }
    }
}
