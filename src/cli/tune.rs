//! `lorag tune`: trains an adapter, and says what it is worth.

use super::args::TuneArgs;
use super::context::Context;
use super::ingest::Signals;
use super::terminal::{errln, outln, visible};
use super::{Failure, code};
use crate::domain::{TrainingNews, TrainingPlan, TrainingStep};
use crate::training::{Order, Rate, Trained, train};
use indicatif::ProgressStyle;
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The rate that is found out.
pub(super) const AUTO: &str = "auto";

/// Steps between two lines where standard error is no terminal.
const LINES: usize = 20;

/// Runs the command.
pub async fn run(context: &Context, args: TuneArgs) -> Result<u8, Failure> {
    method(&args.method)?;
    let settings = &context.loaded.settings;
    let rate = match (args.learning_rate.as_deref(), settings.tune.learning_rate) {
        (Some(AUTO), _) => Rate::Auto,
        (_, Some(rate)) => Rate::Fixed(rate),
        (_, None) => Rate::BySize,
    };
    let order = Order {
        name: args.name.clone(),
        data: args.data.clone(),
        held_out: args.held_out.clone(),
        model: settings.model.0.clone(),
        tune: settings.tune.clone(),
        rate,
        threads: args.threads,
        limit: args.limit.map(|limit| limit as usize),
        questions: args.questions,
        resume: args.resume,
        fresh: args.fresh,
        samples: 0,
    };
    let stop = CancellationToken::new();
    let shown = Shown::new(args.json);
    let tell = |news| shown.news(&news);
    let mut signals = Signals::new();
    let work = train(context, &order, &tell, &stop);
    tokio::pin!(work);
    let trained = loop {
        tokio::select! {
            trained = &mut work => break trained,
            () = signals.received() => {
                if stop.is_cancelled() {
                    return Err(Failure::interrupted());
                }
                shown.say("stopping at the end of this step; again ends at once");
                stop.cancel();
            }
        }
    };
    shown.bar.finish_and_clear();
    match trained? {
        Trained::Done { folder, record } => {
            if args.json {
                outln!("{}", serde_json::to_string(&record)?)?;
                return Ok(code::DONE);
            }
            let folder = folder.display().to_string();
            outln!(
                "Trained {} in {}: {} steps, {}, in {}",
                visible(&order.name),
                HumanDuration(Duration::from_secs_f64(record.seconds)),
                record.tune.steps,
                HumanBytes(record.bytes),
                visible(&folder),
            )?;
            for score in &record.scores {
                outln!("  {}", score.text())?;
            }
            if !record.scores.is_empty() && !record.scores.iter().any(|score| score.better()) {
                outln!(
                    "It is not better than the plain model on the questions held out: more rows, other rows, or no adapter."
                )?;
            }
            outln!(
                "Ask with it: lorag --model {} --adapter {}",
                visible(&order.model),
                visible(&order.name)
            )?;
            Ok(code::DONE)
        }
        Trained::Stopped { step, steps } => {
            errln!(
                "lorag: stopped after step {step} of {steps}; what was trained is kept. `lorag tune {} --data {} --resume` goes on.",
                visible(&order.name),
                visible(&order.data.to_string_lossy())
            );
            Ok(code::INTERRUPTED)
        }
    }
}

/// Refuses methods that the engines can't run.
fn method(method: &str) -> Result<(), Failure> {
    match method {
        "lora" => Ok(()),
        "prompt" => Err(Failure::usage(
            "prompt tuning is not offered: it puts virtual tokens before the prompt, vectors that stand for no word, and mistral.rs takes no such prompt, so that they would answer with GGUF files only. Train a LoRA adapter, which both engines run: leave --method out",
        )),
        other => Err(Failure::usage(format!("there is no method {other:?}: expected \"lora\""))),
    }
}

/// Progress on standard error: a bar where that is a terminal, else a line now
/// and then.
struct Shown {
    bar: ProgressBar,
    quiet: bool,
}

impl Shown {
    fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(4)
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len}  {msg}") {
            bar.set_style(style.progress_chars("█▌░"));
        }
        Self { bar, quiet }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| errln!("lorag: {}", visible(text)));
        }
    }

    fn news(&self, news: &TrainingNews) {
        match news {
            TrainingNews::Stage(text) => {
                self.bar.set_message(text.clone());
                if self.bar.is_hidden() {
                    self.say(text);
                }
            }
            TrainingNews::Plan(plan) => self.say(&planned(plan)),
            TrainingNews::Step(step) => {
                self.bar.set_length(step.steps as u64);
                self.bar.set_position(step.step as u64);
                let text = stepped(step);
                self.bar.set_message(text.clone());
                let told = step.step.is_multiple_of(LINES) || step.held_out.is_some();
                if self.bar.is_hidden() && told {
                    self.say(&format!("step {} of {}: {text}", step.step, step.steps));
                }
            }
            TrainingNews::Judged(done, total) => {
                self.bar.set_length(*total as u64);
                self.bar.set_position(*done as u64);
            }
            TrainingNews::Samples(_) => {}
        }
    }
}

fn planned(plan: &TrainingPlan) -> String {
    let TrainingPlan { rows, held_out, too_long, tokens, steps, memory, free } = plan;
    let long = match too_long {
        0 => String::new(),
        many => format!(" {many} rows are too long and left out."),
    };
    let free = match free {
        0 => String::new(),
        free => format!(" of {} free", HumanBytes(*free)),
    };
    format!(
        "{} rows with {} tokens, {} held out, {steps} steps; about {}{free}.{long}",
        HumanCount(*rows as u64),
        HumanCount(*tokens as u64),
        HumanCount(*held_out as u64),
        HumanBytes(*memory),
    )
}

fn stepped(step: &TrainingStep) -> String {
    let mut parts: Vec<String> = step.loss.iter().map(|loss| format!("loss {loss:.3}")).collect();
    if let Some(held_out) = step.held_out {
        parts.push(format!("held out {held_out:.3}"));
    }
    parts.push(format!("{:.0} tokens/s", step.tokens_per_s));
    if let Some(left) = step.left_s {
        parts.push(format!("{} left", HumanDuration(Duration::from_secs_f64(left.max(0.0)))));
    }
    if step.resident > 0 {
        parts.push(HumanBytes(step.resident).to_string());
    }
    parts.join(" · ")
}
