//! The built-in reader through the whole pipeline: right answers, right
//! citations, exact quotes, tokens decoded, and when it should abstain.

use crate::selqa::{SelQa, document};
use crate::world::{World, embedder};
use anyhow::{Context, Result};
use lorag::config::{Generation, QuoteMode};
use lorag::domain::Answer;
use lorag::knowledge::sentences::one_line;
use std::path::Path;

#[derive(Default)]
struct Tally {
    asked: usize,
    right: usize,
    answered: usize,
    cited: usize,
    cited_right: usize,
    quotes: usize,
    exact: usize,
    decoded: usize,
    prompt: usize,
    answer_tokens: usize,
    first_ms: Vec<f64>,
    total_ms: Vec<f64>,
}

impl Tally {
    fn add(
        &mut self,
        answer: &Answer,
        right: bool,
        cites_right: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.asked += 1;
        self.right += usize::from(right);
        self.answered += usize::from(answer.answered);
        self.decoded += answer.generation.completion_tokens;
        self.prompt += answer.generation.prompt_tokens;
        self.first_ms.push(answer.generation.time_to_first_token_ms);
        self.total_ms.push(answer.generation.total_ms);
        for citation in &answer.citations {
            self.cited += 1;
            self.cited_right += usize::from(cites_right(&citation.path));
            self.quotes += 1;
            let file = std::fs::read(&citation.path)?;
            let bytes = file.get(citation.bytes.start..citation.bytes.end);
            self.exact += usize::from(bytes == Some(citation.quote.as_bytes()));
        }
        Ok(())
    }

    fn print(&mut self, name: &str) {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        self.first_ms.sort_by(f64::total_cmp);
        self.total_ms.sort_by(f64::total_cmp);
        let middle = |list: &[f64]| list.get(list.len() / 2).copied().unwrap_or(0.0);
        println!("{name}: {} questions", self.asked);
        println!("  answer holds a reference sentence  {:.3}", share(self.right, self.asked));
        println!("  answered                           {:.3}", share(self.answered, self.asked));
        println!("  citations of the right document    {:.3}", share(self.cited_right, self.cited));
        println!(
            "  quotes exact in the file           {:.3} of {}",
            share(self.exact, self.quotes),
            self.quotes
        );
        println!(
            "  tokens: prompt {:.0}, decoded {:.1}, in the answer {:.1} (means)",
            share(self.prompt, self.asked),
            share(self.decoded, self.asked),
            share(self.answer_tokens, self.asked)
        );
        println!(
            "  median first text {:.0} ms, whole answer {:.0} ms",
            middle(&self.first_ms),
            middle(&self.total_ms)
        );
    }
}

fn holds(answer: &str, references: &[String]) -> bool {
    // Passages hold what a reader sees, without the marks of code.
    let seen = |text: &str| one_line(&text.replace('`', ""));
    references.iter().any(|reference| seen(answer).contains(seen(reference).trim()))
}

fn settings(quote: QuoteMode, cite_grammar: bool) -> Generation {
    Generation { quote, cite_grammar, max_tokens: 96, ..Generation::default() }
}

pub async fn selqa(folder: &Path, count: usize) -> Result<()> {
    let set = SelQa::load(folder)?;
    let documents = tempfile::tempdir()?;
    set.write(documents.path())?;
    let world = World::index(documents.path(), embedder("builtin")?).await?;
    let (engine, mut manner) = world.reader().await?;
    // Whether it should abstain is measured apart.
    let threshold = manner.quote_threshold.replace(f32::MIN);
    let chosen = manner.quote_margin;
    let step = (set.test.len() / count.max(1)).max(1);
    let questions: Vec<_> = set.test.iter().step_by(step).take(count).collect();
    // How close to the best sentence another must be to be offered.
    for margin in [Some(0.0), Some(0.05), Some(0.1), Some(0.2), Some(0.4), None] {
        manner.quote_margin = margin;
        let mut tally = Tally::default();
        for question in set.dev.iter().step_by(3) {
            let settings = settings(QuoteMode::On, true);
            let (answer, _) = world.ask(&question.text, &engine, &manner, &settings).await?;
            let right = holds(&answer.text, &question.answers);
            tally.add(&answer, right, |path| document(path) == Some(question.document))?;
        }
        tally.print(&format!("SelQA dev, margin {margin:?}"));
    }
    manner.quote_margin = chosen;
    for (name, quote, grammar, thrifty) in [
        ("SelQA test, quote mode", QuoteMode::On, true, true),
        ("SelQA test, free mode", QuoteMode::Off, false, false),
        ("SelQA test, free mode with the citation grammar", QuoteMode::Off, true, false),
    ] {
        let mut tally = Tally::default();
        let questions =
            if thrifty { &questions[..] } else { &questions[..questions.len().min(100)] };
        for question in questions {
            let settings = settings(quote, grammar);
            let (answer, _) = world.ask(&question.text, &engine, &manner, &settings).await?;
            let right = holds(&answer.text, &question.answers);
            tally.answer_tokens += lorag::engine::Engine::count(&engine, &answer.text);
            tally.add(&answer, right, |path| document(path) == Some(question.document))?;
        }
        tally.print(name);
    }
    // Support with the right section there, and with it taken away.
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for question in set.dev.iter().take(400) {
        let mut found = world.search(&question.text).await?;
        with.push(found.evidence(&manner)?.support);
        found.found.hits.retain(|hit| document(&hit.chunk.path) != Some(question.document));
        without.push(found.evidence(&manner)?.support);
    }
    thresholds("SelQA dev, right section present and absent", &with, &without);
    println!("threshold in the manifest: {threshold:?}");
    Ok(())
}

/// How answerable and unanswerable questions part at each threshold.
fn thresholds(name: &str, answerable: &[f32], not: &[f32]) {
    println!("{name}: {} and {} questions", answerable.len(), not.len());
    for step in 6..=28u8 {
        let at = f32::from(step) * 0.05;
        let share = |list: &[f32]| {
            list.iter().filter(|s| **s >= at).count() as f64 / list.len().max(1) as f64
        };
        let (kept, wrong) = (share(answerable), share(not));
        println!(
            "  support >= {at:.2}: answers {kept:.3} of the answerable, {wrong:.3} of the others, balanced accuracy {:.3}",
            (kept + 1.0 - wrong) / 2.0
        );
    }
}

#[derive(serde::Deserialize)]
struct Row {
    question: String,
    answers: Vec<String>,
    path: Option<String>,
    answerable: bool,
}

pub async fn handbook() -> Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = std::fs::read_to_string(examples.join("eval/handbook.jsonl"))?;
    let rows: Vec<Row> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("handbook.jsonl")?;
    let world = World::index(&examples.join("handbook"), embedder("builtin")?).await?;
    let (engine, manner) = world.reader().await?;
    let mut free = manner.clone();
    free.quote_threshold = Some(f32::MIN);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let (mut tally, mut strict, mut first) = (Tally::default(), Tally::default(), 0);
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
        let short = holds(&answer.text, &row.answers);
        if !right && std::env::var_os("SHOW").is_some() {
            println!(
                "{} support {support:.2}\n  want {:?}\n  got  {:?}",
                row.question,
                row.answers.last(),
                answer.text
            );
        }
        first += usize::from(short);
        tally.answer_tokens += lorag::engine::Engine::count(&engine, &answer.text);
        tally.add(&answer, right, |cited| cited.ends_with(&path))?;
        let right = holds(&judged.text, &row.answers[row.answers.len() - 1..]);
        strict.add(&judged, right, |cited| cited.ends_with(&path))?;
    }
    tally.print("Handbook, answerable, no threshold");
    println!("  answer holds the short form        {:.3}", first as f64 / with.len() as f64);
    strict.print("Handbook, answerable, with the manifest's threshold");
    println!(
        "Handbook, not answerable: {refused} of {} refused (threshold {:?})",
        without.len(),
        manner.quote_threshold
    );
    thresholds("Handbook, answerable and not", &with, &without);
    Ok(())
}

/// Writes what the choice of sentences starts from, one question a line, for
/// experiments with other scores.
pub async fn dump(folder: &Path, to: &Path) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::BufWriter::new(std::fs::File::create(to)?);
    let set = SelQa::load(folder)?;
    let documents = tempfile::tempdir()?;
    set.write(documents.path())?;
    let world = World::index(documents.path(), embedder("builtin")?).await?;
    let all = lorag::config::Manner { hits: 8, sentences: 1000, ..Default::default() };
    for (part, list) in [("dev", &set.dev), ("test", &set.test)] {
        for question in list.iter().take(600) {
            let found = world.search(&question.text).await?;
            let evidence = found.evidence(&all)?;
            let right = |path: &str| document(path) == Some(question.document);
            let line = dumped(&world, part, &question.text, &question.answers, &evidence, right);
            writeln!(out, "{line}")?;
        }
    }
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = std::fs::read_to_string(examples.join("eval/handbook.jsonl"))?;
    let world = World::index(&examples.join("handbook"), embedder("builtin")?).await?;
    for line in text.lines() {
        let row: Row = serde_json::from_str(line)?;
        let found = world.search(&row.question).await?;
        let evidence = found.evidence(&all)?;
        let path = row.path.clone().unwrap_or("nowhere".to_owned());
        let last = row.answers.last().cloned().into_iter().collect::<Vec<_>>();
        let right = |cited: &str| cited.ends_with(&path);
        writeln!(out, "{}", dumped(&world, "handbook", &row.question, &last, &evidence, right))?;
    }
    Ok(())
}

fn dumped(
    world: &World,
    part: &str,
    question: &str,
    answers: &[String],
    evidence: &lorag::knowledge::evidence::Evidence,
    right: impl Fn(&str) -> bool,
) -> serde_json::Value {
    let mut idf = serde_json::Map::new();
    for term in lorag::knowledge::terms::terms(question) {
        idf.insert(term.clone(), world.stats.idf(&term).into());
    }
    let sources: Vec<serde_json::Value> = evidence
        .sources
        .iter()
        .map(|s| {
            let sentences: Vec<&str> = s.sentences.iter().map(|s| s.text.as_str()).collect();
            serde_json::json!({
                "rank": s.hit.rank, "score": s.hit.score, "heading": s.hit.chunk.heading,
                "right": right(&s.hit.chunk.path), "sentences": sentences,
                "distance": s.hit.vector.map(|v| v.distance),
                "bm25": s.hit.full_text.map(|f| f.score),
                "text": s.hit.chunk.text,
            })
        })
        .collect();
    serde_json::json!({ "part": part, "question": question, "answers": answers, "idf": idf, "sources": sources })
}
