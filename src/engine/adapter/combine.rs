//! Several adapters with their scales as one low-rank pair for each module.
//!
//! `W + Σ sᵢ·cᵢ·BᵢAᵢ` is `W + [s₁c₁B₁ | s₂c₂B₂ …]·[A₁; A₂; …]`, so a stack is an
//! adapter like any other, of the sum of the ranks. All factors are in `B`, the
//! ranks are made equal with zeros, and nothing remains to be read from a
//! config.

use super::super::EngineError;
use super::base::Base;
use super::fault::refused;
use super::open::Adapter;
use super::pair::Pair;
use super::weights::PREFIX;
use candle_core::{DType, Device, Tensor, safetensors};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// What is added to a model's weights.
#[derive(Clone, Debug)]
pub struct Combined {
    /// Spelled as a stack, for people.
    pub name: String,
    /// BLAKE3 of everything that goes into it.
    pub hash: String,
    /// The rank of every pair.
    pub rank: usize,
    pub(super) pairs: std::collections::BTreeMap<String, Pair>,
    base: Base,
}

impl Combined {
    /// Combines adapters that were checked against the base.
    ///
    /// # Errors
    /// Where the tensors can't be computed with, for want of memory.
    pub fn new(adapters: &[(Arc<Adapter>, f64)], base: &Base) -> Result<Self, EngineError> {
        let path = adapters.first().map_or(base.path.as_path(), |(adapter, _)| &adapter.folder);
        let failed = |error: candle_core::Error| refused(path, format!("{error}"));
        let modules: BTreeSet<&String> =
            adapters.iter().flat_map(|(adapter, _)| adapter.pairs.keys()).collect();
        let rank_of = |module: &str| -> usize {
            let ranks = adapters.iter().filter_map(|(a, _)| a.pairs.get(module));
            ranks.map(|pair| pair.a.dims()[0]).sum()
        };
        let rank = modules.iter().map(|module| rank_of(module)).max().unwrap_or(1);
        let mut pairs = std::collections::BTreeMap::new();
        for module in modules {
            let (mut tops, mut sides) = (Vec::new(), Vec::new());
            let mut filled = 0;
            for (adapter, scale) in adapters {
                let Some(pair) = adapter.pairs.get(module) else { continue };
                filled += pair.a.dims()[0];
                tops.push(pair.a.clone());
                sides.push((&pair.b * (scale * adapter.config.scale(module))).map_err(failed)?);
            }
            if filled < rank {
                let (columns, rows) = (tops[0].dims()[1], sides[0].dims()[0]);
                let zeros = |shape| Tensor::zeros(shape, DType::F32, &Device::Cpu);
                tops.push(zeros((rank - filled, columns)).map_err(failed)?);
                sides.push(zeros((rows, rank - filled)).map_err(failed)?);
            }
            let a = Tensor::cat(&tops, 0).map_err(failed)?;
            let b = Tensor::cat(&sides, 1).map_err(failed)?;
            pairs.insert(module.clone(), Pair { a, b });
        }
        let mut hasher = blake3::Hasher::new();
        let mut names = Vec::new();
        for (adapter, scale) in adapters {
            hasher.update(adapter.hash.as_bytes()).update(&scale.to_le_bytes());
            let name = adapter.name();
            let plain = (scale - 1.0).abs() < f64::EPSILON;
            names.push(if plain { name.to_owned() } else { format!("{name}*{scale}") });
        }
        let hash = hasher.finalize().to_hex().to_string();
        Ok(Self { name: names.join("+"), hash, rank, pairs, base: base.clone() })
    }

    /// The base it was made for.
    #[must_use]
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Its size in bytes, in F32.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let pairs = self.pairs.values();
        pairs.map(|pair| 4 * (pair.a.elem_count() + pair.b.elem_count()) as u64).sum()
    }

    /// The modules it changes.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.pairs.keys().map(String::as_str)
    }

    /// Expressions that each match the name of one module and of no other, as
    /// the engine looks for what to merge.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        self.pairs.keys().map(|module| format!("^{}$", module.replace('.', "\\."))).collect()
    }

    /// What is added to a module's weights, `[out, in]` in F32; `None` where
    /// nothing is.
    ///
    /// # Errors
    /// For want of memory.
    pub fn delta(&self, module: &str) -> candle_core::Result<Option<Tensor>> {
        self.pairs.get(module).map(|pair| pair.b.matmul(&pair.a)).transpose()
    }

    /// Writes it as an adapter whose alpha is its rank.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), EngineError> {
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        for (module, pair) in &self.pairs {
            tensors.insert(format!("{PREFIX}{module}.lora_A.weight"), pair.a.clone());
            tensors.insert(format!("{PREFIX}{module}.lora_B.weight"), pair.b.clone());
        }
        safetensors::save(&tensors, path)
            .map_err(|error| refused(path, format!("it cannot be written: {error}")))
    }
}
