//! The adapter that is trained: a pair of thin matrices for each projection,
//! kept as plain F32 so that optimizer and checkpoint are the same on every
//! device. Written as PEFT's folder.

use super::base::{Numbers, Tensors, write_tensors};
use super::ops::merge::Change;
use super::{Base, Fault, Options, Shape, Target};
use std::collections::BTreeMap;
use std::path::Path;

/// How an adapter's weights are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As they were trained.
    #[default]
    F32,
    /// In half the size.
    F16,
}

/// The two matrices of one projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Layer, counted from 0.
    pub layer: usize,
    /// Which projection.
    pub target: Target,
    /// Numbers that go in.
    pub input: usize,
    /// Numbers that come out.
    pub output: usize,
    /// `rank` rows of `input` numbers.
    pub a: Vec<f32>,
    /// `output` rows of `rank` numbers.
    pub b: Vec<f32>,
}

/// A LoRA adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// Width of the bottleneck.
    pub rank: usize,
    /// The product of both matrices counts `alpha / rank` times.
    pub alpha: f64,
    /// By layer, then in the order of [`Target::ALL`].
    pub pairs: Vec<Pair>,
}

impl Adapter {
    /// A new one, which changes nothing yet: A uniform within 1 / √input, B zero.
    pub fn new(shape: &Shape, options: &Options) -> Self {
        let mut random = fastrand::Rng::with_seed(options.seed);
        let mut pairs = Vec::new();
        for layer in options.lowest(shape)..shape.layers {
            for target in Target::ALL.into_iter().filter(|t| options.targets.contains(t)) {
                let (output, input) = target.dims(shape);
                let most = 1.0 / (input as f32).sqrt();
                let a = (0..options.rank * input).map(|_| (random.f32() * 2.0 - 1.0) * most);
                let (a, b) = (a.collect(), vec![0.0; output * options.rank]);
                pairs.push(Pair { layer, target, input, output, a, b });
            }
        }
        Self { rank: options.rank, alpha: options.alpha, pairs }
    }

    /// Numbers that are trained.
    pub fn parameters(&self) -> usize {
        self.pairs.iter().map(|pair| pair.a.len() + pair.b.len()).sum()
    }

    /// Where the pair of a projection is in [`Self::pairs`].
    pub(super) fn place(&self, layer: usize, target: Target) -> Option<usize> {
        self.pairs.binary_search_by_key(&(layer, target), |pair| (pair.layer, pair.target)).ok()
    }

    /// What a projection's weight is changed by.
    pub(super) fn change(&self, layer: usize, target: Target) -> Option<Change<'_>> {
        let pair = &self.pairs[self.place(layer, target)?];
        let scale = self.scale() as f32;
        Some(Change { a: &pair.a, b: &pair.b, rank: self.rank, scale })
    }

    /// What the product of a pair is multiplied by.
    pub fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    /// The projections that have a pair.
    fn targets(&self) -> Vec<Target> {
        let found = |target: &Target| self.pairs.iter().any(|pair| pair.target == *target);
        Target::ALL.into_iter().filter(found).collect()
    }

    /// Writes PEFT's `adapter_config.json` and `adapter_model.safetensors`,
    /// each in one move. `base_name`: what the config calls the base model.
    ///
    /// # Errors
    /// [`Fault::Write`] with what the system says.
    pub fn write(&self, folder: &Path, base_name: &str, precision: Precision) -> Result<(), Fault> {
        let fault = |error: std::io::Error| Fault::Write {
            path: folder.to_owned(),
            reason: error.to_string(),
        };
        let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
        let half = precision == Precision::F16;
        write_tensors(&folder.join(WEIGHTS), &self.numbers(), &metadata, half).map_err(fault)?;
        let modules: Vec<&str> = self.targets().iter().map(|target| target.name()).collect();
        let layers: std::collections::BTreeSet<usize> =
            self.pairs.iter().map(|pair| pair.layer).collect();
        // All layers have pairs, unless the lower ones were left out.
        let some = (!layers.contains(&0)).then_some(layers);
        let pattern = some.as_ref().map(|_| "layers");
        let config = serde_json::json!({
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": base_name,
            "r": self.rank,
            "lora_alpha": self.alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "target_modules": modules,
            "layers_to_transform": some,
            "layers_pattern": pattern,
            "modules_to_save": null,
            "rank_pattern": {},
            "alpha_pattern": {},
            "use_rslora": false,
            "use_dora": false,
        });
        let text = serde_json::to_string_pretty(&config).unwrap_or_default();
        let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.persist(folder.join(CONFIG)).map_err(|error| error.error)
        });
        written.map(drop).map_err(fault)
    }

    /// Reads one that [`Self::write`] wrote, or PEFT for the same projections.
    ///
    /// # Errors
    /// [`Fault::Base`] for files that can't be read, or don't fit the model.
    pub fn read(folder: &Path, base: &Base) -> Result<Self, Fault> {
        let fault = |reason: String| Fault::Base { path: folder.to_owned(), reason };
        let text = std::fs::read_to_string(folder.join(CONFIG));
        let text = text.map_err(|error| fault(format!("{CONFIG} can't be read: {error}")))?;
        let config: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| fault(format!("{CONFIG} is no JSON: {error}")))?;
        let rank = config["r"].as_u64().filter(|rank| *rank > 0);
        let (Some(rank), Some(alpha)) = (rank, config["lora_alpha"].as_f64()) else {
            return Err(fault(format!("{CONFIG} has no r and lora_alpha")));
        };
        let mut file = Tensors::open(&folder.join(WEIGHTS))
            .map_err(|error| fault(format!("{WEIGHTS} can't be read: {error}")))?;
        let mut out = Self { rank: rank as usize, alpha, pairs: Vec::new() };
        for layer in 0..base.shape().layers {
            for target in Target::ALL {
                let (output, input) = target.dims(base.shape());
                let mut pair = Pair { layer, target, input, output, a: Vec::new(), b: Vec::new() };
                let [a, b] = names(&pair);
                if !file.entries.contains_key(&a) {
                    continue;
                }
                let mut numbers = |name: &str, count: usize| {
                    let read = file.numbers(name).map_err(|error| fault(error.to_string()))?;
                    let fits = read.len() == count;
                    fits.then_some(read).ok_or_else(|| fault(format!("{name} doesn't fit")))
                };
                pair.a = numbers(&a, out.rank * input)?;
                pair.b = numbers(&b, output * out.rank)?;
                out.pairs.push(pair);
            }
        }
        if out.pairs.is_empty() {
            return Err(fault("holds no weights for a projection of this model".to_owned()));
        }
        Ok(out)
    }

    /// All matrices under PEFT's names.
    pub(super) fn numbers(&self) -> Vec<Numbers<'_>> {
        let mut out = Vec::with_capacity(self.pairs.len() * 2);
        for pair in &self.pairs {
            let [a, b] = names(pair);
            out.push(Numbers { name: a, shape: vec![self.rank, pair.input], values: &pair.a });
            out.push(Numbers { name: b, shape: vec![pair.output, self.rank], values: &pair.b });
        }
        out
    }
}

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

/// PEFT's names of both matrices.
pub(super) fn names(pair: &Pair) -> [String; 2] {
    let stem = format!("base_model.model.model.layers.{}.{}", pair.layer, pair.target.module());
    ["A", "B"].map(|which| format!("{stem}.lora_{which}.weight"))
}
