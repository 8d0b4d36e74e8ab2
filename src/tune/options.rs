//! How a training goes.

use super::{Fault, Shape};

/// A projection that can have a pair of matrices.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Queries.
    Q,
    /// Keys.
    K,
    /// Values.
    V,
    /// The attention's output.
    O,
    /// The gate of the feed-forward part.
    Gate,
    /// What the gate lets through.
    Up,
    /// Back to the hidden size.
    Down,
}

impl Target {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Q, Self::K, Self::V, Self::O, Self::Gate, Self::Up, Self::Down];

    /// The name that PEFT's config lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q => "q_proj",
            Self::K => "k_proj",
            Self::V => "v_proj",
            Self::O => "o_proj",
            Self::Gate => "gate_proj",
            Self::Up => "up_proj",
            Self::Down => "down_proj",
        }
    }

    /// The path within a layer of a Hugging Face model.
    pub(super) fn module(self) -> String {
        let part = if self < Self::Gate { "self_attn" } else { "mlp" };
        format!("{part}.{}", self.name())
    }

    /// The name within a block of a GGUF file.
    pub(super) fn gguf(self) -> &'static str {
        match self {
            Self::Q => "attn_q",
            Self::K => "attn_k",
            Self::V => "attn_v",
            Self::O => "attn_output",
            Self::Gate => "ffn_gate",
            Self::Up => "ffn_up",
            Self::Down => "ffn_down",
        }
    }

    /// Numbers that come out and that go in.
    pub(super) fn dims(self, shape: &Shape) -> (usize, usize) {
        match self {
            Self::Q => (shape.output(), shape.hidden),
            Self::K | Self::V => (shape.kv_heads * shape.head_dim, shape.hidden),
            Self::O => (shape.hidden, shape.output()),
            Self::Gate | Self::Up => (shape.inner, shape.hidden),
            Self::Down => (shape.hidden, shape.inner),
        }
    }
}

/// Whether blocks are computed again for the gradient instead of keeping what
/// they computed: a third of the memory, half as much work again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checkpointing {
    /// Where it would take more than half of the free memory.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How a training goes. The defaults are what LoRA trainings
/// of small models commonly use.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Width of the bottleneck.
    pub rank: usize,
    /// The adapter's product counts `alpha / rank` times.
    pub alpha: f64,
    /// Which projections get a pair of matrices.
    pub targets: Vec<Target>,
    /// Highest learning rate; by default 5e-4 for models below a billion
    /// parameters and 2e-4 from there on.
    pub rate: Option<f64>,
    /// How often each row is seen at most.
    pub epochs: usize,
    /// Rows of one step of the optimizer.
    pub batch: usize,
    /// Tokens that are computed at once at most, unless one row is longer.
    pub micro_tokens: usize,
    /// Share of the steps in which the learning rate rises, at least five steps.
    pub warmup: f64,
    /// Decay of AdamW's first moment.
    pub beta1: f64,
    /// Decay of AdamW's second moment.
    pub beta2: f64,
    /// Added to the root of AdamW's second moment.
    pub eps: f64,
    /// AdamW's weight decay.
    pub decay: f64,
    /// Longest gradient, as its norm over all matrices; longer ones are cut.
    pub clip: f64,
    /// Steps between evaluations of the held-out rows; 0: at the end of each epoch.
    pub evaluate_every: usize,
    /// Evaluations without a better one after which the training ends.
    pub patience: usize,
    /// Tokens of a row at most; longer rows are left out.
    pub max_length: usize,
    /// Decides the order of the rows and the first weights.
    pub seed: u64,
    /// Trains only so many upper layers; the gradient stops below them.
    pub upper_layers: Option<usize>,
    /// Whether blocks are computed again.
    pub checkpointing: Checkpointing,
    /// Steps between checkpoints, where a folder for them is given.
    pub save_every: usize,
    /// Threads; 0: one for each core.
    pub threads: usize,
    /// Lets other programs go first (on Linux).
    pub low_priority: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            targets: Target::ALL.to_vec(),
            rate: None,
            epochs: 3,
            batch: 8,
            micro_tokens: 2048,
            warmup: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            decay: 0.01,
            clip: 1.0,
            evaluate_every: 0,
            patience: 2,
            max_length: 1024,
            seed: 17,
            upper_layers: None,
            checkpointing: Checkpointing::Auto,
            save_every: 25,
            threads: 0,
            low_priority: false,
        }
    }
}

impl Options {
    /// The highest learning rate for a model.
    pub fn rate_for(&self, shape: &Shape) -> f64 {
        let small = shape.parameters() < 1_000_000_000;
        self.rate.unwrap_or(if small { 5e-4 } else { 2e-4 })
    }

    /// The lowest layer that is trained.
    pub(super) fn lowest(&self, shape: &Shape) -> usize {
        self.upper_layers.map_or(0, |upper| shape.layers.saturating_sub(upper))
    }

    /// The learning rate of a step, counted from 0: a line up, then half a
    /// cosine down to nothing.
    pub(super) fn rate_at(&self, highest: f64, step: usize, steps: usize) -> f64 {
        let rise = ((steps as f64 * self.warmup).ceil() as usize).max(5).min(steps);
        if step < rise {
            return highest * (step + 1) as f64 / rise as f64;
        }
        let part = (step - rise) as f64 / (steps - rise).max(1) as f64;
        highest * 0.5 * (1.0 + (std::f64::consts::PI * part).cos())
    }

    /// # Errors
    /// [`Fault::Options`] for what can't be trained with.
    pub(super) fn checked(&self) -> Result<(), Fault> {
        let wrong = |what: &str| Err(Fault::Options(what.to_owned()));
        let sound = |x: f64| x.is_finite() && x > 0.0;
        match self {
            _ if self.rank == 0 || self.rank > 256 => wrong("the rank must lie between 1 and 256"),
            _ if self.targets.is_empty() => wrong("no projection is named to be trained"),
            _ if !sound(self.alpha) => wrong("alpha must be above 0"),
            _ if self.rate.is_some_and(|rate| !sound(rate) || rate >= 1.0) => {
                wrong("the learning rate must lie between 0 and 1")
            }
            _ if self.epochs == 0 || self.batch == 0 => {
                wrong("epochs and rows of a step must be at least 1")
            }
            _ if self.max_length < 2 => wrong("rows need at least 2 tokens"),
            _ if self.upper_layers == Some(0) => wrong("at least one layer must be trained"),
            _ if !sound(self.clip) || !sound(self.eps) => wrong("clip and eps must be above 0"),
            _ if ![self.beta1, self.beta2, self.warmup].iter().all(|x| (0.0..1.0).contains(x)) => {
                wrong("beta1, beta2 and warmup must lie between 0 and 1")
            }
            _ => Ok(()),
        }
    }
}
