//! The handbook's questions through the whole pipeline.

use crate::reader::{Tally, holds, settings, thresholds};
use crate::world::{World, embedder};
use anyhow::{Context, Result};
use lorag::config::QuoteMode;
use std::path::Path;

/// A question about the handbook.
#[derive(serde::Deserialize)]
pub struct Row {
    pub question: String,
    /// The last one is the reference sentence.
    pub answers: Vec<String>,
    pub path: Option<String>,
    pub answerable: bool,
}

/// Sentences of the handbook that answer a question as well as its reference
/// does, found by somebody who read the handbook and no answer of lorag's.
#[derive(serde::Deserialize)]
struct Also {
    question: String,
    also: Vec<Other>,
}

#[derive(serde::Deserialize)]
struct Other {
    sentence: String,
}

/// Markdown without the marks that a quote leaves out.
fn seen_by_a_reader(sentence: &str) -> String {
    sentence.trim_start_matches(['-', '*', ' ']).replace("**", "")
}

pub async fn run() -> Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = std::fs::read_to_string(examples.join("eval/handbook.jsonl"))?;
    let rows: Vec<Row> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("handbook.jsonl")?;
    let text = std::fs::read_to_string(examples.join("measure/handbook-also.jsonl"))?;
    let also: Vec<Also> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("handbook-also.jsonl")?;
    let world = World::index(&examples.join("handbook"), embedder("builtin")?).await?;
    let (engine, manner) = world.reader().await?;
    let mut free = manner.clone();
    free.quote_threshold = Some(f32::MIN);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let (mut tally, mut strict, mut any, mut judged_any) =
        (Tally::default(), Tally::default(), 0, 0);
    let mut refused = 0;
    for row in &rows {
        let settings = settings(QuoteMode::On, true);
        let (answer, support) = world.ask(&row.question, &engine, &free, &settings).await?;
        let (judged, _) = world.ask(&row.question, &engine, &manner, &settings).await?;
        if !row.answerable {
            without.push(support);
            refused += usize::from(!judged.answered);
            continue;
        }
        with.push(support);
        let path = row.path.clone().unwrap_or_default();
        let right = holds(&answer.text, &row.answers[row.answers.len() - 1..]);
        let mut all = row.answers[row.answers.len() - 1..].to_vec();
        let others = also.iter().filter(|also| also.question == row.question);
        all.extend(others.flat_map(|also| also.also.iter().map(|a| seen_by_a_reader(&a.sentence))));
        any += usize::from(holds(&answer.text, &all));
        judged_any += usize::from(holds(&judged.text, &all));
        if !right && std::env::var_os("SHOW").is_some() {
            println!(
                "{} support {support:.2}\n  want {:?}\n  got  {:?}",
                row.question,
                row.answers.last(),
                answer.text
            );
        }
        tally.answer_tokens += lorag::engine::Engine::count(&engine, &answer.text);
        tally.add(&answer, right, |cited| cited.ends_with(&path))?;
        let right = holds(&judged.text, &row.answers[row.answers.len() - 1..]);
        strict.add(&judged, right, |cited| cited.ends_with(&path))?;
    }
    tally.print("Handbook, answerable, no threshold");
    let share = |part: usize| part as f64 / with.len().max(1) as f64;
    println!("  answer holds any right sentence    {:.3}", share(any));
    strict.print("Handbook, answerable, with the manifest's threshold");
    println!("  answer holds any right sentence    {:.3}", share(judged_any));
    println!(
        "Handbook, not answerable: {refused} of {} refused (threshold {:?})",
        without.len(),
        manner.quote_threshold
    );
    thresholds("Handbook, answerable and not", &with, &without);
    Ok(())
}
