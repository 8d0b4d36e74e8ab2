//! The steps of the optimizer, on a thread of their own.

use super::order::{CHECKPOINT, Order, Rate, TrainError};
use super::prepare::Prepared;
use super::record::Tune;
use crate::domain::{TrainingPlan, TrainingPoint, TrainingStep};
use crate::engine::mistral::Place as Weights;
use crate::setup::Setup;
use crate::tune::{
    Base, End, Fault, Go, Keep, Options, Place, Precision, Progress, Run, Shape, memory_needed,
    probe_rates, train,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sysinfo::System;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The folder of the adapter so far, and of the one that comes out.
const ADAPTER: &str = "adapter";

/// The parts of the memory that is free which training may take.
const SHARE: f64 = 0.9;

/// Held-out rows are read about so often.
const EVALUATIONS: usize = 12;

/// Steps between two checkpoints.
const SAVED: usize = 20;

impl From<Fault> for TrainError {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.to_string())
    }
}

/// What is told from the thread of the steps.
pub(super) enum Told {
    /// A step was done.
    Step(TrainingStep),
    /// What is being done, where no steps are.
    Stage(String),
    /// The adapter so far lies here.
    Latest {
        /// Its folder.
        folder: PathBuf,
        /// The step.
        step: usize,
    },
}

/// What came of it.
pub(super) struct Outcome {
    /// The folder of the adapter.
    pub adapter: PathBuf,
    /// Loss by step.
    pub curve: Vec<TrainingPoint>,
    /// How it was trained.
    pub tune: Tune,
    /// Seconds.
    pub seconds: f64,
    /// Whether it came to its end.
    pub finished: bool,
    /// Steps there are, at most.
    pub steps: usize,
}

/// Steps of a run.
fn steps(order: &Order, rows: usize) -> usize {
    rows.div_ceil(order.tune.batch.max(1)) * order.tune.epochs
}

fn options(order: &Order, rows: usize) -> Options {
    let tune = &order.tune;
    Options {
        rank: tune.rank,
        alpha: tune.alpha,
        rate: match order.rate {
            Rate::Fixed(rate) => Some(rate),
            Rate::BySize | Rate::Auto => None,
        },
        epochs: tune.epochs,
        batch: tune.batch,
        evaluate_every: (steps(order, rows) / EVALUATIONS).max(1),
        patience: tune.patience,
        max_length: tune.max_tokens,
        seed: tune.seed,
        upper_layers: (tune.layers > 0).then_some(tune.layers),
        save_every: SAVED,
        threads: order.threads,
        ..Options::default()
    }
}

/// What lies before training: counts, and memory against what is free.
pub(super) fn plan(
    setup: &Setup,
    order: &Order,
    prepared: &Prepared,
) -> Result<TrainingPlan, TrainError> {
    let shape = Shape::read(&weights(setup, order)?)?;
    let rows = prepared.train.examples.len();
    let options = options(order, rows);
    let longest = prepared.train.examples.iter().chain(&prepared.held_out.examples);
    let longest = longest.map(|example| example.tokens.len()).max().unwrap_or(0);
    let mut system = System::new();
    system.refresh_memory();
    Ok(TrainingPlan {
        rows,
        held_out: prepared.held_out.examples.len(),
        too_long: prepared.data.too_long,
        tokens: prepared.data.tokens,
        steps: steps(order, rows),
        memory: memory_needed(&shape, Keep::Auto, longest, &options).total(),
        free: (system.available_memory() as f64 * SHARE) as u64,
    })
}

/// The folder or file of the weights.
fn weights(setup: &Setup, order: &Order) -> Result<PathBuf, TrainError> {
    match setup.place_of(&order.model)? {
        Weights::Folder(path) | Weights::Gguf(path) => Ok(path),
        Weights::Uqff(path) => Err(TrainError::Usage(format!(
            "{} holds UQFF weights, which are quantized for good: train on the folder or the GGUF file of the same model",
            path.display()
        ))),
    }
}

/// Begins the steps.
pub(super) fn start(
    setup: &Setup,
    order: &Order,
    prepared: &Prepared,
    work: &Path,
    told: UnboundedSender<Told>,
    stop: CancellationToken,
) -> Result<JoinHandle<Result<Outcome, TrainError>>, TrainError> {
    let path = weights(setup, order)?;
    let name = setup.base(&order.model)?.name().to_owned();
    let (train_rows, held_out) =
        (prepared.train.examples.clone(), prepared.held_out.examples.clone());
    let mut options = options(order, train_rows.len());
    let auto = order.rate == Rate::Auto;
    let samples = order.samples > 0;
    let (checkpoint, adapter) = (work.join(CHECKPOINT), work.join(ADAPTER));
    // What was cut short before its first checkpoint begins anew.
    let resume = order.resume && checkpoint.exists();
    let total = steps(order, train_rows.len());
    let halt = Arc::new(AtomicBool::new(false));
    let (flag, stopped) = (Arc::clone(&halt), stop.clone());
    tokio::spawn(async move {
        stopped.cancelled().await;
        flag.store(true, Ordering::Relaxed);
    });
    Ok(tokio::task::spawn_blocking(move || {
        let base = Base::open(&path, Keep::Auto, &device())?;
        // A listener that is gone is no reason to stop.
        let tell = |news| drop(told.send(news));
        if auto && !resume {
            tell(Told::Stage("trying learning rates".to_owned()));
            let mut each = |rate: f64, progress: &Progress<'_>| {
                tell(Told::Stage(format!("learning rate {rate}, step {}", progress.step)));
                on(&stop)
            };
            let run = Run { checkpoint: None, halt: Some(&halt) };
            let probe = probe_rates(&base, &train_rows, &held_out, &options, run, &mut each)?;
            options.rate = Some(probe.best);
        }
        tell(Told::Stage("the first step".to_owned()));
        let mut written = false;
        let mut each = |progress: &Progress<'_>| {
            if std::mem::take(&mut written) {
                tell(Told::Latest { folder: adapter.clone(), step: progress.step });
            }
            tell(Told::Step(step(progress)));
            if samples && progress.held_out.is_some() && !stop.is_cancelled() {
                written = true;
                return Go::Write(adapter.clone());
            }
            on(&stop)
        };
        let place = Place { folder: &checkpoint, resume };
        let run = Run { checkpoint: Some(place), halt: Some(&halt) };
        let outcome = train(&base, &train_rows, &held_out, &options, run, &mut each)?;
        let finished = !matches!(outcome.end, End::Stopped);
        outcome.adapter.write(&adapter, &name, Precision::F32)?;
        Ok(Outcome {
            adapter,
            curve: outcome
                .curve
                .iter()
                .map(|point| TrainingPoint {
                    step: point.step,
                    loss: point.loss.map(f64::from),
                    held_out: point.held_out.map(f64::from),
                })
                .collect(),
            tune: Tune {
                rank: options.rank,
                alpha: options.alpha,
                learning_rate: outcome.rate,
                epochs: options.epochs,
                batch: options.batch,
                layers: options.upper_layers.unwrap_or(0),
                seed: options.seed,
                steps: outcome.step,
                best_step: outcome.best_step,
            },
            seconds: outcome.seconds,
            finished,
            steps: total,
        })
    }))
}

fn on(stop: &CancellationToken) -> Go {
    if stop.is_cancelled() { Go::Stop } else { Go::Continue }
}

fn step(progress: &Progress<'_>) -> TrainingStep {
    TrainingStep {
        step: progress.step,
        steps: progress.steps,
        loss: progress.loss,
        held_out: progress.held_out,
        tokens_per_s: progress.tokens_per_second,
        left_s: progress.seconds_left,
        resident: progress.memory,
    }
}

/// The first GPU, where lorag is built for one, else the CPU.
fn device() -> candle_core::Device {
    let gpu = candle_core::Device::new_cuda(0).or_else(|_| candle_core::Device::new_metal(0));
    gpu.unwrap_or(candle_core::Device::Cpu)
}
