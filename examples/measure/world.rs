//! A throwaway knowledge base with the built-in reader.

use anyhow::{Context, Result};
use lorag::answer::{Passages, Question, Reader, Retrieved, answer, retrieve};
use lorag::builtin::{self, Asset};
use lorag::config::{self, Generation, Manner};
use lorag::domain::{Answer, Mode, Strategy};
use lorag::engine::mistral::{self, LoadOptions, MistralEngine, Place};
use lorag::knowledge::chunk::Sizes;
use lorag::knowledge::embed::{self, Embedder, EmbedderSource};
use lorag::knowledge::ingest::{Cancel, IngestOptions, ingest};
use lorag::knowledge::library::Library;
use lorag::knowledge::search::{KnowledgeBase, SearchOptions};
use lorag::knowledge::store::Filter;
use lorag::knowledge::terms::TermStats;
use lorag::knowledge::walk::WalkOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct World {
    pub folder: tempfile::TempDir,
    pub library: Library,
    pub base: Arc<KnowledgeBase>,
    pub stats: Arc<TermStats>,
}

pub fn embedder(name: &str) -> Result<Arc<dyn Embedder>> {
    let source = match name {
        "builtin" => EmbedderSource::Builtin,
        folder => EmbedderSource::Folder(PathBuf::from(folder)),
    };
    Ok(embed::load(&source)?)
}

impl World {
    /// Indexes `documents` as the program does by default.
    pub async fn index(documents: &Path, embedder: Arc<dyn Embedder>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let defaults = config::Ingest::default();
        let options = IngestOptions {
            walk: WalkOptions {
                hidden: defaults.hidden,
                follow_links: defaults.follow_links,
                max_file_bytes: defaults.max_file_bytes,
            },
            sizes: Sizes { target: defaults.chunk_tokens, overlap: defaults.chunk_overlap },
            collection: "default".to_owned(),
            exclude: Vec::new(),
            verify: false,
            generated: defaults.generated,
        };
        let place = folder.path().join("knowledge");
        let roots = [documents.to_owned()];
        let cancel = Cancel::default();
        let report =
            ingest(&place, Arc::clone(&embedder), &roots, &options, &cancel, &|_| {}).await?;
        println!(
            "indexed {} files, {} chunks in {:.1} s with {}",
            report.indexed,
            report.chunks,
            report.duration.as_secs_f64(),
            embedder.id()
        );
        let library = Library::new(&place, embedder);
        let base = library.base().await?.context("no knowledge base")?;
        let stats = base.term_stats();
        Ok(Self { folder, library, base, stats })
    }

    /// The built-in reader and its manner.
    pub async fn reader(&self) -> Result<(MistralEngine, Manner)> {
        let path = builtin::unpack(Asset::Reader, self.folder.path())?;
        let manifest =
            config::parse_manifest(&path.join("lorag.toml"), builtin::reader_manifest())?;
        let manner = Manner::default().with(&manifest);
        let engine = mistral::load(LoadOptions {
            name: builtin::READER_NAME.to_owned(),
            place: Place::detect(&path)?,
            quantization: "auto".to_owned(),
            window: manner.window,
            threads: 0,
            adapter: None,
        })
        .await?;
        Ok((engine, manner))
    }

    /// A question with the search that the program makes by default.
    pub fn question(&self, text: &str) -> Question {
        let defaults = config::Search::default();
        let options = SearchOptions {
            limit: defaults.limit,
            candidates: defaults.candidates,
            vector_weight: None,
            filter: Filter::default(),
        };
        Question::new(text, Passages::Search(options))
    }

    pub async fn search(&self, question: &str) -> Result<Retrieved> {
        Ok(retrieve(&self.library, &self.question(question)).await?)
    }

    /// The whole pipeline.
    pub async fn ask(
        &self,
        question: &str,
        engine: &MistralEngine,
        manner: &Manner,
        settings: &Generation,
    ) -> Result<(Answer, f32)> {
        let question = self.question(question);
        self.answer(question, engine, manner, settings).await
    }

    /// The whole pipeline, for a question within a conversation.
    pub async fn answer(
        &self,
        question: Question,
        engine: &MistralEngine,
        manner: &Manner,
        settings: &Generation,
    ) -> Result<(Answer, f32)> {
        let retrieved = Arc::new(retrieve(&self.library, &question).await?);
        let support = retrieved.evidence(manner)?.support;
        let reader = Reader {
            engine,
            manner,
            settings,
            mode: Mode::Rag,
            strategy: Strategy::Token,
            adapter: None,
            speeds: None,
        };
        let answer = answer(&question, &retrieved, reader, &mut |_| {}).await?;
        Ok((answer, support))
    }
}
