//! Documents of every format: a tree of files, each with a question whose
//! citation leads to the right page, slide, row, cell, message or line; and
//! files that are broken in every way.

use super::common::root;
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use lorag::config::Order;
use lorag::knowledge::chunk::Sizes;
use lorag::knowledge::embed::{EmbedderSource, load};
use lorag::knowledge::evidence::{EvidenceOptions, Judges, judged};
use lorag::knowledge::ingest::{Cancel, IngestOptions, ingest};
use lorag::knowledge::parse::{Skip, parse, source_text};
use lorag::knowledge::search::{KnowledgeBase, SearchOptions};
use lorag::knowledge::store::{Filter, Location};
use lorag::knowledge::walk::WalkOptions;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn folder() -> PathBuf {
    root().join("tests/fixtures/formats")
}

/// A question, and where its answer stands.
struct Asked {
    file: String,
    question: String,
    says: String,
    place: String,
}

fn questions() -> Vec<Asked> {
    let text = std::fs::read_to_string(folder().join("questions.jsonl")).unwrap();
    let of = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| value[name].as_str().unwrap().to_owned();
        Asked {
            file: field("file"),
            question: field("question"),
            says: field("says"),
            place: field("place"),
        }
    };
    text.lines().map(of).collect()
}

fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let names: BTreeSet<String> = questions().into_iter().map(|asked| asked.file).collect();
    let read = |name: String| (folder().join(&name), std::fs::read(folder().join(name)).unwrap());
    names.into_iter().map(read).collect()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Must hold 1 of issue 15.
#[tokio::test]
async fn each_question_is_cited_from_its_page_slide_row_cell_message_or_line() {
    let world = tempfile::tempdir().unwrap();
    let docs = world.path().canonicalize().unwrap().join("docs");
    std::fs::create_dir_all(&docs).unwrap();
    for (path, bytes) in files() {
        std::fs::write(docs.join(path.file_name().unwrap()), bytes).unwrap();
    }
    let place = Location::from(&world.path().join("knowledge"));
    let embedder = load(&EmbedderSource::Builtin).unwrap();
    let options = IngestOptions {
        walk: WalkOptions { hidden: false, follow_links: false, max_file_bytes: 1 << 20 },
        sizes: Sizes { target: 256, overlap: 32 },
        collection: "default".to_owned(),
        exclude: Vec::new(),
        verify: false,
        generated: false,
    };
    let (roots, cancel) = ([docs.clone()], Cancel::default());
    let report =
        ingest(&place, Arc::clone(&embedder), &roots, &options, &cancel, &|_| {}).await.unwrap();
    assert_eq!(report.skipped, []);
    let asked = questions();
    assert!(report.indexed >= 60 && report.indexed == files().len(), "{}", report.indexed);

    let base = KnowledgeBase::open(place, Arc::clone(&embedder)).await.unwrap().unwrap();
    let mut wrong = Vec::new();
    for Asked { file, question, says, place } in &asked {
        let options = SearchOptions {
            limit: 6,
            candidates: 30,
            vector_weight: None,
            filter: Filter::default(),
        };
        let found = base.search(question, &options).await.unwrap();
        let stats = base.term_stats();
        let judges =
            Judges { embedder: &*embedder, stats: &stats, ranker: None, budget: Duration::ZERO };
        let chosen = EvidenceOptions { sentences: 6, hits: 6, order: Order::default() };
        let evidence = judged(question, &found.query_vector, &found.hits, judges, chosen).unwrap();
        let sentences = evidence.sources.iter().flat_map(|source| {
            source.sentences.iter().map(|sentence| (&source.hit.chunk, sentence))
        });
        let best = sentences.max_by(|a, b| a.1.score.total_cmp(&b.1.score));
        let Some((chunk, sentence)) = best else {
            wrong.push(format!("{question}: nothing found"));
            continue;
        };
        let cited = chunk.locate(sentence);
        let document = docs.join(file);
        let lines = cited.lines().unwrap();
        let is_right = match place.parse::<u32>() {
            // A line of a text file.
            Ok(line) => cited.kind() == "text" && (lines.start..=lines.end).contains(&line),
            Err(_) => cited.within(file) == format!("{file}, {place}"),
        };
        let is_said = flat(&sentence.text).contains(says);
        if Path::new(&chunk.path) != document || !is_right || !is_said {
            let at = cited.within(&chunk.path);
            wrong.push(format!("{file}, {place}: {question}\n  {at}: {}", sentence.text));
            continue;
        }
        // The viewer shows the cited bytes of what it reads anew.
        let bytes = std::fs::read(&document).unwrap();
        let (text, offsets) = source_text(&document, &bytes).unwrap();
        let range = cited.bytes().unwrap();
        let shown = &text[offsets.to_text(range.start)..offsets.to_text(range.end)];
        let words: Vec<&str> = says.split([' ', '·']).filter(|word| word.len() > 3).collect();
        let held = words.iter().filter(|word| shown.contains(word.trim_end_matches(':'))).count();
        if held * 2 < words.len() {
            wrong.push(format!("{file}: the viewer shows {shown:?} for {says}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), asked.len(), wrong.join("\n"));
}

/// Reads a file as an ingest does, on a thread of its own.
fn read(path: &Path, bytes: &[u8]) -> (Result<Result<usize, Skip>, String>, Duration) {
    let started = Instant::now();
    let told = std::thread::scope(|scope| {
        let work = || catch_unwind(AssertUnwindSafe(|| parse(path, bytes).map(|d| d.text.len())));
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap()
    });
    (told.map_err(|_| format!("{} makes a parser panic", path.display())), started.elapsed())
}

/// A file that is broken in a few of many ways.
fn broken(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..random.usize(1..5) {
        let at = random.usize(0..=out.len());
        let end = (at + random.usize(0..300)).min(out.len());
        match random.u8(0..6) {
            0 => out.truncate(at),
            1 => {
                for _ in 0..random.usize(1..40) {
                    if !out.is_empty() {
                        let at = random.usize(0..out.len());
                        out[at] ^= 1 << random.u8(0..8);
                    }
                }
            }
            2 => drop(out.drain(at..end)),
            3 => {
                let part = out[at..end].repeat(random.usize(1..60));
                drop(out.splice(at..at, part));
            }
            4 => {
                let junk: Vec<u8> = (0..random.usize(0..60)).map(|_| random.u8(..)).collect();
                drop(out.splice(at..at, junk));
            }
            // Numbers that promise what isn't there.
            _ => {
                for byte in &mut out[at..end] {
                    if byte.is_ascii_digit() {
                        *byte = b'0' + random.u8(0..10);
                    }
                }
            }
        }
    }
    out
}

/// Must hold 5 of issue 15.
#[test]
fn five_hundred_broken_files_are_read_or_refused_with_a_reason() {
    let mut random = fastrand::Rng::with_seed(15);
    let files = files();
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for number in 0..500 {
        let (path, bytes) = &files[number % files.len()];
        let (told, took) = read(path, &broken(bytes, &mut random));
        slowest = slowest.max(took);
        if let Err(skip) = told.unwrap_or_else(|panic| panic!("file {number}: {panic}")) {
            assert!(!skip.to_string().is_empty());
            refused += 1;
        }
    }
    assert!(refused > 50, "only {refused} were refused");
    assert!(slowest < Duration::from_secs(10), "one took {slowest:?}");
}

/// A package with one part of `count` bytes, packed.
fn package(name: &str, count: usize) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    let block = vec![b' '; 1 << 20];
    for _ in 0..count.div_ceil(block.len()) {
        packed.write_all(&block).unwrap();
    }
    let packed = packed.finish().unwrap();
    let (length, size) = (packed.len() as u32, count as u32);
    let head = |mark: &[u8], rest: &[u8]| {
        let mut out = mark.to_vec();
        out.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend(length.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((name.len() as u16).to_le_bytes());
        out.extend(rest);
        out.extend(name.as_bytes());
        out
    };
    let mut out = head(b"PK\x03\x04", &[0, 0]);
    out.extend(&packed);
    let start = out.len() as u32;
    let central = head(b"PK\x01\x02\x14\0", &[0; 14]);
    out.extend(&central);
    out.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    out.extend((central.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn bombs_and_deep_nesting_are_refused_or_read_in_time() {
    let zlib = |bytes: &[u8]| {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let content = zlib(&b"BT /F1 12 Tf (words) Tj ET ".repeat(6 << 20));
    let mut pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R \
        2 0 R]/Count 2>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>>>endobj\n"
        .to_vec();
    pdf.extend(format!("4 0 obj<</Filter/FlateDecode/Length {}>>stream\n", content.len()).bytes());
    pdf.extend(content);
    pdf.extend(b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n");
    let deep = |open: &str, count: usize| open.repeat(count).into_bytes();
    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("bomb.docx", package("word/document.xml", 400 << 20), true),
        ("bomb.xlsx", package("xl/workbook.xml", 400 << 20), true),
        ("bomb.odt", package("content.xml", 400 << 20), true),
        ("bomb.epub", package("META-INF/container.xml", 400 << 20), true),
        ("bomb.pdf", pdf, true),
        ("deep.json", deep("[", 2_000_000), false),
        ("deep.ipynb", deep("{\"cells\":[", 200_000), false),
        ("deep.yaml", deep("- ", 500_000), false),
        ("deep.toml", deep("[a.", 300_000), false),
        ("deep.tex", deep("\\footnote{", 100_000), false),
        ("deep.org", deep("*", 1_000_000), false),
        ("deep.adoc", deep("====\n", 200_000), false),
        ("deep.eml", deep("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 20_000), false),
        ("deep.mbox", deep("From a\n\n", 200_000), false),
        ("deep.srt", deep("1\n00:00:01,0 --> 00:00:02,0\n<i>", 100_000), false),
        ("deep.log", deep("10:30:05 ", 500_000), false),
    ];
    for (name, bytes, is_refused) in cases {
        let (told, took) = read(Path::new(name), &bytes);
        let told = told.unwrap_or_else(|panic| panic!("{panic}"));
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        if is_refused {
            let skip = told.err().unwrap_or_else(|| panic!("{name} was read"));
            assert!(!skip.to_string().is_empty(), "{name}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_page_by_page() {
    let locked = Skip::Unusable("a PDF that asks for a password".to_owned());
    let text = std::fs::read(folder().join("plain.pdf")).unwrap();
    let cut = &text[..text.len() / 3];
    assert!(matches!(parse(Path::new("a.pdf"), cut), Err(Skip::Unusable(_) | Skip::Empty)));
    assert_eq!(locked.to_string(), "a PDF that asks for a password");
    // A file whose name promises another format is read for what it is.
    let plain = parse(Path::new("a.pdf"), b"Only words, no PDF.\n").unwrap();
    assert!(!plain.offsets.is_extracted());
    assert!(matches!(parse(Path::new("a.docx"), &text), Err(Skip::Binary(_))));
}
