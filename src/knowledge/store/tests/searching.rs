//! Searches with both legs.

use super::*;
use crate::knowledge::store::{Filter, StoreError, WriterLock};

#[tokio::test(flavor = "multi_thread")]
async fn both_legs_find_and_rank() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    store.maintain().await.unwrap();
    let question = [0.0, 3.0, 0.0, 0.0];
    let legs = store
        .search(Some(&question), Some(&asked("How is it INSTALLED?")), &Filter::default(), 50)
        .await
        .unwrap();
    assert_eq!(legs.vector.len(), 4);
    let nearest = texts(&legs, &legs.vector[..1]).await;
    assert_eq!(nearest, ["Then it is installed"]);
    assert!(legs.vector[0].1.abs() < 1e-6);
    assert!((legs.vector[1].1 - 1.0).abs() < 1e-6);
    // "install", "installed" and "installing" have one stem.
    assert_eq!(legs.full_text.len(), 3);
    assert!(legs.full_text.is_sorted_by(|a, b| a.1 >= b.1));
    let keys: Vec<RowKey> = legs.vector.iter().map(|(key, _)| *key).collect();
    let exact = legs.distances(&question, &keys).await.unwrap();
    for ((_, distance), exact) in legs.vector.iter().zip(exact) {
        assert!((distance - exact.unwrap()).abs() < 1e-6);
    }
    let one = store.search(Some(&question), None, &Filter::default(), 1).await.unwrap();
    assert_eq!((one.vector.len(), one.full_text.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_both_legs() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    store.maintain().await.unwrap();
    let question = [1.0, 0.0, 0.0, 0.0];
    let cases = [
        (Some("o'ther"), vec![], None, 1, 1),
        (None, vec!["/docs"], None, 3, 3),
        (None, vec!["/docs/it's/install.md"], None, 2, 2),
        (None, vec!["/docs/it's", "/docs2"], None, 3, 2),
        (Some("main"), vec!["/docs"], Some("*.md"), 2, 2),
        (None, vec![], Some("*.txt"), 1, 1),
        (None, vec![], Some("*.html"), 0, 0),
        (Some("none"), vec![], None, 0, 0),
    ];
    for (collection, under, glob, vectors, words) in cases {
        let filter = Filter {
            collection: collection.map(str::to_owned),
            under: under.iter().map(|path| (*path).to_owned()).collect(),
            glob: glob.map(str::to_owned),
        };
        let legs =
            store.search(Some(&question), Some(&asked("installed")), &filter, 50).await.unwrap();
        let found = (legs.vector.len(), legs.full_text.len());
        assert_eq!(found, (vectors, words), "{filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_questions_never_fail() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    for _ in 0..2 {
        for (text, found) in [
            ("", 0),
            ("   ", 0),
            // No word is a stop word.
            ("the of", 1),
            ("a:b AND (", 1),
            ("\"notes", 1),
            ("it's 'notes' \\ % _", 1),
            ("🦀", 0),
            ("NOT notes OR [", 1),
            ("unheardof", 0),
        ] {
            let legs =
                store.search(None, Some(&asked(text)), &Filter::default(), 10).await.unwrap();
            assert_eq!(legs.full_text.is_empty(), found == 0, "{text:?}");
            assert!(legs.full_text.len() >= found, "{text:?}");
        }
        store.maintain().await.unwrap();
    }
    let zero = [0.0; DIMENSION];
    let legs = store.search(Some(&zero), None, &Filter::default(), 10).await.unwrap();
    assert!(legs.vector.is_empty());
    let short = store.search(Some(&[1.0]), None, &Filter::default(), 10).await;
    assert!(matches!(short, Err(StoreError::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passage_without_known_words_never_ranks_first() {
    let temp = tempfile::tempdir().unwrap();
    let mut unknown = file("main", "/x.md", &["?", "near", "far"]);
    unknown.chunks[0].1 = vec![0.0; DIMENSION];
    unknown.chunks[2].1 = vec![0.0, -1.0, 0.0, 0.0];
    let store = open_with(&temp, vec![unknown]).await;
    let question = [0.0, 1.0, 0.0, 0.0];
    let legs = store.search(Some(&question), None, &Filter::default(), 10).await.unwrap();
    assert_eq!(texts(&legs, &legs.vector).await, ["near", "?", "far"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_knowledge_base_gives_empty_legs() {
    let temp = tempfile::tempdir().unwrap();
    let store = open(&temp).await;
    store.maintain().await.unwrap();
    let filter = Filter { glob: Some("*.md".to_owned()), ..Filter::default() };
    for filter in [Filter::default(), filter] {
        let legs = store
            .search(Some(&[1.0, 0.0, 0.0, 0.0]), Some(&asked("install")), &filter, 10)
            .await
            .unwrap();
        assert!(legs.vector.is_empty() && legs.full_text.is_empty());
        assert!(legs.fetch(&[]).await.unwrap().is_empty());
    }
    assert_eq!(store.stats().await.unwrap().files, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_full_text_index_is_made_by_the_first_search_that_may() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let lock = WriterLock::acquire(store.dir()).unwrap().unwrap();
    let all = Filter::default();
    let search =
        async || store.search(None, Some(&asked("notes")), &all, 10).await.unwrap().full_text.len();
    assert_eq!(search().await, 1);
    assert_eq!(store.stats().await.unwrap().full_text_indexed, 0);
    drop(lock);
    assert_eq!(search().await, 1);
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.full_text_indexed, 4);
    assert_eq!(stats.full_text_unindexed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_after_the_index_is_found_too() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    store.maintain().await.unwrap();
    let later = file("main", "/later.md", &["A walrus was seen"]);
    let changed = file("main", "/docs2/usage.md", &["Walruses ask too"]);
    store.replace(vec![later, changed]).await.unwrap();
    for _ in 0..2 {
        let legs = store
            .search(None, Some(&asked("walrus question")), &Filter::default(), 10)
            .await
            .unwrap();
        let mut found = texts(&legs, &legs.full_text).await;
        found.sort();
        assert_eq!(found, ["A walrus was seen", "Walruses ask too"]);
        store.maintain().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_outlives_a_change() {
    let temp = tempfile::tempdir().unwrap();
    let store = open_with(&temp, handbook()).await;
    let legs =
        store.search(Some(&[1.0, 0.0, 0.0, 0.0]), None, &Filter::default(), 10).await.unwrap();
    store.remove_collection("main").await.unwrap();
    assert_eq!(texts(&legs, &legs.vector).await.len(), 4);
}
