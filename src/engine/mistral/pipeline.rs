//! Weights become a pipeline of the engine.
//!
//! The loaders get the path of each file, because that way they neither ask
//! the hub nor search by themselves. UQFF is the exception: its files are only
//! found through the folder, which is not asked of the hub either where it
//! exists.

use super::super::EngineError;
use super::super::format::load_error;
use super::super::format::weights::uqff_whole;
use super::config::Config;
use super::files;
use candle_core::Device;
use mistralrs::core::{
    AdapterPaths, DeviceMapSetting, GGUFLoaderBuilder, GGUFSpecificConfig, IsqType,
    LocalModelPaths, LoraAdapterPaths, ModelDType, ModelPaths, NormalLoaderBuilder,
    NormalSpecificConfig, Pipeline, TokenSource, parse_isq_value,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Name under which the engine knows a model; nothing is looked up by it.
const ENGINE_NAME: &str = "lorag";

/// Models with fewer parameters are not quantized by `auto`: they are fast as
/// they are, and lose most by it.
const SMALL: u64 = 100_000_000;

/// Weights up to this size, in bytes, are computed in F32 on a CPU, which has
/// no arithmetic of its own for the shorter types; larger ones would take too
/// much memory.
const F32_LIMIT: u64 = 2 << 30;

/// A pipeline as the loaders return it.
pub(super) type Loaded = Arc<Mutex<dyn Pipeline + Send + Sync>>;

/// A pipeline with what is to be said about it.
pub(super) struct Ready {
    pub pipeline: Loaded,
    /// How its weights are quantized.
    pub quantization: String,
    /// What is to be said of merged weights.
    pub note: Option<String>,
}

/// What is loaded of a folder, and how.
pub(super) struct Plan {
    pub found: files::Folder,
    /// The in-situ quantization, if any.
    pub isq: Option<IsqType>,
    /// Its name; `none` without.
    pub quantization: String,
    pub dtype: ModelDType,
}

impl Plan {
    /// Looks at the files.
    pub fn new(folder: &Path, asked: &str, device: &Device) -> Result<Self, EngineError> {
        let found = files::folder(folder)?;
        let (isq, quantization) = quantize(folder, asked, &found.config, found.parameters, device)?;
        let dtype = dtype(device, found.bytes);
        Ok(Self { found, isq, quantization, dtype })
    }
}

/// Loads safetensors, with an adapter merged into them and written as UQFF to a
/// file where that is wanted.
pub(super) fn load_folder(
    folder: &Path,
    plan: &Plan,
    device: &Device,
    adapter: Option<LoraAdapterPaths>,
    write_uqff: Option<PathBuf>,
) -> Result<Ready, EngineError> {
    let found = &plan.found;
    let tuned = adapter.is_some();
    let paths: Box<dyn ModelPaths> = Box::new(LocalModelPaths::<PathBuf> {
        tokenizer_filename: found.tokenizer.clone(),
        config_filename: found.config_file.clone(),
        template_filename: Some(found.template.file.clone()),
        filenames: found.weights.clone(),
        adapter_paths: adapter.map_or(AdapterPaths::None, |paths| AdapterPaths::Lora(vec![paths])),
        gen_conf: found.generation.clone(),
        preprocessor_config: None,
        processor_config: None,
        chat_template_json_filename: found.template.json.clone(),
    });
    let name = Some(ENGINE_NAME.to_owned());
    let config = NormalSpecificConfig { write_uqff, ..Default::default() };
    let mut builder = NormalLoaderBuilder::new(config, None, None, name, false, None);
    if tuned {
        // The name only tells the loader that there is one.
        builder = builder.with_lora(vec![ENGINE_NAME.to_owned()]);
    }
    // Without a type, the loader goes by `architectures` of config.json.
    let pipeline = builder
        .build(None)
        .and_then(|loader| {
            let map = DeviceMapSetting::dummy();
            loader.load_model_from_path(&paths, &plan.dtype, device, true, map, plan.isq, None)
        })
        .map_err(|error| load_error(folder, format!("{error:#}")))?;
    Ok(Ready { pipeline, quantization: plan.quantization.clone(), note: None })
}

/// Loads a GGUF file; its weights may lie elsewhere than what belongs to them.
pub(super) fn load_gguf(
    file: &Path,
    found: &files::Gguf,
    device: &Device,
) -> Result<Ready, EngineError> {
    let dtype = dtype(device, found.bytes);
    let paths: Box<dyn ModelPaths> = Box::new(LocalModelPaths::<PathBuf> {
        // An empty path tells the loader to take the tokenizer of the file.
        tokenizer_filename: found.tokenizer.clone().unwrap_or_default(),
        config_filename: PathBuf::new(),
        template_filename: found.template.as_ref().map(|template| template.file.clone()),
        filenames: found.weights.clone(),
        adapter_paths: AdapterPaths::None,
        gen_conf: found.generation.clone(),
        preprocessor_config: None,
        processor_config: None,
        chat_template_json_filename: found.template.as_ref().and_then(|t| t.json.clone()),
    });
    let name = ENGINE_NAME.to_owned();
    let config = GGUFSpecificConfig::default();
    // `silent`, since the loader prints the metadata otherwise.
    let pipeline = GGUFLoaderBuilder::new(None, None, name, Vec::new(), config, false, None)
        .build()
        .load_model_from_path(&paths, &dtype, device, true, DeviceMapSetting::dummy(), None, None)
        .map_err(|error| load_error(file, format!("{error:#}")))?;
    Ok(Ready { pipeline, quantization: found.quantization.clone(), note: None })
}

/// Loads a UQFF file with what lies beside it.
pub(super) fn load_uqff(file: &Path, device: &Device) -> Result<Ready, EngineError> {
    let found = files::uqff(file)?;
    let text = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.ok_or_else(|| load_error(path, "the engine takes only paths in UTF-8 for UQFF"))
    };
    let folder = text(found.config_file.parent().unwrap_or(Path::new(".")))?;
    let template = text(&found.template.file)?;
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    let stem = name.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    let dtype = dtype(device, found.bytes);
    let config = NormalSpecificConfig { from_uqff: Some(vec![name]), ..Default::default() };
    let pipeline =
        NormalLoaderBuilder::new(config, Some(template), None, Some(folder), false, None)
            .build(None)
            .and_then(|loader| {
                let (map, source) = (DeviceMapSetting::dummy(), TokenSource::None);
                loader.load_model_from_hf(None, source, &dtype, device, true, map, None, None)
            })
            .map_err(|error| load_error(file, format!("{error:#}")))?;
    let named = stem.as_deref().map(uqff_whole);
    let known = named.filter(|name| parse_isq_value(name, None).is_ok());
    let quantization = known.unwrap_or("uqff").to_owned();
    Ok(Ready { pipeline, quantization, note: None })
}

/// The in-situ quantization that is asked for, and its name.
pub(super) fn quantize(
    folder: &Path,
    asked: &str,
    config: &Config,
    parameters: u64,
    device: &Device,
) -> Result<(Option<IsqType>, String), EngineError> {
    let asked = asked.trim().to_lowercase();
    let all = |block: u64| config.widths.iter().all(|width| width % block == 0);
    let isq = match (asked.as_str(), &config.quantized) {
        ("auto" | "none", Some(method)) => return Ok((None, method.clone())),
        (_, Some(method)) => {
            let reason = format!(
                "its weights are quantized already ({method}), so `{asked}` can't be applied: take `auto`"
            );
            return Err(load_error(folder, reason));
        }
        ("none", None) => None,
        ("auto", None) if parameters < SMALL => None,
        // The best of the types whose blocks fit, among those that are fast.
        ("auto", None) if !config.widths.is_empty() && all(256) => Some(IsqType::Q4K),
        ("auto", None) => all(32).then_some(IsqType::Q8_0),
        (name, None) => {
            Some(parse_isq_value(name, Some(device)).map_err(|error| load_error(folder, error))?)
        }
    };
    Ok((isq, isq.map_or_else(|| "none".to_owned(), |isq| isq.to_string())))
}

/// The device: a GPU where this program was built for one that is there.
pub(super) fn device() -> Device {
    let gpu = if cfg!(feature = "cuda") {
        Some(Device::new_cuda(0))
    } else if cfg!(feature = "metal") {
        Some(Device::new_metal(0))
    } else {
        None
    };
    match gpu {
        Some(Ok(device)) => device,
        Some(Err(error)) => {
            tracing::warn!(%error, "the GPU cannot be used, the CPU is");
            Device::Cpu
        }
        None => Device::Cpu,
    }
}

pub(super) fn dtype(device: &Device, bytes: u64) -> ModelDType {
    if device.is_cpu() && bytes <= F32_LIMIT { ModelDType::F32 } else { ModelDType::Auto }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(asked: &str, widths: &[u64], parameters: u64) -> String {
        let config = Config { quantized: None, widths: widths.to_vec() };
        quantize(Path::new("m"), asked, &config, parameters, &Device::Cpu).unwrap().1
    }

    #[test]
    fn auto_takes_the_best_type_whose_blocks_fit() {
        assert_eq!(named("auto", &[256, 768], 7_000_000), "none");
        assert_eq!(named("auto", &[1024, 3072], 600_000_000), "q4k");
        assert_eq!(named("auto", &[960, 2560], 360_000_000), "q8_0");
        assert_eq!(named("auto", &[100], 360_000_000), "none");
        assert_eq!(named("Q6K", &[1024], 1), "q6k");
        assert_eq!(named("none", &[1024], 600_000_000), "none");
    }

    #[test]
    fn a_quantization_that_makes_no_sense_is_refused() {
        let plain = Config::default();
        let quantized = Config { quantized: Some("gptq".into()), widths: vec![1024] };
        let reason = |asked: &str, config: &Config| {
            let outcome = quantize(Path::new("m"), asked, config, 1, &Device::Cpu);
            outcome.unwrap_err().to_string()
        };
        assert!(reason("q4_xl", &plain).contains("q4_xl unknown"));
        assert!(reason("q4k", &quantized).contains("quantized already (gptq)"));
        let kept = quantize(Path::new("m"), "auto", &quantized, 1, &Device::Cpu).unwrap();
        assert_eq!(kept, (None, "gptq".to_owned()));
    }
}
