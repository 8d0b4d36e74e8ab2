//! Knowledge bases of the format before: they open, take and give passages as
//! they did, and say what they are.

use super::*;
use crate::knowledge::store::Filter;
use crate::knowledge::store::schema::OLD_FORMAT;
use std::path::Path;

async fn old(dir: &Path) -> Store {
    Store::create(OLD_FORMAT, dir, EMBEDDER, DIMENSION, None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_knowledge_base_opens_and_answers_and_says_so() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("kb");
    old(&dir).await.replace(handbook()).await.unwrap();
    let store = Store::open(&dir, EMBEDDER, DIMENSION).await.unwrap().unwrap();
    assert!(store.old_note().unwrap().contains("lorag kb reembed"));
    assert_eq!(store.stats().await.unwrap().schema, OLD_FORMAT);
    for _ in 0..2 {
        let asked = asked("How is it INSTALLED?");
        let all = Filter::default();
        let legs = store.search(Some(&[0.0, 1.0, 0.0, 0.0]), Some(&asked), &all, 9).await.unwrap();
        // LanceDB's own stems: install, installed, installing.
        assert_eq!((legs.vector.len(), legs.full_text.len()), (4, 3));
        assert_eq!(texts(&legs, &legs.vector[..1]).await, ["Then it is installed"]);
        store.maintain().await.unwrap();
    }
    // What comes later goes into the same form.
    store.replace(vec![file("main", "/later.md", &["A walrus was seen"])]).await.unwrap();
    store.maintain().await.unwrap();
    let found = store.search(None, Some(&asked("walruses")), &Filter::default(), 9).await.unwrap();
    assert_eq!(texts(&found, &found.full_text).await, ["A walrus was seen"]);
    let mut passages = 0;
    store.each_terms(&mut |terms, _| passages += usize::from(!terms.is_empty())).await.unwrap();
    assert_eq!(passages, 5);
    assert!(open_with(&tempfile::tempdir().unwrap(), handbook()).await.old_note().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn units_and_language_come_back_from_a_table() {
    let temp = tempfile::tempdir().unwrap();
    let mut rows = file("main", "/a.md", &["Der Keller ist feucht."]);
    rows.chunks[0].0.language = "de".to_owned();
    rows.chunks[0].0.units = vec![crate::domain::Unit {
        kind: crate::domain::UnitKind::Sentence,
        within: ByteRange::new(0, 22),
        context: "Haus".to_owned(),
    }];
    let sent = rows.chunks[0].0.clone();
    let store = open_with(&temp, vec![rows]).await;
    let legs = store.search(None, Some(&asked("Keller")), &Filter::default(), 9).await.unwrap();
    let keys: Vec<RowKey> = legs.full_text.iter().map(|(key, _)| *key).collect();
    assert_eq!(legs.fetch(&keys).await.unwrap(), [sent]);
}
