//! What an adapter is worth: the questions that were held out, answered by the
//! plain model and with the adapter, as both will run.

use crate::data::{Form, Row};
use crate::domain::TrainingScore;
use crate::engine::grammar::free_grammar;
use crate::engine::repetition::Control;
use crate::engine::{EngineError, EngineEvent, Request};
use crate::eval::bootstrap::difference;
use crate::eval::metrics::{score, score_refusal};
use crate::setup::Model;
use futures::StreamExt;
use std::time::Instant;

/// Most tokens of an answer.
const LONGEST: usize = 128;

/// A question answered.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What came.
    pub text: String,
    /// Token F1; of a question that the sources don't answer, whether that is
    /// said.
    pub f1: f64,
    /// Seconds.
    pub seconds: f64,
    /// Tokens of the prompt.
    pub prompt: usize,
}

/// Asks a row's question. The likeliest tokens are taken, and citations are kept
/// valid by a grammar where the engine takes one.
///
/// # Errors
/// As the engine's.
pub async fn ask(model: &Model, row: &Row) -> Result<Judged, EngineError> {
    let Model { engine, manner, .. } = model;
    if matches!(row.form, Form::Alone) && !manner.alone {
        // As in the chat: such a model would only decode noise.
        let text = "It knows nothing without sources.".to_owned();
        return Ok(Judged { text, f1: 0.0, seconds: 0.0, prompt: 0 });
    }
    let numbers: Vec<usize> = (1..=row.sources.len()).collect();
    let info = engine.info();
    let held = matches!(row.form, Form::Rag) && info.takes_grammar && !info.template_thinks;
    let request = Request {
        messages: row.messages(manner),
        grammar: held.then(|| free_grammar(&numbers, &info.end_tokens)),
        max_tokens: LONGEST,
        top_p: 1.0,
        repetition: Control(manner.repetition),
        ..Request::default()
    };
    let started = Instant::now();
    let (mut text, mut prompt) = (String::new(), 0);
    let mut events = engine.generate(request);
    while let Some(event) = events.next().await {
        match event? {
            EngineEvent::Text(piece) => text.push_str(&piece),
            EngineEvent::Thought(_) => {}
            EngineEvent::End(end) => prompt = end.prompt_tokens,
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let f1 = worth(row, &text, &manner.no_answer);
    Ok(Judged { text, f1, seconds, prompt })
}

/// Token F1 of an answer to a row's question; where its sources don't answer,
/// whether that is said.
fn worth(row: &Row, text: &str, no_answer: &str) -> f64 {
    let refused = text.trim_start().starts_with(no_answer.trim());
    match (row.refuses(), refused) {
        (true, refused) => score_refusal(refused).f1,
        (false, true) => score_refusal(false).f1,
        (false, false) => score(text, &references(row)).f1,
    }
}

/// What a row's answer is held against.
fn references(row: &Row) -> Vec<String> {
    if row.answers.is_empty() { vec![row.target().to_owned()] } else { row.answers.clone() }
}

/// The mode that a row's form stands for.
#[must_use]
pub fn mode(row: &Row) -> &'static str {
    if matches!(row.form, Form::Rag) { "hybrid" } else { "adapter" }
}

/// Sums up what was judged, by mode: rows in the order of both lists.
#[must_use]
pub fn scores(rows: &[Row], before: &[Judged], after: &[Judged]) -> Vec<TrainingScore> {
    let mut out = Vec::new();
    for name in ["hybrid", "adapter"] {
        let places: Vec<usize> = (0..rows.len().min(before.len()).min(after.len()))
            .filter(|place| mode(&rows[*place]) == name)
            .collect();
        if places.is_empty() {
            continue;
        }
        let of = |from: &[Judged], value: &dyn Fn(&Judged) -> f64| -> Vec<f64> {
            places.iter().map(|place| value(&from[*place])).collect()
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (was, is) = (of(before, &|j| j.f1), of(after, &|j| j.f1));
        let gain = difference(&is, &was);
        out.push(TrainingScore {
            mode: name.to_owned(),
            n: places.len(),
            before: mean(&was),
            after: mean(&is),
            gain: gain.mean,
            low: gain.low,
            high: gain.high,
            before_s: mean(&of(before, &|j| j.seconds)),
            after_s: mean(&of(after, &|j| j.seconds)),
            before_prompt: mean(&of(before, &|j| j.prompt as f64)),
            after_prompt: mean(&of(after, &|j| j.prompt as f64)),
        });
    }
    out
}
