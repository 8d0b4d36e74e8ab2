//! While the steps run: they are told, and the adapter so far is asked.

use super::folder;
use super::judge;
use super::order::{Order, Tell, TrainError};
use super::prepare::Prepared;
use super::record::Record;
use super::steps::{self, Outcome};
use crate::data::Row;
use crate::domain::{Applied, Stack, TrainingNews, TrainingSample};
use crate::setup::Setup;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Questions that are answered while training runs.
pub(super) struct Samples {
    /// The rows.
    pub rows: Vec<Row>,
    /// What the plain model says.
    pub plain: Vec<String>,
}

/// The steps on a thread of their own; meanwhile the latest adapter is asked.
pub(super) async fn run(
    setup: &Setup,
    order: &Order,
    prepared: &Prepared,
    work: &Path,
    samples: &Samples,
    tell: Tell<'_>,
    stop: &CancellationToken,
) -> Result<Outcome, TrainError> {
    let (sender, mut news) = tokio::sync::mpsc::unbounded_channel();
    let running = steps::start(setup, order, prepared, work, sender, stop.clone())?;
    tell_samples(samples, &[], 0, tell);
    // Steps go on while the adapter so far is asked; one that comes meanwhile
    // is passed over.
    let mut asking = FuturesUnordered::new();
    loop {
        tokio::select! {
            told = news.recv() => match told {
                None => break,
                Some(steps::Told::Step(step)) => tell(TrainingNews::Step(step)),
                Some(steps::Told::Stage(text)) => tell(TrainingNews::Stage(text)),
                Some(steps::Told::Latest { folder, step }) => {
                    if asking.is_empty() && !samples.rows.is_empty() {
                        asking.push(sample(setup, order, prepared, samples, folder, step, tell));
                    }
                }
            },
            Some(asked) = asking.next() => {
                // A sample that fails is no reason to stop.
                if let Err(error) = asked {
                    tracing::warn!(%error, "the adapter so far was not asked");
                }
            }
        }
    }
    running.await?
}

/// Asks the latest adapter.
async fn sample(
    setup: &Setup,
    order: &Order,
    prepared: &Prepared,
    samples: &Samples,
    folder: PathBuf,
    step: usize,
    tell: Tell<'_>,
) -> Result<(), TrainError> {
    let record = Record { data: prepared.data.clone(), ..Record::default() };
    folder::write(&folder, &order.name, &prepared.manner, &record)?;
    let stack = Stack(vec![Applied { name: folder.to_string_lossy().into_owned(), scale: 1.0 }]);
    let tuned = setup.variant(&order.model, &stack).await?;
    let mut answers = Vec::with_capacity(samples.rows.len());
    for row in &samples.rows {
        answers.push(judge::ask(&tuned, row).await?.text);
    }
    tell_samples(samples, &answers, step, tell);
    Ok(())
}

fn tell_samples(samples: &Samples, answers: &[String], step: usize, tell: Tell<'_>) {
    if samples.rows.is_empty() {
        return;
    }
    let told = samples.rows.iter().zip(&samples.plain).enumerate().map(|(place, (row, plain))| {
        TrainingSample {
            question: row.question.clone(),
            plain: plain.clone(),
            tuned: answers.get(place).cloned().unwrap_or_default(),
            step,
        }
    });
    tell(TrainingNews::Samples(told.collect()));
}
