//! Dividing rows into those to train on and those to measure on.

use super::row::Row;
use std::collections::{BTreeMap, HashMap};

/// Divides rows by document, never by question, so that no document of the held
/// out part was trained on: (training, held out). About `held_out` of the rows
/// (0 to 1) are held out, of one document at least where there are two. The
/// same rows and seed are divided in the same way, in whichever order they come.
///
/// Rows without a document stand for themselves, but those of one question stay
/// together, and so does what is linked by a question that two documents share.
#[must_use]
pub fn split(rows: Vec<Row>, held_out: f64, seed: u64) -> (Vec<Row>, Vec<Row>) {
    let groups = groups(&rows);
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for group in &groups {
        *sizes.entry(group.as_str()).or_default() += 1;
    }
    let mut order: Vec<(&str, usize)> = sizes.into_iter().collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut order);
    let wanted = (rows.len() as f64 * held_out.clamp(0.0, 1.0)).round() as usize;
    let mut held: HashMap<&str, bool> = HashMap::new();
    let mut taken = 0;
    for (group, size) in &order {
        // One that would go far beyond what is wanted stays.
        let fits = taken < wanted && (taken + size).saturating_sub(wanted) < wanted - taken;
        if fits {
            taken += size;
        }
        held.insert(group, fits);
    }
    if taken == 0
        && wanted > 0
        && order.len() > 1
        && let Some((smallest, _)) = order.iter().min_by_key(|(_, size)| *size)
    {
        held.insert(smallest, true);
    }
    let chosen: Vec<bool> =
        groups.iter().map(|group| held.get(group.as_str()).copied().unwrap_or(false)).collect();
    let (mut train, mut kept) = (Vec::new(), Vec::new());
    for (row, held) in rows.into_iter().zip(chosen) {
        if held { kept.push(row) } else { train.push(row) }
    }
    (train, kept)
}

/// The group of each row: what must stay in one part.
fn groups(rows: &[Row]) -> Vec<String> {
    let key = |row: &Row| match &row.document {
        Some(document) => format!("d {document}"),
        None => format!("q {}", folded(&row.question)),
    };
    let keys: Vec<String> = rows.iter().map(key).collect();
    // The same question in two documents links them.
    let mut leader: HashMap<String, String> = HashMap::new();
    let mut first: HashMap<String, String> = HashMap::new();
    for (row, key) in rows.iter().zip(&keys) {
        let other = first.entry(folded(&row.question)).or_insert_with(|| key.clone()).clone();
        let (one, other) = (lead(&leader, key), lead(&leader, &other));
        if one != other {
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            leader.insert(high, low);
        }
    }
    keys.iter().map(|key| lead(&leader, key)).collect()
}

fn lead(leader: &HashMap<String, String>, key: &str) -> String {
    let mut key = key;
    while let Some(next) = leader.get(key) {
        key = next;
    }
    key.to_owned()
}

/// A question without what two spellings of it differ in.
pub(super) fn folded(question: &str) -> String {
    let kept = question.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace());
    let text: String = kept.flat_map(char::to_lowercase).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn row(document: Option<&str>, question: &str) -> Row {
        Row {
            question: question.to_owned(),
            document: document.map(str::to_owned),
            ..Row::default()
        }
    }

    fn many() -> Vec<Row> {
        let of = |d: usize| (0..d % 7 + 1).map(move |q| (format!("{d}.md"), format!("{d} {q}?")));
        (0..40).flat_map(of).map(|(d, q)| row(Some(&d), &q)).collect()
    }

    fn documents(rows: &[Row]) -> HashSet<String> {
        rows.iter().filter_map(|row| row.document.clone()).collect()
    }

    #[test]
    fn no_document_is_in_both_parts() {
        let all = many();
        for seed in 0..20 {
            let (train, held) = split(all.clone(), 0.1, seed);
            assert_eq!(train.len() + held.len(), all.len());
            assert!(documents(&train).is_disjoint(&documents(&held)), "{seed}");
            let share = held.len() as f64 / all.len() as f64;
            assert!((0.05..=0.15).contains(&share), "{seed}: {share}");
            let mut turned = all.clone();
            turned.reverse();
            assert_eq!(documents(&split(turned, 0.1, seed).1), documents(&held));
        }
        assert_ne!(documents(&split(many(), 0.1, 1).1), documents(&split(many(), 0.1, 2).1));
        assert!(split(many(), 0.0, 1).1.is_empty());
    }

    #[test]
    fn few_and_linked_documents_are_divided_too() {
        let two = vec![row(Some("a"), "1?"), row(Some("a"), "2?"), row(Some("b"), "3?")];
        let (train, held) = split(two, 0.2, 0);
        assert_eq!((train.len(), held.len()), (2, 1));
        let linked = vec![row(Some("a"), "Why?"), row(Some("b"), "why"), row(Some("c"), "How?")];
        for seed in 0..10 {
            let (train, held) = split(linked.clone(), 0.3, seed);
            assert_eq!((train.len(), held.len()), (2, 1), "{seed}");
            assert!(documents(&held).contains("c"));
        }
        let bare = vec![row(None, "Why?"), row(None, "Why?"), row(None, "How?")];
        assert_eq!(split(bare, 0.3, 3).1.len(), 1);
    }
}
