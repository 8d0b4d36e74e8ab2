//! Which learning rate to take, and how good an adapter is on rows.

use super::adapter::Adapter;
use super::model::Model;
use super::train::{Training, mean_loss, pool};
use super::{Base, Example, Fault, Go, Options, Progress, Run, rows};

/// The rates that are tried.
const RATES: [f64; 4] = [1e-4, 2.5e-4, 5e-4, 1e-3];

/// Steps with each of them.
const STEPS: usize = 20;

/// What trying learning rates showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Each rate with the held-out loss after some steps.
    pub tried: Vec<(f64, f64)>,
    /// The rate with the lowest.
    pub best: f64,
}

/// Trains 20 steps with each of four learning rates, from 1e-4 to 1e-3, and
/// takes the one with the lowest held-out loss; where nothing is held out, with
/// the lowest mean loss of the last five steps. [`Go::Stop`] ends it.
///
/// # Errors
/// As [`super::train`]; a rate that diverges only counts as the worst.
pub fn probe_rates(
    base: &Base,
    examples: &[Example],
    held_out: &[Example],
    options: &Options,
    run: Run<'_>,
    each: &mut (dyn FnMut(f64, &Progress<'_>) -> Go + Send),
) -> Result<Probe, Fault> {
    options.checked()?;
    let pool = pool(options)?;
    let mut tried = Vec::new();
    for rate in RATES {
        let options = Options { rate: Some(rate), evaluate_every: STEPS, ..options.clone() };
        let run = Run { checkpoint: None, ..run };
        let mut stopped = false;
        let mut each = |progress: &Progress<'_>| {
            let go = each(rate, progress);
            stopped |= go == Go::Stop;
            go
        };
        let outcome = pool.install(|| {
            let parts = (examples, held_out);
            Training::new(base, parts, &options, run, Some(STEPS))?.go(&mut each)
        });
        let loss = match outcome {
            Ok(outcome) => outcome.held_out.unwrap_or_else(|| {
                let losses: Vec<f64> =
                    outcome.curve.iter().filter_map(|p| p.loss).map(f64::from).collect();
                let last = &losses[losses.len().saturating_sub(5)..];
                last.iter().sum::<f64>() / last.len().max(1) as f64
            }),
            Err(Fault::Diverged { .. }) => f64::INFINITY,
            Err(fault) => return Err(fault),
        };
        let halted = run.halt.is_some_and(|halt| halt.load(std::sync::atomic::Ordering::Relaxed));
        if stopped || halted {
            return Err(Fault::Halted);
        }
        tried.push((rate, loss));
    }
    let best = tried.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let best = best.map_or(RATES[1], |(rate, _)| *rate);
    Ok(Probe { tried, best })
}

/// Mean loss of the tokens that count in `examples`, with an adapter or without.
///
/// # Errors
/// As [`super::train`].
pub fn held_out_loss(
    base: &Base,
    examples: &[Example],
    adapter: Option<&Adapter>,
    options: &Options,
) -> Result<f64, Fault> {
    options.checked()?;
    let rows = rows::fitting(examples, &base.shape, options, "held-out")?;
    let longest = rows.iter().map(|row| examples[*row].tokens.len()).max().unwrap_or(1);
    let model = Model::new(base, 0, longest, 0);
    pool(options)?.install(|| mean_loss(&model, examples, &rows, adapter, options))
}
