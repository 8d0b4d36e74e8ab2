//! How long the ranker takes to load, for the vectors of 24 sentences, and for
//! the logits of six.

use anyhow::{Context, Result};
use lorag::knowledge::rank::{Piece, RankerSource, load};
use lorag::knowledge::sentences::{one_line, sentences};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Questions that are timed.
const ROUNDS: usize = 30;

pub fn run(name: &str) -> Result<()> {
    let source = match name {
        "builtin" => RankerSource::Builtin,
        folder => RankerSource::Folder(PathBuf::from(folder)),
    };
    let started = Instant::now();
    let ranker = load(&source)?;
    println!("{}: loaded in {:.0} ms", ranker.id(), started.elapsed().as_secs_f64() * 1e3);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/handbook");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(examples)? {
        let text = std::fs::read_to_string(entry?.path())?;
        let found = sentences(&text).into_iter().filter_map(|r| text.get(r)).map(one_line);
        texts.extend(found.filter(|text| (60..400).contains(&text.len())));
    }
    let pieces: Vec<Piece> = texts
        .into_iter()
        .map(|sentence| Piece {
            heading: "User guide › Chapter of the handbook › Section".to_owned(),
            before: "The setting before this one is described in the sentence before.".to_owned(),
            sentence,
            ..Piece::default()
        })
        .collect();
    let (mut vectors, mut logits) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Sentences that were not seen before, as far as there are any.
        let start = (round * 24) % pieces.len().saturating_sub(24).max(1);
        let some: Vec<Piece> = pieces
            .iter()
            .skip(start)
            .take(24)
            .cloned()
            .map(|mut piece| {
                piece.heading = format!("{} {round}", piece.heading);
                piece
            })
            .collect();
        let question = format!("How many backups are kept after {round} days?");
        let started = Instant::now();
        ranker.cosines(&question, &some)?;
        vectors.push(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        ranker.logits(&question, some.get(..6).context("too few sentences")?)?;
        logits.push(started.elapsed().as_secs_f64() * 1e3);
    }
    for (what, times) in [("24 vectors", &mut vectors), ("6 logits", &mut logits)] {
        times.sort_by(f64::total_cmp);
        println!(
            "{what}: median {:.0} ms, best {:.0}, worst {:.0}, of {ROUNDS}",
            times[ROUNDS / 2],
            times[0],
            times[ROUNDS - 1]
        );
    }
    Ok(())
}
