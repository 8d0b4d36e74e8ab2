//! One answer: the prompt is read into the cache, then token by token.
//!
//! The prompt goes on with what the cache holds already, see `slots`. Whoever
//! asked is gone once its channel is closed; llama.cpp asks for that after
//! each operation, so that it stops within one, and what was read so far stays.

use super::super::repetition::Control;
use super::super::sampling::{Sampler, log_probability};
use super::super::text::Texts;
use super::super::{End, EngineError, EngineEvent};
use super::ffi::{Adapter, Context, Decoded, Model, Token};
use super::grammar::Grammar;
use super::slots::Slots;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;

/// Where the events of an answer go.
pub(super) type Events = UnboundedSender<Result<EngineEvent, EngineError>>;

/// What is asked.
pub(super) struct Job {
    /// The prompt, at least one token.
    pub prompt: Vec<Token>,
    /// Most tokens to decode, so few that they fit behind the prompt.
    pub limit: usize,
    /// The adapters, with the hash of what they hold.
    pub adapter: Option<(String, Arc<Adapter>)>,
    pub grammar: Option<Grammar>,
    pub sampler: Sampler,
    pub control: Control,
    pub likelihood: bool,
    pub texts: Texts,
    pub events: Events,
}

/// The cache and what it holds.
pub(super) struct Desk {
    pub model: Arc<Model>,
    pub context: Context,
    pub slots: Slots,
    /// Tokens computed at a time.
    pub batch: usize,
    /// The hash of the adapters that the context computes with.
    pub adapters: String,
}

/// Why an answer ended without an end.
enum Broken {
    /// Nobody wants it any more.
    Unwanted,
    Failed(EngineError),
}

impl From<String> for Broken {
    fn from(text: String) -> Self {
        Self::Failed(EngineError::Failed(text))
    }
}

impl From<EngineError> for Broken {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl Desk {
    /// Answers, and sends what comes of it.
    pub fn answer(&mut self, job: Job) {
        let events = job.events.clone();
        if events.is_closed() {
            return;
        }
        let asker = events.clone();
        self.context.watch(Some(Box::new(move || !asker.is_closed())));
        let result = self.run(job);
        self.context.watch(None);
        let last = match result {
            Ok(end) => Ok(EngineEvent::End(end)),
            Err(Broken::Failed(error)) => Err(error),
            Err(Broken::Unwanted) => return,
        };
        // Nobody may be left to hear it.
        drop(events.send(last));
    }

    fn run(&mut self, job: Job) -> Result<End, Broken> {
        let begun = Instant::now();
        let (slot, reused) = self.place(&job)?;
        self.read(slot, &job.prompt[reused..])?;
        let prompt_s = begun.elapsed().as_secs_f64();
        let prompt_tokens = job.prompt.len();
        let begun = Instant::now();
        let written = self.write(slot, job)?;
        Ok(End {
            by_length: written.by_length,
            prompt_tokens,
            reused_tokens: reused,
            completion_tokens: written.tokens,
            prompt_s,
            decode_s: begun.elapsed().as_secs_f64(),
            log_likelihood: written.likelihood,
            estimated: false,
        })
    }

    /// Prepares a sequence for the prompt, and tells how much of it is there.
    fn place(&mut self, job: &Job) -> Result<(usize, usize), Broken> {
        let hash = job.adapter.as_ref().map_or("", |(hash, _)| hash);
        if hash != self.adapters {
            let adapter = job.adapter.as_ref().map(|(_, adapter)| Arc::clone(adapter));
            self.context.adapt(adapter)?;
            hash.clone_into(&mut self.adapters);
        }
        let divisible = !self.model.is_recurrent();
        let mut plan = self.slots.plan(hash, &job.prompt, job.limit, divisible);
        for index in &plan.clear {
            self.context.take_back(sequence(*index), 0);
        }
        if let Some((from, length)) = plan.share {
            self.context.share(sequence(from), sequence(plan.slot), length);
        } else if self.slots.length(plan.slot) > plan.keep
            && !plan.clear.contains(&plan.slot)
            && !self.context.take_back(sequence(plan.slot), plan.keep)
        {
            self.context.take_back(sequence(plan.slot), 0);
            plan.keep = 0;
        }
        self.slots.settle(&plan, hash, &job.prompt);
        Ok((plan.slot, plan.keep))
    }

    /// Reads tokens into a sequence; the logits of the last are there then.
    fn read(&mut self, slot: usize, tokens: &[Token]) -> Result<(), Broken> {
        for part in tokens.chunks(self.batch) {
            let from = self.slots.length(slot);
            match self.context.decode(part, from, sequence(slot)) {
                Ok(Decoded::Whole) => self.slots.extend(slot, part),
                Ok(Decoded::Stopped) => {
                    self.tidy(slot);
                    return Err(Broken::Unwanted);
                }
                Err(error) => {
                    self.tidy(slot);
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// Empties the cache.
    pub fn forget(&mut self) {
        for index in 0..self.slots.count() {
            self.context.take_back(sequence(index), 0);
            self.slots.clear(index);
        }
    }

    /// Takes out of the cache what was not read to its end.
    fn tidy(&mut self, slot: usize) {
        if !self.context.take_back(sequence(slot), self.slots.length(slot)) {
            self.context.take_back(sequence(slot), 0);
            self.slots.clear(slot);
        }
    }

    fn write(&mut self, slot: usize, mut job: Job) -> Result<Written, Broken> {
        let mut answer: Vec<u32> = Vec::new();
        let mut written =
            Written { likelihood: job.likelihood.then_some(0.0), ..Written::default() };
        loop {
            if written.tokens >= job.limit {
                written.by_length = true;
                break;
            }
            let forced = match &mut job.grammar {
                Some(grammar) if !job.likelihood => grammar.forced(),
                _ => Vec::new(),
            };
            let next = if forced.is_empty() {
                vec![self.choose(&answer, &mut job, &mut written)?]
            } else {
                forced
            };
            let mut read = Vec::with_capacity(next.len());
            for token in next {
                if written.tokens >= job.limit {
                    break;
                }
                written.tokens += 1;
                if self.model.ends(token) {
                    written.ended = true;
                    break;
                }
                if let Some(grammar) = &mut job.grammar {
                    grammar.take(token)?;
                }
                read.push(token);
                answer.push(token.cast_unsigned());
                for event in job.texts.push(&self.model.piece(token, false)) {
                    job.events.send(Ok(event)).map_err(|_| Broken::Unwanted)?;
                }
            }
            if written.ended || job.grammar.as_ref().is_some_and(Grammar::is_over) {
                break;
            }
            if written.tokens < job.limit {
                self.read(slot, &read)?;
            }
        }
        if let Some(event) = job.texts.finish() {
            job.events.send(Ok(event)).map_err(|_| Broken::Unwanted)?;
        }
        Ok(written)
    }

    fn choose(
        &self,
        answer: &[u32],
        job: &mut Job,
        written: &mut Written,
    ) -> Result<Token, Broken> {
        let model = self.context.logits();
        let mut logits = model.to_vec();
        if !job.control.is_off() {
            job.control.apply(answer, &mut logits);
        }
        let none = || "it gave no numbers for the next token".to_owned();
        let mut chosen = job.sampler.choose(&logits).ok_or_else(none)?;
        // A mask of the whole vocabulary is needed only where the model's own
        // choice is not allowed; the odds come out the same.
        if let Some(grammar) = &mut job.grammar
            && !grammar.allows(Token::try_from(chosen).unwrap_or(0))?
        {
            grammar.mask(&mut logits)?;
            chosen = job.sampler.choose(&logits).ok_or_else(none)?;
        }
        let token = Token::try_from(chosen).unwrap_or(0);
        if let Some(sum) = &mut written.likelihood
            && !self.model.ends(token)
        {
            *sum += log_probability(model, chosen);
        }
        Ok(token)
    }
}

/// What was written.
#[derive(Default)]
struct Written {
    /// Tokens, the one that ends the answer included.
    tokens: usize,
    by_length: bool,
    ended: bool,
    likelihood: Option<f64>,
}

fn sequence(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(0)
}
