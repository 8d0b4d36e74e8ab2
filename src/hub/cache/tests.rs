//! Caches laid out by hand and by lorag, in a temporary folder.

use super::super::loopback::COMMIT;
use super::*;

fn id(text: &str) -> ModelId {
    text.parse().unwrap()
}

fn put(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn the_environment_says_where_the_cache_is() {
    let cache = |pairs: &[(&str, &str)]| {
        let get = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Cache::from_environment(get).root().to_owned()
    };
    let home = ("HOME", "/home/me");
    assert_eq!(cache(&[home]), Path::new("/home/me/.cache/huggingface/hub"));
    assert_eq!(cache(&[home, ("XDG_CACHE_HOME", "/x")]), Path::new("/x/huggingface/hub"));
    assert_eq!(cache(&[home, ("HF_HOME", "~/hf")]), Path::new("/home/me/hf/hub"));
    let both = [("HF_HOME", "/hf"), ("HF_HUB_CACHE", "/cache")];
    assert_eq!(cache(&both), Path::new("/cache"));
    assert_eq!(cache(&[("HF_HOME", "/hf"), ("HF_HUB_CACHE", "")]), Path::new("/hf/hub"));
}

#[test]
fn a_snapshot_laid_out_by_hand_is_found() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    assert_eq!(cache.find(&id("org/name")), None);
    let folder = root.path().join("models--org--name/snapshots/by-hand");
    put(&folder, "config.json", "{}");
    put(&folder, "1_Pooling/config.json", "{}");
    assert!(!cache.find(&id("org/name")).unwrap().complete);
    put(&folder, "model.safetensors", "weights");
    let found = cache.find(&id("org/name")).unwrap();
    assert_eq!((found.commit.as_str(), found.complete), ("by-hand", true));
    assert_eq!(found.folder, folder);
    assert_eq!(found.bytes(), 11);
    assert_eq!(found.files[0], ("1_Pooling/config.json".to_owned(), 2));
    assert!(cache.find(&id("org/name@by-hand")).is_some());
    assert_eq!(cache.find(&id("org/name@other")), None);
    assert_eq!(cache.list(), [found]);
}

#[test]
fn a_reference_decides_between_snapshots() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    let repository = root.path().join("models--org--name");
    put(&repository, "snapshots/aaa/config.json", "{}");
    put(&repository, "snapshots/bbb/config.json", "{}");
    put(&repository, "refs/main", "aaa\n");
    put(&repository, "refs/refs/pr/1", "bbb");
    put(&repository, "refs/evil", "../../outside");
    assert_eq!(cache.find(&id("org/name")).unwrap().commit, "aaa");
    assert_eq!(cache.find(&id("org/name@refs/pr/1")).unwrap().commit, "bbb");
    assert_eq!(cache.find(&id("org/name@evil")), None);
    put(root.path(), "models--gpt2/refs/main", "aaa");
    let listed: Vec<String> = cache.list().iter().map(|model| model.id.to_string()).collect();
    assert_eq!(listed, ["org/name", "org/name@refs/pr/1"]);
    assert_eq!(cache.size_on_disk(&id("org/name")), 2 + 2 + 4 + 3 + 13);
}

#[test]
fn a_missing_shard_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    let folder = root.path().join("models--org--name/snapshots/aaa");
    put(&folder, "config.json", "{}");
    put(&folder, "model-00001-of-00002.safetensors", "a");
    assert!(!cache.find(&id("org/name")).unwrap().complete);
    put(&folder, "model-00002-of-00002.safetensors", "b");
    assert!(cache.find(&id("org/name")).unwrap().complete);
    put(&folder, "model.safetensors.index.json", r#"{"weight_map": {"w": "c.safetensors"}}"#);
    assert!(!cache.find(&id("org/name")).unwrap().complete);
    put(&folder, "c.safetensors", "c");
    assert!(cache.find(&id("org/name")).unwrap().complete);
}

#[test]
fn links_lead_to_blobs_and_can_be_replaced() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path());
    let model = id("org/name");
    put(root.path(), "models--org--name/blobs/one", "1");
    put(root.path(), "models--org--name/blobs/two", "22");
    cache.link(&model, COMMIT, "1_Pooling/config.json", "one").unwrap();
    cache.link(&model, COMMIT, "1_Pooling/config.json", "one").unwrap();
    let pointer = cache.snapshot(&model, COMMIT).join("1_Pooling/config.json");
    assert_eq!(fs::read_to_string(&pointer).unwrap(), "1");
    #[cfg(unix)]
    assert_eq!(fs::read_link(&pointer).unwrap(), Path::new("../../../blobs/one"));
    cache.link(&model, COMMIT, "1_Pooling/config.json", "two").unwrap();
    assert_eq!(fs::read_to_string(&pointer).unwrap(), "22");
    fs::remove_file(root.path().join("models--org--name/blobs/two")).unwrap();
    cache.record(&model, COMMIT).unwrap();
    let found = cache.find(&model).unwrap();
    assert_eq!((found.commit.as_str(), found.complete), (COMMIT, false));
}
