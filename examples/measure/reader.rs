//! The built-in reader through the whole pipeline: right answers, right
//! citations, exact quotes, tokens decoded, and when it should abstain.

use crate::selqa::{SelQa, document};
use crate::world::{World, embedder};
use anyhow::Result;
use lorag::config::{Generation, QuoteMode};
use lorag::domain::Answer;
use lorag::knowledge::sentences::one_line;
use std::path::Path;

#[derive(Default)]
pub struct Tally {
    asked: usize,
    right: usize,
    answered: usize,
    cited: usize,
    cited_right: usize,
    quotes: usize,
    exact: usize,
    decoded: usize,
    prompt: usize,
    pub answer_tokens: usize,
    first_ms: Vec<f64>,
    total_ms: Vec<f64>,
}

impl Tally {
    pub fn add(
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
            let at = citation.locator.bytes().unwrap_or_default();
            let bytes = file.get(at.start..at.end).unwrap_or_default();
            // What was rendered has lost its marks, and nothing else.
            let exact = if citation.rendered {
                plain(&String::from_utf8_lossy(bytes)).contains(&plain(&citation.quote))
            } else {
                bytes == citation.quote.as_bytes()
            };
            self.exact += usize::from(exact);
        }
        Ok(())
    }

    pub fn print(&mut self, name: &str) {
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

/// The letters and digits of a text.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

pub fn holds(answer: &str, references: &[String]) -> bool {
    // Passages hold what a reader sees, without the marks of code.
    let seen = |text: &str| one_line(&text.replace('`', ""));
    references.iter().any(|reference| seen(answer).contains(seen(reference).trim()))
}

pub fn settings(quote: QuoteMode, cite_grammar: bool) -> Generation {
    Generation { quote, cite_grammar, max_tokens: 96, ..Generation::default() }
}

/// The test part, with the sections as pages that have their titles and as bare
/// text: `count` questions, in quote mode.
pub async fn selqa(folder: &Path, count: usize) -> Result<()> {
    let set = SelQa::load(folder)?;
    for titled in [true, false] {
        let documents = tempfile::tempdir()?;
        if titled {
            set.write_titled(documents.path())?;
        } else {
            set.write(documents.path())?;
        }
        let world = World::index(documents.path(), embedder("builtin")?).await?;
        let (engine, manner) = world.reader().await?;
        let mut free = manner.clone();
        free.quote_threshold = Some(f32::MIN);
        let step = (set.test.len() / count.max(1)).max(1);
        let form = if titled { "titled" } else { "bare" };
        let (mut tally, mut strict) = (Tally::default(), Tally::default());
        for question in set.test.iter().step_by(step).take(count) {
            for (manner, tally) in [(&free, &mut tally), (&manner, &mut strict)] {
                let settings = settings(QuoteMode::On, true);
                let (answer, _) = world.ask(&question.text, &engine, manner, &settings).await?;
                let right = holds(&answer.text, &question.answers);
                tally.answer_tokens += lorag::engine::Engine::count(&engine, &answer.text);
                tally.add(&answer, right, |path| document(path) == Some(question.document))?;
            }
        }
        tally.print(&format!("SelQA test, {form}, no threshold"));
        strict.print(&format!("SelQA test, {form}, with the manifest's threshold"));
    }
    Ok(())
}

/// How the built-in reader chooses and writes: margins on the dev part, and free
/// mode on the test part.
pub async fn writing(folder: &Path, count: usize) -> Result<()> {
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
    for (name, grammar) in [
        ("SelQA test, free mode", false),
        ("SelQA test, free mode with the citation grammar", true),
    ] {
        let mut tally = Tally::default();
        for question in questions.iter().take(100) {
            let settings = settings(QuoteMode::Off, grammar);
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
pub fn thresholds(name: &str, answerable: &[f32], not: &[f32]) {
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
