//! Vectors of sentences that were made before, since the same passages come up
//! again and again in a conversation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most vectors that are kept: 6 MB of the built-in ranker's.
const KEPT: usize = 4_096;

/// The vectors, by a hash of their texts.
#[derive(Default)]
pub struct Vectors {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Each with the time it was last asked for.
    by_text: HashMap<[u8; 16], (Arc<[f32]>, u64)>,
    time: u64,
}

impl Vectors {
    /// The vectors of the texts: those that are known, the others by `make`,
    /// which gets them shortest first, so that texts of like length are
    /// computed together.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn of<E>(
        &self,
        texts: &[String],
        make: impl FnOnce(&[&str]) -> Result<Vec<Vec<f32>>, E>,
    ) -> Result<Vec<Arc<[f32]>>, E> {
        let keys: Vec<[u8; 16]> = texts.iter().map(|text| key(text)).collect();
        let mut found: Vec<Option<Arc<[f32]>>> = self.recall(&keys);
        let mut missing: Vec<usize> = (0..texts.len()).filter(|at| found[*at].is_none()).collect();
        missing.sort_by_key(|at| texts[*at].len());
        if !missing.is_empty() {
            let wanted: Vec<&str> = missing.iter().map(|at| texts[*at].as_str()).collect();
            let made = make(&wanted)?;
            for (at, vector) in missing.into_iter().zip(made) {
                found[at] = Some(Arc::from(vector));
            }
            self.remember(&keys, &found);
        }
        Ok(found.into_iter().map(Option::unwrap_or_default).collect())
    }

    fn recall(&self, keys: &[[u8; 16]]) -> Vec<Option<Arc<[f32]>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.time += 1;
        let now = known.time;
        keys.iter()
            .map(|key| {
                let (vector, time) = known.by_text.get_mut(key)?;
                *time = now;
                Some(Arc::clone(vector))
            })
            .collect()
    }

    fn remember(&self, keys: &[[u8; 16]], vectors: &[Option<Arc<[f32]>>]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = known.time;
        for (key, vector) in keys.iter().zip(vectors) {
            if let Some(vector) = vector {
                known.by_text.insert(*key, (Arc::clone(vector), now));
            }
        }
        if known.by_text.len() > KEPT {
            // Half of them go at once, so that this is seldom done.
            let mut times: Vec<u64> = known.by_text.values().map(|(_, time)| *time).collect();
            times.sort_unstable();
            let middle = times.get(times.len() / 2).copied().unwrap_or(now);
            known.by_text.retain(|_, (_, time)| *time > middle);
        }
    }
}

fn key(text: &str) -> [u8; 16] {
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(blake3::hash(text.as_bytes()).as_bytes()) {
        *to = *from;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_computed_once_and_the_oldest_leave() {
        let vectors = Vectors::default();
        let texts = ["longer text".to_owned(), "text".to_owned()];
        let lengths = |texts: &[&str]| {
            Ok::<_, ()>(texts.iter().map(|t| vec![t.len() as f32]).collect::<Vec<_>>())
        };
        let mut order = Vec::new();
        let made = vectors.of(&texts, |texts| {
            order = texts.iter().map(|t| (*t).to_owned()).collect();
            lengths(texts)
        });
        assert_eq!(order, ["text", "longer text"], "shortest first");
        assert_eq!(made.unwrap().iter().map(|v| v[0]).collect::<Vec<_>>(), [11.0, 4.0]);
        let again = vectors.of(&texts, |_| Err("computed again")).unwrap();
        assert_eq!(again[0][0], 11.0);
        for round in 0..KEPT {
            vectors.of(&[round.to_string()], lengths).unwrap();
        }
        assert!(vectors.known.lock().unwrap().by_text.len() <= KEPT);
        assert!(vectors.of(&[(KEPT - 1).to_string()], |_| Err("the newest is gone")).is_ok());
        assert!(vectors.of(&texts, |_| Err(())).is_err(), "the oldest is still there");
    }
}
