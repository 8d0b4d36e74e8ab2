//! Warm search latency on an existing knowledge base, in process.

use crate::world::embedder;
use anyhow::{Context, Result};
use lorag::config;
use lorag::knowledge::search::{KnowledgeBase, SearchOptions};
use lorag::knowledge::store::Filter;
use std::path::Path;
use std::time::Instant;

pub async fn run(folder: &Path, query: &str) -> Result<()> {
    let base = KnowledgeBase::open(folder, embedder("builtin")?).await?;
    let base = base.context("there is no knowledge base in that folder")?;
    let defaults = config::Search::default();
    let options = SearchOptions {
        limit: defaults.limit,
        candidates: defaults.candidates,
        vector_weight: None,
        filter: Filter::default(),
    };
    let words: Vec<&str> = query.split(' ').collect();
    let mut times = Vec::new();
    let mut steps = [const { Vec::new() }; 4];
    for round in 0..120 {
        // A different question each time, so that nothing is answered from a
        // cache of questions.
        let mut rotated = words.clone();
        rotated.rotate_left(round % words.len().max(1));
        let asked = format!("{} {round}", rotated.join(" "));
        let started = Instant::now();
        let found = base.search(&asked, &options).await?;
        let time = started.elapsed().as_secs_f64() * 1e3;
        if round == 0 {
            println!("first: {time:.1} ms, {} hits, {:?}", found.hits.len(), found.timings);
        } else if round >= 20 {
            times.push(time);
            let t = found.timings;
            for (list, step) in
                steps.iter_mut().zip([t.embed_ms, t.vector_ms, t.full_text_ms, t.fuse_ms])
            {
                list.push(step);
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("warm, {} searches: median {:.1} ms, p95 {:.1} ms", times.len(), at(0.5), at(0.95));
    let middle = steps.map(|mut list: Vec<f64>| {
        list.sort_by(f64::total_cmp);
        list.get(list.len() / 2).copied().unwrap_or(0.0)
    });
    let [embed, vector, full_text, fuse] = middle;
    println!(
        "medians: embed {embed:.1}, vector {vector:.1}, full text {full_text:.1} (beside it), fuse {fuse:.1} ms"
    );
    Ok(())
}
