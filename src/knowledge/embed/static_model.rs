//! Static embedding models in the Model2Vec form: one vector per word piece,
//! their mean, no network. The built-in embedder is one, and so are published
//! ones (potion-base-8M, potion-retrieval-32M).

use super::load::files::{catching, load_error, model_name, read, short_hash};
use super::load::tokens::Tokens;
use super::{EmbedError, Embedder};
use crate::builtin::{Asset, file};
use candle_core::safetensors::SliceSafetensors;
use model2vec_rs::model::StaticModel;
use std::path::Path;
use std::sync::Arc;

/// Weight of the vector leg for static models, chosen on SelQA's dev part
/// with the built-in one; README has the table.
const VECTOR_WEIGHT: f32 = 0.25;

/// Names under which the table of vectors is stored: by Model2Vec, and by
/// sentence transformers.
const TABLE_NAMES: [&str; 3] = ["embeddings", "0", "embedding.weight"];

/// A static embedding model.
pub struct StaticEmbedder {
    id: String,
    model: StaticModel,
    tokens: Arc<Tokens>,
}

impl StaticEmbedder {
    /// The embedder in this program, straight from its static bytes.
    ///
    /// # Errors
    /// Only where the program was built from damaged files.
    pub fn builtin() -> Result<Self, EmbedError> {
        let path = Path::new("this program");
        let part = |name: &str| {
            file(Asset::Embedder, name)
                .ok_or_else(|| load_error(path, format!("{name} is not compiled in")))
        };
        let (tokenizer, weights) = (part("tokenizer.json")?, part("model.safetensors")?);
        let tokens = Tokens::builtin().map_err(|reason| load_error(path, reason))?;
        let mut embedder = Self::from_bytes(tokens, tokenizer, weights, part("config.json")?)
            .map_err(|reason| load_error(path, reason))?;
        let hash = short_hash(&[tokenizer, weights]);
        embedder.id = format!("builtin-{}-{hash}", embedder.model.dim());
        Ok(embedder)
    }

    /// A model from a folder; `part` is the folder of the weights in it, which
    /// is the same for Model2Vec and `0_StaticEmbedding` or so for sentence
    /// transformers.
    ///
    /// # Errors
    /// Where a file is missing or damaged.
    pub fn from_folder(folder: &Path, part: &Path) -> Result<Self, EmbedError> {
        let weights = read(part, "model.safetensors")?;
        let home = if part.join("tokenizer.json").exists() { part } else { folder };
        let tokenizer = read(home, "tokenizer.json")?;
        let config = if folder.join("config.json").exists() {
            read(folder, "config.json")?
        } else {
            b"{}".to_vec()
        };
        let mut embedder = Tokens::from_bytes(&tokenizer)
            .and_then(|tokens| Self::from_bytes(Arc::new(tokens), &tokenizer, &weights, &config))
            .map_err(|reason| load_error(folder, reason))?;
        let hash = short_hash(&[&tokenizer, &weights]);
        embedder.id = format!("{}-{hash}", model_name(folder));
        Ok(embedder)
    }

    fn from_bytes(
        tokens: Arc<Tokens>,
        tokenizer: &[u8],
        weights: &[u8],
        config: &[u8],
    ) -> Result<Self, String> {
        check_rows(&tokens, weights)?;
        // Every embedder gives vectors of length one, whatever the model's
        // config says, so that distances compare.
        let model = catching(|| StaticModel::from_bytes(tokenizer, weights, config, Some(true)))?
            .map_err(|error| format!("{error:#}"))?;
        Ok(Self { id: String::new(), model, tokens })
    }

    /// Embeds texts of any length; none is cut off.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        catching(|| self.model.encode_with_args(texts, None, texts.len()))
            .map_err(EmbedError::Failed)
    }
}

impl Embedder for StaticEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.model.dim()
    }

    fn count(&self, text: &str) -> usize {
        self.tokens.count(text)
    }

    fn unknown_words(&self, text: &str) -> f32 {
        self.tokens.unknown_words(text)
    }

    fn embed_passages(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embed(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.embed(&[text.to_owned()])?
            .pop()
            .ok_or_else(|| EmbedError::Failed("it gave no vector for the question".to_owned()))
    }

    fn vector_weight(&self) -> f32 {
        VECTOR_WEIGHT
    }
}

/// Makes sure that every token has a row in the table, since the model looks
/// rows up without asking.
fn check_rows(tokens: &Tokens, weights: &[u8]) -> Result<(), String> {
    let tensors = SliceSafetensors::new(weights)
        .map_err(|error| format!("model.safetensors is damaged: {error}"))?;
    let table = TABLE_NAMES
        .iter()
        .find_map(|name| tensors.get(name).ok())
        .ok_or("model.safetensors holds no table of static embeddings")?;
    let rows = table.shape().first().copied().unwrap_or(0) as u64;
    let highest = u64::from(tokens.highest_id().unwrap_or(0));
    let mut mapped = 0;
    if let Ok(mapping) = tensors.get("mapping") {
        // Quantized vocabularies share rows: token i has row mapping[i].
        mapped = mapping.shape().iter().product::<usize>() as u64;
        let width = mapping.data().len().checked_div(mapped as usize).unwrap_or(8);
        let beyond = mapping.data().chunks_exact(width.clamp(1, 8)).any(|bytes| {
            let mut number = [0; 8];
            for (to, from) in number.iter_mut().zip(bytes) {
                *to = *from;
            }
            u64::from_le_bytes(number) >= rows
        });
        if beyond {
            return Err(format!("model.safetensors maps tokens beyond its {rows} rows"));
        }
    }
    // A token beyond the mapping has the row of its own number.
    if highest >= mapped && highest >= rows {
        return Err(format!(
            "tokenizer.json has tokens up to {highest}, but model.safetensors only {rows} rows; \
             they belong to different models"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::load::fixtures::{Weights, tokenizer_json};
    use super::*;
    use crate::knowledge::rank::dot;

    /// Writes a small Model2Vec folder with a table of so many rows.
    fn write_model(folder: &Path, rows: usize) {
        let mut weights = Weights::new();
        weights.add("embeddings", &[rows, 16]);
        weights.save(folder);
        std::fs::write(folder.join("tokenizer.json"), tokenizer_json()).unwrap();
        std::fs::write(
            folder.join("config.json"),
            r#"{"model_type": "model2vec", "normalize": false}"#,
        )
        .unwrap();
    }

    #[test]
    fn the_builtin_embedder_has_256_dimensions_and_unit_vectors() {
        let embedder = StaticEmbedder::builtin().unwrap();
        assert_eq!(embedder.dimension(), 256);
        let hash = embedder.id().strip_prefix("builtin-256-").unwrap();
        assert!(hash.len() == 8 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
        let texts = ["The cache is emptied at midnight.".to_owned(), "x".to_owned()];
        for vector in embedder.embed_passages(&texts).unwrap() {
            assert_eq!(vector.len(), 256);
            assert!((dot(&vector, &vector) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn similar_sentences_are_closer_than_unrelated_ones() {
        let embedder = StaticEmbedder::builtin().unwrap();
        let query = embedder.embed_query("How do I delete a file?").unwrap();
        let passages = [
            "Files are deleted with the remove command.".to_owned(),
            "The orchestra played a symphony in the old theatre.".to_owned(),
        ];
        let vectors = embedder.embed_passages(&passages).unwrap();
        assert!(dot(&query, &vectors[0]) > dot(&query, &vectors[1]) + 0.1);
    }

    #[test]
    fn texts_without_known_tokens_give_the_zero_vector() {
        let embedder = StaticEmbedder::builtin().unwrap();
        let texts = [String::new(), "  \n".to_owned(), "\u{10fffd}".to_owned()];
        for vector in embedder.embed_passages(&texts).unwrap() {
            assert_eq!(vector, vec![0.0; 256]);
        }
        assert!(embedder.embed_passages(&[]).unwrap().is_empty());
    }

    #[test]
    fn long_texts_are_not_cut_off() {
        let embedder = StaticEmbedder::builtin().unwrap();
        let start = "the cache is emptied at midnight ".repeat(1_000);
        let whole = format!("{start}{}", "a symphony for the orchestra ".repeat(1_000));
        let vectors = embedder.embed_passages(&[start, whole.clone()]).unwrap();
        assert!(dot(&vectors[0], &vectors[1]) < 0.99);
        assert!(embedder.count(&whole) > 10_000);
    }

    #[test]
    fn the_mean_of_rows_is_what_a_text_becomes() {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), 100);
        let embedder = StaticEmbedder::from_folder(folder.path(), folder.path()).unwrap();
        let single = |text: &str| embedder.embed_query(text).unwrap();
        // Rows are random, so their lengths differ: rebuild the mean from the
        // table itself.
        let bytes = std::fs::read(folder.path().join("model.safetensors")).unwrap();
        let tensors = SliceSafetensors::new(&bytes).unwrap();
        let table = tensors.load("embeddings", &candle_core::Device::Cpu).unwrap();
        let table = table.to_vec2::<f32>().unwrap();
        let ids = embedder.tokens.ids("a cache").unwrap();
        assert_eq!(ids.len(), 2);
        let mut expected: Vec<f32> = (0..16)
            .map(|i| ids.iter().map(|id| table[*id as usize][i]).sum::<f32>() / 2.0)
            .collect();
        super::super::load::windows::unit(&mut expected).unwrap();
        let found = single("a cache");
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5));
        // Unknown words leave no trace.
        let with_unknown = single("a \u{2603} cache");
        assert!(with_unknown.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn the_id_names_the_folder_and_tells_weights_apart() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("tiny");
        std::fs::create_dir(&folder).unwrap();
        write_model(&folder, 100);
        let first = StaticEmbedder::from_folder(&folder, &folder).unwrap();
        assert!(first.id().starts_with("tiny-"));
        write_model(&folder, 101);
        let second = StaticEmbedder::from_folder(&folder, &folder).unwrap();
        assert_ne!(first.id(), second.id());
    }

    #[test]
    fn damaged_models_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let load = || StaticEmbedder::from_folder(folder.path(), folder.path());
        assert!(load().err().unwrap().to_string().contains("model.safetensors is missing"));
        write_model(folder.path(), 10);
        let error = load().err().unwrap().to_string();
        assert!(error.contains("different models"), "{error}");
        std::fs::write(folder.path().join("model.safetensors"), b"not weights").unwrap();
        let error = load().err().unwrap().to_string();
        assert!(error.contains("damaged"), "{error}");
    }
}
