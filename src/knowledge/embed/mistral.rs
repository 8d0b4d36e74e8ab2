//! Embedding models that mistral.rs runs: Qwen3-Embedding and EmbeddingGemma,
//! from a local folder.
//!
//! mistral.rs is asynchronous and keeps state in the thread that loads a
//! model, while [`Embedder`] is synchronous and may be called from inside a
//! tokio runtime. So each model has a thread of its own with a small runtime:
//! callers send it token ids and wait for the vectors.

use super::load::files::{Prefixes, catching, load_error, model_name, read, short_hash_of_files};
use super::load::tokens::Tokens;
use super::load::windows::Framing;
use super::{EmbedError, Embedder};
use mistralrs::{
    DeviceMapSetting, EmbeddingModelBuilder, EmbeddingRequestBuilder, Model, ModelDType,
    TokenSource,
};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::runtime::Runtime;

/// Weight of the vector leg for these models: that of the BERT models, since
/// their weights can't be measured in this project.
const VECTOR_WEIGHT: f32 = 0.45;

/// Longest window, in tokens. The models take more, but attention over a long
/// window costs its square, and chunks are far shorter.
const LONGEST_WINDOW: usize = 2_048;

/// Most tokens of a batch.
const BATCH_TOKENS: usize = 4_096;

/// Most sequences that the engine runs at once.
const SEQUENCES: usize = 64;

/// Fewest tokens of a window: the engine's thread dies of a single one.
const FEWEST_TOKENS: usize = 2;

/// The families that mistral.rs can embed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Qwen3-Embedding.
    Qwen3,
    /// EmbeddingGemma.
    Gemma,
}

/// An embedding model on a thread of its own. Dropping it ends the thread.
pub struct MistralEmbedder {
    id: String,
    dimension: usize,
    tokens: Tokens,
    framing: Framing,
    prefixes: Prefixes,
    jobs: Sender<Job>,
}

/// Token ids to embed, and where the vectors go.
struct Job {
    inputs: Vec<Vec<u32>>,
    reply: Sender<Result<Vec<Vec<f32>>, String>>,
}

impl Family {
    /// The prefixes that the model cards give, for folders that don't declare
    /// theirs.
    fn prefixes(self) -> Prefixes {
        match self {
            Self::Qwen3 => Prefixes::new(
                "Instruct: Given a web search query, retrieve relevant passages that answer \
                 the query\nQuery:",
                "",
            ),
            Self::Gemma => Prefixes::new("task: search result | query: ", "title: none | text: "),
        }
    }
}

impl MistralEmbedder {
    /// Loads the model in a folder. Nothing is downloaded.
    ///
    /// # Errors
    /// Where a file is missing or damaged, or the engine fails to load it.
    pub fn from_folder(folder: &Path, family: Family) -> Result<Self, EmbedError> {
        let fault = |reason: String| load_error(folder, reason);
        let tokens = Tokens::from_bytes(&read(folder, "tokenizer.json")?).map_err(fault)?;
        let prefixes = Prefixes::declared(folder)?.unwrap_or_else(|| family.prefixes());
        let hash = short_hash_of_files(folder, &files(folder)?)?;
        let path = folder
            .to_str()
            .ok_or_else(|| fault("its path is not valid UTF-8".to_owned()))?
            .to_owned();

        let (jobs, inbox) = channel();
        let (ready, loaded) = channel();
        std::thread::Builder::new()
            .name("embedder".to_owned())
            .spawn(move || serve(&path, &ready, &inbox))
            .map_err(|error| fault(format!("no thread for it: {error}")))?;
        let window = loaded
            .recv()
            .map_err(|_| fault("its thread ended while it was loading".to_owned()))?
            .map_err(fault)?;

        let limit = window.unwrap_or(LONGEST_WINDOW).min(LONGEST_WINDOW);
        let framing = Framing::new(&tokens, limit).map_err(fault)?;
        let mut embedder = Self {
            id: format!("{}-{hash}", model_name(folder)),
            dimension: 0,
            tokens,
            framing,
            prefixes,
            jobs,
        };
        embedder.dimension = embedder
            .probe()
            .map_err(|error| fault(format!("it loads, but doesn't run: {error}")))?;
        Ok(embedder)
    }

    /// The length of the model's vectors, by trying it on a word.
    fn probe(&self) -> Result<usize, EmbedError> {
        let word = self.tokens.ids("a").map_err(EmbedError::Failed)?;
        let vectors = self.run(&[&word])?;
        vectors
            .first()
            .map(Vec::len)
            .filter(|length| *length > 0)
            .ok_or_else(|| EmbedError::Failed("it gives no vectors".to_owned()))
    }

    fn embed(&self, prefix: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.framing.embed(&self.tokens, prefix, texts, self.dimension, BATCH_TOKENS, |batch| {
            self.run(batch)
        })
    }

    /// Sends windows to the engine's thread and waits for their vectors. The
    /// engine itself runs only windows of the same length together, so nothing
    /// is padded.
    fn run(&self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (reply, answer) = channel();
        let inputs = batch.iter().map(|ids| lengthened(ids)).collect();
        let gone = || EmbedError::Failed("its thread has ended; load it again".to_owned());
        self.jobs.send(Job { inputs, reply }).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?.map_err(EmbedError::Failed)
    }
}

impl Embedder for MistralEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn count(&self, text: &str) -> usize {
        self.tokens.count(text)
    }

    fn embed_passages(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embed(&self.prefixes.passage, texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.embed(&self.prefixes.query, &[text.to_owned()])?
            .pop()
            .ok_or_else(|| EmbedError::Failed("it gave no vector for the question".to_owned()))
    }

    fn vector_weight(&self) -> f32 {
        VECTOR_WEIGHT
    }
}

/// A window with at least [`FEWEST_TOKENS`]: a single token is repeated, which
/// hardly changes what the model makes of it.
fn lengthened(ids: &[u32]) -> Vec<u32> {
    let missing = FEWEST_TOKENS.saturating_sub(ids.len());
    let last = ids.last().copied().unwrap_or(0);
    let filling = std::iter::repeat_n(last, missing);
    ids.iter().copied().chain(filling).collect()
}

/// The files that decide what the vectors are, in order.
fn files(folder: &Path) -> Result<Vec<String>, EmbedError> {
    let entries =
        std::fs::read_dir(folder).map_err(|error| load_error(folder, error.to_string()))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.ends_with(".safetensors")
                || name == "tokenizer.json"
                || name == "config_sentence_transformers.json"
        })
        .collect();
    if !names.iter().any(|name| name.ends_with(".safetensors")) {
        return Err(load_error(folder, "it has no .safetensors file"));
    }
    names.sort();
    Ok(names)
}

/// The engine's thread: loads the model, says how long its window is, and
/// answers jobs until no one is left to send any.
fn serve(path: &str, ready: &Sender<Result<Option<usize>, String>>, inbox: &Receiver<Job>) {
    let (runtime, model) = match catching(|| start(path)).flatten() {
        Ok(started) => started,
        Err(reason) => {
            // The receiver waits for exactly this message.
            let _ = ready.send(Err(reason));
            return;
        }
    };
    let window = model.max_sequence_length().ok().flatten();
    if ready.send(Ok(window)).is_err() {
        return;
    }
    while let Ok(job) = inbox.recv() {
        let vectors = catching(|| runtime.block_on(embed(&model, job.inputs)));
        // A caller that has gone needs no answer.
        let _ = job.reply.send(vectors.flatten());
    }
}

/// Loads the model. On the CPU it runs in single precision: half precision is
/// slower there and overflows in EmbeddingGemma.
fn start(path: &str) -> Result<(Runtime, Model), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let device = mistralrs::best_device(false).map_err(|error| error.to_string())?;
    let precision = if device.is_cpu() { ModelDType::F32 } else { ModelDType::Auto };
    let builder = EmbeddingModelBuilder::new(path)
        .with_token_source(TokenSource::None)
        .with_device(device)
        .with_device_mapping(DeviceMapSetting::dummy())
        .with_dtype(precision)
        .with_max_num_seqs(SEQUENCES);
    let model = runtime.block_on(builder.build()).map_err(|error| format!("{error:#}"))?;
    Ok((runtime, model))
}

async fn embed(model: &Model, inputs: Vec<Vec<u32>>) -> Result<Vec<Vec<f32>>, String> {
    let request = EmbeddingRequestBuilder::new().add_tokens_batch(inputs);
    model.generate_embeddings(request).await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::load::fixtures::{HIDDEN, write_qwen3};
    use super::*;

    fn length(vector: &[f32]) -> f32 {
        vector.iter().map(|value| value * value).sum::<f32>().sqrt()
    }

    fn distance(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_tiny_qwen3_embeds() {
        let folder = tempfile::tempdir().unwrap();
        write_qwen3(folder.path());
        let embedder = MistralEmbedder::from_folder(folder.path(), Family::Qwen3).unwrap();
        assert_eq!(embedder.dimension(), HIDDEN);
        assert_eq!(embedder.count("query the cache"), 3);
        let texts = ["a cache : b", "cache", "", "a b c"].map(str::to_owned);
        let vectors = embedder.embed_passages(&texts).unwrap();
        for (text, vector) in texts.iter().zip(&vectors) {
            let expected = if text.is_empty() { 0.0 } else { 1.0 };
            assert!((length(vector) - expected).abs() < 1e-4, "{text}: {}", length(vector));
        }
        assert!(distance(&vectors[0], &vectors[3]) > 1e-3);
        // Company in a batch changes nothing, and a single token doesn't kill
        // the engine.
        for (text, vector) in texts.iter().zip(&vectors) {
            let alone = embedder.embed_passages(std::slice::from_ref(text)).unwrap();
            assert!(distance(&alone[0], vector) < 1e-4, "{text}");
        }
        // Longer than the model's 64 positions.
        let long = embedder.embed_passages(&["a b ".repeat(60)]).unwrap();
        assert!((length(&long[0]) - 1.0).abs() < 1e-4);
        assert!(distance(&embedder.embed_query("a cache : b").unwrap(), &vectors[0]) > 1e-3);
    }

    #[test]
    fn it_can_be_called_inside_a_runtime() {
        let folder = tempfile::tempdir().unwrap();
        write_qwen3(folder.path());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let vector = runtime.block_on(async {
            let embedder = MistralEmbedder::from_folder(folder.path(), Family::Qwen3).unwrap();
            embedder.embed_query("a cache").unwrap()
        });
        assert!((length(&vector) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn damaged_models_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let load = || MistralEmbedder::from_folder(folder.path(), Family::Qwen3);
        let reason = || load().err().unwrap().to_string();
        assert!(reason().contains("tokenizer.json is missing"), "{}", reason());
        write_qwen3(folder.path());
        let weights = folder.path().join("model.safetensors");
        std::fs::write(&weights, b"not weights").unwrap();
        assert!(load().is_err());
        std::fs::remove_file(&weights).unwrap();
        assert!(reason().contains("no .safetensors file"), "{}", reason());
    }

    #[test]
    fn single_tokens_are_repeated() {
        assert_eq!(lengthened(&[7]), [7, 7]);
        assert_eq!(lengthened(&[7, 8]), [7, 8]);
    }

    #[test]
    fn families_have_prefixes() {
        assert!(Family::Qwen3.prefixes().query.ends_with("answer the query\nQuery:"));
        assert_eq!(Family::Gemma.prefixes().passage, "title: none | text: ");
    }
}
