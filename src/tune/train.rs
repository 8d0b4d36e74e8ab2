//! The training itself: steps, evaluations, checkpoints, early end.

use super::adapter::Adapter;
use super::block::Gradients;
use super::checkpoint::{self, Identity, State};
use super::model::Model;
use super::optimizer::{self, Moments};
use super::report::{End, Go, Outcome, Point, Progress, Run};
use super::{Base, Example, Fault, Keep, Options, machine, memory, rows};
use std::time::Instant;

/// Trains an adapter for `base` with `examples`. Blocks until it is done;
/// computes on threads of its own, on which `each` is called too.
///
/// # Errors
/// [`Fault::Options`] and [`Fault::Rows`] for what can't be trained with,
/// [`Fault::Checkpoint`] where it can't go on from the one that is there,
/// [`Fault::Write`] where it can't write one, [`Fault::Diverged`] where the
/// loss runs away.
pub fn train(
    base: &Base,
    examples: &[Example],
    held_out: &[Example],
    options: &Options,
    run: Run<'_>,
    each: &mut (dyn FnMut(&Progress<'_>) -> Go + Send),
) -> Result<Outcome, Fault> {
    options.checked()?;
    pool(options)?
        .install(|| Training::new(base, (examples, held_out), options, run, None)?.go(each))
}

/// Threads with room for it.
pub(super) fn pool(options: &Options) -> Result<rayon::ThreadPool, Fault> {
    let low = options.low_priority;
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .stack_size(16 << 20)
        .thread_name(|index| format!("tune-{index}"))
        .start_handler(move |_| {
            if low {
                step_back();
            }
        })
        .build()
        .map_err(|error| Fault::Threads(error.to_string()))
}

/// Lets other threads go before the current one; elsewhere than on Linux the
/// call would hold back the whole program.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        // It still computes as it should.
        let _ = error;
    }
}

pub(super) struct Training<'a> {
    examples: &'a [Example],
    held_out: &'a [Example],
    rows: Vec<usize>,
    held_rows: Vec<usize>,
    options: &'a Options,
    run: Run<'a>,
    model: Model<'a>,
    held_model: Model<'a>,
    identity: Identity,
    steps: usize,
    rate: f64,
    pub(super) adapter: Adapter,
    moments: Moments,
    best: Option<Adapter>,
    state: State,
    clock: Clock,
}

/// Seconds since this process took up the training.
#[derive(Default)]
struct Clock {
    steps: usize,
    tokens: u64,
    stepping: f64,
    evaluations: usize,
    evaluating: f64,
}

impl<'a> Training<'a> {
    /// `limit`: so many steps instead of those that the epochs take.
    pub fn new(
        base: &'a Base,
        (examples, held_out): (&'a [Example], &'a [Example]),
        options: &'a Options,
        run: Run<'a>,
        limit: Option<usize>,
    ) -> Result<Self, Fault> {
        let shape = &base.shape;
        let rows = rows::fitting(examples, shape, options, "training")?;
        if rows.is_empty() {
            return Err(Fault::Rows("there are no rows to train with".to_owned()));
        }
        let held_rows = rows::fitting(held_out, shape, options, "held-out")?;
        let each = rows.len().div_ceil(options.batch);
        let steps = limit.unwrap_or(options.epochs * each);
        let lowest = options.lowest(shape);
        let lengths = |all: &[Example], rows: &[usize]| {
            rows.iter().map(|row| all[*row].tokens.len()).max().unwrap_or(1)
        };
        let room = machine::free() / 4;
        let longest = lengths(examples, &rows);
        let mut model = Model::new(base, lowest, longest, room);
        model.checkpointing = memory::checkpointing(shape, Keep::Auto, longest, options);
        model.halt = run.halt;
        let longest = lengths(held_out, &held_rows);
        let mut held_model = Model::new(base, lowest, longest, room);
        held_model.halt = run.halt;
        let hashes = (rows::hash(examples), rows::hash(held_out));
        let identity = Identity::new(options, base.hash().to_owned(), hashes.0, hashes.1);
        let adapter = Adapter::new(shape, options);
        let moments = Moments::zero(&adapter);
        let mut out = Self {
            examples,
            held_out,
            rows,
            held_rows,
            options,
            run,
            model,
            held_model,
            identity,
            steps,
            rate: options.rate_for(shape),
            adapter,
            moments,
            best: None,
            state: State::default(),
            clock: Clock::default(),
        };
        let place = run.checkpoint.filter(|p| p.resume && checkpoint::exists(p.folder));
        if let Some(place) = place {
            let read = checkpoint::read(place.folder, &out.identity, (shape, options))?;
            (out.state, out.adapter) = (read.state, read.adapter);
            (out.moments, out.best) = (read.moments, read.best);
        }
        Ok(out)
    }

    /// From where it stands to the end.
    pub fn go(
        mut self,
        each: &mut (dyn FnMut(&Progress<'_>) -> Go + Send),
    ) -> Result<Outcome, Fault> {
        let end = loop {
            let told = match self.next() {
                Ok(Some(told)) => told,
                Ok(None) => break self.end(),
                Err(Fault::Halted) => break End::Stopped,
                Err(fault) => return Err(fault),
            };
            let progress = self.progress(&told);
            match each(&progress) {
                Go::Continue => {}
                Go::Stop => break End::Stopped,
                Go::Write(folder) => self.adapter.write(&folder, "", super::Precision::F32)?,
            }
            if told.is_none() && self.state.step.is_multiple_of(self.options.save_every.max(1)) {
                self.save()?;
            }
        };
        self.save()?;
        Ok(self.outcome(end))
    }

    fn end(&self) -> End {
        if self.state.step < self.steps { End::Early } else { End::Finished }
    }

    fn outcome(self, end: End) -> Outcome {
        let best = self.best.zip(self.state.best);
        let (adapter, best_step, held_out) = match best {
            Some((adapter, (loss, step))) => (adapter, step, Some(f64::from(loss))),
            None => (self.adapter, self.state.step, None),
        };
        let given = self.examples.len() + self.held_out.len();
        Outcome {
            adapter,
            curve: self.state.curve,
            end,
            step: self.state.step,
            best_step,
            held_out_before: self.state.before.map(f64::from),
            held_out,
            tokens: self.state.tokens,
            seconds: self.state.seconds,
            rate: self.rate,
            left_out: given - self.rows.len() - self.held_rows.len(),
        }
    }

    /// Whether the held-out rows are due now.
    fn due(&self) -> bool {
        let each = match self.options.evaluate_every {
            0 => self.rows.len().div_ceil(self.options.batch),
            each => each,
        };
        let step = self.state.step;
        !self.held_rows.is_empty()
            && self.state.evaluated != Some(step)
            && (step.is_multiple_of(each) || step >= self.steps)
    }

    /// One evaluation, which gives its loss, or one step; none at the end.
    fn next(&mut self) -> Result<Option<Option<f64>>, Fault> {
        let start = Instant::now();
        if self.due() {
            let loss = self.evaluate()?;
            let spent = start.elapsed().as_secs_f64();
            self.clock.evaluations += 1;
            self.clock.evaluating += spent;
            self.state.seconds += spent;
            return Ok(Some(Some(loss)));
        }
        let patient = self.state.waited < self.options.patience.max(1);
        if self.state.step >= self.steps || !patient {
            return Ok(None);
        }
        let tokens = self.step()?;
        let spent = start.elapsed().as_secs_f64();
        self.clock.steps += 1;
        self.clock.tokens += tokens;
        self.clock.stepping += spent;
        self.state.seconds += spent;
        self.state.tokens += tokens;
        Ok(Some(None))
    }

    /// The tokens that were read.
    fn step(&mut self) -> Result<u64, Fault> {
        let options = self.options;
        let rows = rows::step(&self.rows, options, self.state.step);
        let batches = rows::batches(self.examples, &rows, options.micro_tokens);
        let count: usize = batches.iter().map(|batch| batch.targets.len()).sum();
        let weight = 1.0 / count.max(1) as f64;
        let mut gradients = Gradients::zero(&self.adapter);
        let (mut loss, mut tokens) = (0.0, 0);
        for batch in &batches {
            loss += self.model.loss(batch, Some(&self.adapter), Some((&mut gradients, weight)))?;
            tokens += batch.tokens.len() as u64;
        }
        let loss = loss * weight;
        let rate = options.rate_at(self.rate, self.state.step, self.steps);
        let number = self.state.step + 1;
        let norm = optimizer::norm(&gradients);
        if !loss.is_finite() || !norm.is_finite() {
            return Err(Fault::Diverged { step: number, rate });
        }
        optimizer::step(&mut self.adapter, &mut self.moments, &gradients, options, rate, number);
        self.state.step = number;
        self.state.curve.push(Point { step: number, loss: Some(loss as f32), held_out: None });
        Ok(tokens)
    }

    fn evaluate(&mut self) -> Result<f64, Fault> {
        let step = self.state.step;
        let adapter = (step > 0).then_some(&self.adapter);
        let loss =
            mean_loss(&self.held_model, self.held_out, &self.held_rows, adapter, self.options)?;
        if !loss.is_finite() {
            return Err(Fault::Diverged { step, rate: self.rate });
        }
        // As F32, which a checkpoint gives back to the last bit.
        let loss = loss as f32;
        let state = &mut self.state;
        state.evaluated = Some(step);
        match state.curve.last_mut().filter(|point| point.step == step) {
            Some(point) => point.held_out = Some(loss),
            None => state.curve.push(Point { step, loss: None, held_out: Some(loss) }),
        }
        if step == 0 {
            state.before = Some(loss);
        } else if state.best.is_none_or(|(best, _)| loss < best) {
            state.best = Some((loss, step));
            state.waited = 0;
            self.best = Some(self.adapter.clone());
        } else {
            state.waited += 1;
        }
        Ok(f64::from(loss))
    }

    fn save(&self) -> Result<(), Fault> {
        let Some(place) = self.run.checkpoint else { return Ok(()) };
        let parts = (&self.state, &self.adapter, &self.moments, self.best.as_ref());
        checkpoint::write(place.folder, &self.identity, parts)
    }

    fn progress(&self, held_out: &Option<f64>) -> Progress<'_> {
        let (state, clock) = (&self.state, &self.clock);
        let each = self.rows.len().div_ceil(self.options.batch).max(1);
        let rate = self.options.rate_at(self.rate, state.step.saturating_sub(1), self.steps.max(1));
        let left = (self.steps - state.step.min(self.steps)) as f64;
        let per_step = clock.stepping / clock.steps.max(1) as f64;
        let per_evaluation = clock.evaluating / clock.evaluations.max(1) as f64;
        let between = match self.options.evaluate_every {
            0 => each,
            every => every,
        };
        let seconds_left = left * per_step + left / between as f64 * per_evaluation;
        Progress {
            step: state.step,
            steps: self.steps,
            epoch: state.step.saturating_sub(1) / each + 1,
            loss: state.curve.last().and_then(|point| point.loss).map(f64::from),
            rate,
            held_out: *held_out,
            best: state.best.map(|(loss, _)| f64::from(loss)),
            tokens_per_second: clock.tokens as f64 / clock.stepping.max(1e-9),
            seconds_left: (clock.steps >= 5).then_some(seconds_left),
            memory: machine::resident(),
            curve: &state.curve,
        }
    }
}

/// Mean loss of the tokens that count in some rows.
pub(super) fn mean_loss(
    model: &Model<'_>,
    examples: &[Example],
    rows: &[usize],
    adapter: Option<&Adapter>,
    options: &Options,
) -> Result<f64, Fault> {
    let (mut total, mut count) = (0.0, 0);
    for batch in rows::batches(examples, rows, options.micro_tokens) {
        total += model.loss(&batch, adapter, None)?;
        count += batch.targets.len();
    }
    Ok(total / count.max(1) as f64)
}
