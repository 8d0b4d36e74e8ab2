//! Repairs and maintenance.

use super::*;
use crate::knowledge::store::Filter;
use std::path::{Path, PathBuf};

fn newest_manifest(dir: &Path) -> PathBuf {
    let versions = dir.join("chunks.lance").join("_versions");
    let mut manifests: Vec<PathBuf> = std::fs::read_dir(versions)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "manifest"))
        .collect();
    manifests.sort();
    manifests.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_newest_manifest_is_set_aside() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let last = file("main", "/last.md", &["written last"]);
    store.replace(vec![last.clone()]).await.unwrap();
    let dir = store.dir().to_owned();
    drop(store);
    std::fs::write(newest_manifest(&dir), b"").unwrap();
    let store = open(&temp).await;
    assert!(store.recovered().unwrap().contains("lorag ingest"));
    assert_eq!(paths(&store).await.len(), 3);
    assert_eq!(std::fs::read_dir(dir.join("damaged")).unwrap().count(), 1);
    store.replace(vec![last]).await.unwrap();
    assert_eq!(paths(&store).await.len(), 4);
    assert!(open(&temp).await.recovered().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_killed_while_it_was_made_is_made_again() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("kb").join("chunks.lance").join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("orphan.lance"), b"orphan").unwrap();
    let dir = temp.path().join("kb");
    assert!(Store::open_any(&dir).await.unwrap().is_none());
    let store = open_with(&temp, handbook()).await;
    assert_eq!(paths(&store).await.len(), 3);
    assert!(data.join("orphan.lance").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_builds_joins_and_prunes() {
    let temp = tempfile::tempdir().unwrap();
    let store = open(&temp).await;
    for n in 0..5 {
        let one = file("main", &format!("/{n}.md"), &["some passage"]);
        store.replace(vec![one]).await.unwrap();
    }
    let first = store.maintain().await.unwrap();
    assert_eq!(first.chunks, 5);
    assert_eq!(first.compacted_files, 5);
    assert_eq!(first.built_indexes, ["terms_idx"]);
    let second = store.maintain().await.unwrap();
    assert_eq!(second.compacted_files, 0);
    assert!(second.built_indexes.is_empty());
    assert!(store.stats().await.unwrap().versions > 1);
    let vacuumed = store.vacuum().await.unwrap();
    assert!(vacuumed.bytes_after < vacuumed.bytes_before);
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.versions, stats.files, stats.chunks), (1, 5, 5));
    assert_eq!(stats.collections.len(), 1);
    assert_eq!(stats.full_text_indexed, 5);
    let legs = store.search(None, Some(&asked("passages")), &Filter::default(), 10).await.unwrap();
    assert_eq!(texts(&legs, &legs.full_text).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_a_file_is_an_error_that_names_it() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("kb");
    std::fs::write(&dir, b"not a folder").unwrap();
    let error = Store::open_or_create(&dir, EMBEDDER, DIMENSION).await.unwrap_err();
    assert!(error.to_string().contains("kb"), "{error}");
}
