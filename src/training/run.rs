//! From rows to an adapter: everything around the steps.

use super::folder;
use super::judge::{self, Judged};
use super::order::{Order, Tell, TrainError, Trained};
use super::prepare::{check, enough, prepare, work_folder};
use super::record::{self, Record};
use super::samples::{self, Samples};
use super::steps::{self, Outcome};
use crate::config;
use crate::data::Row;
use crate::domain::{Applied, Stack, TrainingNews};
use crate::setup::{Model, Setup};
use tokio_util::sync::CancellationToken;

/// Looks what training would take, without training.
///
/// # Errors
/// As [`train`].
pub async fn plan(setup: &Setup, order: &Order, tell: Tell<'_>) -> Result<(), TrainError> {
    check(setup, order)?;
    let prepared = prepare(setup, order, tell).await?;
    let plan = steps::plan(setup, order, &prepared)?;
    tell(TrainingNews::Plan(plan));
    Ok(())
}

/// Trains an adapter, and measures it on what was held out.
///
/// # Errors
/// [`TrainError::Usage`] where names, files or the model don't allow it, else
/// what failed.
pub async fn train(
    setup: &Setup,
    order: &Order,
    tell: Tell<'_>,
    stop: &CancellationToken,
) -> Result<Trained, TrainError> {
    check(setup, order)?;
    let work = work_folder(setup, &order.name);
    if order.fresh && work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    let prepared = prepare(setup, order, tell).await?;
    let plan = steps::plan(setup, order, &prepared)?;
    enough(&plan)?;
    tell(TrainingNews::Plan(plan));
    config::create_private(&work)?;
    let questions = &prepared.questions;
    let chosen = spread(questions.len(), order.questions);
    let asked: Vec<Row> = chosen.iter().map(|place| questions[*place].clone()).collect();
    let sampled = spread(asked.len(), order.samples);
    // The plain model first: what it says doesn't depend on training.
    let before =
        judge_all(&prepared.plain, &asked, "measuring the plain model", tell, stop).await?;
    let Some(before) = before else { return Ok(Trained::Stopped { step: 0, steps: 0 }) };
    let samples = Samples {
        rows: sampled.iter().map(|place| asked[*place].clone()).collect(),
        plain: sampled.iter().map(|place| before[*place].text.clone()).collect(),
    };
    let outcome = samples::run(setup, order, &prepared, &work, &samples, tell, stop).await?;
    let Outcome { adapter, curve, tune, seconds, finished, steps } = outcome;
    if !finished {
        return Ok(Trained::Stopped { step: tune.steps, steps });
    }
    let mut record = Record {
        version: record::VERSION,
        at_ms: chrono::Utc::now().timestamp_millis(),
        model: order.model.clone(),
        base: setup.weights_stamp(&order.model)?,
        form: prepared.form.clone(),
        data: prepared.data.clone(),
        tune,
        curve,
        seconds,
        bytes: std::fs::metadata(adapter.join("adapter_model.safetensors"))?.len(),
        scores: Vec::new(),
    };
    folder::write(&adapter, &order.name, &prepared.manner, &record)?;
    let stack = Stack(vec![Applied { name: adapter.to_string_lossy().into_owned(), scale: 1.0 }]);
    if !asked.is_empty() {
        let tuned = setup.variant(&order.model, &stack).await?;
        let after = judge_all(&tuned, &asked, "measuring with the adapter", tell, stop).await?;
        if let Some(after) = after {
            record.scores = judge::scores(&asked, &before, &after);
            folder::write(&adapter, &order.name, &prepared.manner, &record)?;
        }
    }
    let target = setup.adapters_folder().join(&order.name);
    config::create_private(&setup.adapters_folder())?;
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    std::fs::rename(&adapter, &target)?;
    std::fs::remove_dir_all(&work)?;
    Ok(Trained::Done { folder: target, record: Box::new(record) })
}

/// `most` places out of `count`, evenly spread.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most).map(|nth| nth * count / most).collect()
}

/// Asks every row; `None` where that was stopped.
async fn judge_all(
    model: &Model,
    rows: &[Row],
    stage: &str,
    tell: Tell<'_>,
    stop: &CancellationToken,
) -> Result<Option<Vec<Judged>>, TrainError> {
    if rows.is_empty() {
        return Ok(Some(Vec::new()));
    }
    tell(TrainingNews::Stage(stage.to_owned()));
    let mut judged = Vec::with_capacity(rows.len());
    for row in rows {
        tokio::select! {
            one = judge::ask(model, row) => judged.push(one?),
            () = stop.cancelled() => return Ok(None),
        }
        tell(TrainingNews::Judged(judged.len(), rows.len()));
    }
    Ok(Some(judged))
}
