//! What is compiled into the program: the embedder, the ranker, the reader and
//! its two adapters, with their manifests. They are this project's own work; the
//! README beside the weights says what they can do.
//!
//! The embedder and the ranker are used straight from memory. The reader and the adapters are
//! loaded by mistral.rs, which wants files: [`unpack()`] writes them to the
//! cache folder.

mod unpack;

pub use unpack::{UnpackError, unpack};

/// A file of an asset: its name and its contents.
pub type File = (&'static str, &'static [u8]);

/// Name of the built-in reader.
pub const READER_NAME: &str = "lorag-reader";

/// Something compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asset {
    /// The static embedder.
    Embedder,
    /// The ranker of sentences, which shares the embedder's tokenizer.
    Ranker,
    /// The reader, a small language model.
    Reader,
    /// The reader's adapter that answers with a list.
    Bullets,
    /// The reader's adapter that names the source first.
    Quote,
}

impl Asset {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Embedder, Self::Ranker, Self::Reader, Self::Bullets, Self::Quote];

    /// Its name, as in paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedder => "embedder",
            Self::Ranker => "ranker",
            Self::Reader => "reader",
            Self::Bullets => "bullets",
            Self::Quote => "quote",
        }
    }
}

/// The files of an asset.
#[must_use]
pub fn files(asset: Asset) -> &'static [File] {
    match asset {
        Asset::Embedder => EMBEDDER,
        Asset::Ranker => RANKER,
        Asset::Reader => READER,
        Asset::Bullets => BULLETS,
        Asset::Quote => QUOTE,
    }
}

/// The contents of one file of an asset, if it has that file.
#[must_use]
pub fn file(asset: Asset, name: &str) -> Option<&'static [u8]> {
    files(asset).iter().find(|(file, _)| *file == name).map(|(_, contents)| *contents)
}

/// The manifest (`lorag.toml`) of an asset, if it has one.
#[must_use]
pub fn manifest(asset: Asset) -> Option<&'static str> {
    file(asset, "lorag.toml").and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// The manifest of the built-in reader.
#[must_use]
pub fn reader_manifest() -> &'static str {
    manifest(Asset::Reader).unwrap_or_default()
}

static EMBEDDER: &[File] = &[
    ("config.json", include_bytes!("embedder/config.json")),
    ("model.safetensors", include_bytes!("embedder/model.safetensors")),
    ("tokenizer.json", include_bytes!("embedder/tokenizer.json")),
];

static RANKER: &[File] = &[
    ("config.json", include_bytes!("ranker/config.json")),
    ("model.safetensors", include_bytes!("ranker/model.safetensors")),
    ("tokenizer.json", include_bytes!("embedder/tokenizer.json")),
];

static READER: &[File] = &[
    ("config.json", include_bytes!("reader/config.json")),
    ("generation_config.json", include_bytes!("reader/generation_config.json")),
    ("lorag.toml", include_bytes!("reader/lorag.toml")),
    ("model.safetensors", include_bytes!("reader/model.safetensors")),
    ("tokenizer.json", include_bytes!("reader/tokenizer.json")),
    ("tokenizer_config.json", include_bytes!("reader/tokenizer_config.json")),
];

static BULLETS: &[File] = &[
    ("adapter_config.json", include_bytes!("adapters/bullets/adapter_config.json")),
    ("adapter_model.safetensors", include_bytes!("adapters/bullets/adapter_model.safetensors")),
    ("lorag.toml", include_bytes!("adapters/bullets/lorag.toml")),
];

static QUOTE: &[File] = &[
    ("adapter_config.json", include_bytes!("adapters/quote/adapter_config.json")),
    ("adapter_model.safetensors", include_bytes!("adapters/quote/adapter_model.safetensors")),
    ("lorag.toml", include_bytes!("adapters/quote/lorag.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_has_its_weights_whole() {
        for asset in Asset::ALL {
            let weights = files(asset)
                .iter()
                .find(|(name, _)| name.ends_with(".safetensors"))
                .map(|(_, contents)| *contents)
                .unwrap();
            // A safetensors file starts with the length of its JSON header, and
            // the header says where the last tensor ends.
            let header =
                usize::try_from(u64::from_le_bytes(weights[..8].try_into().unwrap())).unwrap();
            let json: serde_json::Value = serde_json::from_slice(&weights[8..8 + header]).unwrap();
            let end = json
                .as_object()
                .unwrap()
                .values()
                .filter_map(|tensor| tensor.get("data_offsets")?.get(1)?.as_u64())
                .max()
                .unwrap();
            assert_eq!(8 + header + usize::try_from(end).unwrap(), weights.len(), "{asset:?}");
        }
    }

    #[test]
    fn every_manifest_parses() {
        assert_eq!(manifest(Asset::Embedder), None);
        assert_eq!(manifest(Asset::Ranker), None);
        for asset in [Asset::Reader, Asset::Bullets, Asset::Quote] {
            let text = manifest(asset).unwrap();
            let parsed: crate::config::Manifest = toml::from_str(text).unwrap();
            assert!(parsed.quote.template.is_some(), "{asset:?}");
        }
        let reader: crate::config::Manifest = toml::from_str(reader_manifest()).unwrap();
        assert_eq!(reader.name.as_deref(), Some(READER_NAME));
    }

    #[test]
    fn names_lead_to_files() {
        assert!(file(Asset::Reader, "tokenizer.json").unwrap().starts_with(b"{"));
        assert_eq!(file(Asset::Reader, "gone.json"), None);
        let names: std::collections::HashSet<_> = Asset::ALL.map(Asset::name).into_iter().collect();
        assert_eq!(names.len(), Asset::ALL.len());
    }
}
