//! Conversations of four questions, the later ones leaning on those before:
//! how many are answered right, by their position.

use crate::world::{World, embedder};
use anyhow::{Context, Result};
use lorag::config::{Generation, QuoteMode};
use lorag::domain::Answer;
use lorag::knowledge::sentences::one_line;
use std::path::Path;

/// Questions of a chain.
const POSITIONS: usize = 4;

#[derive(serde::Deserialize)]
struct Chain {
    /// Question, what a right answer holds, the files that hold it; one of
    /// several where `|` parts them.
    turns: Vec<(String, String, String)>,
}

/// The sets, each with the folder of its documents.
const SETS: [(&str, &str); 3] = [
    ("handbook", "handbook"),
    ("catalogue", "eval/chains/catalogue"),
    ("city", "eval/chains/city"),
];

pub async fn run() -> Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let show = std::env::var_os("SHOW").is_some();
    let mut all = [0usize; POSITIONS];
    let mut chains = 0;
    for (name, folder) in SETS {
        let text = std::fs::read_to_string(examples.join(format!("eval/chains/{name}.jsonl")))?;
        let set: Vec<Chain> =
            text.lines().map(serde_json::from_str).collect::<Result<_, _>>().context(name)?;
        let world = World::index(&examples.join(folder), embedder("builtin")?).await?;
        let (engine, manner) = world.reader().await?;
        let settings = Generation { quote: QuoteMode::On, ..Generation::default() };
        let mut right = [0usize; POSITIONS];
        for chain in &set {
            let mut before = Vec::new();
            for (position, (text, texts, files)) in chain.turns.iter().enumerate() {
                let mut question = world.question(text);
                question.before.clone_from(&before);
                let (answer, _) = world.answer(question, &engine, &manner, &settings).await?;
                let held = holds(&answer, texts, files);
                right[position] += usize::from(held);
                before.push(answer.earlier());
                if show && !held {
                    println!("{name}.{}: {:?}\n  {}", position + 1, answer.searched, answer.text);
                }
            }
        }
        print(name, &right, set.len());
        chains += set.len();
        all.iter_mut().zip(right).for_each(|(all, right)| *all += right);
    }
    print("all", &all, chains);
    Ok(())
}

/// Whether an answer holds one of the texts and cites one of the files.
fn holds(answer: &Answer, texts: &str, files: &str) -> bool {
    let said = one_line(&answer.text);
    let cites = |file: &str| answer.citations.iter().any(|cited| cited.path.ends_with(file));
    texts.split('|').any(|text| said.contains(text)) && files.split('|').any(cites)
}

fn print(name: &str, right: &[usize; POSITIONS], chains: usize) {
    let shares: Vec<String> =
        right.iter().map(|right| format!("{:.3}", *right as f64 / chains.max(1) as f64)).collect();
    println!("{name}: {chains} chains, right by position  {}", shares.join("  "));
}
