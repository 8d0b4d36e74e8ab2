//! Recall at 1, 5 and 10 and the mean reciprocal rank of each leg and of their
//! fusion. The weight is chosen on the dev part and reported on the test part.

use crate::selqa::{Question, SelQa, document};
use crate::world::{World, embedder};
use anyhow::Result;
use lorag::knowledge::analysis::Query;
use lorag::knowledge::search::Ranked;
use lorag::knowledge::store::{Filter, Legs, RowKey};
use std::collections::HashMap;
use std::path::Path;

/// Recall@1, @5, @10 and MRR.
#[derive(Clone, Copy, Default)]
struct Scores([f64; 4]);

/// A question with what both legs found, fused at every weight that is tried.
struct Asked {
    document: usize,
    documents: HashMap<RowKey, usize>,
    fused: Vec<Vec<Ranked>>,
}

/// The weights that are tried, in steps of 0.05.
const STEPS: u8 = 20;

fn weight(step: u8) -> f32 {
    f32::from(step) / f32::from(STEPS)
}

pub async fn run(folder: &Path, name: &str) -> Result<()> {
    let set = SelQa::load(folder)?;
    let documents = tempfile::tempdir()?;
    set.write(documents.path())?;
    println!(
        "{} documents, {} dev and {} test questions",
        set.documents.len(),
        set.dev.len(),
        set.test.len()
    );
    let world = World::index(documents.path(), embedder(name)?).await?;
    let dev = ask(&world, &set.dev).await?;
    println!("dev part:");
    let mut best = (f64::NEG_INFINITY, 0u8);
    for step in 0..=STEPS {
        let scores = score(&dev, step);
        print(&format!("vector weight {:.2}", weight(step)), scores);
        // What is chosen for: the mean of the four measures, legs alone aside.
        let mean = scores.0.iter().sum::<f64>() / 4.0;
        if step > 0 && step < STEPS && mean > best.0 {
            best = (mean, step);
        }
    }
    let chosen = weight(best.1);
    println!("chosen on dev: {chosen:.2}; test part:");
    let test = ask(&world, &set.test).await?;
    print("full text only", score_by(&test, &|r| r.full_text.map(|leg| leg.rank)));
    print("vector only", score_by(&test, &|r| r.vector.map(|leg| leg.rank)));
    print(&format!("hybrid, weight {chosen:.2}"), score(&test, best.1));
    print("reciprocal rank fusion", score_rrf(&test));
    Ok(())
}

async fn ask(world: &World, questions: &[Question]) -> Result<Vec<Asked>> {
    let stats = world.base.term_stats();
    let mut out = Vec::with_capacity(questions.len());
    for question in questions {
        let vector = world.base.embedder().embed_query(&question.text)?;
        let text = Query::of(&question.text, &stats).full_text(&question.text);
        let legs: Legs =
            world.base.store().search(Some(&vector), Some(&text), &Filter::default(), 50).await?;
        let mut fused = Vec::new();
        for step in 0..=STEPS {
            fused.push(world.base.rank(&legs, Some(&vector), weight(step)).await?);
        }
        let keys: Vec<RowKey> = fused[0].iter().map(|r| r.key).collect();
        let chunks = legs.fetch(&keys).await?;
        let documents = keys
            .iter()
            .zip(&chunks)
            .filter_map(|(key, chunk)| Some((*key, document(&chunk.path)?)))
            .collect();
        out.push(Asked { document: question.document, documents, fused });
    }
    Ok(out)
}

fn score(asked: &[Asked], step: u8) -> Scores {
    mean(asked.iter().map(|a| place(a, &a.fused[usize::from(step)])))
}

/// The ranking of one leg alone.
fn score_by(asked: &[Asked], leg: &dyn Fn(&Ranked) -> Option<usize>) -> Scores {
    mean(asked.iter().map(|a| {
        let mut list = a.fused[0].clone();
        list.retain(|ranked| leg(ranked).is_some());
        list.sort_by_key(|ranked| leg(ranked));
        place(a, &list)
    }))
}

/// Equal-weight reciprocal rank fusion with k = 60, for comparison.
fn score_rrf(asked: &[Asked]) -> Scores {
    mean(asked.iter().map(|a| {
        let mut list = a.fused[0].clone();
        let one = |rank: Option<usize>| rank.map_or(0.0, |r| 1.0 / (60.0 + r as f64));
        let both = |r: &Ranked| one(r.vector.map(|l| l.rank)) + one(r.full_text.map(|l| l.rank));
        list.sort_by(|x, y| both(y).total_cmp(&both(x)));
        place(a, &list)
    }))
}

/// Rank of the question's document among the distinct documents of a list.
fn place(asked: &Asked, list: &[Ranked]) -> Option<usize> {
    let mut seen = Vec::new();
    for ranked in list {
        let Some(&document) = asked.documents.get(&ranked.key) else { continue };
        if document == asked.document {
            return Some(seen.len() + 1);
        }
        if !seen.contains(&document) {
            seen.push(document);
        }
    }
    None
}

fn mean(places: impl Iterator<Item = Option<usize>>) -> Scores {
    let mut sum = Scores::default();
    let mut count = 0.0;
    for place in places {
        count += 1.0;
        if let Some(place) = place {
            for (slot, limit) in sum.0.iter_mut().zip([1, 5, 10]) {
                *slot += f64::from(u8::from(place <= limit));
            }
            sum.0[3] += 1.0 / place as f64;
        }
    }
    Scores(sum.0.map(|s| s / count))
}

fn print(name: &str, Scores([one, five, ten, mrr]): Scores) {
    println!("  {name:24} R@1 {one:.4}  R@5 {five:.4}  R@10 {ten:.4}  MRR {mrr:.4}");
}
