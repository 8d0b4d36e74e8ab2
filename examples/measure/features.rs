//! What the choice of sentences and the probability that they answer are
//! fitted on: the signs of the best sentences, one question a line, with which
//! of them are right. `fit.py` beside this file makes the constants of it.

use crate::covid::{self, CovidQa};
use crate::handbook::Row;
use crate::reader::holds;
use crate::selqa::{SelQa, document};
use crate::world::{World, embedder};
use anyhow::{Context, Result};
use lorag::config::Order;
use lorag::domain::Hit;
use lorag::knowledge::analysis::TermStats;
use lorag::knowledge::evidence::{EvidenceOptions, Judges, judged};
use lorag::knowledge::rank::Ranking;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Sentences of each question that are written.
const KEPT: usize = 24;

/// A question with what is right.
struct Case<'a> {
    text: &'a str,
    document: Option<usize>,
    right: Box<dyn Fn(&str) -> bool + 'a>,
}

/// A name or a number of a question: a run of words that are capitalised or
/// hold a digit, not at its beginning.
fn named(question: &str) -> Option<(usize, usize)> {
    let marked = |word: &str| {
        word.starts_with(|c: char| c.is_uppercase()) || word.contains(|c: char| c.is_ascii_digit())
    };
    let (mut at, mut start, mut end) = (0, None, 0);
    for word in question.split_inclusive(' ') {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if at > 0 && marked(word) {
            start.get_or_insert(at);
            end = at + bare.len();
        } else if start.is_some() {
            break;
        }
        at += word.len();
    }
    Some((start?, end))
}

/// Questions about something else that nobody wrote of: each with a name or
/// number of another one.
fn swapped<'a>(cases: &[Case<'a>]) -> Vec<Case<'a>> {
    let with: Vec<(&str, (usize, usize))> =
        cases.iter().filter_map(|case| Some((case.text, named(case.text)?))).collect();
    with.iter()
        .enumerate()
        .map(|(index, (text, (start, end)))| {
            let (other, (from, to)) = with[(index + with.len() / 2) % with.len()];
            let text = format!("{}{}{}", &text[..*start], &other[from..to], &text[*end..]);
            // They live as long as the program.
            Case {
                text: Box::leak(text.into_boxed_str()),
                document: None,
                right: Box::new(|_| false),
            }
        })
        .collect()
}

/// Questions of one part against one knowledge base.
async fn part(
    out: &mut BufWriter<File>,
    world: &World,
    name: &str,
    cases: &[Case<'_>],
    kinds: &[&str],
) -> Result<()> {
    for case in cases {
        let found = world.search(case.text).await?;
        for kind in kinds {
            let mut hits = found.found.hits.clone();
            let gold = |hit: &Hit| case.document.is_some_and(|d| is_document(hit, d));
            if *kind == "absent" {
                hits.retain(|hit| !gold(hit));
            }
            for few in [false, true] {
                // As a handful of files weighs its terms.
                let mut alone = TermStats::default();
                hits.iter().for_each(|hit| alone.add(&hit.chunk.search_text()));
                let ranker = Ranking::default().ranker()?;
                let judges = Judges {
                    embedder: world.base.embedder().as_ref(),
                    stats: if few { &alone } else { world.stats.as_ref() },
                    ranker: ranker.as_deref(),
                    budget: Ranking::default().budget,
                };
                let options = EvidenceOptions { sentences: 4, hits: 4, order: Order::Best };
                let evidence =
                    judged(case.text, &found.found.query_vector, &hits, judges, options)?;
                let signs: Vec<serde_json::Value> = evidence
                    .signs
                    .iter()
                    .take(KEPT)
                    .map(|signs| {
                        let right = *kind == "present"
                            && hits.get(signs.hit).is_some_and(gold)
                            && (case.right)(&signs.text);
                        let mut value = serde_json::to_value(signs).unwrap_or_default();
                        value["right"] = right.into();
                        value
                    })
                    .collect();
                let line = serde_json::json!({
                    "set": name, "kind": kind, "few": few, "question": case.text,
                    "support": evidence.support, "signs": signs,
                });
                writeln!(out, "{line}")?;
            }
        }
        out.flush()?;
    }
    println!("{name}: {} questions", cases.len());
    Ok(())
}

fn is_document(hit: &Hit, wanted: usize) -> bool {
    document(&hit.chunk.path) == Some(wanted)
}

fn every<T>(list: &[T], count: usize) -> impl Iterator<Item = &T> {
    let step = (list.len() / count.max(1)).max(1);
    list.iter().step_by(step).take(count)
}

pub async fn run(data: &Path, to: &Path, count: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    let (selqa, covid) = (SelQa::load(&data.join("selqa"))?, CovidQa::load(&data.join("covidqa"))?);
    let folder = tempfile::tempdir()?;
    selqa.write(&folder.path().join("selqa"))?;
    covid.write(&folder.path().join("covid"))?;
    let selqa_case = |q: &'static crate::selqa::Question| Case {
        text: &q.text,
        document: Some(q.document),
        right: Box::new(|text: &str| holds(text, &q.answers)),
    };
    let covid_case = |q: &'static covid::Question| Case {
        text: &q.text,
        document: Some(q.document),
        right: Box::new(|text: &str| covid::holds(text, &q.answers)),
    };
    // They live as long as the program.
    let (selqa, covid) = (Box::leak(Box::new(selqa)), Box::leak(Box::new(covid)));
    let dev: Vec<Case<'_>> = every(&selqa.dev, count).map(selqa_case).collect();
    let test: Vec<Case<'_>> = every(&selqa.test, count).map(selqa_case).collect();
    let first: Vec<Case<'_>> = every(&covid.first, count).map(covid_case).collect();
    let second: Vec<Case<'_>> = every(&covid.second, count).map(covid_case).collect();
    let foreign = count / 3;
    let both = ["present", "absent"];
    let handbook = handbook(&mut out);
    handbook.await?;
    let world = World::index(&folder.path().join("selqa"), embedder("builtin")?).await?;
    part(&mut out, &world, "selqa-dev", &dev, &both).await?;
    part(&mut out, &world, "covid-first", &first[..foreign], &["foreign"]).await?;
    part(&mut out, &world, "selqa-dev", &swapped(&dev), &["swapped"]).await?;
    part(&mut out, &world, "selqa-test", &test, &both).await?;
    part(&mut out, &world, "selqa-test", &swapped(&test), &["swapped"]).await?;
    part(&mut out, &world, "covid-second", &second[..foreign], &["foreign"]).await?;
    drop(world);
    // The same sections as pages with titles, as documents have them.
    selqa.write_titled(&folder.path().join("titled"))?;
    let world = World::index(&folder.path().join("titled"), embedder("builtin")?).await?;
    part(&mut out, &world, "titled-dev", &dev, &both).await?;
    part(&mut out, &world, "titled-dev", &swapped(&dev), &["swapped"]).await?;
    part(&mut out, &world, "titled-test", &test, &both).await?;
    part(&mut out, &world, "titled-test", &swapped(&test), &["swapped"]).await?;
    drop(world);
    let world = World::index(&folder.path().join("covid"), embedder("builtin")?).await?;
    part(&mut out, &world, "covid-first", &first, &both).await?;
    part(&mut out, &world, "selqa-dev", &dev[..foreign], &["foreign"]).await?;
    part(&mut out, &world, "covid-second", &second, &both).await?;
    part(&mut out, &world, "selqa-test", &test[..foreign], &["foreign"]).await
}

async fn handbook(out: &mut BufWriter<File>) -> Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = std::fs::read_to_string(examples.join("eval/handbook.jsonl"))?;
    let world = World::index(&examples.join("handbook"), embedder("builtin")?).await?;
    let rows: Vec<Row> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("handbook.jsonl")?;
    for (answerable, kind) in [(true, "present"), (false, "none")] {
        let cases: Vec<Case<'_>> = rows
            .iter()
            .filter(|row| row.answerable == answerable)
            .map(|row| Case {
                text: &row.question,
                document: None,
                right: Box::new(|text: &str| holds(text, &row.answers[row.answers.len() - 1..])),
            })
            .collect();
        written(out, &world, kind, &cases, &rows).await?;
    }
    Ok(())
}

/// The handbook's files have names, no numbers.
async fn written(
    out: &mut BufWriter<File>,
    world: &World,
    kind: &str,
    cases: &[Case<'_>],
    rows: &[Row],
) -> Result<()> {
    for case in cases {
        let found = world.search(case.text).await?;
        let manner = lorag::config::Manner { sentences: 4, hits: 4, ..Default::default() };
        let evidence = found.evidence(&manner)?;
        let path = rows.iter().find(|row| row.question == case.text).and_then(|r| r.path.clone());
        let signs: Vec<serde_json::Value> = evidence
            .signs
            .iter()
            .take(KEPT)
            .map(|signs| {
                let mut value = serde_json::to_value(signs).unwrap_or_default();
                value["right"] = (kind == "present" && (case.right)(&signs.text)).into();
                value["file"] = found
                    .found
                    .hits
                    .get(signs.hit)
                    .is_some_and(|hit| path.as_ref().is_some_and(|p| hit.chunk.path.ends_with(p)))
                    .into();
                value
            })
            .collect();
        let line = serde_json::json!({
            "set": "handbook", "kind": kind, "few": false, "question": case.text,
            "support": evidence.support, "signs": signs,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    println!("handbook, {kind}: {} questions", cases.len());
    Ok(())
}
