//! Files go in, change and go out.

use super::*;
use crate::knowledge::store::{StoreError, Written};

fn key(collection: &str, path: &str) -> (String, String) {
    (collection.to_owned(), path.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nothing_until_it_is_created() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("kb");
    let none = Store::open(&dir, EMBEDDER, DIMENSION).await.unwrap();
    assert!(none.is_none());
    assert!(!dir.exists());
    let store = open(&temp).await;
    assert_eq!(store.files().await.unwrap(), Vec::new());
    assert_eq!(store.embedder(), EMBEDDER);
    assert_eq!(store.dimension(), DIMENSION);
    assert!(store.dir().is_absolute());
    let again = Store::open(&dir, EMBEDDER, DIMENSION).await.unwrap();
    assert!(again.is_some_and(|store| store.recovered().is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_embedder_is_refused_but_can_be_listed_and_dropped() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let dir = store.dir().to_owned();
    let other = Store::open(&dir, "other", DIMENSION).await;
    assert!(matches!(other, Err(StoreError::OtherEmbedder { .. })));
    let other = Store::open_or_create(&dir, EMBEDDER, 8).await;
    assert!(matches!(other, Err(StoreError::OtherDimension { .. })));
    let any = Store::open_any(&dir).await.unwrap().unwrap();
    assert_eq!(any.embedder(), EMBEDDER);
    any.drop_all().await.unwrap();
    assert!(Store::open_any(&dir).await.unwrap().is_none());
    let fresh = Store::open_or_create(&dir, "other", 8).await.unwrap();
    assert_eq!(fresh.files().await.unwrap(), Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_back_with_all_their_facts() {
    let temp = tempfile::tempdir().unwrap();
    let store = open(&temp).await;
    let written = store.replace(handbook()).await.unwrap();
    let inserted = Written { inserted: 4, updated: 0, deleted: 0 };
    assert_eq!(written, inserted);
    let records: Vec<FileRecord> = handbook().into_iter().map(|file| file.record).collect();
    assert_eq!(store.files().await.unwrap(), records);
    // Another handle of the same folder sees them too.
    assert_eq!(open(&temp).await.files().await.unwrap(), records);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_passages_of_some_files_are_read_whole() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let keys = [key("o'ther", "/docs/notes.txt"), key("main", "/docs/it's/install.md")];
    let chunks = store.passages(&keys).await.unwrap();
    let files = handbook();
    let expected: Vec<Chunk> = [&files[0], &files[2]]
        .iter()
        .flat_map(|f| f.chunks.iter().map(|(c, _)| c.clone()))
        .collect();
    assert_eq!(chunks, expected);
    assert_eq!(store.passages(&[]).await.unwrap(), []);
    assert_eq!(store.passages(&[key("main", "/docs/notes.txt")]).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_replaced_by_more_fewer_and_no_chunks() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let path = "/docs/it's/install.md";
    let more = file("main", path, &["Install the program first", "changed", "and more"]);
    let written = store.replace(vec![more.clone()]).await.unwrap();
    let expected = Written { inserted: 2, updated: 1, deleted: 1 };
    assert_eq!(written, expected);
    let files = store.files().await.unwrap();
    assert_eq!(files.len(), 3);
    assert_eq!(files[0], more.record);

    let fewer = file("main", path, &["only this"]);
    let new = file("main", "/docs/new.md", &["new"]);
    let written = store.replace(vec![fewer, new]).await.unwrap();
    assert_eq!((written.inserted, written.deleted), (2, 3));
    assert_eq!(paths(&store).await.len(), 4);

    let none = file("main", path, &[]);
    let written = store.replace(vec![none.clone()]).await.unwrap();
    assert_eq!((written.inserted, written.deleted), (0, 1));
    assert!(!paths(&store).await.contains(&path.to_owned()));
    let again = store.replace(vec![none]).await.unwrap();
    assert_eq!(again, Written::default());
    assert_eq!(store.stats().await.unwrap().chunks, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_path_lives_in_two_collections() {
    let temp = tempfile::tempdir().unwrap();
    let first = file("one", "/a.md", &["first"]);
    let second = file("two", "/a.md", &["second", "third"]);
    let store = open_with(&temp, vec![first, second]).await;
    let changed = file("two", "/a.md", &["changed"]);
    store.replace(vec![changed]).await.unwrap();
    let counts: Vec<u32> = store.files().await.unwrap().iter().map(|file| file.chunks).collect();
    assert_eq!(counts, [1, 1]);
    let twice = file("one", "/a.md", &["x"]);
    let refused = store.replace(vec![twice.clone(), twice]).await;
    assert!(matches!(refused, Err(StoreError::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_collections_are_removed() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    assert_eq!(store.remove(&[]).await.unwrap(), 0);
    let gone = [key("main", "/docs/it's/install.md"), key("main", "/none")];
    assert_eq!(store.remove(&gone).await.unwrap(), 2);
    assert_eq!(store.remove_collection("o'ther").await.unwrap(), 1);
    assert_eq!(paths(&store).await, ["/docs2/usage.md"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_missing_chunks_does_not_count_as_indexed() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    store.table.delete("chunk_index = 1").await.unwrap();
    assert_eq!(paths(&store).await, ["/docs2/usage.md", "/docs/notes.txt"]);
    store.replace(handbook()).await.unwrap();
    assert_eq!(paths(&store).await.len(), 3);
    assert_eq!(store.stats().await.unwrap().chunks, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn passages_are_read_by_name() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let files: Vec<(String, String)> =
        handbook().iter().map(|file| key(&file.record.collection, &file.record.path)).collect();
    let all = store.passages(&files).await.unwrap();
    let written: usize = handbook().iter().map(|file| file.chunks.len()).sum();
    assert_eq!(all.len(), written);
    assert!(all.windows(2).all(|two| {
        (&two[0].collection, &two[0].path, two[0].index)
            < (&two[1].collection, &two[1].path, two[1].index)
    }));
    for chunk in &all {
        assert_eq!(store.passage(&chunk.id).await.unwrap().as_ref(), Some(chunk));
    }
    let path = &handbook()[0].record.path;
    let of: Vec<_> = all.iter().filter(|chunk| chunk.path == *path).cloned().collect();
    assert_eq!(store.passages_of(path).await.unwrap(), of);
    assert_eq!(store.passages(&[]).await.unwrap(), Vec::new());
    assert_eq!(store.passages(&[key("none", "/it's")]).await.unwrap(), Vec::new());
    assert_eq!(store.passage("' OR '1' = '1").await.unwrap(), None);
}
