//! Which engine runs a model, and why.

use super::{Setup, SetupError};
use crate::config::EngineChoice;
use crate::engine::mistral::{self, LoadOptions, Place};
use crate::engine::residents::Footprint;
use crate::engine::{Engine, EngineError};
use tokio_util::sync::CancellationToken;

/// An engine with why it was chosen, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Whether llama.cpp runs the model; mistral.rs does otherwise.
    pub llama: bool,
    /// Why.
    pub why: String,
}

impl Chosen {
    /// The engine's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.llama { "llama.cpp" } else { "mistral.rs" }
    }

    fn llama(why: impl Into<String>) -> Self {
        Self { llama: true, why: why.into() }
    }

    fn mistral(why: impl Into<String>) -> Self {
        Self { llama: false, why: why.into() }
    }
}

/// An engine that is ready, with what is to be said of how it was made.
pub(super) type Ready = (Box<dyn Engine>, Option<String>);

impl Setup {
    /// Which engine runs what lies at `place`.
    ///
    /// # Errors
    /// Where the settings name one that can't.
    pub fn engine_for(&self, place: &Place) -> Result<Chosen, SetupError> {
        let able = runs_in_llama(place);
        match (self.loaded.settings.generation.engine, able) {
            (EngineChoice::Mistral, _) => Ok(Chosen::mistral("as set")),
            (EngineChoice::Llama, Ok(())) => Ok(Chosen::llama("as set")),
            (EngineChoice::Llama, Err(reason)) => Err(SetupError::usage(format!(
                "{} can't be run by llama.cpp: {reason}. Set generation.engine to \"auto\" or \"mistral\"",
                place.path().display()
            ))),
            (EngineChoice::Auto, Err(reason)) => Ok(Chosen::mistral(match place {
                Place::Folder(_) => "safetensors".to_owned(),
                Place::Uqff(_) => "UQFF".to_owned(),
                Place::Gguf(_) => reason,
            })),
            (EngineChoice::Auto, Ok(())) if mistral::has_gpu() => Ok(Chosen::mistral("on a GPU")),
            (EngineChoice::Auto, Ok(())) => Ok(Chosen::llama("GGUF on a CPU")),
        }
    }
}

#[cfg(feature = "llama")]
fn runs_in_llama(place: &Place) -> Result<(), String> {
    crate::engine::llama::runs(place)
}

#[cfg(not(feature = "llama"))]
fn runs_in_llama(_: &Place) -> Result<(), String> {
    Err("this lorag is built without llama.cpp".to_owned())
}

/// Loads a model with the chosen engine.
#[cfg(feature = "llama")]
pub(super) async fn load(
    chosen: &Chosen,
    options: LoadOptions,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    if chosen.llama {
        let engine = crate::engine::llama::load_unless(options, unwanted).await?;
        return Ok((Box::new(engine.because(&chosen.why)), None));
    }
    load_mistral(chosen, options, unwanted).await
}

/// Loads a model with the chosen engine.
#[cfg(not(feature = "llama"))]
pub(super) async fn load(
    chosen: &Chosen,
    options: LoadOptions,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    load_mistral(chosen, options, unwanted).await
}

async fn load_mistral(
    chosen: &Chosen,
    options: LoadOptions,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    let engine = mistral::load_unless(options, unwanted).await?;
    let note = engine.note().map(str::to_owned);
    Ok((Box::new(engine.because(&chosen.why)), note))
}

/// How much memory a model takes that the chosen engine is to load, with
/// adapters of so many bytes.
#[cfg(feature = "llama")]
pub(super) fn footprint(
    chosen: &Chosen,
    options: &LoadOptions,
    adapter_bytes: Option<u64>,
) -> Result<Footprint, EngineError> {
    if chosen.llama {
        return crate::engine::llama::footprint(options, adapter_bytes.unwrap_or(0));
    }
    mistral::footprint(options, adapter_bytes.is_some())
}

/// How much memory a model takes, with adapters of so many bytes.
#[cfg(not(feature = "llama"))]
pub(super) fn footprint(
    _: &Chosen,
    options: &LoadOptions,
    adapter_bytes: Option<u64>,
) -> Result<Footprint, EngineError> {
    mistral::footprint(options, adapter_bytes.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, Paths, load};
    use candle_core::quantized::gguf_file::{self, Value};
    use std::path::{Path, PathBuf};

    fn setup(world: &Path, engine: &str) -> Setup {
        let file = world.join("config.toml");
        std::fs::write(&file, format!("generation.engine = \"{engine}\"")).unwrap();
        let flags =
            Flags { config: Some(file), data_dir: Some(world.join("data")), ..Flags::default() };
        let loaded = load(&flags, std::iter::empty()).unwrap();
        let paths = Paths::new(&loaded).unwrap();
        Setup { loaded, paths }
    }

    fn gguf(path: &Path, tokenizer: bool) -> Place {
        let text = |text: &str| Value::String(text.to_owned());
        let (architecture, kind) = (text("gemma3"), text("llama"));
        let mut metadata = vec![("general.architecture", &architecture)];
        if tokenizer {
            metadata.push(("tokenizer.ggml.model", &kind));
        }
        let mut out = std::fs::File::create(path).unwrap();
        gguf_file::write(&mut out, &metadata, &[]).unwrap();
        Place::Gguf(path.to_owned())
    }

    #[test]
    fn files_go_to_the_engine_that_runs_them() {
        let world = tempfile::tempdir().unwrap();
        let whole = gguf(&world.path().join("whole.gguf"), true);
        let bare = gguf(&world.path().join("bare.gguf"), false);
        let folder = Place::Folder(PathBuf::from("model"));
        let chosen = |engine: &str, place: &Place| setup(world.path(), engine).engine_for(place);
        let auto = |place: &Place| {
            let chosen = chosen("auto", place).unwrap();
            format!("{}: {}", chosen.name(), chosen.why)
        };
        assert_eq!(auto(&folder), "mistral.rs: safetensors");
        assert_eq!(auto(&Place::Uqff("m.uqff".into())), "mistral.rs: UQFF");
        assert_eq!(chosen("mistral", &whole).unwrap(), Chosen::mistral("as set"));
        if !cfg!(feature = "llama") {
            assert!(auto(&whole).contains("built without llama.cpp"));
            return;
        }
        if !mistral::has_gpu() {
            assert_eq!(auto(&whole), "llama.cpp: GGUF on a CPU");
        }
        assert!(auto(&bare).starts_with("mistral.rs: its file has no tokenizer"));
        assert_eq!(chosen("llama", &whole).unwrap(), Chosen::llama("as set"));
        let error = chosen("llama", &folder).unwrap_err();
        assert!(error.usage && error.message.contains("GGUF files only"), "{error}");
    }
}
