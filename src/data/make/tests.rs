//! Rows made from documents and from questions, through the real search.

use super::*;
use crate::answer::Reader;
use crate::config::{Generation, Manner};
use crate::data::{Form, Row};
use crate::domain::{Mode, Strategy};
use crate::engine::scripted::ScriptedEngine;
use crate::eval::dataset::Question;
use crate::knowledge::chunk::Sizes;
use crate::knowledge::embed::{EmbedderSource, load};
use crate::knowledge::ingest::{Cancel, IngestOptions, ingest};
use crate::knowledge::library::Library;
use crate::knowledge::search::SearchOptions;
use crate::knowledge::sentences::one_line;
use crate::knowledge::store::Filter;
use crate::knowledge::walk::{WalkOptions, rooted};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

struct World {
    _folder: tempfile::TempDir,
    library: Library,
    roots: Vec<PathBuf>,
}

impl World {
    async fn of(documents: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("knowledge");
        let options = IngestOptions {
            walk: WalkOptions { hidden: false, follow_links: false, max_file_bytes: 1 << 20 },
            sizes: Sizes { target: 256, overlap: 32 },
            collection: "default".to_owned(),
            exclude: Vec::new(),
            verify: false,
            generated: false,
        };
        let embedder = load(&EmbedderSource::Builtin).unwrap();
        let roots = vec![rooted(documents)];
        let given = [documents.to_owned()];
        ingest(&place, embedder.clone(), &given, &options, &Cancel::default(), &|_| {})
            .await
            .unwrap();
        Self { _folder: folder, library: Library::new(&place, embedder), roots }
    }

    fn maker<'a>(
        &'a self,
        engine: &'a ScriptedEngine,
        manner: &'a Manner,
        settings: &'a Generation,
    ) -> Maker<'a> {
        let reader = Reader {
            engine,
            manner,
            settings,
            mode: Mode::Rag,
            strategy: Strategy::Token,
            adapter: None,
            speeds: None,
        };
        let search = SearchOptions {
            limit: 8,
            candidates: 50,
            vector_weight: None,
            filter: Filter::default(),
        };
        let forms = vec![Form::Rag, Form::Alone];
        let roots = self.roots.clone();
        let library = &self.library;
        Maker { library, search, reader, roots, forms, most: None, longest: None, seed: 7 }
    }
}

fn handbook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/handbook")
}

/// Questions that the handbook is asked in a test.
const MOST: usize = 28;

/// What holds of every row with sources.
fn holds(rows: &[Row], manner: &Manner) {
    for row in rows.iter().filter(|row| row.form == Form::Rag) {
        let golden: Vec<usize> =
            (0..row.sources.len()).filter(|n| row.sources[*n].golden).collect();
        if row.refuses() {
            assert_eq!(row.answer, manner.no_answer, "{row:?}");
            let held = |reference: &String| row.sources.iter().any(|s| s.text.contains(reference));
            assert!(!row.answers.iter().any(held), "{row:?}");
            continue;
        }
        let [at] = golden.as_slice() else { panic!("not one golden source: {row:?}") };
        let source = &row.sources[*at];
        assert!(row.answer.ends_with(&format!("[{}]", at + 1)), "{row:?}");
        assert!(one_line(&source.text).contains(&row.said()), "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handbook_gives_rows_that_hold_their_answers() {
    let world = World::of(&handbook()).await;
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let (manner, settings) = (Manner::small(), Generation::default());
    let maker = Maker { most: Some(MOST), ..world.maker(&engine, &manner, &settings) };
    let (rows, report) = from_documents(&maker, By::Rules, &mut |_, _| {}).await.unwrap();
    assert_eq!(report.kept, MOST);
    assert_eq!(rows.len(), 2 * MOST);
    assert!(report.read >= 20, "{report:?}");
    assert_eq!(report.asked, report.kept + report.dropped.sum(), "{report:?}");
    holds(&rows, &manner);
    let rag: Vec<&Row> = rows.iter().filter(|row| row.form == Form::Rag).collect();
    let refusals = rag.iter().filter(|row| row.refuses()).count();
    assert_eq!(refusals, report.refusals);
    assert!((MOST / 10..=MOST / 5).contains(&refusals), "{refusals} of {MOST} refuse");
    let places: HashSet<usize> =
        rag.iter().filter_map(|row| row.sources.iter().position(|s| s.golden)).collect();
    assert!(places.len() >= 2, "the answer stands at {places:?}");
    let documents: HashSet<&str> = rows.iter().filter_map(|r| r.document.as_deref()).collect();
    assert!(documents.len() >= 8, "{documents:?}");
    assert!(documents.iter().all(|d| d.starts_with("handbook/")), "{documents:?}");
    let questions: HashSet<&str> = rag.iter().map(|row| row.question.as_str()).collect();
    assert_eq!(questions.len(), MOST);
    // A small model reads three sentences.
    assert!(rag.iter().all(|row| (1..=4).contains(&row.sources.len())));
    for row in rows.iter().filter(|row| row.form == Form::Alone) {
        assert!(row.sources.is_empty() && !row.answer.contains('['), "{row:?}");
    }
    let (again, _) = from_documents(&maker, By::Rules, &mut |_, _| {}).await.unwrap();
    assert_eq!(rows, again);
    let (train, held) = crate::data::split(rows, 0.2, 1);
    let of = |rows: &[Row]| -> HashSet<String> {
        rows.iter().filter_map(|row| row.document.clone()).collect()
    };
    assert!(!held.is_empty() && of(&train).is_disjoint(&of(&held)));
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_a_set_get_the_passage_that_holds_their_reference() {
    let folder = tempfile::tempdir().unwrap();
    let docs = folder.path().join("docs");
    std::fs::create_dir_all(&docs).unwrap();
    let filler = "The town has a square with old trees, and the market is held there.\n";
    for (name, text) in [
        ("archive.md", "# Archive\n\nThe archive keeps letters for thirty years. It is dry.\n"),
        ("garden.md", "# Garden\n\nTomatoes need six hours of sun a day. Water them daily.\n"),
        ("well.md", "# Well\n\nThe well is twelve metres [3] at least. It never dries.\n"),
        ("town.md", filler),
    ] {
        std::fs::write(docs.join(name), text).unwrap();
    }
    let world = World::of(&docs).await;
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let settings = Generation::default();
    let question = |text: &str, answers: &[&str], path: &str| Question {
        question: text.to_owned(),
        answers: answers.iter().map(|a| (*a).to_owned()).collect(),
        path: (!path.is_empty()).then(|| path.to_owned()),
        answerable: !answers.is_empty(),
        form: None,
    };
    let set = [
        question("How long are letters kept?", &["thirty years"], "docs/archive.md"),
        question("What do tomatoes need?", &["Tomatoes need six hours of sun a day."], ""),
        question("Who won the cup?", &[], ""),
        question("How long are letters kept?", &["thirty years"], "docs/archive.md"),
        question("What is in the cellar?", &["wine and cheese"], "docs/town.md"),
        question("How deep is the well?", &["twelve metres [3] at least"], "docs/well.md"),
    ];
    for manner in [Manner::small(), Manner::default()] {
        let maker = world.maker(&engine, &manner, &settings);
        let (rows, report) = from_set(&maker, &set, &mut |_, _| {}).await.unwrap();
        holds(&rows, &manner);
        assert_eq!((report.asked, report.kept, report.dropped.sum()), (6, 4, 2), "{report:?}");
        let letters: Vec<&Row> = rows.iter().filter(|r| r.question.contains("letters")).collect();
        assert_eq!(letters.len(), 2);
        assert_eq!(letters[1].answer, "thirty years");
        assert_eq!(letters[1].document.as_deref(), Some("docs/archive.md"));
        // What a document cites is no citation of the answer.
        let well: Vec<&Row> = rows.iter().filter(|r| r.question.contains("well")).collect();
        assert_eq!(well[1].answer, "twelve metres (3) at least");
        let cup: Vec<&Row> = rows.iter().filter(|row| row.question.contains("cup")).collect();
        assert_eq!(cup.len(), 1);
        assert!(cup[0].refuses() && !cup[0].answerable);
        let read = letters[0].messages(&manner);
        assert!(read.last().unwrap().text.contains("How long are letters kept?"));
    }
}
