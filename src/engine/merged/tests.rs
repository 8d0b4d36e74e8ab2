//! The cache on a disk of its own.

use super::*;

fn world() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base.safetensors");
    fs::write(&base, b"weights").unwrap();
    (folder, base)
}

fn put(cache: &Cache, key: &Key, contents: &[u8]) -> PathBuf {
    let draft = cache.begin(key, contents.len() as u64).unwrap();
    fs::write(draft.folder().join("model.gguf"), contents).unwrap();
    draft.commit(Label { base: "b".into(), adapter: "a".into(), ..Label::default() }).unwrap()
}

#[test]
fn a_key_depends_on_everything_that_goes_in() {
    let (folder, base) = world();
    let cache = Cache::new(folder.path(), 1000);
    let files = [base.clone()];
    let key = |adapter, quantization, kind| cache.key(&files, adapter, quantization, kind).unwrap();
    let first = key("a", "q4k", "uqff");
    assert_eq!(first, key("a", "q4k", "uqff"));
    assert_eq!(first.id().len(), 32);
    for other in [key("b", "q4k", "uqff"), key("a", "q8_0", "uqff"), key("a", "q4k", "gguf")] {
        assert_ne!(first, other);
    }
    fs::write(&base, b"Weights").unwrap();
    assert_ne!(first, key("a", "q4k", "uqff"), "the base changed");
}

#[test]
fn an_entry_is_found_again_and_a_damaged_one_is_not() {
    let (folder, base) = world();
    let cache = Cache::new(folder.path(), 1000);
    let key = cache.key(&[base], "a", "q4k", "gguf").unwrap();
    assert!(cache.find(&key).is_none());
    let place = put(&cache, &key, b"merged");
    // Another process knows nothing but the files.
    let other = Cache::new(folder.path(), 1000);
    let entry = other.find(&key).unwrap();
    assert_eq!((entry.folder.clone(), entry.bytes), (place.clone(), 6));
    assert_eq!(entry.label.adapter, "a");
    fs::write(place.join("model.gguf"), b"merge").unwrap();
    assert!(other.find(&key).is_none(), "it is cut");
    assert!(!place.exists(), "and removed");
    let place = put(&cache, &key, b"merged");
    fs::write(place.join("model.gguf"), b"spoilt").unwrap();
    assert!(cache.find(&key).is_none(), "of the same length, with other contents");
}

#[test]
fn a_draft_that_is_given_up_leaves_nothing() {
    let (folder, base) = world();
    let cache = Cache::new(folder.path(), 1000);
    let key = cache.key(&[base], "a", "q4k", "gguf").unwrap();
    let draft = cache.begin(&key, 6).unwrap();
    fs::write(draft.folder().join("model.gguf"), b"half").unwrap();
    let place = draft.folder().to_owned();
    drop(draft);
    assert!(!place.exists());
    assert!(cache.find(&key).is_none());
}

#[test]
fn the_least_recently_used_leaves_when_it_is_full() {
    let (folder, base) = world();
    let cache = Cache::new(folder.path(), 20);
    let files = [base];
    let keys = ["a", "b", "c"].map(|adapter| cache.key(&files, adapter, "q4k", "gguf").unwrap());
    put(&cache, &keys[0], b"12345678");
    std::thread::sleep(Duration::from_millis(20));
    put(&cache, &keys[1], b"12345678");
    std::thread::sleep(Duration::from_millis(20));
    assert!(cache.find(&keys[0]).is_some(), "used again");
    std::thread::sleep(Duration::from_millis(20));
    put(&cache, &keys[2], b"12345678");
    let there = keys.each_ref().map(|key| cache.find(key).is_some());
    assert_eq!(there, [true, false, true]);
}

#[test]
fn a_clean_up_takes_what_is_left_over_or_everything() {
    let (folder, base) = world();
    let cache = Cache::new(folder.path(), 1000);
    let key = cache.key(&[base], "a", "q4k", "gguf").unwrap();
    put(&cache, &key, b"merged");
    // Of a process that can't be there.
    let orphan = folder.path().join("merged").join(format!("{}{DRAFT}4194305-0", key.id()));
    fs::create_dir(&orphan).unwrap();
    fs::write(orphan.join("model.gguf"), b"half").unwrap();
    assert_eq!(cache.vacuum(false).unwrap(), Freed { entries: 1, bytes: 4 });
    assert!(cache.find(&key).is_some());
    assert_eq!(cache.vacuum(false).unwrap(), Freed::default());
    let all = cache.vacuum(true).unwrap();
    assert_eq!(all.entries, 1);
    assert!(cache.find(&key).is_none() && cache.list().is_empty());
}
