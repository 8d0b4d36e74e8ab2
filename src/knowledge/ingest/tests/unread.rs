//! Files that look as they did: nothing reads them again.

use super::*;

/// Finding 7.
#[tokio::test]
async fn unchanged_files_are_not_read_again() {
    let mut world = World::new();
    let a = world.old("a.md", "The gate opens at seven.");
    world.old("b.md", "The gate closes at nine.");
    world.old("c.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0");
    assert_eq!(world.ingest("").await.read, 3);
    let second = world.ingest("").await;
    assert_eq!((second.read, second.unchanged, second.skipped.len()), (0, 2, 1));
    assert!(matches!(second.skipped[0].1, Skip::Binary(_)), "{:?}", second.skipped);

    world.verify = true;
    let verified = world.ingest("").await;
    assert_eq!((verified.read, verified.unchanged, verified.indexed), (3, 2, 0));
    world.verify = false;

    // Of the same length, with its old date put back.
    fs::write(&a, "The gate opens at eight.").unwrap();
    date(&a, 1_000_000_000);
    let third = world.ingest("").await;
    #[cfg(unix)]
    assert_eq!((third.read, third.indexed), (1, 1));
    world.verify = true;
    let verified = world.ingest("").await;
    assert_eq!(third.indexed + verified.indexed, 1);
    world.verify = false;

    // Other chunk sizes and a lost list read all again.
    fs::remove_file(world.folder().join("seen.jsonl")).unwrap();
    let lost = world.ingest("").await;
    assert_eq!((lost.read, lost.unchanged), (3, 2));
}

#[tokio::test]
async fn a_file_that_was_just_written_is_read_until_it_has_settled() {
    let world = World::new();
    let page = world.new_file("a.md", "The gate opens at seven.");
    assert_eq!(world.ingest("").await.read, 1);
    let again = world.ingest("").await;
    assert_eq!((again.read, again.unchanged), (1, 1));
    date(&page, 1_000_000_000);
    assert_eq!(world.ingest("").await.read, 1);
    assert_eq!(world.ingest("").await.read, 0);
}

#[tokio::test]
async fn another_folder_does_not_make_this_one_forgotten() {
    let world = World::new();
    world.old("one/a.md", "The gate opens at seven.");
    world.old("one/b.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0");
    world.old("two/a.md", "The gate closes at nine.");
    world.ingest("one").await;
    world.ingest("two").await;
    assert_eq!(world.ingest("one").await.read, 0);
}

#[tokio::test]
async fn generated_and_broken_files_are_not_read_again_either() {
    let mut world = World { parse: poisoned, ..World::new() };
    world.old("a.md", "The gate opens at seven.");
    world.old("b.md", "poison");
    let lock = world.old("Cargo.lock", "[[package]]\nname = \"gate\"\nchecksum = \"12\"\n");
    let reasons = |report: &IngestReport| -> Vec<String> {
        report.skipped.iter().map(|(_, reason)| reason.to_string()).collect()
    };
    let first = world.ingest("").await;
    assert_eq!((first.read, first.indexed, first.skipped.len()), (3, 1, 2));
    let second = world.ingest("").await;
    assert_eq!((second.read, second.unchanged), (0, 1));
    assert_eq!(reasons(&second), reasons(&first));

    // The setting that takes generated files in reads them, and no other.
    world.generated = true;
    let wanted = world.ingest("").await;
    assert_eq!((wanted.read, wanted.indexed, wanted.skipped.len()), (1, 1, 1));
    assert!(world.held().await.contains(&lock.to_string_lossy().into_owned()));
    world.generated = false;

    // One that is mended or named is read.
    world.old("b.md", "The gate closes at nine.");
    let mended = world.ingest("").await;
    assert_eq!((mended.read, mended.indexed), (1, 1));
    let other = world.old("uv.lock", "[[package]]\nname = \"gate\"\n");
    assert_eq!(world.ingest("").await.skipped.len(), 1);
    assert_eq!(world.ingest("uv.lock").await.indexed, 1, "{other:?}");
}

#[tokio::test]
async fn a_file_that_an_older_program_failed_on_is_tried_again() {
    let world = World { parse: poisoned, ..World::new() };
    world.old("b.md", "poison");
    world.ingest("").await;
    assert_eq!(world.ingest("").await.read, 0);
    let list = world.folder().join("seen.jsonl");
    let text = fs::read_to_string(&list).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let older = text.replace(&format!("\"program\":\"{version}\""), "\"program\":\"0.0.0\"");
    assert_ne!(older, text);
    fs::write(&list, older).unwrap();
    assert_eq!(world.ingest("").await.read, 1);
}

/// Issue 15.
#[tokio::test]
async fn what_of_a_file_could_not_be_read_is_told() {
    let mut world = World::new();
    world.parse = |path, bytes| {
        let mut document = parse(path, bytes)?;
        document.notes.push("page 2 could not be read: it needs OCR".to_owned());
        Ok(document)
    };
    world.old("a.md", "The gate opens at seven.");
    let report = world.ingest("").await;
    let path = world.path("a.md").to_string_lossy().into_owned();
    assert_eq!(report.indexed, 1);
    assert_eq!(report.notes, [format!("{path}: page 2 could not be read: it needs OCR.")]);
}
