//! The same question answered by several variants, one after the other, from
//! the same evidence.

use super::answering::{BROKEN, Teller, answer, find, question};
use super::loaded::Variant;
use super::shared::Shared;
use super::variants::{self, obtain};
use crate::answer::{Question, Retrieved};
use crate::app::News;
use crate::app::effect::{AskRequest, CompareRequest};
use crate::app::event::{AnswerEvent, CompareEvent, Event};
use crate::app::state::CompareVariant;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// Answers in each variant. Dropping the future cancels.
pub async fn run(shared: Arc<Shared>, compare: CompareRequest) {
    let request = compare.request;
    let tell = |event| shared.tell(Event::Job { request, news: News::Compare(event) });
    // Searched once, by the first column that reads: the evidence is the same.
    let mut found: Option<Arc<Retrieved>> = None;
    for (column, wanted) in compare.columns.iter().enumerate() {
        let teller = Teller::new(&shared, move |event| {
            let event = CompareEvent::Answer { column, event };
            Event::Job { request, news: News::Compare(event) }
        });
        let ask = ask(&compare, wanted);
        let question = question(&shared, &ask);
        tell(CompareEvent::Loading { column });
        let started = Instant::now();
        let variant = match obtain(&shared, &compare.model, wanted.adapter.as_deref()).await {
            Ok((variant, _)) => variant,
            Err(message) => {
                tell(CompareEvent::Failed { column, message });
                continue;
            }
        };
        tell(CompareEvent::Loaded {
            column,
            switch_ms: started.elapsed().as_secs_f64() * 1e3,
            memory_bytes: variant.model.engine.footprint().total(),
        });
        let retrieved = match &found {
            _ if !wanted.mode.reads() => Arc::default(),
            Some(found) => Arc::clone(found),
            None => match find(&shared, &question, &teller).await {
                Ok(retrieved) => Arc::clone(found.insert(Arc::new(retrieved))),
                Err(message) => {
                    tell(CompareEvent::Failed { column, message });
                    continue;
                }
            },
        };
        let answered =
            AssertUnwindSafe(one(&shared, &ask, &question, &retrieved, &variant, &teller));
        let answered = answered.catch_unwind().await;
        match answered.unwrap_or_else(|_| Err(BROKEN.to_owned())) {
            Ok(event) => teller.tell(event),
            Err(message) => tell(CompareEvent::Failed { column, message }),
        }
    }
    variants::tell(&shared, compare.model.clone());
    tell(CompareEvent::Done);
}

async fn one(
    shared: &Arc<Shared>,
    ask: &AskRequest,
    question: &Question,
    retrieved: &Arc<Retrieved>,
    variant: &Variant,
    teller: &Teller,
) -> Result<AnswerEvent, String> {
    let answer = answer(shared, ask, question, retrieved, variant, teller).await?;
    Ok(AnswerEvent::Done(Box::new(answer)))
}

/// The question as one column asks it.
fn ask(compare: &CompareRequest, wanted: &CompareVariant) -> AskRequest {
    AskRequest {
        request: compare.request,
        question: compare.question.clone(),
        before: compare.before.clone(),
        history: compare.history.clone(),
        quote: compare.quote,
        mode: wanted.mode,
        adapter: wanted.adapter.clone(),
        strategy: compare.strategy,
        evidence: compare.evidence.clone(),
        continued: None,
    }
}
